"""What planning is given beside the evidence, and what it gives back."""

from collections.abc import Mapping
from dataclasses import field

from msgprobe.model.dataclass import dataclass
from msgprobe.model.task import Running, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """``now`` is seconds since the run began; ``running`` are the tasks under way, by id.

    ``opened`` are the running ones whose TCP connection stands, ``secured`` those whose TLS
    handshake went well, ``queued`` the tasks that wait for their turn, by id. ``spent`` are the
    bytes of conversations, transfers left out: those so far, and what the running and queued ones
    will cost.
    Of ``now``, ``stood_still`` seconds are this device's own, in which nothing could be done.
    ``filled``: the line is a thin one, and conversations have waited for others to be carried.
    """

    now: float
    running: Mapping[str, Running] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()
    secured: frozenset[str] = frozenset()
    queued: Mapping[str, Task] = field(default_factory=dict)
    spent: int = 0
    stood_still: float = 0.0
    filled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """All tasks wanted so far; ``wake_at`` is when time alone may add more (None: never).

    ``pending`` are services that more is to come about, although nothing may be under way just now.
    ``pace`` is how many seconds to leave between starts, so that a slow line is not flooded;
    ``asking`` those between questions to the system's resolver. Of what waits for a first answer
    only ``at_once`` may be under way when another begins (0: any number). ``thin`` are the seconds
    of a round trip on a line that is soon filled: conversations wait there until it carries more,
    and pages and transfers begin behind them (0: it is another). ``decided`` are tasks under way
    whose handshake need not be waited for any longer. ``first`` are those that begin before others
    that are wanted as late as they are: by lot, as the others.
    """

    tasks: tuple[Task, ...]
    wake_at: float | None = None
    pace: float = 0.0
    asking: float = 0.0
    at_once: int = 0
    thin: float = 0.0
    pending: frozenset[str] = frozenset()
    decided: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()
