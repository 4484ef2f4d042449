"""The sentence for an id. One that ends in ``*`` stands for all ids that begin so and have none of
their own: the longest speaks."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgprobe.report.sentences import (
    certificates,
    connection,
    names,
    pools,
    second_vantage,
    speeds,
    tls,
    transport,
)

ROOMS: Final = (connection, pools, names, certificates, tls, transport, speeds, second_vantage)

WHY: Final[Mapping[str, str]] = {i: text for room in ROOMS for i, text in room.WHY.items()}
"""What is said where a rule speaks, or beside it."""

PROVES: Final[Mapping[str, str]] = {i: text for room in ROOMS for i, text in room.PROVES.items()}
"""What kind of evidence allows a rule's word."""


def find(table: Mapping[str, str], key: str) -> str | None:
    """The sentence for ``key``; None where there is none."""
    return next((table[entry] for entry in entries(key) if entry in table), None)


def entries(key: str) -> Iterable[str]:
    """The entries that may stand for it, the nearest first."""
    yield key
    parts = key.split(".")
    for length in range(len(parts) - 1, 0, -1):
        yield ".".join((*parts[:length], "*"))
