"""Who may ask: decided from the request alone.

A page in a browser on this machine can send requests to this port (DNS rebinding, plain forms):
such requests bear another Host, an Origin or Sec-Fetch fields (W3C Fetch Metadata), and are
refused.
"""

import hmac
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from msgprobe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``host`` as in the Host field; without ``token`` nobody has to name one."""

    host: str
    services: frozenset[str]
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is wanted: the metrics of all that was measured, or a probe of ``service``."""

    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why not, as an HTTP status and in words that repeat nothing of the request."""

    status: int
    why: str


Fields = Mapping[str, Collection[str]]
"""The values of each header field, by its name in lower case."""


def judge(gate: Gate, method: str, target: str, fields: Fields) -> Asked | Refused:
    """What such a request may have."""
    refused = _stranger(gate, fields)
    if refused is not None:
        return refused
    if method not in ("GET", "HEAD"):
        return Refused(status=405, why="only GET is served")
    try:
        parts = urlsplit(target)
        query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=8)
    except ValueError:
        return Refused(status=400, why="the target is no path")
    if parts.scheme or parts.netloc:
        return Refused(status=400, why="the target is no path")
    if parts.path == "/metrics" and not query:
        return Asked()
    if parts.path != "/probe":
        return Refused(status=404, why="there are /metrics and /probe?service=NAME")
    if len(query) != 1 or query[0][0] != "service":
        return Refused(status=400, why="/probe takes service=NAME and nothing else")
    if query[0][1] not in gate.services:
        return Refused(status=404, why="that service was not named when this was started")
    return Asked(service=query[0][1])


def _stranger(gate: Gate, fields: Fields) -> Refused | None:
    if list(fields.get("host", ())) != [gate.host]:
        return Refused(status=421, why="the Host is not the address that is listened at")
    if "origin" in fields:
        return Refused(status=403, why="pages of browsers are not served (Origin)")
    if any(site != "none" for site in fields.get("sec-fetch-site", ())):
        return Refused(status=403, why="pages of browsers are not served (Sec-Fetch-Site)")
    if gate.token is None:
        return None
    given = list(fields.get("authorization", ()))
    wanted = f"Bearer {gate.token}".encode()
    if len(given) == 1 and hmac.compare_digest(given[0].encode(), wanted):
        return None
    return Refused(status=401, why="a token is needed: Authorization: Bearer TOKEN")


def listen_address(text: str) -> tuple[str, int]:
    """``127.0.0.1:9716`` or ``[::1]:9716``: one address of this device. Raises ValueError."""
    host, _, port = text.rpartition(":")
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        address = None
    number = int(port) if port.isascii() and port.isdecimal() and len(port) <= 5 else 0
    if address is None or not 0 < number < 1 << 16 or (":" in host) != host.startswith("["):
        raise ValueError(f"{text!r:.60} is no address and port; write it like 127.0.0.1:9716")
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f"{text!r:.60} is no address of one network; name one of this device's")
    return str(address), number


def is_loopback(host: str) -> bool:
    """Nobody but this device reaches it."""
    return ip_address(host).is_loopback
