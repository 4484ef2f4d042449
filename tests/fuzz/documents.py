"""Files that others may have written: saved runs, and target files."""

import io
from typing import Final

from msgprobe import session
from msgprobe.catalog import control, loader
from msgprobe.checks.registry import examiner, promise, registry
from msgprobe.cli.formats import FORMATS, TEXT
from msgprobe.model.age import control_rows, service_rows
from msgprobe.model.run import Request, Run
from msgprobe.redaction.redactor import redacted
from msgprobe.report.document import SavedRunError, read_run
from msgprobe.report.explain import explain_run
from msgprobe.report.services import render_list, render_show
from msgprobe.report.view import View
from msgprobe.sealing import stamp
from msgprobe.sealing.check import check
from msgprobe.sealing.container import Container

_VIEW: Final = View(evidence=True, verbose=2, width=80)
_REQUEST: Final = Request()


def _read(data: bytes) -> Run:
    # as `msgprobe.cli.saved.read` does with what it read
    try:
        return read_run(data.decode())
    except UnicodeDecodeError:
        raise SavedRunError("is not text") from None


def saved_run(data: bytes) -> None:
    """A saved run is read, and what was read is redacted."""
    redacted(_read(data).evidence)


def judged_run(data: bytes) -> None:
    """A saved run is read, judged anew, and shown in every form."""
    run = session.judge(_read(data))
    for form in (TEXT, *FORMATS):
        form.render(run, _VIEW).encode("utf-8", "backslashreplace")
    explain_run(run, None, session.rules(), width=80, unicode=True)


def package(data: bytes) -> None:
    """A sealed package is checked."""
    check(Container(io.BytesIO(data)))


def stamp_reply(data: bytes) -> None:
    """An authority's reply to a request for a time stamp is read."""
    stamp.read(data, b"")


def target_file(data: bytes) -> None:
    """A target file is read, and what it holds is listed."""
    known = registry()
    raw = loader._raw("mine.toml", data)
    _, found, part = loader._understood("mine.toml", raw, frozenset(known), examiner(known))
    controls = control.merge([part])
    control_rows(controls)
    if found is not None:
        service_rows(found)
        render_list([found])
        render_show(found, promise(known))


def planned_file(data: bytes) -> None:
    """A target file is read, and it is told what a run would contact."""
    known = registry()
    raw = loader._raw("mine.toml", data)
    _, found, part = loader._understood("mine.toml", raw, frozenset(known), examiner(known))
    services = () if found is None else (found,)
    session.planned(services, control.merge([part]), _REQUEST)
