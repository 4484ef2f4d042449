"""Shared addresses, strict servers, relays, aliases of nothing, long bodies, servers with airs."""

import ssl
from collections.abc import Iterator

import pytest

from tests.lab.world.config import ExtraHost, HostPolicy, WorldConfig, lying
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import Running, ask, dial, found, rcode

CDN = ("104.18.30.60", "172.64.160.60")
RELAY, STALE = "185.79.0.20", "157.240.77.77"
TENANTS = ("updates.signal.org", "web.whatsapp.com", "www.facebook.com")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = WorldConfig(
        workdir=str(tmp_path_factory.mktemp("shared")),
        moved=((TENANTS, CDN),),
        strict_names=True,
        everywhere=(("cdsi.signal.org", "dangling"),),
        extra=(
            ExtraHost(
                name="relay.example", addresses=(RELAY,), ports=((443, "relay"), (80, "relay"))
            ),
            ExtraHost(name="v.whatsapp.net", addresses=(STALE,)),
        ),
        resolvers=(lying("telegram.org", action=f"answer:{RELAY}"),),
        hosts=(
            HostPolicy(names=("=web.telegram.org",), body_bytes=3_000_001),
            HostPolicy(names=("=e1.whatsapp.net",), chat="turns_away"),
        ),
    )
    with client.running(config) as world:
        yield world


def test_tenants_live_at_the_same_addresses_and_nowhere_else(shared: Running) -> None:
    for name in TENANTS:
        assert found(ask(name, at="8.8.8.8")) == set(CDN)
        for address in CDN:
            with client.tls(address, name, shared.trust) as shown:
                assert shown.names == [name]
                assert client.get(shown.sock, name, "/robots.txt")[0] in (200, 403)


def test_strict_servers_know_their_own_names_alone(shared: Running) -> None:
    for address in (CDN[0], shared.where("graph.facebook.com"), "208.80.154.224"):
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"), client.tls(address, "x.example"):
            pass
        with client.tls(address, None) as shown:  # who names nobody gets the default
            assert shown.names
    with client.tls("209.51.188.116", "x.example") as shown:  # known to answer any name
        assert shown.names == ["www.gnu.org"]


def test_a_relay_hands_all_on_to_whom_it_is_told(shared: Running) -> None:
    assert found(ask("web.telegram.org")) == {RELAY}
    assert RELAY not in found(ask("web.telegram.org", at="8.8.8.8"))
    with client.tls(RELAY, "t.me", shared.trust) as shown:
        assert client.get(shown.sock, "t.me", "/robots.txt")[0] == 200
    assert client.plain(RELAY, "t.me")[0] == 301
    with pytest.raises(OSError), client.tls(RELAY, "nobody.example"):
        pass


def test_an_alias_of_nothing(shared: Running) -> None:
    for kind in ("A", "AAAA"):
        said = ask("cdsi.signal.org", kind, at="9.9.9.9")
        assert rcode(said) == "NOERROR"
        assert [r.to_text() for s in said.answer for r in s] == ["gone.cdsi.signal.org."]


def test_a_body_of_any_length(shared: Running) -> None:
    with client.tls("149.154.167.99", "web.telegram.org", shared.trust) as shown:
        status, headers, body = client.get(shown.sock, "web.telegram.org", "/robots.txt")
    assert (status, len(body)) == (200, 3_000_001)
    assert headers["content-length"] == "3000001"


def test_a_known_host_may_have_an_address_more(shared: Running) -> None:
    assert STALE in found(ask("v.whatsapp.net", at="8.8.8.8"))
    with client.tls(STALE, "v.whatsapp.net", shared.trust) as shown:
        assert shown.names == ["v.whatsapp.net"]


def test_a_chat_server_that_turns_strangers_away(shared: Running) -> None:
    with dial(shared.where("e1.whatsapp.net"), 443) as sock, pytest.raises(ConnectionResetError):
        client.noise(sock)
    for said in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",):
        with dial(shared.where("e1.whatsapp.net"), 443) as sock:
            sock.sendall(said)
            assert sock.recv(100) == b""  # closed, as every chat server does
    with dial(shared.where("g.whatsapp.net"), 443) as sock:
        assert client.noise(sock)
