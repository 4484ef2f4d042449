"""What the observation of a request says, whatever is answered and whichever HTTP it is."""

from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.tls_stream import TlsStream, authenticated


def request_seen(
    ctx: StepContext, stream: Stream, start: float, failure: Failure | None, host: str, path: str
) -> HttpObservation:
    """A request for ``path`` of ``host`` on ``stream``, begun at ``start``; nothing came yet."""
    return HttpObservation(
        transaction=ctx.transaction,
        window=ctx.window(start),
        failure=failure,
        address=stream.address,
        port=stream.port,
        host=host,
        path=path,
        tls=isinstance(stream, TlsStream),
        authenticated=authenticated(stream),
        info=stream.tcp_info(),
    )
