"""The page's own sentences: how sure a word is, where and when it was measured, what is not shown.

All times are UTC: the zone of whoever makes the page would tell where that is.
"""

from collections.abc import Iterator

from msgprobe.model.age import STALE_MONTHS
from msgprobe.model.integrity import Integrity
from msgprobe.model.run import Run
from msgprobe.model.verdict import Outcome, ServiceVerdict, Strength
from msgprobe.report import wording
from msgprobe.report.language import N_, _, listing, ngettext
from msgprobe.report.say import said
from msgprobe.report.stale import StaleRows
from msgprobe.report.summary import summary

_SURE: dict[tuple[Outcome, Strength | None], str] = {
    (Outcome.OK, Strength.CONFIRMED): N_("Its genuine servers answered and proved who they are."),
    (Outcome.OK, Strength.LIKELY): N_(
        "Its servers answered in their own protocol, which an impostor could copy."
    ),
    (Outcome.BLOCKED, Strength.CONFIRMED): N_(
        "This is confirmed: only somebody who interferes on the way explains what was seen."
    ),
    (Outcome.BLOCKED, Strength.LIKELY): N_(
        "This is likely, not certain: a rare outage of the service would look the same."
    ),
    (Outcome.THROTTLED, Strength.CONFIRMED): N_(
        "This is confirmed: only the name of the service made the difference, or only traffic to "
        "it was slow."
    ),
    (Outcome.THROTTLED, Strength.LIKELY): N_("This is likely, not certain."),
}
_IN_DOUBT: dict[Outcome, str] = {
    Outcome.OK: N_("Its servers answered."),
    Outcome.DEGRADED: N_("That somebody does this on purpose is not proved."),
    Outcome.DOWN: N_("The fault is the service's own, not one of the network."),
    Outcome.INCONCLUSIVE: N_("Read this neither as fine nor as blocked."),
    Outcome.NOT_TESTED: N_("Nothing is known about it from this run."),
}


def verdict(found: ServiceVerdict) -> tuple[str, str]:
    """What was found, and how sure that is."""
    sure = _SURE.get((found.outcome, found.strength)) or _IN_DOUBT.get(found.outcome, "")
    return summary(found), _(sure)


def moment(started_at: str) -> str:
    """``2026-11-22 09:23 UTC``; what a file says instead as it is."""
    day, _, clock = started_at.partition("T")
    return f"{day} {clock[:5]} UTC" if len(clock) >= 5 else started_at


_NOT_SAID = N_("the file does not say")


def facts(run: Run) -> Iterator[tuple[str, str]]:
    """Who measured, where, when, and with what, as far as the file says."""
    request, vantage = run.evidence.request, run.vantage
    yield _("Who"), _("The file does not name who measured. Whoever hands it over can say so.")
    when = _("{began}, by the clock of the device, for {taken}").format(
        began=moment(run.started_at), taken=wording.seconds(run.duration_s)
    )
    yield _("When"), when
    yield _("Country"), request.country or _(_NOT_SAID)
    yield _("Network"), f"AS{vantage.asn}" if vantage.asn is not None else _(_NOT_SAID)
    yield _("Label"), vantage.label or _(_NOT_SAID)
    names = _(", ").join(s.name for s in run.verdict.services)
    yield _("Asked"), names or _("no messenger")
    moved = ngettext(
        "{{size}} in {count} conversation",
        "{{size}} in {count} conversations",
        len(run.evidence.measurements),
    )
    yield _("Moved"), moved.format(size=wording.amount(run.bytes_sent + run.bytes_received))
    if run.interrupted is not None:
        reason = wording.interrupted(run.interrupted)
        yield _("Cut short"), _("{reason}: the results are partial").format(reason=reason)


def limits(run: Run) -> Iterator[str]:
    """What this run does not show."""
    yield _(
        "One device measured on one line, at one time. This says nothing about other networks, "
        "other places or other times."
    )
    yield _(
        "No account was used. Signing in, contacts, groups and messages between people were not "
        "tested."
    )
    services = run.verdict.services
    hit = [s for s in services if s.outcome in (Outcome.BLOCKED, Outcome.THROTTLED)]
    if hit:
        yield _("Who ordered this, and who operates what does it, is not shown.")
    likely = [s.name for s in hit if s.strength is not Strength.CONFIRMED]
    if likely:
        names = listing(likely)
        yield _("Likely, and not certain: what is said about {names}.").format(names=names)
    yield from _untested(run)
    yield from _speeds(run)
    cited = [t for s in services for f in s.functions for t in f.evidence]
    if old := StaleRows(run).of(cited):
        aged = ngettext(
            "Some of what the program knows about the services was older than {count} month: "
            "{{names}}.",
            "Some of what the program knows about the services was older than {count} months: "
            "{{names}}.",
            STALE_MONTHS,
        )
        yield aged.format(names=_(", ").join(row[0] for row in old))
    if run.integrity is Integrity.UNSEALED:
        yield _(
            "The file is not sealed: nothing in it proves that it was not changed. "
            "(msgprobe seal makes a package that shows changes.)"
        )


def _untested(run: Run) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for service in run.verdict.services:
        for function in service.functions:
            if function.outcome is Outcome.NOT_TESTED:
                function_word = wording.function_word(function.function)
                name = _("{service} {function}").format(
                    service=service.name, function=function_word
                )
                reasons.setdefault(said(function.why), []).append(name)
    for why, names in reasons.items():
        yield _("Not tested: {names}. {why}").format(names=_(", ").join(names), why=why)


def _speeds(run: Run) -> Iterator[str]:
    having = [f for s in run.verdict.services for f in s.functions if f.speeds]
    if having:
        doubted = (Outcome.THROTTLED, Outcome.DEGRADED, Outcome.INCONCLUSIVE)
        clean = all(f.outcome not in doubted for f in having)
        yield wording.floor([s for f in having for s in f.speeds], clean=clean)
    elif excuse := wording.no_speed(run.evidence.request, run.verdict.connection):
        yield excuse
        return
    missing = wording.not_compared(run.evidence.request, run.verdict.services)
    if missing is not None:
        yield missing
    elif not having:
        yield _("Speeds were not compared, so throttling would not have been seen.")
