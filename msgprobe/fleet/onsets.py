"""When a network changed: its votes say that it did, its lines' own changes say when.

Every line that changed did so between two of its looks: an interval. The change lies where most of
those intervals overlap (the mode of the interval-censored maximum likelihood estimate, Turnbull
1976). A liar's changes, a clock that is wrong and a line that slept move that place little or not.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from msgprobe.fleet.answers import Key, Turn
from msgprobe.model.fleet import BUCKET, Onset
from msgprobe.model.timeline import Bracket

LIARS = 5
"""One line in so many may lie."""

Interval = tuple[int, int]
"""After the one, at or before the other."""


def onsets(turns: Iterable[Turn], brackets: Mapping[Key, Sequence[Interval]]) -> list[Onset]:
    """When each turn was, in the order of time."""
    found = []
    for turn in turns:
        some = brackets.get((turn.subject, turn.asn, turn.bucket), ())
        bracket, support = Bracket(after=turn.last, until=turn.bucket + BUCKET), 0
        if some:
            (after, until), support = densest(some)
            bracket = Bracket(after=after, until=until)
        found.append(
            Onset(
                subject=turn.subject,
                asn=turn.asn,
                hit=turn.hit,
                bracket=bracket,
                vantages=support,
                of=len(some),
            )
        )
    return sorted(found, key=lambda o: (o.bracket.until, o.subject.name, o.asn))


def densest(intervals: Sequence[Interval]) -> tuple[Interval, int]:
    """From where to where most intervals cover, and how many do at most.

    One in `LIARS` may be a lie, so that a place which so many fewer cover is as good: where a liar
    and those who slept agree, the stretch reaches from there to the truth. An interval holds its
    end and not its beginning. Raises ValueError for none.
    """
    # Sorted so that at one moment those that end stand before those that begin.
    moves = sorted([(after, 1) for after, _ in intervals] + [(until, -1) for _, until in intervals])
    covered, depth = [], 0
    for (at, step), (end, _) in pairwise(moves):
        depth += step
        if end > at:
            covered.append((depth, at, end))
    most = max(depth for depth, _, _ in covered)
    enough = [(at, end) for depth, at, end in covered if depth >= most - len(intervals) // LIARS]
    return (enough[0][0], enough[-1][1]), most
