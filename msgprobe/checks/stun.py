"""``stun``: does a server that calls start with answer, and what share of the packets?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits, Transport
from msgprobe.steps.accounting import udp_bytes
from msgprobe.steps.context import StepContext
from msgprobe.steps.stun import PATIENCE, ask_datagrams, ask_stream, repeats
from msgprobe.wire.stun import HEADER_SIZE, MAX_MESSAGE, Form

COUNT, MOST = 3, 200
SPACING = 0.2
"""Seconds between the questions of a first try: three lost in a row are rarely chance."""

_QUESTION = HEADER_SIZE + 8
_ANSWERS = 3
"""Most answers of full length to be reckoned with for a question; honest ones have 100 bytes."""

_HONEST = 128

_FORMS = {
    "binding": (Form.BINDING,),
    "classic": (Form.CLASSIC,),
    "relay": (Form.BINDING, Form.ALLOCATE),
}


class StunCheck:
    """STUN over UDP: questions with ids of our own, as the first packets of every call.

    Option ``form``: ``binding`` (default), ``classic`` (RFC 3489, without the magic cookie) or
    ``relay`` (in turns with a TURN allocation without credentials, which is answered with an
    error: RFC 8656 §7.2). Option ``transport``: ``udp`` (default) or ``tcp``. Options ``count``,
    ``spacing`` and ``patience`` (seconds): how many questions, how far apart, and how long after
    the last one an answer counts.
    """

    name = "stun"
    version = "1"
    title = "STUN, as every call begins"
    traits = Traits(transport=Transport.UDP, names_host=False)

    def max_bytes(self, task: Task) -> int:
        """All questions and answers; a hostile server may send more, of which a flood is cut."""
        flow = flow_of(task)
        count, spacing = _train(flow)
        count += len(repeats(count, spacing, _patience(flow)))
        if flow.option("transport") == "tcp":
            return connect_bound(flow, sent=_QUESTION, received=HEADER_SIZE + MAX_MESSAGE)
        out = count * udp_bytes(flow.address, _QUESTION)
        return out + count * _ANSWERS * udp_bytes(flow.address, _HONEST)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """Our own transaction id comes back."""
        return Proof.NONCE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record a protocol observation, over TCP one of TCP too. Raises ValueError for an
        unusable option."""
        flow = flow_of(task)
        count, spacing = _train(flow)
        patience = _patience(flow)
        forms = _forms(flow)
        transport = flow.option("transport") or "udp"
        if transport not in ("udp", "tcp"):
            raise ValueError(f"option transport = {transport!r}: give udp or tcp")
        if transport == "udp":
            await ask_datagrams(
                ctx,
                flow.address,
                flow.port,
                forms=forms,
                count=count,
                spacing=spacing,
                patience=patience,
            )
            return
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await ask_stream(ctx, stream, forms[0])


def _forms(flow: Flow) -> tuple[Form, ...]:
    form = flow.option("form") or "binding"
    if form not in _FORMS:
        raise ValueError(f"option form = {form!r}: give one of {', '.join(_FORMS)}")
    return _FORMS[form]


def _train(flow: Flow) -> tuple[int, float]:
    count = _number(flow, "count", COUNT, 1, MOST)
    return int(count), _number(flow, "spacing", SPACING, 0.01, 5.0)


def _patience(flow: Flow) -> float:
    return _number(flow, "patience", PATIENCE, 0.1, 10.0)


def _number(flow: Flow, option: str, usual: float, least: float, most: float) -> float:
    text = flow.option(option)
    try:
        found = usual if text is None else float(text)
    except ValueError:
        found = least - 1
    if not least <= found <= most:
        raise ValueError(f"option {option} = {text!r}: give a number from {least:g} to {most:g}")
    return found
