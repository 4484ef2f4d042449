"""The services beyond the core ones: what their target files rest on, fact by fact."""

import ssl
import struct
from xml.etree import ElementTree as ET

import pytest

from msgprobe.catalog.loader import Catalogue, everything, load, select
from msgprobe.checks.registry import examiner, promise, registry
from msgprobe.model.observation import Proof
from msgprobe.model.target import Function, Trust
from msgprobe.steps.dialogue import Hear, Say, Secure, parse
from tests.lab.world.dialogue import texts

CHECKS = registry()
MORE = {
    # service: the function that decides, and hosts that its description names
    "bip": ("text", {"tims.turkcell.com.tr", "bip.com"}),
    "deltachat": ("text", {"nine.testrun.org"}),
    "discord": ("text", {"gateway.discord.gg", "discord.com", "cdn.discordapp.com"}),
    "imessage": ("text", {"1-courier.push.apple.com", "init.push.apple.com"}),
    "imo": ("web", {"imo.im"}),
    "instagram": ("text", {"web-chat-e2ee.instagram.com"}),
    "kakaotalk": (
        "text",
        {"booking-loco.kakao.com", "ticket-loco.kakao.com", "accounts.kakao.com"},
    ),
    "line": ("text", {"legy.line-apps.com", "gf.line.naver.jp", "obs.line-apps.com"}),
    "mastodon": ("text", {"mastodon.social"}),
    "matrix": ("text", {"matrix-client.matrix.org", "matrix.org", "app.element.io"}),
    "max": ("text", {"ws-api.oneme.ru", "web.max.ru"}),
    "meet": (
        "text",
        {"mtalk.google.com", "alt1-mtalk.google.com", "chat.google.com", "meet.google.com"},
    ),
    "snapchat": (
        "text",
        {"gcp.api.snapchat.com", "us-central1-gcp.api.snapchat.com", "cf-st.sc-cdn.net"},
    ),
    "viber": ("text", {"aloha.viber.com", "account.viber.com", "www.viber.com"}),
    "vk": ("text", {"api.vk.ru", "login.vk.ru", "vk.ru", "api.vk.com", "vk.com"}),
    "wire": ("text", {"prod-nginz-https.wire.com", "app.wire.com"}),
    "x": ("text", {"api.x.com", "x.com", "abs.twimg.com"}),
    "xmpp": ("text", {"xmpp.conversations.im", "jabber.ru", "xmpp.jp"}),
    "zalo": ("text", {"wpa.chat.zalo.me", "id.zalo.me", "chat.zalo.me"}),
    "zoom": ("web", {"zoom.us"}),
}


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load(known_checks=tuple(CHECKS), examine=examiner(CHECKS))


@pytest.mark.parametrize("name", sorted(MORE))
def test_more_services_are_measured_when_named(shipped: Catalogue, name: str) -> None:
    primary, wanted = MORE[name]
    service = shipped.service(name)
    assert (service.primary.value, service.core) == (primary, False)
    assert wanted <= {e.host for e in service.endpoints}
    # Nobody needs an account to be told apart from nothing: each has something that is proved.
    prove = promise(CHECKS)
    proofs = {prove(service, e) for e in service.endpoints}
    assert Proof.CRYPTO in proofs and None not in proofs
    # Calls are for UDP: without a pool the file says why, or leaves them to be added.
    tested = {pool.function for pool in service.pools}
    excused = {function for function, _ in service.untestable}
    assert not tested & excused and Function.TEXT in tested | excused


def test_only_an_open_port_is_all_that_viber_shows_and_it_says_so(shipped: Catalogue) -> None:
    viber = shipped.service("viber")
    chat = [e for e in viber.endpoints if e.pool == "chat"]
    assert [(e.check, e.port, e.reserve) for e in chat] == [
        ("connect", 5242, False),
        ("connect", 4244, True),
    ]
    assert viber.pool("chat").caveat
    weak = [
        (service.name, e.pool)
        for service in shipped.services
        for e in service.endpoints
        if (proof := promise(CHECKS)(service, e)) is not None
        and proof < Proof.NONCE
        and not service.pool(e.pool).caveat
    ]
    assert weak == []


def test_xmpp_is_proved_by_the_certificate_of_the_users_domain(shipped: Catalogue) -> None:
    ways = [e for e in shipped.service("xmpp").endpoints if e.check == "dialogue"]
    plain = {e.option("domain") or e.host for e in ways if e.option("transport") is None}
    assert plain == {"conversations.im", "jabber.org", "jabber.ru", "xmpp.jp"}
    ports = {(e.host, e.port) for e in ways if e.pool == "starttls" and e.spare}
    assert ports == {("xmpps.conversations.im", 80), ("allports.jabber.ru", 443)}
    for way in ways:
        lines = parse((way.option("script") or "").replace("{domain}", "example.org"))
        turns = [line for line in lines if isinstance(line, Secure)]
        assert len(turns) == (1 if way.option("transport") is None else 0)
        assert way.spare or way.port == (5222 if turns else 443)
        for line in lines:
            if isinstance(line, Say) and line.data.startswith(b"<?xml"):
                stream = ET.fromstring(line.data + b"</stream:stream>")
                assert stream.tag == "{http://etherx.jabber.org/streams}stream"
                assert (stream.get("to"), stream.get("version")) == ("example.org", "1.0")


def test_kakaotalks_question_is_the_packet_of_its_clients(shipped: Catalogue) -> None:
    ticket = [e for e in shipped.service("kakaotalk").endpoints if e.pool == "ticket"]
    assert [(e.check, e.port, e.reserve) for e in ticket] == [
        ("connect", 995, False),
        ("connect", 443, True),
    ]
    assert shipped.service("kakaotalk").pool("ticket").caveat
    (way,) = [e for e in shipped.service("kakaotalk").endpoints if e.check == "dialogue"]
    asked, heard = parse(way.option("script") or "")
    assert isinstance(asked, Say) and isinstance(heard, Hear)
    number, status, method, kind, size = struct.unpack("<IH11sBI", asked.data[:22])
    assert (status, method, kind, size) == (0, b"GETCONF\0\0\0\0", 0, len(asked.data) - 22)
    assert texts(asked.data[22:]) == {"MCCMNC": "999", "model": "", "os": "win32"}
    assert heard.anchored
    assert heard.parts == (struct.pack("<IH", number, 0) + b"GETCONF",)


def test_conversations_in_websockets_are_those_of_the_web_clients(shipped: Catalogue) -> None:
    ways = {
        f"wss://{e.host}{e.path}": e
        for service in shipped.services
        for e in service.endpoints
        if e.check == "dialogue" and e.option("transport") == "websocket"
    }
    gateway = ways["wss://gateway.discord.gg/?v=10&encoding=json"]
    hello = b'{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}'
    (line,) = parse(gateway.option("script") or "")
    assert isinstance(line, Hear) and line.end(hello) is not None
    assert line.end(b'{"t":null,"s":null,"op":9,"d":false}') is None
    # What is said in the others is not known any more, or to nobody without a login.
    others = {url: e.option("origin") for url, e in ways.items() if not e.option("script")}
    assert others == {
        "wss://ws-api.oneme.ru/websocket": "https://web.max.ru",
        "wss://api.oneme.ru/websocket": "https://web.max.ru",
        "wss://aws.duplex.snapchat.com/snapchat.gateway.Gateway/WebSocketConnect": (
            "https://www.snapchat.com"
        ),
    }


def test_old_names_are_asked_only_where_the_new_ones_fail(shipped: Catalogue) -> None:
    spare = {
        name: {e.host for e in shipped.service(name).endpoints if e.spare}
        for name in ("vk", "threema", "meet")
    }
    assert spare == {
        "vk": {"api.vk.com", "login.vk.com", "vk.com"},
        "threema": {"web.threema.ch"},
        "meet": {"alt1-mtalk.google.com"},
    }


def test_only_servers_where_apps_make_queues_and_leave_files_stand_for_simplex(
    shipped: Catalogue,
) -> None:
    simplex = shipped.service("simplex")
    asked = {(p.name, p.sample, p.ok_at) for p in simplex.pools if p.function is not Function.WEB}
    assert asked == {("smp", 6, 4), ("xftp", 3, 2)}
    ways = [e for e in simplex.endpoints if e.pool != "web"]
    assert all((e.host or "").endswith(".simplex.im") for e in ways)


def test_session_is_measured_only_by_its_name_and_says_why(shipped: Catalogue) -> None:
    free, left = everything(shipped)
    assert [service.name for service in left] == ["session"]
    assert {*free, *left} == {*shipped.services} and not {*free} & {*left}
    session = select(shipped, ["session"])[0]
    assert "alarm" in session.warning
    stun = {(e.host, e.check) for e in session.endpoints if e.pool == "stun"}
    names = ("angus", "hereford", "holstein", "brahman", "freyr")
    assert stun == {(f"{name}.getsession.org", "stun") for name in names}
    assert session.pool("stun").ok_at == 1 and session.pool("stun").caveat


def test_apples_push_is_trusted_by_apples_root_alone(shipped: Catalogue) -> None:
    apple = shipped.service("imessage")
    (root,) = apple.roots
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root.pem)
    assert "Apple Root CA" in str(context.get_ca_certs()[0]["subject"])
    ways = [e for e in apple.endpoints if e.pool == "courier"]
    assert {(e.trust, e.port, e.reserve) for e in ways} == {
        (Trust.PINNED, 5223, False),
        (Trust.PINNED, 443, True),
    }
    options = {(e.option("alpn"), e.option("domain"), e.option("script")) for e in ways}
    assert options == {("apns-security-v3", "courier.push.apple.com", None)}


def test_what_is_expected_over_http_is_what_the_descriptions_say(shipped: Catalogue) -> None:
    def way(service: str, name: str) -> tuple[str, str | None, str | None]:
        found = shipped.service(service).endpoint(name)
        return f"{found.host}{found.path}", found.expect_text, found.option("header")

    assert way("discord", "api-443") == (
        "discord.com/api/v10/gateway",
        "wss://gateway.discord.gg",
        None,
    )
    assert way("matrix", "matrix-org-443")[:2] == (
        "matrix-client.matrix.org/_matrix/client/versions",
        "versions",
    )
    assert way("wire", "api-443")[0] == "prod-nginz-https.wire.com/api-version"
    assert way("mastodon", "instance-443")[0] == "mastodon.social/api/v2/instance"
    assert way("zalo", "wpa-443")[1] == "error_code"
    assert way("zoom", "zoom-443")[2] == "x-zm-trackingid"
    assert way("signal", "chat-443")[2] == "X-Signal-Timestamp"
    login = shipped.service("zalo").endpoint("id-443")
    assert (login.path, login.option("method")) == ("/account/logininfo", "POST")
