"""Rows are the same in every form, keep their columns, and harm no spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.interchange.rows import COLUMNS, rows
from msgprobe.model.codec import to_json
from msgprobe.model.run import Run, Vantage
from msgprobe.model.verdict import CallLoss, Outcome, State
from msgprobe.report import rows_csv, rows_jsonl, rows_parquet
from msgprobe.report.messages import english
from msgprobe.report.view import View
from tests.report import sample

RUN = replace(
    sample.run(sample.blocked(), sample.throttled()),
    vantage=Vantage(asn=9198, label="home, 5th floor"),
)


def written(write: Any, runs: Iterable[Run]) -> bytes:
    out = io.BytesIO()
    write(runs, out)
    return out.getvalue()


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_columns_stand_in_their_order() -> None:
    """New ones come at the end of what they belong to, and this list says so to whoever adds one:
    programs of other people read them by name, and some by place."""
    assert COLUMNS == (
        *("run_id", "started_at", "duration_s", "tool_version", "rules_version"),
        *("catalogue_sha256", "country", "asn", "label", "series", "quick", "throttle"),
        *("functions_asked", "seed", "interrupted"),
        *("connection", "connection_strength", "connection_notes"),
        *("service", "service_outcome", "service_partial"),
        *("function", "outcome", "strength", "confidence", "partial", "mechanisms", "rules"),
        *("endpoints_tested", "endpoints_ok", "speed_direction", "speed_kbit", "neutral_kbit"),
        *("packets_sent", "packets_lost", "bytes_sent", "bytes_received", "why"),
    )


def test_a_row_is_one_function() -> None:
    found = read_csv(rows_csv.render(RUN, View()))
    said = [(r["service"], r["function"], r["outcome"]) for r in found]
    assert said[:2] == [("telegram", "web", "blocked"), ("telegram", "text", "ok")]
    assert said[2] == ("telegram", "web", "throttled")
    first = found[0]
    assert (first["asn"], first["label"], first["country"]) == ("9198", "home, 5th floor", "")
    assert (first["mechanisms"], first["rules"]) == ("tls.reset.sni", "tls.sni.unacked")
    assert (first["seed"], first["functions_asked"], first["quick"]) == ("7", "web", "false")
    assert float(found[2]["speed_kbit"]) == 141.0


def test_a_shutdown_is_told_in_every_row() -> None:
    names = ("Signal", "Telegram", "WhatsApp", "Messenger", "Threema")
    every = [sample.service_verdict(Outcome.INCONCLUSIVE, name) for name in names]
    run = sample.run(*every, state=State.SHUTDOWN, seen=())
    found = read_csv(rows_csv.render(run, View()))
    assert len(found) == 15
    assert {r["connection"] for r in found} == {"shutdown"}


def test_the_slowest_beside_its_neutral_one_is_shown() -> None:
    speeds = (sample.speed(900, 1000), sample.speed(500, 9000), sample.speed(100, 150))
    loss = CallLoss(sent=50, lost=9, neutral_sent=75, neutral_lost=0, median_ms=31.5)
    one = replace(sample.function(), speeds=speeds, loss=loss)
    (row,) = rows(sample.run(sample.service_verdict(functions=(one,))), english)
    assert (row.speed_kbit, row.neutral_kbit) == (500, 9000)
    assert (row.packets_sent, row.packets_lost) == (50, 9)


def test_nothing_measured_still_has_its_row() -> None:
    (row,) = rows(sample.run(state=State.LOCAL_FAULT), english)
    assert (row.connection, row.service, row.outcome) == ("local_fault", None, None)
    (row,) = rows(sample.run(sample.service_verdict(Outcome.NOT_TESTED, functions=())), english)
    assert (row.service, row.service_outcome, row.function) == ("telegram", "not_tested", None)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|'/c calc'!A0", "\uff1d1", "\n-1"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    run = replace(RUN, vantage=Vantage(label=text))
    why = sample.function(why=text, mechanisms=(text,))
    run = replace(run, verdict=sample.run(sample.service_verdict(functions=(why,))).verdict)
    (found,) = read_csv(rows_csv.render(run, View()))
    for key in ("label", "why", "mechanisms"):
        assert found[key].startswith("'")
        assert text.strip() in found[key].replace("\\x0d", "")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters()))
def test_csv_comes_back_whatever_it_holds(text: str) -> None:
    one = sample.function(why=text)
    run = sample.run(sample.service_verdict(functions=(one,)), seen=())
    data = written(rows_csv.write, [run]).decode()
    (found,) = read_csv(data)
    assert list(found) == list(COLUMNS)
    assert all(cell.isprintable() or not cell for cell in found.values())
    assert found["run_id"] == run.run_id
    if text.isprintable() and text.isalnum():
        assert found["why"].endswith(f"{text[1:]}.")


def test_json_lines_are_the_rows_by_name() -> None:
    lines = written(rows_jsonl.write, [RUN, RUN]).splitlines()
    assert [json.loads(line) for line in lines] == [to_json(r) for r in rows(RUN, english)] * 2


def test_parquet_holds_the_same_with_types(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "runs.parquet"
    path.write_bytes(written(rows_parquet.write, [RUN, RUN]))
    table = pq.read_table(path)
    assert table.column_names == list(COLUMNS)
    assert table.to_pylist() == [to_json(r) for r in rows(RUN, english)] * 2
    kinds = {name: str(table.schema.field(name).type) for name in COLUMNS}
    assert kinds["asn"] == "int64" and kinds["speed_kbit"] == "double" and kinds["quick"] == "bool"
    assert kinds["mechanisms"].startswith("list") and kinds["label"] == "string"


def test_no_runs_are_an_empty_table(tmp_path: Path) -> None:
    assert read_csv(written(rows_csv.write, []).decode()) == []
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "none.parquet"
    path.write_bytes(written(rows_parquet.write, []))
    assert pq.read_table(path).num_rows == 0
