"""What is true of a run in which facts were contradicted, and what its document makes of it.

The truth comes from the catalogue and the contradictions alone: which members of each pool still
answer, which controls are left, and what may be said of a function that is left with too few.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Function, Pool, Service
from msgprobe.planning.baseline import sample, sample_size
from msgprobe.planning.controls import chosen_sentinels, chosen_sites
from msgprobe.planning.public_resolvers import doh_resolvers, udp_resolvers
from msgprobe.planning.timetable import WIDEN
from tests.lab.exam_record import Kept, Made
from tests.lab.facts_cases import Case, Part
from tests.lab.facts_pieces import Effect, homes
from tests.lab.facts_rows import DEFAULT, core, host_of
from tests.lab.world.hosts import shipped

USABLE: Final = frozenset({"online", "bad_link"})
ACCUSING: Final = frozenset({"blocked", "throttled"})
OUTDATED: Final = "out of date"
_MILD: Final = frozenset({"ok", "inconclusive", "not_tested"})
_SITES_ENOUGH: Final = 3
_NAMES_ENOUGH: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is left of one function. ``intact``: each of its pools has the members that it needs;
    ``may`` are the words that may be said of it."""

    intact: bool
    may: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of one run: every ``service.function`` that has pools, and whether controls are left."""

    functions: Mapping[str, Standing]
    controls: bool

    def intact(self, service: str) -> bool:
        """Each function of the service keeps what it needs."""
        own = [s for key, s in self.functions.items() if key.startswith(f"{service}.")]
        return all(s.intact for s in own)


# --- truth ----------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _at() -> Mapping[str, frozenset[str]]:
    """The hosts at each address of the honest world."""
    found: dict[str, set[str]] = {}
    for host, addresses in homes().items():
        for address in addresses:
            found.setdefault(address, set()).add(host)
    return {address: frozenset(hosts) for address, hosts in found.items()}


def _befallen(part: Part) -> Mapping[str, Effect]:
    """Hosts that the contradiction befalls, and at most how hard: those that share some but not
    all addresses with what is dead may be reached at the others."""
    own = dict.fromkeys(part.fact.hosts, Effect.LOSES)
    if not part.kind.whole_address:
        return own
    struck = {a for host in part.fact.hosts for a in homes()[host]}
    for address in struck:
        for host in _at()[address] - own.keys():
            whole = set(homes()[host]) <= struck
            own[host] = Effect.LOSES if whole else Effect.MAY_KEEP
    return own


def _effects(case: Case) -> Mapping[str, list[tuple[Part, Effect]]]:
    found: dict[str, list[tuple[Part, Effect]]] = {}
    for part in case.parts:
        for host, most in _befallen(part).items():
            found.setdefault(host, []).append((part, most))
    return found


def effect(service: Service, endpoint: Endpoint, case: Case) -> Effect:
    """What the contradictions leave of ``endpoint``."""
    worst = Effect.KEEPS
    for part, most in _effects(case).get(host_of(service, endpoint), []):
        if part.fact.paths and endpoint.path.partition("?")[0] not in part.fact.paths:
            continue
        worst = max(worst, min(most, part.kind.leaves(endpoint)))
    return worst


def _erring(service: Service, endpoint: Endpoint, case: Case) -> bool:
    """It answers with an error of the service's own where the row says what should come."""
    if not (endpoint.expect_status or endpoint.expect_text):
        return False
    parts = _effects(case).get(host_of(service, endpoint), [])
    return any(part.kind.error for part, _ in parts)


@dataclass(slots=True)
class _Left:
    """Members of one pool, by what is left of them; an endpoint that answers makes its member."""

    keep: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    erring: set[str] = field(default_factory=set)
    enough: bool = True


def _pool(service: Service, pool: Pool, case: Case, seed: int) -> _Left:
    request = Request(seed=seed)
    order, size = sample(service, pool, request), sample_size(service, pool)
    best: dict[str, Effect] = {}
    found = _Left()
    for endpoint in (e for e in service.endpoints if e.pool == pool.name):
        if endpoint.reserve:
            continue
        left = effect(service, endpoint, case)
        best[endpoint.member] = min(best.get(endpoint.member, Effect.LOSES), left)
        if _erring(service, endpoint, case):
            found.erring.add(endpoint.member)
    asked = list(order[:size])
    if any(best.get(m, Effect.KEEPS) is Effect.LOSES for m in asked):
        asked += order[size : size + WIDEN]
    for member in asked:
        left = best.get(member, Effect.KEEPS)
        place = {Effect.KEEPS: found.keep, Effect.MAY_KEEP: found.may, Effect.LOSES: found.lost}
        place[left].add(member)
    found.enough = len(found.keep) >= pool.ok_at
    return found


def _function(service: Service, function: Function, case: Case, seed: int) -> Standing | None:
    pools = [p for p in service.pools if p.function is function and not p.extra]
    if not pools:
        return None
    left = [_pool(service, pool, case, seed) for pool in pools]
    caveat = all(pool.caveat for pool in pools)
    if all(found.enough for found in left):
        return Standing(intact=True, may=frozenset({"ok", *(("not_tested",) if caveat else ())}))
    may = set(_MILD)
    hurt = {m for found in left for m in (*found.lost, *found.may)}
    some = any(found.keep or found.may for found in left)
    if some or len(hurt) >= 2:
        may.add("degraded")
    if len({m for found in left for m in found.erring}) >= 2:
        may.add("down")
    return Standing(intact=False, may=frozenset(may))


def truth(case: Case) -> Truth:
    """Of the run that ``case`` describes."""
    functions = {}
    for service in core(shipped()):
        for function in Function:
            standing = _function(service, function, case, case.seed)
            if standing is not None and not standing.intact and _all_gone(service, case):
                standing = replace(standing, may=standing.may | {"down"})
            if standing is not None:
                functions[f"{service.name}.{function.value}"] = standing
    return Truth(functions=functions, controls=_controls_left(case))


def _all_gone(service: Service, case: Case) -> bool:
    """Every name of the service has left the DNS, and it lives nowhere else: of many names that is
    no fact that has grown old."""
    caveats = {p.name for p in service.pools if p.caveat}
    mine = {e.host for e in service.endpoints if e.pool not in caveats}
    gone = {h for part in case.parts if part.kind.name == "name-gone" for h in part.fact.hosts}
    return len(mine) >= _NAMES_ENOUGH and mine <= gone


def _controls_left(case: Case) -> bool:
    """Enough of each kind are as ever: they need not be fit for anything else."""
    controls = shipped().controls
    rows = {row for part in case.parts for row in part.fact.rows}
    hosts = set(_effects(case))
    sites = [s for s in chosen_sites(controls, DEFAULT) if s.host not in hosts]
    pages = [s for s in chosen_sentinels(controls) if s.host not in hosts]
    plain = [r for r in udp_resolvers(controls, DEFAULT) if f"resolver/{r.name}" not in rows]
    secret = [
        r
        for r in doh_resolvers(controls, DEFAULT)
        if r.host not in hosts and f"resolver/{r.name}/doh" not in rows
    ]
    return len(sites) >= _SITES_ENOUGH and bool(pages and plain and secret)


# --- judging --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Made):
    """What a run amounts to. ``alarms`` and ``downs`` are the errors that are never forgiven;
    ``wrong`` are other words than may be said; ``due`` are services that keep what they need, and
    ``missed`` those of them that are not called ok. ``emptied`` are functions left with too few,
    and what is said of them; ``outdated`` those whose sentence says that the facts may be old.
    """

    case: Case
    state: str = "-"
    whole: bool = False
    """Every function keeps what it needs and enough controls are left."""
    alarms: tuple[str, ...] = ()
    downs: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    emptied: Mapping[str, str] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    met: bool = True
    """The run met what is contradicted."""

    @property
    def bad(self) -> bool:
        return bool(self.alarms or self.downs)

    @property
    def right(self) -> bool:
        return not (self.bad or self.wrong or self.missed or self.fault)


def judge(case: Case, kept: Kept) -> Record:
    """The document of a run beside the truth of its case."""
    document = kept.document
    true = truth(case)
    said = [_service(service, true) for service in document["services"]]
    state = document["connection"]["state"]
    astray = () if state in USABLE else (f"connection {state}",)
    traffic, tool = document["bytes"], document["tool"]
    return Record(
        case=case,
        state=state,
        whole=true.controls and all(s.intact for s in true.functions.values()),
        alarms=(*astray, *(a for one in said for a in one.alarms)),
        downs=tuple(d for one in said for d in one.downs),
        wrong=tuple(w for one in said for w in one.wrong if not one.missed),
        due=tuple(d for one in said for d in one.due),
        missed=tuple(m for one in said for m in one.missed),
        emptied={key: word for one in said for key, word in one.emptied.items()},
        outdated=tuple(o for one in said for o in one.outdated),
        notes=tuple(document["connection"]["notes"]),
        met=_met(case, document),
        seconds=document["duration_s"],
        octets=traffic["sent"] + traffic["received"],
        version=f"msgprobe {tool['version']} rules {tool['rules_version']}",
        commit=kept.commit,
        date=document["started_at"],
    )


@dataclass(slots=True, kw_only=True)
class _Said:
    """What is made of one service's words; the names are those of `Record`."""

    alarms: list[str] = field(default_factory=list)
    downs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    due: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    emptied: dict[str, str] = field(default_factory=dict)
    outdated: list[str] = field(default_factory=list)


def _service(service: Mapping[str, Any], true: Truth) -> _Said:
    name, word = service["service"], service["outcome"]
    found = _Said()
    if word in ACCUSING:
        found.alarms.append(f"{name} {word}")
    primary = true.functions.get(f"{name}.{_primary(name)}")
    if word == "down" and (primary is None or primary.intact):
        found.downs.append(f"{name} down")
    if true.intact(name) and true.controls:
        found.due.append(name)
        if word != "ok":
            found.missed.append(f"{name} {word}{_because(service)}")
    for function in service["functions"]:
        key, said = f"{name}.{function['function']}", function["outcome"]
        standing = true.functions.get(key)
        if said in ACCUSING:
            found.alarms.append(f"{key} {said}")
        elif standing is not None and said not in standing.may and true.controls:
            found.wrong.append(f"{key} {said}")
        if standing is not None and not standing.intact:
            found.emptied[key] = said
            if OUTDATED in f"{service.get('summary', '')} {function.get('why', '')}":
                found.outdated.append(key)
    return found


def _primary(name: str) -> str:
    return next(s.primary.value for s in core(shipped()) if s.name == name)


def _because(service: Mapping[str, Any]) -> str:
    """Functions that are neither ok nor untested, with the rules that spoke."""
    said = [
        f"{f['function']} {f['outcome']} by {', '.join(f.get('rules', ())[:2]) or '-'}"
        for f in service["functions"]
        if f["outcome"] not in ("ok", "not_tested")
    ]
    return f" ({'; '.join(said)})" if said else ""


def _met(case: Case, document: Mapping[str, Any]) -> bool:
    """A server or a name of each contradicted fact was asked for or spoken to; where one cause has
    many rows, of some."""
    asked = set(_asked(document))
    met = [
        any({host, *homes().get(host, ())} & asked for host in part.fact.hosts)
        for part in case.parts
        if part.fact.hosts
    ]
    return any(met) if case.cause else all(met)


def _asked(document: Mapping[str, Any]) -> Iterator[str]:
    for measurement in document["measurements"]:
        probe = measurement["task"]["probe"]
        resolver = probe.get("resolver") or {}
        for found in (probe.get("host"), probe.get("address"), probe.get("name")):
            if found:
                yield found
        if resolver.get("address"):
            yield resolver["address"]
