"""DNS questions and answers. The messages are dnspython's; the sockets are not.

A question about a plain host name is written here: it is what a run begins with, and dnspython is
loaded while the answer is under way.

Sources: RFC 1035 §4 (messages), RFC 6891 (EDNS0), RFC 8484 (the id is 0 over HTTPS).
"""

import re
from functools import lru_cache
from itertools import islice
from struct import pack
from typing import TYPE_CHECKING

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

if TYPE_CHECKING:
    import dns.message
    import dns.rrset

UDP_PAYLOAD = 1232
"""EDNS0 buffer that survives without fragments (DNS flag day 2020)."""

MAX_MESSAGE = 4096
"""More than any answer about one address; we read no further."""

MAX_ADDRESSES = 32
"""Addresses that are kept of one answer; the pools of messengers have up to eight."""

_MAX_ALIASES = 16
_RECORDS = {4: "A", 6: "AAAA"}
_TYPES = {4: 1, 6: 28}  # A (RFC 1035), AAAA (RFC 3596)
_IN, _OPT, _RECURSION_DESIRED = 1, 41, 0x0100

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*", re.ASCII)
"""A name that is written as it stands: no escapes, nothing to be encoded (RFC 1035 §2.3.4)."""


class DnsWireError(WireError):
    """The bytes are not a DNS answer to our question."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: ``rcode`` as its mnemonic, the chain of aliases, and the addresses at its end, of
    which the first `MAX_ADDRESSES` are kept.

    ``ttl`` is the smallest of the records used, in seconds.
    """

    rcode: str
    addresses: tuple[str, ...]
    aliases: tuple[str, ...]
    ttl: int | None
    truncated: bool


def build_query(name: str, family: int, message_id: int) -> bytes:
    """A recursive question for the A (``family`` 4) or AAAA (6) records of ``name``.

    Raises DnsWireError when ``name`` cannot be a DNS name.
    """
    if _HOST.fullmatch(name):
        labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b"."))
        header = pack("!6H", message_id, _RECURSION_DESIRED, 1, 0, 0, 1)
        asked = labels + pack("!BHH", 0, _TYPES[family], _IN)
        return header + asked + pack("!BHHIH", 0, _OPT, UDP_PAYLOAD, 0, 0)
    import dns.exception
    import dns.flags
    import dns.message

    try:
        query = dns.message.make_query(
            name, _RECORDS[family], use_edns=0, payload=UDP_PAYLOAD, id=message_id
        )
        query.flags |= dns.flags.RD
        return query.to_wire()
    except (dns.exception.DNSException, ValueError) as exc:
        raise DnsWireError(f"dns: {name!r} is not a DNS name: {exc}") from exc


def is_answer_to(query: bytes, answer: bytes) -> bool:
    """Whether the header fits: same id, and marked as a response. Needs no well-formed body."""
    return len(answer) >= 12 and answer[:2] == query[:2] and bool(answer[2] & 0x80)


def parse_answer(query: bytes, answer: bytes) -> Reply:
    """Read ``answer`` as the answer to ``query``. Raises DnsWireError for anything else."""
    import dns.message
    import dns.rcode

    if not is_answer_to(query, answer):
        raise DnsWireError("dns: not an answer to this question")
    try:
        asked = _asked(query)
        message = dns.message.from_wire(answer, ignore_trailing=True)
        if message.question and message.question[0] != asked:
            raise DnsWireError("dns: answer repeats another question")
        if not message.question and message.answer:
            raise DnsWireError("dns: answer repeats no question")
        addresses, aliases, ttl = _follow(message, asked)
        rcode = dns.rcode.to_text(message.rcode())
    except DnsWireError:
        raise
    except Exception as exc:
        # dnspython raises its own, struct's, index and Unicode errors on hostile bytes; a codec
        # that is total has to take them all.
        raise DnsWireError(f"dns: malformed answer: {type(exc).__name__}") from exc
    return Reply(rcode, addresses, aliases, ttl, truncated=bool(answer[2] & 0x02))


@lru_cache(maxsize=8)
def _asked(query: bytes) -> "dns.rrset.RRset":
    """What ``query`` asks for; it may get several answers."""
    import dns.message

    return dns.message.from_wire(query).question[0]


def _follow(
    message: "dns.message.Message", asked: "dns.rrset.RRset"
) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    """Addresses at the end of the chain of aliases that starts at the name asked for."""
    import dns.rdatatype

    owner = asked.name
    aliases: list[str] = []
    ttls: list[int] = []
    for _ in range(_MAX_ALIASES):
        for rrset in message.answer:
            if rrset.name == owner and rrset.rdtype == asked.rdtype:
                addresses = tuple(str(one.address) for one in islice(rrset, MAX_ADDRESSES))
                return addresses, tuple(aliases), min([*ttls, rrset.ttl])
        step = next(
            (r for r in message.answer if r.name == owner and r.rdtype == dns.rdatatype.CNAME), None
        )
        if step is None:
            break
        owner = step[0].target
        ttls.append(step.ttl)
        aliases.append(owner.to_text(omit_final_dot=True).lower())
    return (), tuple(aliases), min(ttls, default=None)
