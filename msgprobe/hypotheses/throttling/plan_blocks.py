"""What one comparison moves: a block of its pairs, and the closer looks that end it."""

from dataclasses import replace
from functools import partial
from random import Random

from msgprobe.evidence.cuts import Cuts
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.transfer_pairs import LONG_WAY, MOST_ABREAST
from msgprobe.hypotheses.throttling.tasks import (
    AHEAD,
    SMALL_SEGMENTS,
    as_begun,
    dialled_address,
    drawn_sources,
    other_networks,
    own_flow,
    place,
    source_flow,
)
from msgprobe.model.control import Source
from msgprobe.model.target import MOST_HEADS, Asset
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import neutral_name
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import (
    FAST_PATIENCE,
    LEAST_TRANSFER_PATIENCE,
    TRANSFER_PATIENCE,
)
from msgprobe.planning.transfer_room import (
    alone,
    contest_bytes,
    filled_by_one,
    known_to_be_quick,
    side_by_side,
    takes_long,
)

_own = partial(Purpose, check="transfer", role=Role.TARGET)
_FAST = "is a neutral server fast under its own name?"
_THERE = Purpose(Arm.TRANSFER_SOURCE, "transfer", _FAST)


def block_of(
    context: PlanningContext, paired: PairedTransfers, number: int, patience: float
) -> list[Task]:
    """Both lanes of a block, as far as they have come; all at once where it is cut and occupies no
    line, and where the lines of a long way carry as much; one by one where one transfer fills the
    line."""
    lanes = (_here(context, paired, number, patience), _there(context, paired, number, patience))
    whole = [task for lane in lanes for task in lane]
    at_once = side_by_side(context, paired.asset.direction) == MOST_ABREAST
    if at_once or Cuts(paired).here or cut_each_time(context, paired):
        return whole
    if alone(context):
        return _lane(context, whole)
    return [task for lane in lanes for task in _lane(context, lane)]


def cut_each_time(context: PlanningContext, paired: PairedTransfers) -> bool:
    """Its own transfers so far were all broken off amid their content, be it at several bytes, as
    where packets are counted, on a line that is quick: further ones leave room for others."""
    broken_off = (s.ending is not None and s.amid_content for s in paired.own)
    return bool(paired.own) and known_to_be_quick(context) and all(broken_off)


def dead_each_time(context: PlanningContext, paired: PairedTransfers) -> bool:
    """Nothing came of any of its own transfers so far, on a line that carries several: what is
    beside them is not slowed down by them, nor does it slow down what never comes."""
    return paired.silent and not (alone(context) or filled_by_one(context))


def patience_of(paired: PairedTransfers) -> float:
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


def sibling_of(context: PlanningContext, paired: PairedTransfers, patience: float) -> list[Task]:
    """The asset at another address of its name: is it this address alone?"""
    others = other_networks(context, paired.asset.host, place(context, paired))
    return _twice(
        context,
        paired,
        patience,
        arm=Arm.TRANSFER_SIBLING,
        address=others[0] if others else None,
        changes="address: another one of the same name",
        reason="is it slow at this address alone?",
    )


def in_small_segments(context: PlanningContext, paired: PairedTransfers) -> list[Task]:
    """D11: the asset that is cut, twice in small segments and once behind something else on the
    same connection, with more patience and at once: what is cut occupies no line."""
    address = place(context, paired)
    small = _twice(
        context,
        paired,
        _more_patience(context, paired),
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


def _more_patience(context: PlanningContext, paired: PairedTransfers) -> float:
    """Seconds in which what is merely late would go on: twice as long as others paused, or a whole
    transfer may take. All, where the line may be at fault."""
    if not context.brisk:
        return TRANSFER_PATIENCE
    return min(TRANSFER_PATIENCE, 2 * max(patience_of(paired), Cuts(paired).longest))


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
