"""Measurements out of a stream of lines, one at a time, however large the file is."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from msgprobe.interchange.ooni.fields import ForeignError
from msgprobe.interchange.ooni.theirs import Theirs, theirs

LONGEST = 16_000_000
"""Bytes of a line; real ones have up to some megabytes."""


class LineError(ForeignError):
    """A line that cannot be read; the text begins with its number."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")


def measurements(lines: BinaryIO) -> Iterator[tuple[int, Theirs | None]]:
    """Number and measurement of each line that is not empty; None for those of other tests.

    A file may also be a single measurement, written over many lines. Raises LineError.
    """
    number = 0
    while line := lines.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise LineError(number, f"is longer than {LONGEST // 10**6} MB")
        if not line.strip():
            continue
        if number == 1 and line.strip() in (b"{", b"["):
            line += lines.read(LONGEST)
            if len(line) > LONGEST:
                raise LineError(number, f"begins an object of more than {LONGEST // 10**6} MB")
        yield number, _one(number, line)


def _one(number: int, line: bytes) -> Theirs | None:
    try:
        return theirs(json.loads(line.decode().removeprefix("\ufeff"), parse_constant=_refuse))
    except ForeignError as error:
        raise LineError(number, str(error)) from None
    except json.JSONDecodeError as error:
        raise LineError(number, f"is torn or no JSON ({error.msg}, column {error.colno})") from None
    except (UnicodeDecodeError, ValueError):
        raise LineError(number, "is no JSON text") from None
    except RecursionError:
        raise LineError(number, "is nested deeper than any measurement") from None


def _refuse(word: str) -> object:
    raise ValueError(word)
