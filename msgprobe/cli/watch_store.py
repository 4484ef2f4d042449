"""What a watch writes: ticks, gaps, alarms and its own state, in the history; one watch a file."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgprobe import chronicle
from msgprobe.cli.history import now, open_to_others, retention, writing
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import say
from msgprobe.history.file import HistoryError, readable_by_others
from msgprobe.history.store import History
from msgprobe.model.history import Attachment, Gap, Logged, NetworkKind, Series, Tick
from msgprobe.model.timeline import Story
from msgprobe.redaction.addresses import Addresses
from msgprobe.report.language import _
from msgprobe.watch.alarms import Told

STATE = "watch"
HELD = 500
"""Writes that are held back in memory while the file cannot be written to."""

PURGED_EVERY = 3600
"""Seconds between looks for what is older than is kept."""

EVIDENCE_EVERY = 3600
"""Seconds between looks that say what the one before said and whose evidence is kept: each takes 12
kB. Their words are always kept."""

ALARM, SENT = "alarm", "alarm.sent"


class Store:
    """The history as a watch uses it, alone. Use it in a ``with``.

    Raises OutputError or UsageError where it cannot be begun. Later faults (a full disk) are said
    once; what could not be written is held back and written when it can be.
    """

    def __init__(self, path: Path, label: str) -> None:
        self.path, self.label = path, label
        self._keep = retention()
        self._held: list[Callable[[], object]] = []
        self._said = False
        self._purged = 0
        self._series: dict[Attachment, Series] = {}
        self._evidence: dict[Attachment, int] = {}
        self._lock = -1

    def __enter__(self) -> "Store":
        with writing():
            self.history = History(self.path, create=True)
        self._lock = _alone(self.path)
        if readable_by_others(self.path):
            say(open_to_others(self.path))
        return self

    def __exit__(self, *exc: object) -> None:
        self.history.database.close()
        if self._lock >= 0:
            os.close(self._lock)

    # -- networks --------------------------------------------------------------------------------

    def series(self, network: Attachment) -> Series | None:
        """The series of a network; None while the file cannot be written to."""
        if network not in self._series:
            resolver = Addresses((), ()).resolver(network.resolver) or ""
            plain = Attachment(
                kind=network.kind, gateway=network.gateway, resolver=resolver, vpn=network.vpn
            )
            if network.kind is NetworkKind.MIXED:
                plain = Attachment(kind=NetworkKind.MIXED)
            try:
                self._series[network] = self.history.series_of(plain, self.label)
            except HistoryError as error:
                self._trouble(error)
                return None
        return self._series[network]

    # -- what goes in ----------------------------------------------------------------------------

    def add(self, network: Attachment, tick: Tick, *, quiet: bool) -> None:
        """Remember a tick; of quiet ones the evidence is kept once an hour, for they are many."""
        if quiet and now() - self._evidence.get(network, 0) < EVIDENCE_EVERY:
            tick = replace(tick, packed=None)
        else:
            self._evidence[network] = now()
        self._write(lambda: self._add(network, tick))
        if now() - self._purged > PURGED_EVERY and self._keep is not None:
            keep, self._purged = self._keep, now()
            self._write(lambda: self.history.purge(before=now() - keep, now=now()))

    def _add(self, network: Attachment, tick: Tick) -> None:
        where = self.series(network)
        if where is None:
            raise HistoryError(f"{self.path}: cannot be written to")
        if where.id not in {s.id for s in self.history.all_series()}:  # purged meanwhile
            del self._series[network]
            where = self.series(network) or where
        self.history.add(where, tick)

    def gap(self, gap: Gap) -> None:
        """Remember why nobody looked."""
        self._write(lambda: self.history.add_gap(gap))

    def save(self, state: str) -> None:
        """Keep the watch's own state."""
        self._write(lambda: self.history.keep(STATE, state), held=False)

    def saved(self) -> str | None:
        """The state that was kept."""
        with writing():
            return self.history.kept(STATE)

    # -- alarms ----------------------------------------------------------------------------------

    def raised(self, told: Told, payload: dict[str, Any], to: Sequence[str]) -> None:
        """An alarm is to be told over these channels, whatever happens meanwhile."""
        body = {
            "id": told.id,
            "until": told.until,
            "series": told.series,
            "changes": dict(told.changes),
            "to": list(to),
            "payload": payload,
        }
        logged = Logged(told.at, ALARM, json.dumps(body, separators=(",", ":")))
        self._write(lambda: self.history.log(logged))

    def settled(self, alarm: str, channel: str, *, given_up: bool = False) -> None:
        """The alarm was told there, or never will be."""
        body = json.dumps({"id": alarm, "channel": channel, "given_up": given_up})
        self._write(lambda: self.history.log(Logged(now(), SENT, body)))

    def alarms(self) -> list[tuple[Told, dict[str, Any], list[str]]]:
        """Every alarm that is remembered, with what is told and the channels that it waits for."""
        with writing():
            logged = self.history.events()
        found: dict[str, tuple[Told, dict[str, Any], list[str]]] = {}
        for one in logged:
            if one.kind not in (ALARM, SENT):
                continue
            body = json.loads(one.body)
            if one.kind == ALARM:
                told = Told(
                    id=body["id"],
                    at=one.at,
                    until=body["until"],
                    series=body["series"],
                    changes=body["changes"],
                )
                found[told.id] = told, body["payload"], list(body["to"])
            elif body["id"] in found and body["channel"] in found[body["id"]][2]:
                found[body["id"]][2].remove(body["channel"])
        return list(found.values())

    # -- what comes out --------------------------------------------------------------------------

    def story(self, where: Series, since: int, until: int) -> Story | None:
        """The timeline of a network; None where nothing is known, or nothing can be read."""
        try:
            return chronicle.story(
                self.history, where, since=since, until=until, wanted=lambda _: True
            )
        except HistoryError as error:
            self._trouble(error)
            return None

    # -- faults ----------------------------------------------------------------------------------

    def _write(self, write: Callable[[], object], *, held: bool = True) -> None:
        waiting = [*self._held, write] if held else [write]
        if held:
            self._held = []
        while waiting:
            try:
                waiting[0]()
            except HistoryError as error:
                if held:
                    self._held = waiting[-HELD:]
                self._trouble(error)
                return
            waiting.pop(0)
        if self._said and held:
            self._said = False
            say("msgprobe: " + _("the history can be written to again; nothing was lost."))

    def _trouble(self, error: HistoryError) -> None:
        if not self._said:
            self._said = True
            told = _("{error}. Watching goes on; what is seen is kept in memory until then.")
            say("msgprobe: " + told.format(error=error))


def _alone(path: Path) -> int:
    """A lock that holds for as long as this process lives; -1 where files cannot be locked.

    Raises UsageError where another watch holds it.
    """
    try:
        import fcntl
    except ImportError:
        return -1
    place = path.with_name(f"{path.name}-watch")
    try:
        number = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return -1
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        other = os.read(number, 20).decode("ascii", "replace").strip()
        os.close(number)
        raise UsageError(
            f"{path}: another msgprobe watch (process {other or 'unknown'}) writes to it; end "
            "that one, or name another file with --history=PATH"
        ) from None
    os.ftruncate(number, 0)
    os.write(number, f"{os.getpid()}\n".encode())
    return number
