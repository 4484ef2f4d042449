"""What the commands and the tables of the exams have in common."""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def skipped(why: str) -> int:
    """Say that no lab can run here; the exit status, which is a failure in CI."""
    print(why, file=sys.stderr)
    return 2 if os.environ.get("CI") else 0


def publish(text: str, out: Path | None) -> None:
    """Print the table, and write it where it is wanted as well."""
    print(f"\n{text}", end="")
    if out is not None:
        out.write_text(text, encoding="utf-8")


def heading(
    title: str, dates: Iterable[str], versions: Iterable[str], commits: Iterable[str] | None = None
) -> str:
    """When, with which version and commits, on which system; texts that are empty do not count."""
    days = sorted({d[:10] for d in dates if d})
    when = f"{days[0]} to {days[-1]}" if len(days) > 1 else "".join(days) or "-"
    what = (
        _listed(versions) if commits is None else f"{_listed(versions)}; commit {_listed(commits)}"
    )
    system = f"{platform.python_implementation()} {platform.python_version()}, {platform.release()}"
    return f"{title}, {when}; {what}; {system}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted({w for w in words if w})) or "-"


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]


def share(hits: int, trials: int, digits: int = 3) -> str:
    """A share with the bounds of its 95 % interval (Wilson)."""
    if not trials:
        return "-"
    low, high = wilson(hits, trials)
    part = hits / trials
    return f"{hits}/{trials} {part:.{digits}f} [{low:.{digits}f} {high:.{digits}f}]"


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a share (E. B. Wilson, JASA 22, 1927); (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    share = hits / trials
    middle = share + z * z / (2 * trials)
    reach = z * (share * (1 - share) / trials + z * z / (4 * trials * trials)) ** 0.5
    scale = 1 + z * z / trials
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
