"""A timeline as one page for a browser: no scripts, nothing loaded, all text escaped."""

from collections.abc import Iterator, Sequence

from msgprobe.model.history import NOT_MEASURED
from msgprobe.model.timeline import Segment, Story
from msgprobe.report import html
from msgprobe.report import timeline_words as say
from msgprobe.report.history import name
from msgprobe.report.language import _, ngettext

_LEFT, _WIDTH, _ROW = 170, 730, 22

_CLASSES = {"+": "ok", "x": "bad", "v": "bad", "~": "weak", "!": "down", "?": "open", ".": "none"}

STYLE = """\
.scroll > svg { min-width: 40rem; }
svg text.who { fill: var(--text); }
.ok { fill: var(--ok); } .bad { fill: var(--bad); } .weak { fill: var(--weak); }
.down { fill: var(--down); } .open { fill: var(--open); } .none { fill: var(--grid); }
li { margin-bottom: .5rem; }
"""
"""What a page with ribbons needs beside the style of all pages."""


def render(stories: Sequence[Story]) -> str:
    """The page: for each network its ribbons, what happened, and every segment."""
    parts = [f"<h1>{html.text(_('What held when'))}</h1>\n"]
    for story in stories:
        parts += told(story)
    if not stories:
        parts.append(f"<p>{html.text(_('Nothing is remembered of that time.'))}</p>\n")
    return html.page(_("timeline"), STYLE, "".join(parts))


def told(story: Story) -> Iterator[str]:
    """One network: its ribbons, what happened, and every segment."""
    yield f"<h2><bdi>{html.text(name(story.series))}</bdi></h2>\n"
    times = ngettext(
        "{{began}} to {{ended}}: {count} look. Grey is time in which nobody looked.",
        "{{began}} to {{ended}}: {count} looks. Grey is time in which nobody looked.",
        story.ticks,
    ).format(began=say.moment(story.began), ended=say.moment(story.ended))
    yield f"<p>{html.text(times)}</p>\n"
    yield f'<div class="scroll">{"".join(_ribbons(story))}</div>\n'
    yield f"<h3>{html.text(_('What happened'))}</h3>\n<ul>\n"
    if not story.events:
        yield f"<li>{html.text(_('No change is certain in that time.'))}</li>\n"
    for event in story.events:
        lines = [say.told(who, what) for who, what in say.grouped(event.changes)]
        lines += [say.with_it(who, what) for who, what in say.grouped(event.absorbed)]
        remark = say.cause(event.cause)
        lines += [f"({remark})"] if remark else []
        said = "<br />".join(map(html.text, lines))
        yield f"<li><b>{html.text(say.bracket(event.bracket))}</b><br />{said}</li>\n"
    yield "</ul>\n"
    if story.notes:
        yield f"<h3>{html.text(_('Notes'))}</h3>\n<ul>\n"
        for note in story.notes:
            yield f"<li>{html.text(say.told(say.moment(note.at), say.note(note)))}</li>\n"
        yield "</ul>\n"
    yield f"<h3>{html.text(_('Segments'))}</h3>\n"
    yield from _table(story)


def _ribbons(story: Story) -> Iterator[str]:
    rows = story.segments
    ends = [s[-1].ended for _subject, s in rows if s]
    ended = max([story.ended, *ends, story.began + 1])
    scale = _WIDTH / (ended - story.began)
    height = _ROW * len(rows) + 24
    yield f'<svg viewBox="0 0 {_LEFT + _WIDTH + 10} {height}" role="img">\n'
    for i, (subject, segments) in enumerate(rows):
        y = i * _ROW
        yield f'<text class="who" x="0" y="{y + 15}">{html.text(say.subject(subject))}</text>\n'
        for segment in segments:
            x = _LEFT + (max(segment.began, story.began) - story.began) * scale
            width = max(1.0, (segment.ended - max(segment.began, story.began)) * scale)
            yield (
                f'<rect class="{_class(segment)}" x="{x:.1f}" y="{y + 3}" width="{width:.1f}" '
                f'height="{_ROW - 6}"><title>{html.text(_said(segment))}</title></rect>\n'
            )
    y = _ROW * len(rows) + 15
    yield f'<text x="{_LEFT}" y="{y}">{html.text(say.local(story.began))}</text>\n'
    yield (
        f'<text x="{_LEFT + _WIDTH}" y="{y}" text-anchor="end">'
        f"{html.text(say.local(ended))}</text>\n"
        "</svg>\n"
    )


def _class(segment: Segment) -> str:
    return _CLASSES.get(say.SIGNS.get(segment.word, ("", "?", ""))[1], "open")


def _said(segment: Segment) -> str:
    return _("{what}, {began} to {ended}").format(
        what=_word(segment), began=say.local(segment.began), ended=say.local(segment.ended)
    )


def _table(story: Story) -> Iterator[str]:
    heads = (
        *(_("what"), _("word"), _("from"), _("to"), "UTC"),
        *(_("looks"), _("sure"), _("witnesses")),
    )
    yield '<div class="scroll"><table>\n<tr>'
    yield "".join(f"<th>{html.text(h)}</th>" for h in heads) + "</tr>\n"
    for subject, segments in story.segments:
        for one in segments:
            measured = one.word != NOT_MEASURED
            cells = (
                say.subject(subject),
                _word(one),
                say.local(one.began),
                say.local(one.ended),
                _span(say.utc_iso(one.began), say.utc_iso(one.ended)),
                _share(one.supporting, one.ticks) if measured else "",
                f"{one.posterior:.2f}" if measured and one.settled else "",
                ", ".join(w[:8] for w in one.witnesses),
            )
            yield "<tr>" + "".join(f"<td>{html.text(c)}</td>" for c in cells) + "</tr>\n"
    yield "</table></div>\n"


def _span(began: str, ended: str) -> str:
    return _("{began} to {ended}").format(began=began, ended=ended)


def _share(some: int, whole: int) -> str:
    return _("{some} of {whole}").format(some=some, whole=whole)


def _word(segment: Segment) -> str:
    if segment.word == NOT_MEASURED:
        return say.told(say.word(segment.word), say.reason(segment))
    mechanisms = f" [{', '.join(segment.mechanisms)}]" if segment.mechanisms else ""
    return f"{say.word(segment.word)}{mechanisms}"
