"""Measurements that other programs made, judged one after the other."""

import contextlib
import gzip
import hashlib
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from msgprobe import session
from msgprobe.catalog import loader
from msgprobe.checks.registry import registry, traits
from msgprobe.cli.formats import TEXT, Format
from msgprobe.cli.output import look
from msgprobe.cli.request import UsageError
from msgprobe.cli.show import Delivery
from msgprobe.cli.streams import OutputError, put, reason, say
from msgprobe.interchange.ooni.evidence import evidence
from msgprobe.interchange.ooni.fields import ForeignError
from msgprobe.interchange.ooni.lines import measurements
from msgprobe.interchange.ooni.theirs import TESTS, Theirs
from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Run, Tool, Vantage
from msgprobe.model.target import Function, Service
from msgprobe.redaction.export import exported
from msgprobe.report.exit_status import exit_status
from msgprobe.report.exits import Exit
from msgprobe.report.language import _, ngettext

SOURCES = ("ooni",)

_LINES = ("jsonl", "csv")
"""The forms that many runs can be written in."""

_GRAVEST = (Exit.INTERFERENCE, Exit.CONNECTION, Exit.UNPROVEN, Exit.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """What every measurement is judged with."""

    catalogue: loader.Catalogue
    redact: bool

    def runs(self, theirs: Theirs) -> Iterator[Run]:
        """One run for each service that the measurement is about."""
        for service in self._services(theirs):
            known = traits(registry())
            found, verdict = session.judged(evidence(theirs, service, known), redact=self.redact)
            yield Run(
                run_id=_name(theirs),
                tool=Tool(version=session.tool().version, platform=f"OONI {theirs.software}"),
                catalogue_sha256=self.catalogue.sha256,
                started_at=theirs.started_at,
                duration_s=round(theirs.runtime, 3),
                evidence=found,
                verdict=verdict,
                vantage=Vantage(asn=theirs.asn),
            )

    def _services(self, theirs: Theirs) -> Iterator[Service]:
        if theirs.test in TESTS:
            yield from (s for s in self.catalogue.services if s.name == TESTS[theirs.test])
            return
        for service in self.catalogue.services:
            pools = {p.name for p in service.pools if p.function is Function.WEB}
            hosts = {e.host for e in service.endpoints if e.pool in pools and e.host}
            if theirs.url and any(_is_of(theirs.url, host) for host in hosts):
                yield service


def _is_of(url: str, host: str) -> bool:
    return url.partition("://")[2].split("/")[0].lower() == host


def _name(theirs: Theirs) -> str:
    """The same for the same measurement, and another for each."""
    whole = hashlib.sha256(repr(theirs).encode("utf-8", "backslashreplace")).hexdigest()
    return f"ooni-{theirs.report[:80] or 'no-report'}-{theirs.test}-{whole[:12]}"


def judge(name: str, source: str, delivery: Delivery, *, redact: bool) -> int:
    """Judge every measurement of the file ``name``, ``-`` for standard input.

    Gives the gravest exit status of them. Raises UsageError, with the line, or OutputError.
    """
    if source not in SOURCES:
        raise UsageError(f"--from: {source!r:.40} is none; known is: {', '.join(SOURCES)}")
    form = delivery.form or TEXT
    _check(form, delivery)
    judged = _Judge(catalogue=loader.load(), redact=redact)
    seen = left_out = 0
    worst = len(_GRAVEST) - 1
    with _written(delivery.output) as write, _opened(name) as lines:
        if form.name == "csv":
            write(_header())
        for number, theirs in _read(name, lines):
            found = [] if theirs is None else list(judged.runs(theirs))
            left_out += not found
            for run in found:
                assert theirs is not None
                seen += 1
                status = exit_status(run, delivery.fail_on)
                worst = min(worst, _GRAVEST.index(Exit(status)))
                write(_shown(form, run, delivery, status, _title(number, theirs)))
    _tell(seen, left_out)
    return int(_GRAVEST[worst]) if seen else int(Exit.UNPROVEN)


def _check(form: Format, delivery: Delivery) -> None:
    """Raises UsageError where the form cannot hold many runs."""
    flag = next((f.flag for f, _ in delivery.files), None)
    if form is not TEXT and form.name not in _LINES:
        flag = form.flag
    if form is TEXT and delivery.output is not None:
        flag = "-o"
    if flag is not None:
        raise UsageError(f"{flag}: holds a single run, and such a file many; take --jsonl or --csv")


def _tell(seen: int, left_out: int) -> None:
    if left_out:
        say(
            "msgprobe: "
            + ngettext(
                "{count} measurement of other tests was left out",
                "{count} measurements of other tests were left out",
                left_out,
            )
        )
    if not seen:
        say("msgprobe: " + _("no measurement of a messenger was found"))


def _title(number: int, theirs: Theirs) -> str:
    """Which measurement it is, and OONI's own word on it."""
    where = f"{theirs.cc or '??'}, AS{theirs.asn}" if theirs.asn else theirs.cc or "??"
    word = {None: _("nothing"), True: _("blocked"), False: _("not blocked")}[theirs.anomaly]
    bad = [key for key, value in theirs.claims if value not in (False, "ok", None)]
    why = f" ({', '.join(bad)})" if bad else ""
    when = theirs.started_at[:16].replace("T", " ")
    test = f"{theirs.test} {theirs.version}"
    said = _("Line {number}: {test}, {when} UTC, {where}. OONI says: {word}.")
    return said.format(number=number, test=test, when=when, where=where, word=word + why) + "\n"


def _header() -> str:
    from msgprobe.report.rows_csv import header

    return header()


def _shown(form: Format, run: Run, delivery: Delivery, status: int, title: str) -> str:
    run = exported(run, delivery.grain)
    can = look(sys.stdout)
    view = replace(
        delivery.view, exit_code=status, width=can.width, color=can.color, unicode=can.unicode
    )
    if form is TEXT:
        from msgprobe.report.escape import printable

        return f"{printable(title.rstrip())}\n\n{form.render(run, view).rstrip()}\n\n"
    if form.name == "csv":
        from msgprobe.report.rows_csv import body

        return body(run)
    parts = [form.part(run, verdict) for verdict in run.verdict.services]
    return "".join(parts) + form.render(run, view)


@contextlib.contextmanager
def _written(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Where text goes: standard output, or a file that is whole or not there."""
    if path is None:
        yield put
        return
    from msgprobe.cli.files import whole

    try:
        with whole(path) as out:
            yield lambda text: cast("None", out.write(text.encode("utf-8", "backslashreplace")))
    except OSError as error:
        raise OutputError(f"{path}: {reason(error)}") from error


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where they are packed. Raises UsageError."""
    with contextlib.ExitStack() as stack:
        try:
            if name == "-":
                if sys.stdin is None:
                    raise UsageError("standard input is closed")
                file: BinaryIO = sys.stdin.buffer
            else:
                file = stack.enter_context(Path(name).open("rb"))
            packed = cast("object", file).peek(2)[:2] == b"\x1f\x8b"  # type: ignore[attr-defined]
        except OSError as error:
            raise UsageError(f"{name}: {reason(error)}; name a file of OONI's") from None
        yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file


def _read(name: str, lines: BinaryIO) -> Iterator[tuple[int, Theirs | None]]:
    """Raises UsageError naming file and line."""
    shown = "standard input" if name == "-" else name
    last = 0
    try:
        for last, found in measurements(lines):
            yield last, found
    except ForeignError as error:
        raise UsageError(f"{shown}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UsageError(f"{shown}: line {last + 1}: its gzip is torn or damaged") from None
