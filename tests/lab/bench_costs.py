"""``python -m tests.lab costs``: what runs cost this device, and when their words come.

For each line: seconds of the process, seconds until the first service's word, seconds of
processor, and the most memory; of this program, and in turn with it of another version (``--against
FOLDER``, where that one is checked out). Both run in this environment, whose list of authorities
the lab replaces by its own, and see of it what `make run` installs: nothing of the extras that take
part in runs, but for the one line that says so.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.lab import exam
from tests.lab.bench import CLEAN, LINE, NO_SYN, spread
from tests.lab.exam_text import without_lab
from tests.lab.netns import LabError
from tests.lab.network import Lab
from tests.lab.scenario import Scenario
from tests.lab.scenarios import find

DEFAULT: Final = replace(CLEAN, id="clean-default", title="clean", args=())
NO_LINEAR: Final = "net.ipv4.tcp_syn_linear_timeouts"

SLOW_CLEAN_S: Final = 12.0
"""Seconds that a clean run may take on a part of one processor."""

ROOT: Final = Path(__file__).parents[2]

IN_RUNS: Final = ("aioquic", "nacl")
"""Libraries of the extras `quic` and `threema`."""

LOOK_S: Final = 0.02
"""Between two looks at the memory of a process: its high-water mark is the kernel's own, so that
only what it takes in its very last moments is missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line to measure on. ``most`` is what a figure may be at most, by its name; ``extras``
    says that a run finds those that are installed here."""

    scenario: Scenario
    most: dict[str, float]
    settings: tuple[str, ...] = ()
    extras: bool = False


def cases() -> tuple[Case, ...]:
    """The lines, each with the most that its figures may be."""

    def case(name: str, title: str, **most: float) -> Case:
        (known,) = find(name)
        return Case(scenario=replace(known, title=title, link=LINE), most=most)

    dropped = replace(NO_SYN, args=(), title="every SYN dropped")
    return (
        Case(scenario=CLEAN, most={"wall": 1.2, "user": 0.8, "MB": 60}),
        Case(scenario=DEFAULT, most={"wall": 5.0, "first": 1.5, "user": 1.6, "MB": 60}),
        Case(
            scenario=replace(DEFAULT, id="clean-extras", title="clean, with the extras"),
            most={"wall": 5.0},
            extras=True,
        ),
        case("A17", "one service reset by SNI", user=3.0, MB=60),
        case("A20", "one service's ClientHello dropped", wall=9.0),
        case("A11", "one service's SYNs dropped", wall=17.0),
        Case(scenario=dropped, most={"wall": 12.0}),
        Case(
            scenario=replace(dropped, title="the same, no linear SYN timeouts"),
            most={"wall": 12.0},
            settings=(f"{NO_LINEAR}=0",),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One run. Seconds since its start, seconds of processor, 10^6 bytes."""

    wall: float
    first: float | None
    user: float
    system: float
    mb: float
    words: str

    def figures(self) -> dict[str, float]:
        """By name; those that there are."""
        found = {"wall": self.wall, "user": self.user, "system": self.system, "MB": self.mb}
        return found if self.first is None else {**found, "first": self.first}


class _Memory(threading.Thread):
    """The most resident memory of a process, by the kernel's mark; ru_maxrss would begin with that
    of who started it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self._program = Path(f"/proc/{pid}/comm")
        self._ended = threading.Event()
        self.kb = 0

    def run(self) -> None:
        """Until it ends."""
        while not self._ended.wait(LOOK_S):
            try:
                table = self._status.read_text(encoding="ascii")
            except OSError:
                return
            mark = [line.split()[1] for line in table.splitlines() if line.startswith("VmHWM:")]
            if mark:
                self.kb = int(mark[0])

    def end(self) -> int:
        """What it was at last, in kB."""
        self._ended.set()
        self.join()
        return self.kb


def measured(lab: Lab, argv: Sequence[str], env: dict[str, str]) -> Cost:
    """One run to its end. ``argv`` prints one JSON object a line. Raises LabError."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as told:
        process = lab.popen(
            argv, env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told
        )
        memory = _Memory(process.pid)
        memory.start()
        assert process.stdout is not None
        first, document, words = None, None, []
        for line in process.stdout:
            found: dict[str, Any] = json.loads(line)
            if found["type"] == "service":
                first = first or time.monotonic() - begun
                words.append(found["outcome"])
            else:
                document = found
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        told.seek(0)
        if document is None:
            raise LabError(f"no run was printed: {told.read()[-300:].decode(errors='replace')}")
    return Cost(
        wall=wall,
        first=first,
        user=usage.ru_utime,
        system=usage.ru_stime,
        mb=memory.end() * 1024 / 1e6,
        words=f"{document['connection']['state']}: {' '.join(sorted(words))}",
    )


def costs(argv: Sequence[str]) -> int:
    """Measure and print: 0 all within what they may be, 1 not, 2 no lab in CI."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab costs", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="of each line (default 9)")
    parser.add_argument("--only", default="", metavar="WORDS", help="lines whose title has this")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another version, in turn")
    parser.add_argument("--processor", type=float, metavar="SHARE", help="of one processor alone")
    options = parser.parse_args(argv)
    if (status := without_lab("costs:")) is not None:
        return status
    commands = {"": str(ROOT)}
    if options.against is not None:
        commands["before"] = str(options.against.resolve())
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; median (min..max)")
    over = 0
    with tempfile.TemporaryDirectory(prefix="msgprobe-costs-") as folder:
        chosen = [one for one in cases() if options.only in _title(one)]
        for number, case in enumerate(chosen):
            if options.processor is not None:
                case = _slower(case, options.processor)
            over += _case(case, Path(folder) / str(number), options.runs, commands)
    return int(over > 0)


def _slower(case: Case, share: float) -> Case:
    """The same on a part of one processor, where the clean run alone has a bound."""
    lab = {**case.scenario.lab, "processor": share}
    most = {"wall": SLOW_CLEAN_S} if case.scenario.id == DEFAULT.id else {}
    return replace(case, scenario=replace(case.scenario, lab=lab), most=most)


def _title(case: Case) -> str:
    return f"{case.scenario.title} {case.scenario.id}"


def _without_extras(folder: Path) -> str:
    """A folder that hides what takes part in a run where it is installed, and `make run` leaves
    out."""
    for name in IN_RUNS:
        (folder / name).mkdir(parents=True)
        missing = f"raise ModuleNotFoundError({f'No module named {name!r}'!r}, name={name!r})\n"
        (folder / name / "__init__.py").write_text(missing, encoding="ascii")
    return str(folder)


def _case(case: Case, folder: Path, runs: int, places: dict[str, str]) -> int:
    """Figures over what they may be."""
    stage = exam.stage(case.scenario, 1, folder, LINE)
    env = {k: v for k, v in stage.env.items() if k != "PYTHONDONTWRITEBYTECODE"}
    shown = () if case.extras else (_without_extras(folder / "hidden"),)
    found: dict[str, list[Cost]] = {name: [] for name in places}
    with stage.lab as lab:
        for setting in case.settings:
            lab.client.run(["sysctl", "-qw", setting])
        for number in range(-1, runs):  # the first fills the caches
            for name, place in places.items():
                words = ("run", "--jsonl", "--seed", str(number + 1), *case.scenario.args)
                argv = [sys.executable, "-m", "msgprobe", *words, *stage.targets]
                cost = measured(lab, argv, env | {"PYTHONPATH": os.pathsep.join((*shown, place))})
                if number >= 0:
                    found[name].append(cost)
    print(f"\n{_title(case)}, {runs} runs", flush=True)
    for of, told in sorted({(of, c.words) for of, costs in found.items() for c in costs}):
        print(f"  {of} {sum(c.words == told for c in found[of])} x {told}")
    return sum(_figure(case, found, name) for name in ("wall", "first", "user", "system", "MB"))


def _figure(case: Case, found: dict[str, list[Cost]], name: str) -> int:
    values = {
        of: [c.figures()[name] for c in costs if name in c.figures()] for of, costs in found.items()
    }
    if not values[""]:
        return 0
    middle = statistics.median(values[""])
    line = f"  {name:<7}{spread(values[''], '.2f')}"
    if values.get("before"):
        before = statistics.median(values["before"])
        line += f"   before {spread(values['before'], '.2f')}, x{middle / before:.2f}"
    most = case.most.get(name)
    if most is not None:
        line += f"   at most {most:g}{'' if middle <= most else ': over'}"
    print(line, flush=True)
    return int(most is not None and middle > most)
