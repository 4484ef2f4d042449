"""A call server that names another one is not taken at its word."""

import asyncio
import socket

from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps.stun import ask_datagrams
from tests.steps.loopback import HOST, context, only, run

_COOKIE = bytes.fromhex("2112a442")
_ERROR, _ALTERNATE = 0x0009, 0x8023
"""ERROR-CODE and ALTERNATE-SERVER (RFC 8489 §14)."""


def _attribute(kind: int, value: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def _try_alternate(question: bytes, port: int) -> bytes:
    """Error 300 (Try Alternate) to a Binding request, with this device as the other server."""
    where = b"\x00\x01" + port.to_bytes(2, "big") + socket.inet_aton(HOST)
    body = _attribute(_ERROR, b"\x00\x00\x03\x00") + _attribute(_ALTERNATE, where)
    head = b"\x01\x11" + len(body).to_bytes(2, "big") + _COOKIE + question[8:20]
    return head + body


def test_an_alternate_server_is_not_asked() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            for sock in (server, other):
                sock.bind((HOST, 0))
                sock.setblocking(False)

            async def answer() -> None:
                while True:
                    question, client = await loop.sock_recvfrom(server, 1000)
                    said = _try_alternate(question, other.getsockname()[1])
                    await loop.sock_sendto(server, said, client)

            ctx = context(2.0)
            port = int(server.getsockname()[1])
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(answer())
                await ask_datagrams(ctx, HOST, port, count=2, spacing=0.05, patience=0.3)
                answering.cancel()
            seen = only(ctx, ProtocolObservation)
            assert seen.proof is Proof.NONCE and "300" in seen.detail
            try:
                other.recv(100)
            except BlockingIOError:
                return
            raise AssertionError("the other server was asked")

    run(main())
