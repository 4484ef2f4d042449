"""What is worked out from evidence that grows: once, and again only where what it rests on changed.

A planner looks many times at evidence that has gained a measurement or two since. So whoever works
something out notes, while he does, which inputs he read (the conversations of an arm, a task under
way, the clock) and which other values. Nobody declares what depends on what: it is what was read,
and nothing can be read but through the ledger. A value holds as long as no input of its own has
changed, its time is not up, and all values that it rests on are still equal to what they were.

Evidence that is complete, as a saved run's, has no ledger: there everything is worked out once.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

Value = TypeVar("Value")
Asked = ParamSpec("Asked")

NEVER = float("inf")

_UNKNOWN: Any = object()


class Node:
    """One value, with how to work it out and what was read for that. The turns are those of its
    ledger: ``holds`` is the last one in which it is known to hold, ``changed`` the one in which it
    became what it is.

    It holds until ``until``, in seconds since the run began; ``wake`` is when time alone may change
    it or what it rests on, as far as somebody has to look then.
    """

    __slots__ = (
        *("changed", "given", "holds", "inputs", "nodes", "until", "value", "wake", "woken"),
        "work_out",
    )

    def __init__(self, work_out: Callable[[], Any], given: tuple[object, ...] = ()) -> None:
        self.work_out = work_out
        self.given = given  # keeps alive what it is found by
        self.value: Any = _UNKNOWN
        self.holds = self.changed = -1
        self.inputs: frozenset[Hashable] = frozenset()
        self.nodes: tuple[Node, ...] = ()
        self.until = self.wake = self.woken = NEVER


class Reading:
    """What is being read to work out one value."""

    __slots__ = ("inputs", "nodes", "until", "wake")

    def __init__(self) -> None:
        self.inputs: set[Hashable] = set()
        self.nodes: dict[Node, None] = {}
        """In the order in which they were read."""
        self.until = self.wake = NEVER

    @property
    def woken(self) -> float:
        """The first moment at which somebody has to look again."""
        return min(self.wake, *(n.woken for n in self.nodes)) if self.nodes else self.wake


class Ledger:
    """Which inputs have changed, and who has read which."""

    def __init__(self) -> None:
        self.now = 0.0
        self._turn = 0
        self._changes: list[Hashable] = []
        """The input that changed in each turn."""
        self._since: dict[int, frozenset[Hashable]] = {}
        self._readings = [Reading()]
        """What is being read for values, each for the one before; the first is the look itself."""
        self._nodes: dict[Hashable, Node] = {}

    # -- inputs

    def changed(self, *inputs: Hashable) -> None:
        """From now on these inputs are others than they were."""
        self._changes.extend(inputs)
        self._turn = len(self._changes)
        self._since.clear()

    def clock(self, now: float) -> None:
        """It is ``now``, in seconds since the run began. Time never runs backwards."""
        self.now = now
        self.changed("now")

    def read(self, one: Hashable) -> None:
        """Whoever works something out rests on this input."""
        self._readings[-1].inputs.add(one)

    def past(self, at: float, *, wake: bool = False) -> bool:
        """Whether it is ``at`` by now; ``wake`` asks for another look then."""
        if self.now >= at:
            return True
        reading = self._readings[-1]
        reading.until = min(reading.until, at)
        if wake:
            reading.wake = min(reading.wake, at)
        return False

    # -- looks

    def look_again(self) -> None:
        """Another look begins."""
        self._readings = [Reading()]

    @property
    def wake_at(self) -> float:
        """When time alone may change something that was asked for in this look."""
        return self._readings[0].woken

    @property
    def depth(self) -> int:
        """How many values are being worked out just now, each for the one before."""
        return len(self._readings) - 1

    # -- values

    def value(self, node: Node) -> Any:
        """The node's value, worked out where it does not hold any more."""
        if node.holds != self._turn:
            self._refresh(node)
        self._readings[-1].nodes[node] = None
        return node.value

    def found(self, key: Hashable) -> Node | None:
        """The node that was `filed` under ``key``."""
        return self._nodes.get(key)

    def filed(self, key: Hashable, node: Node) -> Node:
        """File it under ``key``, which may name some of what it keeps alive by its identity."""
        self._nodes[key] = node
        return node

    def _refresh(self, node: Node) -> None:
        if node.value is not _UNKNOWN and self._still(node):
            return
        reading = Reading()
        self._readings.append(reading)
        try:
            value = node.work_out()
        finally:
            self._readings.pop()
        if node.value is _UNKNOWN or node.value != value:
            node.value, node.changed = value, self._turn
        node.inputs, node.nodes = frozenset(reading.inputs), tuple(reading.nodes)
        node.until, node.wake = reading.until, reading.wake
        node.woken = reading.woken
        node.holds = self._turn

    def _still(self, node: Node) -> bool:
        """Whether it holds, for nothing of what it rests on has changed since it last did."""
        at, turn, woken = node.holds, self._turn, node.wake
        if self.now >= node.until or not node.inputs.isdisjoint(self._after(at)):
            return False
        for other in node.nodes:
            if other.holds != turn:
                self._refresh(other)
            if other.changed > at:
                return False
            if other.woken < woken:
                woken = other.woken
        node.holds, node.woken = turn, woken
        return True

    def _after(self, turn: int) -> frozenset[Hashable]:
        """The inputs that have changed after that turn."""
        found = self._since.get(turn)
        if found is None:
            found = self._since[turn] = frozenset(self._changes[turn:])
        return found


class Kept(Protocol):
    """Whatever works something out from evidence; None: its evidence is complete."""

    @property
    def ledger(self) -> Ledger | None:
        """Who knows what has changed."""


Owner = TypeVar("Owner", bound=Kept)


class derived(Generic[Value]):
    """A property of what has a ledger, worked out when asked for and kept while it holds."""

    def __init__(self, work_out: Callable[[Any], Value]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._kept = f"{name} kept"

    @overload
    def __get__(self, instance: None, owner: type) -> "derived[Value]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: Any, owner: type) -> "derived[Value] | Value":
        if instance is None:
            return self
        ledger: Ledger | None = instance.ledger
        here = instance.__dict__
        if ledger is None:  # found there the next time, without us
            value: Value = self._work_out(instance)
            here[self._name] = value
            return value
        kept = here.get(self._kept)
        if kept is None:
            kept = here[self._kept] = Node(lambda: self._work_out(instance))
        found: Value = ledger.value(kept)
        return found


def remembered(
    function: Callable[Concatenate[Owner, Asked], Value],
) -> Callable[Concatenate[Owner, Asked], Value]:
    """A function of what has a ledger, kept while it holds, for each set of arguments.

    Names, numbers and tuples of such count by their value, everything else by its identity: give
    it rows of the catalogue, nothing that is made anew each time. Nobody may change its value.
    """

    @wraps(function)
    def asked(owner: Owner, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Value:
        assert not kwargs
        key: Hashable
        if len(args) == 1:  # as nearly always, and this is asked some ten thousand times
            (a,) = args
            key = function, id(owner), a if isinstance(a, _PLAIN) else id(a)
        else:
            key = (function, id(owner), *[a if isinstance(a, _PLAIN) else id(a) for a in args])
        ledger = owner.ledger
        if ledger is not None:
            node = ledger.found(key) or ledger.filed(
                key, Node(lambda: function(owner, *args, **kwargs), (owner, *args))
            )
            found: Value = ledger.value(node)
            return found
        here: dict[Hashable, tuple[Value, object]] = owner.__dict__.setdefault("remembered", {})
        if key not in here:
            here[key] = function(owner, *args, **kwargs), args
        return here[key][0]

    return asked


_PLAIN = (str, int, float, tuple, type(None))


def joined(parts: Iterable[Iterable[Value]]) -> tuple[Value, ...]:
    """All of them, one after another."""
    return tuple(one for part in parts for one in part)
