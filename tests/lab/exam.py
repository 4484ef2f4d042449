"""One scenario, run for real: the lab is built, the shipped command line judges, the words are
compared with the truth."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tests.lab import bytecode
from tests.lab.audit import audit
from tests.lab.link import Link
from tests.lab.network import Counters, Lab, Log
from tests.lab.scenario import CORE, Scenario, Truth
from tests.lab.world.config import WorldConfig
from tests.lab.world.hosts import known_addresses, shipped
from tests.lab.world.shelf import prepare

COMMAND: tuple[str, ...] = (str(Path(sys.executable).with_name("msgprobe")),)
"""The shipped command line of the environment that runs the exam."""

ACCUSING = ("blocked", "throttled")

_NOTHING = {"inconclusive", "not_tested"}

CLEAN = "I0"
"""The scenario in which nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a run says. ``faults`` are reasons why it counts as judged wrong."""

    state: str = "-"
    words: dict[str, str] = field(default_factory=dict)
    mechanisms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    mechanism_faults: tuple[str, ...] = ()

    def said(self) -> "Said":
        """No more than this of a larger one."""
        return Said(**{own.name: getattr(self, own.name) for own in fields(Said)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Said):
    """What came of a scenario."""

    scenario: Scenario
    seed: int
    accusations: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    seconds: float = 0.0
    reported_bytes: int = 0
    wire_bytes: int = 0
    rc: int = 0
    fired: Mapping[str, int] = field(default_factory=dict)
    """How often each action of the middlebox struck."""
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Every word is one of the true ones."""
        return not self.faults


@dataclass(slots=True)
class Stage:
    """A running lab for a scenario, with the environment and arguments that the probe needs."""

    lab: Lab
    env: dict[str, str]
    targets: tuple[str, ...]
    workdir: Path
    wrapper: tuple[str, ...] = ()
    command: tuple[str, ...] = COMMAND

    def run(self, *args: str, timeout: float = 90.0) -> Any:
        """``msgprobe ARGS`` in the client's namespace."""
        return self.lab.run([*self.wrapper, *self.command, *args], self.env, timeout)


def stage(scenario: Scenario, seed: int, workdir: Path, link: Link | None = None) -> Stage:
    """The lab of a scenario, not yet entered."""
    workdir = workdir.resolve()  # what runs in a namespace begins in another folder
    ipv6 = bool(scenario.lab.get("ipv6", True))
    workdir.mkdir(parents=True, exist_ok=True)
    config = WorldConfig(workdir=str(workdir), seed=seed, ipv6=ipv6, **dict(scenario.world))
    trust, targets = prepare(workdir, shipped())
    own: dict[str, Any] = {"trust": trust, **scenario.lab}
    lab = Lab(
        workdir=workdir,
        link=link or scenario.link,
        actions=scenario.actions,
        world=config.to_json(),
        seed=seed,
        inhabited=known_addresses(config),
        **own,
    )
    env = {"COLUMNS": "80", **bytecode.ENVIRONMENT}
    if "MSGPROBE_DEBUG" in os.environ:
        env["MSGPROBE_DEBUG"] = "1"
    args = tuple(a for path in targets for a in ("--targets", str(path)))
    # The lab's roots and keys stand in copies of the shipped files, ports of mail in some of them.
    args += ("--allow-override", "--allow-mail-ports") if targets else ()
    env |= {k: v.replace("{lab}", str(workdir)) for k, v in scenario.env.items()}
    wrapper = tuple(w.replace("{seed}", str(seed)) for w in scenario.wrapper)
    return Stage(lab=lab, env=env, targets=args, workdir=workdir, wrapper=wrapper)


def run(
    scenario: Scenario,
    seed: int,
    workdir: Path,
    extra: Sequence[str] = (),
    *,
    audited: bool = False,
    command: tuple[str, ...] = COMMAND,
) -> Result:
    """Build, run, compare; ``audited`` also tries what every run must keep (see `audit`).

    ``command`` is what is run in the shipped command line's place, with the same arguments. Raises
    LabError when the lab itself can't be built.
    """
    scene = replace(stage(scenario, seed, workdir), command=command)
    by_default = scenario.services == CORE or "--all" in scenario.args
    asked = () if by_default else scenario.services
    args = ("--seed", str(seed), *scene.targets, *scenario.args, *asked, *extra)
    with scene.lab:
        if scenario.made_elsewhere:
            _report(scenario, scene, seed)
        before = scene.lab.counters()
        done = scene.run("run", "--json", "--evidence", *args, timeout=scenario.patience)
        after = scene.lab.counters()
        log = scene.lab.log
        (workdir / "run.json").write_text(done.stdout, encoding="utf-8")
        (workdir / "run.err").write_text(done.stderr, encoding="utf-8")
        try:
            document = json.loads(done.stdout)
        except ValueError:
            why = f"no JSON (exit {done.rc}): {done.stderr.strip()[-300:]}"
            return Result(scenario=scenario, seed=seed, faults=(why,), seconds=done.seconds)
        clean = scenario.id == CLEAN
        broken = audit(scene, args, done.rc, document, clean=clean) if audited else []
    result = compare(scenario, seed, document, log, before, after)
    return replace(result, faults=(*result.faults, *broken))


def left_unclear(scenario: Scenario, services: Mapping[str, str]) -> tuple[str, ...]:
    """Services called inconclusive of which something better is true: not those of which nothing
    else can honestly be said."""
    expected = scenario.expected()
    nothing = {name for name, true in expected.items() if set(true.words) <= _NOTHING}
    return tuple(k for k, v in services.items() if v == "inconclusive" and k not in nothing)


def _report(scenario: Scenario, scene: Stage, seed: int) -> None:
    """A run past the censor, as on another network, for the run proper to compare with.

    Of the same seed: the audit of the plan sees what both contacted.
    """
    scene.lab.set_actions(())
    scene.run("run", "--quick", "--seed", str(seed), "-o", "elsewhere.json", *scene.targets)
    scene.lab.set_actions(scenario.actions)


def compare(
    scenario: Scenario,
    seed: int,
    document: dict[str, Any],
    log: Log,
    before: Counters,
    after: Counters,
) -> Result:
    """The words of a run's document against the scenario's truth."""
    words, mechanisms = _words(document)
    faults = [f"{label} never fired" for label in scenario.fires if not log.fired.get(label)]
    faults += [f"{label} fired" for label in scenario.spares if log.fired.get(label)]
    state = document["connection"]["state"]
    if state not in scenario.states:
        faults.append(f"connection {state}, not {'|'.join(scenario.states)}")
    said = set(scenario.never) & set(document["connection"]["notes"])
    faults += [f"note {note}" for note in sorted(said)]
    missing = set(scenario.notes) - set(document["connection"]["notes"])
    mechanism_faults = [f"no note {note}" for note in sorted(missing)]
    for key, true in scenario.expected().items():
        if words.get(key) not in true.words:
            faults.append(f"{key} {words.get(key)}, not {'|'.join(true.words)}")
        mechanism_faults += _unmet(key, true, mechanisms.get(key, ()))
    for key, wanted in scenario.counts.items():
        if (found := _counted(document, key)) != wanted:
            faults.append(f"{key}: {found[0]} of {found[1]} answer, not {wanted[0]} of {wanted[1]}")
    services = {k: v for k, v in words.items() if "." not in k}
    innocent = scenario.kind != "blocking"
    bytes_seen = document["bytes"]
    return Result(
        scenario=scenario,
        seed=seed,
        state=state,
        words=words,
        mechanisms=mechanisms,
        faults=tuple(faults),
        mechanism_faults=tuple(mechanism_faults),
        accusations=tuple(f"{k} {v}" for k, v in words.items() if innocent and v in ACCUSING),
        unclear=left_unclear(scenario, services),
        seconds=document["duration_s"],
        reported_bytes=bytes_seen["sent"] + bytes_seen["received"],
        wire_bytes=after.ip_bytes - before.ip_bytes,
        rc=document["exit_code"],
        fired=log.fired,
        document=document,
    )


def _words(document: dict[str, Any]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    words: dict[str, str] = {}
    mechanisms: dict[str, tuple[str, ...]] = {}
    for service in document["services"]:
        name = service["service"]
        words[name] = service["outcome"]
        mechanisms[name] = tuple(service["mechanisms"])
        for function in service["functions"]:
            key = f"{name}.{function['function']}"
            words[key] = function["outcome"]
            mechanisms[key] = tuple(function["mechanisms"])
    return words, mechanisms


def _counted(document: dict[str, Any], key: str) -> tuple[int, int]:
    """How many members of ``service.function`` answered, and of how many that were tried."""
    for service in document["services"]:
        for function in service["functions"]:
            if f"{service['service']}.{function['function']}" == key:
                return function["endpoints"]["ok"], function["endpoints"]["tested"]
    return 0, 0


def _unmet(key: str, true: Truth, found: Sequence[str]) -> list[str]:
    return [
        f"{key}: {', '.join(found) or 'no mechanism'}, not {wanted}"
        for wanted in true.mechanisms
        if not any(f == wanted or f.startswith(wanted + ".") for f in found)
    ]
