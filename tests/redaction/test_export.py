"""A run says no more exactly than asked for when it began, and what it tells stands in it."""

import json
from dataclasses import replace

import pytest

from msgprobe.model.observation import TlsObservation
from msgprobe.model.run import Elsewhere
from msgprobe.model.verdict import State
from msgprobe.redaction.export import Grain, exported, rounded
from msgprobe.redaction.redactor import redacted
from msgprobe.redaction.reveals import NOT_THERE, reveals
from msgprobe.report.document import document, read_run, render
from msgprobe.report.sentences.reveals import sentence, told
from msgprobe.report.view import View
from tests.evidence.story import certificate
from tests.report import sample


@pytest.mark.parametrize(
    ("when", "grain", "kept"),
    [
        ("2026-11-26T02:11:36Z", Grain.MINUTE, "2026-11-26T02:11:00Z"),
        ("2026-11-26T02:11:36.25+00:00", Grain.MINUTE, "2026-11-26T02:11:00Z"),
        ("2026-11-26T02:11:36Z", Grain.HOUR, "2026-11-26T02:00:00Z"),
        ("2026-11-26T02:11:36Z", Grain.SECOND, "2026-11-26T02:11:36Z"),
        ("2026-11-26T02:11:36Z room 203", Grain.MINUTE, "unknown"),
    ],
)
def test_a_start_is_rounded_down(when: str, grain: Grain, kept: str) -> None:
    assert rounded(when, grain) == kept
    assert rounded(kept, grain) == kept


def test_a_run_tells_minutes_and_no_small_versions() -> None:
    run = replace(sample.run(), started_at="2026-11-26T02:11:36Z")
    other = Elsewhere(run_id="1", made_at="2026-11-26T02:01:07Z", age_s=600.0, state=State.ONLINE)
    run = replace(run, evidence=replace(run.evidence, elsewhere=(other,)))
    found = exported(run)
    assert (found.started_at, found.tool.python, found.tool.openssl) == (
        "2026-11-26T02:11:00Z",
        "3.11",
        "OpenSSL 3.0",
    )
    assert found.evidence.elsewhere[0].made_at == "2026-11-26T02:01:00Z"
    assert exported(run, Grain.SECOND) == run


def test_a_file_says_itself_what_it_tells() -> None:
    run = sample.run(sample.blocked())
    kept = exported(replace(run, evidence=redacted(run.evidence)))
    said = json.loads(render(kept, View(evidence=True)))["reveals"]
    assert said == list(told(reveals(kept)))
    assert reveals(kept)[-1] == NOT_THERE and said[-1] == sentence(NOT_THERE)
    assert any("one of your own network" in line and "Google" in line for line in said)


def test_it_says_which_country_an_unknown_certificate_names() -> None:
    run = sample.run(sample.blocked())
    (service, *others) = run.evidence.services
    home = replace(service.endpoints[0], host="chat.example.de")
    services = (replace(service, endpoints=(home,)), *others)
    broken = next(m for m in run.evidence.measurements if len(m.observations) > 1)
    seen = broken.observations[1]
    assert isinstance(seen, TlsObservation)
    box = certificate("CN=box of room 203, C=DE")
    shown = replace(broken, observations=(replace(seen, chain=(box,)),))
    evidence = redacted(replace(run.evidence, services=services, measurements=(shown,)))
    said = told(reveals(exported(replace(run, evidence=evidence))))
    assert "States and countries that unknown certificates name: C=DE." in said
    assert "room 203" not in str(said)


def test_a_file_that_is_not_redacted_says_so_first_and_repeats_nothing_of_it() -> None:
    said = told(reveals(sample.run(sample.blocked())))
    assert said[0].startswith("NOT REDACTED")
    assert "texts of pages" in said[0] and "headers" in said[0] and "source ports" in said[0]
    assert "203.0.113.9" not in str(said) and "192.168.1.1" not in str(said)


def test_seconds_of_the_start_alone_are_not_redacted_either() -> None:
    run = sample.run(sample.blocked())
    kept = exported(replace(run, evidence=redacted(run.evidence)))
    (line, *_) = told(reveals(replace(kept, started_at="2026-11-26T02:11:36Z")))
    assert line.startswith("NOT REDACTED") and "times to the second" in line


def test_a_verdict_without_evidence_tells_little() -> None:
    said = document(sample.run(sample.blocked()), exit_code=1, evidence=False)["reveals"]
    assert len(said) == 3


def test_what_was_redacted_reads_back() -> None:
    run = sample.run(sample.blocked())
    kept = exported(replace(run, evidence=redacted(run.evidence)))
    assert read_run(render(kept, View(evidence=True))) == kept
