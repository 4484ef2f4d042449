"""The chain of evidence: from the word, over the rules, to what was asked and what came."""

import textwrap
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from msgprobe.judging.words import MECHANISMS
from msgprobe.model.age import STALE_MONTHS
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TransferObservation
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import Run
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Layer, Outcome, ServiceVerdict
from msgprobe.report import curves, integrity, wording
from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.narrate import asked, came
from msgprobe.report.reproduce import command
from msgprobe.report.stale import StaleRows
from msgprobe.report.transfers import pictures


class UnknownRule(ValueError):
    """There is no such rule; the text names the nearest ones."""


class NotInRun(ValueError):
    """The run says nothing about that service; the text names those it has."""


def explain_run(
    run: Run,
    service: str | None,
    rules: Sequence[RuleInfo],
    *,
    width: int | None = 80,
    unicode: bool = True,
    verbose: int = 0,
) -> str:
    """Every word of ``run`` (or of one ``service``) with its evidence; of conversations that ended
    alike one, unless ``verbose``. Raises NotInRun."""
    chosen = _chosen(run, service)
    page = _Page(run, {r.rule_id: r for r in rules}, width, whole=bool(verbose))
    if told := integrity.warning(run):
        page.put(told)
        page.put("")
    page.connection(run)
    for verdict in chosen:
        page.service(verdict)
        for picture in pictures(run, verdict.service):
            page.put("")
            page.drawn(curves.render(picture, width=(width or 80) - 2, unicode=unicode))
    if page.folded:
        page.put("")
        page.put("Every conversation: add -v.")
    page.put("")
    page.put(run.verdict.advice)
    if told is None:
        page.put("")
        page.put(integrity.WORDS[run.integrity])
    text = page.text()
    return text if unicode else ascii_only(text)


def chain(run: Run, service: ServiceVerdict | None, rules: Sequence[RuleInfo], width: int) -> str:
    """The evidence of one service alone, or (None) of the state of the connection."""
    page = _Page(run, {r.rule_id: r for r in rules}, width, whole=True)
    if service is None:
        page.connection(run)
    else:
        page.service(service)
    return page.text().strip("\n") + "\n"


def _chosen(run: Run, service: str | None) -> tuple[ServiceVerdict, ...]:
    services = run.verdict.services
    if service is None:
        return services
    found = tuple(s for s in services if s.service == service.lower())
    if not found:
        has = ", ".join(printable(s.service) for s in services) or "none"
        raise NotInRun(f"{printable(service)!r} is not in this run; it has: {has}")
    return found


_ALIKE = {Arm.REPEAT: Arm.BASE, Arm.AGAIN: Arm.CONNECTION}
"""Experiments that repeat another one."""


class _Page:
    def __init__(
        self, run: Run, rules: Mapping[str, RuleInfo], width: int | None, *, whole: bool
    ) -> None:
        self._rules = rules
        self._whole = whole
        self.folded = False
        self._width = width
        self._stale = StaleRows(run)
        self._lines: list[str] = []
        self._by_transaction: dict[int, Measurement] = {}
        for measurement in run.evidence.measurements:
            for seen in measurement.observations:
                self._by_transaction.setdefault(seen.transaction, measurement)

    def text(self) -> str:
        return "\n".join(self._lines).rstrip("\n") + "\n"

    def put(self, text: str, indent: int = 0) -> None:
        """A paragraph, its continuation two further in."""
        blank = " " * indent
        safe = printable(text)
        if self._width is None or not safe:
            self._lines.append((blank + safe).rstrip())
            return
        self._lines += textwrap.wrap(
            safe,
            self._width,
            initial_indent=blank,
            subsequent_indent=blank + "  ",
            break_on_hyphens=False,
        )

    def copyable(self, text: str, indent: int) -> None:
        """A line that is there to be copied: never broken, whatever the width."""
        self._lines.append(" " * indent + text)

    def drawn(self, text: str) -> None:
        """A picture: its lines as they are."""
        self._lines += ["  " + line for line in text.splitlines()]

    def connection(self, run: Run) -> None:
        found = run.verdict.connection
        self.put(f"Connection: {wording.STATE_WORDS[found.state]} ({found.strength.value})")
        self.put(found.why, 2)
        for line in run.allowances.lines():
            self.put(line, 2)
        for note in found.notes:
            self.put(f"Note: {wording.note(note)}.", 2)
        self.chain(found.rules, found.evidence)

    def service(self, verdict: ServiceVerdict) -> None:
        word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
        self.put("")
        self.put(f"{verdict.name}: {word}")
        self.put(verdict.summary, 2)
        for index in wording.in_order(verdict):
            self.function(verdict.functions[index])

    def function(self, verdict: FunctionVerdict) -> None:
        word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
        count = verdict.endpoints
        self.put("")
        head = f"{verdict.function.value}: {word}"
        if verdict.strength is not None:
            head += f" ({verdict.strength.value})"
        if count.tested:
            head += f", {count.ok} of {count.tested} endpoints answered"
        self.put(head, 2)
        if verdict.why:
            self.put(verdict.why, 4)
        if verdict.mechanisms:
            self.put(f"Mechanism: {', '.join(verdict.mechanisms)}", 4)
        for speed in verdict.speeds:
            self.put(wording.speed_in_full(speed), 4)
        if verdict.loss is not None:
            soon = f"answered after {verdict.loss.median_ms:.0f} ms (median)"
            self.put(f"Packets like a call's: {wording.loss(verdict.loss)}, {soon}", 4)
        if old := self._stale.of(verdict.evidence):
            rows = ", ".join(f"{name} ({facts.date})" for name, facts in old)
            self.put(f"Note: rests on facts older than {STALE_MONTHS} months: {rows}", 4)
        self.chain(verdict.rules, verdict.evidence, failed=verdict.outcome is not Outcome.OK)

    def chain(self, rules: Sequence[str], evidence: Sequence[int], *, failed: bool = True) -> None:
        for rule_id in rules:
            rule = self._rules.get(rule_id)
            # what may be concluded, and by which kind of evidence
            why = "a rule that this version does not have" if rule is None else rule.licence
            self.put(f"Rule {rule_id}: {why}", 4)
        for transaction, more in self._kinds(evidence):
            self.transaction(transaction, failed=failed)
            if more:
                self.folded = True
                self.put(f"and {more} more that ended alike", 6)

    def _kinds(self, evidence: Sequence[int]) -> list[tuple[int, int]]:
        """One transaction of each experiment and end, with how many others ended so."""
        if self._whole:
            return [(number, 0) for number in evidence]
        kinds: dict[object, list[int]] = {}
        for number in evidence:
            seen = self._by_transaction.get(number)
            ends = () if seen is None else tuple(o.failure for o in seen.observations)
            arm = None if seen is None else _ALIKE.get(seen.task.arm, seen.task.arm)
            kinds.setdefault((arm, ends), []).append(number)
        return [(found[0], len(found) - 1) for found in kinds.values()]

    def transaction(self, number: int, *, failed: bool) -> None:
        measurement = self._by_transaction.get(number)
        if measurement is None:
            self.put(f"#{number}: not kept in this file", 4)
            return
        task = measurement.task
        what = asked(task)
        self.put(f"#{number} at {measurement.window.start:.2f} s [{task.arm.value}]: {what}", 4)
        if task.reason:
            self.put(f"why: {task.reason}", 6)
        for seen in measurement.observations:
            if seen.transaction == number:
                when = f"{seen.window.start:.2f}-{seen.window.end:.2f} s"
                self.put(f"{when} {came(seen)}", 6)
        moved = [o for o in measurement.observations if isinstance(o, TransferObservation)]
        again = command(task, moved[-1].path if moved else None)
        if again is not None and failed:
            self.copyable(f"$ {again}", 6)


def render_reveals(lines: Sequence[str], *, width: int | None = 80, unicode: bool = True) -> str:
    """What a file tells about who measured, a paragraph a thing."""
    page = ["This file tells whoever has it:"]
    for line in lines:
        safe = f"- {printable(line)}"
        page += [safe] if width is None else textwrap.wrap(safe, width, subsequent_indent="  ")
    text = "\n".join(page) + "\n"
    return text if unicode else ascii_only(text)


def explain_rule(
    name: str, rules: Sequence[RuleInfo], *, width: int | None = 80, unicode: bool = True
) -> str:
    """What the rule or the mechanism ``name`` says, or both where both are called so.

    Raises UnknownRule with the nearest names.
    """
    parts = [_rule(rule, width) for rule in rules if rule.rule_id == name]
    named = {rule.mechanism for rule in rules if rule.mechanism} | set(MECHANISMS)
    if name in named:
        parts.append(_mechanism(name, rules, width))
    if not parts:
        known = sorted({rule.rule_id for rule in rules} | named)
        near = get_close_matches(name[:100], known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "see: msgprobe rules"
        raise UnknownRule(f"there is no file, rule or mechanism {printable(name)!r}; {hint}")
    text = "\n".join(parts)
    return text if unicode else ascii_only(text)


def _rule(rule: RuleInfo, width: int | None) -> str:
    rows = [
        ("rule", f"{rule.rule_id} (version {rule.version})"),
        ("layer", rule.layer.value),
        ("says", _says(rule)),
        ("mechanism", rule.mechanism or "none"),
        ("what this proves", rule.licence),
        ("why", rule.why),
    ]
    return "\n".join(align(_safe(rows), width=width, shares=(0, 1))) + "\n"


def _mechanism(name: str, rules: Sequence[RuleInfo], width: int | None) -> str:
    """Its words, its place among the others, and what has to be seen before it is named."""
    above = name.rpartition(".")[0]
    below = [one for one in MECHANISMS if one.startswith(f"{name}.")]
    rows = [("mechanism", name), ("means", MECHANISMS.get(name, "see the rules that name it"))]
    rows += [("a kind of", f"{above}: {MECHANISMS[above]}")] if above in MECHANISMS else []
    rows += [("kinds of it", f"{one}: {MECHANISMS[one]}") for one in below]
    rows += [
        ("named by", f"{rule.rule_id} ({_says(rule)}), where this is seen: {rule.licence}")
        for rule in rules
        if rule.mechanism == name
    ]
    return "\n".join(align(_safe(rows), width=width, shares=(0, 1))) + "\n"


_ABOUT: dict[Layer, str] = {
    Layer.CONNECTION: "The connection itself, and how sure anything is",
    Layer.DNS: "Names (DNS)",
    Layer.TCP: "Addresses and ports (TCP, UDP, routers)",
    Layer.TLS: "Secure connections (TLS)",
    Layer.HTTP: "Web pages and transfers (HTTP)",
    Layer.PROTOCOL: "The messengers' own protocols",
}


def render_rules(rules: Sequence[RuleInfo], *, width: int | None = 80, unicode: bool = True) -> str:
    """Every rule under what it is about: id and what it says, and why below."""
    lines = []
    for layer, title in _ABOUT.items():
        mine = [rule for rule in rules if rule.layer is layer]
        if not mine:
            continue
        lines += ["", title, ""]
        for rule in mine:
            lines.append(f"  {printable(rule.rule_id)}: {_says(rule)}")
            why = align([(printable(rule.why),)], width=width and width - 6, shares=(1,))
            lines += [f"      {line}" for line in why]
    lines += ["", *align([(_MORE,)], width=width, shares=(1,))]
    text = "\n".join(lines[1:]) + "\n"
    return text if unicode else ascii_only(text)


_MORE = "What one of them proves: msgprobe explain RULE"


def _says(rule: RuleInfo) -> str:
    word = rule.outcome.value if rule.outcome is not None else "nothing by itself"
    return word if rule.strength is None else f"{word}, {rule.strength.value}"


def _safe(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(printable(cell) for cell in row) for row in rows]
