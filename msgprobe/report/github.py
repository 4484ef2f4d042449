"""A run as GitHub's annotations, and as a table on the page of the workflow's run.

Source: GitHub Docs, "Workflow commands for GitHub Actions" (::error, ::warning, ::notice; %, CR and
LF are escaped, in properties also : and ,) and "Adding a job summary" (GITHUB_STEP_SUMMARY).
"""

from collections.abc import Collection

from msgprobe.model.run import Run
from msgprobe.model.verdict import Outcome, ServiceVerdict, State
from msgprobe.report import say
from msgprobe.report.escape import printable
from msgprobe.report.exits import Exit
from msgprobe.report.language import in_english
from msgprobe.report.summary import summary
from msgprobe.report.view import View

_BAD = (Outcome.BLOCKED, Outcome.THROTTLED)


@in_english
def render(run: Run, view: View) -> str:
    """The annotations: an error for each reason to fail, a warning for what is not fine beside."""
    lines = [_connection(run, view), *(_service(s, view.fail_on) for s in run.verdict.services)]
    found = [line for line in lines if line]
    if view.exit_code == Exit.OK and not found:
        found = [_line("notice", "msgprobe", "All that was tested works.")]
    elif view.exit_code != Exit.OK and not any(n.startswith("::error") for n in found):
        text = f"Exit status {int(view.exit_code)}: not all that was asked for could be shown."
        found.append(_line("error", "msgprobe", text))
    return "".join(found)


@in_english
def page(run: Run, view: View) -> str:
    """The table, in GitHub's Markdown, for the file that GITHUB_STEP_SUMMARY names."""
    connection = run.verdict.connection
    rows = [
        f"| {_cell(s.service)} | {s.outcome.value} | {_cell(', '.join(s.mechanisms) or '-')} "
        f"| {_cell(summary(s))} |"
        for s in run.verdict.services
    ]
    head = ["| service | verdict | mechanism | what was seen |", "| --- | --- | --- | --- |"]
    said = f"Connection: **{connection.state.value}**. {_cell(say.said(connection.why))}"
    lines = ["### msgprobe", "", said, "", *head, *rows, ""]
    return "\n".join([*lines, f"Exit status {int(view.exit_code)}.", ""])


def _connection(run: Run, view: View) -> str:
    verdict = run.verdict.connection
    named = view.fail_on is not None and verdict.state.value in view.fail_on
    if verdict.state in (State.ONLINE, State.BAD_LINK) and not named:
        return ""
    fails = named or view.exit_code == Exit.CONNECTION
    return _line(
        "error" if fails else "warning", f"connection: {verdict.state.value}", say.said(verdict.why)
    )


def _service(verdict: ServiceVerdict, fail_on: Collection[str] | None) -> str:
    outcomes = {verdict.outcome, *(f.outcome for f in verdict.functions)} - {Outcome.NOT_TESTED}
    bad = set(_BAD) if fail_on is None else {o for o in outcomes if o.value in fail_on}
    if outcomes <= {Outcome.OK} and not outcomes & bad:
        return ""
    kind = "error" if outcomes & bad else "warning"
    return _line(kind, f"{verdict.service}: {verdict.outcome.value}", summary(verdict))


def _line(kind: str, title: str, text: str) -> str:
    escaped = _escaped(printable(title)).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={escaped}::{_escaped(printable(text))}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _cell(text: str) -> str:
    """Text that is neither a cell's end nor HTML nor a link."""
    safe = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    for sign in "[]*_`":
        safe = safe.replace(sign, f"\\{sign}")
    return safe
