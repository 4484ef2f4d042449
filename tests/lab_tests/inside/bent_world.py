"""Servers and resolvers that fail, lie or are intercepted."""

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import dns.exception
import dns.message
import pytest

from msgprobe.catalog.loader import load
from msgprobe.catalog.permission import EVERYTHING
from tests.lab.world import config as cfg
from tests.lab.world.config import HostPolicy, HttpInterceptor, Mitm, ResolverPolicy, WorldConfig
from tests.lab.world.hosts import addresses, known_addresses
from tests.lab.world.pki import write_overrides
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import (
    DC2,
    SIGNAL_CHAT,
    WEB_TELEGRAM,
    Running,
    ask,
    dial,
    found,
    rcode,
)


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = WorldConfig(
        workdir=str(tmp_path_factory.mktemp("bent")),
        hosts=(
            cfg.dead_backend("=web.telegram.org"),
            cfg.closed("=e1.whatsapp.net"),
            cfg.dead("pool:telegram/media"),
            HostPolicy(names=("=g-fallback.whatsapp.net",), chat="other_root"),
            HostPolicy(names=("=chat.cdn.whatsapp.net",), chat="wrong_static"),
            HostPolicy(names=("=chat.signal.org",), tls="new_root"),
            HostPolicy(names=("=cdsi.signal.org",), tls="alert"),
            HostPolicy(names=("=www.facebook.com",), tls="expired"),
            HostPolicy(names=("=www.instagram.com",), tls="self_signed"),
            HostPolicy(names=("=graph.facebook.com",), tls="wrong_name"),
            HostPolicy(names=("=pps.whatsapp.net",), tls="hang"),
            HostPolicy(names=("=www.gnu.org",), tls="reset", whole_server=True),
            HostPolicy(names=("=v.whatsapp.net",), status=451, body="not here"),
            HostPolicy(names=("=mmg.whatsapp.net",), pace="slow", rate=1000),
            HostPolicy(names=("=static.whatsapp.net",), pace="endless"),
            HostPolicy(names=("=b-graph.facebook.com",), pace="malformed"),
            HostPolicy(names=("=td.telegram.org",), pace="escapes"),
            HostPolicy(names=("=t.me",), connect="reset", ports=(80,)),
        ),
        resolvers=(
            ResolverPolicy(at=("9.9.9.9",), dead=True),
            ResolverPolicy(at=("94.140.14.140",), servfail_share=1.0),
            ResolverPolicy(
                at=("isp",),
                channels=("udp",),
                rules=(
                    ("=g.whatsapp.net", "truth"),
                    ("whatsapp.net", "nxdomain"),
                    ("whatsapp.com", "refused"),
                    ("signal.org", "servfail"),
                    ("=td.telegram.org", "drop"),
                    ("service:telegram", "answer:10.10.34.36"),
                    ("doubleclick.net", "answer:0.0.0.0,::"),
                ),
            ),
        ),
        everywhere=(("instagram.com", "servfail"),),
        mitm=Mitm(names=("*",), exempt=("signal.org",)),
        http=HttpInterceptor(names=("t.me",), does="page"),
    )
    with client.running(config) as world:
        yield world


def test_a_dead_backend_resets_its_name_alone(bent: Running) -> None:
    with pytest.raises(ConnectionResetError), client.tls(WEB_TELEGRAM, "web.telegram.org"):
        pass
    with client.tls(WEB_TELEGRAM, "t.me", bent.trust):
        pass
    with client.tls(WEB_TELEGRAM, "www.debian.org") as shown:
        assert shown.names
    with pytest.raises(ConnectionResetError), client.tls("209.51.188.116", "whatever.example"):
        pass


def test_closed_and_dead_hosts(bent: Running) -> None:
    with pytest.raises(ConnectionRefusedError):
        dial(bent.where("e1.whatsapp.net"), 443)
    with pytest.raises(ConnectionResetError):
        client.plain(WEB_TELEGRAM, "t.me")
    living = known_addresses(bent.config)
    assert bent.where("e1.whatsapp.net") in living
    assert "91.105.192.100" not in living
    assert DC2 in living


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("www.facebook.com", "expired"),
        ("www.instagram.com", "self-signed"),
        ("graph.facebook.com", "mismatch"),
        ("chat.signal.org", "unable to get local issuer|self-signed"),
        ("cdsi.signal.org", "(?i)unrecognized"),
    ],
)
def test_flawed_certificates(bent: Running, host: str, why: str) -> None:
    with (
        pytest.raises(ssl.SSLError, match=why),
        client.tls(bent.where(host), host, bent.trust),
    ):
        pass


def test_a_new_root_signs_for_signal_but_is_not_the_pinned_one(bent: Running) -> None:
    with client.tls(SIGNAL_CHAT, "chat.signal.org") as shown:
        assert shown.names == ["chat.signal.org"]
        assert "Signal" in shown.leaf.issuer.rfc4514_string()


def test_servers_that_misbehave(bent: Running) -> None:
    with client.tls(bent.where("v.whatsapp.net"), "v.whatsapp.net", bent.trust) as shown:
        assert client.get(shown.sock, "v.whatsapp.net", "/v2/register")[::2] == (451, b"not here")
    start = time.monotonic()
    with client.tls(bent.where("mmg.whatsapp.net"), "mmg.whatsapp.net") as shown:
        assert client.get(shown.sock, "mmg.whatsapp.net", "/robots.txt")[0] == 200
    assert time.monotonic() - start > 0.1
    total = 0
    with client.tls(bent.where("static.whatsapp.net"), "static.whatsapp.net") as shown:
        shown.sock.sendall(b"GET / HTTP/1.1\r\nHost: static.whatsapp.net\r\n\r\n")
        while total < 1_000_000:
            total += len(shown.sock.recv(65536))
    for host, words in (("b-graph.facebook.com", b"HTTQ/9"), ("td.telegram.org", b"\x1b[2J")):
        with client.tls(bent.where(host), host) as shown:
            shown.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert words in shown.sock.recv(65536)
    with dial(bent.where("pps.whatsapp.net"), 443) as sock:
        sock.settimeout(0.3)
        context = ssl._create_unverified_context()
        with pytest.raises(TimeoutError):
            context.wrap_socket(sock, server_hostname="pps.whatsapp.net")


def test_resolvers_lie_as_told(bent: Running) -> None:
    known = addresses(bent.config)
    assert rcode(ask("e2.whatsapp.net")) == "NXDOMAIN"
    assert found(ask("g.whatsapp.net")) == set(known["g.whatsapp.net"][0])
    assert rcode(ask("web.whatsapp.com")) == "REFUSED"
    assert rcode(ask("chat.signal.org")) == "SERVFAIL"
    assert found(ask("web.telegram.org")) == {"10.10.34.36"}
    assert found(ask("doubleclick.net", "AAAA")) == {"::"}
    with pytest.raises(dns.exception.Timeout):
        ask("td.telegram.org", timeout=0.2)
    assert found(ask("web.whatsapp.com", tcp=True)) == set(known["web.whatsapp.com"][0])
    assert found(ask("web.whatsapp.com", at="1.1.1.1")) == set(known["web.whatsapp.com"][0])
    with pytest.raises(dns.exception.Timeout):
        ask("www.gnu.org", at="9.9.9.9", timeout=0.2)
    assert rcode(ask("www.gnu.org", at="94.140.14.140")) == "SERVFAIL"
    assert rcode(ask("www.instagram.com", at="1.1.1.1")) == "SERVFAIL"
    assert ask("www.gnu.org", "AAAA").answer == []


def test_the_re_signer_forges_some_and_relays_the_rest(bent: Running) -> None:
    address = bent.where("api.telegram.org")
    with client.tls(address, "api.telegram.org", port=10443) as shown:
        assert shown.names == ["api.telegram.org"]
        assert "ISCA" in shown.leaf.issuer.rfc4514_string()
        assert client.get(shown.sock, "api.telegram.org", "/bot0/getMe")[0] == 401
    with client.tls("15.197.251.99", "grpc.chat.signal.org", port=10443) as shown:
        assert "Signal" in shown.leaf.issuer.rfc4514_string()
        assert client.get(shown.sock, "grpc.chat.signal.org")[0] == 404
    with dial(DC2, 10443) as sock:
        assert client.is_res_pq(client.mtproto(sock, "intermediate"))
    with dial(bent.where("g.whatsapp.net"), 10443) as sock:
        assert client.noise(sock)[0] == 0x1A
    with dial(bent.where("e1.whatsapp.net"), 10443) as sock, pytest.raises(ConnectionResetError):
        client.noise(sock)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("g.whatsapp.net", None),
        ("g-fallback.whatsapp.net", "not signed by the pinned root"),
        ("chat.cdn.whatsapp.net", "another key"),
    ],
)
def test_impersonators_of_the_chat_server(bent: Running, host: str, why: str | None) -> None:
    overrides = write_overrides(Path(bent.config.workdir), load())
    ours = load(overrides, allowed=EVERYTHING)
    key = ours.service("whatsapp").endpoint("g-443").option("root_key")
    assert key is not None and key != load().service("whatsapp").endpoint("g-443").option(
        "root_key"
    )
    with dial(bent.where(host), 5222) as sock:
        flaw = client.noise_flaw(sock, bytes.fromhex(key))
    assert flaw is None if why is None else why in (flaw or "")


def test_the_http_interceptor_blocks_some_and_relays_the_rest(bent: Running) -> None:
    status, _, body = client.plain(WEB_TELEGRAM, "t.me", port=10080)
    assert (status, b"restricted" in body) == (403, True)
    assert client.plain("8.8.8.8", "dns.google", port=10080)[0] == 301
    with dial(DC2, 10080) as sock:
        assert client.is_res_pq(client.mtproto(sock, "full"))


def test_the_block_page_host(bent: Running) -> None:
    assert b"restricted" in client.plain("203.0.113.9", "t.me")[2]
    with client.tls("203.0.113.9", "t.me") as shown:
        assert shown.leaf.issuer == shown.leaf.subject
        assert b"restricted" in client.get(shown.sock, "t.me")[2]


def test_configurations_survive_json(bent: Running) -> None:
    assert WorldConfig.from_json(bent.config.to_json()) == bent.config
