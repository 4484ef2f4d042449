"""One JSON object a line: each service as soon as it is decided, the run at the end."""

import json
from typing import Any

from msgprobe.model.run import Run
from msgprobe.model.verdict import ServiceVerdict
from msgprobe.report.document import document
from msgprobe.report.integrity import KEY
from msgprobe.report.keys import keys
from msgprobe.report.messages import told
from msgprobe.report.view import View


def part(run: Run, verdict: ServiceVerdict) -> str:
    """A service: ``type``, the keys of the run, the connection as it was known when the service was
    decided, and the same keys as in the document's ``services``."""
    connection = told(run.verdict.connection)
    return _line({"type": "service", **keys(run), "connection": connection, **told(verdict)})


def render(run: Run, view: View) -> str:
    """The run: the document without ``services`` (they had their lines), and ``type``."""
    found = document(
        run,
        exit_code=view.exit_code,
        evidence=view.evidence,
        saved=view.kept or view.saved is not None,
    )
    found.pop("services")
    found.pop(KEY)  # which is of the whole document
    return _line({"type": "run", **found})


def _line(found: dict[str, Any]) -> str:
    return json.dumps(found, separators=(",", ":"), allow_nan=False) + "\n"
