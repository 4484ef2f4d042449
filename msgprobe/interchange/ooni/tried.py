"""What a run tried of what OONI's tests try: names by the system's resolver, ports, pages.

Their engine takes the addresses that the system gives, IPv4 first, one after the other; the first
that connects is spoken to, and any HTTP answer is fine. What this run did not try says nothing here
(None), and neither does what this program ended itself.
"""

from collections.abc import Collection, Iterable
from ipaddress import ip_address

from msgprobe.interchange.ooni.archival import word
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
)
from msgprobe.model.task import Arm, Flow, ResolverKind, Role, Task

BOGON = "dns_bogon_error"
"""Their word for an answer that cannot be; this program sends nothing there."""

TLS_PORT = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one of their inputs would have ended; ``failure`` None: it went well."""

    failure: str | None
    at: float = 0.0
    """Seconds since the run began when it was known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One conversation about a service."""

    task: Task
    flow: Flow
    tcp: TcpObservation | None
    tls: TlsObservation | None
    http: HttpObservation | None
    protocol: ProtocolObservation | None

    @property
    def connected(self) -> bool:
        """The TCP handshake completed."""
        return self.tcp is not None and self.tcp.failure is None


class Tried:
    """The measurements of a run, by what their tests ask."""

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        self._names: dict[str, DnsObservation] = {}
        self.spoken: list[Spoken] = []
        self._public: set[str] = set()
        for measurement in measurements:
            self._read(measurement)

    def _read(self, measurement: Measurement) -> None:
        task = measurement.task
        for seen in measurement.observations:
            if isinstance(seen, DnsObservation) and _by_the_system(task, seen):
                self._names.setdefault(seen.name, seen)
            if isinstance(seen, TlsObservation) and seen.verified and not seen.root_pinned:
                self._public |= {one.sha256 for one in seen.chain[1:]}
        if isinstance(task.probe, Flow) and task.role is Role.TARGET:
            self.spoken.append(_spoken(task, task.probe, measurement))

    def looked_up(self, host: str) -> Result | None:
        """How the name resolved; None where it was not asked."""
        seen = self._names.get(host)
        if seen is None or (seen.failure is not None and seen.failure.is_ours):
            return None
        if seen.failure is not None:
            return Result(failure=word(seen.failure), at=seen.window.end)
        if not seen.addresses:
            return Result(failure=Failure.DNS_NO_ANSWER.value, at=seen.window.end)
        if not any(map(possible, seen.addresses)):
            return Result(failure=BOGON, at=seen.window.end)
        return Result(failure=None, at=seen.window.end)

    def addresses(self, host: str) -> tuple[str, ...]:
        """What the system's resolver gave."""
        seen = self._names.get(host)
        return () if seen is None else seen.addresses

    def connect(self, host: str, port: int) -> Result | None:
        """``tcpconnect://host:port``."""
        named = self.looked_up(host)
        if named is not None and named.failure is not None:
            return named
        tried = self._reached(host, port)
        if not tried:
            return None
        good = next((s for s in tried if s.connected), None)
        return _ended(good or tried[0])

    def fetch(self, host: str, *, own_roots: bool = False) -> Result | None:
        """``GET https://host/``; ``own_roots``: the service's own authorities are believed too."""
        named = self.looked_up(host)
        if named is not None and named.failure is not None:
            return named
        tried = self._reached(host, TLS_PORT)
        through = next((s for s in tried if s.connected), None)
        if through is None:
            return _ended(tried[0]) if tried else None
        return self._page(through, own_roots=own_roots)

    def _page(self, spoken: Spoken, *, own_roots: bool) -> Result | None:
        tls, http = spoken.tls, spoken.http
        if tls is None or _ours(tls.failure):
            return None
        if not self._believed(tls, own_roots=own_roots):
            failure = tls.failure or Failure.TLS_UNKNOWN_AUTHORITY
            return Result(failure=word(failure), at=tls.window.end)
        if http is None or http.status is not None or _ours(http.failure):
            return Result(failure=None, at=tls.window.end)
        return Result(failure=word(http.failure or Failure.UNKNOWN), at=http.window.end)

    def _believed(self, tls: TlsObservation, *, own_roots: bool) -> bool:
        if tls.verified:
            return own_roots or not tls.root_pinned
        return self.public_authority(tls)

    def public_authority(self, tls: TlsObservation) -> bool:
        """It was refused for want of the service's own root, and a public authority signed it, as
        another host of this run shows: good enough for them."""
        issued = bool(tls.chain[1:]) and tls.chain[1].sha256 in self._public
        return tls.failure is Failure.TLS_UNKNOWN_AUTHORITY and issued

    def _reached(self, host: str, port: int) -> list[Spoken]:
        """Conversations with the addresses that the name led to, IPv4 first."""
        arm = Arm.BASE if port == TLS_PORT else Arm.OTHER_PORT
        given = self.addresses(host) if host in self._names else None
        found = [
            s
            for s in self.about(host, arm, port)
            if s.tcp is not None and (given is None or s.flow.address in given)
        ]
        return sorted(found, key=lambda s: ":" in s.flow.address)

    def about(self, host: str, arm: Arm, port: int) -> list[Spoken]:
        """The conversations of one experiment with one port of ``host``."""
        return [
            s
            for s in self.spoken
            if (s.flow.host, s.task.arm, s.flow.port) == (host, arm, port)
            and not (s.tcp is not None and _ours(s.tcp.failure))
        ]

    def with_addresses(self, addresses: Collection[str], arms: Collection[Arm]) -> list[Spoken]:
        """The conversations of some experiments with some addresses, over TCP."""
        return [
            s
            for s in self.spoken
            if s.flow.address in addresses
            and s.task.arm in arms
            and s.tcp is not None
            and not _ours(s.tcp.failure)
        ]


def possible(address: str) -> bool:
    """A public server can live there."""
    return ip_address(address).is_global


def _ours(failure: Failure | None) -> bool:
    return failure is not None and failure.is_ours


def _by_the_system(task: Task, seen: DnsObservation) -> bool:
    return seen.resolver is ResolverKind.SYSTEM and task.arm in (Arm.BASE, Arm.CONNECTION)


def _ended(spoken: Spoken) -> Result:
    tcp = spoken.tcp
    assert tcp is not None
    return Result(failure=word(tcp.failure), at=tcp.window.end)


def _spoken(task: Task, flow: Flow, measurement: Measurement) -> Spoken:
    seen = {type(one): one for one in measurement.observations}
    tcp, tls = seen.get(TcpObservation), seen.get(TlsObservation)
    http, protocol = seen.get(HttpObservation), seen.get(ProtocolObservation)
    return Spoken(
        task=task,
        flow=flow,
        tcp=tcp if isinstance(tcp, TcpObservation) else None,
        tls=tls if isinstance(tls, TlsObservation) else None,
        http=http if isinstance(http, HttpObservation) else None,
        protocol=protocol if isinstance(protocol, ProtocolObservation) else None,
    )
