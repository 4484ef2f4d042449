"""WeChat's long link up to the server's signature, with the lab's own key.

Source: ljc545w/pymmtls server/*.py. Written apart from `msgprobe.wire.mmtls` on purpose.
"""

import asyncio
import hashlib
import os
import struct
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_RECORD: Final = struct.Struct(">BHH")
_CURVE: Final = ec.SECP256R1()
_ECDHE_POINT: Final = struct.pack(">IH", 5, 65)
"""Before the first of the client's keys: its number and its length."""


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def answer(hello: bytes, static: ec.EllipticCurvePrivateKey) -> bytes:
    """Both records that answer the body ``hello``. Raises ValueError for what is no hello."""
    at = hello.find(_ECDHE_POINT)
    if hello[4:5] != b"\x01" or at < 0:
        raise ValueError("no client hello")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, hello[at + 6 : at + 71])
    ephemeral = ec.generate_private_key(_CURVE)
    ours = struct.pack(">HIH", 0x11, 5, 65) + point(ephemeral)
    extra = struct.pack(">HII", 0x13, 1, 3)
    listed = b"\x02" + b"".join(struct.pack(">I", len(e)) + e for e in (ours, extra))
    body = bytes.fromhex("0204f1c02b") + os.urandom(32) + struct.pack(">I", len(listed)) + listed
    body = struct.pack(">I", len(body)) + body
    digest = hashlib.sha256(hello + body).digest()
    secret = hashlib.sha256(ephemeral.exchange(ec.ECDH(), theirs)).digest()
    info = b"handshake key expansion" + digest
    keys = HKDFExpand(algorithm=hashes.SHA256(), length=56, info=info).derive(secret)
    signed = static.sign(digest, ec.ECDSA(hashes.SHA256()))
    plain = struct.pack(">IBH", len(signed) + 3, 0x0F, len(signed)) + signed
    header = _RECORD.pack(0x16, 0xF104, len(plain) + 16)
    nonce = keys[44:55] + bytes((keys[55] ^ 1,))
    sealed = AESGCM(keys[16:32]).encrypt(nonce, plain, struct.pack(">Q", 1) + header)
    return _RECORD.pack(0x16, 0xF104, len(body)) + body + header + sealed


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    static: ec.EllipticCurvePrivateKey,
) -> None:
    """Answer one hello, then wait for the client to leave; hang up on anything else."""
    try:
        kind, version, size = _RECORD.unpack(await reader.readexactly(5))
        if (kind, version) != (0x16, 0xF104):
            return
        writer.write(answer(await reader.readexactly(size), static))
        await writer.drain()
        await reader.read(1)
    except (asyncio.IncompleteReadError, ValueError):
        return
