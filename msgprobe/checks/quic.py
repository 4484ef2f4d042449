"""``quic``: does one address speak QUIC, and is it the service?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import roots_of
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits, Transport
from msgprobe.steps.accounting import udp_bytes
from msgprobe.steps.context import StepContext
from msgprobe.steps.quic import MOST_NOISE, PAUSES, negotiate, shake_hands
from msgprobe.wire.quic import PROBE_SIZE

_MOST_SENT, _MOST_RECEIVED = 16, 24
"""Datagrams of a handshake, at most (as in ``steps.quic_handshake``, which needs aioquic)."""

_LONGEST = 1472
"""Payload of the longest datagram on a common path (1500 bytes of IPv4)."""

_FORMS = ("initial", "negotiation")


class QuicCheck:
    """A QUIC handshake as a browser with HTTP/3 begins it, with the flow's server name inside.

    Option ``form``: ``initial`` (default: a handshake; without aioquic only the versions are
    negotiated, and the observation says so) or ``negotiation`` (version negotiation, in which no
    name is sent). HTTP/3 itself is not spoken.
    """

    name = "quic"
    version = "1"
    title = "QUIC handshake with one address"
    traits = Traits(asks_proof=True, transport=Transport.UDP, usual_bytes=8_000)

    def max_bytes(self, task: Task) -> int:
        """Our limits of datagrams."""
        flow = flow_of(task)
        if _form(flow) == "negotiation":
            asked = (len(PAUSES) + 1) * udp_bytes(flow.address, PROBE_SIZE)
            return asked + (MOST_NOISE + 1) * udp_bytes(flow.address, _LONGEST)
        sent = _MOST_SENT * udp_bytes(flow.address, PROBE_SIZE)
        return sent + _MOST_RECEIVED * udp_bytes(flow.address, _LONGEST)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record one protocol observation. Raises ValueError for an unknown form."""
        flow = flow_of(task)
        if _form(flow) == "negotiation":
            await negotiate(ctx, flow.address, flow.port)
            return
        await shake_hands(
            ctx,
            flow.address,
            flow.port,
            server_name=flow.server_name,
            # Without dates there is nothing in aioquic to check the rest with.
            trust=flow.trust if flow.check_dates else None,
            roots=roots_of(ctx, flow),
        )


def _form(flow: Flow) -> str:
    form = flow.option("form") or _FORMS[0]
    if form not in _FORMS:
        raise ValueError(f"option form = {form!r}: give {' or '.join(_FORMS)}")
    return form
