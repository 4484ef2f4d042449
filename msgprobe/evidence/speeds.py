"""An asset's speed in numbers and words, and how its slow transfers look."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import exp

from msgprobe.evidence.cuts import Cuts
from msgprobe.evidence.kinds import Kind
from msgprobe.evidence.losses import disturbed, lost_share
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.rate import rate_kbit
from msgprobe.evidence.statistics import Decision, median
from msgprobe.evidence.transfer_pairs import SAME_SERVER, Pair, compare, prompt
from msgprobe.evidence.transfer_samples import FEWEST, Sample
from msgprobe.model.message import Said, message
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Outcome, Speed

BURST = FEWEST
"""Bytes that a limiter lets pass at first (techniques: token buckets of 16 KB and the like)."""

FLOOR_MARGIN = 3.0
"""How many times a neutral one's time a transfer must take for the floor to call it visible."""

ENOUGH = 2
"""Neutral transfers that one is put beside."""

INFLATED = 2.5
"""Smoothed round trip over the smallest one, from which on somebody holds packets back."""

HELLOS_KBIT = 64.0
"""Bits of a handshake, in thousands, at most."""

MOST, MORE = 0.6, 0.3
"""Share of the slow transfers that lost something, and by how much it exceeds the neutral ones'."""

SLOW_HANDSHAKE = 3.0
"""How many times longer than a neutral one a handshake takes that is held up itself."""


def speed(paired: PairedTransfers) -> Speed | None:
    """What the terminal and the document say about an asset; None without anything comparable."""
    own = [s for s in paired.own if s.usable and s.begun]
    fair, wide = _neutral(paired, own)
    if not own or not fair:
        return None
    size = min(s.moved for s in fair)
    took = [t for s in fair if (t := s.seconds(size)) is not None]
    pairs = (*paired.here_pairs, *paired.there_pairs, *wide)
    if paired.asset.pool is None:
        target, control = _plateaus(paired, own, fair)
    elif pairs:
        target, control = _whole(pairs)
    else:
        return None
    return Speed(
        asset=paired.asset.name,
        direction=paired.asset.direction,
        target_kbit=round(target, 1),
        control_kbit=round(control, 1),
        floor_kbit=round(8 * max(0, size - BURST) / (FLOOR_MARGIN * median(took)) / 1000, 1),
        moved=max(s.moved for s in own),
        pairs=len(pairs),
        slow=sum(p.beyond > SAME_SERVER for p in pairs),
        ratio=_times([p.raw for p in wide]),
        ratio_corrected=_times([p.corrected for p in wide]),
    )


def unfinished(paired: PairedTransfers) -> bool:
    """The comparison that the first transfers called for came to no end: it was begun too late, or
    never. What it would have shown, nobody knows."""
    here = Decision.NORMAL if paired.here_fails else paired.here
    there = Decision.NORMAL if paired.there_fails else paired.elsewhere
    if Decision.SLOW in (here, there, paired.named, paired.wide):
        return False
    return Decision.OPEN in (here, there, paired.wide) and paired.suspicious


def _neutral(
    paired: PairedTransfers, own: Sequence[Sample]
) -> tuple[list[Sample], tuple[Pair, ...]]:
    """The neutral transfers that the numbers come from, and own ones beside them."""
    early = of_its_time(paired)
    fair = [s for s in early or paired.fair if s.moved >= FEWEST]
    return fair, _beside(own, early) if early else paired.wide_pairs


def of_its_time(paired: PairedTransfers) -> tuple[Sample, ...]:
    """The neutral transfers that had ended when the last of its own did, where all of those were
    prompt: what comes later changes neither word nor numbers. None where these are too few."""
    if not paired.own or not all(map(prompt, paired.own)):
        return ()

    def end(sample: Sample) -> float:
        return paired.facts.window(sample.conversation).end

    last = max(map(end, paired.own))
    told = (s for s in paired.sources if s.finished and s.moved >= FEWEST)
    found = tuple(s for s in told if end(s) <= last)
    return found if len(found) >= ENOUGH else ()


def _beside(own: Sequence[Sample], neutral: Sequence[Sample]) -> tuple[Pair, ...]:
    """Each beside the slower of the two neutral ones that are nearest in time."""
    found = []
    for mine in own:
        near = sorted(neutral, key=lambda s: abs(s.start - mine.start))[:ENOUGH]
        pairs = [p for s in near if (p := compare(mine, s)) is not None]
        found += [min(pairs, key=lambda p: p.corrected)] if pairs else []
    return tuple(found)


def _plateaus(
    paired: PairedTransfers, own: list[Sample], fair: list[Sample]
) -> tuple[float, float]:
    """The medians of its own rates, of the slow ones where some are, and of neutral ones."""
    most = max(s.moved for s in fair)
    like = fair if paired.slow else [s for s in fair if s.moved >= most / 2]
    return median(map(_rate, paired.slow or own)), median(map(_rate, like))


def _rate(sample: Sample) -> float:
    seen = sample.conversation.transfer
    return (rate_kbit(seen) if seen is not None else None) or sample.kbit


def _whole(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Those of volleys. Small, and both ways at once: only its whole time compares, with that of a
    neutral transfer of as many bytes and the way up that the questions take."""
    target = median(p.target.whole_kbit for p in pairs)
    return target, target * exp(median(p.raw for p in pairs))


def _times(scores: Sequence[float]) -> float:
    return round(exp(median(scores)), 2) if scores else 0.0


def unsaid(verdict: FunctionVerdict, found: Sequence[PairedTransfers]) -> FunctionVerdict:
    """Works, and its speed is not known: said in ``why``, for silence would pass for an acquittal.

    Only in a run that compares transfers, or reads the pages that name what is to be moved and has
    no time left then; others were not asked to.
    """
    mine = [c for c in found if c.asset.function is verdict.function and c.asset.pool is None]
    if verdict.outcome is not Outcome.OK or not found or not found[0].facts.arm(*_MEANT):
        return verdict
    told = sorted((_UNSAID.index(why), c.asset.name, why) for c in mine for why in _reasons(c))
    added = tuple(message(f"speed.unsaid.{why}", asset=name) for _, name, why in told)
    return replace(verdict, why=(*verdict.why, *added))


_MEANT = (Arm.TRANSFER, Arm.TRANSFER_PAGE)
"""What a run does that compares transfers, or meant to."""

_UNSAID = ("unmeasured", "once", "nothing", "broken_off")
"""Reasons why a speed is not known, in the order in which they are told."""


def _reasons(paired: PairedTransfers) -> Iterator[str]:
    """Those that hold."""
    cut = bool(Cuts(paired).here)
    if not paired.own:
        yield "unmeasured"
    if _unsure(paired):
        yield "once"
    if paired.silent and not cut:
        yield "nothing"
    if cut and Cuts(paired).refused:
        yield "broken_off"


def _unsure(paired: PairedTransfers) -> bool:
    """Slow at first sight, and nothing has decided since whether that means anything."""
    open_ = paired.wide is Decision.OPEN and paired.here is not Decision.NORMAL
    return bool(paired.own) and paired.suspicious and open_ and not Cuts(paired).here


def said(rule_id: str, paired: PairedTransfers) -> Said:
    """What that rule says, with the numbers: ``control_kbit`` is what the same server moved under a
    neutral name (``place``: here), or what other servers moved (elsewhere); unmeasured where too
    little came to tell a rate, which is when losses alone speak."""
    seen = speed(paired)
    lossy = [paired] if paired.lossy else [p for p in paired.peers if p.lossy] or [paired]
    lost = lost_share(s.info for c in lossy for s in c.own)
    target, control = _rates(paired, seen)
    if Kind.HERE in paired.kinds and paired.here_pairs:
        target = seen.target_kbit if seen else 0.0
        control = median(_rate(p.control) for p in paired.here_pairs)
        place = "here"
    else:
        place = "elsewhere" if seen else "unmeasured"
    first = message(
        rule_id,
        target_kbit=target,
        control_kbit=control,
        place=place,
        lost_percent=round(100 * lost),
        moved_kb=round(Cuts(paired).at_most / 1000),
    )
    return (first, *_sibling(paired)) if rule_id in _WITH_SIBLING else (first,)


def _rates(paired: PairedTransfers, seen: Speed | None) -> tuple[float, float]:
    """Its own and neutral ones'; of what was held up and then came no slower than others did, those
    of the whole time. Nothing where none are known."""
    if seen is None:
        return 0.0, 0.0
    held_up = seen.target_kbit >= seen.control_kbit and paired.wide_pairs
    return _whole(paired.wide_pairs) if held_up else (seen.target_kbit, seen.control_kbit)


_WITH_SIBLING = ("throttle.address", "speed.slow")
"""What is slow by its address: another address of the name may be fast."""


def _sibling(paired: PairedTransfers) -> Said:
    """Another address of the name, where one was faster."""
    rates = [s.plateau_kbit for s in paired.siblings if s.finished]
    if not rates or not any(_faster(s, paired) for s in paired.siblings):
        return ()
    six = ":" in paired.siblings[0].conversation.address
    return (message(f"speed.faster.{'ipv6' if six else 'address'}", target_kbit=median(rates)),)


def _faster(sibling: Sample, paired: PairedTransfers) -> bool:
    pairs = (compare(own, sibling) for own in paired.own)
    return any(p is not None and p.corrected > SAME_SERVER for p in pairs)


def mechanism(paired: PairedTransfers, path: str) -> str:
    """The path refined by how the slow transfers look: which node the evidence supports.

    Round trips that grow once the name was said, without a rate of their own, are delay. A plateau
    with losses is policing (what exceeds a rate is dropped), one without is shaping (it waits).
    Losses without a plateau are loss, and so it is where the name decides what is lost and nothing
    else. A handshake held up alone is delay as well, and one that is held up longer than the rate
    explains tells that it is no rate: windows grow at each round trip.
    """
    slow, fair = paired.slow, paired.fair
    by_losses = paired.loses_by_name and not paired.slow_by_name
    if (paired.lossy and not paired.plateau) or by_losses:
        return f"{path}.loss"
    grows = not paired.plateau or _handshake_held_up(slow, fair)
    if grows and _inflation(slow) >= INFLATED > _inflation(fair):
        return f"{path}.delay"
    bad, good = _disturbed(slow), _disturbed(fair)
    lossy = paired.lossy or (bad >= MOST and bad >= good + MORE)
    if paired.plateau:
        return f"{path}.policing" if lossy else f"{path}.shaping"
    if lossy:
        return f"{path}.loss"
    usual = _handshake_s(fair)
    return f"{path}.delay" if usual and _handshake_s(slow) > SLOW_HANDSHAKE * usual else path


def _handshake_held_up(slow: Sequence[Sample], fair: Sequence[Sample]) -> bool:
    """For longer than their rate explains."""
    usual, rate = _handshake_s(fair), median([s.plateau_kbit for s in slow] or [0.0])
    return bool(usual) and (_handshake_s(slow) - usual) * rate > HELLOS_KBIT


def _handshake_s(samples: Sequence[Sample]) -> float:
    """Seconds that a handshake typically took; 0 if unknown."""
    return median([s.handshake for s in samples] or [0.0])


def _inflation(samples: Sequence[Sample]) -> float:
    """How many times its smallest round trip the smoothed one is, typically; 0 if unknown."""
    known = [s.info for s in samples if s.info is not None and s.info.min_rtt]
    return median(i.rtt / i.min_rtt for i in known) if known else 0.0


def _disturbed(samples: Sequence[Sample]) -> float:
    """The share of transfers in which something was lost."""
    return sum(disturbed(s.info) for s in samples) / len(samples) if samples else 0.0
