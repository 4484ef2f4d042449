"""Yesterday's measurements under today's rules."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgprobe.judging.judge import judge
from msgprobe.report.document import document, read_run
from tests.lab.exam_record import Kept
from tests.lab.one_thread import ONE_AT_A_TIME


def rejudged(kept: Kept) -> Kept:
    """The same run with the verdict that the rules of this tree come to.

    Raises `msgprobe.report.document.SavedRunError` for a document that is no run.
    """
    return replace(kept, document=judged_again(kept.document))


def judged_again(measured: Mapping[str, Any]) -> dict[str, Any]:
    """A run's document with that verdict. Raises SavedRunError as well."""
    run = read_run(json.dumps(measured))
    with ONE_AT_A_TIME:
        again = replace(run, verdict=judge(run.evidence))
        told = document(again, exit_code=measured["exit_code"], evidence=False)
    found = {key: told[key] for key in ("tool", "connection", "services", "advice")}
    return {**measured, **found}
