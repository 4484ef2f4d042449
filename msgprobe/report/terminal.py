"""A run for people: a grid, why where something is wrong, and at the end what to do."""

import io
import shlex
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
    Strength,
)
from msgprobe.report import allowed, integrity, wording
from msgprobe.report.advice import advise
from msgprobe.report.called import typed
from msgprobe.report.console import console
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.grid import Grid, cell_len, legend, local_time
from msgprobe.report.language import _, isolated, remark
from msgprobe.report.say import said
from msgprobe.report.summary import summary
from msgprobe.report.view import View
from msgprobe.report.wording import function_word

if TYPE_CHECKING:
    from rich.text import Text

NARROWEST = 30
"""Below this many columns wrapping helps nobody."""
_INDENT = "    "
_NOTHING_AMISS = "connection.online"
"""The rule whose sentence adds nothing to its word."""


def render(run: Run, view: View) -> str:
    """``run`` as text that ends in a line feed.

    ``verbose`` 1 adds functions that work or were not tested, all speeds, counts, rules and
    mechanisms. ``quiet`` leaves the verdict lines alone. Whatever came from the network is escaped,
    and markup in it means nothing.
    """
    page = _Page(view)
    page.altered(run)
    services = run.verdict.services
    grid = Grid(services)
    if view.quiet:
        page.grid(grid)
        page.connection(run.verdict.connection, quiet=True, verbose=view.verbose)
        return page.text()
    page.where(run)
    page.connection(run.verdict.connection, quiet=False, verbose=view.verbose)
    page.line("")
    if services:
        page.grid(grid)
        page.line(legend(services, unicode=view.unicode), style="dim")
    for service in services:
        page.reasons(service, view.verbose, known=said(run.verdict.connection.why))
    if services:
        page.line("")
        page.speeds(run, grid.name_width, verbose=view.verbose)
    for line in allowed.lines(run.allowances):
        page.line(printable(line), style="bold")
    page.cost(run)
    page.advice(run)
    if told := remark():
        page.line("")
        page.line(told, style="dim")
    return page.text()


class _Page:
    """Collects lines. Text only ever enters as rich ``Text``, so that markup stays text."""

    def __init__(self, view: View) -> None:
        self.unicode = view.unicode
        self.saved = view.saved
        self.kept = view.kept or view.saved is not None
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

    def copyable(self, command: str) -> None:
        """A command on a line of its own, never broken."""
        self.console.print(self.piece(f"{_INDENT}{command}"), soft_wrap=True)

    def labelled(self, label: str, text: str, lead: int) -> None:
        """``text`` wrapped in the column that begins at ``lead``, ``label`` before it."""
        from rich.text import Text

        if self.width is not None and self.width - lead < NARROWEST:
            self.line(label, style="bold")
            self.line(text, indent=_INDENT)
            return
        head = self.piece(label + " " * (lead - cell_len(label)), "bold")
        for number, line in enumerate(self.wrapped(self.piece(text), lead)):
            before = Text(" " * lead) if number else head
            self.console.print(before.append_text(line), soft_wrap=True)

    def sign(self, outcome: Outcome) -> "Text":
        sign = wording.SIGNS[outcome]
        return self.piece(sign.sign if self.unicode else sign.plain, sign.style)

    def where(self, run: Run) -> None:
        """When this was measured, by this device's clock, and where as far as its user said."""
        told = filter(
            None,
            (
                local_time(run.started_at),
                run.evidence.request.country,
                None if run.vantage.asn is None else f"AS{run.vantage.asn}",
                run.vantage.label,
            ),
        )
        self.line(printable(", ".join(told), limit=200), style="dim")

    def grid(self, grid: "Grid") -> None:
        """A line for each service; below it what works of it where there is no room beside it."""
        wide = self.width is None or grid.width <= self.width
        if wide and grid.columns:
            heads = [self.piece(isolated(function_word(f))) for f in grid.columns]
            self.row(grid, self.piece(""), self.piece(isolated(_("result"))), heads)
        for service, word in zip(grid.services, grid.words, strict=True):
            name = self.piece(isolated(printable(service.name, limit=20)), "bold")
            said = self.sign(service.outcome).append(" ")
            said.append_text(self.piece(isolated(word), wording.SIGNS[service.outcome].style))
            outcomes = {f.function: f.outcome for f in service.functions}
            if wide:
                cells = [
                    self.sign(outcomes[f]) if f in outcomes else self.piece("")
                    for f in grid.columns
                ]
                self.row(grid, name, said, cells)
                continue
            name.append("  ").append_text(said)
            self.put(name, _INDENT)
            if outcomes:
                present = [self.cell(f, outcomes[f]) for f in grid.columns if f in outcomes]
                self.put(_spaced(self.piece(_INDENT), present), _INDENT)

    def row(self, grid: "Grid", name: "Text", said: "Text", cells: "Sequence[Text]") -> None:
        line = name
        line.append(" " * (grid.name_width + 2 - line.cell_len)).append_text(said)
        place = grid.name_width + 2 + grid.word_width
        for function, cell in zip(grid.columns, cells, strict=True):
            line.append(" " * (place + 2 - line.cell_len)).append_text(cell)
            place += 2 + cell_len(function_word(function))
        line.rstrip()
        self.console.print(line, soft_wrap=True)

    def cell(self, function: Function, outcome: Outcome) -> "Text":
        """``web`` and its sign."""
        return self.piece(f"{isolated(function_word(function))} ").append_text(self.sign(outcome))

    def reasons(self, verdict: ServiceVerdict, verbose: int, known: str) -> None:
        """Why, once for all functions that share the reason.

        ``known`` is what the connection line says anyway: it is not repeated for every service.
        """
        functions = [verdict.functions[i] for i in wording.in_order(verdict)]
        wrong = [f for f in functions if f.outcome not in (Outcome.OK, Outcome.NOT_TESTED)]
        unsaid = [f for f in wrong if not (known and said(f.why).startswith(known))]
        groups = _alike(functions if verbose else unsaid)
        name = printable(verdict.name, limit=20)
        if not wrong and not verbose and verdict.outcome is not Outcome.OK:
            self.line("")
            self.line(printable(summary(verdict)))
        if not groups:
            return
        self.line("")
        self.line(name, style="bold")
        for group in groups:
            self.reason(group)
            if verbose:
                for details in filter(None, map(_details, group)):
                    self.line(details, indent=_INDENT * 2, style="dim")

    def reason(self, group: Sequence[FunctionVerdict]) -> None:
        """One sentence for functions with the same outcome, reason and mechanisms."""
        first = group[0]
        functions = _(", ").join(function_word(f.function) for f in group)
        answered, unknown = _("The service answered."), _("No reason is known.")
        default = answered if first.outcome is Outcome.OK else unknown
        word = wording.verdict_words(first.outcome, first.strength, partial=False)
        why = printable(said(first.why)) or default
        text = _("{functions} {word}: {why}").format(functions=functions, word=word, why=why)
        self.line(text, indent=_INDENT)
        for mechanism in first.mechanisms:
            see = _("See: {command}").format(
                command=typed(f"msgprobe explain {printable(mechanism)}")
            )
            self.line(see, indent=_INDENT, style="dim")

    def speeds(self, run: Run, name_width: int, *, verbose: int) -> None:
        """How fast what is in doubt moved beside neutral servers, and what would have been seen."""
        services = run.verdict.services
        having = [f for s in services for f in s.functions if f.speeds]
        for service in services:
            if told := _speeds(service, all_of_them=bool(verbose)):
                self.labelled(printable(service.name, limit=20), _(", ").join(told), name_width + 2)
        excuse = None
        if not having:
            excuse = wording.no_speed(run.evidence.request, run.verdict.connection)
        else:
            clean = all(f.outcome not in _SLOW for f in having)
            self.line(wording.floor([s for f in having for s in f.speeds], clean=clean))
        if missing := excuse or wording.not_compared(run.evidence.request, services):
            self.line(missing)

    def connection(self, verdict: ConnectionVerdict, *, quiet: bool, verbose: int) -> None:
        good = verdict.state.blameless
        style = "green" if verdict.state is State.ONLINE else "yellow" if good else "bold red"
        content = self.piece(_("Connection:") + " ")
        content.append_text(self.piece(wording.state_word(verdict.state), style))
        why = [m for m in verdict.why if verbose or m.key != _NOTHING_AMISS]
        if why and not quiet:
            content.append_text(self.piece(f". {printable(said(why))}"))
        if verbose and verdict.rules:
            content.append_text(self.piece(f" [{printable(', '.join(verdict.rules))}]", "dim"))
        self.put(content, _INDENT)
        for one in () if quiet else verdict.notes:
            note = _("Note: {note}.").format(note=printable(wording.note(one)))
            self.put(self.piece(note), _INDENT)

    def advice(self, run: Run) -> None:
        """What it means, then what to do, by numbers."""
        advice = advise(run.verdict.connection, run.verdict.services, saved=self.kept)
        if not advice.meaning:
            return
        self.line("")
        self.line(printable(advice.meaning), style="bold")
        for number, step in enumerate(advice.steps, 1):
            self.put(self.piece(f"{number}. {printable(step)}"), "   ")
        if self.saved is not None and run.verdict.services:
            name = printable(shlex.quote(self.saved))
            self.line("")
            self.line(
                _("To see the evidence, and to make a page that you can hand on:"), style="dim"
            )
            for command in ("explain", "report"):
                self.copyable(typed(f"msgprobe {command} {name}"))

    def cost(self, run: Run) -> None:
        total = run.bytes_sent + run.bytes_received
        text = _("Took {time} and {total} ({sent} sent, {received} received).").format(
            time=wording.seconds(run.duration_s),
            total=wording.amount(total),
            sent=wording.amount(run.bytes_sent),
            received=wording.amount(run.bytes_received),
        )
        if run.interrupted is not None:
            reason = printable(wording.interrupted(run.interrupted))
            text += " " + _("Results are partial: {reason}.").format(reason=reason)
        self.line(text, style="dim" if run.interrupted is None else "yellow")


def _alike(functions: Sequence[FunctionVerdict]) -> list[list[FunctionVerdict]]:
    """Those that say the same: the values that a sentence has no room for may differ."""
    groups: dict[tuple[Outcome, str, tuple[str, ...]], list[FunctionVerdict]] = {}
    for function in functions:
        key = (function.outcome, said(function.why), function.mechanisms)
        groups.setdefault(key, []).append(function)
    return list(groups.values())


def _spaced(head: "Text", cells: "list[Text]") -> "Text":
    for number, cell in enumerate(cells):
        if number:
            head.append("  ")
        head.append_text(cell)
    return head


_SLOW = (Outcome.THROTTLED, Outcome.DEGRADED, Outcome.INCONCLUSIVE)


def _speeds(service: ServiceVerdict, *, all_of_them: bool) -> list[str]:
    """Those of functions in doubt, or all. Lost packets are no measure of what did not answer."""
    functions = [service.functions[i] for i in wording.in_order(service)]
    moved = [f for f in functions if all_of_them or f.outcome in _SLOW]
    told = [
        f"{function_word(f.function)} {wording.speed(speed)}" for f in moved for speed in f.speeds
    ]
    lost = [f for f in moved if f.loss is not None and (f.loss.lost or f.outcome is Outcome.OK)]
    return told + [f"{function_word(f.function)} {wording.loss(f.loss)}" for f in lost if f.loss]


def _details(function: FunctionVerdict) -> str:
    count = function.endpoints
    parts = []
    if count.tested:
        text = _("{ok} of {tested} endpoints answered")
        parts.append(text.format(ok=count.ok, tested=count.tested))
    if function.strength is not None:
        sure = function.strength is Strength.CONFIRMED
        parts.append(_("confirmed") if sure else _("likely"))
    if function.rules:
        parts.append(_("rules {rules}").format(rules=printable(", ".join(function.rules))))
    if function.evidence:
        numbers = ", ".join(map(str, function.evidence))
        parts.append(_("transactions {numbers}").format(numbers=numbers))
    return f"{function_word(function.function)}: {'; '.join(parts)}" if parts else ""
