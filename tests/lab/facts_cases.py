"""The runs of the exam: each fact contradicted in each way that fits it, three facts at random at a
time, and one cause that contradicts many rows."""

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final, Literal

from msgprobe.model.run import Request
from msgprobe.model.target import Service
from msgprobe.planning.baseline import sample, sample_size
from tests.lab.facts_kinds import KINDS, STATUSES
from tests.lab.facts_pieces import Kind, Piece, homes, world
from tests.lab.facts_rows import Fact, core, facts, host_of, safe, served_by
from tests.lab.scenario import CORE, Scenario
from tests.lab.world.hosts import shipped

Group = Literal["single", "triple", "cause"]

TRIPLES: Final = 300
CAUSES: Final = 210
_SEED: Final = "no single fact convicts"
_STATUSES_OF_MANY: Final = 4
"""How many of the statuses are tried where no word rests on the answer."""
_SHARE: Final = 4
"""Of members drawn by lot and of spare rows each is tried in every so manieth way."""
_TRIGGERS: Final = ("close", "name-gone", "dead", "mute")
_ALSO_ASKED: Final = frozenset({"any-name", "silent", "beacon", "advert", "dns", "doh"})
"""What experiments rely on, which begin when something of a service's fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One fact, contradicted in one way."""

    fact: Fact
    kind: Kind

    @property
    def name(self) -> str:
        return f"{self.fact.id}-{self.kind.name}"

    @property
    def piece(self) -> Piece:
        return self.kind.makes(self.fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run. ``told`` says in words what is contradicted; ``cause`` names that of many rows."""

    id: str
    group: Group
    parts: tuple[Part, ...]
    seed: int
    cause: str = ""

    @property
    def told(self) -> str:
        if self.cause:
            hosts = [h for p in self.parts for h in p.fact.hosts]
            return f"{self.cause}: {', '.join(hosts)}"
        return "; ".join(f"{p.fact.id} {p.kind.name}" for p in self.parts)

    @property
    def tags(self) -> tuple[str, ...]:
        """What the table counts it under."""
        if self.cause:
            return (f"cause: {self.cause.partition(' of ')[0]}",)
        return tuple(dict.fromkeys(p.kind.group for p in self.parts))

    def scenario(self) -> Scenario:
        """The run as the lab makes it: nothing but the facts is wrong."""
        return Scenario(
            id=self.id,
            title=self.told,
            kind="innocent",
            row="facts",
            world=world(p.piece for p in self.parts),
            services=self.services,
        )

    @property
    def services(self) -> tuple[str, ...]:
        """What the run asks about: all that a default run does; where a single row of services is
        contradicted those that have it, for the words of the others rest on other rows."""
        rows = {row.partition("/")[0] for p in self.parts for row in p.fact.rows}
        theirs = tuple(s for s in CORE if s in rows)
        return theirs if self.group == "single" and theirs else CORE


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{_SEED} {text}".encode()).digest()[:4], "big")


def _digest(parts: Iterable[Part]) -> str:
    text = " ".join(sorted(p.name for p in parts))
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _seed(name: str, parts: Sequence[Part]) -> int:
    """One from the name, so chosen that members which are drawn by lot are drawn, if that may be:
    else the run would never see what is contradicted. Of many rows some are drawn anyway."""
    start = _number(name) % 1_000_000 + 1
    drawn = [p.fact for p in parts if p.fact.standing == "drawn"] if len(parts) <= 3 else []
    if not drawn:
        return start
    lucky = (s for s in range(start, start + 400) if all(_is_drawn(f, s) for f in drawn))
    return next(lucky, start)


def _is_drawn(fact: Fact, seed: int) -> bool:
    """A run with ``seed`` asks the server among the first of some pool."""
    request = Request(seed=seed)
    for name in fact.pools:
        owner, _, pool_name = name.partition("/")
        service = _service(owner)
        pool = service.pool(pool_name)
        first = sample(service, pool, request)[: sample_size(service, pool)]
        asked = (e for e in service.endpoints if e.pool == pool_name and e.member in first)
        if any(host_of(service, e) in fact.hosts for e in asked):
            return True
    return False


@lru_cache(maxsize=16)
def _service(name: str) -> Service:
    return next(s for s in core(shipped()) if s.name == name)


# --- each alone -----------------------------------------------------------------------------------


def _statuses(fact: Fact, number: int) -> set[str]:
    """Names of the status kinds that ``fact`` is tried with; bodies alternate."""
    wanted = []
    for at, status in enumerate(STATUSES):
        few = (at + _STATUSES_OF_MANY * number) % len(STATUSES) >= _STATUSES_OF_MANY
        if few and fact.standing != "deciding":
            continue
        both = ("empty", "html")
        bodies = both if fact.reads else (both[(at + number) % 2],)
        wanted += [f"{status}-{body}" for body in bodies]
    return set(wanted)


def _one_of(fact: Fact, number: int) -> frozenset[str]:
    """Kinds that are left out, being much like others: of each two, one where no word rests on the
    fact, and of sizes one where nobody reads the body."""
    out = {("moved", "moved-let")[number % 2], ("close", "reset")[number % 2]}
    if fact.standing == "deciding":
        out = {"reset"} if number % 2 else set()
    if not fact.reads and not fact.sorts & {"asset", "source", "path"}:
        out.add(("small", "large")[number % 2])
    return frozenset(out)


def ways(fact: Fact, number: int) -> list[Kind]:
    """In which ways the fact with this number is contradicted."""
    statuses = _statuses(fact, number)
    fit = [
        kind
        for kind in KINDS.values()
        if kind.once
        and kind.fits(fact)
        and kind.name not in _one_of(fact, number)
        and (not kind.group.startswith("status ") or kind.name in statuses)
    ]
    many = bool(fact.sorts & {"endpoint", "site", "source", "sentinel", "call", "resolver", "doh"})
    if fact.standing in ("drawn", "late") and many:
        return [kind for at, kind in enumerate(fit) if (at + number) % _SHARE == 0]
    return fit


def _trigger(fact: Fact, name: str) -> Part:
    """Another fact, the contradiction of which starts the experiments: a member of the same pool
    where there is one, a call server for a call server's sake, else something of the service's own
    or of a pool that can spare it."""
    others = [f for f in _firsts() if not set(f.hosts) & set(fact.hosts)]
    number = _number(name)
    same = [f for f in others if set(f.pools) & set(fact.pools)]
    if same:
        return Part(fact=same[number % len(same)], kind=KINDS["refused"])
    if "call" in fact.sorts:
        calls = [f for f in others if "stun" in f.speaks]
        return Part(fact=calls[number % len(calls)], kind=KINDS["call-silent"])
    can = [f for f in others if "tls" in f.speaks and f.named]
    own = [f for f in can if f.owner == fact.owner] or [f for f in can if _slack(f)]
    kind = KINDS[_TRIGGERS[number // 7 % len(_TRIGGERS)]]
    return Part(fact=own[number % len(own)], kind=kind)


@lru_cache(maxsize=1)
def _firsts() -> tuple[Fact, ...]:
    """Servers of the services that every run asks."""
    return tuple(f for f in facts() if "endpoint" in f.sorts and f.standing == "deciding")


def _slack(fact: Fact) -> bool:
    """Every pool that it is a member of can spare it."""
    for name in fact.pools:
        owner, _, pool = name.partition("/")
        service = _service(owner)
        if len(service.members(pool)) <= service.pool(pool).ok_at:
            return False
    return bool(fact.pools)


@lru_cache(maxsize=1)
def singles() -> tuple[Case, ...]:
    """Each fact alone; what only experiments rely on also with something that starts them."""
    found = []
    for number, fact in enumerate(facts()):
        for kind in ways(fact, number):
            part = Part(fact=fact, kind=kind)
            asked = bool(fact.speaks & _ALSO_ASKED) and kind.fits(fact)
            for_experiments = asked and any(
                kind.name.startswith(s) for s in ("strangers", "dns", "doh", "beacon", "advert")
            )
            late = fact.standing == "late"
            if not late:
                found.append(_single(part.name, (part,)))
            if for_experiments or late:
                name = f"{part.name}-asked"
                found.append(_single(name, (part, _trigger(fact, name))))
    return tuple(found)


def _single(name: str, parts: tuple[Part, ...]) -> Case:
    return Case(id=f"s-{name}", group="single", parts=parts, seed=_seed(name, parts))


# --- three at a time ------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def triples() -> tuple[Case, ...]:
    """Three facts of different servers, drawn by kind first, so that rare kinds are not."""
    rng = Random(f"{_SEED} triples")
    by_group: dict[str, list[Part]] = {}
    for case in singles():
        part = case.parts[0]
        group = "status" if part.kind.group.startswith("status ") else part.kind.group
        by_group.setdefault(group, []).append(part)
    groups = sorted(by_group)
    weights = [5 if g == "status" else 1 for g in groups]
    found: list[Case] = []
    seen: set[str] = set()
    while len(found) < TRIPLES:
        chosen = rng.choices(groups, weights, k=3)
        parts = tuple(rng.choice(by_group[g]) for g in chosen)
        digest = _digest(parts)
        hosts = [h for p in parts for h in (p.fact.hosts or (p.fact.id,))]
        if len(set(hosts)) < len(hosts) or digest in seen:
            continue
        seen.add(digest)
        name = f"t-{len(found) + 1:03}-{digest}"
        found.append(Case(id=name, group="triple", parts=parts, seed=_seed(name, parts)))
    return tuple(found)


# --- one cause, many rows -------------------------------------------------------------------------


def _network(host: str) -> str:
    """The /16 that the server's first IPv4 address lies in."""
    four = next((a for a in homes()[host] if ":" not in a), None)
    return str(ipaddress.ip_network(f"{four}/16", strict=False)) if four else ""


def _domain(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def _groups() -> dict[str, list[Fact]]:
    """Servers that one cause may befall: an owner's, those below one domain, in one network, and
    random shares of all as the customers of one authority or CDN."""
    servers = [f for f in served_by(facts()).values() if homes().get(f.hosts[0])]
    found: dict[str, list[Fact]] = {}
    for fact in servers:
        found.setdefault(safe(fact.owner), []).append(fact)
        if fact.named:
            found.setdefault(_domain(fact.hosts[0]), []).append(fact)
        if network := _network(fact.hosts[0]):
            found.setdefault(safe(network), []).append(fact)
    meta = [f for f in servers if f.owner in ("whatsapp", "messenger")]
    found["meta"] = meta
    unique: dict[frozenset[str], str] = {}
    for name, members in found.items():
        if len(members) > 1 and any(f.standing != "late" for f in members):
            unique.setdefault(frozenset(f.id for f in members), name)
    kept = {name: found[name] for name in unique.values()}
    rng = Random(f"{_SEED} customers")
    named = [f for f in servers if f.named]
    for number in range(1, 17):
        size = rng.randint(3, max(4, len(named) // 4))
        kept[f"customers-{number}"] = rng.sample(named, size)
    return kept


# Not that all machines of an owner are dead: that is an outage, and no wrong fact.
_CAUSES: Final[Mapping[str, str]] = {
    "new-root": "an authority that the store lacks",
    "moved": "the addresses all moved",
    "moved-let": "the addresses all moved and are let to others",
    "403-html": "a CDN refuses",
    "301-empty": "a CDN redirects",
    "demands": "all pages demand a header",
    "503-html": "a CDN fails",
    "alert": "a front knows the names no longer",
    "429-empty": "a CDN takes us for a robot",
    "thinks": "slow back ends",
    "name-gone": "the names are gone",
    "mute": "back ends that hang",
    "other-ca": "another public authority",
}


@lru_cache(maxsize=1)
def causes() -> tuple[Case, ...]:
    """Every cause with every group that it fits, in turns, so that each cause comes as often."""
    groups = _groups()
    owners = (*CORE, "meta")
    order = sorted(groups, key=lambda name: (name not in owners, _number(f"group {name}")))
    waiting: dict[str, list[Case]] = {}
    for kind_name, told in _CAUSES.items():
        kind = KINDS[kind_name]
        for name in order:
            parts = tuple(Part(fact=f, kind=kind) for f in groups[name] if kind.fits(f))
            if len(parts) > 1:
                case_id = f"c-{kind_name}-{name}-{_digest(parts)}"
                case = Case(
                    id=case_id,
                    group="cause",
                    parts=parts,
                    seed=_seed(case_id, parts),
                    cause=f"{told} of {name}",
                )
                waiting.setdefault(kind_name, []).append(case)
    return tuple(_in_turns(waiting.values(), CAUSES))


def _in_turns(waiting: Iterable[list[Case]], most: int) -> Iterator[Case]:
    left = [list(cases) for cases in waiting]
    given = 0
    while any(left) and given < most:
        for cases in left:
            if cases and given < most:
                given += 1
                yield cases.pop(0)


def every_case() -> tuple[Case, ...]:
    """All of them, so spread that an exam which is cut short has some of each sort."""
    found = (*singles(), *triples(), *causes())
    ids = [case.id for case in found]
    assert len(set(ids)) == len(ids), sorted(i for i in ids if ids.count(i) > 1)[:5]
    return tuple(sorted(found, key=lambda case: _number(f"order {case.id}")))


# --- a part of them -------------------------------------------------------------------------------


def features(case: Case) -> frozenset[str]:
    """What a case can stand for."""
    if case.cause:
        return frozenset({f"cause {case.tags[0]}"})
    if case.group == "triple":
        return frozenset(f"triple of {part.fact.owner}" for part in case.parts) & _OF_CORE
    found = set()
    for part in case.parts:
        found |= {f"kind {part.kind.name}", *(f"pool {pool}" for pool in part.fact.pools)}
        found |= {f"sort {sort}" for sort in part.fact.sorts}
    return frozenset(found)


_OF_CORE: Final = frozenset(f"triple of {name}" for name in CORE)


def covering(cases: Sequence[Case], most: int) -> tuple[Case, ...]:
    """At most so many cases, always the same: few with every feature of all, then others."""
    left = list(cases)
    missing = {feature for case in left for feature in features(case)}
    chosen: list[Case] = []
    while missing and left and len(chosen) < most:
        best = max(left, key=lambda case: len(missing & features(case)))
        missing -= features(best)
        chosen.append(best)
        left.remove(best)
    return (*chosen, *left[: most - len(chosen)])
