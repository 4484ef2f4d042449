"""Servers that honestly differ from what the catalogue says, and silence that is broken."""

import ssl
import time
from collections.abc import Iterator

import pytest

from tests.lab.world.config import ExtraHost, HostPolicy, ResolverPolicy, WorldConfig
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import Running, ask, dial, found, rcode

SILENT = "208.80.154.224"
OTHER_SILENT = "209.51.188.116"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = WorldConfig(
        workdir=str(tmp_path_factory.mktemp("changed")),
        hosts=(
            HostPolicy(names=("=td.telegram.org",), tls="close"),
            HostPolicy(names=("=cdsi.signal.org",), tls="mute"),
            HostPolicy(names=("=pps.whatsapp.net",), tls="other_ca"),
            HostPolicy(names=("=graph.facebook.com",), think_s=0.6),
            HostPolicy(names=("=telegram/dc4",), think_s=0.6),
            HostPolicy(names=("=mmg.whatsapp.net",), ration=2),
            HostPolicy(names=("=web.telegram.org",), paths=("/k/",), status=200, body_bytes=12),
            HostPolicy(
                names=("=t.me",), demands="X-Requested-With", status=400, body="who are you?"
            ),
            HostPolicy(names=("=www.debian.org",), strangers="alert"),
            HostPolicy(names=("=www.python.org",), strangers="misdirected"),
            HostPolicy(names=("=static.whatsapp.net",), status=200, body_bytes=50),
        ),
        resolvers=(ResolverPolicy(at=("other",), rules=(("*", "refused"),)),),
        extra=(
            ExtraHost(name="resolver/one", addresses=(SILENT,), ports=((53, "dns"),)),
            ExtraHost(name="resolver/other", addresses=(OTHER_SILENT,), ports=((53, "dns"),)),
        ),
    )
    with client.running(config) as world:
        yield world


def status(world: Running, host: str, path: str = "/robots.txt") -> int:
    with client.tls(world.where(host), host, world.trust) as shown:
        code: int = client.get(shown.sock, host, path)[0]
        return code


def test_an_end_after_the_greeting_is_no_reset(changed: Running) -> None:
    with (
        pytest.raises((ssl.SSLEOFError, ssl.SSLZeroReturnError)),
        client.tls(changed.where("td.telegram.org"), "td.telegram.org"),
    ):
        pass


def test_silence_after_a_good_handshake(changed: Running) -> None:
    with client.tls(changed.where("cdsi.signal.org"), "cdsi.signal.org") as shown:
        shown.sock.settimeout(0.4)
        shown.sock.sendall(b"GET / HTTP/1.1\r\nHost: cdsi.signal.org\r\n\r\n")
        with pytest.raises(TimeoutError):
            shown.sock.recv(1)


def test_another_authority_is_trusted_too(changed: Running) -> None:
    with client.tls(changed.where("pps.whatsapp.net"), "pps.whatsapp.net", changed.trust) as shown:
        assert "Other Public Root" in shown.leaf.issuer.rfc4514_string()


def test_servers_that_think(changed: Running) -> None:
    start = time.monotonic()
    status(changed, "graph.facebook.com", "/me")
    assert 0.6 <= time.monotonic() - start < 3.0
    start = time.monotonic()
    with dial(changed.where("telegram/dc4"), 443) as sock:
        assert client.is_res_pq(client.mtproto(sock, "intermediate"))
    assert 0.6 <= time.monotonic() - start < 3.0


def test_a_ration_holds_over_connections(changed: Running) -> None:
    assert [status(changed, "mmg.whatsapp.net") for _ in range(4)] == [200, 200, 429, 429]


def test_only_the_named_path_is_changed(changed: Running) -> None:
    with client.tls(changed.where("web.telegram.org"), "web.telegram.org") as shown:
        assert len(client.get(shown.sock, "web.telegram.org", "/k/")[2]) == 12
        code, _, body = client.get(shown.sock, "web.telegram.org", "/robots.txt")
        assert code == 200 and body.startswith(b"User-agent")


def test_who_brings_the_header_is_let_in(changed: Running) -> None:
    assert status(changed, "t.me") == 400
    with client.tls(changed.where("t.me"), "t.me") as shown:
        shown.sock.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: t.me\r\nX-Requested-With: x\r\n\r\n")
        assert b" 200 OK" in shown.sock.recv(65536)


def test_strangers_are_turned_away(changed: Running) -> None:
    with (
        pytest.raises(ssl.SSLError, match=r"(?i)unrecognized"),
        client.tls(changed.where("www.debian.org"), "stranger.example"),
    ):
        pass
    with client.tls(changed.where("www.python.org"), "stranger.example") as shown:
        assert client.get(shown.sock, "stranger.example", "/")[0] == 421
    assert status(changed, "www.debian.org") == 200
    assert status(changed, "www.python.org") == 200


def test_another_body_is_no_part_of_the_old_one(changed: Running) -> None:
    host = "static.whatsapp.net"
    with client.tls(changed.where(host), host) as shown:
        code, headers, body = client.get(shown.sock, host, "/robots.txt")
    assert (code, len(body)) == (200, 50)
    assert "content-range" not in headers


def test_dns_where_none_should_be(changed: Running) -> None:
    assert found(ask("t.me", at=SILENT)) == {changed.where("t.me")}
    assert rcode(ask("t.me", at=OTHER_SILENT)) == "REFUSED"
