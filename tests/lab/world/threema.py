"""Threema's chat server up to its hello, with the lab's own key.

Source: threema-ch/threema-android csp.struct.yml (server-hello).
"""

import asyncio
import os
from typing import Final

from nacl.public import Box, PrivateKey, PublicKey

_FIRST: Final = b"\1" + bytes(7)


def server_hello(client: bytes, key: PrivateKey) -> bytes:
    """The 80 bytes that answer a client's 48, sealed with the server's permanent ``key``."""
    cookie = os.urandom(16)
    answer = bytes(PrivateKey.generate().public_key) + client[32:48]
    sealed = Box(key, PublicKey(client[:32])).encrypt(answer, cookie + _FIRST)
    return cookie + sealed.ciphertext


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: PrivateKey
) -> None:
    """Answer one hello, then wait for a login that never comes."""
    try:
        writer.write(server_hello(await reader.readexactly(48), key))
        await writer.drain()
        await reader.read(1)
    except asyncio.IncompleteReadError:
        return
