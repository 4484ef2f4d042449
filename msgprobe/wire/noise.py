"""WhatsApp's first words: a Noise_XX ClientHello and the ServerHello that answers it.

Sources: tulir/whatsmeow ``socket/constants.go``, ``handshake.go``, ``proto/waWa6``; The Noise
Protocol Framework rev. 34 §5.2 (MixHash, MixKey). Frames are a 3-byte big-endian length and a body.
"""

import hashlib
import hmac

from msgprobe.model.dataclass import dataclass
from msgprobe.wire import curve25519, gcm
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


def client_hello(ephemeral: bytes, prologue: bytes = PROLOGUE) -> bytes:
    """Prologue and first frame: 43 bytes. Raises ValueError when the key is not 32 bytes."""
    if len(ephemeral) != EPHEMERAL_SIZE:
        raise ValueError(f"ephemeral key must be {EPHEMERAL_SIZE} bytes, not {len(ephemeral)}")
    body = bytes_field(_CLIENT_HELLO, bytes_field(_EPHEMERAL, ephemeral))
    return prologue + len(body).to_bytes(3, "big") + body


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


@dataclass(frozen=True, slots=True)
class Opened:
    """What only the holder of ``private`` could read: the server's static key and its chain."""

    static: bytes
    chain: bytes


def open_hello(
    private: bytes,
    hello: ServerHello,
    prologue: bytes = PROLOGUE,
    *,
    public: bytes | None = None,
) -> Opened:
    """The ServerHello, decrypted: whoever answered knew secrets shared with *our* key, whose
    ``public`` half takes a millisecond to make where it is not given.

    That the chain decrypts shows that the peer holds the private half of ``static``; whose key it
    is, takes the chain (`noise_chain`). Raises WireError when something does not decrypt.
    """
    state = _Symmetric()
    for part in (prologue, public or curve25519.public_key(private), hello.ephemeral):
        state.mix_hash(part)
    try:
        state.mix_key(curve25519.exchange(private, hello.ephemeral))
        static = state.open(hello.static)
        state.mix_key(curve25519.exchange(private, static))
    except ValueError as exc:
        # Not only a WireError: with a point of low order everybody would share the same secret.
        raise WireError("noise: static key does not decrypt under our ephemeral key") from exc
    try:
        return Opened(static=static, chain=state.open(hello.payload))
    except WireError as exc:
        raise WireError("noise: the peer does not hold the static key that it shows") from exc


class _Symmetric:
    """Noise's SymmetricState (§5.2), receiving side."""

    def __init__(self) -> None:
        # The pattern name is exactly 32 bytes, so it is h, ck and k unhashed.
        self._hash = self._chaining = self._key = _PATTERN

    def mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        """HKDF-SHA256 with an empty info; the second output is the cipher key."""
        extracted = hmac.digest(self._chaining, secret, "sha256")
        self._chaining = hmac.digest(extracted, b"\x01", "sha256")
        self._key = hmac.digest(extracted, self._chaining + b"\x02", "sha256")

    def open(self, sealed: bytes) -> bytes:
        """The first message under the current key. Raises WireError for another one."""
        # Each key opens one message in this half of the handshake, so the counter is always 0.
        plain = gcm.opened(self._key, bytes(gcm.NONCE_SIZE), sealed, self._hash)
        self.mix_hash(sealed)
        return plain
