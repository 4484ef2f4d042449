"""``transfer``: how fast does one object move to or from one address?"""

from collections.abc import Sequence

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened, secured
from msgprobe.model.target import MOST_HEADS, MOST_LINKS, Direction
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.browser import NAVIGATION, part_of
from msgprobe.steps.connect import WIDE, abandon
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.http import REQUEST_BOUND, HttpExchange
from msgprobe.steps.http_limits import DRAINED, TOTAL_CAP
from msgprobe.steps.links import LONGEST, PAGE_CAP, Search
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND
from msgprobe.steps.tls_stream import TlsStream

DEFAULT_BYTES = 80 * 1024
DEFAULT_PATIENCE = 10.0

_NOTHING_FOLLOWS = (206, 400, 401, 403, 404, 405)
"""Answers after which the peer has nothing more to send."""

_UNREAD = 256 * 1024
"""Most that a server without ranges may have under way when we stop reading."""


class TransferCheck:
    """TCP, TLS, then one object moved against the clock.

    Options of the flow: ``direction`` (down, up), ``bytes``, ``patience`` in seconds, ``find``
    (how the object's link stands in the page at ``path``, see `msgprobe.model.link`), ``more``
    (paths of other objects, with spaces), ``page_host`` (whose page names the object), ``lead``
    (bytes that go by on the connection before the object does, for which HEADs ask). Where
    there are several objects, HEADs on the same connection, a few hundred bytes each, tell their
    sizes: the first one that is large enough is moved, else the largest.
    """

    name = "transfer"
    version = "1"
    title = "One object moved to or from one address, against the clock"
    traits = Traits(moves=True)

    def max_bytes(self, task: Task) -> int:
        """The object and what a server may send beyond it."""
        flow = flow_of(task)
        wanted = _wanted(flow)
        found = flow.option("find") is not None
        page = PAGE_CAP + DRAINED + TOTAL_CAP if found else 0
        if found or flow.option("more") is not None:
            page += MOST_LINKS * TOTAL_CAP
        lead = _lead(flow)
        page += lead + TOTAL_CAP if lead else 0
        if _direction(flow) is Direction.UP:
            sent, received = wanted, TOTAL_CAP
        else:
            sent, received = 0, wanted + _UNREAD
        asked = 1 if not page else 2 + MOST_LINKS
        asked += MOST_HEADS if lead else 0
        sent += HELLO_BOUND + (asked + 1) * (REQUEST_BOUND + LONGEST)
        return connect_bound(flow, sent=sent, received=HANDSHAKE_CAP + page + received)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and transfer observations, and HTTP where a page names the object."""
        # h11 takes its time to import: only who moves something waits for it.
        from msgprobe.steps.transfer import Meter, Order, transfer

        flow = flow_of(task)
        patience = float(flow.option("patience") or DEFAULT_PATIENCE)
        async with opened(ctx, flow, window=WIDE, timeout=_to_connect(ctx, patience)) as stream:
            if stream is None:
                return
            meter = Meter(ctx, stream)
            inside = await secured(ctx, flow, meter, patience)
            if inside is None:
                return
            path = await _object_path(ctx, flow, inside, patience)
            if path is not None and not await _led(ctx, flow, inside, path, patience):
                path = None
            if path is None:
                abandon(ctx, stream)
                return
            order = Order(
                host=flow.host or flow.address,
                path=path,
                direction=_direction(flow),
                wanted=_wanted(flow),
                patience=patience,
                server_name=flow.server_name,
                page_host=_page_host(flow),
            )
            match await transfer(ctx, inside, meter, order):
                case Done(value=seen) if not seen.capped and seen.status in _NOTHING_FOLLOWS:
                    pass
                case _:
                    abandon(ctx, stream)


def _to_connect(ctx: StepContext, patience: float) -> float | None:
    """Seconds of all that the transfer itself does not need: what nobody lets in moves nothing."""
    left = ctx.remaining() - patience
    return left if left > 0 else None


async def _object_path(
    ctx: StepContext, flow: Flow, inside: TlsStream, patience: float
) -> str | None:
    """The object's path: as given, as the page at the flow's path names it, or that of the largest.

    None where the page names none, or is so long that the connection is of no more use.
    """
    more = flow.option("more")
    paths = (flow.path.replace("{bytes}", str(_wanted(flow))), *(more or "").split())
    pattern = flow.option("find")
    if pattern is None and len(paths) == 1:
        return paths[0]
    host = flow.host or flow.address
    exchange = HttpExchange(ctx=ctx, stream=inside, host=flow.host, last=False)
    if pattern is not None:
        search = Search(pattern=pattern, page_host=host, path=flow.path, host=host)
        match await exchange.ask("GET", flow.path, timeout=patience, search=search):
            case Done(value=page) if page.complete and page.links:
                paths = page.links
            case _:
                return None
    return await _largest(exchange, host, _page_host(flow), paths, _wanted(flow), patience)


async def _led(ctx: StepContext, flow: Flow, inside: TlsStream, path: str, patience: float) -> bool:
    """Ask for the object's head until so many bytes have gone by, the way that the object takes, as
    are to come before it. False when the connection fails meanwhile."""
    lead, up = _lead(flow), _direction(flow) is Direction.UP
    exchange = HttpExchange(ctx=ctx, stream=inside, host=flow.host, last=False)
    before = inside.sent if up else inside.received
    for _ in range(MOST_HEADS):
        if (inside.sent if up else inside.received) - before >= lead:
            break
        match await exchange.ask("HEAD", path, timeout=patience):
            case Failed():
                return False
            case Done():
                pass
    return True


async def _largest(
    exchange: HttpExchange,
    host: str,
    page_host: str | None,
    paths: Sequence[str],
    wanted: int,
    patience: float,
) -> str | None:
    """The first of ``paths`` whose object has ``wanted`` bytes, else that of the largest object.

    None when the connection fails meanwhile. A server that tells no size leaves the first path.
    """
    largest, most = paths[0], 0
    for path in paths if len(paths) > 1 else ():
        why = NAVIGATION if page_host is None else part_of(page_host, host, path)
        match await exchange.ask("HEAD", path, headers=why, timeout=patience):
            case Failed():
                return None
            case Done(value=said):
                size = said.size or 0 if said.status == 200 else 0
        if size > most:
            largest, most = path, size
        if size >= wanted:
            break
    return largest


def _page_host(flow: Flow) -> str | None:
    """Whose page names the object; None where it is asked for without one."""
    own = flow.host or flow.address if flow.option("find") is not None else None
    return flow.option("page_host") or own


def _direction(flow: Flow) -> Direction:
    return Direction(flow.option("direction") or Direction.DOWN)


def _lead(flow: Flow) -> int:
    return int(flow.option("lead") or 0)


def _wanted(flow: Flow) -> int:
    return int(flow.option("bytes") or DEFAULT_BYTES)
