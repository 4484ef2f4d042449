"""What the fuzzers start from leads to the end of each codec, and their targets take it."""

import pytest

from msgprobe.wire.error import WireError
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

REFUSED = {"noise keys"}
"""Its ephemeral key is nobody's, so that nothing decrypts."""


@pytest.mark.parametrize("name", sorted(seeds()))
def test_a_seed_is_taken(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(WireError):
            TARGETS[name](seeds()[name])
    else:
        TARGETS[name](seeds()[name])


@pytest.mark.parametrize("name", ["websocket answer", "websocket frames"])
@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 101 \xff\r\n\r\n", b"\xff" * 99])
def test_websockets_take_any_bytes(name: str, data: bytes) -> None:
    try:
        TARGETS[name](data)
    except WireError as exc:
        assert str(exc)
