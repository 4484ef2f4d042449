"""The world's big objects and uploads, and the proxy of a satellite link.

The ``inside_`` functions are the tests; they run in a namespace of their own, with the shipped
catalogue for a list of what must be there. So do the ``slowly_`` ones, in a world of slow things.
"""

import contextlib
import http.client
import random
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import pytest

from msgprobe.catalog.loader import load
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.model.control import Source
from msgprobe.model.target import Asset, Direction, Trust
from msgprobe.steps.links import PAGE_CAP, Search
from tests.lab.world.config import HostPolicy, Pep, WorldConfig
from tests.lab.world.hosts import addresses, build
from tests.lab.world.pki import write_overrides
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import Running, dial
from tests.lab_tests.test_world import try_inside

KIB: Final = 1024
MIB: Final = 1024 * KIB
CATALOGUE: Final = load()
OWNED: Final = [
    (service.name, asset)
    for service in CATALOGUE.services
    for asset in service.assets
    if asset.pool is None
]
ASSETS: Final = [pytest.param(*one, id=f"{one[0]}-{one[1].name}") for one in OWNED]
DOWN: Final = [two for one, two in zip(OWNED, ASSETS, strict=True) if one[1].direction == "down"]
UP: Final = [two for one, two in zip(OWNED, ASSETS, strict=True) if one[1].direction == "up"]
SOURCES: Final = [pytest.param(one, id=one.name) for one in CATALOGUE.controls.sources]
# Dynamic pages are sent whole, whatever the Range; a computed answer is as long as was asked.
PAGES: Final = {a.host for _, a in OWNED if a.direction == "down" and not a.find and a.path == "/"}
WHOLE: Final = PAGES | {"speed.cloudflare.com"}
SLOW: Final = "mirror.nl.leaseweb.net"
SLOW_OBJECT: Final = "/speedtest/10mb.bin"
LAZY: Final = "mmg.whatsapp.net"
FOREIGN: Final = "web.telegram.org"

BROWSER: Final = "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\n"
ENOUGH: Final = 64 * KIB
"""Octets that a run moves of an object."""

Answer = tuple[int, dict[str, str], bytes]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("functions", ["inside_*", "slowly_*"])
def test_transfers_in_a_namespace(functions: str, tmp_path: Path) -> None:
    assert DOWN
    assert UP
    assert SOURCES
    try_inside(tmp_path, __file__, "-o", f"python_functions={functions}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = WorldConfig(workdir=str(tmp_path_factory.mktemp("transfers")), ipv6=True)
    with client.running(config) as running:
        yield running


@pytest.fixture(scope="module")
def slow_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = WorldConfig(
        workdir=str(tmp_path_factory.mktemp("slow")),
        hosts=(
            HostPolicy(names=(f"={SLOW}",), pace="slow", rate=200_000),
            HostPolicy(names=(f"={LAZY}",), upload_rate=100_000),
        ),
        pep=Pep(delay_ms=250, kbit=2000),
    )
    with client.running(config) as running:
        yield running


def _ask(
    sock: socket.socket, host: str, target: str, first: int | None = None, last: int = 0
) -> Answer:
    """A browser's GET over ``sock``, which stays open; with ``first`` the octets from there to
    ``last``."""
    wanted = BROWSER + ("" if first is None else f"Range: bytes={first}-{last}\r\n")
    sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{wanted}\r\n".encode())
    response = http.client.HTTPResponse(sock, method="GET")
    response.begin()
    headers = {key.lower(): value for key, value in response.getheaders()}
    return response.status, headers, response.read()


def _post(sock: socket.socket, host: str, target: str, size: int) -> Answer:
    return client.get(sock, host, target, "POST", random.Random(size).randbytes(size))


def _objects(asset: Asset, world: Running) -> tuple[str, ...]:
    """The targets that the asset's page names, or its own."""
    if asset.find is None:
        return (asset.path, *asset.more_paths)
    host = asset.page_host or asset.host
    with client.tls(world.where(host), host, world.trust) as shown:
        status, _, body = _ask(shown.sock, host, asset.path)
    assert status == 200
    search = Search(pattern=asset.find, page_host=host, path=asset.path, host=asset.host)
    found = search.found(body[:PAGE_CAP])
    assert found
    return found


def _found(asset: Asset, world: Running, sock: socket.socket) -> str:
    """The first of the asset's objects that has as much as is wanted."""
    for target in _objects(asset, world):
        status, headers, body = client.get(sock, asset.host, target, "HEAD")
        assert not body
        if status == 200 and int(headers["content-length"]) >= ENOUGH:
            return target
    pytest.fail(f"{asset.host} has none that is large enough")


def _check_object(sock: socket.socket, host: str, target: str, size: int) -> None:
    """``target`` is an object of at least ``size`` octets of which every part can be had."""
    status, headers, whole = _ask(sock, host, target)
    assert status == 200
    assert len(whole) == int(headers["content-length"]) >= size
    for first, last in ((0, 48 * KIB - 1), (0, 2 * MIB - 1), (12_345, 67_890)):
        status, headers, body = _ask(sock, host, target, first, last)
        if host in WHOLE:
            assert (status, body) == (200, whole)
            continue
        assert status == 206
        end = min(last, len(whole) - 1)
        assert headers["content-range"] == f"bytes {first}-{end}/{len(whole)}"
        assert body == whole[first : last + 1]


@pytest.mark.parametrize(("service", "asset"), DOWN)
def inside_every_asset_gives_its_object(world: Running, service: str, asset: Asset) -> None:
    for family in addresses(world.config)[asset.host]:
        for address in family:
            with client.tls(address, asset.host, world.trust) as shown:
                target = "/" if asset.host in PAGES else _found(asset, world, shown.sock)
                size = 250_000 if asset.host in PAGES else ENOUGH
                _check_object(shown.sock, asset.host, target, size)


@pytest.mark.parametrize("source", SOURCES)
def inside_every_source_gives_its_object(world: Running, source: Source) -> None:
    for family in addresses(world.config)[source.host]:
        for address in family:
            with client.tls(address, source.host, world.trust) as shown:
                target = source.path.replace("{bytes}", str(2 * MIB))
                _check_object(shown.sock, source.host, target, 2 * MIB)
                if "{bytes}" in source.path:
                    target = source.path.replace("{bytes}", "49153")
                    assert len(_ask(shown.sock, source.host, target)[2]) == 49153


@pytest.mark.parametrize(("service", "asset"), UP)
def inside_every_upload_is_swallowed(world: Running, service: str, asset: Asset) -> None:
    trust = world.trust
    if asset.trust is Trust.PINNED:
        ours = load(
            write_overrides(Path(world.config.workdir), CATALOGUE), allowed=EVERYTHING
        ).service(service)
        trust = Path(world.config.workdir) / "pins.pem"
        trust.write_text("".join(root.pem for root in ours.roots))
    for family in addresses(world.config)[asset.host]:
        for address in family:
            with client.tls(address, asset.host, trust) as shown:
                for size in (48 * KIB, 4 * MIB, 384 * KIB):  # three on one connection
                    status, _, body = _post(shown.sock, asset.host, asset.path, size)
                    assert status in (400, 404, 405)
                    assert len(body) < 1000


@pytest.mark.parametrize("source", SOURCES)
def inside_sources_take_uploads_at_their_path_alone(world: Running, source: Source) -> None:
    address = world.where(source.host)
    if source.upload_path is not None:
        with client.tls(address, source.host, world.trust) as shown:
            for size in (48 * KIB, 4 * MIB):
                status, _, body = _post(shown.sock, source.host, source.upload_path, size)
                assert status in (200, 400, 404, 405)
                assert len(body) < 1000
    with client.tls(address, source.host, world.trust) as shown:
        shown.sock.sendall(
            f"POST /elsewhere HTTP/1.1\r\nHost: {source.host}\r\n"
            f"Content-Length: {MIB}\r\n\r\n".encode()
        )
        assert shown.sock.recv(16).startswith(b"HTTP/1.1 400")
        assert not shown.sock.recv(1 << 16).endswith(b"keep-alive")


def inside_an_upload_of_more_than_four_mebibytes_is_refused(world: Running) -> None:
    with client.tls(world.where(LAZY), LAZY, world.trust) as shown:
        shown.sock.sendall(
            f"POST /mms/image HTTP/1.1\r\nHost: {LAZY}\r\n"
            f"Content-Length: {4 * MIB + 1}\r\n\r\n".encode()
        )
        assert shown.sock.recv(16).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("source", SOURCES)
def inside_sources_serve_by_host_or_refuse_foreign_names(world: Running, source: Source) -> None:
    address = world.where(source.host)
    if not source.any_name:
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"), client.tls(address, FOREIGN):
            pass
        return
    with client.tls(address, FOREIGN) as shown:
        assert shown.names == [source.host]
        _check_object(shown.sock, source.host, source.path, 2 * MIB)
        assert source.upload_path is not None
        assert _post(shown.sock, source.host, source.upload_path, MIB)[0] == 405
        assert _ask(shown.sock, FOREIGN, "/k/")[0] == 404


@pytest.mark.parametrize(("service", "asset"), ASSETS)
def inside_assets_are_served_by_host_under_a_foreign_name(
    world: Running, service: str, asset: Asset
) -> None:
    with client.tls(world.where(asset.host), "www.wikipedia.org") as shown:
        assert "www.wikipedia.org" not in shown.names
        if asset.direction is Direction.UP:
            assert _post(shown.sock, asset.host, asset.path, MIB)[0] in (400, 404, 405)
        else:
            target = "/" if asset.host in PAGES else _found(asset, world, shown.sock)
            assert len(_ask(shown.sock, asset.host, target)[2]) >= ENOUGH


@pytest.mark.parametrize("host", ["web.whatsapp.com", "www.facebook.com", "www.instagram.com"])
def inside_metas_pages_are_for_browsers(world: Running, host: str) -> None:
    with client.tls(world.where(host), host, world.trust) as shown:
        status, headers, body = client.get(shown.sock, host)
        assert (status, len(body)) == (400, 1_542)
        assert "Sec-Fetch-Mode" in headers["vary"]
        assert _ask(shown.sock, host, "/")[0] == 200
        assert client.get(shown.sock, host, "/robots.txt")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/", 503), ("/v2/conference/participants", 401), ("/health", 200)]
)
def inside_the_sfu_answers_503_where_nothing_is(world: Running, path: str, status: int) -> None:
    host = "sfu.voip.signal.org"
    with client.tls(world.where(host), host, world.trust) as shown:
        assert client.get(shown.sock, host, path)[0::2] == (status, b"")


def inside_all_e_hosts_live_at_the_same_four_addresses(world: Running) -> None:
    homes = {
        tuple(sorted(map(tuple, addresses(world.config)[f"e{n}.whatsapp.net"]))) for n in (1, 9)
    }
    assert homes == {((), ("15.197.206.217", "15.197.210.208", "3.33.221.48", "3.33.252.61"))}


def inside_objects_differ_and_ranges_end_where_they_end(world: Running) -> None:
    heads = set()
    for host, target in (
        (SLOW, SLOW_OBJECT),
        ("proof.ovh.net", "/files/10Mb.dat"),
    ):
        with client.tls(world.where(host), host, world.trust) as shown:
            _, headers, body = _ask(shown.sock, host, target, 0, 99_999_999)
            size = int(headers["content-length"])
            assert headers["content-range"] == f"bytes 0-{size - 1}/{size}"
            assert _ask(shown.sock, host, target, size, size + 9)[0] == 416
            heads.add(body[:100])
    assert len(heads) == 2


def inside_the_registry_knows_them(world: Running) -> None:
    directory = build(world.config)
    networks = set()
    for source in CATALOGUE.controls.sources:
        host = directory.hosts[source.host]
        assert "source" in host.labels
        four = [a for a in host.addresses if ":" not in a]
        assert len(four) < len(host.addresses)
        networks.add(ip_network(f"{four[0]}/16", strict=False))
    assert len(networks) == len(SOURCES)
    for service in CATALOGUE.services:
        for asset in (a for a in service.assets if a.pool is None):
            host = directory.hosts[asset.host]
            assert {"asset", f"asset:{service.name}"} <= host.labels
            six = [a for a in host.addresses if ":" in a]
            assert six or asset.host == "chat.signal.org" or not service.core
    narrow = addresses(replace(world.config, ipv6=False))
    assert not [a for four, six in narrow.values() for a in six]


def inside_two_mebibytes_come_at_once(world: Running) -> None:
    """A server of 100 ms per 128 KiB would still be called a slow one here."""
    with client.tls(world.where("proof.ovh.net"), "proof.ovh.net", world.trust) as shown:
        start = time.monotonic()
        _ask(shown.sock, "proof.ovh.net", "/files/10Mb.dat", 0, 2 * MIB - 1)
        assert time.monotonic() - start < 1.6


@pytest.mark.parametrize("name", [SLOW, FOREIGN])
def slowly_a_slow_server_is_slow_to_everyone_and_from_the_start(
    slow_world: Running, name: str
) -> None:
    with client.tls(slow_world.where(SLOW), name) as shown:
        for _ in range(2):  # on one connection
            start = time.monotonic()
            status, _, body = _ask(shown.sock, SLOW, SLOW_OBJECT, 0, 100_000 - 1)
            assert (status, len(body)) == (206, 100_000)
            assert time.monotonic() - start > 0.4  # 0.5 s at 200,000 bytes per second


@pytest.mark.parametrize("name", [LAZY, "www.wikipedia.org"])
def slowly_a_server_takes_uploads_slowly(slow_world: Running, name: str) -> None:
    """TCP_INFO tells what the server's kernel acknowledged when the client had sent all."""
    address, size = slow_world.where(LAZY), 200_000
    with client.tls(address, name) as shown:
        start = time.monotonic()
        assert _ask(shown.sock, LAZY, "/robots.txt")[0] == 200
        with contextlib.suppress(TimeoutError):
            shown.sock.settimeout(0.5)
            _post(shown.sock, LAZY, "/mms/image", size)
        # struct tcp_info: tcpi_bytes_acked is at 120
        info = shown.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
        acknowledged = struct.unpack_from("<Q", info, 120)[0]
        took = time.monotonic() - start
        assert acknowledged < 60_000 + 100_000 * took
        assert acknowledged > 10_000


def slowly_what_is_taken_slowly_is_answered(slow_world: Running) -> None:
    with client.tls(slow_world.where(LAZY), LAZY) as shown:
        start = time.monotonic()
        assert _post(shown.sock, LAZY, "/mms/image", 100_000)[0] == 404
        assert time.monotonic() - start > 0.7
        assert _ask(shown.sock, LAZY, "/robots.txt")[0] == 200


def slowly_the_proxy_accepts_at_once_and_hands_on_late(slow_world: Running) -> None:
    address = slow_world.where("proof.ovh.net")
    context = ssl.create_default_context(cafile=slow_world.trust)
    start = time.monotonic()
    with dial(address, 10444) as raw:
        connected = time.monotonic()
        with context.wrap_socket(raw, server_hostname="proof.ovh.net") as sock:
            greeted = time.monotonic()
            status, _, body = _ask(sock, "proof.ovh.net", "/files/10Mb.dat", 0, 100_000 - 1)
            done = time.monotonic()
            assert (status, len(body)) == (206, 100_000)
            assert _post(sock, "proof.ovh.net", "/files/", 100_000)[0] == 405
    assert connected - start < 0.25  # less than half of what comes back over the long link
    assert greeted - connected >= 0.5
    assert done - greeted >= 0.5 + 0.9 * 100_000 / 250_000


def slowly_behind_the_proxy_a_closed_port_is_a_reset(slow_world: Running) -> None:
    with dial("203.0.113.77", 10444) as sock, pytest.raises(ConnectionResetError):
        sock.sendall(b"x")
        sock.recv(1)


def slowly_configurations_survive_json(slow_world: Running) -> None:
    assert WorldConfig.from_json(slow_world.config.to_json()) == slow_world.config
