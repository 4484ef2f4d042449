"""What the commands and the tables of the exams have in common."""

import os
import platform
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tests.lab.netns import why_not


class Run(Protocol):
    """What every exam keeps of how a run was made."""

    @property
    def date(self) -> str: ...

    @property
    def version(self) -> str: ...


class OfCommit(Run, Protocol):
    """The same, with what was run; a run with a ``fault`` is void."""

    @property
    def commit(self) -> str: ...

    @property
    def fault(self) -> str: ...


def arguments(command: str, doc: str | None, what: str, minutes: float) -> ArgumentParser:
    """Those that every exam has: parts or ids of ``what`` it is of, and its own ``minutes``."""
    parser = ArgumentParser(prog=f"python -m tests.lab {command}", description=doc)
    parser.add_argument(what, nargs="*", help="ids, or parts of them; all without any")
    parser.add_argument("--jobs", type=int, default=4, help="labs at the same time (default 4)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=minutes,
        help=f"begin no run after that (default {minutes:.0f})",
    )
    parser.add_argument("--out", type=Path, help="write the table here as well")
    parser.add_argument("--list", action="store_true", help="list them and stop")
    return parser


def without_lab(what: str) -> int | None:
    """Say that ``what`` is skipped because no lab can run here, and why; the exit status then,
    which is a failure in CI. None where one can."""
    reason = why_not()
    if reason is None:
        return None
    print(f"{what} skipped: {reason}", file=sys.stderr)
    return 2 if os.environ.get("CI") else 0


def publish(text: str, why: Sequence[str], out: Path | None) -> int:
    """Print the table, and write it where it is wanted as well; the exit status, which is a failure
    where there is a reason ``why`` the exam is not passed."""
    print(f"\n{text}", end="")
    if out is not None:
        out.write_text(text, encoding="utf-8")
    return 1 if why else 0


def reasons(*found: tuple[object, str]) -> list[str]:
    """The texts of those that are true."""
    return [why for wrong, why in found if wrong]


def summed_up(
    title: str,
    runs: Sequence[OfCommit],
    *,
    troubles: Sequence[str],
    body: Sequence[str],
    missing: int,
) -> list[str]:
    """The lines of a table: what it is of, its ``troubles`` first, then all the rest; ``missing``
    runs were wanted and not made."""
    good = [run for run in runs if not run.fault]
    made = heading(title, good, (run.commit for run in good))
    void = f"void runs {len(runs) - len(good)}, runs not made {missing}"
    return [made, "", *troubles, "", *body, void]


def written(lines: Sequence[str], why: Sequence[str], *, whole: bool) -> str:
    """A table as text, with whether the exam is passed, in part where it was not run ``whole``."""
    passed = "PASS" if whole else "PASS (in part)"
    return "\n".join([*lines, "FAIL: " + "; ".join(why) if why else passed]) + "\n"


def heading(title: str, runs: Iterable[Run], commits: Iterable[str] | None = None) -> str:
    """When, with which version and commits, on which system; texts that are empty do not count."""
    made = tuple(runs)
    days = sorted({run.date[:10] for run in made if run.date})
    when = f"{days[0]} to {days[-1]}" if len(days) > 1 else "".join(days) or "-"
    what = _listed(run.version for run in made)
    if commits is not None:
        what = f"{what}; commit {_listed(commits)}"
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
