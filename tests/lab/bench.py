"""``python -m tests.lab bench``: what a run costs in seconds and bytes, and how fast it starts.

Medians, with the smallest and the largest value beside them. Times of a busy machine are worth
nothing: the load is printed first.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab import exam, one_file
from tests.lab.censor import Drop, Match
from tests.lab.exam_text import without_lab
from tests.lab.link import Link
from tests.lab.netns import LabError
from tests.lab.network import Lab
from tests.lab.scenario import Scenario
from tests.lab.scenarios import find

LINE: Final = Link(delay_ms=20, down_kbit=20_000, up_kbit=10_000)
"""The line of the project's targets: 40 ms round trip."""

MOST_BYTES_APART: Final = 0.05
"""Reported bytes may differ from the interface's counters by this share."""

MOST_LATER: Final = 1.0
"""Seconds by which the first word of the one file may come after that of the installed program."""

CLEAN: Final = Scenario(
    id="bench-clean", title="clean, --quick", kind="innocent", row="", link=LINE, args=("--quick",)
)
NO_SYN: Final = Scenario(
    id="bench-syn",
    title="every SYN dropped, --quick",
    kind="connection",
    row="",
    link=LINE,
    actions=(Drop(label="syn", match=Match(proto=("tcp",), segment="syn", direction="up")),),
    args=("--quick",),
    fires=("syn",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One run: by its own document, by the wall clock of its process, by the interface."""

    own_s: float
    wall_s: float
    reported: int
    counted: int
    state: str
    words: str

    @property
    def apart(self) -> float:
        """How far the reported bytes are from those counted, as a share of the counted."""
        return (self.reported - self.counted) / self.counted if self.counted else 0.0


def bench(argv: Sequence[str]) -> int:
    """Measure and print: 0 done (or no lab here), 1 bytes or words are wrong, 2 no lab in CI."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="clean runs (default 5)")
    parser.add_argument("--dead-runs", type=int, default=3, help="of each dead line (default 3)")
    parser.add_argument("--starts", type=int, default=20, help="starts of a process (default 20)")
    parser.add_argument(
        "--pyz", type=Path, metavar="FILE", help="only how much later this file says its words"
    )
    options = parser.parse_args(argv)
    if (status := without_lab("bench:")) is not None:
        return status
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; median (min..max)\n")
    try:
        with tempfile.TemporaryDirectory(prefix="msgprobe-bench-") as folder:
            return _measure(Path(folder), options)
    except KeyboardInterrupt:
        return 130
    except LabError as exc:
        print(f"bench: no lab: {exc}", file=sys.stderr)
        return 2


def _measure(folder: Path, options: argparse.Namespace) -> int:
    faults: list[str] = []
    if options.pyz is not None:
        return _compare(folder / "one-file", options.pyz, options.runs)
    (dark,) = find("C8")
    for scenario, times in (
        (CLEAN, options.runs),
        (NO_SYN, options.dead_runs),
        (dark, options.dead_runs),
    ):
        costs = runs(scenario, times, folder / scenario.id)
        _show(scenario, costs)
        # On a dead line ARP, which is no traffic of ours, is most of what the interface counts.
        if scenario is CLEAN:
            faults += [
                f"bytes reported {c.reported}, counted {c.counted}"
                for c in costs
                if abs(c.apart) > MOST_BYTES_APART
            ]
            faults += [f"clean line: {c.words}" for c in costs if set(c.words.split()) != {"ok"}]
    _show_starts(folder, options.starts)
    for fault in faults:
        print(f"wrong: {fault}")
    return 1 if faults else 0


def _environment(stage: exam.Stage) -> dict[str, str]:
    """As at a user's: compiled files are kept and used."""
    return {k: v for k, v in stage.env.items() if k != "PYTHONDONTWRITEBYTECODE"}


def runs(scenario: Scenario, times: int, folder: Path) -> list[Cost]:
    """``times`` runs one after another in the scenario's lab, after one that warms the caches."""
    stage = exam.stage(scenario, 1, folder, LINE)
    env = _environment(stage)
    costs = []
    with stage.lab as lab:
        lab.run([*exam.COMMAND, "plan", *stage.targets], env)
        for number in range(times):
            before = lab.counters()
            words = ("run", "--json", "--seed", str(number), *scenario.args, *stage.targets)
            done = lab.run([*exam.COMMAND, *words], env, 120.0)
            after = lab.counters()
            if not done.stdout.startswith("{"):
                raise LabError(f"msgprobe printed no JSON: {done.stderr.strip()[-300:]}")
            document = json.loads(done.stdout)
            costs.append(
                Cost(
                    own_s=document["duration_s"],
                    wall_s=done.seconds,
                    reported=document["bytes"]["sent"] + document["bytes"]["received"],
                    counted=after.ip_bytes - before.ip_bytes,
                    state=document["connection"]["state"],
                    words=" ".join(s["outcome"] for s in document["services"]),
                )
            )
    return costs


def _compare(folder: Path, pyz: Path, times: int) -> int:
    """The clean run by the installed program and by the one file, in turn; 1 where the file's words
    come more than `MOST_LATER` later."""
    stage = exam.stage(CLEAN, 1, folder, LINE)
    env = _environment(stage)
    commands = {"installed": exam.COMMAND, "one file": one_file.bare(pyz, folder)}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    with stage.lab as lab:
        for number in range(-1, times):  # the first fills the caches
            for name, command in commands.items():
                words = ("run", "--json", "--seed", str(number + 1), *CLEAN.args, *stage.targets)
                done = lab.run([*command, *words], env, 120.0)
                if done.rc:
                    raise LabError(f"{name}: exit {done.rc}: {done.stderr.strip()[-300:]}")
                if number >= 0:
                    seconds[name].append(done.seconds)
    print(f"seconds until the words of a clean run, --quick, are there; {times} runs of each")
    for name, values in seconds.items():
        print(f"  {name:<10} {spread(values, '.2f')}")
    installed, file = (statistics.median(values) for values in seconds.values())
    print(f"  later by   {file - installed:.2f}, at most {MOST_LATER:.2f}")
    return int(file - installed > MOST_LATER)


def spread(values: Sequence[float], form: str, scale: float = 1.0) -> str:
    """The median, and the smallest and largest value beside it."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return " ".join(
        (
            f"{middle * scale:{form}}",
            f"({low * scale:{form}}..{high * scale:{form}})",
        )
    )


def _show(scenario: Scenario, costs: Sequence[Cost]) -> None:
    print(f"{scenario.title}, {len(costs)} runs: {costs[0].state}; {costs[0].words}")
    print(f"  seconds, by the document   {spread([c.own_s for c in costs], '.2f')}")
    print(f"  seconds, of the process    {spread([c.wall_s for c in costs], '.2f')}")
    print(f"  kB reported                {spread([c.reported for c in costs], '.1f', 1e-3)}")
    apart = ", ".join(f"{100 * c.apart:+.1f}" for c in costs)
    print(f"  % off the interface's count {apart}\n")


# --- starting -----------------------------------------------------------------------------------


def _seconds(start: Callable[[], float], times: int) -> list[float]:
    start()  # fills the caches
    return [start() for _ in range(times)]


def _until_end(argv: Sequence[str]) -> float:
    begun = time.monotonic()
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def _until_packet(lab: Lab, argv: Sequence[str], env: dict[str, str]) -> float:
    """Seconds from just before the process is made until the client has sent its first IPv4 packet.

    The counter is read every millisecond from a file that was opened in the client's namespace,
    so the answer is late by that and by the start of ``nsenter`` (3 ms), which is taken off.
    """
    with open(f"/proc/{lab.client.holder.pid}/net/snmp", encoding="ascii") as counters:
        at_rest = _sent(counters.read())
        begun = time.monotonic()
        process = lab.popen(
            argv,
            env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while (now := time.monotonic()) < begun + 10:
                counters.seek(0)
                if _sent(counters.read()) > at_rest:
                    return now - begun
                time.sleep(0.001)
        finally:
            process.kill()
            process.wait()
    raise LabError("msgprobe run sent nothing within 10 s")


def _sent(table: str) -> int:
    """IPv4 packets sent, of /proc/net/snmp (RFC 4293, ipSystemStatsOutRequests; so no ARP)."""
    names, values = (one.split() for one in table.splitlines() if one.startswith("Ip:"))
    return int(values[names.index("OutRequests")])


def _show_starts(folder: Path, times: int) -> None:
    python = _seconds(lambda: _until_end([sys.executable, "-c", "pass"]), times)
    version = _seconds(lambda: _until_end([*exam.COMMAND, "--version"]), times)
    shown = _seconds(lambda: _until_end([*exam.COMMAND, "--help"]), times)
    stage = exam.stage(CLEAN, 1, folder / "starts", LINE)
    env = _environment(stage)
    argv = [*exam.COMMAND, "run", "--quick", *stage.targets]
    with stage.lab as lab:
        entering = _seconds(lambda: _until_end([*lab.client.prefix(), "env", "true"]), times)
        # The first packet of a rested namespace: leftovers of a killed run must not count.
        packet = _seconds(lambda: _rested(lab, argv, env), times)
    enter = statistics.median(entering)
    base = statistics.median(python)
    print(f"starts, {times} of each, in ms, and as a multiple of `python -c pass`")
    for title, values in (
        ("python -c pass", python),
        ("msgprobe --version", version),
        ("msgprobe --help", shown),
        ("msgprobe run, first packet", [max(0.0, v - enter) for v in packet]),
    ):
        ratio = statistics.median(values) / base
        print(f"  {title:<27}{spread(values, '.0f', 1e3)}   x{ratio:.1f}")


def _rested(lab: Lab, argv: Sequence[str], env: dict[str, str]) -> float:
    with open(f"/proc/{lab.client.holder.pid}/net/snmp", encoding="ascii") as counters:
        before = -1
        for _ in range(50):
            counters.seek(0)
            now = _sent(counters.read())
            if now == before:
                break
            before = now
            time.sleep(0.3)
    return _until_packet(lab, argv, env)
