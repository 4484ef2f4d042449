"""The plug-in door: what is built in, what may come in, and what is refused in plain words."""

import dataclasses
import re
from importlib.metadata import EntryPoint

import pytest

from msgprobe.catalog.loader import load
from msgprobe.checks.base import Check
from msgprobe.checks.registry import (
    BUILTIN,
    GROUP,
    PluginError,
    examiner,
    installed,
    promise,
    registry,
    traits,
)
from msgprobe.model.observation import Proof
from msgprobe.model.older import TRAITS
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import KnownTraits, Transport
from msgprobe.steps.context import StepContext

NAMES = (
    "local",
    "resolve",
    "connect",
    "tls",
    "https",
    "page",
    "mtproto",
    "noise",
    "mqtt",
    "signal",
    "http2",
    "dialogue",
    "stun",
    "threema",
    "mmtls",
    "smp",
    "tor",
    "ping",
    "transfer",
    "volley",
    "quic",
)


class Extra:
    name = "extra"
    version = "1"
    title = "A plug-in"

    def max_bytes(self, task: Task) -> int:
        return 0

    async def run(self, ctx: StepContext, task: Task) -> None:
        return None


class Candid(Extra):
    """Says what it can prove and which options it cannot use; a plug-in need not."""

    name = "candid"

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        return Proof.NONCE

    def problem(self, endpoint: Endpoint) -> str | None:
        return "option x: leave it out" if endpoint.option("x") else None


class Clash(Extra):
    name = "tls"


class Shapeless(Extra):
    traits = ("udp",)


class Nameless(Extra):
    name = None  # type: ignore[assignment]


def broken() -> Check:
    raise RuntimeError("no libfoo")


def point(attribute: str) -> EntryPoint:
    return EntryPoint(name=attribute.lower(), value=f"{__name__}:{attribute}", group=GROUP)


def test_the_built_in_checks() -> None:
    assert tuple(check.name for check in BUILTIN) == NAMES
    assert tuple(registry()) == NAMES
    for check in BUILTIN:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", check.name) and check.version and check.title


def test_a_plug_in_is_found_and_registered() -> None:
    (extra,) = installed([point("Extra")])
    assert registry([extra])["extra"] is extra


def test_what_checks_say_about_their_conversations_is_known_by_name() -> None:
    known = KnownTraits(traits(registry([Extra()])))
    acme = load().services[0].endpoints[0]

    def of(check: str, **options: str) -> Endpoint:
        return dataclasses.replace(acme, check=check, options=tuple(options.items()))

    assert known.of("stun").transport is Transport.UDP and known.datagrams(of("stun"))
    assert known.speaks_tls(of("https")) and not known.sends_no_name(of("https"))
    assert known.sends_no_name(of("https", sni="none"))
    assert known.sends_no_name(of("noise"))
    assert not known.sends_no_name(of("noise", transport="tls"))
    assert known.has_forms(of("mtproto"))
    assert not known.has_forms(of("mtproto", transport="websocket"))
    assert not known.of("extra").proxyable and not known.speaks_tls(of("extra"))
    assert not known.sends_no_name(of("extra")), "of whom nothing is known may name the host"
    assert {name for name, _ in TRAITS} <= registry().keys()
    for name, old in TRAITS:
        now = known.of(name)
        # What it costs, and whom it may be sent to, is for planning alone.
        same = dataclasses.replace(old, usual_bytes=now.usual_bytes, asks_proof=now.asks_proof)
        assert same == now, "as old files are read"


def test_what_a_check_proves_and_examines_is_asked_where_it_says_so() -> None:
    known = registry([Extra(), Candid()])
    shipped = load().services

    def of(check: str, **options: str) -> Endpoint:
        given = tuple(options.items())
        return dataclasses.replace(shipped[0].endpoints[0], check=check, options=given)

    asked = promise(known)
    assert asked(shipped[0], of("candid")) is Proof.NONCE
    assert asked(shipped[0], of("extra")) is None and asked(shipped[0], of("absent")) is None
    assert asked(shipped[0], of("connect")) is Proof.CONNECTED
    assert asked(shipped[0], of("noise")) is Proof.NONCE
    assert asked(shipped[0], of("noise", root_key="12")) is Proof.CRYPTO
    assert asked(shipped[0], of("page")) is Proof.SHAPE
    wrong = examiner(known)
    assert wrong(of("candid", x="1")) == "option x: leave it out"
    assert wrong(of("candid")) is None and wrong(of("extra", x="1")) is None


@pytest.mark.parametrize(
    ("options", "proof"),
    [
        ({"transport": "tls"}, Proof.CRYPTO),
        ({"transport": "websocket"}, Proof.CRYPTO),
        ({"script": "S go: go\nTLS"}, Proof.CRYPTO),
        ({"script": "S hello: hi"}, Proof.SHAPE),
        ({"transport": "tls", "certificate": "unchecked"}, Proof.CONNECTED),
        ({"transport": "tls", "certificate": "unchecked", "alpn": "push"}, Proof.SHAPE),
    ],
)
def test_a_dialogue_proves_what_its_options_allow(options: dict[str, str], proof: Proof) -> None:
    service = load().services[0]
    given = tuple({"protocol": "x", **options}.items())
    endpoint = dataclasses.replace(service.endpoints[0], check="dialogue", options=given)
    assert promise(registry())(service, endpoint) is proof


def test_a_second_check_of_the_same_name_is_refused() -> None:
    with pytest.raises(PluginError, match=r"'tls'.*Clash.*TlsCheck"):
        registry([Clash()])


@pytest.mark.parametrize(
    ("attribute", "why"),
    [
        ("broken", "RuntimeError: no libfoo"),
        ("missing", "AttributeError"),
        ("Nameless", "'name' is not text"),
        ("Shapeless", "'traits' are no"),
        ("NAMES", "TypeError"),
        ("object", "'name' is not text"),
    ],
)
def test_a_broken_plug_in_is_named(attribute: str, why: str) -> None:
    with pytest.raises(PluginError) as caught:
        installed([point(attribute)])
    message = str(caught.value)
    assert f"plug-in {attribute.lower()}" in message and why in message
    assert "ninstall" in message


object = object  # something callable that gives no check
