"""The certificates that a TLS peer showed, kept even when they convinced nobody."""

import base64
import hashlib
import re
import ssl
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from msgprobe.model.observation import Certificate
from msgprobe.wire.der import CertificateFields, read_certificate
from msgprobe.wire.error import WireError

_MAX_CHAIN = 10
_MOST_KEPT = 16 * 1024
"""Bytes of certificates that an observation holds in full; honest chains take 3 to 6 kB."""
_BODY = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
_UNREADABLE = CertificateFields(subject="", issuer="", not_before="", not_after="", spki_sha256="")


def shown_chain(tls: ssl.SSLObject) -> tuple[Certificate, ...]:
    """The chain as the peer sent it, leaf first, verified or not; empty when none came."""
    return described(_chain(tls, "get_unverified_chain"))


def described(chain: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Certificates in DER as evidence keeps them. Of a chain beyond all reason the later ones are
    described and not kept in full, or left out."""
    left = _MOST_KEPT
    shown = []
    for der in chain[:_MAX_CHAIN]:
        left -= len(der)
        shown.append(_describe(der, whole=left >= 0))
    return tuple(shown)


def pinned_anchor(tls: ssl.SSLObject, known: Collection[str]) -> str | None:
    """Which of the certificates ``known`` by their SHA-256 vouches for the peer; None for none.

    It is the one that the peer proved to hold the key of, or one shown behind it that signed it,
    directly or through those in between; names and dates are not looked at, for the hash says whose
    it is. Raises ImportError where a signature has to be checked and ``cryptography`` is missing.
    """
    return _vouching(_chain(tls, "get_unverified_chain")[:_MAX_CHAIN], known)


def _vouching(chain: Sequence[bytes], known: Collection[str]) -> str | None:
    hashes = [hashlib.sha256(der).hexdigest() for der in chain]
    at = next((i for i, found in enumerate(hashes) if found in known), None)
    if at is None:
        return None
    signed = all(_issued(chain[i], chain[i + 1]) for i in range(at))
    return hashes[at] if signed else None


def _issued(der: bytes, issuer: bytes) -> bool:
    """Whether ``issuer`` signed the certificate ``der``."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def anchor(tls: ssl.SSLObject) -> bytes | None:
    """The trust anchor of a chain that verified, in DER (never ask before it did)."""
    chain = _chain(tls, "get_verified_chain")
    return chain[-1] if chain else None


def key_sha256(der: bytes) -> str | None:
    """The SHA-256 of a certificate's public key (SubjectPublicKeyInfo) in hex; None: unreadable."""
    try:
        return read_certificate(der).spki_sha256
    except WireError:
        return None


def keys(pem: str) -> frozenset[str]:
    """The keys of all certificates in a text in PEM, as `key_sha256` gives them."""
    found = (key_sha256(_decoded(body)) for body in _BODY.findall(pem))
    return frozenset(key for key in found if key is not None)


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""


def _chain(tls: ssl.SSLObject, method: str) -> list[bytes]:
    # Public since Python 3.13; on 3.11 and 3.12 the same methods sit on the inner object and give
    # certificate objects instead of bytes.
    source: Any = tls if hasattr(tls, method) else getattr(tls, "_sslobj", None)
    getter = getattr(source, method, None)
    if getter is None:
        leaf = tls.getpeercert(binary_form=True)
        return [leaf] if leaf else []
    return [c if isinstance(c, bytes) else _der(c) for c in getter() or ()]


def _der(certificate: Any) -> bytes:
    import _ssl  # names the encoding that public_bytes() wants

    der = certificate.public_bytes(_ssl.ENCODING_DER)
    return der if isinstance(der, bytes) else bytes(der)


@lru_cache(maxsize=256)
def _describe(der: bytes, *, whole: bool) -> Certificate:
    try:
        fields = read_certificate(der)
    except WireError:
        fields = _UNREADABLE
    return Certificate(
        subject=fields.subject,
        issuer=fields.issuer,
        sha256=hashlib.sha256(der).hexdigest(),
        spki_sha256=fields.spki_sha256,
        not_before=fields.not_before,
        not_after=fields.not_after,
        der=base64.b64encode(der).decode("ascii") if whole else "",
        names=fields.hosts,
        logged=fields.logged,
    )
