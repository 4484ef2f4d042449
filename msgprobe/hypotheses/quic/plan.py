"""QUIC beside TCP: one handshake a name, and what tells a name's fault from that of UDP port 443.

Left out with ``--quick``. Nothing more is sent for the services' sake before a neutral server has
answered over QUIC: many networks drop all of it.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.ledger import remembered
from msgprobe.hypotheses.quic.rules import ARMS, CHECK, answered, unanswered
from msgprobe.hypotheses.quic.timetable import (
    INITIALS,
    LEAST_WAIT,
    MANY_LOST,
    QUIC_ADDRESSES,
    QUIC_FOREIGN,
    QUIC_SITES,
    TIMES_AS_LONG,
)
from msgprobe.model.control import Controls, Site
from msgprobe.model.cost import OVER_QUIC
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning import places as at
from msgprobe.planning.after_outages import AGAIN, is_back, once_more
from msgprobe.planning.baseline import endpoint_flow, extra_endpoints, flow_task, name_task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import chosen_sites, foreign_name, neutral_name, spare_address
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope, Telling
from msgprobe.planning.patience import punished_services
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.purpose import Purpose, named
from msgprobe.planning.timetable import ANSWERED, OVERDUE, SENT_AGAIN, SERIES, SOON

PORT = 443

_NEGOTIATION = (("form", "negotiation"),)

Suspect = tuple[Service, Endpoint, Task]
"""A name that was silent over QUIC, and how it was asked."""


def quic_sites(controls: Controls, request: Request) -> list[Site]:
    """Neutral sites abroad that speak QUIC, one a network; also such as are asked nothing else, if
    an address of theirs is known."""
    chosen = chosen_sites(controls, request)
    fit = (s for s in controls.abroad if s.quic and (s.addresses or s in chosen))
    return first_of_each(fit, lambda site: site.network)[:QUIC_SITES]


def _sites(scope: Scope) -> Iterator[Place]:
    """Neutral servers under their own names (kind "own") and under each of the services' (kind
    "named"), a neutral one before and after; none when no service has anything to ask over QUIC."""
    asked = at.extras(scope)
    each = TRIES + QUIC_FOREIGN + 1
    named = SERIES * each * len(asked) * scope.flow(CHECK, "", PORT)
    for number, site in enumerate(quic_sites(scope.controls, scope.request) if asked else []):
        yield at.at_site(site, NEUTRAL if number else "", kind="own")
        yield at.at_site(site, NEUTRAL, kind="named", most=named)


NEUTRAL = "if another server is silent over QUIC"
SILENT = "if it is silent over QUIC"
MOST = SERIES * QUIC_ADDRESSES * (2 * TRIES + 1)
"""At each address: the name again, a neutral one, and no name."""

_line = partial(Line, Part.EXTRAS)
_WORKS = "neutral server ({owner}): does QUIC work here?"
_FOLLOWS = "a service's name at a neutral server: does the fault follow it?"
_OWN = _line(_sites, 1, CHECK, 1, _WORKS, kind="own")
_HERE = _line(at.extras, 2, CHECK, MOST, "the name again, another name, no name", SILENT)
_THERE = _line(_sites, 2, CHECK, 1, _FOLLOWS, kind="named")

EXPERIMENTS = (
    Experiment(Arm.QUIC_NEUTRAL, (OVER_QUIC,), None, (_OWN,)),
    Experiment(Arm.QUIC_OTHER_SNI, (OVER_QUIC,), Telling.REFINEMENT, (_HERE,)),
    Experiment(Arm.QUIC_NEGOTIATION, (OVER_QUIC,), Telling.REFINEMENT, (_HERE,)),
    Experiment(Arm.QUIC_ELSEWHERE, (OVER_QUIC,), Telling.REFINEMENT, (_THERE,)),
    Experiment(Arm.QUIC_NEUTRAL_ELSEWHERE, (OVER_QUIC,), None, (_THERE,)),
)

_OWN_NAME = Purpose(Arm.QUIC_NEUTRAL, CHECK, "does a neutral server answer over QUIC?", 1)
_OTHERS = "the neutral half of the pair: does this server answer other names over QUIC?"
_FOREIGN = "server name: a neutral one, not its own"
_OTHER_NAME = Purpose(Arm.QUIC_NEUTRAL_ELSEWHERE, CHECK, _OTHERS, 2, _FOREIGN)


def plan_quic(context: PlanningContext) -> list[Task]:
    """Everything over QUIC that is wanted by now."""
    wanted = [(s, e) for s in context.services for e in extra_endpoints(s, context.request)]
    if not wanted or not context.connection.open:
        return []
    tasks: list[Task] = []
    suspects: list[Suspect] = []
    for service, endpoint in wanted:
        assert endpoint.host is not None  # the catalogue sees to that
        tasks.append(name_task(service, endpoint.host, context.request))
        for base in _bases(context, service, endpoint):
            tasks.append(base)
            if _silent(context, base) and service.name not in punished_services(context):
                suspects.append((service, endpoint, base))
    neutral = _neutral(context, more=bool(suspects))
    tasks += neutral
    servers = [t for t in neutral if _answers(context, t)]
    return [*tasks, *_looked_into(context, suspects, servers)] if servers else tasks


def _looked_into(
    context: PlanningContext, suspects: list[Suspect], servers: list[Task]
) -> Iterator[Task]:
    """What tells why these are silent; at neutral servers one name of each service."""
    done: set[tuple[str, str]] = set()
    for service, endpoint, base in _after_outages(context, suspects):
        yield from context.tries(base, Arm.REPEAT, apart=_apart(context))
        if not _silent(context, base):
            continue
        yield from _here(context, service, endpoint, base)
        if (service.name, _when(base)) not in done:
            done.add((service.name, _when(base)))
            yield from _elsewhere(context, service, endpoint, base, servers)


def _after_outages(context: PlanningContext, suspects: list[Suspect]) -> Iterator[Suspect]:
    """All of them, and once more those that were asked while the line was dead, with all that it
    takes to tell why they are silent."""
    yield from suspects
    outages = context.connection.outages
    if not is_back(context, outages):
        return
    for service, endpoint, base in suspects:
        again = once_more(context, outages, base)
        if again is not None:
            yield service, endpoint, again


def _when(base: Task) -> str:
    """What ids of tasks end in that belong to it: nothing, or that the line had been dead."""
    return "" if base.arm is Arm.BASE else AGAIN


def _patience(context: PlanningContext) -> float:
    """Seconds for one handshake: three Initial packets (0, 1 and 3 s) and time for the answer; on a
    brisk line that is a short one, and on any that does not lose much it is measured by the
    answers that came over QUIC."""
    if context.brisk:
        return INITIALS + max(SENT_AGAIN, ANSWERED * (context.facts.rtt or 0.0))
    usual = max(5.0, context.timeout() - INITIALS)
    slowest = _slowest_answer(context)
    if slowest is None or context.sent_again > MANY_LOST:
        return usual
    return min(usual, INITIALS + max(LEAST_WAIT, TIMES_AS_LONG * slowest))


@remembered
def _slowest_answer(context: PlanningContext) -> float | None:
    """Seconds after which the slowest answer over QUIC came in this run, on a neutral server's part
    or a service's; none if nobody has answered."""
    asked = context.facts.arm(Arm.BASE, Arm.REPEAT, *ARMS)
    answers = (c.protocol for c in asked if c.task.check == CHECK and answered(c))
    return max((a.first_byte for a in answers if a and a.first_byte is not None), default=None)


def _apart(context: PlanningContext) -> float | None:
    """Seconds between attempts on a brisk line, where each loses three Initial packets in seconds
    in which other names are answered; as usual on any other."""
    return SOON if context.brisk else None


def _answers(context: PlanningContext, task: Task) -> bool:
    return _answered(context, task.id)


def _answered(context: PlanningContext, task_id: str) -> bool:
    conversation = context.conversation(task_id)
    return conversation is not None and answered(conversation)


def _quiet(context: PlanningContext, task: Task) -> bool:
    """Nothing came, or nothing has come for longer than an honest answer takes."""
    conversation = context.conversation(task.id)
    if conversation is not None:
        return unanswered(conversation)
    late = context.brisk and context.due(context.since(task.id), OVERDUE)
    return late or context.stalled(task)


def _silent(context: PlanningContext, task: Task) -> bool:
    """As `_quiet`, but for ports that are closed: a server without QUIC is nobody's doing."""
    conversation = context.conversation(task.id)
    refused = (
        conversation is not None
        and conversation.failure is not None
        and not conversation.failure.is_silence
    )
    return _quiet(context, task) and not refused


def _bases(context: PlanningContext, service: Service, endpoint: Endpoint) -> list[Task]:
    """As a browser would do it: one address, another one when that is silent."""
    name = context.facts.name(endpoint.host or "")
    good = [a for a in name.system_addresses if context.facts.leads_out(a)]
    tasks: list[Task] = []
    for address in context.dialable(good, four=QUIC_ADDRESSES, six=0):
        base = replace(
            flow_task(context, service, endpoint, address),
            reason="does it answer over QUIC, with its name inside?",
            timeout=_patience(context),
        )
        tasks.append(base)
        if not _silent(context, base):
            break
    return tasks


def _neutral(context: PlanningContext, *, more: bool) -> list[Task]:
    """Neutral servers under their own names: one, with ``more`` or when it is silent another."""
    tasks: list[Task] = []
    for site in quic_sites(context.controls, context.request):
        good = context.known(site.host, site.addresses)
        for usual in context.dialable(good, four=1, six=0)[:1]:
            address = spare_address(context, site, usual)
            flow = context.https(address, site.host)
            tasks.append(_OWN_NAME.task(f"q.site.{site.name}", site.name, flow, _patience(context)))
        if not more and tasks and not _quiet(context, tasks[-1]):
            break
    return tasks


def _probe(
    context: PlanningContext, base: Task, arm: Arm, task_id: str, flow: Flow, changes: str
) -> Task:
    return replace(
        base,
        id=task_id,
        round=2,
        arm=arm,
        probe=flow,
        changes=changes,
        reason="which change makes it answer over QUIC?",
        timeout=_patience(context),
    )


def _here(context: PlanningContext, service: Service, endpoint: Endpoint, base: Task) -> list[Task]:
    """The same address: another name in the Initial, and no name at all."""
    address = base.flow.address
    stem = f"{service.name}.{endpoint.name}.{address}{_when(base)}"
    flow = replace(endpoint_flow(context, service, endpoint, address), trust=None, roots_of=None)
    other = replace(flow, server_name=neutral_name(context))
    nameless = replace(flow, server_name=None, options=_NEGOTIATION)
    changes = "payload: version negotiation, without a name"
    arm = Arm.QUIC_OTHER_SNI
    swap = _probe(context, base, arm, f"q.sni.{stem}", other, "server name: a neutral one")
    arm = Arm.QUIC_NEGOTIATION
    return [
        *_tries(context, swap),
        _probe(context, base, arm, f"q.negotiation.{stem}", nameless, changes),
    ]


def _tries(context: PlanningContext, task: Task) -> list[Task]:
    """With its repeats, unless it was answered: for an experiment any answer will do."""
    return [task] if _answers(context, task) else context.tries(task, apart=_apart(context))


def _elsewhere(
    context: PlanningContext, service: Service, endpoint: Endpoint, base: Task, servers: list[Task]
) -> Iterator[Task]:
    """The service's name at a neutral server, a neutral name there before and meanwhile.

    At the next server only when the first is silent about the service's name and what is known by
    then is not enough, so that it can show that QUIC works although the first is dead by now.
    """
    for server in servers:
        site = context.controls.site(server.subject)
        stem = f"{service.name}.{endpoint.name}.{site.name}{_when(base)}"
        before = _foreign(context, site, server.flow, f"q.before.{stem}")
        silent = _quiet(context, before)
        again = partial(context.tries, times=QUIC_FOREIGN, apart=_apart(context))
        foreign = again(before) if silent else [before]
        yield from foreign
        if not any(_answered(context, i) for i in before.attempts(QUIC_FOREIGN)):
            more = silent and len(foreign) < QUIC_FOREIGN
            if more or context.ended(foreign[-1].id) is None:
                return
            continue  # it takes no foreign names, so that its silence would mean nothing
        flow = replace(named(server.flow, endpoint.host or ""), trust=None)
        arm, changes = Arm.QUIC_ELSEWHERE, "address: a neutral server"
        asked = _probe(context, base, arm, f"q.elsewhere.{stem}", flow, changes)
        yield from _tries(context, asked)
        if context.started(asked.id) is None:
            return
        meanwhile = _foreign(context, site, server.flow, f"q.meanwhile.{stem}")
        yield meanwhile
        at_home = any(_answers(context, t) for t in _here(context, service, endpoint, base))
        if not _quiet(context, asked) or (at_home and _answers(context, meanwhile)):
            return


def _foreign(context: PlanningContext, server: Site, probe: Flow, task_id: str) -> Task:
    flow = replace(named(probe, foreign_name(context, server)), trust=None)
    return _OTHER_NAME.task(task_id, server.name, flow, _patience(context))
