"""Runs of many lines as facts: the tables of a fleet's store, and what stands in their columns.

The columns are a contract, like those of `msgprobe.interchange.rows`: numbers and texts that mean
the same to every engine. Nothing is null: what was not said is an empty text, ``ZZ`` (country) or
0 (network). Times are seconds since 1970 in UTC. Mechanisms stand in one text, parted by ``;``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_type_hints

from msgprobe.model.dataclass import dataclass
from msgprobe.model.fleet import UNKNOWN_ASN, UNKNOWN_COUNTRY
from msgprobe.model.history import CONNECTION, Said, SpeedSeen
from msgprobe.model.timeline import Story

SCHEMA_VERSION = 1
"""Rises when a column changes its meaning or goes; stores of a newer one are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose run it was. ``vantage`` is the user's name for the line, or a history's random one;
    lines of a network that have none count as one."""

    country: str = UNKNOWN_COUNTRY
    asn: int = UNKNOWN_ASN
    vantage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact carries. ``began`` is when the run began."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    vantage: str
    country: str
    asn: int
    began: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFact(Fact):
    """One word of one run. The word of the connection itself has the service ``connection``."""

    kind: str
    connection: str
    service: str
    function: str
    outcome: str
    strength: str
    partial: bool
    mechanisms: str
    rules_version: int
    catalogue_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFact(Fact):
    """One run."""

    kind: str
    connection: str
    connection_strength: str
    connection_notes: str
    rules_version: int
    catalogue_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedFact(Fact):
    """How fast something moved beside neutral sources, as `SpeedSeen`."""

    service: str
    function: str
    direction: str
    ratio: float
    target_kbit: float
    control_kbit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFact(Fact):
    """A change that one line's own timeline told when it was packed: after ``after`` (0: unknown),
    at ``began`` or before. ``run_id`` is a run that showed it, if its evidence is kept."""

    service: str
    function: str
    after: int
    word_before: str
    outcome: str
    mechanisms: str
    posterior: float


FACTS: Mapping[str, type[Fact]] = {
    "word": WordFact,
    "speed": SpeedFact,
    "event": EventFact,
    "run": RunFact,
}
"""The tables, in the order in which they are put down: a run comes last, when all else is there."""

VOTE = "vote"
"""The column of words that is made in the store: of a vantage's words on a subject in a quarter of
an hour one is true."""

_NAMES = {fact: tuple(one.name for one in fields(kind)) for fact, kind in FACTS.items()}
_KINDS = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}


def columns(fact: str) -> dict[str, str]:
    """The columns of a table as they come in, with SQL's types."""
    hints = get_type_hints(FACTS[fact])
    return {one.name: _KINDS[hints[one.name]] for one in fields(FACTS[fact])}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """All facts of one run."""

    run: RunFact
    words: tuple[WordFact, ...] = ()
    speeds: tuple[SpeedFact, ...] = ()

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and row of each."""
        for table, some in (
            ("word", self.words),
            ("speed", self.speeds),
            ("run", (self.run,)),
        ):
            for one in some:
                yield table, _row(table, one)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEvents:
    """What one line's timeline tells; a later telling of the same takes the place of this one."""

    events: tuple[EventFact, ...]

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and row of each."""
        for one in self.events:
            yield "event", _row("event", one)


def _row(table: str, fact: Fact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in _NAMES[table]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a line, from wherever it was read. ``began`` in seconds since 1970."""

    run_id: str
    began: int
    kind: str
    rules: int
    catalogue: str
    words: Mapping[str, Said]
    speeds: Iterable[SpeedSeen] = ()


def facts(look: Look, place: Place) -> RunFacts:
    """What ``look`` says, of the line at ``place``."""
    line = look.words.get(CONNECTION, Said("unknown"))
    base: dict[str, Any] = {
        "run_id": look.run_id,
        "vantage": place.vantage,
        "country": place.country,
        "asn": place.asn,
        "began": look.began,
    }
    more: dict[str, Any] = {
        "kind": look.kind,
        "connection": line.word,
        "rules_version": look.rules,
        "catalogue_sha256": look.catalogue,
    }
    return RunFacts(
        run=RunFact(
            **base,
            **more,
            connection_strength=line.strength,
            connection_notes=";".join(line.mechanisms),
        ),
        words=tuple(
            WordFact(
                **base,
                **more,
                **_whose(subject),
                outcome=said.word,
                strength=said.strength,
                partial=said.partial,
                mechanisms="" if subject == CONNECTION else ";".join(said.mechanisms),
            )
            for subject, said in sorted(look.words.items())
        ),
        speeds=tuple(
            SpeedFact(
                **base,
                **_whose(s.subject),
                direction=s.direction,
                ratio=s.ratio,
                target_kbit=s.target_kbit,
                control_kbit=s.control_kbit,
            )
            for s in look.speeds
        ),
    )


def line_events(story: Story, place: Place) -> LineEvents:
    """What happened on the line at ``place``; changes of the rules or the catalogue are none."""
    return LineEvents(
        events=tuple(
            EventFact(
                run_id=next(iter(change.witnesses), ""),
                vantage=place.vantage,
                country=place.country,
                asn=place.asn,
                began=change.bracket.until,
                **_whose(change.subject),
                after=change.bracket.after or 0,
                word_before=change.before,
                outcome=change.after,
                mechanisms=";".join(change.mechanisms),
                posterior=round(change.posterior, 4),
            )
            for event in story.events
            if event.cause.real
            for change in (*event.changes, *event.absorbed)
        )
    )


def _whose(subject: str) -> dict[str, Any]:
    service, _, function = subject.partition(".")
    return {"service": service, "function": function}
