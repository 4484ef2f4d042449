"""Certificates for tests: a CA of our own, once per session (keys are slow to make)."""

import functools
import hashlib
import ssl
from datetime import UTC, datetime

import trustme

from msgprobe.model.target import Provenance, Root

NAME = "messenger.test"


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context(
    name: str = NAME, *, expired: bool = False, newest: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    issued = (
        authority().issue_cert(name, not_after=datetime(2001, 1, 1, tzinfo=UTC))
        if expired
        # RSA, because a TLS 1.2 client that offers X25519 alone is refused a P-256 certificate.
        else authority().issue_cert(name, key_type=trustme.KeyType.RSA)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if newest is not None:
        context.maximum_version = newest
    issued.configure_cert(context)
    return context


def root_sha256(ca: trustme.CA | None = None) -> str:
    pem = (ca or authority()).cert_pem.bytes().decode()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def root(ca: trustme.CA | None = None) -> Root:
    return Root(
        name="ours",
        pem=(ca or authority()).cert_pem.bytes().decode(),
        sha256=root_sha256(ca),
        provenance=Provenance(source="test", date="2026-01-01"),
    )
