"""The tiny DER reader agrees with ``cryptography`` about what a certificate says."""

import hashlib
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address

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


def leaf_der(*extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    key = Ed25519PrivateKey.generate()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 2, 1, tzinfo=UTC))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, None).public_bytes(Encoding.DER)


SAN = x509.ObjectIdentifier("2.5.29.17")


@pytest.mark.parametrize("critical", [True, False])
def test_a_leaf_without_a_subject_is_known_by_its_host_names(critical: bool) -> None:
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("Chat.Example"),
            x509.IPAddress(ip_address("192.0.2.1")),
            x509.RFC822Name("a@mail.example"),
            x509.DNSName("*.example.org"),
        ]
    )
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    fields = read_certificate(leaf_der((constraints, True), (names, critical)))
    assert (fields.subject, fields.issuer) == ("", "CN=authority")
    assert fields.hosts == ("chat.example", "*.example.org")


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        (b"", ()),
        (b"\x30\x82\xff\xff", ()),
        (b"\x30\x03\x82\x09a", ()),
        (b"\x30\x06\x82\x01a\x82\x01\xe9", ("a",)),  # not ASCII
        (b"\x30\x06\x82\x01a\x82\x01\x1b", ("a",)),  # not printable
        (b"\x30\x82\x01\x02\x82\x81\xff" + b"a" * 255, ()),  # longer than any host name
    ],
)
def test_host_names_that_are_malformed_spoil_nothing_else(
    value: bytes, hosts: tuple[str, ...]
) -> None:
    fields = read_certificate(leaf_der((x509.UnrecognizedExtension(SAN, value), False)))
    assert fields.hosts == hosts
    assert fields.issuer == "CN=authority" and len(fields.spki_sha256) == 64


LOGS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


@pytest.mark.parametrize(("extension", "logged"), [(LOGS, True), (SAN, False)])
def test_promises_of_logs_are_seen_beside_the_names(
    extension: x509.ObjectIdentifier, logged: bool
) -> None:
    names = (x509.SubjectAlternativeName([x509.DNSName("a.example")]), False)
    promise = (x509.UnrecognizedExtension(extension, b"\x04\x00"), False)
    shown = (names, promise) if logged else (names,)
    fields = read_certificate(leaf_der(*shown))
    assert (fields.hosts, fields.logged) == (("a.example",), logged)


def test_no_more_host_names_are_read_than_certificates_hold() -> None:
    many = x509.SubjectAlternativeName([x509.DNSName(f"h{n}.example") for n in range(2000)])
    assert len(read_certificate(leaf_der((many, False))).hosts) == 256
