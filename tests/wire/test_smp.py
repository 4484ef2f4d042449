"""The block with which SimpleX servers speak first."""

import pytest

from msgprobe.wire.error import WireError
from msgprobe.wire.smp import BLOCK_SIZE, parse_server_hello
from tests.lab.world.smp import NEWEST, OLDEST, block


def padded(body: bytes, size: int | None = None, fill: bytes = b"#") -> bytes:
    length = len(body) if size is None else size
    return (length.to_bytes(2) + body).ljust(BLOCK_SIZE, fill)


def test_versions_and_session_are_read() -> None:
    found = parse_server_hello(padded(b"\0\6\0\x0f\3abc"))
    assert (found.oldest, found.newest, found.session) == (6, 15, b"abc")


def test_certificates_behind_the_session_are_left_alone() -> None:
    found = parse_server_hello(block([bytes(500), bytes(600)]))
    assert (found.oldest, found.newest, len(found.session)) == (OLDEST, NEWEST, 32)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "block of 0"),
        (bytes(BLOCK_SIZE - 1), "block of"),
        (padded(b"\0\6\0\x0f\3abc", fill=b"\0"), "not padded"),
        (padded(b"\0\6\0\x0f\3abc", size=7), "not padded"),
        (padded(b"", size=65535), "not padded"),
        (padded(b"\0\6\0"), "cut short"),
        (padded(b"\0\6\0\x0f\4abc"), "cut short"),
        (padded(b"\0\x0f\0\6\0"), "versions 15 to 6"),
        (padded(b"\0\0\0\0\0"), "versions 0 to 0"),
    ],
)
def test_what_is_no_hello_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        parse_server_hello(data)
