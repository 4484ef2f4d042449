"""Ed25519 (RFC 8032) over the list of a package's files; the library ``cryptography`` does it.

Where it is missing there is neither a signature nor a check of one, and both are said.
"""

import hashlib
from base64 import b64decode
from importlib.util import find_spec
from typing import TYPE_CHECKING

from msgprobe.sealing.error import Fault, PackageError, SealError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "key.pem"
_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""What SubjectPublicKeyInfo has before the 32 bytes of a key (RFC 8410 §4)."""
_FIRST, _LAST = "-----BEGIN PUBLIC KEY-----\n", "\n-----END PUBLIC KEY-----\n"


def available() -> bool:
    """Whether anything can be signed, or a signature be checked, here."""
    return find_spec("cryptography") is not None


class Signer:
    """A private key: ``pem`` is its file (PKCS #8, no passphrase); None makes one that lives as
    long as this object. Raises SealError."""

    def __init__(self, pem: bytes | None = None) -> None:
        if not available():
            raise SealError("signing needs the library cryptography; it is not installed")
        self._key = _fresh() if pem is None else _private(pem)

    @property
    def public(self) -> bytes:
        """The public key as `KEY_FILE` has it."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = self._key.public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(data)


def _fresh() -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def _private(pem: bytes) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    make = "make one with: openssl genpkey -algorithm ed25519 -out key.pem"
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise SealError("the key has a passphrase; give one without") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SealError(f"this is no private key; {make}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError(f"this is no Ed25519 key; {make}")
    return key


def spki(pem: bytes, name: str = KEY_FILE) -> bytes:
    """The key in a file as OpenSSL writes it, to the byte. Raises PackageError."""
    text = pem.decode("ascii", "replace")
    try:
        der = b64decode(text.removeprefix(_FIRST).removesuffix(_LAST), validate=True)
    except ValueError:
        der = b""
    if not der.startswith(_PREFIX) or len(der) != len(_PREFIX) + 32:
        raise PackageError(Fault.KEY, f"{name} is no public key of Ed25519")
    if not (text.startswith(_FIRST) and text.endswith(_LAST)):
        raise PackageError(Fault.KEY, f"{name} is no public key of Ed25519")
    return der


def fingerprint(pem: bytes, name: str = KEY_FILE) -> str:
    """The SHA-256 of a public key (of its SubjectPublicKeyInfo). Raises PackageError."""
    return hashlib.sha256(spki(pem, name)).hexdigest()


def check(pem: bytes, signature: bytes, data: bytes, name: str) -> None:
    """Raises PackageError where ``signature``, the file ``name``, is not of ``data`` by that key;
    ImportError without ``cryptography``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(spki(pem)[len(_PREFIX) :])
    try:
        key.verify(signature, data)
    except InvalidSignature:
        raise PackageError(Fault.SIGNATURE, f"{name} is not by the key in {KEY_FILE}") from None
