"""Every field of a run by itself, so that it can be taken out later and the rest still proves.

A field is a value without parts, or a list or object in which there is no text (the numbers of a
curve stay together). Its leaf is ``["SALT",VALUE]`` and a line end; the list of leaves has for each
the SHA-256 of that and the field's path (RFC 6901). The salt, different for each field, keeps
others from finding a short value by trying; it is made of a secret that only the whole package
holds. The same idea: SD-JWT (RFC 9901 §4.2), with the paths left in the open, so that everybody
sees which field is not there.
"""

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from msgprobe.sealing.error import Fault, PackageError

MOST_VALUES = 1_000_000
"""Of a run, as a bound on memory: one of a megabyte has a tenth of it."""
LARGEST_PATHS = 64 * 1024 * 1024
"""Characters of all paths of a run together; one of a megabyte has two millions."""
DEEPEST = 64
"""Lists and objects within each other; a run has a dozen."""
SECRET_BYTES = 32
GONE = "-"
"""Stands in the fields of a copy where one was taken out."""

_LINE = re.compile(r"([0-9a-f]{64})  (/[^\n]*)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field: where it is, and the line that its hash is of; None where it was taken out."""

    path: str
    sha256: str
    line: str | None


def secret_text(secret: bytes) -> bytes:
    """How the secret of the salts is stored."""
    return secret.hex().encode() + b"\n"


def read_secret(data: bytes, name: str) -> bytes:
    """The secret in the file ``name``. Raises PackageError."""
    if not re.fullmatch(rb"[0-9a-f]{%d}\n" % (2 * SECRET_BYTES), data):
        raise PackageError(Fault.CHANGED, name)
    return bytes.fromhex(data[:-1].decode())


def leaves(evidence: bytes, secret: bytes) -> list[Leaf]:
    """The fields of a saved run, in its order. Raises ValueError where it is no JSON object, has a
    key twice, or is too large."""
    run = _parsed(evidence)
    texts: set[int] = set()
    _texts(run, texts, DEEPEST)
    found: list[Leaf] = []
    room = LARGEST_PATHS
    for path, value in _fields("", run, texts):
        room -= len(path)
        if room < 0:
            raise ValueError("it has longer names than any run")
        found.append(_leaf(len(found), path, value, secret))
    return found


def _leaf(number: int, path: str, value: Any, secret: bytes) -> Leaf:
    salt = hmac.digest(secret, number.to_bytes(8, "big"), "sha256")[:16]
    line = f'["{urlsafe_b64encode(salt).decode().rstrip("=")}",{_compact(value)}]'
    return Leaf(path, _sha256(line), line)


def _sha256(line: str) -> str:
    return hashlib.sha256(f"{line}\n".encode()).hexdigest()


_compact = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _parsed(evidence: bytes) -> dict[str, Any]:
    if sum(evidence.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise ValueError("it has more values than any run")
    try:
        found = json.loads(evidence, object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested deeper than any run") from None
    if not isinstance(found, dict):
        raise ValueError("it is no saved run")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a key twice in one object")
    return found


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _texts(value: Any, found: set[int], depth: int) -> bool:
    """Whether there is text in ``value``; ``found`` gets the lists and objects where there is."""
    if isinstance(value, str):
        return True
    if not isinstance(value, dict | list):
        return False
    if not depth:
        raise ValueError("it is nested deeper than any run")
    items = value.values() if isinstance(value, dict) else value
    has = sum(_texts(item, found, depth - 1) for item in items) > 0
    if has:
        found.add(id(value))
    return has


def _fields(path: str, value: Any, texts: set[int]) -> Iterator[tuple[str, Any]]:
    if id(value) not in texts:
        yield path or "/", value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(f"{path}/{_escaped(key)}", item, texts)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _fields(f"{path}/{number}", item, texts)


def _escaped(key: str) -> str:
    """A key in a path: ASCII without control characters, so that the list of leaves has lines."""
    return json.dumps(key.replace("~", "~0").replace("/", "~1"))[1:-1]


def render_leaves(found: Sequence[Leaf]) -> bytes:
    """The list of leaves: a hash and a path in each line."""
    return "".join(f"{leaf.sha256}  {leaf.path}\n" for leaf in found).encode("ascii")


def render_fields(found: Sequence[Leaf]) -> bytes:
    """The fields that are still there, each in the line that its leaf has in the list."""
    return "".join(f"{leaf.line or GONE}\n" for leaf in found).encode("ascii")


def read_copy(listed: bytes, fields: bytes, name: str) -> list[Leaf]:
    """The leaves of a copy of which fields were taken out. Raises PackageError for a field that is
    not the one that was sealed; ``name`` is the file of the fields."""
    rows = [_LINE.fullmatch(line) for line in _lines(listed, name)]
    lines = _lines(fields, name)
    if len(rows) != len(lines):
        raise PackageError(Fault.CHANGED, f"{name}: it has {len(lines)} lines, not {len(rows)}")
    found = []
    for row, line in zip(rows, lines, strict=True):
        if row is None:
            raise PackageError(Fault.CHANGED, name)
        if line != GONE and _sha256(line) != row[1]:
            raise PackageError(Fault.CHANGED, f"{name}: {row[2]:.200}")
        found.append(Leaf(row[2], row[1], None if line == GONE else line))
    return found


def _lines(data: bytes, name: str) -> list[str]:
    try:
        *lines, rest = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise PackageError(Fault.CHANGED, name) from None
    if rest or len(lines) > MOST_VALUES:
        raise PackageError(Fault.CHANGED, name)
    return lines


def matches(leaf: Leaf, wanted: str) -> bool:
    """Whether ``wanted`` names the field, or something in it or around it.

    A path from ``/`` on, whose parts may be patterns (``/measurements/*/detail``), or the name of a
    field wherever it stands.
    """
    paths = (leaf.path, *_inside(leaf.path, leaf.line))
    if not wanted.startswith("/"):
        return any(wanted in path.split("/") for path in paths)
    parts = wanted.rstrip("/").split("/")
    return any(_under(path.split("/"), parts) for path in paths)


def _inside(path: str, line: str | None) -> Iterator[str]:
    """The paths of what a field with parts holds. Raises PackageError for a line that is no
    field, which a package may hold that somebody made on purpose."""
    if line is None or not line.endswith(("}]", "]]")):
        return
    try:
        _, value = json.loads(line)
        yield from _below(path, value)
    except (ValueError, TypeError, RecursionError):
        raise PackageError(Fault.CHANGED, f"{path:.200}: this is no field") from None


def _below(path: str, value: Any) -> Iterator[str]:
    rows: Iterable[tuple[object, Any]] = ()
    if isinstance(value, dict):
        rows = ((_escaped(key), item) for key, item in value.items())
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        rows = enumerate(value)
    for key, item in rows:
        yield f"{path}/{key}"
        yield from _below(f"{path}/{key}", item)


def _under(path: Sequence[str], parts: Sequence[str]) -> bool:
    return len(path) >= len(parts) and all(map(fnmatchcase, path, parts))
