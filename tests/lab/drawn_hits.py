"""What may be drawn for a service: somebody on the way harms it, or it has troubles of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from msgprobe.catalog.loader import load
from tests.lab.censor import (
    Action,
    DnsForge,
    Drop,
    Freeze,
    IcmpUnreachable,
    Match,
    OnPattern,
    OnSni,
    RstOnSyn,
    Throttle,
)
from tests.lab.cut import Cut
from tests.lab.scenario import OK, Truth, at, truth
from tests.lab.scenarios.shared import (
    BLOCK_PAGE,
    BOGON,
    MESSENGER,
    RAW,
    RELAYS,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    hosts_of,
    tls_to_box,
    udp_to,
)
from tests.lab.world.config import HostPolicy, Mitm

DOMAINS: Final[Mapping[str, tuple[str, ...]]] = {
    "whatsapp": WHATSAPP,
    "telegram": TELEGRAM,
    "messenger": MESSENGER,
    "signal": SIGNAL,
}

_MIRRORS: Final = tuple(s.host for s in load().controls.sources if s.country is None)

DOH: Final = ("dns.google", "cloudflare-dns.com", "dns.quad9.net", "one.one.one.one")
"""Encrypted resolvers."""

ISP: Final = ("10.77.0.53/32", "fd77::53/128")
"""The provider's resolver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What is done to one service: the words that are right, of which ``weaker`` are honest."""

    text: str
    actions: tuple[Action, ...]
    truth: Truth
    weaker: tuple[str, ...] = ()
    world: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Truth] = field(default_factory=dict)
    """What is true of functions, where that is known as well."""
    look_alike: bool = False
    """No single place can tell it from what a censor does."""


# --- what is done to a service ------------------------------------------------------------------


def names_of(lot: Random, service: str) -> tuple[str, tuple[str, ...]]:
    """All of its domains, or some of its hosts, none of which another service has as well."""
    if lot.random() < 0.6:
        return "all names", DOMAINS[service]
    known = hosts_of(service)
    some = lot.sample(known, max(2, len(known) * lot.choice([3, 5, 8]) // 10))
    alone = [name for name in some if not any(name in hosts_of(o) for o in DOMAINS if o != service)]
    return f"{len(alone)} of {len(known)} names", tuple(f"={name}" for name in alone)


def addresses_of(names: Sequence[str]) -> tuple[str, ...]:
    """The addresses of those names and all below them."""
    return at(*(name.removeprefix("=") for name in names))


_SPARED: Final[Mapping[str, tuple[str, ...]]] = {
    "whatsapp": ("text",),
    "telegram": ("text", "media"),
    "messenger": ("calls",),
    "signal": (),
}
"""Functions for which no name is said: a protocol of its own, and UDP."""

_LOST: Final[Mapping[str, tuple[str, ...]]] = {
    "whatsapp": ("media", "web", "signup"),
    "telegram": ("web",),
    "messenger": ("text", "media", "web"),
    "signal": ("text", "media"),
}
"""Functions of which no host answers to its name."""


def _by_every_name(service: str) -> dict[str, Truth]:
    """What is true of functions where no ClientHello with a name of the service gets through."""
    lost = dict.fromkeys(_LOST[service], truth("blocked"))
    return {**lost, **dict.fromkeys(_SPARED[service], OK)}


def _by_name(lot: Random, service: str) -> Hit:
    which, names = names_of(lot, service)
    do = lot.choice(["rst", "rst", "drop", "drop_both", "drop_reply", "alert", "fin"])
    more: dict[str, Any] = {"at_rtt": lot.choice([0.2, 0.5, 0.9, 1.0])}
    if do == "rst":
        more |= {"forward": lot.choice([True, False]), "copies": lot.choice([1, 3])}
    form = lot.choice(["", "", "", "residual", "packets", "some"])
    always = form in ("", "packets")
    if form == "residual":
        more["residual_s"] = lot.choice([10, 30, 60, 120])
        more["residual"] = lot.choice(["pair", "tuple3", "tuple4"])
        more["residual_do"] = lot.choice(["drop", "rst"])
    if form == "packets":
        more["reassemble"] = False
    if form == "some":
        more["match"] = Match(proto=("tcp",), probability=lot.choice([0.5, 0.8]))
    action = OnSni(label=f"name-{service}", names=names, do=do, **more)  # type: ignore[arg-type]
    said = {k: v for k, v in more.items() if k != "match"}
    text = f"{do} at {which} {form or 'always'} {said}"
    ends = {"rst": "tls.reset", "fin": "tls.reset", "alert": "tls.alert"}
    mechanism = () if form == "residual" else (ends.get(do, "tls.timeout"),)
    return Hit(
        text=text,
        actions=(action,),
        truth=truth("blocked|degraded", *mechanism),
        weaker=() if form == "some" or names != DOMAINS[service] else ("degraded",),
        functions=_by_every_name(service) if always and names == DOMAINS[service] else {},
    )


def _with_quic(lot: Random, service: str) -> Hit:
    names = DOMAINS[service]
    quic = Drop(label="", match=Match(proto=("udp",), quic_name=names))
    do = lot.choice(["rst", "drop"])
    tls = OnSni(label=f"name-{service}", names=names, do=do)  # type: ignore[arg-type]
    return Hit(
        text=f"{do} at all names, QUIC dropped",
        actions=(quic, tls),
        truth=truth("blocked|degraded", "tls"),
        weaker=("degraded",),
        functions=_by_every_name(service),
    )


def _lies(lot: Random, service: str) -> Hit:
    which, names = names_of(lot, service)
    says = lot.choice(
        [BLOCK_PAGE, BOGON, "127.0.0.1", "nxdomain", "servfail", "refused", "empty", "drop"]
    )
    more: dict[str, Any] = {"at_rtt": lot.choice([0.2, 0.5, 0.9])}
    where = lot.choice(["provider", "everywhere", "raced"])
    if where == "provider":
        more["servers"] = ISP
    if where == "raced" and says not in (
        "drop",
        "servfail",
        "refused",
    ):  # all of which are waited out
        more["mode"] = "race"
    action = DnsForge(label=f"dns-{service}", names=names, answer=(says,), **more)
    return Hit(
        text=f"DNS says {says} for {which}, {where}",
        actions=(action,),
        truth=truth("blocked|degraded", "dns"),
        weaker=("degraded",) if names == DOMAINS[service] else (),
    )


def _by_address(lot: Random, service: str) -> Hit:
    which, names = names_of(lot, service)
    to = addresses_of(names)
    if service == "telegram" and (names == TELEGRAM or lot.random() < 0.5):
        to += TELEGRAM_DC
    label = f"address-{service}"
    proto = lot.choice([(), ("tcp",)])
    do = lot.choice(["drop", "refuse", "unreachable"])
    actions: dict[str, Callable[[], Action]] = {
        "drop": lambda: Drop(label=label, match=Match(to=to, proto=proto)),
        "refuse": lambda: RstOnSyn(
            label=label, match=Match(to=to, proto=("tcp",)), early=lot.choice([True, False])
        ),
        "unreachable": lambda: IcmpUnreachable(
            label=label,
            match=Match(to=to, proto=proto),
            code=lot.choice(["net", "host", "admin"]),
        ),
    }
    return Hit(
        text=f"{do} {'/'.join(proto) or 'all'} to the addresses of {which}",
        actions=(actions[do](),),
        truth=truth("blocked|degraded|down|inconclusive"),
        weaker=("degraded", "down", "inconclusive"),
    )


def forged(lot: Random, service: str) -> Hit:
    """Somebody answers in its servers' place, under certificates of his own."""
    issuer = lot.choice(["private", "self_signed", "national"])
    box = tls_to_box(f"forged-{service}", to=at(*DOMAINS[service]))
    return Hit(
        text=f"certificates forged at its addresses, {issuer}",
        actions=(box,),
        truth=truth("blocked|degraded|inconclusive", "tls.mitm"),
        weaker=("degraded", "inconclusive"),
        world={"mitm": Mitm(names=DOMAINS[service], issuer=issuer)},  # type: ignore[arg-type]
    )


def _own_protocol(lot: Random, service: str) -> Hit:
    """Telegram's own protocol, WhatsApp's; of the others, which have none here, their calls."""
    do = lot.choice(["rst", "drop", "drop_both"])
    where = {"telegram": TELEGRAM_DC, "whatsapp": at("whatsapp.net")}.get(service)
    if where is None:
        return _calls(lot, service)
    match = Match(to=where, proto=("tcp",))
    action = OnPattern(label=f"own-{service}", match=match, pattern=RAW, do=do)  # type: ignore[arg-type]
    return Hit(
        text=f"{do} at what is neither TLS nor HTTP",
        actions=(action,),
        truth=truth("blocked|degraded", "protocol"),
        weaker=("degraded",),
    )


def _calls(lot: Random, service: str) -> Hit:
    relays = {"signal": RELAYS, "messenger": ("stun.fbsbx.com",)}.get(service)
    if relays is None:
        return _by_name(lot, service)
    action = Drop(label=f"calls-{service}", match=udp_to(*at(*relays)))
    return Hit(
        text="UDP to its call servers dropped",
        actions=(action,),
        truth=truth("blocked|degraded|inconclusive"),
        weaker=("degraded", "inconclusive"),
    )


def frozen(lot: Random, service: str) -> Hit:
    """Connections to it stop after so much."""
    after = lot.choice([6_000, 12_000, 16_000, 20_000, 30_000])
    match = Match(to=at(*DOMAINS[service]), direction="both", proto=("tcp",))
    return Hit(
        text=f"connections freeze after {after} octets",
        actions=(Freeze(label=f"freeze-{service}", match=match, after_bytes=after),),
        truth=truth("blocked|degraded|throttled|inconclusive"),
        weaker=("degraded", "inconclusive"),
    )


def curtain(lot: Random, service: str | None) -> Hit:
    """Connections to the networks of some neutral mirrors end after so much, and to the service's
    if there is one: nobody else is harmed."""
    mirrors = lot.sample(_MIRRORS, lot.randint(2, len(_MIRRORS)))
    after, end = lot.choice([12_000, 16_000, 20_000, 30_000]), lot.choice(["silence", "rst", "fin"])
    names = (*mirrors, *(DOMAINS[service] if service else ()))
    match = Match(to=at(*names), direction="both", proto=("tcp",))
    action = Cut(label="curtain", match=match, after_bytes=after, end=end)  # type: ignore[arg-type]
    its = ", and its own," if service else ""
    return Hit(
        text=f"{len(mirrors)} mirrors' networks{its} are cut after {after} octets ({end})",
        actions=(action,),
        truth=truth("blocked|degraded|throttled|inconclusive"),
        weaker=("degraded", "inconclusive"),
    )


def slow(lot: Random, service: str) -> Hit:
    """What names it gets little."""
    do, kbit = lot.choice(["police", "shape"]), lot.choice([32, 64, 100, 140])
    action = Throttle(
        label=f"slow-{service}",
        names=DOMAINS[service],
        do=do,  # type: ignore[arg-type]
        kbit=kbit,
    )
    return Hit(
        text=f"its names get {kbit} kbit/s ({do})",
        actions=(action,),
        truth=truth("throttled|degraded|blocked"),
        weaker=("degraded",),
    )


# --- what a service does itself -----------------------------------------------------------------

_OWN: Final = truth("ok|degraded|down|inconclusive")
"""Anything but an accusation."""


def own_trouble(lot: Random, service: str) -> Hit:
    """Its servers, or some of them, are dead, broken or slow, or its names are gone."""
    names = DOMAINS[service]
    if lot.random() < 0.5:
        known = hosts_of(service)
        names = tuple(f"={name}" for name in lot.sample(known, max(2, len(known) // 2)))
    troubles: list[dict[str, Any]] = [
        *({"connect": how} for how in ("refuse", "silent", "reset", "hang")),
        *({"tls": how} for how in ("reset", "close", "hang", "alert", "expired", "wrong_name")),
        *({"pace": how} for how in ("silent", "slow", "drip", "malformed")),
        {"status": 503},
        {"status": 403},
        {"think_s": lot.choice([1.0, 3.0, 6.0])},
        {"stops_after": lot.choice([4_000, 11_000, 24_000]), "stop": lot.choice(["end", "reset"])},
        {"mtproto": "wrong_key", "keeper": "wrong_key"},
        {"stun": "silent", "quic": "silent"},
    ]
    trouble = lot.choice(troubles)
    if lot.random() < 0.1:
        gone = tuple(
            (name.removeprefix("="), lot.choice(["nxdomain", "servfail"])) for name in names
        )
        return Hit(text="its names are gone", actions=(), truth=_OWN, world={"everywhere": gone})
    which = "all" if names == DOMAINS[service] else f"{len(names)}"
    return Hit(
        text=f"{which} of its own servers: {trouble}",
        actions=(),
        truth=_OWN,
        world={"hosts": (HostPolicy(names=names, **trouble),)},
        look_alike=trouble.get("connect") == "silent",
    )


HITS: Final = (
    *(4 * (_by_name,)),
    *(3 * (_lies,)),
    *(2 * (_by_address,)),
    *(2 * (slow,)),
    _with_quic,
    _own_protocol,
    _calls,
    frozen,
)
"""By the weight with which they are drawn."""
