"""The exact bytes of the messengers' first words, from the protocols' own descriptions."""

import struct

import pytest

from msgprobe.wire import mtproto, noise, tls_record
from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto_transport import Framing, Transport

NONCE = bytes(range(16))


def res_pq(nonce: bytes = NONCE, *fingerprints: int, message_id: int = 1) -> bytes:
    body = struct.pack("<I", 0x05162463) + nonce + b"s" * 16
    body += b"\x08" + bytes.fromhex("17ED48941A08F981") + b"\0\0\0"
    body += struct.pack("<II", 0x1CB5C415, len(fingerprints))
    body += struct.pack(f"<{len(fingerprints)}Q", *fingerprints)
    return struct.pack("<qqi", 0, message_id, len(body)) + body


def test_req_pq_multi_byte_by_byte() -> None:
    data = mtproto.plain_message(mtproto.req_pq_multi(NONCE), 0x6000000000000003)
    assert data == (bytes(8) + b"\0\0\0\0\0\0\0\x60" + b"\x14\0\0\0" + b"\xf1\x8e\x7e\xbe" + NONCE)


def test_res_pq_is_read() -> None:
    # The example product of core.telegram.org/mtproto/samples-auth_key.
    body = mtproto.parse_message(res_pq(NONCE, 0xD09D1D85DE64FD85, 5))
    assert isinstance(body, bytes)
    answer = mtproto.parse_res_pq(body, NONCE)
    assert answer.pq == 0x494C553B * 0x53911073
    assert answer.fingerprints == (0xD09D1D85DE64FD85, 5)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [(-404, "not understood"), (-429, "too many"), (-444, "data centre"), (-1, "unknown")],
)
def test_transport_errors(code: int, meaning: str) -> None:
    answer = mtproto.parse_message(struct.pack("<i", code))
    assert answer == mtproto.TransportError(code)
    assert str(code) in str(answer) and meaning in str(answer)


@pytest.mark.parametrize(
    "payload",
    [
        res_pq(b"x" * 16, 1),
        res_pq(NONCE, 1, message_id=4),
        res_pq(NONCE),
        res_pq(NONCE, 1)[:-1],
        struct.pack("<q", 1) + res_pq(NONCE, 1)[8:],
        struct.pack("<i", 404),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_what_is_not_an_answer_to_us(payload: bytes) -> None:
    with pytest.raises(WireError):
        body = mtproto.parse_message(payload)
        assert isinstance(body, bytes)
        mtproto.parse_res_pq(body, NONCE)


def test_a_page_is_no_frame() -> None:
    with pytest.raises(WireError):
        Transport(Framing.INTERMEDIATE).missing(b"HTTP")
    with pytest.raises(WireError):
        noise.frame_size(b"HTT")


def test_the_noise_hello_byte_by_byte() -> None:
    key = bytes(range(32))
    assert noise.client_hello(key) == bytes.fromhex("57410603 000024 12220a20") + key
    assert len(noise.client_hello(key)) == 43


def test_alerts_are_found_among_records_and_in_reasons() -> None:
    handshake = b"\x16\x03\x03\x00\x03abc"
    assert tls_record.plain_alert(handshake + bytes.fromhex("15030300020228")) == (
        "handshake_failure"
    )
    assert tls_record.plain_alert(handshake) is None
    assert tls_record.plain_alert(b"\x15\x03\x03\x00\x13" + bytes(19)) is None
    assert tls_record.alert_in_reason("TLSV1_ALERT_PROTOCOL_VERSION") == "protocol_version"
    assert tls_record.alert_in_reason("SSLV3_ALERT_HANDSHAKE_FAILURE") == "handshake_failure"
    assert tls_record.alert_in_reason("TLSV13_ALERT_CERTIFICATE_REQUIRED") == (
        "certificate_required"
    )
    assert tls_record.alert_in_reason("TLSV1_UNRECOGNIZED_NAME") == "unrecognized_name"
    assert tls_record.alert_in_reason("WRONG_VERSION_NUMBER") is None
