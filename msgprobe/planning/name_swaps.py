"""D6 and D7, as far as other plans ask about them: which names die where, and what a neutral server
said to them.

Whoever punishes a name punishes the server too to which it was said, for a while (see
`evidence.residual`). So a server is shown one foreign name, and others only once it has answered to
a neutral one after that; and what the look at the connection needs is not shown any.
"""

from collections.abc import Callable, Iterable, Mapping

from msgprobe.evidence import addresses as ips
from msgprobe.evidence import name_swaps as swapped
from msgprobe.evidence.controls import DYING
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.ledger import remembered
from msgprobe.model.control import Site
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Service
from msgprobe.model.task import attempt_ids
from msgprobe.planning.baseline import base_tasks
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import reached_sites, spare_address, usual_views
from msgprobe.planning.suspects import Suspect
from msgprobe.planning.timetable import SWAP_SERVERS

Dying = Mapping[tuple[str, str], list[Suspect]]
"""Suspects by pool and by the name that they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How far a conversation of these experiments goes, and what counts as an answer to it, and as
    its death."""

    check: str
    suffix: str
    answered: Callable[[Conversation], bool]
    died: Callable[[Conversation], bool]


CLIENT_HELLO = Manner(
    check="tls",
    suffix="",
    answered=lambda t: t.answered_tls,
    died=lambda t: t.symptom in DYING and not t.answered_tls,
)
REQUEST = Manner(
    check="https",
    suffix=".https",
    answered=lambda t: t.answered_http,
    died=lambda t: t.dies_after_handshake and not t.answered_http,
)


def dying_names(
    context: PlanningContext, found: Iterable[Suspect]
) -> dict[tuple[str, str], list[Suspect]]:
    """Suspects that die, or hang, at a ClientHello that names a host; by pool and that name."""
    by_name: dict[tuple[str, str], list[Suspect]] = {}
    for s in found:
        conversation = context.conversation(s.task.id)
        dying = not _past_handshake(context, s) and (
            s.task.id in context.moment.opened
            if conversation is None
            else (conversation.symptom or "").startswith("tls.")
        )
        # Who names nobody, or only later (STARTTLS), is not recognised by a name in the
        # ClientHello.
        speaks = s.task.flow.server_name is not None and (
            context.traits.speaks_tls(s.endpoint)
            or (conversation is not None and conversation.tls is not None)
        )
        if dying and speaks and s.endpoint.host is not None:
            by_name.setdefault((s.pool.name, s.endpoint.host), []).append(s)
    return by_name


def _past_handshake(context: PlanningContext, s: Suspect) -> bool:
    """Its TLS handshake went well, and what was said inside died or hangs."""
    conversation = context.conversation(s.task.id)
    return (
        s.task.id in context.moment.secured
        if conversation is None
        else conversation.dies_after_handshake
    )


def dying_later(
    context: PlanningContext, found: Iterable[Suspect]
) -> dict[tuple[str, str], list[Suspect]]:
    """Suspects whose ClientHello that names a host is answered, and nothing after it."""
    by_name: dict[tuple[str, str], list[Suspect]] = {}
    for s in found:
        named = s.task.flow.server_name is not None and s.endpoint.host is not None
        if named and _past_handshake(context, s):
            by_name.setdefault((s.pool.name, s.endpoint.host or ""), []).append(s)
    return by_name


Server = tuple[Site, str]
"""A neutral server, and the address of it that is shown names."""


def elsewhere_id(service: Service, host: str, server: Server, manner: Manner) -> str:
    """The task in which the name is shown to a neutral server."""
    return f"d7.{service.name}.{host}.{_place(server)}{manner.suffix}"


def _place(server: Server) -> str:
    """The server as tasks are called that go there: each family of its addresses is one of its
    own, for a censor may read one of them alone."""
    site, address = server
    return f"{site.name}.6" if ips.family(address) == 6 else site.name


def follows(
    context: PlanningContext,
    service: Service,
    dying: Dying,
    pool: str,
    manner: Manner = CLIENT_HELLO,
) -> bool | None:
    """Whether the fault follows a name of the pool to a neutral server that answers other foreign
    names: True as long as it does, False when it does not or cannot be asked, None while unknown.

    Where it follows, the name is the trigger, and nothing else about the ClientHello can change the
    word any more.
    """
    servers = neutral_servers(context)
    hosts = [
        (h, over_six_alone(context, service, h, s)) for (p, h), s in dying.items() if p == pool
    ]
    if not hosts:
        return False
    if not servers:
        return None if any(may_answer(context, s) for s in context.controls.abroad) else False
    words = [_follows(context, service, host, six, manner) for host, six in hosts]
    return next((word for word in (True, False) if word in words), None)


def over_six_alone(
    context: PlanningContext, service: Service, host: str, dying: Iterable[Suspect]
) -> bool:
    """A name dies over IPv6 and is answered over IPv4: there nobody minds it, so that a neutral
    server that answers to it there tells nothing."""
    return all(ips.family(s.address) == 6 for s in dying) and _answered_over_four(
        context, service, host
    )


@remembered
def _answered_over_four(context: PlanningContext, service: Service, host: str) -> bool:
    tasks = (
        t for e in service.endpoints if e.host == host for t in base_tasks(context, service, e)
    )
    return any(ips.family(t.flow.address) == 4 and context.good(t.id) for t in tasks)


@remembered
def _follows(
    context: PlanningContext, service: Service, host: str, six: bool, manner: Manner
) -> bool | None:
    every = answering(context, six)
    places = [p for server in every if (p := _shown(context, service, host, server, manner))]
    if places:
        return swapped.follows(places)
    return False if all(_refuses(context, server, manner) for server in every) else None


def _refuses(context: PlanningContext, server: Server, manner: Manner) -> bool:
    """That server answers to no foreign name, so that nobody's is shown to it."""
    twin = context.conversation(twin_id(server, manner))
    return twin is not None and not manner.answered(twin)


def _shown(
    context: PlanningContext, service: Service, host: str, server: Server, manner: Manner
) -> swapped.Shown | None:
    """What has come so far of the name at that server; None where it was not shown to it."""
    first = elsewhere_id(service, host, server, manner)
    ids = [i for i in attempt_ids(first) if context.started(i) is not None]
    if not ids:
        return None
    twin = context.conversation(twin_id(server, manner))
    conversations = [
        conversation for i in ids if (conversation := context.conversation(i)) is not None
    ]
    died = [t for t in conversations if manner.died(t)]
    others = None if twin is None else manner.answered(twin)
    unsaid = bool(conversations) and all(t.tls is None for t in conversations)
    return swapped.Shown(
        answered=any(manner.answered(t) for t in conversations),
        died=tuple(t.met_silence for t in died),
        hangs=context.dead(ids[0]),
        more=len(conversations) < TRIES,
        others=False if unsaid else others,
    )


def twin_id(server: Server, manner: Manner = CLIENT_HELLO) -> str:
    """The task in which that server is shown a neutral name that it does not own."""
    return f"d7.neutral.{_place(server)}{manner.suffix}"


def swap_id(service: Service, s: Suspect, manner: Manner = CLIENT_HELLO) -> str:
    """The task in which a neutral name is shown to the suspect's address."""
    stem = f"d6.{service.name}.{s.endpoint.host}.{s.endpoint.port}.{s.address}"
    return f"{stem}{manner.suffix}"


def may_answer(context: PlanningContext, site: Site) -> bool:
    """It answers whatever the name, and its first conversation over IPv4 is under way."""
    return site.any_name and f"g.site.{site.name}" in context.moment.running


@remembered
def neutral_servers(context: PlanningContext, six: bool = False) -> tuple[Server, ...]:
    """Neutral servers that answer whatever the name, one a network, that work today. Those that
    can convict by themselves stand first, and are all there are where one of them works. With
    ``six`` at their IPv6 addresses, if any is reached there."""
    picks = answering(context, six)
    fair = tuple((site, address) for site, address in picks if context.connection.fair((site,)))
    return (fair or picks)[:SWAP_SERVERS]


@remembered
def answering(context: PlanningContext, six: bool = False) -> tuple[Server, ...]:
    """Every such server, those that can convict by themselves first, each with the address to show
    names at: one that nothing else needs, if it has such a one."""
    views = sorted(usual_views(context), key=lambda v: not context.connection.fair((v.site,)))
    takes_any = [v for v in views if v.site.any_name]
    # Not while its IPv4 address is about to answer: both halves of D7 need the same one.
    settled = [
        v for v in takes_any if ":" not in (v.address or "") or not may_answer(context, v.site)
    ]
    found = (six and reached_sites(takes_any, six=True)) or reached_sites(settled)
    return tuple((site, spare_address(context, site, address)) for site, address in found)


def every_server(context: PlanningContext) -> tuple[Server, ...]:
    """Over whichever family names are shown to them."""
    return tuple(dict.fromkeys((*answering(context), *answering(context, True))))
