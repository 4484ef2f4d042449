"""Measurements and conversations put where they are looked for, one after another as they come.

Each is filed by the id of its task, so that the order in which they come does not matter.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.resigning import without_resigning
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import DnsObservation, LocalObservation, Proof
from msgprobe.model.run import Evidence
from msgprobe.model.task import Arm, Lookup

MEASUREMENTS: Final = "measurements"
CONVERSATIONS: Final = "conversations"
LOCAL: Final = "local"
LOOKUPS: Final = "lookups"
NAMES: Final = "names"
INSIDE: Final = "inside"
"""What changes when something is filed: all of a kind, or ``(kind, which)``. Of conversations also
``(arm, subject)`` and ``(arm, None)``, and of everything the id of its task."""

_PROVING: Final = (Arm.BASE, Arm.REPEAT, Arm.OTHER_ADDRESS)
"""The arms in which an answer shows where a name leads."""

Filed = TypeVar("Filed", Measurement, Conversation)


class Shelves:
    """All that was seen, by whatever it is asked for."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.measurements: list[Measurement] = []
        self.by_id: dict[str, Measurement] = {}
        self.lookups: list[Measurement] = []
        self.conversations: list[Conversation] = []
        """Without those through the user's proxy."""
        self.conversation_by_id: dict[str, Conversation] = {}
        self.local: LocalObservation | None = None
        self.inside: frozenset[str] = frozenset()
        self._folded: list[Conversation] = []
        self._by_arm: dict[tuple[Arm, str | None], list[Conversation]] = {}
        self._measured: dict[Arm, list[Measurement]] = {}
        self._seen: dict[str, list[tuple[str, Arm, DnsObservation]]] = {}
        self._about: dict[str, list[Conversation]] = {}

    def add(self, measurements: Iterable[Measurement]) -> set[Hashable]:
        """File them. Gives what is no longer as it was."""
        changed: set[Hashable] = set()
        new: list[Conversation] = []
        for m in sorted(measurements, key=_key):
            changed |= {MEASUREMENTS, (MEASUREMENTS, m.task.arm), m.task.id}
            self.by_id[m.task.id] = m
            _file(self.measurements, m)
            _file(self._measured.setdefault(m.task.arm, []), m)
            changed.update(self._local(m))
            changed.update(self._lookup(m))
            conversation = fold(m)
            if conversation is not None:
                _file(self._folded, conversation)
                new.append(conversation)
        otherwise = self.local is not None and (LOCAL in changed or self.local.own_roots)
        fresh, again = self._as_read(new) if otherwise else (new, [])
        for conversation in again:
            changed.update(self._file_conversation(conversation, _replace))
        for conversation in fresh:
            changed.update(self._file_conversation(conversation, _file))
        return changed

    def measured(self, arms: Sequence[Arm]) -> tuple[Measurement, ...]:
        """Measurements of those arms."""
        return _merged([self._measured.get(arm, ()) for arm in dict.fromkeys(arms)])

    def arms(self, arms: Sequence[Arm], subject: str | None) -> tuple[Conversation, ...]:
        """Conversations of those arms, with ``subject`` where one is given."""
        return _merged([self._by_arm.get((arm, subject), ()) for arm in dict.fromkeys(arms)])

    def name(self, host: str) -> NameFacts:
        """What is known about a name; nothing when nobody asked."""
        return NameFacts(
            name=host,
            seen=tuple((arm, o) for _, arm, o in self._seen.get(host, ())),
            proved=frozenset(t.address for t in self._about.get(host, ()) if _proves(t)),
            inside=self.inside,
        )

    def _local(self, m: Measurement) -> Iterator[Hashable]:
        for seen in m.observations:
            # of several the last one counts, by the ids of their tasks
            if isinstance(seen, LocalObservation):
                *_, self.local = (
                    o
                    for other in self.measurements
                    for o in other.observations
                    if isinstance(o, LocalObservation)
                )
                yield LOCAL

    def _lookup(self, m: Measurement) -> Iterator[Hashable]:
        """Only what a Lookup task saw is about the name that it asked for."""
        if not isinstance(m.task.probe, Lookup):
            return
        _file(self.lookups, m)
        yield LOOKUPS
        if m.status is Status.BUG:
            return
        for seen in m.observations:
            if not isinstance(seen, DnsObservation):
                continue
            if not self.inside.issuperset(seen.inside):
                self.inside |= set(seen.inside)
                yield INSIDE
            if seen.failure is None or not seen.failure.is_ours:
                known = self._seen.setdefault(seen.name, [])
                known.append((m.task.id, m.task.arm, seen))
                known.sort(key=lambda told: told[0])
                yield (NAMES, seen.name)

    def _as_read(
        self, new: Sequence[Conversation]
    ) -> tuple[list[Conversation], list[Conversation]]:
        """The new conversations, and those that are read otherwise since then: what only an
        authority which re-signs here vouches for (see `resigning`)."""
        read = without_resigning(self._folded, self._evidence, self.local)
        fresh, again = [], []
        unfiled = {id(t) for t in new}
        for plain, now in zip(self._folded, read, strict=True):
            if id(plain) in unfiled:
                fresh.append(now)
            elif (now is plain) is not (self.conversation_by_id[plain.task.id] is plain):
                again.append(now)
        return fresh, again

    def _file_conversation(
        self, t: Conversation, put: Callable[[list[Conversation], Conversation], None]
    ) -> Iterator[Hashable]:
        arm, subject = t.task.arm, t.task.subject
        self.conversation_by_id[t.task.id] = t
        yield t.task.id
        for where in ((arm, subject), (arm, None)):
            put(self._by_arm.setdefault(where, []), t)
            yield where
        if arm is Arm.SECOND_PATH:
            return
        put(self.conversations, t)
        yield CONVERSATIONS
        if arm in _PROVING and t.flow.host:
            put(self._about.setdefault(t.flow.host, []), t)
            yield (NAMES, t.flow.host)


def _proves(t: Conversation) -> bool:
    """It shows that its address is the name's. Any server answers datagrams with what it was asked:
    that shows no name's address."""
    udp = t.protocol is not None and t.protocol.transport == "udp"
    return t.genuine and not (udp and t.proof < Proof.CRYPTO)


def _key(one: Measurement | Conversation) -> str:
    return one.task.id


def _file(shelf: list[Filed], one: Filed) -> None:
    """Put it in its place."""
    if not shelf or shelf[-1].task.id <= one.task.id:
        shelf.append(one)
    else:
        shelf.insert(bisect_right(shelf, one.task.id, key=_key), one)


def _replace(shelf: list[Filed], one: Filed) -> None:
    """Put it where another reading of the same is."""
    shelf[bisect_left(shelf, one.task.id, key=_key)] = one


def _merged(shelves: Sequence[Iterable[Filed]]) -> tuple[Filed, ...]:
    if len(shelves) == 1:
        return tuple(shelves[0])
    return tuple(sorted((one for shelf in shelves for one in shelf), key=_key))
