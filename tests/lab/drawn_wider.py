"""More that may be drawn: what harms nobody, and harm that is seen on some ways only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from msgprobe.catalog.loader import load
from msgprobe.model.target import Function
from tests.lab.censor import Action, DnsForge, DnsRedirect, Drop, Match, OnSni, Throttle
from tests.lab.drawn_hits import DOMAINS, ISP, Hit, names_of
from tests.lab.link import Link
from tests.lab.scenario import truth
from tests.lab.scenarios.shared import hosts_of, http_to_box, tls_to_pep
from tests.lab.world.config import HostPolicy, HttpInterceptor, Pep

_TCP: Final = Match(proto=("tcp",))
_ALWAYS_S: Final = 1200.0
_SITES: Final = tuple(
    s.host for s in load().controls.sites if s.country is None and s.host is not None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What is so for everybody. ``line`` changes the line."""

    text: str
    actions: tuple[Action, ...] = ()
    world: Mapping[str, Any] = field(default_factory=dict)
    line: Callable[[Link], Link] = lambda link: link
    six: bool = False
    """It is about IPv6, which is there."""


def circumstance(lot: Random) -> Circumstance:
    """One of those that are met every day, somewhere."""
    return lot.choice(_KINDS)(lot)


def _of_ipv6(lot: Random) -> Circumstance:
    dead = Drop(match=Match(family=6, direction="both"))
    found = (
        Circumstance(text="IPv6 leads nowhere", actions=(dead,), six=True),
        Circumstance(
            text="long packets do not pass over IPv6",
            actions=(replace(dead, match=Match(family=6, direction="both", longer_than=1280)),),
            six=True,
        ),
        Circumstance(
            text="IPv6 loses three packets in ten",
            actions=(Throttle(match=Match(family=6, direction="both"), do="lose", loss=0.3),),
            six=True,
        ),
        Circumstance(
            text="the provider's resolver knows no IPv6 addresses",
            actions=(DnsForge(names=("*",), family=6, servers=ISP, answer=("empty",)),),
            six=True,
        ),
    )
    return lot.choice(found)


def _of_names(lot: Random) -> Circumstance:
    late = lot.choice([300, 1200, 2500])
    asked = Match(to=ISP, proto=("udp",))
    found = (
        Circumstance(text="every question goes to the provider", actions=(DnsRedirect(),)),
        Circumstance(
            text=f"the provider's resolver answers {late} ms late",
            actions=(Throttle(match=asked, do="delay", delay_ms=late),),
        ),
        Circumstance(
            text="the provider's resolver does not hear three questions in ten",
            actions=(Drop(match=replace(asked, probability=0.3)),),
        ),
    )
    return lot.choice(found)


def _of_packets(lot: Random) -> Circumstance:
    dead, mtu = lot.choice([1.0, 2.0, 3.0]), lot.choice([1280, 1400, 1460])
    found = (
        Circumstance(
            text=f"packets of more than {mtu} octets vanish",
            line=lambda link: replace(link, black_hole_mtu=mtu),
        ),
        Circumstance(
            text="UDP loses a tenth",
            actions=(Throttle(match=Match(proto=("udp",), direction="both"), do="lose", loss=0.1),),
        ),
        Circumstance(
            text="only the web's ports pass",
            actions=(Drop(match=Match(proto=("tcp",), not_ports=(53, 80, 443))),),
        ),
        Circumstance(
            text=f"nothing passes in the first {dead} s",
            actions=(Drop(match=Match(direction="both", period_s=_ALWAYS_S, on_s=dead)),),
        ),
    )
    return lot.choice(found)


def _of_hellos(lot: Random) -> Circumstance:
    some, delay = lot.choice([0.3, 0.6, 1.0]), lot.choice([20, 150, 290])
    do = lot.choice(["rst", "drop"])
    long = OnSni(names=("*",), do=do, spares_whole=True)  # type: ignore[arg-type]
    found = (
        Circumstance(
            text=f"{some} of all long ClientHellos meet {do}",
            actions=(replace(long, match=replace(_TCP, probability=some)),),
        ),
        Circumstance(text="every server speaks HTTP/2", world={"hosts": (HostPolicy(h2=True),)}),
        Circumstance(
            text=f"a proxy accelerates, {delay} ms from the servers",
            actions=(tls_to_pep("pep"),),
            world={"pep": Pep(delay_ms=delay)},
        ),
        Circumstance(
            text="plain HTTP goes through a proxy",
            actions=(http_to_box(),),
            world={"http": HttpInterceptor(does="via")},
        ),
    )
    return lot.choice(found)


def _of_rates(lot: Random) -> Circumstance:
    kbit, each = lot.choice([800, 1500, 3000]), lot.choice([400, 800, 1500])
    every = Match(direction="both")
    found = (
        Circumstance(
            text=f"the tariff ends at {kbit} kbit/s",
            actions=(
                Throttle(match=every, do="police", kbit=kbit, bucket_bytes=60_000, shared=True),
            ),
        ),
        Circumstance(
            text=f"every flow gets {each} kbit/s",
            actions=(Throttle(match=every, do="shape", kbit=each),),
        ),
        Circumstance(
            text="the air sways",
            line=lambda link: replace(
                link, jitter_ms=max(link.jitter_ms, 15.0), sway=0.6, queue_ms=1000.0
            ),
        ),
    )
    return lot.choice(found)


def _of_neighbours(lot: Random) -> Circumstance:
    some, days = tuple(lot.sample(_SITES, 2)), lot.choice([-400.0, -3.0, 45.0])
    do = lot.choice(["rst", "drop", "alert"])
    found = (
        Circumstance(
            text=f"{' and '.join(some)} meet {do}",
            actions=(OnSni(names=some, do=do),),  # type: ignore[arg-type]
        ),
        Circumstance(
            text=f"the provider denies {some[0]}",
            actions=(DnsForge(names=some[:1], servers=ISP, answer=("nxdomain",)),),
        ),
        Circumstance(text=f"the world's clock is {days} days ahead", world={"skew_days": days}),
    )
    return lot.choice(found)


_KINDS: Final = (_of_ipv6, _of_names, _of_packets, _of_hellos, _of_rates, _of_neighbours)


# --- what is done to a service ------------------------------------------------------------------


def _seen(service: str, text: str, *actions: Action, words: str, mechanism: str = "") -> Hit:
    """A hit; what is seen of it on some ways only may be told weaker."""
    named = (mechanism,) if mechanism else ()
    return Hit(
        text=text,
        actions=tuple(replace(a, label=f"{n}-{service}") for n, a in enumerate(actions)),
        truth=truth(words, *named),
        weaker=tuple(w for w in ("degraded", "inconclusive") if w in words.split("|")),
    )


def _names(lot: Random, service: str) -> tuple[str, tuple[str, ...]]:
    """All of its names, or two and more of them: a single one may have been retired."""
    which, names = names_of(lot, service)
    return (which, names) if len(names) > 1 else ("all names", DOMAINS[service])


def _modern(lot: Random, service: str) -> Hit:
    do = lot.choice(["rst", "drop", "alert"])
    action = OnSni(
        names=DOMAINS[service],
        do=do,  # type: ignore[arg-type]
        spares_whole=True,
        at_rtt=lot.choice([0.3, 1.0]),
    )
    words = "blocked|degraded"
    return _seen(service, f"{do} at long ClientHellos that name it", action, words=words)


def _quic(lot: Random, service: str) -> Hit:
    dropped = Drop(match=Match(proto=("udp",), quic_name=DOMAINS[service]))
    return _seen(service, "QUIC that names it is dropped", dropped, words="blocked|degraded")


def _at_times(lot: Random, service: str) -> Hit:
    which, names = _names(lot, service)
    do = lot.choice(["rst", "drop"])
    if lot.random() < 0.5:
        since = lot.uniform(0.5, 8.0)
        when = replace(_TCP, period_s=_ALWAYS_S, on_s=1100.0, phase_s=since)
        text = f"{do} at {which} from second {since:.1f} on"
    else:
        period = lot.choice([4.0, 8.0, 16.0])
        when = replace(_TCP, period_s=period, on_s=period / 2)
        text = f"{do} at {which} for {period / 2} s every {period} s"
    action = OnSni(names=names, match=when, do=do)  # type: ignore[arg-type]
    return _seen(service, text, action, words="blocked|degraded|inconclusive")


def _one_family(lot: Random, service: str) -> Hit:
    which, names = _names(lot, service)
    do, family = lot.choice(["rst", "drop"]), lot.choice([4, 4, 6])
    action = OnSni(names=names, match=replace(_TCP, family=family), do=do)  # type: ignore[arg-type]
    text = f"{do} at {which} over IPv{family}"
    return _seen(service, text, action, words="blocked|degraded")


def lossy(lot: Random, service: str) -> Hit:
    """What names it loses much."""
    loss = lot.choice([0.15, 0.3])
    action = Throttle(names=DOMAINS[service], do="lose", loss=loss)
    words = "throttled|degraded|blocked|inconclusive"
    return _seen(service, f"what names it loses {loss}", action, words=words)


def _muted(lot: Random, service: str) -> Hit:
    """Handshakes pass, and what follows them does not."""
    which, names = _names(lot, service)
    action = OnSni(names=names, match=_TCP, do="drop_both", counted="up", after_packets=2)
    text = f"what follows handshakes with {which} is dropped"
    return _seen(service, text, action, words="blocked|degraded|inconclusive")


def _one_function(lot: Random, service: str) -> Hit:
    """The names of one function, none of which is a mere front of it."""
    (row,) = (s for s in load().services if s.name == service)
    named: dict[Function, set[str]] = {}
    for e in row.endpoints:
        if e.host and not row.pool(e.pool).extra and not row.pool(e.pool).caveat:
            named.setdefault(row.pool(e.pool).function, set()).add(e.host)
    function = lot.choice(sorted(f for f, hosts in named.items() if len(hosts) >= 2))
    others = {h for o in DOMAINS if o != service for h in hosts_of(o)}
    names = tuple(f"={host}" for host in sorted(named[function] - others))
    do = lot.choice(["rst", "drop"])
    action = OnSni(names=names, do=do)  # type: ignore[arg-type]
    return _seen(service, f"{do} at the names of its {function}", action, words="blocked|degraded")


HITS: Final = (
    _modern,
    _modern,
    _quic,
    _at_times,
    _at_times,
    _one_family,
    lossy,
    _muted,
    _one_function,
    _one_function,
)
"""By the weight with which they are drawn."""
