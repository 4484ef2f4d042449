"""Moments in which a line was dead: nobody at all was heard, and what others sent was lost as well.

An outage (see `outages`) needs neutral hosts that were waited for in vain. A line that dies for a
second or two is shown by what was sent again in it: whoever was under way then has lost his
packets to the line, one after another, and those are no losses of his own.
"""

from collections.abc import Iterable
from itertools import pairwise

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losses import disturbed
from msgprobe.evidence.outages import under_way
from msgprobe.model.task import Role

SILENT = 1.0
"""Seconds without a sign of life that count: a first packet is sent again after so long (RFC 6298),
and everything later sooner."""

OTHERS = 2
"""Subjects (services and neutral sites) that must have lost something in it, one neutral at
least."""

Lull = tuple[float, float]
"""When it began and ended, in seconds of the run."""


@remembered
def lulls(facts: Facts) -> tuple[Lull, ...]:
    """The times in which nobody was heard, in order."""
    life = sorted(at for t in facts.conversations for at in t.heard)
    return tuple((a, b) for a, b in pairwise(life) if b - a >= SILENT)


def out_of_lulls(facts: Facts, conversations: Iterable[Conversation]) -> list[Conversation]:
    """Those that were under way in no lull in which others of the run lost something as well."""
    return [t for t in conversations if not any(_shared(facts, t, lull) for lull in lulls(facts))]


def _shared(facts: Facts, conversation: Conversation, lull: Lull) -> bool:
    if not _in(conversation, lull):
        return False
    others = [t for t in _losers(facts, lull) if t.task.subject != conversation.task.subject]
    neutral = any(t.task.role is Role.CONTROL for t in others)
    return neutral and len({t.task.subject for t in others}) >= OTHERS


@remembered
def _losers(facts: Facts, lull: Lull) -> tuple[Conversation, ...]:
    """Who was under way in it, lost something, and came to a good end all the same."""
    every = (t for t in facts.conversations if t.failure is None and disturbed(t.info))
    return tuple(t for t in every if _in(t, lull))


def _in(conversation: Conversation, lull: Lull) -> bool:
    """It was under way in it for as long as counts."""
    start, end = under_way(conversation)
    return min(end, lull[1]) - max(start, lull[0]) >= SILENT
