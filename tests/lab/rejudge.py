"""Yesterday's measurements under today's rules."""

import json
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Any, Final

from msgprobe.judging.judge import judge
from msgprobe.report.document import document, read_run
from tests.lab.exam_record import Kept

ONE_AT_A_TIME: Final = Lock()
"""Judging is for one thread: until Python 3.12 each `functools.cached_property` has one lock for
all instances, and two threads that need two of them the other way round wait for ever
(bpo-43468)."""


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
