"""Do resolvers lie about the names of a service, or keep silent about them?"""

from collections.abc import Iterator
from typing import Any, Final

from msgprobe.catalog.loader import load
from tests.lab.censor import DnsForge, DnsRedirect, Drop, Match
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent, pair
from tests.lab.scenarios.shared import (
    BOGON,
    MESSENGER,
    QUIET,
    RESOLVER,
    SIGNAL,
    SIGNUP,
    TELEGRAM,
    UNCLEAR,
    WHATSAPP,
    blocked,
    drop,
    http_to_box,
    leads_to_page,
    of,
    prefixes,
    provider_says,
    reset,
    swallow,
)
from tests.lab.world.config import (
    ExtraHost,
    HostPolicy,
    HttpInterceptor,
    dead,
    lying,
)

_PUBLIC: Final = ("8.8.8.8/32", "1.1.1.1/32", "9.9.9.9/32")
_PARKED: Final = "185.79.0.21"
"""An invented address of a machine with closed ports."""
_PARKED_IPV6: Final = "2a0f:77:9::21"
"""The same over IPv6."""
_STALE: Final = "157.240.77.77"
"""An address inside Meta's networks where nobody lives."""
_OONI_BOGON: Final = "10.10.34.35"
_BOGUS: Final = blocked("dns.injection.bogon")


# --- the provider's resolver --------------------------------------------------------------------


def _says(id_: str, title: str, service: str, mechanism: str, world: dict[str, Any]) -> Scenario:
    """The provider's resolver says something untrue about one service."""
    row = f"OONI {id_[1:]}" if id_[0] == "O" else id_
    return blocking(id_, title, of(service, blocked(mechanism)), row=row, world=world)


_PROVIDER: Final = (
    _says(
        "A1",
        "names erased from the provider's resolver",
        "whatsapp",
        "dns.nxdomain",
        provider_says("nxdomain", *WHATSAPP),
    ),
    _says(
        "A5",
        "names lead to the provider's block page",
        "messenger",
        "dns.injection.blockpage",
        leads_to_page(*MESSENGER),
    ),
    _says(
        "A6",
        "the resolver refuses the names",
        "whatsapp",
        "dns.refused",
        provider_says("refused", *WHATSAPP),
    ),
    _says(
        "O9",
        "the provider's resolver knows the names and gives no address for them",
        "messenger",
        "dns.nxdomain",
        provider_says("empty", *MESSENGER),
    ),
    _says(
        "O43",
        "names lead to a machine abroad whose ports are closed",
        "messenger",
        "dns.injection",
        {
            "extra": (ExtraHost(name="parked.example", addresses=(_PARKED,)),),
            "hosts": (HostPolicy(names=("parked.example",), connect="refuse"),),
            **provider_says(f"answer:{_PARKED}", *MESSENGER),
        },
    ),
    blocking(
        "A9",
        "names erased and addresses cut off",
        of("whatsapp", blocked("dns.nxdomain")),
        drop("null", *at(*WHATSAPP)),
        world=provider_says("nxdomain", *WHATSAPP),
        deviation="only the DNS half is labelled: behind it the addresses' fate may stay unknown",
    ),
    blocking(
        "O20",
        "names lead to the block page, and plain HTTP to the true addresses meets it too",
        of("telegram", blocked("dns.injection.blockpage"), text=OK),
        http_to_box("", to=at(*TELEGRAM)),
        row="OONI 20",
        world={
            **leads_to_page(*TELEGRAM),
            "http": HttpInterceptor(names=TELEGRAM, does="page"),
        },
    ),
    blocking(
        "OF2",
        "the provider's resolver gives impossible addresses for all of Facebook's names",
        {
            **of("messenger", _BOGUS, web=_BOGUS),
            **of("whatsapp", UNCLEAR, calls=UNCLEAR, text=OK),
        },
        row="OONI facebook",
        world=provider_says(f"answer:{_OONI_BOGON}", *MESSENGER, "fbsbx.com"),
    ),
)


def _ghosts() -> Iterator[Scenario]:
    """A name that nobody has an address for, and that the provider sends to its block page."""
    shut = HostPolicy(names=("stub.local",), ports=(443,), connect="refuse")
    for number, words, policies in (("16", "", ()), ("17", ", port 443 closed", (shut,))):
        yield blocking(
            f"O{number}",
            f"a name is gone everywhere, the provider still sends it to its block page{words}",
            {"whatsapp.signup": truth("not_tested")},
            row=f"OONI {number}",
            world={
                **leads_to_page(f"={SIGNUP}"),
                "hosts": policies,
                "everywhere": ((f"={SIGNUP}", "nxdomain"),),
            },
        )


# --- lies on the way ----------------------------------------------------------------------------

_STATE_ANSWERS: Final = DnsForge(
    label="forge", names=WHATSAPP, servers=_PUBLIC, answer=("nxdomain",)
)
_ROW_R: Final = "R (RU: UDP 53 to 8.8.8.8 answered by the state's resolver)"


def _forged(label: str, names: tuple[str, ...], answer: str, **more: Any) -> DnsForge:
    return DnsForge(label=label, names=names, answer=(answer,), **more)


_ON_THE_WAY: Final = (
    blocking(
        "A2",
        "impossible addresses injected on the way",
        of("whatsapp", blocked("dns.injection.bogon")),
        _forged("forge", WHATSAPP, BOGON),
    ),
    blocking(
        "A3",
        "a forged answer races the true one",
        of("signal", blocked("dns.injection")),
        _forged("race", SIGNAL, "46.82.174.69", mode="race", at_ms=5.0),
        link=Link(delay_ms=100, down_kbit=20_000, up_kbit=10_000),
        deviation="one forged address, not a pool of 600",
    ),
    blocking(
        "A7",
        "questions with the names vanish, whomever they are for",
        of("signal", blocked("dns.timeout")),
        _forged("vanish", SIGNAL, "drop"),
    ),
    blocking(
        "A8",
        "all DNS is taken to a resolver that lies about one messenger",
        of("telegram", blocked("dns.injection"), text=OK),
        DnsRedirect(label="take"),
        world=leads_to_page(*TELEGRAM),
        notes=("transparent_dns",),
    ),
    blocking(
        "O12",
        "every question for Signal's names is answered with this device's own address",
        of("signal", blocked("dns.injection.bogon")),
        _forged("forge", SIGNAL, "127.0.0.1"),
        row="OONI 12",
    ),
    *(
        blocking(
            f"O{service[0].upper()}1",
            f"{name} alone is answered with an impossible address",
            of(service, _BOGUS, web=_BOGUS, text=OK),
            _forged("forge", (f"={name}",), _OONI_BOGON),
            row=f"OONI {service}",
        )
        for service, name in (("whatsapp", "web.whatsapp.com"), ("telegram", "web.telegram.org"))
    ),
    blocking(
        "G10",
        "who uses 8.8.8.8 is answered by somebody else over UDP; TCP is honest",
        of("whatsapp", blocked("dns.nxdomain")),
        _STATE_ANSWERS,
        row=_ROW_R,
        lab={"resolver": "8.8.8.8"},
        env={"TZ": "Europe/Moscow"},
        world={"country": "RU"},
        notes=("dns_intercepted",),
    ),
    innocent(
        "G11",
        "8.8.8.8 is answered by somebody else over UDP, the provider's resolver is honest; a "
        "server of WhatsApp's is down",
        _STATE_ANSWERS,
        drop("down", *at(*WHATSAPP)[:1]),
        row=_ROW_R,
        fires=("down",),
        usable=False,
    ),
)

# --- over IPv6 alone ----------------------------------------------------------------------------


_HALF_TOLD: Final = truth(
    "degraded|inconclusive", why="half of its names have no IPv6 address, and may be erased"
)


def _over_ipv6_alone() -> Iterator[Scenario]:
    """The provider's resolver says that names have no IPv4 addresses."""
    yield innocent(
        "V6-down",
        "the resolver tells IPv6 addresses alone of any name, and at WhatsApp's port 443 is dead",
        _forged("lost", ("*",), "empty", family=4, servers=(RESOLVER,)),
        drop("down", *(one for one in at(*WHATSAPP) if ":" in one), ports=(443,)),
        truths={"whatsapp": QUIET, "signal": _HALF_TOLD},
        never=("local_dns_filter",),
        usable=False,
    )
    yield blocking(
        "V6-lie",
        "the resolver tells one IPv6 address alone for WhatsApp's names, whose ports are closed",
        of("whatsapp", blocked("dns.injection")),
        _forged("lost", WHATSAPP, "empty", family=4, servers=(RESOLVER,)),
        world={
            "extra": (ExtraHost(name="parked.example", addresses=(_PARKED_IPV6,)),),
            "hosts": (HostPolicy(names=("parked.example",), connect="refuse"),),
            **provider_says(f"answer:{_PARKED_IPV6}", *WHATSAPP),
        },
    )


# --- encrypted DNS ------------------------------------------------------------------------------

_DOH: Final = ("dns.google", "cloudflare-dns.com", "unfiltered.adguard-dns.com", "one.one.one.one")
_EVERY_DOH: Final = tuple(r.doh_host for r in load().controls.resolvers if r.doh_host is not None)

_ENCRYPTED: Final = (
    innocent(
        "A10",
        "encrypted DNS is blocked by name and address",
        swallow(*_DOH, label="doh", but=("one.one.one.one",)),
        drop("doh-ip", *at(_DOH[1]), *at(_DOH[2]), ports=(443,), proto=("tcp",)),
        notes=("encrypted_dns_blocked",),
        fires=("doh",),
        deviation="the services are left alone",
    ),
    innocent(
        "A10b",
        "encrypted DNS alone is cut off",
        reset(*_EVERY_DOH, label="doh"),
        Drop(label="dot", match=Match(ports=(853,))),
        row="A10",
        notes=("encrypted_dns_blocked",),
        fires=("doh",),
    ),
)

# --- what no single place can tell --------------------------------------------------------------


def _pairs() -> Iterator[Scenario]:
    true = ",".join(one.partition("/")[0] for one in at(SIGNUP))
    stale = lying(f"={SIGNUP}", action=f"answer:{_STALE}")
    cut = of("whatsapp", UNCLEAR, signup=UNCLEAR)
    yield from pair(
        "L12",
        "A1 (an address of the service's own)",
        ("the provider sends one name to an empty address of the service's own", cut),
        (
            "the service sends this country to a cache of its own that is dead",
            of("whatsapp", UNCLEAR, signup=UNCLEAR),
        ),
        world={"resolvers": (stale,)},
        innocent_world={
            "extra": (ExtraHost(name=SIGNUP, addresses=(_STALE,)),),
            "hosts": (dead(SIGNUP, addresses=prefixes(_STALE)),),
            "resolvers": (stale, lying(f"={SIGNUP}", action=f"answer:{true}", at=("public",))),
        },
    )
    fails = truth("degraded")
    yield from pair(
        "L14",
        "A6 (SERVFAIL, one name)",
        ("the provider's resolver fails for one name, by order", of("whatsapp", fails)),
        (
            "one zone's name servers do not answer this provider's resolver",
            of("whatsapp", fails),
        ),
        world=provider_says("servfail", f"={SIGNUP}"),
        innocent_world=provider_says("servfail", SIGNUP),
    )


SCENARIOS: Final = (
    *_PROVIDER,
    *_ghosts(),
    *_ON_THE_WAY,
    *_over_ipv6_alone(),
    *_ENCRYPTED,
    *_pairs(),
)
