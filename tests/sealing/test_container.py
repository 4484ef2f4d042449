"""The zip file: other programs read it, and nothing else that looks like one is taken."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.sealing.container import LARGEST_FILE, MOST_FILES, Container, pack
from msgprobe.sealing.error import Fault, PackageError

FILES = [("README.txt", b"read me\n"), ("evidence/0001.json", b"{}"), ("empty.txt", b"")]


def fault(data: bytes) -> Fault:
    with pytest.raises(PackageError) as caught:
        Container(io.BytesIO(data))
    assert str(caught.value).isprintable()
    return caught.value.fault


def test_python_reads_what_was_packed_and_so_does_this() -> None:
    data = pack(FILES)
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert other.testzip() is None
        assert [(i.filename, other.read(i)) for i in other.infolist()] == FILES
        assert {i.compress_type for i in other.infolist()} == {zipfile.ZIP_STORED}
        assert {i.date_time for i in other.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert list(Container(io.BytesIO(data)).files().items()) == FILES


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.txt", fullmatch=True), st.binary(), max_size=4))
def test_what_is_read_is_what_was_packed(files: dict[str, bytes]) -> None:
    if not files or {"con.txt", "prn.txt", "aux.txt", "nul.txt"} & set(files):
        return
    assert Container(io.BytesIO(pack(files.items()))).files() == files


@pytest.mark.parametrize(
    "name",
    [
        *("../up.txt", "/etc/passwd", "a/../../b.txt", "c:\\x.txt", "..", ".hidden", "a//b.txt"),
        *("evidence/.x", "a/b/c.txt", "nul.txt", "evidence/CON.json", "com1", "x" * 200, ""),
        "line\nbreak.txt",
    ],
)
def test_a_name_that_could_lead_elsewhere_is_unsafe(name: str) -> None:
    assert fault(pack([("README.txt", b""), (name, b"x")])) is Fault.UNSAFE_NAME


@pytest.mark.parametrize("other", ["README.txt", "readme.TXT"])
def test_two_files_of_one_name_are_a_fault_also_where_case_does_not_count(other: str) -> None:
    assert fault(pack([("README.txt", b"a"), (other, b"b")])) is Fault.DUPLICATE


def test_bytes_around_and_between_are_a_fault() -> None:
    whole, one = pack(FILES), pack(FILES[:1])
    gap = 30 + len("README.txt") + len(FILES[0][1])
    assert fault(b"#!/bin/sh\n" + whole) is Fault.EXTRA_BYTES
    assert fault(whole + b"\0") is Fault.EXTRA_BYTES
    assert fault(whole + pack(FILES)) is Fault.EXTRA_BYTES
    assert fault(whole[:gap] + b"hidden" + whole[gap:]) is Fault.EXTRA_BYTES
    assert fault(one[:gap] + b"hidden" + one[gap:]) is Fault.EXTRA_BYTES


def test_what_was_compressed_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("evidence/0001.json", bytes(50_000_000))
    assert len(out.getvalue()) < 100_000
    assert fault(out.getvalue()) is Fault.COMPRESSED


def test_a_size_that_is_not_there_is_not_read() -> None:
    def claiming(size: int) -> bytes:
        head = struct.pack("<4s5H3I2H", b"PK\3\4", 10, 0, 0, 0, 0x21, 0, size, size, 5, 0)
        return head + b"a.txt"

    assert fault(claiming(LARGEST_FILE)) is Fault.CUT_OFF
    assert fault(claiming(LARGEST_FILE + 1)) is Fault.TOO_LARGE
    assert fault(claiming(0xFFFFFFFF)) is Fault.TOO_LARGE


def test_too_many_files_are_too_large() -> None:
    assert fault(pack((f"a/{n}", b"") for n in range(MOST_FILES + 1))) is Fault.TOO_LARGE


@pytest.mark.parametrize("data", [b"", b"PK", b"{}", b"\x7fELF" + bytes(100), bytes(22)])
def test_what_is_no_zip_file_is_no_package(data: bytes) -> None:
    assert fault(data) is Fault.NO_PACKAGE


def test_every_cut_is_found() -> None:
    whole = pack(FILES)
    for size in range(4, len(whole)):
        assert fault(whole[:size]) in (Fault.CUT_OFF, Fault.CHANGED), size


def test_every_flipped_bit_is_found() -> None:
    whole = pack(FILES)
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        fault(bytes(flipped))


def _other_directory(data: bytes) -> bytes:
    return data.replace(b"README.txt", b"OTHERS.txt", 2).replace(b"OTHERS.txt", b"README.txt", 1)


def _comment(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 3) + b"hey"


def _dated(data: bytes) -> bytes:
    return data[:10] + b"\1\1" + data[12:]


@pytest.mark.parametrize("change", [_other_directory, _comment, _dated])
def test_headers_that_say_something_else_are_a_fault(change: Callable[[bytes], bytes]) -> None:
    data = change(pack(FILES))
    assert zipfile.is_zipfile(io.BytesIO(data))
    assert fault(data) is Fault.CHANGED


def test_a_content_that_contradicts_its_check_sum_is_changed() -> None:
    data = pack([("a.txt", b"right")])
    assert fault(data.replace(b"right", b"wrong")) is Fault.CHANGED
    mended = data.replace(b"right", b"wrong").replace(
        struct.pack("<I", zlib.crc32(b"right")), struct.pack("<I", zlib.crc32(b"wrong"))
    )
    assert Container(io.BytesIO(mended)).read("a.txt") == b"wrong"


def test_rubbish_after_a_good_start_never_gets_through() -> None:
    generator, whole = random.Random(1), pack(FILES)
    for _ in range(300):
        at = generator.randrange(len(whole))
        fault(whole[:at] + generator.randbytes(generator.randrange(1, 40)) + whole[at:])
