"""What a censor reads in packets: the name in a ClientHello, the Host of a request, DNS questions.

Total on any bytes: what cannot be read is "not that". Kept apart from `msgprobe.wire` on purpose,
so that the lab and the product cannot share one misunderstanding.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.lab.packet import packed, text

A: Final = 1
AAAA: Final = 28
_HOST: Final = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n", re.IGNORECASE)
_METHOD: Final = re.compile(rb"(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT) ")
LONGEST_FIRST_WORDS: Final = 16384
ECH: Final = 65037
"""The extension encrypted_client_hello (RFC 9849)."""
ALPN: Final = 16
"""The extension application_layer_protocol_negotiation (RFC 7301)."""


class Kind(Enum):
    """What the first bytes of a client are."""

    UNDECIDED = "undecided"
    TLS = "tls"
    HTTP = "http"
    OTHER = "other"


def first_words(stream: bytes) -> tuple[Kind, str | None]:
    """What ``stream``, the client's first bytes, is; and the name in it (SNI or Host), if any.

    UNDECIDED means that more bytes are needed.
    """
    if not stream:
        return Kind.UNDECIDED, None
    if stream[0] == 22 and stream[1:2] in (b"", b"\x03"):  # the major version of all TLS records
        return _client_hello(stream)
    if _METHOD.match(stream):
        if b"\r\n\r\n" not in stream:
            return (Kind.UNDECIDED if len(stream) < LONGEST_FIRST_WORDS else Kind.HTTP), None
        host = _HOST.search(stream)
        name = host.group(1).decode("ascii", "replace").lower() if host else None
        return Kind.HTTP, name.rsplit(":", 1)[0] if name else None
    return Kind.OTHER, None


def _client_hello(stream: bytes) -> tuple[Kind, str | None]:
    message, at = b"", 0
    while at + 5 <= len(stream) and stream[at] == 22:
        size = int.from_bytes(stream[at + 3 : at + 5], "big")
        message += stream[at + 5 : at + 5 + size]
        at += 5 + size
    if message and message[0] != 1:
        return Kind.OTHER, None
    if len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        return (Kind.UNDECIDED if len(stream) < LONGEST_FIRST_WORDS else Kind.OTHER), None
    try:
        return Kind.TLS, _name_in(message)
    except (IndexError, struct.error):
        return Kind.OTHER, None


def server_name(hello: bytes) -> str | None:
    """The server name in a whole ClientHello message; None if it has none that can be read."""
    try:
        return _name_in(hello)
    except (IndexError, struct.error):
        return None


def _name_in(hello: bytes) -> str | None:
    at = 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int(struct.unpack_from("!H", hello, at)[0])
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        kind, size = struct.unpack_from("!HH", hello, at)
        if kind == 0 and size > 5:
            return hello[at + 9 : at + 4 + size].decode("ascii", "replace").lower()
        at += 4 + size
    return None


def cipher_suites(stream: bytes) -> bytes:
    """The cipher suites that a client's first bytes offer, in their order, two octets each; empty
    if they are no ClientHello in one record, or not whole."""
    if stream[:1] != b"\x16" or len(stream) < 44:
        return b""
    at = 5 + 4 + 2 + 32
    at += 1 + stream[at]
    size = int.from_bytes(stream[at : at + 2], "big")
    return stream[at + 2 : at + 2 + size]


def extensions(stream: bytes) -> dict[int, bytes]:
    """The extensions in a client's first bytes by their type; none if they are no ClientHello in
    one record, or not whole."""
    found: dict[int, bytes] = {}
    suites = cipher_suites(stream)
    if not suites:
        return found
    at = 5 + 4 + 2 + 32
    at += 1 + stream[at] + 2 + len(suites)
    try:
        at += 1 + stream[at]
        end = at + 2 + int(struct.unpack_from("!H", stream, at)[0])
        at += 2
        while at < end:
            kind, size = struct.unpack_from("!HH", stream, at)
            found[kind] = stream[at + 4 : at + 4 + size]
            at += 4 + size
    except (IndexError, struct.error):
        return {}
    return found


def protocols(stream: bytes) -> tuple[str, ...]:
    """The application protocols that a client's first bytes offer (RFC 7301 section 3.1)."""
    offered, at, found = extensions(stream).get(ALPN, b""), 2, []
    while at < len(offered):
        found.append(offered[at + 1 : at + 1 + offered[at]].decode("latin-1"))
        at += 1 + offered[at]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Question:
    """The first question of a DNS message; ``end`` is the offset just after it."""

    name: str
    type: int
    end: int


def question(message: bytes) -> Question | None:
    """The first question of a DNS message; None if there is none to read."""
    if len(message) < 17 or message[4:6] == b"\0\0":
        return None
    labels: list[str] = []
    at = 12
    while at < len(message) and message[at]:
        size = message[at]
        if size > 63 or len(labels) > 127:
            return None
        labels.append(message[at + 1 : at + 1 + size].decode("ascii", "replace").lower())
        at += 1 + size
    if at + 5 > len(message):
        return None
    return Question(".".join(labels), int.from_bytes(message[at + 1 : at + 3], "big"), at + 5)


def answers(message: bytes) -> list[str]:
    """The addresses among the answers of a DNS message; with other types as ``TYPEn``."""
    asked = question(message)
    if asked is None:
        return []
    found: list[str] = []
    at = asked.end
    for _ in range(min(int.from_bytes(message[6:8], "big"), 64)):
        while at < len(message) and message[at] and message[at] < 0xC0:
            at += 1 + message[at]
        at += 2 if at < len(message) and message[at] >= 0xC0 else 1
        if at + 10 > len(message):
            break
        kind, size = struct.unpack_from("!H6xH", message, at)
        data = message[at + 10 : at + 10 + size]
        at += 10 + size
        wanted = {A: 4, AAAA: 16}.get(kind)
        found.append(text(data) if wanted == len(data) else f"TYPE{kind}")
    return found


def dns_reply(query: bytes, rcode: int, addresses: Sequence[str], ttl: int = 60) -> bytes:
    """A forged answer to ``query``: ``rcode``, and those addresses that its type asks for.

    ValueError if ``query`` has no question.
    """
    asked = question(query)
    if asked is None:
        raise ValueError("no question to answer")
    size = {A: 4, AAAA: 16}.get(asked.type)
    data = [one for one in map(packed, addresses) if len(one) == size]
    head = query[:2] + struct.pack("!BBHHHH", 0x81, 0x80 | rcode, 1, len(data), 0, 0)
    records = b"".join(
        struct.pack("!HHHIH", 0xC00C, asked.type, 1, ttl, len(one)) + one for one in data
    )
    return head + query[12 : asked.end] + records


def covers(names: Sequence[str], name: str | None) -> bool:
    """Whether ``name`` is one of ``names`` or below one; ``*`` covers all, ``=x`` only x itself.

    A missing name is covered by ``*`` alone.
    """
    for rule in names:
        if rule == "*":
            return True
        if name is None:
            continue
        if rule.startswith("="):
            if name == rule[1:]:
                return True
        elif name == rule or name.endswith("." + rule):
            return True
    return False
