"""When a network changed: its votes say that it did, its lines' own changes say when.

Every line that changed did so between two of its looks: an interval. The change lies where most of
those intervals overlap (the mode of the interval-censored maximum likelihood estimate, Turnbull
1976). A line has one vote in it: one that changed several times has it parted among its intervals,
for only one of them can be the network's. A liar's changes, a clock that is wrong and a line that
slept move that place little or not.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise

from msgprobe.fleet.answers import Key, Turn
from msgprobe.model.fleet import BUCKET, Onset
from msgprobe.model.timeline import Bracket

LIARS = 5
"""One line in so many may lie."""

Interval = tuple[int, int]
"""After the one, at or before the other."""


def onsets(
    turns: Iterable[Turn], brackets: Mapping[Key, Sequence[Sequence[Interval]]]
) -> list[Onset]:
    """When each network changed, in the order of time."""
    found: list[Onset] = []
    line = sorted(turns, key=lambda t: (t.subject.country, t.subject.name, t.asn, t.bucket))
    for _, some in groupby(line, key=lambda t: (t.subject, t.asn)):
        hit = False
        for turn, after in pairwise([*some, None]):
            assert turn is not None
            changed = brackets.get((turn.subject, turn.asn, turn.bucket), ())
            brief = after is not None and after.last == turn.bucket
            if turn.hit is not hit and _real(turn, changed, brief=brief):
                hit = turn.hit
                found.append(_onset(turn, changed))
    return sorted(found, key=lambda o: (o.bracket.until, o.subject.name, o.asn))


def _real(turn: Turn, changed: Sequence[Sequence[Interval]], *, brief: bool) -> bool:
    """The lines themselves changed, and not only who was heard of them.

    More than half of the lines that say so, and were heard before, must have said otherwise before;
    and at one moment, where a single cell says so.
    """
    many = densest(changed)[1] if brief and changed else len(changed)
    return not turn.heard or 2 * many > turn.heard


def _onset(turn: Turn, changed: Sequence[Sequence[Interval]]) -> Onset:
    bracket, support = Bracket(after=turn.last, until=turn.bucket + BUCKET), 0
    if changed:
        (after, until), support = densest(changed)
        bracket = Bracket(after=after, until=until)
    return Onset(
        subject=turn.subject,
        asn=turn.asn,
        hit=turn.hit,
        bracket=bracket,
        vantages=support,
        of=len(changed),
    )


def densest(lines: Sequence[Sequence[Interval]]) -> tuple[Interval, int]:
    """From where to where most lines cover, and how many (whole ones) do at most.

    A line's intervals share its vote, and parts of a vote narrow nothing. One line in `LIARS` may
    lie: every place that no more of them contradict is as good, so that where a liar and those who
    slept agree, the stretch reaches from there to the truth. An interval holds its end and not its
    beginning. Raises ValueError for none.
    """
    moves: list[tuple[int, Fraction]] = []
    for some in lines:
        for after, until in some:
            moves += [(after, Fraction(1, len(some))), (until, Fraction(-1, len(some)))]
    # Sorted so that at one moment those that end stand before those that begin.
    moves.sort()
    covered, depth = [], Fraction(0)
    for (at, step), (end, _) in pairwise(moves):
        depth += step
        if end > at:
            covered.append((depth, at, end))
    most = int(max(depth for depth, _, _ in covered))
    least = min(most, len(lines) - len(lines) // LIARS)
    enough = [(at, end) for depth, at, end in covered if depth >= least]
    return (enough[0][0], enough[-1][1]), most
