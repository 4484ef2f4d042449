"""Is it our own crowd that is lost? Routers and firewalls at home may take only so many new flows
at a time, and resolvers so many questions, and drop the rest without a word.

Chance loses first packets as it loses all others, early as well as late; a crowd loses those of new
flows alone, and those that came last. How fast a run may go then follows from what got through so
far: nothing about the box is guessed.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf, sqrt

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.line_losses import lossiest, standing, subject_of
from msgprobe.evidence.starts import Start, shut_alone, usual_start
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.dataclass import dataclass
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

LOSSIER = 5
"""How many times as often first packets of new flows must be lost as what standing ones send, while
these are heard. A line loses twice as many, for a first packet is lost either way, and of what the
others send we know what is lost upwards; one that loses less on its way up, some more."""

LATER_Z = 2.33
"""z from which on the lost ones began later than the others by more than chance (p 1 %)."""

OPENED_P = 1e-3
"""Fisher's p below which it is no chance that more flows are lost from one moment on, ..."""

ASKED_P = 1e-2
"""... and questions, which are few, and nearly all asked at once."""

NEW_FLOWS_P = 1e-3
"""Fisher's p below which new flows lose more than standing ones by more than chance."""

SLOWEST_PACE = 0.5
"""Seconds between starts at most where a crowd is lost, however little got through."""

CAREFUL_PACE = 0.03
"""The same as long as it may have been the line."""


_TOLD = (None, Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER)
"""What a resolver says that has an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """``flows``: new flows are lost, not only questions. ``pace``: seconds between starts of what
    is lost, as fast as it got through so far. Not ``sure``: nothing that stood was heard meanwhile,
    so that it may have been the line; that excuses nothing, but few are begun at a time."""

    flows: bool
    pace: float
    sure: bool = True


def crowd(
    questions: Sequence[Start],
    conversations: Sequence[Conversation],
    running: Mapping[str, Running],
    opened: Collection[str],
    now: float,
) -> Crowd | None:
    """What our own crowd loses on this line; None as long as nothing shows that it does.

    ``questions`` are those that were `asked`, ``running`` the tasks under way, ``opened`` those of
    them whose connection stands.
    """
    every = (*questions, *_dialled(conversations), *_under_way(running, opened, now))
    if _too_few_lost(every):
        return None
    line, others = _without_lossiest(conversations, running)
    told = (*questions, *_dialled(line), *_under_way(others, opened, now))
    alive, usual = _alive(conversations), _usual(told)
    beside = [s for s in told if _beside_life(s, alive, usual)]
    let_through = [_begun_at(t) for t in conversations if _got_through(t)]
    found = _lost(beside, line, let_through, now, knocking=any(map(_knocks, told)))
    if found is not None and found.flows:
        return found
    maybe = _lost(told, (), (), now)
    careful = Crowd(flows=True, pace=CAREFUL_PACE, sure=False)
    if found is None:
        return None if maybe is None else careful
    slower = replace(careful, pace=max(CAREFUL_PACE, found.pace))
    return slower if maybe is not None and maybe.flows else found


def _without_lossiest(
    conversations: Sequence[Conversation], running: Mapping[str, Running]
) -> tuple[Sequence[Conversation], Mapping[str, Running]]:
    """What tells of the line: the way to a service alone may lose whatever it likes."""
    begun = [(subject_of(t), t.start) for t in conversations if t.start is not None]
    lossy = {*shut_alone(begun), lossiest(conversations, standing)}
    line = [t for t in conversations if subject_of(t) not in lossy]
    return line, {i: one for i, one in running.items() if one.task.subject not in lossy}


def _knocks(start: Start) -> bool:
    """A neutral flow that waits to be let in, or was let in late."""
    late = start.neutral and not start.lookup and start.took >= REPEATED
    return late and (start.heard or not start.repeated)


def _lost(
    told: Iterable[Start],
    conversations: Sequence[Conversation],
    let_through: Iterable[float],
    now: float,
    *,
    knocking: bool = False,
) -> Crowd | None:
    """What a crowd loses of these; of flows, too, where any is ``knocking``. ``let_through``: when
    the flows began that got through."""
    begun = sorted(told, key=lambda s: s.at)
    lookups = [s for s in begun if s.lookup]
    flows = [s for s in begun if not s.lookup]
    asked = _resolver_overrun(lookups)
    opening = _kept_out(flows, OPENED_P) or _new_ones_lost(conversations, flows)
    if not asked and not opening:
        return None
    both = opening or knocking or _any_lost(flows)
    counted = begun if both else lookups
    if _loses_all(counted, conversations):
        return None
    answered = [s.at for s in lookups if s.heard]
    return Crowd(flows=both, pace=_pace(counted, [*answered, *(let_through if both else ())], now))


def _pace(counted: Sequence[Start], heard: Iterable[float], now: float) -> float:
    """Seconds between starts, as fast as it got through until the last one did that was lost;
    ``heard`` are the moments at which those began that were."""
    until = _lost_until(counted, now)
    got_through = sum(at <= until for at in heard)
    return min(SLOWEST_PACE, (until - counted[0].at) / max(1, got_through))


def _resolver_overrun(lookups: Sequence[Start]) -> bool:
    """The last questions were lost. Who answers for some service's names alone, where no neutral
    one is answered, is no resolver."""
    return any(s.neutral and s.heard for s in lookups) and _kept_out(lookups, ASKED_P)


def _lost_until(counted: Sequence[Start], now: float) -> float:
    """When the last one that was lost got through after all: from then on the pace fits. Now, if
    some are still waited for. What is cut off says nothing about it, for it never gets through."""
    waiting = (s for s in counted if s.neutral and not s.heard and not s.repeated)
    if any(REPEATED <= s.took < inf for s in waiting):
        return now
    late = (s.at + s.took for s in counted if s.heard and (s.repeated or s.took >= REPEATED))
    return max(late, default=now)


def _got_through(t: Conversation) -> bool:
    return t.connected or (t.tcp is None and t.genuine)


def _begun_at(t: Conversation) -> float:
    first = t.tcp or t.protocol
    return 0.0 if first is None else first.window.start


def undecided(
    questions: Sequence[Start],
    conversations: Sequence[Conversation],
    running: Mapping[str, Running],
    opened: Collection[str],
    now: float,
) -> float | None:
    """Until when it is not known whether our crowd is lost: so many neutral ones wait, for longer
    than most waited who were answered, and nothing is sent again yet. None where it is known."""
    begun = [s for s in _under_way(running, opened, now) if s.neutral and not s.heard]
    if len(begun) < LOST_STARTS:
        return None  # as on most lines, nearly always
    told = (*questions, *_dialled(conversations))
    prompt = sorted(s.took for s in told if s.heard and s.took < REPEATED)
    if len(prompt) < LOST_STARTS:
        return None
    least = max(REPEATED, APART * prompt[-1])
    usual = prompt[int(0.9 * len(prompt))]
    waiting = [s for s in begun if usual < s.took < least]
    return None if len(waiting) < LOST_STARTS else max(s.at for s in waiting) + least


def _too_few_lost(told: Collection[Start]) -> bool:
    """To speak of a crowd, whatever else is known."""
    lost = sum(s.neutral and s.took >= REPEATED for s in told)
    return max(lost, sum(s.repeated for s in told)) < LOST_STARTS


def _loses_all(counted: Sequence[Start], conversations: Iterable[Conversation]) -> bool:
    """The line loses what stands as well, if not as often."""
    missed = sum(s.repeated or s.took >= REPEATED for s in counted) / len(counted)
    lost, sent = standing(conversations)
    return lost * LOSSIER > missed * sent


def _alive(conversations: Iterable[Conversation]) -> list[float]:
    """Moments at which something was heard on connections that stood, sorted."""
    layers = ((t.tls, t.http, t.protocol) for t in conversations)
    return sorted(o.window.end for t in layers for o in t if o is not None and o.failure is None)


def _usual(starts: Iterable[Start]) -> float:
    """Seconds within which nine in ten connections stood: those of the way, and those by which this
    device is late to look."""
    prompt = sorted(s.took for s in starts if s.heard and not s.lookup and s.took < REPEATED)
    return prompt[int(0.9 * len(prompt))] if prompt else 0.0


def _beside_life(start: Start, alive: Sequence[float], usual: float) -> bool:
    """It was answered at once, or the line carried what stood before and after it was sent: a line
    that dies for a while loses everything, and what it had carried before is heard a little later.
    """
    if start.heard and start.took < REPEATED:
        return True
    before, after = bisect_right(alive, start.at), bisect_right(alive, start.at + 2 * usual)
    lived = not before or alive[before - 1] >= start.at - REPEATED - usual
    return lived and after < len(alive) and alive[after] <= start.at + REPEATED


def asked(measurements: Iterable[Measurement]) -> Iterable[Start]:
    """Questions to the connection's own resolver that have ended."""
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
    return (s for t in conversations if (s := t.start) is not None)


def crowded_out(conversation: Conversation) -> bool:
    """Nothing that opens a flow was answered: on a crowded line that says nothing."""
    return conversation.symptom in ("tcp.timeout", "udp.timeout")


def let_in(conversations: Iterable[Conversation], since: float, until: float) -> bool:
    """Others that began in between, a repeat of the first packet later at least, were let in at
    once, and no neutral one was lost: who still knocks then is not kept out by our crowd."""
    between = [s for s in _dialled(conversations) if since + REPEATED <= s.at < until]
    lost = any(s.neutral and (s.repeated or not s.heard) for s in between)
    return not lost and sum(s.heard and not s.repeated for s in between) >= 2 * LOST_STARTS


def heard_beside(conversations: Iterable[Conversation], since: float, until: float) -> bool:
    """Others that began with it or since, by datagrams as well, were answered at once, and no
    neutral one was lost: who sends one datagram after another meanwhile, and is told nothing, is
    not kept out by our crowd."""
    every = [*conversations]
    beside = [
        s for s in (*_dialled(every), *_by_datagrams(every)) if since - REPEATED <= s.at < until
    ]
    let = [s.at for s in beside if s.heard and not s.repeated]
    lost = any(s.neutral and (s.repeated or not s.heard) for s in beside)
    return not lost and len(let) >= LOST_STARTS and max(let) > since


def _by_datagrams(conversations: Iterable[Conversation]) -> Iterable[Start]:
    """First datagrams; what is heard of one only after as long as a repeat takes was lost once."""
    for t in conversations:
        if t.tcp is None and t.protocol is not None:
            took = t.protocol.first_byte
            yield Start(
                at=t.protocol.window.start,
                lookup=False,
                neutral=t.task.role is Role.CONTROL,
                heard=took is not None,
                took=inf if took is None else took,
                repeated=took is not None and took >= REPEATED,
            )


def _under_way(
    running: Mapping[str, Running], opened: Collection[str], now: float
) -> Iterable[Start]:
    """What waits for its first answer, and what waited long for it and goes on since."""
    for task_id, one in running.items():
        probe, neutral = one.task.probe, one.task.role is Role.CONTROL
        asks = isinstance(probe, Lookup) and probe.resolver.kind is ResolverKind.SYSTEM
        dials = isinstance(probe, Flow) and usual_start(probe) and one.task.check == "https"
        if asks or (dials and (one.knocked or task_id not in opened)):
            yield Start(
                at=one.since,
                lookup=asks,
                neutral=neutral,
                heard=one.knocked > 0.0,
                took=one.knocked or now - one.since,
                repeated=one.knocked > 0.0,
            )


def _split(starts: Sequence[Start]) -> tuple[list[Start], list[Start]]:
    """What was answered before anybody repeats anything, and the neutral ones that were not:
    whoever drops what targets are asked for drops none of these. Nothing where answers of both
    kinds run into each other: then they are late, and no packets lost. What is still waited for
    counts once it has been waited for that long."""
    good = [s for s in starts if s.heard and s.took < REPEATED]
    least = max(REPEATED, APART * max((s.took for s in good), default=0.0))
    neutral = [s for s in starts if s.neutral and s.took >= REPEATED]
    if any(s.heard and s.took < least for s in neutral):
        return [], []
    return good, [s for s in neutral if s.took >= least]


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


def _kept_out(starts: Sequence[Start], chance: float) -> bool:
    """What came last was lost, and from some moment on far more was than before it, as long as
    nobody could know and began fewer: of what chance takes in a whole run, some comes later than
    what began at first, too."""
    if not _last_lost(starts):
        return False
    good, lost = _split(starts)
    told = sorted([*((s.at, False) for s in good), *((s.at, True) for s in lost)])
    return any(_more_after(told, n) < chance for n, (_, gone) in enumerate(told) if gone)


def _more_after(told: Sequence[tuple[float, bool]], number: int) -> float:
    """Fisher's p of as many lost ones after that one as in the next moments; 1 for a few."""
    until = told[number][0] + REPEATED
    before = [gone for _, gone in told[: number + 1]]
    after = [gone for at, gone in told[number + 1 :] if at <= until]
    few = sum(after) + 1 < LOST_STARTS
    return 1.0 if few else fisher_greater(sum(after), len(after), sum(before), len(before))


def _new_ones_lost(conversations: Iterable[Conversation], flows: Sequence[Start]) -> bool:
    """First packets had to be sent again, and were answered then, more often than what was said on
    connections that stood: whoever cuts somebody off does not let him through after that."""
    opened = [s for s in flows if s.heard]
    prompt = sorted(s.took for s in opened if not s.repeated)
    usual = prompt[int(0.9 * len(prompt))] if prompt else 0.0
    # What was answered later than so would have been sent again though nothing was lost.
    repeated = sum(s.repeated and s.took >= APART * usual for s in opened)
    lost, sent = standing(conversations)
    if repeated < LOST_STARTS or not sent:
        return False
    # A first packet can be lost both ways, of the others we know what was lost on the way up.
    return fisher_greater(repeated, 2 * len(opened), lost, sent) < NEW_FLOWS_P
