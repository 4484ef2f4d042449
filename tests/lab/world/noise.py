"""WhatsApp's chat server up to its ServerHello, with the lab's own keys.

Source: tulir/whatsmeow handshake.go and socket/noisehandshake.go; Noise_XX_25519_AESGCM_SHA256.
"""

import asyncio
import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.lab.world.config import Chat

_PATTERN: Final = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_PRIME: Final = 2**255 - 19
_LONGEST: Final = 65536


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def field(number: int, value: bytes | int) -> bytes:
    """One protobuf field: bytes with their length, or a varint."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


class ChatServer:
    """A server whose certificate chain ends in ``root``, valid around the world's time ``now``.

    ``chat``: the service itself (``genuine``), somebody with a chain of his own (``other_root``),
    or somebody who copied the service's chain and has not its key (``wrong_static``).
    """

    def __init__(self, now: float, root: Ed25519PrivateKey, chat: Chat = "genuine") -> None:
        self._static = X25519PrivateKey.generate()
        certified = X25519PrivateKey.generate() if chat == "wrong_static" else self._static
        signer = Ed25519PrivateKey.generate() if chat == "other_root" else root
        self._chain = chain(signer, certified.public_key().public_bytes_raw(), now)

    def hello(self, prologue: bytes, client: bytes) -> bytes:
        """The frame that answers the ephemeral key ``client``. Raises ValueError for a bad key."""
        return server_hello(prologue, client, self._static, self._chain)

    def answer(self, first: bytes) -> bytes | None:
        """What answers a whole first message; None for what is no hello."""
        prologue, size = first[:4], int.from_bytes(first[4:7], "big")
        frame = first[7 : 7 + size]
        at = frame.find(b"\x0a\x20")
        if prologue[:2] != b"WA" or not frame.startswith(b"\x12") or at < 0:
            return None
        try:
            return self.hello(prologue, frame[at + 2 : at + 34])
        except ValueError:
            return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one hello, then wait for the client to leave; hang up on anything else."""
        try:
            prologue = await reader.readexactly(4)
            if prologue[:3] == b"ED\0":  # routing information before the hello
                size = int.from_bytes((await reader.readexactly(3)), "big")
                await reader.readexactly(min(size, _LONGEST))
                prologue = await reader.readexactly(4)
            if prologue[:2] != b"WA":
                return
            size = int.from_bytes(await reader.readexactly(3), "big")
            frame = await reader.readexactly(min(size, _LONGEST))
            answered = self.answer(prologue + size.to_bytes(3, "big") + frame)
            if answered is None:
                return
            writer.write(answered)
            await writer.drain()
            await reader.read(1)
        except asyncio.IncompleteReadError:
            return


def server_hello(prologue: bytes, client: bytes, static: X25519PrivateKey, payload: bytes) -> bytes:
    """The frame with the server's half of Noise_XX; ``payload`` is sealed in it as it is."""
    state = _Symmetric(prologue)
    state.mix_hash(client)
    ephemeral = X25519PrivateKey.generate()
    ours = ephemeral.public_key().public_bytes_raw()
    theirs = X25519PublicKey.from_public_bytes(client)
    state.mix_hash(ours)
    state.mix_key(ephemeral.exchange(theirs))
    sealed = state.encrypt(static.public_key().public_bytes_raw())
    state.mix_key(static.exchange(theirs))
    body = field(3, field(1, ours) + field(2, sealed) + field(3, state.encrypt(payload)))
    return len(body).to_bytes(3, "big") + body


def chain(
    root: Ed25519PrivateKey,
    static: bytes,
    now: float,
    *,
    issuers: tuple[int, int] = (0, 7),
    middle: Ed25519PrivateKey | None = None,
    leaf_signer: Ed25519PrivateKey | None = None,
) -> bytes:
    """A CertChain for ``static``; the rest is for chains that are not what they should be.

    ``issuers`` are the issuers' serials that intermediate (serial 7) and leaf (serial 99) name.
    """
    middle = middle or Ed25519PrivateKey.generate()
    dates = field(4, int(now) - 86400) + field(5, int(now) + 30 * 86400)
    issuer = field(1, 7) + field(2, issuers[0]) + field(3, montgomery(middle)) + dates
    leaf = field(1, 99) + field(2, issuers[1]) + field(3, static) + dates
    return field(1, field(1, leaf) + field(2, sign(leaf_signer or middle, leaf))) + field(
        2, field(1, issuer) + field(2, sign(root, issuer))
    )


class _Symmetric:
    """Noise's SymmetricState for AES-GCM and SHA-256."""

    def __init__(self, prologue: bytes) -> None:
        self._hash = self._chaining = self._key = _PATTERN
        self._count = 0
        self.mix_hash(prologue)

    def mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        salt = hmac.digest(self._chaining, secret, "sha256")
        self._chaining = hmac.digest(salt, b"\1", "sha256")
        self._key = hmac.digest(salt, self._chaining + b"\2", "sha256")
        self._count = 0

    def encrypt(self, plain: bytes) -> bytes:
        nonce = bytes(8) + self._count.to_bytes(4, "big")
        self._count += 1
        sealed = AESGCM(self._key).encrypt(nonce, plain, self._hash)
        self.mix_hash(sealed)
        return sealed


def montgomery(key: Ed25519PrivateKey) -> bytes:
    """The key as an X25519 one: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(key.public_key().public_bytes_raw(), "little") & ((1 << 255) - 1)
    return ((1 + y) * pow(1 - y, _PRIME - 2, _PRIME) % _PRIME).to_bytes(32, "little")


def sign(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """An XEdDSA signature as WhatsApp checks it: the sign of the key travels in the last bit."""
    signature = bytearray(key.sign(message))
    signature[63] |= key.public_key().public_bytes_raw()[31] & 0x80
    return bytes(signature)
