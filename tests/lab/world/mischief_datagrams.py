"""What servers of datagrams send that mean harm, and resolvers however they are asked.

A resolver's script is made of its question and of the true answer. Sources: RFC 1035 §4.1.4 and
RFC 9267 (compression pointers and counts), RFC 9000 §17.2.1, RFC 8489 §5.
"""

import itertools
import struct
from collections.abc import Callable
from typing import Final

from tests.lab.world.mischief import ESCAPES, RUBBISH, Kind, Script

Lie = Callable[[bytes, bytes], Script]
"""Takes the question and the true answer."""

_BURST: Final = 100
_HEADER: Final = 12


def _question(query: bytes) -> bytes:
    """The question section of ``query`` alone."""
    at = _HEADER
    while query[at]:
        at += 1 + query[at]
    return query[_HEADER : at + 5]


def _head(query: bytes, flags: int = 0x8180, *counts: int) -> bytes:
    return query[:2] + struct.pack("!5H", flags, *(counts or (1, 1, 0, 0)))


def _record(name: bytes, kind: int, data: bytes, size: int | None = None) -> bytes:
    length = len(data) if size is None else size
    return name + struct.pack("!HHIH", kind, 1, 60, length) + data


_ITSELF: Final = b"\xc0\x0c"
"""A pointer to the name in the question."""


def _reply(*records: bytes) -> Lie:
    """The question, then ``records`` in the answer section."""
    return lambda query, truth: (
        _head(query, 0x8180, 1, len(records), 0, 0) + _question(query) + b"".join(records),
    )


def _pointer(query: bytes, offset: int) -> bytes:
    return (0xC000 | (_HEADER + len(_question(query)) + offset)).to_bytes(2, "big")


def _loop(query: bytes, truth: bytes) -> Script:
    """A name that is a pointer to itself."""
    record = _record(_pointer(query, 0), 1, b"\1\2\3\4")
    return (_head(query) + _question(query) + record,)


def _two_pointers(query: bytes, truth: bytes) -> Script:
    """Two pointers to each other, with a label between them."""
    name = b"\1a" + _pointer(query, 4) + b"\1b" + _pointer(query, 0)
    return (_head(query) + _question(query) + _record(name, 1, b"\1\2\3\4"),)


def _alias_loop(query: bytes, truth: bytes) -> Script:
    name = _question(query)[:-4]
    return _reply(_record(_ITSELF, 5, b"\1a" + name), _record(b"\1a" + name, 5, name))(query, truth)


def _other_id(query: bytes, truth: bytes) -> Script:
    return (bytes((truth[0] ^ 0xFF,)) + truth[1:],)


def _other_question(query: bytes, truth: bytes) -> Script:
    question = b"\5wrong\7example\0\0\1\0\1"
    return (_head(query) + question + _record(_ITSELF, 1, b"\1\2\3\4"),)


def _flood(unit: Lie) -> Lie:
    """``unit`` for ever, in bursts."""

    def script(query: bytes, truth: bytes) -> Script:
        burst = [one for one in unit(query, truth) if isinstance(one, bytes)] * _BURST
        return itertools.chain.from_iterable([*burst, 0.02] for _ in range(200))

    return script


DNS: Final[dict[str, Lie]] = {
    "dns_rubbish": lambda query, truth: (query[:2] + b"\x81\x80" + RUBBISH[:600],),
    "dns_cut_short": lambda query, truth: tuple(truth[:n] for n in (2, 11, 12, 20, len(truth) - 1)),
    "dns_loop": _loop,
    "dns_two_pointers": _two_pointers,
    "dns_alias_loop": _alias_loop,
    "dns_pointer_outside": _reply(_record(b"\xff\xff", 1, b"\1\2\3\4")),
    "dns_other_id": _other_id,
    "dns_other_question": _other_question,
    "dns_counts": lambda query, truth: (
        _head(query, 0x8180, 1, 0xFFFF, 0xFFFF, 0xFFFF) + _question(query),
    ),
    "dns_no_question": lambda query, truth: (_head(query, 0x8180, 0, 0, 0, 0),),
    "dns_long_data": _reply(_record(_ITSELF, 1, b"\1\2\3\4", 0xFFFF)),
    "dns_many_addresses": _reply(*(_record(_ITSELF, 1, bytes((11, 0, 1, n))) for n in range(240))),
    "dns_escapes": _reply(_record(_ITSELF, 5, bytes((len(ESCAPES),)) + ESCAPES + b"\0")),
    "dns_cut": lambda query, truth: (_head(query, 0x8380, 1, 0, 0, 0) + _question(query),),
    "dns_question_back": lambda query, truth: (query,),
    "dns_flood_rubbish": _flood(lambda query, truth: (RUBBISH[:64],)),
    "dns_flood_malformed": _flood(_loop),
    "dns_flood_answers": _flood(lambda query, truth: (truth,)),
}
"""Over TCP each step is a message, over HTTPS the first step is the body."""


def _versions(heard: bytes) -> bytes:
    """A version negotiation of a thousand versions that bears our connection ids (RFC 8999 §6)."""
    to = heard[6 : 6 + heard[5]]
    at = 6 + heard[5]
    source = heard[at + 1 : at + 1 + heard[at]]
    ids = bytes((len(source),)) + source + bytes((len(to),)) + to
    return b"\x80\0\0\0\0" + ids + b"".join(struct.pack("!I", n) for n in range(0xA0000, 0xA0118))


def _bursts(unit: Callable[[bytes], bytes]) -> Kind:
    def script(heard: bytes) -> Script:
        return itertools.chain.from_iterable([*[unit(heard)] * _BURST, 0.02] for _ in range(200))

    return script


DATAGRAM: Final[dict[str, Kind]] = {
    "datagram_rubbish": lambda heard: (RUBBISH[:500], RUBBISH[:1]),
    "datagram_escapes": lambda heard: (ESCAPES * 10,),
    "datagram_mirror": lambda heard: (heard,),
    "datagram_flood": _bursts(lambda heard: RUBBISH[:200]),
    "datagram_mirror_flood": _bursts(lambda heard: heard[:200]),
}

STUN: Final[dict[str, Kind]] = {
    "stun_long": lambda heard: (b"\1\1\xff\xfc" + heard[4:20] + RUBBISH[:100],),
    "stun_attributes": lambda heard: (b"\1\1\0\x08" + heard[4:20] + b"\0\x20\xff\xff" + bytes(4),),
    "stun_realm": lambda heard: (
        b"\1\x13\0\x48" + heard[4:20] + b"\0\x14\0\x44" + (ESCAPES * 2)[:68],
    ),
}

QUIC: Final[dict[str, Kind]] = {
    "quic_versions": lambda heard: (_versions(heard),),
    "quic_version_flood": _bursts(_versions),
    "quic_long_ids": lambda heard: (b"\xc0\0\0\0\1\xff" + RUBBISH[:1190],),
    "quic_retry": lambda heard: (b"\xf0" + _versions(heard)[1:60] + RUBBISH[:100],),
}

SENT: Final[dict[str, dict[str, Kind]]] = {
    "stun": DATAGRAM | STUN,
    "quic": DATAGRAM | QUIC,
}
