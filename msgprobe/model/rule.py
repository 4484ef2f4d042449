"""A verdict rule as others may read it (``msgprobe explain RULE``)."""

from dataclasses import dataclass

from msgprobe.model.verdict import Layer, Outcome, State, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """``licence`` is the kind of evidence that allows the word; ``why`` says it to a reader.

    A rule with a changed meaning gets a new id. ``outcome`` is a state for connection rules.
    """

    rule_id: str
    layer: Layer
    outcome: Outcome | State | None
    strength: Strength | None
    mechanism: str | None = None
    licence: str
    why: str
    version: int = 1
