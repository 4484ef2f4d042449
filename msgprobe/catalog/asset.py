"""What a service lets strangers move, to see how fast: [[asset]]."""

from msgprobe.catalog import value
from msgprobe.catalog.error import quoted
from msgprobe.catalog.limits import ASSETS
from msgprobe.catalog.table import PROVENANCE, Table, distinct
from msgprobe.model.target import (
    MOST_LINKS,
    Asset,
    Direction,
    Function,
    Pool,
    Provenance,
    Root,
    Trust,
)

_OBJECT = ("path", "more_paths", "direction", "find", "page_host", "addresses", "trust")
_ASSET = ("name", "function", "host", "pool", *_OBJECT, *PROVENANCE)


def read_assets(
    top: Table, provenance: Provenance, pools: list[Pool], roots: tuple[Root, ...]
) -> tuple[Asset, ...]:
    """The [[asset]]s of the file ``top``. Raises CatalogError."""
    tables = top.tables("asset", _ASSET, most=ASSETS)
    found = []
    for table in tables:
        pool = table.take("pool", value.name, None)
        if pool is not None:
            _check_volley(table, pool, pools)
        asset = Asset(
            name=table.need("name", value.name),
            function=table.need("function", value.word(Function)),
            host=table.need("host", value.host) if pool is None else "",
            pool=pool,
            path=table.take("path", value.path, "/"),
            more_paths=table.each("more_paths", value.path, most=MOST_LINKS - 1),
            direction=table.take("direction", value.word(Direction), Direction.DOWN),
            find=table.take("find", value.pattern, None),
            page_host=table.take("page_host", value.host, None),
            addresses=table.each("addresses", value.address),
            trust=table.take("trust", value.word(Trust), Trust.PUBLIC),
            provenance=table.provenance(provenance),
        )
        if not any(pool.function is asset.function for pool in pools):
            right = "name the function of one of the pools"
            raise table.fault("function", "no pool has this function", right)
        if asset.trust is Trust.PINNED and not roots:
            right = "add the service's root"
            raise table.fault("trust", '"pinned", but the file has no [[root]]', right)
        if asset.trust is Trust.HASH:
            right = "give public, pinned or either"
            raise table.fault("trust", '"hash" is for members of pools only', right)
        _check_links(table, asset)
        found.append(asset)
    distinct(tables, [asset.name for asset in found], "asset")
    return tuple(found)


def _check_links(table: Table, asset: Asset) -> None:
    """Where an object is looked for must leave one meaning. Raises CatalogError."""
    if asset.find is not None and asset.direction is Direction.UP:
        raise table.fault("find", "nothing is looked for before an upload", "remove it")
    if asset.page_host is not None and asset.find is None:
        right = 'add "find", which finds the link in that page'
        raise table.fault("page_host", "a page, but nothing that is looked for in it", right)
    if asset.page_host == asset.host and asset.find is not None:
        right = "remove it"
        raise table.fault("page_host", "the object's own host, which is the default", right)
    if asset.more_paths and (asset.find is not None or asset.direction is Direction.UP):
        right = "remove one of them"
        raise table.fault("more_paths", "beside a page or an upload, which has one path", right)


def _check_volley(table: Table, pool: str, pools: list[Pool]) -> None:
    """An asset of a pool has no object of its own. Raises CatalogError."""
    for key in ("host", *_OBJECT):
        if key in table:
            raise table.fault(key, "belongs to an object, and pool to none", "remove one of them")
    if not any(known.name == pool for known in pools):
        names = ", ".join(known.name for known in pools)
        raise table.fault("pool", f"no pool is called {quoted(pool)}", f"name one of {names}")
