"""A service in whole sentences: the word, what brings it about, and what works beside it."""

from collections.abc import Iterator, Sequence

from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength
from msgprobe.report.language import _, listing
from msgprobe.report.say import said
from msgprobe.report.sentences.mechanisms import means
from msgprobe.report.wording import function_word


def summary(verdict: ServiceVerdict) -> str:
    """What is said about a service, in a few plain sentences."""
    return " ".join(_sentences(verdict))


def _sentences(verdict: ServiceVerdict) -> Iterator[str]:
    speaking = _speaking(verdict)
    good = [f for f in verdict.functions if f.outcome is Outcome.OK]
    unexplained = verdict.partial and speaking and speaking[0].outcome is Outcome.INCONCLUSIVE
    if unexplained and verdict.outcome in (Outcome.DEGRADED, Outcome.INCONCLUSIVE):
        yield from _in_part(verdict, good, speaking)
    else:
        yield _head(verdict, good if verdict.outcome is Outcome.OK else speaking)
        if verdict.outcome is Outcome.OK:
            yield from _left_open(verdict)
    if verdict.outcome is Outcome.BLOCKED:
        yield from filter(None, map(means, verdict.mechanisms))
    elif speaking and verdict.outcome not in (Outcome.OK, Outcome.NOT_TESTED):
        yield from filter(None, [said(speaking[0].why)])
    if good and verdict.outcome in (Outcome.BLOCKED, Outcome.THROTTLED):
        yield _("Still working: {functions}.").format(functions=_functions(good))


def _head(verdict: ServiceVerdict, about: Sequence[FunctionVerdict]) -> str:
    sure = verdict.strength is Strength.CONFIRMED
    heads = {
        Outcome.OK: _("{name} works ({functions})."),
        Outcome.THROTTLED: _("{name} is slowed down ({functions}).")
        if sure
        else _("{name} is probably slowed down ({functions})."),
        Outcome.BLOCKED: _("{name} is blocked ({functions}).")
        if sure
        else _("{name} is probably blocked ({functions})."),
        Outcome.DEGRADED: _("{name} works badly ({functions})."),
        Outcome.DOWN: _("{name} itself has a fault ({functions}).")
        if sure
        else _("{name} itself probably has a fault ({functions})."),
        Outcome.INCONCLUSIVE: _("There is no clear result for {name} ({functions})."),
        Outcome.NOT_TESTED: _("{name} was not tested."),
    }
    return heads[verdict.outcome].format(name=verdict.name, functions=_functions(about))


def _in_part(
    verdict: ServiceVerdict, good: Sequence[FunctionVerdict], bad: Sequence[FunctionVerdict]
) -> Iterator[str]:
    """Something works and nothing shows why the rest does not."""
    yield _("{name} works in part.").format(name=verdict.name)
    yield _("Working: {functions}.").format(functions=_functions(good))
    failed = verdict.outcome is Outcome.DEGRADED
    head = _("Failed: {functions}.") if failed else _("No clear result: {functions}.")
    yield head.format(functions=_functions(bad))


def _left_open(verdict: ServiceVerdict) -> Iterator[str]:
    """What a service that works leaves open."""
    rest = [f for f in verdict.functions if f.outcome not in (Outcome.OK, Outcome.NOT_TESTED)]
    unclear = [f for f in rest if not f.partial]
    if unclear:
        yield _("No clear result: {functions}.").format(functions=_functions(unclear))
    for one in rest:
        if one.partial:
            yield _("In part: {function}, {ok} of {tested} servers answer.").format(
                function=function_word(one.function),
                ok=one.endpoints.ok,
                tested=one.endpoints.tested,
            )


def _functions(verdicts: Sequence[FunctionVerdict]) -> str:
    return listing([function_word(v.function) for v in verdicts])


def _speaking(verdict: ServiceVerdict) -> list[FunctionVerdict]:
    """The functions that the word of the service is about, the surest first.

    A service is impaired also where a part of it is down, or fails without a reason that is known.
    """
    words = [verdict.outcome]
    if verdict.outcome is Outcome.DEGRADED:
        words += [Outcome.DOWN, Outcome.INCONCLUSIVE]
    found = ([f for f in verdict.functions if f.outcome is word] for word in words)
    speaking = next((fs for fs in found if fs), [])
    return sorted(speaking, key=lambda f: f.strength is not Strength.CONFIRMED)
