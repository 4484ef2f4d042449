"""WhatsApp's chat server up to the client's ClientFinish, with the lab's own keys.

Source: tulir/whatsmeow handshake.go and socket/noisehandshake.go; Noise_XX_25519_AESGCM_SHA256.
"""

import asyncio
import hashlib
import hmac
import logging
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.lab.world.config import Chat

_PATTERN: Final = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_PRIME: Final = 2**255 - 19
_LONGEST: Final = 65536
_JOURNAL: Final = logging.getLogger("world.handshake")
"""How far clients came, at INFO, for who wants to know (see tests/interop)."""


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


def _fields(data: bytes) -> dict[int, bytes]:
    """The fields of a message that has only bytes in it. Raises ValueError, IndexError."""
    found = {}
    at = 0
    while at < len(data):
        key, at = _take_varint(data, at)
        size, at = _take_varint(data, at)
        if key & 7 != 2 or at + size > len(data):
            raise ValueError("not a field of bytes")
        found[key >> 3] = data[at : at + size]
        at += size
    return found


def _take_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise ValueError("not a varint")


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

    def open(self, first: bytes) -> "Handshake | None":
        """What a whole first message begins; None for what is no hello."""
        prologue, size = first[:4], int.from_bytes(first[4:7], "big")
        frame = first[7 : 7 + size]
        at = frame.find(b"\x0a\x20")
        if prologue[:2] != b"WA" or not frame.startswith(b"\x12") or at < 0:
            return None
        try:
            return Handshake(prologue, frame[at + 2 : at + 34], self._static, self._chain)
        except ValueError:
            return None

    def answer(self, first: bytes) -> bytes | None:
        """What answers a whole first message; None for what is no hello."""
        begun = self.open(first)
        return None if begun is None else begun.hello

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one hello, read what finishes it, then wait for the client to leave; hang up on
        anything else."""
        try:
            prologue = await reader.readexactly(4)
            if prologue[:3] == b"ED\0":  # routing information before the hello
                size = int.from_bytes((await reader.readexactly(3)), "big")
                await reader.readexactly(min(size, _LONGEST))
                prologue = await reader.readexactly(4)
            if prologue[:2] != b"WA":
                return
            begun = self.open(prologue + await _frame(reader))
            if begun is None:
                return
            writer.write(begun.hello)
            await writer.drain()
            if begun.finish(await _frame(reader)) is not None:
                await reader.read(1)
        except asyncio.IncompleteReadError:
            return


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame, with its length. Raises IncompleteReadError."""
    size = await reader.readexactly(3)
    return size + await reader.readexactly(min(int.from_bytes(size, "big"), _LONGEST))


class Handshake:
    """The server's half of one Noise_XX; ``payload`` is sealed in its hello as it is.

    Raises ValueError for a client's key of low order.
    """

    def __init__(
        self, prologue: bytes, client: bytes, static: X25519PrivateKey, payload: bytes
    ) -> None:
        self._state = _Symmetric(prologue)
        self._state.mix_hash(client)
        self._ephemeral = X25519PrivateKey.generate()
        ours = self._ephemeral.public_key().public_bytes_raw()
        theirs = X25519PublicKey.from_public_bytes(client)
        self._state.mix_hash(ours)
        self._state.mix_key(self._ephemeral.exchange(theirs))
        sealed = self._state.encrypt(static.public_key().public_bytes_raw())
        self._state.mix_key(static.exchange(theirs))
        payload = self._state.encrypt(payload)
        body = field(3, field(1, ours) + field(2, sealed) + field(3, payload))
        self.hello = len(body).to_bytes(3, "big") + body
        """The frame that answers the client's."""
        _JOURNAL.info("noise server_hello")

    def finish(self, frame: bytes) -> bytes | None:
        """What a client that took the hello says of itself; None for anything else."""
        try:
            parts = _fields(_fields(frame[3:])[4])
            theirs = X25519PublicKey.from_public_bytes(self._state.decrypt(parts[1]))
            self._state.mix_key(self._ephemeral.exchange(theirs))
            payload = self._state.decrypt(parts[2])
        except (InvalidTag, ValueError, LookupError):
            return None
        _JOURNAL.info("noise client_finish %d", len(payload))
        return payload


def server_hello(prologue: bytes, client: bytes, static: X25519PrivateKey, payload: bytes) -> bytes:
    """The frame with the server's half of Noise_XX; ``payload`` is sealed in it as it is."""
    return Handshake(prologue, client, static, payload).hello


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

    def _nonce(self) -> bytes:
        self._count += 1
        return (self._count - 1).to_bytes(12, "big")

    def encrypt(self, plain: bytes) -> bytes:
        sealed = AESGCM(self._key).encrypt(self._nonce(), plain, self._hash)
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises InvalidTag."""
        plain = AESGCM(self._key).decrypt(self._nonce(), sealed, self._hash)
        self.mix_hash(sealed)
        return plain


def montgomery(key: Ed25519PrivateKey) -> bytes:
    """The key as an X25519 one: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(key.public_key().public_bytes_raw(), "little") & ((1 << 255) - 1)
    return ((1 + y) * pow(1 - y, _PRIME - 2, _PRIME) % _PRIME).to_bytes(32, "little")


def sign(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """An XEdDSA signature as WhatsApp checks it: the sign of the key travels in the last bit."""
    signature = bytearray(key.sign(message))
    signature[63] |= key.public_key().public_bytes_raw()[31] & 0x80
    return bytes(signature)
