"""Saved runs: read, judge again, explain."""

import re
import sys
from dataclasses import replace
from pathlib import Path

from msgprobe.cli.output import Look, check_file, look, write_file
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import put, reason, say
from msgprobe.model.integrity import Integrity
from msgprobe.model.run import Run
from msgprobe.report.language import _

_MAGIC = b"PK"
"""With it zip files begin, and no saved run does."""

LARGEST = 100 * 1000 * 1000
"""Bytes of a saved run; a real one has a hundredth of it, and memory stays bounded."""


def read(name: str) -> Run:
    """The run in the file ``name``, ``-`` for standard input. Raises UsageError naming it."""
    packed = _packed(name)
    return parsed(name, data(name)) if packed is None else _sealed(*packed)


def there(name: str) -> bool:
    """Whether ``name`` is a file that may hold a run, standard input, or a run in a package."""
    return name == "-" or Path(name).is_file() or _packed(name) is not None


def is_package(name: str) -> bool:
    """Whether there is a file ``name`` that begins as a package does, and no saved run."""
    try:
        with Path(name).open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False


def _packed(name: str) -> tuple[str, str | None] | None:
    """The package and the run of ``case.zip`` or ``case.zip/0002``; None for anything else."""
    package, _slash, run = name.rpartition("/")
    if re.fullmatch(r"\d{4}", run) and is_package(package):
        return package, run
    return (name, None) if is_package(name) else None


def _sealed(name: str, run: str | None) -> Run:
    """A run in the package ``name``. Raises UsageError, also where anything was altered."""
    from msgprobe.sealing.check import check
    from msgprobe.sealing.container import Container
    from msgprobe.sealing.error import PackageError
    from msgprobe.sealing.listing import run_file

    try:
        with Path(name).open("rb") as file:
            package = Container(file)
            known = check(package)
            whole = [one.run for one in known.runs if not one.gone]
            if run is None and len(whole) > 1:
                raise UsageError(f"{name}: holds {len(whole)} runs; name one, like {name}/0001")
            if not whole or run not in (None, *whole):
                wanted = run or known.runs[0].run
                raise UsageError(f"{name}: has no run {wanted} of which nothing was taken out")
            chosen = run_file(run or whole[0], "json")
            found = parsed(f"{name}/{run or whole[0]}", package.read(chosen))
    except PackageError as error:
        raise UsageError(f"{name}: ALTERED ({error})") from None
    except OSError as error:
        raise UsageError(f"{name}: {reason(error)}") from None
    if known.verified and found.integrity is not Integrity.ALTERED:
        return replace(found, integrity=Integrity.SEALED)
    return found


def data(name: str) -> bytes:
    """The bytes of a saved run, as they are. Raises UsageError naming the file."""
    shown = _shown(name)
    try:
        if name == "-":
            if sys.stdin is None:
                raise UsageError("standard input is closed")
            found = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                found = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{shown}: {reason(error)}; name a file saved with -o") from None
    if len(found) > LARGEST:
        raise UsageError(f"{shown}: is larger than any saved run ({LARGEST // 10**6} MB)")
    return found


def parsed(name: str, found: bytes) -> Run:
    """The run in the bytes of the file ``name``. Raises UsageError naming it."""
    from msgprobe.report.document import SavedRunError, read_run

    try:
        return read_run(_plain(found).decode())
    except UnicodeDecodeError:
        raise UsageError(f"{_shown(name)}: is not text; name a file saved with -o") from None
    except SavedRunError as error:
        raise UsageError(f"{_shown(name)}: {error}") from None


def _shown(name: str) -> str:
    return "standard input" if name == "-" else name


def _plain(data: bytes) -> bytes:
    """Without gzip around it. Raises SavedRunError where that is torn or holds too much."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    import zlib

    from msgprobe.report.document import SavedRunError

    unpack = zlib.decompressobj(wbits=31)
    try:
        plain = unpack.decompress(data, LARGEST + 1)
    except zlib.error:
        raise SavedRunError("its gzip is damaged") from None
    if len(plain) > LARGEST:
        raise SavedRunError(f"is larger than any saved run ({LARGEST // 10**6} MB)")
    if not unpack.eof:
        raise SavedRunError("it is cut off (its gzip has no end)")
    return plain


def judge(name: str, *, redact: bool = True) -> Run:
    """The run in ``name`` under today's rules."""
    from msgprobe import session

    return session.judge(read(name), redact=redact)


def explain(
    what: str,
    service: str | None,
    html: Path | None = None,
    *,
    tells: bool = False,
    redact: bool = True,
    verbose: int = 0,
) -> None:
    """Print the evidence of a saved run, or what a rule says; with ``html`` also write the page.

    ``tells``: print instead what the file reveals about who measured. Raises UsageError, NotInRun,
    UnknownRule or OutputError.
    """
    from msgprobe import session
    from msgprobe.report.explain import explain_rule

    can = look(sys.stdout)
    if there(what):
        if html is not None:
            check_file(html)
        run = read(what)
        if tells:
            put(_reveals(run, can))
        else:
            _explain(run, service, html, can, redact=redact, verbose=verbose)
        return
    if "/" in what or "\\" in what or what.endswith(".json"):
        raise UsageError(
            f"{what}: there is no such file; name one saved with: msgprobe run -o FILE"
        )
    if tells:
        raise UsageError(
            "--reveals: a rule reveals nothing; name a file saved with: msgprobe run -o FILE"
        )
    if html is not None:
        raise UsageError(
            "--html: a rule has no curves; name a file saved with: msgprobe run -o FILE"
        )
    put(explain_rule(what, session.rules(), width=can.width, unicode=can.unicode))


def _explain(
    run: Run, service: str | None, html: Path | None, can: Look, *, redact: bool, verbose: int
) -> None:
    """The evidence of a run, and with ``html`` the page of its curves."""
    from msgprobe import session
    from msgprobe.redaction.export import exported
    from msgprobe.report.explain import explain_run

    run = exported(session.shown(run)) if redact else run
    text = explain_run(
        run, service, session.rules(), width=can.width, unicode=can.unicode, verbose=verbose
    )
    if html is not None:
        from msgprobe.report.curves_html import render

        write_file(html, render(run, service))
    put(text)
    if html is not None:
        say(_("Curves written: {file}").format(file=html))


def _reveals(run: Run, can: Look) -> str:
    from msgprobe.redaction.reveals import reveals
    from msgprobe.report.explain import render_reveals
    from msgprobe.report.sentences.reveals import told

    return render_reveals(told(reveals(run)), width=can.width, unicode=can.unicode)


def rules() -> None:
    """Print every rule."""
    from msgprobe import session
    from msgprobe.report.explain import render_rules

    can = look(sys.stdout)
    put(render_rules(session.rules(), width=can.width, unicode=can.unicode))
