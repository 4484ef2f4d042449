"""Whether a chain of certificates that a probe saw is the service's own: checked again, here."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgprobe.model.observation import Certificate
from msgprobe.model.target import Root


def leads_to(
    chain: Sequence[bytes], roots: Iterable[Root], host: str, when: datetime
) -> Root | None:
    """The root that signed the first certificate, which is for ``host`` and was valid at ``when``.

    None where there is none, or without the library ``cryptography``. Only chains of one step are
    known: Signal's roots sign its servers' certificates themselves.
    """
    leaf = _loaded(chain[0]) if chain else None
    if leaf is None or not _for(leaf, host) or not _valid(leaf, when):
        return None
    return next((root for root in roots if _signed(leaf, root)), None)


def shows_root(chain: Iterable[bytes], roots: Iterable[Root]) -> bool:
    """One of them is a root of the service's: some probes kept only what they refused."""
    known = {root.sha256.lower() for root in roots}
    return any(hashlib.sha256(der).hexdigest() in known for der in chain)


def certificate(der: bytes) -> Certificate:
    """What is kept of one; empty texts where it cannot be read."""
    loaded = _loaded(der)
    sha256 = hashlib.sha256(der).hexdigest()
    if loaded is None:
        return Certificate(
            subject="",
            issuer="",
            sha256=sha256,
            spki_sha256="",
            not_before="",
            not_after="",
            der="",
        )
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        subject, issuer = loaded.subject.rfc4514_string(), loaded.issuer.rfc4514_string()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key, subject, issuer = b"", "", ""
    return Certificate(
        subject=subject,
        issuer=issuer,
        sha256=sha256,
        spki_sha256=hashlib.sha256(key).hexdigest(),
        not_before=loaded.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        not_after=loaded.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        der="",
        names=_names(loaded),
    )


def _loaded(der: bytes) -> Any:
    try:
        from cryptography import x509

        return x509.load_der_x509_certificate(der)
    except (ImportError, ValueError):
        return None


def _names(loaded: Any) -> tuple[str, ...]:
    from cryptography import x509

    try:
        found = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return tuple(name.lower() for name in found.value.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, ValueError):
        return ()


def _for(loaded: Any, host: str) -> bool:
    """RFC 6125: the name itself, or a star for its first label."""
    return any(name in (host, f"*.{host.partition('.')[2]}") for name in _names(loaded))


def _valid(loaded: Any, when: datetime) -> bool:
    moment = when.astimezone(UTC)
    found: bool = loaded.not_valid_before_utc <= moment <= loaded.not_valid_after_utc
    return found


def _signed(loaded: Any, root: Root) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        loaded.verify_directly_issued_by(x509.load_pem_x509_certificate(root.pem.encode()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
