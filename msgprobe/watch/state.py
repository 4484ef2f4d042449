"""What a watch remembers between looks; values only.

Times are seconds of a steady clock, which also runs while the device sleeps and which nobody sets.
"""

from collections.abc import Mapping
from dataclasses import field

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import TickKind
from msgprobe.watch.reason import Reason

Words = Mapping[str, str]
"""A word by subject (``connection``, or ``service.function``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is looked at next, and when: ``at`` may have passed. ``services`` are those that are
    asked, ``turn`` says whose turn it is among members, ``dead`` that the connection does not work,
    ``quick`` that nothing is moved."""

    kind: TickKind
    reason: Reason
    at: float
    services: tuple[str, ...]
    turn: int = 0
    dead: bool = False
    quick: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a look: when it began and ended, bytes on the wire, words of what was asked."""

    look: Look
    began: float
    ended: float
    bytes: int
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """Something differs from what was established: ``words`` are the new ones of the subjects
    concerned, ``looked`` when they were first looked at again (None: not yet), ``speed``: only who
    moves something can see it."""

    words: Words
    since: float
    looked: float | None = None
    speed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is known of one network. ``words`` are established: told by a whole run, or twice.

    ``last`` is when a kind of look was last made, ``asked`` when a blocked service was;
    ``doubted`` are subjects whose surprises came to nothing: until when they are let alone, and
    how long that was.
    """

    words: Words = field(default_factory=dict)
    surprise: Surprise | None = None
    changed: bool = False
    """A change was confirmed, and no whole run made since."""
    concerned: tuple[str, ...] = ()
    """The subjects of that change, until they were looked at once more."""
    last: Mapping[str, float] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)
    doubted: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything. ``line`` names the network that this device hangs on; ``spent`` are bytes of
    pulses and of other looks by `budget.slot`, ``costs`` the usual bytes of a kind of look,
    ``turns`` count looks by kind."""

    line: str = ""
    lines: Mapping[str, Line] = field(default_factory=dict)
    spent: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    turns: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0

    @property
    def here(self) -> Line:
        """What is known of the network that this device hangs on."""
        return self.lines.get(self.line, Line())
