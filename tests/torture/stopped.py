"""A process that is stopped for 1 to 60 s, and a clock that is set while it measures. In the lab.

Nobody innocent is accused, and every word is one that an undisturbed run may give, or
`inconclusive` (or a service that could not be measured in what time was left).
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.lab.exam import ACCUSING, stage
from tests.lab.scenario import Scenario
from tests.lab.scenarios import find
from tests.torture.place import shim

SCENARIOS: Final = ("I0", "I3", "I6", "I31", "A20")
"""A clean line, a slow one and a lossy one, an outage, and a service that is blocked."""

SPARED: Final = ("inconclusive", "not_tested")
LONGEST_STOP_S: Final = 60.0
SHIFTS: Final = {"1h": 3600, "1y": 31_557_600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """``stop`` seconds from ``at`` seconds on, or a clock wrong by ``shift`` seconds from then."""

    at: float
    stop: float = 0.0
    shift: int = 0

    def __str__(self) -> str:
        what = f"clock {self.shift:+d} s" if self.shift else f"stopped {self.stop:.1f} s"
        return f"{what} at {self.at:.2f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a disturbed run said. ``faults`` may never be."""

    scenario: Scenario
    disturbance: Disturbance
    status: int
    seconds: float
    state: str
    words: dict[str, str]
    faults: tuple[str, ...]
    document: bytes = b""
    """All that it said, to look into."""


def run(scenario: Scenario, seed: int, disturbance: Disturbance, library: Path | None) -> Told:
    """One lab, one run, disturbed once."""
    with tempfile.TemporaryDirectory(prefix="msgprobe-stopped-") as folder:
        scene = stage(scenario, seed, Path(folder))
        env = dict(scene.env)
        if disturbance.shift:
            env |= {
                "LD_PRELOAD": str(library),
                "TORTURE_SHIFT": str(disturbance.shift),
                "TORTURE_AFTER": str(disturbance.at),
            }
        words = ("run", "--json", "--evidence", "--seed", str(seed), *scene.targets, *scenario.args)
        with scene.lab:
            begun = time.monotonic()
            with scene.lab.popen(
                [*scene.wrapper, *scene.command, *words],
                env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as process:
                if disturbance.stop:
                    time.sleep(disturbance.at)
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(disturbance.stop)
                    process.send_signal(signal.SIGCONT)
                out, err = process.communicate(timeout=200)
            seconds = time.monotonic() - begun
        return _judged(scenario, disturbance, process.returncode, seconds, out, err)


def _judged(
    scenario: Scenario,
    disturbance: Disturbance,
    status: int,
    seconds: float,
    out: bytes,
    err: bytes,
) -> Told:
    faults: list[str] = []
    try:
        document: dict[str, Any] = json.loads(out)
    except ValueError:
        document = {"connection": {"state": "-"}, "services": []}
        faults.append(f"no JSON: {err.decode(errors='replace')[-200:]}")
    words: dict[str, str] = {}
    for service in document["services"]:
        words[service["service"]] = service["outcome"]
        for function in service["functions"]:
            words[f"{service['service']}.{function['function']}"] = function["outcome"]
    expected = scenario.expected()
    for name, word in words.items():
        truth = expected.get(name, expected[name.partition(".")[0]])
        if "." in name and name not in expected and word not in ACCUSING:
            continue
        if word in truth.words or word in SPARED:
            continue
        guilty = {w for w in truth.words if w in ACCUSING}
        kind = "innocent accused" if word in ACCUSING and not guilty else "another word"
        faults.append(f"{kind}: {name} is {word}")
    if "Traceback" in err.decode(errors="replace"):
        faults.append("traceback")
    return Told(
        scenario=scenario,
        disturbance=disturbance,
        status=status,
        seconds=seconds,
        state=document["connection"]["state"],
        words={n: w for n, w in words.items() if "." not in n},
        faults=tuple(faults),
        document=out,
    )


def stops(count: int, chance: random.Random) -> Iterator[Disturbance]:
    """``count`` moments of the first 8 s, each with a stop of 1 to 60 s, short ones more often."""
    for number in range(count):
        at = 0.2 + 7.8 * (number + chance.random()) / count
        yield Disturbance(at=at, stop=LONGEST_STOP_S ** chance.random())


def shifts() -> Iterator[Disturbance]:
    """A clock that is wrong all the time, and one that is set in the middle of a run."""
    for seconds in SHIFTS.values():
        for sign in (1, -1):
            for at in (0.0, 2.0):
                yield Disturbance(at=at, shift=sign * seconds)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture stopped", description=__doc__)
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="ids, with commas")
    parser.add_argument("--moments", type=int, default=50, help="stops for each scenario")
    parser.add_argument("--no-clock", action="store_true", help="leave the clock alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="labs at the same time")
    parser.add_argument("--keep", type=Path, help="a folder for the saved runs with faults")
    options = parser.parse_args(argv)
    scenarios = find(*options.scenarios.split(","))
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="msgprobe-shim-") as folder:
        library = shim(Path(folder))
        if library is None:
            print("no C compiler: the clock is left alone")
        cases: list[Callable[[], Told]] = []
        for scenario in scenarios:
            disturbances = list(stops(options.moments, chance))
            if library is not None and not options.no_clock:
                disturbances += shifts()
            for number, one in enumerate(disturbances):
                cases.append(_case(scenario, options.seed + number, one, library))
        with ThreadPoolExecutor(options.jobs) as pool:
            told = []
            for number, result in enumerate(pool.map(lambda case: case(), cases)):
                told.append(replace(result, document=b""))
                print(_line(result), flush=True)
                if options.keep is not None and result.faults:
                    _kept(options.keep, f"{result.scenario.id}-{number}", result)
    wrong = [one for one in told if one.faults]
    innocent = sum("innocent accused" in fault for one in wrong for fault in one.faults)
    print(f"{len(told)} runs, {innocent} innocents accused, {len(wrong)} runs with faults")
    return 1 if wrong else 0


def _case(
    scenario: Scenario, seed: int, disturbance: Disturbance, library: Path | None
) -> Callable[[], Told]:
    return lambda: run(scenario, seed, disturbance, library)


def _kept(folder: Path, name: str, told: Told) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(told.document)


def _line(told: Told) -> str:
    said = ", ".join(f"{name} {word}" for name, word in told.words.items())
    return (
        f"{told.scenario.id:5} {told.disturbance!s:32} exit {told.status}, {told.seconds:5.1f} s, "
        f"{told.state}: {said} {'; '.join(told.faults)}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
