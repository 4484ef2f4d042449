"""``drive_pyrogram.py [MODULUS]``: Pyrogram connects as it is, with one RSA key
more (its modulus in hex; the exponent is 65537) or not.

It runs in the clients' own environment. One line of JSON says which keys came of it, and what
Pyrogram said.
"""

import asyncio
import json
import logging
import sys
from hashlib import sha1
from typing import Any

from pyrogram import Client
from pyrogram.crypto import rsa
from pyrogram.raw.core.primitives import Bytes
from pyrogram.session.auth import Auth

_LONGEST_S = 20.0
_AFTER_S = 2.0
"""For the first encrypted message: Pyrogram tries for ever when the server forgot the key."""


def trust(modulus: int) -> None:
    """Add a key to those that Pyrogram has built in."""
    numbers = (modulus, 65537)
    named = b"".join(Bytes(n.to_bytes((n.bit_length() + 7) // 8, "big")) for n in numbers)
    name = int.from_bytes(sha1(named).digest()[-8:], "little", signed=True)
    rsa.server_public_keys[name] = rsa.PublicKey(*numbers)


async def main() -> None:
    for modulus in sys.argv[1:]:
        trust(int(modulus, 16))
    agreed: list[str] = []
    create = Auth.create
    limit = asyncio.timeout(_LONGEST_S)

    async def noted(auth: Any) -> bytes:
        key: bytes = await create(auth)
        agreed.append(sha1(key).digest()[-8:].hex())
        limit.reschedule(asyncio.get_running_loop().time() + _AFTER_S)
        return key

    Auth.create = noted
    client = Client("interop", api_id=1, api_hash="x", in_memory=True)
    said = "connected"
    try:
        async with limit:
            await client.connect()
    except Exception as exc:
        said = f"{type(exc).__name__}: {exc}"
    print(json.dumps({"agreed": agreed, "said": said}), flush=True)


logging.basicConfig(level=logging.INFO)
asyncio.run(main())
