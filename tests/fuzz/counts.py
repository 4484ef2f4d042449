"""What all fuzzing together has tried: a table in the repository that runs are added to."""

import fcntl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.fuzz.targets import codec

COUNTS: Final = Path(__file__).with_name("counts.txt")

_HEAD: Final = """\
Executions of each target in all, added up by `make fuzz ARGS="--count"`; a finding that was mended
stays counted. Guided: by coverage, which is measured at each line. Blind (--blind): changes of the
seeds and of what the guided runs have kept, without looking. Worst: processor milliseconds of one
input (0.000: none was slow enough to be timed, or it was not timed yet), instrumented where a
guided run has met it. Last: date and commit of the run that was added last.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target. ``worst_ms`` is in milliseconds of processor for one input."""

    target: str
    guided: int = 0
    blind: int = 0
    worst_ms: float
    findings: int
    last: str

    @property
    def executions(self) -> int:
        """Of both kinds."""
        return self.guided + self.blind

    def plus(self, other: "Row") -> "Row":
        """Both together; ``other`` is the later one."""
        return replace(
            other,
            guided=self.guided + other.guided,
            blind=self.blind + other.blind,
            worst_ms=max(self.worst_ms, other.worst_ms),
            findings=self.findings + other.findings,
        )


def read(path: Path = COUNTS) -> dict[str, Row]:
    """By target; empty without a table."""
    if not path.exists():
        return {}
    rows = [_row(line) for line in path.read_text("utf-8").splitlines() if "  |" in line]
    return {row.target: row for row in rows if row is not None}


def _row(line: str) -> Row | None:
    target, guided, blind, worst, findings, last = (part.strip() for part in line.split("|"))
    if not guided.replace(",", "").isdecimal():
        return None
    return Row(
        target=target,
        guided=int(guided.replace(",", "")),
        blind=int(blind.replace(",", "")),
        worst_ms=float(worst),
        findings=int(findings),
        last=last,
    )


def add(rows: Iterable[Row], path: Path = COUNTS) -> None:
    """Add what a run did to the table, of which others may end at the same moment."""
    with path.open("a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        known = read(path)
        for row in rows:
            known[row.target] = known[row.target].plus(row) if row.target in known else row
        path.write_text(_HEAD + table(known), "utf-8")


def table(rows: Mapping[str, Row]) -> str:
    """The targets, then what they add up to for each codec."""
    lines = [
        f"{'target':<26}  |{'guided':>12} |{'blind':>12} |{'worst':>8} |{'findings':>9} | last"
    ]
    lines += [
        f"{r.target:<26}  |{r.guided:>12,} |{r.blind:>12,} |{r.worst_ms:>8.3f} |{r.findings:>9} "
        f"| {r.last}"
        for _, r in sorted(rows.items())
    ]
    lines += ["", f"{'By codec:':<26}   {'guided':>12}  {'blind':>12}  {'both':>12}", ""]
    sums: dict[str, tuple[int, int]] = {}
    for row in rows.values():
        for name in (codec(row.target), ""):
            guided, blind = sums.get(name, (0, 0))
            sums[name] = guided + row.guided, blind + row.blind
    all_guided, all_blind = sums.pop("", (0, 0))
    for name, (guided, blind) in [*sorted(sums.items()), ("All", (all_guided, all_blind))]:
        lines += [""] if name == "All" else []
        lines += [f"{name:<26}   {guided:>12,}  {blind:>12,}  {guided + blind:>12,}"]
    return "\n".join([*lines, ""])
