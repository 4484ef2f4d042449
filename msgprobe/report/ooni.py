"""Runs as OONI measurements, one JSON object a line, as their tools read them."""

import json
from collections.abc import Iterable
from typing import BinaryIO

from msgprobe.interchange.ooni.out import measurements
from msgprobe.model.run import Run
from msgprobe.report.messages import told


def write(runs: Iterable[Run], out: BinaryIO) -> None:
    """The measurements of all ``runs``, in ASCII. Raises NoStart."""
    for run in runs:
        for one in measurements(run, told):
            line = json.dumps(one, separators=(",", ":"), allow_nan=False)
            out.write(line.encode() + b"\n")
