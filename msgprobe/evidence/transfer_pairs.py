"""Two transfers as a pair: how much slower, and does that count?"""

from collections.abc import Iterable, Sequence
from math import comb, exp, log, log2

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losses import disturbed, upwards
from msgprobe.evidence.six import comparable
from msgprobe.evidence.statistics import Decision, median, median_low, sprt, variation
from msgprobe.evidence.transfer_samples import FEWEST, FIRST_WINDOW, MOVING, QUESTIONS, Sample
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm

SAME_SERVER = log(2.5)
"""Log-ratio of times from which on a pair counts as slow where only the name differs."""

OTHER_SERVER = log(3.0)
"""The same where the servers differ: replication does not remove a slower server."""

LOSSY_ROUNDS = 8
"""Round trips more that losses may cost a transfer: at one segment in thirty a window is some seven
segments (Mathis et al., CCR 27, 1997), so that 64 KiB take six of them, and two are repairs."""

THINKING = 0.1
"""Seconds that a server may take for a handshake, beside the way."""

LONG_WAY = 0.15
"""Seconds of round trip from which on a line carries few transfers a minute one by one."""

MOST_ABREAST = 4
"""Transfers side by side at most, ..."""

SOME_ABREAST = 3
"""... on a way that is not long, for one by one they would soon be over as well, ..."""

FEW_ABREAST = 2
"""... and as long as one transfer alone tells of the line."""

ALL_LOWER = 1e-3
"""Chance at most that everything that names the service runs at a lower rate than all the rest by
luck, ..."""

LOWER_AND_STEADY = 2.5e-3
"""... and where it also agrees on that rate: of three pairs at either end, one in twenty, twice."""

ROOM = 0.7
"""Share of what the line carries that transfers side by side may take: it sways."""

ORDINARY = 0.2
"""Seconds that no line is compared more closely than: a lost segment costs as much (RFC 6298, as
Linux has it)."""


@remembered
def moved(facts: Facts, direction: Direction) -> tuple[Sample, ...]:
    """Every transfer that way that can be compared, neutral ones too."""
    every = (Sample(conversation=t) for t in comparable(facts, facts.arm(*MOVING)))
    return tuple(s for s in every if s.direction is direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A target's transfer beside a neutral one; scores are natural logs of ratios of times.

    Those but ``raw`` leave out what TCP needs on a way of that length whatever its speed, and
    compare no more closely than one round trip.
    """

    target: Sample
    control: Sample
    raw: float
    beyond: float
    """Whatever it was that took the time."""
    corrected: float
    """With the benefit of the doubt for a longer way: the round trips that losses may cost there,
    where there were any."""
    paired: float = 0.0
    """Without that, and without what either server took before it began to answer: what is behind
    one name of a front may think longer than what is behind another."""
    settled: float = 0.0
    """That, with the benefit of the doubt for a longer way."""

    @property
    def held_up(self) -> bool:
        """Its handshake or a single pause took the time, as segments that were lost together may:
        for the rest what moved did so as fast as beside it."""
        size = min(self.target.moved, self.control.moved)
        mine, other = self.target.moving(size), self.control.moving(size)
        if mine is None or other is None:
            return False
        moving = max(0.0, mine - self.target.longest)
        return log((moving + ORDINARY) / (other + ORDINARY)) <= SAME_SERVER


def compare(target: Sample, control: Sample, allowance: float = 0.0) -> Pair | None:
    """The pair of both, None where it says nothing: one of them was no transfer, or too little.

    ``allowance`` are seconds that the target had to do something for which the control had not.
    A transfer that was cut counts with the time it had had, so that its score is a lower bound.
    """
    if not target.usable or not control.usable:
        return None
    finished = [s.moved for s in (target, control) if s.finished]
    size = min(finished or (target.moved, control.moved))
    if size < FEWEST:
        return None
    took, base = target.seconds(size), control.seconds(size)
    if took is None and base is None:
        return None
    # Who has no handshake may have been read as late, and nobody knows.
    late = control.conversation.read_late if target.conversation.tls is None else 0.0
    usual = max(base or control.elapsed, 1e-4) + allowance + late
    spent = max(took or target.elapsed, 1e-4)
    way = _Way(target, control, size, None if base is None else usual)
    settled = way.beyond(spent - target.waited) / way.beyond_usual(usual - control.waited)
    excused = way.beyond(spent - target.waited - way.excuse) / way.beyond_usual(
        usual - control.waited
    )
    whole = way.beyond(spent) / way.beyond_usual(usual)
    corrected = way.beyond(spent - way.excuse) / way.beyond_usual(usual)
    return Pair(
        target=target,
        control=control,
        raw=log(spent / usual),
        beyond=log(whole),
        corrected=log(corrected),
        paired=log(min(settled, whole)),
        settled=log(min(excused, corrected)),
    )


def twins(sources: Iterable[Sample], service: str, asset: str) -> list[Sample]:
    """Of what was moved from neutral servers, that beside the service's name: under names of their
    own, while the asset was compared."""
    flows = ((s, s.conversation.flow) for s in sources)
    return [s for s, f in flows if (f.option("service"), f.option("asset")) == (service, asset)]


Beside = list[tuple[Sample, Sample | None]]
"""What names a service, each with what does not, if there is such."""


def by_block(named: Iterable[Sample], plain: Iterable[Sample]) -> Beside:
    """Each beside what its block moved from the same address, if anything."""
    places = {(s.number, s.conversation.address): s for s in plain}
    return [(s, places.get((s.number, s.conversation.address))) for s in named]


def couples(each: Iterable[tuple[Sample, Sample | None]]) -> tuple[Pair, ...]:
    """The pairs of those that have a control and say something beside it."""
    found = (compare(target, control) for target, control in each if control is not None)
    return tuple(pair for pair in found if pair is not None)


class _Way:
    """What the way itself makes two transfers of ``size`` bytes take, by their round trips.

    A proxy on the way answers sooner than the server (satellites have them); then the handshake
    tells how long the way is: the quicker one of both, which nobody held up. Such a proxy speeds up
    what follows as well, so that no way needs more than the neutral one took (``shown``, in
    seconds; None where it did not end), for each second of round trip.
    """

    def __init__(self, target: Sample, control: Sample, size: int, shown: float | None) -> None:
        near, far = control.min_rtt or 0.0, target.min_rtt or 0.0
        both = target.handshake and control.handshake
        whole = min(_whole(target), _whole(control)) if both else 0.0
        rounds = _rounds(size) if both else _rounds(size) - 1
        away, usually = max(far, whole), max(near, whole)
        self._usual_needs = min(rounds * usually, rounds * usually if shown is None else shown)
        self._needs = self._usual_needs * away / usually if usually else rounds * away
        self._least = ORDINARY + max(near, far, whole)
        self.excuse = LOSSY_ROUNDS * max(0.0, far - near) if disturbed(target.info) else 0.0

    def beyond(self, seconds: float) -> float:
        """What the target took beyond what its way needs, and a round trip."""
        return max(0.0, seconds - self._needs) + self._least

    def beyond_usual(self, seconds: float) -> float:
        """The same of the neutral one."""
        return max(0.0, seconds - self._usual_needs) + self._least


def _gives(sample: Sample, way: float) -> float:
    """Bytes per second that the line gives by one transfer's best moment; on a short way, where
    waiting is not most of it, no more than by all of it: limiters let a burst pass. On a long way
    what waited behind a lost segment is read all at once, however thin the line."""
    busy = sample.elapsed - _rounds(sample.moved) * way
    if way >= LONG_WAY and disturbed(sample.info):
        return sample.peak_of_arrivals
    if way >= LONG_WAY or disturbed(sample.info) or busy <= 0.0:
        return sample.peak
    return min(sample.peak, sample.moved / busy)


def prompt(sample: Sample) -> bool:
    """It went so well that no transfer beside which it may yet be put makes it count as slow or
    lossy, however quick that one is: even by what no line is compared more closely than."""
    least = ORDINARY + (sample.min_rtt or 0.0)
    lost = upwards(sample.info)[0] if sample.info is not None else 0
    return sample.finished and not lost and sample.elapsed <= (exp(SAME_SERVER) - 1) * least


def _rounds(size: int) -> float:
    """Round trips of a handshake, a request, and an answer of ``size`` bytes."""
    return 2 + growing(size)


def growing(size: int) -> float:
    """Round trips in which an answer of ``size`` bytes waits for its window to grow."""
    return log2(size / FIRST_WINDOW + 1)


def _whole(sample: Sample) -> float:
    """Seconds of the way to the server and back by its handshake, its own time left out."""
    return max(0.0, sample.turn - THINKING)


def length(sample: Sample) -> float:
    """Seconds of the way to the server and back."""
    return max(sample.min_rtt or 0.0, _whole(sample))


def abreast(samples: Sequence[Sample]) -> int:
    """Transfers like these that their line carries side by side, each as fast as alone: on a long
    way most of the time is spent on waiting. What the line gives, the typical one tells, and the
    busiest counts."""
    if not samples:
        return 1
    way = min(length(s) for s in samples)
    telling = [s for s in samples if not disturbed(s.info)] or samples
    most = median_low(_gives(s, way) for s in telling)
    if not most:
        return 1
    many = MOST_ABREAST if way >= LONG_WAY else SOME_ABREAST
    alone = [min(s.elapsed, _rounds(s.moved) * way + s.moved / most) for s in samples]
    fit = [int(ROOM * most * took / s.moved) for took, s in zip(alone, samples, strict=True)]
    return max(1, min(FEW_ABREAST if len(samples) == 1 else many, *fit))


def lower_by_name(sides: Iterable[Sequence[Pair]], *, agreed: bool) -> bool:
    """At either end whatever names the service runs at half the rate of the rest, and none of it as
    fast as any of the rest: an exact test, for every order is as likely where the name decides
    nothing. It sees less than a single pair must show, and takes more of them. ``agreed``: the low
    rates are one."""
    chance = 1.0
    for pairs in sides:
        if not _lower(pairs):
            return False
        chance /= comb(2 * len(pairs), len(pairs))
    return chance <= (LOWER_AND_STEADY if agreed else ALL_LOWER)


def _lower(pairs: Sequence[Pair]) -> bool:
    """Whatever names the service runs at half the rate of the rest, and none of it as fast as any
    of the rest."""
    named = [p.target.plateau_kbit for p in pairs]
    plain = [p.control.plateau_kbit for p in pairs]
    return bool(pairs) and max(named) < min(plain) and 2 * median(named) <= median(plain)


def by_name(pairs: Sequence[Pair]) -> Decision:
    """Does the name make them slow? What no single pair shows, their rates may yet (see
    `lower_by_name`): as long as they lie apart, nothing is taken for normal."""
    said = sprt(p.paired > SAME_SERVER for p in pairs)
    return Decision.OPEN if said is Decision.NORMAL and _lower(pairs) else said


def steady(rates: Sequence[float]) -> bool:
    """The rates agree: whoever limits them has a number in mind. Three within a fifth of each
    other, or six within three tenths (a lossy line disturbs some of them)."""
    if len(rates) < 3 or not any(rates):
        return False
    spread = variation(rates)
    return spread <= 0.2 or (len(rates) >= 6 and spread <= 0.3)


def questions_took(facts: Facts) -> float | None:
    """Seconds that a volley's questions take on this line, by neutral uploads; None: not known."""
    sources = [Sample(conversation=t) for t in facts.arm(Arm.TRANSFER_SOURCE)]
    ups = [s for s in sources if s.direction is Direction.UP and s.served]
    took = [t for s in ups if (t := s.moving(QUESTIONS)) is not None]
    return median(took) if took else None
