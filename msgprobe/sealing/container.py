"""The zip file of a package: for the same files there is one sequence of bytes, and no other.

Nothing is compressed, so that no file is larger than the package. Every header is one that this
module writes (APPNOTE 6.3.10 §4.3; no flags, extra fields, comments or ZIP64; 1 January 1980), the
files follow each other without a gap, and the directory repeats them. Python's ``zipfile`` forgives
what is hidden between, before and after them, two files of one name and headers that contradict the
directory; other programs then show other files. Here all of that is a fault.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from msgprobe.sealing.error import Fault, PackageError

MOST_FILES = 5_000
LARGEST_FILE = 32 * 1024 * 1024
LARGEST = 256 * 1024 * 1024
"""Bytes of a package."""

_NAME = re.compile(r"(?:[a-z]{1,16}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Devices of Windows, whatever the folder and the suffix."""

_DATE = 0x21
"""1 January 1980, the first day that a zip file knows."""
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _MODE = 10, 3 << 8, 0o100644 << 16
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    size: int
    crc: int
    offset: int
    """Of its header."""

    @property
    def local(self) -> bytes:
        return _LOCAL.pack(b"PK\x03\x04", *self._described, 0) + self.name.encode("ascii")

    @property
    def central(self) -> bytes:
        head = b"PK\x01\x02", _UNIX | _VERSION
        tail = *(0, 0, 0, 0), _MODE, self.offset
        return _CENTRAL.pack(*head, *self._described, *tail) + self.name.encode("ascii")

    @property
    def _described(self) -> tuple[int, ...]:
        """What both headers say: versions and date, then the file and the length of its name."""
        about = self.crc, self.size, self.size, len(self.name.encode("ascii"))
        return _VERSION, 0, 0, 0, _DATE, *about


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The package with ``files`` in that order."""
    out, entries = bytearray(), []
    for name, data in files:
        entry = _Entry(name, len(data), zlib.crc32(data), len(out))
        out += entry.local + data
        entries.append(entry)
    return bytes(out) + _directory(entries, len(out))


def _directory(entries: list[_Entry], offset: int) -> bytes:
    rows = b"".join(entry.central for entry in entries)
    count = len(entries)
    return rows + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(rows), offset, 0)


class Container:
    """The files of a package in the open file ``file``, each read when it is asked for.

    Raises PackageError for everything that `pack` would not have written, OSError.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, io.SEEK_END)
        if size > LARGEST:
            raise PackageError(Fault.TOO_LARGE, f"more than {LARGEST >> 20} MiB")
        file.seek(0)
        self._entries: dict[str, _Entry] = {}
        self._scan(size)

    @property
    def names(self) -> tuple[str, ...]:
        """In the order in which they are stored."""
        return tuple(self._entries)

    def size(self, name: str) -> int:
        """Of a file that is there, in bytes."""
        return self._entries[name].size

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises PackageError where there is none of that name."""
        entry = self._entries.get(name)
        if entry is None:
            raise PackageError(Fault.MISSING, name)
        self._file.seek(entry.offset + len(entry.local))
        return self._file.read(entry.size)

    def files(self) -> Mapping[str, bytes]:
        """All of them."""
        return {name: self.read(name) for name in self.names}

    def _scan(self, size: int) -> None:
        at = 0
        folded: set[str] = set()
        while (magic := self._file.read(4)) == b"PK\x03\x04":
            entry = self._next(at, size)
            if entry.name.lower() in folded:
                raise PackageError(Fault.DUPLICATE, entry.name)
            if len(folded) >= MOST_FILES:
                raise PackageError(Fault.TOO_LARGE, f"more than {MOST_FILES} files")
            folded.add(entry.name.lower())
            self._entries[entry.name] = entry
            at += len(entry.local) + entry.size
        if not at:
            raise self._foreign(size)
        if magic != b"PK\x01\x02":
            raise PackageError(*_gap(magic, at))
        self._file.seek(at)
        right = _directory(list(self._entries.values()), at)
        found = self._file.read(len(right))
        if found != right:
            cut = right.startswith(found)
            raise PackageError(
                Fault.CUT_OFF if cut else Fault.CHANGED, "the zip directory at its end"
            )
        if self._file.tell() != size:
            raise PackageError(Fault.EXTRA_BYTES, "after the end of the zip file")

    def _next(self, at: int, size: int) -> _Entry:
        """The entry whose header begins at ``at``, checked; leaves the file behind it."""
        rest = self._file.read(_LOCAL.size - 4)
        if len(rest) < _LOCAL.size - 4:
            raise PackageError(Fault.CUT_OFF, "in the header of a file")
        values = _LOCAL.unpack(b"PK\x03\x04" + rest)
        flags, method, crc, stored, length = values[2], values[3], values[6], values[8], values[9]
        raw = self._file.read(length)
        if len(raw) < length:
            raise PackageError(Fault.CUT_OFF, "in the name of a file")
        name = raw.decode("ascii", "replace")
        if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name.rpartition("/")[2]):
            raise PackageError(Fault.UNSAFE_NAME, ascii(name)[:120])
        if method or flags & 1:
            raise PackageError(Fault.COMPRESSED, f"{name}; a package holds files as they are")
        if stored > LARGEST_FILE:
            raise PackageError(Fault.TOO_LARGE, f"{name}, more than {LARGEST_FILE >> 20} MiB")
        entry = _Entry(name, stored, crc, at)
        if _LOCAL.pack(*values) + raw != entry.local:
            raise PackageError(Fault.CHANGED, f"the zip header of {name}")
        if at + len(entry.local) + stored > size:
            raise PackageError(Fault.CUT_OFF, f"in {name}")
        if self._crc(stored) != crc:
            raise PackageError(Fault.CHANGED, name)
        return entry

    def _crc(self, size: int) -> int:
        found = 0
        while size:
            piece = self._file.read(min(size, _PIECE))
            found, size = zlib.crc32(piece, found), size - len(piece)
        return found

    def _foreign(self, size: int) -> PackageError:
        """What to say of a file that does not begin as a zip file does."""
        self._file.seek(max(0, size - _END.size))
        if self._file.read(4) == b"PK\x05\x06" and size > _END.size:
            return PackageError(Fault.EXTRA_BYTES, "before the beginning of the zip file")
        return PackageError(Fault.NO_PACKAGE, "not a zip file made by msgprobe seal")


def _gap(magic: bytes, at: int) -> tuple[Fault, str]:
    if len(magic) < 4:
        return Fault.CUT_OFF, "before the zip directory"
    return Fault.EXTRA_BYTES, f"between the files, at byte {at}"
