"""kill -9 of a watch at random moments: no look is lost but the one under way.

In the lab, so that there is something to look at. What a watch has said to have made (``--jsonl``)
must be in its history afterwards.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.exam import Stage, stage
from tests.lab.netns import why_not
from tests.lab.scenarios import find

ROOT = Path(__file__).resolve().parents[2]
HASTE = "60"
"""Times as fast as in real life: a pulse a second."""


def main(argv: list[str]) -> int:
    """Kill, open, compare: 0 where nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture watching", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    reason = why_not()
    if reason is not None:
        print(f"watching: skipped: {reason}")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="msgprobe-watching-"))
    (scenario,) = find("I0")
    scene = stage(scenario, options.seed, folder)
    chance = random.Random(options.seed)
    lost, broken, told = 0, 0, set[str]()
    try:
        with scene.lab:
            for number in range(options.kills):
                said = _killed(scene, folder / "history.db", chance, number)
                told |= said
                kept = _kept(scene, folder / "history.db")
                if kept is None:
                    broken += 1
                    continue
                lost += len(told - kept)
                if (number + 1) % 20 == 0:
                    print(f"{number + 1} killed, {len(kept)} looks kept", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{options.kills} killed: {broken} histories that did not open, {lost} of {len(told)} "
        "looks lost"
    )
    return 1 if lost or broken or not told else 0


def _killed(scene: Stage, history: Path, chance: random.Random, number: int) -> set[str]:
    """The looks that a watch has told of until it was killed."""
    out = history.with_name(f"said-{number}.jsonl")
    words = ["watch", "--jsonl", "--budget", "1GB/day", f"--history={history}", *scene.targets]
    command = [sys.executable, "-m", "tests.lab.hasty_watch", HASTE, *words]
    environment = {**scene.env, "PYTHONPATH": str(ROOT)}
    with out.open("wb") as file:
        process = scene.lab.popen(command, environment, stdout=file, stderr=subprocess.PIPE)
        assert process.stderr is not None
        while (said := process.stderr.readline()) and not said.startswith(b"Watching"):
            pass
        # most of them while something is measured or written, some before anything is
        time.sleep(chance.choice((chance.uniform(0.0, 1.0), chance.uniform(0.0, 6.0))))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    found = set()
    for line in out.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n") and '"type":"tick"' in line:
            found.add(str(json.loads(line)["run_id"]))
    out.unlink()
    return found


def _kept(scene: Stage, history: Path) -> set[str] | None:
    """The looks that the history has, as the command exports them; None: it does not open."""
    done = scene.run("history", "export", "-", f"--history={history}")
    if done.rc or '"format":"msgprobe-history"' not in done.stdout:
        print(f"did not open: {done.stderr.strip()[-300:]}")
        return None
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return {str(one["run_id"]) for one in lines if "run_id" in one}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
