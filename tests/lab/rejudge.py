"""Yesterday's measurements under today's rules."""

import json
from dataclasses import replace

from msgprobe.judging.judge import judge
from msgprobe.report.document import document, read_run
from tests.lab.exam_record import Kept


def rejudged(kept: Kept) -> Kept:
    """The same run with the verdict that the rules of this tree come to.

    Raises `msgprobe.report.document.SavedRunError` for a document that is no run.
    """
    run = read_run(json.dumps(kept.document))
    again = replace(run, verdict=judge(run.evidence))
    told = document(again, exit_code=kept.document["exit_code"], evidence=False)
    found = {key: told[key] for key in ("tool", "connection", "services", "advice")}
    return replace(kept, document={**kept.document, **found})
