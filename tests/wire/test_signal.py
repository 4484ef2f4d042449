"""Signal's first message, against an encoder that shares no code with ours."""

import pytest

from msgprobe.wire.error import WireError
from msgprobe.wire.signal import Provisioning, accepted, parse_provisioning
from tests.lab.world.noise import field
from tests.lab.world.signal import address


def test_the_servers_first_words() -> None:
    found = parse_provisioning(address(1_700_000_000_000, number=7))
    assert found.request == 7 and len(found.address) == 24


def test_our_answer_is_a_response_with_its_number() -> None:
    # WebSocketMessage {type: 2, response: {id: 7, status: 200, message: "OK"}}
    assert accepted(7) == bytes.fromhex("08021a09" + "0807" + "10c801" + "1a024f4b")


def request(verb: bytes, path: bytes, body: bytes) -> bytes:
    return field(1, 1) + field(2, field(1, verb) + field(2, path) + field(3, body))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        accepted(7),
        field(1, 1),
        request(b"GET", b"/v1/address", field(1, b"a")),
        request(b"PUT", b"/v1/message", field(1, b"a")),
        request(b"PUT", b"/v1/address", b""),
        request(b"PUT", b"/v1/address", field(1, b"")),
        address(1)[:-3],
    ],
)
def test_what_is_no_address(message: bytes) -> None:
    with pytest.raises(WireError):
        parse_provisioning(message)


def test_the_number_may_be_absent() -> None:
    message = request(b"PUT", b"/v1/address", field(1, b"a"))
    assert parse_provisioning(message) == Provisioning(request=0, address=b"a")
