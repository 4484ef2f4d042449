"""Whatever is found has words: no summary ends where the reason should stand."""

from itertools import product

from msgprobe.judging.rules import rules
from msgprobe.model.message import message
from msgprobe.model.target import Function
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength
from msgprobe.report.sentences.mechanisms import MECHANISMS, means
from msgprobe.report.summary import summary

HOW = ("", ".policing", ".shaping", ".loss", ".delay")
"""What a rule's mechanism may be refined by where transfers are compared."""


def found() -> set[str]:
    """Every mechanism that a verdict may name."""
    named = {rule.mechanism for rule in rules() if rule.mechanism is not None}
    slow = {m for m in named if m.startswith("throttle")}
    frozen = {"tcp.freeze.bytes", "tcp.freeze.packets"}
    return (
        named | frozen | {f"{path}{how}" for path, how in product(slow, HOW) if path[-4:] != "loss"}
    )


def test_every_mechanism_has_words() -> None:
    assert found() - MECHANISMS.keys() == set()


def test_no_words_are_kept_for_what_nobody_finds() -> None:
    assert MECHANISMS.keys() - found() == set()


def test_a_summary_says_how() -> None:
    for mechanism in MECHANISMS:
        function = FunctionVerdict(
            function=Function.TEXT,
            outcome=Outcome.BLOCKED,
            strength=Strength.LIKELY,
            mechanisms=(mechanism,),
        )
        verdict = ServiceVerdict(
            service="acme",
            name="Acme",
            outcome=Outcome.BLOCKED,
            strength=Strength.LIKELY,
            mechanisms=(mechanism,),
            functions=(function,),
        )
        assert summary(verdict) == f"Acme is probably blocked (text). {means(mechanism)}"


def test_what_was_not_tested_has_no_reason_of_a_single_function() -> None:
    calls = FunctionVerdict(
        function=Function.CALLS, outcome=Outcome.NOT_TESTED, why=(message("pool.untested"),)
    )
    verdict = ServiceVerdict(
        service="acme", name="Acme", outcome=Outcome.NOT_TESTED, functions=(calls,)
    )
    assert summary(verdict) == "Acme was not tested."
