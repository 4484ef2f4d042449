"""What kept tasks of a run from being carried out."""

from collections.abc import Iterable

from msgprobe.model.measurement import Measurement
from msgprobe.runner.engine import Runner


def cut_short(measurements: Iterable[Measurement]) -> str | None:
    """``max_time`` or ``max_bytes`` when a limit kept tasks from running."""
    details = {m.detail for m in measurements if m.detail}
    for limit in ("max_time", "max_bytes"):
        if any(limit in d for d in details):
            return limit
    return None


def lacking(runner: Runner, now: float) -> str | None:
    """Why nothing more may begin, in the words that `cut_short` knows; ``now`` in seconds."""
    if now >= runner.limits.deadline:
        return "no time left (max_time)"
    return "no bytes left (max_bytes)" if runner.spent else None
