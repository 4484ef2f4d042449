"""The scenarios that stand for all where time is short."""

from collections.abc import Iterable, Sequence
from typing import Final

from tests.lab.scenario import Scenario

SECONDS_A_RUN: Final = 21.0
"""With four or five labs on two processors, building the lab included, on the average of those
that cover most."""

MOST_SECONDS: Final = 4.4 * 60.0
"""As many as cover everything, and hardly more: all of CI is to be over within twenty minutes."""


def subset(scenarios: Sequence[Scenario], jobs: int) -> tuple[Scenario, ...]:
    """As many as fit into `MOST_SECONDS`, in their order: first what covers every kind, mechanism,
    state, note, deed of the middlebox and word once, then the rest, spread evenly."""
    room = int(MOST_SECONDS * jobs / SECONDS_A_RUN)
    if len(scenarios) <= room:
        return tuple(scenarios)
    chosen = {s.id for s in covering(scenarios)[:room]}
    others = [s for s in scenarios if s.id not in chosen]
    more = room - len(chosen)
    chosen |= {others[n * len(others) // more].id for n in range(more)}
    return tuple(s for s in scenarios if s.id in chosen)


def covering(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """Few scenarios that have every feature of all, the ones with most new features first."""
    left = list(scenarios)
    missing = {feature for s in left for feature in features(s)}
    chosen = []
    while missing:
        best = max(left, key=lambda s: len(missing & features(s)))  # the first of the best
        missing -= features(best)
        chosen.append(best)
        left.remove(best)
    return chosen


def features(scenario: Scenario) -> frozenset[str]:
    """What a scenario can stand for."""
    expected = scenario.expected().values()
    return frozenset(
        (
            f"kind {scenario.kind}",
            f"alike {scenario.look_alike}",
            *(f"mechanism {m}" for t in expected for m in t.mechanisms),
            *(f"word {t.words}" for t in expected if len(t.words) == 1),
            *(f"state {s}" for s in scenario.states),
            *(f"note {n}" for n in scenario.notes),
            *(f"deed {type(a).__name__}" for a in scenario.actions),
            *(f"world {key}" for key in scenario.world),
            *(f"lab {key}" for key in scenario.lab),
            *(f"variable {key}" for key in scenario.env),
            f"wrapped {bool(scenario.wrapper)}",
            *(f"option {a}" for a in scenario.args if a.startswith("--")),
        )
    )
