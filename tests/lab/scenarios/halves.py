"""Is one half of a service's addresses, or one family, cut off, forged or slowed, and the other
left alone?"""

from dataclasses import replace
from typing import Final

from tests.lab.censor import (
    DnsForge,
    Drop,
    IcmpUnreachable,
    Match,
    OnSni,
    RstOnSyn,
    Throttle,
)
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    BOGON,
    MESSENGER,
    UNCLEAR,
    drop,
    hosts,
    hosts_of,
    of,
    tcp_to,
)
from tests.lab.world.config import HostPolicy, dead

_FIRSTS: Final = tuple(at(host)[0] for host in hosts_of("messenger"))
"""One address of each of Messenger's names."""
_FRONT: Final = "www.facebook.com"
_LATER: Final = at(*(f"e{n}.whatsapp.net" for n in range(1, 17)))
"""The addresses that WhatsApp's numbered chat servers share."""
_SPARE: Final = truth(
    "ok|degraded", why="one place that is out of order, and the main server of the pool answers"
)
_SIX: Final = tuple(a for a in at(*MESSENGER) if ":" in a)
_FOUR: Final = Match(proto=("tcp",), family=4)


SCENARIOS: Final[tuple[Scenario, ...]] = (
    blocking(
        "HA1",
        "connections that name Messenger are reset over IPv4, and left alone over IPv6",
        of("messenger", truth("degraded", "tls.reset.sni")),
        OnSni(label="rst", names=MESSENGER, match=_FOUR, do="rst"),
        row="A17 (one family)",
    ),
    blocking(
        "HA1-six",
        "connections that name Messenger are reset over IPv6, and left alone over IPv4",
        of("messenger", truth("degraded", "tls.reset.sni")),
        OnSni(label="rst", names=MESSENGER, match=replace(_FOUR, family=6), do="rst"),
        row="A17 (one family)",
    ),
    blocking(
        "HA1-six-some",
        "connections that name Signal's media are reset over IPv6 alone",
        of("signal", truth("degraded", "tls.reset.sni")),
        OnSni(
            label="rst",
            names=("=cdn.signal.org", "=cdn3.signal.org"),
            match=replace(_FOUR, family=6),
            do="rst",
        ),
        row="A17 (one family)",
    ),
    blocking(
        "HA2",
        "ClientHellos at one address of each of Messenger's names are dropped if they bear it",
        of("messenger", truth("degraded", "tls.timeout.sni")),
        OnSni(label="drop", names=MESSENGER, match=tcp_to(*_FIRSTS), do="drop"),
        row="A19 (per-IP)",
    ),
    blocking(
        "HA3",
        "impossible IPv4 addresses are injected for Messenger's names; IPv6 ones are true",
        of("messenger", truth("degraded", "dns.injection.bogon")),
        DnsForge(label="forge", names=MESSENGER, answer=(BOGON,), family=4),
        row="A2 (one family)",
    ),
    blocking(
        "HA7",
        "Messenger's IPv4 addresses are held to 140 kbit/s, IPv6 is not",
        of(
            "messenger",
            truth(
                "throttled|degraded",
                why="chance says over which of the two families a transfer goes",
            ),
        ),
        Throttle(
            label="slow",
            match=Match(to=at(*MESSENGER), family=4, direction="both"),
            kbit=140,
        ),
        row="B1 (one family)",
    ),
    blocking(
        "HA4",
        "one IPv4 address of each of Messenger's names is held to 140 kbit/s, the others are not",
        of("messenger", truth("degraded")),
        Throttle(label="slow", match=Match(to=_FIRSTS, direction="both"), kbit=140),
        row="B1 (per-IP)",
    ),
    blocking(
        "HA13",
        "all of WhatsApp's chat servers but one are unreachable by the word of a router",
        of("whatsapp", truth("degraded", "ip.unreachable"), text=truth("degraded"), web=OK),
        IcmpUnreachable(label="none", match=Match(to=_LATER), code="admin"),
        row="A22 (some of a pool)",
    ),
    blocking(
        "HA14",
        "Signal's storage and one of its file servers are reset on SYN, all else works",
        of("signal", truth("degraded"), text=OK, media=truth("degraded")),
        RstOnSyn(label="rst", match=tcp_to(*at("storage.signal.org", "cdn.signal.org"))),
        row="A21 (some of a service)",
    ),
    innocent(
        "HA15",
        "all of WhatsApp's chat servers but one are dead for everybody",
        row="none (innocent twin of HA13)",
        world=hosts(dead("service:whatsapp", addresses=_LATER)),
        truths=of("whatsapp", _SPARE, text=_SPARE, web=OK),
    ),
    innocent(
        "HA16",
        "Signal's storage is dead for everybody, all else works",
        row="none (innocent twin of HA14)",
        world=hosts(dead("=storage.signal.org")),
        truths=of("signal", UNCLEAR, text=OK, media=UNCLEAR),
    ),
    innocent(
        "HA8",
        "one of the three backends of Messenger's web front is dead to everybody",
        row="none (innocent twin of F1)",
        world=hosts(dead(_FRONT, addresses=at(_FRONT)[:1])),
        truths=of(
            "messenger",
            truth("ok|degraded", why="chance says whether a run meets the server that is dead"),
            text=OK,
        ),
    ),
    innocent(
        "HA9",
        "IPv6 is broken for everybody on this line",
        drop("six", family=6),
        row="none (innocent twin of F6)",
    ),
    innocent(
        "HA12",
        "IPv6 swallows long packets for everybody on this line, so that handshakes hang there",
        Drop(label="six", match=Match(family=6, longer_than=1280, direction="both")),
        row="none (innocent twin of HA2)",
    ),
    innocent(
        "HA10",
        "Messenger's own IPv6 servers are gone for everybody",
        row="none (innocent twin of F6)",
        world=hosts(dead("service:messenger", addresses=_SIX)),
        truths=of("messenger", truth("degraded")),
    ),
    innocent(
        "HA11",
        "one of the two backends of Signal's chat servers hangs up on those who name it",
        row="none (innocent twin of HA2)",
        world=hosts(
            HostPolicy(names=("chat.signal.org",), addresses=at("chat.signal.org")[:1], tls="reset")
        ),
        truths=of(
            "signal",
            truth("ok|degraded", why="chance says which of the two a run meets"),
            media=OK,
        ),
    ),
)
