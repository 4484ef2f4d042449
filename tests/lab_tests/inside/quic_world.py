"""QUIC in the world: who speaks it, with whose certificate; seen with aioquic's own client."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from aioquic.asyncio.client import connect
from aioquic.quic.configuration import QuicConfiguration

from msgprobe.catalog.loader import load
from msgprobe.wire.quic import PROBE_SIZE, parse_version_negotiation, version_probe
from tests.lab.world.config import HostPolicy, WorldConfig, closed
from tests.lab.world.hosts import addresses
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import Running

WHATSAPP = "web.whatsapp.com"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = WorldConfig(
        workdir=str(tmp_path_factory.mktemp("quic")),
        ipv6=True,
        hosts=(closed("=one.one.one.one"), HostPolicy(names=(f"={WHATSAPP}",), quic="silent")),
    )
    with client.running(config) as running:
        yield running


def names() -> list[str]:
    catalogue = load()
    endpoints = [e for s in catalogue.services for e in s.endpoints if e.check == "quic"]
    return [
        *(e.host or "" for e in endpoints),
        *(s.host for s in catalogue.controls.sites if s.quic),
    ]


def shake(world: Running, address: str, name: str) -> str:
    """``ok``, or why there was no handshake that verified."""

    async def main() -> str:
        config = QuicConfiguration(
            is_client=True, alpn_protocols=["h3"], server_name=name, cafile=str(world.trust)
        )
        async with asyncio.timeout(1.5), connect(address, 443, configuration=config) as protocol:
            protocol.close()
            return "ok"

    try:
        return asyncio.run(main())
    except (TimeoutError, ConnectionError) as fault:
        return type(fault).__name__


def test_every_quic_host_of_the_catalogue_shows_its_own_certificate(world: Running) -> None:
    known = addresses(world.config)
    tried = 0
    for name in set(names()) - {WHATSAPP, "one.one.one.one"}:
        for address in (*known[name][0], *known[name][1]):
            assert shake(world, address, name) == "ok", (name, address)
            tried += 1
    assert tried >= 4


def test_a_stranger_is_shown_another_names_certificate(world: Running) -> None:
    assert shake(world, addresses(world.config)["dns.google"][0][0], "example.org") != "ok"


def negotiated(address: str) -> str:
    probe = version_probe(bytes(range(240)) * 5)
    assert len(probe.data) == PROBE_SIZE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(1.0)
        sock.connect((address, 443))
        sock.send(probe.data)
        try:
            return "ok" if 1 in parse_version_negotiation(sock.recv(2000), probe) else "none"
        except OSError as fault:
            return type(fault).__name__


def test_a_name_without_a_backend_meets_silence_and_the_rest_of_the_front_lives(
    world: Running,
) -> None:
    address = addresses(world.config)[WHATSAPP][0][0]
    assert shake(world, address, WHATSAPP) == "TimeoutError"
    assert negotiated(address) == "ok"


def test_a_closed_machine_is_closed_for_quic_too(world: Running) -> None:
    assert negotiated("1.1.1.1") == "ConnectionRefusedError"


def test_whoever_is_not_marked_does_not_speak_it(world: Running) -> None:
    assert negotiated(addresses(world.config)["www.gnu.org"][0][0]) == "ConnectionRefusedError"
