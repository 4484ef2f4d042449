"""Neutral servers that are fast until a service is named to them, and slow ever after."""

from collections.abc import Sequence

from msgprobe.evidence.facts import grouped
from msgprobe.evidence.transfer_pairs import SAME_SERVER, compare
from msgprobe.evidence.transfer_samples import Sample

SERVERS = 2
"""That must show it: one may have become slow by itself."""


def turned_slow(there: Sequence[Sample], sources: Sequence[Sample]) -> tuple[Sample, ...]:
    """The transfers of such servers: ``there`` under the service's name, ``sources`` under their
    own; none where too few servers show it."""
    named = grouped(there, lambda s: s.conversation.address)
    plain = grouped(sources, lambda s: s.conversation.address)
    servers = [_turned(mine, plain.get(at, [])) for at, mine in named.items()]
    found = [samples for samples in servers if samples]
    return tuple(s for samples in found for s in samples) if len(found) >= SERVERS else ()


def _turned(named: list[Sample], plain: list[Sample]) -> list[Sample]:
    """All transfers of a server if it is such a one; none of another."""
    first = min(s.start for s in named)
    before = [s for s in plain if s.start < first and s.finished]
    after = [s for s in plain if s.start > first]
    if not before or not after:
        return []
    pairs = [compare(s, before[-1]) for s in (*named, *after)]
    slow = all(p is not None and p.beyond > SAME_SERVER for p in pairs)
    return [*before, *named, *after] if slow else []
