"""How often a word was right: the number in ``confidence``.

A probability that the word is true, taken from runs in a simulated Internet whose truth is known
(`calibration_table`, made by ``make calibrate``): the share of scenarios in which a
rule of that family, with that word and strength, was right. Few scenarios are little evidence, so
the share of a family is drawn towards that of all rules with its word and strength, and that one
towards a half (Beta priors; A. Gelman et al., "Bayesian Data Analysis", §2 and §5). A family that
no scenario of the table shows takes the share of its word and strength. Real networks are not the
lab: the number compares words with each other better than it predicts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Function
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength

CLAIMS = frozenset((Outcome.OK, Outcome.DEGRADED, Outcome.THROTTLED, Outcome.BLOCKED, Outcome.DOWN))
"""Words that can be wrong; the others claim nothing and have no confidence."""

LEAST_SCENARIOS = 3
"""Of a word and strength that fewer scenarios show, nothing is known."""

PRIOR_OF_LEVEL = 0.5
"""Imagined scenarios with the word right, and as many with it wrong (Jeffreys' prior)."""

PRIOR_OF_FAMILY = 2.0
"""Imagined scenarios of a family that are as often right as those of its word and strength."""

LOWEST, HIGHEST = 0.01, 0.99
"""No number of runs in a lab makes a word certain."""

Level = tuple[str, str]
"""A word and its strength (``-`` for none)."""
Cell = tuple[str, str, str]
"""A word, its strength, and the family of the rule that gave it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many scenarios, and in how many of them the word was right: a scenario whose runs
    disagree counts by its share of right ones."""

    right: float
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was counted, and in what: the day, the version of the rules, how many runs."""

    date: str
    rules_version: int
    runs: int
    scenarios: int
    cells: Mapping[Cell, Tally]
    older: bool = False
    """Counted with earlier rules: of families that it does not show it knows nothing."""

    def level(self, level: Level) -> Tally:
        """All families with that word and strength. A scenario counts once for every family."""
        found = [tally for cell, tally in self.cells.items() if cell[:2] == level]
        return Tally(sum(t.right for t in found), sum(t.seen for t in found))

    def share(self, cell: Cell) -> float | None:
        """The smoothed share of right words, 0.01 to 0.99; None where nothing is known."""
        level = self.level(cell[:2])
        if level.seen < LEAST_SCENARIOS:
            return None
        mean = (level.right + PRIOR_OF_LEVEL) / (level.seen + 2 * PRIOR_OF_LEVEL)
        if self.older and cell not in self.cells:
            return None
        own = self.cells.get(cell, Tally(0.0, 0))
        share = (own.right + PRIOR_OF_FAMILY * mean) / (own.seen + PRIOR_OF_FAMILY)
        return round(min(max(share, LOWEST), HIGHEST), 2)


def family(rule_id: str) -> str:
    """The kind of rule: the first two parts of its id."""
    return ".".join(rule_id.split(".")[:2])


def cell(outcome: Outcome, strength: Strength | None, rules: Sequence[str]) -> Cell | None:
    """Where a word is counted: under the rule that gave it, the first. None claims nothing."""
    if outcome not in CLAIMS or not rules:
        return None
    return outcome.value, "-" if strength is None else strength.value, family(rules[0])


def speaker(
    outcome: Outcome, functions: Sequence[FunctionVerdict], primary: Function
) -> FunctionVerdict | None:
    """The function whose word the service has: the surest, and for ``ok`` the primary one."""
    same = [f for f in functions if f.outcome is outcome]
    if outcome is Outcome.OK and (main := [f for f in same if f.function is primary]):
        return main[0]
    return min(same, key=lambda f: f.strength is not Strength.CONFIRMED, default=None)


def counted_with(
    table: Table | None, rules_version: int, changed: Mapping[str, int]
) -> Table | None:
    """What ``table`` still says under these rules: nothing about families that ``changed`` after
    it was counted (by family: the version of the rules in which its meaning last changed)."""
    if table is None or table.rules_version == rules_version:
        return table
    kept = {
        cell: tally
        for cell, tally in table.cells.items()
        if changed.get(cell[2], 0) <= table.rules_version
    }
    return replace(table, cells=kept, older=True)


def with_confidence(
    table: Table | None, verdict: ServiceVerdict, primary: Function
) -> ServiceVerdict:
    """The same words with their numbers; without a table all of them stay None."""
    if table is None:
        return verdict
    functions = tuple(replace(f, confidence=_of(table, f)) for f in verdict.functions)
    speaks = speaker(verdict.outcome, functions, primary)
    return replace(
        verdict, functions=functions, confidence=None if speaks is None else speaks.confidence
    )


def _of(table: Table, verdict: FunctionVerdict) -> float | None:
    found = cell(verdict.outcome, verdict.strength, verdict.rules)
    return None if found is None else table.share(found)
