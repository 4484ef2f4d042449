"""Calls: neutral servers to compare with, what changes where STUN fails, and trains of packets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from msgprobe.evidence.facts import TRIES
from msgprobe.model.control import CallServer, Controls
from msgprobe.model.cost import RESOLVE, STUN
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import base_tasks, first_endpoints
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.public_resolvers import SYSTEM, all_encrypted, living_encrypted
from msgprobe.planning.purpose import Purpose, question
from msgprobe.planning.timetable import (
    CALL_SERVERS,
    CALLS_A_POOL,
    MORE_CALL_SERVERS,
    SUSPICIOUS_LOSS,
    TOO_LATE,
    TRAIN,
    TRAIN_SPACING,
    TRAINS,
)

CHECK = "stun"


def plan_calls(context: PlanningContext) -> list[Task]:
    """Everything about calls beyond the endpoints' own conversations."""
    pairs, local = _pairs(context), context.facts.local
    if not pairs or local is None or not (local.route4 or local.route6):
        return []
    if not context.connection.open:  # by the time it is, where they are is known
        return [_name_task(context, server) for server in call_servers(context.controls)]
    failing = failing_calls(context)
    tasks = _neutral(context, bool(failing))
    for one in first_of_each(failing, lambda f: (f[0].name, f[1].pool), CALLS_A_POOL):
        tasks += _otherwise(*one)
    return [*tasks, *_trains(context, pairs)]


def _pairs(context: PlanningContext) -> list[tuple[Service, Endpoint]]:
    return [
        (service, endpoint)
        for service in context.services
        for _, endpoint in first_endpoints(context, service)
        if endpoint.check == CHECK
    ]


def failing_calls(context: PlanningContext) -> list[tuple[Service, Endpoint, Task]]:
    """Conversations with services' own call servers that failed or hang."""
    return [
        (service, endpoint, task)
        for service, endpoint in _pairs(context)
        for task in base_tasks(context, service, endpoint)
        if context.started(task.id) is not None and context.suspicious(task)
    ]


def call_servers(controls: Controls, most: int = CALL_SERVERS) -> tuple[CallServer, ...]:
    """Neutral servers, those in networks of their own first."""
    first = first_of_each(controls.calls, lambda server: server.network)
    rest = [server for server in controls.calls if server not in first]
    # As many as are asked at first are all in different networks where there are enough.
    return tuple([*first[:CALL_SERVERS], *rest, *first[CALL_SERVERS:]][:most])


def _names(scope: Scope) -> Iterator[Place]:
    """Names of the neutral call servers."""
    for place in _servers(scope):
        yield at.question(scope, SYSTEM, place.target, place.condition)
        for resolver in all_encrypted(scope.controls, scope.request):
            yield at.question(scope, resolver, place.target, at.FAILS)


def _servers(scope: Scope) -> Iterator[Place]:
    """Neutral call servers, where calls are measured at all."""
    if all(e.check != CHECK for _, e in at.endpoints(scope)):
        return
    first = call_servers(scope.controls)
    for server in call_servers(scope.controls, MORE_CALL_SERVERS):
        where = (CHECK, server.host, server.port)
        trains = 0 if scope.request.quick else TRAINS * scope.flow(*where, _TRAIN)
        yield Place(
            target=server.host,
            subject=server.name,
            port=server.port,
            condition="" if server in first else "if a service's call server does not answer",
            words={"owner": server.owner},
            most=(TRIES + 1) * scope.flow(*where) + trains,
        )


_TRAIN = (("count", str(TRAIN)), ("spacing", str(TRAIN_SPACING)))
_STREAM = (("transport", "tcp"),)

_line = partial(Line, Part.CALLS_FAIL, at.call_endpoints, 2, CHECK)
_OWNER = "neutral call server to compare with ({owner})"
_TCP = "{title}: STUN over TCP at the same place"
_SHARE = "{title}: what share of a call's packets would arrive?"
_NEUTRAL = (Line(Part.CALLS, _names, 1), Line(Part.CALLS, _servers, 1, CHECK, 1, _OWNER))
_OVER_TCP = _line(3, _TCP, at.FAILS, options=_STREAM, kind="tcp")
_PACKETS = _line(TRAINS, _SHARE, "if it answers", options=_TRAIN, kind="train")

EXPERIMENTS = (
    Experiment(Arm.NEUTRAL_CALL, (STUN, RESOLVE), None, _NEUTRAL),
    Experiment(Arm.NEUTRAL_FORM, (STUN,), None, _NEUTRAL),
    Experiment(Arm.NEUTRAL_TRAIN, (STUN,), None, _NEUTRAL),
    Experiment(Arm.OTHER_TRANSPORT, (STUN,), None, (_OVER_TCP,)),
    Experiment(Arm.TRAIN, (STUN,), None, (_PACKETS,)),
)

_NAME = question(Arm.NEUTRAL_CALL, "where is a neutral call server?")
_SERVER = Purpose(Arm.NEUTRAL_CALL, CHECK, "does a neutral call server answer?", 1)


def _name_task(context: PlanningContext, server: CallServer) -> Task:
    families = context.request.families
    return _NAME.lookup(f"u.name.{server.host}", server.host, SYSTEM, families)


def _resolved(context: PlanningContext, server: CallServer) -> list[Task]:
    """Where it is: an encrypted resolver says it where the connection's own gives nothing, so that
    silence is compared there as well."""
    mine = _name_task(context, server)
    waiting = context.ended(mine.id) is None and not context.due(context.started(mine.id))
    if waiting or context.known(server.host, server.addresses):
        return [mine]
    families = context.request.families
    others = living_encrypted(context)[:1]
    asked = [_NAME.lookup(f"{mine.id}.{r.name}", server.host, r, families) for r in others]
    return [mine, *asked]


def _neutral(context: PlanningContext, failing: bool) -> list[Task]:
    tasks: list[Task] = []
    for server in call_servers(context.controls, MORE_CALL_SERVERS if failing else CALL_SERVERS):
        tasks += _resolved(context, server)
        address = _address(context, server)
        if address is None:
            continue
        base = _server_task(context, server, address)
        tasks += context.tries(base)
        if failing and context.good(base.id):  # what passed before shows nothing of now
            tasks.append(base.again(2, reason=f"once more, to be sure: {base.reason}"))
        if failing and context.suspicious(base):
            tasks.append(
                replace(
                    base,
                    id=f"u.form.{server.name}",
                    round=2,
                    arm=Arm.NEUTRAL_FORM,
                    probe=replace(base.flow, options=(("form", "classic"),)),
                    changes="payload: STUN as it was before 2008",
                    reason="is the protocol recognised, or does nothing pass?",
                )
            )
    return tasks


def _address(context: PlanningContext, server: CallServer) -> str | None:
    """IPv4 where there is any: call servers' IPv6 is rarer than their IPv4."""
    good = context.known(server.host, server.addresses)
    proved = context.facts.name(server.host).encrypted_addresses
    picks = context.dialable(good or proved, four=1, six=1)
    return picks[0] if picks else None


def _server_task(context: PlanningContext, server: CallServer, address: str) -> Task:
    flow = context.flow(address, server.port, server.host, trust=None)
    return _SERVER.task(f"u.{server.name}", server.name, flow, context.timeout())


def _otherwise(service: Service, endpoint: Endpoint, task: Task) -> list[Task]:
    """The same address and port: STUN in its older form (D14), and over TCP (D10)."""
    flow = task.flow
    variants = (
        (Arm.OTHER_PAYLOAD, "form", "classic", "payload: STUN as it was before 2008"),
        (Arm.OTHER_TRANSPORT, "transport", "tcp", "transport: TCP"),
    )
    return [
        replace(
            task,
            id=f"{arm.value.split('.')[0]}.{service.name}.{endpoint.name}.{flow.address}.{value}",
            round=2,
            arm=arm,
            attempt=1,
            probe=replace(flow, options=((key, value),)),
            changes=changes,
            reason=f"which change makes {service.title}'s call server answer?",
        )
        for arm, key, value, changes in variants
    ]


# -- trains: what share of the packets of a call would arrive?


def _trains(context: PlanningContext, pairs: list[tuple[Service, Endpoint]]) -> list[Task]:
    """All at the same time, so that a crowded line hurts all of them alike."""
    if context.sparing:
        return []
    servers = [(s, a) for s in call_servers(context.controls) if (a := _address(context, s))]
    neutral = _good(context, (_server_task(context, *one) for one in servers))
    mine = [base_tasks(context, s, e) for s, e in pairs]
    bases = first_of_each(_good(context, (t for own in mine for t in own[:1])), _place)
    waiting = [t for own in mine for t in own if _undecided(context, t)]
    if len(neutral) < 2 or not bases or waiting:
        return []
    tasks: list[Task] = []
    for turn in range(TRAINS):
        if turn and not _lossy(context, bases, turn - 1):
            break
        tasks += [_train(context, t, Arm.TRAIN, turn) for t in bases]
        tasks += [_train(context, t, Arm.NEUTRAL_TRAIN, turn) for t in neutral]
    return tasks


def _good(context: PlanningContext, tasks: Iterable[Task]) -> list[Task]:
    return [t for t in tasks if context.good(t.id)]


def _place(task: Task) -> tuple[str, int]:
    return task.flow.address, task.flow.port


def _undecided(context: PlanningContext, task: Task) -> bool:
    return context.ended(task.id) is None and not context.suspicious(task)


def _lossy(context: PlanningContext, bases: list[Task], turn: int) -> bool:
    """A train of the service's own lost many packets."""
    conversations = [context.conversation(_train_id(t, turn)) for t in bases]
    return any(
        t is not None
        and t.protocol is not None
        and t.protocol.round_trips.count(None) >= SUSPICIOUS_LOSS
        for t in conversations
    )


def _train_id(base: Task, turn: int) -> str:
    return f"train{turn}.{base.id}"


def _train(context: PlanningContext, base: Task, arm: Arm, turn: int) -> Task:
    patience = f"{TOO_LATE + (context.facts.rtt or 0.0):.2f}"
    train = {"count": str(TRAIN), "spacing": str(TRAIN_SPACING), "patience": patience}
    return replace(
        base,
        id=_train_id(base, turn),
        round=2,
        arm=arm,
        attempt=1,
        probe=base.flow.with_options(train),
        changes=f"{TRAIN} packets, {TRAIN_SPACING * 1000:.0f} ms apart",
        reason="what share of a call's packets would arrive?",
    )
