"""Names that were asked for in vain while our own crowd of questions was lost, whosever."""

from msgprobe.evidence.crowding import LOST_STARTS, REPEATED
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.starts import Start
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation

_SILENCE = (Failure.TIMED_OUT, Failure.DNS_TEMPORARY)


@remembered
def drowned(facts: Facts, host: str) -> bool:
    """All questions for this name to the connection's own resolver were lost, each while no fewer
    neutral ones were lost than were answered, on a line on which our own crowd is: that the name
    does not resolve is not known then."""
    mine = facts.name(host).system if facts.crowded else ()
    if not mine or any(o.failure not in _SILENCE for o in mine):
        return False
    beside = [_beside(facts, o) for o in mine]
    lost = [sum(not s.heard for s in some) for some in beside]
    outnumbered = all(2 * n >= len(some) > 0 for n, some in zip(lost, beside, strict=True))
    return outnumbered and sum(lost) >= LOST_STARTS


def _beside(facts: Facts, question: DnsObservation) -> list[Start]:
    """The neutral questions that were begun while this one was waited for, or just before."""
    since, until = question.window.start - REPEATED, question.window.end
    return [s for s in facts.questions if s.neutral and since <= s.at < until]
