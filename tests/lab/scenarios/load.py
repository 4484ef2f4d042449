"""Routers, firewalls and resolvers at home that take only so much at once: is that a censor?"""

from typing import Any, Final

from tests.lab.censor import ConnectionCap, DnsForge, Match
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    LTE,
    QUIET,
    RESOLVER,
    SIGNAL,
    TELEGRAM_DC,
    UNCLEAR,
    WHATSAPP,
    blocked,
    drop,
    hosts,
    of,
    reset,
)
from tests.lab.world.config import HostPolicy

# --- few new flows at a time --------------------------------------------------------------------


def few(most: int, seconds: float, **match: Any) -> ConnectionCap:
    """So many new flows in so many seconds, TCP and UDP together; the others are dropped."""
    return ConnectionCap(
        label="few", shared=True, most=most, window_s=seconds, match=Match(**match)
    )


NAT: Final = few(20, 2.0, proto=("tcp",))

_FORTY: Final = few(40, 5.0)
_CUT: Final = drop("cut", *TELEGRAM_DC)

NOT_MET: Final = (
    innocent("ML1", "a firewall takes 40 new flows in 5 s and drops the rest", _FORTY, row="§4-18"),
    blocking(
        "ML4",
        "the firewall of ML1, and Signal is reset by name",
        of("signal", blocked("tls.reset.sni")),
        _FORTY,
        reset(*SIGNAL),
        row="A16 (behind a small firewall)",
    ),
    blocking(
        "ML5",
        "the firewall of ML1, and Telegram's data centres are cut off",
        of("telegram", truth("blocked", "tcp.timeout"), text=blocked("tcp.timeout"), web=OK),
        _FORTY,
        _CUT,
        row="A9 (behind a small firewall)",
    ),
    innocent(
        "ML6",
        "the firewall of ML1, and registration at WhatsApp hangs for everybody",
        _FORTY,
        row="§4-18",
        truths=of(
            "whatsapp",
            UNCLEAR,
            signup=UNCLEAR,
            text=OK,
        ),
        world=hosts(HostPolicy(names=("v.whatsapp.net",), tls="hang")),
    ),
)
"""The same behind a firewall so small that the run is not right every time yet: no exam asks."""

_FLOWS: Final = (
    innocent(
        "ML2",
        "a NAT takes 20 new connections in 2 s, on a line of LTE",
        NAT,
        row="§4-18",
        link=LTE,
    ),
    blocking(
        "ML11",
        "the NAT of ML2, and every resolver leads Messenger's web names to this very device",
        of("messenger", blocked("dns.injection"), web=blocked("dns.injection")),
        NAT,
        DnsForge(label="lie", names=("www.facebook.com", "xx.fbcdn.net"), answer=("127.0.0.1",)),
        row="A6 (behind a small NAT)",
        link=LTE,
    ),
    innocent(
        "ML12",
        "the firewall of ML1 behind a satellite, where it is not known for what it is",
        _FORTY,
        row="§4-18 (a long way)",
        link=Link(delay_ms=280, down_kbit=8_000, up_kbit=2_000, loss=0.002, queue_ms=800),
        states=ANY_LINK,
        others=QUIET,
        usable=False,
    ),
    innocent(
        "ML3",
        "a router takes 10 new flows of UDP a second and drops the rest",
        few(10, 1.0, proto=("udp",)),
        row="§4-18 (UDP)",
    ),
)

# --- few questions at a time --------------------------------------------------------------------


def _few_answers(id_: str, title: str, most: int, says: str, **more: Any) -> Scenario:
    """The resolver at home answers so many questions a second."""
    beyond = DnsForge(
        label="beyond", names=("*",), servers=(RESOLVER,), answer=(says,), beyond=most, at_rtt=0.1
    )
    return innocent(id_, title, beyond, row="§4-18 (resolver)", **more)


_QUESTIONS: Final = (
    _few_answers("ML7", "the resolver at home answers 10 questions a second", 10, "drop"),
    _few_answers("ML8", "beyond 20 questions a second it says SERVFAIL", 20, "servfail"),
    _few_answers("ML9", "beyond 20 questions a second it refuses", 20, "refused"),
    blocking(
        "ML10",
        "the resolver of ML7, which says of WhatsApp that it does not exist",
        of("whatsapp", blocked("dns.nxdomain")),
        DnsForge(label="lie", names=WHATSAPP, servers=(RESOLVER,), answer=("nxdomain",)),
        DnsForge(label="beyond", names=("*",), servers=(RESOLVER,), answer=("drop",), beyond=10),
        row="A1 (behind a small resolver)",
    ),
)

SCENARIOS: Final = (*_FLOWS, *_QUESTIONS)
