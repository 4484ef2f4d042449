"""``msgprobe seal`` and ``msgprobe verify``: files in, a package out, and what became of one."""

import hashlib
import io
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgprobe import __version__
from msgprobe.catalog import loader
from msgprobe.cli import saved
from msgprobe.cli.output import check_file, write_bytes
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import put, reason, say
from msgprobe.model.dataclass import dataclass
from msgprobe.model.integrity import Integrity
from msgprobe.model.run import Run
from msgprobe.redaction.reveals import unredacted
from msgprobe.report import integrity
from msgprobe.report import sealed as report
from msgprobe.report.language import _
from msgprobe.report.package_text import TEXTS
from msgprobe.report.sentences.reveals import sentence
from msgprobe.sealing import change, signature
from msgprobe.sealing.check import check
from msgprobe.sealing.container import Container
from msgprobe.sealing.error import Fault, PackageError, SealError
from msgprobe.sealing.package import Case, Exhibit, seal
from msgprobe.sealing.stamp import LARGEST as LARGEST_REPLY

_LARGEST_KEY = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What stood behind ``msgprobe seal``."""

    files: Sequence[str]
    output: Path | None
    key: Path | None = None
    request: Path | None = None
    attach: Path | None = None
    take_out: Sequence[str] = ()
    history: str | None = None
    """Where what is remembered lies; None where it is not asked for."""
    since: str | None = None


def make(wish: Sealing) -> None:
    """Seal saved runs, or do to a package what was asked for.

    Raises UsageError, OutputError.
    """
    packages = [name for name in wish.files if saved.is_package(name)]
    if not packages:
        _seal(wish)
    elif len(wish.files) == 1:
        _change(packages[0], wish)
    else:
        raise UsageError(f"{packages[0]}: is a package already; name it alone, or saved runs")


def _seal(wish: Sealing) -> None:
    for flag, value in (("--attach", wish.attach), ("--take-out", wish.take_out)):
        if value:
            raise UsageError(f"{flag}: is for a package; seal first: msgprobe seal FILE -o OUT.zip")
    if wish.output is None:
        raise UsageError("-o is missing; name the package to make: -o OUT.zip")
    for path in filter(None, (wish.output, wish.request)):
        check_file(path)
    signer = _signer(wish.key)
    kept, remembered = _remembered(wish)
    runs = sorted(_runs(wish.files, kept), key=lambda one: one.run.started_at)
    if not runs:
        raise UsageError(
            "there is no run to seal; name saved runs, or --history where runs with their evidence "
            "are remembered"
        )
    catalogue = loader.shipped()
    mine = loader.digest(catalogue.values())
    case = Case(
        exhibits=[
            Exhibit(
                name=one.name,
                evidence=one.data,
                page=_page(one, number),
                secret=secrets.token_bytes(32),
            )
            for number, one in enumerate(runs, 1)
        ],
        catalogue=catalogue if any(o.run.catalogue_sha256 == mine for o in runs) else {},
        remembered=remembered,
        texts=TEXTS,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        version=__version__,
    )
    try:
        package = seal(case, signer)
    except SealError as error:
        raise UsageError(str(error)) from None
    write_bytes(wish.output, package)
    made = Container(io.BytesIO(package))
    put(report.made(check(made), str(wish.output), own=wish.key is None))
    if wish.request is not None:
        write_bytes(wish.request, change.request(made))
        say(_("The request for a time stamp: {file}").format(file=wish.request))
    for one in runs:
        if told := unredacted(one.run):
            say(f"msgprobe: {one.name}: {sentence(told)}")


def _page(one: "_Saved", number: int) -> str:
    """The page for people that goes with a run, which the package calls by its number."""
    from msgprobe import session
    from msgprobe.redaction.export import exported
    from msgprobe.report.page.document import Given, render

    run = replace(exported(session.shown(one.run)), integrity=Integrity.SEALED)
    digest = hashlib.sha256(one.data).hexdigest()
    given = Given(name=f"{number:04}.json", sha256=digest, run=run)
    return render((given,), session.rules())


@dataclass(frozen=True, slots=True)
class _Saved:
    name: str
    data: bytes
    run: Run


def _remembered(wish: Sealing) -> tuple[list[tuple[str, bytes]], list[dict[str, Any]]]:
    if wish.history is None:
        if wish.since is not None:
            raise UsageError("--since: is for --history; say which time of it is to be sealed")
        return [], []
    from msgprobe.cli.history import witnesses

    return witnesses(wish.history, wish.since)


def _runs(named: Sequence[str], kept: Iterable[tuple[str, bytes]]) -> Iterator[_Saved]:
    """The runs that were named and those that are remembered, each once: one may be both."""
    seen: dict[bytes, str] = {}
    known: set[str] = set()
    for name in named:
        data = saved.data(name)
        if data in seen:
            raise UsageError(f"{name}: is the same as {seen[data]}; name each run once")
        seen[data] = name
        one = _read(name, data)
        known.add(one.run.run_id)
        yield one
    yield from (_read(name, data) for name, data in kept if name not in known)


def _read(name: str, data: bytes) -> _Saved:
    run = saved.parsed(name, data)
    if told := integrity.warning(run):
        raise UsageError(f"{name}: {told}")
    return _Saved(name, data, run)


def _signer(key: Path | None) -> signature.Signer | None:
    if key is None:
        return signature.Signer() if signature.available() else None
    with _told(str(key)):
        return signature.Signer(_bytes(key, _LARGEST_KEY))


def _change(name: str, wish: Sealing) -> None:
    if wish.history is not None:
        raise UsageError(f"{name}: is a package already; --history is for a new one")
    asked = [wish.request is not None, wish.attach is not None, bool(wish.take_out)]
    if sum(asked) != 1 or wish.key is not None:
        raise UsageError(
            f"{name}: is a package already; say one of --request, --attach or --take-out, "
            "or: msgprobe verify FILE"
        )
    with _opened(name) as container, _told(name):
        if wish.request is not None:
            write_bytes(wish.request, change.request(container))
            say(_("The request for a time stamp: {file}").format(file=wish.request))
            return
        if wish.attach is not None:
            reply = _bytes(wish.attach, LARGEST_REPLY)
            made, output = change.attached(container, reply), wish.output or Path(name)
        elif wish.output is None or _same_file(wish.output, name):
            raise UsageError(
                "--take-out: -o is missing; name another file for the copy: -o OUT.zip"
            )
        else:
            made, output = (
                change.taken_out(container, wish.take_out, (f"/{integrity.KEY}",)),
                wish.output,
            )
    write_bytes(output, made)
    verify(str(output))


def _same_file(output: Path, name: str) -> bool:
    return output.exists() and output.samefile(name)


def verify(name: str, *, key: str | None = None, authority: Path | None = None) -> int:
    """Print what the package ``name`` is; ``key`` is a public key's file or fingerprint.

    Gives the exit status. Raises UsageError, OutputError.
    """
    wanted = None if key is None else _fingerprint(key)
    roots = None if authority is None else _bytes(authority, _LARGEST_KEY * 16)
    try:
        with _opened(name) as container:
            found = check(container, key=wanted, authorities=roots)
    except PackageError as error:
        if error.fault is Fault.NO_PACKAGE:
            raise UsageError(f"{name}: {error}") from None
        put(report.fault(error, name))
        return report.ALTERED
    except SealError as error:
        raise UsageError(f"--authority: {error}") from None
    put(report.render(found, name))
    return report.exit_status(found)


def _fingerprint(key: str) -> str:
    """Of the key that was named by its file or its fingerprint."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", key):
        return key.lower()
    with _told(key):
        return signature.fingerprint(_bytes(Path(key), _LARGEST_KEY), "it")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Faults of what is sealed, as faults of the file that was named."""
    try:
        yield
    except (PackageError, SealError) as error:
        raise UsageError(f"{name}: {error}") from None


@contextmanager
def _opened(name: str) -> Iterator[Container]:
    try:
        file = Path(name).open("rb")
    except (OSError, ValueError) as error:
        raise UsageError(f"{name}: {reason(error)}; name a package made by seal") from None
    with file:
        yield Container(file)


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {reason(error)}") from None
    if len(data) > most:
        raise UsageError(f"{path}: is too large for what it should be")
    return data
