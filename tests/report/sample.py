"""Hand-made runs for report tests. Nothing here was copied from output."""

from dataclasses import replace

from msgprobe.model.control import Controls, Site
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    DnsAnswer,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Observation,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.run import Evidence, Request, Run, Tool
from msgprobe.model.target import Endpoint, Function, Pool, Provenance, Service
from msgprobe.model.task import (
    Arm,
    Flow,
    Inspect,
    Lookup,
    Probe,
    Resolver,
    ResolverKind,
    Role,
    Task,
)
from msgprobe.model.verdict import (
    ConnectionVerdict,
    Count,
    FunctionVerdict,
    Outcome,
    ServiceVerdict,
    State,
    Strength,
    Verdict,
)

SOURCE = Provenance(source="made up for this test", date="2026-01")
HOSTILE = "\x1b]0;owned\x07\x1b[2J[red]bold[/red]\u202egnp.exe\u202c\x9b31m & <b>\x00\r\n$(id)"
"""An OSC title, a cleared screen, rich markup, a bidi override, a C1 CSI, XML and a shell."""


def service(name: str = "telegram") -> Service:
    return Service(
        name=name,
        title=name.title(),
        primary=Function.TEXT,
        pools=(
            Pool(name="chat", function=Function.TEXT),
            Pool(name="web", function=Function.WEB),
        ),
        endpoints=(
            Endpoint(
                name="dc1",
                pool="chat",
                member="dc1",
                check="mtproto",
                port=443,
                addresses=("192.0.2.1",),
                provenance=SOURCE,
            ),
            Endpoint(
                name="web",
                pool="web",
                member="web",
                check="https",
                port=443,
                host=f"web.{name}.example",
                options=(("key", "value"),),
                provenance=SOURCE,
            ),
        ),
        core=True,
        untestable=((Function.CALLS, "needs an account"),),
        provenance=SOURCE,
    )


def function(
    what: Function = Function.TEXT,
    outcome: Outcome = Outcome.OK,
    **changes: object,
) -> FunctionVerdict:
    made = FunctionVerdict(
        function=what,
        outcome=outcome,
        strength=Strength.CONFIRMED,
        endpoints=Count(tested=1, ok=1 if outcome is Outcome.OK else 0),
        why="" if outcome is Outcome.OK else f"It is {outcome.value} because of the test.",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def service_verdict(
    outcome: Outcome = Outcome.OK, name: str = "Telegram", **changes: object
) -> ServiceVerdict:
    made = ServiceVerdict(
        service=name.lower(),
        name=name,
        outcome=outcome,
        strength=Strength.CONFIRMED,
        summary=f"{name} is {outcome.value}.",
        functions=(
            function(Function.WEB, outcome),
            function(Function.TEXT),
            function(Function.CALLS, Outcome.NOT_TESTED, strength=None, why="needs an account"),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def blocked() -> ServiceVerdict:
    web = function(
        Function.WEB,
        Outcome.BLOCKED,
        mechanisms=("tls.reset.sni",),
        why="Connections that name the service are torn down.",
        rules=("tls.sni_swap",),
        evidence=(3, 4),
    )
    return service_verdict(
        Outcome.BLOCKED,
        partial=True,
        mechanisms=("tls.reset.sni",),
        functions=(web, function(Function.TEXT)),
    )


def measurement(
    probe: Probe,
    *seen: Observation,
    transaction: int = 1,
    check: str = "https",
    arm: Arm = Arm.BASE,
    subject: str = "telegram",
    **changes: object,
) -> Measurement:
    task = Task(
        id=f"task-{transaction}",
        round=1,
        role=Role.TARGET,
        arm=arm,
        check=check,
        subject=subject,
        endpoint="web",
        probe=probe,
        reason="to see whether it works",
    )
    made = Measurement(
        task=task,
        status=Status.COMPLETED,
        window=Window(start=1.0, end=2.0),
        observations=seen,
        bytes_sent=100,
        bytes_received=200,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


W = Window(start=1.0, end=1.25)


def measurements() -> tuple[Measurement, ...]:
    host = "web.telegram.example"
    return (
        measurement(
            Inspect(),
            LocalObservation(
                transaction=1,
                window=W,
                failure=None,
                route4=True,
                resolvers=("192.168.1.1", "127.0.0.53", "fe80::1%eth0", "8.8.8.8"),
            ),
            check="local",
            arm=Arm.GATE,
        ),
        measurement(
            Lookup(
                name=host,
                resolver=Resolver(kind=ResolverKind.DIRECT, name="own", address="192.168.1.1"),
            ),
            DnsObservation(
                transaction=2,
                window=W,
                failure=None,
                name=host,
                family=4,
                resolver=ResolverKind.DIRECT,
                resolver_name="own",
                resolver_address="192.168.1.1",
                rcode="NOERROR",
                addresses=("192.0.2.80",),
                answers=(
                    DnsAnswer(
                        after=0.01,
                        rcode="NOERROR",
                        addresses=("192.0.2.80",),
                        source="10.0.0.1",
                    ),
                ),
            ),
            transaction=2,
            check="resolve",
        ),
        measurement(
            Flow(
                address="192.0.2.80", port=443, host=host, server_name=host, options=(("a", "b"),)
            ),
            TcpObservation(
                transaction=3,
                window=W,
                failure=None,
                address="192.0.2.80",
                port=443,
                source_port=50123,
            ),
            TlsObservation(
                transaction=3,
                window=W,
                failure=Failure.CONNECTION_RESET,
                address="192.0.2.80",
                port=443,
                server_name=host,
                bytes_sent=517,
                errno="ECONNRESET",
            ),
            transaction=3,
        ),
        measurement(
            Flow(address="192.0.2.80", port=443, host=host, server_name="example.com", trust=None),
            TlsObservation(
                transaction=4,
                window=W,
                failure=None,
                address="192.0.2.80",
                port=443,
                server_name="example.com",
                version="TLSv1.3",
                bytes_sent=517,
                bytes_received=3000,
            ),
            HttpObservation(
                transaction=4,
                window=W,
                failure=None,
                address="192.0.2.80",
                port=443,
                host=host,
                path="/",
                tls=True,
                status=200,
                headers=(("Set-Cookie", "id=person"), ("X-Client", "203.0.113.9")),
                body="Your address is 203.0.113.9.",
            ),
            transaction=4,
            arm=Arm.OTHER_SNI,
        ),
    )


def run(
    *services: ServiceVerdict,
    state: State = State.ONLINE,
    interrupted: str | None = None,
    seen: tuple[Measurement, ...] | None = None,
    **connection: object,
) -> Run:
    made = ConnectionVerdict(state=state, strength=Strength.CONFIRMED, why="Neutral sites work.")
    return Run(
        run_id="0123456789abcdef",
        tool=Tool(version="0.1.0", python="3.11.7", openssl="OpenSSL 3.0", platform="Linux x86_64"),
        catalogue_sha256="ab" * 32,
        started_at="2026-01-05T10:30:00Z",
        duration_s=3.25,
        bytes_sent=81_234,
        bytes_received=190_321,
        interrupted=interrupted,
        evidence=Evidence(
            request=Request(functions=(Function.WEB,), seed=7),
            services=(service(),),
            controls=Controls(
                sites=(
                    Site(
                        name="neutral",
                        host="example.com",
                        owner="IANA",
                        network="one",
                        provenance=SOURCE,
                    ),
                ),
                holes=(53, 123),
            ),
            measurements=measurements() if seen is None else seen,
        ),
        verdict=Verdict(
            connection=replace(made, **connection),  # type: ignore[arg-type]
            services=services,
            advice="Do this next.",
            rules_version=1,
        ),
    )
