"""Certificate chains of the shapes that real servers show, made on the spot.

The names are those of the real authorities, the keys are not.
"""

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
NOW = datetime.now(UTC).replace(microsecond=0)
_LABELS = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "C": NameOID.COUNTRY_NAME}

DIGICERT_EV = {"CN": "DigiCert High Assurance EV Root CA", "O": "DigiCert Inc", "C": "US"}
DIGICERT_SERVER = {"CN": "DigiCert SHA2 High Assurance Server CA", "O": "DigiCert Inc", "C": "US"}
GODADDY_CLASS_2 = {"O": "The Go Daddy Group, Inc.", "C": "US"}
GODADDY_G2 = {"CN": "Go Daddy Root Certificate Authority - G2", "O": "GoDaddy.com, Inc."}
GODADDY_SECURE = {"CN": "Go Daddy Secure Certificate Authority - G2", "O": "GoDaddy.com, Inc."}
SIGNAL = {"CN": "Signal Messenger", "O": "Signal Messenger, LLC", "C": "US"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True, slots=True)
class Chain:
    """What a server shows, leaf first, and the authority at its end, which it need not show."""

    shown: tuple[Pair, ...]
    root: Pair

    @property
    def ders(self) -> list[bytes]:
        return [pair.der for pair in self.shown]

    def server(self) -> ssl.SSLContext:
        """A server's context that shows exactly these certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        private = self.shown[0].key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "chain.pem"
            file.write_bytes(private + "".join(pair.pem for pair in self.shown).encode())
            context.load_cert_chain(file)
        return context


def _name(parts: dict[str, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_LABELS[k], v) for k, v in parts.items()])


def issue(
    subject: dict[str, str],
    issuer: Pair | None = None,
    *,
    hosts: tuple[str, ...] = (),
    key: Key | None = None,
    begun: datetime = NOW - timedelta(days=20),
    days: float = 90,
) -> Pair:
    """An authority, or with ``hosts`` a leaf for them; signed by itself without an ``issuer``."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer is not None else key
    title = _name(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(issuer.certificate.subject if issuer is not None else title)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]),
            critical=not subject,  # RFC 5280 §4.1.2.6
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    else:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        ).add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    return Pair(builder.sign(signer, hashes.SHA256()), key)


def like_signal(host: str, root: Pair | None = None) -> Chain:
    """A leaf with an empty subject and a critical subjectAltName, and the service's own root."""
    root = root or issue(SIGNAL, days=3650)
    return Chain((issue({}, root, hosts=(host,)), root), root)


def like_whatsapp(*hosts: str, ends_in: dict[str, str] = DIGICERT_EV) -> Chain:
    """A leaf and one authority above it, which names a root that is not sent along."""
    root = issue(ends_in, days=3650)
    above = issue(DIGICERT_SERVER, root, days=3650)
    return Chain((issue({"CN": hosts[0]}, above, hosts=hosts), above), root)


def like_telegram(host: str) -> tuple[Chain, Pair]:
    """A chain that goes on past a root that lists hold to an older one that they have dropped, and
    that root in the form in which lists hold it: signed by itself."""
    old = issue(GODADDY_CLASS_2, days=3650)
    held = issue(GODADDY_G2, days=3650)
    crossed = issue(GODADDY_G2, old, key=held.key, days=3650)
    above = issue(GODADDY_SECURE, held, days=3650)
    leaf = issue({"CN": host}, above, hosts=(host,))
    return Chain((leaf, above, crossed, old), old), held
