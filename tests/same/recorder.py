"""msgprobe with every look of the planner kept: ``python recorder.py FILE run ...``.

The planner sees what is not redacted, and the time; both are gone once a run has ended. So they
are kept in memory while it runs, and written when it is over.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from msgprobe import session
from msgprobe.agenda.planner import Planner
from msgprobe.cli.main import main
from msgprobe.model.codec import to_json
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Evidence
from msgprobe.model.task import Task
from msgprobe.planning.moment import Agenda, Moment

Look = tuple[Evidence, Moment, Agenda]


def record(argv: list[str]) -> None:
    """Run msgprobe with the arguments after the first, which names the file to write."""
    looks: list[Look] = []

    class Watched(Planner):
        def look(self, evidence: Evidence, moment: Moment) -> Agenda:
            wanted = super().look(evidence, moment)
            looks.append((evidence, moment, wanted))
            return wanted

    session.Planner = Watched  # type: ignore[attr-defined]
    sys.argv = ["msgprobe", *argv[1:]]
    try:
        main()
    finally:
        if looks:
            _write(Path(argv[0]), looks)


def _write(path: Path, looks: list[Look]) -> None:
    evidence = looks[-1][0]
    measurements: dict[str, Measurement] = {}
    tasks: dict[Task, int] = {}
    rows: list[dict[str, Any]] = []
    for seen, moment, agenda in looks:
        for m in seen.measurements:
            measurements.setdefault(m.task.id, m)
        rows.append(
            {
                "moment": {
                    "now": moment.now,
                    "running": {i: r.since for i, r in moment.running.items()},
                    "opened": sorted(moment.opened),
                    "secured": sorted(moment.secured),
                    "queued": sorted(moment.queued),
                    "spent": moment.spent,
                },
                "seen": [m.task.id for m in seen.measurements],
                "tasks": [tasks.setdefault(t, len(tasks)) for t in agenda.tasks],
                "wake_at": agenda.wake_at,
                "pace": agenda.pace,
                "pending": sorted(agenda.pending),
            }
        )
    data = {
        "request": to_json(evidence.request),
        "services": to_json(evidence.services),
        "controls": to_json(evidence.controls),
        "elsewhere": to_json(evidence.elsewhere),
        "measurements": {i: to_json(m) for i, m in measurements.items()},
        "tasks": to_json(tuple(tasks)),
        "looks": rows,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=5) as file:
        file.write(json.dumps(data, separators=(",", ":")))


if __name__ == "__main__":
    record(sys.argv[1:])
