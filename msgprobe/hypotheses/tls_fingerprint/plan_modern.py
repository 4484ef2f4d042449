"""D19: the service answers small ClientHellos; does it answer those of modern clients?

They take two TCP segments, for they bear a post-quantum key share, and offer HTTP/2; this program's
usual one is small and does not. Where all is well a name or two of each service are greeted so, and
where that dies it is asked whether it is the name.
"""

from collections.abc import Iterator
from dataclasses import replace

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.ledger import remembered
from msgprobe.model.cost import MODERN
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import base_tasks, first_endpoints, joined_later
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import foreign_name, troubled
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope
from msgprobe.planning.name_swaps import dying_names, neutral_servers
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.purpose import Purpose, named
from msgprobe.planning.shared_experiments import MODERN_HELLO
from msgprobe.planning.suspects import Suspect, suspects, variation
from msgprobe.planning.timetable import AS_LONG, MODERN_NAMES

PORT = 443
"""Where HTTP/2 is spoken."""

_WEB = ("https", "http2")

_CHANGES = "ClientHello: a modern client's, two segments long, with HTTP/2"
_REASON = "does it answer ClientHellos as modern clients send them, too?"


def _named(scope: Scope) -> Iterator[Place]:
    """Each name and port of a service that a ClientHello is about; none with ``--quick``."""
    found: dict[tuple[str, str, int], Place] = {}
    for service, endpoint in () if scope.request.quick else at.streams(scope):
        if endpoint.host and not scope.traits.sends_no_name(endpoint):
            place = Place(target=endpoint.host, subject=service.name, port=endpoint.port)
            found.setdefault((service.name, endpoint.host, endpoint.port), place)
    yield from found.values()


def _servers(scope: Scope) -> Iterator[Place]:
    """Neutral servers, for each service; none with ``--quick``."""
    yield from () if scope.request.quick else at.any_name_sites(scope)


_OWN = Line(Part.FAILS, _named, 2, "http2", TRIES, _REASON, at.UNLESS_SLOW, options=MODERN_HELLO)
_ELSEWHERE = Line(
    Part.ELSEWHERE,
    _servers,
    2,
    "http2",
    2 * TRIES,
    "{title}'s name in a modern ClientHello: does the fault follow it?",
    "if a modern ClientHello dies where small ones pass",
    options=MODERN_HELLO,
)

# A first look, as the services' own conversations are, and what it takes to read it: the budget
# leaves out neither.
EXPERIMENTS = (
    Experiment(Arm.MODERN, MODERN, None, (_OWN,)),
    Experiment(Arm.MODERN_ELSEWHERE, MODERN, None, (_ELSEWHERE,)),
    Experiment(Arm.MODERN_NEUTRAL, MODERN, None, (_ELSEWHERE,)),
)

_OTHERS = "the neutral half of the pair: does this server answer other names in such a ClientHello?"
_TWIN = Purpose(
    Arm.MODERN_NEUTRAL, "tls", _OTHERS, 2, f"{_CHANGES}; server name: a neutral one, not its own"
)


def plan_modern(context: PlanningContext) -> list[Task]:
    """Once a neutral site has answered to such a ClientHello; none is begun on a line that cannot
    take more, nor where ours have another shape already."""
    if context.request.quick or context.facts.other_shape or troubled(context):
        return []
    if not any(context.good(f"g.big.{v.site.name}") for v in context.connection.abroad):
        return []
    return [t for service in context.services for t in _of_service(context, service)]


@remembered
def _of_service(context: PlanningContext, service: Service) -> tuple[Task, ...]:
    chosen = _chosen(context, service)
    tasks: list[Task] = []
    for s in chosen:
        if _well(context, s.task):
            tasks += context.tries(_own(context, service, s))
    dead = [s for s in chosen if _dies(context, _own(context, service, s))]
    for s in sorted(dead, key=lambda s: not _asked_elsewhere(context, service, s)):
        shown = _elsewhere(context, service, s)
        tasks += shown
        # Where one name passes, the censor's list may hold the other.
        if not any(context.good(t.id) for t in shown if t.arm is Arm.MODERN_ELSEWHERE):
            break
    return tuple(tasks)


def _chosen(context: PlanningContext, service: Service) -> list[Suspect]:
    """Two names that work, of different zones where there are such, for a censor's list may hold
    one of them; where one dies, a name of each other pool as well, to see what users lose. One on a
    line that is to be spared."""
    candidates = _candidates(context, service)
    if context.choking or not context.roomy or _small_ones_die(context, service):
        candidates = tuple(s for s in candidates if _begun(context, service, s))
    apart = first_of_each(candidates, _zone)[:MODERN_NAMES]
    pools = {s.pool.name for s in apart}
    rest = first_of_each((s for s in candidates if s.pool.name not in pools), lambda s: s.pool.name)
    first = [*apart, *rest][:MODERN_NAMES]
    if context.sparing:
        first = [s for s in first if s is first[0] or _begun(context, service, s)]
    some_die = any(_dies(context, _own(context, service, s)) for s in first)
    return [*apart, *rest] if some_die else first


def _small_ones_die(context: PlanningContext, service: Service) -> bool:
    """At the ClientHello, or hang: then more of ours at the same time would only blur why."""
    return bool(dying_names(context, suspects(context, service)))


def _dies(context: PlanningContext, own: Task) -> bool:
    """The first attempt died, also after its handshake, and no other was answered. What hangs is
    waited for: small ones are answered, so that nothing hurries."""
    first = context.conversation(own.id)
    failed = first is not None and first.symptom is not None
    return failed and not any(context.good(i) for i in own.attempts())


@remembered
def _candidates(context: PlanningContext, service: Service) -> tuple[Suspect, ...]:
    """Conversations inside TLS that ended well, at whatever attempt, or still may: which name is
    greeted so must not hang on which was the quickest. Those first that were greeted so before,
    then web ones: HTTP/2 is theirs."""
    found = []
    for pool, endpoint in first_endpoints(context, service):
        for task in () if pool.caveat else base_tasks(context, service, endpoint):
            named = task.flow.server_name is not None and task.flow.port == PORT
            speaks = named and context.traits.speaks_tls(endpoint)
            if speaks and (_well(context, task) or _may_end_well(context, task)):
                found.append(Suspect(pool=pool, endpoint=endpoint, task=task))
    kinds = (*_WEB, "")
    return tuple(
        sorted(
            found,
            key=lambda s: (
                not _begun(context, service, s),
                kinds.index(s.endpoint.check if s.endpoint.check in _WEB else ""),
            ),
        )
    )


def _well(context: PlanningContext, task: Task) -> Conversation | None:
    """Its first attempt that ended well: what our own crowd kept out at first may work."""
    told = (context.conversation(i) for i in task.attempts())
    return next((t for t in told if t is not None and t.genuine and t.authenticated), None)


def _may_end_well(context: PlanningContext, task: Task) -> bool:
    """Nothing is known of it yet. Who joins because others failed does not count before it has
    begun: the budget may leave it out, and all others would wait for it."""
    if context.conversation(task.id) is not None or context.stalled(task):
        return False
    joined = (task.subject, task.endpoint) in joined_later(context)
    return not joined or context.started(task.id) is not None


def _zone(s: Suspect) -> str:
    """What a name's owner has registered, as far as that can be told without a list."""
    return ".".join((s.endpoint.host or "").rsplit(".", 2)[-2:])


def _begun(context: PlanningContext, service: Service, s: Suspect) -> bool:
    """Or waits for its turn: whoever works by then must not be chosen beside it."""
    task_id = _own_id(service, s)
    return context.started(task_id) is not None or task_id in context.moment.queued


def _modern(flow: Flow, check: str) -> Flow:
    """In that shape; what a protocol of its own is called stays. Pages are asked for without their
    bodies, but who speaks nothing but HTTP/2 is asked as ever."""
    own = {**dict(MODERN_HELLO), **dict(flow.options), OPTION: Hello.MODERN.value}
    return flow.with_options(own if check == "http2" else {**own, "method": "HEAD"})


def _check(s: Suspect) -> str:
    """As far as clients go: those of the web ask for something."""
    return "http2" if s.endpoint.check in _WEB else "tls"


def _own_id(service: Service, s: Suspect) -> str:
    return f"d19.{service.name}.{s.endpoint.name}.{s.address}"


def _own(context: PlanningContext, service: Service, s: Suspect) -> Task:
    flow = _modern(s.task.flow, s.endpoint.check)
    task = variation(s, service, Arm.MODERN, _own_id(service, s), flow, _CHANGES, _check(s))
    small = _well(context, s.task)
    took = context.facts.window(small).seconds if small is not None else 0.0
    timeout = max(context.hello_timeout(), min(context.timeout(), AS_LONG * took))
    return replace(task, reason=_REASON, timeout=timeout)


def _asked_elsewhere(context: PlanningContext, service: Service, s: Suspect) -> bool:
    """Whoever was taken there before stays: another that dies meanwhile adds nothing."""
    tasks = _elsewhere(context, service, s)
    return any(context.started(t.id) is not None for t in tasks if t.arm is Arm.MODERN_ELSEWHERE)


def _elsewhere(context: PlanningContext, service: Service, s: Suspect) -> list[Task]:
    """The name at a neutral server that can convict by itself, else at two."""
    servers = neutral_servers(context)
    if servers and context.connection.fair((servers[0][0],)):
        servers = servers[:1]
    tasks: list[Task] = []
    for site, address in servers:
        host = s.endpoint.host or ""
        flow = _modern(context.https(address, host, trust=None), s.endpoint.check)
        task_id = f"d19.{service.name}.{host}.{site.name}"
        changes = f"{_CHANGES}; address: a neutral server"
        check = _check(s)
        base = variation(s, service, Arm.MODERN_ELSEWHERE, task_id, flow, changes, check)
        tasks += context.tries(replace(base, timeout=context.hello_timeout()))
        other = named(flow, foreign_name(context, site))
        twin = f"d19.neutral.{site.name}.{check}"
        patience = context.hello_timeout()
        tasks.append(_TWIN.task(twin, site.name, other, patience, check=check))
    return tasks
