"""Changes to files that leave them files of their kind: bytes alone rarely get past the syntax."""

import contextlib
import json
import random
from collections.abc import Callable
from typing import Any, Final

Mutator = Callable[[bytes, int, int], bytes | None]
"""A changed input of at most so many octets, by a seed; None: change its bytes instead."""

_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**30), 0.5, -1e308, 1e-320, "", " ",
    "\0", "\ud800", "\x1b[2J", "\u202e", "1", "::", "::1", "192.0.2.1", "127.0.0.1", "0.0.0.0",
    "2026-01-05T10:30:00Z", "2026-02-30", "a.test", "x" * 300, "b.acme#3", "t.first.a.0", "d12.a",
    [], {}, [[]], [0], [1, 2, 3], [None], {"type": "tls"}, {"type": "dns"}, {"a": 0},
)  # fmt: skip
_TOML: Final = (
    '""', '"a"', "0", "-1", "65536", "443", "true", "[]", "{}", "[1]", '["a"]', '[""]', "nan",
    "inf", '"\\u0000"', '"xn--a.test"', '"192.0.2.1"', '"0.0.0.0/0"', '"::/0"', '"2026-01-05"',
    "'(.*)'", '"tls"', '"mtproto"', '"transfer"', '"\U0001f600"', "9" * 20, "1e400", "1979-05-27",
    "'''\n'''", '"."', '"a..b"', '"-a"', '"%00"', '"//"', '"C: a"', '"S a: ..."', "{ a = 1 }",
)  # fmt: skip


def json_document(data: bytes, most: int, seed: int) -> bytes | None:
    """One to four changes to the tree of a JSON document."""
    chance = random.Random(seed)
    if chance.random() < 0.1:
        return None
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return None
    places = _places(tree)
    if not places:
        return None
    for _ in range(chance.randint(1, 4)):
        with contextlib.suppress(LookupError):  # gone with the change before
            _change(chance, places)
    try:
        found = json.dumps(tree, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return None
    return found if len(found) <= most else None


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with every key or index that it has."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 5000:
        one = waiting.pop()
        for key, value in one.items() if type(one) is dict else enumerate(one):
            found.append((one, key))
            if type(value) is dict or type(value) is list:
                waiting.append(value)
    return found


def _change(chance: random.Random, places: list[tuple[Any, Any]]) -> None:
    where, key = chance.choice(places)
    match chance.randrange(7):
        case 0 | 1:
            where[key] = _copy(chance.choice(_ODD))
        case 2:
            del where[key]
        case 3:
            from_where, from_key = chance.choice(places)
            where[key] = _copy(from_where[from_key])
        case 4 if isinstance(where, list):
            where.insert(key, _copy(where[key]))
        case 4:
            other, other_key = chance.choice(places)
            where[str(other_key)] = _copy(other[other_key])
        case 5:
            where[key] = _nudged(chance, where[key])
        case _:
            other, other_key = chance.choice(places)
            held = other[other_key]
            other[other_key], where[key] = _copy(where[key]), _copy(held)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, dict | list) else value


def _nudged(chance: random.Random, value: Any) -> Any:
    """The same kind of value, a little different."""
    match value:
        case bool():
            return not value
        case int():  # a long one is no float
            return chance.choice((value + 1, value - 1, -value, value * 2, value // 3, 0.5, 0))
        case float():
            return chance.choice((value + 1, value - 1, -value, value * 2, value / 3, 0))
        case str() if value:
            at = chance.randrange(len(value))
            piece = chance.choice(("", "0", ".", ":", "#", "é", value[at] * 2, value))
            return value[:at] + piece + value[at + 1 :]
        case list() if value:
            return value * 2 if len(value) < 50 else value[:1]
        case _:
            return _copy(chance.choice(_ODD))


def toml_document(data: bytes, most: int, seed: int) -> bytes | None:
    """One to three changes to the lines of a TOML document."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        return None
    lines = data.decode("utf-8", "replace").split("\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        name, mark, value = lines[at].partition("=")
        match chance.randrange(6):
            case 0 | 1 if mark:
                lines[at] = f"{name}= {chance.choice(_TOML)}"
            case 2 if len(lines) > 1:
                del lines[at]
            case 3:
                lines.insert(chance.randrange(len(lines) + 1), lines[at])
            case 4 if mark:
                other = chance.choice(lines).partition("=")
                lines[at] = f"{name}={other[2]}" if chance.random() < 0.5 else f"{other[0]}={value}"
            case _:
                other_at = chance.randrange(len(lines))
                lines[at], lines[other_at] = lines[other_at], lines[at]
    found = "\n".join(lines).encode("utf-8", "replace")
    return found if len(found) <= most else None
