"""Comparisons: where an asset was slow, blocks in which only the name in the ClientHello changes,
at the service's own address and at neutral servers, until the sequential test has decided.
"""

from collections.abc import Sequence

from msgprobe.evidence.cut_places import TWICE
from msgprobe.evidence.cuts import Cuts
from msgprobe.evidence.dying_transfers import refused
from msgprobe.evidence.losing import late, losing, since
from msgprobe.evidence.name_losses import may_lose_by_name
from msgprobe.evidence.paired_transfers import (
    BLOCKS,
    ON_EACH_SIDE,
    PairedTransfers,
    paired_transfers,
)
from msgprobe.evidence.statistics import MOST_PAIRS, Decision
from msgprobe.evidence.transfer_pairs import OTHER_SERVER, SAME_SERVER, Pair
from msgprobe.hypotheses.throttling.plan_blocks import (
    block_of,
    cut_each_time,
    dead_each_time,
    in_small_segments,
    patience_of,
    sibling_of,
)
from msgprobe.hypotheses.throttling.plan_survey import all_seen, drags_on, survey_over
from msgprobe.hypotheses.throttling.rules import accuses
from msgprobe.hypotheses.throttling.tasks import first_id, looks_slow
from msgprobe.model.target import Asset, Direction, Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.patience import cut_off
from msgprobe.planning.timetable import (
    DECIDING_UNTIL,
    FAR_DECIDING_UNTIL,
    FAR_PAIRS_UNTIL,
    FAR_PROMISING_UNTIL,
    PAIRED_AT_ONCE,
    PAIRS_UNTIL,
    PROMISING_UNTIL,
    SPAN,
)
from msgprobe.planning.transfer_room import alone, comes_late, filled_by_one, takes_long


def plan_pairs(
    context: PlanningContext, pairs: list[tuple[Service, Asset]]
) -> tuple[list[Task], frozenset[str]]:
    """Blocks of the comparisons that are due: one after another within a service, two at a time,
    or one where the line carries no more; what is cut or dead occupies no line, and the next one
    does not wait for it. Also the services of those that still go on."""
    tasks: list[Task] = []
    pending: set[str] = set()
    for found in _in_order(context, pairs):
        for paired in found:
            wanted, going_on = _blocks(context, paired)
            tasks += wanted
            if going_on:
                pending.add(paired.service.name)
                if not _leaves_room(context, paired, wanted):
                    break
            elif accuses(paired):
                break  # shown once is enough: the others are judged by their first look
        if len(pending) >= _at_once(context):
            break
    return tasks, frozenset(pending)


def _leaves_room(context: PlanningContext, paired: PairedTransfers, tasks: Sequence[Task]) -> bool:
    """What goes on of it occupies no line: the next comparison need not wait."""
    cut = cut_each_time(context, paired) or _only_cut(context, tasks)
    return cut or dead_each_time(context, paired)


def _only_cut(context: PlanningContext, tasks: Sequence[Task]) -> bool:
    """All that goes on was cut before, and is waited for with all patience."""
    left = [t for t in tasks if context.ended(t.id) is None]
    return all(t.arm is Arm.TRANSFER_SMALL and context.started(t.id) is not None for t in left)


def _at_once(context: PlanningContext) -> int:
    """Comparisons at the same time: where one transfer fills the line, the time would be over
    before either of two had shown anything."""
    return 1 if alone(context) or filled_by_one(context) else PAIRED_AT_ONCE


def _in_order(
    context: PlanningContext, pairs: list[tuple[Service, Asset]]
) -> list[list[PairedTransfers]]:
    """Those that are called for, service by service. What has begun goes on, for half of two shows
    less than one of them; then those of downloads, which show the most, or where nothing was slow
    and something was lost, those of uploads: we know each segment of ours that was."""

    def rank(one: PairedTransfers) -> tuple[bool, bool]:
        return not _begun(context, one), (one.asset.direction is Direction.UP) is not _lost(one)

    found = [_suspicious(context, service, assets) for service, assets in _by_service(pairs)]
    return sorted((sorted(one, key=rank) for one in found if one), key=lambda one: rank(one[0]))


def _begun(context: PlanningContext, paired: PairedTransfers) -> bool:
    """Its first block is under way, or done."""
    return context.started(f"t.{paired.service.name}.{paired.asset.name}.1.own") is not None


def _lost(paired: PairedTransfers) -> bool:
    """It is called for by what was lost, and nothing of it was slow, cut short or broken off."""
    return not paired.struck and not refused(paired)


def _by_service(pairs: list[tuple[Service, Asset]]) -> list[tuple[Service, list[Asset]]]:
    services = {s.name: s for s, _ in pairs}
    return [(s, [a for o, a in pairs if o.name == name]) for name, s in services.items()]


def _unseen(
    context: PlanningContext, every: Sequence[PairedTransfers], direction: Direction
) -> bool:
    """The transfer of one that way is under way while the first look goes on, and none drags on,
    for which all would wait; on a long way, where there is no time for all, some service has
    none."""
    if survey_over(context):
        return False
    if not takes_long(context):
        found = [c for c in every if c.asset.direction is direction and not c.own]
        firsts = (first_id(c.service, c.asset, 0) for c in found)
        left = [r for i in firsts if (r := context.moment.running.get(i)) is not None]
        return bool(left) and not any(drags_on(context, r) for r in left)
    return not all_seen(context, Direction.DOWN)


def _suspicious(
    context: PlanningContext, service: Service, assets: list[Asset]
) -> list[PairedTransfers]:
    """Comparisons that are called for or have begun, those of downloads first: an upload's waits
    until it is known whether there is one of a download, which shows more for its bytes; and what
    lost something, and was not slow, until it is known whether there is one of an upload."""
    every = [c for c in paired_transfers(context.facts, service) if c.asset in assets]
    found = [c for c in every if _begun(context, c) or looks_slow(context.facts, service, c.asset)]
    if not takes_long(context) and _unseen(context, every, Direction.UP):
        found = [c for c in found if _begun(context, c) or not _lost(c)]
    if _unseen(context, every, Direction.DOWN):
        return [c for c in found if c.asset.direction is Direction.DOWN]
    return sorted(found, key=lambda c: c.asset.direction is Direction.UP)


def plan_later(context: PlanningContext, pairs: list[tuple[Service, Asset]]) -> list[Task]:
    """``--throttle``: what was suspicious and was not cleared, in two more blocks after the wait.
    Is it still so?"""
    found = [c for s, assets in _by_service(pairs) for c in _suspicious(context, s, assets)]
    found = [c for c in found if not _cleared(c)]
    tasks: list[Task] = []
    for paired in found:
        last = max(s.start for s in paired.own if s.number <= MOST_PAIRS)
        if not context.due(last, context.request.throttle_wait):
            continue
        patience = patience_of(paired)
        for number in (MOST_PAIRS + 1, MOST_PAIRS + 2):
            block = block_of(context, paired, number, patience)
            tasks += block
            if _going_on(context, block):
                return tasks
    return tasks


def _cleared(paired: PairedTransfers) -> bool:
    """It was slow by accident: as fast under either name, and as neutral ones are."""
    said = (paired.here, paired.elsewhere, paired.wide)
    return all(d is Decision.NORMAL for d in said) and not accuses(paired)


def _blocks(context: PlanningContext, paired: PairedTransfers) -> tuple[list[Task], bool]:
    """The blocks of a comparison so far, and whether it still goes on."""
    tasks: list[Task] = []
    patience = patience_of(paired)
    over = Cuts(paired).agreed or paired.asset.host in cut_off(context, paired.service)
    for number in range(1, MOST_PAIRS + 1):
        block = block_of(context, paired, number, patience)
        if not any(context.started(t.id) is not None for t in block):
            last = [] if over else _last(context, paired, number, patience)
            if last is not None:
                return [*tasks, *last], _going_on(context, last)
        if number == TWICE and Cuts(paired).here:
            block += in_small_segments(context, paired)  # beside it: what is cut occupies no line
        tasks += block
        if _going_on(context, block):
            return tasks, True
    return tasks, False


def _last(
    context: PlanningContext, paired: PairedTransfers, number: int, patience: float
) -> list[Task] | None:
    """What ends a comparison before this block, if anything: a closer look, or nothing more."""
    if Cuts(paired).here:  # whether the name ends it, two blocks tell
        if number > TWICE and not _once_more(context, paired, number):
            return in_small_segments(context, paired)
        return [] if _too_late(context, paired) else None
    decided = _decided(paired, number)
    if decided and losing(paired) and not late(paired):  # only time tells it from an accident
        over = context.due(since(paired), SPAN)
        return None if over and not _too_late(context, paired) else []
    if decided and paired.here is Decision.NORMAL:
        return sibling_of(context, paired, patience) if paired.wide is Decision.SLOW else []
    return [] if decided or _too_late(context, paired) else None


def _once_more(context: PlanningContext, paired: PairedTransfers, number: int) -> bool:
    """Only time tells whether somebody cuts it or its servers are begun again, and enough of it has
    passed for them to be back."""
    cuts = Cuts(paired)
    if number > TWICE + 1 or cuts.on_the_way or cuts.late or cuts.of_answer:
        return False
    return context.due(min((s.start for s in cuts.alike), default=None), SPAN)


def _going_on(context: PlanningContext, tasks: list[Task]) -> bool:
    return any(context.ended(t.id) is None for t in tasks)


def _too_late(context: PlanningContext, paired: PairedTransfers) -> bool:
    if context.request.throttle:
        return context.past(context.request.max_time / 2)
    # What is cut at both ends of a pair makes none, and a second cut decides as much as a fourth.
    cut = any(s.ending is not None and s.amid_content for s in paired.own)
    sides = (paired.here_pairs, paired.there_pairs)
    if all(len(side) >= ON_EACH_SIDE and _slow(side) == len(side) for side in sides):
        return context.past(FAR_DECIDING_UNTIL if comes_late(context) else DECIDING_UNTIL)
    wide = [p.corrected > OTHER_SERVER for p in paired.wide_pairs]
    promising = cut or (len(wide) >= BLOCKS and all(wide)) or _mostly_slow((*sides[0], *sides[1]))
    if comes_late(context):
        return context.past(FAR_PROMISING_UNTIL if promising else FAR_PAIRS_UNTIL)
    return context.past(PROMISING_UNTIL if promising else PAIRS_UNTIL)


def _slow(pairs: Sequence[Pair]) -> int:
    return sum(p.beyond > SAME_SERVER for p in pairs)


def _mostly_slow(pairs: Sequence[Pair]) -> bool:
    return len(pairs) >= 2 and 2 * _slow(pairs) > len(pairs)


def _decided(paired: PairedTransfers, number: int) -> bool:
    """No further block could change the word."""
    if number == 1:
        return False
    if paired.silent or refused(paired):
        return True  # whatever becomes of more of them, nothing moves: no speed to compare
    if paired.named is Decision.SLOW and len(paired.kinds) >= 2:
        return True
    if paired.wide is Decision.SLOW and paired.poisoned:
        return True
    here = paired.here if not paired.here_fails else Decision.NORMAL
    there = paired.elsewhere if not paired.there_fails else Decision.NORMAL
    if Decision.OPEN in (here, there):
        return False
    if Decision.SLOW in (here, there):
        return len(paired.kinds) >= 2 or number > 5
    return number > 6 or not (paired.wide is Decision.OPEN or _may_lose(paired))


def _may_lose(paired: PairedTransfers) -> bool:
    """What names the service may lose more than its pairs, which further blocks will show."""
    return may_lose_by_name(paired.sides) and not accuses(paired)
