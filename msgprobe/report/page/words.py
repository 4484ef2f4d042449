"""The page's own sentences: how sure a word is, where and when it was measured, what is not shown.

All times are UTC: the zone of whoever makes the page would tell where that is.
"""

from collections.abc import Iterator

from msgprobe.model.age import STALE_MONTHS
from msgprobe.model.integrity import Integrity
from msgprobe.model.run import Run
from msgprobe.model.verdict import Outcome, ServiceVerdict, Strength
from msgprobe.report import wording
from msgprobe.report.stale import StaleRows

_SURE: dict[tuple[Outcome, Strength | None], str] = {
    (Outcome.OK, Strength.CONFIRMED): "Its genuine servers answered and proved who they are.",
    (Outcome.OK, Strength.LIKELY): "Its servers answered in their own protocol, which an impostor "
    "could copy.",
    (Outcome.BLOCKED, Strength.CONFIRMED): "This is confirmed: only somebody who interferes on "
    "the way explains what was seen.",
    (Outcome.BLOCKED, Strength.LIKELY): "This is likely, not certain: a rare outage of the service "
    "would look the same.",
    (Outcome.THROTTLED, Strength.CONFIRMED): "This is confirmed: only the name of the service made "
    "the difference, or only traffic to it was slow.",
    (Outcome.THROTTLED, Strength.LIKELY): "This is likely, not certain.",
}
_IN_DOUBT: dict[Outcome, str] = {
    Outcome.OK: "Its servers answered.",
    Outcome.DEGRADED: "That somebody does this on purpose is not proved.",
    Outcome.DOWN: "The fault is the service's own, not one of the network.",
    Outcome.INCONCLUSIVE: "Read this neither as fine nor as blocked.",
    Outcome.NOT_TESTED: "Nothing is known about it from this run.",
}


def verdict(found: ServiceVerdict) -> tuple[str, str]:
    """What was found, and how sure that is."""
    sure = _SURE.get((found.outcome, found.strength)) or _IN_DOUBT.get(found.outcome, "")
    return found.summary, sure


def moment(started_at: str) -> str:
    """``2026-11-22 09:23 UTC``; what a file says instead as it is."""
    day, _, clock = started_at.partition("T")
    return f"{day} {clock[:5]} UTC" if len(clock) >= 5 else started_at


NOT_SAID = "the file does not say"


def facts(run: Run) -> Iterator[tuple[str, str]]:
    """Who measured, where, when, and with what, as far as the file says."""
    request, vantage = run.evidence.request, run.vantage
    yield "Who", "The file does not name who measured. Whoever hands it over can say so."
    yield "When", f"{moment(run.started_at)}, by the clock of the device, for {_long(run)}"
    yield "Country", request.country or NOT_SAID
    yield "Network", f"AS{vantage.asn}" if vantage.asn is not None else NOT_SAID
    yield "Label", vantage.label or NOT_SAID
    yield "Asked", ", ".join(s.name for s in run.verdict.services) or "no messenger"
    total = wording.amount(run.bytes_sent + run.bytes_received)
    yield "Moved", f"{total} in {len(run.evidence.measurements)} conversations"
    if run.interrupted is not None:
        yield "Cut short", f"{wording.interrupted(run.interrupted)}: the results are partial"


def _long(run: Run) -> str:
    return wording.seconds(run.duration_s)


def limits(run: Run) -> Iterator[str]:
    """What this run does not show."""
    yield (
        "One device measured on one line, at one time. This says nothing about other networks, "
        "other places or other times."
    )
    yield (
        "No account was used. Signing in, contacts, groups and messages between people were not "
        "tested."
    )
    services = run.verdict.services
    hit = [s for s in services if s.outcome in (Outcome.BLOCKED, Outcome.THROTTLED)]
    if hit:
        yield "Who ordered this, and who operates what does it, is not shown."
    likely = [s.name for s in hit if s.strength is not Strength.CONFIRMED]
    if likely:
        yield f"Likely, and not certain: what is said about {', '.join(likely)}."
    yield from _untested(run)
    yield from _speeds(run)
    cited = [t for s in services for f in s.functions for t in f.evidence]
    if old := StaleRows(run).of(cited):
        names = ", ".join(name for name, _ in old)
        yield (
            f"Some of what the program knows about the services was older than {STALE_MONTHS} "
            f"months: {names}."
        )
    if run.integrity is Integrity.UNSEALED:
        yield (
            "The file is not sealed: nothing in it proves that it was not changed. "
            "(msgprobe seal makes a package that shows changes.)"
        )


def _untested(run: Run) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for service in run.verdict.services:
        for function in service.functions:
            if function.outcome is Outcome.NOT_TESTED:
                name = f"{service.name} {function.function.value}"
                reasons.setdefault(function.why, []).append(name)
    for why, names in reasons.items():
        yield f"Not tested: {', '.join(names)}. {why}"


def _speeds(run: Run) -> Iterator[str]:
    having = [f for s in run.verdict.services for f in s.functions if f.speeds]
    if having:
        doubted = (Outcome.THROTTLED, Outcome.DEGRADED, Outcome.INCONCLUSIVE)
        clean = all(f.outcome not in doubted for f in having)
        yield wording.floor([s for f in having for s in f.speeds], clean=clean)
    elif excuse := wording.no_speed(run.evidence.request, run.verdict.connection):
        yield excuse
    else:
        yield "Speeds were not compared, so throttling would not have been seen."
