"""ICMP echo: the bytes of RFC 792, and total on any others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire.error import WireError
from msgprobe.wire.icmp import PAYLOAD, echo, echoed


def test_a_request_is_type_8_code_0_with_its_sequence_number_and_payload() -> None:
    assert echo(3, b"x" * PAYLOAD) == bytes.fromhex("0800000000000003") + b"x" * PAYLOAD


def test_a_reply_brings_the_payload_back() -> None:
    assert echoed(bytes.fromhex("0000abcd00010003") + b"payload") == b"payload"


@pytest.mark.parametrize("message", [b"", b"\0" * 7, bytes.fromhex("0301000000000000") + b"x" * 28])
def test_anything_else_is_no_reply(message: bytes) -> None:
    with pytest.raises(WireError):
        echoed(message)


@given(st.binary(max_size=64))
def test_only_a_wire_error_may_come_out(message: bytes) -> None:
    try:
        assert message.endswith(echoed(message))
    except WireError:
        return
