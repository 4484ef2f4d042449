"""Changes to what is made of parts with lengths: these stay right, so that the parts are read.

Each now and then gives None, so that lengths are tried that are wrong.
"""

import random
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.fuzz.havoc import havoc
from tests.fuzz.mutate import Mutator

Part = tuple[bytes, bytes]
"""A head without its length, and what follows."""

_MOST_PARTS: Final = 64
_OPT: Final = (41).to_bytes(2)


def _parts(
    split: Callable[[bytes], list[Part]],
    join: Callable[[list[Part]], bytes],
    data: bytes,
    most: int,
    seed: int,
) -> bytes | None:
    """One to three changes to the parts of ``data``."""
    chance = random.Random(seed)
    if chance.random() < 0.25:
        return None
    parts = split(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if not parts:
            return None
        _change(chance, parts, most)
    found = join(parts[:_MOST_PARTS])
    return found if len(found) <= most else None


def _change(chance: random.Random, parts: list[Part], most: int) -> None:
    at, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    head, body = parts[at]
    match chance.randrange(8):
        case 0 if len(parts) > 1:
            del parts[at]
        case 1:
            parts.insert(other, parts[at])
        case 2:
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            parts[at] = parts[other][0], body
        case 4 if head:
            changed = bytearray(head)
            changed[chance.randrange(len(head))] = chance.choice((0, 1, 2, 4, 8, 0x80, 0xFF))
            parts[at] = bytes(changed), body
        case _:
            parts[at] = head, havoc(body, most, chance, [parts[other][1]])


def lengths(data: bytes) -> Iterator[bytes]:
    """Pieces with a length of two octets in front of each; the last may be short."""
    at = 0
    while at + 2 <= len(data):
        (size,) = struct.unpack_from(">H", data, at)
        yield data[at + 2 : at + 2 + size]
        at += 2 + size


def _split_pieces(data: bytes) -> list[Part]:
    return [(b"", one) for one in lengths(data)]


def _join_pieces(parts: list[Part]) -> bytes:
    return b"".join(len(body).to_bytes(2) + body for _, body in parts)


def _split_http2(data: bytes) -> list[Part]:
    found, at = [], 0
    while at + 9 <= len(data):
        size = int.from_bytes(data[at : at + 3])
        found.append((data[at + 3 : at + 9], data[at + 9 : at + 9 + size]))
        at += 9 + size
    return found


def _join_http2(parts: list[Part]) -> bytes:
    return b"".join(len(body).to_bytes(3) + head + body for head, body in parts)


def _split_websocket(data: bytes) -> list[Part]:
    found, at = [], 0
    while at + 2 <= len(data):
        size, start = data[at + 1] & 0x7F, at + 2
        if size > 125:
            more = 2 if size == 126 else 8
            size, start = int.from_bytes(data[start : start + more]), start + more
        found.append((data[at : at + 1], data[start : start + size]))
        at = start + size
    return found


def _join_websocket(parts: list[Part]) -> bytes:
    found = b""
    for head, body in parts:
        size = len(body)
        found += head + (bytes((size,)) if size < 126 else b"\x7e" + size.to_bytes(2)) + body
    return found


def _split_dns(data: bytes) -> list[Part]:
    """The header and the question in one, then each record."""
    at = 12
    if int.from_bytes(data[4:6]):
        at = _after_name(data, at) + 4
    found = [(data[:4], data[4:at])]
    while (start := _after_name(data, at)) + 10 <= len(data):
        size = int.from_bytes(data[start + 8 : start + 10])
        found.append((data[at : start + 8], data[start + 10 : start + 10 + size]))
        at = start + 10 + size
    return found


def _after_name(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += 1 + data[at]
    return at + 1


def _join_dns(parts: list[Part]) -> bytes:
    (head, asked), records = parts[0], parts[1:]
    more = int(bool(records) and records[-1][0][1:3] == _OPT)  # of the root, and additional
    counts = asked[:2] + (len(records) - more).to_bytes(2) + bytes(2) + more.to_bytes(2)
    return (
        head
        + counts
        + asked[8:]
        + b"".join(named + len(body).to_bytes(2) + body for named, body in records)
    )


def _der_parts(data: bytes) -> list[Part]:
    """Values of DER beside each other; as far as there are any."""
    found, at = [], 0
    while at + 2 <= len(data):
        size, start = data[at + 1], at + 2
        if size > 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[at + 2 : start])
        if start + size > len(data):
            break
        found.append((data[at : at + 1], data[start : start + size]))
        at = start + size
    return found if at == len(data) else []


def _join_der(parts: list[Part]) -> bytes:
    return b"".join(_value(head, body) for head, body in parts)


def _value(head: bytes, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return head + bytes((size,)) + body
    long = size.to_bytes((size.bit_length() + 7) // 8)
    return head + bytes((0x80 | len(long),)) + long + body


def der(data: bytes, most: int, seed: int) -> bytes | None:
    """Changes somewhere in the tree of values, each as deep as chance has it."""
    chance = random.Random(seed)
    found = data if chance.random() > 0.25 else None
    for _ in range(chance.choice((1, 1, 2, 3))):
        found = found and _within(chance, found, most)
    return found if found and len(found) <= most else None


def _within(chance: random.Random, data: bytes, most: int) -> bytes:
    parts = _der_parts(data)
    if not parts:
        return havoc(data, most, chance, [data])
    at = chance.randrange(len(parts))
    head, body = parts[at]
    if chance.random() < 0.85:
        parts[at] = head, _within(chance, body, most)
    else:
        _change(chance, parts, most)
    return _join_der(parts)


pieces: Final[Mutator] = partial(_parts, _split_pieces, _join_pieces)
"""What `lengths` reads."""
http2: Final[Mutator] = partial(_parts, _split_http2, _join_http2)
websocket: Final[Mutator] = partial(_parts, _split_websocket, _join_websocket)
dns: Final[Mutator] = partial(_parts, _split_dns, _join_dns)
