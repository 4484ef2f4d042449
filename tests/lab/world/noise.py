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

_PATTERN: Final = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_PRIME: Final = 2**255 - 19
_LONGEST: Final = 65536


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _field(number: int, value: bytes | int) -> bytes:
    """One protobuf field: bytes with their length, or a varint."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


class ChatServer:
    """A server with a certificate chain of its own, valid around the world's time ``now``."""

    def __init__(self, now: float) -> None:
        root, middle = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self._static = X25519PrivateKey.generate()
        self.root = _montgomery(root)
        """The root's public key as clients pin it: 32 bytes, X25519 form."""
        validity = _field(4, int(now) - 86400) + _field(5, int(now) + 30 * 86400)
        issuer = _field(1, 7) + _field(2, 0) + _field(3, _montgomery(middle)) + validity
        static = self._static.public_key().public_bytes_raw()
        leaf = _field(1, 99) + _field(2, 7) + _field(3, static) + validity
        self._chain = _field(1, _field(1, leaf) + _field(2, _sign(middle, leaf))) + _field(
            2, _field(1, issuer) + _field(2, _sign(root, issuer))
        )

    def hello(self, prologue: bytes, client: bytes) -> bytes:
        """The frame that answers the ephemeral key ``client``. Raises ValueError for a bad key."""
        state = _Symmetric(prologue)
        state.mix_hash(client)
        ephemeral = X25519PrivateKey.generate()
        ours = ephemeral.public_key().public_bytes_raw()
        theirs = X25519PublicKey.from_public_bytes(client)
        state.mix_hash(ours)
        state.mix_key(ephemeral.exchange(theirs))
        static = state.encrypt(self._static.public_key().public_bytes_raw())
        state.mix_key(self._static.exchange(theirs))
        payload = state.encrypt(self._chain)
        body = _field(3, _field(1, ours) + _field(2, static) + _field(3, payload))
        return len(body).to_bytes(3, "big") + body

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
            if not frame.startswith(b"\x12") or (at := frame.find(b"\x0a\x20")) < 0:
                return
            writer.write(self.hello(prologue, frame[at + 2 : at + 34]))
            await writer.drain()
            await reader.read(1)
        except (ValueError, asyncio.IncompleteReadError):
            return


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


def _montgomery(key: Ed25519PrivateKey) -> bytes:
    """The key as an X25519 one: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(key.public_key().public_bytes_raw(), "little") & ((1 << 255) - 1)
    return ((1 + y) * pow(1 - y, _PRIME - 2, _PRIME) % _PRIME).to_bytes(32, "little")


def _sign(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """An XEdDSA signature as WhatsApp checks it: the sign of the key travels in the last bit."""
    signature = bytearray(key.sign(message))
    signature[63] |= key.public_key().public_bytes_raw()[31] & 0x80
    return bytes(signature)
