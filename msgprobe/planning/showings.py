"""Which neutral server is shown which name of a service (D7).

Whoever punishes a name punishes for a while the server, too, to which it was said (see
`evidence.residual`). So a server is shown one name, and others only once it has answered to a
neutral one after that; one that does not is spent, for nothing can be learned there any more.
"""

from collections.abc import Sequence
from enum import Enum, auto
from functools import partial
from itertools import takewhile
from random import Random

from msgprobe.evidence import residual
from msgprobe.evidence.ledger import remembered
from msgprobe.model.control import Site
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Task, attempt_ids
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.name_swaps import (
    CLIENT_HELLO,
    REQUEST,
    Server,
    answering,
    every_server,
    neutral_servers,
    twin_id,
)
from msgprobe.planning.timetable import AFTERMATH, MOST_TURNS, SWAP_SERVERS


class State(Enum):
    """``CLEAR``: nothing unanswered was said there. ``PROVEN``: something was, and it answers
    others all the same. ``WAITING``: that is not known yet. ``SPENT``: it answers nobody any more,
    or took no foreign name from the beginning."""

    CLEAR = auto()
    PROVEN = auto()
    WAITING = auto()
    SPENT = auto()


def places(
    context: PlanningContext, service: Service, host: str, *, six: bool = False, least: int = 1
) -> list[Server]:
    """The servers that the name is shown to: those it was shown to, and while these cannot tell,
    another one. Two are needed where neither convicts by itself, and where they are silent to
    everybody afterwards; ``least`` where that is known otherwise. ``six``: over IPv6."""
    every = answering(context, six)
    states = {address: _state(context, site, address) for site, address in every}
    key = (service.name, host)
    mine = [pair for pair in every if key in _named(context, pair[1])]
    if _enough(context, [s for s, a in mine if states[a] is not State.SPENT], least):
        return mine
    if _punished(context) >= residual.PUNISHED_SERVERS and _known(context, service, every):
        return mine
    usual = neutral_servers(context, six)
    fresh = _fresh(context, key, usual, [p for p in every if p not in mine], states)
    if fresh is not None:
        context.promised[fresh[1]] = key
    return [*mine, *([fresh] if fresh is not None else [])]


def _enough(context: PlanningContext, telling: Sequence[Site], least: int) -> bool:
    """They can tell what is asked, by themselves or together."""
    alone = any(context.connection.fair((site,)) for site in telling)
    return len(telling) >= (least if alone else SWAP_SERVERS)


def _known(context: PlanningContext, service: Service, every: Sequence[Server]) -> bool:
    """Some name of the service has been said to a neutral server: where names are punished, others
    of it would only silence more servers."""
    return any(name == service.name for _, a in every for name, _ in _named(context, a))


def _fresh(
    context: PlanningContext,
    key: tuple[str, str],
    servers: Sequence[Server],
    others: list[Server],
    states: dict[str, State],
) -> Server | None:
    """A server that the name may be shown to now; the usual ones first, by lot. One that answers
    after another service's name may yet be silenced by this one's; where one of this service's has
    silenced a server, further ones come before that."""
    if not _proven(context, key[0], states) and _waits(context, key[0], states):
        return None
    usual = [p for p in servers if p in others]
    turn = Random(f"{context.request.seed}/{key[1]}").randrange(max(1, len(usual)))
    first = [*usual[turn:], *usual[:turn]]
    further = [p for p in others if p not in usual]
    lost = all(_taken(context, a, key[0], states) for _, a in servers)
    candidates = [*further, *first] if lost else first
    return next((p for p in candidates if _free(context, p[1], key, states[p[1]])), None)


def _about(context: PlanningContext, address: str, service: str) -> bool:
    """A name of the service was said there."""
    return any(name == service for name, _ in _named(context, address))


def _taken(context: PlanningContext, address: str, service: str, states: dict[str, State]) -> bool:
    """Nothing can be learned there, or another service's names are being told apart there, which
    one of this one's would spoil: it has silenced a server."""
    if states[address] is State.SPENT:
        return True
    others = bool(_named(context, address)) and not _about(context, address, service)
    silenced = (a for a, state in states.items() if state is State.SPENT)
    return others and any(_about(context, a, service) for a in silenced)


def _free(context: PlanningContext, address: str, key: tuple[str, str], state: State) -> bool:
    """That name may be said there: whoever was named before, it answers; or nobody was, nor is
    about to be."""
    promised = context.promised.get(address, key) == key
    clear = state is State.CLEAR and promised and not _awaited(context, address) - {key}
    return state is State.PROVEN or clear


def _proven(context: PlanningContext, service: str, states: dict[str, State]) -> bool:
    """Some server answers though a name of the service was said there."""
    answers = (address for address, state in states.items() if state is State.PROVEN)
    return any(service == name for a in answers for name, _ in _named(context, a))


def _waits(context: PlanningContext, service: str, states: dict[str, State]) -> bool:
    """A name of the service is at a server of which it is not known yet whether it minds."""
    awaited = [key for address in states for key in _awaited(context, address)]
    if any(name == service for name, _ in (*context.promised.values(), *awaited)):
        return True
    waiting = [a for a, state in states.items() if state is State.WAITING]
    return any(s == service for a in waiting for s, _ in _named(context, a))


@remembered
def _begun(context: PlanningContext, address: str) -> tuple[Task, ...]:
    known = [m.task for m in context.facts.measured(Arm.TARGET_SNI_ELSEWHERE)]
    known += [r.task for r in context.moment.running.values()]
    return tuple(
        t
        for t in known
        if t.arm is Arm.TARGET_SNI_ELSEWHERE
        and isinstance(t.probe, Flow)
        and t.probe.address == address
    )


@remembered
def _awaited(context: PlanningContext, address: str) -> frozenset[tuple[str, str]]:
    """Services and names of theirs that wait for their turn to be said there."""
    waiting = [t for t in context.moment.queued.values() if t.arm is Arm.TARGET_SNI_ELSEWHERE]
    flows = [(t.subject, t.probe) for t in waiting]
    return frozenset(
        (service, flow.server_name or "")
        for service, flow in flows
        if isinstance(flow, Flow) and flow.address == address
    )


@remembered
def _named(context: PlanningContext, address: str) -> frozenset[tuple[str, str]]:
    """Services and names of theirs that were said there, or are about to be."""
    said = ((t.subject, t.flow.server_name or "") for t in _begun(context, address))
    return frozenset(said) | _awaited(context, address)


def _unanswered(context: PlanningContext, address: str) -> list[Task]:
    begun = _begun(context, address)
    known = ((t, context.conversation(t.id)) for t in begun)
    return [t for t, seen in known if seen is None or not residual.passed(seen)]


def _first_said(context: PlanningContext, address: str) -> list[float]:
    """When the first unanswered name of each service was said there."""
    begun: dict[str | None, float] = {}
    for task in _unanswered(context, address):
        if (at := context.started(task.id)) is not None:
            begun[task.subject] = min(at, begun.get(task.subject, at))
    return list(begun.values())


@remembered
def _state(context: PlanningContext, site: Site, address: str) -> State:
    if _takes_none(context, site, address):
        return State.SPENT
    every = _first_said(context, address)
    if not every:
        return State.CLEAR
    since = max(every)  # an answer before that tells nothing about the last service
    after = [
        t for t in context.facts.arm(*residual.PLAIN) if t.address == address and t.dialled > since
    ]
    if any(map(residual.answered, after)):
        return State.PROVEN
    silent = any(t.symptom is not None for t in after) or _hangs(context, address, since)
    return State.SPENT if silent else State.WAITING


def _hangs(context: PlanningContext, address: str, since: float) -> bool:
    """A neutral conversation that began there after that has waited longer than any honest answer
    takes."""
    return any(
        isinstance(r.task.probe, Flow)
        and r.task.probe.address == address
        and r.task.arm in residual.PLAIN
        and r.since > since
        and context.dead(r.task.id)
        for r in context.moment.running.values()
    )


def _takes_none(context: PlanningContext, site: Site, address: str) -> bool:
    """It answers to no foreign name, or was lost before one of a service could be said there."""
    twins = [context.conversation(twin_id((site, address), m)) for m in (CLIENT_HELLO, REQUEST)]
    known = [t for t in twins if t is not None]
    if known and not any(t.answered_tls for t in known):
        return True
    ended = [t for b in _begun(context, address) if (t := context.conversation(b.id)) is not None]
    return bool(ended) and all(t.tls is None for t in ended)


def _punished(context: PlanningContext) -> int:
    """Servers that have been silent to everybody since a name was said there."""
    spent = (a for site, a in every_server(context) if _state(context, site, a) is State.SPENT)
    return sum(a in context.facts.marked for a in spent)


def spent(context: PlanningContext, site: Site, address: str) -> bool:
    """Nothing can be learned there any more."""
    return _state(context, site, address) is State.SPENT


def neutral_due(context: PlanningContext, address: str, twin: str) -> int:
    """How often to ask there for a neutral name once more, in all: once when an unanswered name of
    a service was said long enough ago; again when one was said since, on a line that is not brisk
    twice at most for each service. ``twin`` is the first task that asks so."""
    tasks = _unanswered(context, address)
    wait = AFTERMATH + 2 * (context.facts.rtt or 0.0)
    if not context.brisk:
        over = any(context.ended(t.id) is not None for t in tasks)
        first = over or context.due(min(_first_said(context, address), default=None), wait)
        most = min(MOST_TURNS - 1, 2 * len({t.subject for t in tasks}))
        again = takewhile(partial(_died_since, context, tasks), attempt_ids(twin, most)[1:])
        return int(first) + len(list(again))
    begun = sorted(at for t in tasks if (at := context.started(t.id)) is not None)
    for number, turn in enumerate(attempt_ids(twin, MOST_TURNS)[1:]):
        if not begun or not context.due(begun[0], wait):
            return number
        asked = context.started(turn)
        begun = [at for at in begun if asked is not None and at >= asked]
    return MOST_TURNS - 1


def _died_since(context: PlanningContext, tasks: Sequence[Task], asked: str) -> bool:
    """One of those names, said after that, has died: is the server still there?"""
    since = context.started(asked)
    ended = [context.started(t.id) for t in tasks if context.ended(t.id) is not None]
    return since is not None and any(begun >= since for begun in ended if begun is not None)
