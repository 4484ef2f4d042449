"""``transfer``: how fast does one object move to or from one address?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened, secured
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Task
from msgprobe.steps.connect import WIDE, abandon
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.http import REQUEST_BOUND, HttpTalk
from msgprobe.steps.http_limits import BODY_CAP, TOTAL_CAP
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

    Options of the flow: ``direction`` (down, up), ``bytes``, ``patience`` in seconds, ``find`` (a
    regular expression whose group 1 is the object's link in the page at ``path``).
    """

    name = "transfer"
    version = "1"
    title = "One object moved to or from one address, against the clock"

    def max_bytes(self, task: Task) -> int:
        """The object and what a server may send beyond it."""
        flow = flow_of(task)
        wanted = _wanted(flow)
        page = TOTAL_CAP if flow.option("find") is not None else 0
        if _direction(flow) is Direction.UP:
            sent, received = wanted, TOTAL_CAP
        else:
            sent, received = 0, wanted + _UNREAD
        sent += HELLO_BOUND + 2 * (REQUEST_BOUND + len(flow.path))
        return connect_bound(flow, sent=sent, received=HANDSHAKE_CAP + page + received)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and transfer observations, and HTTP where a page names the object."""
        # h11 takes its time to import: only who moves something waits for it.
        from msgprobe.steps.transfer import Meter, Order, transfer

        flow = flow_of(task)
        async with opened(ctx, flow, window=WIDE) as stream:
            if stream is None:
                return
            meter = Meter(ctx, stream)
            patience = float(flow.option("patience") or DEFAULT_PATIENCE)
            inside = await secured(ctx, flow, meter, patience)
            if inside is None:
                return
            path = await _object_path(ctx, flow, inside, patience)
            if path is None:
                return
            order = Order(
                host=flow.host or flow.address,
                path=path,
                direction=_direction(flow),
                wanted=_wanted(flow),
                patience=patience,
                server_name=flow.server_name,
            )
            match await transfer(ctx, inside, meter, order):
                case Done(value=seen) if not seen.capped and seen.status in _NOTHING_FOLLOWS:
                    pass
                case _:
                    abandon(ctx, stream)


async def _object_path(
    ctx: StepContext, flow: Flow, inside: TlsStream, patience: float
) -> str | None:
    """The object's path: as given, or as the page at the flow's path names it."""
    pattern = flow.option("find")
    if pattern is None:
        return flow.path.replace("{bytes}", str(_wanted(flow)))
    from msgprobe.steps.transfer import found_path

    talk = HttpTalk(ctx=ctx, stream=inside, host=flow.host, last=False)
    match await talk.get(flow.path, timeout=patience):
        case Failed():
            return None
        case Done(value=page):
            if not page.complete or len(page.body) >= BODY_CAP:
                return None  # what is left of the page would be taken for the object
            return found_path(page.body.decode("utf-8", "replace"), pattern, flow.path)


def _direction(flow: Flow) -> Direction:
    return Direction(flow.option("direction") or Direction.DOWN)


def _wanted(flow: Flow) -> int:
    return int(flow.option("bytes") or DEFAULT_BYTES)
