"""A client with plain sockets: what the middlebox does is seen as any program would see it."""

import json
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.network import Lab

_SCRIPT = Path(__file__).with_name("client_script.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a conversation came to.

    ``error`` is the errno's name, ``timeout`` or empty; ``stage`` the last one begun (connect,
    send, reply, done). ``connect_ms`` is the time until connected or failed to, ``after_ms`` that
    from there to the end.
    """

    error: str
    stage: str
    reply: bytes
    connect_ms: float
    after_ms: float


def client_hello(name: str | None) -> bytes:
    """A real ClientHello of OpenSSL, in one segment, with or without a name in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ecdh_curve("X25519")  # a post-quantum share would not fit one segment
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    out = ssl.MemoryBIO()
    session = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        return out.read()
    raise AssertionError("a handshake ended without a peer")


def quic_initial(name: str | None) -> bytes:
    """A real first datagram of aioquic, with or without a name in its ClientHello."""
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.connection import QuicConnection

    config = QuicConfiguration(is_client=True, alpn_protocols=["h3"], server_name=name)
    connection = QuicConnection(configuration=config)
    connection.connect(("192.0.2.1", 443), now=0.0)
    ((datagram, _),) = connection.datagrams_to_send(now=0.0)
    return datagram


class Client:
    """Holds conversations from inside the client's namespace."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def _ask(self, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        done = self._lab.run([sys.executable, "-I", str(_SCRIPT), json.dumps(jobs)], timeout=30)
        if done.rc:
            raise AssertionError(done.stderr)
        return [dict(one) for one in json.loads(done.stdout)]

    def tcp(
        self,
        *conversations: tuple[str, int, bytes] | tuple[str, int, bytes, dict[str, Any]],
        wait: float = 0.5,
    ) -> list[Tried]:
        """Several at once: (address, port, octets to send[, options]).

        ``wait`` seconds for each stage. Options: ``sport``, ``pieces`` (offsets at which to split
        the octets), ``after`` (seconds to wait first), ``again`` (octets sent after the reply).
        """
        jobs = []
        for address, port, said, *options in conversations:
            job = {"kind": "tcp", "address": address, "port": port, "say": said.hex(), "wait": wait}
            jobs.append({**job, **(options[0] if options else {})})
        return [
            Tried(
                error=one["error"],
                stage=one["stage"],
                reply=bytes.fromhex(one["reply"]),
                connect_ms=one["connect_ms"],
                after_ms=one["after_ms"],
            )
            for one in self._ask(jobs)
        ]

    def udp(
        self, address: str, port: int, said: bytes, wait: float = 0.4
    ) -> list[tuple[float, bytes]]:
        """All answers to one datagram within ``wait`` seconds, each with its milliseconds; an
        errno's name stands for the octets where the socket reported one."""
        job = {"kind": "udp", "address": address, "port": port, "say": said.hex(), "wait": wait}
        (answer,) = self._ask([job])
        return [(ms, bytes.fromhex(said)) for ms, said in answer["replies"]]
