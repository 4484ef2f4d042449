"""A line by virtual clock: what is true at a time, and a watch that looks at it by its schedule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgprobe.model.history import TickKind
from msgprobe.watch.narrow import MOVED_AT_ONCE
from msgprobe.watch.schedule import Schedule
from msgprobe.watch.state import Look, Seen, State
from msgprobe.watch.timetable import Timetable

SERVICES = {name: f"{name}.text" for name in ("messenger", "signal", "telegram", "whatsapp")}
COSTS = {"pulse": 5_300, "transfer": 190_000, "quick": 60_000, "confirm": 60_000, "run": 500_000}
"""Bytes a service, but for transfers."""
SECONDS = {"pulse": 1, "transfer": 3, "quick": 8, "confirm": 8, "run": 25}

Truth = Callable[[float, str, TickKind], str]
"""The word at a time, of a subject, for a look of a kind."""


def fine(at: float, subject: str, kind: TickKind) -> str:
    """All is well."""
    return "online" if subject == "connection" else "ok"


@dataclass(slots=True)
class Day:
    """Runs a schedule against a truth."""

    truth: Truth = fine
    timetable: Timetable = field(default_factory=Timetable)
    state: State = field(default_factory=lambda: State(line="home", seed=7))
    now: float = 1_000_000.0
    looks: list[tuple[float, Look, Mapping[str, str]]] = field(default_factory=list)
    bytes: int = 0

    @property
    def schedule(self) -> Schedule:
        return Schedule(services=SERVICES, moving=2, timetable=self.timetable)

    def until(self, end: float) -> "Day":
        """Look for as long."""
        schedule = self.schedule
        while True:
            look = schedule.next(self.state, self.now)
            self.now = max(self.now, look.at)
            if self.now >= end:
                self.now = end
                return self
            self.take(look)

    def take(self, look: Look) -> None:
        """Make one look now."""
        schedule = self.schedule
        kind = look.kind.value
        words = {"connection": self.truth(self.now, "connection", look.kind)}
        functions = ("text",) if look.kind is TickKind.PULSE else ("text", "media")
        names = look.services
        if look.kind is TickKind.TRANSFER:  # one group of them, as `narrow.transfer` has it
            groups = -(-len(names) // MOVED_AT_ONCE)
            names = names[look.turn % groups :: groups]
        for service in names:
            for function in functions:
                subject = f"{service}.{function}"
                words[subject] = self.truth(self.now, subject, look.kind)
        used = COSTS[kind] * (1 if kind == "transfer" else len(look.services))
        began, self.now = self.now, self.now + SECONDS[kind]
        self.bytes += used
        self.looks.append((began, look, words))
        seen = Seen(look=look, began=began, ended=self.now, bytes=used, words=words)
        self.state = schedule.took(self.state, seen)

    def of(self, *kinds: TickKind) -> list[tuple[float, Look]]:
        """Looks of these kinds."""
        return [(at, look) for at, look, _ in self.looks if look.kind in kinds]
