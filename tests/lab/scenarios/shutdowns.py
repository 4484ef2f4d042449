"""What does the connection let through? Blackouts with holes, allow-lists, a country alone."""

from collections.abc import Iterator
from typing import Final, Unpack

from tests.lab.censor import DnsForge, Drop, Match, OnHost, OnPattern, PassOnly, RstOnSyn
from tests.lab.scenario import (
    OK,
    UNKNOWN,
    Scenario,
    at,
)
from tests.lab.scenarios.kinds import More, connection
from tests.lab.scenarios.shared import (
    BOGON,
    GATEWAY,
    KZ_HOME,
    LISTED_KZ,
    LISTED_RU,
    LTE,
    NOT_ABROAD,
    RAW,
    RESOLVER,
    RU_HOME,
    WHATSAPP,
    drop_udp,
    home,
    of,
    swallow,
    tcp_to,
    udp_to,
)

_ROUTERS: Final = tcp_to(ports=(179, 3785))
_DNS: Final = udp_to(ports=(53,))

# --- all is dropped, but for holes --------------------------------------------------------------


def _holes(id_: str, title: str, states: str, *holes: Match, **more: Unpack[More]) -> Scenario:
    """All is dropped that goes through none of the holes."""
    return connection(id_, title, states, PassOnly(label="off", holes=holes), **more)


_BLACKOUTS: Final = (
    _holes(
        "C4",
        "blackout with holes: router ports and UDP 53 only",
        "shutdown",
        _ROUTERS,
        _DNS,
        country="KZ",
    ),
    _holes(
        "C4b",
        "blackout whose one hole is a foreign resolver over UDP",
        "shutdown",
        udp_to("8.8.8.8/32", RESOLVER, ports=(53,)),
        row="C4",
        country="KZ",
    ),
    _holes(
        "C4c",
        "blackout whose one hole is ICMP",
        "shutdown",
        Match(proto=("icmp",)),
        Match(to=(RESOLVER,)),
        row="C4",
        country="KZ",
    ),
    _holes(
        "C4d",
        "blackout with holes for time and chat ports (TCP 123, 5222)",
        "shutdown",
        tcp_to(ports=(123, 5222)),
        row="C4",
        country="KZ",
    ),
    _holes(
        "C5",
        "only chosen domestic sites work",
        "domestic_only|allowlist",
        Match(to=home("KZ", "egov.kz", "kaspi.kz")),
        _ROUTERS,
        _DNS,
        country="KZ",
    ),
    _holes(
        "C15",
        "the provider's upstream is cut, its resolver still answers",
        "no_internet",
        Match(to=(RESOLVER, GATEWAY)),
    ),
    connection(
        "E0",
        "messaging-only Wi-Fi: WhatsApp passes and nothing else",
        "allowlist|bad_link|online",
        PassOnly(label="list", holes=(Match(to=(*at(*WHATSAPP), RESOLVER)),)),
        row="ooni §3c (probe#2522)",
        truths=of("whatsapp", OK, text=OK),
    ),
)

# --- lists of hosts and names -------------------------------------------------------------------

_LISTS: Final = (
    connection(
        "C7",
        "the country's own network only; foreign names get impossible addresses",
        "domestic_only",
        DnsForge(label="forge", names=("*",), but=LISTED_KZ, answer=(BOGON,)),
        PassOnly(label="off", holes=(Match(to=(*KZ_HOME, RESOLVER)),)),
        country="KZ",
        deviation="Kazakhstan's sites stand for Iran's",
    ),
    connection(
        "C10",
        "allow-list: connections open everywhere, data passes to listed hosts only",
        "allowlist",
        PassOnly(
            label="list",
            holes=(Match(to=(*RU_HOME, RESOLVER)), udp_to("8.8.8.8/32", ports=(53,))),
            pass_handshake=True,
            direction="up",
        ),
        link=LTE,
        country="RU",
    ),
    connection(
        "C11",
        "allow-list by address and name: others are refused, listed addresses need a listed name",
        "allowlist",
        RstOnSyn(label="refuse", match=tcp_to(not_to=(*RU_HOME, RESOLVER))),
        swallow("*", label="name", but=LISTED_RU),
        Drop(label="udp", match=Match(not_to=(RESOLVER,), proto=("udp", "icmp"))),
        link=LTE,
        country="RU",
        fires=("refuse",),
    ),
    connection(
        "C20",
        "allow-list by name alone: other names and other protocols are dropped",
        "allowlist|domestic_only",
        swallow("*", label="tls", but=LISTED_KZ),
        OnHost(label="http", names=("*",), but=LISTED_KZ, do="drop"),
        OnPattern(label="rest", match=tcp_to(), pattern=RAW, do="drop"),
        drop_udp(not_ports=(53,)),
        row="C11 (by name)",
        country="KZ",
        fires=("tls", "rest"),
    ),
)

# --- the web's ports ----------------------------------------------------------------------------


def _ports() -> Iterator[Scenario]:
    web = tcp_to(ports=(443,))
    for id_, how, action, others in (
        ("C16", "refused", RstOnSyn(label="443", match=web), UNKNOWN),
        ("C16b", "dropped", Drop(label="443", match=web), UNKNOWN),
    ):
        yield connection(
            id_,
            f"port 443 is {how} everywhere, port 80 works",
            "shutdown",
            action,
            row="C (20 August 2025, TCP/443 to everything)",
            others=others,
        )
    yield connection(
        "C19",
        "the web's ports are refused abroad, the country itself works",
        "domestic_only|allowlist|shutdown",
        RstOnSyn(label="web", match=tcp_to(not_to=NOT_ABROAD, ports=(80, 443))),
        row="C7 (refusals, by port)",
        others=UNKNOWN,
        country="KZ",
    )


SCENARIOS: Final = (*_BLACKOUTS, *_LISTS, *_ports())
