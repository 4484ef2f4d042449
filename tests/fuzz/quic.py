"""A QUIC server that says what a fuzzer thought of, to aioquic as the product drives it.

A fuzzer never gets past the seals of QUIC's packets, so two of the targets seal what it says with
the keys that the client expects, and a third puts in the client's own connection id.
"""

import errno
import os
import ssl
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import Final, cast

from aioquic.quic.connection import QuicConnection
from aioquic.quic.crypto import CryptoContext, CryptoPair
from aioquic.quic.packet import QuicProtocolVersion
from aioquic.tls import CipherSuite, Epoch
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519

from msgprobe.model.observation import Proof
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.datagrams import Datagram
from msgprobe.steps.quic_handshake import MOST_RECEIVED, Handshake
from tests.fuzz.frames import lengths
from tests.fuzz.streams import context, done_in_time

_INITIAL, _HANDSHAKE = 0xC1, 0xE1
"""First octets of long headers with a packet number of two (RFC 9000 section 17.2)."""
_VERSION: Final = QuicProtocolVersion.VERSION_1
_OURS: Final = b"servercn"
_TAG: Final = 16


class _Peer:
    """The conversation's other side: answers the first flight with what ``reply`` makes of it."""

    address, port = "192.0.2.1", 443

    def __init__(self, data: bytes) -> None:
        self.left = list(lengths(data))[: MOST_RECEIVED + 2]
        self.quic: QuicConnection | None = None
        self.stage = ""

    async def send(self, data: bytes) -> None:
        pass

    async def receive(self) -> bytes:
        if not self.left:
            raise TimeoutError(errno.ETIMEDOUT, "nobody says more")
        return self.sealed(self.left.pop(0))

    def sealed(self, said: bytes) -> bytes:
        """The datagram that carries ``said``."""
        quic = self.quic
        assert quic is not None
        return said[:5] + bytes((len(quic.host_cid),)) + quic.host_cid + said[5:]

    def reached(self, stage: str, proof: Proof, detail: str = "") -> None:
        assert proof <= Proof.NONCE, "a server without a certificate has proved itself"
        self.stage = stage
        detail.encode()


class _Sealing(_Peer):
    """Everything is the payload of an Initial packet."""

    number = 0

    def sealed(self, said: bytes) -> bytes:
        quic = self.quic
        assert quic is not None
        self.number += 1
        return _packet(_INITIAL, quic, _initial(self.first_id), self.number, said)

    @property
    def first_id(self) -> bytes:
        """The connection id that the client made up for us, of which the first keys are made."""
        assert self.quic is not None
        return self.quic._original_destination_connection_id


class _Secured(_Sealing):
    """The first is the payload of an Initial packet, all others of Handshake packets."""

    def sealed(self, said: bytes) -> bytes:
        if not self.number:
            return super().sealed(said)
        quic = self.quic
        assert quic is not None
        self.number += 1
        theirs: CryptoContext = quic._cryptos[Epoch.HANDSHAKE].recv
        if not theirs.is_valid():
            return b""
        ours = CryptoPair()
        suite, secret = cast(CipherSuite, theirs.cipher_suite), cast(bytes, theirs.secret)
        ours.send.setup(cipher_suite=suite, secret=secret, version=_VERSION)
        return _packet(_HANDSHAKE, quic, ours, self.number, said)


@cache
def _initial(first_id: bytes) -> CryptoPair:
    found = CryptoPair()
    found.setup_initial(cid=first_id, is_client=False, version=_VERSION)
    return found


def _packet(first: int, quic: QuicConnection, keys: CryptoPair, number: int, said: bytes) -> bytes:
    said = said.ljust(4, b"\0")  # what hides the header is taken from there
    head = bytes((first,)) + _VERSION.to_bytes(4) + bytes((len(quic.host_cid),)) + quic.host_cid
    head += bytes((len(_OURS),)) + _OURS + (b"\0" if first == _INITIAL else b"")
    head += (0x4000 | (2 + len(said) + _TAG)).to_bytes(2) + number.to_bytes(2)
    return bytes(keys.encrypt_packet(head, said, number))


async def _shaken(peer: _Peer) -> None:
    handshake = Handshake(context(), cast(Datagram, peer), "messenger.test", None, "", True)
    peer.quic = handshake._quic
    try:
        await handshake.run()
    except (TimeoutError, ssl.SSLError, TooLarge):
        return


class _Instead:
    """A module as it is, but for a few names."""

    def __init__(self, module: ModuleType, **names: object) -> None:
        self._module = module
        vars(self).update(names)

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


@cache
def _fixed() -> None:
    """The same keys and ids in every execution, so that an input does the same each time. They are
    made once: that takes as long as the rest of our flight."""
    import aioquic.quic.connection as connection
    import aioquic.tls as tls

    def bytes_of(size: int) -> bytes:
        return bytes(range(1, size + 1))

    def on(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
        return curves[curve.name]

    curves = {
        kind.name: ec.derive_private_key(int.from_bytes(bytes_of(32)), kind())
        for kind in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
    }
    ours, ours_448 = (
        x25519.X25519PrivateKey.from_private_bytes(bytes_of(32)),
        x448.X448PrivateKey.from_private_bytes(bytes_of(56)),
    )
    connection.os = tls.os = _Instead(os, urandom=bytes_of)  # type: ignore[assignment,attr-defined]
    tls.ec = _Instead(ec, generate_private_key=on)  # type: ignore[assignment,attr-defined]
    one, other = SimpleNamespace(generate=lambda: ours), SimpleNamespace(generate=lambda: ours_448)
    tls.x25519 = _Instead(x25519, X25519PrivateKey=one)  # type: ignore[assignment,attr-defined]
    tls.x448 = _Instead(x448, X448PrivateKey=other)  # type: ignore[assignment,attr-defined]


def _fuzzed(kind: type[_Peer], data: bytes) -> None:
    _fixed()
    done_in_time(_shaken(kind(data)))


datagrams = partial(_fuzzed, _Peer)
initials = partial(_fuzzed, _Sealing)
secured = partial(_fuzzed, _Secured)
