"""Neutral servers and names as the planners of every question use them."""

from collections.abc import Iterable, Iterator

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.controls import SiteView
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.nowhere import silence_told
from msgprobe.model.control import Controls, Sentinel, Site
from msgprobe.model.run import Request
from msgprobe.model.task import Arm, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.public_resolvers import answered_dns, without_dns
from msgprobe.planning.purpose import question
from msgprobe.planning.timetable import (
    LAST_CONTROLS,
    LISTEN,
    NEUTRAL_NAMES,
    NOWHERE_TIMES,
    ONE_MOMENT,
    SENTINELS,
    SITES,
    SPARE_SITES,
    SWAP_SERVERS,
)

NO_RESOLVER = "d3.neutral.silent"
"""The question to a host without DNS, which is asked once however many want to know."""

_SILENCE = question(Arm.NON_RESOLVER, "does somebody answer all questions, whomever they are for?")


def foreign_sites(controls: Controls, request: Request) -> list[Site]:
    """Neutral sites abroad, one a network, in the catalogue's order."""
    return _one_a_network(controls)[: _asked(request)]


def spare_sites(controls: Controls, request: Request) -> tuple[Site, ...]:
    """Neutral sites abroad that are asked where others show certificates that nobody vouches for,
    and too few to tell who does it; none that is unfair anywhere."""
    rest = _one_a_network(controls)[_asked(request) :]
    return tuple(s for s in rest if not s.unfair_in)[:SPARE_SITES]


def _one_a_network(controls: Controls) -> list[Site]:
    return first_of_each(controls.abroad, lambda site: site.network)


def _asked(request: Request) -> int:
    """How many neutral sites abroad every run asks."""
    return SITES - 1 if request.quick else SITES


def chosen_sites(controls: Controls, request: Request) -> tuple[Site, ...]:
    """Those, then domestic ones."""
    return (*foreign_sites(controls, request), *controls.domestic)


def chosen_sentinels(controls: Controls) -> list[Sentinel]:
    """One sentinel an owner."""
    return first_of_each(controls.sentinels, lambda page: page.owner)[:SENTINELS]


def page_address(context: PlanningContext, page: Sentinel) -> str | None:
    """Where the captive-portal page is asked for; None where its name leads nowhere, or not yet."""
    found = context.facts.name(page.host).system_addresses
    usable = [a for a in found if context.facts.usable(a) and not context.facts.never(a)]
    return ips.four_first(usable)


def awaits_pages(context: PlanningContext) -> bool:
    """All neutral sites that answer are re-signed, and the pages that would tell a portal have not
    come yet: whoever stands before the Internet may answer TLS too. Not waited for long."""
    if context.connection.inspector is None:
        return False
    if any(t.authenticated for v in context.connection.abroad for t in v.conversations):
        return False
    pages = chosen_sentinels(context.controls)
    asked = [f"g.name.{p.host}" for p in pages]
    asked += [f"g.sentinel.{p.name}" for p in pages if page_address(context, p) is not None]
    return any(context.ended(i) is None for i in asked) and context.just_opened()


def neutral_host(controls: Controls, request: Request) -> str | None:
    """The neutral name that resolvers are asked for."""
    sites = chosen_sites(controls, request)
    return sites[0].host if sites else None


@remembered
def neutral_names(context: PlanningContext) -> tuple[str, ...]:
    """Names of neutral sites abroad that servers may be shown: of those that answer under them, for
    whose own name dies may be a target itself. Never a domestic one: it may be favoured."""
    abroad = foreign_sites(context.controls, context.request)
    good = [s for s in abroad if context.good(f"g.site.{s.name}")]
    return tuple(s.host for s in (good if len(good) >= NEUTRAL_NAMES else abroad))


def neutral_name(context: PlanningContext) -> str:
    """The neutral name that servers are shown first."""
    return next(iter(neutral_names(context)), "example.com")


def foreign_name(context: PlanningContext, server: Site) -> str:
    """A neutral name that ``server`` does not own: one that turns all foreign names away by itself
    must not look like a censor."""
    return [server.host, *(n for n in neutral_names(context) if n != server.host)][-1]


def nothing_abroad(context: PlanningContext) -> bool:
    """Every neutral site abroad that could be dialled is dead or hangs."""
    return all_dead(context, foreign_sites(context.controls, context.request))


def all_dead(context: PlanningContext, sites: Iterable[Site]) -> bool:
    """The first conversations with those of the sites that could be dialled are dead or hang."""
    begun = [i for s in sites if context.started(i := f"g.site.{s.name}") is not None]
    return bool(begun) and all(context.dead(i) for i in begun)


def asks_home(request: Request) -> bool:
    """Domestic sites are asked at once: the user named the country. Those of a guess wait until
    nothing abroad answers."""
    return request.country is not None


def usual_views(context: PlanningContext) -> list[SiteView]:
    """What came of neutral sites abroad but spare ones, which only tell who re-signs."""
    spare = spare_sites(context.controls, context.request)
    return [view for view in context.connection.abroad if view.site not in spare]


def reached_sites(views: Iterable[SiteView], *, six: bool = False) -> list[tuple[Site, str]]:
    """Sites that answered, one a network, each with an address of it that did; with ``six`` those
    that did over IPv6."""
    reached = ((view.site, view.address_six if six else view.address) for view in views)
    found = [(site, address) for site, address in reached if address is not None]
    return first_of_each(found, lambda pair: pair[0].network)


def spare_address(context: PlanningContext, site: Site, usual: str) -> str:
    """Where a neutral server may be shown names: another address of it, of the same family, than
    the ``usual`` one, which the look at the connection and resolvers need. That one if it has no
    other."""
    six = ":" in usual
    others = [a for a in site.addresses if (":" in a) is six and a != usual]
    return next((a for a in others if context.facts.usable(a)), usual)


def shown_sites(context: PlanningContext) -> list[Site]:
    """The first servers that names are shown to, where there is no other address for that."""
    views = [v for v in usual_views(context) if v.site.any_name and v.address is not None]
    fair = [v for v in views if context.connection.fair((v.site,))]
    picks = first_of_each(fair or views, lambda v: v.site.network)[:SWAP_SERVERS]
    return [v.site for v in picks if spare_address(context, v.site, v.address or "") == v.address]


@remembered
def troubled(context: PlanningContext) -> bool:
    """Neutral sites fail just now: what is tried meanwhile shows nothing, and loads the line."""
    conversations = [
        t for _, t in context.facts.site_conversations(Arm.AGAIN, Arm.MONITOR) if t.tcp is not None
    ]
    conversations.sort(key=lambda t: context.facts.window(t).end)
    last = conversations[-LAST_CONTROLS:]
    failed = sum(t.symptom is not None and not context.connection.reaches(t) for t in last)
    return len(last) >= LAST_CONTROLS - 1 and 2 * failed > len(last)


def neutral_silence(context: PlanningContext, host: str) -> list[Task]:
    """The question for the neutral ``host`` to hosts without DNS: the second where the first
    answers. Where they answer for a service's name each is asked again and again, until it answers
    or silence is no loss of the line's."""
    doubted = _answered_for_services(context)
    tasks: list[Task] = []
    for number, resolver in enumerate(without_dns(context.controls), 1):
        task_id = NO_RESOLVER if number == 1 else f"{NO_RESOLVER}.{number}"
        first = _SILENCE.lookup(task_id, host, resolver, timeout=LISTEN)
        tasks += [first, *(_repeats(context, first) if doubted else ())]
        if not doubted and not answered_dns(context, task_id):
            break
    return tasks


def _answered_for_services(context: PlanningContext) -> bool:
    """Somebody answered about a service's name in the place of a host without DNS."""
    asked = context.facts.measured(Arm.NON_RESOLVER)
    return any(m.task.role is Role.TARGET and answered_dns(context, m.task.id) for m in asked)


def _repeats(context: PlanningContext, first: Task) -> Iterator[Task]:
    """That question once more, a moment after the last time."""
    for number, before in enumerate(first.attempts(NOWHERE_TIMES - 1), 2):
        again = first.again(number)
        known = answered_dns(context, before) or silence_told(
            context.facts, context.connection.neutral_names
        )
        due = not known and context.due(context.started(before), ONE_MOMENT)
        if not due and context.started(again.id) is None:
            break
        yield again
