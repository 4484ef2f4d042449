"""The moment of a look as planners see it: whatever they read of it is noted in the ledger."""

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from typing import Any, TypeVar, overload

from msgprobe.evidence.ledger import Ledger
from msgprobe.model.task import Running, Task
from msgprobe.planning.moment import Moment

Row = TypeVar("Row")
Other = TypeVar("Other")


class WatchedMoment:
    """A moment that becomes a later one; see `Moment`."""

    def __init__(self, ledger: Ledger, moment: Moment) -> None:
        self._ledger = ledger
        self.plain = moment
        """The same, for who works out nothing that is kept."""
        self.running = WatchedTasks[Running](ledger, "running")
        self.opened = WatchedIds(ledger, "opened")
        self.secured = WatchedIds(ledger, "secured")
        self.queued = WatchedTasks[Task](ledger, "queued")
        self.becomes(moment)

    def becomes(self, moment: Moment) -> None:
        """From now on it is this one."""
        if moment.spent != self.plain.spent:
            self._ledger.changed("spent")
        if moment.stood_still != self.plain.stood_still:
            self._ledger.changed("stood_still")
        if moment.filled != self.plain.filled:
            self._ledger.changed("filled")
        self.plain = moment
        self.running.become(moment.running)
        self.opened.become(moment.opened)
        self.secured.become(moment.secured)
        self.queued.become(moment.queued)
        self._ledger.clock(moment.now)

    @property
    def now(self) -> float:
        """Seconds since the run began. What reads it is worked out anew at each look: ask `past`
        or `due` of the planning context where that will do."""
        self._ledger.read("now")
        return self.plain.now

    @property
    def spent(self) -> int:
        """Bytes of conversations."""
        self._ledger.read("spent")
        return self.plain.spent

    @property
    def stood_still(self) -> float:
        """Seconds in which this device stood still."""
        self._ledger.read("stood_still")
        return self.plain.stood_still

    @property
    def filled(self) -> bool:
        """The line is a thin one, and conversations have waited for others to be carried."""
        self._ledger.read("filled")
        return self.plain.filled


class WatchedTasks(Mapping[str, Row]):
    """Tasks of which something is true, and what is known of them, by id."""

    def __init__(self, ledger: Ledger, what: str) -> None:
        self._ledger = ledger
        self._what = what
        self._tasks: Mapping[str, Row] = {}

    def become(self, tasks: Mapping[str, Row]) -> None:
        """From now on it is true of these."""
        was = self._tasks
        others = {i for i, r in tasks.items() if was.get(i) != r} | (was.keys() - tasks.keys())
        self._tasks = tasks
        if others:
            self._ledger.changed(self._what, *((self._what, i) for i in others))

    def __getitem__(self, task_id: str) -> Row:
        self._ledger.read((self._what, task_id))
        return self._tasks[task_id]

    def __contains__(self, task_id: object) -> bool:
        self._ledger.read((self._what, task_id))
        return task_id in self._tasks

    @overload
    def get(self, task_id: str, /) -> Row | None: ...
    @overload
    def get(self, task_id: str, /, default: Row | Other) -> Row | Other: ...
    def get(self, task_id: str, /, default: Any = None) -> Any:
        """What is known of it, where it is true of that task."""
        self._ledger.read((self._what, task_id))
        return self._tasks.get(task_id, default)

    def __iter__(self) -> Iterator[str]:
        self._ledger.read(self._what)
        return iter(self._tasks)

    def __len__(self) -> int:
        self._ledger.read(self._what)
        return len(self._tasks)


class WatchedIds(Collection[str]):
    """Ids of tasks of which something is true."""

    def __init__(self, ledger: Ledger, what: str) -> None:
        self._ledger = ledger
        self._what = what
        self._ids: frozenset[str] = frozenset()

    def become(self, ids: frozenset[str]) -> None:
        """From now on it is true of these."""
        if others := self._ids ^ ids:
            self._ids = ids
            self._ledger.changed(self._what, *((self._what, i) for i in others))

    def __contains__(self, task_id: object) -> bool:
        self._ledger.read((self._what, task_id))
        return task_id in self._ids

    def __iter__(self) -> Iterator[str]:
        self._ledger.read(self._what)
        return iter(self._ids)

    def __len__(self) -> int:
        self._ledger.read(self._what)
        return len(self._ids)


class Promises(MutableMapping[str, tuple[str, str]]):
    """Addresses of neutral servers that are shown a name from now on: service and name.

    Of one look, and planners add to them one after another: what reads them cannot be kept.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._made: dict[str, tuple[str, str]] = {}

    @property
    def _open(self) -> dict[str, tuple[str, str]]:
        assert self._ledger.depth <= 1, "promises are part of nothing that is kept"
        return self._made

    def __getitem__(self, address: str) -> tuple[str, str]:
        return self._open[address]

    def __setitem__(self, address: str, promise: tuple[str, str]) -> None:
        self._open[address] = promise

    def __delitem__(self, address: str) -> None:
        del self._open[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)
