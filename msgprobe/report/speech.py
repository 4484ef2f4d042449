"""What target files make this device say: paths, bodies, scripts; for who did not write them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from msgprobe.model.control import Controls
from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Request
from msgprobe.model.target import Asset, Direction, Endpoint, Service
from msgprobe.report.escape import printable
from msgprobe.report.language import _

_HTTP = ("https", "http2", "page")
"""Checks that always ask for the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is said at one place, beyond the first words of the protocol itself.

    ``subject`` and ``name`` are those of a service and its endpoint or object, or of a control.
    ``said`` are the lines as the file has them, not escaped.
    """

    subject: str
    name: str
    targets: tuple[str, ...]
    port: int
    check: str
    said: tuple[str, ...]


def speeches(
    services: Sequence[Service], controls: Controls, request: Request
) -> tuple[Speech, ...]:
    """What a run may say, endpoint by endpoint; also the endpoints at which nothing is added."""
    return (*_of_services(services, request), *_of_controls(controls))


def _of_services(services: Sequence[Service], request: Request) -> Iterator[Speech]:
    for service in services:
        wanted = {
            p.name
            for p in service.pools
            if not request.functions or p.function in request.functions
        }
        for end in service.endpoints:
            if end.pool in wanted:
                yield _endpoint(service, end)
        for asset in service.assets:
            if asset.pool is None and not request.quick:
                yield _asset(service, asset)


def _endpoint(service: Service, end: Endpoint) -> Speech:
    options = dict(end.options)
    said = []
    if end.check in _HTTP or end.path != "/" or "method" in options:
        said.append(f"{options.pop('method', 'GET')} {end.path}")
    script = options.pop("script", "")
    said += [f"{key}: {line}" for key, text in options.items() for line in text.splitlines()]
    said += [line.strip() for line in script.splitlines() if line.strip()]
    return Speech(
        subject=service.name,
        name=end.name,
        targets=(end.host,) if end.host is not None else end.addresses,
        port=end.port,
        check=end.check,
        said=tuple(said),
    )


def _asset(service: Service, asset: Asset) -> Speech:
    method = "POST" if asset.direction is Direction.UP else "GET"
    page = asset.page_host or asset.host
    said = [f"{method} {path}" for path in (asset.path, *asset.more_paths)]
    if asset.find is not None:
        said = [f"GET {asset.path} of {page}", f"GET what it names: {asset.find}"]
    return Speech(
        subject=service.name,
        name=asset.name,
        targets=tuple(dict.fromkeys((asset.host, page))),
        port=443,
        check="transfer",
        said=tuple(said),
    )


def _of_controls(controls: Controls) -> Iterator[Speech]:
    rows: Iterable[tuple[str, str | None, int, str, tuple[str, ...]]] = (
        *((s.name, s.host, 443, "https", (f"GET {s.path}",)) for s in controls.sites),
        *((s.name, s.host, 80, "page", (f"GET {s.path}",)) for s in controls.sentinels),
        *(
            (r.name, r.doh_host, 443, "resolve", (f"POST {r.doh_path}",))
            for r in controls.resolvers
        ),
        *(
            (s.name, s.host, 443, "transfer", tuple(_source(s.path, s.upload_path)))
            for s in controls.sources
        ),
    )
    for name, host, port, check, said in rows:
        if host is not None:
            yield Speech(
                subject=name, name=name, targets=(host,), port=port, check=check, said=said
            )


def _source(path: str, upload_path: str | None) -> Iterator[str]:
    yield f"GET {path}"
    if upload_path is not None:
        yield f"POST {upload_path}"


def lines(found: Sequence[Speech]) -> list[str]:
    """For people, without the endpoints at which nothing is added; what several say alike once."""
    shown: list[str] = []
    by_words = groupby((s for s in found if s.said), key=lambda s: (s.subject, s.check, s.said))
    for (subject, check, said), some in by_words:
        places = dict.fromkeys(f"{target} {s.port}" for s in some for target in s.targets)
        head = _("{subject} ({check}) at {places}:")
        shown.append(printable(head.format(subject=subject, check=check, places=", ".join(places))))
        shown += [f"    {printable(line)}" for line in said]
    return shown


def rows(found: Sequence[Speech]) -> list[dict[str, Any]]:
    """For scripts: every endpoint."""
    return [
        {
            "subject": s.subject,
            "name": s.name,
            "targets": list(s.targets),
            "port": s.port,
            "check": s.check,
            "says": list(s.said),
        }
        for s in found
    ]
