"""The audit finds what it is for: two runs are recorded, then spoiled one thing at a time."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from msgprobe import session
from msgprobe.report.document import read_run
from tests.lab import audit, audit_plan, capture, exam, flip
from tests.lab.audit_plan import Plan
from tests.lab.capture import Captured
from tests.lab.scenarios import find

RESOLVER = "10.77.0.53"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run of a scenario, its plan, and what the line carried. ``faults`` are the audit's."""

    result: exam.Result
    plan: Plan
    packets: list[Captured]
    faults: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """A copy of the run's document, to spoil."""
        return deepcopy(self.result.document)


def _record(name: str, workdir: Path) -> Recorded:
    (scenario,) = find(name)
    result = exam.run(scenario, 1, workdir, audited=True)
    scene = exam.stage(scenario, 1, workdir / "plan")
    with scene.lab:
        said = scene.run("plan", "--json", "--seed", "1", *scene.targets, *scenario.args)
    return Recorded(
        result=result,
        plan=Plan(tuple(json.loads(said.stdout)["contacts"]), scene.lab.resolver),
        packets=capture.read(workdir / "capture.jsonl"),
        faults=tuple(f for f in result.faults if f.startswith("audit: ")),
    )


@pytest.fixture(scope="module")
def clean(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return _record("I0", tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def blocked(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return _record("A5", tmp_path_factory.mktemp("blocked"))


@pytest.fixture(params=["clean", "blocked"])
def recorded(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    yield request.getfixturevalue(request.param)


def test_a_run_that_keeps_its_promises_has_no_fault(recorded: Recorded) -> None:
    assert recorded.faults == ()


# -- the plan ------------------------------------------------------------------------------------


def _without(plan: Plan, **wanted: object) -> Plan:
    """The plan without the lines in which all of this holds; there must be some."""
    kept = tuple(n for n in plan.lines if any(n[k] != v for k, v in wanted.items()))
    assert len(kept) < len(plan.lines)
    return Plan(kept, plan.resolver)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"target": "web.telegram.org", "port": 443}, "web.telegram.org 443/tcp"),
        ({"target": "149.154.175.50", "port": 443}, "149.154.175.50 443/tcp (no name)"),
        ({"target": "your resolver", "asks": "g.whatsapp.net"}, "53/udp for g.whatsapp.net"),
        ({"target": "1.1.1.1", "port": 443}, "over DoH for www.python.org"),
        ({"target": "captive.apple.com", "port": 80}, "80/tcp (captive.apple.com)"),
    ],
)
def test_a_contact_that_the_plan_lacks_is_found(
    clean: Recorded, line: Mapping[str, object], fault: str
) -> None:
    plan = _without(clean.plan, **line)
    found = audit_plan.unlisted(plan, clean.packets, clean.document)
    assert found
    assert all(one.startswith("not in the plan: ") for one in found)
    assert any(fault in one for one in found), found


def test_questions_of_a_diagnosis_that_the_plan_lacks_are_found(blocked: Recorded) -> None:
    late = Plan(tuple(n for n in blocked.plan.lines if n["round"] < 2), RESOLVER)
    found = audit_plan.unlisted(late, blocked.packets, blocked.document)
    assert any("asked 8.8.8.8 53/udp for " in one for one in found), found
    assert any("asked 8.8.8.8 53/tcp for " in one for one in found), found
    assert any("over DoH for " in one for one in found), found


@pytest.mark.parametrize(
    ("target", "port", "transport", "asks"),
    [
        ("never.example", 443, "tcp", ""),
        ("192.0.2.7", 443, "tcp", ""),
        ("your resolver", 53, "udp", "never.example"),
        ("1.1.1.1", 443, "tcp", "never.example"),
        ("web.telegram.org", 8443, "tcp", ""),
    ],
)
def test_an_empty_promise_is_found(
    clean: Recorded, target: str, port: int, transport: str, asks: str
) -> None:
    promise = {"target": target, "port": port, "transport": transport, "asks": asks}
    for when, condition, faults in ((1, "", 1), (2, "", 0), (1, "if it fails or hangs", 0)):
        line = promise | {"round": when, "condition": condition}
        plan = Plan((*clean.plan.lines, line), RESOLVER)
        assert len(audit_plan.missed(plan, clean.packets, clean.document)) == faults


def test_packets_of_the_kernel_s_own_are_no_contact(clean: Recorded) -> None:
    one = next(p for p in clean.packets if p.up and p.proto == "tcp")
    stray = replace(one, proto="icmp", dst="192.0.2.7", sport=0, dport=0)
    assert audit_plan.unlisted(clean.plan, [stray], clean.document) == []
    udp = replace(one, proto="udp", dst="192.0.2.7", dport=443)
    assert len(audit_plan.unlisted(clean.plan, [udp], clean.document)) == 1
    assert audit_plan.flows([one, stray]) == {("tcp", one.sport, one.dst, one.dport)}


# -- schema, status, judging again -------------------------------------------------------------


def test_a_document_against_the_schema_is_found(recorded: Recorded) -> None:
    assert audit.schema_faults(recorded.document) == []
    short = recorded.document | {"measurements": []}
    for key, value in (("run_id", 7), ("services", None), ("connection", {})):
        assert audit.schema_faults(short | {key: value})
    del short["exit_code"]
    assert audit.schema_faults(short)


def test_a_wrong_status_is_found(clean: Recorded, blocked: Recorded) -> None:
    assert (clean.result.rc, blocked.result.rc) == (0, 1)
    assert audit.exit_faults(clean.document, 0) == []
    assert audit.exit_faults(clean.document, 1) == ["exit 1, the document says 0"]
    assert audit.exit_faults(blocked.document | {"exit_code": 0}, 0)


@pytest.mark.parametrize(
    ("words", "state", "interrupted", "due"),
    [
        (["ok", "ok"], "online", None, 0),
        (["ok", "ok"], "bad_link", None, 0),
        (["ok", "throttled", "down"], "online", None, 1),
        (["blocked"], "captive_portal", None, 4),
        (["ok", "degraded"], "online", None, 3),
        (["down"], "bad_link", None, 3),
        (["inconclusive"], "online", "max_time", 3),
        (["not_tested"], "online", None, 3),
        ([], "online", None, 3),
        (["ok"], "shutdown", None, 4),
        (["blocked"], "online", "SIGINT", 130),
        (["ok"], "no_internet", "SIGTERM", 143),
    ],
)
def test_the_table_of_statuses(
    words: list[str], state: str, interrupted: str | None, due: int
) -> None:
    document = {
        "services": [{"outcome": word} for word in words],
        "connection": {"state": state},
        "interrupted": interrupted,
    }
    for status in (0, 1, 3, 4, 130, 143):
        faults = audit.exit_faults(document | {"exit_code": status}, status)
        assert bool(faults) == (status != due)


def test_a_changed_verdict_is_found(recorded: Recorded) -> None:
    assert audit.verdict_faults(recorded.document, recorded.document) == []
    spoiled = recorded.document
    spoiled["services"][0]["functions"][0]["mechanisms"] = ["tls.mitm"]
    assert len(audit.verdict_faults(recorded.document, spoiled)) == 1
    spoiled = recorded.document
    spoiled["connection"]["state"] = "shutdown"
    (fault,) = audit.verdict_faults(recorded.document, spoiled)
    assert fault.startswith("judge: connection was ")


# -- flipping ----------------------------------------------------------------------------------


def test_an_accusation_that_cites_the_wrong_evidence_is_found(blocked: Recorded) -> None:
    document = blocked.document
    assert audit.flip_faults(read_run(json.dumps(document))) == []
    for service in document["services"]:
        for function in service["functions"]:
            function["evidence"] = function["evidence"][:0]
    faults = audit.flip_faults(read_run(json.dumps(document)))
    accused = [f for s in document["services"] for f in s["functions"] if f["outcome"] == "blocked"]
    assert accused
    assert len(faults) == 2 * len(accused)


def test_one_function_s_evidence_leaves_the_others_alone(blocked: Recorded) -> None:
    run = read_run(json.dumps(blocked.document))
    service = next(s for s in run.verdict.services if s.outcome == "blocked")
    first, *others = (f for f in service.functions if f.outcome == "blocked")
    changed = session.judge(flip.with_cited_healed(run, first)).verdict
    after = next(s for s in changed.services if s.service == service.service)
    words = {f.function: f.outcome for f in after.functions}
    assert words[first.function] == "ok"
    assert [words[f.function] for f in others] == ["blocked"] * len(others)
