"""The word of the whole: pools become a function, functions become a service."""

from collections.abc import Iterable, Sequence

from msgprobe.hypotheses.quic.rules import UNTOLD
from msgprobe.hypotheses.throttling.rules import STOPPED
from msgprobe.hypotheses.tls_sni.rules_shares import SHARE_DOUBT
from msgprobe.judging.lost import Lost
from msgprobe.judging.rules_members import ONE_MEMBER
from msgprobe.model.target import Function, Service
from msgprobe.model.verdict import Count, FunctionVerdict, Outcome, ServiceVerdict, Strength

SEVERITY = (
    Outcome.BLOCKED,
    Outcome.THROTTLED,
    Outcome.DEGRADED,
    Outcome.DOWN,
    Outcome.INCONCLUSIVE,
    Outcome.OK,
    Outcome.NOT_TESTED,
)


def deepest(paths: Iterable[str]) -> tuple[str, ...]:
    """Mechanism paths without those that a deeper one refines, sorted."""
    every = set(paths)
    return tuple(sorted(p for p in every if not any(q.startswith(p + ".") for q in every)))


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    found = set(outcomes)
    return next(o for o in SEVERITY if o in found)


def joined(function: Function, parts: list[FunctionVerdict]) -> FunctionVerdict:
    """Several pools of one function: the worst one speaks, ``partial`` when another works.

    A pool that is down beside one that works impairs the function; it is not down as a whole.
    """
    if len(parts) == 1:
        return parts[0]
    worst = _worst(p.outcome for p in parts)
    speaking = [p for p in parts if p.outcome is worst]
    works = any(p.outcome is Outcome.OK for p in parts)
    outcome = Outcome.DEGRADED if worst is Outcome.DOWN and works else worst
    some = works or all(p.partial for p in speaking)
    return FunctionVerdict(
        function=function,
        outcome=outcome,
        strength=_strongest(speaking),
        partial=outcome is not Outcome.OK and some,
        mechanisms=deepest(m for p in speaking for m in p.mechanisms),
        endpoints=_counted(parts),
        why=speaking[0].why,
        rules=tuple(dict.fromkeys(r for p in speaking for r in p.rules)),
        evidence=tuple(sorted({t for p in speaking for t in p.evidence})),
    )


def _counted(parts: Sequence[FunctionVerdict]) -> Count:
    counts = [p.endpoints for p in parts]
    return Count(tested=sum(c.tested for c in counts), ok=sum(c.ok for c in counts))


def _strongest(speaking: Sequence[FunctionVerdict]) -> Strength | None:
    """Confirmed where one of them is, else what the first of them is."""
    if any(p.strength is Strength.CONFIRMED for p in speaking):
        return Strength.CONFIRMED
    return next((p.strength for p in speaking), None)


def rolled_up(
    service: Service, functions: tuple[FunctionVerdict, ...], lost: Lost
) -> ServiceVerdict:
    """The service's verdict: the worst of its functions, ``partial`` when another one works."""
    outcome, speaking = _word(service, functions, lost)
    return ServiceVerdict(
        service=service.name,
        name=service.title,
        outcome=outcome,
        partial=outcome is not Outcome.OK and any(f.outcome is Outcome.OK for f in functions),
        strength=_strongest(speaking),
        mechanisms=deepest(m for f in speaking for m in f.mechanisms),
        functions=functions,
    )


GRAVE = (Outcome.BLOCKED, Outcome.THROTTLED, Outcome.DEGRADED, Outcome.DOWN)
"""Words of one function that are the whole service's."""

_UNTOLD = {(info.rule_id,) for info in (UNTOLD.info, SHARE_DOUBT.info, STOPPED.info)}
"""What of one function leaves the whole service in doubt: somebody may interfere."""


def _word(
    service: Service, functions: tuple[FunctionVerdict, ...], lost: Lost
) -> tuple[Outcome, list[FunctionVerdict]]:
    """The service's word, and the functions that it stands for.

    A single member that does not answer may be a fact of the catalogue that is out of date: it
    leaves the word of the service as it would be without. A service of which the primary function
    works is not down: what has an error of its own is a part of it, unless a second vantage bears
    out that this part is down for others too.
    """
    worst = _word_of(functions)
    if worst not in GRAVE:
        return _in_part(functions, lost) or _mild(service, functions)
    speaking = [f for f in functions if f.outcome is worst]
    works = any(_works(f) for f in functions if f.function is service.primary)
    if worst is Outcome.DOWN and works and not _seen_twice(speaking):
        return Outcome.DEGRADED, speaking
    return worst, speaking


def _in_part(
    functions: tuple[FunctionVerdict, ...], lost: Lost
) -> tuple[Outcome, list[FunctionVerdict]] | None:
    """Something works, and of some function nothing does: no single fact explains two hosts in two
    networks, nor what shows a mechanism."""
    missing = [f for f in functions if f.function in lost]
    if not missing or all(f.outcome is not Outcome.OK for f in functions):
        return None
    shown = any(lost[f.function] or f.mechanisms for f in missing)
    return Outcome.DEGRADED if shown else Outcome.INCONCLUSIVE, missing


def _word_of(functions: Iterable[FunctionVerdict]) -> Outcome:
    return _worst((*(f.outcome for f in functions), Outcome.NOT_TESTED))


def _mild(
    service: Service, functions: tuple[FunctionVerdict, ...]
) -> tuple[Outcome, list[FunctionVerdict]]:
    """No function is impaired: the primary one speaks, where it was tested; not where a name dies
    that others do not share, or too often, for then it is not known that nobody interferes."""
    untold = [f for f in functions if f.rules[:1] in _UNTOLD]
    if untold:
        return Outcome.INCONCLUSIVE, untold
    tested = [f for f in functions if f.outcome is not Outcome.NOT_TESTED]
    own = [f for f in tested if f.function is service.primary]
    outcome = _word_of(own[:1] or tested)
    if own and _works(own[0]) and any(f.outcome is Outcome.OK for f in tested):
        outcome = Outcome.OK
    return outcome, [f for f in functions if f.outcome is outcome]


def _works(verdict: FunctionVerdict) -> bool:
    """It works, or would if it were not for one member among several that may have been retired."""
    if verdict.outcome is Outcome.OK:
        return True
    missing = verdict.endpoints.tested - verdict.endpoints.ok
    alone = verdict.rules == (ONE_MEMBER.info.rule_id,)
    return alone and verdict.endpoints.ok > missing


def _seen_twice(speaking: Iterable[FunctionVerdict]) -> bool:
    """A second vantage found it down as well."""
    return all(rule.startswith("second.") for f in speaking for rule in f.rules)
