"""The lab's servers to the end of a handshake; `make interop` has real clients do the same.

The client's half is the product's as far as that goes, and else what the protocols' pages say.
"""

import hmac
import os
import struct
from functools import cache
from hashlib import sha1, sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from msgprobe.wire import noise
from msgprobe.wire.aes import ige_encrypt
from msgprobe.wire.mtproto import ResPQ, parse_message, parse_res_pq, plain_message, req_pq_multi
from msgprobe.wire.mtproto_proof import (
    PublicKey,
    ServerDH,
    answer_key,
    number,
    parse_server_dh,
    req_dh_params,
    string,
)
from msgprobe.wire.protobuf import bytes_field
from tests.lab.world.datacentre import DataCentre, Exchange
from tests.lab.world.noise import ChatServer

NOW = 1_790_000_000
NONCE, NEW_NONCE = bytes(range(16)), bytes(range(32))


@cache
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ask(exchange: Exchange, body: bytes) -> bytes:
    answered = exchange.reply(plain_message(body, NOW << 32))
    assert answered is not None
    found = parse_message(answered)
    assert isinstance(found, bytes)
    return found


def to_server_dh(exchange: Exchange, *, old: bool = False) -> tuple[ResPQ, ServerDH]:
    respq = parse_res_pq(ask(exchange, req_pq_multi(NONCE)), NONCE)
    key = PublicKey(private().public_key().public_numbers().n, old=old)
    body = ask(exchange, req_dh_params(respq, key, NONCE, NEW_NONCE, 2, os.urandom))
    return respq, parse_server_dh(body, NONCE, respq.server_nonce, NEW_NONCE)


def set_client_dh(respq: ResPQ, g_b: int, *, broken: bool = False) -> bytes:
    """core.telegram.org/mtproto/auth_key, step 6."""
    inner = struct.pack("<I", 0x6643B654) + NONCE + respq.server_nonce + bytes(8) + number(g_b)
    plain = sha1(inner + b"!" if broken else inner).digest() + inner
    plain += os.urandom(-len(plain) % 16)
    sealed = ige_encrypt(plain, *answer_key(NEW_NONCE, respq.server_nonce))
    return struct.pack("<I", 0xF5045F1F) + NONCE + respq.server_nonce + string(sealed)


@pytest.mark.parametrize("old", [True, False])
def test_a_data_centre_agrees_on_the_key_that_the_client_has(old: bool) -> None:
    centre = DataCentre(private(), private())
    exchange = Exchange(centre, NOW)
    respq, server = to_server_dh(exchange, old=old)
    secret = int.from_bytes(os.urandom(256))
    key = pow(server.g_a, secret, server.prime).to_bytes(256)
    answer = ask(exchange, set_client_dh(respq, pow(server.g, secret, server.prime)))
    mark = sha1(NEW_NONCE + b"\x01" + sha1(key).digest()[:8]).digest()[-16:]
    assert answer == struct.pack("<I", 0x3BCBF734) + NONCE + respq.server_nonce + mark
    assert centre.agreed == {sha1(key).digest()[-8:]}


def test_a_data_centre_refuses_what_was_not_made_for_it() -> None:
    centre = DataCentre(private(), private())
    exchange = Exchange(centre, NOW)
    respq = parse_res_pq(ask(exchange, req_pq_multi(NONCE)), NONCE)
    early = set_client_dh(respq, 4)
    assert exchange.reply(plain_message(early, NOW << 32)) is None
    for broken, g_b in ((True, 4), (False, 1)):
        respq, _ = to_server_dh(exchange)
        body = set_client_dh(respq, g_b, broken=broken)
        assert exchange.reply(plain_message(body, NOW << 32)) is None
    assert exchange.reply(os.urandom(64)) is None  # what clients get is -404
    assert not centre.agreed


def test_a_data_centre_is_asked_again_and_begins_anew() -> None:
    exchange = Exchange(DataCentre(private(), private()), NOW)
    first, _ = to_server_dh(exchange)
    second, server = to_server_dh(exchange)
    assert first.server_nonce != second.server_nonce
    stale = set_client_dh(first, pow(server.g, 2**100, server.prime))
    assert exchange.reply(plain_message(stale, NOW << 32)) is None
    assert ask(exchange, set_client_dh(second, pow(server.g, 2**100, server.prime)))


class Finishing:
    """A Noise_XX client (noiseprotocol.org/noise.html §5) from its hello to its ClientFinish."""

    def __init__(self, server: ChatServer) -> None:
        self._own = X25519PrivateKey.generate()
        public = self._own.public_key().public_bytes_raw()
        begun = server.open(noise.client_hello(public))
        assert begun is not None
        self.begun = begun
        hello = noise.parse_server_hello(begun.hello[3:])
        static = noise.open_hello(self._own.private_bytes_raw(), hello).static
        self._ephemeral = hello.ephemeral
        self._hash = self._chaining = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
        for part in (noise.PROLOGUE, public, hello.ephemeral):
            self._hash = sha256(self._hash + part).digest()
        self._mix(self._own, hello.ephemeral)
        self._hash = sha256(self._hash + hello.static).digest()
        self._mix(self._own, static)
        self._hash = sha256(self._hash + hello.payload).digest()

    def _mix(self, own: X25519PrivateKey, theirs: bytes) -> None:
        secret = own.exchange(X25519PublicKey.from_public_bytes(theirs))
        salt = hmac.digest(self._chaining, secret, "sha256")
        self._chaining = hmac.digest(salt, b"\x01", "sha256")
        self._key = hmac.digest(salt, self._chaining + b"\x02", "sha256")

    def _seal(self, plain: bytes, count: int) -> bytes:
        sealed = AESGCM(self._key).encrypt(count.to_bytes(12), plain, self._hash)
        self._hash = sha256(self._hash + sealed).digest()
        return sealed

    def finish(self, payload: bytes) -> bytes:
        mine = X25519PrivateKey.generate()
        # The key of the server's payload is in use for the second time.
        static = self._seal(mine.public_key().public_bytes_raw(), 1)
        self._mix(mine, self._ephemeral)
        sealed = self._seal(payload, 0)
        body = bytes_field(4, bytes_field(1, static) + bytes_field(2, sealed))
        return len(body).to_bytes(3) + body


def test_a_chat_server_reads_what_finishes_its_handshake() -> None:
    client = Finishing(ChatServer(NOW, Ed25519PrivateKey.generate()))
    payload = os.urandom(290)
    assert client.begun.finish(client.finish(payload)) == payload


@pytest.mark.parametrize("at", [0, 4, 10, 60, -1])
def test_a_chat_server_takes_no_other_finish(at: int) -> None:
    client = Finishing(ChatServer(NOW, Ed25519PrivateKey.generate()))
    frame = bytearray(client.finish(b"payload"))
    frame[3 + at if at >= 0 else at] ^= 0x80
    assert client.begun.finish(bytes(frame)) is None
    for nonsense in (b"", b"\0\0\0", b"\0\0\2\x22", os.urandom(200), b"\0\0\x0b" + b"\xff" * 11):
        assert client.begun.finish(nonsense) is None
