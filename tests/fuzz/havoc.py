"""Changes to bytes, whatever they mean: as fuzzers make them that do not look at the code."""

import random
from collections.abc import Callable, Sequence
from typing import Final

_BYTES: Final = (0, 1, 2, 0x0A, 0x0D, 0x20, 0x2D, 0x30, 0x3A, 0x7F, 0x80, 0x81, 0xC0, 0xFE, 0xFF)
_WORDS: Final = tuple(
    value.to_bytes(size, order)
    for size in (2, 3, 4, 8)
    for order in ("big", "little")
    for bits in (0, 1, 7, 8, 15, 16, 24, 31, 32, 63)
    if bits < 8 * size
    for value in ((1 << bits) - 1, 1 << bits, (1 << 8 * size) - (1 << bits))
)
"""Where a length or a count turns over."""
_COUNTS: Final = (1, 1, 1, 1, 1, 2, 2, 3, 4, 8)
"""How many changes one input takes, each as often as another."""

Step = Callable[[bytearray, Callable[[], float], Sequence[bytes]], None]


def havoc(data: bytes, most: int, chance: random.Random, pool: Sequence[bytes]) -> bytes:
    """``data`` with one to eight changes, at most ``most`` octets; pieces come from ``pool``."""
    chances = chance.random  # the only call: whatever else is random is made of several of these
    found = bytearray(data)
    for _ in range(_COUNTS[int(chances() * len(_COUNTS))]):
        if found:
            _STEPS[int(chances() * len(_STEPS))](found, chances, pool)
        else:
            _piece(found, chances, pool)
    return bytes(found[:most])


def _bit(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    found[int(chances() * len(found))] ^= 1 << int(chances() * 8)


def _byte(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    found[int(chances() * len(found))] = int(chances() * 256)


def _odd_byte(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    found[int(chances() * len(found))] = _BYTES[int(chances() * len(_BYTES))]


def _nudge(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    at = int(chances() * len(found))
    found[at] = (found[at] + int(chances() * 33) - 16) & 0xFF


def _word(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    word = _WORDS[int(chances() * len(_WORDS))]
    at = int(chances() * len(found))
    found[at : at + len(word)] = word


def _insert(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    at = int(chances() * (len(found) + 1))
    found[at:at] = bytes((int(chances() * 256),)) * (1 + int(chances() ** 4 * 64))


def _cut(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    at = int(chances() * len(found))
    del found[at : at + 1 + int(chances() ** 3 * (len(found) - at))]


def _twice(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    at = int(chances() * len(found))
    piece = found[at : at + 1 + int(chances() ** 2 * 64)]
    to = int(chances() * (len(found) + 1))
    found[to:to] = piece * (1 + int(chances() ** 6 * 32))


def _move(found: bytearray, chances: Callable[[], float], _: Sequence[bytes]) -> None:
    at, to = int(chances() * len(found)), int(chances() * len(found))
    piece = found[at : at + 1 + int(chances() ** 2 * 64)]
    found[to : to + len(piece)] = piece


def _piece(found: bytearray, chances: Callable[[], float], pool: Sequence[bytes]) -> None:
    other = pool[int(chances() * len(pool))]
    start = int(chances() * len(other))
    piece = other[start : start + 1 + int(chances() ** 2 * 128)]
    at = int(chances() * (len(found) + 1))
    found[at : at + (len(piece) if chances() < 0.5 else 0)] = piece


def _splice(found: bytearray, chances: Callable[[], float], pool: Sequence[bytes]) -> None:
    other = pool[int(chances() * len(pool))]
    found[int(chances() * len(found)) :] = other[int(chances() * len(other)) :]


_STEPS: Final[tuple[Step, ...]] = (
    _bit, _bit, _byte, _byte, _odd_byte, _odd_byte, _nudge, _nudge, _word, _word, _insert, _cut,
    _twice, _move, _piece, _splice,
)  # fmt: skip
