"""Actions of a censor to and from JSON values, in which they travel to the middlebox."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, get_type_hints

from tests.lab import censor
from tests.lab.censor import Action, Match
from tests.lab.cut import Cut


class ActionFile:
    """Actions to and from JSON values."""

    kinds: ClassVar[dict[str, type[Action]]] = {
        kind.__name__: kind
        for kind in (
            censor.Drop,
            censor.PassOnly,
            censor.RstOnSyn,
            censor.IcmpUnreachable,
            censor.OnSni,
            censor.OnHost,
            censor.OnPattern,
            censor.PortRewrite,
            censor.DnsForge,
            censor.DnsRedirect,
            censor.Freeze,
            censor.Throttle,
            censor.ConnectionCap,
            Cut,
        )
    }

    @staticmethod
    def dump(actions: Sequence[Action]) -> list[dict[str, Any]]:
        """As JSON values, in order."""
        return [{"action": type(one).__name__, **dataclasses.asdict(one)} for one in actions]

    @classmethod
    def load(cls, values: Sequence[Mapping[str, Any]]) -> list[Action]:
        """What `dump` wrote. ValueError names an action or a field that is unknown."""
        return [cls._load_one(value) for value in values]

    @classmethod
    def _load_one(cls, value: Mapping[str, Any]) -> Action:
        fields = dict(value)
        kind = cls.kinds.get(fields.pop("action", ""))
        if kind is None:
            raise ValueError(f"unknown action {value.get('action')!r}; known: {sorted(cls.kinds)}")
        hints = get_type_hints(kind)
        if unknown := set(fields) - set(hints):
            raise ValueError(f"{kind.__name__}: unknown fields {sorted(unknown)}")
        return kind(**{name: _plain(one) for name, one in fields.items()})


def _plain(value: Any) -> Any:
    """A JSON value as the fields of actions have it: lists are tuples, objects are matches."""
    if isinstance(value, Mapping):
        return Match(**{name: _plain(one) for name, one in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_plain(one) for one in value)
    return value
