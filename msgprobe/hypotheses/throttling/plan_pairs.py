"""Comparisons: where an asset was slow, blocks in which only the name in the ClientHello changes,
at the service's own address and at neutral servers, until the sequential test has decided.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.cuts import TWICE, Cuts
from msgprobe.evidence.paired_transfers import PairedTransfers, paired_transfers
from msgprobe.evidence.statistics import MOST_PAIRS, Decision
from msgprobe.evidence.transfer_pairs import LONG_WAY, MOST_ABREAST, SAME_SERVER
from msgprobe.hypotheses.throttling.plan_survey import all_seen, survey_over
from msgprobe.hypotheses.throttling.rules import accuses
from msgprobe.hypotheses.throttling.tasks import (
    AHEAD,
    SMALL_SEGMENTS,
    as_begun,
    contest_bytes,
    dialled_address,
    drawn_sources,
    looks_slow,
    own_flow,
    place,
    side_by_side,
    source_flow,
    takes_long,
)
from msgprobe.model.control import Source
from msgprobe.model.target import MOST_HEADS, Asset, Direction, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import neutral_name
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import (
    FAR_PAIRS_UNTIL,
    FAR_PROMISING_UNTIL,
    FAST_PATIENCE,
    LEAST_TRANSFER_PATIENCE,
    PAIRED_AT_ONCE,
    PAIRS_UNTIL,
    PROMISING_UNTIL,
    TRANSFER_PATIENCE,
)

_own = partial(Purpose, check="transfer", role=Role.TARGET)
_FAST = "is a neutral server fast under its own name?"
_THERE = Purpose(Arm.TRANSFER_SOURCE, "transfer", _FAST)


def plan_pairs(
    context: PlanningContext, pairs: list[tuple[Service, Asset]]
) -> tuple[list[Task], frozenset[str]]:
    """Blocks of the comparisons that are due: one after another within a service, two at a time,
    or one where the line carries no more. Also the services of those that still go on."""
    tasks: list[Task] = []
    pending: set[str] = set()
    for found in _in_order(context, pairs):
        for paired in found:
            wanted, going_on = _blocks(context, paired)
            tasks += wanted
            if going_on:
                pending.add(paired.service.name)
                break
            if accuses(paired):
                break  # shown once is enough: the others are judged by their first look
        if len(pending) >= _at_once(context):
            break
    return tasks, frozenset(pending)


def _at_once(context: PlanningContext) -> int:
    """Comparisons at the same time: on a long way that one transfer fills, the time would be over
    before either of two had shown anything."""
    narrow = side_by_side(context, Direction.DOWN) == 1
    return 1 if takes_long(context) and narrow else PAIRED_AT_ONCE


def _in_order(
    context: PlanningContext, pairs: list[tuple[Service, Asset]]
) -> list[list[PairedTransfers]]:
    """Those that are called for, service by service. What has begun goes on, for half of two shows
    less than one of them; then those of downloads, which show the most."""

    def rank(one: PairedTransfers) -> tuple[bool, bool]:
        return not _begun(context, one), one.asset.direction is Direction.UP

    found = [_suspicious(context, service, assets) for service, assets in _by_service(pairs)]
    return sorted((sorted(one, key=rank) for one in found if one), key=lambda one: rank(one[0]))


def _begun(context: PlanningContext, paired: PairedTransfers) -> bool:
    """Its first block is under way, or done."""
    return context.started(f"t.{paired.service.name}.{paired.asset.name}.1.own") is not None


def _by_service(pairs: list[tuple[Service, Asset]]) -> list[tuple[Service, list[Asset]]]:
    services = {s.name: s for s, _ in pairs}
    return [(s, [a for o, a in pairs if o.name == name]) for name, s in services.items()]


def _unseen(context: PlanningContext, found: Sequence[PairedTransfers]) -> bool:
    """One of them has no transfer yet, and the first look still goes on; on a long way, where there
    is no time for all, some service has none yet."""
    if survey_over(context):
        return False
    if not takes_long(context):
        return any(not c.own for c in found)
    return not all_seen(context, Direction.DOWN)


def _suspicious(
    context: PlanningContext, service: Service, assets: list[Asset]
) -> list[PairedTransfers]:
    """Comparisons that are called for or have begun, those of downloads first: an upload's waits
    until it is known whether there is one of a download, which shows more for its bytes."""
    every = paired_transfers(context.facts, service, assets)
    found = [c for c in every if _begun(context, c) or looks_slow(context.facts, service, c.asset)]
    down = [c for c in found if c.asset.direction is Direction.DOWN]
    if _unseen(context, [c for c in every if c.asset.direction is Direction.DOWN]):
        return down
    return [*down, *(c for c in found if c.asset.direction is Direction.UP)]


def plan_later(context: PlanningContext, pairs: list[tuple[Service, Asset]]) -> list[Task]:
    """``--throttle``: what was suspicious, in two more blocks after the wait. Is it still so?"""
    found = [c for s, assets in _by_service(pairs) for c in _suspicious(context, s, assets)]
    tasks: list[Task] = []
    for paired in found:
        last = max(s.start for s in paired.own if s.number <= MOST_PAIRS)
        if not context.due(last, context.request.throttle_wait):
            continue
        patience = _patience(paired)
        for number in (MOST_PAIRS + 1, MOST_PAIRS + 2):
            block = _block(context, paired, number, patience)
            tasks += block
            if _going_on(context, block):
                return tasks
    return tasks


def _blocks(context: PlanningContext, paired: PairedTransfers) -> tuple[list[Task], bool]:
    """The blocks of a comparison so far, and whether it still goes on."""
    tasks: list[Task] = []
    patience = _patience(paired)
    for number in range(1, MOST_PAIRS + 1):
        block = _block(context, paired, number, patience)
        if not any(context.started(t.id) is not None for t in block):
            last = _last(context, paired, number, patience)
            if last is not None:
                return [*tasks, *last], _going_on(context, last)
        if number == TWICE and Cuts(paired).here:
            block += _small(context, paired)  # beside it: what is cut occupies no line
        tasks += block
        if _going_on(context, block):
            return tasks, True
    return tasks, False


def _last(
    context: PlanningContext, paired: PairedTransfers, number: int, patience: float
) -> list[Task] | None:
    """What ends a comparison before this block, if anything: a closer look, or nothing more."""
    if Cuts(paired).here:  # whether the name ends it, two blocks tell
        if number > TWICE:
            return _small(context, paired)
        return [] if _too_late(context, paired) else None
    decided = _decided(paired, number)
    if decided and paired.here is Decision.NORMAL:
        return _sibling(context, paired, patience) if paired.wide is Decision.SLOW else []
    return [] if decided or _too_late(context, paired) else None


def _going_on(context: PlanningContext, tasks: list[Task]) -> bool:
    return any(context.ended(t.id) is None for t in tasks)


def _block(
    context: PlanningContext, paired: PairedTransfers, number: int, patience: float
) -> list[Task]:
    """Both lanes of a block, as far as they have come; of what is cut, where bytes are counted and
    no seconds, and where the lines of a long way carry as much, all at once."""
    lanes = (_here(context, paired, number, patience), _there(context, paired, number, patience))
    at_once = side_by_side(context, paired.asset.direction) == MOST_ABREAST
    if at_once or Cuts(paired).here:
        return [task for lane in lanes for task in lane]
    return [task for lane in lanes for task in _lane(context, lane)]


def _too_late(context: PlanningContext, paired: PairedTransfers) -> bool:
    if context.request.throttle:
        return context.past(context.request.max_time / 2)
    pairs = (*paired.here_pairs, *paired.there_pairs)
    slow = sum(p.beyond > SAME_SERVER for p in pairs)
    # What is cut at both ends of a pair makes none, and a second cut decides as much as a fourth.
    cut = any(s.ending is not None and s.amid_content for s in paired.own)
    promising = cut or (len(pairs) >= 2 and 2 * slow > len(pairs))
    if takes_long(context):
        return context.past(FAR_PROMISING_UNTIL if promising else FAR_PAIRS_UNTIL)
    return context.past(PROMISING_UNTIL if promising else PAIRS_UNTIL)


def _decided(paired: PairedTransfers, number: int) -> bool:
    """No further block could change the word."""
    if number == 1:
        return False
    if paired.silent:
        return True  # whatever becomes of more of them, nothing moves: no speed to compare
    if paired.named is Decision.SLOW and len(paired.kinds) >= 2:
        return True
    here = paired.here if not paired.here_fails else Decision.NORMAL
    there = paired.elsewhere if not paired.there_fails else Decision.NORMAL
    if Decision.OPEN in (here, there):
        return False
    if Decision.SLOW in (here, there):
        return len(paired.kinds) >= 2 or number > 5
    return paired.wide is not Decision.OPEN or number > 6


def _patience(paired: PairedTransfers) -> float:
    """Long enough to call a transfer slow beyond doubt, the way to its server allowed for, and no
    longer."""
    times = sorted(s.elapsed for s in paired.fair if s.conversation.task.arm is Arm.TRANSFER_SOURCE)
    typical = times[len(times) // 2] if times else 1.0
    way = min((s.min_rtt or 0.0 for s in paired.own), default=0.0)
    longer = 6 * way if way >= LONG_WAY else 0.0
    return min(TRANSFER_PATIENCE, max(FAST_PATIENCE, 6 * typical) + longer)


def _lane(context: PlanningContext, tasks: list[Task]) -> list[Task]:
    """Tasks one after the other."""
    wanted: list[Task] = []
    for task in tasks:
        wanted.append(task)
        if context.ended(task.id) is None:
            break
    return wanted


def _turned(
    context: PlanningContext, paired: PairedTransfers, number: int, lane: str, tasks: list[Task]
) -> list[Task]:
    """In random order, the same whenever it is asked for."""
    Random(f"{context.request.seed}/{paired.asset.name}/{lane}/{number}").shuffle(tasks)
    return tasks


def _here(
    context: PlanningContext, paired: PairedTransfers, number: int, patience: float
) -> list[Task]:
    """Own name and a neutral one, same address, same object; on a long way, where the line may be
    thin, in the other order than beside it: two that nobody slows down would share it."""
    service, asset = paired.service, paired.asset
    address = place(context, paired)
    if address is None:
        return []
    flow = own_flow(
        context, service, asset, address, contest_bytes(context, asset.direction), patience
    )
    stem = f"t.{service.name}.{asset.name}.{number}"
    slowed = _own(Arm.TRANSFER, reason=f"is {service.title} slowed down, and by its name?")
    timeout = context.timeout() + patience
    own = slowed.task(f"{stem}.own", service.name, flow, timeout, attempt=number)
    neutral = replace(
        own,
        id=f"{stem}.neutral",
        arm=Arm.TRANSFER_NEUTRAL_SNI,
        probe=replace(flow, server_name=neutral_name(context), trust=None),
        changes="server name: a neutral one",
    )
    both = [own] if paired.here_fails else [own, neutral]
    if not takes_long(context):
        return as_begun(context, _turned(context, paired, number, "here", both))
    if number <= len(_choices(context, asset)):
        return as_begun(context, both)
    return as_begun(context, _turned(context, paired, number, "there", both)[::-1])


def _sibling(context: PlanningContext, paired: PairedTransfers, patience: float) -> list[Task]:
    """The asset at another address of its name: is it this address alone?"""
    main = place(context, paired)
    found = context.dialable(context.facts.name(paired.asset.host).system_addresses, four=3, six=1)
    others = [a for a in found if main is None or ips.network(a) != ips.network(main)]
    return _twice(
        context,
        paired,
        patience,
        arm=Arm.TRANSFER_SIBLING,
        address=others[0] if others else None,
        changes="address: another one of the same name",
        reason="is it slow at this address alone?",
    )


def _small(context: PlanningContext, paired: PairedTransfers) -> list[Task]:
    """D11: the asset that is cut, twice in small segments and once behind something else on the
    same connection, with all patience and at once: what is cut occupies no line."""
    address = place(context, paired)
    small = _twice(
        context,
        paired,
        TRANSFER_PATIENCE,
        arm=Arm.TRANSFER_SMALL,
        address=address,
        mss=SMALL_SEGMENTS,
        changes=f"segments of {SMALL_SEGMENTS} bytes at most",
        reason="does it stop after so many bytes, or after so many packets?",
    )
    round_trip = min((s.min_rtt or 0.0 for s in paired.own), default=0.0)
    if not small or round_trip * MOST_HEADS > LEAST_TRANSFER_PATIENCE:
        return small
    first = small[0]
    assert isinstance(first.probe, Flow)
    options = (*first.probe.options, ("lead", str(AHEAD)))
    behind = replace(
        first,
        id=f"{first.id}.behind",
        attempt=len(small) + 1,
        probe=replace(first.probe, mss=0, options=options),
        changes="something else first on the same connection",
        reason="is the connection cut after so many bytes, or the answer?",
    )
    return as_begun(context, [*small, behind])


def _twice(
    context: PlanningContext,
    paired: PairedTransfers,
    patience: float,
    *,
    arm: Arm,
    address: str | None,
    changes: str,
    reason: str,
    mss: int = 0,
) -> list[Task]:
    """The asset moved twice with one thing changed, one after the other unless in small segments;
    nowhere, no tasks."""
    service, asset = paired.service, paired.asset
    if address is None:
        return []
    flow = own_flow(
        context, service, asset, address, contest_bytes(context, asset.direction), patience
    )
    word = arm.value.removeprefix("t.")
    flow = replace(flow, mss=mss)
    stem, timeout = f"t.{service.name}.{asset.name}.{word}", context.timeout() + patience
    changed = _own(arm, reason=reason, changes=changes)
    twice = [changed.task(f"{stem}.{n}", service.name, flow, timeout, attempt=n) for n in (1, 2)]
    return twice if mss else _lane(context, twice)


def _choices(context: PlanningContext, asset: Asset) -> list[tuple[Source, str]]:
    """Neutral servers that answer whatever the name, each with the address to dial."""
    return [
        (s, a)
        for s in drawn_sources(context, asset.direction)
        if s.any_name and (a := dialled_address(context, s.host, s.addresses))
    ]


def _there(
    context: PlanningContext, paired: PairedTransfers, number: int, patience: float
) -> list[Task]:
    """A neutral server's object under its own name and under the service's."""
    service, asset = paired.service, paired.asset
    choices = _choices(context, asset)
    if not choices or paired.there_fails:
        return []
    source, address = choices[(number - 1) % len(choices)]
    stem = f"t.{service.name}.{asset.name}.{number}"
    flow = source_flow(
        context,
        source,
        address,
        asset.direction,
        contest_bytes(context, asset.direction),
        patience,
        asset=asset.name,
        service=service.name,
    )
    timeout = context.timeout() + patience
    task_id = f"{stem}.there.{source.name}"
    own = _THERE.task(task_id, source.name, flow, timeout, attempt=number)
    named = replace(
        own,
        id=f"{stem}.named.{source.name}",
        role=Role.TARGET,
        arm=Arm.TRANSFER_TARGET_SNI,
        subject=service.name,
        probe=replace(flow, server_name=asset.host),
        changes=f"server name: {asset.host}",
        reason="does the slowness follow the name to a neutral server?",
    )
    both = [own, named]
    if number > len(choices):  # the first visit asks for the neutral name first
        both = _turned(context, paired, number, "there", both)
    return as_begun(context, both)
