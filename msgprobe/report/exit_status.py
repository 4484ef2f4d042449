"""What a run means to a shell script: one number, by a documented order."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from msgprobe.model.verdict import Outcome, ServiceVerdict, State, Verdict
from msgprobe.report.exits import Exit

if TYPE_CHECKING:
    from msgprobe.model.run import Run  # at run time it would slow every start down


FAULT = "fault"
"""Why a run was cut short: something in this program, or of this machine, failed it."""

ENDED = {
    "SIGHUP": Exit.SIGHUP,
    "SIGINT": Exit.SIGINT,
    "SIGTERM": Exit.SIGTERM,
    FAULT: Exit.CRASH,
}
"""What a run that was cut short ends with, whatever it found, by why it was."""

FAIL_ON_WORDS: tuple[str, ...] = (*(o.value for o in Outcome), *(s.value for s in State))
"""Every word that ``--fail-on`` takes."""


def fail_on_words(text: str) -> frozenset[str]:
    """The words of a comma-separated list. Raises ValueError naming the one that is unknown."""
    words = frozenset(w.strip() for w in text.split(",") if w.strip())
    for word in sorted(words):
        if word not in FAIL_ON_WORDS:
            raise ValueError(
                f"{word!r} is no outcome; known are: {', '.join(FAIL_ON_WORDS)}",
            )
    if not words:
        raise ValueError("name at least one outcome, such as blocked,throttled")
    return words


def exit_status(run: "Run", fail_on: Collection[str] | None = None) -> int:
    """The exit status of ``run``; ``fail_on`` are outcomes and states that alone exit 1.

    Order: a signal or a fault of ours first (the run is incomplete, whatever it found), then the
    connection (if it explains the failures, no service is to blame), then interference, then
    whatever is not ``ok``.
    """
    if run.interrupted in ENDED:
        return ENDED[run.interrupted]
    if fail_on is not None:
        return _named(run.verdict, frozenset(fail_on))
    if not run.verdict.connection.state.blameless:
        return Exit.CONNECTION
    outcomes = {s.outcome for s in run.verdict.services}
    if outcomes & {Outcome.BLOCKED, Outcome.THROTTLED}:
        return Exit.INTERFERENCE
    parts = {f.outcome for s in run.verdict.services for f in s.functions}
    fine = outcomes == {Outcome.OK} and parts <= {Outcome.OK, Outcome.NOT_TESTED}
    return Exit.OK if fine else Exit.UNPROVEN


def met(verdict: Verdict, fail_on: Collection[str]) -> frozenset[str]:
    """The words of ``fail_on`` that the connection, a service or one of its functions has.

    ``not_tested`` is about whole services: many functions cannot be tested without an account.
    """
    services = {s.outcome.value for s in verdict.services} or {Outcome.NOT_TESTED.value}
    parts = {f.outcome.value for s in verdict.services for f in s.functions}
    parts -= {Outcome.NOT_TESTED.value}
    return frozenset((services | parts | {verdict.connection.state.value}) & set(fail_on))


def _named(verdict: Verdict, fail_on: Collection[str]) -> Exit:
    """By ``--fail-on``: nothing of it was met only where something could be measured."""
    if met(verdict, fail_on):
        return Exit.INTERFERENCE
    if not verdict.connection.state.blameless:
        return Exit.CONNECTION
    return Exit.OK if any(map(measured, verdict.services)) else Exit.UNPROVEN


def measured(service: ServiceVerdict) -> bool:
    """Something could be told about it."""
    return service.partial or service.outcome not in (Outcome.INCONCLUSIVE, Outcome.NOT_TESTED)
