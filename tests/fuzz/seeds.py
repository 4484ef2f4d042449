"""Genuine answers, as the lab's servers give them, from which the fuzzers start.

A target without any starts from nothing.
"""

import struct
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Final

import dns.message
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from msgprobe.wire import mtproto, noise, stun
from msgprobe.wire.mtproto_proof import DH_PRIME, number
from msgprobe.wire.mtproto_transport import Framing, Transport
from tests.lab.world import websocket
from tests.lab.world.datacentre import DataCentre, Exchange
from tests.lab.world.noise import chain, server_hello
from tests.lab.world.stun import CallServer
from tests.steps.authority import authority
from tests.wire.codecs import KEY, NONCE, PRIVATE, QUERY, SERVER_NONCE, sealed_server_dh

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
    public = noise.public_key(PRIVATE)
    assert public is not None
    hello = server_hello(noise.PROLOGUE, public, static, certified)
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


@cache
def seeds() -> Mapping[str, bytes]:
    """By the target's name."""
    message = _respq()
    answer = _dns()
    return {
        "der": _certificate(),
        "dns": answer,
        "dns body": answer[len(QUERY) - 11 :],
        "mtproto resPQ": message[20:],
        "mtproto resPQ to us": message[40:],
        # core.telegram.org/mtproto/samples-auth_key
        "mtproto pq": (0x17ED48941A08F981).to_bytes(8),
        "printable": b"\xe2\x81\xa6\x1b[2J\xd0\xbd\xd0\r\n",
        "tls records": b"\x15\x03\x03\x00\x02\x02\x28",
        "websocket answer": b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n",
        "websocket frames": websocket.frame(bytes(300)) + websocket.frame(b"\x03\xe8bye", 8),
        "xeddsa": KEY + _SIGNATURE + _SIGNED,
        **_packets(message),
        **_server_dh(),
        **_noise(),
        **_stun(),
    }
