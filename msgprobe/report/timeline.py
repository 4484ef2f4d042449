"""A timeline for people: a ribbon for every function, what happened, and what held when."""

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgprobe.model.history import NOT_MEASURED
from msgprobe.model.timeline import Segment, Story, TimelineEvent
from msgprobe.report import timeline_words as say
from msgprobe.report.columns import align, cells, padded
from msgprobe.report.console import console
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.history import name
from msgprobe.report.language import N_, _, ngettext
from msgprobe.report.view import View

if TYPE_CHECKING:
    from rich.text import Text

RIBBON = 48
"""Columns of a ribbon where nothing limits it."""
_NARROW = 12
_STRONGEST = ("x", "v", "~", "!", "?", "+", "-", ".")
"""Of the words in one column of a ribbon the first of these, by its plain sign, is shown: what was
short must not vanish."""

NOTHING = N_(
    "Nothing is remembered of that time; begin with: msgprobe run --history, best in cron or a "
    "timer"
)


def render(stories: Sequence[Story], view: View) -> str:
    """``stories`` as text that ends in a line feed; ``verbose`` tells every segment."""
    if not stories:
        return _(NOTHING) + "\n"
    return "\n".join(_Page(story, view).text() for story in stories)


def ribbons(story: Story, view: View) -> str:
    """The ribbons of a story alone, with the times at their ends."""
    page = _Page(story, view)
    page.ribbons()
    return page.buffer.getvalue()


class _Page:
    """One series."""

    def __init__(self, story: Story, view: View) -> None:
        self.story, self.view = story, view
        self.width = view.width or 80
        self.buffer = io.StringIO()
        self.console = console(self.buffer, view.width, color=view.color)

    def text(self) -> str:
        story = self.story
        head = _("{network}, series {series}")
        shown = head.format(network=name(story.series), series=printable(story.series.public))
        self.line(shown, style="bold")
        self.line(looks(story))
        self.line("")
        self.ribbons()
        self.line("")
        self.happened()
        self.held()
        return self.buffer.getvalue()

    def line(self, text: str, *, indent: str = "", style: str = "") -> None:
        from rich.text import Text

        if not text:
            self.console.print("")
            return
        shown = text if self.view.unicode else ascii_only(text)
        for row in align([(shown,)], width=self._room(indent), shares=(1,)):
            self.console.print(Text(indent + row, style=style), soft_wrap=True)

    def _room(self, indent: str) -> int | None:
        return None if self.view.width is None else max(30, self.view.width - len(indent))

    def ribbons(self) -> None:
        """One line a subject, the time from left to right."""
        names = [say.subject(subject) for subject, _segments in self.story.segments]
        left = max(map(cells, names), default=0) + 2
        columns = max(_NARROW, min(RIBBON, self.width - left - 16))
        for shown, (_subject, segments) in zip(names, self.story.segments, strict=True):
            ribbon = self._ribbon(padded(shown, left), segments, columns)
            self.console.print(ribbon, soft_wrap=True)
        ends = say.local(self.story.began), say.local(self.story.ended)
        gap = max(1, columns - cells(ends[0]) - cells(ends[1]))
        self.line(f"{ends[0]}{' ' * gap}{ends[1]}", indent=" " * left, style="dim")

    def _ribbon(self, head: str, segments: Sequence[Segment], columns: int) -> "Text":
        from rich.text import Text

        found = Text(head)
        for word in _columns(segments, self.story.began, self.story.ended, columns):
            sign, plain, style = say.SIGNS.get(word, ("?", "?", "yellow"))
            found.append(sign if self.view.unicode else plain, style=style)
        last = _last_word(segments)
        found.append(f"  {say.word(last)}", style=say.SIGNS.get(last, ("", "", ""))[2])
        return found

    def happened(self) -> None:
        """The events, those that are none, and the notes, in the order of time."""
        told: list[tuple[int, Iterator[tuple[str, str, str]]]] = []
        told += [(e.bracket.until, _event(e)) for e in self.story.events]
        told += [
            (n.at, iter([("", say.told(say.moment(n.at), say.note(n)), "yellow")]))
            for n in self.story.notes
        ]
        if not self.story.events:
            self.line(_("No change is certain in that time."))
        for _at, lines in sorted(told, key=lambda pair: pair[0]):
            for indent, text, style in lines:
                self.line(text, indent=indent, style=style)

    def held(self) -> None:
        """What held when: of all subjects, or of those that changed; alike ones together."""
        alike: dict[tuple[object, ...], tuple[list[str], Sequence[Segment]]] = {}
        for subject, segments in self.story.segments:
            words = {s.word for s in segments} - {NOT_MEASURED}
            if self.view.verbose or len(words) > 1:
                key = tuple(map(_alike, segments))
                alike.setdefault(key, ([], segments))[0].append(subject)
        for subjects, segments in alike.values():
            self.line("")
            self.line(say.subjects(subjects), style="bold")
            for segment in segments:
                self.line(_segment(segment), indent="  ")


def _alike(segment: Segment) -> tuple[object, ...]:
    told = (segment.ticks, segment.supporting, segment.settled, segment.reason)
    return (segment.word, segment.began, segment.ended, segment.mechanisms, *told)


def _event(event: TimelineEvent) -> Iterator[tuple[str, str, str]]:
    head = say.bracket(event.bracket, opens=True)
    yield "", head, "bold" if event.cause.real else "dim"
    for who, what in say.grouped(event.changes):
        yield "    ", say.told(who, what), ""
    for who, what in say.grouped(event.absorbed):
        yield "    ", say.with_it(who, what), "dim"
    if remark := say.cause(event.cause):
        yield "    ", f"({remark})", "dim"


def _segment(segment: Segment) -> str:
    times = {"began": say.local(segment.began), "ended": say.local(segment.ended)}
    what = say.word(segment.word)
    if segment.word == NOT_MEASURED:
        said = _("{began} to {ended}: {what} ({reason})")
        return said.format(what=what, reason=say.reason(segment), **times)
    if segment.mechanisms:
        what += f" [{printable(', '.join(segment.mechanisms), limit=200)}]"
    head = _("{began} to {ended}: {what}").format(what=what, **times)
    agree = ngettext(
        "{{supporting}} of {count} look says so",
        "{{supporting}} of {count} looks say so",
        segment.ticks,
    )
    known = [head, agree.format(supporting=segment.supporting)]
    if segment.settled:
        known.append(_("{percent} sure").format(percent=_percent(segment.posterior)))
    parts = [_(", ").join(known)]
    if not segment.settled:
        parts.append(_("not yet confirmed"))
    if segment.witnesses and segment.onset is not None:
        runs = ", ".join(printable(w[:8]) for w in segment.witnesses[:2])
        parts.append(_("runs {runs}").format(runs=runs))
    return _("; ").join(parts)


def looks(story: Story) -> str:
    """From when to when was looked, how often, and at what intervals."""
    times = {"began": say.moment(story.began), "ended": say.moment(story.ended)}
    if story.interval:
        said = ngettext(
            "{{began}} to {{ended}}: {count} look, usually every {{interval}}.",
            "{{began}} to {{ended}}: {count} looks, usually every {{interval}}.",
            story.ticks,
        )
        return said.format(interval=say.every(story.interval), **times)
    return ngettext(
        "{{began}} to {{ended}}: {count} look.",
        "{{began}} to {{ended}}: {count} looks.",
        story.ticks,
    ).format(**times)


def _percent(share: float) -> str:
    """Never certain: ``> 99 %`` is the most."""
    return "> 99 %" if share > 0.99 else f"{round(100 * share)} %"


def _columns(segments: Sequence[Segment], began: int, ended: int, columns: int) -> Iterator[str]:
    """The word of each column of a ribbon."""
    starts = [s.began for s in segments]
    width = max(1, ended - began) / columns
    for column in range(columns):
        low, high = began + column * width, began + (column + 1) * width
        first = max(0, bisect_right(starts, low) - 1)
        inside = [s.word for s in segments[first : bisect_right(starts, high)] if s.ended >= low]
        yield min(inside, key=_rank, default=NOT_MEASURED)


def _rank(word: str) -> int:
    return _STRONGEST.index(say.SIGNS.get(word, ("", "?", ""))[1])


def _last_word(segments: Sequence[Segment]) -> str:
    """The word of the last look."""
    measured = [s.word for s in segments if s.word != NOT_MEASURED]
    return measured[-1] if measured else NOT_MEASURED
