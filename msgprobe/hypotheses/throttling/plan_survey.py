"""The first look at speeds: every asset, neutral sources between, each way as many side by side as
the line carries."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from random import Random

from msgprobe.evidence.cut_places import stopped_alike
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.speeds import of_its_time
from msgprobe.hypotheses.throttling.tasks import (
    domestic_tasks,
    first_size,
    known_sources,
    looks_slow,
    other_address,
    own_task,
    patient,
    source_task,
    was_moved,
)
from msgprobe.model.control import Source
from msgprobe.model.target import Asset, Direction, Service
from msgprobe.model.task import Arm, Flow, Running, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.timetable import (
    CROWDED_SURVEY_UNTIL,
    FAR_RTT,
    FAR_SURVEY_UNTIL,
    FAST_PATIENCE,
    LEAST_TRANSFER_PATIENCE,
    NEUTRAL_EVERY,
    SLOW_SOURCE,
    SURVEY_UNTIL,
    SURVEYS,
    TRANSFER_PATIENCE,
)
from msgprobe.planning.transfer_room import (
    CONTEST_BYTES,
    alone,
    at_half_rate,
    hurried,
    known_to_be_quick,
    leaves_room,
    side_by_side,
    stalls,
    takes_long,
    took,
)
from msgprobe.planning.transfers import moved_assets, wanted_assets


def plan_survey(
    context: PlanningContext, direction: Direction, *, held: bool, wait: Collection[str] = ()
) -> tuple[list[Task], bool]:
    """One transfer after another, or as many side by side as a long way carries; the next begins
    when one before has ended, unless they are ``held``, for something slow is being looked into.
    Those of services that are to ``wait`` let others go first. Where the time for all is over and
    the line has room, services of which nothing was moved get one beside what is slow. True: more
    are to come."""
    wanted: list[Task] = []
    under_way: list[Task] = []
    waiting = False
    for task in _sequence(context, direction):
        if context.started(task.id) is None:
            over = survey_over(context)
            if over and not _at_least_one(context, task, wanted, direction):
                continue
            if held and not over:
                return wanted, True
            if task.subject in wait and not _moved_before(context, task):
                waiting = True
                continue
        wanted.append(task)
        if context.ended(task.id) is None:
            under_way.append(task)
        if _full(context, under_way, direction):
            return wanted, True
    return wanted, bool(under_way or waiting)


def _at_least_one(
    context: PlanningContext, task: Task, wanted: Sequence[Task], direction: Direction
) -> bool:
    """It is the only one of its service, and goes beside others."""
    if task.arm is not Arm.TRANSFER or side_by_side(context, direction) == 1:
        return False
    alone = all(t.subject != task.subject for t in wanted)
    return alone and not _moved_before(context, task)


def _full(context: PlanningContext, under_way: Sequence[Task], direction: Direction) -> bool:
    """As many transfers are under way as the line carries. As many more may be beside them that
    are slow anyway, and any number that somebody holds."""
    moving = [t for t in under_way if not stalls(context, t)]
    slow = sum(leaves_room(context, t, direction) for t in moving)
    most = side_by_side(context, direction)
    return len(moving) - min(slow, most) >= most


def _moved_before(context: PlanningContext, task: Task) -> bool:
    """Another transfer of its service has begun: the others wait no longer."""
    mine = (t for d in Direction for t in _sequence(context, d) if t.subject == task.subject)
    return any(context.started(t.id) is not None for t in mine)


def unsettled(context: PlanningContext, direction: Direction) -> frozenset[str]:
    """The services of which the first look may still say something new: transfers that way are to
    come, or one may yet look slow, beside a neutral one to come or in a comparison, or less quick
    beside neutral ones."""
    every = moved_assets(context.services, context.controls, context.request)
    pairs = [(s, a) for s, a in every if a.direction is direction]
    own = [t for t in _sequence(context, direction) if t.arm is Arm.TRANSFER]
    if not own:
        return frozenset(s.name for s, _ in pairs)
    left = {t.subject for t in own if context.ended(t.id) is None}
    return frozenset(left | {s.name for s, a in pairs if _open_still(context.facts, s, a)})


@remembered
def _open_still(facts: Facts, service: Service, asset: Asset) -> bool:
    """The asset was moved, and neutral transfers before and after it have yet to tell of that."""
    if not was_moved(facts, service, asset):
        return False
    paired = PairedTransfers(facts, service, asset)
    return bool(paired.own) and not of_its_time(paired)


def survey_over(context: PlanningContext) -> bool:
    """No transfer of the first look begins any more."""
    usual = FAR_SURVEY_UNTIL if takes_long(context) else SURVEY_UNTIL
    until = CROWDED_SURVEY_UNTIL if context.crowded else usual
    return context.past(until) and not context.request.throttle


@remembered
def round_open(context: PlanningContext, direction: Direction) -> bool:
    """Some asset is still to be moved for the first time: what is slow is looked into only then,
    or the time would be over before anybody had looked at the others."""
    late = survey_over(context)
    own = [t for t in _sequence(context, direction) if t.arm is Arm.TRANSFER]
    firsts = [t for t in own if t.attempt_of is None]
    left = [t for t in firsts if context.ended(t.id) is None and not _known_to_be_slow(context, t)]
    return any(not late or context.started(t.id) is not None for t in left)


def _known_to_be_slow(context: PlanningContext, task: Task) -> bool:
    """It takes its time, and another transfer of its service was slow: how slow this one is need
    not be awaited."""
    begun = context.started(task.id)
    if begun is None or not context.due(begun, FAST_PATIENCE):
        return False
    service = next(s for s in context.services if s.name == task.subject)
    return any(looks_slow(context.facts, service, asset) for asset in service.assets)


def drags_on(context: PlanningContext, running: Running) -> bool:
    """It is known to be slow, and has been under way for longer than one is given where nothing is:
    when it ends, if it does, is nothing to wait for."""
    late = context.due(running.since, FAST_PATIENCE + LEAST_TRANSFER_PATIENCE)
    return late and _known_to_be_slow(context, running.task)


@remembered
def all_seen(context: PlanningContext, direction: Direction) -> bool:
    """One asset of each service that can move any has been moved."""
    own = [t for t in _sequence(context, direction) if t.arm is Arm.TRANSFER]
    ended = {t.subject for t in own if context.ended(t.id) is not None}
    return all(t.subject in ended for t in own)


def _opening(
    context: PlanningContext, sources: Sequence[tuple[Source, str]], direction: Direction
) -> tuple[list[Task], list[float] | None]:
    """The neutral transfers that come first, and what they took; None while one is under way."""
    opening = [_open(context, sources, direction, n) for n in range(2)]
    first = took(context, opening[0])
    if first is not None and first <= SLOW_SOURCE:  # else it may have been unlucky
        if side_by_side(context, direction) > 1:
            return opening, [first]  # the second goes beside what follows
        if hurried(context):
            return opening[:1], [first]  # the second goes behind the first of the services' own
    return _more_openings(context, sources, direction, opening)


def _open(
    context: PlanningContext,
    sources: Sequence[tuple[Source, str]],
    direction: Direction,
    number: int,
) -> Task:
    """A neutral transfer before all others: with all patience, until the line is known."""
    quick = known_to_be_quick(context)
    patience = LEAST_TRANSFER_PATIENCE if quick else TRANSFER_PATIENCE
    source = sources[number % len(sources)]
    return source_task(context, source, direction, number, patience=patience)


def _more_openings(
    context: PlanningContext,
    sources: Sequence[tuple[Source, str]],
    direction: Direction,
    opening: list[Task],
) -> tuple[list[Task], list[float] | None]:
    """All of them one after another, and others where mirrors gave nothing."""
    for n in range(2, 5):  # a dead mirror is no evidence: go on until one gave something
        if _awaited(context, opening):
            return opening, None
        if any(took(context, t) is not None for t in opening):
            break
        if stopped_alike(context.facts, direction):
            break  # what cuts two of them cuts others as well, and time is short
        opening.append(_open(context, sources, direction, n))
    if _awaited(context, opening):
        return opening, None
    found = [seconds for t in opening if (seconds := took(context, t)) is not None]
    if not found and stopped_alike(context.facts, direction):
        return opening, [0.0]  # that they are cut tells nothing about the line's speed
    return opening, found


def _awaited(context: PlanningContext, opening: Sequence[Task]) -> bool:
    """One of them is under way, or has yet to begin, and may still tell how fast the line is."""
    return any(context.ended(t.id) is None and not stalls(context, t) for t in opening)


def line_is_slow(context: PlanningContext) -> bool | None:
    """Neutral downloads take so long that comparing anything is hopeless; None: not known yet."""
    wanted = [a for s in context.services for a in wanted_assets(s, context.request)]
    if context.request.throttle or all(a.direction is Direction.UP for a in wanted):
        return False  # nobody downloads: the uploads have their own opening
    sources = known_sources(context, Direction.DOWN)
    times = _opening(context, sources, Direction.DOWN)[1] if sources else []
    return None if times is None else bool(times) and min(times) > SLOW_SOURCE


@remembered
def _sequence(context: PlanningContext, direction: Direction) -> tuple[Task, ...]:
    sources = known_sources(context, direction)
    every = moved_assets(context.services, context.controls, context.request)
    pairs = [(s, a) for s, a in every if a.direction is direction]
    if not sources or not pairs:
        return ()
    opening, times = _opening(context, sources, direction)
    slow = line_is_slow(context)
    if slow:
        return (*opening, *domestic_tasks(context, direction))
    if not times or slow is None or (min(times) > SLOW_SOURCE and not context.request.throttle):
        return tuple(opening)
    size = first_size(context, direction, min(times))
    patience = _patience(context, pairs, direction, min(times))
    own = [t for t in _turns(context, pairs, direction, size, patience) if _worth_it(context, t)]
    if context.brisk and not takes_long(context):
        own = _few_by_few(context, own)
    lasts = LEAST_TRANSFER_PATIENCE if known_to_be_quick(context) else TRANSFER_PATIENCE
    more = partial(source_task, context, direction=direction, patience=lasts)
    return (*opening, *_mixed(own, sources, more, len(opening), size))


def _mixed(
    own: Sequence[Task],
    sources: Sequence[tuple[Source, str]],
    neutral: Callable[..., Task],
    begun: int,
    size: int,
) -> Iterator[Task]:
    """Own transfers and neutral ones between them, ``begun`` of which come before."""
    for n, task in enumerate(own, start=1):
        yield task
        if n == 1 == begun:
            yield neutral(sources[1 % len(sources)], number=1)
        if n % NEUTRAL_EVERY == 0 and n < len(own):
            turn = max(2, begun) + n // NEUTRAL_EVERY - 1
            yield neutral(sources[turn % len(sources)], number=turn, size=size)


def _few_by_few(context: PlanningContext, own: Sequence[Task]) -> list[Task]:
    """What is left of one service before what is left of the next, so that the first words come
    soon where there is time for all; but not beside another transfer of the same one while others
    are left, for two might share what it is limited to. By lot; those last that more is asked of in
    the end. What began before stays before."""
    lot = list(context.services)
    Random(f"{context.request.seed}/services").shuffle(lot)
    lot.sort(key=lambda service: any(a.pool is not None for a in service.assets))
    turn = {service.name: n for n, service in enumerate(lot)}
    begun = [t for t in own if context.started(t.id) is not None]
    before = Counter({t.subject: 1 for t in begun if context.ended(t.id) is None})
    left: list[tuple[int, int, Task]] = []
    for task in own:
        if context.started(task.id) is None:
            left.append((before[task.subject], turn[task.subject], task))
            before[task.subject] += 1
    return [*begun, *(task for *_, task in sorted(left, key=lambda one: one[:2]))]


def _turns(
    context: PlanningContext,
    pairs: list[tuple[Service, Asset]],
    direction: Direction,
    size: int,
    patience: float,
) -> Iterator[Task]:
    """Every asset; where there is time, once more those of services that have few, and one of each
    other service that has a further address, so that one slow address of many is seen as well."""
    if context.request.throttle:
        for turn in range(SURVEYS):
            yield from (t for _, _, t in _turn(context, pairs, direction, turn, size, patience))
        return
    made = _turn(context, pairs, direction, 0, size, patience)
    yield from (task for _, _, task in made)
    if hurried(context):
        return
    assets = Counter(service.name for service, _, _ in made)
    most = min(size, CONTEST_BYTES[direction])
    again = _turn(context, pairs, direction, 1, most, patience)
    yield from (t for s, _, t in again if assets[s.name] < SURVEYS)
    more = [one for one in again if assets[one[0].name] >= SURVEYS]
    yield from first_of_each(_further(context, more), lambda t: t.subject)


def _turn(
    context: PlanningContext,
    pairs: list[tuple[Service, Asset]],
    direction: Direction,
    turn: int,
    size: int,
    patience: float,
) -> list[tuple[Service, Asset, Task]]:
    """Every asset that can be moved, once."""
    order = _order(context, pairs, direction, turn)
    late = {s.name: patient(context.facts, s, patience) for s, _ in pairs}
    tasks = ((s, a, own_task(context, s, a, turn, size, late[s.name])) for s, a in order)
    return [(s, a, task) for s, a, task in tasks if task is not None]


def _order(
    context: PlanningContext, pairs: list[tuple[Service, Asset]], direction: Direction, turn: int
) -> list[tuple[Service, Asset]]:
    """By lot, one of each service first; where the time is short, of each what no page must be read
    for."""
    order = list(pairs)
    Random(f"{context.request.seed}/{direction}/{turn}").shuffle(order)
    if hurried(context):
        order.sort(key=lambda pair: pair[1].find is not None)
    return _in_turns(order)


def _further(context: PlanningContext, again: Sequence[tuple[Service, Asset, Task]]) -> list[Task]:
    """Second transfers that have begun; then those that go to another address than the first."""
    begun = [t for _, _, t in again if context.started(t.id) is not None]
    there = [t for s, a, t in again if other_address(context, s, a.host) is not None]
    return [*begun, *there]


def _in_turns(pairs: Sequence[tuple[Service, Asset]]) -> list[tuple[Service, Asset]]:
    """One of each service, then the others: time may be over before all have had their turn."""
    seen: Counter[str] = Counter()
    ranked = []
    for service, asset in pairs:
        ranked.append((seen[service.name], (service, asset)))
        seen[service.name] += 1
    return [pair for _, pair in sorted(ranked, key=lambda r: r[0])]


def _patience(
    context: PlanningContext,
    pairs: list[tuple[Service, Asset]],
    direction: Direction,
    fastest: float,
) -> float:
    """Seconds that an own transfer may take, by the fastest neutral one."""
    if alone(context):
        return at_half_rate(context, direction)
    quick = not context.request.throttle and fastest * 4 < FAST_PATIENCE
    if quick and _slow_one(context, pairs):
        rtt = context.facts.rtt or 0.0
        return FAST_PATIENCE + (6 * rtt if rtt >= FAR_RTT else 0.0)
    likely = 8 * (fastest + 6 * (context.facts.rtt or 0.0))
    return min(TRANSFER_PATIENCE, max(LEAST_TRANSFER_PATIENCE, likely))


def _slow_one(context: PlanningContext, pairs: list[tuple[Service, Asset]]) -> bool:
    """Some transfer of the first look was slow."""
    return any(looks_slow(context.facts, s, a) for s, a in pairs)


def _worth_it(context: PlanningContext, task: Task) -> bool:
    """A second look at what was slow in the first is the comparison's business."""
    if context.started(task.id) is not None or task.attempt_of is None:
        return True
    asset = task.probe.option("asset") if isinstance(task.probe, Flow) else None
    if context.ended(task.attempt_of) is None or asset is None:
        return True
    service = next(s for s in context.services if s.name == task.subject)
    return not looks_slow(context.facts, service, service.asset(asset))
