"""Single values of a target file: each function takes what TOML gave and returns what we use.

They raise ``Wrong`` with what is wrong and what would be right; who calls knows the place.
"""

import binascii
import hashlib
import ipaddress
import re
from collections.abc import Callable
from datetime import date as Day
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from msgprobe.catalog.country import COUNTRIES
from msgprobe.catalog.error import nearest, quoted
from msgprobe.model.link import link_form

LONGEST = 10_000
"""Characters of any text; the longest shipped ones are certificates of some two thousand."""

W = TypeVar("W", bound=StrEnum)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")
_PATH = re.compile(r"/[!-~]{0,1023}\Z")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")
_PEM = re.compile(
    r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*\Z"
)
_RSA_PEM = re.compile(
    r"\s*-----BEGIN RSA PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END RSA PUBLIC KEY-----\s*\Z"
)
_URL_SAFE = str.maketrans("-_", "+/")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),  # before int, which bool is a kind of
    (str, "text"),
    (int, "a whole number"),
    (float, "a decimal number"),
    (list, "a list"),
    (dict, "a table"),
    (datetime, "a date with a time"),
    (Day, "a date"),
)


class Wrong(Exception):
    """A value that cannot be used: why, and what would be right."""

    def __init__(self, why: str, right: str) -> None:
        self.why = why
        self.right = right
        super().__init__(why)


def kind(value: object) -> str:
    """What ``value`` is, in the words of somebody who writes TOML."""
    return next((word for cls, word in _KINDS if isinstance(value, cls)), "a time")


def text(value: object) -> str:
    """Any text but an empty one."""
    if not isinstance(value, str):
        raise Wrong(f"is {kind(value)}", 'give text in quotes, as in "abc"')
    if not value.strip():
        raise Wrong("is empty", "give some text or leave the key out")
    if len(value) > LONGEST:
        raise Wrong(f"has {len(value)} characters", f"give at most {LONGEST}")
    return value


def line(value: object) -> str:
    """Text for people: one line, printable, at most 300 characters."""
    found = text(value)
    if len(found) > 300 or not found.isprintable():
        raise Wrong("is not one printable line", "give at most 300 printable characters")
    return found


def body(value: object) -> str:
    """The body of a page: any text, also none."""
    return "" if value == "" else text(value).strip()


def name(value: object) -> str:
    """A stable name: it appears in output, so it is plain."""
    found = text(value)
    if not _NAME.match(found):
        raise Wrong(
            f"{quoted(found)} is not a name",
            "use lower-case letters, digits, '.', '_' and '-', at most 63",
        )
    return found


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong(f"is {kind(value)}", "write true or false, without quotes")
    return value


def number(low: int, high: int) -> Callable[[object], int]:
    """A reader of whole numbers from ``low`` to ``high``, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(f"is {kind(value)}", f"give a whole number from {low} to {high}")
        if not low <= value <= high:
            raise Wrong(f"{quoted(value)} is out of range", f"give {low} to {high}")
        return value

    return read


port = number(1, 65535)
status = number(100, 599)


def word(words: type[W]) -> Callable[[object], W]:
    """A reader of one of the words of an enumeration."""
    known = [w.value for w in words]
    return lambda value: words(one_of(value, known))


def one_of(value: object, known: list[str]) -> str:
    """``value`` if it is one of ``known``."""
    found = text(value)
    if found not in known:
        near = nearest(found, known, most=1)
        hint = f"did you mean {quoted(near[0])}? " if near else ""
        raise Wrong(f"{quoted(found)} is not known", f"{hint}known are: {', '.join(known)}")
    return found


def address(value: object) -> str:
    """An IPv4 or IPv6 address, in its canonical form, so that it compares as text."""
    found = text(value)
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        raise Wrong(
            f"{quoted(found)} is not an IP address",
            'give one such as "192.0.2.1" or "2001:db8::1"; a name belongs in "host"',
        ) from None


def prefix(value: object) -> str:
    """A network in CIDR notation, canonical."""
    found = text(value)
    try:
        if "/" in found:
            return str(ipaddress.ip_network(found))
    except ValueError:
        pass
    right = 'give one such as "192.0.2.0/24"'
    try:
        right = f'did you mean "{ipaddress.ip_network(found, strict=False)}"?'
    except ValueError:
        pass
    raise Wrong(f"{quoted(found)} is not a network in CIDR notation", right)


def host(value: object) -> str:
    """A host name in lower case; names beyond ASCII come in their xn-- form."""
    found = text(value)
    labels = found.lower().split(".")
    good = len(found) <= 253 and len(labels) > 1 and all(_LABEL.match(part) for part in labels)
    # No top-level domain is a number, while every dotted IPv4 literal ends in one, which resolvers
    # also take in hexadecimal (inet_aton): 127.0.0.0x1 is this device.
    if not good or _NUMBER.match(labels[-1]):
        raise Wrong(
            f"{quoted(found)} is not a host name",
            'give a full name such as "chat.example.org", without scheme, port, path or final '
            'dot; an IP address belongs in "addresses"',
        )
    return found.lower()


def path(value: object) -> str:
    """The path (and query) of a URL."""
    found = text(value)
    if not _PATH.match(found):
        raise Wrong(
            f"{quoted(found)} is not a path", 'it starts with "/" and has no spaces, as in "/me"'
        )
    return found


def pattern(value: object) -> str:
    """How a link stands in a page, as `msgprobe.model.link` reads it."""
    found = text(value)
    try:
        link_form(found)
    except ValueError as fault:
        raise Wrong(
            f"{quoted(found)} {fault}",
            "write the text around the link and the link in [ ] with one * for what differs, as in "
            "'src=\"[/js/*.js]\"'; regular expressions are not taken any more",
        ) from None
    return found


def date(value: object) -> str:
    """When a fact was true: ISO 8601, a day or a month."""
    if isinstance(value, Day) and not isinstance(value, datetime):
        return value.isoformat()
    right = 'give a day or a month, as in "2026-01-31" or "2026-01"'
    if not isinstance(value, str):
        raise Wrong(f"is {kind(value)}", right)
    if not _MONTH.match(value):
        try:
            if len(value) != 10 or Day.fromisoformat(value).isoformat() != value:
                raise ValueError
        except ValueError:
            raise Wrong(f"{quoted(value)} is not a date", right) from None
    return value


def country(value: object) -> str:
    """An ISO 3166-1 country code, two letters."""
    found = text(value)
    if found not in COUNTRIES:
        right = 'give two capital letters of ISO 3166-1, as in "KZ"'
        if found.upper() in COUNTRIES:
            right = f"did you mean {quoted(found.upper())}?"
        raise Wrong(f"{quoted(found)} is not a country", right)
    return found


def sha256(value: object) -> str:
    """A SHA-256 in lower-case hexadecimal; colons, as openssl prints them, are taken out."""
    found = text(value).replace(":", "").lower()
    if not re.match(r"[0-9a-f]{64}\Z", found):
        raise Wrong(f"{quoted(value)} is not a SHA-256", "give 64 hexadecimal digits")
    return found


def certificate_hash(value: object) -> str:
    """A SHA-256 as `sha256` reads it, or in base64 (of either alphabet), as addresses carry it."""
    found = text(value).strip()
    if len(found) == 44 and found.endswith("="):
        try:
            return binascii.a2b_base64(found.translate(_URL_SAFE), strict_mode=True).hex()
        except ValueError:
            pass
    try:
        return sha256(value)
    except Wrong as wrong:
        raise Wrong(wrong.why, "give 64 hexadecimal digits, or 44 characters of base64") from None


def _der(match: re.Match[str] | None, what: str, right: str) -> bytes:
    """What stands between the PEM lines that matched."""
    if match is None:
        raise Wrong(f"is not one PEM {what}", right)
    try:
        return binascii.a2b_base64("".join(match[1].split()), strict_mode=True)
    except ValueError:
        raise Wrong("is not base64 between its PEM lines", right) from None


def certificate(value: object) -> tuple[str, str]:
    """One certificate in PEM, and the SHA-256 of its DER."""
    right = 'give one "-----BEGIN CERTIFICATE-----" block'
    found = text(value)
    der = _der(_PEM.match(found), "certificate", right)
    # A DER certificate is one SEQUENCE with a two-byte length (X.690 §8.1.3) that fills it.
    if der[:2] != b"\x30\x82" and der[:2] != b"\x30\x81":
        raise Wrong("is PEM, but no X.509 certificate inside", right)
    size = int.from_bytes(der[2:4]) + 4 if der[1] == 0x82 else der[2] + 3
    if size != len(der):
        raise Wrong("is a certificate with bytes missing or left over", right)
    return found.strip() + "\n", hashlib.sha256(der).hexdigest()


def rsa_key(value: object) -> tuple[int, int]:
    """Modulus and exponent of one RSA public key of 2048 bits in PEM."""
    right = 'give one "-----BEGIN RSA PUBLIC KEY-----" block with a key of 2048 bits'
    der = _der(_RSA_PEM.match(text(value)), "key", right)
    # RFC 8017 A.1.1: a SEQUENCE of two INTEGERs, the first one 256 bytes behind a zero; DER then
    # leaves no choice but the exponent's size.
    tail = der[265:]
    if (
        der[:2] != b"\x30\x82"
        or int.from_bytes(der[2:4]) != len(der) - 4
        or der[4:9] != b"\x02\x82\x01\x01\x00"
        or not der[9:10] >= b"\x80"
        or not 3 <= len(tail) <= 6
        or tail[:2] != bytes((2, len(tail) - 2))
    ):
        raise Wrong("is PEM, but no RSA key of 2048 bits inside", right)
    return int.from_bytes(der[9:265]), int.from_bytes(tail[2:])


def fingerprint(value: object) -> str:
    """The 64-bit fingerprint of a key in hexadecimal, as most clients' sources print it."""
    found = text(value).lower()
    if not _FINGERPRINT.match(found):
        raise Wrong(f"{quoted(value)} is not a fingerprint", "give 16 hexadecimal digits")
    return found


def fingerprint_of(modulus: int, exponent: int) -> str:
    """MTProto's fingerprint: the last 64 bits of the SHA-1 of both numbers as TL strings.

    Source: core.telegram.org/mtproto/auth_key.
    """
    both = b""
    for number in (modulus, exponent):
        data = number.to_bytes((number.bit_length() + 7) // 8)
        size = len(data)
        head = bytes((size,)) if size < 254 else b"\xfe" + size.to_bytes(3, "little")
        both += head + data + bytes(-(len(head) + size) % 4)
    return hashlib.sha1(both).digest()[:-9:-1].hex()
