"""More look-alikes: pairs of a censor and an innocent cause that no single place can tell apart."""

from collections.abc import Iterator, Mapping
from typing import Final

from tests.lab.censor import Action, Drop, Match, OnPattern, OnSni, PortRewrite, RstOnSyn
from tests.lab.scenario import Scenario, Truth, at, truth
from tests.lab.scenarios_blocking import CHAT, MESSENGER, SIGNAL, drop
from tests.lab.scenarios_protocol import RAW
from tests.lab.world.config import ExtraHost, HostPolicy, Pep, dead, lying

SIGNUP: Final = "v.whatsapp.net"
CDN: Final = ("104.18.30.60", "172.64.160.60", "2606:4700::6812:1e3c")
"""Invented addresses of a CDN in two networks of IPv4."""
TENANTS: Final = ("updates.signal.org", "web.whatsapp.com", "www.facebook.com")
SHARED: Final = {"moved": ((TENANTS, CDN),)}
"""The world in which three messengers' names live on the same CDN."""

_RELAYS: Final = ("turn3.voip.signal.org", "turn.cloudflare.com")
_DUTCH: Final = ("149.154.167.0/24", "2001:67c:4e8:f002::/64", "2001:67c:4e8:f004::/64")
"""The networks of one of Telegram's data centres: two of its five, and the web front."""
_STALE: Final = "157.240.77.77"
"""An address inside Meta's networks where nobody lives."""

_CUT: Final = truth("inconclusive|blocked")
_FAULT: Final = truth("inconclusive|down")


def prefixes(*addresses: str) -> tuple[str, ...]:
    """The addresses as host prefixes."""
    return tuple(f"{one}/{128 if ':' in one else 32}" for one in addresses)


def _pair(
    number: int,
    row: str,
    titles: tuple[str, str],
    truths: tuple[Mapping[str, Truth], Mapping[str, Truth]],
    actions: tuple[Action, ...],
    world: tuple[Mapping[str, object], Mapping[str, object]],
) -> Iterator[Scenario]:
    """The censor's title, truths and world first, the innocent's second."""
    for half, name in enumerate(("censor", "innocent")):
        yield Scenario(
            id=f"L{number}-{name}",
            title=titles[half],
            kind="innocent" if half else "blocking",
            row=f"§5 look-alike of {row.partition(' ')[0]}" if half else row,
            actions=() if half else actions,
            world=world[half],
            truths=truths[half],
            fires=() if half else tuple(a.label for a in actions),
            look_alike=True,
        )


def _tcp() -> Iterator[Scenario]:
    yield from _pair(
        6,
        "A13 (a whole service)",
        (
            "refusals forged from the SYN-ACKs of all of Signal's web servers",
            "all of Signal's web servers closed their ports",
        ),
        (
            {"signal": _CUT, "signal.text": _CUT, "signal.media": _CUT},
            {"signal": _FAULT, "signal.text": _FAULT, "signal.media": _FAULT},
        ),
        (
            RstOnSyn(
                label="rst", match=Match(to=at(*SIGNAL), ports=(443, 80)), early=False, at_rtt=1.0
            ),
        ),
        ({}, {"hosts": (HostPolicy(names=SIGNAL, ports=(443, 80), connect="refuse"),)}),
    )
    yield from _pair(
        7,
        "A12 (one place)",
        ("the networks of one data centre are cut off", "one data centre has lost its power"),
        (
            {"telegram": truth("degraded|inconclusive|blocked")},
            {"telegram": truth("degraded|inconclusive|down")},
        ),
        (drop("null", *_DUTCH),),
        ({}, {"hosts": (dead("service:telegram", addresses=_DUTCH),)}),
    )
    yield from _pair(
        13,
        "A11 (a shared address)",
        ("a CDN that three messengers share is cut off", "a CDN that three messengers share fails"),
        (
            {
                "whatsapp": truth("ok|blocked|degraded"),
                "whatsapp.web": _CUT,
                "messenger": truth("ok|blocked|degraded"),
                "messenger.web": _CUT,
            },
            {
                "whatsapp": truth("ok|down|degraded"),
                "whatsapp.web": _FAULT,
                "messenger": truth("ok|down|degraded"),
                "messenger.web": _FAULT,
            },
        ),
        (drop("null", *prefixes(*CDN)),),
        (SHARED, {**SHARED, "hosts": (dead(*TENANTS, addresses=prefixes(*CDN)),)}),
    )


def _spoken() -> Iterator[Scenario]:
    yield from _pair(
        8,
        "A30 (one name)",
        (
            "a forged alert at one name, on listed addresses only, at full RTT",
            "the registration front works, its backend answers with an alert",
        ),
        (
            {"whatsapp": truth("ok|blocked"), "whatsapp.signup": _CUT},
            {"whatsapp": truth("ok|down"), "whatsapp.signup": _FAULT},
        ),
        (
            OnSni(
                label="alert",
                names=(SIGNUP,),
                match=Match(to=at(SIGNUP), proto=("tcp",)),
                do="alert",
                at_rtt=1.0,
            ),
        ),
        ({}, {"hosts": (HostPolicy(names=(SIGNUP,), tls="alert"),)}),
    )
    yield from _pair(
        9,
        "A35 (Noise, late resets)",
        (
            "WhatsApp's own protocol is reset as late as its servers could",
            "WhatsApp's chat servers reset whoever they do not know",
        ),
        (
            {"whatsapp": _CUT, "whatsapp.text": _CUT, "whatsapp.web": truth("ok")},
            {"whatsapp": _FAULT, "whatsapp.text": _FAULT, "whatsapp.web": truth("ok")},
        ),
        (
            OnPattern(
                label="noise",
                match=Match(to=at(*CHAT), proto=("tcp",)),
                pattern=RAW,
                do="rst",
                at_rtt=1.0,
                copies=1,
            ),
        ),
        ({}, {"hosts": (HostPolicy(names=("pool:whatsapp/chat",), chat="turns_away"),)}),
    )
    yield from _pair(
        10,
        "A40 (all protocols)",
        ("whatever Signal's relays are asked vanishes", "Signal's relays ignore strangers"),
        (
            {"signal": truth("ok|blocked"), "signal.calls": _CUT},
            {"signal": truth("ok|down"), "signal.calls": _FAULT},
        ),
        (
            Drop(label="udp", match=Match(to=at(*_RELAYS), proto=("udp",))),
            OnPattern(
                label="tcp",
                match=Match(to=at(*_RELAYS), proto=("tcp",), ports=(3478,)),
                do="drop_reply",
            ),
        ),
        ({}, {"hosts": (HostPolicy(names=_RELAYS, stun="silent"),)}),
    )


def _speed() -> Iterator[Scenario]:
    slow = HostPolicy(names=("service:messenger", "asset:messenger"), pace="slow", rate=37_500)
    yield from _pair(
        11,
        "B9 (by address)",
        (
            "a proxy on the way hands on 300 kbit/s of each connection to Messenger",
            "Messenger's servers send 300 kbit/s, to everybody",
        ),
        (
            {"messenger": truth("throttled|degraded|inconclusive")},
            {"messenger": truth("ok|degraded|inconclusive")},
        ),
        (PortRewrite(label="split", match=Match(to=at(*MESSENGER), ports=(443,)), to_port=10444),),
        ({"pep": Pep(kbit=300)}, {"hosts": (slow,)}),
    )


def _names() -> Iterator[Scenario]:
    true = at(SIGNUP)
    elsewhere = ",".join(one.partition("/")[0] for one in true)
    cache = ExtraHost(name=SIGNUP, addresses=(_STALE,))
    yield from _pair(
        12,
        "A1 (an address of the service's own)",
        (
            "the provider sends one name to an empty address of the service's own",
            "the service sends this country to a cache of its own that is dead",
        ),
        (
            {"whatsapp": truth("ok|blocked"), "whatsapp.signup": _CUT},
            {"whatsapp": truth("ok|down"), "whatsapp.signup": _FAULT},
        ),
        (),
        (
            {"resolvers": (lying(f"={SIGNUP}", action=f"answer:{_STALE}"),)},
            {
                "extra": (cache,),
                "hosts": (dead(SIGNUP, addresses=prefixes(_STALE)),),
                "resolvers": (
                    lying(f"={SIGNUP}", action=f"answer:{_STALE}"),
                    lying(f"={SIGNUP}", action=f"answer:{elsewhere}", at=("public",)),
                ),
            },
        ),
    )
    yield from _pair(
        14,
        "A6 (SERVFAIL, one name)",
        (
            "the provider's resolver fails for one name, by order",
            "one zone's name servers do not answer this provider's resolver",
        ),
        (
            {"whatsapp": truth("ok|blocked"), "whatsapp.signup": _CUT},
            {"whatsapp": truth("ok|down"), "whatsapp.signup": truth("ok|inconclusive|down")},
        ),
        (),
        (
            {"resolvers": (lying(f"={SIGNUP}", action="servfail"),)},
            {"resolvers": (lying(SIGNUP, action="servfail"),)},
        ),
    )


PAIRS: tuple[Scenario, ...] = (*_tcp(), *_spoken(), *_speed(), *_names())
