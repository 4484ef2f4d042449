"""``python -m tests.lab soak``: a day of a real watch, ten times as fast, in 144 minutes.

Most of the day all is well; Signal is reset for a while, and the line goes, early and once more
late, so that what is new after the first time is known. Memory and descriptors must stay as they
are then, and the interface must not count more than the budget of a day.
"""

import argparse
import json
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import Popen
from typing import Final

from tests.lab.censor import Action
from tests.lab.exam import Stage, stage
from tests.lab.exam_text import without_lab
from tests.lab.scenarios.kinds import connection
from tests.lab.watch_exam import FASTER, OFF, RESET, watching

WHOLE: Final = 1440 / FASTER
"""Minutes that a day takes."""
EVERY: Final = 20.0
"""Seconds between samples."""
BUDGET: Final = 20_000_000
MOST_MORE: Final = 0.05
"""Share by which memory and descriptors may grow."""
WARM: Final = 1 / 4
"""Share of the time after which a watch has done everything once."""

TROUBLE: Final[tuple[tuple[float, tuple[Action, ...]], ...]] = (
    (0.05, (RESET,)),
    (0.12, ()),
    (0.16, (OFF,)),
    (0.18, ()),
    (0.50, (RESET,)),
    (0.60, ()),
    (0.75, (OFF,)),
    (0.78, ()),
)
"""What the censor does from which share of the time on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a watch holds after so many seconds: kilobytes of memory, open descriptors, and the
    bytes that its interface has counted."""

    seconds: float
    memory: int
    descriptors: int
    wire: int


def main(argv: Sequence[str]) -> int:
    """Soak and judge: 0 flat and within the budget, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=WHOLE, help="a part of the day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(".lab/soak"), help="where files stay")
    options = parser.parse_args(argv)
    status = without_lab("soak:")
    if status is not None:
        return status
    folder = options.keep.resolve()
    (folder / "history.db").unlink(missing_ok=True)
    scene = stage(connection("soak", "a watched day", "online"), options.seed, folder)
    with scene.lab, watching(scene, FASTER, "20MB/day", folder / "history.db") as process:
        samples = _sampled(scene, process, options.minutes * 60)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(30)
    _tell_looks(folder / "watch.jsonl")
    return 0 if _judged(samples, options.minutes) and ended == 128 + signal.SIGTERM else 1


def _sampled(scene: Stage, process: Popen[bytes], seconds: float) -> list[Sample]:
    began, found, left = time.monotonic(), list[Sample](), list(TROUBLE)
    before = scene.lab.counters().ip_bytes
    with (scene.workdir / "samples.jsonl").open("w", encoding="utf-8") as out:
        while (passed := time.monotonic() - began) < seconds and process.poll() is None:
            if left and passed >= left[0][0] * seconds:
                scene.lab.set_actions(left.pop(0)[1])
            one = Sample(
                seconds=passed,
                memory=_memory(process.pid),
                descriptors=len(list(Path(f"/proc/{process.pid}/fd").iterdir())),
                wire=scene.lab.counters().ip_bytes - before,
            )
            found.append(one)
            out.write(json.dumps({n: getattr(one, n) for n in Sample.__slots__}) + "\n")
            out.flush()
            time.sleep(EVERY)
    return found


def _memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _tell_looks(path: Path) -> None:
    lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    kinds = Counter(str(one.get("kind", one["type"])) for one in lines)
    print("looks and more:", ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))


def _judged(samples: Sequence[Sample], minutes: float) -> bool:
    warm = [s for s in samples if s.seconds >= WARM * minutes * 60]
    quarter = max(1, len(warm) // 4)
    good = len(warm) > quarter
    for name in ("memory", "descriptors"):
        first = median(getattr(s, name) for s in warm[:quarter])
        last = median(getattr(s, name) for s in warm[-quarter:])
        most = max(getattr(s, name) for s in samples)
        good &= last <= (1 + MOST_MORE) * first
        unit = " kB" if name == "memory" else ""
        print(f"{name}: {first:.0f}{unit} at first, {last:.0f} at last, at most {most}")
    used = samples[-1].wire
    print(
        f"{used / 1e6:.2f} MB on the wire in {minutes:g} of {WHOLE:g} minutes; "
        f"{BUDGET / 1e6:g} MB are the whole day's"
    )
    return good and used <= BUDGET
