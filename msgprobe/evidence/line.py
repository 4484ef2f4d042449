"""How fast the line itself is, as the neutral transfers show it: here, and inside the country."""

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.cut_places import not_stopped
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.statistics import median, median_high
from msgprobe.evidence.transfer_samples import Sample
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm

SLOW_LINE = 300.0
"""kbit/s below which a line is slow for a person, and hides any limit that is not far below it."""

FASTER_INSIDE = 3.0
"""How many times faster than abroad the country's own sites must be for a remark."""

CAP = 300.0
"""kbit/s that plans are throttled to at most once they are used up (64 and 128 are usual)."""

QUICK = 0.15
"""Seconds of round trip that GPRS and EDGE never reach."""

BUSY = 0.8
"""Seconds that a neutral conversation of some 6 kB takes beyond its round trips, at least."""

LOOKS = 4
"""How often one has to look until a conversation is over: connection, handshake, head, body."""

SPAN = 4.0
"""Seconds over which the line's rate is taken."""


def round_trip(facts: Facts) -> float | None:
    """The median round trip to neutral sites in seconds, None before any answered: by the clock of
    the kernel where it tells, for a device that is late to look is no line that is late to answer.
    """
    times = [_opened_in(t) for t in facts.opened]
    return median_high(times) if times else None


def _late(facts: Facts) -> float:
    """Seconds by which this device usually looks later than something was there to see."""
    late = [t.tcp.window.seconds - _opened_in(t) for t in facts.opened if t.tcp is not None]
    return median_high(late) if late else 0.0


def _opened_in(conversation: Conversation) -> float:
    """Seconds until the connection stood."""
    assert conversation.tcp is not None
    took, info = conversation.tcp.window.seconds, conversation.tcp.info
    if info is None or not info.rtt or info.total_retrans or conversation.flow.via is not None:
        return took  # a proxy answers for itself; of a SYN that was sent twice nobody knows (Karn)
    return min(took, info.rtt)


def _downloads(facts: Facts, *, domestic: bool) -> list[Sample]:
    """Neutral downloads of the first look; what is cut is not slow."""
    inside = {s.name for s in facts.controls.sources if s.country is not None}
    every = [Sample(conversation=t) for t in facts.arm(Arm.TRANSFER_SOURCE)]
    return [
        s
        for s in not_stopped(facts, [s for s in every if s.direction is Direction.DOWN])
        if s.usable
        and s.conversation.flow.option("asset") is None
        and (s.conversation.task.subject in inside) is domestic
    ]


def _rate(samples: list[Sample]) -> float | None:
    return median(s.plateau_kbit for s in samples) if len(samples) >= 2 else None


def slow_line(facts: Facts) -> tuple[int, ...]:
    """The transactions that show neutral sources in two networks slow; empty when they are not."""
    samples = _downloads(facts, domestic=False)
    rate = _rate(samples)
    if rate is None or rate >= SLOW_LINE or len({s.conversation.task.subject for s in samples}) < 2:
        return ()
    return tuple(sorted(s.conversation.transaction for s in samples))


def slow_abroad(facts: Facts) -> tuple[int, ...]:
    """The transactions that show foreign sources slow and domestic ones fast."""
    inside = _downloads(facts, domestic=True)
    rate, abroad = _rate(inside), _rate(_downloads(facts, domestic=False))
    if not slow_line(facts) or rate is None or abroad is None or rate < FASTER_INSIDE * abroad:
        return ()
    return (*slow_line(facts), *sorted(s.conversation.transaction for s in inside))


def capped_line(facts: Facts) -> tuple[int, ...]:
    """The transactions that show a line held to a plan's trickle; empty when they do not.

    It answers quickly while it is idle, as no slow technology does, and yet all that was moved
    together never exceeded `CAP` once neutral conversations had to wait for each other.
    """
    if facts.crowded:  # they had to wait for their first packet
        return ()
    neutral = [t for _, t in facts.site_conversations(Arm.CONNECTION)]
    rtts = [t.info.min_rtt for t in neutral if t.info is not None and t.info.min_rtt > 0]
    looks = LOOKS * _late(facts)
    good = sorted((_took(facts, t, looks), t.transaction) for t in neutral if t.genuine)
    if len(good) < 3 or not rtts or min(rtts) > QUICK:
        return ()
    took = good[len(good) // 2][0]
    if took < BUSY + 6 * min(rtts) or slow_abroad(facts):
        return ()
    return () if _exceeds(facts, CAP) else tuple(sorted(n for _, n in good))


def _took(facts: Facts, conversation: Conversation, looks: float) -> float:
    """Seconds that it took, without those in which this device did not look: ``looks`` as a rule,
    or more by its own count."""
    measurement = facts.measurement(conversation.task.id)
    assert measurement is not None
    return measurement.window.seconds - max(looks, measurement.late)


def _exceeds(facts: Facts, rate: float) -> bool:
    """Whether all conversations together received more than ``rate`` kbit/s in any `SPAN` seconds.

    The bytes of one are spread evenly over its window, which can only make a rate smaller where
    windows are longer than `SPAN`; the shorter ones decide.
    """
    moved = sorted(
        (m.window.start, max(m.window.end, m.window.start + 0.001), m.bytes_received)
        for m in facts.measurements
        if m.bytes_received
    )
    most = rate * SPAN * 1000 / 8
    for begin, _, _ in moved:
        end = begin + SPAN
        inside = 0.0
        for a, b, size in moved:
            if a >= end:
                break
            if b > begin:
                inside += size * (min(b, end) - max(a, begin)) / (b - a)
        if inside > most:
            return True
    return False
