"""What a Telegram data centre says until there is a key: resPQ, server_DH_params_ok by its RSA
key, and dh_gen_ok. Encrypted messages are not understood: like unknown keys they get -404.

Sources: core.telegram.org/mtproto/auth_key, tdlib/td mtproto_api.tl, gotd/td crypto/rsa_pad.go and
exchange/server_flow.go. Written apart from the product's own, but for the prime, so that they
can disagree.
"""

import logging
import os
import secrets
import struct
from hashlib import sha1, sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from msgprobe.wire.mtproto_proof import DH_PRIME
from tests.lab.world.config import Keeper
from tests.lab.world.modexp import power

_P: Final = 0x494C553B
_Q: Final = 0x53911073
"""The sample of core.telegram.org."""
_REQ_PQ: Final = (0xBE7E8EF1, 0x60469778)
_REQ_DH: Final = 0xD712E4BE
_SET_CLIENT_DH: Final = 0xF5045F1F
_CLIENT_DH_INNER: Final = 0x6643B654
_DH_GEN_OK: Final = 0x3BCBF734
_INNER_SIZES: Final = {0x83C95AEC: 0, 0xA9F55F95: 4, 0x56FDDF88: 8}
"""p_q_inner_data, its form with a data centre, and with an expiry; what follows new_nonce."""

_JOURNAL: Final = logging.getLogger("world.handshake")
"""How far clients came, at INFO, for who wants to know (see tests/interop)."""


def _text(data: bytes) -> bytes:
    head = bytes((len(data),)) if len(data) < 254 else b"\xfe" + len(data).to_bytes(3, "little")
    return head + data + bytes(-(len(head) + len(data)) % 4)


def _number(value: int) -> bytes:
    return _text(value.to_bytes((value.bit_length() + 7) // 8))


def fingerprint(key: rsa.RSAPublicKey) -> int:
    """How MTProto names ``key``."""
    numbers = key.public_numbers()
    return int.from_bytes(sha1(_number(numbers.n) + _number(numbers.e)).digest()[-8:], "little")


def _take(body: bytes) -> tuple[bytes, bytes]:
    """The TL string at the start of ``body``, and what follows it. ValueError if it is cut."""
    size, at = body[0], 1
    if size == 254:
        size, at = int.from_bytes(body[1:4], "little"), 4
    if len(body) < at + size:
        raise ValueError("cut short")
    return body[at : at + size], body[(at + size + 3) // 4 * 4 :]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _ige(data: bytes, key: bytes, iv: bytes, *, seal: bool) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.ECB())
    rounds = cipher.encryptor() if seal else cipher.decryptor()
    first, second = (iv[:16], iv[16:]) if seal else (iv[16:], iv[:16])
    out = b""
    for at in range(0, len(data), 16):
        block = data[at : at + 16]
        done = _xor(rounds.update(_xor(block, first)), second)
        out, first, second = out + done, done, block
    return out


def _answer_key(new_nonce: bytes, server_nonce: bytes) -> tuple[bytes, bytes]:
    """Key and iv for what is encrypted between the RSA block and the agreed key."""
    back = sha1(server_nonce + new_nonce).digest()
    key = sha1(new_nonce + server_nonce).digest() + back[:12]
    return key, back[12:] + sha1(new_nonce + new_nonce).digest() + new_nonce[:4]


class DataCentre:
    """The key and who keeps it; one for all connections. ``agreed`` are the names (auth_key_id) of
    the keys that clients agreed on with it."""

    def __init__(self, key: rsa.RSAPrivateKey, other: rsa.RSAPrivateKey) -> None:
        mine, theirs = fingerprint(key.public_key()), fingerprint(other.public_key())
        self._names = {"normal": mine, "wrong_key": mine, "unknown_key": theirs}
        held = {"normal": key, "wrong_key": other, "unknown_key": other}
        self._numbers = {keeper: one.private_numbers() for keeper, one in held.items()}
        self.agreed: set[bytes] = set()

    def names(self, keeper: Keeper) -> int:
        """The fingerprint in its resPQ."""
        return self._names[keeper]

    def opened(self, sealed: bytes, keeper: Keeper) -> bytes:
        """What the RSA block of 256 octets says to who sits there: 256 octets."""
        k, value = self._numbers[keeper], int.from_bytes(sealed)
        # By the Chinese remainder theorem (RFC 8017 5.1.2): four times as fast as by d.
        one, two = power(value, k.dmp1, k.p), power(value, k.dmq1, k.q)
        return (two + (one - two) * k.iqmp % k.p * k.q).to_bytes(256)


class Exchange:
    """One client's key exchange, by plain messages."""

    def __init__(self, centre: DataCentre, now: float, keeper: Keeper = "normal") -> None:
        self._centre, self._now, self._keeper = centre, now, keeper
        self._nonces = b""
        self._shared_nonce = b""
        self._secret = 0
        self._scheme = "none"

    def reply(self, message: bytes) -> bytes | None:
        """The answer to one unencrypted message; None if it has none but an error."""
        if message[:8] in self._centre.agreed:
            _JOURNAL.info("mtproto encrypted %s", message[:8].hex())
        if len(message) < 24 or message[:8] != bytes(8):
            return None
        body = message[20 : 20 + int.from_bytes(message[16:20], "little")]
        try:
            answer = self._answer(int.from_bytes(body[:4], "little"), body[4:])
        except (ValueError, IndexError):
            answer = None
        if answer is None:
            return None
        identity = (int(self._now) << 32) | (secrets.randbelow(1 << 28) << 2) | 1
        return struct.pack("<qQi", 0, identity, len(answer)) + answer

    def _answer(self, kind: int, body: bytes) -> bytes | None:
        if kind in _REQ_PQ and len(body) >= 16:
            self._nonces = body[:16] + os.urandom(16)
            _JOURNAL.info("mtproto respq")
            keys = struct.pack("<IIQ", 0x1CB5C415, 1, self._centre.names(self._keeper))
            return struct.pack("<I", 0x05162463) + self._nonces + _number(_P * _Q) + keys
        if kind == _REQ_DH and self._nonces and body[:32] == self._nonces:
            return self._server_dh(body[32:])
        if kind == _SET_CLIENT_DH and self._shared_nonce and body[:32] == self._nonces:
            return self._dh_gen(body[32:])
        return None

    def _server_dh(self, body: bytes) -> bytes | None:
        p, body = _take(body)
        q, body = _take(body)
        name, sealed = int.from_bytes(body[:8], "little"), _take(body[8:])[0]
        if (int.from_bytes(p), int.from_bytes(q)) != (_P, _Q) or len(sealed) != 256:
            return None
        if name != self._centre.names(self._keeper):
            return None
        if self._keeper == "wrong_key":
            new_nonce: bytes | None = os.urandom(32)  # it answers all the same, and has to guess
        else:
            new_nonce = self._new_nonce(self._centre.opened(sealed, self._keeper))
        return None if new_nonce is None else self._params(new_nonce)

    def _new_nonce(self, block: bytes) -> bytes | None:
        """From a block in either scheme; None when it is in neither."""
        key = _xor(block[:32], sha256(block[32:]).digest())
        hashed = _ige(block[32:], key, bytes(32), seal=False)
        padded = hashed[:192][::-1]
        if sha256(key + padded).digest() == hashed[192:]:
            self._scheme = "RSA_PAD"
            return self._inner(padded)[0]
        if block[0] == 0:
            self._scheme = "SHA-1"
            new_nonce, size = self._inner(block[21:])
            if sha1(block[21 : 21 + size]).digest() == block[1:21]:
                return new_nonce
        return None

    def _inner(self, data: bytes) -> tuple[bytes | None, int]:
        """new_nonce and the length of the inner data. Raises ValueError, IndexError."""
        rest = data[4:]
        for expected in (_P * _Q, _P, _Q):
            found, rest = _take(rest)
            if int.from_bytes(found) != expected:
                return None, 0
        more = _INNER_SIZES.get(int.from_bytes(data[:4], "little"))
        if more is None or rest[:32] != self._nonces:
            return None, 0
        return rest[32:64], len(data) - len(rest) + 64 + more

    def _params(self, new_nonce: bytes) -> bytes:
        self._shared_nonce, self._secret = new_nonce, int.from_bytes(os.urandom(32))
        g_a = power(3, self._secret, DH_PRIME)
        inner = struct.pack("<I", 0xB5890DBA) + self._nonces + struct.pack("<i", 3)
        inner += _number(DH_PRIME) + _text(g_a.to_bytes(256)) + struct.pack("<i", int(self._now))
        plain = sha1(inner).digest() + inner
        plain += os.urandom(-len(plain) % 16)
        sealed = _text(_ige(plain, *_answer_key(new_nonce, self._nonces[16:]), seal=True))
        _JOURNAL.info("mtproto server_dh_params %s", self._scheme)
        return struct.pack("<I", 0xD0E8075C) + self._nonces + sealed

    def _dh_gen(self, body: bytes) -> bytes | None:
        """The client's half of the key, by which both have it. Raises ValueError, IndexError."""
        sealed = _take(body)[0]
        if len(sealed) % 16:
            return None
        plain = _ige(sealed, *_answer_key(self._shared_nonce, self._nonces[16:]), seal=False)
        inner = plain[20:]
        g_b, rest = _take(inner[44:])  # after the constructor, both nonces and retry_id
        if (
            sha1(inner[: len(inner) - len(rest)]).digest() != plain[:20]
            or int.from_bytes(inner[:4], "little") != _CLIENT_DH_INNER
            or inner[4:36] != self._nonces
            or not 1 < int.from_bytes(g_b) < DH_PRIME - 1
        ):
            return None
        agreed = sha1(power(int.from_bytes(g_b), self._secret, DH_PRIME).to_bytes(256)).digest()
        self._centre.agreed.add(agreed[-8:])
        _JOURNAL.info("mtproto dh_gen_ok %s", agreed[-8:].hex())
        mark = sha1(self._shared_nonce + b"\1" + agreed[:8]).digest()[4:]
        return struct.pack("<I", _DH_GEN_OK) + self._nonces + mark
