"""How a watch is shown: ribbons on a terminal, a line for each change elsewhere, JSON lines."""

import contextlib
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgprobe.cli.output import look as look_at
from msgprobe.cli.streams import put
from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import Gap, GapReason, Tick
from msgprobe.model.run import Run
from msgprobe.model.timeline import Change, Story, TimelineEvent
from msgprobe.report import console, timeline, timeline_words, watch
from msgprobe.report.language import _, spoken
from msgprobe.report.view import View
from msgprobe.watch.state import Look, State

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


@dataclass(slots=True)
class Lines:
    """A line for each change, gap and note; with ``quiet`` for changes alone."""

    quiet: bool = False
    bell: bool = False

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _line(self, text: str, *, ring: bool = False) -> None:
        bell = "\a" if ring and self.bell and look_at(sys.stdout).terminal else ""
        put(f"{timeline_words.local(_now())}  {watch.shown(text)}{bell}\n")

    def looking(self, look: Look) -> None:
        """Says nothing."""

    def tick(self, tick: Tick, run: Run, look: Look) -> None:
        """Says nothing: most of them change nothing."""

    def waiting(self, reason: GapReason) -> None:
        """Says nothing: how long it was is told at its end."""

    def turn(self, state: State, upcoming: Look, seconds: float) -> None:
        """Says nothing."""

    def gap(self, gap: Gap) -> None:
        """One line."""
        if not self.quiet:
            self._line(watch.gap_sentence(gap))

    def note(self, text: str) -> None:
        """One line."""
        if not self.quiet:
            self._line(text)

    def changed(
        self, event: TimelineEvent, changes: Sequence[Change], body: Mapping[str, Any]
    ) -> None:
        """One line for an event."""
        self._line(watch.sentence(event, changes), ring=True)


class JsonLines(Lines):
    """One JSON object for each tick, change, gap and note. While it is used English is spoken:
    programs read it."""

    def __enter__(self) -> "JsonLines":
        self._english = contextlib.ExitStack()
        self._english.enter_context(spoken(None))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._english.close()

    def tick(self, tick: Tick, run: Run, look: Look) -> None:
        """An object with the words."""
        used = run.bytes_sent + run.bytes_received
        put(watch.line(watch.tick_object(tick, reason=look.reason.value, bytes_used=used)))

    def gap(self, gap: Gap) -> None:
        """An object with the reason."""
        put(watch.line(watch.gap_object(gap)))

    def note(self, text: str) -> None:
        """An object with the text."""
        put(watch.line({"type": "note", "at": timeline_words.utc_iso(_now()), "text": text}))

    def changed(
        self, event: TimelineEvent, changes: Sequence[Change], body: Mapping[str, Any]
    ) -> None:
        """What an alarm tells."""
        put(watch.line(body))


class Screen(Lines):
    """A row for each function with a ribbon of the last hours, what is done now, what happened."""

    MOST = 6
    """Lines about what happened."""

    def __init__(self, *, bell: bool) -> None:
        super().__init__(bell=bell)
        self._live: Live | None = None
        self._ribbons = ""
        self._now = _("beginning")
        self._next: tuple[str, float] | None = None
        self._happened: list[str] = []
        self._last = ""

    def __enter__(self) -> "Screen":
        from rich.live import Live

        self._live = Live(
            get_renderable=self._render,
            console=console.live(sys.stdout, color=look_at(sys.stdout).color),
            refresh_per_second=2,
            redirect_stdout=False,
            redirect_stderr=True,
        )
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            with contextlib.suppress(OSError):
                self._live.stop()

    def _render(self) -> "Text":
        from rich.text import Text

        rows = [self._ribbons.rstrip("\n")] if self._ribbons else []
        rows += self._happened[-self.MOST :]
        if self._last:
            rows.append(self._last)
        rows.append(self._now)
        return Text.from_ansi("\n".join(rows))

    def _line(self, text: str, *, ring: bool = False) -> None:
        self._happened.append(f"{timeline_words.local(_now())}  {watch.shown(text)}")
        del self._happened[: -self.MOST]
        if ring and self.bell and self._live is not None:
            self._live.console.bell()

    def looking(self, look: Look) -> None:
        """What is done now."""
        self._now = _("now: {kind}").format(kind=watch.kind(look.kind.value))

    def tick(self, tick: Tick, run: Run, look: Look) -> None:
        """What it said."""
        self._last = f"{timeline_words.local(tick.at)}  {watch.summary(tick)}"

    def waiting(self, reason: GapReason) -> None:
        """Why nothing is done."""
        why = timeline_words.gap_reason(reason.value)
        self._now = _("waiting: {reason}").format(reason=why)

    def turn(self, state: State, upcoming: Look, seconds: float) -> None:
        """What is next."""
        self._now = _("next: {kind} in {time}").format(
            kind=watch.kind(upcoming.kind.value), time=timeline_words.every(round(seconds))
        )

    def story(self, story: Story) -> None:
        """The timeline so far."""
        can = look_at(sys.stdout)
        view = View(width=can.width, color=can.color, unicode=can.unicode)
        self._ribbons = timeline.ribbons(story, view)
