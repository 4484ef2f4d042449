"""Runs as one JSON object a line and function: the columns of the table by name."""

import json
from collections.abc import Iterable
from typing import BinaryIO

from msgprobe.interchange.rows import rows
from msgprobe.model.codec import to_json
from msgprobe.model.run import Run
from msgprobe.report.messages import english


def write(runs: Iterable[Run], out: BinaryIO) -> None:
    """The rows of all ``runs``, in ASCII."""
    for run in runs:
        for row in rows(run, english):
            line = json.dumps(to_json(row), separators=(",", ":"), allow_nan=False)
            out.write(line.encode() + b"\n")
