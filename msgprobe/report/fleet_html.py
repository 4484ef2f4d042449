"""Many lines as one page for a browser: what happened, and small multiples of networks by time.

No map, no script, nothing loaded; all text escaped. A colour is never the only sign: each stretch
has its words (a title), and interference is drawn taller than what works.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from msgprobe.model.fleet import BUCKET, Cell, CellState, CountryEvent, Subject
from msgprobe.report import html
from msgprobe.report.fleet import NO_EVENT, bracket, end, name, network, utc, word
from msgprobe.report.language import _, ngettext

COLUMNS = 192
"""Columns of a picture at most: of several cells in one the gravest is shown."""

_LEFT, _WIDTH, _ROW = 78, 300, 9
_GRAVITY = (
    *(CellState.BLOCKED, CellState.THROTTLED, CellState.MIXED, CellState.DEGRADED),
    *(CellState.DOWN, CellState.OK, CellState.INSUFFICIENT),
)
_CLASSES = {
    CellState.OK: "ok",
    CellState.DEGRADED: "weak",
    CellState.MIXED: "weak",
    CellState.THROTTLED: "slow",
    CellState.BLOCKED: "bad",
    CellState.DOWN: "down",
    CellState.INSUFFICIENT: "none",
}
_TALL = {CellState.BLOCKED: 8, CellState.THROTTLED: 8, CellState.INSUFFICIENT: 2}

_STYLE = """\
:root { --ok: #9ccbb0; --slow: #c77700; --weak: #e3c46c; }
@media (prefers-color-scheme: dark) {
 :root { --ok: #2e7d4f; --slow: #ffb14a; --weak: #8a7a3a; } }
body { max-width: 75rem; }
svg text { fill: var(--text); font-size: 8px; }
svg .axis { fill: var(--faint); font-size: 7px; }
.many { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1rem; }
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; }
.ok { fill: var(--ok); } .bad { fill: var(--bad); } .weak { fill: var(--weak); }
.slow { fill: var(--slow); } .down { fill: var(--down); } .none { fill: var(--grid); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
.key svg { width: 1em; height: 1em; display: inline; vertical-align: -.1em; }
li { margin-bottom: .5rem; }
"""


def render(
    cells: Sequence[Cell], events: Sequence[CountryEvent], lines: Mapping[str, Mapping[int, int]]
) -> str:
    """The page. ``lines`` is how many vantages each network of each country has."""
    parts = [f"<h1>{html.text(_('Many lines together'))}</h1>\n"]
    if not cells:
        parts.append(f"<p>{html.text(_('Nothing is known of that time.'))}</p>\n")
    for country, some in groupby(cells, key=lambda c: c.subject.country):
        mine = [e for e in events if e.country == country]
        parts += _country(country, list(some), mine, lines.get(country, {}))
    return html.page(_("fleet"), _STYLE, "".join(parts))


def _country(
    country: str,
    cells: Sequence[Cell],
    events: Sequence[CountryEvent],
    lines: Mapping[int, int],
) -> Iterator[str]:
    first = min(c.bucket for c in cells)
    last = max(c.bucket for c in cells) + BUCKET
    yield f"<h2>{html.text(country)}</h2>\n"
    said = _(
        "{began} to {ended}. Lines: {lines}. Networks: {networks}. A line has one vote in a "
        "quarter of an hour; nothing is said of a network where fewer than three lines could tell."
    ).format(began=utc(first), ended=utc(last), lines=sum(lines.values()), networks=len(lines))
    yield f"<p>{html.text(said)}</p>\n"
    yield f"<h3>{html.text(_('What happened'))}</h3>\n<ul>\n"
    if not events:
        yield f"<li>{html.text(_(NO_EVENT))}</li>\n"
    for one in events:
        yield _event(one)
    yield f'</ul>\n{_key()}<div class="many">\n'
    order = _order(cells, events)
    for subject, some in groupby(cells, key=lambda c: c.subject):
        yield _figure(subject, list(some), order, (first, last))
    yield "</div>\n"


def _event(event: CountryEvent) -> str:
    what = _(", ").join(name(event.service, f) for f in event.functions)
    how = f" [{', '.join(event.mechanisms)}]" if event.mechanisms else ""
    began = _("began {times} (UTC)").format(times=bracket(event.onset))
    order = ngettext(
        "{count} network in the order of their onsets: {{networks}}",
        "{count} networks in the order of their onsets: {{networks}}",
        len(event.episodes),
    ).format(networks=", ".join(network(e.asn) for e in event.episodes))
    return (
        f"<li><b>{html.text(what + how)}</b><br />"
        f"{html.text(_('; ').join((began, end(event))))}<br />"
        f'<span class="faint">{html.text(order)}</span></li>\n'
    )


def _order(cells: Sequence[Cell], events: Sequence[CountryEvent]) -> list[int]:
    """The networks: those of the events by onset, then the others by number."""
    found = {e.asn: None for event in events for e in event.episodes}
    return list(found | dict.fromkeys(sorted({c.asn for c in cells})))


def _figure(
    subject: Subject, cells: Sequence[Cell], order: Sequence[int], span: tuple[int, int]
) -> str:
    step = BUCKET * max(1, -(-(span[1] - span[0]) // (BUCKET * COLUMNS)))
    mine = [asn for asn in order if any(c.asn == asn for c in cells)]
    height = _ROW * len(mine) + 12
    scale = _WIDTH / (span[1] - span[0])
    title = name(subject.service, subject.function)
    parts = [
        f"<figure><figcaption>{html.text(title)}</figcaption>\n"
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 4} {height}" role="img" '
        f'aria-label="{html.text(_("{what}: networks by time").format(what=title))}">\n'
    ]
    by_asn: dict[int, list[Cell]] = {}
    for one in cells:
        by_asn.setdefault(one.asn, []).append(one)
    for row, asn in enumerate(mine):
        y = row * _ROW
        parts.append(f'<text x="0" y="{y + 7}">{html.text(network(asn))}</text>\n')
        for state, began, ended in _stretches(by_asn[asn], span[0], step):
            tall = _TALL.get(state, 5)
            parts.append(
                f'<rect class="{_CLASSES[state]}" x="{_LEFT + (began - span[0]) * scale:.1f}" '
                f'y="{y + (8 - tall)}" width="{max(0.5, (ended - began) * scale):.1f}" '
                f'height="{tall}"><title>{html.text(_said(asn, state, subject, began, ended))}'
                "</title></rect>\n"
            )
    foot = height - 2
    parts.append(
        f'<text class="axis" x="{_LEFT}" y="{foot}">{_minute(span[0])}</text>\n'
        f'<text class="axis" x="{_LEFT + _WIDTH}" y="{foot}" text-anchor="end">{_minute(span[1])}'
        "</text>\n</svg></figure>\n"
    )
    return "".join(parts)


def _said(asn: int, state: CellState, subject: Subject, began: int, ended: int) -> str:
    return _("{network}: {word}, {began} to {ended}").format(
        network=network(asn),
        word=word(state, subject),
        began=_minute(began),
        ended=_minute(ended),
    )


def _stretches(
    cells: Sequence[Cell], start: int, step: int
) -> Iterator[tuple[CellState, int, int]]:
    """Columns of one state as one; where there is no cell there is nothing."""
    gravest: dict[int, CellState] = {}
    for one in cells:
        at = start + (one.bucket - start) // step * step
        before = gravest.get(at, CellState.INSUFFICIENT)
        gravest[at] = min(before, one.state, key=_GRAVITY.index)
    began: int | None = None
    last, held = 0, CellState.INSUFFICIENT
    for at, state in sorted(gravest.items()):
        if began is not None and (state is not held or at != last + step):
            yield held, began, last + step
            began = None
        if began is None:
            began, held = at, state
        last = at
    if began is not None:
        yield held, began, last + step


def _key() -> str:
    some = {
        "ok": _("works"),
        "bad": _("blocked or cut off"),
        "slow": _("throttled"),
        "weak": _("degraded, or lines differ"),
        "down": _("down"),
        "none": _("too few lines"),
    }
    items = "".join(
        f'<li><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="{c}" width="8" height="8" />'
        f"</svg> {html.text(what)}</li>"
        for c, what in some.items()
    )
    return f'<ul class="key">{items}</ul>\n'


def _minute(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
