"""Are the addresses of a service cut off, whatever is said to them?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tests.lab.censor import DnsRedirect, Drop, IcmpUnreachable, Match, RstOnSyn
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, pair
from tests.lab.scenarios.shared import (
    CDN,
    CHAT,
    DC_SPARES,
    SHARED,
    SIGNAL,
    SIGNUP,
    TELEGRAM_DC,
    TENANTS,
    UNCLEAR,
    WHATSAPP,
    blocked,
    drop,
    hosts,
    hosts_of,
    of,
    prefixes,
    tcp_to,
)
from tests.lab.world.config import HostPolicy, closed, dead

_TIMEOUT: Final = blocked("tcp.timeout")

# --- whole services -----------------------------------------------------------------------------

_SERVICES: Final = (
    blocking(
        "A11",
        "every data centre's address is cut off, the web front works",
        of("telegram", _TIMEOUT, text=blocked()),
        drop("null", *TELEGRAM_DC),
    ),
    blocking(
        "A14-taken",
        "Signal's addresses are cut off, and an honest resolver answers in every resolver's place",
        of("signal", _TIMEOUT),
        drop("null", *at(*SIGNAL)),
        DnsRedirect(label="take"),
        notes=("transparent_dns",),
    ),
    blocking(
        "A14",
        "a router answers 'administratively prohibited'",
        of("signal", blocked("ip.unreachable")),
        IcmpUnreachable(label="icmp", match=Match(to=at(*SIGNAL))),
    ),
)

# --- some of Telegram's data centres ------------------------------------------------------------

_FIRST: Final = ("149.154.175.0/24", "2001:b28:f23d::/48")
"""The networks of the first and third data centre."""

_MEDIA: Final = (
    "91.105.192.100/32",
    "2a0a:f280:203::/48",
    "149.154.167.151/32",
    "149.154.167.222/32",
    "149.154.164.250/32",
    "149.154.166.120/32",
    *DC_SPARES,
    "2001:67c:4e8:f002::b/128",
    "2001:67c:4e8:f004::b/128",
)
"""The CDN and the data centres' addresses for media."""

_DUTCH: Final = ("149.154.167.0/24", "2001:67c:4e8:f002::/64", "2001:67c:4e8:f004::/64")
"""The networks of one of Telegram's data centres: two of its five, and the web front."""


def _all_but_one() -> Iterator[Scenario]:
    left = {"149.154.175.100/32", "2001:b28:f23d::/48"}
    others = (one for one in TELEGRAM_DC if one not in left)
    keep = "2001:b28:f23d:f003::/64"
    yield blocking(
        "E1",
        "one of five data centres can be reached",
        of("telegram", truth("blocked"), text=truth("degraded")),
        drop("null", "2001:b28:f23d:f001::/64", *others, not_to=(keep,)),
        row="ooni §3c (1 of 5 DCs)",
        counts={"telegram.text": (1, 5)},
    )


_DATA_CENTRES: Final = (
    blocking(
        "A12",
        "three of five data centres are cut off",
        of("telegram", truth("degraded", "tcp.timeout")),
        drop(
            "null",
            _FIRST[0],
            "149.154.171.5/32",
            "91.108.56.100/32",
            _FIRST[1],
            "2001:b28:f23f::/48",
        ),
        counts={"telegram.text": (2, 5)},
    ),
    blocking(
        "P9",
        "two of five data centres are cut off",
        of("telegram", truth("degraded", "tcp.timeout"), text=truth("degraded"), media=OK),
        drop("null", *_FIRST),
        row="A12 (fewer)",
        counts={"telegram.text": (3, 5)},
    ),
    *_all_but_one(),
    blocking(
        "P8",
        "the CDN and the data centres' media addresses are cut off",
        of("telegram", _TIMEOUT, media=_TIMEOUT, text=OK, web=OK),
        drop("null", *_MEDIA),
        row="A11 (media alone)",
    ),
)

# --- ports --------------------------------------------------------------------------------------

_PARTLY: Final = truth("degraded")
"""Clients fall back to the ports that work, late or not at all."""
_ONE_OF_SOME: Final = truth(
    "ok|degraded",
    why="the app has several API hosts, and which of them it cannot do without is not known",
)

_PORTS: Final = (
    blocking(
        "A15",
        "port 5222 alone is closed",
        of("whatsapp", OK),
        Drop(label="port", match=tcp_to(ports=(5222,))),
        fires=(),
        deviation="the reserve port is not even tried while 443 works",
    ),
    blocking(
        "A16",
        "port 443 of the chat servers is cut off, 5222 works",
        of("whatsapp", _PARTLY),
        drop("port", *at(*CHAT), ports=(443,)),
    ),
    blocking(
        "P7",
        "port 443 of every data centre is cut off, its other ports work",
        of("telegram", _PARTLY, text=_PARTLY),
        drop("port", *TELEGRAM_DC, ports=(443,)),
        row="A16 (Telegram)",
    ),
    blocking(
        "OT3",
        "ports 443 and 80 of every data centre are cut off, 5222 is not",
        of(
            "telegram",
            _PARTLY,
            text=_PARTLY,
            web=truth(
                "ok|degraded", why="its IPv6 lies in one's network: chance asks there or not"
            ),
        ),
        drop("ports", *TELEGRAM_DC, ports=(80, 443)),
        row="OONI telegram",
    ),
    blocking(
        "OF1",
        "port 443 of one of Messenger's API hosts is cut off",
        of("messenger", _ONE_OF_SOME, text=_ONE_OF_SOME, web=OK),
        drop("api", *at("b-graph.facebook.com"), ports=(443,)),
        row="OONI facebook",
        look_alike=True,
    ),
    blocking(
        "S3",
        "the port of Apple's push is closed, the web's port leads there too",
        of("imessage", truth("degraded"), text=truth("degraded")),
        Drop(label="port", match=tcp_to(ports=(5223,))),
        row="A15",
        args=("--quick",),
        services=("imessage", "matrix"),
    ),
)

# --- some addresses of each name ----------------------------------------------------------------

_HALF_CUT: Final = truth("degraded", "tcp.timeout")
"""Clients meet the half that works, later."""


def _some_addresses() -> Iterator[Scenario]:
    for family, other in ((4, 6), (6, 4)):
        yield blocking(
            f"F{family}",
            f"WhatsApp's IPv{family} addresses are cut off, IPv{other} is open",
            of("whatsapp", _HALF_CUT, web=_HALF_CUT),
            drop("null", *at(*WHATSAPP), family=family),
            row=f"ooni §3c (IPv{family} blocked, IPv{other} open)",
        )
    firsts = tuple(at(host)[0] for host in hosts_of("messenger"))
    refuse = RstOnSyn(label="rst", match=Match(to=firsts, ports=(443,)), early=False, at_rtt=1.0)
    for id_, how, mechanism, action in (
        ("F1", "is cut off, the others are open", "tcp.timeout", drop("null", *firsts)),
        ("F2", "refuses, as the server would", "tcp.refused", refuse),
    ):
        yield blocking(
            id_,
            f"one address of each of Messenger's names {how}",
            of("messenger", truth("degraded", mechanism)),
            action,
            row="ooni §3c (per-IP block with other IPs open)",
        )


# --- what no single place can tell --------------------------------------------------------------

_CUT_SIGNUP: Final = of("whatsapp", UNCLEAR, signup=UNCLEAR)
_OPEN_443: Final = replace(closed(SIGNUP), ports=(443,))

L1: Final = pair(
    "L1",
    "A11 (one address)",
    ("the web front's one network is cut off", _CUT_SIGNUP),
    ("the registration server is dead", of("whatsapp", UNCLEAR, signup=UNCLEAR)),
    drop("null", *at(SIGNUP)),
    innocent_world=hosts(dead(SIGNUP)),
)
L3: Final = pair(
    "L3",
    "A13",
    ("refusals forged from the server's own SYN-ACK", _CUT_SIGNUP),
    ("the registration server closed its port", of("whatsapp", UNCLEAR, signup=UNCLEAR)),
    RstOnSyn(label="rst", match=Match(to=at(SIGNUP), ports=(443,)), early=False),
    innocent_world=hosts(_OPEN_443),
)


def _pairs() -> Iterator[Scenario]:
    web = Match(to=at(*SIGNAL), ports=(443, 80))
    yield from pair(
        "L6",
        "A13 (a whole service)",
        (
            "refusals forged from the SYN-ACKs of all of Signal's web servers",
            of("signal", UNCLEAR, text=UNCLEAR, media=UNCLEAR),
        ),
        (
            "all of Signal's web servers closed their ports",
            of("signal", UNCLEAR, text=UNCLEAR, media=UNCLEAR),
        ),
        RstOnSyn(label="rst", match=web, early=False, at_rtt=1.0),
        innocent_world=hosts(HostPolicy(names=SIGNAL, ports=(443, 80), connect="refuse")),
    )
    yield from pair(
        "L7",
        "A12 (one place)",
        (
            "the networks of one data centre are cut off",
            of("telegram", truth("degraded")),
        ),
        (
            "one data centre has lost its power",
            of("telegram", truth("degraded")),
        ),
        drop("null", *_DUTCH),
        innocent_world=hosts(dead("service:telegram", addresses=_DUTCH)),
    )
    hit, failed = UNCLEAR, UNCLEAR
    yield from pair(
        "L13",
        "A11 (a shared address)",
        (
            "a CDN that three messengers share is cut off",
            {**of("whatsapp", hit, web=UNCLEAR), **of("messenger", hit, web=UNCLEAR)},
        ),
        (
            "a CDN that three messengers share fails",
            {**of("whatsapp", failed, web=UNCLEAR), **of("messenger", failed, web=UNCLEAR)},
        ),
        drop("null", *prefixes(*CDN)),
        world=SHARED,
        innocent_world={**SHARED, **hosts(dead(*TENANTS, addresses=prefixes(*CDN)))},
    )


SCENARIOS: Final = (
    *_SERVICES,
    *_DATA_CENTRES,
    *_PORTS,
    *_some_addresses(),
    *L1,
    *L3,
    *_pairs(),
)
