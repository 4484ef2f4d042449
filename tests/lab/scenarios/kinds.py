"""Constructors of scenarios, one for each kind, and one for pairs that look alike.

A scenario's row is its id, and every action that bears a label must fire, unless it says otherwise.
"""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from tests.lab.censor import Action
from tests.lab.link import Link
from tests.lab.scenario import UNKNOWN, Kind, Scenario, Truth


class More(TypedDict, total=False):
    """Fields of `Scenario`; ``country`` is one that the world has and the user names."""

    row: str
    others: Truth
    counts: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...]
    never: tuple[str, ...]
    link: Link
    world: Mapping[str, Any]
    lab: Mapping[str, Any]
    args: tuple[str, ...]
    services: tuple[str, ...]
    env: Mapping[str, str]
    wrapper: tuple[str, ...]
    fires: tuple[str, ...]
    by_chance: str
    spares: tuple[str, ...]
    usable: bool
    look_alike: bool
    deviation: str
    country: str


class Stated(More, total=False):
    """The same with the states of the connection that are right."""

    states: tuple[str, ...]


def _scenario(
    kind: Kind, id_: str, title: str, actions: tuple[Action, ...], fields: Mapping[str, Any]
) -> Scenario:
    said = dict(fields)
    if country := said.pop("country", None):
        said |= {"args": ("--country", country), "world": {"country": country}}
    labels = tuple(dict.fromkeys(a.label for a in actions if a.label))
    usual = {"row": id_, "fires": labels}
    return Scenario(kind=kind, id=id_, title=title, actions=actions, **{**usual, **said})


def blocking(
    id_: str, title: str, truths: Mapping[str, Truth], *actions: Action, **more: Unpack[Stated]
) -> Scenario:
    """Somebody interferes with a service."""
    return _scenario("blocking", id_, title, actions, {"truths": truths, **more})


def innocent(
    id_: str,
    title: str,
    *actions: Action,
    truths: Mapping[str, Truth] | None = None,
    **more: Unpack[Stated],
) -> Scenario:
    """Nobody may be called a censor."""
    return _scenario("innocent", id_, title, actions, {"truths": truths or {}, **more})


def connection(
    id_: str,
    title: str,
    states: str,
    *actions: Action,
    truths: Mapping[str, Truth] | None = None,
    **more: Unpack[More],
) -> Scenario:
    """The connection itself is the matter: ``states`` (``"shutdown|allowlist"``) are right, and of
    the services nothing is known unless it says so."""
    usual = {
        "states": tuple(states.split("|")),
        "truths": truths or {},
        "others": UNKNOWN,
        "usable": False,
    }
    return _scenario("connection", id_, title, actions, {**usual, **more})


Half = tuple[str, Mapping[str, Truth]]
"""The title of one half of a pair, and its truths."""


def pair(
    id_: str,
    row: str,
    censor: Half,
    innocence: Half,
    *actions: Action,
    world: Mapping[str, Any] | None = None,
    innocent_world: Mapping[str, Any],
) -> tuple[Scenario, Scenario]:
    """A censor, with the actions, and an innocent cause that no single place can tell from it."""
    title, truths = censor
    hit = blocking(
        f"{id_}-censor", title, truths, *actions, row=row, world=world or {}, look_alike=True
    )
    title, truths = innocence
    of = f"§5 look-alike of {row.partition(' ')[0]}"
    honest = innocent(
        f"{id_}-innocent", title, truths=truths, row=of, world=innocent_world, look_alike=True
    )
    return hit, honest
