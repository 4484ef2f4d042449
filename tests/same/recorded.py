"""Runs with all that is needed to plan and to judge them again."""

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from msgprobe.model.codec import from_json
from msgprobe.model.control import Controls
from msgprobe.model.measurement import Measurement
from msgprobe.model.older import TRAITS, as_today, task_as_today
from msgprobe.model.run import Elsewhere, Evidence, Request
from msgprobe.model.target import Service
from msgprobe.model.task import Running, Task
from msgprobe.planning.moment import Moment
from tests.lab import exam
from tests.lab.netns import LabError
from tests.lab.scenario import Scenario

RECORDER = Path(__file__).with_name("recorder.py")

AGENDA = ".agenda.gz"
DOCUMENT = ".json.gz"


def record(scenarios: Sequence[Scenario], seed: int, jobs: int, folder: Path) -> list[str]:
    """Run each scenario that is not in ``folder`` yet; the faults, in words."""
    folder.mkdir(parents=True, exist_ok=True)

    def one(scenario: Scenario) -> str | None:
        stem = f"{scenario.id}-{seed}"
        document = folder / f"{stem}{DOCUMENT}"
        if document.exists():
            return None
        with tempfile.TemporaryDirectory(prefix="msgprobe-same-") as workdir:
            looks = Path(workdir) / "looks.gz"
            command = (sys.executable, str(RECORDER), str(looks))
            try:
                result = exam.run(scenario, seed, Path(workdir), command=command)
            except LabError as error:
                return f"{scenario.id}: no lab: {error}"
            if not result.document or not looks.exists():
                return f"{scenario.id}: {', '.join(result.faults) or 'no look of the planner'}"
            (folder / f"{stem}{AGENDA}").write_bytes(looks.read_bytes())
            with gzip.open(document, "wt", encoding="utf-8", compresslevel=5) as file:
                file.write(json.dumps(result.document, separators=(",", ":")))
        print(f"recorded {stem}", flush=True)
        return None

    with ThreadPoolExecutor(jobs) as pool:
        return [fault for fault in pool.map(one, scenarios) if fault]


@dataclass(frozen=True, slots=True)
class Look:
    """What the planner saw at one moment, and what it wanted then: the ``numbers`` of tasks among
    all that were ever wanted, which are ``known`` as plain data."""

    evidence: Evidence
    moment: Moment
    numbers: list[int]
    known: list[Any]
    wake_at: float | None
    pace: float
    pending: list[str]

    @property
    def tasks(self) -> list[Any]:
        """What was wanted, as plain data."""
        return [self.known[n] for n in self.numbers]


def looks(path: Path) -> Iterator[Look]:
    """Every look of a recorded run, in order."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)

    @cache
    def measurement(task_id: str) -> Measurement:
        return as_today(from_json(Measurement, data["measurements"][task_id]))

    by_id = {t["id"]: t for t in data["tasks"]}

    @cache
    def task(task_id: str) -> Task:
        return task_as_today(from_json(Task, by_id[task_id]))

    empty = Evidence(
        request=from_json(Request, data["request"]),
        services=from_json(tuple[Service, ...], data["services"]),
        controls=from_json(Controls, data["controls"]),
        elsewhere=from_json(tuple[Elsewhere, ...], data["elsewhere"]),
        traits=TRAITS,
    )
    for row in data["looks"]:
        moment = row["moment"]
        yield Look(
            evidence=Evidence(
                request=empty.request,
                services=empty.services,
                controls=empty.controls,
                elsewhere=empty.elsewhere,
                traits=empty.traits,
                measurements=tuple(measurement(i) for i in row["seen"]),
            ),
            moment=Moment(
                now=moment["now"],
                running={
                    i: Running(task=task(i), since=since) for i, since in moment["running"].items()
                },
                opened=frozenset(moment["opened"]),
                secured=frozenset(moment["secured"]),
                queued={i: task(i) for i in moment["queued"]},
                spent=moment["spent"],
            ),
            numbers=row["tasks"],
            known=data["tasks"],
            wake_at=row["wake_at"],
            pace=row["pace"],
            pending=row["pending"],
        )
