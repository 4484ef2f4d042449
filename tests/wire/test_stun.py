"""STUN: the published vectors, and what the two forms of a question have in common."""

import pytest

from msgprobe.wire.error import WireError
from msgprobe.wire.stun import Form, asked_identity, body_size, parse_answer, question

# RFC 5769 section 2.2: a Binding success response over IPv4.
RFC5769_IPV4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147"
    "e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
IDENTITY = bytes(range(100, 116))


def test_the_published_response_is_understood() -> None:
    answer = parse_answer(RFC5769_IPV4)
    assert answer.identity == bytes.fromhex("2112a442b7e7a701bc34d686fa87dfae")
    assert (answer.error, answer.mapped, answer.realm) == (None, True, b"")


def test_a_binding_request_is_twenty_bytes() -> None:
    # RFC 8489 section 5: type, length, cookie, 96-bit transaction id
    assert question(Form.BINDING, IDENTITY) == bytes.fromhex("000100002112a442") + IDENTITY[4:]
    assert question(Form.CLASSIC, IDENTITY) == bytes.fromhex("00010000") + IDENTITY


def test_an_allocation_asks_for_udp() -> None:
    # RFC 8656 section 14.7: REQUESTED-TRANSPORT (0x0019), 4 bytes, protocol 17
    assert question(Form.ALLOCATE, IDENTITY)[20:] == bytes.fromhex("00190004" + "11000000")


@pytest.mark.parametrize("form", Form)
def test_the_answer_must_bear_what_was_asked(form: Form) -> None:
    assert question(form, IDENTITY)[4:20] == asked_identity(form, IDENTITY)


def test_a_relay_that_refuses_says_why() -> None:
    # error 401: class 4, number 1 (RFC 8489 section 14.8)
    body = bytes.fromhex("00090008") + b"\0\0\x04\x01Unau" + bytes.fromhex("00140003") + b"abc\0"
    head = bytes.fromhex("0113") + len(body).to_bytes(2, "big") + bytes(16)
    answer = parse_answer(head + body)
    assert (answer.error, answer.realm, answer.mapped) == (401, b"abc", False)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (question(Form.BINDING, IDENTITY), "no answer"),
        (RFC5769_IPV4[:-1], "where the header says"),
        (bytes.fromhex("01110000") + bytes(16), "without a code"),
        (bytes.fromhex("01010004") + bytes(16) + bytes.fromhex("00200008"), "longer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not a message"),
    ],
)
def test_anything_else_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        parse_answer(data)


def test_a_length_beyond_reason_is_refused() -> None:
    with pytest.raises(WireError, match="length"):
        body_size(bytes.fromhex("0101fffc") + bytes(16))
