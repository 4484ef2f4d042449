"""Real QUIC servers on loopback: aioquic's, and ones that behave badly."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration

from tests.steps.authority import NAME, authority
from tests.steps.loopback import HOST

Answer = Callable[[bytes], tuple[bytes, ...]]


def configuration(name: str = NAME, *, expired: bool = False) -> QuicConfiguration:
    """What a server for ``name`` with a certificate of `authority` needs."""
    past = datetime(2001, 1, 1, tzinfo=UTC)
    issued = authority().issue_cert(name, not_after=past) if expired else None
    issued = issued or authority().issue_cert(name)
    found = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        found.load_cert_chain(chain, key)
    return found


@asynccontextmanager
async def quic_server(
    config: QuicConfiguration | None = None, *, retry: bool = False
) -> AsyncIterator[int]:
    """A QUIC server; gives its port."""
    server = await serve(HOST, 0, configuration=config or configuration(), retry=retry)
    transport = server._transport
    assert transport is not None
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        server.close()


class _Odd(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer, heard: list[bytes]) -> None:
        self._answer, self._heard = answer, heard

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._heard.append(data)
        for one in self._answer(data):
            self._transport.sendto(one, addr)


@asynccontextmanager
async def odd_server(answer: Answer) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answers every datagram with ``answer`` of it; gives the port and all that was heard."""
    heard: list[bytes] = []
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Odd(answer, heard), local_addr=(HOST, 0)
    )
    try:
        yield int(transport.get_extra_info("sockname")[1]), heard
    finally:
        transport.close()
