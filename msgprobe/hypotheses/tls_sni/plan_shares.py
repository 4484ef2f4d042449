"""A name whose handshakes fail now and then: how many of many, here and at a neutral server?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.handshakes import alone, mixed, mixed_modern, spoken
from msgprobe.evidence.shares import shares
from msgprobe.evidence.tallies import FLOOR
from msgprobe.model.cost import ENDPOINT, TLS
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.baseline import endpoint_flow
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import foreign_name, troubled
from msgprobe.planning.experiment import Experiment, Telling
from msgprobe.planning.name_swaps import neutral_servers
from msgprobe.planning.patience import counted_out
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.shared_experiments import ANY_NAME, MODERN_HELLO, OTHERWISE, SERVICES
from msgprobe.planning.timetable import (
    BEGIN_UNTIL,
    MANY_HANDSHAKES,
    PROMPT,
    SHARE_SPACING,
    SHARED_IN_ALL,
    SHARED_NAMES,
    SHARES_AT_ONCE,
)

EXPERIMENTS = (
    Experiment(Arm.SHARE, (TLS, *ENDPOINT), Telling.SURENESS, (*SERVICES, OTHERWISE)),
    Experiment(Arm.SHARE_ELSEWHERE, (TLS,), Telling.NAME, (ANY_NAME,)),
    Experiment(Arm.SHARE_NEUTRAL, (TLS,), None, (ANY_NAME,)),
)

_HOW_MANY = "how many of many handshakes that name it fail?"
_OWN = Purpose(Arm.SHARE, "tls", _HOW_MANY, 2, "", Role.TARGET)
_THERE = Purpose(Arm.SHARE_ELSEWHERE, "tls", _HOW_MANY, 2, "address: a neutral server", Role.TARGET)
_OTHERS = "how many handshakes with a neutral name fail in the same seconds?"
_TWIN = Purpose(Arm.SHARE_NEUTRAL, "tls", _OTHERS, 2, "server name: a neutral one, not its own")

_Asked = tuple[Service, str, bool]
"""A service, what wavers of it, and whether only modern ClientHellos do: then these are counted."""


def plan_shares(context: PlanningContext) -> list[Task]:
    """As many handshakes as a claim needs, in turns, for the first such names of each service; none
    where neutral handshakes fail in a share as well, or the line can't take them."""
    if not context.connection.open or context.sparing or context.mss or troubled(context):
        return []
    asked = [one for one in _asked(context) if not _everybody(context, modern=one[2])]
    tasks: list[Task] = []
    counted: set[bool] = set()
    begun = Counter[bool]()
    for service, what, modern in asked:
        most = SHARES_AT_ONCE if _dies_alone(context, service, what) else 1
        every = list(_about(context, service, what, modern=modern))
        begun[modern] += sum(t is not None and context.started(t.id) is not None for t in every)
        if _clear(context, service, what, every):
            tasks += _in_turns(context, every, 0)
            continue
        tasks += _in_turns(context, every, most)
        counted.add(modern)
    for shape in sorted({modern for *_, modern in asked}):
        neutral = _neutral(context, begun[shape], modern=shape)
        tasks += _in_turns(context, neutral, int(shape in counted))
    return tasks


def _clear(
    context: PlanningContext, service: Service, what: str, every: Sequence[Task | None]
) -> bool:
    """So many have failed, at the neutral servers where they are asked for and else at home, that
    the others would not change what follows from it."""
    if any(t is not None and t.arm is Arm.SHARE_ELSEWHERE for t in every):
        return what in counted_out(context, service)
    return what in shares(context.facts).clear_at_home.get(service.name, ())


def _everybody(context: PlanningContext, *, modern: bool) -> bool:
    """Neutral handshakes of that shape fail in a share as well."""
    found = shares(context.facts)
    return (found.neutral_modern if modern else found.neutral).share > 2 * FLOOR


def _asked(context: PlanningContext) -> list[_Asked]:
    """What wavers of each service; those that were begun with stay, then one of each service goes
    before a second one."""
    found = [
        (not _begun(context, service, what), turn, number, service, what, modern)
        for number, service in enumerate(context.services)
        for turn, (what, modern) in enumerate(_names(context, service))
    ]
    picks = sorted(found, key=lambda one: one[:3])[:SHARED_IN_ALL]
    return [(service, what, modern) for *_, service, what, modern in picks]


def _names(context: PlanningContext, service: Service) -> list[tuple[str, bool]]:
    modern = mixed_modern(context.facts, service)
    found = [*(h for h in mixed(context.facts, service) if h not in modern), *modern]
    begun = [h for h in found if _begun(context, service, h)]
    return [(h, h in modern) for h in dict.fromkeys((*begun, *found))][:SHARED_NAMES]


def _begun(context: PlanningContext, service: Service, what: str) -> bool:
    stems = (_stem(service, what, modern=modern) for modern in (False, True))
    return any(context.started(stem) is not None for stem in stems)


def _dies_alone(context: PlanningContext, service: Service, what: str) -> bool:
    """One of its handshakes met silence while nothing else named it: it is not the number of them
    that silences some, so that more may be under way."""
    counted = context.facts.arm(Arm.SHARE, Arm.SHARE_ELSEWHERE, subject=service.name)
    silent = (t for t in counted if t.task.pair == what and t.met_silence and t.connected)
    return any(alone(context.facts, t) for t in silent)


def _stem(
    service: Service, host: str, place: str = "own", number: int = 1, *, modern: bool = False
) -> str:
    return f"share.{service.name}.{host}.{place}{'.modern' if modern else ''}.{number}"


def _about(
    context: PlanningContext, service: Service, what: str, *, modern: bool
) -> Iterator[Task | None]:
    """At its own addresses, those that answered if any did, and at neutral servers by turns."""
    every = spoken(context.facts, service)[what]
    seen = [t for t in every if t.symptom is None] or every
    endpoint = next(e for e in service.endpoints if e.name == seen[0].task.endpoint)
    own = _own(context, service, endpoint, what, seen, modern=modern)
    there = _elsewhere(context, service, endpoint, what, modern=modern)
    return chain.from_iterable(zip(own, there, strict=True))


def _own(
    context: PlanningContext,
    service: Service,
    endpoint: Endpoint,
    what: str,
    seen: Sequence[Conversation],
    *,
    modern: bool,
) -> Iterator[Task]:
    """A bare handshake where the ClientHello bears the name, else the endpoint's own words."""
    places = sorted({(t.address, t.flow.port) for t in seen})
    secured = bool(seen[0].flow.server_name)
    for number in range(1, MANY_HANDSHAKES + 1):
        address, port = places[number % len(places)]
        flow = (
            _shaped(context.flow(address, port, what, server_name=what, trust=None), modern=modern)
            if secured
            else replace(endpoint_flow(context, service, endpoint, address), port=port)
        )
        task_id = _stem(service, what, "own", number, modern=modern)
        task = _OWN.task(task_id, service.name, flow, 0.0)
        yield replace(
            task,
            check=task.check if secured else endpoint.check,
            timeout=_patience(context),
            endpoint=endpoint.name,
            pair=what,
        )


def _shaped(flow: Flow, *, modern: bool) -> Flow:
    return flow.with_options(dict(MODERN_HELLO)) if modern else flow


def _elsewhere(
    context: PlanningContext, service: Service, endpoint: Endpoint, what: str, *, modern: bool
) -> Iterator[Task | None]:
    servers = neutral_servers(context) if what == endpoint.host else []
    named = not context.traits.sends_no_name(endpoint)
    for number in range(1, MANY_HANDSHAKES + 1):
        if not servers or not named:
            yield None
            continue
        _, address = servers[number % len(servers)]
        flow = _shaped(context.https(address, what, trust=None), modern=modern)
        task_id = _stem(service, what, "elsewhere", number, modern=modern)
        more = {"endpoint": endpoint.name, "pair": what}
        yield _THERE.task(task_id, service.name, flow, _patience(context), **more)


def _neutral(context: PlanningContext, begun: int, *, modern: bool) -> list[Task]:
    """Twice as many, once for all, beside those that they are for: these may have to wait, or there
    may be no bytes for them."""
    tasks = []
    servers = neutral_servers(context)
    for number in range(1, 2 * min(begun, MANY_HANDSHAKES) + 1) if servers else ():
        site, address = servers[number % len(servers)]
        foreign = context.https(address, foreign_name(context, site), trust=None)
        flow = _shaped(foreign, modern=modern)
        task_id = f"share.neutral.{'modern.' if modern else ''}{number}"
        tasks.append(_TWIN.task(task_id, site.name, flow, _patience(context)))
    return tasks


def _patience(context: PlanningContext) -> float:
    """Seconds for a handshake; what others needed more for shows nothing (see `Shares`)."""
    waited = PROMPT + 10.0 * (context.facts.rtt or 0.0)
    return min(context.hello_timeout(), max(waited, 8.0 * context.typical))


def _in_turns(context: PlanningContext, tasks: Sequence[Task | None], most: int) -> list[Task]:
    """Those that have begun, and the next one where not too many are under way, nor is it late: a
    chain of silences would go on and on, and their number was not chosen by what they told."""
    over = context.past_by_the_clock(BEGIN_UNTIL) and not context.request.throttle
    wanted: list[Task] = []
    for task in tasks:
        if task is None:
            continue
        if context.started(task.id) is None:
            last = context.started(wanted[-1].id) if wanted else None
            soon = last is not None and not context.due(last, SHARE_SPACING)
            stays = over or soon or _alike(context, task) >= most
            return wanted if stays else [*wanted, task]
        wanted.append(task)
    return wanted


def _alike(context: PlanningContext, task: Task) -> int:
    """Conversations under way that name the same, of whatever experiment: some boxes freeze several
    at the same time, and what failed then would be our own doing."""
    running = (r.task for r in context.moment.running.values())
    return sum(_names_what(t) == _names_what(task) for t in running)


def _names_what(task: Task) -> str | None:
    flow = task.probe
    return flow.server_name or flow.host if isinstance(flow, Flow) else None
