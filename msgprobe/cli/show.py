"""A run goes out: to standard output in the form that was asked for, and to files."""

import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from msgprobe.cli.output import OutputError, check_file, look, put, say, write_file
from msgprobe.model.run import Run
from msgprobe.model.verdict import ServiceVerdict


@dataclass(slots=True, kw_only=True)
class Delivery:
    """In which forms the run is wanted, and where."""

    json: bool = False
    jsonl: bool = False
    junit: Path | None = None
    output: Path | None = None
    evidence: bool = False
    fail_on: Collection[str] | None = None
    verbose: int = 0
    quiet: bool = False
    _saved: bool = False
    _lines: list[str] = field(default_factory=list)
    _told: list[ServiceVerdict] = field(default_factory=list)

    def prepare(self) -> None:
        """Find out before measuring whether the files can be written. Raises OutputError."""
        for path in (self.output, self.junit):
            if path is not None:
                check_file(path)

    def decided(self, verdict: ServiceVerdict) -> None:
        """A service's verdict is final: with ``--jsonl`` it goes out now. Raises OutputError."""
        if not self.jsonl:
            return
        from msgprobe.report.jsonl import service_line

        self._told.append(verdict)
        self._line(service_line(verdict))

    def deliver(self, run: Run) -> int:
        """Write everything that is wanted and give the exit status.

        A fault of one output does not keep the others from being written; then the first fault is
        raised as OutputError.
        """
        from msgprobe.report.exit_status import exit_status

        status = exit_status(run, self.fail_on)
        faults: list[OutputError] = []
        for step in (self._files, self._stdout):
            try:
                step(run, status)
            except OutputError as error:
                faults.append(error)
        if faults:
            raise faults[0]
        return int(status)

    def _files(self, run: Run, status: int) -> None:
        if self.junit is not None:
            from msgprobe.report.junit import render

            write_file(self.junit, render(run))
        if self.output is not None and not self.jsonl:
            from msgprobe.report.document import document, dumps

            write_file(self.output, dumps(document(run, exit_code=status, evidence=True)))
            self._saved = True

    def _stdout(self, run: Run, status: int) -> None:
        if self.jsonl:
            self._rest_of_lines(run, status)
            return
        if self.json:
            if self.output is None:
                from msgprobe.report.document import document, dumps

                put(dumps(document(run, exit_code=status, evidence=self.evidence)))
            return
        from msgprobe.report.terminal import render

        can = look(sys.stdout)
        put(
            render(
                run,
                width=can.width,
                color=can.color,
                unicode=can.unicode,
                verbose=self.verbose,
                quiet=self.quiet,
            )
        )
        if self._saved and not self.quiet:
            say(f"Saved with its evidence: {self.output}")

    def _rest_of_lines(self, run: Run, status: int) -> None:
        from msgprobe.report.jsonl import run_line

        for verdict in run.verdict.services:
            if verdict not in self._told:
                self.decided(verdict)
        evidence = self.evidence or self.output is not None
        self._line(run_line(run, exit_code=status, evidence=evidence))
        if self.output is not None:
            write_file(self.output, "".join(self._lines))

    def _line(self, text: str) -> None:
        if self.output is None:
            put(text)
        else:
            self._lines.append(text)
