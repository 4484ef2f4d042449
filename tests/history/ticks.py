"""Ticks for tests: hand-made, one word a subject."""

from dataclasses import replace
from pathlib import Path

from msgprobe.history.store import History, pack
from msgprobe.model.history import Attachment, NetworkKind, Said, Series, Tick, TickKind

WIFI = Attachment(kind=NetworkKind.WIFI, gateway="02:00:00:00:00:01", resolver="private")
MOBILE = Attachment(kind=NetworkKind.MOBILE, resolver="provider")
TEXT = "telegram.text"
BEGAN = 1_800_000_000
DOCUMENT = '{"evidence":"of a test"}'


def tick(
    number: int, word: str = "ok", *, at: int | None = None, document: str | None = DOCUMENT
) -> Tick:
    """Run ``number``, a minute after the one before."""
    return Tick(
        run_id=f"run-{number:06}",
        at=BEGAN + 60 * number if at is None else at,
        kind=TickKind.RUN,
        rules=1,
        words={TEXT: Said(word), "connection": Said("online")},
        catalogue="c0",
        packed=None if document is None else pack(document),
    )


def pulse(number: int, word: str = "ok") -> Tick:
    return replace(tick(number, word, document=None), kind=TickKind.PULSE)


def home(history: History) -> Series:
    return history.series_of(WIFI, "home")


def numbers(path: Path) -> list[str]:
    """The runs that are remembered, in order."""
    with History(path, write=False) as history:
        return [str(run) for (run,) in history.rows("SELECT run FROM tick ORDER BY series, n")]
