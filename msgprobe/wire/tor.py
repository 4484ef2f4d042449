"""Tor's link protocol, up to the certificates with which a relay shows who it is.

Sources: torspec tor-spec, "Negotiating and initializing channels" (VERSIONS and CERTS cells) and
cert-spec; torproject/tor src/core/or/connection_or.c (``connection_or_send_certs_cell``). Numbers
are big-endian.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FINGERPRINT_SIZE = 20
VERSIONS_HEADER_SIZE = 5
HEADER_SIZE = 7
MAX_BODY = 16 * 1024

VERSIONS, PADDING, CERTS = 7, 128, 129
OURS = (4, 5)
"""The versions that we speak, both with circuit numbers of four bytes."""

LINK, IDENTITY = 1, 2
"""Kinds of certificate: the one of this TLS session, and the relay's own, which signed it."""


def versions_cell() -> bytes:
    """What a client says first: its versions, in a cell with a circuit number of two bytes."""
    body = b"".join(number.to_bytes(2) for number in OURS)
    return bytes(2) + bytes((VERSIONS,)) + len(body).to_bytes(2) + body


def versions_size(header: bytes) -> int:
    """How long the body of the answering VERSIONS cell is. Raises WireError."""
    if len(header) != VERSIONS_HEADER_SIZE or header[:3] != bytes((0, 0, VERSIONS)):
        raise WireError("tor: no VERSIONS cell")
    size = int.from_bytes(header[3:])
    if not 2 <= size <= 512 or size % 2:
        raise WireError(f"tor: a VERSIONS cell of {size} bytes")
    return size


def agreed_version(body: bytes) -> int:
    """The highest version that both sides speak. Raises WireError."""
    theirs = {int.from_bytes(body[at : at + 2]) for at in range(0, len(body) - 1, 2)}
    both = theirs & set(OURS)
    if not both:
        raise WireError("tor: no version in common")
    return max(both)


def cell_size(header: bytes) -> tuple[int, int]:
    """Command and length of a cell of variable length. Raises WireError."""
    if len(header) != HEADER_SIZE or header[:4] != bytes(4) or header[4] not in (PADDING, CERTS):
        raise WireError("tor: no CERTS cell")
    size = int.from_bytes(header[5:])
    if size > MAX_BODY:
        raise WireError(f"tor: a cell of {size} bytes")
    return header[4], size


def parse_certs(body: bytes) -> Mapping[int, bytes]:
    """The certificates of a CERTS cell by their kind. Raises WireError."""
    count, rest = body[:1], body[1:]
    found: dict[int, bytes] = {}
    for _ in range(count[0] if count else 0):
        size = int.from_bytes(rest[1:3])
        if len(rest) < 3 + size:
            raise WireError("tor: a certificate is cut short")
        if rest[0] in found:
            raise WireError("tor: two certificates of one kind")
        found[rest[0]], rest = rest[3 : 3 + size], rest[3 + size :]
    if LINK not in found or IDENTITY not in found:
        raise WireError("tor: the relay's certificates are not among those shown")
    return found


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose relay it is, as its certificates say. ``flaw``: why they do not hold together."""

    fingerprint: bytes
    flaw: str | None
    not_before: datetime
    not_after: datetime

    def holds_at(self, moment: datetime) -> bool:
        """Whether all certificates are within their dates."""
        return self.not_before <= moment <= self.not_after


def identity(certs: Mapping[int, bytes], leaf: bytes) -> Identity:
    """Who showed ``certs`` inside a TLS session of which ``leaf`` (DER) is the certificate.

    Raises WireError for certificates that cannot be read, ImportError without ``cryptography``.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        own, link, shown = map(x509.load_der_x509_certificate, (certs[IDENTITY], certs[LINK], leaf))
        key = own.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise WireError("tor: the relay's identity is no RSA key")
        fingerprint = hashlib.sha1(key.public_bytes(Encoding.DER, PublicFormat.PKCS1)).digest()
        raw = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        same_key = link.public_key().public_bytes(*raw) == shown.public_key().public_bytes(*raw)
        flaw = None
        if not _signed(own, own):
            flaw = "the identity does not sign itself"
        elif not _signed(link, own):
            flaw = "the identity did not sign the certificate of this session"
        elif not same_key:
            flaw = "the certificate shown is of another session"
        begins = max(own.not_valid_before_utc, link.not_valid_before_utc)
        ends = min(own.not_valid_after_utc, link.not_valid_after_utc)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        if isinstance(exc, WireError):
            raise
        raise WireError("tor: a certificate cannot be read") from exc
    return Identity(fingerprint, flaw, begins, ends)


def _signed(certificate: "Certificate", issuer: "Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
