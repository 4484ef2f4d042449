"""A run as JUnit XML, for the machines that only understand tests.

A suite is a service, a case a function; interference is a failure, everything else that is not
``ok`` an error, and what was not tested is skipped. The connection is a suite of its own.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgprobe.model.run import Run
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, State
from msgprobe.report import wording
from msgprobe.report.escape import printable
from msgprobe.report.view import View

_ELEMENTS = {
    Outcome.OK: None,
    Outcome.BLOCKED: "failure",
    Outcome.THROTTLED: "failure",
    Outcome.DEGRADED: "error",
    Outcome.DOWN: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.NOT_TESTED: "skipped",
}


def render(run: Run, _: View) -> str:
    """The document, with its XML declaration; valid whatever bytes the network sent."""
    root = Element("testsuites", name="msgprobe", time=f"{run.duration_s:.3f}")
    suites = [_connection(root, run)]
    suites += [_service(root, run, verdict) for verdict in run.verdict.services]
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    indent(root)
    body: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _connection(root: Element, run: Run) -> Element:
    suite = _suite(root, run, "connection")
    verdict = run.verdict.connection
    case = SubElement(suite, "testcase", classname="msgprobe.connection", name="connection")
    if verdict.state not in (State.ONLINE, State.BAD_LINK):
        _fault(case, "error", verdict.state.value, verdict.why)
    _count(suite)
    return suite


def _service(root: Element, run: Run, verdict: ServiceVerdict) -> Element:
    suite = _suite(root, run, printable(verdict.service))
    for index in wording.in_order(verdict):
        _case(suite, verdict, verdict.functions[index])
    if not verdict.functions:
        case = SubElement(
            suite, "testcase", classname=f"msgprobe.{printable(verdict.service)}", name="service"
        )
        _fault(case, _ELEMENTS[verdict.outcome], verdict.outcome.value, verdict.summary)
    _count(suite)
    return suite


def _suite(root: Element, run: Run, name: str) -> Element:
    # JUnit knows no time zone; the schema wants the date and time alone
    stamp = printable(run.started_at).removesuffix("Z").removesuffix("+00:00")
    return SubElement(root, "testsuite", name=name, timestamp=stamp)


def _case(suite: Element, service: ServiceVerdict, verdict: FunctionVerdict) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"msgprobe.{printable(service.service)}",
        name=verdict.function.value,
    )
    details = [verdict.why]
    if verdict.mechanisms:
        details.append(f"mechanisms: {', '.join(verdict.mechanisms)}")
    if verdict.rules:
        details.append(f"rules: {', '.join(verdict.rules)}")
    if verdict.evidence:
        details.append(f"transactions: {', '.join(map(str, verdict.evidence))}")
    words = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
    _fault(case, _ELEMENTS[verdict.outcome], verdict.outcome.value, verdict.why or words, details)


def _fault(
    case: Element, tag: str | None, kind: str, message: str, details: list[str] | None = None
) -> None:
    if tag is None:
        return
    fault = SubElement(case, tag, message=printable(message))
    if tag != "skipped":
        fault.set("type", kind)
    if details:
        fault.text = "\n".join(printable(line) for line in details if line)


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
