"""What `services verify` shows of what came: whole, for it proposes rows and says what differs.

It is for an open line and asks what the target files name. Known forms of what tells about a person
or a line are taken out of texts nevertheless: addresses, hardware addresses, numbers of SIM cards,
cookies, source ports. What is saved by ``run`` goes by the list in `msgprobe.redaction` instead.
Applying it twice changes nothing.
"""

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgprobe.model import observation
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Observation
from msgprobe.model.task import Flow, Lookup, Task

ADDRESS = "[address]"
REMOVED = "[removed]"

_CANDIDATE = re.compile(
    r"""
    (?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)               # 192.0.2.1
    | (?<!\d)(?:\d{1,3}-){3}\d{1,3}(?!\d|-\d)                # ec2-192-0-2-1.pool.example.net
    | (?<![\w:.])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])  # a hardware address
    | (?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}%3[Aa]){5}[0-9A-Fa-f]{2}(?![0-9A-Za-z])
    | (?<![0-9A-Za-z.])(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?![0-9A-Za-z])
    | (?<![0-9A-Za-z])(?=\d*[A-Fa-f])(?=[A-Fa-f]*\d|[A-Fa-f]{12})[0-9A-Fa-f]{12}(?![0-9A-Za-z])
    | (?<![0-9A-Za-z])(?=[\d-]*[A-Fa-f])2[0-9A-Fa-f]{3}(?:-[0-9A-Fa-f]{1,4}){3,7}(?![0-9A-Za-z-])
    | (?<!\d)\d{15}(?!\d)                                      # a SIM card's, a phone's number
    | (?<![\w:.])[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:](?:%\w+)?(?![\w:])  # 2001:db8::1
    """,
    re.VERBOSE,
)
_WHOLE = re.compile(
    r"(?:[0-9A-Fa-f]{2}(?:[:-]|%3[Aa])){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"
    r"|[0-9A-Fa-f]{12}|2[0-9A-Fa-f]{3}(?:-[0-9A-Fa-f]{1,4}){3,7}|\d{15}"
)
"""What is no address of IP, and needs no more to be one of those."""
_PRIVATE_COOKIES = frozenset({"set-cookie", "set-cookie2", "cookie", "authorization"})


def cleaned(measurement: Measurement) -> Measurement:
    """``measurement`` without private resolvers, printed addresses, cookies and source ports."""
    return replace(
        measurement,
        task=_task(measurement.task),
        observations=tuple(_observation(o) for o in measurement.observations),
        detail=_text(measurement.detail),
    )


def address_class(text: str) -> str:
    """``text``, or the class of the address in it when it tells about the local network.

    The words are ``loopback``, ``link-local`` and ``private`` (RFC 1918, RFC 4193, and the shared
    space of RFC 6598, which providers use inside their own networks).
    """
    address, _, _ = text.strip("[]").partition("%")
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return text
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return "loopback"
    if parsed.is_link_local:
        return "link-local"
    # is_private also covers documentation and benchmark ranges, which no resolver lives in
    if parsed.is_private or not (parsed.is_global or parsed.is_multicast):
        return "private"
    return text


def without_addresses(text: str) -> str:
    """``text`` with every IPv4, IPv6 and hardware address replaced by ``[address]``."""
    return _CANDIDATE.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    text = found.group()
    if _WHOLE.fullmatch(text):
        return ADDRESS
    literal = text.partition("%")[0]
    # a full stop or colon after an address in running text belongs to the sentence
    tail = ""
    while literal:
        try:
            ip_address(literal.replace("-", ".") if ":" not in literal else literal)
        except ValueError:
            if literal[-1] not in ".:":
                return text
            tail = literal[-1] + tail
            literal = literal[:-1]
        else:
            return ADDRESS + tail if literal != "::" else text
    return text


def _text(text: str | None) -> str | None:
    return None if text is None else without_addresses(text)


def _task(task: Task) -> Task:
    match task.probe:
        case Lookup() as lookup:
            resolver = lookup.resolver
            address = resolver.address
            hidden = replace(
                resolver,
                name=address_class(resolver.name),
                address=None if address is None else address_class(address),
            )
            return replace(task, probe=replace(lookup, resolver=hidden))
        case Flow() as flow if flow.source_port:
            return replace(task, probe=replace(flow, source_port=0))
        case _:
            return task


def _observation(seen: Observation) -> Observation:
    match seen:
        case observation.LocalObservation():
            return replace(seen, resolvers=tuple(address_class(r) for r in seen.resolvers))
        case observation.DnsObservation():
            address = seen.resolver_address
            return replace(
                seen,
                resolver_name=address_class(seen.resolver_name),
                resolver_address=None if address is None else address_class(address),
                answers=tuple(replace(a, source=address_class(a.source)) for a in seen.answers),
            )
        case observation.TcpObservation():
            return replace(seen, source_port=0)
        case observation.TlsObservation():
            return replace(seen, plain=_text(seen.plain))
        case observation.HttpObservation():
            return replace(
                seen,
                headers=tuple(_header(n, v) for n, v in seen.headers),
                body=without_addresses(seen.body),
                links=tuple(without_addresses(link) for link in seen.links),
            )
        case observation.ProtocolObservation():
            return replace(seen, detail=without_addresses(seen.detail))
        case observation.TransferObservation():
            # the link may have been found in a page, which knows who asks
            return replace(seen, path=without_addresses(seen.path))


def _header(name: str, value: str) -> tuple[str, str]:
    if name.lower() in _PRIVATE_COOKIES:
        return name, REMOVED
    return name, without_addresses(value)
