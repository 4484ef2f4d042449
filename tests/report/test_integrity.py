"""A saved run that contradicts its own hash is called altered in every form, and stays it."""

import contextlib
import json
from collections.abc import Callable
from html import unescape
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from msgprobe.model.integrity import Integrity
from msgprobe.model.run import Run
from msgprobe.report import curves_html, jsonl, junit, terminal
from msgprobe.report.document import SavedRunError, document, dumps, read_run, render
from msgprobe.report.explain import explain_run
from msgprobe.report.integrity import integrity
from msgprobe.report.view import View
from tests.report import sample

RUN = sample.run(sample.blocked(), sample.throttled())
TEXT = dumps(document(RUN, exit_code=1, evidence=True))
SAVED: dict[str, Any] = json.loads(TEXT)


def altered() -> Run:
    return read_run(TEXT.replace('"blocked"', '"ok"', 1))


def test_as_it_was_saved_it_is_not_altered() -> None:
    assert read_run(TEXT).integrity is Integrity.UNSEALED
    assert "altered" not in SAVED


@pytest.mark.parametrize(
    "again",
    [
        lambda d: json.dumps(d, indent=4),
        lambda d: json.dumps(d, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        lambda d: json.dumps(dict(reversed(d.items()))),
    ],
)
def test_formatted_anew_it_is_the_same(again: Callable[[dict[str, Any]], str]) -> None:
    assert read_run(again(SAVED)).integrity is Integrity.UNSEALED


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return value | {"own": 1}
    if isinstance(value, list):
        return [*value, "own"]
    return "own" if value is None or isinstance(value, str) else value + 1


@pytest.mark.parametrize("key", [k for k in SAVED if k != "content_sha256"])
def test_no_part_can_be_changed_unseen(key: str) -> None:
    changed = SAVED | {key: _other(SAVED[key])}
    assert integrity(changed) is Integrity.ALTERED
    assert integrity({k: v for k, v in SAVED.items() if k != key}) is Integrity.ALTERED


def test_a_file_from_before_there_were_hashes_is_unsealed() -> None:
    older = {k: v for k, v in SAVED.items() if k != "content_sha256"}
    assert read_run(json.dumps(older)).integrity is Integrity.UNSEALED


def test_depths_that_can_be_read_and_not_written_are_altered_and_nothing_worse() -> None:
    for depth in range(50, 1200, 25):
        text = TEXT.replace('"run_id"', f'"own": {"[" * depth}{"]" * depth}, "run_id"', 1)
        with contextlib.suppress(SavedRunError):
            assert read_run(text).integrity is Integrity.ALTERED


def test_every_form_says_it_and_none_says_it_of_others() -> None:
    view = View(evidence=True)

    def properties(run: Run) -> str:
        found = fromstring(junit.render(run, view)).iter("property")
        return " ".join(one.get("value", "") for one in found)

    forms: list[Callable[[Run], str]] = [
        lambda run: terminal.render(run, view),
        lambda run: explain_run(run, None, ()),
        lambda run: unescape(curves_html.render(run)),
        properties,
    ]
    for form in forms:
        assert "ALTERED: this run contradicts" in form(altered())
        assert "ALTERED" not in form(RUN)
    assert json.loads(render(altered(), view))["altered"] is True
    assert json.loads(jsonl.render(altered(), view))["altered"] is True


def test_what_is_made_of_an_altered_one_stays_altered() -> None:
    again = read_run(render(altered(), View(evidence=True)))
    assert again.integrity is Integrity.ALTERED
    assert read_run(render(again, View(evidence=True))).integrity is Integrity.ALTERED


def test_an_unsealed_file_is_said_to_prove_no_integrity() -> None:
    for text in (explain_run(RUN, None, (), width=None), curves_html.render(RUN)):
        assert "proves no integrity" in text
