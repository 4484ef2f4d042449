"""Every codec takes any bytes: a value, or its own WireError; nothing else, and no hang."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msgprobe.wire import (
    der,
    dns_message,
    mtproto,
    noise,
    noise_chain,
    protobuf,
    quic,
    tls_record,
)
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable

QUERY = dns_message.build_query("messenger.test", 4, 0x1234)
NONCE = bytes(range(16))
PROBE = quic.version_probe(bytes(range(240)) * 5)
HEADER = b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"

CODECS: dict[str, Callable[[bytes], object]] = {
    "der": der.read_certificate,
    "dns": lambda data: dns_message.parse_answer(QUERY, data),
    "dns body": lambda data: dns_message.parse_answer(QUERY, HEADER + QUERY[12:-11] + data),
    "mtproto": mtproto.parse_message,
    "mtproto resPQ": lambda data: mtproto.parse_res_pq(data, NONCE),
    "mtproto resPQ to us": lambda data: mtproto.parse_res_pq(
        b"\x63\x24\x16\x05" + NONCE + data, NONCE
    ),
    "noise frame": noise.frame_size,
    "noise": noise.parse_server_hello,
    "noise chain": noise_chain.parse_chain,
    "protobuf": protobuf.read_fields,
    "quic": lambda data: quic.parse_version_negotiation(data, PROBE),
    "quic to us": lambda data: quic.parse_version_negotiation(
        b"\x80" + bytes(4) + b"\x08" + PROBE.source + b"\x08" + PROBE.destination + data, PROBE
    ),
}


@pytest.mark.parametrize("name", CODECS)
def test_any_bytes_are_a_value_or_a_wire_error(name: str) -> None:
    @given(st.binary(max_size=400))
    @example(b"")
    @example(b"\x30\x80" + bytes(20))
    @example(b"\xff" * 64)
    @example(b"\xc0\x0c" * 100)
    def check(data: bytes) -> None:
        try:
            CODECS[name](data)
        except WireError as exc:
            assert str(exc)

    check()


@given(st.binary(max_size=300))
def test_records_and_text_never_raise(data: bytes) -> None:
    tls_record.starts_like_tls(data)
    tls_record.plain_alert(data)
    tls_record.alert_in_reason(data.decode("latin-1"))
    text = printable(data)
    assert all(c in "\n\t" or c.isprintable() for c in text)
    text.encode()


def test_a_pointer_loop_in_a_dns_name_ends() -> None:
    with pytest.raises(WireError):
        dns_message.parse_answer(QUERY, HEADER + b"\xc0\x0c\x00\x01\x00\x01" + b"\xc0\x0c" * 40)


@given(st.integers(min_value=0, max_value=2**63), st.binary(max_size=200))
def test_protobuf_round_trip(number: int, value: bytes) -> None:
    encoded = protobuf.bytes_field(3, value) + protobuf.varint(4 << 3) + protobuf.varint(number)
    assert protobuf.read_fields(encoded) == {3: value, 4: number}


@given(st.binary(min_size=1, max_size=300), st.data())
def test_flipped_certificates_are_still_only_wire_errors(
    noise_bytes: bytes, data: st.DataObject
) -> None:
    import ssl

    from tests.steps.authority import authority

    pem = authority().cert_pem.bytes().decode()
    good = bytearray(ssl.PEM_cert_to_DER_cert(pem))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at : at + len(noise_bytes)] = noise_bytes
    try:
        der.read_certificate(bytes(good))
    except WireError:
        pass
