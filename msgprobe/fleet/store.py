"""The folder that holds the facts: ``STORE/word/country=KZ/date=2026-11-26/part.parquet``.

Whoever is killed while packing leaves the store as it was, or a journal by which the next one
finishes: files are made beside it, listed in the journal when all are on the disk, and only then
put in their places, each at once. Engines read the folders of the facts alone.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from secrets import token_hex

from msgprobe.fleet.error import FleetError
from msgprobe.interchange.facts import FACTS, SCHEMA_VERSION
from msgprobe.model.dataclass import dataclass

MARK = "msgprobe-fleet.json"
"""Says that a folder is a store, and of which version."""

PART = "part.parquet"
_JOURNAL = ".journal.json"
_LOCK = ".lock"
_STAGING = ".staging-"
_PATTERNS = frozenset("*?[]{}'\"\\;,")


@dataclass(frozen=True, slots=True)
class Partition:
    """A country's day in one table."""

    fact: str
    country: str
    date: str
    """``2026-11-26``, UTC."""

    @property
    def folder(self) -> str:
        """Where it lies in the store."""
        return f"{self.fact}/country={self.country}/date={self.date}"


class Store:
    """A store on this machine. Raises FleetError for what it is not, or OSError."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        if _PATTERNS & set(str(path.absolute())):
            raise FleetError(
                f"{path}: engines take some signs of its name for patterns; name a folder without "
                "any of * ? [ ] { } ' \" \\ ; ,"
            )
        if not path.is_dir():
            if path.exists():
                raise FleetError(f"{path}: is no folder; name the folder of a store")
            if not create:
                raise FleetError(f"{path}: there is no store; make one with: msgprobe fleet pack")
            path.mkdir(mode=0o700, parents=True)
        if create and not any(path.iterdir()):
            _write(path / MARK, {"format": "msgprobe-fleet", "version": SCHEMA_VERSION})
        self._check()

    def _check(self) -> None:
        try:
            found = json.loads((self.path / MARK).read_text("utf-8"))
            version = int(found["version"])
            ours = found["format"] == "msgprobe-fleet"
        except (OSError, ValueError, KeyError, TypeError):
            ours, version = False, 0
        if not ours:
            raise FleetError(
                f"{self.path}: is no store of msgprobe ({MARK} is missing or damaged in it); name "
                "another folder, or an empty one to begin a store"
            )
        if version > SCHEMA_VERSION:
            raise FleetError(
                f"{self.path}: was packed by a newer msgprobe (schema {version}, this one knows up "
                f"to {SCHEMA_VERSION}); update msgprobe"
            )

    def files(self, fact: str) -> list[Path]:
        """The Parquet files of a table, also those that somebody else put there."""
        return sorted((self.path / fact).rglob("*.parquet"))

    def part(self, partition: Partition) -> Path:
        """The one file of a partition, there or not."""
        return self.path / partition.folder / PART

    @contextlib.contextmanager
    def packing(self) -> Iterator[Path]:
        """A folder for files that are to come in; nobody else packs meanwhile. Raises FleetError.

        What a packer that was killed left is finished first, or cleared away.
        """
        with self._locked():
            self._recover()
            staging = self.path / f"{_STAGING}{token_hex(8)}"
            staging.mkdir(mode=0o700)
            try:
                yield staging
            finally:
                if not (self.path / _JOURNAL).exists():  # else what is in it is still to be moved
                    shutil.rmtree(staging, ignore_errors=True)

    def settle(self) -> None:
        """Finish what a packer that was killed had begun, where that can be done."""
        if (self.path / _JOURNAL).exists():
            with contextlib.suppress(FleetError, OSError), self._locked():
                self._recover()

    def put(self, staging: Path, partitions: Sequence[Partition]) -> None:
        """Take files that lie in ``staging`` as in a store into it: all of them, or none."""
        moves = []
        for one in sorted(partitions, key=lambda p: list(FACTS).index(p.fact)):
            source = staging / one.folder / PART
            _sync(source)
            moves.append([str(source.relative_to(self.path)), f"{one.folder}/{PART}"])
        _write(self.path / _JOURNAL, moves)
        self._recover()

    def _recover(self) -> None:
        journal = self.path / _JOURNAL
        if journal.exists():
            for source, target in json.loads(journal.read_text("utf-8")):
                there = self.path / target
                there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with contextlib.suppress(FileNotFoundError):  # it was moved before
                    (self.path / source).replace(there)
                _sync(there.parent)
            journal.unlink()
            _sync(self.path)
        for left in self.path.glob(f"{_STAGING}*"):
            shutil.rmtree(left, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        number = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with contextlib.suppress(ImportError):  # Windows has no such locks
                import fcntl

                try:
                    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise FleetError(
                        f"{self.path}: somebody else is packing there; try again later"
                    ) from None
            yield
        finally:
            os.close(number)


def is_here(store: str) -> bool:
    """``store`` is one on this machine, and not what only an engine sees."""
    return "://" not in store and (Path(store) / MARK).is_file()


def has_none(store: str, fact: str) -> bool:
    """A store on this machine that has no file of that table."""
    return is_here(store) and not Store(Path(store)).files(fact)


def _write(path: Path, value: object) -> None:
    """JSON text in ``path``: all of it, or what was there before."""
    part = path.with_name(f"{path.name}.new")
    part.write_text(json.dumps(value) + "\n", "utf-8")
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    if os.name != "posix":
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
