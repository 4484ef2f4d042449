"""WeChat's mmtls, up to the server's signature: a TLS 1.3 of its own with pinned keys.

Source: ljc545w/pymmtls (client_hello.py, server_hello.py, signature.py, mmtls.py), a port of
duo/gommtls. The curve is P-256, the hash SHA-256, records are sealed with AES-128-GCM. Multi-byte
numbers are big-endian, but for the version inside of messages.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

HEADER_SIZE = 5
POINT_SIZE = 65
RANDOM_SIZE = 32
MAX_BODY = 16 * 1024

_HANDSHAKE = 0x16
_RECORD_VERSION = b"\xf1\x04"
_MESSAGE_VERSION = b"\x04\xf1"
_SUITE = b"\xc0\x2b"
"""ECDHE, ECDSA, AES-128-GCM and SHA-256."""
_CLIENT_HELLO, _SERVER_HELLO, _SIGNATURE = 0x01, 0x02, 0x0F
_CLIENT_KEYS, _SERVER_KEY = b"\x00\x10", b"\x00\x11"
_KEYS_END = bytes.fromhex("00000000020000000300000004")
_KEYS_LABEL = b"handshake key expansion"
_GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""The point that P-256 starts from (FIPS 186-4 D.1.2.3): a public key of which everybody knows the
secret, shown where no other can be made and nothing will be proved anyway."""


class Secrets:
    """Our two key pairs of one conversation. Without ``cryptography`` there are none."""

    def __init__(self) -> None:
        self.first: EllipticCurvePrivateKey | None = None
        self.points = (_GENERATOR, _GENERATOR)
        try:
            from cryptography.hazmat.primitives.asymmetric import ec
        except ImportError:
            return
        self.first = ec.generate_private_key(ec.SECP256R1())
        second = ec.generate_private_key(ec.SECP256R1())
        self.points = (_point(self.first), _point(second))


def _point(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def client_hello(points: tuple[bytes, bytes], random: bytes, seconds: int) -> bytes:
    """The first message, without its record header. ``seconds`` since 1970, ``random`` 32 bytes."""
    keys = b"".join(
        _sized(number.to_bytes(4) + len(point).to_bytes(2) + point)
        for number, point in enumerate(points, start=5)
    )
    extension = _sized(_CLIENT_KEYS + b"\x02" + keys + _KEYS_END)
    head = bytes((_CLIENT_HELLO,)) + _MESSAGE_VERSION + b"\x01" + _SUITE
    return _sized(head + random + (seconds & 0xFFFFFFFF).to_bytes(4) + _sized(b"\x01" + extension))


def record(body: bytes) -> bytes:
    """``body`` in a handshake record."""
    return bytes((_HANDSHAKE,)) + _RECORD_VERSION + len(body).to_bytes(2) + body


def body_size(header: bytes) -> int:
    """How long the body behind a record's ``header`` is. Raises WireError."""
    if len(header) != HEADER_SIZE or header[:3] != bytes((_HANDSHAKE,)) + _RECORD_VERSION:
        raise WireError("mmtls: no handshake record")
    size = int.from_bytes(header[3:])
    if not 0 < size <= MAX_BODY:
        raise WireError(f"mmtls: a record of {size} bytes")
    return size


@dataclass(frozen=True, slots=True)
class ServerHello:
    """The server's ephemeral public key (a point), and the whole message as it came."""

    point: bytes
    message: bytes


def parse_server_hello(message: bytes) -> ServerHello:
    """The body of the server's first record. Raises WireError."""
    body = _whole(message)
    if body[:5] != bytes((_SERVER_HELLO,)) + _MESSAGE_VERSION + _SUITE:
        raise WireError("mmtls: no server hello of our version and suite")
    rest = _whole(body[5 + RANDOM_SIZE :])
    count, rest = rest[:1], rest[1:]
    for _ in range(count[0] if count else 0):
        size = int.from_bytes(rest[:4])
        extension, rest = rest[4 : 4 + size], rest[4 + size :]
        if extension[:2] == _SERVER_KEY:
            length = int.from_bytes(extension[6:8])
            point = extension[8 : 8 + length]
            if len(point) != POINT_SIZE or point[0] != 4:
                raise WireError("mmtls: the server's key is no point")
            return ServerHello(point, message)
    raise WireError("mmtls: the server shows no key")


def open_signature(
    secrets: Secrets, hello: bytes, answer: ServerHello, header: bytes, sealed: bytes
) -> bytes:
    """The signature (DER) in the server's second record. Raises WireError for one that was not
    made for us, and ImportError without ``cryptography``."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if secrets.first is None:
        raise ImportError("cryptography")
    try:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), answer.point)
    except ValueError as exc:
        raise WireError("mmtls: the server's key is not on the curve") from exc
    shared = hashlib.sha256(secrets.first.exchange(ec.ECDH(), peer)).digest()
    keys = _expand(shared, _KEYS_LABEL + transcript(hello, answer), 56)
    key, iv = keys[16:32], keys[44:56]
    sequence = (1).to_bytes(4)  # the hello was record 0
    nonce = iv[:8] + bytes(a ^ b for a, b in zip(iv[8:], sequence, strict=True))
    try:
        plain = AESGCM(key).decrypt(nonce, sealed, bytes(4) + sequence + header)
    except (InvalidTag, ValueError) as exc:
        raise WireError("mmtls: the second record was not sealed for us") from exc
    body = _whole(plain)
    signature = body[3 : 3 + int.from_bytes(body[1:3])]
    if body[:1] != bytes((_SIGNATURE,)) or not signature:
        raise WireError("mmtls: no signature in the second record")
    return signature


def transcript(hello: bytes, answer: ServerHello) -> bytes:
    """The hash of both hellos."""
    return hashlib.sha256(hello + answer.message).digest()


def signing_key(digest: bytes, signature: bytes, keys: tuple[bytes, ...]) -> bytes | None:
    """Which of ``keys`` (points) signed ``digest``; None for none of them.

    Raises ImportError without ``cryptography``.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    for key in keys:
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
            point.verify(signature, digest, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            continue
        return key
    return None


def _expand(secret: bytes, info: bytes, size: int) -> bytes:
    """HKDF-Expand of RFC 5869 §2.3 with SHA-256."""
    out = block = b""
    number = 1
    while len(out) < size:
        block = hmac.digest(secret, block + info + bytes((number,)), "sha256")
        out += block
        number += 1
    return out[:size]


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def _whole(data: bytes) -> bytes:
    """What follows a length that must be right. Raises WireError."""
    if len(data) < 5 or int.from_bytes(data[:4]) != len(data) - 4:
        raise WireError("mmtls: a message is cut short or too long")
    return data[4:]
