"""``msgprobe report``: saved runs become one page that can be handed to somebody."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from msgprobe import session
from msgprobe.cli import history as remembered
from msgprobe.cli import saved
from msgprobe.cli.output import check_file, write_file
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import put, say
from msgprobe.model.timeline import Story
from msgprobe.redaction.export import exported
from msgprobe.report.language import _


def report(files: Sequence[str], output: str, history: str | None) -> None:
    """Write the page about ``files``; ``-`` is standard output.

    With ``history`` what is remembered of earlier runs goes into it. Raises UsageError,
    HistoryError or OutputError.
    """
    from msgprobe.report.page.document import Given, render

    path = None if output == "-" else Path(output)
    if path is not None:
        check_file(path)
    found: dict[str, Given] = {}
    for name in files:
        if path is not None and name != "-" and path.exists() and _same(path, name):
            raise UsageError(f"-o: {output} is the saved run itself; name another file")
        data = saved.data(name)
        digest = hashlib.sha256(data).hexdigest()
        if digest in found:
            raise UsageError(f"{name}: is the same as {found[digest].name}; name each run once")
        run = saved.read(name) if saved.is_package(name) else saved.parsed(name, data)
        judged = replace(session.judge(run), integrity=run.integrity)
        shown = _("standard input") if name == "-" else Path(name).name
        found[digest] = Given(name=shown, sha256=digest, run=exported(judged), before=run.verdict)
    text = render(tuple(found.values()), session.rules(), _stories(history))
    if path is None:
        put(text)
        return
    write_file(path, text)
    said = _("Page written: {file} ({size} kB). Open it in a browser.")
    say(said.format(file=output, size=len(text.encode()) // 1000))


def _same(path: Path, name: str) -> bool:
    try:
        return path.samefile(name)
    except OSError:
        return False


def _stories(history: str | None) -> tuple[Story, ...]:
    """What is remembered, where that was asked for."""
    if history is None:
        return ()
    from msgprobe.chronicle import story
    from msgprobe.history.store import History

    now = remembered.now()
    with History(remembered.place(history), write=False) as kept:
        told = (
            story(kept, where, since=None, until=now, wanted=lambda _: True)
            for where in kept.all_series()
        )
        return tuple(one for one in told if one is not None)
