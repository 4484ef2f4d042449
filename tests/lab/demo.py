"""``make demo``: one censored scenario from end to end, in the terminal of whoever asks."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.lab import exam
from tests.lab.exam_text import without_lab
from tests.lab.netns import LabError
from tests.lab.scenario import Scenario
from tests.lab.scenarios import find

DEFAULT: Final = "A17"
LONGEST_S: Final = 120.0
"""Seconds after which a run that does not end is killed."""

_WORST_FIRST: Final = (
    "blocked",
    "throttled",
    "degraded",
    "down",
    "inconclusive",
    "not_tested",
    "ok",
)


def demo(argv: Sequence[str]) -> int:
    """Show one scenario: 0 shown (or no lab here), 1 the command failed, 2 bad arguments or no lab
    in CI, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab demo", description=__doc__)
    parser.add_argument("scenario", nargs="?", default=DEFAULT, help=f"id (default {DEFAULT})")
    wanted: str = parser.parse_args(argv).scenario
    try:
        (scenario,) = find(wanted)
    except KeyError:
        return _fail(f"demo: no scenario is called {wanted!r}; see: python -m tests.lab --list")
    if (status := without_lab("demo:")) is not None:
        return status
    try:
        with tempfile.TemporaryDirectory(prefix="msgprobe-demo-") as folder:
            return _show(scenario, Path(folder))
    except KeyboardInterrupt:
        print("\ndemo: interrupted; the simulated network is gone", file=sys.stderr)
        return 130
    except LabError as exc:
        return _fail(f"demo: no lab: {exc}")


def _fail(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


def _show(scenario: Scenario, folder: Path) -> int:
    for line in _story(scenario):
        print(line)
    print(flush=True)
    scene = exam.stage(scenario, 1, folder)
    saved = folder / "run.json"
    with scene.lab:
        status = _attached(scene, ("run", *scenario.args, "-o", saved.name), scene.targets)
        if not saved.exists():
            return _ended(status)
        document = json.loads(saved.read_text(encoding="utf-8"))
        if document["interrupted"] in ("SIGINT", "SIGTERM"):
            return _ended(status)
        service = worst(document)
        print(f"\nThe evidence behind the word on {service}:\n")
        explained = _attached(scene, ("explain", saved.name, service))
    if explained:
        return _ended(explained)
    print("\nOther networks: python -m tests.lab --list, then python -m tests.lab demo ID.")
    print("All of them, compared with the truth: make lab. This, on your own line: make run.")
    return 0


def _story(scenario: Scenario) -> tuple[str, str]:
    """Two lines: what this is, and what the simulated network does."""
    deeds = ", ".join(
        dict.fromkeys(f"{type(a).__name__} ({a.name})" for a in scenario.actions)
    ) or "no censor on the way" + (", servers that lie or fail" if scenario.world else "")
    link = scenario.link
    rate = f", {link.down_kbit / 1000:g} Mbit/s" if link.down_kbit else ""
    return (
        f"A simulated Internet in network namespaces of this machine; scenario {scenario.id}: "
        f"{scenario.title}.",
        f"The line: {2 * link.delay_ms:g} ms round trip{rate}. The box in the middle: {deeds}.",
    )


def _attached(scene: exam.Stage, words: Sequence[str], targets: Sequence[str] = ()) -> int:
    """``msgprobe WORDS`` in the lab's client, with this terminal for its own; its exit status.

    The terminal gives Ctrl-C to both of us: the command answers it, we wait for its answer.
    """
    print(f"$ msgprobe {' '.join(words)}", flush=True)
    env = dict(scene.env)
    for name in ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "LANG", "LC_ALL"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.pop("COLUMNS", None)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = scene.lab.popen(
            [*exam.COMMAND, *words, *targets],
            env,
            stdin=subprocess.DEVNULL,
            # an ignored signal would stay ignored in the command
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            return process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _ended(status: int) -> int:
    if status in (130, -signal.SIGINT):
        raise KeyboardInterrupt
    print(f"demo: msgprobe ended with status {status}", file=sys.stderr)
    return 1


def worst(document: dict[str, object]) -> str:
    """The service with the worst word in a run's document; the first of several."""
    services = document["services"]
    assert isinstance(services, list)
    found = min(services, key=lambda s: _WORST_FIRST.index(s["outcome"]))
    return str(found["service"])
