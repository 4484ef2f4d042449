"""From ticks to alarms: looks for events, raises each once, and keeps trying to tell it."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any

from msgprobe.cli.history import now
from msgprobe.cli.watch_channels import Channel, ChannelError
from msgprobe.cli.watch_store import Store
from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import Attachment, NetworkKind, Series
from msgprobe.model.timeline import Change, Story, TimelineEvent
from msgprobe.report.language import _
from msgprobe.report.watch import payload
from msgprobe.steps.aside import begin
from msgprobe.watch import alarms
from msgprobe.watch.alarms import Told

WINDOW = 6 * 3600
"""Seconds of the timeline in which events are looked for."""

RESTLESS = 12
"""Ticks after one that was not quiet, after which events may still become certain."""

LAST = 5.0
"""Seconds at the end for alarms that are being told."""


@dataclass(slots=True)
class _Attempt:
    """How often an alarm has failed on a channel, and when it is due."""

    alarm: Told
    body: Mapping[str, Any]
    channel: Channel
    failures: int = 0
    tried: float = 0.0
    late: bool = False
    under_way: "asyncio.Future[None] | None" = None


@dataclass(slots=True, kw_only=True)
class Follower:
    """``changed`` is told each event once; ``shown`` gets the timeline after each tick, where
    somebody looks on; ``since``: events before it are old."""

    store: Store
    channels: Sequence[Channel]
    changed: Callable[[TimelineEvent, Sequence[Change], Mapping[str, Any]], None]
    said: Callable[[str], None]
    shown: Callable[[Story], None] | None = None
    since: int = 0
    _restless: int = 0
    _told: list[Told] = field(default_factory=list)
    _outbox: list[_Attempt] = field(default_factory=list)
    _read: bool = False

    def start(self) -> None:
        """Take over what the last watch could not tell any more."""
        by_name = {channel.name: channel for channel in self.channels}
        for told, body, waiting in self.store.alarms():
            self._told.append(told)
            self._outbox += [
                _Attempt(told, body, by_name[name], late=True)
                for name in waiting
                if name in by_name
            ]

    # -- events ----------------------------------------------------------------------------------

    def after(self, network: Attachment, *, quiet: bool) -> None:
        """A tick was added; ``quiet``: nothing in it differs from what is established."""
        self._restless = max(0, self._restless - 1) if quiet else RESTLESS
        where = self.store.series(network)
        if where is None or network.kind is NetworkKind.MIXED:
            return
        if not self._restless and self.shown is None:
            return
        time = now()
        story = self.store.story(where, time - WINDOW, time)
        if story is None:
            return
        if self.shown is not None:
            self.shown(story)
        for event, changes in alarms.news(story, self._told, where.public, self.since):
            self._raise(where, event, changes)
        if not quiet:  # the line may have come back: what waits for it is tried at once
            for attempt in self._outbox:
                attempt.tried = 0.0
        self.pump()

    def _raise(self, where: Series, event: TimelineEvent, changes: Sequence[Change]) -> None:
        told = Told(
            id=str(uuid.uuid4()),
            at=now(),
            until=event.bracket.until,
            series=where.public,
            changes={c.subject: c.after for c in changes},
        )
        body = payload(told.id, told.at, where, event, changes)
        self._told.append(told)
        self.store.raised(told, body, [channel.name for channel in self.channels])
        self._outbox += [_Attempt(told, body, channel) for channel in self.channels]
        self.changed(event, changes, body)

    # -- the outbox ------------------------------------------------------------------------------

    def pump(self) -> None:
        """See what came of attempts, and begin those that are due."""
        loop = asyncio.get_running_loop()
        for attempt in list(self._outbox):
            if attempt.under_way is not None:
                if attempt.under_way.done():
                    self._ended(attempt, attempt.under_way)
            elif loop.time() >= alarms.due(attempt.failures, attempt.tried):
                self._begin(attempt, loop.time())

    def _begin(self, attempt: _Attempt, time: float) -> None:
        # one after the other on each channel, in the order of what happened
        if any(a.under_way and a.channel is attempt.channel for a in self._outbox):
            return
        attempt.tried = time
        late = attempt.late or attempt.failures or now() - attempt.alarm.at > alarms.WAITS[0]
        since = attempt.body["raised_at"] if late else None
        body = {**attempt.body, "delayed_since": since}
        attempt.under_way = begin(partial(attempt.channel.tell, body))

    def _ended(self, attempt: _Attempt, future: "asyncio.Future[None]") -> None:
        attempt.under_way = None
        fault = future.exception()
        channel = attempt.channel
        if fault is None:
            self._outbox.remove(attempt)
            self.store.settled(attempt.alarm.id, channel.name)
            return
        attempt.failures += 1
        why = fault.said() if isinstance(fault, ChannelError) else type(fault).__name__
        if not channel.patient and attempt.failures >= alarms.TRIES:
            self._outbox.remove(attempt)
            self.store.settled(attempt.alarm.id, channel.name, given_up=True)
            told = _("an alarm was given up: the {channel} failed too often ({why})")
            self.said(told.format(channel=channel.name, why=why))
        elif attempt.failures == 1:
            told = _("an alarm could not be told: {channel}: {why}; it is tried again")
            self.said(told.format(channel=channel.name, why=why))

    async def finish(self) -> None:
        """What is being told now may end; the rest waits for the next watch."""
        self.pump()
        waiting = [a.under_way for a in self._outbox if a.under_way is not None]
        if waiting:
            await asyncio.wait(waiting, timeout=LAST)
        for attempt in list(self._outbox):
            if attempt.under_way is not None and attempt.under_way.done():
                self._ended(attempt, attempt.under_way)
