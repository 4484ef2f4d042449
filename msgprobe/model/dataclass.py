"""The standard library's dataclass, whose methods are made when they are first called.

That one compiles six functions for each class where it is defined (half a millisecond on a fast
machine): of what a start costs more than a third, and most of it for methods that a run never
calls. Fields, `replace` and type checkers know no difference. Asked for by the same words, of
which it knows those that the project uses. All rooms take it from here but sealing, and how DER is
read, which import nothing of the model.
"""

from collections.abc import Callable, Collection
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as standard
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # type checkers have rules for that name alone
else:

    def dataclass(
        cls: type | None = None,
        /,
        *,
        frozen: bool = False,
        slots: bool = False,
        kw_only: bool = False,
        eq: bool = True,
    ) -> Any:
        """As `dataclasses.dataclass`; without ``slots`` it is that one."""

        def made(cls: type[T]) -> type[T]:
            if not slots:
                return standard(frozen=frozen, kw_only=kw_only, eq=eq)(cls)
            own = set(cls.__dict__)
            plain = {"init": False, "repr": False, "eq": False}
            found = standard(slots=True, kw_only=kw_only, **plain)(cls)
            for name, method in _methods(found, frozen=frozen, eq=eq).items():
                if name not in own or (name == "__hash__" and _unset(cls, own)):
                    setattr(found, name, method)
            return found

        return made if cls is None else made(cls)


def _unset(cls: type, own: set[str]) -> bool:
    """The interpreter itself has taken the hash away, from a class that says what equals it."""
    return "__eq__" in own and cls.__dict__["__hash__"] is None


def _methods(cls: type, *, frozen: bool, eq: bool) -> dict[str, Any]:
    every = fields(cls)
    methods: dict[str, Any] = {
        "__init__": _first_init(cls, frozen=frozen),
        "__signature__": _Signature(),
        "__repr__": _shown(tuple(f.name for f in every if f.repr)),
    }
    if frozen:
        methods |= {"__setattr__": _refused, "__delattr__": _refused}
        methods |= {"__getstate__": _state, "__setstate__": _restored}
    if eq:
        same, hashed = _compared(tuple(f.name for f in every if f.compare))
        methods |= {"__eq__": same, "__hash__": hashed if frozen else None}
    return methods


# --- what every class has ------------------------------------------------------------------------


def _refused(self: Any, name: str, *value: Any) -> None:
    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, f.name) for f in fields(self)]


def _restored(self: Any, state: list[Any]) -> None:
    for field, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _shown(names: tuple[str, ...]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({said})"

    return __repr__


def _compared(names: tuple[str, ...]) -> tuple[Any, Any]:
    """What says whether two are equal, and what gives the hash."""
    get: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: Any) -> Any:
        return get(self) == get(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:
        return hash(get(self))

    return __eq__, __hash__


# --- the constructor -----------------------------------------------------------------------------


class _Signature:
    """That of the constructor, for `inspect.signature`."""

    def __get__(self, instance: object, cls: type) -> Any:
        from inspect import signature

        made = signature(_init(cls))
        return made.replace(parameters=list(made.parameters.values())[1:])


def _first_init(cls: type, *, frozen: bool) -> Callable[..., None]:
    def __init__(self: Any, *values: Any, **named: Any) -> None:
        made = _written(cls, frozen=frozen)
        cls.__init__ = made  # type: ignore[misc]
        made(self, *values, **named)

    __init__.made = lambda: _written(cls, frozen=frozen)  # type: ignore[attr-defined]
    return __init__


def _init(cls: type) -> Callable[..., None]:
    init: Callable[..., None] = cls.__init__  # type: ignore[misc]
    made: Callable[..., None] = getattr(init, "made", lambda: init)()
    return made


def _written(cls: type, *, frozen: bool) -> Callable[..., None]:
    """The constructor, in one piece of source that names the fields of ``cls``."""
    every = fields(cls)
    ours = _apart({f.name for f in every})
    known: dict[str, Any] = {f"{ours}absent": MISSING}
    this = f"{ours}self" if any(f.name == "self" for f in every) else "self"
    head, lines = _head(every, known, ours), _lines(cls, known, ours, this, frozen=frozen)
    source = f"def __init__({this}{head}):\n " + "\n ".join(lines or ["pass"])
    exec(source, known)
    made: Callable[..., None] = known["__init__"]
    made.__module__, made.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    made.__annotations__ = {f.name: f.type for f in every if f.init} | {"return": None}
    return made


def _head(every: "tuple[Field[Any], ...]", known: dict[str, Any], ours: str) -> str:
    """Its parameters, each behind a comma."""
    asked = [_parameter(f, known, ours) for f in every if f.init and not f.kw_only]
    named = [_parameter(f, known, ours) for f in every if f.init and f.kw_only]
    return "".join(f", {p}" for p in (*asked, *(["*", *named] if named else [])))


def _lines(cls: type, known: dict[str, Any], ours: str, this: str, *, frozen: bool) -> list[str]:
    """What it does, a line each."""
    values = {f.name: v for f in fields(cls) if (v := _value(f, known, ours)) is not None}
    if frozen:
        known |= {f"{ours}set_{name}": getattr(cls, name).__set__ for name in values}
        lines = [f"{ours}set_{name}({this}, {value})" for name, value in values.items()]
    else:
        lines = [f"{this}.{name} = {value}" for name, value in values.items()]
    return [*lines, f"{this}.__post_init__()"] if hasattr(cls, "__post_init__") else lines


def _apart(names: Collection[str]) -> str:
    """What no field's name begins with, so that it may stand before names of our own."""
    ours = "_own_"
    while any(name.startswith(ours) for name in names):
        ours = f"_{ours}"
    return ours


def _parameter(field: "Field[Any]", known: dict[str, Any], ours: str) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}={ours}absent"
    if field.default is MISSING:
        return field.name
    known[f"{ours}default_{field.name}"] = field.default
    return f"{field.name}={ours}default_{field.name}"


def _value(field: "Field[Any]", known: dict[str, Any], ours: str) -> str | None:
    """What the field is set to, None where nothing sets it."""
    name = field.name
    if field.default_factory is not MISSING:
        known[f"{ours}make_{name}"] = field.default_factory
        made = f"{ours}make_{name}()"
        return f"{made} if {name} is {ours}absent else {name}" if field.init else made
    if field.init:
        return name
    if field.default is MISSING:
        return None
    known[f"{ours}default_{name}"] = field.default
    return f"{ours}default_{name}"
