"""Yesterday's measurements under today's rules."""

import json
from dataclasses import replace

from msgprobe.judging.judge import judge
from msgprobe.model.codec import to_json
from msgprobe.report.document import read_run
from tests.lab.exam_record import Kept


def rejudged(kept: Kept) -> Kept:
    """The same run with the verdict that the rules of this tree come to.

    Raises `msgprobe.report.document.SavedRunError` for a document that is no run.
    """
    run = read_run(json.dumps(kept.document))
    verdict = judge(run.evidence)
    document = {
        **kept.document,
        "tool": {**kept.document["tool"], "rules_version": verdict.rules_version},
        "connection": to_json(verdict.connection),
        "services": to_json(verdict.services),
        "advice": verdict.advice,
    }
    return replace(kept, document=document)
