"""What a file may do only where its user allows it: replace rows, and the `Liberty`s."""

import unicodedata
from collections.abc import Iterable
from dataclasses import field

from msgprobe.catalog import control, reach, value
from msgprobe.catalog import service as heads
from msgprobe.catalog.control import Part
from msgprobe.catalog.error import CatalogError, quoted
from msgprobe.catalog.limits import Room
from msgprobe.catalog.row import Row, row_of
from msgprobe.catalog.table import Table
from msgprobe.model.dataclass import dataclass
from msgprobe.model.liberty import OVERRIDE_FLAG, Allowances, Liberty, Override, Taken
from msgprobe.model.target import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the user allows the target files that he names, beside adding services and controls."""

    override: bool = False
    liberties: frozenset[Liberty] = frozenset()


NOTHING = Allowed()
EVERYTHING = Allowed(override=True, liberties=frozenset(Liberty))


def declared(table: Table | None) -> tuple[Liberty, ...]:
    """What a [service] or [controls] says under ``allow``. Raises CatalogError."""
    return table.each("allow", value.word(Liberty)) if table is not None else ()


def _taken(
    file: str, head: Table | None, steps: Iterable[reach.Step], owner: str, allowed: Allowed
) -> list[Taken]:
    """The liberties that a file takes for ``owner``, each once.

    ``head`` is the table that has to declare them. Raises CatalogError for the first one that it
    does not declare, or that is not ``allowed``.
    """
    found: dict[Liberty, Taken] = {}
    said = declared(head)
    table = owner.split(" ")[0]
    for liberty, key, what in steps:
        if liberty not in said:
            why = f"{what} needs leave, which the file does not ask for"
            right = f'if it is meant, add allow = ["{liberty}"] to [{table}]'
            raise CatalogError(file, why, f"{right} and {liberty.flag} to the command", key=key)
        if liberty not in allowed.liberties:
            right = f"if you trust this file, add {liberty.flag} to the command"
            raise CatalogError(file, f"{what} needs your leave", right, key=key)
        found.setdefault(liberty, Taken(liberty=liberty, owner=owner, file=file))
    return list(found.values())


@dataclass(slots=True)
class Owners:
    """Which source brought each row, so that what replaces it is noticed."""

    allowed: Allowed
    _overrides: list[Override] = field(default_factory=list)
    _taken: list[Taken] = field(default_factory=list)
    _room: Room = field(default_factory=Room)
    _rows: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    _titles: dict[str, str] = field(default_factory=dict)

    @property
    def allowances(self) -> Allowances:
        """What files that are not shipped did with leave."""
        return Allowances(overrides=tuple(self._overrides), taken=tuple(self._taken))

    def take(
        self, source: int, top: Table, service: Service | None, part: Part
    ) -> tuple[Row | None, Part]:
        """Take note of the file ``top`` of the source of that number (0: shipped), which is
        understood: its row, if it has one, and its controls.

        Raises CatalogError for what it does without leave, and where all files hold too much.
        """
        row = None if service is None else row_of(service)
        self._room.take(top.file, 0 if row is None else row.endpoints, part)
        if source:  # that shipped files declare what they take is held by a test
            self._taken += self._took(top, service, part)
        self._rows_of(source, top.file, row, part)
        return row, part

    def add(self, file: str, row: Row) -> None:
        """Take note of a shipped file with nothing but a service, which is not understood yet."""
        self._room.take(file, row.endpoints, Part())
        self._rows_of(0, file, row, Part())

    def _took(self, top: Table, service: Service | None, part: Part) -> list[Taken]:
        file, allowed = top.file, self.allowed
        took = _taken(file, control.head(top), reach.of_controls(part), "controls", allowed)
        if service is not None:
            steps, owner = reach.of_service(service), f"service {service.name}"
            took += _taken(file, heads.head(top), steps, owner, allowed)
        return took

    def _rows_of(self, source: int, file: str, row: Row | None, part: Part) -> None:
        if row is not None:
            self._row(source, file, "service", row.name, "service.name")
            self._title(source, file, row)
        for kind, name in part.names():
            self._row(source, file, kind, name, f"{kind}[{name}].name")
        for name in ("silent", "holes", "advert_host"):
            if getattr(part, name) is not None:
                self._row(source, file, "controls", name, f"controls.{name}")

    def _row(self, source: int, file: str, kind: str, name: str, key: str) -> None:
        before, whose = self._rows.get((kind, name), (source, file))
        if before != source:
            shipped = "msgprobe's own" if before == 0 else f"the one of {whose}"
            what = f"the list {name}" if kind == "controls" else f"the {kind} {quoted(name)}"
            self._replaced(file, key, kind, name, f"replaces {what}, {shipped}")
        self._rows[kind, name] = (source, file)

    def _title(self, source: int, file: str, service: Row) -> None:
        """A service that is called like another one earns its good name."""
        for text in (service.title, service.name):
            owner = self._titles.get(_folded(text), service.name)
            if source and owner != service.name:
                why = f"{quoted(text)} is what the service {quoted(owner)} is called"
                self._replaced(file, "service.title", "title", owner, why)
                break
        for text in (service.title, service.name):
            self._titles.setdefault(_folded(text), service.name)

    def _replaced(self, file: str, key: str, kind: str, name: str, why: str) -> None:
        if not self.allowed.override:
            right = f"call it something else or, if you trust this file, add {OVERRIDE_FLAG}"
            raise CatalogError(file, why, f"{right} to the command", key=key)
        self._overrides.append(Override(kind=kind, name=name, file=file))


def _folded(text: str) -> str:
    """What people take for the same name: letters and digits alone, of whatever form and case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if c.isalnum())
