"""MTProto's key exchange up to ``server_DH_params_ok``, which only the RSA key's holder can make.

No account takes part and no key comes of it: nothing is sent after that answer.

Sources: core.telegram.org/mtproto/auth_key; tdlib ``td/mtproto/Handshake.cpp``, ``RSA.cpp``,
``KDF.cpp``; gotd/td ``crypto/rsa_pad.go``; constructor ids from tdlib
``td/generate/scheme/mtproto_api.tl``. Integers are little-endian, numbers in strings big-endian.
"""

import struct
from collections.abc import Callable
from hashlib import sha1, sha256

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.aes import BLOCK, ige_decrypt, ige_encrypt
from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto import NONCE_SIZE, ResPQ
from msgprobe.wire.two_primes import factor

NEW_NONCE_SIZE = 32

Entropy = Callable[[int], bytes]
"""So many bytes that nobody can guess."""

_INNER, _INNER_DC = 0x83C95AEC, 0xA9F55F95
_REQ_DH_PARAMS = 0xD712E4BE
_SERVER_DH_OK, _SERVER_DH_FAIL = 0xD0E8075C, 0x79CB045D
_SERVER_DH_INNER = 0xB5890DBA
_RSA_SIZE = 256
_PADDED = 192

DH_PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F"
    "48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"
    "20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"
    "2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"
    "A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754"
    "FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F"
    "0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
"""The prime that Telegram's servers send (pyrogram ``crypto/prime.py``); 2048 bits."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key of the service. ``old``: it takes the old padding (SHA-1), not RSA_PAD."""

    modulus: int
    exponent: int = 65537
    old: bool = False


@dataclass(frozen=True, slots=True)
class ServerDH:
    """The decrypted answer. ``server_time`` is in seconds of Unix time."""

    g: int
    prime: int
    g_a: int
    server_time: int

    @property
    def usual_prime(self) -> bool:
        """The prime is the one that Telegram has always sent."""
        return self.prime == DH_PRIME


class Reader:
    """Values of a TL body, one after the other. Every method raises WireError at its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def raw(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        found = self._data[self.at : self.at + size]
        if len(found) != size:
            raise WireError("mtproto: message is cut short")
        self.at += size
        return found

    def number(self) -> int:
        """An unsigned int of 32 bits."""
        return int.from_bytes(self.raw(4), "little")

    def string(self) -> bytes:
        """TL bytes: a length of one byte, or 0xfe and three; the data; zeros to a whole word."""
        size, head = self.raw(1)[0], 1
        if size == 255:
            raise WireError("mtproto: string with a length of 255")
        if size == 254:
            size, head = int.from_bytes(self.raw(3), "little"), 4
        found = self.raw(size)
        self.raw(-(size + head) % 4)
        return found


def string(data: bytes) -> bytes:
    """``data`` as TL bytes."""
    size = len(data)
    head = bytes((size,)) if size < 254 else b"\xfe" + size.to_bytes(3, "little")
    return head + data + bytes(-(len(head) + size) % 4)


def number(value: int) -> bytes:
    """A positive number as TL bytes, big-endian and no longer than it must be."""
    return string(value.to_bytes((value.bit_length() + 7) // 8))


def fingerprint(modulus: int, exponent: int) -> int:
    """The 64 bits by which a server names an RSA key (core.telegram.org/mtproto/auth_key)."""
    return int.from_bytes(sha1(number(modulus) + number(exponent)).digest()[-8:], "little")


def req_dh_params(
    answer: ResPQ, key: PublicKey, nonce: bytes, new_nonce: bytes, dc: int, entropy: Entropy
) -> bytes:
    """The body that asks for ``server_DH_params_ok``, for the data centre ``dc``.

    ``new_nonce`` leaves us only inside the RSA block. Raises WireError when ``answer.pq`` cannot
    be factored, ValueError for nonces of a wrong size and for a key that is not of 2048 bits.
    """
    if len(nonce) != NONCE_SIZE or len(new_nonce) != NEW_NONCE_SIZE:
        raise ValueError("nonces are 16 and 32 bytes")
    if key.modulus.bit_length() != 8 * _RSA_SIZE:
        raise ValueError("the key is not of 2048 bits")
    p, q = factor(answer.pq)
    inner = number(answer.pq) + number(p) + number(q) + nonce + answer.server_nonce + new_nonce
    if key.old:
        block = _sha1_padded(struct.pack("<I", _INNER) + inner, entropy)
    else:
        data = struct.pack("<I", _INNER_DC) + inner + struct.pack("<i", dc)
        block = _rsa_padded(data, key.modulus, entropy)
    sealed = pow(int.from_bytes(block), key.exponent, key.modulus).to_bytes(_RSA_SIZE)
    name = struct.pack("<Q", fingerprint(key.modulus, key.exponent))
    head = struct.pack("<I", _REQ_DH_PARAMS) + nonce + answer.server_nonce
    return head + number(p) + number(q) + name + string(sealed)


def _sha1_padded(data: bytes, entropy: Entropy) -> bytes:
    """The old scheme: 255 bytes, SHA-1, data and noise."""
    plain = sha1(data).digest() + data
    return plain + entropy(_RSA_SIZE - 1 - len(plain))


def _rsa_padded(data: bytes, modulus: int, entropy: Entropy) -> bytes:
    """RSA_PAD: 256 bytes, below the modulus as a number."""
    padded = data + entropy(_PADDED - len(data))
    while True:
        key = entropy(32)
        hashed = padded[::-1] + sha256(key + padded).digest()
        sealed = ige_encrypt(hashed, key, bytes(2 * BLOCK))
        mask = sha256(sealed).digest()
        block = bytes(a ^ b for a, b in zip(key, mask, strict=True)) + sealed
        if int.from_bytes(block) < modulus:
            return block


def answer_key(new_nonce: bytes, server_nonce: bytes) -> tuple[bytes, bytes]:
    """Key and iv of the encrypted answer."""
    forth = sha1(new_nonce + server_nonce).digest()
    back = sha1(server_nonce + new_nonce).digest()
    again = sha1(new_nonce + new_nonce).digest()
    return forth + back[:12], back[12:] + again + new_nonce[:4]


def parse_server_dh(body: bytes, nonce: bytes, server_nonce: bytes, new_nonce: bytes) -> ServerDH:
    """The answer to ``req_dh_params``, decrypted and checked.

    Raises WireError for everything that does not show that the sender knows ``new_nonce``.
    """
    reader = Reader(body)
    kind = reader.number()
    if kind not in (_SERVER_DH_OK, _SERVER_DH_FAIL):
        raise WireError("mtproto: answer is not server_DH_params")
    if reader.raw(16) != nonce or reader.raw(16) != server_nonce:
        raise WireError("mtproto: server_DH_params carries other nonces")
    if kind == _SERVER_DH_FAIL:
        raise WireError("mtproto: the server refused our question (server_DH_params_fail)")
    sealed = reader.string()
    if not sealed or len(sealed) % BLOCK:
        raise WireError("mtproto: encrypted answer is not whole blocks")
    return _inner_dh(ige_decrypt(sealed, *answer_key(new_nonce, server_nonce)), nonce, server_nonce)


def _inner_dh(plain: bytes, nonce: bytes, server_nonce: bytes) -> ServerDH:
    """What was in the encrypted answer. Raises WireError as ``parse_server_dh``."""
    inner = Reader(plain[20:])
    unproved = "mtproto: encrypted answer was not made with our new_nonce"
    if len(plain) < 24 or inner.number() != _SERVER_DH_INNER:
        raise WireError(unproved)
    if inner.raw(16) != nonce or inner.raw(16) != server_nonce:
        raise WireError(unproved)
    g = inner.number()
    prime, g_a = int.from_bytes(inner.string()), int.from_bytes(inner.string())
    time = inner.number()
    if sha1(plain[20 : 20 + inner.at]).digest() != plain[:20] or len(plain) - 20 - inner.at > 15:
        raise WireError(unproved)
    if prime.bit_length() != 2048 or not 2 <= g <= 7 or not 1 < g_a < prime - 1:
        raise WireError("mtproto: Diffie-Hellman numbers that no client would take")
    return ServerDH(g=g, prime=prime, g_a=g_a, server_time=time)
