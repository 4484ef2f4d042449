"""What may be asked through the user's proxy, said beforehand."""

from collections.abc import Iterator, Sequence

from msgprobe.evidence.facts import TRIES
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.traits import over_websocket
from msgprobe.planning.contact_lines import at_site
from msgprobe.planning.controls import chosen_sites
from msgprobe.planning.costs import Costs
from msgprobe.planning.timetable import PROXY_CONTROLS

YOUR_PROXY = "your proxy"
"""How the plan names the proxy: where it is stays with whoever typed it."""

NO_PORT = 0
"""The proxy's port, which is not told either."""

CONDITION = "if a service fails or hangs"


def second_contacts(
    service: Service, endpoints: Sequence[Endpoint], request: Request, costs: Costs
) -> Iterator[Contact]:
    """What of a service may be asked through the proxy: by name, and by an address that failed."""
    if request.via is None:
        return
    for endpoint in endpoints:
        if endpoint.reserve or not costs.traits.of(endpoint.check).proxyable:
            continue
        places = [endpoint.host] if endpoint.host is not None else list(endpoint.addresses[:1])
        for place in places:
            by_address = " and by an address of it" if endpoint.host is not None else ""
            parts = ("websocket" if over_websocket(endpoint) else "", f"{request.via} proxy")
            each = costs.flow(endpoint.check, place, endpoint.port, endpoint.options)
            yield Contact(
                target=place,
                port=endpoint.port,
                transport="tcp",
                round=2,
                subject=service.name,
                check=endpoint.check,
                condition=f"if all of {service.title}'s {endpoint.pool} servers fail or hang",
                reason=f"asked of your proxy, which dials by name{by_address}"
                if by_address
                else "asked of your proxy, which dials the address",
                over=", ".join(p for p in parts if p),
                max_bytes=(2 if by_address else 1) * TRIES * each,
            )


def proxy_contacts(controls: Controls, request: Request, costs: Costs) -> Iterator[Contact]:
    """The proxy itself, once, and the neutral sites that show whether it works."""
    if request.via is None:
        return
    yield Contact(
        target=YOUR_PROXY,
        port=NO_PORT,
        transport="tcp",
        round=2,
        subject="your proxy",
        check=request.via,
        condition=CONDITION,
        reason="a second path, for what is listed as asked of it; your resolver is asked for its "
        "name if it is given by one",
    )
    sites = [s for s in chosen_sites(controls, request) if s.country is None]
    for site in sites:
        yield at_site(
            site,
            2,
            "tls",
            CONDITION,
            f"asked of your proxy: does it work? ({PROXY_CONTROLS} of these at most)",
            TRIES * costs.flow("tls", site.host, 443, ()),
            over=f"{request.via} proxy",
        )
