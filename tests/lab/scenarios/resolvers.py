"""Does one resolver fail for one service alone; and do tunnels that carry one service's names alone
look like a lie?"""

from typing import Any, Final

from msgprobe.catalog.loader import load
from tests.lab.censor import DnsRedirect
from tests.lab.scenario import OK, Scenario, addresses_of_all, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    FIFTH_LOST,
    MESSENGER,
    QUIET,
    SIGNAL,
    TELEGRAM,
    WHATSAPP,
    blocked,
    of,
    provider_says,
    reset,
)
from tests.lab.world.config import ExtraHost, ResolverPolicy, lying

_NOT_SURE: Final = truth("degraded")
_FAKE: Final = "198.18.7.7"
"""What a tunnel would give; nobody lives there."""


_EVERY_DOH: Final = tuple(r.doh_host for r in load().controls.resolvers if r.doh_host is not None)
_ALL_DENY: Final = {
    "resolvers": (
        ResolverPolicy(
            at=("isp", "public"),
            rules=tuple((name, "nxdomain") for name in SIGNAL),
            channels=("udp", "tcp"),
        ),
    )
}


def _carried(*names: str, at: tuple[str, ...] = ("isp",)) -> dict[str, Any]:
    """A tunnel of the user's own gives these names an address of its own, whoever of ``at`` is
    asked in the open, and carries them."""
    every = [
        host
        for host in addresses_of_all()
        if any(host == name or host.endswith("." + name) for name in names)
    ]
    fake = {host: f"198.18.{n // 200 + 1}.{n % 200 + 1}" for n, host in enumerate(every)}
    return {
        "extra": tuple(ExtraHost(name=h, addresses=(a,), ports=()) for h, a in fake.items()),
        "resolvers": (
            ResolverPolicy(
                at=at,
                rules=tuple((f"={h}", f"answer:{a}") for h, a in fake.items()),
                channels=("udp", "tcp"),
            ),
            ResolverPolicy(
                at=("public",),
                rules=tuple((f"={h}", "answer:" + ",".join(addresses_of_all()[h])) for h in fake),
            ),
        ),
    }


SCENARIOS: Final[tuple[Scenario, ...]] = (
    blocking(
        "RS1",
        "the provider's resolver fails (SERVFAIL) for WhatsApp's names alone",
        of("whatsapp", blocked("dns.servfail")),
        world=provider_says("servfail", *WHATSAPP),
    ),
    blocking(
        "RS2",
        "the provider's resolver is silent about Messenger's names alone",
        of("messenger", blocked("dns.timeout")),
        world=provider_says("drop", *MESSENGER),
    ),
    blocking(
        "RS3",
        "the provider's resolver fails for the names of Telegram's web alone",
        of("telegram", blocked("dns.servfail"), web=blocked("dns.servfail"), text=OK),
        world=provider_says("servfail", *TELEGRAM),
    ),
    blocking(
        "RS4",
        "the provider's resolver fails for Signal's names alone, which are of one zone",
        of("signal", truth("degraded")),
        world=provider_says("servfail", *SIGNAL),
        deviation="a resolver that does not reach one zone's name servers looks the same",
    ),
    blocking(
        "RS5",
        "the provider's resolver is silent about web.whatsapp.com",
        of("whatsapp", truth("degraded"), text=OK, web=truth("degraded")),
        world=provider_says("drop", "=web.whatsapp.com"),
        deviation="one name: as RS4",
    ),
    innocent(
        "RS6",
        "the provider's resolver does not reach the name servers of one of WhatsApp's zones",
        row="none (innocent twin of RS1)",
        world=provider_says("servfail", "whatsapp.net"),
        truths=of("whatsapp", _NOT_SURE),
    ),
    innocent(
        "RS6-taken",
        "the resolver of RS6 answers in every resolver's place, on a line that loses one packet in"
        " five each way",
        DnsRedirect(label="take"),
        row="none (innocent twin of RS1)",
        world=provider_says("servfail", "whatsapp.net"),
        truths=of("whatsapp", QUIET),
        link=FIFTH_LOST,
        states=ANY_LINK,
        others=QUIET,
        usable=False,
    ),
    innocent(
        "RS13",
        "the provider's resolver does not reach Meta's name servers, on which two services hang",
        row="none (innocent twin of RS1)",
        world=provider_says("servfail", *WHATSAPP, *MESSENGER, "fbsbx.com"),
        truths={**of("whatsapp", _NOT_SURE), **of("messenger", _NOT_SURE)},
    ),
    blocking(
        "RS14",
        "the provider's resolver fails for WhatsApp's names, and is silent about Telegram's",
        {**of("whatsapp", blocked("dns.servfail")), **of("telegram", blocked("dns.timeout"))},
        row="RS1 (two services)",
        world={"resolvers": (lying(*WHATSAPP, action="servfail"), lying(*TELEGRAM, action="drop"))},
    ),
    innocent(
        "RS7",
        "WhatsApp's own name servers are down, for everybody; the addresses work",
        row="none (innocent twin of RS1)",
        world={"everywhere": tuple((name, "servfail") for name in WHATSAPP)},
        truths=of(
            "whatsapp",
            truth(
                "down|inconclusive|degraded",
                why="the servers answer those who know their addresses, and nobody finds them",
            ),
        ),
        usable=False,
    ),
    innocent(
        "RS8",
        "the provider's resolver fails for half of all questions",
        row="none (innocent twin of RS1)",
        world={"resolvers": (ResolverPolicy(at=("isp",), servfail_share=0.5),)},
        others=truth("ok|degraded|inconclusive", why="every other question fails, by chance"),
        states=("online", "dns_fault", "bad_link"),
        usable=False,
    ),
    innocent(
        "RS9",
        "a filter of the user's own says of Messenger's names, and of advertisers', that there "
        "are none",
        row="I15 (NXDOMAIN)",
        world=provider_says("nxdomain", *MESSENGER, "doubleclick.net"),
        notes=("local_dns_filter",),
    ),
    innocent(
        "RS10",
        "a filter of the user's own leads Messenger's names, and advertisers', to its own page",
        row="I15 (its own address)",
        world=provider_says("answer:10.77.0.53", *MESSENGER, "doubleclick.net"),
        notes=("local_dns_filter",),
    ),
    blocking(
        "RS11",
        "encrypted DNS is cut off, and all other resolvers deny that Signal's names exist",
        of("signal", blocked("dns.nxdomain")),
        reset(*_EVERY_DOH, label="doh"),
        row="A1, A10",
        world=_ALL_DENY,
        notes=("encrypted_dns_blocked",),
    ),
    blocking(
        "RS15",
        "encrypted DNS is cut off, and the provider's resolver fails for Signal's names",
        of("signal", blocked("dns.servfail")),
        reset(*_EVERY_DOH, label="doh"),
        row="A1, A10 (SERVFAIL)",
        world=provider_says("servfail", *SIGNAL),
        notes=("encrypted_dns_blocked",),
    ),
    innocent(
        "RS16",
        "encrypted DNS is cut off, and Signal's own name servers are down, for everybody",
        reset(*_EVERY_DOH, label="doh"),
        row="none (innocent twin of RS15)",
        world={"everywhere": tuple((name, "servfail") for name in SIGNAL)},
        truths=of(
            "signal",
            truth("down|inconclusive|degraded", why="as RS7, and nobody else can be asked"),
        ),
        usable=False,
        notes=("encrypted_dns_blocked",),
    ),
    innocent(
        "RS12",
        "encrypted DNS is cut off, and one of Signal's names has been given up by Signal",
        reset(*_EVERY_DOH, label="doh"),
        row="I33, A10",
        world={"everywhere": (("=cdn3.signal.org", "nxdomain"),)},
        truths=of("signal", OK, text=OK),
        notes=("encrypted_dns_blocked",),
    ),
    innocent(
        "RT1",
        "a tunnel of the user's own carries the four messengers' names alone",
        row="B0 (some names)",
        world=_carried(*MESSENGER, *WHATSAPP, *SIGNAL, *TELEGRAM, "fbsbx.com"),
    ),
    innocent(
        "RT2",
        "a tunnel of the user's own carries Signal's names alone",
        row="B0 (some names)",
        world=_carried(*SIGNAL),
        truths=of("signal", OK, text=OK),
    ),
    innocent(
        "RT3",
        "a tunnel of the user's own carries Messenger's web front alone",
        row="B0 (one name)",
        world=_carried("www.facebook.com"),
    ),
    innocent(
        "RT6",
        "a tunnel of the user's own takes all questions for Telegram's names, and carries them",
        row="B0 (some names)",
        world=_carried(*TELEGRAM, at=("isp", "public")),
        truths=of("telegram", OK, text=OK),
    ),
    blocking(
        "RT4",
        "the provider's resolver gives Signal's names an address of a tunnel's; nobody is there",
        of("signal", blocked("dns.injection.bogon")),
        row="A2 (a tunnel's address)",
        world=provider_says(f"answer:{_FAKE}", *SIGNAL),
    ),
    blocking(
        "RT5",
        "the same for Messenger, at an address where somebody closes every connection",
        of("messenger", blocked("dns.injection.bogon")),
        row="A2 (a tunnel's address)",
        world={
            "extra": (ExtraHost(name="nobody.example", addresses=(_FAKE,), ports=((9, "https"),)),),
            **provider_says(f"answer:{_FAKE}", *MESSENGER),
        },
    ),
)
