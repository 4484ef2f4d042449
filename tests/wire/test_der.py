"""The tiny DER reader agrees with ``cryptography`` about what a certificate says."""

import hashlib
import ssl
from datetime import UTC, datetime

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from msgprobe.wire.der import read_certificate
from msgprobe.wire.error import WireError


def pems() -> list[str]:
    with open(certifi.where(), encoding="utf-8") as file:
        text = file.read()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return [begin + part.split(end)[0] + end for part in text.split(begin)[1:]]


def expected_name(name: x509.Name) -> str:
    parts = []
    for label, oid in (
        ("CN", NameOID.COMMON_NAME),
        ("O", NameOID.ORGANIZATION_NAME),
        ("C", NameOID.COUNTRY_NAME),
    ):
        found = name.get_attributes_for_oid(oid)
        if found:
            parts.append(f"{label}={str(found[0].value)[:64]}")
    return ", ".join(parts)


@pytest.mark.filterwarnings("ignore")  # some roots have serials that cryptography frowns upon
def test_every_public_root_reads_the_same() -> None:
    roots = pems()
    assert len(roots) > 50
    for pem in roots:
        ours = read_certificate(ssl.PEM_cert_to_DER_cert(pem))
        theirs = x509.load_pem_x509_certificate(pem.encode())
        spki = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert ours.spki_sha256 == hashlib.sha256(spki).hexdigest()
        assert ours.subject == expected_name(theirs.subject)
        assert ours.issuer == expected_name(theirs.issuer)
        assert datetime.fromisoformat(ours.not_before) == theirs.not_valid_before_utc
        assert datetime.fromisoformat(ours.not_after) == theirs.not_valid_after_utc


def test_two_digit_years_are_read_as_the_rfc_says() -> None:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")])
    old = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(1998, 5, 6, tzinfo=UTC))
        .not_valid_after(datetime(2049, 5, 6, tzinfo=UTC))
        .sign(key, None)
    )
    fields = read_certificate(old.public_bytes(Encoding.DER))
    assert (fields.not_before, fields.not_after) == (
        "1998-05-06T00:00:00Z",
        "2049-05-06T00:00:00Z",
    )


@pytest.mark.parametrize("cut", [0, 1, 2, 10, 100, 200])
def test_a_cut_certificate_is_a_wire_error(cut: int) -> None:
    der = ssl.PEM_cert_to_DER_cert(pems()[0])
    with pytest.raises(WireError):
        read_certificate(der[:cut])
