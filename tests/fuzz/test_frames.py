"""Parts with lengths are taken apart and put together again; changes leave the lengths right."""

import pytest

from tests.fuzz import frames
from tests.fuzz.seeds import genuine

FORMS = {
    "quic handshake, secured": (frames._split_pieces, frames._join_pieces, 2),
    "http2": (frames._split_http2, frames._join_http2, 5),
    "websocket frames": (frames._split_websocket, frames._join_websocket, 2),
    "dns": (frames._split_dns, frames._join_dns, 5),
    "der": (frames._der_parts, frames._join_der, 1),
}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_together_again_they_are_what_they_were(name: str) -> None:
    split, join, count = FORMS[name]
    data = genuine()[name]
    assert join(split(data)) == data
    assert len(split(data)) == count


@pytest.mark.parametrize("name", sorted(FORMS))
def test_any_bytes_are_taken_apart(name: str) -> None:
    split, join, _ = FORMS[name]
    for data in (b"", b"\xff" * 40, bytes(40), b"\x30\x84", b"\x81\xfe\x10", genuine()[name][:-3]):
        if parts := split(data):
            join(parts)


def test_changed_pieces_have_their_lengths() -> None:
    data = b"\0\x03abc\0\x05hello\0\0"
    for seed in range(300):
        found = frames.pieces(data, 200, seed)
        if found is not None:
            assert frames._join_pieces(frames._split_pieces(found)) == found
            assert len(found) <= 200


def test_changed_values_are_whole() -> None:
    data = bytes.fromhex("300a0201013005040300ff10")
    seen = set()
    for seed in range(300):
        found = frames.der(data, 200, seed)
        if found is not None:
            assert frames._join_der(frames._der_parts(found)) == found
            seen.add(found)
    assert len(seen) > 100
