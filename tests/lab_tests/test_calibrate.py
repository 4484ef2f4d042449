"""Calibration without a lab: what is counted, where it is checked, and what is written."""

from dataclasses import replace
from pathlib import Path

import pytest

from msgprobe.judging.calibration import Cell, Table, Tally
from msgprobe.judging.calibration_table import TABLE
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document
from tests.lab import calibrate
from tests.lab.calibrate import Word
from tests.lab.exam_record import OWN, Kept, save
from tests.lab.rejudge import rejudged
from tests.lab.scenario import Scenario, truth
from tests.lab.scenarios import SCENARIOS
from tests.lab.whole_exam import schedule
from tests.report import sample

TIMEOUT: Cell = ("blocked", "likely", "tcp.timeout")
FINE: Cell = ("ok", "confirmed", "ok.authenticated")


def word(
    *,
    right: bool | None = True,
    cell: Cell | None = TIMEOUT,
    scenario: str = "A1",
    family: str = "A1",
    hit: bool | None = True,
    outcome: Outcome = Outcome.BLOCKED,
) -> Word:
    return Word(
        scenario=scenario,
        family=family,
        key="acme",
        outcome=outcome.value,
        cell=cell,
        right=right,
        hit=hit,
    )


# --- families -----------------------------------------------------------------------------------


def test_a_pair_of_look_alikes_is_never_split() -> None:
    pairs: dict[str, set[str]] = {}
    for scenario in SCENARIOS:
        name, half, _ = scenario.id.partition("-")
        if half and name.startswith("L") and name[1:].isdecimal():
            pairs.setdefault(name, set()).add(calibrate.family_of(scenario))
    assert set(pairs) >= {"L1", "L2", "L3"}
    assert all(len(families) == 1 for families in pairs.values())


def test_about_a_third_is_held_out_and_both_parts_have_every_kind() -> None:
    apart = [s for s in SCENARIOS if calibrate.held_out(calibrate.family_of(s))]
    assert 0.15 < len(apart) / len(SCENARIOS) < 0.5
    assert {s.kind for s in apart} == {s.kind for s in SCENARIOS if s not in apart}
    runs = schedule(SCENARIOS, range(1, 6), [OWN])
    checked = [s for s, _, _ in runs if calibrate.held_out(calibrate.family_of(s))]
    alike = sum(s.look_alike for s in checked)
    assert alike >= 0.1 * len(checked)
    assert alike < sum(s.look_alike for s, _, _ in runs)


def test_a_family_is_a_row_of_the_facts() -> None:
    def row(text: str) -> str:
        return calibrate.family_of(Scenario(id="Z9", title="", kind="innocent", row=text))

    assert row("A17 (one name)") == row("§5 look-alike of A17") == row("A17, D18") == "A17"
    assert row("-") == row("own outage") == "Z9"


# --- counting -----------------------------------------------------------------------------------


def test_runs_of_one_scenario_are_one_piece_of_evidence() -> None:
    found = calibrate.count(
        [
            *(word(scenario="A1") for _ in range(50)),
            word(scenario="A2", right=True),
            word(scenario="A2", right=False),
            word(right=None),
            word(cell=None),
        ]
    )
    assert found == {TIMEOUT: Tally(1.5, 2)}


def test_what_is_held_out_is_not_counted() -> None:
    names = [f"A{n}" for n in range(1, 40)]
    inside = [n for n in names if not calibrate.held_out(n)]
    found = calibrate.Corpus(
        words=[word(scenario=n, family=n, right=not calibrate.held_out(n)) for n in names],
        runs=39,
        ambiguous=0,
        date="2026-01-02",
    )
    table = calibrate.fit(found)
    assert 0 < len(inside) < len(names)
    assert table.cells == {TIMEOUT: Tally(len(inside), len(inside))}
    assert (table.scenarios, table.runs, table.date) == (len(inside), 39, "2026-01-02")


# --- scores -------------------------------------------------------------------------------------


def test_brier_is_the_mean_squared_error() -> None:
    assert calibrate.brier([(1.0, True), (0.0, False)]) == 0.0
    assert calibrate.brier([(0.5, True), (0.5, False)]) == 0.25
    assert calibrate.brier([(0.9, True), (0.8, False)]) == pytest.approx((0.01 + 0.64) / 2)
    assert calibrate.brier([]) == calibrate.best_constant([]) == 0.0


def test_the_best_constant_is_the_share_itself() -> None:
    came = [(0.7, True)] * 3 + [(0.7, False)]
    assert calibrate.best_constant(came) == pytest.approx(0.75 * 0.25)
    assert calibrate.best_constant(came) == pytest.approx(
        calibrate.brier([(0.75, one) for _, one in came])
    )


def test_every_forecast_stands_in_one_bin() -> None:
    forecasts = [(0.01, False), (0.5, True), (0.5, False), (0.98, True), (0.99, True), (1.0, True)]
    rows = calibrate.reliability(forecasts)
    assert sum(size for _, _, size, _, _ in rows) == len(forecasts)
    assert [(size, share) for _, _, size, _, share in rows] == [(1, 0.0), (2, 0.5), (3, 1.0)]
    assert all(low <= mean <= high for low, high, _, mean, _ in rows)


KNOWN = Table(
    date="2026-01-02",
    rules_version=1,
    runs=9,
    scenarios=9,
    cells={TIMEOUT: Tally(6.0, 8), FINE: Tally(40.0, 40)},
)


def test_a_word_is_a_forecast_of_itself_and_of_interference() -> None:
    share = KNOWN.share(TIMEOUT)
    assert share is not None and 0.6 < share < 0.8
    assert calibrate.forecast_word(KNOWN, word(right=False)) == (share, False)
    assert calibrate.forecast_hit(KNOWN, word(hit=False)) == (share, False)
    fine = word(cell=FINE, outcome=Outcome.OK, hit=False)
    assert calibrate.forecast_word(KNOWN, fine) == (0.99, True)
    foretold = calibrate.forecast_hit(KNOWN, fine)
    assert foretold is not None and foretold[0] == pytest.approx(0.01)


def test_what_claims_nothing_is_worth_a_half_and_no_word() -> None:
    unsure = word(cell=None, right=None, outcome=Outcome.INCONCLUSIVE)
    assert calibrate.forecast_word(KNOWN, unsure) is None
    assert calibrate.forecast_hit(KNOWN, unsure) == (0.5, True)
    assert calibrate.forecast_hit(KNOWN, replace(unsure, hit=None)) is None
    # Impaired, interference not proven: that is no forecast of interference.
    part = word(cell=("degraded", "confirmed", "pool.some_members"), outcome=Outcome.DEGRADED)
    assert calibrate.forecast_hit(KNOWN, part) == (0.5, True)


# --- documents ----------------------------------------------------------------------------------


def kept(scenario: str = "I0", seed: int = 1) -> Kept:
    """A made-up run, as a scenario's. Its evidence is thin: its only service can't be judged."""
    made = sample.run(sample.blocked())
    return Kept(scenario=scenario, seed=seed, document=document(made, exit_code=1, evidence=True))


def test_verdicts_are_those_of_todays_rules_not_the_saved_ones() -> None:
    scenario = Scenario(
        id="Z1", title="", kind="innocent", row="-", services=("telegram",), others=truth("ok")
    )
    before = kept()
    assert before.document["services"][0]["outcome"] == "blocked"
    today = rejudged(before).document["services"][0]["outcome"]
    assert today != "blocked"  # nothing in its evidence licenses the word
    (said,) = [w for w in calibrate.words(before, scenario) if w.key == "telegram"]
    assert said.outcome == today
    assert said.hit is False and not said.ambiguous


def test_what_cannot_be_read_is_named_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path, kept("I0"))
    save(tmp_path, kept("L1-innocent"))
    save(tmp_path, kept("nobody"))
    (tmp_path / "broken-1.json.gz").write_bytes(b"no gzip")
    save(tmp_path, Kept(scenario="I12", seed=1, document={"services": []}))
    found = calibrate.corpus(tmp_path)
    assert (found.runs, found.ambiguous, found.date) == (2, 1, "2026-01-05")
    said = capsys.readouterr().err
    for name in ("nobody-1", "broken-1", "I12-1"):
        assert f"passed over: {name}" in said


def test_without_runs_there_is_nothing_to_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate.main([str(tmp_path)]) == 2
    assert "make exam" in capsys.readouterr().err


def test_a_report_shows_both_parts_and_both_scores() -> None:
    apart = next(n for n in ("A1", "A2", "A3", "A4", "A5") if calibrate.held_out(n))
    mine = next(n for n in ("A1", "A2", "A3", "A4", "A5") if not calibrate.held_out(n))
    found = calibrate.Corpus(
        words=[word(family=mine, scenario=mine), word(family=apart, scenario=apart, right=False)],
        runs=2,
        ambiguous=0,
        date="2026-01-02",
    )
    text = calibrate.report(KNOWN, found)
    assert f"families counted: {mine}\n" in text and f"families held out: {apart}\n" in text
    assert f"in either part: 1\n  {apart} acme blocked likely tcp.timeout\n" in text
    assert text.count("Brier") == 2 and "tcp.timeout" in text


# --- what is shipped ----------------------------------------------------------------------------


def test_the_written_module_is_the_table() -> None:
    there: dict[str, object] = {}
    exec(calibrate.module(KNOWN, 3), there)
    assert there["TABLE"] == KNOWN


def test_the_shipped_module_is_as_it_was_written() -> None:
    text = calibrate.WHERE.read_text(encoding="utf-8")
    ambiguous = int(text.partition("Of all runs ")[2].split()[0])
    assert TABLE is not None and text == calibrate.module(TABLE, ambiguous)
