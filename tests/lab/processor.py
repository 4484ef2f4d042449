"""A part of one processor for the program under test, by the kernel's own quota (cgroup ``cpu``).

It runs for its part of each tenth of a second and stands still for the rest, as on a phone whose
processor is that much slower, or in a container with such a limit.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from tests.lab.netns import LabError

PERIOD_US: Final = 100_000
ROOT: Final = Path("/sys/fs/cgroup")
_JOIN: Final = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


def limited(share: float) -> Path:
    """A new group whose processes have that part of one processor. Raises LabError."""
    one = (ROOT / "cgroup.controllers").exists()  # version 2: one tree for all that is limited
    parent = ROOT if one else ROOT / "cpu"
    group = parent / f"msgprobe-{uuid4().hex[:12]}"
    quota = int(PERIOD_US * share)
    try:
        if one:
            (parent / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
        group.mkdir()
        if one:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}", encoding="ascii")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US), encoding="ascii")
            (group / "cpu.cfs_quota_us").write_text(str(quota), encoding="ascii")
    except OSError as exc:
        with suppress(OSError):
            group.rmdir()
        raise LabError(f"a part of a processor cannot be given out here: {exc}") from exc
    return group


def joining(group: Path) -> tuple[str, ...]:
    """The start of a command line whose rest runs in that group, on one processor alone."""
    last = max(os.sched_getaffinity(0))
    return ("sh", "-c", _JOIN, str(group), "taskset", "-c", str(last))


def removed(group: Path) -> None:
    """It is not needed any more; its last process may be just about to end."""
    for _ in range(50):
        with suppress(OSError):
            group.rmdir()
        if not group.exists():
            return
        time.sleep(0.02)
