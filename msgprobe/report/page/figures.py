"""Pictures in SVG that need no colour and no script to be read."""

from collections.abc import Iterator, Sequence

from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.run import Run
from msgprobe.model.task import Flow, Role
from msgprobe.report import html
from msgprobe.report.columns import cells, wrap
from msgprobe.report.language import _
from msgprobe.report.page.mark import Mark
from msgprobe.report.page.mark import mark as ended
from msgprobe.report.page.proof import NEUTRAL_ARMS, PLAIN_ARMS, Step

STYLE = """\
.lane rect { fill: var(--box); stroke: var(--grid); }
.lane line, .lane path, .strip path { fill: none; stroke-width: 2.5; }
.lane text.who, .strip text.who { fill: var(--text); }
.lane text.good { fill: var(--ok); } .lane text.bad { fill: var(--bad); }
.lane text.slow, .lane text.odd { fill: var(--weak); }
path.good, line.good { stroke: var(--ok); } path.bad, line.bad { stroke: var(--bad); }
path.slow, line.slow, path.odd, line.odd { stroke: var(--weak); }
line.bad { stroke-dasharray: 7 5; } line.odd { stroke-dasharray: 2 4; }
.strip path { stroke-width: 1.5; }
"""

SIGNS = {Mark.GOOD: "✓", Mark.BAD: "✗", Mark.SLOW: "▼", Mark.ODD: "!"}
_MARKERS = {
    Mark.GOOD: "M{x} {y}l5 6 9-12",
    Mark.BAD: "M{x} {y}l12 12m0-12l-12 12",
    Mark.SLOW: "M{x} {y}h14l-7 11z",
    Mark.ODD: "M{x} {y}v8m0 4v2",
}
_LANE, _WIDTH = 84, 720
_LEFT, _RIGHT = 130, 490
_COLUMNS = 46
"""Of a server's name, or a line below a lane, that have room."""


def lanes(steps: Sequence[Step]) -> str:
    """A lane for each step: who is asked, which name is seen on the way, and how it ended."""
    if not steps:
        return ""
    height = _LANE * len(steps)
    said = _("; ").join(
        _("{number}. {title}: {result}").format(number=n, title=s.title, result=s.result)
        for n, s in enumerate(steps, 1)
    )
    rows = "".join(_lane(step, n) for n, step in enumerate(steps))
    return (
        f'<div class="scroll"><svg class="lane" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{html.text(said)}">\n{rows}</svg></div>\n'
    )


def _lane(step: Step, number: int) -> str:
    y = number * _LANE + 30
    kind = step.mark.value
    name = _("names {name}").format(name=step.says) if step.says else _("names nobody")
    server = _cut(step.server, 30)
    result = _two(wrap(step.result, _COLUMNS))
    below = "".join(
        f'<text class="{kind}" x="{_LEFT + 8}" y="{y + 19 + 15 * n}">{html.text(line)}</text>'
        for n, line in enumerate(result)
    )
    marker = _MARKERS[step.mark].format(x=_RIGHT - 32, y=y - 6)
    return (
        f'<text x="0" y="{y - 14}">{number + 1}</text>'
        f'<rect x="16" y="{y - 18}" width="{_LEFT - 26}" height="36" rx="4" />'
        f'<text class="who" x="24" y="{y + 5}">{html.text(_("This device"))}</text>'
        f'<text x="{_LEFT + 8}" y="{y - 9}">{html.text(_cut(name, _COLUMNS))}</text>'
        f'<line class="{kind}" x1="{_LEFT - 10}" y1="{y}" x2="{_RIGHT - 42}" y2="{y}" />'
        f'<path class="{kind}" d="{marker}" />'
        f'<rect x="{_RIGHT - 8}" y="{y - 18}" width="{_WIDTH - _RIGHT}" height="36" rx="4" />'
        f'<text class="who" x="{_RIGHT}" y="{y + 5}">{html.text(server)}</text>{below}\n'
    )


def _two(lines: list[str]) -> list[str]:
    """Two of them at most; the steps below a picture have it in full."""
    return lines if len(lines) < 3 else [lines[0], _cut(f"{lines[1]} {lines[2]}", _COLUMNS)]


def _cut(words: str, most: int) -> str:
    """At most so many columns."""
    if cells(words) <= most:
        return words
    while cells(words) >= most:
        words = words[:-1]
    return f"{words}…"


_STRIP_LEFT, _ROW = 170, 24


def strip(run: Run) -> str:
    """Every conversation of the run by its time: neutral sites and messengers, answered or not."""
    rows = list(_rows(run))
    ends = [m.window.end for _, found in rows for m in found]
    if not ends:
        return ""
    across = max(ends) or 1.0
    parts = []
    for number, (label, found) in enumerate(rows):
        y = number * _ROW + 14
        parts.append(f'<text class="who" x="0" y="{y + 4}">{html.text(_cut(label, 24))}</text>')
        parts += _marks(found, y, across)
    foot = len(rows) * _ROW + 18
    for quarter in range(5):
        x = _STRIP_LEFT + quarter / 4 * (_WIDTH - _STRIP_LEFT - 20)
        parts.append(
            f'<text x="{x:.0f}" y="{foot}" text-anchor="middle">{across * quarter / 4:.1f} s</text>'
        )
    said = _("; ").join(
        _("{name}: {answered} of {asked} answered").format(
            name=label, answered=sum(ended(m) is Mark.GOOD for m in found), asked=len(found)
        )
        for label, found in rows
    )
    return (
        f'<div class="scroll"><svg class="strip" viewBox="0 0 {_WIDTH} {foot + 8}" role="img" '
        f'aria-label="{html.text(said)}">\n{"".join(parts)}\n</svg></div>\n'
    )


def _rows(run: Run) -> Iterator[tuple[str, list[Measurement]]]:
    """Neutral sites abroad, those in the country, and each messenger as its app asks."""
    country = {s.name: s.country for s in run.evidence.controls.sites}
    flows = [m for m in run.evidence.measurements if _ended(m)]
    abroad, at_home = _("Neutral sites"), _("In the country")
    rows: dict[str, list[Measurement]] = {abroad: [], at_home: []}
    titles = {s.service: s.name for s in run.verdict.services}
    rows |= {name: [] for name in titles.values()}
    for one in flows:
        task = one.task
        if task.role is Role.CONTROL and task.arm in NEUTRAL_ARMS:
            home = country.get(task.subject) is not None
            rows[at_home if home else abroad].append(one)
        elif task.arm in PLAIN_ARMS and task.subject in titles:
            rows[titles[task.subject]].append(one)
    yield from ((label, found) for label, found in rows.items() if found)


def _ended(measurement: Measurement) -> bool:
    """A conversation that was not cut short by us."""
    whole = measurement.status is Status.COMPLETED and bool(measurement.observations)
    return whole and isinstance(measurement.task.probe, Flow)


def _marks(found: Sequence[Measurement], y: int, across: float) -> Iterator[str]:
    """Rings for answers, crosses for failures; both at one place are both drawn."""
    shapes: dict[Mark, dict[int, str]] = {}
    for one in found:
        x = round(_STRIP_LEFT + one.window.end / across * (_WIDTH - _STRIP_LEFT - 20))
        kind = Mark.GOOD if ended(one) is Mark.GOOD else Mark.BAD
        ring, cross = f"M{x - 4} {y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0", f"M{x - 4} {y - 4}l8 8m0-8l-8 8"
        shapes.setdefault(kind, {})[x] = ring if kind is Mark.GOOD else cross
    for kind, places in shapes.items():
        yield f'<path class="{kind.value}" d="{"".join(places.values())}" />'
