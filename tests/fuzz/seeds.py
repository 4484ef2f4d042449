"""What the fuzzers start from: what the lab's servers answer, and files as we write them."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import dns.message
import dns.rrset
from aioquic.quic import connection
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.crypto import CryptoPair
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from h2.config import H2Configuration
from h2.connection import H2Connection
from nacl.public import PrivateKey

from msgprobe.wire import mmtls, mtproto, noise, protobuf, stun, threema, tor
from msgprobe.wire.curve25519 import public_key
from msgprobe.wire.mtproto_proof import DH_PRIME, number
from msgprobe.wire.mtproto_transport import Framing, Transport
from tests.fuzz.saved import packages, saved_runs, stamp_reply
from tests.fuzz.streams import ACCEPT
from tests.lab.world import mmtls as lab_mmtls
from tests.lab.world import signal as lab_signal
from tests.lab.world import smp as lab_smp
from tests.lab.world import threema as lab_threema
from tests.lab.world import websocket
from tests.lab.world.datacentre import DataCentre, Exchange
from tests.lab.world.noise import chain, server_hello
from tests.lab.world.stun import CallServer
from tests.steps.authority import authority
from tests.steps.quic_server import configuration
from tests.wire.codecs import (
    KEY,
    NONCE,
    PRIVATE,
    PROBE,
    QUERY,
    SERVER_NONCE,
    THREEMA_SECRET,
    THREEMA_SERVER,
    sealed_server_dh,
)

FOUND: Final = Path(__file__).parent / "found"
_TESTS: Final = Path(__file__).parents[1]
_WIRE, _CATALOG, _TARGETS = _TESTS / "wire", _TESTS / "catalog", _TESTS.parent / "targets"
_UPGRADED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: "
)
_NOW: Final = 1_790_000_000
# signalapp/libsignal rust/core/src/curve/curve25519.rs, test_signature
_SIGNED: Final = bytes.fromhex("05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a")
_SIGNATURE: Final = bytes.fromhex(
    "5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb"
    "ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88"
)


def _certificate() -> bytes:
    import ssl

    return ssl.PEM_cert_to_DER_cert(authority().cert_pem.bytes().decode())


def _dns() -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(QUERY))
    assert isinstance(answer, dns.message.QueryMessage)
    answer.answer = [
        dns.rrset.from_text("messenger.test.", 60, "IN", "CNAME", "edge.messenger.test."),
        dns.rrset.from_text("edge.messenger.test.", 30, "IN", "A", "192.0.2.1", "192.0.2.2"),
    ]
    return answer.to_wire()


def _respq() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    question = mtproto.plain_message(mtproto.req_pq_multi(NONCE), _NOW << 32)
    answered = Exchange(DataCentre(key, key), _NOW).reply(question)
    assert answered is not None
    return answered


def _packets(message: bytes) -> dict[str, bytes]:
    full = struct.pack("<II", len(message) + 12, 0) + message
    abridged = bytes((len(message) // 4,)) + message
    hidden = Transport.obfuscated(Framing.ABRIDGED, 2, lambda size: bytes(range(1, size + 1)))
    return {
        "mtproto": message,
        "mtproto abridged": 2 * abridged,
        "mtproto intermediate": 2 * (struct.pack("<I", len(message)) + message),
        "mtproto full": full + struct.pack("<I", zlib.crc32(full)),
        "mtproto obfuscated": hidden.clear(abridged),  # hiding is showing: both are exclusive or
    }


def _server_dh() -> dict[str, bytes]:
    inner = b"\xba\x0d\x89\xb5" + NONCE + SERVER_NONCE + struct.pack("<i", 3)
    inner += number(DH_PRIME) + number(pow(3, 2**200, DH_PRIME)) + struct.pack("<i", _NOW)
    return {
        "mtproto server DH": sealed_server_dh(inner),
        "mtproto server DH sealed": inner,
        "mtproto server DH to us": inner[36:],
    }


def _noise() -> dict[str, bytes]:
    static, root = X25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    certified = chain(root, static.public_key().public_bytes_raw(), _NOW)
    hello = server_hello(noise.PROLOGUE, public_key(PRIVATE), static, certified)
    return {
        "noise frame": hello[:3],
        "noise": hello[3:],
        "noise opened": hello[3:],
        "noise keys": KEY + bytes(80),
        "noise chain": certified,
        "noise chain flaw": certified,
        "protobuf": certified,
    }


def _stun() -> dict[str, bytes]:
    asked = stun.question(stun.Form.ALLOCATE, NONCE)
    answer = CallServer("messenger.test").answer(asked, ("192.0.2.1", 5000))
    assert answer is not None
    return {"stun": answer, "stun attributes": answer[20:], "stun size": answer[:20]}


def _mmtls() -> dict[str, bytes]:
    static = ec.generate_private_key(ec.SECP256R1())
    hello = mmtls.client_hello(mmtls.Secrets().points, bytes(32), _NOW)
    said = lab_mmtls.answer(hello, static)
    size = mmtls.body_size(said[:5])
    body, second = said[5 : 5 + size], said[5 + size :]
    return {
        "mmtls record": said[:5],
        "mmtls": body,
        # after the length, suite, random and the length of the extensions
        "mmtls, its length right": body[4 + 5 + 32 + 4 :],
        "mmtls signature": lab_mmtls.point(static) + second,
    }


def _threema() -> dict[str, bytes]:
    asked = threema.client_hello(bytes(PrivateKey(THREEMA_SECRET).public_key), NONCE)
    said = lab_threema.server_hello(asked, PrivateKey(THREEMA_SERVER))
    return {"threema": said, "threema box": said}


def _tor() -> dict[str, bytes]:
    body = bytes.fromhex((_WIRE / "tor_certs.hex").read_text())
    return {
        "tor versions": bytes.fromhex("0000070006"),
        "tor agreed": bytes.fromhex("000300040005"),
        "tor cell": bytes.fromhex("000000008105c1"),
        "tor certs": body,
        "tor identity": tor.parse_certs(body)[tor.IDENTITY],
    }


def _version_negotiation() -> dict[str, bytes]:
    offered = bytes.fromhex("00000001 6b3343cf")
    ids = b"\x08" + PROBE.source + b"\x08" + PROBE.destination
    return {"quic": b"\xca" + bytes(4) + ids + offered, "quic to us": offered}


def _smp() -> dict[str, bytes]:
    block = lab_smp.block([_certificate()])
    size = int.from_bytes(block[:2])
    return {"smp": block, "smp, padded": block[2 : 2 + size]}


def _field(message: bytes, number: int) -> bytes:
    """A field of a protobuf message."""
    found = protobuf.read_fields(message)[number]
    assert isinstance(found, bytes)
    return found


def _small() -> dict[str, bytes]:
    address = lab_signal.address(_NOW * 1000)
    connack = bytes((0x20, 2, 0, 5))
    return {
        "icmp": bytes(8) + NONCE,
        "mqtt": connack,
        "mqtt CONNACK": connack[1:],
        "mqtt length": connack[1:2],
        "signal": address,
        "signal request": _field(address, 2),
        "proxy socks5": b"\x05\x02\x01\x00"
        + b"\x05\x00\x00\x01\xc0\x00\x02\x07\x1f\x90"
        + b"hello",
        "proxy http": b"HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\nhello",
        "http1": 2
        * b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nnone\n",
        "websocket answer": _UPGRADED + ACCEPT + b"\r\n\r\n" + websocket.frame(b"hello"),
        "websocket frames": websocket.frame(bytes(300)) + websocket.frame(b"\x03\xe8bye", 8),
    }


def _http2() -> dict[str, bytes]:
    client = H2Connection(config=H2Configuration(client_side=True))
    server = H2Connection(config=H2Configuration(client_side=False))
    client.initiate_connection()
    client.send_headers(
        1,
        [(":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", "/")],
        True,
    )
    server.initiate_connection()
    settings = server.data_to_send()
    server.receive_data(client.data_to_send())
    server.ping(bytes(8))
    rest = server.data_to_send()
    server.send_headers(1, [(":status", "200"), ("content-type", "text/html"), ("x-a", "b" * 90)])
    headers = server.data_to_send()
    server.send_data(1, b"hello", end_stream=True)
    rest += headers + server.data_to_send()
    return {"http2": settings + rest, "http2 settled": rest, "http2 headers": headers[9:]}


def _quic_handshake() -> dict[str, bytes]:
    """What aioquic's server says: whole datagrams, and what its packets carry."""
    said: list[tuple[bytes, bytes]] = []

    class Heard(CryptoPair):
        def encrypt_packet(self, plain_header: bytes, plain_payload: bytes, number: int) -> bytes:
            said.append((plain_header, plain_payload))
            return super().encrypt_packet(plain_header, plain_payload, number)

    client = QuicConnection(configuration=QuicConfiguration(alpn_protocols=["h3"]))
    client.connect(("192.0.2.1", 443), now=0.0)
    (first, _), *_ = client.datagrams_to_send(now=0.0)
    server = QuicConnection(
        configuration=configuration(),
        original_destination_connection_id=client._original_destination_connection_id,
    )
    kept, connection.CryptoPair = connection.CryptoPair, Heard  # type: ignore[attr-defined]
    try:
        server.receive_datagram(first, ("192.0.2.2", 50000), now=0.0)
        sent = [data for data, _ in server.datagrams_to_send(now=0.0)]
    finally:
        connection.CryptoPair = kept  # type: ignore[attr-defined]
    id_size = sent[0][5]
    loose = [data[:5] + data[6 + id_size :] for data in sent]
    payloads = [payload for _, payload in said]
    return {
        "quic handshake": _with_lengths(loose),
        "quic handshake, initial": _with_lengths(payloads[:1]),
        "quic handshake, secured": _with_lengths(payloads),
    }


def _with_lengths(pieces: Iterable[bytes]) -> bytes:
    return b"".join(len(one).to_bytes(2) + one for one in pieces)


@cache
def genuine() -> Mapping[str, bytes]:
    """One for each target: what an honest server says, or an honest author wrote."""
    message = _respq()
    answer = _dns()
    run, file = saved_runs()[0], (_TARGETS / "viber.toml").read_bytes()
    return {
        "der": _certificate(),
        "dns": answer,
        "dns body": answer[len(QUERY) - 11 :],
        "dns over TCP": len(answer).to_bytes(2) + answer,
        "mtproto resPQ": message[20:],
        "mtproto resPQ to us": message[40:],
        # core.telegram.org/mtproto/samples-auth_key
        "mtproto pq": (0x17ED48941A08F981).to_bytes(8),
        "printable": b"\xe2\x81\xa6\x1b[2J\xd0\xbd\xd0\r\n",
        "tls records": b"\x15\x03\x03\x00\x02\x02\x28",
        "xeddsa": KEY + _SIGNATURE + _SIGNED,
        "saved run": run,
        "saved run, judged": run,
        "package": packages()[0],
        "stamp reply": stamp_reply(),
        "target file": file,
        "target file, planned": file,
        **_packets(message),
        **_server_dh(),
        **_noise(),
        **_stun(),
        **_mmtls(),
        **_threema(),
        **_tor(),
        **_version_negotiation(),
        **_smp(),
        **_small(),
        **_http2(),
        **_quic_handshake(),
    }


def more(target: str) -> Iterator[bytes]:
    """Others to start from; they may be refused. Those in ``found`` once broke something."""
    if target == "websocket answer":
        yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n"
    if target.startswith("saved run"):
        yield from saved_runs()[1:]
    if target == "package":
        yield from packages()[1:]
    if target.startswith("target file"):
        for folder in ("good", "bad"):
            yield from (f.read_bytes() for f in sorted((_CATALOG / folder).glob("*.toml")))
        yield (_TARGETS / "threema.toml").read_bytes()
        yield (_TARGETS / "snapchat.toml").read_bytes()
    yield from (file.read_bytes() for file in sorted((FOUND / slug(target)).glob("*")))


def slug(target: str) -> str:
    """The target's name as that of a folder."""
    return target.replace(",", "").replace(" ", "-")
