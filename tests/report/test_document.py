"""The document keeps its contract, its schema describes it wholly, and it can be read back."""

import copy
import json
from dataclasses import replace
from enum import StrEnum
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.liberty import Allowances, Liberty, Override, Taken
from msgprobe.model.run import Vantage
from msgprobe.model.target import Function
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import Outcome, State, Strength
from msgprobe.report import jsonl, junit, terminal
from msgprobe.report.document import SavedRunError, document, dumps, read_run, schema_text
from msgprobe.report.explain import explain_run
from msgprobe.report.view import View
from msgprobe.session import rules
from tests.report import sample
from tests.report.schema import validate

RUN = sample.run(
    sample.blocked(),
    sample.throttled(),
    sample.service_verdict(Outcome.OK, "Signal"),
    notes=("ipv6_missing",),
)


CARRIED = (
    *("tool", "run_id", "catalogue_sha256", "started_at", "request"),
    *("country", "asn", "label", "series"),
)


@pytest.mark.parametrize("evidence", [True, False])
def test_the_schema_describes_every_key(evidence: bool) -> None:
    validate(json.loads(dumps(document(RUN, exit_code=1, evidence=evidence))))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("arm", Arm),
        ("failure", Failure),
        ("function", Function),
        ("outcome", Outcome),
        ("resolverKind", ResolverKind),
        ("state", State),
    ],
)
def test_the_schema_lists_every_word_there_is(name: str, words: type[StrEnum]) -> None:
    listed = json.loads(schema_text())["$defs"][name]["enum"]
    assert set(words) - set(listed) == set(), "what no run of a test happens to write is missed"


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_schema_allows_every_word(state: State, outcome: Outcome) -> None:
    run = sample.run(
        sample.service_verdict(
            outcome, strength=None, functions=(sample.function(Function.CALLS, outcome),)
        ),
        state=state,
        seen=(),
        strength=Strength.LIKELY,
    )
    validate(document(run, exit_code=4, evidence=True))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["exit_code"], 5),
        (["started_at"], "yesterday"),
        (["bytes", "sent"], -1),
        (["services", 0, "outcome"], "fine"),
        (["services", 0, "functions", 0, "evidence"], ["3"]),
        (["services", 0, "mechanisms"], ["TLS Reset"]),
        (["connection", "state"], "ok"),
        (["measurements", 2, "observations", 0, "type"], "quic"),
        (["measurements", 4, "observations", 0, "curve", 0], [0.1]),
        (["services", 1, "functions", 0, "speeds", 0, "direction"], "sideways"),
        (["services", 1, "functions", 0, "speeds", 0, "floor_kbit"], -1),
        (["tool", "name"], "other"),
    ],
)
def test_the_schema_refuses_what_breaks_the_contract(path: list[Any], value: object) -> None:
    found: Any = copy.deepcopy(document(RUN, exit_code=1, evidence=True))
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        validate(found)


def test_the_contract_of_the_design_is_kept() -> None:
    found = json.loads(dumps(document(RUN, exit_code=1, evidence=False)))
    assert found["format_version"] == 1
    assert {"name", "version", "rules_version"} <= set(found["tool"])
    assert found["bytes"] == {"sent": 81_234, "received": 190_321}
    assert found["measurements"] == []
    assert "evidence" not in found
    assert found["connection"]["notes"] == ["ipv6_missing"]
    service = found["services"][0]
    assert service["outcome"] == "blocked"
    assert service["partial"] is True
    assert service["confidence"] is None
    function = service["functions"][0]
    assert function["function"] == "web"
    assert function["endpoints"] == {"tested": 1, "ok": 0}
    assert function["rules"] == ["tls.sni.unacked"]
    assert function["evidence"] == [3, 4]


def test_a_saved_run_is_read_back_whole() -> None:
    text = dumps(document(RUN, exit_code=1, evidence=True))
    assert read_run(text) == RUN
    assert read_run("\ufeff" + text) == RUN


def test_hostile_text_leaves_as_pure_ascii_without_controls() -> None:
    run = sample.run(sample.service_verdict(Outcome.BLOCKED, sample.HOSTILE + "\ud800é"))
    text = dumps(document(run, exit_code=1, evidence=True))
    assert text.isascii()
    assert all(c == "\n" or c.isprintable() for c in text)
    assert read_run(text) == run


TEXT = dumps(document(RUN, exit_code=1, evidence=True))


def _changed(**changes: object) -> str:
    return json.dumps({**json.loads(TEXT), **changes})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("hello", ["not JSON", "line 1"]),
        ("[]", ["no run saved by msgprobe"]),
        ('"text"', ["no run saved by msgprobe"]),
        ("{}", ["no run saved by msgprobe"]),
        (_changed(tool={"name": "ooniprobe"}), ["no run saved by msgprobe"]),
        (_changed(format_version=2), ["newer", "update"]),
        (_changed(format_version="1"), ["format_version"]),
        (_changed(evidence=None), ["evidence", "-o FILE"]),
        (_changed(duration_s="3"), ["$.duration_s", "number"]),
        (_changed(measurements={}), ["$.measurements", "list"]),
        (_changed(bytes=3), ["$.bytes"]),
        (TEXT[: len(TEXT) // 2], ["cut off"]),
        (TEXT[:-3], ["cut off"]),
        ('{"format_version": NaN}', ["not JSON", "NaN"]),
        ("[" * 100_000, ["nested"]),
        ("9" * 5000, ["not JSON"]),
        ('{"format_version": 1, "duration_s": 1e999}', ["1e999", "larger than any"]),
        ('{"format_version": 1, "duration_s": ' + "1" * 400 + "}", ["larger than any"]),
        ('{"format_version": 1, "duration_s": -1e300}', ["-1e300", "larger than any"]),
    ],
)
def test_anything_else_is_refused_with_a_remedy_or_a_place(text: str, words: list[str]) -> None:
    with pytest.raises(SavedRunError) as caught:
        read_run(text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("key", [k for k in json.loads(TEXT) if k not in ("exit_code", "advice")])
def test_a_missing_part_is_refused_or_has_a_harmless_default(key: str) -> None:
    found = json.loads(TEXT)
    del found[key]
    found.pop("content_sha256", None)  # files that lack other keys are older than it
    grown = ("overrides", "allowed", "reveals", "request", "country", "asn", "label", "series")
    if key in ("interrupted", "content_sha256", *grown):
        assert read_run(json.dumps(found)) == RUN
        return
    with pytest.raises(SavedRunError):
        read_run(json.dumps(found))


def test_json_lines_hold_the_same_as_the_document() -> None:
    lines = [jsonl.part(RUN, v) for v in RUN.verdict.services]
    lines.append(jsonl.render(RUN, View(exit_code=1)))
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in lines)
    *services, last = (json.loads(line) for line in lines)
    whole = document(RUN, exit_code=1, evidence=False)
    assert [s.pop("type") for s in services] == ["service"] * 3
    assert last.pop("type") == "run"
    for line in services:
        carried = {key: line.pop(key) for key in (*CARRIED, "connection")}
        assert carried == {key: whole[key] for key in (*CARRIED, "connection")}
    del whole["content_sha256"]
    assert {**last, "services": services} == whole


def test_every_object_says_which_run_it_is_of_and_where_that_was_made() -> None:
    run = replace(RUN, vantage=Vantage(asn=9198, label="home, 5th floor", series="s1"))
    whole = document(run, exit_code=1, evidence=True)
    validate(whole)
    assert (whole["asn"], whole["label"], whole["series"]) == (9198, "home, 5th floor", "s1")
    assert whole["request"] == whole["evidence"]["request"]
    assert read_run(dumps(whole)) == run
    line = json.loads(jsonl.part(run, run.verdict.services[0]))
    assert {key: line[key] for key in CARRIED} == {key: whole[key] for key in CARRIED}


def test_a_shutdown_is_told_in_every_line() -> None:
    cut = [sample.service_verdict(Outcome.INCONCLUSIVE, name) for name in ("Signal", "Telegram")]
    run = sample.run(*cut, state=State.SHUTDOWN, seen=())
    for verdict in run.verdict.services:
        assert json.loads(jsonl.part(run, verdict))["connection"]["state"] == "shutdown"


def test_a_cut_is_told_wherever_it_falls() -> None:
    """Inside a word of the language (``null``) as well as between two."""
    for end in range(len(TEXT) - 700, len(TEXT) - 2):
        with pytest.raises(SavedRunError, match="cut off"):
            read_run(TEXT[:end])


def test_speeds_are_a_list_of_objects_with_numbers() -> None:
    found = json.loads(dumps(document(RUN, exit_code=1, evidence=False)))
    assert found["services"][1]["functions"][0]["speeds"] == [
        {
            "asset": "web-script",
            "direction": "down",
            "target_kbit": 141.0,
            "control_kbit": 18_000.0,
            "floor_kbit": 620.0,
            "moved": 80_000,
            "pairs": 6,
            "slow": 6,
            "ratio": 8.9,
            "ratio_corrected": 8.1,
        }
    ]
    assert found["services"][0]["functions"][0]["speeds"] == []
    line = json.loads(jsonl.part(RUN, RUN.verdict.services[1]))
    assert line["functions"][0]["speeds"][0]["target_kbit"] == 141.0


def test_a_run_saved_before_there_were_transfers_still_loads() -> None:
    """The format only grows: what an older version did not write has a harmless default."""
    found = json.loads(TEXT)
    for service in found["services"]:
        for function in service["functions"]:
            del function["speeds"]
    for service in found["evidence"]["services"]:
        del service["assets"]
    del found["evidence"]["controls"]["sources"]
    for key in ("throttle", "throttle_wait"):
        del found["evidence"]["request"][key]
    found["measurements"] = [m for m in found["measurements"] if m["task"]["check"] != "transfer"]
    validate(found)
    read = read_run(json.dumps(found))
    assert all(f.speeds == () for s in read.verdict.services for f in s.functions)
    assert read.evidence.services[0].assets == ()
    assert read.evidence.controls.sources == ()
    assert read.evidence.request.throttle is False
    assert read.evidence.measurements == RUN.evidence.measurements[:4]


def test_what_target_files_replaced_or_were_allowed_is_in_every_form() -> None:
    allowed = Allowances(
        overrides=(Override(kind="service", name="telegram", file="own\x1b.toml"),),
        taken=(Taken(liberty=Liberty.MAIL_PORTS, owner="service x", file="own\x1b.toml"),),
    )
    run = replace(RUN, allowances=allowed)
    found = document(run, exit_code=1, evidence=True)
    validate(json.loads(dumps(found)))
    assert read_run(dumps(found)) == run
    assert found["overrides"] == [{"kind": "service", "name": "telegram", "file": "own\x1b.toml"}]
    last = json.loads(jsonl.render(run, View()).splitlines()[-1])
    assert [last["overrides"], last["allowed"]] == [found["overrides"], found["allowed"]]
    told = explain_run(run, None, rules())
    for text in (terminal.render(run, View(width=None)), junit.render(run, View()), told):
        assert "replaces the service telegram" in text and "ports of mail for service x" in text
        assert "\x1b" not in text
