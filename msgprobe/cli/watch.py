"""`msgprobe watch`: what is to be watched is settled before the first look."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

from msgprobe.cli import vantage
from msgprobe.cli.history import now, place, span
from msgprobe.cli.measure import checks, ending, guess, lacking, load
from msgprobe.cli.output import look as look_at
from msgprobe.cli.preload import preload
from msgprobe.cli.request import UsageError, Wish, byte_count, duration
from msgprobe.cli.streams import say
from msgprobe.cli.watch_alarm import WINDOW, Follower
from msgprobe.cli.watch_channels import Channel, Command, Notification, Webhook
from msgprobe.cli.watch_loop import Asked, Watcher
from msgprobe.cli.watch_show import JsonLines, Lines, Screen
from msgprobe.cli.watch_store import Store
from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import CONNECTION
from msgprobe.model.verdict import Outcome, State
from msgprobe.planning.fairness import fitted
from msgprobe.report.exits import Exit
from msgprobe.report.language import _
from msgprobe.report.plan import warnings
from msgprobe.report.timeline_words import every as in_words
from msgprobe.session import Stop
from msgprobe.steps import memory as room
from msgprobe.steps.notify import Notifier
from msgprobe.watch import budget as bytes_for
from msgprobe.watch import codec
from msgprobe.watch.narrow import Rows, transfer_groups
from msgprobe.watch.schedule import Schedule
from msgprobe.watch.state import State as Remembered
from msgprobe.watch.timetable import Timetable

NOT_YET_TOLD = 3600
"""Seconds before the end of the last watch in which something may have happened that was not
certain yet."""

LEAST_EVERY = 60.0
"""Seconds: more often tells no more, and is noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line, as it stood there."""

    budget: str = "20MB/day"
    every: str = "60s"
    during: str | None = None
    jsonl: bool = False
    on_change: str | None = None
    webhook: str | None = None
    notifier: Notifier | None = None
    bell: bool = False
    quiet: bool = False
    timetable: Timetable = field(default_factory=Timetable)
    """What budget and interval are put into."""


def watch(wish: Wish, names: Sequence[str] | None, wanted: Wanted, given: str | None) -> int:
    """Watch until told to end, and give the exit status of what held last.

    Raises UsageError, OutputError, CatalogError, TrustError or HistoryError.
    """
    lack = room.lacking()
    if lack is not None:
        say(lacking(lack))
        return Exit.CRASH
    timetable, seconds = _timetable(wanted), _seconds(wanted.during)
    channels = _channels(wanted)
    vantage.check_library(wish.proxy)
    catalogue, services = load(wish, names)
    likely = guess(wish, catalogue)
    least = bytes_for.least(timetable, [s.name for s in services])
    if timetable.budget < least:
        raise UsageError(
            f"--budget: is too small to look at {len(services)} services once an hour; say at "
            f"least {-(-least // 100_000) / 10:.1f}MB/day, or name fewer services"
        )
    for line in warnings(services):
        say(f"msgprobe: {line}")
    fair = fitted(catalogue.controls, wish.request, likely)
    controls = replace(fair, sites=(*fair.abroad, *catalogue.controls.domestic))
    asked = Asked(
        rows=Rows(services=services, controls=controls, guess=likely),
        request=wish.request,
        checks=checks(),
        sha256=catalogue.sha256,
        vantage=wish.vantage,
    )
    schedule = Schedule(
        services={s.name: f"{s.name}.{s.primary.value}" for s in services},
        moving=len(transfer_groups(services)),
        timetable=timetable,
    )
    return _watched(asked, schedule, channels, wanted, place(given), seconds)


def _watched(
    asked: Asked,
    schedule: Schedule,
    channels: Sequence[Channel],
    wanted: Wanted,
    path: Path,
    seconds: float,
) -> int:
    stop = Stop()
    with Store(path, asked.vantage.label or "") as store, ending(stop):
        if not wanted.quiet:
            _tell_begin(schedule, path)
        with _shown(wanted) as show:
            follower = Follower(
                store=store,
                channels=channels,
                changed=show.changed,
                said=show.note,
                shown=show.story if isinstance(show, Screen) else None,
                since=_since(store),
            )
            follower.start()
            watcher = Watcher(
                asked=asked,
                schedule=schedule,
                store=store,
                teller=show,
                follower=follower,
                seconds=seconds,
            )
            stop.on_request(lambda: watcher.stop(stop.reason or ""))
            preload()
            asyncio.run(_both(watcher, follower, stop))
        return _status(watcher.state)


def _since(store: Store) -> int:
    """From when on events are news: what the last watch saw and was ended before it told is one."""
    last, time = codec.saved_at(store.saved()), now()
    return time if last is None else min(time, max(time - WINDOW, int(last) - NOT_YET_TOLD))


async def _both(watcher: Watcher, follower: Follower, stop: Stop) -> None:
    if stop.reason is not None:
        watcher.stop(stop.reason)
    try:
        await watcher.run()
    finally:
        await follower.finish()


def _shown(wanted: Wanted) -> Lines:
    if wanted.jsonl:
        return JsonLines(quiet=wanted.quiet)
    if look_at(sys.stdout).terminal and not wanted.quiet:
        return Screen(bell=wanted.bell)
    return Lines(quiet=wanted.quiet, bell=wanted.bell)


def _tell_begin(schedule: Schedule, path: Path) -> None:
    timetable = schedule.timetable
    pulses = bytes_for.between_pulses(Remembered(), timetable, len(schedule.services), 0.0)
    said = _(
        "Watching {services}: a short look about every {interval}, at most {budget} MB a day, "
        "remembered in {file}. Ctrl-C ends it; msgprobe timeline tells what held when."
    )
    say(
        said.format(
            services=", ".join(schedule.services),
            interval=in_words(round(pulses)),
            budget=f"{timetable.budget / 1e6:g}",
            file=path,
        )
    )


def _status(state: Remembered) -> int:
    """The exit status of what was established last."""
    words = state.here.words
    if not words:
        return Exit.UNPROVEN
    if not State(words.get(CONNECTION, State.UNKNOWN.value)).blameless:
        return Exit.CONNECTION
    found = {word for subject, word in words.items() if subject != CONNECTION}
    if found & {Outcome.BLOCKED.value, Outcome.THROTTLED.value}:
        return Exit.INTERFERENCE
    return Exit.OK if found == {Outcome.OK.value} else Exit.UNPROVEN


# -- arguments -----------------------------------------------------------------------------------


def _timetable(wanted: Wanted) -> Timetable:
    try:
        most = byte_count(wanted.budget.strip().lower().removesuffix("/day"))
    except ValueError as error:
        raise UsageError(f"--budget: {error}, or 20MB/day") from None
    try:
        every = duration(wanted.every)
    except ValueError as error:
        raise UsageError(f"--every: {error}") from None
    if every < LEAST_EVERY:
        raise UsageError(f"--every: {wanted.every!r:.40} is too short; at least {LEAST_EVERY:.0f}s")
    base = wanted.timetable
    return replace(base, budget=most, every=base.every * every / LEAST_EVERY)


def _seconds(text: str | None) -> float:
    if text is None:
        return float("inf")
    with contextlib.suppress(ValueError):
        return float(span(text))
    try:
        return duration(text)
    except ValueError as error:
        raise UsageError(f"--for: {error}, or 12h or 7d") from None


def _channels(wanted: Wanted) -> list[Channel]:
    found: list[Channel] = []
    if wanted.on_change is not None:
        found.append(Command(wanted.on_change))
    if wanted.webhook is not None:
        found.append(Webhook(wanted.webhook))
    if wanted.notifier is not None:
        found.append(Notification(wanted.notifier))
    return found
