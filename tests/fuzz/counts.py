"""What all fuzzing together has tried: a table in the repository that runs are added to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.fuzz.targets import codec

COUNTS: Final = Path(__file__).with_name("counts.txt")

_HEAD: Final = """\
Executions of each target in all, added up by `make fuzz ARGS="--count"`; a finding that was mended
stays counted. Worst: processor milliseconds of one input, instrumented (0.000: none was slow enough
to be timed, or it was not timed yet). Last: date and commit of the run that was added last.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target. ``worst_ms`` is in milliseconds of processor for one input."""

    target: str
    executions: int
    worst_ms: float
    findings: int
    last: str

    def plus(self, other: "Row") -> "Row":
        """Both together; ``other`` is the later one."""
        return replace(
            other,
            executions=self.executions + other.executions,
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
    target, executions, worst, findings, last = (part.strip() for part in line.split("|"))
    if not executions.replace(",", "").isdecimal():
        return None
    return Row(
        target=target,
        executions=int(executions.replace(",", "")),
        worst_ms=float(worst),
        findings=int(findings),
        last=last,
    )


def add(rows: Iterable[Row], path: Path = COUNTS) -> None:
    """Add what a run did to the table."""
    known = read(path)
    for row in rows:
        known[row.target] = known[row.target].plus(row) if row.target in known else row
    path.write_text(_HEAD + table(known), "utf-8")


def table(rows: Mapping[str, Row]) -> str:
    """The targets, then what they add up to for each codec."""
    lines = [f"{'target':<28}  |{'executions':>15} |{'worst':>9} |{'findings':>9} | last"]
    lines += [
        f"{r.target:<28}  |{r.executions:>15,} |{r.worst_ms:>9.3f} |{r.findings:>9} | {r.last}"
        for _, r in sorted(rows.items())
    ]
    sums: dict[str, int] = {}
    for row in rows.values():
        sums[codec(row.target)] = sums.get(codec(row.target), 0) + row.executions
    lines += ["", "By codec:", ""]
    lines += [f"{name:<28} {count:>16,}" for name, count in sorted(sums.items())]
    lines += ["", f"{'All':<28} {sum(sums.values()):>16,}", ""]
    return "\n".join(lines)
