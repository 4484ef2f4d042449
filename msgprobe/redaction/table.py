"""The list of what is kept: every field of the evidence, how it is kept, and what it is for.

A field that is not listed is dropped (it takes its default), and a test fails until it is placed.
Derived from what ``evidence``, ``hypotheses`` and ``judging`` read; what only people read is kept
where it can hold nothing but words and numbers of this program's own.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    Certificate,
    DnsAnswer,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
    TransferObservation,
)
from msgprobe.model.task import Flow, Inspect, Lookup, Resolver, Task


class How(StrEnum):
    """How a field is kept."""

    WHOLE = "as it is"
    """A number, a yes or no, or a word of this program or of the target files: nothing in it comes
    from the network or from this device."""
    DROPPED = "not at all"
    PART = "by the list of its own type"
    ADDRESS = "whole where it is in the target files or anybody's on the Internet; of the network "
    "that one is in, its class and a number"
    RESOLVER = "whole where it is a public resolver's, else as a class"
    RESOLVER_NAME = "as the target files name it, else as a class"
    NAME = "whole where the target files have it, else as a number"
    PATH = "whole where the target files have it"
    TASK_ID = "with its address kept as addresses are"
    OPTIONS = "those that this program or the target files set"
    CHAIN = "names and parties as numbers unless they are known, keys as hashes, days; whole where "
    "the chain is cited as forged"
    PARTY = "whole where it is a known authority or a known host, else as a number; with a state's "
    "known authority, and with a country that services have names under"
    DAY = "to the day"
    HASH = "a SHA-256, or nothing"
    WHOLE_CHAIN = "only where the chain is cited as forged"
    NAMES = "each as a name"
    HEADERS = "known names, few known values, a class of where it leads"
    BODY = "as length, hash and known marks"
    BODY_HASH = "made of the body"
    BODY_MARKS = "made of the body, known ones alone"
    PLAIN = "as its length and known marks"
    PHRASE = "as far as it is this program's own words"
    FAULT = "as far as it is this program's own words; of a fault of our own its kind"
    MINUTES = "to the minute"
    VERSION = "to the second number"
    RCODE = "a response code of the protocol"
    ERRNO = "a name of errno.h"
    ALERT = "a name of the protocol"
    TLS_VERSION = "a version of the protocol"
    ALPN = "a protocol that this program or the target files name"
    VERIFY_ERROR = "a reason that OpenSSL has, without the name"
    PROXY_VARIABLES = "which of the known variables are set"


class Kept(NamedTuple):
    """How a field is kept and what it is for."""

    how: How
    why: str


_TIMES = "when it was, seconds after the run began: order, early answers, speeds"
_COUNT = "counts, round trips and speeds are what rules compare"
_ASKED = "what was asked, by this program and the target files"
_NETWORKS = "whether it is the service's, the same network, or one where no service can live"
_END = "how it ended"
_UNREAD = "no rule reads it"


def _seen(**fields: Kept) -> dict[str, Kept]:
    return {
        "transaction": Kept(How.WHOLE, "ties what belongs together"),
        "window": Kept(How.WHOLE, _TIMES),
        "failure": Kept(How.WHOLE, _END),
        **fields,
    }


def _all(how: How, why: str, names: str) -> dict[str, Kept]:
    return {name: Kept(how, why) for name in names.split()}


_PEER = {
    "address": Kept(How.ADDRESS, _NETWORKS),
    "port": Kept(How.WHOLE, _ASKED),
}

_KERNEL = {
    "errno": Kept(How.ERRNO, _END),
    "info": Kept(How.WHOLE, "numbers of the kernel: loss, round trips, segments"),
}

FIELDS: Mapping[type, Mapping[str, Kept]] = {
    Measurement: {
        **_all(How.PART, "the conversation and what was seen of it", "task observations"),
        **_all(How.WHOLE, _COUNT, "status window bytes_sent bytes_received late"),
        "detail": Kept(How.FAULT, "why it never began"),
    },
    Task: {
        **_all(How.WHOLE, _ASKED, "round role arm check subject endpoint changes reason"),
        **_all(How.WHOLE, _ASKED, "timeout attempt"),
        **_all(How.TASK_ID, "ties repeats and pairs", "id attempt_of pair"),
        "probe": Kept(How.PART, _ASKED),
    },
    Inspect: {},
    Lookup: {
        "name": Kept(How.NAME, _ASKED),
        "resolver": Kept(How.PART, _ASKED),
        **_all(How.WHOLE, _ASKED, "families linger"),
    },
    Resolver: {
        "name": Kept(How.RESOLVER_NAME, "how many operators say so"),
        "address": Kept(How.RESOLVER, "the network's own one, or a public one"),
        "host": Kept(How.NAME, _ASKED),
        **_all(How.WHOLE, _ASKED, "kind port path"),
    },
    Flow: {
        "address": Kept(How.ADDRESS, _NETWORKS),
        **_all(How.NAME, _ASKED, "host server_name"),
        "path": Kept(How.PATH, _ASKED),
        **_all(How.WHOLE, _ASKED, "port via trust roots_of certificate_sha256 expect_status"),
        **_all(How.WHOLE, _ASKED, "expect_text mss check_dates"),
        "source_port": Kept(How.DROPPED, "an operator finds the flow in its logs by it"),
        "options": Kept(How.OPTIONS, "the shape of the ClientHello, the asset, the direction"),
    },
    LocalObservation: _seen(
        interfaces_up=Kept(How.DROPPED, _UNREAD),
        **_all(How.WHOLE, "what this device can reach at all", "tunnel route4 route6 own_roots"),
        resolvers=Kept(How.RESOLVER, "a filter of the user's own is told by its resolver"),
        proxies=Kept(How.PROXY_VARIABLES, "programs may go another way than this one"),
        openssl=Kept(How.VERSION, "the shape of the ClientHello depends on it"),
        **_all(How.ERRNO, "why there is no route", "errno4 errno6"),
    ),
    DnsAnswer: {
        "after": Kept(How.WHOLE, _TIMES),
        "rcode": Kept(How.RCODE, "contradicting answers"),
        "addresses": Kept(How.ADDRESS, _NETWORKS),
        "aliases": Kept(How.DROPPED, _UNREAD),
        "ttl": Kept(How.DROPPED, _UNREAD),
        "source": Kept(How.RESOLVER, "somebody else answers"),
    },
    DnsObservation: _seen(
        name=Kept(How.NAME, _ASKED),
        **_all(How.WHOLE, _ASKED, "family resolver listened"),
        resolver_name=Kept(How.RESOLVER_NAME, "how many operators say so"),
        resolver_address=Kept(How.RESOLVER, "the network's own one, or a public one"),
        rcode=Kept(How.RCODE, _END),
        addresses=Kept(How.ADDRESS, _NETWORKS),
        inside=Kept(How.ADDRESS, "which of them lead into a network of this device's own"),
        aliases=Kept(How.DROPPED, _UNREAD),
        answers=Kept(How.PART, "contradicting answers to one question"),
    ),
    TcpObservation: _seen(
        **_PEER,
        source_port=Kept(How.DROPPED, "an operator finds the flow in its logs by it"),
        **_KERNEL,
    ),
    TlsObservation: _seen(
        **_PEER,
        server_name=Kept(How.NAME, _ASKED),
        **_all(How.WHOLE, "what the answer proves", "verified checked root_pinned alert_received"),
        **_all(How.WHOLE, _COUNT, "bytes_sent bytes_received hello_size hello_acked first_byte"),
        version=Kept(How.TLS_VERSION, "whether hands were shaken"),
        cipher=Kept(How.DROPPED, _UNREAD),
        alpn=Kept(How.ALPN, "which protocol follows"),
        alert=Kept(How.ALERT, _END),
        chain=Kept(How.CHAIN, "who else shows the same certificate"),
        root_sha256=Kept(How.HASH, "the public or own authority that it ended in"),
        root_public=Kept(How.WHOLE, "a root of the user's own proves no service"),
        verify_error=Kept(How.VERIFY_ERROR, _END),
        plain=Kept(How.PLAIN, "an answer that is not TLS"),
        **_KERNEL,
    ),
    Certificate: {
        **_all(How.PARTY, "who signs for several servers", "subject issuer"),
        **_all(How.HASH, "whether it is the same one, or made for each connection", "sha256"),
        **_all(How.HASH, "whether a former authority's key is another", "spki_sha256"),
        **_all(How.DAY, "begun after the authority had ended", "not_before not_after"),
        "der": Kept(How.WHOLE_CHAIN, "the best proof of a forged one"),
        "names": Kept(How.NAMES, "whether it is for the right name"),
        "logged": Kept(How.WHOLE, "a public authority that the list lacks, or somebody's own"),
    },
    HttpObservation: _seen(
        address=Kept(How.ADDRESS, _NETWORKS),
        **_all(How.WHOLE, _ASKED, "port tls"),
        host=Kept(How.NAME, _ASKED),
        path=Kept(How.PATH, _ASKED),
        **_all(How.WHOLE, "what the answer proves", "authenticated matched"),
        **_all(How.WHOLE, _COUNT, "status body_bytes body_complete first_byte"),
        headers=Kept(How.HEADERS, "a redirect to somebody else's page"),
        body=Kept(How.BODY, "the same page elsewhere, a known block page"),
        body_sha256=Kept(How.BODY_HASH, "the same page elsewhere"),
        marks=Kept(How.BODY_MARKS, "a known block page"),
        date=Kept(How.DROPPED, "the clock offset is what rules read; a date tells the second"),
        clock_offset=Kept(How.MINUTES, "a wrong clock breaks certificates"),
        links=Kept(How.DROPPED, _UNREAD),
        **_KERNEL,
    ),
    ProtocolObservation: _seen(
        **_PEER,
        **_all(How.WHOLE, "what the answer proves", "protocol stage proof transport"),
        **_all(How.WHOLE, _COUNT, "round_trips bytes_sent bytes_received first_byte"),
        request_acked=Kept(How.WHOLE, _COUNT),
        detail=Kept(How.PHRASE, "what was special, for people"),
        **_KERNEL,
    ),
    TransferObservation: _seen(
        **_PEER,
        **_all(How.NAME, _ASKED, "host server_name"),
        path=Kept(How.PATH, _ASKED),
        **_all(
            How.WHOLE, _COUNT, "direction wanted moved capped status answers goodbye authenticated"
        ),
        **_all(How.WHOLE, _COUNT, "first_byte curve milestones stalls"),
        **_KERNEL,
    ),
}
"""By type, field by field. A new field belongs in here before it is written anywhere."""
