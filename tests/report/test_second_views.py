"""The second vantage in the document and in the texts: whole, and never where the proxy is."""

import dataclasses
import json

import jsonschema  # type: ignore[import-untyped]
import pytest

from msgprobe.model.run import Elsewhere, ElsewhereFunction, Run
from msgprobe.model.target import Function
from msgprobe.model.task import Arm, Flow
from msgprobe.model.verdict import Outcome, State, Strength
from msgprobe.report.document import SavedRunError, document, dumps, read_run
from msgprobe.report.explain import explain_run
from msgprobe.report.narrate import asked
from msgprobe.report.reproduce import command
from msgprobe.session import rules
from tests.report import sample
from tests.report.schema import validate

REPORT = Elsewhere(
    run_id="r",
    made_at="2026-01-05T09:30:00Z",
    age_s=3600.0,
    state=State.ONLINE,
    functions=(
        ElsewhereFunction(
            service="telegram",
            function=Function.WEB,
            outcome=Outcome.DEGRADED,
            strength=Strength.LIKELY,
            answered=("web",),
            failed=(("other", "tcp.timeout"),),
        ),
    ),
)
FLOW = Flow(
    address="web.telegram.example", port=443, via="socks5", server_name="web.telegram.example"
)


def run() -> Run:
    through = sample.measurement(FLOW, arm=Arm.SECOND_PATH, transaction=9)
    made = sample.run(sample.blocked(), seen=(through,), notes=("second_path_failed",))
    request = dataclasses.replace(made.evidence.request, via="socks5")
    evidence = dataclasses.replace(made.evidence, request=request, elsewhere=(REPORT,))
    return dataclasses.replace(made, evidence=evidence)


def test_the_schema_describes_every_key() -> None:
    found = json.loads(dumps(document(run(), exit_code=1, evidence=True)))
    assert found["evidence"]["elsewhere"][0]["functions"][0]["failed"] == [["other", "tcp.timeout"]]
    validate(found)
    found["evidence"]["elsewhere"][0]["functions"][0]["failed"] = [["other"]]
    with pytest.raises(jsonschema.ValidationError):
        validate(found)


def test_it_is_read_back_whole_and_older_files_have_none() -> None:
    text = dumps(document(run(), exit_code=1, evidence=True))
    assert read_run(text) == run()
    older = json.loads(text)
    del older["evidence"]["elsewhere"]
    assert read_run(json.dumps(older)).evidence.elsewhere == ()
    older["evidence"]["elsewhere"] = [{"run_id": 1}]
    with pytest.raises(SavedRunError, match="elsewhere"):
        read_run(json.dumps(older))


def test_what_went_through_the_proxy_says_so_and_gives_no_line_to_copy() -> None:
    task = run().evidence.measurements[0].task
    assert "through your proxy (socks5)" in asked(task)
    assert command(task) is None
    assert "the proxy for the second path does not work" in explain_run(run(), None, rules())
