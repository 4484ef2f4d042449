"""Is it our own crowd that is lost? Routers and firewalls at home may take only so many new flows
at a time, and resolvers so many questions, and drop the rest without a word.

Chance loses first packets as it loses all others, early as well as late; a crowd loses those of new
flows alone, and those that came last. How fast a run may go then follows from what got through so
far: nothing about the box is guessed.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Flow, Lookup, ResolverKind, Role, Running

REPEATED = 1.0
"""Seconds after which a first packet that was lost is sent again, at the earliest (RFC 6298; stub
resolvers wait longer)."""

APART = 3.0
"""How many times as late as the slowest prompt answer those are that had to be asked for again."""

LOST_STARTS = 3
"""First packets that must be lost, and answered, before our own crowd is taken for the reason."""

LOSSIER = 10
"""How many times as often first packets of new flows must be lost as what standing ones send."""

LATER_Z = 2.33
"""z from which on the lost ones began later than the others by more than chance (p 1 %)."""

NEW_FLOWS_P = 1e-3
"""Fisher's p below which new flows lose more than standing ones by more than chance."""

SLOWEST_PACE = 0.5
"""Seconds between starts at most where a crowd is lost, however little got through."""


_TOLD = (None, Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER)
"""What a resolver says that has an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """``flows``: new flows are lost, not only questions. ``pace``: seconds between starts of what
    is lost, as fast as it got through so far."""

    flows: bool
    pace: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The first packet of something: a question to the system's resolver, or a TCP connection.

    ``took`` are the seconds until it was answered, so far where it has not been (``heard`` false).
    ``repeated``: it had to be sent again.
    """

    at: float
    lookup: bool
    neutral: bool
    heard: bool
    took: float
    repeated: bool = False


def crowd(
    measurements: Sequence[Measurement],
    conversations: Sequence[Conversation],
    running: Mapping[str, Running],
    opened: Collection[str],
    now: float,
) -> Crowd | None:
    """What our own crowd loses on this line; None as long as nothing shows that it does.

    ``running`` are the tasks under way, ``opened`` those of them whose connection stands.
    """
    told = (*_asked(measurements), *_dialled(conversations), *_under_way(running, opened, now))
    if _too_few_lost(told):
        return None
    alive, rtt = _alive(conversations), _shortest(told)
    begun = sorted((s for s in told if _beside_life(s, alive, rtt)), key=lambda s: s.at)
    lookups = [s for s in begun if s.lookup]
    flows = [s for s in begun if not s.lookup]
    asked = _last_lost(lookups)
    opening = _last_lost(flows) or _new_ones_lost(conversations, flows)
    if not asked and not opening:
        return None
    both = opening or _any_lost(flows)
    counted = begun if both else lookups
    if _loses_all(counted, conversations):
        return None
    heard = sum(s.heard for s in counted)
    elapsed = now - counted[0].at
    return Crowd(flows=both, pace=min(SLOWEST_PACE, elapsed / max(1, heard)))


def _too_few_lost(told: Collection[Start]) -> bool:
    """To speak of a crowd, whatever else is known."""
    lost = sum(s.neutral and s.took >= REPEATED for s in told)
    return max(lost, sum(s.repeated for s in told)) < LOST_STARTS


def _loses_all(counted: Sequence[Start], conversations: Iterable[Conversation]) -> bool:
    """The line loses what stands as well, if not as often."""
    missed = sum(s.repeated or s.took >= REPEATED for s in counted) / len(counted)
    lost, sent = _standing(conversations)
    return lost * LOSSIER > missed * sent


def _alive(conversations: Iterable[Conversation]) -> list[float]:
    """Moments at which something was heard on connections that stood, sorted."""
    layers = ((t.tls, t.http, t.protocol) for t in conversations)
    return sorted(o.window.end for t in layers for o in t if o is not None and o.failure is None)


def _shortest(starts: Iterable[Start]) -> float:
    return min((s.took for s in starts if s.heard and not s.lookup), default=0.0)


def _beside_life(start: Start, alive: Sequence[float], rtt: float) -> bool:
    """It was answered at once, or the line carried what stood while it was waited for: a line that
    dies for a while loses everything."""
    if start.heard and start.took < REPEATED:
        return True
    after = bisect_right(alive, start.at + 2 * rtt)
    return after < len(alive) and alive[after] <= start.at + REPEATED


def _asked(measurements: Iterable[Measurement]) -> Iterable[Start]:
    """Questions that have ended."""
    for measurement in measurements:
        task = measurement.task
        if isinstance(task.probe, Lookup) and task.probe.resolver.kind is ResolverKind.SYSTEM:
            for seen in measurement.observations:
                if isinstance(seen, DnsObservation) and not (seen.failure and seen.failure.is_ours):
                    yield Start(
                        at=seen.window.start,
                        lookup=True,
                        neutral=task.role is Role.CONTROL,
                        heard=seen.failure in _TOLD,
                        # Who says that he cannot tell now has not been heard at all.
                        took=seen.window.seconds if seen.failure in _TOLD else inf,
                    )


def _dialled(conversations: Iterable[Conversation]) -> Iterable[Start]:
    """Connections that stand, or were given up."""
    for t in conversations:
        if t.tcp is not None and _fits(t.flow) and _tells(t):
            yield Start(
                at=t.tcp.window.start,
                lookup=False,
                neutral=t.task.role is Role.CONTROL,
                heard=t.connected,
                took=t.tcp.window.seconds,
                repeated=_sent_again(t) > 0,
            )


def _fits(flow: Flow) -> bool:
    """One of a kind: over IPv4, to the port of the web, which may be the only one that passes."""
    return ":" not in flow.address and flow.port == 443


def _tells(t: Conversation) -> bool:
    return t.failure is None or not t.failure.is_ours


def _under_way(
    running: Mapping[str, Running], opened: Collection[str], now: float
) -> Iterable[Start]:
    for task_id, one in running.items():
        probe, neutral = one.task.probe, one.task.role is Role.CONTROL
        asks = isinstance(probe, Lookup) and probe.resolver.kind is ResolverKind.SYSTEM
        dials = isinstance(probe, Flow) and _fits(probe) and one.task.check == "https"
        if asks or (dials and task_id not in opened):
            yield Start(
                at=one.since, lookup=asks, neutral=neutral, heard=False, took=now - one.since
            )


def _split(starts: Sequence[Start]) -> tuple[list[Start], list[Start]]:
    """What was answered before anybody repeats anything, and the neutral ones that were not:
    whoever drops what targets are asked for drops none of these. Nothing where the two run into
    each other: then answers are late, and no packets lost."""
    good = [s for s in starts if s.heard and s.took < REPEATED]
    lost = [s for s in starts if s.neutral and s.took >= REPEATED]
    slowest = max((s.took for s in good), default=0.0)
    apart = all(s.took >= APART * slowest for s in lost)
    return (good, lost) if apart else ([], [])


def _any_lost(flows: Sequence[Start]) -> bool:
    good, lost = _split(flows)
    return bool(lost) or len([s for s in good if not s.repeated]) < 2 * LOST_STARTS


def _last_lost(starts: Sequence[Start]) -> bool:
    """What was lost began later than what was answered at once (Mann and Whitney's test)."""
    good, lost = _split(starts)
    first = min((s.at for s in lost), default=0.0)
    before = [s for s in good if s.at <= first + REPEATED]
    if len(lost) < LOST_STARTS or len(before) < LOST_STARTS:
        return False
    later = sum((a.at > b.at) + 0.5 * (a.at == b.at) for a in lost for b in before)
    pairs = len(lost) * len(before)
    spread = sqrt(pairs * (len(lost) + len(before) + 1) / 12)
    return (later - pairs / 2) / spread >= LATER_Z


def _new_ones_lost(conversations: Iterable[Conversation], flows: Sequence[Start]) -> bool:
    """First packets had to be sent again, and were answered then, more often than what was said on
    connections that stood: whoever cuts somebody off does not let him through after that."""
    opened = [s for s in flows if s.heard]
    prompt = sorted(s.took for s in opened if not s.repeated)
    usual = prompt[int(0.9 * len(prompt))] if prompt else 0.0
    # What was answered later than so would have been sent again though nothing was lost.
    repeated = sum(s.repeated and s.took >= APART * usual for s in opened)
    lost, sent = _standing(conversations)
    if repeated < LOST_STARTS or not sent:
        return False
    # A first packet is lost both ways, of the others we know what was lost on the way up.
    return fisher_greater(repeated, len(opened), min(2 * lost, sent), sent) < NEW_FLOWS_P


def _standing(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """Segments lost, and sent, on connections that stood, in what ended well."""
    lost = sent = 0
    for t in conversations:
        last = t.http or t.protocol or t.tls
        if t.failure is None and t.tcp is not None and last is not None and last.info is not None:
            first = t.tcp.info
            sent += last.info.segs_out - (first.segs_out if first is not None else 0)
            again = last.info.total_retrans - last.info.needless
            lost += max(0, again - _sent_again(t))
    return lost, sent


def _sent_again(t: Conversation) -> int:
    """How often the first packet of a connection was sent again, as the kernel says."""
    info = t.tcp.info if t.tcp is not None else None
    return 0 if info is None else info.total_retrans


def repeated_segments(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """Segments lost, and sent, in conversations, whoever's, that ended well: what a censor drops is
    not among them, nor what a full queue only delayed."""
    infos = [
        last.info
        for t in conversations
        if t.failure is None
        for last in [t.http or t.protocol or t.tls or t.tcp]
        if last is not None and last.info is not None
    ]
    lost = sum(max(0, i.total_retrans - i.needless) for i in infos)
    return lost, sum(i.segs_out for i in infos)


def repeated_share(conversations: Iterable[Conversation], *, without_first: bool) -> float:
    """The share of segments that had to be sent again (0 to 1), ``without_first`` those that opened
    the connections; 0 where too few tell."""
    lost = sent = 0
    for t in conversations:
        last = t.http or t.tls or t.tcp
        if last is not None and last.info is not None:
            sent += last.info.segs_out
            lost += last.info.total_retrans - (_sent_again(t) if without_first else 0)
    return lost / sent if sent >= 20 else 0.0
