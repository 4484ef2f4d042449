"""D14: another protocol, or another form of the messenger's own, at the same address and port."""

from dataclasses import replace
from functools import partial

from msgprobe.model.cost import ENDPOINT, PAGE
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning import places as at
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Line, Part, Telling
from msgprobe.planning.shared_experiments import OTHERWISE
from msgprobe.planning.suspects import Suspect, one_an_address, variation
from msgprobe.planning.timetable import WORDS_A_POOL

WORDS = {"plain": "in the open", "http": "as the bodies of HTTP requests"}
"""How forms are said that do not say it themselves."""

_OLDER = "{title}: the older form of STUN at the same place"
_CALLS = partial(Line, Part.CALLS_FAIL, at.call_endpoints, 2, "stun", 3, _OLDER, at.FAILS)
_LINES = (_CALLS(options=(("form", "classic"),), kind="classic"), OTHERWISE)

EXPERIMENTS = (Experiment(Arm.OTHER_PAYLOAD, (*ENDPOINT, PAGE), Telling.CAUSE, _LINES),)


def plan_other_words(
    context: PlanningContext, service: Service, found: list[Suspect]
) -> list[Task]:
    """Plain HTTP where the messenger's own protocol dies on a connection that stands."""
    tasks: list[Task] = []
    counts: dict[str, int] = {}
    for s in one_an_address(context, found):
        talk = context.talk(s.task.id)
        if talk is None or not talk.connected or not context.traits.has_forms(s.endpoint):
            continue
        counts[s.pool.name] = counts.get(s.pool.name, 0) + 1
        if counts[s.pool.name] > WORDS_A_POOL:
            continue
        port = s.endpoint.port
        flow = context.flow(s.address, port, s.endpoint.host or s.address, trust=None)
        task_id = f"d14.{service.name}.{s.endpoint.name}.{s.address}"
        changes = "payload: plain HTTP"
        tasks.append(variation(s, service, Arm.OTHER_PAYLOAD, task_id, flow, changes, "page"))
    return tasks


def plan_other_forms(
    context: PlanningContext, service: Service, found: list[Suspect]
) -> list[Task]:
    """As soon as one hangs, not when it has failed: a genuine answer has to come while repeats in
    the first form still fail, or an outage that ended in between would look the same."""
    tasks: list[Task] = []
    counts: dict[str, int] = {}
    known: list[tuple[bool, Suspect, str]] = []
    for s in one_an_address(context, found):
        task_id = f"d14.{service.name}.{s.endpoint.name}.{s.address}.form"
        forms = context.traits.of(s.endpoint.check).forms
        begun = any(context.started(f"{task_id}.{form}") is not None for form in forms)
        talk = context.talk(s.task.id)
        if context.traits.has_forms(s.endpoint) and (begun or talk is None or talk.connected):
            known.append((not begun, s, task_id))
    # Those that have begun first, so that what comes up later adds no more than there is room for.
    for _, s, task_id in sorted(known, key=lambda k: k[0]):
        counts[s.pool.name] = counts.get(s.pool.name, 0) + 1
        if counts[s.pool.name] <= WORDS_A_POOL:
            tasks += _forms_of(context, s, service, task_id)
    return tasks


def _forms_of(context: PlanningContext, s: Suspect, service: Service, task_id: str) -> list[Task]:
    """The same protocol in the forms in which it was not spoken. All of them at once, not one after
    the other: whoever recognises every form but one would let the repeats end before its turn."""
    assert isinstance(s.task.probe, Flow)
    options = dict(s.task.probe.options)
    forms = context.traits.of(s.endpoint.check).forms
    spoken = options.pop("transport", forms[0])
    options.pop("framing", None)
    tasks = []
    for form in forms:
        if form == spoken:
            continue
        flow = replace(s.task.probe, options=tuple({**options, "transport": form}.items()))
        one = f"{task_id}.{form}"
        changes = f"payload: the same protocol, {WORDS.get(form, form)}"
        tasks.append(variation(s, service, Arm.OTHER_PAYLOAD, one, flow, changes, s.endpoint.check))
    return tasks
