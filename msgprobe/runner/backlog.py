"""What of our own a thin line has still to carry: new conversations wait for it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import field

from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import Observation, TcpObservation, TlsObservation
from msgprobe.runner.company import Begun
from msgprobe.runner.kinds import transfers, weight

CONVERSATION = 5_000
"""Bytes on the wire of a conversation over TLS, both ways."""

PERIOD, LEAST_PERIOD = 1.0, 0.8
"""Seconds over which is counted what the line carries, and how many of them must be known."""

EARLY, LATE, LATE_SHARE = 0.05, 0.25, 0.25
"""Seconds by which a TLS handshake takes longer than its TCP handshake did where nothing waits, and
beyond which, with a share of a round trip, it waited: servers think, and radio sways."""

SENT_AGAIN = 1.0
"""Seconds after which a first packet is sent again (RFC 6298 section 2): a connection that took as
long was late, wherever the server is."""

FIRST, LEAST, MOST, LESS = 1.5, 1.25, 4.0, 0.75
"""How many times as much as the line has carried so far it is given to carry: at first, while
nothing is late (for it may carry more), at most, and once something is, for what waits goes first.
"""

MORE, FEWER, AGAIN = 1.1, 0.9, 1.03
"""By what that share changes with every handshake that is early, with every other that is not late,
and with each of those while it is less than the least."""

LONGEST, LONGEST_FILLED = 0.1, 0.5
"""Seconds between starts at most, before and after anything was late: who has heard little knows
little of the line, and where somebody else fills it, waiting would have no end."""


@dataclass(slots=True)
class Backlog:
    """Conversations begin so far apart that the line carries each before it is given too many: its
    rate is the most that the run has seen, and is given more as long as nothing is late (so does
    TCP's slow start: RFC 5681 section 3.1). ``round_trip`` is the line's in seconds; 0: it is no
    thin one, and nobody waits."""

    round_trip: float = 0.0
    share: float = FIRST
    filled: bool = False
    """Conversations have waited for others to be carried."""
    _counts: deque[tuple[float, int]] = field(default_factory=deque)
    _best: float = 0.0
    _heard: dict[str, int] = field(default_factory=dict)
    _late: int = 0

    @property
    def spacing(self) -> float:
        """Seconds between starts."""
        longest = LONGEST_FILLED if self.filled else LONGEST
        return min(longest, CONVERSATION / (self.share * self._best)) if self._best else 0.0

    def count(self, now: float, octets: int) -> None:
        """So many bytes were on the wire of the run by now."""
        self._counts.append((now, octets))
        while self._counts[0][0] < now - PERIOD:
            self._counts.popleft()
        since, before = self._counts[0]
        if now - since >= LEAST_PERIOD:
            self._best = max(self._best, (octets - before) / (now - since))

    def holds(self, every: Iterable[Begun], now: float, beside: int = 0) -> bool:
        """Whether one more conversation would only wait for those before it, ``beside`` of which
        begin at this moment."""
        if not self.round_trip or beside:
            return self.round_trip > 0.0
        begun = [b for b in every if b.started is not None and not transfers(b.task)]
        for one in begun:
            self._hear(one.task.id, one.recorder.observations[:2])
        free = [b.started + self.spacing * weight(b.task) for b in begun if b.started is not None]
        return now < max(free, default=now)

    def _hear(self, task_id: str, seen: tuple[Observation, ...]) -> None:
        """How late that conversation's handshakes were, each once."""
        known, self._heard[task_id] = self._heard.get(task_id, 0), len(seen)
        if not seen or any(o.failure for o in seen) or not isinstance(seen[0], TcpObservation):
            return
        opened = seen[0].window.seconds
        if known < len(seen) == 2 and isinstance(seen[1], TlsObservation):
            self._judge(seen[1].window.seconds - opened)
        elif known < 1 and opened >= SENT_AGAIN:
            self._judge(opened)

    def _judge(self, late: float) -> None:
        self._late = self._late + 1 if late > LATE + LATE_SHARE * self.round_trip else 0
        if self._late > 1:  # one may have lost a packet
            self.share, self.filled = LESS, True
        elif late < EARLY:
            self.share = min(MOST, self.share * MORE)
        elif not self._late and self.share > LEAST:
            self.share = max(LEAST, self.share * FEWER)
        elif not self._late:
            self.share = min(LEAST, self.share * AGAIN)
