"""ICMP echo without privileges, where the system lets everybody ask (Linux: the groups in
``net.ipv4.ping_group_range``)."""

from msgprobe.model.observation import Proof
from msgprobe.steps.context import StepContext
from msgprobe.steps.datagrams import exchange
from msgprobe.wire.error import WireError
from msgprobe.wire.icmp import PAYLOAD, echo, echoed

PROTOCOL = "icmp"


async def ping(
    ctx: StepContext, address: str, *, count: int, spacing: float, patience: float
) -> None:
    """Send ``count`` echoes to an IPv4 address, ``spacing`` seconds apart; records a
    ProtocolObservation over ICMP.

    Stages: ``sent``, ``answered`` (something came), ``bound`` (``Proof.NONCE``: our own bytes came
    back). Without the right to ask the failure is ``permission_denied``.
    """
    payloads = [ctx.world.entropy(PAYLOAD) for _ in range(count)]
    numbers = {payload: n for n, payload in enumerate(payloads)}

    def recognise(data: bytes) -> int | None:
        try:
            return numbers.get(echoed(data))
        except WireError:
            return None

    async with exchange(ctx, address, 0, PROTOCOL, transport="icmp") as datagram:
        answered = await datagram.train(
            [echo(n, payload) for n, payload in enumerate(payloads)],
            recognise,
            spacing=spacing,
            patience=patience,
        )
        if not answered:
            raise TimeoutError
        datagram.reached("bound", Proof.NONCE, f"{answered} of {count} answered")
