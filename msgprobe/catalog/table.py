"""One table of a target file, read key by key; every complaint knows file and place."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from msgprobe.catalog.error import CatalogError, nearest, quoted
from msgprobe.catalog.value import Wrong, date, kind, line
from msgprobe.model.target import Provenance

PROVENANCE = ("source", "date")

T = TypeVar("T")
D = TypeVar("D")


class StandIn(str):
    """A name put in place of a missing or faulty one, which is not shown."""

    __slots__ = ()


class Table:
    """A TOML table whose possible keys are known beforehand; others are refused at once.

    ``place`` is where it stands in the file (empty: the top). Raises CatalogError throughout.
    """

    def __init__(
        self,
        file: str,
        place: str,
        data: object,
        keys: Collection[str],
        path: tuple[str | int, ...] = (),
    ) -> None:
        self.file = file
        self.place = place
        self._path = path
        if not isinstance(data, dict):
            raise self.fault("", f"is {kind(data)}", "write it as a table of keys and values")
        self._data: dict[str, Any] = data
        for key in data:
            if key not in keys:
                near = nearest(key, keys, most=1)
                right = f'did you mean "{near[0]}"?' if near else f"possible are {', '.join(keys)}"
                shown = key if key.isprintable() else quoted(key)
                fault = self.fault(shown, "unknown key", right)
                fault.path, fault.meant = (*path, key), near[0] if near else None
                raise fault

    def fault(self, key: str, why: str, right: str) -> CatalogError:
        """The error to raise for ``key`` of this table (empty: for the table itself)."""
        place = ".".join(part for part in (self.place, key) if part)
        own = key.partition("[")[0]
        # A key with a dot is a place elsewhere in the file, in words.
        path = (
            None if "." in key or not (key or self._path) else self._path + ((own,) if own else ())
        )
        return CatalogError(self.file, why, right, key=place, path=path)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def need(self, key: str, read: Callable[[object], T]) -> T:
        """The value of a key that has to be there."""
        if key not in self._data:
            raise self.fault(key, "missing", f'add "{key}"')
        try:
            return read(self._data[key])
        except Wrong as wrong:
            raise self.fault(key, wrong.why, wrong.right) from None

    def take(self, key: str, read: Callable[[object], T], default: D) -> T | D:
        """The value of a key that may be left out."""
        return self.need(key, read) if key in self._data else default

    def each(
        self, key: str, read: Callable[[object], T], default: tuple[T, ...] = (), most: int = 100
    ) -> tuple[T, ...]:
        """The values of a list without repetitions; ``default`` if the key is left out."""
        if key not in self._data:
            return default
        found: list[T] = []
        for place, value in enumerate(self._list(key, most)):
            try:
                item = read(value)
            except Wrong as wrong:
                raise self.fault(f"{key}[{place}]", wrong.why, wrong.right) from None
            if item in found:
                raise self.fault(f"{key}[{place}]", f"{quoted(item)} is there twice", "remove one")
            found.append(item)
        return tuple(found)

    def table(self, key: str, keys: Collection[str]) -> "Table | None":
        """The table under ``key``, None if it is left out."""
        if key not in self._data:
            return None
        return Table(self.file, self._at(key), self._data[key], keys, (*self._path, key))

    def tables(self, key: str, keys: Collection[str], most: int = 100) -> list["Table"]:
        """The tables of the array ``key``; each is called by its own ``name`` in messages."""
        if key not in self._data:
            return []
        found = []
        for place, data in enumerate(self._list(key, most, f"[[{self._at_plain(key)}]]")):
            own = data.get("name") if isinstance(data, dict) else None
            shown = isinstance(own, str) and not isinstance(own, StandIn) and own.isprintable()
            label = own if shown and own else str(place)
            path = (*self._path, key, place)
            found.append(Table(self.file, self._at(f"{key}[{label[:63]}]"), data, keys, path))
        return found

    def pairs(self, key: str, read: Callable[[object], T]) -> tuple[tuple[str, T], ...]:
        """The keys and values of a table of free keys, in their order."""
        data = self._data.get(key, {})
        if not isinstance(data, dict):
            raise self.fault(key, f"is {kind(data)}", f'write it as {key} = {{ key = "value" }}')
        inner = Table(self.file, self._at(key), data, list(data), (*self._path, key))
        return tuple((own, inner.need(own, read)) for own in data)

    def provenance(self, base: Provenance | None) -> Provenance:
        """Source and date of this table's facts: its own, else those of ``base``."""
        if base is not None and "source" not in self and "date" not in self:
            return base
        # A new source with an inherited date would make an old fact look fresh, or the reverse.
        return Provenance(source=self.need("source", line), date=self.need("date", date))

    def _at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _at_plain(self, key: str) -> str:
        return ".".join(part.split("[")[0] for part in self._at(key).split("."))

    def _list(self, key: str, most: int, header: str = "") -> list[Any]:
        found = self._data[key]
        if not isinstance(found, list):
            right = f"start each with {header}" if header else "put it in [ ], even a single one"
            raise self.fault(key, f"is {kind(found)}, not a list", right)
        if not found or len(found) > most:
            raise self.fault(key, f"has {len(found)} entries", f"give 1 to {most}")
        return found


def distinct(tables: list[Table], names: list[str], what: str) -> None:
    """Refuse the second of two tables of one name. ``names`` are those of ``tables``."""
    seen: set[str] = set()
    for table, own in zip(tables, names, strict=True):
        if own in seen:
            raise table.fault("name", f"{quoted(own)} is there twice", f"give each {what} its own")
        seen.add(own)
