"""Do resolvers look odd, fail, or obey the user, without anybody tampering with names?"""

from collections.abc import Iterator
from typing import Any, Final

from tests.lab.censor import DnsForge, DnsRedirect
from tests.lab.scenario import (
    OK,
    Scenario,
    at,
    truth,
)
from tests.lab.scenarios.kinds import connection, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    FIFTH_LOST,
    QUIET,
    RESOLVER,
    SIGNAL,
    TELEGRAM,
    hosts,
    hosts_of,
    of,
    provider_says,
)
from tests.lab.world.config import ExtraHost, HostPolicy, ResolverPolicy, lying

_RELAY: Final = "185.79.0.20"
"""An invented address of somebody who relays what names a host."""
_NAT64: Final = "2a0f:77::53"
_FILTERED: Final = ("local_dns_filter",)
_HIDDEN: Final = truth(
    "ok|degraded",
    why="the user's own filter hides the web page that every other resolver leads to",
)


def _family_resolver(id_: str, says: str, resolver: str, answer: str, name: str) -> Scenario:
    lie = lying("telegram.org", "t.me", action=f"answer:{answer}", at=(name,))
    return innocent(
        id_,
        f"the user chose a family resolver, which {says}",
        row="I16",
        lab={"resolver": resolver},
        world={"resolvers": (lie,)},
        truths=of("telegram", _HIDDEN),
        notes=_FILTERED,
    )


def _relayed() -> Iterator[Scenario]:
    ports = ((443, "relay"), (80, "relay"))
    relay = ExtraHost(name="relay.example", addresses=(_RELAY,), ports=ports)
    for number, names, service in (("14", TELEGRAM, "telegram"), ("15", SIGNAL, "signal")):
        yield innocent(
            f"O{number}",
            f"the resolver sends {service}'s names to a relay that hands all on",
            row=f"OONI {number}",
            world={"extra": (relay,), **provider_says(f"answer:{_RELAY}", *names)},
        )


def _second_answers() -> Iterator[Scenario]:
    """A slow resolver that answers a repeated question twice, truthfully each time."""
    same, other, first = [], [], []
    for host in hosts_of("messenger"):
        found = [one.partition("/")[0] for one in at(host)]
        four, six = [a for a in found if ":" not in a], [a for a in found if ":" in a]
        late: dict[str, Any] = {"servers": (RESOLVER,), "mode": "race", "at_ms": 300.0}
        names = (f"={host}",)
        same.append(DnsForge(label="twice", names=names, answer=(*found,), **late))
        other.append(DnsForge(label="twice", names=names, answer=(*four[1:], *six), **late))
        first.append((f"={host}", "answer:" + ",".join((four[0], *six))))
    row = "ooni §3c (late second DNS answer)"
    yield innocent("E5", "every answer about Messenger comes a second time, late", *same, row=row)
    yield innocent(
        "E6",
        "every answer about Messenger is followed by another one, just as true",
        *other,
        row="ooni §3c (late second DNS answer, another of the CDN's addresses)",
        world={"resolvers": (ResolverPolicy(rules=tuple(first)),)},
    )


_HONEST: Final = (
    innocent(
        "I13",
        "IPv6-only network with NAT64",
        lab={"ipv4": False, "resolver": _NAT64},
        world={"dns64": True, "isp_resolver": ("10.77.0.53", _NAT64)},
    ),
    innocent(
        "I15",
        "an advertisement filter of the user's own also hides web.whatsapp.com",
        world=provider_says("answer:0.0.0.0,::", "web.whatsapp.com", "doubleclick.net"),
        notes=_FILTERED,
    ),
    _family_resolver(
        "I16", "sends Telegram to its own page", "94.140.14.14", "203.0.113.9", "adguard"
    ),
    _family_resolver(
        "I16b",
        "answers Telegram's names with 0.0.0.0",
        "1.1.1.3",
        "0.0.0.0,::",
        "cloudflare-family",
    ),
    innocent(
        "I18",
        "a resolver that fails one question in five",
        world={"resolvers": (ResolverPolicy(at=("isp",), servfail_share=0.2),)},
    ),
    innocent(
        "I19",
        "an honest transparent DNS proxy",
        DnsRedirect(label="take"),
        notes=("transparent_dns",),
    ),
    innocent(
        "I19-lossy",
        "the proxy of I19, on a line that loses one packet in five each way; the servers of"
        " Telegram's web pages reset everybody",
        DnsRedirect(label="take"),
        row="I19",
        world=hosts(HostPolicy(names=TELEGRAM, tls="reset")),
        link=FIFTH_LOST,
        states=ANY_LINK,
        others=QUIET,
        usable=False,
    ),
    *_relayed(),
    *_second_answers(),
)


def _failing() -> Iterator[Scenario]:
    """The provider's resolver fails for every name."""
    for id_, fault, policy in (
        ("I17", "is dead for every name", ResolverPolicy(dead=True)),
        ("I17b", "answers SERVFAIL to every name", ResolverPolicy(servfail_share=1.0)),
        (
            "I17c",
            "says of every name that it does not exist",
            ResolverPolicy(rules=(("*", "nxdomain"),)),
        ),
    ):
        yield connection(
            id_,
            f"the provider's resolver {fault}",
            "dns_fault",
            row="I17",
            others=OK,
            world={"resolvers": (policy,)},
        )


SCENARIOS: Final = (*_HONEST, *_failing())
