"""What is declared by it acts as the standard library's own does; only its cost is another."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, FrozenInstanceError, field, fields, is_dataclass, replace
from typing import Any, Generic, TypeVar

import pytest

import msgprobe
from msgprobe.model import dataclass as ours

T = TypeVar("T")
Declare = Callable[..., Any]


def _plain(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Plain:
        a: int
        b: str = "x"
        c: list[int] = field(default_factory=list)
        d: float = field(default=1.0, compare=False)
        e: str = field(default="secret", repr=False)

    return Plain


def _by_place(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True)
    class ByPlace:
        a: int
        b: str = "x"
        c: int = field(default=3, kw_only=True)

    return ByPlace


def _changing(dataclass: Declare) -> type:
    @dataclass(slots=True)
    class Changing:
        a: int
        b: list[int] = field(default_factory=list, init=False)
        c: int | None = field(default=None, init=False)

        def __post_init__(self) -> None:
            self.b.append(self.a)

    return Changing


def _heir(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Parent:
        a: int
        b: int = 2

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Heir(Parent):
        c: int = 3
        b: int = 4

    return Heir


def _generic(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Holder(Generic[T]):
        a: T

    return Holder


def _identity(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True, kw_only=True, eq=False)
    class Identity:
        a: int

    return Identity


def _own_methods(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Own:
        a: int
        b: int = 0

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.a == other.a

        def __hash__(self) -> int:
            return self.a

        def __repr__(self) -> str:
            return "own"

    return Own


def _own_equality(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class OwnEquality:
        a: int

        def __eq__(self, other: object) -> bool:
            return True

    return OwnEquality


def _empty(dataclass: Declare) -> type:
    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    return Empty


def _like_ours(dataclass: Declare) -> type:
    """Its fields are called as what the constructor is made with."""

    @dataclass(slots=True, kw_only=True)
    class LikeOurs:
        self: int = 0
        a: list[int] = field(default_factory=list)
        _absent: object = None
        _own_absent: object = None
        _own_make_a: object = None
        _own_default_b: object = None
        b: int = 7
        MISSING: object = None
        list: object = None

    return LikeOurs


def _open(dataclass: Declare) -> type:
    @dataclass(frozen=True, kw_only=True)
    class Open:
        a: int

    return Open


SHAPES = (
    _plain,
    _by_place,
    _changing,
    _heir,
    _generic,
    _identity,
    _own_methods,
    _own_equality,
    _empty,
    _like_ours,
    _open,
)

CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    ((1,), {}),
    ((1, "y"), {}),
    ((1, 2, 3, 4), {}),
    ((), {"a": 1}),
    ((), {"a": 1, "b": "y"}),
    ((), {"a": 1, "c": 7}),
    ((), {"a": 1, "d": 2.0}),
    ((), {"a": 1, "stranger": 2}),
    ((), {"b": "y"}),
)


def _told(act: Callable[[], Any]) -> Any:
    """What comes of it, or the kind of exception."""
    try:
        return act()
    except Exception as error:
        return type(error)


def _about(cls: type, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """All that can be asked of what a call makes; addresses and classes are left out of it."""
    made = _told(lambda: cls(*args, **named))
    if isinstance(made, type):
        return [made]
    again = cls(*args, **named)
    same = _told(lambda: hash(made) == hash(again))
    return [
        repr(made) if "object at" not in repr(made) else "plain",
        {f.name: getattr(made, f.name) for f in fields(made)},
        made == again,
        made != object(),
        same,
        _told(lambda: repr(replace(made, a=5))),
        _told(lambda: made == replace(made, a=5)),
        isinstance(_told(lambda: setattr(made, "a", 9)), type),
        # the standard library's own says so by a TypeError of an inner call where there are slots
        isinstance(_told(lambda: setattr(made, "unknown", 9)), type),
        repr(copy.copy(made)) == repr(made),
        repr(copy.deepcopy(made)) == repr(made),
        hasattr(made, "__dict__"),
        _told(lambda: delattr(made, "b" if cls.__name__ == "Empty" else "a")) is not None,
    ]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__.strip("_"))
def test_acts_as_the_standard_one(shape: Callable[[Declare], type]) -> None:
    for args, named in CALLS:
        mine, theirs = shape(ours.dataclass), shape(dataclasses.dataclass)
        assert _about(mine, args, named) == _about(theirs, args, named), (args, named)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__.strip("_"))
def test_tells_the_same_of_itself(shape: Callable[[Declare], type]) -> None:
    mine, theirs = shape(ours.dataclass), shape(dataclasses.dataclass)
    assert is_dataclass(mine)
    assert [f.name for f in fields(mine)] == [f.name for f in fields(theirs)]
    assert mine.__match_args__ == theirs.__match_args__  # type: ignore[attr-defined]
    assert list(inspect.signature(mine).parameters) == list(inspect.signature(theirs).parameters)
    kinds = [p.kind for p in inspect.signature(mine).parameters.values()]
    assert kinds == [p.kind for p in inspect.signature(theirs).parameters.values()]


def test_what_one_makes_the_other_is_not() -> None:
    mine, theirs = _plain(ours.dataclass), _plain(dataclasses.dataclass)
    assert mine(a=1) != theirs(a=1)


def test_factories_make_anew() -> None:
    cls = _plain(ours.dataclass)
    assert cls(a=1).c is not cls(a=1).c


def test_a_missing_argument_is_named() -> None:
    cls = _plain(ours.dataclass)
    with pytest.raises(TypeError, match=r"Plain\.__init__\(\) missing 1 required .* 'a'"):
        cls()


@ours.dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Of this module, so that it can be pickled."""

    a: int
    b: tuple[str, ...] = ()


def test_survives_pickling() -> None:
    kept = Kept(a=1, b=("x",))
    assert pickle.loads(pickle.dumps(kept)) == kept
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'a'"):
        kept.a = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'a'"):
        del kept.a


def test_nothing_is_compiled_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    written = ours._written

    def counted(cls: type, *, frozen: bool) -> Any:
        compiled.append(cls.__name__)
        return written(cls, frozen=frozen)

    monkeypatch.setattr(ours, "_written", counted)
    cls = _plain(ours.dataclass)
    assert compiled == []
    for number in range(3):
        assert cls(a=number).a == number
    assert compiled == ["Plain"]


def _declared() -> Iterator[type]:
    """Every class of the project that is declared so."""
    for one in pkgutil.walk_packages(msgprobe.__path__, "msgprobe."):
        if not one.name.endswith("__main__"):
            importlib.import_module(one.name)
    for name, module in list(sys.modules.items()):
        if name.startswith("msgprobe."):
            for cls in vars(module).values():
                if (
                    isinstance(cls, type)
                    and cls.__module__ == name
                    and "__signature__" in vars(cls)
                ):
                    yield cls


def test_every_constructor_of_the_project_can_be_made() -> None:
    """And what it is not given is as declared."""
    found = list(_declared())
    assert len(found) > 200
    for cls in found:
        taken = {f.name: f for f in fields(cls) if f.init}
        assert set(inspect.signature(cls).parameters) == set(taken), cls
        if hasattr(cls, "__post_init__"):
            continue
        needed = {
            name: object()
            for name, f in taken.items()
            if f.default is MISSING and f.default_factory is MISSING
        }
        made = cls(**needed)
        for name, f in taken.items():
            value = getattr(made, name)
            if name in needed:
                assert value is needed[name], (cls, name)
            elif f.default_factory is MISSING:
                assert value is f.default, (cls, name)
            else:
                assert type(value) is type(f.default_factory()), (cls, name)
