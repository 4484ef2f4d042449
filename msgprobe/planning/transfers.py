"""What is moved to see how fast, and from which neutral sources; who moves it when is a question's
own business."""

from collections.abc import Sequence
from random import Random

from msgprobe.model.control import Controls, Source
from msgprobe.model.run import Request
from msgprobe.model.target import Asset, Direction, Service


def wanted_assets(service: Service, request: Request) -> tuple[Asset, ...]:
    """Objects of the functions that were asked for; the volleys are others' business."""
    return tuple(
        a
        for a in service.assets
        if a.pool is None and (not request.functions or a.function in request.functions)
    )


def moved_assets(
    services: Sequence[Service], controls: Controls, request: Request
) -> list[tuple[Service, Asset]]:
    """Every object that may be moved: none with ``--quick``, or with nothing to compare with."""
    if request.quick or not controls.sources:
        return []
    return [(s, a) for s in services for a in wanted_assets(s, request)]


def asset_hosts(asset: Asset) -> tuple[str, ...]:
    """The names that moving the asset needs: its own, and that of the page that names it."""
    return (asset.host,) if asset.page_host is None else (asset.host, asset.page_host)


def chosen_sources(
    sources: Sequence[Source], direction: Direction, seed: int
) -> tuple[Source, ...]:
    """Neutral sources for one direction, one a network, in the order of this run."""
    fit = [
        s
        for s in sources
        if s.country is None and (direction is Direction.DOWN or s.upload_path is not None)
    ]
    order = list(fit)
    Random(f"{seed}/sources/{direction}").shuffle(order)
    by_network: dict[str, Source] = {}
    for source in order:
        by_network.setdefault(source.network, source)
    return tuple(by_network.values())


def all_sources(controls: Controls, request: Request) -> tuple[Source, ...]:
    """Whatever a run may move neutral objects from: at home, and what is drawn abroad."""
    every = [s for s in controls.sources if s.country is not None]
    every += [s for d in Direction for s in chosen_sources(controls.sources, d, request.seed)]
    return tuple({s.name: s for s in every}.values())
