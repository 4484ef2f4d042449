"""D14: another protocol, or another form of the messenger's own, at the same address and port."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from msgprobe.model.cost import ENDPOINT, PAGE
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import fresh_words, words_id
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Line, Part, Telling
from msgprobe.planning.shared_experiments import OTHERWISE
from msgprobe.planning.suspects import Suspect, first_of_pools, one_an_address, variation
from msgprobe.planning.timetable import WORDS_A_POOL

WORDS = {"plain": "in the open", "http": "as the bodies of HTTP requests"}
"""How forms are said that do not say it themselves."""

_OLDER = "{title}: the older form of STUN at the same place"
_CALLS = partial(Line, Part.CALLS_FAIL, at.call_endpoints, 2, "stun", 3, _OLDER, at.FAILS)
_LINES = (_CALLS(options=(("form", "classic"),), kind="classic"), OTHERWISE)

EXPERIMENTS = (Experiment(Arm.OTHER_PAYLOAD, (*ENDPOINT, PAGE), Telling.CAUSE, _LINES),)


def plan_other_words(
    context: PlanningContext, service: Service, found: Sequence[Suspect]
) -> list[Task]:
    """Plain HTTP where the messenger's own protocol dies on a connection that stands."""
    tasks = _before_own(context, service)
    fit = [s for s in one_an_address(context, found) if context.traits.has_forms(s.endpoint)]
    heard = [
        s
        for s in fit
        if (conversation := context.conversation(s.task.id)) is not None and conversation.connected
    ]
    for s in first_of_pools(heard, WORDS_A_POOL):
        port = s.endpoint.port
        flow = context.flow(s.address, port, s.endpoint.host or s.address, trust=None)
        task_id = f"d14.{service.name}.{s.endpoint.name}.{s.address}"
        changes = "payload: plain HTTP"
        tasks.append(variation(s, service, Arm.OTHER_PAYLOAD, task_id, flow, changes, "page"))
    return tasks


def _before_own(context: PlanningContext, service: Service) -> list[Task]:
    """Plain HTTP at fresh addresses, before the messenger's own protocol is spoken there."""
    tasks = []
    for endpoint, task in fresh_words(context, service):
        address = task.flow.address
        flow = context.flow(address, endpoint.port, endpoint.host or address, trust=None)
        tasks.append(
            replace(
                task,
                id=words_id(service, address),
                round=2,
                arm=Arm.OTHER_PAYLOAD,
                check="page",
                probe=flow,
                changes="payload: plain HTTP, before anything else",
                reason=f"which change makes {service.title} work?",
            )
        )
    return tasks


def plan_other_forms(
    context: PlanningContext, service: Service, found: Sequence[Suspect]
) -> list[Task]:
    """As soon as one hangs, not when it has failed: a genuine answer has to come while repeats in
    the first form still fail, or an outage that ended in between would look the same."""
    fit = [s for s in one_an_address(context, found) if context.traits.has_forms(s.endpoint)]
    begun = [s for s in fit if _begun(context, service, s)]
    # Those that have begun first, so that what comes up later adds no more than there is room for.
    later = [s for s in fit if s not in begun and _may_answer(context, s)]
    chosen = first_of_pools([*begun, *later], WORDS_A_POOL)
    return [task for s in chosen for task in _forms_of(context, service, s)]


def _id(service: Service, s: Suspect, form: str) -> str:
    return f"d14.{service.name}.{s.endpoint.name}.{s.address}.form.{form}"


def _begun(context: PlanningContext, service: Service, s: Suspect) -> bool:
    forms = context.traits.of(s.endpoint.check).forms
    return any(context.started(_id(service, s, form)) is not None for form in forms)


def _may_answer(context: PlanningContext, s: Suspect) -> bool:
    """Its machine may be there: it connected, or is being asked still."""
    conversation = context.conversation(s.task.id)
    return conversation is None or conversation.connected


def _forms_of(context: PlanningContext, service: Service, s: Suspect) -> list[Task]:
    """The same protocol in the forms in which it was not spoken. All of them at once, not one after
    the other: whoever recognises every form but one would let the repeats end before its turn."""
    options = dict(s.task.flow.options)
    forms = context.traits.of(s.endpoint.check).forms
    spoken = options.pop("transport", forms[0])
    options.pop("framing", None)
    tasks = []
    for form in forms:
        if form == spoken:
            continue
        flow = replace(s.task.flow, options=tuple({**options, "transport": form}.items()))
        one = _id(service, s, form)
        changes = f"payload: the same protocol, {WORDS.get(form, form)}"
        tasks.append(variation(s, service, Arm.OTHER_PAYLOAD, one, flow, changes, s.endpoint.check))
    return tasks
