"""D8: the service's own name, at the address where it dies, in a ClientHello of another shape.

A server reads a stream and cannot tell where it was cut: only who reads single segments can.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from msgprobe.evidence.ledger import remembered
from msgprobe.model.control import Site
from msgprobe.model.cost import TLS
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import shape_id
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import foreign_sites, troubled
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope, Telling
from msgprobe.planning.name_swaps import dying_names, follows, swap_id
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.shared_experiments import OTHER_HELLO
from msgprobe.planning.suspects import Suspect, offered, suspects, variation
from msgprobe.planning.timetable import (
    NAMES_A_POOL,
    SHAPED_NAMES,
    SHAPED_SITES,
)

SHAPES = {
    Hello.SPLIT: "ClientHello: cut in two inside the name",
    Hello.OTHER: "ClientHello: another program's",
    Hello.LARGE: "ClientHello: two segments long",
}


def _named(scope: Scope) -> Iterator[Place]:
    """Each name and port that ClientHellos are about, in every shape for each endpoint there."""
    named = [(s, e) for s, e in at.streams(scope) if e.host and not scope.traits.sends_no_name(e)]
    shared = Counter((s.name, e.host or "", e.port) for s, e in named)
    shapes = (Hello.SPLIT, Hello.SPLIT, Hello.OTHER, Hello.OTHER, Hello.LARGE)
    for (service, host, port), times in shared.items():
        each = sum(scope.flow("tls", host, port, ((OPTION, s.value),)) for s in shapes)
        yield Place(target=host, subject=service, port=port, most=times * each)


_SHAPED = "the ClientHello cut in two, larger, or as another program would send it"
_LINE = Line(Part.FAILS, _named, 2, "tls", 1, _SHAPED, at.FAILS)

EXPERIMENTS = (Experiment(Arm.OTHER_HELLO, (TLS,), Telling.CAUSE, (_LINE,)),)

_ANSWERS = "does a neutral site abroad answer another program?"
_PROGRAM = Purpose(Arm.CONNECTION, "https", _ANSWERS, 0, SHAPES[Hello.OTHER])


def plan_hello(context: PlanningContext) -> list[Task]:
    """Other shapes for the first names of each pool that die at the ClientHello; not on a slow
    line.

    As soon as a neutral server has answered to the name, not when repeats have failed: an answer
    has to come while the usual shape still fails. Not where the fault follows the name to that
    server: then the name is the trigger, and the shape would not change the word.
    """
    if not context.connection.open or not context.roomy or troubled(context):
        return []
    return [t for service in context.services for t in _of_service(context, service)]


@remembered
def _of_service(context: PlanningContext, service: Service) -> tuple[Task, ...]:
    tasks: list[Task] = []
    named = dying_names(context, suspects(context, service))
    begun = [s for group in named.values() for s in group if _begun(context, service, s)]
    room = SHAPED_NAMES - len(begun)
    for (pool, _), group in first_of_each(named.items(), lambda item: item[0][0], NAMES_A_POOL):
        chosen = min(group, key=lambda s: not _begun(context, service, s))
        if chosen in begun:
            tasks += _shapes(context, service, chosen)
        elif room > 0 and follows(context, service, named, pool) is False:
            room -= 1
            tasks += _shapes(context, service, chosen)
    return tuple(tasks)


def _id(service: Service, s: Suspect, shape: Hello) -> str:
    return shape_id(service, s.endpoint, s.address, shape)


def _begun(context: PlanningContext, service: Service, s: Suspect) -> bool:
    """Whoever was chosen before stays chosen: others that fail later add nothing."""
    return context.started(_id(service, s, Hello.SPLIT)) is not None


def _shapes(context: PlanningContext, service: Service, s: Suspect) -> list[Task]:
    tasks = _twice(context, _shaped(context, service, s, Hello.SPLIT))
    other = _shaped(context, service, s, Hello.OTHER)
    if not context.dead(swap_id(service, s)):
        # A neutral name may be answered in the usual shape: then the shape is not what matters.
        return [*tasks, other]
    tasks += _twice(context, other)
    if context.dead(other.id):  # an answer to another program already tells what matters
        tasks.append(_shaped(context, service, s, Hello.LARGE))
    return tasks


def _shaped(context: PlanningContext, service: Service, s: Suspect, shape: Hello) -> Task:
    flow = s.task.flow.with_options({**dict(offered(s)), OPTION: shape.value})
    task_id = _id(service, s, shape)
    task = variation(s, service, Arm.OTHER_HELLO, task_id, flow, SHAPES[shape], "tls")
    return replace(task, timeout=context.hello_timeout())


def _twice(context: PlanningContext, first: Task) -> list[Task]:
    """Once more when it went well: one answer may be luck."""
    if not context.good(first.id) or not context.due(context.started(first.id)):
        return [first]
    reason = f"once more, to be sure: {first.reason}"
    return [first, first.again(2, reason=reason)]


# -- where every neutral site dies at the ClientHello


def plan_connection_hello(context: PlanningContext) -> list[Task]:
    """Neutral sites abroad once more with another program's ClientHello, where ours dies at all
    that could be dialled: who lets no such program through is not who lets chosen sites through."""
    if context.connection.open:
        return []
    sites = foreign_sites(context.controls, context.request)
    dying = [s for s in sites if _dies(context, s)]
    tried = [s for s in sites if context.started(f"g.shape.{s.name}") is not None]
    chosen = [*tried, *(s for s in dying if s not in tried)][:SHAPED_SITES]
    if not tried and len(dying) < SHAPED_SITES:
        return []
    return [task for s in chosen if (task := _neutral(context, s)) is not None]


def _dies(context: PlanningContext, site: Site) -> bool:
    base = f"g.site.{site.name}"
    conversation = context.conversation(base)
    if conversation is None:
        return base in context.moment.running and context.dead(base)
    return (conversation.symptom or "").startswith("tls.") and not conversation.answered_tls


def _neutral(context: PlanningContext, site: Site) -> Task | None:
    known = context.known(site.host, site.addresses)
    address = next((a for a in known if ":" not in a), None)
    if address is None:
        return None
    flow = context.https(address, site.host, path=site.path, options=OTHER_HELLO)
    return _PROGRAM.task(f"g.shape.{site.name}", site.name, flow, context.timeout())
