"""Evidence made by hand: what a run would have recorded, told one conversation at a time."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from msgprobe.checks.registry import registry, traits
from msgprobe.evidence.lasting import LASTING
from msgprobe.model.control import Controls, PublicResolver, Sentinel, Site
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    Certificate,
    DnsAnswer,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Proof,
    ProtocolObservation,
    TcpInfo,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.run import Evidence, Request
from msgprobe.model.target import Endpoint, Function, Pool, Provenance, Service, Trust
from msgprobe.model.task import (
    Arm,
    Flow,
    Inspect,
    Lookup,
    Resolver,
    ResolverKind,
    Role,
    Running,
    Task,
)
from tests.model.tasks import control_of, task_of

TRAITS = traits(registry())
HERE = Provenance(source="test", date="2026-01-01")
RTT = 0.04


def somebody(kind: str, n: int, *, owner: str = "owner", network: str = "net") -> dict[str, Any]:
    """Fields that every row of somebody neutral has: the ``n``-th of its kind."""
    of = {"owner": f"{owner}{n}", "network": f"{network}{n}", "provenance": HERE}
    return {"name": f"{kind}{n}", "host": f"{kind}{n}.example", **of}


def public_resolver(n: int) -> PublicResolver:
    """The ``n``-th public resolver."""
    row = somebody("resolver", n)
    del row["host"]
    return PublicResolver(**row, addresses=(f"9.9.{n}.9",), doh_host=f"dns{n}.example")


def _sentinel(n: int) -> Sentinel:
    row = somebody("sentinel", n)
    del row["network"]
    return Sentinel(**row, path="/204", status=204, body="")


SITES = tuple(
    Site(**somebody("site", n), addresses=(f"20.{n}.0.1",), any_name=n <= 2) for n in range(1, 5)
)
SENTINELS = tuple(map(_sentinel, range(1, 4)))
RESOLVERS = tuple(map(public_resolver, range(1, 3)))


def endpoint(member: str, pool: str, check: str = "https", port: int = 443) -> Endpoint:
    """One of a member that is called as its host."""
    return Endpoint(
        name=f"{member}-{port}",
        pool=pool,
        member=member,
        check=check,
        port=port,
        host=f"{member}.example",
        provenance=HERE,
    )


def numbered(pool: str, addresses: Iterable[str], *, check: str, port: int) -> tuple[Endpoint, ...]:
    """One member without a name at each address: ``dc1``, ``dc2`` and so on."""
    return tuple(
        Endpoint(
            name=f"{pool}{n}",
            pool=pool,
            member=f"{pool}{n}",
            check=check,
            port=port,
            addresses=(address,),
            provenance=HERE,
        )
        for n, address in enumerate(addresses, 1)
    )


CHAT = ("chat1.example", "chat2.example")
ADDRESSES = {"chat1.example": "31.13.70.1", "chat2.example": "157.240.1.1"}

SERVICE = Service(
    name="acme",
    title="Acme",
    primary=Function.TEXT,
    pools=(Pool(name="chat", function=Function.TEXT, ok_at=1),),
    endpoints=tuple(endpoint(host.removesuffix(".example"), "chat") for host in CHAT),
    prefixes=("31.13.64.0/18", "157.240.0.0/16"),
    provenance=HERE,
)


def certificate(
    issuer: str = "CN=Public CA",
    subject: str = "CN=x",
    names: tuple[str, ...] = (),
    *,
    logged: bool | None = False,
) -> Certificate:
    return Certificate(
        subject=subject,
        issuer=issuer,
        sha256=hashlib.sha256(f"{issuer}/{subject}/{names}".encode()).hexdigest(),
        spki_sha256="0" * 64,
        not_before="2026-01-01T00:00:00Z",
        not_after="2027-01-01T00:00:00Z",
        der="",
        names=names,
        logged=logged,
    )


def info(**more: Any) -> TcpInfo:
    base = TcpInfo(
        state=1,
        retransmits=0,
        total_retrans=0,
        unacked=0,
        rtt=RTT,
        min_rtt=RTT,
        bytes_acked=517,
        bytes_sent=517,
        bytes_retrans=0,
        bytes_received=3000,
        segs_out=5,
        segs_in=5,
    )
    return replace(base, **more)


def losing(measured: Measurement, lost: int, sent: int) -> Measurement:
    """The same, in which ``sent`` segments were sent, ``lost`` of them once more, as TLS's end saw
    it."""
    more = {"total_retrans": lost, "retransmits": 0, "needless": 0, "bytes_sent": 1448 * sent}
    seen = tuple(
        replace(o, info=replace(o.info, **more))
        if isinstance(o, TlsObservation) and o.info is not None
        else o
        for o in measured.observations
    )
    return replace(measured, observations=seen)


def datagrams(
    protocol: str, address: str, port: int, *, came: bool, stage: str, **more: Any
) -> ProtocolObservation:
    """What was seen of a conversation over UDP: an answer bound to the question, or silence."""
    seen = ProtocolObservation(
        transaction=0,
        window=Window(start=0, end=0),
        failure=None if came else Failure.TIMED_OUT,
        protocol=protocol,
        address=address,
        port=port,
        stage=stage,
        proof=Proof.NONCE if came else Proof.NONE,
        transport="udp",
    )
    return replace(seen, **more)


def under_way(tasks: Iterable[Task], since: float = 0.0) -> dict[str, Running]:
    """Tasks that have begun at the same time and have not ended."""
    return {t.id: Running(task=t, since=since) for t in tasks}


def gate_task(site: Site) -> Task:
    """The first conversation with a neutral site."""
    flow = Flow(address=site.addresses[0], port=443, host=site.host, server_name=site.host)
    return control_of("https", flow, site.name, f"g.site.{site.name}")


def came_of(
    task: Task, *, start: float = 0.0, took: float = RTT, whole: float | None = None, **how: Any
) -> Measurement:
    """What came of a planned conversation: all went well, or ``how`` says what not (see
    `Story.flow`). ``whole`` is what all of it took, if not ``took``."""
    assert isinstance(task.probe, Flow)
    flow = task.probe
    named: dict[str, Any] = {"host": flow.host or "", "server_name": flow.server_name}
    about: dict[str, Any] = {k: getattr(task, k) for k in ("subject", "arm", "endpoint", "check")}
    (told,) = (
        Story()
        .flow(flow.address, start=start, took=took, port=flow.port, **named, **about, **how)
        .told
    )
    window = Window(start=start, end=start + (took if whole is None else whole))
    return replace(told, task=task, window=window)


@dataclass
class Story:
    """Collects measurements; every method tells one more thing that happened."""

    services: tuple[Service, ...] = (SERVICE,)
    sites: tuple[Site, ...] = SITES
    told: list[Measurement] = field(default_factory=list)
    clock: float = 0.0

    def evidence(self) -> Evidence:
        controls = Controls(
            sites=self.sites,
            sentinels=SENTINELS,
            resolvers=RESOLVERS,
            silent=("20.4.0.1",),
            advert_host="adverts.example",
        )
        return Evidence(
            request=Request(),
            services=self.services,
            controls=controls,
            measurements=tuple(self.told),
            traits=TRAITS,
        )

    # -- the raw material

    def tell(self, task: Task, *observations: Any) -> "Story":
        number = len(self.told) + 1
        start = self.clock
        self.told.append(
            Measurement(
                task=task,
                status=Status.COMPLETED,
                window=Window(start=start, end=start + 1),
                observations=tuple(replace(o, transaction=number) for o in observations),
            )
        )
        return self

    def local(self, **more: Any) -> "Story":
        base = LocalObservation(
            transaction=0,
            window=Window(start=0, end=0),
            failure=None,
            interfaces_up=1,
            route4=True,
            resolvers=("private",),
        )
        task = control_of("local", Inspect(), "this device", "g.local")
        return self.tell(task, replace(base, **more))

    def dns(
        self,
        name: str,
        kind: ResolverKind,
        *addresses: str,
        failure: Failure | None = None,
        resolver: str = "system",
        arm: Arm = Arm.CONNECTION,
        later: tuple[str, ...] = (),
        role: Role = Role.CONTROL,
        start: float = 0.0,
    ) -> "Story":
        answers = [DnsAnswer(after=0.01, rcode="NOERROR", addresses=addresses)]
        if later:
            answers.append(DnsAnswer(after=0.05, rcode="NOERROR", addresses=later))
        seen = DnsObservation(
            transaction=0,
            window=Window(start=start, end=start + 0.04),
            failure=failure,
            name=name,
            family=0 if kind is ResolverKind.SYSTEM else 6 if ":" in "".join(addresses) else 4,
            resolver=kind,
            resolver_name=resolver,
            rcode=None if failure in (Failure.TIMED_OUT, Failure.DNS_TEMPORARY) else "NOERROR",
            addresses=addresses,
            answers=tuple(answers) if addresses else (),
        )
        who = Resolver(kind=kind, name=resolver)
        task_id = f"{arm}.{name}.{kind}.{resolver}.{len(self.told)}"
        asked = control_of("resolve", Lookup(name=name, resolver=who), resolver, task_id, arm)
        return self.tell(replace(asked, role=role), seen)

    def flow(
        self,
        address: str,
        *,
        subject: str,
        arm: Arm,
        fails: str | None = None,
        failure: Failure = Failure.TIMED_OUT,
        endpoint: str | None = None,
        host: str = "",
        server_name: str | None = None,
        port: int = 443,
        start: float = 0.0,
        took: float = 0.04,
        acked: bool | None = True,
        issuer: str = "CN=Public CA",
        shown_for: str = "CN=x",
        chain: tuple[Certificate, ...] = (),
        status: int | None = 200,
        proof: Proof | None = None,
        stage: str = "x",
        min_rtt: float = RTT,
        check: str = "https",
        trust: Trust = Trust.PUBLIC,
        root_public: bool | None = None,
        options: tuple[tuple[str, str], ...] = (),
    ) -> "Story":
        """``fails`` is the stage that fails: connect, tls, answer; None: all goes well."""
        window = Window(start=start, end=start + took)
        common: dict[str, Any] = {
            "transaction": 0,
            "window": window,
            "address": address,
            "port": port,
        }
        seen: list[Any] = []

        def ends(stage: str) -> Failure | None:
            return failure if fails == stage else None

        seen.append(TcpObservation(**common, failure=ends("connect"), info=info(min_rtt=min_rtt)))
        if fails != "connect" and check in ("tls", "https", "http2"):
            bad = ends("tls")
            shown = bad is None or bad.is_certificate
            seen.append(
                TlsObservation(
                    **common,
                    failure=bad,
                    server_name=server_name or host,
                    verified=bad is None and arm not in _LOOKING,
                    checked=arm not in _LOOKING,
                    root_public=root_public,
                    hello_size=517,
                    hello_acked=acked,
                    alert_received=bad is Failure.TLS_FAILED,
                    chain=(chain or (certificate(issuer, shown_for),)) if shown else (),
                    info=info(min_rtt=min_rtt),
                )
            )
        if proof is not None and fails != "connect":
            seen.append(
                ProtocolObservation(
                    **common, failure=ends("answer"), protocol=check, stage=stage, proof=proof
                )
            )
        elif check in ("https", "http2", "page") and fails not in ("connect", "tls"):
            seen.append(
                HttpObservation(
                    **common,
                    failure=ends("answer"),
                    host=host,
                    path="/",
                    tls=check == "https",
                    authenticated=check == "https",
                    status=None if fails == "answer" else status,
                    matched=None,
                )
            )
        role = Role.TARGET if endpoint else Role.CONTROL
        task_id = f"{arm}.{subject}.{endpoint}.{address}.{port}.{len(self.told)}"
        named: dict[str, Any] = {"host": host, "server_name": server_name or host}
        probe = Flow(address=address, port=port, trust=trust, options=options, **named)
        who: dict[str, Any] = {"subject": subject, "endpoint": endpoint, "role": role}
        return self.tell(task_of(check, probe, task_id=task_id, arm=arm, **who), *seen)

    def site(self, site: Site, arm: Arm = Arm.CONNECTION, **how: Any) -> "Story":
        """A neutral site is spoken to, by its own name unless ``host`` is another."""
        how = {"host": site.host, **how}
        return self.flow(site.addresses[0], subject=site.name, arm=arm, **how)

    def nowhere(self, *, times: int = 4, answers: bool = False) -> "Story":
        """A neutral name is asked for at a host that runs no DNS: silence, or an answer."""
        told: dict[str, Any] = {"resolver": "no resolver", "arm": Arm.NON_RESOLVER}
        addresses = self.sites[0].addresses if answers else ()
        failure = None if answers else Failure.TIMED_OUT
        for _ in range(times):
            self.dns(self.sites[0].host, ResolverKind.UDP, *addresses, failure=failure, **told)
        return self

    def asked(
        self,
        host: str,
        kind: ResolverKind,
        *addresses: str,
        arm: Arm = Arm.OTHER_RESOLVER,
        **how: Any,
    ) -> "Story":
        """A name of the service's is asked for."""
        return self.dns(host, kind, *addresses, role=Role.TARGET, arm=arm, **how)

    def elsewhere(self, host: str, site: Site = SITES[0], *, times: int = 3, **how: Any) -> "Story":
        """The name of ``host`` is shown to a neutral server."""
        how = {"address": site.addresses[0], "server_name": host, "check": "tls", **how}
        for _ in range(times):
            self.target(host, arm=Arm.TARGET_SNI_ELSEWHERE, **how)
        return self

    # -- whole chapters

    def good_connection(self, *, sites: int = 4) -> "Story":
        self.local()
        for site in self.sites[:sites]:
            self.dns(site.host, ResolverKind.SYSTEM, site.addresses[0])
            self.site(site)
        return self

    def one_site_of_four(self, *, other_names: bool = True) -> "Story":
        """One neutral site answers; two die at the ClientHello under their own names, at whose
        servers another name is shown in the same seconds; the fourth is silent."""
        reached, *struck, silent = self.sites
        self.local().site(reached, start=1.0).site(silent, start=1.0, took=8.0, fails="connect")
        reset: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
        for site in struck:
            for start in (1.0, 2.0):
                self.site(site, start=start, took=0.2, **reset)
            how = {"host": reached.host, "check": "tls", **({} if other_names else reset)}
            self.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, start=2.1, took=0.2, **how)
        return self

    def controls_again(self) -> "Story":
        for site in self.sites:
            self.site(site, Arm.AGAIN, check="tls")
        return self

    def names(self, *, system: bool = True) -> "Story":
        """The system gives the genuine addresses, encrypted resolvers too."""
        for host, address in ADDRESSES.items():
            if system:
                self.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
            for n in (1, 2):
                self.asked(host, ResolverKind.DOH, address, resolver=f"resolver{n}")
        return self

    def target(self, host: str, *, times: int = 1, arm: Arm = Arm.BASE, **how: Any) -> "Story":
        """The endpoint of ``host`` is spoken to at its genuine address (or ``address``); attempts
        of its own ``over`` so many seconds, from ``start``."""
        address = how.pop("address", None) or ADDRESSES[host]
        start, over = how.pop("start", 0.0), how.pop("over", LASTING)
        apart = over / max(1, times - 1) if arm in (Arm.BASE, Arm.OTHER_ADDRESS) else 0.0
        for n in range(times):
            self.flow(
                address,
                subject="acme",
                arm=arm if n == 0 or arm is not Arm.BASE else Arm.REPEAT,
                endpoint=f"{host.split('.')[0]}-443",
                host=host,
                start=start + n * apart,
                **how,
            )
        return self

    def all_targets(self, *, times: int = 3, **how: Any) -> "Story":
        for host in CHAT:
            self.target(host, times=times, **how)
        return self


_LOOKING = (Arm.OTHER_SNI, Arm.TARGET_SNI_ELSEWHERE, Arm.NEUTRAL_SNI_ELSEWHERE)
