"""Signal's provisioning socket: the server speaks first.

Source: signalapp/Signal-Server ``ProvisioningConnectListener.java``, ``WebSocketProtocol.proto``.
"""

import asyncio
import base64
import os

from tests.lab.world import websocket
from tests.lab.world.noise import field


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, now_ms: int) -> None:
    """Send the address, take the answer, wait for the client to leave.

    Raises OSError, Closed, IncompleteReadError.
    """
    writer.write(websocket.frame(address(now_ms)))
    await writer.drain()
    while True:
        await websocket.message(reader, writer)


def address(now_ms: int, number: int = 0x5EED) -> bytes:
    """``PUT /v1/address`` with a fresh address, as a WebSocketMessage."""
    name = base64.urlsafe_b64encode(os.urandom(16))
    request = field(1, b"PUT") + field(2, b"/v1/address") + field(3, field(1, name))
    request += field(5, f"X-Signal-Timestamp:{now_ms}".encode()) + field(4, number)
    return field(1, 1) + field(2, request)
