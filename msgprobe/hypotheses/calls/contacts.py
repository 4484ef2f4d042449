"""The lines of the plan about calls: whom datagrams go to, and to compare with what."""

from collections.abc import Callable, Iterator, Sequence

from msgprobe.evidence.facts import TRIES
from msgprobe.hypotheses.calls.plan import CHECK, call_servers, measures_calls
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Service
from msgprobe.planning.timetable import (
    CALL_SERVERS,
    MORE_CALL_SERVERS,
    TRAIN,
    TRAIN_SPACING,
    TRAINS,
)

Cost = Callable[[str, int, tuple[tuple[str, str], ...]], int]
"""Most bytes of one STUN conversation with (host, port) and these options."""

_TRAIN = (("count", str(TRAIN)), ("spacing", str(TRAIN_SPACING)))


def neutral_calls(
    services: Sequence[Service], controls: Controls, request: Request, cost: Cost
) -> Iterator[Contact]:
    """The neutral call servers; none when nothing about calls is measured."""
    if not any(measures_calls(s, request) for s in services):
        return
    first = call_servers(controls)
    for server in call_servers(controls, MORE_CALL_SERVERS):
        trains = 0 if request.quick else TRAINS * cost(server.host, server.port, _TRAIN)
        yield Contact(
            target=server.host,
            port=server.port,
            transport="udp",
            round=1,
            subject=server.name,
            check=CHECK,
            condition="" if server in first else "if a service's call server does not answer",
            reason=f"neutral call server to compare with ({server.owner})",
            max_bytes=(TRIES + 1) * cost(server.host, server.port, ()) + trains,
        )


def neutral_call_hosts(
    services: Sequence[Service], controls: Controls, request: Request
) -> tuple[tuple[str, str, bool], ...]:
    """(subject, host, always) of every name asked for because of calls."""
    if not any(measures_calls(s, request) for s in services):
        return ()
    servers = call_servers(controls, MORE_CALL_SERVERS)
    return tuple((s.name, s.host, n < CALL_SERVERS) for n, s in enumerate(servers))


def call_diagnosis(
    service: Service, endpoint: Endpoint, target: str, request: Request, cost: Cost, condition: str
) -> Iterator[Contact]:
    """The same address in another form, over TCP, and the trains."""
    for transport, options, why in (
        ("udp", (("form", "classic"),), "the older form of STUN"),
        ("tcp", (("transport", "tcp"),), "STUN over TCP"),
    ):
        yield Contact(
            target=target,
            port=endpoint.port,
            transport=transport,
            round=2,
            subject=service.name,
            check=CHECK,
            condition=condition,
            reason=f"{service.title}: {why} at the same place",
            max_bytes=3 * cost(target, endpoint.port, options),
        )
    if not request.quick:
        yield Contact(
            target=target,
            port=endpoint.port,
            transport="udp",
            round=2,
            subject=service.name,
            check=CHECK,
            condition="if it answers",
            reason=f"{service.title}: what share of a call's packets would arrive?",
            max_bytes=TRAINS * cost(target, endpoint.port, _TRAIN),
        )
