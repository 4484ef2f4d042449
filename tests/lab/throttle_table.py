"""The exam of throttling summed up: one row a cell, the totals, and whether it is passed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from scipy.stats import beta

from tests.lab.exam_text import grid, heading, reasons, share, written

LEAST_INNOCENT: Final = 400
LEAST_RECALL: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept of one run.

    ``service`` is the one that is hit. ``called``: its word is right. ``visible``: by what the run
    itself printed, the throttling was within its sight; ``claims`` false: nobody need see it.
    ``throttled`` and ``blocked`` are services so called without a reason: all in an innocent run,
    the bystanders in another. ``naive`` and ``wehe`` are those that the rivals call throttled.
    ``floor_kbit`` is the milder of what would have shown, ``limit_kbit`` what was there: the rate
    of the limiter or what the transfers got. ``fault``: the run is void, and why.
    """

    cell: str
    seed: int
    innocent: bool
    service: str
    claims: bool = True
    state: str = "-"
    words: dict[str, str] = field(default_factory=dict)
    mechanisms: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    called: bool = False
    mechanism_right: bool = False
    visible: bool = False
    floor_kbit: float = 0.0
    limit_kbit: float = 0.0
    throttled: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    naive: list[str] = field(default_factory=list)
    wehe: list[str] = field(default_factory=list)
    seconds: float = 0.0
    octets: int = 0
    version: str = ""
    date: str = ""
    fault: str = ""

    @property
    def line(self) -> str:
        return self.cell.partition("/")[0]

    @property
    def kind(self) -> str:
        return self.cell.partition("/")[2]

    @property
    def wrongly(self) -> bool:
        """Somebody is accused who is innocent."""
        return bool(self.throttled or self.blocked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The numbers that decide."""

    innocent: int
    false_alarms: int
    bystanders: int
    """Runs in which throttling of one service got another accused."""
    visible: int
    visible_called: int
    hit: int
    hit_called: int

    @property
    def worst_rate(self) -> float:
        """The upper 95 % bound of the rate of false alarms."""
        return upper_bound(self.false_alarms, self.innocent)

    @property
    def recall(self) -> float:
        return self.visible_called / self.visible if self.visible else 0.0


def upper_bound(hits: int, trials: int) -> float:
    """The one-sided upper 95 % bound of a share (Clopper and Pearson, Biometrika 26, 1934)."""
    return float(beta.ppf(0.95, hits + 1, trials - hits)) if hits < trials else 1.0


def totals(records: Iterable[Record]) -> Totals:
    """Summed up, void runs left out."""
    good = [r for r in records if not r.fault]
    innocent = [r for r in good if r.innocent]
    others = [r for r in good if not r.innocent]
    hit = [r for r in others if r.claims]
    visible = [r for r in hit if r.visible]
    return Totals(
        innocent=len(innocent),
        false_alarms=sum(r.wrongly for r in innocent),
        bystanders=sum(r.wrongly for r in others),
        visible=len(visible),
        visible_called=sum(r.called for r in visible),
        hit=len(hit),
        hit_called=sum(r.called for r in hit),
    )


def failures(records: Sequence[Record], *, whole: bool) -> list[str]:
    """Why the exam is not passed; ``whole``: it was run in full and must be large enough."""
    found = totals(records)
    return reasons(
        (found.false_alarms, f"{found.false_alarms} innocent runs with an accusation"),
        (found.bystanders, f"{found.bystanders} runs that accuse a bystander"),
        (
            found.visible and found.recall < LEAST_RECALL,
            f"recall {found.recall:.3f} among visible runs, wanted {LEAST_RECALL}",
        ),
        (whole and not found.visible, "no visible run"),
        (
            whole and found.innocent < LEAST_INNOCENT,
            f"only {found.innocent} innocent runs, wanted {LEAST_INNOCENT}",
        ),
    )


def _percent(hits: int, trials: int) -> str:
    return share(hits, trials, digits=2)


def _cost(runs: Sequence[Record]) -> tuple[str, str]:
    seconds = median(r.seconds for r in runs)
    return f"{seconds:.1f}", f"{median(r.octets for r in runs) / 1e6:.2f}"


def _hit_row(runs: Sequence[Record]) -> tuple[str, ...]:
    visible = [r for r in runs if r.visible]
    called = [r for r in runs if r.called]
    first = runs[0]
    labelled = [r for r in called if r.claims]
    return (
        first.line,
        first.kind,
        _percent(len(called), len(runs)),
        _percent(sum(r.called for r in visible), len(visible)) if first.claims else "-",
        f"{sum(r.mechanism_right for r in labelled)}/{len(labelled)}" if first.claims else "-",
        *_cost(runs),
        f"{sum(r.service in r.naive for r in runs)}/{len(runs)}",
        f"{sum(r.service in r.wehe for r in runs)}/{len(runs)}",
        str(sum(r.wrongly for r in runs)),
    )


def _innocent_row(runs: Sequence[Record]) -> tuple[str, ...]:
    return (
        runs[0].line,
        runs[0].kind,
        str(len(runs)),
        str(sum(bool(r.throttled) for r in runs)),
        str(sum(bool(r.naive) for r in runs)),
        str(sum(bool(r.wehe) for r in runs)),
        str(sum(bool(r.blocked) for r in runs)),
        *_cost(runs),
    )


_HIT_HEAD: Final = (
    "line",
    "kind",
    "right: of runs, recall, 95 %",
    "of visible runs",
    "mech.",
    "s",
    "MB",
    "naive",
    "Wehe",
    "others",
)
_INNOCENT_HEAD: Final = ("line", "kind", "runs", "throttled", "naive", "Wehe", "blocked", "s", "MB")


def _rows(
    records: Sequence[Record], row: Callable[[Sequence[Record]], tuple[str, ...]]
) -> list[tuple[str, ...]]:
    cells: dict[str, list[Record]] = {}
    for record in records:
        cells.setdefault(record.cell, []).append(record)
    return [row(runs) for runs in cells.values()]


def table(records: Sequence[Record], *, whole: bool, missing: int = 0) -> str:
    """All of it as text; ``missing`` runs were wanted and not made."""
    good = [r for r in records if not r.fault]
    hit = [r for r in good if not r.innocent]
    innocent = [r for r in good if r.innocent]
    lines = [heading("Exam of throttling", good), ""]
    if hit:
        lines += ["Throttled, frozen or capped", *grid(_HIT_HEAD, _rows(hit, _hit_row)), ""]
    if innocent:
        rows = _rows(innocent, _innocent_row)
        lines += ["Innocent: runs in which somebody is accused", *grid(_INNOCENT_HEAD, rows), ""]
    lines += [*_sums(good), *_troubles(records, missing)]
    return written(lines, failures(records, whole=whole), whole=whole)


def _sums(records: Sequence[Record]) -> list[str]:
    found = totals(records)
    innocent = [r for r in records if r.innocent]
    hit = [r for r in records if not r.innocent and r.claims]
    visible = [r for r in hit if r.visible]
    lines = [
        f"innocent runs {found.innocent}, false alarms {found.false_alarms} "
        f"(at most {100 * found.worst_rate:.2f} % at 95 %); naive "
        f"{sum(bool(r.naive) for r in innocent)}, Wehe {sum(bool(r.wehe) for r in innocent)}",
        f"recall over visible runs {_percent(found.visible_called, found.visible)}; naive "
        f"{_percent(sum(r.service in r.naive for r in visible), len(visible))}, Wehe "
        f"{_percent(sum(r.service in r.wehe for r in visible), len(visible))}",
        f"recall over all throttled runs {_percent(found.hit_called, found.hit)}; naive "
        f"{_percent(sum(r.service in r.naive for r in hit), len(hit))}, Wehe "
        f"{_percent(sum(r.service in r.wehe for r in hit), len(hit))}",
        f"runs with a throttled service that accuse another one: {found.bystanders}",
    ]
    return lines


def _troubles(records: Sequence[Record], missing: int) -> list[str]:
    void = [r for r in records if r.fault]
    lines = [f"void runs {len(void)}, runs not made {missing}"]
    lines += [f"void: {r.cell} seed {r.seed}: {r.fault}" for r in void]
    lines += [
        f"wrong: {r.cell} seed {r.seed}: {', '.join([*r.throttled, *r.blocked])} accused"
        for r in records
        if not r.fault and r.wrongly
    ]
    lines += [
        f"missed: {r.cell} seed {r.seed}: {r.service} {r.words.get(r.service, '-')}"
        for r in records
        if not r.fault and not r.innocent and not r.called and (r.visible or not r.claims)
    ]
    return lines
