"""Is a censor still seen where the connection's own resolver is dead for every name?"""

from typing import Any, Final

from tests.lab.censor import Action, DnsForge, Drop, Freeze, Match, OnSni
from tests.lab.scenario import OK, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    BOGON,
    MESSENGER,
    SIGNAL,
    TELEGRAM,
    UNCLEAR,
    WHATSAPP,
    blocked,
    hosts,
    of,
)
from tests.lab.world.config import HostPolicy, ResolverPolicy

_DEAD: Final[dict[str, Any]] = {"resolvers": (ResolverPolicy(dead=True),)}
_STATES: Final = ("dns_fault",)
_EITHER_WAY: Final = truth(
    "degraded|inconclusive",
    why="servers that hang for everybody are nobody's doing, and what is left tells no more",
)


def _beside(id_: str, title: str, truths: dict[str, Truth], *actions: Action) -> Scenario:
    return blocking(
        id_,
        f"the provider's resolver is dead for every name, and {title}",
        truths,
        *actions,
        row="I17 (beside a censor)",
        states=_STATES,
        world=_DEAD,
    )


SCENARIOS: Final[tuple[Scenario, ...]] = (
    _beside(
        "DR1",
        "whoever names Telegram gets an alert",
        of("telegram", blocked("tls.alert.sni"), text=OK, web=blocked("tls.alert.sni")),
        OnSni(label="alert", names=TELEGRAM, do="alert", at_rtt=0.9),
    ),
    _beside(
        "DR2",
        "impossible addresses are injected for Telegram's names",
        of("telegram", blocked("dns.injection"), text=OK, web=blocked("dns.injection")),
        DnsForge(label="forge", names=TELEGRAM, answer=(BOGON,), mode="race"),
    ),
    _beside(
        "DR3",
        "questions for WhatsApp's names are refused, whoever is asked",
        of("whatsapp", blocked("dns.refused"), web=blocked("dns.refused")),
        DnsForge(label="forge", names=WHATSAPP, answer=("refused",)),
    ),
    _beside(
        "DR4",
        "nothing gets to Messenger's addresses",
        of("messenger", blocked("tcp.timeout"), text=blocked("tcp.timeout")),
        Drop(label="null", match=Match(to=at(*MESSENGER))),
    ),
    _beside(
        "DR5",
        "connections to Signal freeze after 12 kB",
        of("signal", truth("blocked", "tcp.freeze")),
        Freeze(
            label="freeze",
            match=Match(to=at(*SIGNAL), direction="both", proto=("tcp",)),
            after_bytes=12_000,
        ),
    ),
    _beside(
        "DR8",
        "questions for Telegram's names vanish, whoever is asked",
        of("telegram", blocked("dns.timeout"), text=OK, web=blocked("dns.timeout")),
        DnsForge(label="forge", names=TELEGRAM, answer=("drop",)),
    ),
    _beside(
        "DR10",
        "questions for Messenger's names vanish, whoever is asked, but for its call server's",
        of("messenger", blocked("dns.timeout"), calls=OK),
        DnsForge(label="forge", names=MESSENGER, answer=("drop",)),
    ),
    innocent(
        "DR9",
        "the provider's resolver is dead for every name, and other resolvers' answers get lost",
        Drop(
            label="lost",
            match=Match(proto=("udp",), ports=(53,), direction="both", probability=0.5),
        ),
        row="none (innocent twin of DR8)",
        states=_STATES,
        world=_DEAD,
    ),
    innocent(
        "DR6",
        "the provider's resolver is dead for every name, and Messenger hangs for everybody",
        row="none (innocent twin of DR1)",
        states=_STATES,
        world={**_DEAD, **hosts(HostPolicy(names=MESSENGER, tls="hang"))},
        truths=of("messenger", _EITHER_WAY),
    ),
    innocent(
        "DR7",
        "the provider's resolver is dead for every name, and one front of WhatsApp's sends alerts",
        row="none (innocent twin of DR1)",
        states=_STATES,
        world={**_DEAD, **hosts(HostPolicy(names=("=v.whatsapp.net",), tls="alert"))},
        truths=of("whatsapp", UNCLEAR, text=OK),
    ),
)
