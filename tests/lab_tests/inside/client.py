"""Plain clients that try the world: sockets, ssl and dnspython, nothing of the product."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
from cryptography import x509
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.lab.world.config import WorldConfig
from tests.lab.world.hosts import addresses
from tests.lab.world.pki import write_trust

NONCE = bytes(range(16))
DC2 = "149.154.167.51"
WEB_TELEGRAM = "149.154.167.99"
SIGNAL_CHAT = "13.248.212.111"


@dataclass(frozen=True, slots=True)
class Running:
    """A world under way."""

    process: subprocess.Popen[str]
    config: WorldConfig
    trust: Path

    def where(self, name: str) -> str:
        """The first IPv4 address of ``name``."""
        return addresses(self.config)[name][0][0]


@contextlib.contextmanager
def running(config: WorldConfig) -> Iterator[Running]:
    """A world; at the end it must leave on SIGTERM with 0 and without a broken conversation."""
    workdir = Path(config.workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    trust = write_trust(workdir)
    file = workdir / "world.json"
    file.write_text(json.dumps(config.to_json()))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.world", str(file)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Running(process, config, trust)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert (workdir / "world.log").read_text() == ""
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def dial(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=5)


@dataclass(frozen=True, slots=True)
class Shown:
    """A finished handshake."""

    sock: ssl.SSLSocket
    leaf: x509.Certificate

    @property
    def names(self) -> list[str]:
        san = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return san.value.get_values_for_type(x509.DNSName)


@contextlib.contextmanager
def tls(
    address: str, name: str | None, trust: Path | None = None, port: int = 443
) -> Iterator[Shown]:
    """A handshake; verified against ``trust`` only if given. Raises ssl.SSLError, OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = trust is not None
    context.verify_mode = ssl.CERT_REQUIRED if trust else ssl.CERT_NONE
    if trust:
        context.load_verify_locations(trust)
    with dial(address, port) as raw, context.wrap_socket(raw, server_hostname=name) as sock:
        der = sock.getpeercert(True)
        assert der is not None
        yield Shown(sock, x509.load_der_x509_certificate(der))


def get(
    sock: socket.socket,
    host: str,
    path: str = "/",
    method: str = "GET",
    body: bytes = b"",
    more: str = "",
) -> tuple[int, dict[str, str], bytes]:
    """One request over ``sock``: status, headers by lower-case name, body. ``more`` are lines."""
    length = f"Content-Length: {len(body)}\r\n"
    text = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{length}{more}\r\n"
    sock.sendall(text.encode() + body)
    response = http.client.HTTPResponse(sock, method=method)
    response.begin()
    headers = {key.lower(): value for key, value in response.getheaders()}
    return response.status, headers, response.read()


def plain(
    address: str, host: str, path: str = "/", port: int = 80
) -> tuple[int, dict[str, str], bytes]:
    with dial(address, port) as sock:
        return get(sock, host, path)


def ask(
    name: str, kind: str = "A", at: str = "10.77.0.53", timeout: float = 3.0, tcp: bool = False
) -> dns.message.Message:
    query = dns.message.make_query(name, kind)
    return (dns.query.tcp if tcp else dns.query.udp)(query, at, timeout=timeout)


def found(answer: dns.message.Message) -> set[str]:
    """The addresses in ``answer``."""
    return {
        item.to_text() for rrset in answer.answer for item in rrset if rrset.rdtype.name[0] == "A"
    }


def rcode(answer: dns.message.Message) -> str:
    return dns.rcode.to_text(answer.rcode())


def exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        assert more, f"closed after {len(data)} of {count} octets"
        data += more
    return data


def req_pq() -> bytes:
    body = struct.pack("<I", 0xBE7E8EF1) + NONCE
    return bytes(8) + struct.pack("<Qi", int(datetime.now(UTC).timestamp()) << 32, 20) + body


def is_res_pq(message: bytes) -> bool:
    key, identity, size = struct.unpack_from("<QQi", message)
    body = message[20 : 20 + size]
    return (
        key == 0
        and identity & 3 == 1
        and len(body) == 64
        and body[:20] == b"\x63\x24\x16\x05" + NONCE
    )


def mtproto(sock: socket.socket, transport: str) -> bytes:
    """The reply to req_pq_multi over ``transport`` (core.telegram.org/mtproto-transports)."""
    message = req_pq()
    if transport == "abridged":
        sock.sendall(b"\xef" + bytes((len(message) // 4,)) + message)
        return exactly(sock, 4 * exactly(sock, 1)[0])
    if transport == "full":
        packet = struct.pack("<II", len(message) + 12, 0) + message
        sock.sendall(packet + struct.pack("<I", zlib.crc32(packet)))
        size = int.from_bytes(exactly(sock, 4), "little")
        rest = exactly(sock, size - 4)
        assert zlib.crc32(struct.pack("<I", size) + rest[:-4]) == int.from_bytes(
            rest[-4:], "little"
        )
        return rest[4:-4]
    if transport == "obfuscated":
        return _obfuscated(sock, message)
    tag = {"intermediate": b"\xee" * 4, "padded": b"\xdd" * 4}[transport]
    sock.sendall(tag + struct.pack("<I", len(message)) + message)
    return exactly(sock, int.from_bytes(exactly(sock, 4), "little"))


def _obfuscated(sock: socket.socket, message: bytes) -> bytes:
    start = bytearray(os.urandom(64))
    start[0] = 0x11
    start[4] = 1
    start[56:60] = b"\xee" * 4
    start[60:62] = struct.pack("<h", 2)
    back = bytes(start[8:56])[::-1]
    up = Cipher(algorithms.AES(bytes(start[8:40])), modes.CTR(bytes(start[40:56]))).encryptor()
    down = Cipher(algorithms.AES(back[:32]), modes.CTR(back[32:])).decryptor()
    head = bytes(start[:56]) + up.update(bytes(start))[56:]
    sock.sendall(head + up.update(struct.pack("<I", len(message)) + message))
    size = int.from_bytes(down.update(exactly(sock, 4)), "little")
    return down.update(exactly(sock, size))


def noise(sock: socket.socket) -> bytes:
    """The body of the frame that answers WhatsApp's 43-octet hello."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    sock.sendall(b"WA\x06\x03" + b"\x00\x00\x24" + b"\x12\x22\x0a\x20" + public)
    return exactly(sock, int.from_bytes(exactly(sock, 3), "big"))


def websocket(sock: socket.socket, host: str, path: str, origin: str) -> int:
    """The status of the answer to an upgrade; 101 only with the accept key that is ours."""
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
    head += f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    sock.sendall(head.encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += exactly(sock, 1)
    status = int(answer.split()[1])
    token = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    assert status != 101 or base64.b64encode(token) in answer
    return status


def noise_flaw(sock: socket.socket, root: bytes, *, framed: bool = False) -> str | None:
    """Why the chain in the answer to WhatsApp's hello does not lead to ``root``; None: it does.

    This one reads with the product, whose codec shares no code with the lab's server. ``framed``:
    as a WebSocket's message.
    """
    from msgprobe.wire import noise as wire
    from msgprobe.wire.curve25519 import public_key
    from msgprobe.wire.noise_chain import parse_chain

    private = os.urandom(32)
    hello = wire.client_hello(public_key(private))
    if framed:
        sock.sendall(bytes((0x82, 0x80 | len(hello))) + bytes(4) + hello)
        assert exactly(sock, 2) == b"\x82\x7e"
        exactly(sock, 2)
    else:
        sock.sendall(hello)
    body = exactly(sock, int.from_bytes(exactly(sock, 3), "big"))
    opened = wire.open_hello(private, wire.parse_server_hello(body))
    return parse_chain(opened.chain).flaw(static=opened.static, root=root)
