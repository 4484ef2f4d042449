"""What a test leaves behind: who has named a target is punished for a while, whatever he says then.

Censors do so by address, by address and port, or by pair of ports, with silence or with resets, for
a minute or three (Bock et al., WOOT 2021), whatever the protocol. A neutral server that answered,
was shown a target's name, and answers nobody from then on was not lost by the line: that is our own
doing, and evidence about the name.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgprobe.evidence.conversation import Conversation
from msgprobe.model.dataclass import dataclass
from msgprobe.model.task import Arm

NAMED = (Arm.TARGET_SNI_ELSEWHERE, Arm.QUIC_ELSEWHERE)
"""The arms that show a target's name to a neutral server."""

PLAIN = (
    Arm.CONNECTION,
    Arm.AGAIN,
    Arm.MONITOR,
    Arm.NEUTRAL_SNI_ELSEWHERE,
    Arm.QUIC_NEUTRAL,
    Arm.QUIC_NEUTRAL_ELSEWHERE,
)
"""The arms that speak to neutral servers of nobody but neutral ones."""

NEUTRAL = (*PLAIN, Arm.SHARE_NEUTRAL)
"""Those, and handshakes that are counted: a server's silence to either may be our own doing, but
which server is shown what is decided by the former alone."""

PUNISHED_SERVERS = 2
"""Servers that must fall silent once they were shown a name: one may have its own reasons."""


def said(conversation: Conversation) -> float | None:
    """Seconds since the run began when the name went out; None where it never did."""
    if conversation.task.arm is Arm.QUIC_ELSEWHERE:
        return conversation.protocol_start if conversation.protocol is not None else None
    return None if conversation.tls is None else conversation.tls.window.start


def answered(conversation: Conversation) -> bool:
    """The server was heard, however the conversation ended; a reset is nobody's word for sure."""
    if conversation.protocol is not None:
        return conversation.protocol.first_byte is not None
    return conversation.answered_tls or (conversation.failure is None and conversation.connected)


def passed(conversation: Conversation) -> bool:
    """The server answered to the name that it was shown; an alert is nobody's word for sure."""
    return answered(conversation) and conversation.symptom != "tls.alert"


def _begun(conversation: Conversation) -> float:
    return conversation.dialled or conversation.protocol_start


def _ended(conversation: Conversation) -> float:
    layers = (conversation.tcp, conversation.tls, conversation.http, conversation.protocol)
    return max((o.window.end for o in layers if o is not None), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One name at one neutral server.

    ``named`` are its conversations in order, those left out that began while the server was silent
    because of another name. ``before`` are neutral ones that were answered there and had begun when
    it was first said; ``after`` neutral ones that began after that.
    """

    name: str
    address: str
    named: tuple[Conversation, ...]
    before: tuple[Conversation, ...]
    after: tuple[Conversation, ...]

    @property
    def passes(self) -> bool:
        """The server answered to the name."""
        return any(passed(t) for t in self.named)

    @property
    def telling(self) -> bool:
        """It was really said, and something came of it."""
        first = self.named[0] if self.named else None
        return first is not None and said(first) is not None and first.symptom is not None

    @property
    def alone(self) -> bool:
        """The name alone dies there, twice at least: others were answered since. Whom an alert
        ends has not died: a server may send one."""
        dead = len(self.named) >= 2 and self.telling and not any(map(answered, self.named))
        return dead and any(answered(t) for t in self.after)

    @property
    def punished(self) -> bool:
        """The server answered before, and has answered nothing ever since the name was said."""
        gone = self.after and not any(map(answered, self.after))
        return self.telling and not self.passes and bool(self.before) and bool(gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A neutral server that answered to a name at first, and to nobody ever since."""

    showing: Showing
    since: tuple[Conversation, ...]
    """Neutral conversations there that began after that."""


def turns(shown: Iterable[Showing], neutral: Iterable[Conversation]) -> tuple[Turn, ...]:
    """Servers that had taken a name which is not theirs, and a target's as well, and answered
    nobody from then on: a censor who is slow to act punishes what comes next. ``neutral`` are
    conversations with neutral names, those included that are counted."""
    others = tuple(neutral)
    found = []
    for s in shown:
        moment = said(s.named[0])
        taken = any(t.task.arm is Arm.NEUTRAL_SNI_ELSEWHERE for t in s.before)
        if moment is None or not taken or not passed(s.named[0]):
            continue
        since = [t for t in others if t.address == s.address and _begun(t) > moment]
        ended = [t for t in since if t.symptom is not None]
        if len(ended) >= PUNISHED_SERVERS and not any(map(answered, (*since, *s.named[1:]))):
            found.append(Turn(showing=s, since=tuple(ended)))
    return tuple(found)


def marks(conversations: Iterable[Conversation]) -> Mapping[str, float]:
    """Addresses of neutral servers, each with the moment when a target's name was first said there
    and not answered."""
    found: dict[str, float] = {}
    for t in conversations:
        at = said(t) if t.task.arm in NAMED and t.symptom is not None else None
        if at is not None and not passed(t):
            found[t.address] = min(at, found.get(t.address, at))
    return found


def silenced(conversations: Sequence[Conversation]) -> frozenset[str]:
    """The ids of neutral conversations that our own naming of a target has silenced: they failed at
    an address of `marks` once it was marked, while somebody elsewhere was heard, and the server was
    not since a target's name was last said there. ``conversations`` are all of the run.

    What had ended before that is the line's, and so is what is silent together with all others.
    """
    since = marks(conversations)
    if not since:
        return frozenset()
    life = sorted(_ended(t) for t in conversations if answered(t) and t.address not in since)
    there: dict[str, list[Conversation]] = {}
    for t in conversations:
        there.setdefault(t.address, []).append(t)

    def ours(t: Conversation) -> bool:
        at = since.get(t.address)
        if at is None or t.failure is None or answered(t) or _ended(t) <= at:
            return False
        heard = bisect_left(life, max(at, _begun(t)))
        alive = heard < len(life) and life[heard] <= _ended(t)
        return alive and not _released(t, there[t.address])

    return frozenset(t.task.id for t in conversations if t.task.arm in NEUTRAL and ours(t))


def _released(silent: Conversation, there: Iterable[Conversation]) -> bool:
    """The server was heard by another between the last naming before this one and its beginning: a
    punishment lasts, and does not pick some."""
    begun = _begun(silent)
    beside = [t for t in there if t is not silent]
    namings = (at for t in beside if t.task.arm in NAMED and (at := said(t)) is not None)
    last = max((at for at in namings if at <= begun), default=0.0)
    return any(t.task.arm in NEUTRAL and answered(t) and last < _begun(t) <= begun for t in beside)


def showings(named: Sequence[Conversation], plain: Iterable[Conversation]) -> tuple[Showing, ...]:
    """What came of each name at each neutral server."""
    by_address: dict[str, list[Conversation]] = {}
    for t in sorted(named, key=lambda t: (_begun(t), t.task.id)):
        by_address.setdefault(t.address, []).append(t)
    others = tuple(plain)
    found = []
    for address, there in by_address.items():
        beside = [t for t in others if t.address == address]
        for name in dict.fromkeys(t.flow.server_name for t in there):
            mine = [t for t in there if t.flow.server_name == name]
            valid = [t for t in mine if not _spoilt(t, there, beside)]
            if name is not None and valid:
                found.append(_showing(name, valid, beside))
    return tuple(found)


def _showing(name: str, valid: list[Conversation], beside: list[Conversation]) -> Showing:
    moment = said(valid[0])
    since = _begun(valid[0]) if moment is None else moment
    return Showing(
        name=name,
        address=valid[0].address,
        named=tuple(valid),
        before=tuple(t for t in beside if answered(t) and _begun(t) <= since),
        after=tuple(t for t in beside if _begun(t) > since),
    )


def _spoilt(t: Conversation, there: Iterable[Conversation], beside: list[Conversation]) -> bool:
    """Another name had died there before this could be answered, and the server was not heard
    between."""
    due = _due(t)
    for other in there:
        at = said(other)
        if other.flow.server_name == t.flow.server_name or at is None or at >= due:
            continue
        if other.symptom is None or passed(other):
            continue
        heard = any(answered(o) and _begun(o) > at for o in beside)
        if not heard and any(_begun(o) > at for o in beside):
            return True
    return False


def _due(t: Conversation) -> float:
    """Until when another's naming may have silenced it: its beginning where it was broken off, for
    that was aimed at it; otherwise the moment at which it would have been answered."""
    at = said(t)
    return _begun(t) if not t.met_silence or at is None else at + (t.syn_rtt or 0.0)


def punished(shown: Iterable[Showing], network: Callable[[str], str]) -> tuple[Showing, ...]:
    """Those whose servers fell silent, where that happened in as many networks as a claim needs;
    none where it happened at fewer, for one server may have reasons of its own."""
    found = tuple(s for s in shown if s.punished)
    return found if len({network(s.address) for s in found}) >= PUNISHED_SERVERS else ()
