"""The world as it should be."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_network
from pathlib import Path

import dns.exception
import dns.message
import pytest

from msgprobe.catalog.loader import load
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.checks.mtproto import MtprotoCheck
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.target import Trust
from msgprobe.model.task import Flow
from msgprobe.steps.context import StepContext
from msgprobe.steps.world import system_world
from tests.lab.world.config import WorldConfig
from tests.lab.world.hosts import addresses, build, known_addresses
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
from tests.model.tasks import task_of


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    work = tmp_path_factory.mktemp("honest")
    with client.running(WorldConfig(workdir=str(work), ipv6=True, country="KZ")) as world:
        yield world


def test_every_https_endpoint_answers_as_the_catalogue_expects(honest: Running) -> None:
    overrides = write_overrides(Path(honest.config.workdir), load())
    named = {"messenger-lab.toml", "signal-lab.toml", "telegram-lab.toml", "whatsapp-lab.toml"}
    assert {one.name for one in overrides} >= named
    catalogue = load(overrides, allowed=EVERYTHING)
    pins = Path(honest.config.workdir) / "pins.pem"
    pins.write_text("".join(root.pem for root in catalogue.service("signal").roots))
    known = addresses(honest.config)
    seen = 0
    for service in catalogue.services:
        for endpoint in service.endpoints:
            if endpoint.check not in ("https", "tls") or endpoint.host is None:
                continue
            if endpoint.trust is Trust.HASH:  # see proof_world
                continue
            trust = pins if endpoint.trust.value == "pinned" else honest.trust
            for address in (*known[endpoint.host][0], *known[endpoint.host][1]):
                with client.tls(address, endpoint.host, trust) as shown:
                    method = endpoint.option("method") or "GET"
                    sent = (endpoint.option("body") or "").encode()
                    status, headers, body = client.get(
                        shown.sock, endpoint.host, endpoint.path, method, sent
                    )
                assert shown.names == [endpoint.host]
                assert not endpoint.expect_status or status in endpoint.expect_status
                text = body.decode("utf-8", "replace")
                assert (endpoint.expect_text or "") in text, endpoint.name
                wanted = (endpoint.option("header") or "date").lower()
                assert wanted in headers, endpoint.name
                seen += 1
    assert seen > 40


def test_noise_in_a_websocket_leads_to_the_labs_root(honest: Running) -> None:
    seen = set()
    for service in load(
        write_overrides(Path(honest.config.workdir), load()), allowed=EVERYTHING
    ).services:
        for endpoint in service.endpoints:
            origin, key = endpoint.option("origin"), endpoint.option("root_key")
            if endpoint.option("transport") != "websocket" or endpoint.check != "noise":
                continue
            assert endpoint.host is not None and origin is not None and key is not None
            seen.add(endpoint.host)
            where = honest.where(endpoint.host)
            with client.tls(where, endpoint.host, honest.trust) as shown:
                asked = client.websocket(shown.sock, endpoint.host, endpoint.path, origin)
                assert asked == 101
                assert client.noise_flaw(shown.sock, bytes.fromhex(key), framed=True) is None
            with client.tls(where, endpoint.host, honest.trust) as shown:
                other = client.websocket(
                    shown.sock, endpoint.host, endpoint.path, "https://x.example"
                )
                assert other != 101
    assert "web-chat-e2ee.facebook.com" in seen


def test_pinned_names_are_not_publicly_trusted(honest: Running) -> None:
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        client.tls(SIGNAL_CHAT, "chat.signal.org", honest.trust),
    ):
        pass


@pytest.mark.parametrize(
    ("host", "path", "status", "part"),
    [
        ("api.telegram.org", "/bot0/getMe", 401, b'{"ok":false,"error_code":401,'),
        ("api.telegram.org", "/other", 404, b'"error_code":404'),
        ("td.telegram.org", "/current", 200, b'"win64"'),
        ("web.whatsapp.com", "/", 400, b""),
        ("v.whatsapp.net", "/v2/register", 200, b'"reason": "missing_param"'),
        ("sfu.voip.signal.org", "/", 503, b""),
        ("sfu.voip.signal.org", "/v2/conference/participants", 401, b""),
        ("mmg.whatsapp.net", "/x", 404, b""),
        ("graph.facebook.com", "/me", 400, b'"type": "OAuthException"'),
        ("updates.signal.org", "/desktop/latest.yml", 200, b"version: "),
        ("chat.signal.org", "/", 404, b""),
    ],
)
def test_pages_carry_the_marks_of_the_real_ones(
    honest: Running, host: str, path: str, status: int, part: bytes
) -> None:
    with client.tls(honest.where(host), host) as shown:
        got, headers, body = client.get(shown.sock, host, path)
    assert (got, part in body) == (status, True)
    assert abs(parsedate_to_datetime(headers["date"]) - datetime.now(UTC)) < timedelta(minutes=1)
    if host == "chat.signal.org":
        assert abs(int(headers["x-signal-timestamp"]) / 1000 - datetime.now(UTC).timestamp()) < 60


def test_the_page_of_a_web_client_is_given_to_browsers_alone(honest: Running) -> None:
    browser = "".join(
        f"Sec-Fetch-{name}: {value}\r\n"
        for name, value in (("Dest", "document"), ("Mode", "navigate"), ("Site", "none"))
    )
    with client.tls(honest.where("web.whatsapp.com"), "web.whatsapp.com") as shown:
        status, _, body = client.get(shown.sock, "web.whatsapp.com", more=browser)
    assert status == 200 and b'"client_revision":' in body


def test_strangers_see_the_default_certificate_or_an_alert(honest: Running) -> None:
    with client.tls("8.8.8.8", "web.whatsapp.com") as shown:
        assert shown.names == ["dns.google"]
    with client.tls("8.8.8.8", None) as shown:
        assert shown.names == ["dns.google"]
    with (
        pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"),
        client.tls("104.18.10.47", "example.com"),
    ):
        pass


def test_a_client_hello_in_two_segments_is_understood(honest: Running) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl._create_unverified_context()
    talk = context.wrap_bio(incoming, outgoing, server_hostname="dns.google")
    with pytest.raises(ssl.SSLWantReadError):
        talk.do_handshake()
    hello = outgoing.read()
    with dial("8.8.8.8", 443) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(hello[:60])
        time.sleep(0.05)
        sock.sendall(hello[60:])
        assert client.exactly(sock, 6)[5] == 2  # ServerHello


@pytest.mark.parametrize("port", [443, 80, 5222])
@pytest.mark.parametrize("transport", ["abridged", "intermediate", "padded", "full", "obfuscated"])
def test_a_data_centre_answers_req_pq_over_every_transport(
    honest: Running, transport: str, port: int
) -> None:
    for address in (DC2, "2001:67c:4e8:f002::a"):
        with dial(address, port) as sock:
            assert client.is_res_pq(client.mtproto(sock, transport))


@pytest.mark.parametrize("transport", ["obfuscated", "plain"])
def test_a_data_centre_proves_the_key_of_the_labs_target_file(
    honest: Running, transport: str
) -> None:
    overrides = write_overrides(Path(honest.config.workdir), load())
    for keys, proof in (
        (load(overrides, allowed=EVERYTHING).service("telegram").keys, Proof.CRYPTO),
        (load().service("telegram").keys, Proof.NONCE),  # the real key is nobody's here
    ):
        world = system_world(1)
        ctx = StepContext(
            world=world, transaction=1, deadline=world.now() + 10, keys={"telegram": keys}
        )
        flow = Flow(address=DC2, port=443, options=(("transport", transport),))
        task = task_of("mtproto", flow, subject="telegram")
        asyncio.run(MtprotoCheck().run(ctx, task))
        (seen,) = [o for o in ctx.recorder.observations if isinstance(o, ProtocolObservation)]
        assert (seen.proof, seen.failure is None) == (proof, proof is Proof.CRYPTO)


def test_a_data_centre_repeats_itself_and_refuses_garbage(honest: Running) -> None:
    with dial(DC2, 443) as sock:
        for _ in range(3):
            message = client.req_pq()
            first = b"" if _ else b"\xee" * 4
            sock.sendall(first + len(message).to_bytes(4, "little") + message)
            reply = client.exactly(sock, int.from_bytes(client.exactly(sock, 4), "little"))
            assert client.is_res_pq(reply)
        sock.sendall((24).to_bytes(4, "little") + bytes(range(1, 25)))
        assert client.exactly(sock, 8) == b"\x04\0\0\0" + (-404).to_bytes(4, "little", signed=True)
        assert sock.recv(1) == b""
    with dial(DC2, 443) as sock:
        sock.sendall(b"\x07" + os.urandom(3) + b"\x01" + os.urandom(59))
        assert client.exactly(sock, 8)[4:] == (-404).to_bytes(4, "little", signed=True)


def test_a_data_centre_over_http_is_an_old_nginx_with_mtproto_behind_it(honest: Running) -> None:
    for port in (80, 443):
        status, headers, body = client.plain(DC2, "web.telegram.org", port=port)
        assert (status, headers["server"]) == (404, "nginx/0.3.33")
        assert b"<center>nginx/0.3.33</center>" in body
    with dial(DC2, 80) as sock:
        assert client.is_res_pq(client.get(sock, "", "/api", "POST", client.req_pq())[2])


@pytest.mark.parametrize("host", ["g.whatsapp.net", "e1.whatsapp.net", "e16.whatsapp.net"])
def test_chat_hosts_answer_with_a_server_hello(honest: Running, host: str) -> None:
    for address in (*addresses(honest.config)[host][0], *addresses(honest.config)[host][1]):
        for port in (443, 5222):
            with dial(address, port) as sock:
                body = client.noise(sock)
            # HandshakeMessage{serverHello=3{ephemeral=1 of 32 octets, static=2 of 48, ...}}
            assert body[0] == 0x1A
            inner = body[3:] if body[1] & 0x80 else body[2:]
            assert inner[:2] == b"\x0a\x20"
            assert inner[34:36] == b"\x12\x30"


def test_names_resolve_over_udp_tcp_and_doh(honest: Running) -> None:
    known = addresses(honest.config)
    for name in ("web.whatsapp.com", "chat.signal.org", "egov.kz", "dns.google"):
        for at in ("10.77.0.53", "8.8.8.8", "2001:4860:4860::8888"):
            assert found(ask(name, at=at)) == set(known[name][0])
            assert found(ask(name, "AAAA", at=at, tcp=True)) == set(known[name][1])
        for host in ("dns.google", "cloudflare-dns.com", "unfiltered.adguard-dns.com"):
            query = dns.message.make_query(name, "A").to_wire()
            with client.tls(honest.where(host), host, honest.trust) as shown:
                got = client.get(shown.sock, host, "/dns-query", "POST", query)
            assert got[1]["content-type"] == "application/dns-message"
            assert found(dns.message.from_wire(got[2])) == set(known[name][0])


def test_resolvers_know_aliases_beacons_and_what_does_not_exist(honest: Running) -> None:
    aliases = [r for r in ask("web.whatsapp.com").answer if r.rdtype.name == "CNAME"]
    assert [one[0].to_text() for one in aliases] == ["mmx-ds.cdn.whatsapp.net."]
    assert found(ask("uptime.signal.org")) == {"127.0.0.1"}
    assert rcode(ask("no-such-name.example")) == "NXDOMAIN"
    empty = ask("whatsapp.net")
    assert (rcode(empty), empty.answer) == ("NOERROR", [])
    assert found(ask("doubleclick.net", at="94.140.14.14")) == {"0.0.0.0"}
    assert "0.0.0.0" not in found(ask("doubleclick.net"))


def test_who_runs_no_resolver_keeps_silent(honest: Running) -> None:
    for address in load().controls.silent:
        with pytest.raises(dns.exception.Timeout):
            ask("web.whatsapp.com", at=address, timeout=0.2)


def test_sentinels_say_exactly_their_words(honest: Running) -> None:
    for sentinel in load().controls.sentinels:
        address = honest.where(sentinel.host)
        status, _, body = client.plain(address, sentinel.host, sentinel.path)
        assert (status, body.decode().strip()) == (sentinel.status, sentinel.body)
    status, headers, _ = client.plain(WEB_TELEGRAM, "t.me", "/x")
    assert (status, headers["location"]) == (301, "https://t.me/x")
    assert client.plain(WEB_TELEGRAM, "web.whatsapp.com")[0] == 404


def test_closed_ports_refuse_and_holes_accept(honest: Running) -> None:
    for address, port in ((WEB_TELEGRAM, 5222), (DC2, 22), ("203.0.113.77", 443)):
        with pytest.raises(ConnectionRefusedError):
            dial(address, port)
    for port in load().controls.holes:
        dial("209.51.188.116", port).close()


def test_the_registry_has_networks_enough(honest: Running) -> None:
    catalogue, known = load(), addresses(honest.config)
    for service in (one for one in catalogue.services if one.core):
        for function in {pool.function for pool in service.pools}:
            pools = {pool.name for pool in service.pools if pool.function is function}
            names = {
                e.host or f"{service.name}/{e.member}" for e in service.endpoints if e.pool in pools
            }
            four = [one for name in names for one in known[name][0]]
            assert len({ip_network(f"{one}/24", strict=False) for one in four}) >= 2, function
    abroad = [honest.where(site.host) for site in catalogue.controls.abroad]
    assert len({ip_network(f"{one}/16", strict=False) for one in abroad}) == len(abroad)
    living = set(known_addresses(honest.config))
    assert {a for four, six in known.values() for a in (*four, *six)} <= living
    telegram = [known[h][1] for h in ("api.telegram.org", "td.telegram.org", "t.me")]
    assert all(telegram)
    narrow = replace(honest.config, ipv6=False)
    assert not [one for one in known_addresses(narrow) if ":" in one]


def test_garbage_harms_nobody(honest: Running) -> None:
    directory = build(honest.config)
    for number, place in enumerate(directory.places.values()):
        for port in (*directory.open_ports(place), 10443, 10080):
            with dial(place.address, port) as sock:
                sock.settimeout(0.2)
                try:
                    sock.sendall(
                        (b"\x16\x03\x01\x00\x05hello", b"GET \r\n\r\n", os.urandom(80))[number % 3]
                    )
                except OSError:
                    continue
    with client.tls("8.8.8.8", "dns.google", honest.trust):
        pass
