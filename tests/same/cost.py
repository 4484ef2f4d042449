"""``python -m tests.same cost RUN...``: what planning and judging a recorded run costs.

In calls of functions, which do not depend on how busy the machine is, and in seconds of processor,
which do: of all looks of one planner, as in a run; of one that looks for the first time at the
last of them; and of one verdict on everything.
"""

import cProfile
import pstats
import time
from collections.abc import Callable
from pathlib import Path

from msgprobe.agenda.planner import Planner, agenda
from msgprobe.judging.judge import judge
from msgprobe.report.document import run_of
from tests.same.compare import read_document
from tests.same.recorded import AGENDA, DOCUMENT, looks


def costs(folder: Path, name: str) -> str:
    """The three costs of the run ``name`` in ``folder``, in words."""
    seen = list(looks(folder / f"{name}{AGENDA}"))
    evidence = run_of(read_document(folder / f"{name}{DOCUMENT}")).evidence

    def planned() -> None:
        planner = Planner()
        for look in seen:
            planner.look(look.evidence, look.moment)

    parts = (
        f"{name}: {len(seen)} looks {_cost(planned)}",
        f"a first look {_cost(lambda: agenda(seen[-1].evidence, seen[-1].moment))}",
        f"a verdict {_cost(lambda: judge(evidence))}",
    )
    return "; ".join(parts)


def _cost(work: Callable[[], object]) -> str:
    work()  # what is imported, and what is kept for the whole process, is not counted
    begun = time.process_time()
    work()
    took = time.process_time() - begun
    profile = cProfile.Profile()
    profile.runcall(work)
    calls = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return f"{calls / 1000:.0f} thousand calls, {took:.2f} s"
