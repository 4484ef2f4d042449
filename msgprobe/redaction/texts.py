"""What is kept of texts that the network wrote: marks, classes and this program's own words."""

import builtins
import errno
import re
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from math import ceil, copysign, floor
from typing import Any

from msgprobe.evidence.clock import TOLERANCE
from msgprobe.model.observation import HttpObservation
from msgprobe.redaction import known
from msgprobe.redaction.addresses import PROVIDER, address_class, parse
from msgprobe.redaction.table import How

SAME_SITE, OTHER_SITE, OWN_NETWORK = "the same site", "another site", "an address of this network"
OWN_NETWORK_HOST, OTHER_HOST = "own-network.invalid", "other-site.invalid"
"""Stand in a Location for a host that is not kept; RFC 6761 reserves ``invalid``."""

HEX = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHORT = re.compile(r"#?\d{1,5}|[0-9]{1,2}x[0-9a-f]{1,4}|v\d")
_EDGES = "();:,.'\"[]"
_PLAIN = re.compile(r"\[\d{1,6} characters((?:; [^;\]]+)*)\]")


def _block_pages(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, mark in known.BLOCK_PAGES if mark in text))


_PAGE_NAMES = {name for name, _ in known.BLOCK_PAGES}
_KIND_NAMES = {name for name, _ in known.KINDS}


def marks(text: str) -> tuple[str, ...]:
    """What a text is known as: its kind, and the block pages that it is one of."""
    begins = text.lstrip().lower()
    kinds = (name for name, start in known.KINDS if begins.startswith(start))
    return (*tuple(kinds)[:1], *_block_pages(text))


def body_marks(seen: HttpObservation) -> tuple[str, ...]:
    """The marks of a body, also where the body itself is gone already."""
    if seen.body:
        return marks(seen.body)
    return tuple(m for m in seen.marks if m in _PAGE_NAMES or m in _KIND_NAMES)


def body_hash(seen: HttpObservation) -> str | None:
    """SHA-256 in hex of the beginning of the body as it was kept (UTF-8); None without a body."""
    if seen.body:
        return sha256(seen.body.encode("utf-8", "surrogatepass")).hexdigest()
    kept = seen.body_sha256
    return kept if kept is not None and HEX.fullmatch(kept) else None


def plain(text: str | None) -> str | None:
    """An answer that is not TLS: how long its beginning is, and what it is known as."""
    if not text:
        return text
    before = _PLAIN.fullmatch(text)
    if before is not None:
        said = before[1].split("; ")[1:]
        if all(m in _PAGE_NAMES or m in _KIND_NAMES for m in said):
            return text
    return f"[{'; '.join((f'{len(text)} characters', *marks(text)))}]"


def phrase(text: str, ours: Collection[str]) -> str:
    """The beginning of a detail, as far as its words are this program's, small numbers, or
    ``ours``: what a peer wrote comes behind."""
    kept: list[str] = []
    peers = False
    for word in text.split(" "):
        bare = word.strip(_EDGES)
        own = bare.lower() in known.OWN_WORDS or _SHORT.fullmatch(bare) is not None
        if bare not in ours and (peers or not own):
            break
        kept.append(word)
        peers = peers or word.lower() in known.ENDS_OURS
    return " ".join(kept).rstrip(" ;:,")


def fault(text: str | None) -> str | None:
    """Why a task never began; of a fault of our own (``KIND: TEXT``) the kind alone."""
    if not text:
        return text
    kind = text.split(":", 1)[0]
    if kind.isidentifier() and kind.endswith(("Error", "Exception", "Exit", "Group", "Warning")):
        return kind if hasattr(builtins, kind) else "Exception"
    return phrase(text, ()) or known.REMOVED


def headers(
    found: tuple[tuple[str, str], ...], asked: str, kept: str
) -> tuple[tuple[str, str], ...]:
    """Known headers, with what may be kept of their values; ``asked`` is the host of the question,
    ``kept`` what is kept of it."""
    return tuple(
        (name.lower(), _value(name.lower(), value, asked, kept))
        for name, value in found
        if name.lower() in known.HEADER_NAMES
    )


def _value(name: str, value: str, asked: str, kept: str) -> str:
    text = value.strip()
    if name == "location":
        return location(text, asked, kept)
    if name == "content-type":
        kind = text.split(";", 1)[0].strip().lower()
        return kind if kind in known.MEDIA_TYPES else known.REMOVED
    if name == "server":
        product = text.split("/", 1)[0].split(" ", 1)[0].lower()
        return next((s for s in known.SERVERS if s.lower() == product), known.REMOVED)
    usual = known.PLAIN_VALUES.get(name, ())
    return text.lower() if text.lower() in usual else known.REMOVED


def location(value: str, asked: str, kept: str) -> str:
    """A Location as its scheme and a class of its host, in the form of one.

    The rule about foreign pages finds in it what it finds in the value itself.
    """
    scheme, mark, rest = value.partition("://")
    authority = (rest if mark else value).split("/", 1)[0].lower()
    if not authority.split(":", 1)[0]:
        return "/"
    scheme = scheme.lower() if mark and scheme.lower() in ("http", "https") else "http"
    return f"{scheme}://{_place(authority, asked.lower(), kept)}/"


def _place(authority: str, asked: str, kept: str) -> str:
    place = authority.split(":", 1)[0]
    if place in (OWN_NETWORK_HOST, OTHER_HOST):
        return place
    if site(place) == site(asked):
        return kept if place == asked else site(kept)
    if _page_host(place) is not None:
        return place
    # RFC 3986 §3.2.2: an IPv6 address stands in brackets, in which there are colons
    address = parse(authority.partition("]")[0] if authority.startswith("[") else place)
    if address is not None and address_class(address) != PROVIDER:
        return OWN_NETWORK_HOST
    return OTHER_HOST


def _page_host(place: str) -> str | None:
    """The known block page that lives at a host."""
    for name, mark in known.BLOCK_PAGES:
        lives = mark.split("/", 1)[0]
        if "." in lives and " " not in lives and "<" not in lives and site(lives) == site(place):
            if place.removeprefix("www.") == lives.removeprefix("www."):
                return name
    return None


def site(host: str) -> str:
    """The last two labels of a host, as the rule about foreign pages compares them."""
    return ".".join(host.lower().rstrip(".").split(".")[-2:])


def leads_to(value: str) -> str:
    """Where a Location leads, in words; one to a known host is given as it is."""
    place = value.partition("://")[2].split("/", 1)[0]
    if value == "/":
        return SAME_SITE
    if place == OWN_NETWORK_HOST:
        return OWN_NETWORK
    return OTHER_SITE if place == OTHER_HOST else value


def _minutes(offset: float | None) -> float | None:
    """Down where no clock counts as wrong, up above: what is more than so many minutes for a rule
    stays so."""
    if offset is None:
        return None
    whole = ceil if abs(offset) > TOLERANCE else floor
    minutes = whole(abs(offset) / 60)
    return copysign(minutes * 60.0, offset) if minutes else 0.0


def version(text: str) -> str:
    """``OpenSSL 3.5`` of ``OpenSSL 3.5.9 29 Sep 2026``, ``3.13`` of ``3.13.5``."""
    found = re.match(r"((?:OpenSSL|LibreSSL|BoringSSL|AWS-LC) ?)?(\d{1,2}\.\d{1,2})?", text)
    return "" if found is None else found[0].strip()


def _day(text: str) -> str:
    found = _DAY.match(text)
    return "" if found is None else found[0]


def _one_of(words: Collection[str]) -> Callable[[str | None], str | None]:
    return lambda text: text if text is None or text in words else "other"


def _reason(text: str | None) -> str | None:
    if text is None:
        return None
    return next((r for r in known.VERIFY_ERRORS if text.startswith(r)), "other")


_ERRNOS = frozenset(errno.errorcode.values())

FORMS: Mapping[How, Callable[[Any], Any]] = {
    How.PLAIN: plain,
    How.FAULT: fault,
    How.MINUTES: _minutes,
    How.VERSION: version,
    How.DAY: _day,
    How.RCODE: _one_of(known.RCODES),
    How.ERRNO: _one_of(_ERRNOS),
    How.ALERT: _one_of(known.ALERTS),
    How.ALPN: _one_of(known.ALPN),
    How.TLS_VERSION: _one_of(known.TLS_VERSIONS),
    How.VERIFY_ERROR: _reason,
    How.PROXY_VARIABLES: lambda names: tuple(
        dict.fromkeys(n if n in known.PROXY_VARIABLES else "other" for n in names)
    ),
}
"""What is kept of a value that needs nothing but itself."""
