"""Saved runs to start from: of today and of older versions, small so that they are read quickly."""

import json
from functools import cache
from typing import Any

from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps
from tests.report import sample


@cache
def saved_runs() -> tuple[bytes, ...]:
    """The whole run first, then pieces of it, then such as older versions wrote."""
    whole = sample.run(sample.blocked(), sample.throttled(), notes=("ipv6_missing",))
    seen = (*sample.measurements(), *sample.transfers())
    small = [
        sample.run(sample.service_verdict(Outcome.OK), seen=seen[at : at + 1])
        for at in range(len(seen))
    ]
    documents = [document(run, exit_code=1, evidence=True) for run in (whole, *small)]
    return (*(dumps(one).encode() for one in (*documents, *map(_older, documents[:3]))),)


def _older(found: dict[str, Any]) -> dict[str, Any]:
    """Without what the first version did not write yet, and with what it said in tasks' ids."""
    old: dict[str, Any] = json.loads(dumps(found))
    for key in ("traits", "elsewhere"):
        del old["evidence"][key]
    for number, measurement in enumerate(old["measurements"]):
        task = measurement["task"]
        for key in ("attempt_of", "pair"):
            task.pop(key, None)
        task["id"] = ("b.telegram.web#2", "t.first.telegram.web.1", "d12.telegram.a")[number % 3]
    return old
