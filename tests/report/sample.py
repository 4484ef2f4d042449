"""Hand-made runs for report tests. Nothing here was copied from output."""

from dataclasses import replace

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.message import literal
from msgprobe.model.observation import (
    DnsAnswer,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Observation,
    TcpInfo,
    TcpObservation,
    TlsObservation,
    TransferObservation,
    Window,
)
from msgprobe.model.run import Evidence, Request, Run, Tool
from msgprobe.model.target import Direction, Function
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
    Speed,
    State,
    Strength,
    Verdict,
)
from tests.report.sample_catalogue import controls
from tests.report.sample_catalogue import service as service

HOSTILE = "\x1b]0;owned\x07\x1b[2J[red]bold[/red]\u202egnp.exe\u202c\x9b31m & <b>\x00\r\n$(id)"
"""An OSC title, a cleared screen, rich markup, a bidi override, a C1 CSI, XML and a shell."""


def told(why: object) -> object:
    """A sentence of the tests', as messages: ``why`` may be said in words here."""
    return (literal(why),) if isinstance(why, str) else why


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
        why=()
        if outcome is Outcome.OK
        else (literal(f"It is {outcome.value} because of the test."),),
    )
    if "why" in changes:
        changes["why"] = told(changes["why"])
    return replace(made, **changes)  # type: ignore[arg-type]


def service_verdict(
    outcome: Outcome = Outcome.OK, name: str = "Telegram", **changes: object
) -> ServiceVerdict:
    made = ServiceVerdict(
        service=name.lower(),
        name=name,
        outcome=outcome,
        strength=Strength.CONFIRMED,
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
        rules=("tls.sni.unacked",),
        evidence=(3, 4),
    )
    return service_verdict(
        Outcome.BLOCKED,
        partial=True,
        mechanisms=("tls.reset.sni",),
        functions=(web, function(Function.TEXT)),
    )


def speed(
    target: float = 141.0, control: float = 18_000.0, floor: float = 620.0, **changes: object
) -> Speed:
    made = Speed(
        asset="web-script",
        direction=Direction.DOWN,
        target_kbit=target,
        control_kbit=control,
        floor_kbit=floor,
        moved=80_000,
        pairs=6,
        slow=6,
        ratio=8.9,
        ratio_corrected=8.1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def throttled() -> ServiceVerdict:
    why = "141 kbit/s against 18 Mbit/s on the same server, follows the name."
    web = function(
        Function.WEB,
        Outcome.THROTTLED,
        mechanisms=("throttle.sni.policing",),
        why=why,
        speeds=(speed(),),
        evidence=(5, 6),
    )
    return service_verdict(
        Outcome.THROTTLED, functions=(web, function(Function.TEXT)), partial=True
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
            arm=Arm.CONNECTION,
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


INFO = TcpInfo(
    state=1,
    retransmits=0,
    total_retrans=3,
    unacked=0,
    rtt=0.05,
    min_rtt=0.034,
    bytes_acked=800,
    bytes_sent=800,
    bytes_retrans=0,
    bytes_received=90_000,
    segs_out=30,
    segs_in=70,
    out_of_order=12,
    needless=1,
)


def moved(
    arm: Arm = Arm.TRANSFER,
    kbit: float = 141.0,
    *,
    transaction: int = 5,
    size: int = 80_000,
    direction: Direction = Direction.DOWN,
    asset: str | None = "web-script",
    subject: str = "telegram",
    host: str = "web.telegram.example",
    server_name: str | None = None,
    **changes: object,
) -> Measurement:
    """A transfer at a steady rate: ``size`` bytes in ``size * 8 / kbit`` milliseconds."""
    seconds = size * 8 / kbit / 1000
    options = [("direction", direction.value), ("bytes", str(size))]
    options += [("asset", asset)] if asset is not None else []
    name = server_name or host
    seen = TransferObservation(
        transaction=transaction,
        window=Window(start=1.0, end=1.0 + seconds),
        failure=None,
        address="192.0.2.80",
        port=443,
        host=host,
        server_name=name,
        path="/script.js",
        direction=direction,
        wanted=size,
        moved=size,
        status=206,
        authenticated=True,
        first_byte=seconds / 40,
        curve=tuple((seconds * n / 40, size * n // 40) for n in range(1, 41)),
        milestones=((8192, seconds * 8192 / size),),
        info=INFO,
    )
    return measurement(
        Flow(address="192.0.2.80", port=443, host=host, server_name=name, options=tuple(options)),
        replace(seen, **changes),  # type: ignore[arg-type]
        transaction=transaction,
        check="transfer",
        arm=arm,
        subject=subject,
    )


def transfers() -> tuple[Measurement, ...]:
    """A web script policed to 141 kbit/s by its name, and what it is compared with."""
    return (
        moved(transaction=5),
        moved(Arm.TRANSFER_NEUTRAL_SNI, 18_000, transaction=6, server_name="example.com"),
        moved(
            Arm.TRANSFER_SOURCE,
            9_000,
            transaction=7,
            asset=None,
            subject="mirror",
            host="mirror.example",
        ),
        moved(
            Arm.TRANSFER_TARGET_SNI,
            transaction=8,
            host="mirror.example",
            server_name="web.telegram.example",
            capped=True,
            moved=40_000,
            curve=((0.5, 30_000), (1.5, 40_000)),
            stalls=((30_000, 1.0), (40_000, 8.5)),
            window=Window(start=1.0, end=11.0),
        ),
    )


def run(
    *services: ServiceVerdict,
    state: State = State.ONLINE,
    interrupted: str | None = None,
    seen: tuple[Measurement, ...] | None = None,
    **connection: object,
) -> Run:
    why = (literal("Neutral sites work."),)
    made = ConnectionVerdict(state=state, strength=Strength.CONFIRMED, why=why)
    if "why" in connection:
        connection["why"] = told(connection["why"])
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
            controls=controls(),
            measurements=(*measurements(), *transfers()) if seen is None else seen,
        ),
        verdict=Verdict(
            connection=replace(made, **connection),  # type: ignore[arg-type]
            services=services,
            rules_version=1,
        ),
    )
