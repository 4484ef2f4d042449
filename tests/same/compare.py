"""What this tree makes of what was recorded, beside what the recorded tree made of it."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from msgprobe import session
from msgprobe.agenda.planner import Planner
from msgprobe.judging.judge import judge
from msgprobe.model.codec import to_json
from msgprobe.model.contact import Contact
from msgprobe.model.run import Request
from msgprobe.model.target import Function
from msgprobe.model.task import Task
from msgprobe.report import document as saved
from msgprobe.report.document import run_of
from tests.lab.world.hosts import shipped
from tests.same.recorded import Look, looks

SEEDS = range(25)
PARTS = ("connection", "services", "advice")
"""What a document says of the verdict."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is made for: ``whose`` is core or all services, ``name`` that of the kind of
    request, and without ``seeded`` no seed is known yet."""

    whose: str
    name: str
    request: Request
    seeded: bool

    @property
    def key(self) -> str:
        """By which it is kept."""
        seed = "seeded" if self.seeded else "any seed"
        return f"{self.whose} {self.name} {self.request.seed} {seed}"


def lacking(recorded: Any, found: Any) -> bool:
    """Whether ``found`` says anything else than was recorded; keys that are new are let pass, for
    values may grow."""
    if isinstance(recorded, Mapping) and isinstance(found, Mapping):
        return any(k not in found or lacking(v, found[k]) for k, v in recorded.items())
    if isinstance(recorded, list) and isinstance(found, list):
        pairs = zip(recorded, found, strict=False)
        return len(recorded) != len(found) or any(lacking(a, b) for a, b in pairs)
    return bool(recorded != found)


def verdict(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the rules of this tree say about the evidence in a document."""
    run = run_of(document)
    found = judge(run.evidence)
    told = saved.document(replace(run, verdict=found), exit_code=0, evidence=False)
    return {key: told[key] for key in PARTS} | {"rules_version": found.rules_version}


def digest(value: Any) -> str:
    """A short name for a value as JSON."""
    return _named(_text(value))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _named(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def agenda_fault(path: Path) -> str | None:
    """The first look of a recorded run at which the planner wants something else now."""
    alike: set[tuple[int, Task]] = set()
    planner = Planner()
    for number, look in enumerate(looks(path)):
        now = planner.look(look.evidence, look.moment)
        if not _agree(look, now.tasks, alike):
            first = _first(look.tasks, to_json(now.tasks))
            return f"look {number} at {look.moment.now:.2f} s: {first}"
        rest = (look.wake_at, look.pace, look.pending)
        if rest != (now.wake_at, now.pace, sorted(now.pending)):
            return f"look {number}: wake, pace, pending were {rest}"
    return None


def _agree(look: Look, tasks: Sequence[Task], alike: set[tuple[int, Task]]) -> bool:
    """Whether those tasks were recorded. Most are wanted look after look: ``alike`` has the pairs
    that were compared before, for writing a task as JSON takes longer than planning it."""
    if len(look.tasks) != len(tasks):
        return False
    for pair in zip(look.numbers, tasks, strict=True):
        if pair not in alike:
            if lacking(look.known[pair[0]], to_json(pair[1])):
                return False
            alike.add(pair)
    return True


def _first(recorded: list[Any], found: list[Any]) -> str:
    was, is_now = [t["id"] for t in recorded], [t["id"] for t in found]
    if set(was) != set(is_now):
        lost, new = [i for i in was if i not in is_now], [i for i in is_now if i not in was]
        return f"lost {lost[:4]}, new {new[:4]}"
    if was != is_now:
        at = next(n for n, (a, b) in enumerate(zip(was, is_now, strict=True)) if a != b)
        return f"in another order from number {at}: {was[at]} became {is_now[at]}"
    for a, b in zip(recorded, found, strict=True):
        for key, value in a.items():
            if lacking(value, b.get(key)):
                return f"{a['id']}.{key}: {value!r:.200} became {b.get(key)!r:.200}"
    return "differs"


def verdict_fault(recorded: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """Which part of a verdict reads otherwise now."""
    for key in PARTS:
        was, is_now = recorded[key], found[key]
        if isinstance(was, list) and len(was) == len(is_now):
            told = [_told(a, b) for a, b in zip(was, is_now, strict=True)]
            if any(told):
                return f"{key}: " + "; ".join(t for t in told if t)
        elif lacking(was, is_now):
            return f"{key}: {json.dumps(was):.300} became {json.dumps(is_now):.300}"
    return None


def _told(was: Mapping[str, Any], is_now: Mapping[str, Any]) -> str | None:
    """What differs of a service; which of its rows are old is the document's own business."""
    for key, value in is_now.items():
        if lacking(value, was.get(key)):
            return f"{was['service']}.{key}: {json.dumps(was.get(key)):.400} became {value!r:.400}"
    return None


def requests() -> Iterator[tuple[str, Request]]:
    """Every kind of request that changes a plan, by a name of its own."""
    depths = {"": {}, "quick": {"quick": True}, "throttle": {"throttle": True}}
    families: dict[str, dict[str, Any]] = {"": {}, "4": {"families": (4,)}, "6": {"families": (6,)}}
    only: dict[str, dict[str, Any]] = {
        "": {},
        "text": {"functions": (Function.TEXT,)},
        "media+calls": {"functions": (Function.MEDIA, Function.CALLS)},
    }
    more: dict[str, dict[str, Any]] = {"": {}, "KZ": {"country": "KZ"}, "via": {"via": "socks5"}}
    for parts in product(depths.items(), families.items(), only.items(), more.items()):
        fields: dict[str, Any] = {}
        for _, values in parts:
            fields |= values
        yield " ".join(name for name, _ in parts if name) or "plain", replace(Request(), **fields)


def asked(seeds: range = SEEDS) -> Iterator[Asked]:
    """Every kind of request with each seed, and where none is known yet: about the core services;
    about all services with the first seed alone."""
    for whose in ("core", "all"):
        for name, request in requests():
            for seed in seeds if whose == "core" else seeds[:1]:
                for seeded in (True, False) if seed == seeds[0] else (True,):
                    yield Asked(whose, name, replace(request, seed=seed), seeded)


def plan(of: Asked) -> tuple[Contact, ...]:
    """What may be contacted then."""
    found = shipped()
    services = tuple(s for s in found.services if s.core or of.whose == "all")
    return session.planned(services, found.controls, of.request, seeded=of.seeded)


def plan_digest(contacts: Iterable[Contact], keys: frozenset[str]) -> str:
    """The `digest` of the contacts as JSON, of these keys alone."""
    return _named(f"[{','.join(_line(one, keys) for one in contacts)}]")


@cache
def _line(contact: Contact, keys: frozenset[str]) -> str:
    """One contact as the text that a digest is made of: most stand in many plans."""
    return _text({k: v for k, v in to_json(contact).items() if k in keys})


def read_document(path: Path) -> Any:
    """The document of a run in a file of the exam, of the exam of facts or of ours."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)
    return data.get("document", data)
