"""WhatsApp's first words: a Noise_XX ClientHello and the ServerHello that answers it.

Sources: tulir/whatsmeow ``socket/constants.go``, ``handshake.go``, ``proto/waWa6``; The Noise
Protocol Framework rev. 34 §5.2 (MixHash, MixKey). Frames are a 3-byte big-endian length and a body.
"""

import hashlib
import hmac
from dataclasses import dataclass

from msgprobe.wire.error import WireError
from msgprobe.wire.protobuf import bytes_field, bytes_of, read_fields

PROLOGUE = b"WA\x06\x03"
"""Protocol version 6, dictionary version 3: what the web and multi-device clients send."""

EPHEMERAL_SIZE = 32
STATIC_SIZE = 48
"""32 bytes of key and a 16-byte AES-GCM tag."""

MAX_FRAME = 16 * 1024
"""A real ServerHello is about 350 bytes."""

_PATTERN = b"Noise_XX_25519_AESGCM_SHA256\x00\x00\x00\x00"
_CLIENT_HELLO, _SERVER_HELLO = 2, 3
_EPHEMERAL, _STATIC, _PAYLOAD = 1, 2, 3


@dataclass(frozen=True, slots=True)
class ServerHello:
    """The answer: the server's ephemeral key, its encrypted static key and certificate chain."""

    ephemeral: bytes
    static: bytes
    payload: bytes


def client_hello(ephemeral: bytes) -> bytes:
    """Prologue and first frame: 43 bytes. Raises ValueError when the key is not 32 bytes."""
    if len(ephemeral) != EPHEMERAL_SIZE:
        raise ValueError(f"ephemeral key must be {EPHEMERAL_SIZE} bytes, not {len(ephemeral)}")
    body = bytes_field(_CLIENT_HELLO, bytes_field(_EPHEMERAL, ephemeral))
    return PROLOGUE + len(body).to_bytes(3, "big") + body


def frame_size(header: bytes) -> int:
    """Body length that a 3-byte frame header announces. Raises WireError."""
    if len(header) != 3:
        raise WireError("noise: frame header is not 3 bytes")
    size = int.from_bytes(header, "big")
    if not 1 <= size <= MAX_FRAME:
        raise WireError(f"noise: frame of {size} bytes")
    return size


def parse_server_hello(body: bytes) -> ServerHello:
    """The body of the first frame that came back. Raises WireError."""
    fields = read_fields(bytes_of(read_fields(body), _SERVER_HELLO))
    hello = ServerHello(
        ephemeral=bytes_of(fields, _EPHEMERAL),
        static=bytes_of(fields, _STATIC),
        payload=bytes_of(fields, _PAYLOAD),
    )
    if len(hello.ephemeral) != EPHEMERAL_SIZE:
        raise WireError(f"noise: ephemeral key of {len(hello.ephemeral)} bytes")
    if len(hello.static) != STATIC_SIZE:
        raise WireError(f"noise: static key of {len(hello.static)} bytes")
    if len(hello.payload) <= 16:
        raise WireError("noise: no certificate chain")
    return hello


def public_key(private: bytes) -> bytes | None:
    """The X25519 public key of 32 private bytes; None where ``cryptography`` is not installed."""
    try:
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    except ImportError:
        return None
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def open_static(private: bytes, hello: ServerHello) -> bytes:
    """The server's static key, decrypted: whoever answered knew a secret shared with *our* key.

    Binds the answer to our ephemeral key (not yet to WhatsApp: that takes the certificate chain).
    Raises WireError when it does not decrypt, and ImportError without ``cryptography``.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    own = X25519PrivateKey.from_private_bytes(private)
    # The pattern name is exactly 32 bytes, so it is h, ck and k unhashed (Noise §5.2).
    transcript = _PATTERN
    for part in (PROLOGUE, own.public_key().public_bytes_raw(), hello.ephemeral):
        transcript = hashlib.sha256(transcript + part).digest()
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(hello.ephemeral))
        # MixKey is HKDF-SHA256 with an empty info; the second output is the cipher key.
        extracted = hmac.digest(_PATTERN, shared, "sha256")
        chaining = hmac.digest(extracted, b"\x01", "sha256")
        key = hmac.digest(extracted, chaining + b"\x02", "sha256")
        return AESGCM(key).decrypt(bytes(12), hello.static, transcript)
    except (InvalidTag, ValueError) as exc:
        raise WireError("noise: static key does not decrypt under our ephemeral key") from exc
