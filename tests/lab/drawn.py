"""Scenarios drawn by lot: a line, one or two censors or none, and a harmless circumstance.

Nobody rehearsed these combinations, and the truth follows from how each was made. The same number
is the same scenario, as long as nothing here changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

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
from tests.lab.link import Link
from tests.lab.scenario import CORE, GOOD, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
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

_DOMAINS: Final[Mapping[str, tuple[str, ...]]] = {
    "whatsapp": WHATSAPP,
    "telegram": TELEGRAM,
    "messenger": MESSENGER,
    "signal": SIGNAL,
}

_ISP: Final = ("10.77.0.53/32", "fd77::53/128")

_USUAL: Final = ("online", "bad_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What is done to one service: the words that are right, of which ``weaker`` are honest."""

    text: str
    actions: tuple[Action, ...]
    truth: Truth
    weaker: tuple[str, ...] = ()
    world: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A scenario; ``weaker`` maps a service to words that say less than is true, and no lie."""

    scenario: Scenario
    weaker: Mapping[str, tuple[str, ...]]


# --- lines --------------------------------------------------------------------------------------

_THIN: Final = ("umts", "satellite")
"""Lines on which nobody is slowed here: what can be seen on them is `throttle_exam`'s matter."""


def _line(lot: Random) -> tuple[str, Link]:
    lines = {
        "good": GOOD,
        "fibre": Link(delay_ms=5, down_kbit=100_000, up_kbit=50_000),
        "lte": Link(
            delay_ms=lot.uniform(20, 45),
            jitter_ms=lot.uniform(2, 10),
            down_kbit=lot.choice([5_000, 10_000, 20_000]),
            up_kbit=3_000,
            loss=0.003,
            queue_ms=400,
        ),
        "dsl": Link(delay_ms=15, down_kbit=6_000, up_kbit=700, loss=0.0005, queue_ms=600),
        "wifi": Link(
            delay_ms=20,
            jitter_ms=8,
            down_kbit=20_000,
            up_kbit=10_000,
            loss=lot.uniform(0.01, 0.03),
            burst=lot.choice([1, 3]),
        ),
        "far": Link(delay_ms=lot.uniform(80, 140), down_kbit=10_000, up_kbit=4_000, loss=0.003),
        "umts": Link(
            delay_ms=70, jitter_ms=20, down_kbit=2_000, up_kbit=600, loss=0.01, queue_ms=1000
        ),
        "satellite": Link(delay_ms=280, down_kbit=8_000, up_kbit=2_000, loss=0.002, queue_ms=800),
    }
    name = lot.choice(sorted(lines))
    return name, lines[name]


# --- what is done to a service ------------------------------------------------------------------


def _names(lot: Random, service: str) -> tuple[str, tuple[str, ...]]:
    """All of its domains, or some of its hosts."""
    if lot.random() < 0.6:
        return "all names", _DOMAINS[service]
    known = hosts_of(service)
    some = lot.sample(known, max(2, len(known) * lot.choice([3, 5, 8]) // 10))
    return f"{len(some)} of {len(known)} names", tuple(f"={name}" for name in some)


def _addresses(names: Sequence[str]) -> tuple[str, ...]:
    return at(*(name.removeprefix("=") for name in names))


def _by_name(lot: Random, service: str) -> Hit:
    which, names = _names(lot, service)
    do = lot.choice(["rst", "rst", "drop", "drop_both", "drop_reply", "alert", "fin"])
    more: dict[str, Any] = {"at_rtt": lot.choice([0.2, 0.5, 0.9, 1.0])}
    if do == "rst":
        more |= {"forward": lot.choice([True, False]), "copies": lot.choice([1, 3])}
    form = lot.choice(["", "", "", "residual", "packets", "some"])
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
        weaker=() if form == "some" or names != _DOMAINS[service] else ("degraded",),
    )


def _with_quic(lot: Random, service: str) -> Hit:
    names = _DOMAINS[service]
    quic = Drop(label="", match=Match(proto=("udp",), quic_name=names))
    do = lot.choice(["rst", "drop"])
    tls = OnSni(label=f"name-{service}", names=names, do=do)  # type: ignore[arg-type]
    return Hit(
        text=f"{do} at all names, QUIC dropped",
        actions=(quic, tls),
        truth=truth("blocked|degraded", "tls"),
        weaker=("degraded",),
    )


def _lies(lot: Random, service: str) -> Hit:
    which, names = _names(lot, service)
    says = lot.choice(
        [BLOCK_PAGE, BOGON, "127.0.0.1", "nxdomain", "servfail", "refused", "empty", "drop"]
    )
    more: dict[str, Any] = {"at_rtt": lot.choice([0.2, 0.5, 0.9])}
    where = lot.choice(["provider", "everywhere", "raced"])
    if where == "provider":
        more["servers"] = _ISP
    if where == "raced" and says != "drop":
        more["mode"] = "race"
    action = DnsForge(label=f"dns-{service}", names=names, answer=(says,), **more)
    return Hit(
        text=f"DNS says {says} for {which}, {where}",
        actions=(action,),
        truth=truth("blocked|degraded", "dns"),
        weaker=("degraded",) if names == _DOMAINS[service] else (),
    )


def _by_address(lot: Random, service: str) -> Hit:
    which, names = _names(lot, service)
    to = _addresses(names)
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


def _forged(lot: Random, service: str) -> Hit:
    issuer = lot.choice(["private", "self_signed", "national"])
    box = tls_to_box(f"forged-{service}", to=at(*_DOMAINS[service]))
    return Hit(
        text=f"certificates forged at its addresses, {issuer}",
        actions=(box,),
        truth=truth("blocked|degraded|inconclusive", "tls.mitm"),
        weaker=("degraded", "inconclusive"),
        world={"mitm": Mitm(names=_DOMAINS[service], issuer=issuer)},  # type: ignore[arg-type]
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


def _frozen(lot: Random, service: str) -> Hit:
    after = lot.choice([6_000, 12_000, 16_000, 20_000, 30_000])
    match = Match(to=at(*_DOMAINS[service]), direction="both", proto=("tcp",))
    return Hit(
        text=f"connections freeze after {after} octets",
        actions=(Freeze(label=f"freeze-{service}", match=match, after_bytes=after),),
        truth=truth("blocked|degraded|throttled|inconclusive"),
        weaker=("degraded", "inconclusive"),
    )


def _slow(lot: Random, service: str) -> Hit:
    do, kbit = lot.choice(["police", "shape"]), lot.choice([32, 64, 100, 140])
    action = Throttle(
        label=f"slow-{service}",
        names=_DOMAINS[service],
        do=do,  # type: ignore[arg-type]
        kbit=kbit,
    )
    return Hit(
        text=f"its names get {kbit} kbit/s ({do})",
        actions=(action,),
        truth=truth("throttled|degraded|blocked"),
        weaker=("degraded",),
    )


_HITS: Final = (
    *(4 * (_by_name,)),
    *(3 * (_lies,)),
    *(2 * (_by_address,)),
    *(2 * (_slow,)),
    _with_quic,
    _own_protocol,
    _calls,
    _frozen,
)

# --- what harms nobody --------------------------------------------------------------------------

_FOREIGN: Final = ("discord.com", "x.com", "youtube.com", "viber.com")
_DOH: Final = ("dns.google", "cloudflare-dns.com", "dns.quad9.net", "one.one.one.one")


def _harmless(lot: Random) -> tuple[str, tuple[Action, ...], dict[str, Any]]:
    """A text, actions and fields of the world."""
    foreign = lot.choice(_FOREIGN)
    provider = Match(ports=(53,), not_to=_ISP)
    dead = lot.choice(["www.python.org", "www.gnu.org", "www.debian.org", "dns.google"])
    found: list[tuple[str, tuple[Action, ...], dict[str, Any]]] = [
        ("", (), {}),
        ("", (), {}),
        (f"{foreign} is reset", (OnSni(names=(foreign,), do="rst"),), {}),
        ("UDP 443 dropped", (Drop(match=Match(proto=("udp",), ports=(443,))),), {}),
        ("only the provider's DNS", (Drop(match=provider),), {}),
        ("DoH is reset", (OnSni(names=_DOH, do="rst"),), {}),
        (f"{dead} is dead", (), {"hosts": (HostPolicy(names=(dead,), connect="silent"),)}),
        ("strict servers", (), {"strict_names": True}),
    ]
    return lot.choice(found)


# --- a whole one --------------------------------------------------------------------------------


def draw(number: int) -> Drawn:
    """The scenario of that number."""
    lot = Random(f"drawn/{number}")
    line, link = _line(lot)
    hit = lot.sample(CORE, lot.choice([0, 1, 1, 1, 2]))
    fitting = [h for h in _HITS if not (line in _THIN and h in (_slow, _frozen))]
    hits = {service: lot.choice(fitting)(lot, service) for service in sorted(hit)}
    if len(hits) == 1 and lot.random() < 0.1:
        hits = {service: _forged(lot, service) for service in hits}
    text, actions, world = _harmless(lot)
    for h in hits.values():
        actions += h.actions
        world |= h.world
    lab = {"ipv6": lot.random() < 0.6}
    parts = [f"{service}: {h.text}" for service, h in hits.items()] + [text]
    title = f"{line}, {'' if lab['ipv6'] else 'no '}IPv6; " + "; ".join(filter(None, parts))
    more: Any = {"link": link, "world": world, "lab": lab, "states": _USUAL, "fires": ()}
    truths = {service: h.truth for service, h in hits.items()}
    make = blocking(f"Z{number}", title, truths, *actions, **more) if hits else None
    return Drawn(
        scenario=make or innocent(f"Z{number}", title, *actions, **more),
        weaker={service: h.weaker for service, h in hits.items()},
    )
