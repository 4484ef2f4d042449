"""What a contradiction is made of: fields of the world's configuration, and what they leave of the
rows that rest on the fact."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import lru_cache
from typing import Any

from msgprobe.model.target import Endpoint
from tests.lab.facts_rows import Fact
from tests.lab.world.config import ExtraHost, HostPolicy, ResolverPolicy, WorldConfig
from tests.lab.world.hosts import addresses


class Effect(IntEnum):
    """What is left of an endpoint: it answers genuinely, that depends, or it does not."""

    KEEPS = 0
    MAY_KEEP = 1
    LOSES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Fields of a WorldConfig; pieces can be laid together."""

    hosts: tuple[HostPolicy, ...] = ()
    resolvers: tuple[ResolverPolicy, ...] = ()
    everywhere: tuple[tuple[str, str], ...] = ()
    moved: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    extra: tuple[ExtraHost, ...] = ()
    holes_accept: bool = True


def world(pieces: Iterable[Piece]) -> dict[str, Any]:
    """All ``pieces`` as the fields of a WorldConfig."""
    found = list(pieces)
    together: dict[str, Any] = {
        f.name: tuple(one for p in found for one in getattr(p, f.name))
        for f in fields(Piece)
        if f.name != "holes_accept"
    }
    return {**together, "holes_accept": all(p.holes_accept for p in found)}


Fits = Callable[[Fact], bool]
Makes = Callable[[Fact], Piece]
Leaves = Callable[[Endpoint], Effect]
"""What the kind leaves of an endpoint of a host that it befalls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``group``: kinds that the table counts together. ``error``: the service itself says that it
    fails (5xx). ``whole_address``: it befalls everybody who lives at the host's addresses."""

    name: str
    group: str
    fits: Fits
    makes: Makes
    leaves: Leaves = lambda endpoint: Effect.KEEPS
    error: bool = False
    whole_address: bool = False
    once: bool = True
    """It is tried alone; else only as one cause of many contradictions."""


@lru_cache(maxsize=1)
def homes() -> Mapping[str, tuple[str, ...]]:
    """The addresses of every host of the honest world."""
    found = addresses(WorldConfig(workdir="/nonexistent", ipv6=True))
    return {name: (*four, *six) for name, (four, six) in found.items()}
