"""Transfers as samples: what one of them says, and how it ended."""

from enum import StrEnum

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.losses import SEGMENT
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TcpInfo
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm

MOVING = (
    Arm.TRANSFER,
    Arm.TRANSFER_NEUTRAL_SNI,
    Arm.TRANSFER_SOURCE,
    Arm.TRANSFER_TARGET_SNI,
    Arm.TRANSFER_SMALL,
    Arm.TRANSFER_SIBLING,
)

FEWEST = 16 * 1024
"""Bytes that both sides must have moved: less is all slow start and luck."""

FIRST_WINDOW = 10 * 1448
"""Bytes that a server sends before it hears of any (RFC 6928), twice as many in each round trip."""

PEAK = 8 * 1448
"""Bytes that are most of a first window, which what is sent before a request shares."""

_MOMENT = 0.025
"""Seconds within which a program reads all that its kernel has for it, late as it may be."""

TICKETS = 4 * 1024
"""Bytes after the handshake that need not be an answer yet: a TLS server sends session tickets
before it is asked anything (RFC 8446 §4.6.1), two of some hundred bytes as a rule."""

HEADS = 8 * 1024
"""Bytes after the handshake that may be tickets and the head of an answer, and nothing of what was
asked for."""

SERVED = (200, 206)

QUESTIONS = 10_624
"""Bytes that a volley sends before its last answer can come (240 of 44, and 64 to begin with)."""


class Ending(StrEnum):
    """How a transfer was broken off, by whoever it was."""

    SILENCE = "silence"
    RESET = "reset"
    END = "end"
    """Without TLS's goodbye."""


_TORN = {Failure.CONNECTION_RESET: Ending.RESET, Failure.EOF: Ending.END}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One transfer. ``number`` is its place among those of its arm."""

    conversation: Conversation

    @property
    def transaction(self) -> int:
        """The number under which a report shows it."""
        return self.conversation.transaction

    @property
    def number(self) -> int:
        """Which block of the comparison it belongs to; 0 in the first look."""
        return self.conversation.task.attempt

    @property
    def start(self) -> float:
        """Seconds since the run began."""
        return self.conversation.dialled

    @property
    def direction(self) -> Direction:
        """Which way the payload goes."""
        return Direction(self.conversation.flow.option("direction") or Direction.DOWN)

    @property
    def moved(self) -> int:
        """Payload bytes."""
        return self.conversation.transfer.moved if self.conversation.transfer is not None else 0

    @property
    def silent(self) -> bool:
        """Nothing came, neither of the object nor of the page that names it: that is no speed."""
        return self.usable and not self.begun and not self.answered and not self.page_ending

    @property
    def answered(self) -> bool:
        """The object's server, or that of the page that names it, said something in HTTP."""
        answers = (self.conversation.transfer, self.conversation.http)
        return any(a is not None and a.status is not None for a in answers)

    @property
    def handshake(self) -> float:
        """Seconds that TLS took."""
        return self.conversation.secured_after

    @property
    def turn(self) -> float:
        """Seconds of one turn of the handshake, to the server and back."""
        seen = self.conversation.tls
        old = seen is not None and seen.version is not None and seen.version < "TLSv1.3"
        return self.handshake / 2 if old else self.handshake

    @property
    def usable(self) -> bool:
        """It says something about speed: the object came, or time ran out while it did."""
        conversation, seen = self.conversation, self.conversation.transfer
        if seen is not None and seen.answers is not None:
            return (seen.failure is None or seen.failure.is_silence) and not self.limited
        if not conversation.connected or conversation.tls is None:
            return False
        if seen is None:  # the handshake, or the page before, was too slow for our patience
            before = conversation.tls.failure or (
                conversation.http.failure if conversation.http is not None else None
            )
            return before is not None and before.is_silence
        if seen.failure is not None and not seen.failure.is_silence:
            return False
        if seen.direction is Direction.UP:
            return seen.moved > 0 or seen.capped
        return seen.status in SERVED or (seen.status is None and seen.capped)

    @property
    def served(self) -> bool:
        """The peer gave the object, or took it."""
        seen = self.conversation.transfer
        if seen is None or seen.failure is not None:
            return False
        if seen.answers is not None:
            return seen.answers > 0
        return seen.direction is Direction.UP or seen.status in SERVED

    @property
    def stopped(self) -> bool:
        """It stopped for good: our patience ended it, most of which had passed without a byte."""
        seen = self.conversation.transfer
        if seen is None or not seen.capped or not seen.stalls or not self.begun:
            return False
        moved, length = seen.stalls[-1]
        return moved == seen.moved and length >= max(1.0, 0.5 * seen.window.seconds)

    @property
    def limited(self) -> bool:
        """The server keeps quiet while its machine still acknowledges what it is sent: it answers
        no more of these questions, and says nothing about the path. Where the platform cannot tell,
        the server has the benefit of the doubt."""
        seen = self.conversation.transfer
        if seen is None or seen.answers is None or not self.stopped:
            return False
        return seen.info is None or not seen.info.unacked

    @property
    def ending(self) -> Ending | None:
        """How it was broken off; None where it was not, where the server said so itself (a goodbye,
        another answer), and where its machine still acknowledged what came."""
        seen = self.conversation.transfer
        if seen is None or self.finished or seen.goodbye or self.limited:
            return None
        up = seen.direction is Direction.UP
        if seen.status is not None and (up or seen.status not in SERVED):
            return None
        if seen.capped:
            heard = self.unheard is False
            return Ending.SILENCE if 2 * self.pause >= seen.window.seconds and not heard else None
        return _TORN.get(seen.failure or Failure.UNKNOWN)

    @property
    def page_ending(self) -> Ending | None:
        """How the page that names the object was broken off amid its content; None where it was
        not, or no more had come than tickets: it may have been moved or retired."""
        page = self.conversation.http
        if self.conversation.transfer is not None or page is None or page.failure is None:
            return None
        if self._before <= TICKETS or page.status not in (None, *SERVED):
            return None
        return Ending.SILENCE if page.failure.is_silence else _TORN.get(page.failure)

    @property
    def cut_short(self) -> bool:
        """It was broken off, or not over in time."""
        broken_off = self.ending is not None or self.page_ending is not None
        return broken_off or (self.usable and not self.finished)

    @property
    def amid_content(self) -> bool:
        """More than tickets and heads had come or gone; the page that names it counts, and so does
        what came behind a hole."""
        if (seen := self.conversation.transfer) is None:
            return False
        if seen.direction is Direction.UP:
            return self.info is not None and self.info.bytes_sent > HEADS
        came = self._before + seen.moved + (self.place_at_most - self.place if self.holed else 0)
        return bool(seen.answers) or (seen.answers is None and came > HEADS)

    @property
    def _before(self) -> int:
        """Bytes that came after the handshake and before the object was asked for, which is the
        page that names it; 0 where the platform cannot tell."""
        tls, page = self.conversation.tls, self.conversation.http
        if tls is None or page is None or tls.info is None or page.info is None:
            return 0
        return max(0, page.info.bytes_received - tls.info.bytes_received)

    @property
    def pause(self) -> float:
        """Seconds that were waited for more at its end; 0 where it went on until then."""
        seen = self.conversation.transfer
        if seen is None or not seen.stalls or seen.stalls[-1][0] != seen.moved or self.finished:
            return 0.0
        return seen.stalls[-1][1]

    @property
    def longest(self) -> float:
        """Seconds of the longest pause after which something came."""
        seen = self.conversation.transfer
        if seen is None:
            return 0.0
        pauses = [length for moved, length in seen.stalls if moved < seen.moved]
        return max(pauses, default=seen.first_byte or 0.0)

    @property
    def unheard(self) -> bool | None:
        """What we had sent was not acknowledged at its end, as any machine does whose program keeps
        quiet; None where nothing was sent that could have been, or the platform cannot tell."""
        seen = self.conversation.transfer
        if seen is None or seen.info is None:
            return None
        asked = seen.direction is Direction.UP or seen.answers is not None
        return seen.info.unacked > 0 if asked else None

    @property
    def finished(self) -> bool:
        """It moved all there was to move."""
        return (
            self.served
            and self.conversation.transfer is not None
            and not self.conversation.transfer.capped
        )

    @property
    def elapsed(self) -> float:
        """Seconds of handshake and transfer together, to the end or to our patience's."""
        seen = self.conversation.transfer or self.conversation.http
        return self.handshake + (seen.window.seconds if seen is not None else 0.0)

    def seconds(self, size: int) -> float | None:
        """Seconds of handshake and transfer until ``size`` bytes had moved; None: they never
        had."""
        moving = self.moving(size)
        return None if moving is None else self.handshake + moving

    def moving(self, size: int) -> float | None:
        """Seconds of the transfer alone until ``size`` bytes had moved; None: they never had."""
        before = (0.0, 0)
        for at, moved in (
            self.conversation.transfer.curve if self.conversation.transfer is not None else ()
        ):
            if moved >= size:
                gained = moved - before[1]
                share = (size - before[1]) / gained if gained else 1.0
                return before[0] + share * (at - before[0])
            before = (at, moved)
        return None

    @property
    def begun(self) -> bool:
        """Something of an answer came, or of an upload was taken."""
        seen = self.conversation.transfer
        if seen is None or not seen.moved:
            return False
        told = seen.status is not None or seen.answers is not None
        return told or seen.direction is Direction.UP or seen.moved > TICKETS

    @property
    def waited(self) -> float:
        """Seconds until an answer began, the round trip not counted: the server may have taken
        them to make it up, which says nothing about how fast the path is. All of its time where
        none began, unless what was asked had to be sent again and never arrived."""
        page, seen = self.conversation.http, self.conversation.transfer
        if seen is None:
            return page.window.seconds if page is not None and page.first_byte is None else 0.0
        if seen.direction is Direction.UP or seen.answers is not None:
            return 0.0
        if not self.begun:
            # who thinks has acknowledged what he was asked
            unheard = seen.info is not None and seen.info.unacked and seen.info.total_retrans >= 2
            return 0.0 if unheard else seen.window.seconds
        came = next((at for at, moved in seen.curve if moved > TICKETS), 0.0)
        return max(0.0, came - (self.min_rtt or 0.0))

    @property
    def info(self) -> TcpInfo | None:
        """The kernel's view at the end."""
        seen = self.conversation.transfer or self.conversation.tls
        return seen.info if seen is not None else None

    @property
    def min_rtt(self) -> float | None:
        """The smallest round trip of the connection in seconds; never the connect time, for a lost
        SYN would excuse a censor."""
        return self.info.min_rtt or None if self.info is not None else None

    @property
    def plateau_kbit(self) -> float:
        """The rate once the first burst is over: from a third of the bytes on, until the end of the
        transfer or of our patience."""
        seen = self.conversation.transfer
        if seen is None or not seen.curve:
            return 0.0
        first = next((p for p in seen.curve if p[1] >= min(FEWEST, seen.moved / 3)), seen.curve[0])
        end = seen.window.seconds if seen.capped else seen.curve[-1][0]
        took = end - first[0]
        if took <= 0.0:
            return self.kbit
        return (seen.moved - first[1]) * 8 / took / 1000

    @property
    def peak(self) -> float:
        """Bytes per second while most of a first window of them came fastest: what the line gives,
        whatever windows and round trips leave of it (as trains of packets tell: C. Dovrolis et al.,
        INFOCOM 2001). 0 where so much never came."""
        return self._peak(0.0)

    @property
    def peak_of_arrivals(self) -> float:
        """The same by when bytes arrived, also those that waited for a lost segment and were read
        with it at once: what was read within a moment came since the moment before."""
        return self._peak(_MOMENT)

    def _peak(self, apart: float) -> float:
        """Of points that many seconds apart at least."""
        seen = self.conversation.transfer
        curve = seen.curve if seen is not None else ()
        if self.direction is Direction.UP:  # looked at now and then; none before a round trip
            curve = ((self.min_rtt or 0.0, 0), *curve)
        points: list[tuple[float, int]] = []
        for at, moved in curve:
            if points and at - points[-1][0] < apart:
                points[-1] = (points[-1][0], moved)
            else:
                points.append((at, moved))
        rates, first = [0.0], 0
        for at, moved in points:
            while moved - points[first][1] >= PEAK:
                rates.append((moved - points[first][1]) / max(1e-3, at - points[first][0]))
                first += 1
        return max(rates)

    @property
    def kbit(self) -> float:
        """The mean rate of the transfer alone."""
        seen = self.conversation.transfer
        if seen is None or not seen.moved:
            return 0.0
        took = seen.window.seconds if seen.capped else seen.curve[-1][0]
        return seen.moved * 8 / took / 1000 if took > 0.0 else 0.0

    @property
    def whole_kbit(self) -> float:
        """The rate over all its time, handshake included."""
        took = (self.seconds(self.moved) if self.finished else None) or self.elapsed
        return self.moved * 8 / took / 1000 if took > 0.0 else 0.0

    @property
    def place(self) -> int:
        """Payload bytes that the connection as a whole had moved, handshake included."""
        if self.info is None:
            return self.moved
        up = self.direction is Direction.UP
        return self.info.bytes_acked if up else self.info.bytes_received

    @property
    def holed(self) -> bool:
        """It was ended when something had been lost on its way here: what came behind the hole had
        been let through as well, and does not count as received."""
        down = self.direction is Direction.DOWN and self.ending is not None
        return down and self.info is not None and self.info.out_of_order > 0

    @property
    def place_at_most(self) -> int:
        """The same at the latest: of an upload that was reset or ended, all that had been sent, for
        what had arrived by then need not have been acknowledged any more; of a download with a
        hole, what came behind that."""
        if self.info is None:
            return self.place
        if self.holed:
            return self.place + (self.info.out_of_order + 1) * (self.info.mss or SEGMENT)
        if self.ending not in (Ending.RESET, Ending.END) or self.direction is Direction.DOWN:
            return self.place
        return max(self.place, self.info.bytes_sent - self.info.bytes_retrans)
