"""The states of the connection as ordered rules: the first that holds is the word."""

from collections.abc import Callable, Iterable

from msgprobe.evidence.black_hole import only_small
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.controls import SiteView
from msgprobe.evidence.conversation import AT_ONCE, Conversation, Stage
from msgprobe.evidence.cut_places import all_cut
from msgprobe.evidence.facts import OWN_ARMS, networks, transactions
from msgprobe.evidence.inside import led_near, misled
from msgprobe.evidence.line import capped_line, round_trip, slow_abroad, slow_line
from msgprobe.hypotheses.rule import Evidence, Rule, Word
from msgprobe.model.failure import Failure
from msgprobe.model.target import Direction
from msgprobe.model.task import Role
from msgprobe.model.verdict import State, Strength

SLOW_RTT = 0.5
"""Seconds of round trip from which on a link counts as bad for a person."""

HTTPS = 443
"""The port on which neutral sites are asked."""

LOSSY = 0.12
"""Share of retransmitted segments from which on a link counts as bad."""

FAILING = 0.25
"""Share of neutral conversations that fail from which on it does."""

ConnectionRule = Rule[ConnectionFacts]


def _rule(
    state: State,
    strength: Strength,
    rule_id: str,
    holds: Callable[[ConnectionFacts], Evidence | None],
) -> ConnectionRule:
    return Rule(info=Word(state, strength).info(rule_id), holds=holds)


def _no_route(g: ConnectionFacts) -> Evidence | None:
    local = g.facts.local
    if local is None or local.route4 or local.route6:
        return None
    return (local.transaction,)


_TURNED_AWAY = (
    Failure.CONNECTION_REFUSED,
    Failure.NETWORK_UNREACHABLE,
    Failure.HOST_UNREACHABLE,
    Failure.PERMISSION_DENIED,
)


def _forbidden_here(g: ConnectionFacts) -> Evidence | None:
    """Every neutral conversation is refused, and so fast that only this machine can have done it.

    A busy machine measures some of them late, so a third of them must be that fast.
    """
    conversations = g.neutral_conversations
    forbidden = [t for t in conversations if t.symptom == "local"]
    turned_away = [
        t for t in conversations if t.stage is Stage.CONNECT and t.failure in _TURNED_AWAY
    ]
    refused = [t for t in turned_away if t not in forbidden]
    at_once = [t for t in refused if t.tcp is not None and t.tcp.window.seconds < AT_ONCE]
    if len(conversations) < 3 or len(forbidden) + len(refused) < len(conversations):
        return None
    if 3 * (len(at_once) + len(forbidden)) < len(refused) + len(forbidden):
        return None
    return transactions(forbidden, refused)


def _portal(g: ConnectionFacts) -> Evidence | None:
    if not g.portal or g.several:
        return None  # leaky ones let a site or a page pass, hardly two networks
    return transactions(g.portal)


def _portal_by_names(g: ConnectionFacts) -> Evidence | None:
    """Every name leads to somebody near, who is not asked where that is this device's own network
    (see `msgprobe.model.reach`), and nothing beyond answers as itself."""
    near = led_near(g)
    if not near or g.exact or not _dead_views(g) or g.networks(g.domestic):
        return None
    return transactions(near, _conversations(g.abroad))


def _dead_views(g: ConnectionFacts) -> bool:
    """Nothing abroad was reached over TLS, and at least three networks were tried."""
    return not g.networks(g.abroad) and len({v.site.network for v in g.abroad}) >= 3


def _conversations(views: Iterable[SiteView]) -> list[Conversation]:
    return [t for v in views for t in v.conversations]


def _answers(views: Iterable[SiteView]) -> list[Conversation]:
    return [t for v in views for t in v.reached]


def _allowlist(g: ConnectionFacts) -> Evidence | None:
    """Favoured hosts work; elsewhere the ClientHello dies, or much of the country is dead too."""
    if not _dead_views(g) or len(g.networks(g.domestic)) < 2:
        return None
    dying = [v for v in g.abroad if v.hello_dies]
    home_dead = [v for v in g.domestic if not v.reached]
    if len(dying) < 2 and len(home_dead) < 2 and len(g.names_needed) < 2:
        return None
    return transactions(
        *g.names_needed.values(),
        _conversations(dying),
        _conversations(home_dead),
        _answers(g.domestic),
    )


def _other_names_pass(g: ConnectionFacts) -> Evidence | None:
    """Nothing abroad answers under its own name, and two networks or more answer another one."""
    struck = g.targeted
    if not _dead_views(g) or len({v.site.network for v in struck}) < 2:
        return None
    return transactions((t for v in struck for t in g.other_names(v)), _conversations(g.abroad))


def _one_name_passes(g: ConnectionFacts) -> Evidence | None:
    """Of the names of neutral sites abroad and of two services or more, one network's alone is
    answered, and two networks or more answer another name than their own."""
    struck = g.targeted
    if len(g.networks(g.abroad)) != 1 or len({v.site.network for v in struck}) < 2:
        return None
    own = [t for t in g.facts.arm(*OWN_ARMS) if t.task.role is Role.TARGET and t.connected]
    named = [t for t in own if t.flow.server_name is not None]
    if len({t.task.subject for t in named}) < 2 or any(t.genuine for t in named):
        return None
    others = (t for v in struck for t in g.other_names(v))
    return transactions(_conversations(g.abroad), others, named)


def _domestic_only(g: ConnectionFacts) -> Evidence | None:
    if not _dead_views(g) or g.exact or len(g.networks(g.domestic)) < 2:
        return None
    return transactions(_conversations(g.abroad), _answers(g.domestic))


def _favoured(g: ConnectionFacts) -> Evidence | None:
    """Nothing neutral was reached, yet services proved themselves on the same port, in two networks
    or more."""
    own = [t for t in g.facts.arm(*OWN_ARMS) if t.task.role is Role.TARGET and t.genuine]
    proved = [t for t in own if t.flow.port == HTTPS]
    if not _dead_views(g) or len(networks(proved)) < 2:
        return None
    return transactions(proved, _conversations(g.abroad))


def _shutdown(g: ConnectionFacts) -> Evidence | None:
    """Every HTTPS and HTTP dies, yet a router's port or a foreign resolver still passes."""
    if not _dead_views(g) or g.exact or g.tampered:
        return None
    if not g.holes and not g.foreign_dns:
        return None
    if g.facts.local is not None and g.facts.local.proxies:
        return None  # a network that wants a proxy to be used closes the same ports
    if any(v.connected for v in g.abroad):
        return None
    return transactions(g.holes, g.foreign_dns, _conversations(g.abroad))


def _shutdown_443(g: ConnectionFacts) -> Evidence | None:
    """Port 80 of foreign hosts answers exactly, port 443 of every network is dead."""
    owners = {s.owner for s, t in g.sentinels if t in g.exact}
    if not _dead_views(g) or len(owners) < 2:
        return None
    if any(
        v.hello_dies and any(t.symptom == "tls.timeout" for t in v.conversations) for v in g.abroad
    ):
        return None
    return transactions(g.exact, _conversations(g.abroad))


def nothing_beyond(g: ConnectionFacts) -> Evidence | None:
    """Neither a neutral site nor a sentinel answered; what services said is another rule's."""
    if g.networks(g.abroad) or g.exact or not (g.abroad or g.sentinels or g.resolver_failures):
        return None
    return transactions(_conversations(g.abroad), (t for _, t in g.sentinels))


def _proxy_only(g: ConnectionFacts) -> Evidence | None:
    local = g.facts.local
    return nothing_beyond(g) if local is not None and local.proxies else None


def _dns_fault(g: ConnectionFacts) -> Evidence | None:
    if not g.networks(g.abroad) or not g.resolver_dead:
        return None
    if g.retransmitted >= LOSSY:
        return None  # on a line that loses so much, lost questions are the line's fault
    return transactions(g.resolver_failures)


def _bad_link(g: ConnectionFacts) -> Evidence | None:
    rtt = round_trip(g.facts)
    slow = rtt is not None and rtt >= SLOW_RTT
    failing = g.failure_share >= FAILING and len(g.control_conversations) >= 4
    stuck = bool(g.networks(g.abroad)) and not g.open
    poor = slow or failing or stuck or g.retransmitted >= LOSSY or small_segments_alone(g)
    if poor or capped_line(g.facts):
        return transactions(g.control_conversations)
    return None


def merely_far(g: ConnectionFacts) -> bool:
    """Answers are late on this line, and that is all: hardly anything is lost, or fails."""
    return g.failure_share < FAILING and g.retransmitted < LOSSY / 2


def small_segments_alone(g: ConnectionFacts) -> bool:
    """Handshakes with neutral hosts need small segments: big ones vanish on the way."""
    return only_small(g.facts, 2)


def _other_names_too(g: ConnectionFacts) -> Evidence | None:
    """One network answers under its own name, and servers elsewhere to other names than theirs."""
    if g.several or not g.open:
        return None
    return transactions(
        _answers(g.abroad),
        (t for v in g.targeted for t in (*v.conversations, *g.other_names(v))),
    )


def _online(g: ConnectionFacts) -> Evidence | None:
    if not g.networks(g.abroad):
        return None
    return transactions(_answers(g.abroad))


CONNECTION_RULES: tuple[ConnectionRule, ...] = (
    _rule(State.LOCAL_FAULT, Strength.CONFIRMED, "connection.no_route", _no_route),
    _rule(State.LOCAL_FAULT, Strength.LIKELY, "connection.forbidden_here", _forbidden_here),
    _rule(State.CAPTIVE_PORTAL, Strength.CONFIRMED, "connection.portal", _portal),
    _rule(State.CAPTIVE_PORTAL, Strength.LIKELY, "connection.portal.names", _portal_by_names),
    _rule(State.ALLOWLIST, Strength.LIKELY, "connection.allowlist", _allowlist),
    _rule(State.ALLOWLIST, Strength.LIKELY, "connection.allowlist.names", _other_names_pass),
    _rule(State.ALLOWLIST, Strength.LIKELY, "connection.allowlist.one_name", _one_name_passes),
    _rule(State.DOMESTIC_ONLY, Strength.LIKELY, "connection.domestic_only", _domestic_only),
    _rule(State.ALLOWLIST, Strength.LIKELY, "connection.favoured_services", _favoured),
    _rule(State.SHUTDOWN, Strength.LIKELY, "connection.shutdown", _shutdown),
    _rule(State.SHUTDOWN, Strength.LIKELY, "connection.shutdown_443", _shutdown_443),
    _rule(State.NO_INTERNET, Strength.LIKELY, "connection.proxy_only", _proxy_only),
    _rule(State.NO_INTERNET, Strength.CONFIRMED, "connection.no_internet", nothing_beyond),
    _rule(
        State.INTERMITTENT,
        Strength.CONFIRMED,
        "connection.intermittent",
        lambda g: g.outages.evidence if g.outages.comes_and_goes else None,
    ),
    _rule(State.DNS_FAULT, Strength.CONFIRMED, "connection.dns_fault", _dns_fault),
    _rule(
        State.DNS_FAULT,
        Strength.CONFIRMED,
        "connection.dns_lies",
        lambda g: transactions(misled(g)) or None if g.open else None,
    ),
    _rule(
        State.BAD_LINK,
        Strength.CONFIRMED,
        "connection.all_cut",
        lambda g: transactions(s.conversation for s in all_cut(g.facts, Direction.DOWN)) or None,
    ),
    _rule(
        State.BAD_LINK,
        Strength.LIKELY,
        "connection.slow_abroad",
        lambda g: slow_abroad(g.facts) or None,
    ),
    _rule(
        State.BAD_LINK,
        Strength.CONFIRMED,
        "connection.slow_line",
        lambda g: slow_line(g.facts) or None,
    ),
    _rule(State.BAD_LINK, Strength.CONFIRMED, "connection.bad_link", _bad_link),
    _rule(State.ONLINE, Strength.CONFIRMED, "connection.online.names", _other_names_too),
    _rule(State.ONLINE, Strength.CONFIRMED, "connection.online", _online),
)
