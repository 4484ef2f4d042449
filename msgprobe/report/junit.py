"""A run as JUnit XML, for the machines that only understand tests.

A suite is a service, a case a function; the connection and the run are suites of their own. There
are failures or errors exactly where the exit status is not 0: interference (or what ``--fail-on``
names) is a failure, what else keeps the status from 0 an error, what was not tested is skipped.
"""

from collections.abc import Collection
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgprobe.model.run import Run
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict
from msgprobe.report import allowed, integrity, wording
from msgprobe.report.escape import printable
from msgprobe.report.exit_status import met
from msgprobe.report.exits import Exit
from msgprobe.report.language import in_english
from msgprobe.report.say import said
from msgprobe.report.summary import summary
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
"""What each outcome of a function is without ``--fail-on``."""


@in_english
def render(run: Run, view: View) -> str:
    """The document, with its XML declaration; valid whatever bytes the network sent."""
    root = Element("testsuites", name="msgprobe", time=f"{run.duration_s:.3f}")
    suites = [_connection(root, run, view.fail_on)]
    suites += [_service(root, run, verdict, view.fail_on) for verdict in run.verdict.services]
    if view.exit_code and not any(_faults(suite) for suite in suites):
        suites.append(_run(root, run, view.exit_code))
    for suite in suites:
        _count(suite)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    indent(root)
    body: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _connection(root: Element, run: Run, fail_on: Collection[str] | None) -> Element:
    suite = _suite(root, run, "connection")
    _allowances(suite, run)
    verdict = run.verdict.connection
    case = SubElement(suite, "testcase", classname="msgprobe.connection", name="connection")
    if fail_on is not None and verdict.state.value in fail_on:
        _fault(case, "failure", verdict.state.value, said(verdict.why))
    elif not verdict.state.blameless and not _named(run, fail_on):
        _fault(case, "error", verdict.state.value, said(verdict.why))
    return suite


def _allowances(suite: Element, run: Run) -> None:
    """What target files replaced or were allowed, and that the saved run was altered; properties
    come before cases."""
    lines, told = allowed.lines(run.allowances), integrity.warning(run)
    if lines or told:
        inside = SubElement(suite, "properties")
        if told:
            SubElement(inside, "property", name="altered", value=told)
        for line in lines:
            SubElement(inside, "property", name="allowed", value=printable(line))


def _named(run: Run, fail_on: Collection[str] | None) -> bool:
    """Something that ``--fail-on`` names was met, which alone counts then."""
    return fail_on is not None and bool(met(run.verdict, fail_on))


def _service(
    root: Element, run: Run, verdict: ServiceVerdict, fail_on: Collection[str] | None
) -> Element:
    suite = _suite(root, run, printable(verdict.service))
    for index in wording.in_order(verdict):
        _case(suite, verdict, verdict.functions[index], fail_on)
    _whole(suite, verdict, fail_on)
    return suite


def _whole(suite: Element, verdict: ServiceVerdict, fail_on: Collection[str] | None) -> None:
    """The service as a whole, where its word is none of its functions'."""
    tag = "error" if verdict.outcome is Outcome.NOT_TESTED else _ELEMENTS[verdict.outcome]
    if fail_on is not None:
        tag = "failure" if verdict.outcome.value in fail_on else None
    if verdict.functions and (tag is None or suite.find(f"testcase/{tag}") is not None):
        return
    name = f"msgprobe.{printable(verdict.service)}"
    case = SubElement(suite, "testcase", classname=name, name="service")
    _fault(case, tag, verdict.outcome.value, summary(verdict))


def _run(root: Element, run: Run, exit_code: int) -> Element:
    """The run itself, where no verdict is what keeps the exit status from 0."""
    suite = _suite(root, run, "run")
    case = SubElement(suite, "testcase", classname="msgprobe.run", name="run")
    why = "nothing could be measured"
    if run.interrupted is not None and exit_code > Exit.OUTPUT:
        why = wording.interrupted(run.interrupted)
    _fault(case, "error", "run", f"exit status {int(exit_code)}: {why}")
    return suite


def _suite(root: Element, run: Run, name: str) -> Element:
    # JUnit knows no time zone; the schema wants the date and time alone
    stamp = printable(run.started_at).removesuffix("Z").removesuffix("+00:00")
    return SubElement(root, "testsuite", name=name, timestamp=stamp)


def _case(
    suite: Element,
    service: ServiceVerdict,
    verdict: FunctionVerdict,
    fail_on: Collection[str] | None,
) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"msgprobe.{printable(service.service)}",
        name=verdict.function.value,
    )
    details = [said(verdict.why)]
    if verdict.mechanisms:
        details.append(f"mechanisms: {', '.join(verdict.mechanisms)}")
    if verdict.rules:
        details.append(f"rules: {', '.join(verdict.rules)}")
    if verdict.evidence:
        details.append(f"transactions: {', '.join(map(str, verdict.evidence))}")
    tag = _ELEMENTS[verdict.outcome]
    if fail_on is not None and tag != "skipped":
        tag = "failure" if verdict.outcome.value in fail_on else None
    words = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
    _fault(case, tag, verdict.outcome.value, details[0] or words, details)


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


def _faults(suite: Element) -> int:
    return len(suite.findall("testcase/failure")) + len(suite.findall("testcase/error"))


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
