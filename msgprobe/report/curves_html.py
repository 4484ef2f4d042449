"""The curves of a run as one page for a browser: no scripts, nothing loaded, all text escaped."""

from collections.abc import Iterator, Sequence

from msgprobe.model.run import Run
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Flow
from msgprobe.model.verdict import ServiceVerdict
from msgprobe.report import html, integrity, wording
from msgprobe.report.curves import clock
from msgprobe.report.html import cell
from msgprobe.report.language import N_, _
from msgprobe.report.narrate import transfer_end
from msgprobe.report.summary import summary
from msgprobe.report.transfers import ARMS, Line, Picture, pictures

_CLASSES = {
    Arm.TRANSFER: "own",
    Arm.TRANSFER_NEUTRAL_SNI: "name",
    Arm.TRANSFER_TARGET_SNI: "theirs",
    Arm.TRANSFER_SOURCE: "source",
}
_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 12, 36

STYLE = """\
.scroll > svg { min-width: 34rem; }
polyline, .key line { fill: none; stroke-width: 2; }
.grid { stroke: var(--grid); stroke-width: 1; }
.own { stroke: var(--own); stroke-width: 3; }
.name { stroke: var(--name); stroke-dasharray: 9 4; }
.theirs { stroke: var(--theirs); stroke-dasharray: 9 3 2 3; }
.source { stroke: var(--source); stroke-dasharray: 2 3; }
ul.key { list-style: none; padding: 0; }
.key svg { display: inline-block; width: 44px; min-width: 44px; height: 12px; margin-right: .5rem; }
"""
"""What a page with curves needs beside the style of all pages."""


def render(run: Run, service: str | None = None) -> str:
    """The page for ``run``, or for one ``service`` of it: verdicts, curves, and every number."""
    name = None if service is None else service.lower()
    parts = [f"<h1>{html.prose(_('Transfers, side by side'))}</h1>\n"]
    head = _("msgprobe {version}, run of {began}. Connection: {state}.").format(
        version=run.tool.version,
        began=run.started_at,
        state=wording.state_word(run.verdict.connection.state),
    )
    parts.append(f"<p>{html.prose(head)}</p>\n")
    parts.append(f"<p>{html.prose(integrity.words(run))}</p>\n")
    drawn = pictures(run, name)
    for verdict in run.verdict.services:
        if name in (None, verdict.service):
            parts += _verdict(verdict)
            parts += [figure(p) for p in drawn if p.service == verdict.service]
    if not drawn:
        parts.append(f"<p>{html.prose(_('No transfers were made in this run.'))}</p>\n")
    speeds = [(s, f) for s in run.verdict.services for f in s.functions if f.speeds]
    if speeds:
        parts.append(f"<p>{html.prose(_(wording.UNTESTED))}</p>\n")
    return html.page(_("transfers"), STYLE, "".join(parts))


def _verdict(verdict: ServiceVerdict) -> Iterator[str]:
    word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
    yield f"<h2>{html.prose(_('{name}: {word}').format(name=verdict.name, word=word))}</h2>\n"
    yield f"<p>{html.prose(summary(verdict))}</p>\n"
    speeds = [s for f in verdict.functions for s in f.speeds]
    if speeds:
        yield "<ul>\n"
        yield from (f"<li>{html.prose(wording.speed_in_full(speed))}</li>\n" for speed in speeds)
        yield "</ul>\n"


def figure(picture: Picture, *, table: bool = True) -> str:
    """The curves of one asset: heading, picture, legend and, with ``table``, every transfer."""
    heading = (
        _("{asset}: kilobytes sent, by seconds")
        if picture.direction is Direction.UP
        else _("{asset}: kilobytes received, by seconds")
    ).format(asset=picture.asset)
    keys = [
        f'<li><svg viewBox="0 0 44 12" aria-hidden="true"><line class="{_CLASSES[arm]}" x1="0" '
        f'y1="6" x2="44" y2="6" /></svg>{html.prose(picture.legend(arm))}</li>\n'
        for arm in ARMS
        if picture.of(arm)
    ]
    said = _("; ").join(picture.legend(arm) for arm in ARMS if picture.of(arm))
    return (
        f"<h3>{html.prose(heading)}</h3>\n{_svg(picture, said)}"
        f'<ul class="key">\n{"".join(keys)}</ul>\n{_table(picture) if table else ""}'
    )


def _svg(picture: Picture, said: str) -> str:
    ends = [line.points[-1] for line in picture.lines if len(line.points) > 1]
    across = max((seconds for seconds, _ in ends), default=0.0)
    high = max((moved for _, moved in ends), default=0)
    if not high or across <= 0:
        return f"<p>{html.prose(_('Not a byte was moved.'))}</p>\n"
    parts = [
        '<div class="scroll">'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.text(said)}">\n',
        *_axes(across, high),
    ]
    for arm in ARMS:  # the asset's own, unbroken, below the dashed ones: both can be seen
        for line in picture.of(arm):
            if len(line.points) > 1:
                where = _stairs(line.points, across, high)
                parts.append(f'<polyline class="{_CLASSES[arm]}" points="{where}" />\n')
    return "".join(parts) + "</svg></div>\n"


def _x(seconds: float, across: float) -> float:
    return _LEFT + seconds / across * (_WIDTH - _LEFT - _RIGHT)


def _y(moved: float, high: int) -> float:
    return _HEIGHT - _BOTTOM - moved / high * (_HEIGHT - _TOP - _BOTTOM)


def _axes(across: float, high: int) -> Iterator[str]:
    for quarter in range(5):
        moved, seconds = high * quarter / 4, across * quarter / 4
        y, x = _y(moved, high), _x(seconds, across)
        size = wording.amount(round(moved))
        yield (
            f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" />'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{size}</text>'
            f'<text x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="middle">{clock(seconds)} s</text>\n'
        )


def _stairs(points: Sequence[tuple[float, int]], across: float, high: int) -> str:
    """What has come by a moment stays until more comes."""
    found: list[str] = []
    level = _y(0, high)
    for seconds, moved in points:
        x = _x(seconds, across)
        found.append(f"{x:.1f},{level:.1f}")
        if (above := _y(moved, high)) != level:
            level = above
            found.append(f"{x:.1f},{level:.1f}")
    return " ".join(found)


_COLUMNS = (
    (N_("what"), ""),
    (N_("began"), "n"),
    (N_("server"), ""),
    (N_("naming"), ""),
    (N_("moved"), "n"),
    (N_("time"), "n"),
    (N_("rate"), "n"),
    (N_("longest pause"), "n"),
    (N_("retransmitted"), "n"),
    (N_("out of order"), "n"),
    (N_("shortest round trip"), "n"),
    (N_("end"), ""),
)


def _table(picture: Picture) -> str:
    heads = "".join(cell("th", _(text), kind) for text, kind in _COLUMNS)
    rows = "".join(f"<tr>{_row(picture, line)}</tr>\n" for line in picture.lines)
    return (
        f"<details><summary>{html.prose(_('Every transfer in numbers'))}</summary>"
        '<div class="scroll"><table>\n'
        f"<caption>{html.prose(_('In order of their beginning'))}</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div></details>\n"
    )


def _row(picture: Picture, line: Line) -> str:
    seen, probe = line.seen, line.measurement.task.probe
    assert isinstance(probe, Flow)  # other probes make no lines
    cells = [picture.label(line.arm), f"{line.measurement.window.start:.2f} s"]
    cells += [f"{probe.host or ''} ({probe.address})".lstrip(), probe.server_name or _("nobody")]
    if seen is None:
        cells += ["0 B", *[""] * 6, _("nothing began to move")]
    else:
        pause = max((length for _, length in seen.stalls), default=None)
        info = seen.info
        cells += [
            _("{moved} of {wanted}").format(
                moved=wording.amount(seen.moved), wanted=wording.amount(seen.wanted)
            ),
            f"{line.points[-1][0]:.2f} s",
            "" if line.kbit is None else wording.rate(line.kbit),
            "" if pause is None else wording.seconds(pause),
            "" if info is None else str(info.total_retrans),
            "" if info is None else str(info.out_of_order),
            "" if info is None else f"{info.min_rtt * 1000:.0f} ms",
            transfer_end(seen),
        ]
    pairs = zip(cells, _COLUMNS, strict=True)
    return "".join(cell("td", text, kind) for text, (_, kind) in pairs)
