"""How old a row is, and which old rows a verdict rests on."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from msgprobe.catalog.loader import load
from msgprobe.model.age import age_days, control_rows, day_of, service_rows, stale
from msgprobe.model.run import Run
from msgprobe.model.target import Function, Provenance
from msgprobe.model.task import Role
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps, read_run, schema_text
from msgprobe.report.explain import explain_run
from msgprobe.report.services import render_stale
from msgprobe.report.stale import StaleRows
from tests.report import sample

TODAY = date(2026, 1, 5)
"""The day of the sample run."""


def dated(text: str) -> Provenance:
    return Provenance(source="made up", date=text)


@pytest.mark.parametrize(
    ("text", "when", "old"),
    [
        ("2024-07-05", date(2026, 1, 5), False),  # 18 months to the day
        ("2024-07-04", date(2026, 1, 5), True),
        ("2024-07", date(2026, 1, 31), False),  # a month counts by its last day
        ("2024-07", date(2026, 2, 1), True),
        ("2024-08-31", date(2026, 2, 28), False),  # February has no 31st
        ("2024-08-31", date(2026, 3, 1), True),
        ("2026-11", date(2026, 1, 5), False),  # from the future, as seen by an old run
        ("nonsense", date(2026, 1, 5), False),
        ("2024-13", date(2026, 1, 5), False),
    ],
)
def test_older_than_eighteen_months(text: str, when: date, old: bool) -> None:
    assert stale(dated(text), when) is old


def test_age_in_days() -> None:
    assert age_days(dated("2026-01-01"), TODAY) == 4
    assert age_days(dated("2025-12"), TODAY) == 5
    assert age_days(dated("2027-01"), TODAY) == 0
    assert age_days(dated("soon"), TODAY) is None
    assert day_of("2026-01-05T10:30:00Z") == TODAY
    assert day_of("2024-02") == date(2024, 2, 29)


def test_every_row_of_a_file_is_counted_once() -> None:
    catalogue = load()
    for service in catalogue.services:
        names = [name for name, _ in service_rows(service)]
        members = {e.member for e in service.endpoints}
        assert members <= set(names)
        assert len(names) == len(members) + len(service.assets) + len(service.roots) + len(
            service.keys
        ) + (service.beacon is not None)
    rows = control_rows(catalogue.controls)
    assert len({name for name, _ in rows}) == len(rows)


def _old(text: str = "2024-01") -> Run:
    """The sample run, resting on a member, an asset and a control that are old."""
    found = sample.run(sample.blocked(), sample.throttled())
    (service,) = found.evidence.services
    service = replace(
        service,
        endpoints=tuple(replace(e, provenance=dated(text)) for e in service.endpoints),
        assets=tuple(replace(a, provenance=dated("2023-02-03")) for a in service.assets),
    )
    controls = found.evidence.controls
    controls = replace(
        controls, sources=tuple(replace(s, provenance=dated("2022-05")) for s in controls.sources)
    )
    seen = tuple(
        replace(m, task=replace(m.task, role=Role.CONTROL)) if m.task.subject == "mirror" else m
        for m in found.evidence.measurements
    )
    evidence = replace(found.evidence, services=(service,), controls=controls, measurements=seen)
    return replace(found, evidence=evidence)


def _functions(run: Run) -> dict[tuple[int, str], Any]:
    found = json.loads(dumps(document(run, exit_code=1, evidence=True)))
    jsonschema.validate(found, json.loads(schema_text()), cls=jsonschema.Draft202012Validator)
    return {
        (n, f["function"]): f.get("stale_rows")
        for n, s in enumerate(found["services"])
        for f in s["functions"]
    }


def test_a_verdict_names_the_old_rows_that_it_rests_on_and_no_others() -> None:
    functions = _functions(_old())
    assert functions[0, "web"] == ["web"]
    assert "web-script" in functions[1, "web"]
    assert functions[0, "text"] is None  # it cites nothing
    assert set(_functions(sample.run(sample.blocked())).values()) == {None}


def test_controls_are_rows_too() -> None:
    rows = StaleRows(_old()).of((7,))
    assert [name for name, _ in rows] == ["mirror"]
    assert StaleRows(_old()).of((7, 7, 99)) == rows


def test_the_age_is_that_on_the_day_of_the_run() -> None:
    young = _old("2025-01")
    assert _functions(young)[0, "web"] is None
    later = replace(young, started_at="2026-11-25T00:00:00Z")
    assert _functions(later)[0, "web"] == ["web"]
    assert _functions(replace(later, evidence=young.evidence))[0, "web"] == ["web"]


def test_a_saved_run_with_another_date_is_read_and_called_neither() -> None:
    text = dumps(document(_old("whenever"), exit_code=1, evidence=True))
    assert StaleRows(read_run(text)).of((3, 4)) == ()
    odd = replace(_old(), started_at="whenever")
    assert StaleRows(odd).of((3, 4, 5)) == ()


def test_explain_says_it_where_the_verdict_rests_on_it() -> None:
    text = explain_run(_old(), "telegram", (), width=None)
    assert "Note: rests on facts older than 18 months: web (2024-01)" in text
    fresh = explain_run(sample.run(sample.blocked()), "telegram", (), width=None)
    assert "rests on facts" not in fresh


def test_a_name_s_answer_rests_on_the_members_of_that_name() -> None:
    run = _old()
    (service,) = run.evidence.services
    lookups = [
        m
        for m in run.evidence.measurements
        if m.task.check == "resolve" and m.task.subject == service.name
    ]
    for measurement in lookups:
        bare = replace(measurement, task=replace(measurement.task, endpoint=None))
        only = replace(run, evidence=replace(run.evidence, measurements=(bare,)))
        cited = tuple(o.transaction for o in bare.observations)
        hosts = {e.host for e in service.endpoints}
        named = getattr(bare.task.probe, "name", None) in hosts
        assert bool(StaleRows(only).of(cited)) is named


def test_one_line_about_a_file() -> None:
    rows = [(f"row{n}", dated(f"2020-{n:02}")) for n in range(1, 9)]
    rows.append(("new", dated("2026-01")))
    line = render_stale("x\x1b.toml", rows, TODAY)
    assert line.startswith("x\\x1b.toml: 8 of 9 rows are older than 18 months: row1 (2020-01), ")
    assert "and 3 more" in line and "services verify" in line
    assert render_stale("x.toml", rows[-1:], TODAY) == ""


def test_a_function_without_evidence_has_no_key() -> None:
    made = sample.service_verdict(Outcome.OK, functions=(sample.function(Function.TEXT),))
    assert _functions(replace(_old(), verdict=replace(_old().verdict, services=(made,)))) == {
        (0, "text"): None
    }
