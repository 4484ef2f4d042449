"""A run for people: one line per service, why where something is wrong, what to do at the end."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgprobe.model.run import Run
from msgprobe.model.target import Function
from msgprobe.model.verdict import (
    ConnectionVerdict,
    FunctionVerdict,
    Outcome,
    ServiceVerdict,
    State,
)
from msgprobe.report import integrity, wording
from msgprobe.report.console import console
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.view import View

if TYPE_CHECKING:
    from rich.text import Text

NARROWEST = 30
"""Below this many columns wrapping helps nobody."""
_INDENT = "    "


def render(run: Run, view: View) -> str:
    """``run`` as text that ends in a line feed.

    ``verbose`` 1 adds functions that work or were not tested, counts, rules and mechanisms.
    ``quiet`` leaves the verdict lines alone. Whatever came from the network is escaped, and markup
    in it means nothing.
    """
    page = _Page(view)
    verbose, quiet = view.verbose, view.quiet
    page.altered(run)
    services = run.verdict.services
    name_width = max((_cells(printable(s.name, limit=20)) for s in services), default=0)
    words = [wording.verdict_words(s.outcome, s.strength, s.partial) for s in services]
    word_width = max((len(w) for w in words), default=0)
    columns = [f for f in Function if any(f is v.function for s in services for v in s.functions)]
    for service, word in zip(services, words, strict=True):
        page.service(service, word, (name_width, word_width), columns)
        if not quiet:
            page.reasons(service, verbose, known=run.verdict.connection.why)
    if services and not quiet:
        page.line("")
        page.speeds(run, name_width)
    if not quiet:
        for line in run.allowances.lines():
            page.line(printable(line), style="bold")
    page.connection(run.verdict.connection, quiet=quiet, verbose=verbose)
    if not quiet:
        page.cost(run)
        page.line("")
        page.line(printable(run.verdict.advice), style="bold")
    return page.text()


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


class _Page:
    """Collects lines. Text only ever enters as rich ``Text``, so that markup stays text."""

    def __init__(self, view: View) -> None:
        self.unicode = view.unicode
        self.width = None if view.width is None else max(NARROWEST, view.width)
        self.buffer = io.StringIO()
        self.console = console(self.buffer, self.width, color=view.color)

    def text(self) -> str:
        return self.buffer.getvalue()

    def piece(self, text: str, style: str = "") -> "Text":
        from rich.text import Text

        return Text(text if self.unicode else ascii_only(text), style=style)

    def wrapped(self, content: "Text", lead: int) -> "list[Text]":
        """``content`` in the columns from ``lead`` on, without trailing blanks."""
        if self.width is None:
            lines = [content]
        else:
            lines = list(content.wrap(self.console, self.width - lead))
        for line in lines:
            line.rstrip()
        return lines

    def put(self, content: "Text", indent: str = "") -> None:
        """Wrap ``content`` (continuation lines start with ``indent``) and print it."""
        from rich.text import Text

        for number, line in enumerate(self.wrapped(content, len(indent))):
            whole = line if number == 0 or not indent else Text(indent).append_text(line)
            self.console.print(whole, soft_wrap=True)

    def altered(self, run: Run) -> None:
        """What has to be told before anything that the run says."""
        if told := integrity.warning(run):
            self.line(told, style="bold")

    def line(self, text: str, *, indent: str = "", style: str = "") -> None:
        """One paragraph of which every line starts with ``indent``."""
        from rich.text import Text

        if not text:
            self.console.print("")
            return
        for line in self.wrapped(self.piece(text, style), len(indent)):
            self.console.print(Text(indent).append_text(line), soft_wrap=True)

    def labelled(self, label: str, text: str, lead: int) -> None:
        """``text`` wrapped in the column that begins at ``lead``, ``label`` before it."""
        from rich.text import Text

        if self.width is not None and self.width - lead < NARROWEST:
            self.line(label, style="bold")
            self.line(text, indent=_INDENT)
            return
        head = self.piece(label + " " * (lead - _cells(label)), "bold")
        for number, line in enumerate(self.wrapped(self.piece(text), lead)):
            before = Text(" " * lead) if number else head
            self.console.print(before.append_text(line), soft_wrap=True)

    def sign(self, outcome: Outcome) -> "Text":
        sign = wording.SIGNS[outcome]
        return self.piece(sign.sign if self.unicode else sign.plain, sign.style)

    def service(
        self,
        verdict: ServiceVerdict,
        word: str,
        widths: tuple[int, int],
        columns: Sequence[Function],
    ) -> None:
        """The one line of a service; its functions go below where the line is too narrow."""
        name = printable(verdict.name, limit=20)
        head = self.piece("")
        head.append_text(self.piece(name + " " * (widths[0] - _cells(name) + 2), "bold"))
        head.append_text(self.sign(verdict.outcome)).append(" ")
        head.append_text(self.piece(word, wording.SIGNS[verdict.outcome].style))
        outcomes = {f.function: f.outcome for f in verdict.functions}
        cells = [self.cell(f, outcomes.get(f)) for f in columns]
        taken = widths[0] + 2 + 2 + widths[1] + 2
        whole = sum(c.cell_len for c in cells) + 2 * max(0, len(cells) - 1)
        if self.width is None or taken + whole <= self.width:
            head.append(" " * (taken - head.cell_len))
            line = _spaced(head, cells)
            line.rstrip()
            self.console.print(line, soft_wrap=True)
            return
        self.put(head, _INDENT)
        if outcomes:
            present = [self.cell(f, outcomes[f]) for f in columns if f in outcomes]
            self.put(_spaced(self.piece(_INDENT), present), _INDENT)

    def cell(self, function: Function, outcome: Outcome | None) -> "Text":
        """``web`` and its sign; as many blanks for a service without that function."""
        if outcome is None:
            return self.piece(" " * (len(function.value) + 2))
        return self.piece(f"{function.value} ").append_text(self.sign(outcome))

    def reasons(self, verdict: ServiceVerdict, verbose: int, known: str) -> None:
        """Why, once for all functions that share the reason.

        ``known`` is what the connection line says anyway: it is not repeated for every service.
        """
        functions = [verdict.functions[i] for i in wording.in_order(verdict)]
        wrong = [f for f in functions if f.outcome not in (Outcome.OK, Outcome.NOT_TESTED)]
        unsaid = [f for f in wrong if not (known and f.why.startswith(known))]
        if not wrong and not verbose and verdict.outcome is not Outcome.OK:
            self.line(printable(verdict.summary), indent=_INDENT)
        for group in _alike(functions if verbose else unsaid):
            self.reason(group, alone=len(group) == len(functions) and not verbose)
            if verbose:
                for details in filter(None, map(_details, group)):
                    self.line(details, indent=_INDENT * 2, style="dim")

    def reason(self, group: Sequence[FunctionVerdict], *, alone: bool) -> None:
        """One sentence for functions with the same outcome, reason and mechanisms."""
        first = group[0]
        text = ", ".join(f.function.value for f in group)
        if not alone:
            text += f" {wording.OUTCOME_WORDS[first.outcome]}"
        default = "The service answered." if first.outcome is Outcome.OK else "no reason is known."
        text += f": {printable(first.why) or default}"
        if first.mechanisms:
            text += f" [{printable(', '.join(first.mechanisms))}]"
        self.line(text, indent=_INDENT)

    def speeds(self, run: Run, name_width: int) -> None:
        """How fast each service moved beside neutral servers, and what would have been seen."""
        services = run.verdict.services
        having = [f for s in services for f in s.functions if f.speeds]
        for service in services:
            if told := _speeds(service):
                self.labelled(printable(service.name, limit=20), ", ".join(told), name_width + 2)
        if not having:
            excuse = wording.no_speed(run.evidence.request, run.verdict.connection)
            if excuse is not None:
                self.line(excuse)
                self.line("")
            return
        doubted = (Outcome.THROTTLED, Outcome.DEGRADED, Outcome.INCONCLUSIVE)
        clean = all(f.outcome not in doubted for f in having)
        self.line(wording.floor([s for f in having for s in f.speeds], clean=clean))
        self.line("")

    def connection(self, verdict: ConnectionVerdict, *, quiet: bool, verbose: int) -> None:
        good = verdict.state.blameless
        style = "green" if verdict.state is State.ONLINE else "yellow" if good else "bold red"
        content = self.piece("Connection: ")
        content.append_text(self.piece(wording.STATE_WORDS[verdict.state], style))
        if not quiet and not (verdict.state is State.ONLINE and not verbose) and verdict.why:
            content.append_text(self.piece(f". {printable(verdict.why)}"))
        if verdict.notes and not quiet:
            notes = "; ".join(printable(wording.note(n)) for n in verdict.notes)
            if content.plain.rstrip().endswith("."):
                content.append_text(self.piece(f" Note: {notes}."))
            else:
                content.append_text(self.piece(f" ({notes})"))
        if verbose and verdict.rules:
            content.append_text(self.piece(f" [{printable(', '.join(verdict.rules))}]", "dim"))
        self.put(content, _INDENT)

    def cost(self, run: Run) -> None:
        total = run.bytes_sent + run.bytes_received
        text = (
            f"Took {wording.seconds(run.duration_s)} and {wording.amount(total)} "
            f"({wording.amount(run.bytes_sent)} sent, "
            f"{wording.amount(run.bytes_received)} received)"
        )
        if run.interrupted is not None:
            text += f"; {printable(wording.interrupted(run.interrupted))}: results are partial"
        self.line(f"{text}.", style="dim" if run.interrupted is None else "yellow")


def _alike(functions: Sequence[FunctionVerdict]) -> list[list[FunctionVerdict]]:
    groups: dict[tuple[Outcome, str, tuple[str, ...]], list[FunctionVerdict]] = {}
    for function in functions:
        key = (function.outcome, function.why, function.mechanisms)
        groups.setdefault(key, []).append(function)
    return list(groups.values())


def _spaced(head: "Text", cells: "list[Text]") -> "Text":
    for number, cell in enumerate(cells):
        if number:
            head.append("  ")
        head.append_text(cell)
    return head


def _speeds(service: ServiceVerdict) -> list[str]:
    functions = [service.functions[i] for i in wording.in_order(service)]
    told = [f"{f.function.value} {wording.speed(speed)}" for f in functions for speed in f.speeds]
    return told + [f"{f.function.value} {wording.loss(f.loss)}" for f in functions if f.loss]


def _details(function: FunctionVerdict) -> str:
    count = function.endpoints
    parts = [f"{count.ok} of {count.tested} endpoints answered"] if count.tested else []
    if function.strength is not None:
        parts.append(function.strength.value)
    if function.rules:
        parts.append(f"rules {printable(', '.join(function.rules))}")
    if function.evidence:
        parts.append(f"transactions {', '.join(map(str, function.evidence))}")
    return f"{function.function.value}: {'; '.join(parts)}" if parts else ""
