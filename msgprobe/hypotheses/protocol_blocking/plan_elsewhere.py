"""D14 at neutral servers: who filters a protocol of a messenger's own may filter its first words
there as well (see `evidence.own_words`)."""

from collections.abc import Sequence
from dataclasses import replace

from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.own_words import NETWORKS, unheard
from msgprobe.model.control import Site
from msgprobe.model.cost import ENDPOINT, TLS
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Task, attempt_ids
from msgprobe.planning import places as at
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Line, Part, Telling
from msgprobe.planning.name_swaps import neutral_servers
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.suspects import Suspect, first_of_pools, one_an_address, variation
from msgprobe.planning.timetable import SOON

_SAID = "the first message of {title}'s own protocol at a neutral server: is it filtered?"
_WORDS = Line(Part.ELSEWHERE, at.any_name_sites, 2, "https", TRIES, _SAID, at.FAILS, costs=("tls",))

EXPERIMENTS = (
    Experiment(Arm.WORDS_ELSEWHERE, ENDPOINT, Telling.NAME, (_WORDS,)),
    Experiment(Arm.WORDS_NEUTRAL, (TLS,), None, (_WORDS,)),
)

_BESIDE = "does that neutral server answer TLS while the other message is not acknowledged?"
_NEUTRAL = Purpose(Arm.WORDS_NEUTRAL, "tls", _BESIDE)


def plan_words_elsewhere(
    context: PlanningContext, service: Service, found: Sequence[Suspect]
) -> list[Task]:
    """The first words of the protocol that nobody acknowledges, and the server's own name beside
    them, so often and so soon that no accident fits between. Not at servers where names have died:
    whoever punishes that would punish the words as well."""
    own = [s for s in one_an_address(context, found) if _own_words(context, s)]
    fit = [s for s in own if _unheard(context, s)]
    named = context.facts.arm(Arm.TARGET_SNI_ELSEWHERE)
    taken = {t.address for t in named if t.symptom is not None}
    servers = [one for one in neutral_servers(context) if one[1] not in taken]
    if len(servers) < NETWORKS or not _all_dead(context, own):
        return []
    return [
        task
        for s in first_of_pools(fit, 1)
        for site, where in servers
        for task in _said(context, service, s, site, where)
    ]


def _own_words(context: PlanningContext, s: Suspect) -> bool:
    """A protocol of the messenger's own over TCP, which is not wrapped in another."""
    traits = context.traits.of(s.endpoint.check)
    return traits.asks_proof and not traits.names_host and not context.traits.speaks_tls(s.endpoint)


def _unheard(context: PlanningContext, s: Suspect) -> bool:
    """Its connection stands, and nothing came back; where answers may be late, until its end."""
    conversation = context.conversation(s.task.id)
    if conversation is None:
        return context.brisk and s.task.id in context.moment.opened
    return unheard(conversation)


def _all_dead(context: PlanningContext, own: Sequence[Suspect]) -> bool:
    """Nobody of those that speak so has answered."""
    return not any(context.good(s.task.id) for s in own)


def _said(
    context: PlanningContext, service: Service, s: Suspect, site: Site, where: str
) -> list[Task]:
    task_id = f"d14.{service.name}.{s.pool.name}.{site.name}"
    flow = replace(s.task.flow, address=where, port=443, host=None, server_name=None)
    words = variation(
        s, service, Arm.WORDS_ELSEWHERE, task_id, flow, "server: a neutral one", s.task.check
    )
    words = replace(words, timeout=context.hello_timeout())
    beside = _NEUTRAL.task(
        f"{task_id}.tls", site.name, context.https(where, site.host), context.hello_timeout()
    )
    tasks = [words, beside]
    for number in range(2, TRIES + 1):
        before = context.conversation(attempt_ids(task_id, number)[number - 2])
        heard = before is not None and not unheard(before)
        if heard or not context.due(context.started(task_id), SOON * (number - 1)):
            break
        tasks += [words.again(number), beside.again(number)]
    return tasks
