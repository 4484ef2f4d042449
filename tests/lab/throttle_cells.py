"""The exam of throttling as data: lines, what a censor does there, and innocents that look alike.

A cell is a line with a kind; each of its seeds is one scenario, in which another service is hit.
Every one has servers that differ as real ones do: some milliseconds farther, some of them slower.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any, Final

from msgprobe.catalog.loader import load
from tests.lab.censor import Action, ConnectionCap, Freeze, Match, PortRewrite, Throttle
from tests.lab.link import Link
from tests.lab.scenario import CORE, GOOD, Scenario, at
from tests.lab.scenarios.shared import MESSENGER, SIGNAL, TELEGRAM, TELEGRAM_DC, WHATSAPP
from tests.lab.world.config import HostPolicy, Pep

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "whatsapp": WHATSAPP,
    "telegram": TELEGRAM,
    "messenger": MESSENGER,
    "signal": SIGNAL,
}

_GEO: Final = Link(delay_ms=300, down_kbit=10_000, up_kbit=2_000, loss=0.001, queue_ms=500)
_LTE: Final = Link(
    delay_ms=30, jitter_ms=8, down_kbit=10_000, up_kbit=5_000, loss=0.002, queue_ms=300
)
_WIFI: Final = Link(delay_ms=20, down_kbit=20_000, up_kbit=10_000, burst=3.0)
_PEP_MS: Final = 290.0
"""What is left of the satellite's way once the proxy in the dish has answered."""

LINES: Final[Mapping[str, Link]] = {
    "good": GOOD,
    "fibre": Link(delay_ms=10, down_kbit=50_000, up_kbit=20_000, loss=0.0005),
    "lte": replace(_LTE, sway=0.3),
    "lte-sway": replace(_LTE, sway=0.6),
    "3g": Link(
        delay_ms=125,
        jitter_ms=25,
        down_kbit=1_200,
        up_kbit=400,
        loss=0.005,
        sway=0.3,
        queue_ms=1500,
    ),
    "edge": Link(delay_ms=325, jitter_ms=50, down_kbit=200, up_kbit=100, loss=0.01, queue_ms=3000),
    "geo": _GEO,
    "geo-pep": replace(_GEO, delay_ms=10),
    "wifi5": replace(_WIFI, loss=0.05),
    "wifi15": replace(_WIFI, loss=0.15),
    "wifi30": replace(_WIFI, loss=0.3),
    "bufferbloat": Link(delay_ms=20, down_kbit=5_000, up_kbit=1_000, queue_ms=1500, sway=0.3),
}
"""The lines by name; the satellite's with a PEP has its way behind the proxy (see `Cell`)."""

CLOSELY: Final[Mapping[str, str]] = {"edge-closely": "edge"}
"""Lines on which a default run has no time to compare speeds, looked at closely."""

_CLOSELY: Final = ("--throttle", "--wait", "4min")
_CLOSELY_S: Final = 600.0
"""Seconds after which such a run is given up: it may last two rounds of two minutes and the wait,
and some more for what is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What happens in one scenario: the middlebox's actions and the servers' policies."""

    actions: tuple[Action, ...] = ()
    hosts: tuple[HostPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What happens to the service that is hit.

    ``does`` makes it of the service's name and chance. ``words`` are right for the service,
    ``mechanism`` what must be found at work. ``kbit`` is the limit, 0 where it has no number.
    ``directions`` are those that suffer. ``claims`` false: an honest tool need not see it, and the
    kind counts towards no recall. ``not_before`` are bytes that no transfer may be said to have
    tested. An innocent kind has no words: nobody may be accused.
    """

    label: str
    does: Callable[[str, Random], Deeds]
    words: tuple[str, ...] = ("throttled",)
    mechanism: str = ""
    kbit: float = 0.0
    directions: tuple[str, ...] = ("down", "up")
    claims: bool = True
    not_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A line and a kind. ``turn`` shifts the order in which its seeds hit the services."""

    line: str
    kind: Kind
    innocent: bool = False
    turn: int = 0

    @property
    def id(self) -> str:
        return f"{self.line}/{self.kind.label}"

    def service(self, seed: int) -> str:
        """The service that is hit."""
        return CORE[(self.turn + seed) % len(CORE)]

    def scenario(self, seed: int) -> Scenario:
        """What `exam.run` needs. Its truths are not used: see `throttle_exam.judge`."""
        chance = Random(f"{self.id} {seed}")
        deeds = self.kind.does(self.service(seed), chance)
        actions = (_FARTHER, *deeds.actions)
        world: dict[str, Any] = {"hosts": (*deeds.hosts, *_slower(chance))}
        if self.line == "geo-pep":
            actions = (*actions, PortRewrite(label="pep", match=Match(ports=(443,)), to_port=10444))
            world["pep"] = Pep(delay_ms=_PEP_MS)
        plain = Scenario(
            id=self.id,
            title=self.id,
            kind="innocent" if self.innocent else "blocking",
            row="",
            link=LINES[CLOSELY.get(self.line, self.line)],
            actions=actions,
            world=world,
        )
        if self.line not in CLOSELY:
            return plain
        return replace(plain, args=_CLOSELY, patience=_CLOSELY_S)


_FARTHER: Final = Throttle(label="farther", do="delay", spread_ms=30.0)
"""No two servers are equally far away."""

_FAST: Final = 400_000
_SPREAD: Final = 0.35


@lru_cache(maxsize=1)
def _big_hosts() -> tuple[str, ...]:
    """Hosts of assets and neutral sources."""
    catalogue = load()
    every = [asset for service in catalogue.services for asset in service.assets]
    assets = {asset.host for asset in every if asset.pool is None}
    return tuple(sorted(assets | {source.host for source in catalogue.controls.sources}))


def _slower(chance: Random) -> tuple[HostPolicy, ...]:
    """Half of the servers send at a rate of their own, log-normal around `_FAST` bytes per second:
    80 KiB from them take about 0.2 s longer than a good line needs, or half as long again."""
    return tuple(
        HostPolicy(
            names=(f"={host}",),
            pace="slow",
            rate=round(_FAST * chance.lognormvariate(0.0, _SPREAD)),
        )
        for host in _big_hosts()
        if chance.random() < 0.5
    )


def _addresses(service: str) -> tuple[str, ...]:
    return (*at(*NAMES[service]), *(TELEGRAM_DC if service == "telegram" else ()))


def _by_name(**fields: Any) -> Callable[[str, Random], Deeds]:
    """A `Throttle` by the service's names."""

    def does(service: str, chance: Random) -> Deeds:
        return Deeds(actions=(Throttle(label="hit", names=NAMES[service], **fields),))

    return does


def _one_way(way: str, match: Match) -> Kind:
    """A limiter that works in one direction alone."""
    does = _by_name(match=match, kbit=140)
    return Kind(label=f"sni-{way}-only", does=does, mechanism=_SNI, kbit=140, directions=(way,))


def _by_address(direction: str = "both", **fields: Any) -> Callable[[str, Random], Deeds]:
    """A `Throttle` by the service's addresses."""

    def does(service: str, chance: Random) -> Deeds:
        match = Match(to=_addresses(service), direction=direction)  # type: ignore[arg-type]
        return Deeds(actions=(Throttle(label="hit", match=match, **fields),))

    return does


def _to_all(*actions: Action) -> Callable[[str, Random], Deeds]:
    return lambda service, chance: Deeds(actions=actions)


def _delayed_and_lossy(service: str, chance: Random) -> Deeds:
    names = NAMES[service]
    return Deeds(
        actions=(
            Throttle(label="hit", names=names, do="delay", delay_ms=300),
            Throttle(label="lossy", names=names, do="lose", loss=0.1),
        )
    )


def _freeze(**fields: Any) -> Callable[[str, Random], Deeds]:
    def does(service: str, chance: Random) -> Deeds:
        match = Match(to=_addresses(service), direction="both")
        return Deeds(actions=(Freeze(label="hit", match=match, **fields),))

    return does


def _cap(service: str, chance: Random) -> Deeds:
    match = Match(to=_addresses(service))
    return Deeds(actions=(ConnectionCap(label="hit", match=match, most=8, window_s=60),))


_SNI: Final = "throttle.sni"
_IP: Final = "throttle.ip"
_FROZEN: Final = ("blocked", "throttled", "degraded")
_DOWN: Final = Match(direction="down")
_UP: Final = Match(direction="up")

KINDS: Final[Mapping[str, Kind]] = {
    kind.label: kind
    for kind in (
        Kind(label="sni-police-64", does=_by_name(kbit=64), mechanism=_SNI, kbit=64),
        Kind(label="sni-police-140", does=_by_name(kbit=140), mechanism=_SNI, kbit=140),
        Kind(label="sni-police-512", does=_by_name(kbit=512), mechanism=_SNI, kbit=512),
        Kind(label="sni-police-1000", does=_by_name(kbit=1000), mechanism=_SNI, kbit=1000),
        Kind(label="sni-shape-256", does=_by_name(do="shape", kbit=256), mechanism=_SNI, kbit=256),
        Kind(label="sni-loss-20", does=_by_name(do="lose", loss=0.2), mechanism=_SNI),
        Kind(label="sni-loss-40", does=_by_name(do="lose", loss=0.4), mechanism=_SNI),
        Kind(
            label="sni-acks-60",
            does=_by_name(match=_UP, do="lose", loss=0.6, acks_only=True),
            mechanism=_SNI,
            directions=("down",),
        ),
        Kind(label="sni-delay", does=_delayed_and_lossy, mechanism=_SNI),
        _one_way("up", _UP),
        _one_way("down", _DOWN),
        Kind(label="ip-loss-40", does=_by_address("up", do="lose", loss=0.4), mechanism=_IP),
        Kind(label="ip-loss-both-30", does=_by_address(do="lose", loss=0.3), mechanism=_IP),
        Kind(label="ip-police-140", does=_by_address(kbit=140), mechanism=_IP, kbit=140),
        Kind(label="handshake-slow", does=_by_name(do="delay", delay_ms=1500), mechanism=_SNI),
        Kind(
            label="contaminate-140",
            does=_by_name(kbit=140, contaminate_s=60),
            mechanism=_SNI,
            kbit=140,
        ),
        Kind(
            label="freeze-16k",
            does=_freeze(after_bytes=16_000),
            words=_FROZEN,
            mechanism="tcp.freeze",
            directions=("down",),
        ),
        Kind(
            label="freeze-packets-25",
            does=_freeze(after_packets=25),
            words=_FROZEN,
            mechanism="tcp.freeze",
        ),
        Kind(
            label="delayed",
            does=_by_name(kbit=200, after_bytes=1_500_000),
            words=("ok",),
            claims=False,
            not_before=1_500_000,
        ),
        Kind(label="conncap", does=_cap, words=("ok", "degraded"), claims=False),
    )
}

_ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "fibre": ("sni-police-140", "sni-police-512", "sni-shape-256", "sni-loss-20", "ip-loss-40"),
    "lte": ("sni-police-140", "sni-police-512", "sni-loss-20", "sni-loss-40", "ip-loss-40"),
    "3g": ("sni-police-140", "sni-loss-20", "sni-loss-40"),
    "edge": ("sni-police-64", "sni-police-140", "sni-loss-40"),
    "geo": ("sni-police-140", "sni-loss-40"),
    "geo-pep": ("sni-police-140",),
    "wifi5": ("sni-police-140", "sni-loss-20", "sni-loss-40", "ip-loss-40"),
    "bufferbloat": ("sni-police-140", "sni-loss-40"),
    "edge-closely": ("sni-police-64",),
}
"""Kinds on other lines than the good one, where all of them are."""

# --- innocents ----------------------------------------------------------------------------------

_SLOW_SERVER: Final = 37_500
"""Bytes per second: 300 kbit/s."""


def _nothing(service: str, chance: Random) -> Deeds:
    return Deeds()


def _distant(service: str, chance: Random) -> Deeds:
    match = Match(to=_addresses(service), direction="both")
    far = Throttle(label="far", match=match, do="delay", delay_ms=chance.uniform(100, 150))
    return Deeds(actions=(far,))


def _distant_and_lossy(service: str, chance: Random) -> Deeds:
    match = Match(to=_addresses(service), direction="both")
    return Deeds(
        actions=(
            Throttle(label="far", match=match, do="delay", delay_ms=120),
            Throttle(label="lossy", match=match, do="lose", loss=0.03),
        )
    )


def _slow_server(service: str, chance: Random) -> Deeds:
    names = (f"service:{service}", f"asset:{service}")
    slow = HostPolicy(names=names, pace="slow", rate=_SLOW_SERVER, upload_rate=_SLOW_SERVER)
    return Deeds(hosts=(slow,))


def _slow_source(service: str, chance: Random) -> Deeds:
    host = chance.choice(sorted(source.host for source in load().controls.sources))
    slow = HostPolicy(names=(f"={host}",), pace="slow", rate=_SLOW_SERVER, upload_rate=_SLOW_SERVER)
    return Deeds(hosts=(slow,))


def _police_all(kbit: float, *, shared: bool) -> Callable[[str, Random], Deeds]:
    return _to_all(Throttle(label="all", kbit=kbit, shared=shared))


_PEAK: Final = _to_all(
    Throttle(label="all", do="shape", kbit=400, shared=True, queue_ms=500),
    Throttle(label="lossy", do="lose", loss=0.08),
)

_INNOCENT: Final[tuple[tuple[str, str, Callable[[str, Random], Deeds]], ...]] = (
    *((line, "plain", _nothing) for line in LINES),
    ("good", "distant-cdn", _distant),
    ("good", "slow-server", _slow_server),
    ("good", "slow-source", _slow_source),
    ("lte", "plan-64", _police_all(64, shared=True)),
    ("lte", "plan-512", _police_all(512, shared=True)),
    ("good", "alike-140", _police_all(140, shared=False)),
    ("good", "peak-hour", _PEAK),
    ("good", "distant-lossy", _distant_and_lossy),
    ("good", "lossy-cdn", _by_address(do="lose", loss=0.05)),
    *((line, "plain", _nothing) for line in CLOSELY),
)


def _cells() -> tuple[Cell, ...]:
    pairs = [("good", label) for label in KINDS]
    pairs += [(line, label) for line, labels in _ELSEWHERE.items() for label in labels]
    hit = [Cell(line=line, kind=KINDS[k], turn=n) for n, (line, k) in enumerate(pairs)]
    innocent = [
        Cell(line=line, kind=Kind(label=label, does=does, words=()), innocent=True, turn=n)
        for n, (line, label, does) in enumerate(_INNOCENT)
    ]
    return (*hit, *innocent)


CELLS: Final = _cells()


def chosen(*filters: str) -> tuple[Cell, ...]:
    """The cells whose id contains one of ``filters``, all without any."""
    return tuple(c for c in CELLS if not filters or any(f in c.id for f in filters))
