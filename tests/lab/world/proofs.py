"""The lab's keys for services that prove themselves with one of their own.

Kept in the world's folder, so that the client's target files and the world's servers agree.
"""

import base64
import fcntl
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from nacl.public import PrivateKey

from msgprobe.model.target import Endpoint
from tests.lab.world import mmtls, tor
from tests.lab.world.hosts import authority_of
from tests.lab.world.pki import Pki

_NONE: Final = serialization.NoEncryption()
_PKCS8: Final = serialization.PrivateFormat.PKCS8


class Proofs:
    """Keys by name, made when first asked for."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        path: Path = self.pki.folder / f"{re.sub(r'[^a-z0-9.-]', '_', name)}.key"
        with (self.pki.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                path.write_bytes(make())
        return path.read_bytes()

    def threema(self, name: str = "threema") -> PrivateKey:
        """A key for NaCl's box."""
        return PrivateKey(self._kept(name, lambda: bytes(PrivateKey.generate())))

    def mmtls(self, name: str = "mmtls") -> ec.EllipticCurvePrivateKey:
        """A P-256 key."""

        def make() -> bytes:
            made = ec.generate_private_key(ec.SECP256R1())
            return made.private_bytes(serialization.Encoding.DER, _PKCS8, _NONE)

        key = serialization.load_der_private_key(self._kept(name, make), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    def relay(self, name: str) -> rsa.RSAPrivateKey:
        """A Tor relay's identity, as short as real ones."""

        def make() -> bytes:
            made = rsa.generate_private_key(public_exponent=65537, key_size=1024)
            return made.private_bytes(serialization.Encoding.DER, _PKCS8, _NONE)

        key = serialization.load_der_private_key(
            self._kept(f"tor-{name}", make), None, unsafe_skip_rsa_key_validation=True
        )
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def replacements(self, endpoint: Endpoint) -> dict[str, str]:
        """What the target file says about keys for ``endpoint``, and what the lab says instead."""
        found: dict[str, str] = {}
        options = dict(endpoint.options)
        if endpoint.check == "threema":
            found[options["server_keys"]] = bytes(self.threema().public_key).hex()
        elif endpoint.check == "mmtls":
            found[options["server_keys"]] = mmtls.point(self.mmtls()).hex()
        elif endpoint.check == "tor":
            found[options["fingerprint"]] = tor.fingerprint(self.relay(endpoint.member))
        for known in endpoint.certificate_sha256:
            certificate = self.pki.known(endpoint.host or endpoint.member, authority_of(endpoint))
            ours = certificate.fingerprint(hashes.SHA256()).hex()
            raw = bytes.fromhex(known)
            for form in (known, raw.hex(":").upper(), base64.urlsafe_b64encode(raw).decode()):
                found[form] = ours
        return found
