"""The chain of evidence: from the word, over the rules, to what was asked and what came."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from msgprobe.model.age import STALE_MONTHS
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TransferObservation
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import Run
from msgprobe.model.task import Arm
from msgprobe.model.verdict import CallLoss, FunctionVerdict, Layer, Outcome, ServiceVerdict, State
from msgprobe.report import allowed, curves, integrity, say, wording
from msgprobe.report.advice import advise
from msgprobe.report.called import typed
from msgprobe.report.columns import align, wrap
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import N_, _, ngettext
from msgprobe.report.narrate import asked, came
from msgprobe.report.reproduce import command
from msgprobe.report.sentences.mechanisms import MECHANISMS, means
from msgprobe.report.stale import StaleRows
from msgprobe.report.summary import summary
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
    """Every word of ``run`` (or of one ``service``) with its evidence; unless ``verbose`` of
    conversations that ended alike one, and no curves of a service that works, if none was asked
    for. Raises NotInRun."""
    chosen = _chosen(run, service)
    page = _Page(run, {r.rule_id: r for r in rules}, width, whole=bool(verbose))
    if told := integrity.warning(run):
        page.put(told)
        page.put("")
    page.connection(run)
    for verdict in chosen:
        page.service(verdict)
        told_of = service is not None or verbose or verdict.outcome is not Outcome.OK
        for picture in pictures(run, verdict.service) if told_of else ():
            page.put("")
            page.drawn(curves.render(picture, width=(width or 80) - 2, unicode=unicode))
    if page.folded:
        page.put("")
        page.put(_("Every conversation: add -v."))
    page.put("")
    page.put(str(advise(run.verdict.connection, run.verdict.services, saved=True)))
    if told is None:
        page.put("")
        page.put(integrity.words(run))
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
        self._told: set[int] = set()
        self._shown: set[int] = set()
        """Of what was told of, what was shown and not counted alone."""
        self._by_transaction: dict[int, Measurement] = {}
        for measurement in run.evidence.measurements:
            for seen in measurement.observations:
                self._by_transaction.setdefault(seen.transaction, measurement)

    def text(self) -> str:
        return "\n".join(self._lines).rstrip("\n") + "\n"

    def put(self, text: str, indent: int = 0) -> None:
        """A paragraph, its continuation two further in."""
        blank = " " * indent
        safe = typed(printable(text))
        if self._width is None or not safe:
            self._lines.append((blank + safe).rstrip())
            return
        self._lines += wrap(safe, self._width, first=blank, other=blank + "  ")

    def copyable(self, text: str, indent: int) -> None:
        """A line that is there to be copied: never broken, whatever the width."""
        self._lines.append(" " * indent + text)

    def drawn(self, text: str) -> None:
        """A picture: its lines as they are."""
        self._lines += ["  " + line for line in text.splitlines()]

    def connection(self, run: Run) -> None:
        found = run.verdict.connection
        self.put(
            _("Connection: {state} ({strength})").format(
                state=wording.state_word(found.state),
                strength=wording.strength_word(found.strength),
            )
        )
        self.put(say.said(found.why), 2)
        for line in allowed.lines(run.allowances):
            self.put(line, 2)
        for note in found.notes:
            self.put(_("Note: {note}.").format(note=wording.note(note)), 2)
        self.chain(found.rules, found.evidence)

    def service(self, verdict: ServiceVerdict) -> None:
        word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
        self.put("")
        self.put(_("{name}: {word}").format(name=verdict.name, word=word))
        self.put(summary(verdict), 2)
        for index in wording.in_order(verdict):
            self.function(verdict.functions[index])

    def function(self, verdict: FunctionVerdict) -> None:
        self.put("")
        self.put(_head(verdict), 2)
        if verdict.why:
            self.put(say.said(verdict.why), 4)
        if verdict.mechanisms:
            paths = _(", ").join(verdict.mechanisms)
            self.put(_("Mechanism: {paths}").format(paths=paths), 4)
        for speed in verdict.speeds:
            self.put(wording.speed_in_full(speed), 4)
        if verdict.loss is not None:
            self.put(_lost(verdict.loss), 4)
        if old := self._stale.of(verdict.evidence):
            rows = _(", ").join(f"{name} ({facts.date})" for name, facts in old)
            aged = ngettext(
                "Note: rests on facts older than {count} month: {{rows}}",
                "Note: rests on facts older than {count} months: {{rows}}",
                STALE_MONTHS,
            )
            self.put(aged.format(rows=rows), 4)
        self.chain(verdict.rules, verdict.evidence, failed=verdict.outcome is not Outcome.OK)

    def chain(self, rules: Sequence[str], evidence: Sequence[int], *, failed: bool = True) -> None:
        for rule_id in rules:
            rule = self._rules.get(rule_id)
            # what may be concluded, and by which kind of evidence
            text = (
                _("Rule {rule}: a rule that this version does not have")
                if rule is None
                else _("Rule {rule}: {proof}")
            )
            self.put(text.format(rule=rule_id, proof=say.proves(rule_id)), 4)
        again = [n for n in evidence if n in self._told and not self._whole]
        for transaction, more in self._kinds([n for n in evidence if n not in again]):
            self.transaction(transaction, failed=failed)
            if more:
                self.folded = True
                alike = ngettext(
                    "and {count} more that ended alike", "and {count} more that ended alike", more
                )
                self.put(alike, 6)
        if again:
            self.folded = True
            numbers = _(", ").join(f"#{n}" for n in again if n in self._shown)
            self.put(_("as above: {numbers}").format(numbers=numbers), 4)
        self._told.update(evidence)

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
        self._shown.add(number)
        measurement = self._by_transaction.get(number)
        if measurement is None:
            self.put(_("#{number}: not kept in this file").format(number=number), 4)
            return
        task = measurement.task
        self.put(
            _("#{number} at {time} s [{experiment}]: {what}").format(
                number=number,
                time=f"{measurement.window.start:.2f}",
                experiment=task.arm.value,
                what=asked(task),
            ),
            4,
        )
        if task.reason:
            self.put(_("why: {question}").format(question=_(task.reason)), 6)
        for seen in measurement.observations:
            if seen.transaction == number:
                when = f"{seen.window.start:.2f}-{seen.window.end:.2f} s"
                self.put(f"{when} {came(seen)}", 6)
        moved = [o for o in measurement.observations if isinstance(o, TransferObservation)]
        again = command(task, moved[-1].path if moved else None)
        if again is not None and failed:
            self.copyable(f"$ {again}", 6)


def _head(verdict: FunctionVerdict) -> str:
    """The function, its word, how sure that is, and how many endpoints answered."""
    tested = verdict.endpoints.tested
    if tested and verdict.strength is not None:
        text = ngettext(
            "{{function}}: {{word}} ({{strength}}), {{ok}} of {count} endpoint answered",
            "{{function}}: {{word}} ({{strength}}), {{ok}} of {count} endpoints answered",
            tested,
        )
    elif tested:
        text = ngettext(
            "{{function}}: {{word}}, {{ok}} of {count} endpoint answered",
            "{{function}}: {{word}}, {{ok}} of {count} endpoints answered",
            tested,
        )
    elif verdict.strength is not None:
        text = _("{function}: {word} ({strength})")
    else:
        text = _("{function}: {word}")
    return text.format(
        function=wording.function_word(verdict.function),
        word=wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial),
        strength="" if verdict.strength is None else wording.strength_word(verdict.strength),
        ok=verdict.endpoints.ok,
    )


def _lost(loss: CallLoss) -> str:
    text = ngettext(
        "Packets like a call's: {{lost}} of {count} packet lost (neutral {{neutral_lost}} of "
        "{{neutral_sent}}), answered after {{ms}} ms (median)",
        "Packets like a call's: {{lost}} of {count} packets lost (neutral {{neutral_lost}} of "
        "{{neutral_sent}}), answered after {{ms}} ms (median)",
        loss.sent,
    )
    return text.format(
        lost=loss.lost,
        neutral_lost=loss.neutral_lost,
        neutral_sent=loss.neutral_sent,
        ms=f"{loss.median_ms:.0f}",
    )


def render_reveals(lines: Sequence[str], *, width: int | None = 80, unicode: bool = True) -> str:
    """What a file tells about who measured, a paragraph a thing."""
    page = [_("This file tells whoever has it:")]
    for line in lines:
        safe = f"- {printable(line)}"
        page += [safe] if width is None else wrap(safe, width, other="  ")
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
        (
            _("rule"),
            _("{rule} (version {version})").format(rule=rule.rule_id, version=rule.version),
        ),
        (_("layer"), rule.layer.value),
        (_("says"), _says(rule)),
        (_("mechanism"), rule.mechanism or _("none")),
        (_("what this proves"), say.proves(rule.rule_id)),
        (_("why"), say.why(rule.rule_id)),
    ]
    return "\n".join(align(_safe(rows), width=width, shares=(0, 1))) + "\n"


def _mechanism(name: str, rules: Sequence[RuleInfo], width: int | None) -> str:
    """Its words, its place among the others, and what has to be seen before it is named."""
    above = name.rpartition(".")[0]
    below = [one for one in MECHANISMS if one.startswith(f"{name}.")]
    rows = [
        (_("mechanism"), name),
        (_("means"), means(name) or _("see the rules that name it")),
    ]
    rows += [(_("a kind of"), f"{above}: {means(above)}")] if above in MECHANISMS else []
    rows += [(_("kinds of it"), f"{one}: {means(one)}") for one in below]
    rows += [
        (
            _("named by"),
            _("{rule} ({word}), where this is seen: {proof}").format(
                rule=one.rule_id, word=_says(one), proof=say.proves(one.rule_id)
            ),
        )
        for one in rules
        if one.mechanism == name
    ]
    return "\n".join(align(_safe(rows), width=width, shares=(0, 1))) + "\n"


_ABOUT: dict[Layer, str] = {
    Layer.CONNECTION: N_("The connection itself, and how sure anything is"),
    Layer.DNS: N_("Names (DNS)"),
    Layer.TCP: N_("Addresses and ports (TCP, UDP, routers)"),
    Layer.TLS: N_("Secure connections (TLS)"),
    Layer.HTTP: N_("Web pages and transfers (HTTP)"),
    Layer.PROTOCOL: N_("The messengers' own protocols"),
}


def render_rules(rules: Sequence[RuleInfo], *, width: int | None = 80, unicode: bool = True) -> str:
    """Every rule under what it is about: id and what it says, and why below."""
    lines = []
    for layer, title in _ABOUT.items():
        mine = [rule for rule in rules if rule.layer is layer]
        if not mine:
            continue
        lines += ["", _(title), ""]
        for rule in mine:
            lines.append(f"  {printable(rule.rule_id)}: {_says(rule)}")
            cell = printable(say.why(rule.rule_id))
            why = align([(cell,)], width=width and width - 6, shares=(1,))
            lines += [f"      {line}" for line in why]
    lines += ["", *align([(typed(_(_MORE)),)], width=width, shares=(1,))]
    text = "\n".join(lines[1:]) + "\n"
    return text if unicode else ascii_only(text)


_MORE = N_("What one of them proves: msgprobe explain RULE")


def _says(rule: RuleInfo) -> str:
    if rule.outcome is None:
        return _("nothing by itself")
    named = rule.outcome
    word = wording.state_word(named) if isinstance(named, State) else wording.outcome_word(named)
    if rule.strength is None:
        return word
    sure = wording.strength_word(rule.strength)
    return _("{word}, {strength}").format(word=word, strength=sure)


def _safe(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(printable(cell) for cell in row) for row in rows]
