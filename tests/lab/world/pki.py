"""The lab's certificate authorities and the certificates they sign, made when first asked for."""

import datetime as dt
import fcntl
import ipaddress
import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from msgprobe.catalog.loader import Catalogue
from tests.lab.world.datacentre import fingerprint
from tests.lab.world.noise import montgomery

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_RSA_PEM: Final = re.compile(
    "-----BEGIN RSA PUBLIC KEY-----.*?-----END RSA PUBLIC KEY-----\n", re.S
)
_DAY: Final = dt.timedelta(days=1)
_AUTHORITIES: Final = {
    # file name: organisation and common name of the root
    "public": ("Lab Trust Services", "Lab Public Root R1"),
    "public-new": ("Lab Trust Services", "Lab Public Root R9"),
    "public-other": ("Other Trust Network", "Other Public Root X2"),
    "signal-1": ("Signal Messenger, LLC", "Signal Messenger"),
    "signal-2": ("Signal Messenger, LLC", "Signal Messenger"),
    "signal-new": ("Signal Messenger, LLC", "Signal Messenger"),
    "imessage-1": ("Apple Inc.", "Apple Root CA"),
    "private": ("Information Security Certification Authority", "ISCA Root"),
    "corporate": ("Example Antivirus", "Example Antivirus Web Shield Root"),
    "national": (
        "The Ministry of Digital Development and Communications",
        "Russian Trusted Root CA",
    ),
}
_COUNTRIES: Final = {"national": "RU"}
_UNTOUCHED: Final = ("Acme Co", "Kubernetes Ingress Controller Fake Certificate")
"""What a front end shows that nobody has given a certificate yet; each makes one of its own."""
_LOGGED: Final = ("public", "public-new", "public-other")
"""Authorities of public lists, whose certificates bear promises of public logs (RFC 6962 §3.3)."""
KNOWN, KNOWN_ISSUER = "known", "known-issuer"
"""Authorities of servers that are known by a certificate's hash: they sign for themselves, or have
one of their own each."""
_ED25519: Final = frozenset({"signal-2"})
"""The second of Signal's own roots is an Ed25519 one."""


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: Key

    def pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ) + self.certificate.public_bytes(serialization.Encoding.PEM)

    @classmethod
    def read(cls, data: bytes) -> "_Pair":
        key = serialization.load_pem_private_key(data, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise TypeError("the lab's keys are P-256 or Ed25519")
        return cls(x509.load_pem_x509_certificate(data), key)


class Pki:
    """All authorities, kept in ``workdir`` so that the client's trust and the world agree.

    ``now`` is the world's own time; leaves are ``age_days`` old at that time.
    """

    def __init__(self, workdir: Path, now: dt.datetime, age_days: float = 20.0) -> None:
        self._folder = workdir / "pki"
        self._leaves = self._folder / "leaves"
        self._leaves.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._age = age_days * _DAY
        self._contexts: dict[tuple[str, str, str, str], ssl.SSLContext] = {}
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._roots = {name: self._pair(name, None) for name in _AUTHORITIES}
            self._middles = {
                name: self._pair(f"{name}-intermediate", root) for name, root in self._roots.items()
            }

    @property
    def folder(self) -> Path:
        """Where everything is kept."""
        return self._folder

    def known(self, name: str, authority: str, flaw: str = "normal") -> x509.Certificate:
        """The certificate by whose hash ``name`` is known; another one with a ``flaw``."""
        return x509.load_pem_x509_certificates(
            self._known_file(name, authority, flaw).read_bytes()
        )[-1]

    def _known_file(self, name: str, authority: str, flaw: str) -> Path:
        kind = "normal" if flaw == "normal" else "other"
        path = self._leaves / f"{re.sub(r'[^A-Za-z0-9.-]', '_', name)}-{authority}-{kind}.pem"
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                start, life = self._now - self._age, 3650 * _DAY
                if authority == KNOWN:
                    path.write_bytes(_issue((None, name), None, start, life, name).pem())
                else:
                    own = _issue((None, f"{name} authority"), None, start, life, None, edwards=True)
                    leaf = _issue((None, name), own, start, life, name, edwards=True)
                    shown = own.certificate.public_bytes(serialization.Encoding.PEM)
                    path.write_bytes(leaf.pem() + shown)
        return path

    def chat_root(self) -> ed25519.Ed25519PrivateKey:
        """The key that stands for WhatsApp's pinned root in this lab."""
        path = self._folder / "chat-root.key"
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                path.write_bytes(ed25519.Ed25519PrivateKey.generate().private_bytes_raw())
        return ed25519.Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    def root(self, authority: str) -> x509.Certificate:
        """The root certificate of ``authority``. KeyError if there is none such."""
        return self._roots[authority].certificate

    def rsa(self, name: str) -> rsa.RSAPrivateKey:
        """The RSA key called ``name``, made when first asked for."""
        path = self._folder / f"{name}-rsa.pem"
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
                path.write_bytes(
                    made.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                )
        # Its check takes longer than all else that is done with it, and it is our own.
        key = serialization.load_pem_private_key(
            path.read_bytes(), None, unsafe_skip_rsa_key_validation=True
        )
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def context(
        self, name: str, authority: str, flaw: str = "normal", alpn: str = "http/1.1"
    ) -> ssl.SSLContext:
        """A server's context that shows a certificate for ``name`` signed by ``authority``.

        ``alpn`` is the application protocol that it chooses if it may, none when empty.

        ``flaw``: ``expired``, ``self_signed`` (``authority`` then does not matter), ``new_root``,
        ``other_ca`` (another public one), ``national`` (a state's own), ``untouched`` (a front's
        own, made by itself), ``wrong_name`` or ``normal``.
        """
        if flaw == "other_ca":
            authority, flaw = "public-other", "normal"
        if flaw == "national":
            authority, flaw = "national", "normal"
        if flaw == "new_root":
            authority = "signal-new" if authority.startswith("signal") else "public-new"
        if authority == "self_signed":
            flaw = "self_signed"
        key = (name, authority, flaw, alpn)
        if key not in self._contexts:
            self._contexts[key] = self._make_context(*key)
        return self._contexts[key]

    def chain(self, name: str, authority: str) -> Path:
        """A file with a key and a certificate chain for ``name``, signed by ``authority``."""
        return self._leaf(name, authority, "normal")

    def _make_context(self, name: str, authority: str, flaw: str, alpn: str) -> ssl.SSLContext:
        if authority in (KNOWN, KNOWN_ISSUER):
            return _server(self._known_file(name, authority, flaw), "smp/1", "xftp/1", "http/1.1")
        return _server(self._leaf(name, authority, flaw), *([alpn] if alpn else []))

    def _leaf(self, name: str, authority: str, flaw: str) -> Path:
        safe = re.sub(r"[^A-Za-z0-9.-]", "_", name)[:120]
        path = self._leaves / f"{safe}-{authority}-{flaw}.pem"
        shown = "unrelated.example" if flaw == "wrong_name" else name
        age = self._age + (400 * _DAY if flaw == "expired" else 0 * _DAY)
        start = self._now - age
        if flaw == "self_signed":
            pair = _issue((None, shown), None, start, 3650 * _DAY, shown)
            path.write_bytes(pair.pem())
        elif flaw == "untouched":
            path.write_bytes(_issue(_UNTOUCHED, None, start, 365 * _DAY, "ingress.local").pem())
        else:
            middle = self._middles[authority]
            logged = authority in _LOGGED
            pair = _issue((None, shown), middle, start, 90 * _DAY, shown, logged=logged)
            chain = middle.certificate.public_bytes(serialization.Encoding.PEM)
            path.write_bytes(pair.pem() + chain)
        return path

    def _pair(self, name: str, issuer: _Pair | None) -> _Pair:
        path = self._folder / f"{name}.pem"
        if path.exists():
            return _Pair.read(path.read_bytes())
        of = name.removesuffix("-intermediate")
        organisation, common = _AUTHORITIES[of]
        common = common if issuer is None else f"{common} Issuing CA 1"
        title = (organisation, common, _COUNTRIES.get(of))
        start = self._now - 1000 * _DAY
        pair = _issue(title, issuer, start, 4000 * _DAY, None, edwards=name in _ED25519)
        path.write_bytes(pair.pem())
        return pair


def _server(path: Path, *protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(list(protocols))
    context.load_cert_chain(path)
    return context


def world_now(skew_days: float) -> dt.datetime:
    """The time in the world, ``skew_days`` ahead of this machine's."""
    return dt.datetime.now(dt.UTC) + skew_days * _DAY


def write_trust(workdir: Path) -> Path:
    """Make the authorities and ``public-ca.pem``, the client's list of public
    authorities; and ``company-ca.pem``, the same and a company's own authority."""
    pki = Pki(workdir, world_now(0))
    path, company = workdir / "public-ca.pem", workdir / "company-ca.pem"
    own, *known = (
        pki.root(name).public_bytes(serialization.Encoding.PEM)
        for name in ("corporate", "public", "public-other")
    )
    path.write_bytes(b"".join(known))
    company.write_bytes(b"".join((*known, own)))
    return path


def write_overrides(workdir: Path, catalogue: Catalogue) -> tuple[Path, ...]:
    """Target files for ``--targets``: every service with roots or keys of its own gets the lab's
    instead.

    They are copies of the shipped files with certificates, hashes, the first key and the keys in
    options (Noise chains' ``root_key`` and what `Proofs` knows) replaced, nothing else.
    """
    from tests.lab.world.proofs import Proofs  # which needs a Pki itself

    pki = Pki(workdir, world_now(0))
    proofs = Proofs(pki)
    written = []
    for service in catalogue.services:
        chains = {found for e in service.endpoints if (found := e.option("root_key")) is not None}
        others: dict[str, str] = {}
        for endpoint in service.endpoints:
            others |= proofs.replacements(endpoint)
        if not service.roots and not service.keys and not chains and not others:
            continue
        source = Path(__file__).parents[3] / "targets" / f"{service.name}.toml"
        text = source.read_text(encoding="utf-8")
        for number, root in enumerate(service.roots, start=1):
            ours = pki.root(f"{service.name}-{number}")
            pem = ours.public_bytes(serialization.Encoding.PEM).decode()
            text = text.replace(root.pem.strip(), pem.strip())
            text = text.replace(root.sha256, ours.fingerprint(hashes.SHA256()).hex())
        for key in service.keys[:1]:
            own = pki.rsa(service.name).public_key()
            shown = own.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
            text = _RSA_PEM.sub(shown.decode(), text, count=1)
            text = text.replace(key.fingerprint, f"{fingerprint(own):016x}")
        for chain in chains:
            text = text.replace(chain, montgomery(pki.chat_root()).hex())
        for theirs, ours_instead in others.items():
            text = text.replace(theirs, ours_instead)
        path = workdir / f"{service.name}-lab.toml"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


_Title = tuple[str | None, str] | tuple[str | None, str, str | None]
"""Organisation, common name and country."""


def _title(organisation: str | None, common: str, country: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common[:64])]
    if organisation is not None:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    if country is not None:
        parts.insert(0, x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    return x509.Name(parts)


def _promises() -> x509.UnrecognizedExtension:
    """Two logs' promises to publish the certificate, of the right form (RFC 6962 §3.2, §3.3)."""
    told = int(dt.datetime.now(dt.UTC).timestamp() * 1000).to_bytes(8)
    one = b"\0" + os.urandom(32) + told + b"\0\0\4\3" + (70).to_bytes(2) + os.urandom(70)
    listed = 2 * (len(one).to_bytes(2) + one)
    inner = len(listed).to_bytes(2) + listed
    oid = ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS
    return x509.UnrecognizedExtension(oid, b"\x04\x81" + len(inner).to_bytes(1) + inner)


def _issue(
    title: _Title,
    issuer: _Pair | None,
    start: dt.datetime,
    life: dt.timedelta,
    name: str | None,
    *,
    edwards: bool = False,
    logged: bool = False,
) -> _Pair:
    """A certificate for the server ``name``, or for an authority if that is None; ``logged``: with
    the promises of public logs."""
    key: Key = (
        ed25519.Ed25519PrivateKey.generate() if edwards else ec.generate_private_key(ec.SECP256R1())
    )
    subject = _title(*title)
    signer = issuer.key if issuer else key
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=name is None,
        crl_sign=name is None,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.BasicConstraints(ca=name is None, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if name is not None:
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        names = x509.SubjectAlternativeName([_alternative(name)])
        builder = builder.add_extension(server, critical=False)
        builder = builder.add_extension(names, critical=False)
    if logged:
        builder = builder.add_extension(_promises(), critical=False)
    edwards_signer = isinstance(signer, ed25519.Ed25519PrivateKey)
    return _Pair(builder.sign(signer, None if edwards_signer else hashes.SHA256()), key)
