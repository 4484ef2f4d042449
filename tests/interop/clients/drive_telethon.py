"""``drive_telethon.py TRANSPORT [KEY.pem]``: Telethon connects as it is, with one key more or not.

It runs in the clients' own environment. One line of JSON says which keys came of it, and what
Telethon said.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path

from telethon import TelegramClient, connection
from telethon.crypto import AuthKey, rsa
from telethon.sessions import MemorySession

_LONGEST_S = 15.0


class _Session(MemorySession):  # type: ignore[misc]  # Telethon has no types
    """Remembers the names of the keys that were agreed on."""

    def __init__(self) -> None:
        super().__init__()
        self.agreed: list[str] = []

    @property
    def auth_key(self) -> AuthKey | None:
        return self._auth_key

    @auth_key.setter
    def auth_key(self, key: AuthKey | None) -> None:
        self._auth_key = key
        if key:
            self.agreed.append(key.key_id.to_bytes(8, "little").hex())


async def main(transport: str) -> None:
    session = _Session()
    client = TelegramClient(
        session,
        1,
        "x",
        connection=getattr(connection, transport),
        connection_retries=1,
        retry_delay=0,
        timeout=10,
        auto_reconnect=False,
    )
    said = "connected"
    try:
        async with asyncio.timeout(_LONGEST_S):
            await client.connect()
    except Exception as exc:
        said = f"{type(exc).__name__}: {exc}"
    print(json.dumps({"agreed": session.agreed, "said": said}), flush=True)


logging.basicConfig(level=logging.INFO)
for pem in sys.argv[2:]:
    rsa.add_key(Path(pem).read_text(encoding="ascii"), old=False)
asyncio.run(main(sys.argv[1]))
