"""A verdict rule as others may read it (``msgprobe explain RULE``)."""

from msgprobe.model.dataclass import dataclass
from msgprobe.model.verdict import Layer, Outcome, State, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """A rule with a changed meaning gets a new id. ``outcome`` is a state for connection rules."""

    rule_id: str
    layer: Layer
    outcome: Outcome | State | None
    strength: Strength | None
    mechanism: str | None = None
    version: int = 1
