"""The certificate chain inside WhatsApp's ServerHello: whose static key is it?

Source: tulir/whatsmeow ``proto/waCert/WACert.proto`` and ``handshake.go`` (verifyServerCert):
CertChain {leaf=1, intermediate=2}, each {details=1, signature=2}; details {serial=1,
issuerSerial=2, key=3, notBefore=4, notAfter=5}, dates in seconds since 1970.
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.wire import xeddsa
from msgprobe.wire.curve25519 import KEY_SIZE, SIGNATURE_SIZE
from msgprobe.wire.error import WireError
from msgprobe.wire.protobuf import bytes_of, int_of, read_fields

ROOT_SERIAL = 0
"""What an intermediate certificate names as its issuer: the pinned root."""

_LEAF, _INTERMEDIATE = 1, 2
_DETAILS, _SIGNATURE = 1, 2
_SERIAL, _ISSUER, _KEY, _NOT_BEFORE, _NOT_AFTER = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate; ``details`` are the signed bytes. Dates are unix time, None: no limit."""

    details: bytes
    signature: bytes
    serial: int
    issuer_serial: int
    key: bytes
    not_before: int | None
    not_after: int | None

    def holds_at(self, now: float) -> bool:
        """``now`` (unix time) is within the dates."""
        return (self.not_before or 0) <= now and (self.not_after is None or now <= self.not_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Leaf and intermediate certificate; the root is not sent."""

    leaf: Certificate
    intermediate: Certificate

    def holds_at(self, now: float) -> bool:
        """``now`` (unix time) is within the dates of both."""
        return self.leaf.holds_at(now) and self.intermediate.holds_at(now)

    def flaw(self, *, static: bytes, root: bytes) -> str | None:
        """Why this chain does not show ``static`` to be certified by ``root``; None when it does.

        Both are X25519 public keys. Dates are not looked at.
        """
        if self.intermediate.issuer_serial != ROOT_SERIAL or not _signed(self.intermediate, root):
            return "its intermediate certificate is not signed by the pinned root"
        if self.leaf.issuer_serial != self.intermediate.serial or not _signed(
            self.leaf, self.intermediate.key
        ):
            return "its leaf certificate is not signed by the intermediate one"
        if self.leaf.key != static:
            return "its leaf certificate is for another key than the server's"
        return None


def parse_chain(data: bytes) -> Chain:
    """The decrypted payload of a ServerHello. Raises WireError."""
    fields = read_fields(data)
    return Chain(
        leaf=_certificate(bytes_of(fields, _LEAF), "leaf"),
        intermediate=_certificate(bytes_of(fields, _INTERMEDIATE), "intermediate"),
    )


def _certificate(data: bytes, which: str) -> Certificate:
    outer = read_fields(data)
    details, signature = bytes_of(outer, _DETAILS), bytes_of(outer, _SIGNATURE)
    inner = read_fields(details)
    key = bytes_of(inner, _KEY)
    if len(key) != KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        raise WireError(
            f"noise: {which} certificate with a key of {len(key)} bytes "
            f"and a signature of {len(signature)}"
        )
    return Certificate(
        details=details,
        signature=signature,
        serial=int_of(inner, _SERIAL),
        issuer_serial=int_of(inner, _ISSUER),
        key=key,
        not_before=int_of(inner, _NOT_BEFORE) if _NOT_BEFORE in inner else None,
        not_after=int_of(inner, _NOT_AFTER) if _NOT_AFTER in inner else None,
    )


def _signed(certificate: Certificate, key: bytes) -> bool:
    return xeddsa.verify(key, certificate.details, certificate.signature)
