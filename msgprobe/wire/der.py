"""The few fields of an X.509 certificate that evidence needs, read without any library.

Sources: RFC 5280 §4.1 (Certificate) and §4.2.1.6 (subjectAltName), RFC 6962 §3.3 (promises of
logs), X.690 (DER). Nothing is verified here: OpenSSL does that.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from msgprobe.wire.error import WireError

_SEQUENCE, _SET, _OID = 0x30, 0x31, 0x06
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_EXPLICIT_VERSION, _EXPLICIT_EXTENSIONS = 0xA0, 0xA3
_BOOLEAN, _OCTETS, _DNS_NAME = 0x01, 0x04, 0x82
_SUBJECT_ALT_NAME = b"\x55\x1d\x11"
_LOGS = b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"
"""1.3.6.1.4.1.11129.2.4.2, promises of certificate transparency logs."""
_ATTRIBUTES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x06": "C"}
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_MAX_NAME = 64
_MAX_HOSTS = 256
"""Host names that are read at most; shared certificates hold a hundred."""
_MAX_HOST = 253
"""Characters of a host name at most (RFC 1035 §2.3.4)."""


@dataclass(frozen=True, slots=True)
class CertificateFields:
    """Names as ``CN=…, O=…, C=…``; dates as ISO 8601 in UTC; ``spki_sha256`` in hex.

    ``hosts`` are the dNSNames of subjectAltName, in lower case; empty also where that is malformed.
    ``logged``: it bears promises of public logs, which nobody has checked.
    """

    subject: str
    issuer: str
    not_before: str
    not_after: str
    spki_sha256: str
    hosts: tuple[str, ...] = ()
    logged: bool = False


class Reader:
    """Walks the values in the contents of a constructed one, or of a whole text."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def next(self) -> tuple[int, bytes, bytes]:
        """Tag, contents and the whole encoding of the next value. Raises WireError."""
        start = self._at
        header = self._take(2)
        tag, size = header[0], header[1]
        if tag & 0x1F == 0x1F:
            raise WireError("der: tag of several bytes")
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4:
                raise WireError("der: length is malformed")
            size = int.from_bytes(self._take(count), "big")
        contents = self._take(size)
        return tag, contents, self._data[start : self._at]

    def expect(self, tag: int) -> tuple[bytes, bytes]:
        """Contents and encoding of the next value, which must be a ``tag``. Raises WireError."""
        found, contents, encoding = self.next()
        if found != tag:
            raise WireError(f"der: tag {found:#x} where {tag:#x} belongs")
        return contents, encoding

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._data)

    @property
    def tag(self) -> int:
        """The tag of the next value, 0 at the end."""
        return self._data[self._at] if self.more else 0

    def _take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise WireError("der: value is cut short")
        self._at += size
        return self._data[self._at - size : self._at]


def read_certificate(der: bytes) -> CertificateFields:
    """The fields of one certificate. Raises WireError."""
    certificate = Reader(Reader(der).expect(_SEQUENCE)[0])
    tbs = Reader(certificate.expect(_SEQUENCE)[0])
    if tbs.tag == _EXPLICIT_VERSION:
        tbs.next()
    tbs.next()  # serial number
    tbs.next()  # signature algorithm
    issuer = _name(tbs.expect(_SEQUENCE)[0])
    validity = Reader(tbs.expect(_SEQUENCE)[0])
    not_before, not_after = _time(validity), _time(validity)
    subject = _name(tbs.expect(_SEQUENCE)[0])
    spki = tbs.expect(_SEQUENCE)[1]
    hosts, logged = _extensions(tbs)
    return CertificateFields(
        subject=subject,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        spki_sha256=hashlib.sha256(spki).hexdigest(),
        hosts=hosts,
        logged=logged,
    )


def _extensions(rest: Reader) -> tuple[tuple[str, ...], bool]:
    """The host names in what follows the key, and whether logs have promised anything. A bad
    extension does not spoil the other fields."""
    try:
        while rest.more:
            tag, contents, _ = rest.next()
            if tag == _EXPLICIT_EXTENSIONS:
                return _names_and_logs(Reader(Reader(contents).expect(_SEQUENCE)[0]))
    except WireError:
        pass
    return (), False


def _names_and_logs(extensions: Reader) -> tuple[tuple[str, ...], bool]:
    found: list[str] = []
    logged = False
    while extensions.more:
        extension = Reader(extensions.expect(_SEQUENCE)[0])
        kind = extension.expect(_OID)[0]
        logged = logged or kind == _LOGS
        if kind != _SUBJECT_ALT_NAME:
            continue
        if extension.tag == _BOOLEAN:  # critical, as it has to be where the subject is empty
            extension.next()
        names = Reader(Reader(extension.expect(_OCTETS)[0]).expect(_SEQUENCE)[0])
        while names.more and len(found) < _MAX_HOSTS:
            tag, value, _ = names.next()
            if tag == _DNS_NAME and _is_host(value):
                found.append(value.decode("ascii").lower())
    return tuple(found), logged


def _is_host(value: bytes) -> bool:
    """Printable ASCII (IA5String) of a length that a host name can have."""
    return len(value) <= _MAX_HOST and value.isascii() and value.decode("ascii").isprintable()


def _name(data: bytes) -> str:
    """CN, O and C of a distinguished name, in that order, the first of each."""
    found: dict[str, str] = {}
    sets = Reader(data)
    while sets.more:
        attributes = Reader(sets.expect(_SET)[0])
        while attributes.more:
            pair = Reader(attributes.expect(_SEQUENCE)[0])
            label = _ATTRIBUTES.get(pair.expect(_OID)[0])
            tag, value, _ = pair.next()
            if label is not None and label not in found:
                text = value.decode(_ENCODINGS.get(tag, "latin-1"), "replace")
                found[label] = "".join(c if c.isprintable() else "\ufffd" for c in text[:_MAX_NAME])
    return ", ".join(f"{label}={found[label]}" for label in ("CN", "O", "C") if label in found)


def _time(reader: Reader) -> str:
    tag, value, _ = reader.next()
    text = value.decode("ascii", "replace")
    if tag == _UTC_TIME and len(text) == 13:
        # RFC 5280 §4.1.2.5.1: two digits of 50 and more mean 19xx.
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise WireError("der: validity is not a time")
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as exc:
        raise WireError(f"der: validity {text!r}") from exc
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
