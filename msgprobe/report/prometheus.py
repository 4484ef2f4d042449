"""A run in Prometheus' text format, for the node exporter's textfile collector.

Source: prometheus.io/docs/instrumenting/exposition_formats (text format 0.0.4). There are no
timestamps, which that collector refuses; when the run was is a metric.
"""

from collections.abc import Iterable
from typing import BinaryIO

from msgprobe.interchange.samples import Family, Labels, families, together
from msgprobe.model.run import Run
from msgprobe.report.escape import printable
from msgprobe.report.view import View


def render(run: Run, view: View) -> str:
    """The metrics of one run."""
    return _text([families(run)])


def write(runs: Iterable[Run], out: BinaryIO) -> None:
    """The newest run of each line (label, country and network) and set of services."""
    newest: dict[tuple[object, ...], Run] = {}
    for run in runs:
        names = tuple(sorted(v.service for v in run.verdict.services))
        line = (run.vantage, run.evidence.request.country, names)
        kept = newest.get(line)
        if kept is None or kept.started_at <= run.started_at:
            newest[line] = run
    out.write(_text([families(run) for run in newest.values()]).encode())


def _text(every: Iterable[tuple[Family, ...]]) -> str:
    """One block for each name, whichever runs its samples are of."""
    lines: list[str] = []
    for family in together(every):
        lines += [f"# HELP {family.name} {family.text}", f"# TYPE {family.name} gauge"]
        lines += [f"{family.name}{_labels(labels)} {value!r}" for labels, value in family.samples]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Labels) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{shown}}}" if shown else ""


def _escaped(value: str) -> str:
    return printable(value).replace("\\", r"\\").replace('"', r"\"")
