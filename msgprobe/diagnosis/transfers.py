"""Transfers: who moves what and when, so that slow can be told from slowed down.

First look: every asset twice, neutral sources in between, one transfer at a time in each direction.
Where an asset was slow, a contest: blocks in which only the name in the greeting changes, at the
service's own address and at neutral servers, until the sequential test has decided.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from msgprobe.diagnosis.gate import SYSTEM, chosen_sites, lookup
from msgprobe.diagnosis.scene import Scene
from msgprobe.model.control import Source
from msgprobe.model.run import Request
from msgprobe.model.target import Asset, Direction, Service
from msgprobe.model.task import Arm, Flow, Lookup, Role, Task
from msgprobe.verdict import addresses as ips
from msgprobe.verdict.contest import Contest
from msgprobe.verdict.rules_throttle import accuses
from msgprobe.verdict.sequential import MOST_PAIRS, Decision
from msgprobe.verdict.transfers import Sample

FIRST_LOOK = 2
"""Transfers of an asset in the first look: two normal ones end the sequential test."""

SIZES = {Direction.DOWN: 72 * 1024, Direction.UP: 32 * 1024}
CONTEST_BYTES = {Direction.DOWN: 48 * 1024, Direction.UP: 32 * 1024}
DEEP_BYTES = {Direction.DOWN: 256 * 1024, Direction.UP: 128 * 1024}
"""What ``--throttle`` moves instead: limits that begin after a burst show only then."""

CONTROLS_NEEDED = 3
"""Neutral sources that are asked for, in as many networks."""

SLOW_SOURCE = 2.0
"""Seconds for a neutral transfer of the first look from which on the line itself is too slow."""

QUIET = 1.5
"""Seconds after which an unanswered conversation no longer occupies the line."""

CONTESTS_AT_ONCE = 2
LATEST = 26.0
"""Seconds of a default run after which no further block begins."""

FAST_PATIENCE = 2.0
PATIENCE = 10.0


def chosen_sources(
    sources: Sequence[Source], direction: Direction, seed: int
) -> tuple[Source, ...]:
    """Neutral sources for one direction, one a network, in the order of this run."""
    fit = [s for s in sources if direction is Direction.DOWN or s.upload_path is not None]
    order = list(fit)
    Random(f"{seed}/sources/{direction}").shuffle(order)
    by_network: dict[str, Source] = {}
    for source in order:
        by_network.setdefault(source.network, source)
    return tuple(by_network.values())


def wanted_assets(service: Service, request: Request) -> tuple[Asset, ...]:
    """Assets of the functions that were asked for."""
    return tuple(
        a for a in service.assets if not request.functions or a.function in request.functions
    )


def plan_transfers(scene: Scene) -> list[Task]:
    """Every transfer wanted by now, and the questions for the names."""
    request = scene.request
    pairs = [(s, a) for s in scene.services for a in wanted_assets(s, request)]
    if request.quick or not pairs or not scene.controls.sources or not scene.gate.open:
        return []
    tasks = _names(scene, pairs)
    scene.pending |= {s.name for s, _ in pairs}
    if (scene.pace > 0.0 and not request.throttle) or scene.gate.inspector:
        scene.pending.clear()
        return tasks
    if not _quiet(scene):
        return tasks
    for direction in Direction:
        tasks += _first_look(scene, [p for p in pairs if p[1].direction is direction], direction)
    if not scene.waiting:
        scene.pending.clear()
        tasks += _contests(scene, pairs)
    return tasks


def _names(scene: Scene, pairs: list[tuple[Service, Asset]]) -> list[Task]:
    """Hosts of assets that no endpoint has asked for, and hosts of sources."""
    tasks = []
    for service, asset in pairs:
        if all(e.host != asset.host for e in service.endpoints):
            tasks.append(
                Task(
                    id=f"t.name.{service.name}.{asset.host}",
                    round=1,
                    role=Role.TARGET,
                    arm=Arm.BASE,
                    check="resolve",
                    subject=service.name,
                    probe=Lookup(name=asset.host, resolver=SYSTEM, families=scene.request.families),
                    reason="where is its asset?",
                    timeout=scene.timeout(),
                )
            )
    hosts = {s.host: s for d in Direction for s in _sources(scene, d)}
    for host in hosts:
        task = lookup(
            f"t.name.{host}",
            host,
            SYSTEM,
            Arm.GATE,
            families=scene.request.families,
            why="where is a neutral object to compare with?",
        )
        tasks.append(replace(task, round=1, timeout=scene.timeout()))
    return tasks


def _sources(scene: Scene, direction: Direction) -> tuple[Source, ...]:
    return chosen_sources(scene.controls.sources, direction, scene.request.seed)


def _quiet(scene: Scene) -> bool:
    """Nothing else occupies the line: what still runs is waiting for an answer that is overdue."""
    quiet = bool(scene.facts.talks)
    for task_id, begun in scene.moment.running.items():
        if task_id.startswith("t.") and not task_id.startswith("t.name."):
            continue
        if scene.moment.now < begun + QUIET:
            scene.wake(begun + QUIET)
            quiet = False
    started = any(t.task.arm is Arm.TRANSFER_SOURCE for t in scene.facts.talks)
    moving = any(i.startswith("t.first.") for i in scene.moment.running)
    return quiet or started or moving


# -- the first look


def _first_look(
    scene: Scene, pairs: list[tuple[Service, Asset]], direction: Direction
) -> list[Task]:
    """One transfer after another; the next begins when the one before has ended."""
    sequence = _sequence(scene, pairs, direction)
    wanted: list[Task] = []
    for task in sequence:
        wanted.append(task)
        if scene.ended(task.id) is None:
            scene.waiting = True
            return wanted
    return wanted


def _sequence(scene: Scene, pairs: list[tuple[Service, Asset]], direction: Direction) -> list[Task]:
    sources = [
        (s, a) for s in _sources(scene, direction) if (a := _address(scene, s.host, s.addresses))
    ]
    if not sources or not pairs:
        return []
    opening = [_source_task(scene, sources[n % len(sources)], direction, n) for n in range(2)]
    for n in range(2, 5):  # a dead mirror is no evidence: go on until one gave something
        if any(_took(scene, t) is not None for t in opening) or any(
            scene.ended(t.id) is None for t in opening
        ):
            break
        opening.append(_source_task(scene, sources[n % len(sources)], direction, n))
    times = [took for task in opening if (took := _took(scene, task)) is not None]
    if any(scene.ended(t.id) is None for t in opening) or not times:
        return opening
    if min(times) > SLOW_SOURCE and not scene.request.throttle:
        return opening
    size = _size(scene, direction, min(times))
    patience = min(PATIENCE, max(3.0, 8 * min(times)))
    own: list[Task] = []
    for turn in range(FIRST_LOOK):
        order = list(pairs)
        Random(f"{scene.request.seed}/{direction}/{turn}").shuffle(order)
        own += [t for s, a in order if (t := _own_task(scene, s, a, turn, size, patience))]
    mixed = list(opening)
    for n, task in enumerate(own):
        mixed.append(task)
        if n % 3 == 2 and n + 1 < len(own):
            turn = len(opening) + n // 3
            mixed.append(_source_task(scene, sources[turn % len(sources)], direction, turn, size))
    return mixed


def _size(scene: Scene, direction: Direction, fastest: float) -> int:
    """Bytes to move, sized by the first neutral transfer."""
    if scene.request.throttle:
        return DEEP_BYTES[direction] if fastest < SLOW_SOURCE else SIZES[direction]
    return SIZES[direction] if fastest < SLOW_SOURCE / 2 else CONTEST_BYTES[direction]


def _took(scene: Scene, task: Task) -> float | None:
    """Seconds that a neutral transfer took, greeting included; None: it gave nothing."""
    talk = scene.talk(task.id)
    if talk is None:
        return None
    sample = Sample(talk=talk)
    return sample.elapsed if sample.served else None


def _address(scene: Scene, host: str, hints: Sequence[str] = ()) -> str | None:
    """The address that a program would dial for ``host``, or a known one."""
    found = [a for a in scene.facts.name(host).system_addresses if not ips.is_bogon(a)]
    picks = scene.dialable(found, four=1, six=1) or scene.dialable(hints, four=1, six=1)
    return picks[0] if picks else None


def _options(
    scene: Scene, direction: Direction, size: int, patience: float, **more: str
) -> tuple[tuple[str, str], ...]:
    base = {"direction": direction.value, "bytes": str(size), "patience": f"{patience:.2f}"}
    return tuple({**base, **more}.items())


def _source_task(
    scene: Scene,
    choice: tuple[Source, str],
    direction: Direction,
    number: int,
    size: int | None = None,
) -> Task:
    source, address = choice
    size = SIZES[direction] if size is None else size
    return Task(
        id=f"t.first.{direction}.{number}.{source.name}",
        round=1,
        role=Role.CONTROL,
        arm=Arm.TRANSFER_SOURCE,
        check="transfer",
        subject=source.name,
        probe=_source_flow(scene, source, address, direction, size, PATIENCE),
        reason="how fast is a neutral transfer on this line?",
        timeout=scene.timeout() + PATIENCE,
        attempt=number + 1,
    )


def _source_flow(
    scene: Scene,
    source: Source,
    address: str,
    direction: Direction,
    size: int,
    patience: float,
    server_name: str | None = None,
    **more: str,
) -> Flow:
    path = source.path if direction is Direction.DOWN else source.upload_path or "/"
    return scene.flow(
        address,
        443,
        source.host,
        server_name=server_name or source.host,
        trust=None,
        path=path,
        options=_options(scene, direction, size, patience, **more),
    )


def own_flow(
    scene: Scene, service: Service, asset: Asset, address: str, size: int, patience: float
) -> Flow:
    """The asset moved as the messenger would."""
    more = {"asset": asset.name}
    path = asset.path
    if asset.find is not None:
        known = _found(scene, service, asset)
        if known is None:
            more["find"] = asset.find
        else:
            path = known
    return scene.flow(
        address,
        443,
        asset.host,
        server_name=asset.host,
        trust=asset.trust,
        roots_of=service.name if service.roots else None,
        path=path,
        options=_options(scene, asset.direction, size, patience, **more),
    )


def _found(scene: Scene, service: Service, asset: Asset) -> str | None:
    """The object's path, once an earlier transfer has found it."""
    return next(
        (
            t.transfer.path
            for t in scene.facts.arm(Arm.TRANSFER, subject=service.name)
            if t.transfer is not None and t.flow.option("asset") == asset.name
        ),
        None,
    )


def _own_task(
    scene: Scene, service: Service, asset: Asset, turn: int, size: int, patience: float
) -> Task | None:
    address = _address(scene, asset.host)
    if address is None:
        return None
    task_id = f"t.first.{service.name}.{asset.name}.{turn}"
    done = scene.ended(task_id)
    if done is not None:
        return done.task  # as it was begun: a path found since must not make it another task
    return Task(
        id=task_id,
        round=1,
        role=Role.TARGET,
        arm=Arm.TRANSFER,
        check="transfer",
        subject=service.name,
        probe=own_flow(scene, service, asset, address, size, patience),
        reason=f"how fast does {service.title} move its {asset.function}?",
        timeout=scene.timeout() + patience,
        attempt=0,
    )


# -- the contest


def _contests(scene: Scene, pairs: list[tuple[Service, Asset]]) -> list[Task]:
    """Blocks of the contests that are due: one after another within a service, two at a time."""
    tasks: list[Task] = []
    open_ones = 0
    for service in dict.fromkeys(s.name for s, _ in pairs):
        for contest in _suspicious(scene, [p for p in pairs if p[0].name == service]):
            wanted, going_on = _blocks(scene, contest)
            tasks += wanted
            if going_on:
                scene.pending.add(service)
                open_ones += 1
                break
            if accuses(contest):
                break  # shown once is enough: the others are judged by their first look
        if open_ones == CONTESTS_AT_ONCE:
            break
    return tasks


def _suspicious(scene: Scene, pairs: list[tuple[Service, Asset]]) -> list[Contest]:
    """Contests that are called for, those of downloads first."""
    found = [Contest(scene.facts, s, a) for s, a in pairs]
    found.sort(key=lambda c: c.asset.direction is Direction.UP)
    return [c for c in found if c.suspicious]


def _blocks(scene: Scene, contest: Contest) -> tuple[list[Task], bool]:
    """The blocks of a contest so far, and whether it still goes on."""
    tasks: list[Task] = []
    patience = _patience(contest)
    for number in range(1, MOST_PAIRS + 1):
        block = [
            *_lane(scene, _here(scene, contest, number, patience)),
            *_lane(scene, _there(scene, contest, number, patience)),
        ]
        begun = any(scene.started(t.id) is not None for t in block)
        if not begun and (_decided(contest, number) or _too_late(scene)):
            return tasks, False
        tasks += block
        if any(scene.ended(t.id) is None for t in block):
            return tasks, True
    return tasks, False


def _too_late(scene: Scene) -> bool:
    latest = scene.request.max_time / 2 if scene.request.throttle else LATEST
    return scene.moment.now > latest


def _decided(contest: Contest, number: int) -> bool:
    """No further block could change the word."""
    if contest.frozen:
        return True
    if number == 1:
        return False
    here = contest.here if not contest.here_fails else Decision.NORMAL
    there = contest.elsewhere if not contest.there_fails else Decision.NORMAL
    if Decision.OPEN in (here, there):
        return False
    if Decision.SLOW in (here, there):
        return len(contest.kinds) >= 2 or number > 5
    return contest.wide is not Decision.OPEN or number > 6


def _patience(contest: Contest) -> float:
    """Long enough to call a transfer slow beyond doubt, and no longer."""
    times = sorted(s.elapsed for s in contest.fair if s.talk.task.arm is Arm.TRANSFER_SOURCE)
    typical = times[len(times) // 2] if times else 1.0
    return min(PATIENCE, max(FAST_PATIENCE, 6 * typical))


def _lane(scene: Scene, tasks: list[Task]) -> list[Task]:
    """Tasks one after the other."""
    wanted: list[Task] = []
    for task in tasks:
        wanted.append(task)
        if scene.ended(task.id) is None:
            break
    return wanted


def _turned(
    scene: Scene, contest: Contest, number: int, lane: str, tasks: list[Task]
) -> list[Task]:
    """In random order, the same whenever it is asked for."""
    Random(f"{scene.request.seed}/{contest.asset.name}/{lane}/{number}").shuffle(tasks)
    return tasks


def _here(scene: Scene, contest: Contest, number: int, patience: float) -> list[Task]:
    """Own name and a neutral one, same address, same object."""
    service, asset = contest.service, contest.asset
    address = _address(scene, asset.host)
    if address is None:
        return []
    flow = own_flow(scene, service, asset, address, CONTEST_BYTES[asset.direction], patience)
    stem = f"t.{service.name}.{asset.name}.{number}"
    own = Task(
        id=f"{stem}.own",
        round=2,
        role=Role.TARGET,
        arm=Arm.TRANSFER,
        check="transfer",
        subject=service.name,
        probe=flow,
        reason=f"is {service.title} slowed down, and by its name?",
        timeout=scene.timeout() + patience,
        attempt=number,
    )
    sites = chosen_sites(scene.controls, scene.request)
    neutral = replace(
        own,
        id=f"{stem}.neutral",
        arm=Arm.TRANSFER_NEUTRAL_SNI,
        probe=replace(flow, server_name=sites[0].host if sites else "example.com", trust=None),
        changes="server name: a neutral one",
    )
    both = [own] if contest.here_fails else [own, neutral]
    return _as_begun(scene, _turned(scene, contest, number, "here", both))


def _there(scene: Scene, contest: Contest, number: int, patience: float) -> list[Task]:
    """A neutral server's object under its own name and under the service's."""
    service, asset = contest.service, contest.asset
    choices = [
        (s, a)
        for s in _sources(scene, asset.direction)
        if s.any_name and (a := _address(scene, s.host, s.addresses))
    ]
    if not choices or contest.there_fails:
        return []
    source, address = choices[(number - 1) % len(choices)]
    stem = f"t.{service.name}.{asset.name}.{number}"
    flow = _source_flow(
        scene,
        source,
        address,
        asset.direction,
        CONTEST_BYTES[asset.direction],
        patience,
        asset=asset.name,
        service=service.name,
    )
    own = Task(
        id=f"{stem}.there.{source.name}",
        round=2,
        role=Role.CONTROL,
        arm=Arm.TRANSFER_SOURCE,
        check="transfer",
        subject=source.name,
        probe=flow,
        reason="is a neutral server fast under its own name?",
        timeout=scene.timeout() + patience,
        attempt=number,
    )
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
        both = _turned(scene, contest, number, "there", both)
    return _as_begun(scene, both)


def _as_begun(scene: Scene, tasks: list[Task]) -> list[Task]:
    """Finished tasks as they were: what was learned since must not make them others."""
    return [done.task if (done := scene.ended(t.id)) is not None else t for t in tasks]
