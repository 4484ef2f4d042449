"""OONI's measurements as evidence, no stronger than they are.

What they cannot show stays unsaid. Nothing neutral was asked, so that silence and refusals accuse
nobody. An open port earns nothing, and neither does a plain HTTP answer, which anybody on the way
can give. A chain of certificates counts where their probe believed it; where only the service's own
authority may sign, only once it was checked again here. Where their probe refused a chain that is
the service's own, the probe ended it, not the network. Pages that are not the catalogue's show no
more than their TLS does.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from datetime import datetime
from typing import TypedDict

from msgprobe.interchange.ooni.chains import certificate, leads_to, shows_root
from msgprobe.interchange.ooni.theirs import Connect, Fetch, Query, Shake, Theirs
from msgprobe.model.control import Controls
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    Observation,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.run import Evidence, Request
from msgprobe.model.target import Endpoint, Service, Trust
from msgprobe.model.task import Arm, Flow, Lookup, Resolver, ResolverKind, Role, Task
from msgprobe.model.traits import Traits

MOST_CERTIFICATES = 10
"""Of a chain; longer ones are no servers'."""

_SYSTEM = Resolver(kind=ResolverKind.SYSTEM, name="system")
_WORDS = {word.value: word for word in Failure}


def failure(word: str | None) -> Failure | None:
    """Their word as ours, ``unknown_failure`` for those that we do not have."""
    return None if word is None else _WORDS.get(word, Failure.UNKNOWN)


def evidence(theirs: Theirs, service: Service, traits: tuple[tuple[str, Traits], ...]) -> Evidence:
    """What ``theirs`` shows about ``service``, as today's catalogue describes it."""
    return Evidence(
        request=Request(country=theirs.cc),
        services=(service,),
        controls=Controls(),
        measurements=tuple(_Reader(theirs, service).measurements()),
        traits=traits,
    )


@dataclass(slots=True)
class _Reader:
    """Joins what belongs to one conversation: by transaction, or by address and name where older
    files tell none. ``taken`` counts what has been given to each endpoint already."""

    theirs: Theirs
    service: Service
    used: set[int] = field(default_factory=set)
    taken: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def measurements(self) -> Iterator[Measurement]:
        hosts = {e.host for e in self.service.endpoints}
        for name in dict.fromkeys(q.name for q in self.theirs.queries if q.name in hosts):
            yield self._lookup(name, [q for q in self.theirs.queries if q.name == name])
        for connect in self.theirs.connects:
            shake = self._shake(connect)
            endpoint = self._endpoint(connect, shake)
            if endpoint is not None:
                self.taken[endpoint.name] += 1
                yield self._conversation(endpoint, connect, shake)

    # -- names

    def _lookup(self, name: str, asked: list[Query]) -> Measurement:
        addresses = tuple(dict.fromkeys(a for q in asked for a in q.addresses))
        failed = next((q.failure for q in asked if q.failure is not None), None)
        seen = DnsObservation(
            transaction=self._next(),
            window=_window(asked[0]),
            failure=None if addresses else failure(failed) or Failure.DNS_NO_ANSWER,
            name=name,
            family=0,
            resolver=ResolverKind.SYSTEM,
            resolver_name=_SYSTEM.name,
            addresses=addresses,
        )
        task = self._task("resolve", Lookup(name=name, resolver=_SYSTEM), None, Arm.BASE)
        return _measurement(task, (seen,))

    def _named(self, address: str) -> list[str]:
        """The names that led to ``address``."""
        return [q.name for q in self.theirs.queries if address in q.addresses]

    # -- conversations

    def _shake(self, connect: Connect) -> Shake | None:
        """The handshake on this connection, each once."""
        if connect.failure is not None:
            return None
        names = self._named(connect.address)
        for shake in self.theirs.shakes:
            if id(shake) not in self.used and _same(connect, shake, names):
                self.used.add(id(shake))
                return shake
        return None

    def _endpoint(self, connect: Connect, shake: Shake | None) -> Endpoint | None:
        """Which of today's endpoints it was; None where the catalogue has none such."""
        fit = self._fitting(connect.port)
        if shake is not None:
            return next((e for e in fit if e.host == shake.name), None)
        fetched = {f.host for f in self._fetches(connect)}
        names = fetched or set(self._named(connect.address))
        own = [e for e in fit if e.host is None and connect.address in e.addresses]
        found = own or [e for e in fit if e.host is not None and e.host in names]
        return min(found, key=lambda e: self.taken[e.name], default=None)

    def _fitting(self, port: int) -> list[Endpoint]:
        """The endpoints at this port that their tests could have spoken to."""
        extra = {p.name for p in self.service.pools if p.extra}
        return [e for e in self.service.endpoints if e.port == port and e.pool not in extra]

    def _fetches(self, connect: Connect) -> list[Fetch]:
        """The requests on this connection, as far as the file tells."""
        if connect.transaction:
            return [f for f in self.theirs.fetches if f.transaction == connect.transaction]
        return [f for f in self.theirs.fetches if f.host == connect.address]

    def _conversation(
        self, endpoint: Endpoint, connect: Connect, shake: Shake | None
    ) -> Measurement:
        flow = Flow(
            **_place(connect),
            host=endpoint.host,
            server_name=endpoint.host,
            trust=endpoint.trust,
            path=endpoint.path,
        )
        number = self._next()
        tcp = TcpObservation(
            transaction=number,
            window=_window(connect),
            failure=failure(connect.failure),
            **_place(connect),
        )
        seen: list[Observation] = [tcp]
        tls = None if shake is None else self._tls(endpoint, connect, shake, number)
        if tls is not None:
            seen.append(tls)
        http = self._http(endpoint, connect, tls, number)
        if http is not None:
            seen.append(http)
        arm = Arm.OTHER_PORT if endpoint.reserve else Arm.BASE
        return _measurement(self._task(endpoint.check, flow, endpoint.name, arm), tuple(seen))

    def _tls(
        self, endpoint: Endpoint, connect: Connect, shake: Shake, number: int
    ) -> TlsObservation:
        when = datetime.fromisoformat(self.theirs.started_at)
        chain = shake.chain[:MOST_CERTIFICATES]
        root = leads_to(chain, self.service.roots, shake.name, when)
        own = root is not None or shows_root(chain, self.service.roots)
        failed = failure(shake.failure)
        if failed is not None and failed.is_certificate and own:
            failed = Failure.INTERRUPTED
        by_us = root is not None and endpoint.trust in (Trust.PINNED, Trust.EITHER)
        by_them = endpoint.trust in (Trust.PUBLIC, Trust.EITHER)
        verified = shake.believed and (by_us or by_them)
        return TlsObservation(
            transaction=number,
            window=_window(shake),
            failure=failed,
            **_place(connect),
            server_name=shake.name,
            verified=verified,
            checked=verified or failed is not None,
            version=shake.version,
            alpn=shake.alpn,
            chain=tuple(map(certificate, chain)),
            root_sha256=root.sha256 if root is not None and verified else None,
            root_pinned=root is not None and verified,
        )

    def _http(
        self, endpoint: Endpoint, connect: Connect, tls: TlsObservation | None, number: int
    ) -> HttpObservation | None:
        """What came of a request; None where it says no more than what went before it."""
        if connect.failure is not None or (tls is not None and tls.failure is not None):
            return None
        host = connect.address if endpoint.host is None else endpoint.host
        fetch = next(
            (f for f in self.theirs.fetches if f.host == host and f.tls == (tls is not None)), None
        )
        if fetch is None or (fetch.failure is None and fetch.path != endpoint.path):
            return None
        return HttpObservation(
            transaction=number,
            window=_window(fetch),
            failure=failure(fetch.failure),
            **_place(connect),
            host=host,
            path=fetch.path,
            tls=fetch.tls,
            authenticated=tls is not None and tls.verified,
            status=fetch.status if fetch.failure is None else None,
        )

    # -- tasks

    def _task(self, check: str, probe: Lookup | Flow, endpoint: str | None, arm: Arm) -> Task:
        return Task(
            id=f"ooni.{self.number}",
            round=1,
            role=Role.TARGET,
            arm=arm,
            check=check,
            subject=self.service.name,
            endpoint=endpoint,
            probe=probe,
            reason="OONI Probe asked it",
        )

    def _next(self) -> int:
        self.number += 1
        return self.number


class _Place(TypedDict):
    address: str
    port: int


def _place(connect: Connect) -> _Place:
    """Where the conversation was held, as each of its observations says it."""
    return {"address": connect.address, "port": connect.port}


def _same(connect: Connect, shake: Shake, names: list[str]) -> bool:
    if connect.transaction and shake.transaction:
        return connect.transaction == shake.transaction
    if shake.address is not None:
        return (shake.address, shake.port) == (connect.address, connect.port)
    return shake.name in names


def _window(entry: Query | Connect | Shake | Fetch) -> Window:
    """Where only the end is known it began with the measurement: nothing then looks early."""
    return Window(start=entry.start, end=entry.end)


def _measurement(task: Task, seen: tuple[Observation, ...]) -> Measurement:
    window = Window(
        start=min(one.window.start for one in seen), end=max(one.window.end for one in seen)
    )
    return Measurement(task=task, status=Status.COMPLETED, window=window, observations=seen)
