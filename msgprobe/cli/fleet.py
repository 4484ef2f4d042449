"""Many lines: their runs into a store, questions to an engine, answers out."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgprobe.cli import history as remembered
from msgprobe.cli.export import moment
from msgprobe.cli.output import check_file, look, write_file
from msgprobe.cli.request import UsageError, as_number, label
from msgprobe.cli.streams import OutputError, put, reason, say
from msgprobe.fleet import answers
from msgprobe.fleet.engine import Engine
from msgprobe.fleet.engines import engine
from msgprobe.fleet.events import events as of_country
from msgprobe.fleet.onsets import onsets as of_networks
from msgprobe.fleet.queries import Scope
from msgprobe.interchange.facts import Place
from msgprobe.interrupts import Politely, status
from msgprobe.model.dataclass import dataclass
from msgprobe.model.fleet import BUCKET, UNKNOWN_ASN, UNKNOWN_COUNTRY, CountryEvent, Onset
from msgprobe.report import fleet as text
from msgprobe.report.exits import Exit
from msgprobe.report.language import _, ngettext

if TYPE_CHECKING:
    from msgprobe.fleet.pack import Packed

MOST_TOLD = 20
"""Sources that could not be read of which each is told."""


# -- packing -------------------------------------------------------------------------------------


def packed(
    sources: Sequence[str],
    folder: Path,
    *,
    country: str | None,
    asn: str | None,
    vantage: str | None,
) -> int:
    """Pack; 0, or 3 where a source was left out. Raises UsageError, FleetError or OutputError."""
    from msgprobe.cli.fleet_sources import Sources
    from msgprobe.fleet.pack import check_time, pack
    from msgprobe.fleet.store import Store

    now = remembered.now()
    found = Sources(
        names=sources, place=_place(country, asn, vantage), check=lambda at: check_time(at, now)
    )
    try:
        with Politely(_stop):
            done = pack(Store(folder, create=True), found)
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: {reason(error)}") from error
    except BaseException:
        if status() is None:
            raise
        say(f"msgprobe: stopped; nothing is half-written in {folder}")
        return status() or Exit.SIGINT
    for told in found.refused[:MOST_TOLD]:
        say("msgprobe: " + _("left out: {what}").format(what=told))
    if len(found.refused) > MOST_TOLD:
        more = len(found.refused) - MOST_TOLD
        say("msgprobe: " + _("left out: {count} more").format(count=more))
    say(_packed(folder, done))
    return Exit.UNPROVEN if found.refused else Exit.OK


def _packed(folder: Path, done: "Packed") -> str:
    if done.known:
        return ngettext(
            "Packed: {{folder}} ({count} new run, {{known}} were there)",
            "Packed: {{folder}} ({count} new runs, {{known}} were there)",
            done.new,
        ).format(folder=folder, known=done.known)
    return ngettext(
        "Packed: {{folder}} ({count} new run)", "Packed: {{folder}} ({count} new runs)", done.new
    ).format(folder=folder)


def _stop(_: str) -> None:
    """Ends packing where it stands, in the engine too, so that it clears up behind it."""
    raise KeyboardInterrupt


def _place(country: str | None, asn: str | None, vantage: str | None) -> Place:
    try:
        return Place(
            country=UNKNOWN_COUNTRY if country is None else _country(country),
            asn=UNKNOWN_ASN if asn is None else _said("--asn", as_number, asn),
            vantage="" if vantage is None else _said("--vantage", label, vantage),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None


def _said(flag: str, read: Any, given: str) -> Any:
    try:
        return read(given)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from None


def _country(text: str) -> str:
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise UsageError(f"--country: {text!r:.20} is no country's code; write it like KZ")
    return text.upper()


# -- asking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which engine is asked over which store, and about what."""

    url: str
    store: str | None
    scope: Scope

    @classmethod
    def of(
        cls,
        url: str,
        store: str | None,
        service: str | None,
        country: str | None,
        since: str | None,
        until: str | None,
    ) -> "Question":
        """As it stood on the command line. Raises UsageError."""
        name, _, function = (service or "").lower().partition(".")
        for part in (name, function):
            if part and not part.replace("_", "").replace("-", "").isalnum():
                raise UsageError(f"{service!r:.40}: is no name of a service or function")
        return cls(
            url=url,
            store=store,
            scope=Scope(
                since=_when("--since", since),
                until=_when("--until", until, up=BUCKET - 1),
                country=None if country is None else _country(country),
                service=name or None,
                function=function or None,
            ),
        )

    def engine(self) -> Engine:
        """The engine; use it in a ``with``. Raises FleetError."""
        return engine(self.url, self.store)


def _when(flag: str, given: str | None, *, up: int = 0) -> int | None:
    """A time, or how long ago; whole quarters of an hour, for votes are cast in those.

    Raises UsageError.
    """
    if given is None:
        return None
    try:
        at = remembered.now() - remembered.span(given)
    except ValueError:
        found = moment(flag, given)
        at = 0 if found is None else int(found.timestamp())
    return (at + up) // BUCKET * BUCKET


def state(question: Question, *, national: bool, json: bool, csv: bool) -> int:
    """Print cells; 0, or 3 where there are none. Raises UsageError or FleetError."""
    _one(json, csv)
    with question.engine() as asked:
        if national:
            countries = answers.national(asked, question.scope)
            rows = text.national_rows(countries) if json or csv else []
            shown = "" if json or csv else text.render_national(countries, **_look())
            return _out("countries", rows, shown, len(countries), json=json, csv=csv)
        networks = answers.cells(asked, question.scope)
    rows = text.cell_rows(networks) if json or csv else []
    shown = "" if json or csv else text.render_cells(networks, **_look())
    return _out("networks", rows, shown, len(networks), json=json, csv=csv)


def onsets(question: Question, *, json: bool, csv: bool) -> int:
    """Print when networks changed; 0."""
    _one(json, csv)
    with question.engine() as asked:
        found = _onsets(asked, question.scope)
    shown = text.render_onsets(found, **_look())
    return _out("onsets", text.onset_rows(found), shown, 1, json=json, csv=csv)


def events(question: Question, *, json: bool) -> int:
    """Print what happened to countries; 0."""
    with question.engine() as asked:
        found = _events(asked, question.scope, _onsets(asked, question.scope))
    if json:
        from json import dumps

        from msgprobe.interchange.ooni.events import payload

        put(dumps(payload(found, now=remembered.now()), indent=2) + "\n")
    else:
        put(text.render_events(found, **_look()))
    return Exit.OK


def report(question: Question, output: Path) -> int:
    """Write the page; 0, or 3 where nothing is known."""
    from msgprobe.report.fleet_html import render

    check_file(output)
    with question.engine() as asked:
        cells = answers.cells(asked, question.scope)
        found = _events(asked, question.scope, _onsets(asked, question.scope))
        lines = answers.lines(asked, question.scope)
    write_file(output, render(cells, found, lines))
    say(_("Written: {file}").format(file=output))
    return Exit.OK if cells else Exit.UNPROVEN


def _onsets(asked: Engine, scope: Scope) -> list[Onset]:
    return of_networks(answers.turns(asked, scope), answers.brackets(asked, scope))


def _events(asked: Engine, scope: Scope, found: Sequence[Onset]) -> list[CountryEvent]:
    return of_country(found, answers.lines(asked, scope), answers.mechanisms(asked, scope))


def _one(json: bool, csv: bool) -> None:
    if json and csv:
        raise UsageError("--json and --csv exclude each other")


def _look() -> dict[str, Any]:
    can = look(sys.stdout)
    return {"width": can.width, "unicode": can.unicode}


def _out(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    shown: str,
    count: int,
    *,
    json: bool,
    csv: bool,
) -> int:
    put(text.as_json(name, rows) if json else text.as_csv(rows) if csv else shown)
    return Exit.OK if count else Exit.UNPROVEN
