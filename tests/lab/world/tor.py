"""A Tor relay's link handshake, as far as its certificates.

Source: torspec tor-spec ("Negotiating and initializing channels"); shapes as tor 0.4.9 sends them.
"""

import asyncio
import datetime as dt
import hashlib
import os
import ssl
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_VERSIONS: Final = struct.pack(">HBH3H", 0, 7, 6, 3, 4, 5)
_DER: Final = serialization.Encoding.DER
_PEM: Final = serialization.Encoding.PEM
_DAY: Final = dt.timedelta(days=1)


def fingerprint(key: rsa.RSAPrivateKey) -> str:
    """By what the relay is known, in lower-case hexadecimal."""
    public = key.public_key().public_bytes(_DER, serialization.PublicFormat.PKCS1)
    return hashlib.sha1(public).hexdigest()


@dataclass(frozen=True, slots=True)
class Relay:
    """What a relay shows: its TLS certificate inside ``context``, and the cells that explain it."""

    context: ssl.SSLContext
    cells: bytes


def relay(
    identity: rsa.RSAPrivateKey,
    signer: rsa.RSAPrivateKey,
    now: dt.datetime,
    path: Path,
    link: rsa.RSAPrivateKey | None = None,
) -> Relay:
    """A relay that claims ``identity``; ``signer`` signs for its TLS key (honestly: the same key),
    which is ``link`` or made for it.

    ``path`` is where key and certificate of the TLS server may be written.
    """
    own = _certificate("www.identity.net", identity, "www.identity.net", identity, now)
    link = link or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    shown = _certificate("www.link.com", link, "www.identity.net", signer, now)
    private = link.private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + shown.public_bytes(_PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    # Kinds 4, 5 and 7 hold the Ed25519 identity, which nobody looks at here.
    certs = [(1, shown.public_bytes(_DER)), (2, own.public_bytes(_DER))]
    certs += [(kind, os.urandom(140)) for kind in (4, 5, 7)]
    body = bytes((len(certs),)) + b"".join(
        struct.pack(">BH", kind, len(data)) + data for kind, data in certs
    )
    cells = _VERSIONS + struct.pack(">IBH", 0, 129, len(body)) + body
    return Relay(context, cells + struct.pack(">IBH", 0, 130, 38) + os.urandom(38))


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, signer: rsa.RSAPrivateKey, now: dt.datetime
) -> x509.Certificate:
    def title(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(title(name))
        .issuer_name(title(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
    )
    return builder.sign(signer, hashes.SHA256())


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cells: bytes) -> None:
    """Inside TLS: answer a VERSIONS cell, then wait for the client to leave."""
    try:
        circuit, command, size = struct.unpack(">HBH", await reader.readexactly(5))
        await reader.readexactly(size)
        if (circuit, command) != (0, 7):
            return
        writer.write(cells)
        await writer.drain()
        await reader.read(1)
    except asyncio.IncompleteReadError:
        return
