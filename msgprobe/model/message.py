"""What is said to people, before it is said in any language: a key, and the values to put in."""

from msgprobe.model.dataclass import dataclass

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """``key`` names a sentence, mostly by the rule that it stands for. ``values`` are what it may
    have room for, by name; the unit is the last part of the name (``target_kbit``)."""

    key: str
    values: tuple[tuple[str, Value], ...] = ()

    def value(self, name: str) -> Value | None:
        """The value of that name; None where it has none."""
        return dict(self.values).get(name)


def message(key: str, **values: Value) -> Message:
    """The sentence of that key with these values."""
    return Message(key=key, values=tuple(values.items()))


LITERAL = "literal"
"""The key of what was written by somebody else, in whatever language, as its value ``text``: a
reason of the catalogue's, or a sentence of a saved run whose key is not known."""


def literal(text: str) -> Message:
    """What somebody else has written."""
    return message(LITERAL, text=text)


Said = tuple[Message, ...]
"""Sentences, one after the other."""
