"""The shipped target files hold the facts that the product rests on."""

import base64
import ipaddress
import ssl
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from msgprobe.catalog import service as reader
from msgprobe.catalog.loader import Catalogue, load, select
from msgprobe.catalog.row import row_of
from msgprobe.checks.keys import octets
from msgprobe.checks.registry import examiner, registry
from msgprobe.model.control import Guess, Site
from msgprobe.model.run import Request
from msgprobe.model.target import Direction, Endpoint, Function, Service, Trust
from msgprobe.model.task import Flow
from msgprobe.planning.controls import chosen_sentinels, chosen_sites
from msgprobe.planning.fairness import fitted
from msgprobe.planning.public_resolvers import doh_resolvers
from msgprobe.steps.links import Search
from msgprobe.wire import mtproto_proof

CHECKS = registry()
DCS = {  # the built-in addresses of tdesktop, TDLib and Telegram for Android
    "dc1": {"149.154.175.50", "2001:b28:f23d:f001::a"},
    "dc2": {"149.154.167.51", "95.161.76.100", "2001:67c:4e8:f002::a"},
    "dc3": {"149.154.175.100", "2001:b28:f23d:f003::a"},
    "dc4": {"149.154.167.91", "2001:67c:4e8:f004::a"},
    "dc5": {"149.154.171.5", "91.108.56.100", "2001:b28:f23f:f005::a"},  # gotd/td dcs/prod.go
}


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load(known_checks=tuple(CHECKS), examine=examiner(CHECKS))


def hosts(service: Service, function: Function) -> set[str]:
    pools = {pool.name for pool in service.pools if pool.function is function}
    return {e.host for e in service.endpoints if e.pool in pools and e.host is not None}


def test_what_is_known_of_a_service_before_it_is_asked_for_is_true(shipped: Catalogue) -> None:
    rows = shipped.rows.values()
    known = [one for one in rows if replace(row_of(one.service()), service=one.service) == one]
    assert len(known) == len(rows) > 20
    assert [one.service() for one in rows] == list(shipped.services)


def test_only_what_is_asked_for_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    understood: list[Service] = []
    read = reader.read_service

    def reading(*given: Any) -> Service:
        understood.append(read(*given))
        return understood[-1]

    monkeypatch.setattr(reader, "read_service", reading)
    catalogue = load()
    assert understood == []
    assert select(catalogue, []) == select(catalogue, []) == tuple(understood)
    assert [one.name for one in understood] == [one.name for one in catalogue.services if one.core]


def test_the_four_core_services_are_shipped(shipped: Catalogue) -> None:
    core = {service.name for service in shipped.services if service.core}
    assert core == {"whatsapp", "telegram", "signal", "messenger"}
    assert all(s.primary is Function.TEXT for s in shipped.services if s.core)


@pytest.mark.parametrize("member", sorted(DCS))
def test_every_telegram_dc_has_all_addresses_on_three_ports(
    shipped: Catalogue, member: str
) -> None:
    ways = [e for e in shipped.service("telegram").endpoints if e.member == member]
    assert {(e.addresses, e.port) for e in ways} == {
        ((address,), port) for address in DCS[member] for port in (443, 80, 5222)
    }
    assert all(e.check == "mtproto" and e.option("dc") == member[2:] for e in ways)
    main = {e.name for e in ways if not e.reserve}
    assert main == {f"{member}-443-v4", f"{member}-443-v6"}


def test_telegram_needs_all_five_dcs_and_knows_cdn_web_api_and_downloads(
    shipped: Catalogue,
) -> None:
    telegram = shipped.service("telegram")
    assert telegram.pool("dc").ok_at == 5
    assert telegram.endpoint("dc203-443-v4").addresses == ("91.105.192.100",)
    assert telegram.endpoint("dc203-443-v6").addresses == ("2a0a:f280:203:a:5000::100",)
    web = hosts(telegram, Function.WEB)
    assert {"web.telegram.org", "telegram.org", "t.me", "api.telegram.org"} <= web
    assert {"td.telegram.org", "pluto.web.telegram.org", "flora.web.telegram.org"} <= web
    nets = [ipaddress.ip_network(p) for p in telegram.prefixes]
    for address in set().union(*DCS.values()):
        assert any(ipaddress.ip_address(address) in net for net in nets), address


def test_web_clients_sockets_speak_mtproto_to_the_data_centre_of_their_name(
    shipped: Catalogue,
) -> None:
    # core.telegram.org/mtproto/transports; gotd/td telegram/dcs/websocket.go
    names = {"pluto": "1", "venus": "2", "aurora": "3", "vesta": "4", "flora": "5"}
    names |= {f"kws{n}": f"{n}" for n in range(1, 6)}  # morethanwords/tweb dcConfigurator.ts
    telegram = shipped.service("telegram")
    sockets = {e.member: e for e in telegram.endpoints if e.pool == "web-dc"}
    assert {m: e.option("dc") for m, e in sockets.items()} == names
    for member, one in sockets.items():
        assert (one.check, one.host) == ("mtproto", f"{member}.web.telegram.org")
        assert (one.path, one.option("transport")) == ("/apiws", "websocket")
    assert {m for m, e in sockets.items() if e.spare} == {f"kws{n}" for n in range(1, 6)}
    pool = telegram.pool("web-dc")
    assert (pool.sample, pool.ok_at) == (2, 2)


def test_data_centres_give_a_small_transfer_of_their_own(shipped: Catalogue) -> None:
    (asset,) = [a for a in shipped.service("telegram").assets if a.pool is not None]
    assert (asset.pool, asset.function, asset.host) == ("dc", Function.TEXT, "")


def test_signal_and_messenger_are_spoken_to_in_their_own_words(shipped: Catalogue) -> None:
    signal = {e.member: e for e in shipped.service("signal").endpoints}
    # WhisperServerService.java; libsignal rust/net/src/env.rs
    first = signal["provisioning"]
    assert (first.check, first.host) == ("signal", "chat.signal.org")
    assert first.path == "/v1/websocket/provisioning/"
    assert signal["grpc-chat"].check == "http2"
    assert signal["grpc-chat"].option("header") == "X-Signal-Timestamp"
    (edge,) = [e for e in shipped.service("messenger").endpoints if e.pool == "edge"]
    assert (edge.check, edge.host, edge.port) == ("mqtt", "edge-mqtt.facebook.com", 443)


def test_noise_is_checked_against_whatsapps_root_key_wherever_it_is_spoken(
    shipped: Catalogue,
) -> None:
    # WACertPubKey of tulir/whatsmeow handshake.go; Messenger's sockets have the same root.
    root = "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b"
    ways = [e for s in shipped.services for e in s.endpoints if e.check == "noise"]
    assert {e.option("root_key") for e in ways} == {root}
    inside = {(e.host, e.path, e.option("origin")) for e in ways if e.option("transport")}
    assert inside == {
        ("web.whatsapp.com", "/ws/chat", "https://web.whatsapp.com"),
        ("web-chat-e2ee.facebook.com", "/ws/chat", "https://www.facebook.com"),
        ("web-chat-e2ee.instagram.com", "/ws/chat", "https://www.instagram.com"),
    }


def test_whatsapp_has_seventeen_chat_hosts_of_which_g_and_e1_are_always_tried(
    shipped: Catalogue,
) -> None:
    whatsapp = shipped.service("whatsapp")
    chat = [e for e in whatsapp.endpoints if e.pool == "chat"]
    names = {"g", *(f"e{n}" for n in range(1, 17))}
    usual = {(e.host, e.port, e.reserve) for e in chat if not e.spare and e.port != 80}
    assert usual == {
        (f"{name}.whatsapp.net", port, port != 443) for name in names for port in (443, 5222)
    }
    assert {(e.host, e.reserve) for e in chat if e.port == 80} == {
        ("g.whatsapp.net", True),
        ("g-fallback.whatsapp.net", True),
    }
    assert {e.host for e in chat if e.spare} == {
        f"{name}.whatsapp.net" for name in ("g-fallback", "chat.cdn", "chat-fallback.cdn")
    }
    # ooni/explorer, ooni/backend: recorded in 2022; they acquit an answer, as prefixes would not
    amazon = {"15.197.206.217", "15.197.210.208", "3.33.221.48", "3.33.252.61"}
    assert all(set(e.addresses) == amazon for e in chat if e.member[0] == "e")
    nets = [ipaddress.ip_network(p) for p in whatsapp.prefixes]
    assert not any(ipaddress.ip_address(a) in net for a in amazon for net in nets)
    assert {e.name for e in chat if e.always} == {"g-443", "e1-443"}
    assert whatsapp.pool("chat").sample == 4
    assert hosts(whatsapp, Function.SIGNUP) == {"v.whatsapp.net"}
    assert "mmg.whatsapp.net" in hosts(whatsapp, Function.MEDIA)


def test_signal_is_trusted_by_its_own_roots_where_that_is_certain(shipped: Catalogue) -> None:
    signal = shipped.service("signal")
    by_trust: dict[Trust, set[str | None]] = defaultdict(set)
    for endpoint in signal.endpoints:
        if endpoint.check != "stun":  # which shows no certificates
            by_trust[endpoint.trust].add(endpoint.host)
    assert by_trust[Trust.PINNED] == {
        "chat.signal.org",
        "grpc.chat.signal.org",
        "cdsi.signal.org",
        "svr2.signal.org",
        "svrb.signal.org",
    }
    assert by_trust[Trust.PUBLIC] == {"updates.signal.org"}
    assert "sfu.voip.signal.org" in by_trust[Trust.EITHER]
    beacon = signal.beacon
    assert beacon is not None
    assert (beacon.host, beacon.up, beacon.down) == (
        "uptime.signal.org",
        ("127.0.0.1",),
        ("127.0.0.2",),
    )


def test_signals_group_calls_are_asked_where_something_else_than_503_is_due(
    shipped: Catalogue,
) -> None:
    # signalapp/Signal-Calling-Service frontend/src/api.rs: unknown_request_handler answers 503
    sfu = shipped.service("signal").endpoint("sfu-443")
    assert (sfu.path, sfu.expect_status) == ("/v2/conference/participants", (401,))


def test_each_core_service_moves_media_and_web_down_and_something_up(shipped: Catalogue) -> None:
    for name in ("telegram", "whatsapp", "messenger", "signal"):
        assets = [a for a in shipped.service(name).assets if a.pool is None]
        down = {a.function for a in assets if a.direction is Direction.DOWN}
        assert down == {Function.MEDIA, Function.WEB}, name
        assert any(a.direction is Direction.UP for a in assets), name


@pytest.mark.parametrize(
    ("service", "link", "path"),
    [
        (
            "telegram",
            "<i style=\"background-image:url('https://cdn4.telesco.pe/file/Ab_-9.jpg')\">",
            "/file/Ab_-9.jpg",
        ),
        (
            "whatsapp",
            '<script src="https://static.whatsapp.net/rsrc.php/v4/yq/r/53qt.js?_nc_x=Ij3wp8"',
            "/rsrc.php/v4/yq/r/53qt.js",
        ),
        (
            "messenger",
            '{"src":"https:\\/\\/static.xx.fbcdn.net\\/rsrc.php\\/v4iA\\/yq\\/l\\/en_US\\/x.js"}',
            "/rsrc.php/v4iA/yq/l/en_US/x.js",
        ),
    ],
)
def test_links_are_found_as_the_pages_write_them(
    shipped: Catalogue, service: str, link: str, path: str
) -> None:
    asset = next(a for a in shipped.service(service).assets if a.page_host is not None)
    assert asset.find is not None and asset.page_host is not None
    search = Search(pattern=asset.find, page_host=asset.page_host, path=asset.path, host=asset.host)
    assert search.found(link.encode()) == (path,)


def test_telegrams_keys_are_those_that_published_clients_name(shipped: Catalogue) -> None:
    keys = shipped.service("telegram").keys
    # td/telegram/net/PublicRsaKeySharedMain.cpp, telethon/crypto/rsa.py
    assert [key.fingerprint for key in keys if not key.old_padding] == ["d09d1d85de64fd85"]
    assert {key.fingerprint for key in keys if key.old_padding} == {
        *("0bc35f3509f7b7a5", "15ae5fa8b5529542", "aeae98e13cd7f94f", "5a181b2235057d98"),
        *("c3b42b026ce86b21", "9a996a1db11c729b", "b05b2a6f70cdea78", "71e025b6c76033e3"),
    }
    assert keys[0].fingerprint == "d09d1d85de64fd85"
    for key in keys:
        modulus = int(key.modulus, 16)
        assert (modulus.bit_length(), key.exponent) == (2048, 65537)
        assert mtproto_proof.fingerprint(modulus, key.exponent) == int(key.fingerprint, 16)


PRESETS = {
    # simplex-chat src/Simplex/Chat/Operators/Presets.hs, simplexmq src/Simplex/FileTransfer/Client/
    # Presets.hs; the first and the last of each kind
    "smp8.simplex.im": "0YuTwO05YJWS8rkjn9eLJDjQhFKvIYd8d4xG8X1blIU=",
    "smp19.simplex.im": "N_McQS3F9TGoh4ER0QstUf55kGnNSd-wXfNPZ7HukcM=",
    "xftp1.simplex.im": "da1aH3nOT-9G8lV7bWamhxpDYdJ1xmW7j3JpGaDR5Ug=",
    "xftp6.simplex.im": "6nSvtY9pJn6PXWTAIMNl95E1Kk1vD7FM2TeOA64CFLg=",
}


def test_simplex_servers_are_known_by_the_hash_in_their_addresses(shipped: Catalogue) -> None:
    ways = [e for e in shipped.service("simplex").endpoints if e.trust is Trust.HASH]
    assert {e.check for e in ways} == {"smp", "tls"}
    assert {e.port for e in ways if e.check == "smp"} == {5223, 443}
    assert all(e.option("alpn") == "xftp/1" for e in ways if e.check == "tls")
    assert len({e.certificate_sha256 for e in ways}) == len({e.member for e in ways}) == 17
    for host, hashed in PRESETS.items():
        found = {e.certificate_sha256 for e in ways if e.host == host}
        assert found == {(base64.urlsafe_b64decode(hashed).hex(),)}


def test_session_seeds_are_known_by_their_own_certificates(shipped: Catalogue) -> None:
    seeds = {e.member: e for e in shipped.service("session").endpoints if e.trust is Trust.HASH}
    assert {(e.host, e.port) for e in seeds.values()} == {
        (f"seed{n}.getsession.org", 4443) for n in (1, 2, 3)
    }
    assert {name: e.certificate_sha256[0][:8] for name, e in seeds.items()} == {
        "seed1": "36ea0b25",
        "seed2": "c5908dd4",
        "seed3": "8a0af2c7",
    }


def test_threema_and_wechat_are_checked_with_their_own_keys(shipped: Catalogue) -> None:
    chat = [e for e in shipped.service("threema").endpoints if e.check == "threema"]
    assert {e.port for e in chat if not e.reserve} == {5222} and {e.port for e in chat} == {
        5222,
        443,
    }
    (keys,) = {octets(flow(e), "server_keys", 32) for e in chat}
    assert [key.hex()[:8] for key in keys] == ["450b9757", "da7c7379"]
    long = [e for e in shipped.service("wechat").endpoints if e.check == "mmtls"]
    assert {e.host for e in long} == {
        "uslong1.wechat.com",
        *(f"{name}.weixin.qq.com" for name in ("szlong", "hklong", "long")),
    }
    assert {e.port for e in long} == {443, 8080, 80}
    for endpoint in long:
        for key in octets(flow(endpoint), "server_keys", 65):
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)


def test_tors_authorities_are_nine_relays_with_a_fingerprint_each(shipped: Catalogue) -> None:
    ways = [e for e in shipped.service("tor").endpoints if e.check == "tor"]
    assert len({e.member for e in ways}) == 9
    assert {len(octets(flow(e), "fingerprint", 20)) for e in ways} == {1}
    assert len({e.option("fingerprint") for e in ways}) == 9
    assert shipped.service("tor").pool("authorities").ok_at == 3
    ports = {e.member: e.port for e in ways}
    assert (ports["moria1"], ports["maatuska"], ports["bastet"]) == (9201, 80, 443)
    # The three whose identities are new: tor-targets.json in ooni/backend, 2026-08-20
    new = {e.member: (e.addresses[0], (e.option("fingerprint") or "")[:8]) for e in ways[::-1]}
    assert new["moria1"] == ("128.31.0.39", "1a25c635")
    assert new["tor26"] == ("217.196.147.77", "faa4bca4")
    assert new["faravahar"] == ("216.218.219.41", "e3e42d35")


def flow(endpoint: Endpoint) -> Flow:
    return Flow(address="192.0.2.1", port=endpoint.port, options=endpoint.options)


def test_both_signal_roots_load_into_openssl(shipped: Catalogue) -> None:
    roots = shipped.service("signal").roots
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata="".join(root.pem for root in roots))
    assert ["Signal Messenger" in str(ca["subject"]) for ca in context.get_ca_certs()] == [True] * 2
    assert {root.sha256[:8] for root in roots} == {"ddb0f92b", "2642f1f9"}


def test_every_fact_has_a_source_and_a_date(shipped: Catalogue) -> None:
    facts = [e.provenance for s in shipped.services for e in s.endpoints]
    facts += [r.provenance for s in shipped.services for r in s.roots]
    facts += [k.provenance for s in shipped.services for k in s.keys]
    everywhere = load(country="KZ").controls
    facts += [site.provenance for site in everywhere.sites]
    facts += [resolver.provenance for resolver in everywhere.resolvers]
    facts += [sentinel.provenance for sentinel in everywhere.sentinels]
    assert all(fact.source and "2022-01" < fact.date < "2027" for fact in facts)


COUNTRIES_WITH_SITES = ("BY", "CN", "IR", "KZ", "MM", "PK", "RU", "TM", "TR", "UZ")


def networks(sites: tuple[Site, ...]) -> set[str]:
    return {site.network for site in sites}


def test_neutral_sites_are_in_five_networks_and_two_that_are_fair_everywhere_take_any_name(
    shipped: Catalogue,
) -> None:
    controls = shipped.controls
    assert len(networks(controls.abroad)) >= 5
    first = chosen_sites(controls, Request())
    open_to_any = tuple(s for s in first if s.any_name and not s.unfair_in)
    assert len(networks(open_to_any)) >= 2
    assert all(site.addresses for site in open_to_any)
    assert len(networks(tuple(s for s in controls.abroad if s.any_name))) >= 4


@pytest.mark.parametrize("country", ["RU", "CN", "IR", "KZ", "TM", "TR", "PK", "BY", "UZ", "MM"])
def test_every_country_keeps_enough_fair_controls(shipped: Catalogue, country: str) -> None:
    asked = fitted(shipped.controls, Request(), shipped.guess((country,)))
    sites = chosen_sites(asked, Request())
    abroad = tuple(site for site in sites if site.country is None)
    assert len(networks(abroad)) == 5
    assert len(networks(tuple(s for s in abroad if country not in s.unfair_in))) >= 4
    assert len([s for s in abroad if s.any_name and country not in s.unfair_in]) >= 2
    assert len(chosen_sentinels(asked)) == 4
    encrypted = doh_resolvers(asked, Request())
    assert len({r.name for r in encrypted}) == 2
    by_name = {r.name: r for r in shipped.controls.resolvers}
    assert all(country not in by_name[r.name].unfair_in for r in encrypted)
    assert len({s.network for s in asked.sources}) >= 3
    assert all(country not in s.unfair_in for s in asked.sources)
    assert len({s.network for s in asked.calls}) >= 2


def test_no_country_drops_nothing_and_nothing_is_lost_that_filters(shipped: Catalogue) -> None:
    controls = shipped.controls
    assert fitted(controls, Request(), Guess()) == controls
    asked = fitted(controls, Request(country="CN"), Guess())
    assert [r for r in asked.resolvers if r.filters] == [r for r in controls.resolvers if r.filters]
    assert asked.silent == controls.silent and asked.holes == controls.holes


@pytest.mark.parametrize("country", COUNTRIES_WITH_SITES)
def test_domestic_sites_are_in_two_networks_and_only_the_chosen_country(
    shipped: Catalogue, country: str
) -> None:
    controls = load(country=country.lower()).controls
    assert {site.country for site in controls.domestic} == {country}
    assert len(networks(controls.domestic)) >= (3 if country in ("KZ", "RU", "IR", "TM") else 2)
    assert not networks(controls.domestic) & networks(controls.abroad)
    assert controls.abroad == shipped.controls.abroad
    assert shipped.controls.domestic == ()
    assert shipped.countries == COUNTRIES_WITH_SITES
    assert set(shipped.guess((country, "DE")).sites) == set(controls.domestic)


def test_sentinels_resolvers_silent_addresses_and_holes(shipped: Catalogue) -> None:
    controls = shipped.controls
    assert len({sentinel.owner for sentinel in controls.sentinels}) >= 4
    honest = [r for r in controls.resolvers if not r.filters]
    assert len({r.owner for r in honest if r.doh_host}) >= 3
    assert any(r.filters and "94.140.14.14" in r.addresses for r in controls.resolvers)
    for resolver in honest:
        assert any("." in address for address in resolver.addresses)
    asked = {address for r in controls.resolvers for address in r.addresses}
    assert controls.silent and not asked & set(controls.silent)
    assert {53, 179, 443, 3785, 5222} <= set(controls.holes)
    assert controls.advert_host == "doubleclick.net"
