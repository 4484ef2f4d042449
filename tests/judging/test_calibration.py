"""The number in ``confidence``: its arithmetic, its bounds, and who gets one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.hypotheses.rule import CHANGED, RULES_VERSION
from msgprobe.judging.calibration import (
    CLAIMS,
    HIGHEST,
    LOWEST,
    Cell,
    Table,
    Tally,
    cell,
    counted_with,
    family,
    with_confidence,
)
from msgprobe.judging.calibration_table import TABLE
from msgprobe.judging.judge import judge
from msgprobe.judging.rules import rules
from msgprobe.model.target import Function
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength
from tests.evidence.story import Story

SURE: Cell = ("blocked", "likely", "tcp.timeout")
DOUBTFUL: Cell = ("blocked", "likely", "tls.same_address")


def table(cells: dict[Cell, Tally]) -> Table:
    return Table(date="2026-01-01", rules_version=1, runs=9, scenarios=9, cells=cells)


def test_a_family_is_drawn_towards_all_with_its_word_and_strength() -> None:
    found = table({SURE: Tally(4.0, 4), DOUBTFUL: Tally(3.0, 4)})
    # All: 7 of 8, and half a scenario of either kind imagined: 7.5 / 9.
    assert found.share(DOUBTFUL) == round((3 + 2 * 7.5 / 9) / 6, 2) == 0.78
    assert found.share(SURE) == round((4 + 2 * 7.5 / 9) / 6, 2) == 0.94
    assert found.share(("blocked", "likely", "ip.unreachable")) == round(7.5 / 9, 2) == 0.83


def test_what_hardly_a_scenario_shows_has_no_number() -> None:
    found = table({SURE: Tally(2.0, 2), ("ok", "likely", "tcp.timeout"): Tally(9.0, 9)})
    assert found.share(SURE) is None
    assert found.share(("blocked", "confirmed", "tcp.timeout")) is None
    assert found.share(("ok", "likely", "other")) is not None


tallies = st.integers(0, 300).flatmap(
    lambda seen: st.tuples(st.floats(0, seen), st.just(seen)).map(lambda t: Tally(*t))
)


@given(own=tallies, others=tallies)
def test_shares_are_probabilities_and_never_certain(own: Tally, others: Tally) -> None:
    share = table({SURE: own, DOUBTFUL: others}).share(SURE)
    if own.seen + others.seen < 3:
        assert share is None
    else:
        assert share is not None and 0 < LOWEST <= share <= HIGHEST < 1


@given(own=tallies, others=tallies, more=st.floats(0, 300))
def test_more_right_words_never_lower_the_share(own: Tally, others: Tally, more: float) -> None:
    better = Tally(min(own.right + more, own.seen), own.seen)
    before = table({SURE: own, DOUBTFUL: others})
    after = table({SURE: better, DOUBTFUL: others})
    for one in (SURE, DOUBTFUL):
        low, high = before.share(one), after.share(one)
        assert (low is None) == (high is None)
        assert low is None or (high is not None and high >= low)


def test_much_evidence_outweighs_what_is_imagined() -> None:
    found = table({SURE: Tally(150.0, 300), DOUBTFUL: Tally(300.0, 300)})
    assert found.share(SURE) == 0.5
    assert found.share(DOUBTFUL) == HIGHEST


def test_a_rule_is_counted_with_its_kind() -> None:
    assert family("tls.sni.elsewhere.reset") == family("tls.sni.unacked") == "tls.sni"
    assert family("ok.authenticated") == "ok.authenticated"


@pytest.mark.parametrize("outcome", Outcome)
def test_words_that_claim_nothing_are_not_counted(outcome: Outcome) -> None:
    found = cell(outcome, None, ("some.rule.id", "other.rule"))
    if outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_TESTED):
        assert found is None
    else:
        assert found == (outcome.value, "-", "some.rule")
    assert cell(outcome, Strength.CONFIRMED, ()) is None


def said(function: Function, outcome: Outcome, strength: Strength, rule: str) -> FunctionVerdict:
    return FunctionVerdict(function=function, outcome=outcome, strength=strength, rules=(rule,))


KNOWN = table(
    {
        ("ok", "confirmed", "ok.authenticated"): Tally(40.0, 40),
        ("ok", "likely", "ok.own_protocol"): Tally(20.0, 40),
        ("blocked", "confirmed", "tls.sni"): Tally(30.0, 30),
        ("blocked", "likely", "tls.same_address"): Tally(10.0, 20),
    }
)


def service(outcome: Outcome, *functions: FunctionVerdict) -> ServiceVerdict:
    return ServiceVerdict(service="acme", name="Acme", outcome=outcome, functions=functions)


def test_a_service_is_as_sure_as_its_surest_function() -> None:
    likely = said(Function.TEXT, Outcome.BLOCKED, Strength.LIKELY, "tls.same_address.reset")
    sure = said(Function.WEB, Outcome.BLOCKED, Strength.CONFIRMED, "tls.sni.elsewhere.reset")
    fine = said(Function.MEDIA, Outcome.OK, Strength.CONFIRMED, "ok.authenticated")
    found = with_confidence(KNOWN, service(Outcome.BLOCKED, likely, sure, fine), Function.TEXT)
    assert [f.confidence for f in found.functions] == [0.5, 0.99, 0.99]
    assert found.confidence == 0.99


def test_a_service_that_works_is_as_sure_as_its_primary_function() -> None:
    text = said(Function.TEXT, Outcome.OK, Strength.LIKELY, "ok.own_protocol")
    web = said(Function.WEB, Outcome.OK, Strength.CONFIRMED, "ok.authenticated")
    found = with_confidence(KNOWN, service(Outcome.OK, web, text), Function.TEXT)
    assert found.confidence == found.functions[1].confidence == 0.5


def test_nothing_but_the_numbers_changes_and_without_a_table_not_even_they() -> None:
    text = said(Function.TEXT, Outcome.OK, Strength.LIKELY, "ok.own_protocol")
    before = service(Outcome.OK, text)
    after = with_confidence(KNOWN, before, Function.TEXT)
    bare = replace(
        after,
        confidence=None,
        functions=tuple(replace(f, confidence=None) for f in after.functions),
    )
    assert bare == before
    assert with_confidence(None, before, Function.TEXT) == before


# --- what is shipped ----------------------------------------------------------------------------


def test_the_shipped_table_counts_rules_that_exist() -> None:
    assert TABLE is not None
    known = {(str(r.outcome), family(r.rule_id)) for r in rules()}
    for (outcome, strength, kind), tally in TABLE.cells.items():
        assert (outcome, kind) in known
        assert Outcome(outcome) in CLAIMS
        assert strength == "-" or Strength(strength)
        assert 0 <= tally.right <= tally.seen
    assert TABLE.runs >= TABLE.scenarios > 0


def test_a_table_of_older_rules_speaks_only_of_what_did_not_change_since() -> None:
    now = KNOWN.rules_version
    assert counted_with(KNOWN, now, {}) is KNOWN
    assert counted_with(None, now, {}) is None
    later = counted_with(KNOWN, now + 1, {"tls.same_address": now + 1})
    assert later is not None
    assert later.share(("blocked", "likely", "tls.same_address")) is None
    assert later.share(("blocked", "confirmed", "tls.sni")) is not None
    assert later.share(("blocked", "confirmed", "tls.new_rule")) is None
    assert KNOWN.share(("blocked", "confirmed", "tls.new_rule")) is not None


def test_families_that_are_said_to_have_changed_exist() -> None:
    known = {family(r.rule_id) for r in rules()}
    assert set(CHANGED) <= known
    assert max(CHANGED.values(), default=0) <= RULES_VERSION


def test_a_verdict_carries_its_number_and_no_number_for_no_claim() -> None:
    fine = judge(Story().good_connection().names().all_targets(times=1).evidence()).services[0]
    assert fine.outcome is Outcome.OK
    if counted_with(TABLE, RULES_VERSION, CHANGED) is None:
        assert fine.confidence is None and fine.functions[0].confidence is None
    numbered = with_confidence(TABLE, fine, Function.TEXT)
    assert numbered.confidence is not None and numbered.confidence > 0.5
    assert numbered.functions[0].confidence == numbered.confidence
    # One network, silent: nothing can be claimed.
    bare = Story().local().names().all_targets(fails="connect")
    unclear = with_confidence(TABLE, judge(bare.evidence()).services[0], Function.TEXT)
    assert unclear.outcome is Outcome.INCONCLUSIVE
    assert unclear.confidence is None and unclear.functions[0].confidence is None
