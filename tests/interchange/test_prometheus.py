"""Metrics: promtool takes them, they say what the run says, and hostile text stays text."""

import io
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from msgprobe.interchange.samples import families
from msgprobe.model.run import Run, Vantage
from msgprobe.model.target import Function
from msgprobe.model.verdict import CallLoss, Outcome, State
from msgprobe.report import prometheus
from msgprobe.report.view import View
from tests.report import sample

PROMTOOL = shutil.which("promtool")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """As the official library reads it."""
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    (told,) = [v for (n, has), v in found.items() if n == name and set(labels.items()) <= has]
    return told


LOSS = CallLoss(sent=50, lost=9, neutral_sent=75, neutral_lost=0, median_ms=31.5)
RUN = replace(
    sample.run(
        sample.blocked(),
        replace(sample.throttled(), service="whatsapp"),
        sample.service_verdict(functions=(sample.function(loss=LOSS),), name="Signal"),
    ),
    vantage=Vantage(asn=9198, label='the "home"\\'),
)


def one(*services: object, **more: object) -> Run:
    return sample.run(*services, **more)  # type: ignore[arg-type]


def test_the_metrics_say_what_the_run_says() -> None:
    found = parsed(prometheus.render(one(sample.blocked()), View()))
    of = {"service": "telegram", "function": "web"}
    assert value(found, "msgprobe_function_state", **of, state="blocked") == 1
    assert value(found, "msgprobe_function_state", **of, state="ok") == 0
    assert value(found, "msgprobe_mechanism_info", **of, mechanism="tls.reset.sni") == 1
    assert value(found, "msgprobe_connection_state", service="telegram", state="online") == 1
    assert value(found, "msgprobe_last_run_timestamp_seconds") == 1767609000
    assert value(found, "msgprobe_run_bytes", direction="sent") == 81_234
    assert value(found, "msgprobe_run_duration_seconds") == 3.25
    assert not any(name == "msgprobe_onset_timestamp_seconds" for name, _ in found)


def test_speeds_are_bytes_a_second_beside_neutral_ones() -> None:
    found = parsed(prometheus.render(one(sample.throttled()), View()))
    rate = "msgprobe_transfer_bytes_per_second"
    assert value(found, rate, side="target", direction="down") == 141_000 / 8
    assert value(found, rate, side="neutral", direction="down") == 18_000_000 / 8
    found = parsed(prometheus.render(RUN, View()))
    assert value(found, "msgprobe_call_loss_ratio", side="target") == 0.18
    assert value(found, "msgprobe_call_loss_ratio", side="neutral") == 0


def test_where_it_was_measured_is_on_every_sample() -> None:
    found = parsed(prometheus.render(RUN, View()))
    assert {dict(labels)["label"] for _, labels in found} == {'the "home"\\'.replace("\\\\", "\\")}
    assert {dict(labels)["asn"] for _, labels in found} == {"9198"}
    assert not any("country" in dict(labels) for _, labels in found)


def test_a_start_that_is_not_known_is_left_out() -> None:
    text = prometheus.render(replace(RUN, started_at="unknown"), View())
    assert "msgprobe_last_run_timestamp_seconds" not in text


def test_onsets_are_told_where_they_are_known() -> None:
    every = families(RUN, {("telegram", "web"): 1767600000.0})
    (onset,) = [f for f in every if f.name == "msgprobe_onset_timestamp_seconds"]
    assert {value for _, value in onset.samples} == {1767600000.0}


def test_the_newest_run_of_each_line_is_written() -> None:
    late = replace(RUN, started_at="2026-02-05T10:30:00Z")
    other = replace(RUN, vantage=Vantage(label="office"))
    out = io.BytesIO()
    prometheus.write([late, RUN, other], out)
    found = parsed(out.getvalue().decode())
    starts = [v for (n, _), v in found.items() if n == "msgprobe_last_run_timestamp_seconds"]
    assert sorted(starts) == [1767609000, 1770287400]


def test_no_sample_is_told_twice() -> None:
    out = io.BytesIO()
    one_by_one = [sample.run(sample.service_verdict(name=name)) for name in ("Signal", "Telegram")]
    prometheus.write(one_by_one, out)
    lines = [x for x in out.getvalue().decode().splitlines() if not x.startswith("#")]
    names = [line.rpartition(" ")[0] for line in lines]
    assert len(names) == len(set(names))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters()))
def test_hostile_text_stays_text(text: str) -> None:
    why = sample.function(Function.WEB, Outcome.BLOCKED, mechanisms=(text,))
    run = one(sample.service_verdict(Outcome.BLOCKED, "x", functions=(why,)))
    run = replace(run, vantage=Vantage(label=text))
    found = parsed(prometheus.render(run, View()))
    names = {name for name, _ in found}
    assert names <= {f.name for f in families(run)}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
@pytest.mark.parametrize("state", [State.ONLINE, State.SHUTDOWN])
def test_promtool_takes_them(state: State) -> None:
    run = replace(RUN, verdict=one(*RUN.verdict.services, state=state).verdict)
    text = prometheus.render(run, View())
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"], input=text, text=True, capture_output=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
