"""TLS with servers that are known by the SHA-256 of a certificate, over real sockets."""

import asyncio
import hashlib
import ssl
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from msgprobe.model.failure import Failure
from msgprobe.model.observation import TlsObservation
from msgprobe.model.target import Trust
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done
from msgprobe.steps.tls import handshake
from tests.lab.world.pki import KNOWN, KNOWN_ISSUER, Pki, world_now
from tests.steps.loopback import HOST, context, only, run, serve_tls

NAME = "seed.messenger.test"


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path, world_now(0))


def digest(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def shaken(
    server: ssl.SSLContext, *known: str, name: str | None = NAME, **how: object
) -> tuple[TlsObservation, bool | None]:
    """What was seen, and whether the stream says that it is verified (None: there is none)."""

    async def main() -> tuple[TlsObservation, bool | None]:
        async with serve_tls(server) as port:
            ctx = context()
            outcome = await connect(ctx, HOST, port)
            assert isinstance(outcome, Done)
            async with closing(ctx, outcome.value) as stream:
                inside = await handshake(
                    ctx,
                    stream,
                    server_name=name,
                    trust=Trust.HASH,
                    known=known,
                    **how,  # type: ignore[arg-type]
                )
                verified = inside.value.verified if isinstance(inside, Done) else None
            return only(ctx, TlsObservation), verified

    return run(main())


def test_a_self_signed_leaf_is_known_by_its_hash_whatever_its_name(pki: Pki) -> None:
    pin = digest(pki.known(NAME, KNOWN))
    for name in (NAME, "other.test", None):
        seen, verified = shaken(pki.context(NAME, KNOWN), "0" * 64, pin, name=name)
        assert (seen.failure, seen.verified, seen.checked, verified) == (None, True, True, True)
        assert seen.root_sha256 == pin and seen.root_pinned and seen.verify_error is None


def test_a_leaf_is_known_by_the_authority_shown_behind_it(pki: Pki) -> None:
    pin = digest(pki.known(NAME, KNOWN_ISSUER))
    seen, verified = shaken(pki.context(NAME, KNOWN_ISSUER), pin, alpn=("smp/1",))
    assert (seen.failure, seen.verified, verified) == (None, True, True)
    assert len(seen.chain) == 2 and seen.chain[1].sha256 == pin == seen.root_sha256
    assert seen.root_pinned and seen.alpn == "smp/1"


def test_a_chain_of_ed448_keys_as_simplex_servers_have_holds(tmp_path: Path) -> None:
    """`smp-server init` makes such an authority and such a leaf unless told otherwise."""
    now = world_now(0)

    def made(
        name: str, key: ed448.Ed448PrivateKey, issuer: str, signer: ed448.Ed448PrivateKey
    ) -> x509.Certificate:
        def title(common: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

        builder = x509.CertificateBuilder().subject_name(title(name)).issuer_name(title(issuer))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        dated = builder.not_valid_before(now).not_valid_after(now + timedelta(days=9))
        return dated.sign(signer, None)

    above, below = ed448.Ed448PrivateKey.generate(), ed448.Ed448PrivateKey.generate()
    authority = made("SMP server CA", above, "SMP server CA", above)
    leaf = made("localhost", below, "SMP server CA", above)
    path = tmp_path / "smp.pem"
    private = below.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    path.write_bytes(private + shown)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    seen, verified = shaken(server, digest(authority), name=None)
    assert (seen.failure, seen.root_sha256, verified) == (None, digest(authority), True)


@pytest.mark.parametrize("authority", [KNOWN, KNOWN_ISSUER])
def test_another_certificate_is_a_failure_like_any_other(pki: Pki, authority: str) -> None:
    pin = digest(pki.known(NAME, authority))
    seen, verified = shaken(pki.context(NAME, authority, "new_root"), pin)
    assert seen.failure is Failure.TLS_UNKNOWN_AUTHORITY and seen.failure.is_certificate
    assert (seen.verified, seen.checked, verified) == (False, True, None)
    assert seen.chain and seen.root_sha256 is None and not seen.root_pinned
    assert seen.verify_error


def test_showing_the_known_authority_is_not_being_signed_by_it(pki: Pki, tmp_path: Path) -> None:
    """Certificates are public: an impostor can show the genuine one behind a leaf of his own."""
    known = pki.known(NAME, KNOWN_ISSUER)
    forged = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = trustme.CA().issue_cert(NAME)
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(
        issued.private_key_pem.bytes()
        + issued.cert_chain_pems[0].bytes()
        + known.public_bytes(Encoding.PEM)
    )
    forged.load_cert_chain(leaf)
    seen, verified = shaken(forged, digest(known))
    assert [c.sha256 for c in seen.chain][1:] == [digest(known)]
    assert (seen.failure, verified) == (Failure.TLS_UNKNOWN_AUTHORITY, None)


def test_a_leaf_shown_again_as_its_own_issuer_is_not_its_issuer(pki: Pki, tmp_path: Path) -> None:
    """The genuine leaf, which cannot be used without its key, behind one that can."""
    genuine = pki.known(NAME, KNOWN)
    path = tmp_path / "both.pem"
    issued = trustme.CA().issue_cert(NAME)
    path.write_bytes(
        issued.private_key_pem.bytes()
        + issued.cert_chain_pems[0].bytes()
        + genuine.public_bytes(Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    assert shaken(server, digest(genuine))[0].failure is Failure.TLS_UNKNOWN_AUTHORITY


def test_without_cryptography_an_authority_vouches_for_nobody_and_nobody_is_accused(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    chained, alone = pki.context(NAME, KNOWN_ISSUER), pki.context(NAME, KNOWN)
    issuer, leaf = digest(pki.known(NAME, KNOWN_ISSUER)), digest(pki.known(NAME, KNOWN))
    monkeypatch.setitem(sys.modules, "cryptography", None)
    seen, verified = shaken(chained, issuer)
    assert (seen.failure, seen.verified, verified) == (None, False, False)
    assert seen.root_sha256 is None and "cryptography" in (seen.verify_error or "")
    assert shaken(alone, leaf)[0].verified  # no signature has to be checked for this one
    assert shaken(alone, issuer)[0].failure is Failure.TLS_UNKNOWN_AUTHORITY


def test_the_same_context_offers_each_conversation_its_own_protocols(pki: Pki) -> None:
    pin = digest(pki.known(NAME, KNOWN_ISSUER))
    server = pki.context(NAME, KNOWN_ISSUER)

    async def main() -> list[str | None]:
        async with serve_tls(server) as port:
            ctx = context()

            async def one(alpn: tuple[str, ...]) -> str | None:
                outcome = await connect(ctx, HOST, port)
                assert isinstance(outcome, Done)
                async with closing(ctx, outcome.value) as stream:
                    await handshake(
                        ctx, stream, server_name=None, trust=Trust.HASH, known=(pin,), alpn=alpn
                    )
                    seen = ctx.recorder.observations[-1]
                    assert isinstance(seen, TlsObservation)
                    return seen.alpn

            offers: list[tuple[str, ...]] = [("smp/1",), ("xftp/1",), (), ("http/1.1",)]
            return [await one(offer) for offer in offers]

    assert run(asyncio.wait_for(main(), 10)) == ["smp/1", "xftp/1", None, "http/1.1"]
