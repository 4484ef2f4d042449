"""The lines of the plan about transfers: whose objects are moved, and to compare with what."""

from collections.abc import Iterator, Sequence

from msgprobe.evidence.statistics import MOST_PAIRS
from msgprobe.hypotheses.throttling.plan_bursts import volley_order, wanted_volleys
from msgprobe.hypotheses.throttling.tasks import (
    CONTEST_BYTES,
    DEEP_BYTES,
    SIZES,
    asset_hosts,
    chosen_sources,
    wanted_assets,
)
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls, Source
from msgprobe.model.run import Request
from msgprobe.model.target import Direction, Service
from msgprobe.planning.timetable import SURVEYS

OVERHEAD = 8_000
"""Bytes of a handshake, headers and acknowledgements."""

PAGE = 90_000
"""Bytes that a page costs whose links are looked for, what is under way when they are found too."""

VOLLEY = 40_000
"""Bytes that a volley costs with an honest server: 240 questions and as many answers."""


def honest(direction: Direction, request: Request) -> int:
    """Bytes that one transfer of the first look costs with an honest server."""
    size = DEEP_BYTES[direction] if request.throttle else SIZES[direction]
    return size + size // 16 + OVERHEAD


def transfer_contacts(
    services: Sequence[Service], controls: Controls, request: Request, *, seeded: bool
) -> Iterator[Contact]:
    """Every host that transfers may touch; nothing with ``--quick``. Without ``seeded`` it is not
    known which neutral sources the run will draw."""
    pairs = [(s, a) for s in services for a in wanted_assets(s, request)]
    if request.quick or not pairs or not controls.sources:
        return
    yield from _volleys(services, request)
    for service, asset in pairs:
        if asset.page_host is not None:
            yield _line(
                asset.page_host,
                service.name,
                "",
                f"{service.title}: which objects on {asset.host} does this page name?",
                PAGE,
                check="https",
            )
        contest = CONTEST_BYTES[asset.direction] + OVERHEAD
        yield _line(
            asset.host,
            service.name,
            "",
            f"{service.title}: how fast does it move its {asset.function} ({asset.direction})?",
            SURVEYS * honest(asset.direction, request),
        )
        yield _line(
            asset.host,
            service.name,
            "if it was slow",
            "again, and under a neutral server name",
            2 * MOST_PAIRS * contest,
            2,
        )
    first = {
        s.name for d in Direction for s in chosen_sources(controls.sources, d, request.seed)[:2]
    }
    for source in _sources(controls, request):
        yield _line(
            source.host,
            source.name,
            "" if seeded and source.name in first else "if drawn by lot",
            f"neutral transfer to compare with ({source.owner})",
            honest(Direction.DOWN, request) + honest(Direction.UP, request),
        )
        if source.any_name:
            yield _line(
                source.host,
                source.name,
                "if a service was slow",
                "again, and under the service's name",
                2 * MOST_PAIRS * (CONTEST_BYTES[Direction.DOWN] + OVERHEAD),
                2,
            )


def _volleys(services: Sequence[Service], request: Request) -> Iterator[Contact]:
    """One server of a pool, and all the others where it was slow."""
    for service in services:
        for asset in wanted_volleys(service, request):
            for endpoint in volley_order(service, asset, request):
                yield _line(
                    endpoint.addresses[0],
                    service.name,
                    "if it answers and is drawn by lot, or another was slow",
                    f"{service.title}: how fast does {endpoint.member} answer?",
                    VOLLEY,
                    check="volley",
                    port=endpoint.port,
                )


def _sources(controls: Controls, request: Request) -> tuple[Source, ...]:
    every = [s for s in controls.sources if s.country is not None]
    every += [s for d in Direction for s in chosen_sources(controls.sources, d, request.seed)]
    return tuple({s.name: s for s in every}.values())


def transfer_hosts(
    services: Sequence[Service], controls: Controls, request: Request
) -> tuple[tuple[str, str], ...]:
    """(subject, host) of every name that is asked for because of transfers alone."""
    pairs = [(s, a) for s in services for a in wanted_assets(s, request)]
    if request.quick or not pairs or not controls.sources:
        return ()
    own = [(s.name, host) for s, a in pairs for host in asset_hosts(a)]
    return (*own, *((s.name, s.host) for s in _sources(controls, request)))


def _line(
    host: str,
    subject: str,
    condition: str,
    reason: str,
    most: int,
    number: int = 1,
    check: str = "transfer",
    port: int = 443,
) -> Contact:
    return Contact(
        target=host,
        port=port,
        transport="tcp",
        round=number,
        subject=subject,
        check=check,
        condition=condition,
        reason=reason,
        max_bytes=most,
    )
