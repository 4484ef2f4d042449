"""Promises that every run must keep, whatever its verdict: schema, plan, judging again, status.

All but `audit` take plain data and give the faults in words, so that they can be tried themselves.
"""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from msgprobe import session
from msgprobe.model.run import Run
from msgprobe.model.verdict import FunctionVerdict, Outcome
from msgprobe.report.document import read_run, schema_text
from tests.lab import audit_plan, flip
from tests.lab.audit_plan import Plan
from tests.lab.one_thread import ONE_AT_A_TIME

if TYPE_CHECKING:
    from tests.lab.exam import Stage

Document = Mapping[str, Any]

_PACKAGE: Final = Path(__file__).parents[2] / "msgprobe"
_DECOY: Final = "192.0.2.99"
_FLIPS: Final = (flip.without_cited, flip.with_cited_healed)
_VERDICT: Final = ("connection", "services", "advice", "interrupted", "exit_code")
"""The parts of a document that judging again must give again."""

_JUDGE_ELSEWHERE: Final = f"""
import sys
from msgprobe.catalog.loader import load
from msgprobe.cli.main import main
found = load()
addresses = [e.addresses for s in found.services for e in s.endpoints]
assert addresses and set(addresses) == {{("{_DECOY}",)}}, "this is not the other catalogue"
assert not found.controls.sites, "this is not the other catalogue"
sys.argv[0] = "msgprobe"
main()
"""


def audit(
    scene: "Stage", args: Sequence[str], rc: int, document: Document, *, clean: bool
) -> list[str]:
    """The faults of a run that has just ended, with this status, in ``scene``'s lab.

    ``args`` are those of the run that a plan takes too. ``clean`` says that nothing was wrong with
    this world, so that all that the plan lists without a condition must have been contacted.
    """
    packets = scene.lab.capture
    listed = scene.run("plan", "--json", *_planned(args))
    if listed.rc != 0:
        return [f"audit: plan: exit {listed.rc}: {listed.stderr.strip()[-300:]}"]
    plan = Plan(tuple(json.loads(listed.stdout)["contacts"]), scene.lab.resolver, _proxy(scene.env))
    # Conversations, not packets: the run's own are still being closed by the kernel.
    fresh = audit_plan.flows(scene.lab.capture) - audit_plan.flows(packets)
    faults = [f"plan itself contacted {flow}" for flow in sorted(fresh)]
    faults += schema_faults(document)
    faults += exit_faults(document, rc)
    faults += audit_plan.unlisted(plan, packets, document)
    if clean:
        faults += audit_plan.missed(plan, packets, document)
    faults += _judged_elsewhere(scene, document)
    faults += flip_faults(read_run(json.dumps(document)))
    return [f"audit: {fault}" for fault in faults]


def _planned(args: Sequence[str]) -> list[str]:
    """The arguments without a report to compare with, for which nobody is contacted."""
    at = args.index("--compare") if "--compare" in args else len(args)
    return [*args[:at], *args[at + 2 :]]


def _proxy(env: Mapping[str, str]) -> tuple[str, int] | None:
    """Address and port of the proxy in the environment of a run."""
    if "MSGPROBE_VIA" not in env:
        return None
    url = urlsplit(env["MSGPROBE_VIA"])
    assert url.hostname is not None and url.port is not None
    return url.hostname, url.port


def schema_faults(document: Document) -> list[str]:
    """Where the document breaks the shipped schema."""
    return [
        f"schema: {fault.json_path}: {fault.message[:200]}"
        for fault in _validator().iter_errors(document)
    ]


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def exit_faults(document: Document, rc: int) -> list[str]:
    """The status against the document's words, by the table of the contract with scripts.

    0 all ok; 1 something blocked or throttled; 3 something inconclusive, degraded or down, or not
    all was tested; 4 the connection itself, which goes first; 130 and 143 for a signal.
    """
    signals = {"SIGINT": 130, "SIGTERM": 143}
    words = {service["outcome"] for service in document["services"]}
    if document["interrupted"] in signals:
        due = signals[document["interrupted"]]
    elif document["connection"]["state"] not in ("online", "bad_link"):
        due = 4
    elif "blocked" in words or "throttled" in words:
        due = 1
    else:
        due = 0 if words == {"ok"} else 3
    told = document["exit_code"]
    faults = [] if told == due else [f"exit_code {told} where the words say {due}"]
    return faults if rc == told else [*faults, f"exit {rc}, the document says {told}"]


def verdict_faults(document: Document, again: Document) -> list[str]:
    """Where a run judged again says something else than at first."""
    return [
        f"judge: {key} was {_differing(document[key], again[key])}"
        for key in _VERDICT
        if document[key] != again[key]
    ]


def _differing(first: object, second: object) -> str:
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        first, second = next((a, b) for a, b in zip(first, second, strict=True) if a != b)
    return f"{json.dumps(first):.300}, became {json.dumps(second):.300}"


def _judged_elsewhere(scene: "Stage", document: Document) -> list[str]:
    """Judges the saved run in a process whose shipped catalogue is another one, with services of
    the same names, and compares."""
    saved, elsewhere = scene.workdir / "run.json", scene.workdir / "elsewhere"
    shutil.copytree(_PACKAGE, elsewhere / "msgprobe", ignore=shutil.ignore_patterns("_targets"))
    _write_decoys(elsewhere / "msgprobe" / "_targets", document)
    done = scene.lab.run(
        [sys.executable, "-c", _JUDGE_ELSEWHERE, "judge", str(saved), "--json"],
        scene.env | {"PYTHONPATH": str(elsewhere)},
    )
    shutil.rmtree(elsewhere)
    try:
        again = json.loads(done.stdout)
    except ValueError:
        return [f"judge: exit {done.rc}, no JSON: {done.stderr.strip()[-300:]}"]
    faults = verdict_faults(document, again)
    if done.rc != document["exit_code"]:
        faults.append(f"judge: exit {done.rc}, the run's was {document['exit_code']}")
    return faults


def _write_decoys(folder: Path, document: Document) -> None:
    """A catalogue that knows the run's services by name and is wrong about everything else."""
    folder.mkdir()
    for service in document["evidence"]["services"]:
        name = service["name"]
        text = (
            f'[service]\nname = "{name}"\ntitle = "Decoy"\nprimary = "calls"\ncore = true\n'
            'source = "nowhere"\ndate = "2026-01"\n'
            '[[pool]]\nname = "decoys"\nfunction = "calls"\ncheck = "connect"\nports = [9]\n'
            f'[[pool.member]]\nname = "decoy"\naddresses = ["{_DECOY}"]\n'
        )
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def flip_faults(run: Run) -> list[str]:
    """Accusations that stand though the evidence that they cite is gone, or went well.

    Other evidence may still carry the same word, but then by other rules.
    """
    faults = []
    for service in run.verdict.services:
        for verdict in service.functions:
            if verdict.outcome is not Outcome.BLOCKED:
                continue
            for change in _FLIPS:
                if _stands(verdict, _again(change(run, verdict), service.service, verdict)):
                    key = f"{service.service}.{verdict.function}"
                    faults.append(f"flip: {key} stays blocked {change.__name__}")
    return faults


def _stands(before: FunctionVerdict, after: FunctionVerdict) -> bool:
    return after.outcome is before.outcome and bool(set(before.rules) & set(after.rules))


def _again(run: Run, service: str, verdict: FunctionVerdict) -> FunctionVerdict:
    with ONE_AT_A_TIME:
        judged = session.judge(run).verdict
    (found,) = (
        f
        for s in judged.services
        for f in s.functions
        if (s.service, f.function) == (service, verdict.function)
    )
    return found
