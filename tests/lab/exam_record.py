"""One run of the whole exam: on which line, what is kept of it, and what it amounts to."""

import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from msgprobe.model.task import Arm
from tests.lab import exam, ooni_rules
from tests.lab.link import Link
from tests.lab.network import Counters, Log
from tests.lab.scenario import CORE, GOOD, Scenario, Truth
from tests.lab.throttle_cells import LINES

ACCUSING: Final = frozenset(exam.ACCUSING)
HURT: Final = frozenset((*exam.ACCUSING, "degraded"))

OWN: Final = "own"
"""The line that the scenario itself names."""

PROFILES: Final = (OWN, "fibre", "lte", "3g", "edge", "geo", "wifi5")
_FAST: Final = ("fibre", "lte")


def usable(link: Link) -> bool:
    """Good enough that an honest tool must come to a word: loss <= 5 %, RTT <= 300 ms, and
    >= 1 Mbit/s."""
    return link.loss <= 0.05 and 2 * link.delay_ms <= 300 and link.down_kbit >= 1000


def on_line(scenario: Scenario, profile: str) -> Scenario | None:
    """The scenario on a line of another kind; None where its own line is what it is about.

    On a line that is too poor to judge, whatever happens may stay open, though nobody may be
    accused for it. Throttling is out of sight on slow lines (it has an exam of its own).
    """
    if profile == OWN:
        return scenario
    if scenario.kind != "blocking" and scenario.link != GOOD:
        return None
    link = LINES[profile]
    poor = not usable(link)

    def soften(truth: Truth) -> Truth:
        more: tuple[str, ...] = ("degraded", "inconclusive") if poor else ()
        if profile not in _FAST and "throttled" in truth.words:
            more = (*more, "degraded", "ok")
        return replace(truth, words=tuple(dict.fromkeys((*truth.words, *more))))

    states = (*scenario.states, "bad_link") if "online" in scenario.states else scenario.states
    return replace(
        scenario,
        link=link,
        truths={key: soften(truth) for key, truth in scenario.truths.items()},
        others=soften(scenario.others),
        counts={} if poor else scenario.counts,
        states=tuple(dict.fromkeys(states)),
        usable=scenario.usable and not poor,
    )


# --- files --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a run: its document, and what only the lab knows."""

    scenario: str
    seed: int
    document: Mapping[str, Any]
    profile: str = OWN
    fired: Mapping[str, int] | None = None
    """How often each action struck; None where nobody noted it."""
    commit: str = ""
    kind: str = "run"
    """How was looked: a whole run, or the smaller looks of a watch."""


def path_of(folder: Path, scenario: str, profile: str, seed: int) -> Path:
    line = "" if profile == OWN else f"@{profile}"
    return folder / f"{scenario}{line}-{seed}.json.gz"


def save(folder: Path, kept: Kept) -> None:
    """Whole or not at all: what is cut off in writing never takes the file's name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(folder, kept.scenario, kept.profile, kept.seed)
    data = {
        "scenario": kept.scenario,
        "seed": kept.seed,
        "profile": kept.profile,
        "fired": kept.fired,
        "commit": kept.commit,
        "kind": kept.kind,
        "document": kept.document,
    }
    part = path.with_suffix(".part")
    with gzip.open(part, "wt", encoding="utf-8", compresslevel=6) as file:
        file.write(json.dumps(data, separators=(",", ":")))  # json.dump goes piece by piece
    os.replace(part, path)


def read(path: Path) -> Kept | None:
    """What `save` wrote, or the bare document of a run in ``SCENARIO-SEED/run.json`` or
    ``SCENARIO-SEED.json.gz``; None where it cannot be read."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8") as file:
                data = json.load(file)
        else:
            data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, EOFError, ValueError):
        return None
    if not isinstance(data, dict):
        return None
    if "document" in data:
        return Kept(**data)
    stem = path.parent.name if path.name == "run.json" else path.name.removesuffix(".json.gz")
    scenario, _, seed = stem.rpartition("-")
    if "measurements" not in data or not seed.isdecimal():
        return None
    return Kept(scenario=scenario, seed=int(seed), document=data)


def kept_in(folder: Path) -> Iterator[Path]:
    """Every file in ``folder`` that may hold a run, in the order of their names."""
    yield from sorted((*folder.glob("*.json.gz"), *folder.glob("*/run.json")))


# --- judging ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Mechanisms as nodes of the taxonomy, ancestors included: found, true, and both."""

    found: int = 0
    true: int = 0
    shared: int = 0

    def __add__(self, other: "Nodes") -> "Nodes":
        return Nodes(
            found=self.found + other.found,
            true=self.true + other.true,
            shared=self.shared + other.shared,
        )

    @property
    def precision(self) -> float:
        return self.shared / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.shared / self.true if self.true else 1.0


def nodes(found: Iterable[str], true: Iterable[str]) -> Nodes:
    """Counted as S. Kiritchenko et al. do (AI 2006, "Learning and Evaluation in the Presence of
    Class Hierarchies"). A scenario names what must be found, so that what is deeper than a true
    mechanism is neither right nor wrong."""
    leaves = tuple(true)
    mine = {
        node
        for path in found
        for node in _upwards(path)
        if not any(node.startswith(leaf + ".") for leaf in leaves)
    }
    theirs = {node for path in leaves for node in _upwards(path)}
    return Nodes(found=len(mine), true=len(theirs), shared=len(mine & theirs))


def _upwards(path: str) -> Iterator[str]:
    parts = path.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One judge over the core services of one run, for comparison with another judge."""

    innocent: int = 0
    accused: tuple[str, ...] = ()
    censored: int = 0
    called_fine: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a run was made. ``fault``: it is void, and why."""

    seconds: float = 0.0
    octets: int = 0
    version: str = ""
    commit: str = ""
    date: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Made):
    """What a run amounts to. ``accused`` are services and functions called blocked or throttled
    although nothing licenses it, ``fine`` censored ones called ok, ``must`` those that have to be
    called blocked and ``blocked`` those of them that are. ``plain_octets`` leaves out transfers;
    ``idle`` are the seconds at the end in which nothing was under way.
    """

    scenario: Scenario
    profile: str
    seed: int
    said: exam.Said = field(default_factory=exam.Said)
    accused: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    judged: int = 0
    unclear: tuple[str, ...] = ()
    nodes: Nodes = Nodes()
    mine: Side = Side()
    ooni: Side = Side()
    plain_octets: int = 0
    idle: float = 0.0

    @property
    def name(self) -> str:
        line = "" if self.profile == OWN else f"@{self.profile}"
        return f"{self.scenario.id}{line}"

    @property
    def right(self) -> bool:
        return not self.said.faults and not self.fault


def is_censored(scenario: Scenario, truth: Truth) -> bool:
    """The network does something to it that may not be overlooked."""
    words = set(truth.words)
    return scenario.kind == "blocking" and "ok" not in words and bool(words & HURT)


def is_innocent(scenario: Scenario, truth: Truth) -> bool:
    """Whoever calls it blocked or throttled, accuses without a reason."""
    return not ACCUSING & set(truth.words) and not is_censored(scenario, truth)


def judge(scenario: Scenario, kept: Kept) -> Record:
    """What a run's document says, beside the truth of its scenario on its line."""
    document = kept.document
    fired = kept.fired
    void = ""
    if fired is None:
        scenario = replace(scenario, fires=())
    elif scenario.by_chance or (kept.profile != OWN and not usable(scenario.link)):
        idle = [label for label in scenario.fires if not fired.get(label)]
        void = f"in this run nothing came for {idle[0]} to strike" if idle else ""
    log = Log(
        fired=fired or {}, lost={}, overflowed={}, too_long=0, uninhabited=0, refused_by_kernel=0
    )
    none = Counters(rx_bytes=0, rx_packets=0, tx_bytes=0, tx_packets=0)
    result = exam.compare(scenario, kept.seed, dict(document), log, none, none)
    expected, words = scenario.expected(), result.words
    services = [s["service"] for s in document["services"]]
    must = tuple(k for k, t in expected.items() if t.words == ("blocked",))
    return Record(
        scenario=scenario,
        profile=kept.profile,
        seed=kept.seed,
        said=result.said(),
        accused=_accused(scenario, words),
        fine=tuple(
            k for k, t in expected.items() if is_censored(scenario, t) and words.get(k) == "ok"
        ),
        must=must,
        blocked=tuple(k for k in must if words.get(k) == "blocked"),
        judged=len(services),
        unclear=exam.left_unclear(scenario, {s: words[s] for s in services}),
        nodes=_nodes(scenario, words, result.mechanisms),
        mine=_side(scenario, words),
        ooni=_side(scenario, ooni_rules.judge(document)),
        seconds=result.seconds,
        octets=result.reported_bytes,
        plain_octets=result.reported_bytes - _moved(document),
        idle=_idle(document),
        version=_version(document),
        commit=kept.commit,
        date=document["started_at"],
        fault=void,
    )


def _idle(document: Mapping[str, Any]) -> float:
    ends = (m["window"]["end"] for m in document["measurements"])
    seconds: float = document["duration_s"]
    return seconds - max(ends, default=seconds)


def _accused(scenario: Scenario, words: Mapping[str, str]) -> tuple[str, ...]:
    """Also the functions of services of which nothing is true but innocence."""
    expected = scenario.expected()
    found = []
    for key, word in words.items():
        truth = expected.get(key) or expected.get(key.partition(".")[0])
        if word in ACCUSING and truth is not None and is_innocent(scenario, truth):
            found.append(f"{key} {word}")
    return tuple(found)


def _nodes(
    scenario: Scenario, words: Mapping[str, str], mechanisms: Mapping[str, tuple[str, ...]]
) -> Nodes:
    total = Nodes()
    for key, truth in scenario.expected().items():
        if truth.mechanisms:
            if set(truth.words) <= HURT or words.get(key) in HURT:
                total += nodes(mechanisms.get(key, ()), truth.mechanisms)
        elif is_innocent(scenario, truth) and words.get(key) in ACCUSING:
            total += nodes(mechanisms.get(key, ()), ())
    return total


def _side(scenario: Scenario, words: Mapping[str, str]) -> Side:
    expected = scenario.expected()
    known = {s: t for s, t in expected.items() if s in CORE and s in words}
    innocent = [s for s, t in known.items() if is_innocent(scenario, t)]
    censored = [s for s, t in known.items() if is_censored(scenario, t)]
    return Side(
        innocent=len(innocent),
        accused=tuple(s for s in innocent if words[s] in ACCUSING),
        censored=len(censored),
        called_fine=tuple(s for s in censored if words[s] == "ok"),
    )


def _moved(document: Mapping[str, Any]) -> int:
    """Octets of what was moved to see how fast it goes."""
    return sum(
        m["bytes_sent"] + m["bytes_received"]
        for m in document["measurements"]
        if m["task"]["check"] in ("transfer", "volley") or m["task"]["arm"] == Arm.TRANSFER_PAGE
    )


def _version(document: Mapping[str, Any]) -> str:
    tool = document["tool"]
    return f"msgprobe {tool['version']} rules {tool['rules_version']}"
