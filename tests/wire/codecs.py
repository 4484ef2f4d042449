"""Every codec of `msgprobe.wire` that takes bytes from the network, by name.

One list for the properties that CI tries (`tests.wire.test_total`) and for the fuzzers
(`make fuzz`). Each takes any bytes and gives a value or raises WireError, nothing else. A new codec
is a line here; a second entry of the same one begins where the first has checked a nonce or a
checksum, since no fuzzer gets past those.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha1

from msgprobe.wire import (
    der,
    dns_message,
    icmp,
    mmtls,
    mqtt,
    mtproto,
    mtproto_proof,
    mtproto_transport,
    noise,
    noise_chain,
    protobuf,
    quic,
    signal,
    smp,
    stun,
    threema,
    tls_record,
    tor,
    two_primes,
    xeddsa,
)
from msgprobe.wire.aes import ige_encrypt
from msgprobe.wire.printable import printable

QUERY = dns_message.build_query("messenger.test", 4, 0x1234)
HEADER = b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
NONCE, SERVER_NONCE, NEW_NONCE = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 64))
PROBE = quic.version_probe(bytes(range(240)) * 5)
PRIVATE = bytes(range(1, 33))
THREEMA_SECRET, THREEMA_SERVER = bytes(range(2, 34)), bytes(range(3, 35))
KEY = bytes.fromhex("ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64")
"""An X25519 key (signalapp/libsignal curve25519.rs, test_signature)."""


def _server_dh(data: bytes) -> object:
    return mtproto_proof.parse_server_dh(data, NONCE, SERVER_NONCE, NEW_NONCE)


def sealed_server_dh(inner: bytes) -> bytes:
    """A server_DH_params_ok to us that holds ``inner``, by whoever knows ``NEW_NONCE``."""
    plain = sha1(inner).digest() + inner
    plain += bytes(-len(plain) % 16)
    sealed = ige_encrypt(plain, *mtproto_proof.answer_key(NEW_NONCE, SERVER_NONCE))
    return b"\x5c\x07\xe8\xd0" + NONCE + SERVER_NONCE + mtproto_proof.string(sealed)


def _packets(transport: mtproto_transport.Transport, data: bytes) -> object:
    """All packets in ``data``, as the steps read them."""
    at = 0
    found: list[object] = []
    while at < len(data):
        packet = b""
        while more := transport.missing(packet):
            if at + more > len(data):
                return found
            packet += transport.clear(data[at : at + more])
            at += more
        assert len(packet) <= mtproto_transport.MAX_PACKET
        found.append(mtproto.parse_message(transport.payload(packet)))
    return found


def _framed(framing: mtproto_transport.Framing) -> Callable[[bytes], object]:
    return lambda data: _packets(mtproto_transport.Transport(framing), data)


def _obfuscated(data: bytes) -> object:
    framing = mtproto_transport.Framing.ABRIDGED
    return _packets(
        mtproto_transport.Transport.obfuscated(framing, 2, lambda size: bytes(range(1, size + 1))),
        data,
    )


def _opened(data: bytes) -> object:
    hello = noise.parse_server_hello(data)
    return noise_chain.parse_chain(noise.open_hello(PRIVATE, hello).chain)


def _hello_to_us(data: bytes) -> object:
    """Fields of the right sizes, so that the keys are tried."""
    hello = noise.ServerHello(ephemeral=data[:32].ljust(32), static=bytes(48), payload=data[32:])
    return noise.open_hello(PRIVATE, hello)


def _flaw(data: bytes) -> object:
    return noise_chain.parse_chain(data).flaw(static=KEY, root=KEY)


def _records(data: bytes) -> object:
    return (
        tls_record.starts_like_tls(data),
        tls_record.plain_alert(data),
        tls_record.alert_in_reason(data.decode("latin-1")),
    )


def _shown(data: bytes) -> object:
    text = printable(data)
    assert all(c in "\n\t" or c.isprintable() for c in text)
    return text.encode()


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


@cache
def _mmtls_secrets() -> mmtls.Secrets:
    return mmtls.Secrets()


def _mmtls_signature(data: bytes) -> object:
    hello = mmtls.ServerHello(data[:65].ljust(65, b"\4"), data)
    return mmtls.open_signature(_mmtls_secrets(), data, hello, data[65:70], data[70:])


@cache
def _threema_key() -> bytes:
    found = threema.public_key(THREEMA_SERVER)
    assert found is not None
    return found


def _threema_box(data: bytes) -> object:
    hello = threema.parse_server_hello(data[:80].ljust(80, b"\0"), NONCE)
    return threema.opening_key(hello, THREEMA_SECRET, NONCE, (_threema_key(),))


CODECS: dict[str, Callable[[bytes], object]] = {
    "der": der.read_certificate,
    "dns": lambda data: dns_message.parse_answer(QUERY, data),
    "dns body": lambda data: dns_message.parse_answer(QUERY, HEADER + QUERY[12:-11] + data),
    "icmp": icmp.echoed,
    "mmtls record": mmtls.body_size,
    "mmtls": mmtls.parse_server_hello,
    "mmtls, its length right": lambda data: mmtls.parse_server_hello(
        _sized(b"\x02\x04\xf1\xc0\x2b" + bytes(32) + _sized(data))
    ),
    "mmtls signature": _mmtls_signature,
    "mqtt": mqtt.parse_connack,
    "mqtt CONNACK": lambda data: mqtt.parse_connack(b"\x20" + data),
    "mqtt length": lambda data: mqtt.missing(b"\x20" + data),
    "signal": signal.parse_provisioning,
    "signal request": lambda data: signal.parse_provisioning(
        b"\x08\x01" + protobuf.bytes_field(2, data)
    ),
    "mtproto": mtproto.parse_message,
    "mtproto resPQ": lambda data: mtproto.parse_res_pq(data, NONCE),
    "mtproto resPQ to us": lambda data: mtproto.parse_res_pq(
        b"\x63\x24\x16\x05" + NONCE + data, NONCE
    ),
    "mtproto pq": lambda data: two_primes.factor(int.from_bytes(data)),
    "mtproto server DH": _server_dh,
    "mtproto server DH sealed": lambda data: _server_dh(sealed_server_dh(data)),
    "mtproto server DH to us": lambda data: _server_dh(
        sealed_server_dh(b"\xba\x0d\x89\xb5" + NONCE + SERVER_NONCE + data)
    ),
    "mtproto abridged": _framed(mtproto_transport.Framing.ABRIDGED),
    "mtproto intermediate": _framed(mtproto_transport.Framing.INTERMEDIATE),
    "mtproto full": _framed(mtproto_transport.Framing.FULL),
    "mtproto obfuscated": _obfuscated,
    "noise frame": noise.frame_size,
    "noise": noise.parse_server_hello,
    "noise opened": _opened,
    "noise keys": _hello_to_us,
    "noise chain": noise_chain.parse_chain,
    "noise chain flaw": _flaw,
    "printable": _shown,
    "quic": lambda data: quic.parse_version_negotiation(data, PROBE),
    "quic to us": lambda data: quic.parse_version_negotiation(
        b"\x80" + bytes(4) + b"\x08" + PROBE.source + b"\x08" + PROBE.destination + data, PROBE
    ),
    "protobuf": protobuf.read_fields,
    "smp": smp.parse_server_hello,
    "smp, padded": lambda data: smp.parse_server_hello(
        (len(data).to_bytes(2) + data).ljust(smp.BLOCK_SIZE, b"#")
    ),
    "stun": stun.parse_answer,
    "stun attributes": lambda data: stun.parse_answer(
        b"\x01\x01" + len(data).to_bytes(2, "big") + bytes(16) + data
    ),
    "stun size": stun.body_size,
    "threema": lambda data: threema.parse_server_hello(data, NONCE),
    "threema box": _threema_box,
    "tls records": _records,
    "tor versions": tor.versions_size,
    "tor agreed": tor.agreed_version,
    "tor cell": tor.cell_size,
    "tor certs": tor.parse_certs,
    "tor identity": lambda data: tor.identity({tor.LINK: data, tor.IDENTITY: data}, data),
    "xeddsa": lambda data: xeddsa.verify(data[:32], data[96:], data[32:96]),
}
