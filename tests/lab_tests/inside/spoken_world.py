"""What the world's servers speak beside HTTP/1.1, by plain sockets and by the shipped checks."""

import asyncio
import dataclasses
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from msgprobe.catalog.loader import Catalogue, load
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.checks.registry import registry
from msgprobe.model.observation import ProtocolObservation, TlsObservation, TransferObservation
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow
from msgprobe.steps.context import StepContext
from msgprobe.steps.trust import TrustStore
from msgprobe.steps.world import system_world
from tests.lab.world.config import WorldConfig
from tests.lab.world.pki import write_overrides
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import DC2, Running
from tests.model.tasks import task_of

STAGES = {
    ("mtproto", "websocket"): "server_dh_params",
    ("noise", "websocket"): "server_authenticated",
    ("noise", None): "server_authenticated",
    ("mqtt", None): "connack",
    ("signal", "websocket"): "provisioning_address",
    ("http2", None): "response",
}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    work = tmp_path_factory.mktemp("spoken")
    with client.running(WorldConfig(workdir=str(work), ipv6=True)) as world:
        yield world


@pytest.fixture(scope="module")
def catalogue(honest: Running) -> Catalogue:
    return load(write_overrides(Path(honest.config.workdir), load()), allowed=EVERYTHING)


def hold(honest: Running, service: Service, check: str, flow: Flow) -> StepContext:
    """The conversation of a shipped check."""
    world = dataclasses.replace(system_world(1), trust=TrustStore(str(honest.trust)))
    ctx = StepContext(
        world=world,
        transaction=1,
        deadline=world.now() + 10,
        keys={service.name: service.keys},
        roots={service.name: service.roots},
    )
    task = task_of(check, flow, subject=service.name)
    asyncio.run(registry()[check].run(ctx, task))
    return ctx


def flow_of(endpoint: Endpoint, service: Service, address: str) -> Flow:
    return Flow(
        address=address,
        port=endpoint.port,
        host=endpoint.host,
        server_name=endpoint.host,
        trust=endpoint.trust,
        roots_of=service.name if service.roots else None,
        path=endpoint.path,
        options=endpoint.options,
    )


def test_every_endpoint_with_words_of_its_own_goes_through_to_its_last_stage(
    honest: Running, catalogue: Catalogue
) -> None:
    seen = set()
    for service in catalogue.services:
        for endpoint in service.endpoints:
            kind = (endpoint.check, endpoint.option("transport"))
            if endpoint.host is None or kind not in STAGES:
                continue
            address = honest.where(endpoint.host)
            ctx = hold(honest, service, endpoint.check, flow_of(endpoint, service, address))
            (spoken,) = [o for o in ctx.recorder.observations if isinstance(o, ProtocolObservation)]
            assert (spoken.stage, spoken.failure) == (STAGES[kind], None), endpoint.name
            seen.add(kind)
    assert seen == set(STAGES)


@pytest.mark.parametrize("transport", ["obfuscated", "plain", "http"])
@pytest.mark.parametrize("port", [443, 80, 5222])
def test_a_data_centre_proves_itself_in_every_form_on_every_port(
    honest: Running, catalogue: Catalogue, transport: str, port: int
) -> None:
    service = catalogue.service("telegram")
    flow = Flow(address=DC2, port=port, options=(("transport", transport),))
    ctx = hold(honest, service, "mtproto", flow)
    (spoken,) = [o for o in ctx.recorder.observations if isinstance(o, ProtocolObservation)]
    assert (spoken.stage, spoken.failure) == ("server_dh_params", None)


def test_a_data_centre_answers_as_often_as_it_is_asked(
    honest: Running, catalogue: Catalogue
) -> None:
    service = catalogue.service("telegram")
    ctx = hold(honest, service, "volley", Flow(address=DC2, port=443))
    (moved,) = [o for o in ctx.recorder.observations if isinstance(o, TransferObservation)]
    assert (moved.answers, moved.moved, moved.failure) == (240, 21_120, None)


def test_web_sockets_of_telegram_need_the_subprotocol(honest: Running) -> None:
    host = "venus.web.telegram.org"
    origin = "https://web.telegram.org"
    with client.tls(honest.where(host), host, honest.trust) as shown:
        assert client.websocket(shown.sock, host, "/apiws", origin) != 101


def test_the_broker_refuses_a_stranger_and_hangs_up_on_what_is_no_mqtt(honest: Running) -> None:
    host = "edge-mqtt.facebook.com"
    blob = bytes.fromhex("789c6300000001000 1".replace(" ", ""))  # a deflated stop byte
    hello = b"\x00\x06MQTToT\x03\x02\x00\x3c" + blob
    other = hello.replace(b"T\x03", b"T\x04")  # a version that it does not speak
    for sent, answer in (
        (bytes((0x10, len(hello))) + hello, b"\x20\x02\x00\x05"),
        (bytes((0x10, len(other))) + other, b"\x20\x02\x00\x01"),
        (bytes((0x10, len(hello) - 1)) + hello[:-1], b""),
        (b"GET / HTTP/1.1\r\n\r\n", b""),
    ):
        with client.tls(honest.where(host), host, honest.trust) as shown:
            shown.sock.sendall(sent)
            assert shown.sock.recv(64) == answer


def test_grpc_is_http2_behind_signals_second_root(honest: Running, catalogue: Catalogue) -> None:
    service = catalogue.service("signal")
    endpoint = next(e for e in service.endpoints if e.member == "grpc-chat")
    assert endpoint.host is not None
    flow = flow_of(endpoint, service, honest.where(endpoint.host))
    ctx = hold(honest, service, "http2", flow)
    (tls,) = [o for o in ctx.recorder.observations if isinstance(o, TlsObservation)]
    assert (tls.alpn, tls.root_pinned) == ("h2", True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        client.dial(flow.address, 443) as raw,
        context.wrap_socket(raw, server_hostname=endpoint.host) as sock,
    ):
        sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        # RFC 9113 §3.4: the server's preface is a SETTINGS frame (type 4) on stream 0.
        assert client.exactly(sock, 9)[3] == 4
