"""The key exchange against a server written from the description, with a key of its own."""

import os
import struct
from functools import cache
from hashlib import sha1, sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire import mtproto_proof as proof
from msgprobe.wire.aes import ige_decrypt, ige_encrypt
from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto import ResPQ

NONCE, SERVER_NONCE, NEW_NONCE = bytes(range(16)), b"s" * 16, bytes(range(100, 132))
# core.telegram.org/mtproto/samples-auth_key
P, Q = 0x494C553B, 0x53911073
ANSWER = ResPQ(server_nonce=SERVER_NONCE, pq=P * Q, fingerprints=(1,))


@cache
def numbers() -> RSAPrivateNumbers:
    return generate_private_key(public_exponent=65537, key_size=2048).private_numbers()


def public(*, old: bool = False) -> proof.PublicKey:
    return proof.PublicKey(numbers().public_numbers.n, 65537, old)


def dh_answer(
    new_nonce: bytes = NEW_NONCE, *, g: int = 3, tail: int = 0, flip: int | None = None
) -> bytes:
    """server_DH_params_ok as the description has it."""
    inner = struct.pack("<I", 0xB5890DBA) + NONCE + SERVER_NONCE + struct.pack("<i", g)
    inner += proof.number(proof.DH_PRIME) + proof.number(pow(3, 1 << 300, proof.DH_PRIME))
    inner += struct.pack("<i", 1_700_000_000)
    whole = sha1(inner).digest() + inner
    plain = bytearray(whole + bytes(-len(whole) % 16 + tail))
    if flip is not None:
        plain[flip] ^= 1
    forth, back = sha1(new_nonce + SERVER_NONCE), sha1(SERVER_NONCE + new_nonce)
    key = forth.digest() + back.digest()[:12]
    iv = back.digest()[12:20] + sha1(new_nonce + new_nonce).digest() + new_nonce[:4]
    head = struct.pack("<I", 0xD0E8075C) + NONCE + SERVER_NONCE
    return head + proof.string(ige_encrypt(bytes(plain), key, iv))


def read(body: bytes) -> proof.ServerDH:
    return proof.parse_server_dh(body, NONCE, SERVER_NONCE, NEW_NONCE)


def opened(body: bytes) -> bytes:
    """The RSA block of a req_DH_params, by the private key."""
    reader = proof.Reader(body)
    assert reader.number() == 0xD712E4BE
    assert (reader.raw(16), reader.raw(16)) == (NONCE, SERVER_NONCE)
    assert (reader.string(), reader.string()) == (P.to_bytes(4), Q.to_bytes(4))
    name = int.from_bytes(reader.raw(8), "little")
    assert name == proof.fingerprint(public().modulus, 65537)
    sealed = reader.string()
    assert len(sealed) == 256 and reader.at == len(body)
    return pow(int.from_bytes(sealed), numbers().d, public().modulus).to_bytes(256)


def inner(kind: int, tail: bytes = b"") -> bytes:
    data = struct.pack("<I", kind) + b"\x08" + (P * Q).to_bytes(8) + bytes(3)
    data += b"\x04" + P.to_bytes(4) + bytes(3) + b"\x04" + Q.to_bytes(4) + bytes(3)
    return data + NONCE + SERVER_NONCE + NEW_NONCE + tail


def test_the_question_opens_by_the_new_scheme() -> None:
    body = proof.req_dh_params(ANSWER, public(), NONCE, NEW_NONCE, -4, os.urandom)
    block = opened(body)
    key = bytes(a ^ b for a, b in zip(block[:32], sha256(block[32:]).digest(), strict=True))
    plain = ige_decrypt(block[32:], key, bytes(32))
    padded = plain[:192][::-1]
    assert plain[192:] == sha256(key + padded).digest()
    expected = inner(0xA9F55F95, struct.pack("<i", -4))
    assert padded[: len(expected)] == expected


def test_the_question_opens_by_the_old_scheme() -> None:
    body = proof.req_dh_params(ANSWER, public(old=True), NONCE, NEW_NONCE, 2, os.urandom)
    block = opened(body)
    expected = inner(0x83C95AEC)
    assert block[0] == 0 and block[1:21] == sha1(expected).digest()
    assert block[21 : 21 + len(expected)] == expected


def test_what_cannot_be_asked() -> None:
    short = proof.PublicKey(1 << 1023, 65537)
    for key, nonce in ((short, NONCE), (public(), b"x")):
        with pytest.raises(ValueError):
            proof.req_dh_params(ANSWER, key, nonce, NEW_NONCE, 2, os.urandom)


def test_a_genuine_answer_is_read() -> None:
    found = read(dh_answer())
    assert (found.g, found.server_time, found.usual_prime) == (3, 1_700_000_000, True)


@pytest.mark.parametrize(
    "body",
    [
        dh_answer(bytes(32)),
        dh_answer(flip=0),
        dh_answer(flip=20),
        dh_answer(flip=30),
        dh_answer(flip=100),
        dh_answer(tail=16),
        dh_answer(g=8),
        dh_answer()[:-16],
        struct.pack("<I", 0x79CB045D) + NONCE + SERVER_NONCE + bytes(16),
        struct.pack("<I", 0xD0E8075C) + bytes(32) + dh_answer()[36:],
        struct.pack("<I", 0x05162463) + dh_answer()[4:],
        struct.pack("<I", 0xD0E8075C) + NONCE + SERVER_NONCE + b"\0\0\0\0",
    ],
)
def test_everything_else_proves_nothing(body: bytes) -> None:
    with pytest.raises(WireError):
        read(body)


@given(st.binary(max_size=800))
def test_any_bytes_are_refused(data: bytes) -> None:
    head = struct.pack("<I", 0xD0E8075C) + NONCE + SERVER_NONCE
    whole = proof.string(data[: len(data) // 16 * 16])
    for body in (data, head + data, head + proof.string(data), head + whole):
        with pytest.raises(WireError):
            read(body)


@given(st.binary(max_size=500))
def test_strings_are_read_back(data: bytes) -> None:
    reader = proof.Reader(proof.string(data) + b"end!")
    assert reader.string() == data and reader.raw(4) == b"end!"
