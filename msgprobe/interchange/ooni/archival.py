"""Measurements as the lists of OONI's archival format (df-001, df-002, df-005, df-006, df-008).

Every entry has the number of its transaction, times in seconds since the measurement began, and
tags that say which experiment of ours it belongs to and which host it was about.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
    TransferObservation,
)
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Lookup, Resolver, ResolverKind, Task

Entry = dict[str, Any]
Sections = dict[str, list[Entry]]

_OWN_WORDS = frozenset(
    {
        Failure.PROTOCOL_INVALID,
        Failure.TOO_LARGE,
        Failure.PROXY_FAILED,
        Failure.NOT_ALLOWED,
    }
)
"""Words that df-007 does not have: it puts what it has no word for behind ``unknown_failure``."""

_ENGINES = {
    ResolverKind.SYSTEM: "getaddrinfo",
    ResolverKind.DIRECT: "udp",
    ResolverKind.UDP: "udp",
    ResolverKind.TCP: "tcp",
    ResolverKind.DOH: "doh",
}


def word(failure: Failure | None) -> str | None:
    """``failure`` as df-007 writes it."""
    if failure in _OWN_WORDS:
        return f"unknown_failure: {failure.value}"
    return None if failure is None else failure.value


class Archive:
    """Turns measurements into sections; ``networks`` are prefixes (CIDR) by their AS number."""

    def __init__(self, networks: Mapping[int, Iterable[str]]) -> None:
        self._networks = [
            (ip_network(prefix, strict=False), number)
            for number, prefixes in networks.items()
            for prefix in prefixes
        ]

    def asn(self, address: str) -> int | None:
        """The number of the system that ``address`` is announced by, where it is known."""
        one = ip_address(address)
        return next((number for network, number in self._networks if one in network), None)

    def sections(self, measurements: Iterable[Measurement]) -> Sections:
        """The lists in the order in which things were asked; requests newest first (df-001)."""
        found: Sections = {name: [] for name in SECTIONS}
        for measurement in measurements:
            for seen in measurement.observations:
                self._add(found, measurement.task, seen)
        found["requests"].sort(key=_when, reverse=True)
        return found

    def _add(self, found: Sections, task: Task, seen: Any) -> None:
        tags = _tags(task)
        match seen:
            case DnsObservation():
                found["queries"] += self._queries(task, seen, tags)
            case TcpObservation():
                found["tcp_connect"].append(_tcp(seen, tags))
            case TlsObservation():
                found["tls_handshakes"].append(_tls(seen, tags))
            case HttpObservation():
                found["requests"].append(_request(task, seen, tags))
            case ProtocolObservation():
                found["network_events"] += _spoken(seen, tags)
            case TransferObservation():
                found["network_events"] += _moved(seen, tags)
            case _:
                return

    def _queries(self, task: Task, seen: DnsObservation, tags: list[str]) -> list[Entry]:
        kinds = {0: "ANY", 4: "A", 6: "AAAA"}
        return [
            {
                **_event(seen, tags),
                "hostname": seen.name,
                "query_type": kinds.get(seen.family, "ANY"),
                "engine": _ENGINES[seen.resolver],
                "resolver_address": _resolver(task, seen),
                "rcode": seen.rcode,
                "answers": [self._answer(a) for a in seen.addresses],
            }
        ]

    def _answer(self, address: str) -> Entry:
        six = ":" in address
        return {
            "answer_type": "AAAA" if six else "A",
            "ipv6" if six else "ipv4": address,
            "asn": self.asn(address),
            "as_org_name": None,
            "ttl": None,
        }


SECTIONS = ("queries", "tcp_connect", "tls_handshakes", "requests", "network_events")


def _when(entry: Entry) -> float:
    found: float = entry["t"]
    return found


def _event(seen: Any, tags: list[str]) -> Entry:
    return {
        "t0": round(seen.window.start, 6),
        "t": round(seen.window.end, 6),
        "failure": word(seen.failure),
        "transaction_id": seen.transaction,
        "tags": tags,
    }


def _tags(task: Task) -> list[str]:
    tags = [f"arm={task.arm.value}", f"subject={task.subject}"]
    if task.endpoint is not None:
        tags.append(f"endpoint={task.endpoint}")
    if isinstance(task.probe, Flow) and task.probe.host:
        tags.append(f"host={task.probe.host}")
    return tags


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _resolver(task: Task, seen: DnsObservation) -> str:
    """``8.8.8.8:53`` or the URL; empty for the system's own, whose address is not written."""
    asked = task.probe.resolver if isinstance(task.probe, Lookup) else None
    if seen.resolver is ResolverKind.DOH and asked is not None and asked.host:
        return f"https://{asked.host}{asked.path}"
    if seen.resolver in (ResolverKind.UDP, ResolverKind.TCP) and seen.resolver_address:
        return _endpoint(seen.resolver_address, _port(asked))
    return ""


def _port(resolver: Resolver | None) -> int:
    return 53 if resolver is None else resolver.port


def _tcp(seen: TcpObservation, tags: list[str]) -> Entry:
    failure = word(seen.failure)
    return {
        **_event(seen, tags),
        "ip": seen.address,
        "port": seen.port,
        "status": {"failure": failure, "success": failure is None},
    }


def _tls(seen: TlsObservation, tags: list[str]) -> Entry:
    return {
        **_event(seen, tags),
        "network": "tcp",
        "address": _endpoint(seen.address, seen.port),
        "server_name": seen.server_name or "",
        "so_error": None,
        "cipher_suite": seen.cipher or "",
        "tls_version": seen.version or "",
        "negotiated_protocol": seen.alpn or "",
        "no_tls_verify": not seen.checked,
        "peer_certificates": [
            {"format": "base64", "data": one.der} for one in seen.chain if one.der
        ],
        "x_certificates": [
            {"sha256": one.sha256, "subject": one.subject, "issuer": one.issuer}
            for one in seen.chain
        ],
        "x_own_root": seen.root_pinned,
    }


def _request(task: Task, seen: HttpObservation, tags: list[str]) -> Entry:
    scheme = "https" if seen.tls else "http"
    asked = task.probe.option("method") if isinstance(task.probe, Flow) else "POST"
    return {
        **_event(seen, tags),
        "network": "tcp",
        "address": _endpoint(seen.address, seen.port),
        "alpn": "",
        "request": {
            "url": f"{scheme}://{seen.host}{seen.path}",
            "method": asked or "GET",
            "headers": {},
            "headers_list": [],
            "body": "",
            "body_is_truncated": False,
            "tor": {"is_tor": False, "exit_ip": None, "exit_name": None},
            "x_transport": "tcp",
        },
        "response": None if seen.status is None else _response(seen),
    }


def _response(seen: HttpObservation) -> Entry:
    """Its body is never written: pages can name who reads them."""
    return {
        "code": seen.status,
        "headers": dict(seen.headers),
        "headers_list": [list(pair) for pair in seen.headers],
        "body": "",
        "body_is_truncated": True,
        "x_body_bytes": seen.body_bytes,
        "x_body_sha256": seen.body_sha256,
    }


def _spoken(seen: ProtocolObservation, tags: list[str]) -> list[Entry]:
    """What was said in the messenger's own protocol, as bytes that went and came."""
    datagrams = seen.transport != "tcp"
    wrote, got = ("write_to", "read_from") if datagrams else ("write", "read")
    more: Entry = {"address": _endpoint(seen.address, seen.port), "proto": seen.transport}
    more |= {"x_protocol": seen.protocol, "x_stage": seen.stage, "x_proof": int(seen.proof)}
    event = _event(seen, tags)
    sent = {**event, "t": event["t0"], "failure": None}
    return [
        {**sent, "operation": wrote, "num_bytes": seen.bytes_sent, **more},
        {**event, "operation": got, "num_bytes": seen.bytes_received, **more},
    ]


def _moved(seen: TransferObservation, tags: list[str]) -> list[Entry]:
    """How the bytes of a transfer went by."""
    down = seen.direction is Direction.DOWN
    operation = "bytes_received_cumulative" if down else "x_bytes_acked_cumulative"
    start = seen.window.start
    event = _event(seen, tags) | {"operation": operation, "proto": "tcp"}
    event["address"] = _endpoint(seen.address, seen.port)
    last = len(seen.curve) - 1
    return [
        {
            **event,
            "t": round(start + after, 6),
            "num_bytes": moved,
            "failure": event["failure"] if index == last else None,
        }
        for index, (after, moved) in enumerate(seen.curve)
    ]
