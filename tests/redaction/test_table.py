"""Whoever adds a field to the evidence has to say what is kept of it."""

from dataclasses import fields, is_dataclass, make_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

import pytest

from msgprobe.model.codec import OBSERVATION_TAGS, PROBE_TAGS
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Certificate, DnsAnswer
from msgprobe.model.task import Resolver, Task
from msgprobe.redaction import redactor
from msgprobe.redaction.table import FIELDS, How
from tests.report import sample

TYPES = (
    *(Measurement, Task, Resolver, DnsAnswer, Certificate),
    *OBSERVATION_TAGS.values(),
    *PROBE_TAGS.values(),
)

OWN = frozenset(
    """
    Task.round Task.role Task.arm Task.check Task.subject Task.endpoint Task.changes Task.reason
    Flow.via Flow.roots_of Flow.certificate_sha256 Flow.expect_text Resolver.path
    ProtocolObservation.protocol ProtocolObservation.stage ProtocolObservation.transport
    """.split()
)
"""Texts that this program and the target files write, never the network."""


@pytest.mark.parametrize("kind", TYPES)
def test_every_field_has_its_place(kind: type) -> None:
    assert set(FIELDS[kind]) == {one.name for one in fields(kind)}
    assert all(kept.why for kept in FIELDS[kind].values())


def test_the_list_has_no_other_types() -> None:
    assert set(FIELDS) == set(TYPES)


@pytest.mark.parametrize("kind", TYPES)
def test_what_stays_as_it_is_holds_no_text_of_others(kind: type) -> None:
    hints = get_type_hints(kind)
    for name, kept in FIELDS[kind].items():
        if kept.how is How.WHOLE and f"{kind.__name__}.{name}" not in OWN:
            assert not list(_texts(hints[name])), f"{kind.__name__}.{name}"


def _texts(hint: Any) -> Any:
    """Where text can stand in a value of that type; words of an enum are ours."""
    if hint is str:
        yield hint
    elif isinstance(hint, UnionType) or get_args(hint):
        for inner in get_args(hint):
            yield from _texts(inner)
    elif isinstance(hint, type) and is_dataclass(hint):
        for inner in get_type_hints(hint).values():
            yield from _texts(inner)
    else:
        known = hint is Ellipsis or hint in (int, float, bool, NoneType)
        assert known or issubclass(hint, Enum)


def test_a_field_that_nobody_placed_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = make_dataclass(
        "Grown", [("kept", int), ("new", str, "")], frozen=True, slots=True, kw_only=True
    )
    monkeypatch.setitem(FIELDS, grown, {"kept": FIELDS[Task]["timeout"]})
    monkeypatch.setitem(redactor._PLANS, grown, redactor._plan(grown))
    run = sample.run()
    found = redactor.Redactor(run.evidence)._part(None, grown(kept=1, new="who"))
    assert (found.kept, found.new) == (1, "")


def test_a_type_that_nobody_placed_is_refused() -> None:
    with pytest.raises(TypeError, match="nobody said what is kept of Window"):
        redactor.Redactor(sample.run().evidence)._part(None, sample.W)
