"""Every codec takes any bytes: a value, or its own WireError; nothing else, and no hang."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msgprobe.wire import der, dns_message, protobuf
from msgprobe.wire.error import WireError
from tests.wire.codecs import CODECS, HEADER, QUERY


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
