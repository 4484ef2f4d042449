"""``python -m tests.lab repeats [SCENARIO…]``: the same look ten times in one lab, for `confusion`.

In every scenario that asks for the usual services in the usual way, the looks of a watch are made
again and again: pulses, and the quick runs that look into what they saw. Whoever stops it goes on
where it was by saying so again.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from msgprobe.model.history import TickKind
from tests.lab.exam import stage
from tests.lab.exam_record import Kept, path_of, save
from tests.lab.exam_text import without_lab
from tests.lab.netns import LabError
from tests.lab.scenario import CORE, Scenario
from tests.lab.scenarios import find

VIA: Final = "MSGPROBE_VIA"

ROOT: Final = Path(__file__).resolve().parents[2]
KINDS: Final = (TickKind.PULSE, TickKind.QUICK)
LONGEST: Final = {TickKind.PULSE: 35.0, TickKind.QUICK: 65.0}
"""Seconds that one look takes at most."""
START: Final = 95.0
"""Seconds until the first one: a look that is not kept."""


def usual(scenario: Scenario) -> bool:
    """A watch of the usual services can be in it, and sees all that the truth was known by: its
    small looks have no second vantage."""
    odd = scenario.args or scenario.wrapper or scenario.made_elsewhere or VIA in scenario.env
    return not odd and scenario.services == CORE


def looks(scenario: Scenario, kind: TickKind, times: int, keep: Path) -> int:
    """Make them in a lab of their own and keep each; how many there are. Raises LabError."""
    folder = keep / kind.value
    if path_of(folder, scenario.id, "own", times).exists():
        return times
    with tempfile.TemporaryDirectory(prefix="msgprobe-repeats-") as name:
        place = Path(name)
        scene = stage(scenario, 1, place / "lab")
        words = ["watch", "--quiet", f"--history={place / 'history.db'}", *scene.targets]
        again = [sys.executable, "-m", "tests.lab.looks_again", kind.value, str(times), name]
        environment = {**scene.env, "PYTHONPATH": str(ROOT)}
        with scene.lab as lab, (place / "err").open("wb") as err:
            process = lab.popen(
                [*again, *words], environment, stdout=subprocess.DEVNULL, stderr=err
            )
            try:
                process.wait(START + times * LONGEST[kind])
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        found = sorted(place.glob("*.json"), key=lambda path: int(path.stem))
        for path in found:
            document = json.loads(path.read_text("utf-8"))
            seed = int(path.stem)
            save(folder, Kept(scenario=scenario.id, seed=seed, document=document, kind=kind.value))
        if not found:
            shutil.copyfileobj((place / "err").open("rb"), sys.stderr.buffer)
    return len(found)


def main(argv: Sequence[str]) -> int:
    """Make and keep them: 0 done, 1 some were not made, 2 there is no such scenario."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab repeats", description=__doc__)
    parser.add_argument("scenario", nargs="*", help="ids; all that are usual without any")
    parser.add_argument("--kind", choices=[k.value for k in KINDS], help="that one alone")
    parser.add_argument("--innocent", action="store_true", help="where nobody is blocked")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2, help="labs at the same time")
    parser.add_argument("--keep", type=Path, default=Path(".lab/repeats"))
    options = parser.parse_args(argv)
    try:
        chosen = [s for s in find(*options.scenario) if usual(s)]
    except KeyError as exc:
        print(f"no scenario is called {exc.args[0]!r}", file=sys.stderr)
        return 2
    if options.innocent:
        chosen = [s for s in chosen if s.kind == "innocent"]
    if (status := without_lab(f"repeats: {len(chosen)} scenarios")) is not None:
        return status
    kinds = [k for k in KINDS if options.kind in (None, k.value)]

    def one(job: tuple[TickKind, Scenario]) -> bool:
        kind, scenario = job
        try:
            count = looks(scenario, kind, options.times, options.keep)
        except LabError as error:
            print(f"{scenario.id}: no lab: {error}", file=sys.stderr)
            return False
        print(f"{scenario.id:<14} {kind.value}: {count} of {options.times}", flush=True)
        return bool(count == options.times)

    with ThreadPoolExecutor(options.jobs) as pool:
        made = list(pool.map(one, ((kind, s) for kind in kinds for s in chosen)))
    return 0 if all(made) else 1
