"""The exam of throttling without a lab: its rivals, its truths, its sums and its verdict."""

from dataclasses import replace
from typing import Any

import pytest
from scipy.stats import ks_2samp

from tests.lab import rivals
from tests.lab.rivals import Transfer, accused, area, naive, throughputs, transfers, wehe
from tests.lab.scenario import CORE
from tests.lab.throttle_cells import CELLS, CLOSELY, KINDS, LINES, Cell, chosen
from tests.lab.throttle_exam import judge, read, schedule
from tests.lab.throttle_table import Record, failures, table, totals, upper_bound

# --- rivals -------------------------------------------------------------------------------------


def steady(kbit: float, size: int = 80_000, **fields: Any) -> Transfer:
    """``size`` bytes at one rate, seen every tenth of the way."""
    seconds = size * 8 / kbit / 1000
    curve = tuple((seconds * n / 10, size * n // 10) for n in range(1, 11))
    plain = {"subject": "whatsapp", "arm": rivals.OWN, "direction": "down"}
    return Transfer(**{**plain, "curve": curve, "seconds": seconds, **fields})


def neutral(kbit: float, **fields: Any) -> Transfer:
    return steady(kbit, subject="ovh", arm=rivals.NEUTRAL, **fields)


def test_naive_wants_twice_the_median_time() -> None:
    fair = [neutral(1000), neutral(1000), neutral(100)]
    assert naive([steady(499)], fair)
    assert not naive([steady(510)], fair)


def test_naive_compares_at_the_size_that_all_reached() -> None:
    # 20 kB at 100 kbit/s last as long as 80 kB at 400 kbit/s, and are four times as slow.
    assert naive([steady(100, size=20_000)], [neutral(400)])
    assert not naive([steady(400, size=20_000)], [neutral(400)])


def test_naive_counts_the_greeting_and_a_transfer_that_never_began() -> None:
    assert naive([steady(1000, greeting=1.0)], [neutral(1000, greeting=0.1)])
    stuck = steady(1000, curve=(), seconds=0.0, greeting=8.0, finished=False)
    assert naive([stuck], [neutral(1000)])


def test_without_anything_to_compare_nobody_is_accused() -> None:
    for rule in (naive, wehe):
        assert not rule([], [neutral(1000)])
        assert not rule([steady(100)], [])


def test_throughput_is_sampled_in_equal_intervals() -> None:
    assert throughputs(steady(800)) == pytest.approx([800.0] * 100)
    # A second of 1000 bytes, three of nothing, until our patience ended.
    capped = steady(1, curve=((1.0, 1000),), seconds=4.0, finished=False)
    assert throughputs(capped, bins=4) == pytest.approx([8.0, 0.0, 0.0, 0.0])
    # The bytes of one observation that spans intervals flow evenly through them.
    one = steady(1, curve=((4.0, 4000),), seconds=4.0)
    assert throughputs(one, bins=4) == pytest.approx([8.0] * 4)
    assert throughputs(steady(1, curve=(), seconds=0.0)) == []


def test_the_area_is_a_share_of_the_smaller_maximum() -> None:
    assert area([1.0, 2.0, 3.0], [3.0, 1.0, 2.0]) == 0.0
    assert area([1.0] * 5, [2.0] * 3) == pytest.approx(1.0)
    # Quantiles 0 and 4 by halves against 2: the gap is 2 everywhere; the smaller maximum is 2.
    assert area([0.0, 4.0], [2.0]) == pytest.approx(1.0)
    assert area([10.0] * 4, [14.0] * 4) == pytest.approx(0.4)


def test_wehe_wants_area_and_significance_and_the_service_to_be_the_slower() -> None:
    assert wehe([steady(400)], [neutral(1000)])  # (1000 - 400) / 400
    assert not wehe([steady(700)], [neutral(1000)])  # 300 / 700 < 0.5
    assert not wehe([steady(1000)], [neutral(400)])


def test_wehe_does_not_accuse_on_what_luck_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two samples each cannot reach p < 0.01, however far apart they are.
    assert ks_2samp([1.0, 1.1], [9.0, 9.1]).pvalue > rivals.MOST_P
    monkeypatch.setattr(rivals, "throughputs", lambda t: [t.kbit, t.kbit * 1.1])
    assert not wehe([steady(100)], [neutral(1000)])


def test_rivals_compare_only_what_goes_the_same_way() -> None:
    slow_upload = steady(100, direction="up", subject="signal")
    found = [slow_upload, steady(1000), neutral(1000), neutral(100, direction="up")]
    assert accused(found, CORE, naive) == ()
    fast = [*found[:3], neutral(1000, direction="up")]
    assert accused(fast, CORE, naive) == ("signal",)
    assert accused(fast, CORE, wehe) == ("signal",)


# --- documents ----------------------------------------------------------------------------------


def observed(
    subject: str,
    arm: str,
    curve: list[list[float]],
    end: float,
    failure: str | None = None,
    status: int | None = 206,
    *,
    capped: bool = False,
) -> dict[str, Any]:
    """One measurement as the document has it, its greeting half a second long."""
    tls = {"type": "tls", "window": {"start": 0.5, "end": 1.0}, "failure": None}
    moved = {
        "type": "transfer",
        "window": {"start": 1.0, "end": 1.0 + end},
        "failure": failure,
        "status": status,
        "direction": "down",
        "capped": capped,
        "curve": curve,
    }
    task = {
        "check": "transfer",
        "subject": subject,
        "arm": arm,
        "probe": {"options": [["direction", "down"]]},
    }
    return {"task": task, "observations": [tls, moved]}


def service(name: str, outcome: str = "ok", *mechanisms: str, floor: float = 0.0) -> dict[str, Any]:
    speed = {"direction": "down", "floor_kbit": floor, "moved": 80_000}
    return {
        "service": name,
        "outcome": outcome,
        "functions": [
            {
                "function": "web",
                "outcome": outcome,
                "mechanisms": list(mechanisms),
                "why": "because",
                "speeds": [speed] if floor else [],
            }
        ],
    }


def document(*services: dict[str, Any], moved: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    given = {s["service"]: s for s in services}
    return {
        "tool": {"version": "1", "rules_version": 2},
        "started_at": "2026-01-02T03:04:05Z",
        "duration_s": 9.0,
        "bytes": {"sent": 100, "received": 900},
        "connection": {"state": "online"},
        "services": [given.get(name, service(name)) for name in CORE],
        "measurements": list(moved),
    }


def test_only_what_tells_of_speed_is_a_transfer() -> None:
    good = observed("ovh", "t.source", [[0.1, 5000], [0.2, 9000]], 0.25)
    cut = observed("ovh", "t.source", [[0.1, 5000]], 2.0, status=None, capped=True)
    refused = observed("ovh", "t.source", [[0.1, 300]], 0.1, status=404)
    reset = observed("ovh", "t.source", [[0.1, 300]], 0.1, failure="connection_reset")
    greeted = observed("ovh", "t.source", [], 0.0)
    del greeted["observations"][1]
    held_up = observed("ovh", "t.source", [], 0.0)
    del held_up["observations"][1]
    held_up["observations"][0]["failure"] = "generic_timeout_error"
    found = transfers(document(moved=(good, cut, refused, reset, greeted, held_up)))
    assert [(t.moved, t.finished) for t in found] == [(9000, True), (5000, False), (0, False)]
    assert [t.whole for t in found] == pytest.approx([0.7, 2.5, 0.5])


def _cell(kind: str, line: str = "good") -> Cell:
    (cell,) = (c for c in CELLS if c.id == f"{line}/{kind}")
    return cell


def _seed_for(cell: Cell, name: str) -> int:
    return next(seed for seed in range(1, 9) if cell.service(seed) == name)


def test_a_limit_below_the_printed_floor_is_visible_and_one_above_is_not() -> None:
    cell = _cell("sni-police-140")
    seed = _seed_for(cell, "whatsapp")
    for floor, visible in ((150.0, True), (130.0, False)):
        found = judge(cell, seed, document(service("whatsapp", floor=floor)))
        assert (found.visible, found.called) == (visible, False)


def test_where_the_service_has_no_floor_the_best_other_one_counts() -> None:
    cell = _cell("sni-police-140")
    found = judge(cell, _seed_for(cell, "whatsapp"), document(service("signal", floor=900.0)))
    assert (found.visible, found.floor_kbit) == (True, 900.0)


def test_loss_is_visible_when_the_transfers_got_less_than_the_floor() -> None:
    cell = _cell("sni-loss-40")
    seed = _seed_for(cell, "telegram")
    # 10 000 bytes in 0.5 s of greeting and 0.5 s of transfer: 80 kbit/s.
    moved = observed("telegram", "t.own", [[0.5, 10_000]], 0.5)
    for floor, visible in ((81.0, True), (79.0, False)):
        found = judge(cell, seed, document(service("telegram", floor=floor), moved=(moved,)))
        assert found.visible is visible
        assert found.limit_kbit == pytest.approx(80.0)


def test_a_mechanism_is_met_by_itself_or_a_deeper_one_only() -> None:
    cell = _cell("sni-police-140")
    seed = _seed_for(cell, "signal")
    for mechanism, right in (
        ("throttle.sni", True),
        ("throttle.sni.policing", True),
        ("throttle.ip", False),
        ("throttle.snip", False),
    ):
        found = judge(cell, seed, document(service("signal", "throttled", mechanism)))
        assert (found.called, found.mechanism_right) == (True, right)
        assert not found.wrongly


def test_a_bystander_may_not_be_accused() -> None:
    cell = _cell("sni-police-140")
    seed = _seed_for(cell, "signal")
    found = judge(
        cell, seed, document(service("signal", "throttled"), service("telegram", "blocked"))
    )
    assert (found.throttled, found.blocked) == ([], ["telegram"])


def test_in_an_innocent_cell_the_hit_service_may_not_be_accused_either() -> None:
    cell = _cell("slow-server")
    name = cell.service(1)
    assert judge(cell, 1, document(service(name, "throttled"))).throttled == [name]
    assert not judge(cell, 1, document(service(name, "degraded"))).wrongly


def test_a_late_limit_may_not_be_called_tested() -> None:
    cell = _cell("delayed")
    name = cell.service(1)
    honest = service(name, floor=500.0)
    assert judge(cell, 1, document(honest)).called
    honest["functions"][0]["speeds"][0]["moved"] = 1_500_000
    assert not judge(cell, 1, document(honest)).called


def test_a_freeze_may_be_called_blocked() -> None:
    cell = _cell("freeze-16k")
    found = judge(cell, 1, document(service(cell.service(1), "blocked", "tcp.freeze.bytes")))
    assert found.called and found.mechanism_right


# --- cells and their order ----------------------------------------------------------------------


def test_every_kind_is_on_the_good_line_and_every_line_has_an_innocent_run() -> None:
    assert {c.kind.label for c in CELLS if c.line == "good" and not c.innocent} == set(KINDS)
    assert {c.line for c in CELLS if c.innocent and c.kind.label == "plain"} == {*LINES, *CLOSELY}
    assert len({c.id for c in CELLS}) == len(CELLS)


def test_a_line_that_is_looked_at_closely_is_given_the_time() -> None:
    (closely,) = (c for c in CELLS if c.id == "edge-closely/plain")
    plain, deep = (c.scenario(1) for c in (*chosen("edge/plain"), closely))
    assert deep.link == plain.link and "--throttle" in deep.args and not plain.args
    assert deep.patience > 2 * 120 + 240 > plain.patience


def test_four_seeds_hit_four_services() -> None:
    for cell in CELLS:
        assert {cell.service(seed) for seed in range(1, 5)} == set(CORE)


def test_the_usual_numbers_make_enough_innocent_runs() -> None:
    jobs = schedule(CELLS, seeds=5, innocent=20)
    assert sum(cell.innocent for cell, _ in jobs) >= 400
    assert len(set(jobs)) == len(jobs)


def test_an_exam_that_is_cut_short_still_covers_every_cell() -> None:
    jobs = schedule(CELLS, seeds=5, innocent=20)
    half = jobs[: len(jobs) // 2]
    done = {cell.id: sum(c is cell for c, _ in half) for cell in CELLS}
    assert all(done[c.id] >= (8 if c.innocent else 2) for c in CELLS)


def test_scenarios_differ_with_the_seed_and_repeat_with_it() -> None:
    cell = _cell("distant-cdn")
    assert cell.scenario(1) == cell.scenario(1)
    assert cell.scenario(1).world["hosts"] != cell.scenario(2).world["hosts"]


def test_filters_are_parts_of_ids() -> None:
    assert {c.line for c in chosen("lte/")} == {"lte"}
    assert chosen() == CELLS
    assert chosen("no such cell") == ()


# --- sums ---------------------------------------------------------------------------------------


def record(**fields: Any) -> Record:
    plain: dict[str, Any] = {"cell": "good/plain", "seed": 1, "innocent": True, "service": "signal"}
    return Record(**{**plain, **fields})


def hit(**fields: Any) -> Record:
    plain = {"cell": "good/sni-police-140", "innocent": False, "visible": True, "called": True}
    return record(**{**plain, **fields})


def passing() -> list[Record]:
    return [*(record(seed=n) for n in range(400)), *(hit(seed=n) for n in range(10))]


def test_it_is_passed_by_many_innocents_and_the_visible_ones_called() -> None:
    assert failures(passing(), whole=True) == []
    text = table(passing(), whole=True)
    assert text.endswith("\nPASS\n")
    assert "10/10 1.00 [0.72 1.00]" in text  # Wilson's interval for 10 of 10
    assert "false alarms 0 (at most 0.75 % at 95 %)" in text  # 1 - 0.05 ** (1 / 400)


@pytest.mark.parametrize(
    "extra",
    [
        record(seed=999, throttled=["signal"]),
        record(seed=999, blocked=["telegram"]),
        hit(seed=999, throttled=["telegram"]),
    ],
)
def test_one_wrong_accusation_fails_it(extra: Record) -> None:
    records = [*passing(), extra]
    assert len(failures(records, whole=True)) == 1
    text = table(records, whole=True)
    assert f"wrong: {extra.cell} seed 999" in text
    assert "\nFAIL: 1 " in text


def test_nineteen_visible_of_twenty_must_be_called() -> None:
    missed = hit(seed=99, called=False)
    called = [*passing(), *(hit(seed=seed) for seed in range(1001, 1011))]
    nineteen = [*called[:-1], missed]
    assert failures(nineteen, whole=True) == []
    eighteen = [*called[:-2], missed, replace(missed, seed=98)]
    (why,) = failures(eighteen, whole=True)
    assert "recall 0.900" in why
    assert "missed: good/sni-police-140 seed 98" in table(eighteen, whole=True)


def test_what_was_out_of_sight_or_claims_nothing_costs_no_recall() -> None:
    out = [
        *(hit(seed=100 + n, called=False, visible=False) for n in range(50)),
        *(hit(seed=200 + n, called=False, claims=False, visible=False) for n in range(50)),
    ]
    assert failures([*passing(), *out], whole=True) == []
    assert totals([*passing(), *out]).hit == 60


def test_a_whole_exam_needs_enough_innocent_runs_and_void_ones_are_none() -> None:
    voided = [replace(r, fault="no lab") if r.seed == 0 and r.innocent else r for r in passing()]
    assert failures(voided, whole=True) == ["only 399 innocent runs, wanted 400"]
    assert failures(voided, whole=False) == []
    assert "void runs 1, runs not made 3" in table(voided, whole=True, missing=3)


def test_nothing_visible_is_no_pass() -> None:
    assert failures(passing()[:400], whole=True) == ["no visible run"]


def test_the_bound_is_exact() -> None:
    assert upper_bound(0, 400) == pytest.approx(1 - 0.05 ** (1 / 400))
    assert upper_bound(5, 5) == 1.0


def test_rivals_are_counted_beside_us() -> None:
    text = table(
        [record(naive=["signal"]), record(seed=2, naive=["signal"], wehe=["whatsapp"])], whole=False
    )
    row = next(line for line in text.splitlines() if line.startswith("good  plain"))
    assert row.split()[2:7] == ["2", "0", "2", "1", "0"]


def test_a_results_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Any) -> None:
    file = tmp_path / "results.jsonl"
    assert read(file) == []
    file.write_text(
        '{"cell": "good/plain", "seed": 3, "innocent": true, "service": "signal"}\n{"cell": "goo'
    )
    assert read(file) == [record(seed=3)]
