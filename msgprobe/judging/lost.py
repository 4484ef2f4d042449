"""Functions of which nothing answers, or nothing that one kind of its servers is there for: they
leave no ``ok`` for the service."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from msgprobe.evidence.pool import PoolFacts
from msgprobe.judging.rules_members import line_holds, spread
from msgprobe.judging.rules_outcome import BY_LINE, FRONT_FAILS, OLD_FACTS
from msgprobe.model.target import Function
from msgprobe.model.verdict import ConnectionVerdict, FunctionVerdict, Outcome

Lost = Mapping[Function, bool]
"""Functions of which every tested endpoint of some pool failed; True where two of its hosts in two
networks did, which no single fact of the catalogue explains."""


def lost(
    functions: Iterable[FunctionVerdict], pools: Iterable[PoolFacts], said: ConnectionVerdict
) -> dict[Function, bool]:
    """What of a service does not work although nothing shows why.

    A pool with a caveat does not count, for its silence shows as little as its answers, unless it
    is interfered with: then the function is in doubt. What the line explains is no fault of the
    service's; but what failed while the line did may be harmed for itself as well.
    """
    every = list(pools)
    found = {}
    for verdict in functions:
        own = [p for p in every if p.pool.function is verdict.function and not p.pool.caveat]
        tested = [p for p in own if p.tested]
        heard = tested and all(p.ok for p in tested)
        if verdict.outcome is Outcome.INCONCLUSIVE and own and not heard:
            found[verdict.function] = _blameless(verdict, tested, said) and spread(tested)
        elif FRONT_FAILS.rule_id in verdict.rules:
            found[verdict.function] = False
    return found


def _blameless(
    verdict: FunctionVerdict, tested: Sequence[PoolFacts], said: ConnectionVerdict
) -> bool:
    """As far as can be seen, the line is."""
    well = all(line_holds(p.connection, said) for p in tested)
    return well and not BY_LINE.intersection(verdict.rules)


def may_be_old(verdict: FunctionVerdict, lost_ones: Lost) -> FunctionVerdict:
    """Where a single host stood for the function, the catalogue may be what is wrong."""
    alone = lost_ones.get(verdict.function) is False and not BY_LINE.intersection(verdict.rules)
    if not alone or OLD_FACTS in verdict.why:
        return verdict
    return replace(verdict, why=(*verdict.why, OLD_FACTS))
