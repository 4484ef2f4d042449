"""Values to plain JSON data and back, strictly, with the path of every fault.

The format only grows: keys that this version does not know are ignored, missing keys take the
field's default, but a value of the wrong type is refused, never coerced (``"5"`` is no port).
Tuples are lists in JSON, enums are their values, and the two unions (`Observation`, `Probe`) carry
a ``type`` key.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from msgprobe.model import observation as seen
from msgprobe.model.message import Message
from msgprobe.model.task import Flow, Inspect, Lookup, Probe
from msgprobe.model.verdict import Outcome, State

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

OBSERVATION_TAGS: Mapping[str, type] = {
    "local": seen.LocalObservation,
    "dns": seen.DnsObservation,
    "tcp": seen.TcpObservation,
    "tls": seen.TlsObservation,
    "http": seen.HttpObservation,
    "protocol": seen.ProtocolObservation,
    "transfer": seen.TransferObservation,
}
PROBE_TAGS: Mapping[str, type] = {"inspect": Inspect, "lookup": Lookup, "flow": Flow}
_UNIONS: tuple[tuple[UnionType, Mapping[str, type]], ...] = (
    (seen.Observation, OBSERVATION_TAGS),
    (Probe, PROBE_TAGS),
)


class CodecError(ValueError):
    """Data that is not the value it should be. ``path`` is like ``$.measurements[3].window``."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


_TAGS: Mapping[type, str] = {cls: tag for _, tags in _UNIONS for tag, cls in tags.items()}


def to_json(value: Any) -> Any:
    """``value`` as dicts, lists, strings, numbers, booleans and None.

    A member of a union is always tagged, so that it can be read back through the union.
    """
    cls: Any = type(value)
    return _writing(cls)(value)


@cache
def _writing(cls: Any) -> Callable[[Any], Any]:
    """What writes values of that class."""
    if issubclass(cls, Enum):
        return lambda value: value.value
    if issubclass(cls, str | int | float | NoneType):
        return lambda value: value
    if issubclass(cls, tuple | list):
        return lambda value: [v if type(v) in _AS_THEY_ARE else to_json(v) for v in value]
    if issubclass(cls, Message):
        return lambda value: {"key": value.key, "values": dict(value.values)}
    if issubclass(cls, Mapping):
        return lambda value: {to_json(key): to_json(item) for key, item in value.items()}
    names = tuple(field.name for field in fields(cls))
    begins = {"type": _TAGS[cls]} if cls in _TAGS else {}

    def write(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(begins)
        for name in names:
            item = getattr(value, name)
            found[name] = item if type(item) in _AS_THEY_ARE else to_json(item)
        return found

    return write


_AS_THEY_ARE = frozenset((str, int, float, bool, NoneType))


def from_json(cls: type[T], data: object, *, path: str = "$") -> T:
    """The value of type ``cls`` (a dataclass, an enum, a tuple of them or a union) in ``data``.

    Raises CodecError at the first fault, with its path below ``path``.
    """
    from cattrs import BaseValidationError, transform_error

    try:
        return _converter().structure(data, cls)
    except BaseValidationError as error:
        found = transform_error(error, path=path, format_exception=_say)
        why, _, where = found[0].rpartition(" @ ")
        raise CodecError(where or path, why or found[0]) from None
    except (ValueError, TypeError, KeyError) as error:
        raise CodecError(path, _say(error, cls)) from None


def _say(error: BaseException, cls: type | None) -> str:
    if isinstance(error, KeyError):
        return f"the key {error.args[0]!r} is missing"
    if isinstance(error, ValueError | TypeError) and error.args:
        return str(error.args[0])
    return f"is no {getattr(cls, '__name__', 'valid value')}"


@cache
def _converter() -> "Converter":
    from cattrs import Converter

    converter = Converter(detailed_validation=True)
    for kind, accepts, words in (
        (str, (str,), "text"),
        (bool, (bool,), "true or false"),
        (int, (int,), "a whole number"),
        (float, (int, float), "a number"),
    ):
        converter.register_structure_hook(kind, _primitive(kind, accepts, words))
    converter.register_structure_hook_factory(_is_tuple, lambda t: _tuple(converter, t))
    converter.register_structure_hook_factory(_is_record, lambda t: _record(converter, t))
    for union, tags in _UNIONS:
        _tagged(converter, union, tags)
    converter.register_structure_hook(Message, _message)
    converter.register_structure_hook(Outcome | State | None, _outcome_or_state)
    return converter


def _message(data: Any, _: Any) -> Message:
    if not isinstance(data, Mapping):
        raise TypeError(f"should be an object, is {_kind(data)}")
    key, values = data.get("key"), data.get("values", {})
    if not isinstance(key, str) or not isinstance(values, Mapping):
        raise TypeError("should have a text as key, and an object of values")
    for value in values.values():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise TypeError(f"should hold texts and numbers, holds {_kind(value)}")
    return Message(key=key, values=tuple(values.items()))


def _kind(data: object) -> str:
    match data:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return type(data).__name__


def _primitive(kind: type, accepts: tuple[type, ...], words: str) -> Callable[[Any, Any], Any]:
    def structure(data: Any, cls: Any) -> Any:
        # dispatch is by class, and a StrEnum is a str, an IntEnum an int
        if cls is not kind and _is_enum(cls):
            return _enum(data, cls)
        # bool is an int to Python, never to a reader of the file
        if not isinstance(data, accepts) or (isinstance(data, bool) and kind is not bool):
            raise TypeError(f"should be {words}, is {_kind(data)}")
        return kind(data)

    return structure


def _is_enum(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Enum)


def _enum(data: Any, cls: Any) -> Any:
    for member in cls:
        # `1 == True` in Python; a proof level is a number
        if member.value == data and not isinstance(data, bool):
            return member
    known = [str(member.value) for member in cls]
    listed = ", ".join(known if len(known) <= 12 else [*known[:12], "..."])
    shown = repr(data)[:60]
    raise ValueError(f"{shown} is no {cls.__name__.lower()} that this version knows ({listed})")


def _is_tuple(cls: Any) -> bool:
    return getattr(cls, "__origin__", None) is tuple


def _tuple(converter: "Converter", cls: Any) -> Callable[[Any, Any], Any]:
    from cattrs import IterableValidationError, IterableValidationNote

    args = get_args(cls)
    endless = len(args) == 2 and args[1] is Ellipsis

    def structure(data: Any, _: Any) -> Any:
        if not isinstance(data, list | tuple):
            raise TypeError(f"should be a list, is {_kind(data)}")
        if not endless and len(data) != len(args):
            raise ValueError(f"should have {len(args)} entries, has {len(data)}")
        kinds = [args[0]] * len(data) if endless else list(args)
        found = []
        for index, (item, kind) in enumerate(zip(data, kinds, strict=True)):
            try:
                found.append(converter.structure(item, kind))
            except Exception as error:
                note = f"Structuring {cls} @ index {index}"
                error.add_note(IterableValidationNote(note, index, kind))
                raise IterableValidationError(f"While structuring {cls}", [error], cls) from None
        return tuple(found)

    return structure


def _is_record(cls: Any) -> bool:
    return isinstance(cls, type) and hasattr(cls, "__dataclass_fields__")


def _record(converter: "Converter", cls: Any) -> Callable[[Any, Any], Any]:
    from cattrs.gen import make_dict_structure_fn

    structure_fields = make_dict_structure_fn(cls, converter)

    def structure(data: Any, kind: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"should be an object, is {_kind(data)}")
        return structure_fields(data, kind)

    return structure


def _tagged(converter: "Converter", union: UnionType, tags: Mapping[str, type]) -> None:
    def structure(data: Any, _: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"should be an object, is {_kind(data)}")
        tag = data.get("type")
        if not isinstance(tag, str) or tag not in tags:
            known = ", ".join(tags)
            raise ValueError(f"type {repr(tag)[:60]} is none that this version knows ({known})")
        return converter.structure(data, tags[tag])

    converter.register_structure_hook(union, structure)


def _outcome_or_state(data: Any, _: Any) -> Any:
    if data is None:
        return None
    for kind in (Outcome, State):
        if any(member.value == data for member in kind):
            return kind(data)
    raise ValueError(f"{repr(data)[:60]} is neither an outcome nor a state of a connection")
