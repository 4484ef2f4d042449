"""Every model value survives JSON; every damaged one is refused with its path."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgprobe.hypotheses.rule import Word
from msgprobe.model.codec import OBSERVATION_TAGS, PROBE_TAGS, CodecError, from_json, to_json
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.measurement import Measurement
from msgprobe.model.message import Message
from msgprobe.model.observation import Observation, Proof
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import Evidence, Request, Run, Tool
from msgprobe.model.target import Service
from msgprobe.model.task import Probe, Task
from msgprobe.model.verdict import Layer, Outcome, State, Verdict
from tests.report import sample

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))

_VALUES = st.dictionaries(st.text(), st.text() | st.integers() | st.from_type(float))
st.register_type_strategy(
    Message,
    st.builds(Message, key=st.text(), values=_VALUES.map(lambda values: tuple(values.items()))),
)
"""No value of a message has the name of another."""

TYPES: list[type] = [
    *OBSERVATION_TAGS.values(),
    *PROBE_TAGS.values(),
    Task,
    Measurement,
    Service,
    Controls,
    Request,
    Evidence,
    Tool,
    Verdict,
    Run,
    RuleInfo,
    Contact,
]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_value_survives_the_trip_through_json_text(kind: type) -> None:
    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(kind))
    def trip(value: Any) -> None:
        text = json.dumps(to_json(value), allow_nan=False)
        assert from_json(kind, json.loads(text)) == value

    trip()


def test_union_members_say_what_they_are() -> None:
    value = sample.measurements()[2]
    data = to_json(value)
    assert data["task"]["probe"]["type"] == "flow"
    assert [o["type"] for o in data["observations"]] == ["tcp", "tls"]
    assert to_json(value.observations[0])["type"] == "tcp"
    union: Any = Observation
    assert from_json(union, to_json(value.observations[1])) == value.observations[1]
    probe: Any = Probe
    assert from_json(probe, {"type": "inspect"}) == PROBE_TAGS["inspect"]()


def test_only_plain_json_types_come_out() -> None:
    def walk(value: object) -> None:
        assert type(value) in (dict, list, str, int, float, bool, type(None)), value
        if isinstance(value, dict):
            for item in value.values():
                walk(item)
        if isinstance(value, list):
            for item in value:
                walk(item)

    walk(to_json(sample.run(sample.blocked())))


def _set(path: list[str | int], value: object) -> Any:
    data: Any = copy.deepcopy(to_json(sample.measurements()[2]))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["window", "start"], "1", "$.window.start"),
        (["task", "probe", "port"], True, "$.task.probe.port"),
        (["task", "probe", "port"], 443.5, "$.task.probe.port"),
        (["task", "probe", "port"], "443", "$.task.probe.port"),
        (["task", "probe", "options"], [["a"]], "$.task.probe.options[0]"),
        (["task", "probe", "options"], [["a", 3]], "$.task.probe.options[0][1]"),
        (["task", "probe", "type"], "quic", "$.task.probe"),
        (["task", "probe"], None, "$.task.probe"),
        (["observations", 1, "failure"], "unheard_of", "$.observations[1].failure"),
        (["observations", 1, "verified"], 1, "$.observations[1].verified"),
        (["observations", 0], 3, "$.observations[0]"),
        (["observations"], "abc", "$.observations"),
        (["observations"], {"a": 1}, "$.observations"),
        (["status"], ["completed"], "$.status"),
        (["window"], [], "$.window"),
    ],
)
def test_a_wrong_type_is_refused_and_its_place_named(
    path: list[str | int], value: object, where: str
) -> None:
    with pytest.raises(CodecError) as caught:
        from_json(Measurement, _set(path, value))
    assert caught.value.path == where
    assert where in str(caught.value)
    assert caught.value.why


def test_a_missing_key_is_named() -> None:
    data = to_json(sample.measurements()[2])
    del data["observations"][0]["port"]
    with pytest.raises(CodecError, match="port") as caught:
        from_json(Measurement, data)
    assert caught.value.path.startswith("$.observations[0]")


def test_a_newer_writer_may_add_keys_and_an_older_one_leave_them_out() -> None:
    value = sample.measurements()[2]
    data = to_json(value)
    data["from_the_future"] = {"x": 1}
    data["observations"][0]["ect"] = 1
    del data["bytes_sent"]
    read = from_json(Measurement, data)
    assert read.observations == value.observations
    assert read.bytes_sent == 0


def test_enums_that_share_a_base_type_are_still_strict() -> None:
    assert from_json(Proof, 4) is Proof.CRYPTO
    for wrong in (7, True, "4"):
        with pytest.raises(CodecError):
            from_json(Proof, wrong)


@pytest.mark.parametrize("word", [Outcome.BLOCKED, State.SHUTDOWN, None])
def test_a_rule_may_speak_of_a_service_or_of_the_connection(word: Outcome | State | None) -> None:
    rule = Word(word, None, Layer.DNS).info("a.b")
    read = from_json(RuleInfo, json.loads(json.dumps(to_json(rule))))
    assert read == rule
    assert type(read.outcome) is type(word)
