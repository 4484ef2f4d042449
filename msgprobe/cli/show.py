"""A run goes out: to standard output in the form that was asked for, and to files."""

import os
import sys
from collections.abc import Callable, Collection
from dataclasses import field, replace
from functools import partial
from pathlib import Path

from msgprobe.cli.formats import FORMATS, JSON, TEXT, Format
from msgprobe.cli.option import Flags
from msgprobe.cli.output import add_to_file, check_file, look, write_file
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import put, say
from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Run
from msgprobe.model.verdict import ServiceVerdict
from msgprobe.redaction.export import Grain, exported
from msgprobe.report.exit_status import exit_status
from msgprobe.report.language import _
from msgprobe.report.view import View


@dataclass(slots=True, kw_only=True)
class Delivery:
    """In which forms the run is wanted, and where."""

    form: Format | None
    """The one instead of `TEXT`: for ``output`` if there is one, else for standard output."""
    files: tuple[tuple[Format, Path], ...]
    """Forms that are written whatever is printed."""
    output: Path | None
    view: View
    fail_on: Collection[str] | None
    grain: Grain = Grain.MINUTE
    """How exactly is written when the run began."""
    _saved: bool = False
    _told: list[ServiceVerdict] = field(default_factory=list)

    def of_file(self, name: str | None) -> None:
        """The run is read from ``name``, where its evidence is; None: from a pipe."""
        self.view = replace(self.view, saved=name, kept=True)

    def prepare(self) -> None:
        """Find out before measuring whether the files can be written. Raises OutputError."""
        for path in (self.output, *(path for _form, path in self.files)):
            if path is not None:
                check_file(path)

    def decided(self, run: Run, verdict: ServiceVerdict) -> None:
        """A service's verdict is final: its part goes out now. Raises OutputError.

        ``run`` is as it stands, and says which run it is and what its connection is like.
        """
        if self.form is None or not self.form.streams:
            return
        self._told.append(verdict)
        if self.output is None:
            put(self.form.part(exported(run, self.grain), verdict))

    def deliver(self, run: Run) -> int:
        """Write everything that is wanted and give the exit status.

        A fault of one output, or of ours while making it, does not keep the others from being
        written; then the first one is raised: OutputError, or whatever it was.
        """
        status = exit_status(run, self.fail_on)
        run = exported(run, self.grain)
        can = look(sys.stdout)
        view = replace(
            self.view,
            exit_code=status,
            saved=self.view.saved if self.output is None else str(self.output),
            width=can.width,
            color=can.color,
            unicode=can.unicode,
        )
        faults: list[Exception] = []
        steps: list[Callable[[Run, View], None]] = [self._save]
        steps += [partial(self._file, form, path) for form, path in self.files]
        steps.append(self._page)
        for step in (*steps, self._stdout):
            try:
                _twice(partial(step, run, view))
            except Exception as error:
                faults.append(error)
        if faults:
            raise faults[0]
        return int(status) if self.form is None else self.form.status(run, status)

    def _file(self, form: Format, path: Path, run: Run, view: View) -> None:
        write_file(path, form.render(run, view), shared=form.shared)

    def _save(self, run: Run, view: View) -> None:
        if self.output is not None and not (self.form and self.form.streams):
            form = JSON if self.form is None or self.form.printed else self.form
            write_file(self.output, form.render(run, view))
            self._saved = True

    def _page(self, run: Run, view: View) -> None:
        if self.form is not None and self.form.page_variable is not None:
            named = os.environ.get(self.form.page_variable)
            if named:
                add_to_file(Path(named), self.form.page(run, view))

    def _stdout(self, run: Run, view: View) -> None:
        if self.form is None:
            put(TEXT.render(run, view))
            if self._saved and not view.quiet:
                say(_("Saved with its evidence: {file}").format(file=self.output))
        elif self.form.streams:
            self._rest(self.form, run, view)
        elif self.output is None or self.form.printed:
            put(self.form.render(run, view))

    def _rest(self, form: Format, run: Run, view: View) -> None:
        for verdict in run.verdict.services:
            if verdict not in self._told:
                self.decided(run, verdict)
        end = form.render(run, view)
        if self.output is None:
            put(end)
        else:
            parts = [form.part(run, verdict) for verdict in self._told]
            write_file(self.output, "".join(parts) + end)


def _twice(step: Callable[[], None]) -> None:
    """Do it, and once more where memory was short for a moment. Raises what ``step`` raises."""
    try:
        step()
    except MemoryError:
        step()


def delivery(flags: Flags, fail_on: Collection[str] | None) -> Delivery:
    """How the run goes out. ``-o -`` is standard output. Raises UsageError."""
    wanted = [(one, flags.formats[one.name]) for one in FORMATS if one.name in flags.formats]
    printed = [form for form, path in wanted if not isinstance(path, Path)]
    if len(printed) > 1:
        raise UsageError(f"{printed[0].flag} and {printed[1].flag} exclude each other")
    if flags.output == "-" and not printed:
        printed = [JSON]
    return Delivery(
        form=printed[0] if printed else None,
        files=tuple((form, path) for form, path in wanted if isinstance(path, Path)),
        output=Path(flags.output) if flags.output not in (None, "-") else None,
        view=View(
            evidence=flags.evidence or flags.output is not None,
            verbose=flags.verbose,
            quiet=flags.quiet,
            fail_on=None if fail_on is None else frozenset(fail_on),
        ),
        fail_on=fail_on,
        grain=_grain(flags),
    )


def _grain(flags: Flags) -> Grain:
    """Seconds where nothing is to be redacted. Raises UsageError for two opposite wishes."""
    if flags.no_redact and flags.coarse_time:
        raise UsageError("--no-redact and --coarse-time exclude each other")
    if flags.no_redact:
        return Grain.SECOND
    return Grain.HOUR if flags.coarse_time else Grain.MINUTE
