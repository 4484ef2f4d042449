"""What a run may contact over QUIC, for ``msgprobe plan``: UDP port 443."""

from collections.abc import Callable, Iterator, Sequence

from msgprobe.evidence.facts import TRIES
from msgprobe.hypotheses.quic.plan import PORT, quic_endpoints, quic_sites
from msgprobe.hypotheses.quic.rules import CHECK
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Service
from msgprobe.planning.contact_lines import at_site
from msgprobe.planning.timetable import QUIC_ADDRESSES

Cost = Callable[[str, str | None, int, tuple[tuple[str, str], ...]], int]
"""The most bytes of one conversation: check, host, port, options."""

NEUTRAL = "if another server is silent over QUIC"


def quic_contacts(
    services: Sequence[Service], controls: Controls, request: Request, cost: Cost
) -> Iterator[Contact]:
    """Every line; none with ``--quick``, or when no service has anything to ask over QUIC."""
    asked = [(s, e) for s in services for e in quic_endpoints(s, request)]
    for service, endpoint in asked:
        yield _line(service, endpoint, 1, cost)
    if not asked:
        return
    bytes_each = cost(CHECK, None, PORT, ())
    for number, site in enumerate(quic_sites(controls, request)):
        yield at_site(
            site,
            1,
            CHECK,
            NEUTRAL if number else "",
            f"neutral server ({site.owner}): does QUIC work here?",
            bytes_each,
            port=PORT,
            transport="udp",
        )
    for service, endpoint in asked:
        yield _line(service, endpoint, 2, cost)
    for site in quic_sites(controls, request):
        yield at_site(
            site,
            2,
            CHECK,
            NEUTRAL,
            "a service's name at a neutral server: does the fault follow it?",
            (TRIES + 2) * len(asked) * bytes_each,
            port=PORT,
            transport="udp",
        )


def _line(service: Service, endpoint: Endpoint, number: int, cost: Cost) -> Contact:
    """What is always asked of an endpoint, or (round 2) what only its silence calls for."""
    bytes_each = cost(CHECK, endpoint.host, endpoint.port, endpoint.options)
    always = number == 1
    # At each address: the name again, a neutral one, and no name.
    more = QUIC_ADDRESSES * (2 * TRIES + 1) * bytes_each
    return Contact(
        target=endpoint.host or "",
        port=endpoint.port,
        transport="udp",
        round=number,
        subject=service.name,
        check=CHECK,
        condition="" if always else "if it is silent over QUIC",
        reason=f"{service.title}: {endpoint.pool} {endpoint.member}"
        if always
        else "the name again, another name, no name",
        max_bytes=bytes_each if always else more,
    )
