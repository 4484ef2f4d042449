"""``mtproto``: does one address speak Telegram's protocol, and prove that it is Telegram's?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, in_websocket, opened, websocket_bound
from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.http import REQUEST_BOUND
from msgprobe.steps.mtproto import prove_server
from msgprobe.steps.protocol import READ_CAP
from msgprobe.wire.mtproto_transport import MAX_PACKET, OPENING_BOUND, Framing

_ASKED = OPENING_BOUND + 40 + 12 + 352
"""Both questions: req_pq_multi, and req_DH_params with p and q of up to 8 bytes each."""

_TRANSPORTS = {
    "obfuscated": Framing.INTERMEDIATE,
    "plain": Framing.ABRIDGED,
    "http": Framing.INTERMEDIATE,
    "websocket": Framing.INTERMEDIATE,
}

SUBPROTOCOL = "binary"
"""Without it Telegram's web hosts refuse the upgrade (core.telegram.org/mtproto/transports)."""


class MtprotoCheck:
    """TCP, then MTProto's key exchange up to the answer that only the RSA key's holder can give.

    Option ``transport``: ``obfuscated`` (default: obfuscated2 with the intermediate framing, as
    TDLib sends it), ``plain`` (in the open, by default abridged), ``http`` (each message a POST to
    ``/api``, as the apps fall back to) or ``websocket`` (obfuscated, in a WebSocket over TLS at the
    endpoint's path, as web clients do; option ``origin``: the page that asks). Option ``framing``:
    ``abridged``, ``intermediate`` or, in the open, ``full``. Option ``dc``: the data centre's
    number, negative for media (default 2). Option ``keys``: ``pinned`` (default: a server that
    names none of the service's keys is an impostor) or ``any`` (it may have others, which are not
    known, and then proves nothing). The keys are those of the service that the task is about.
    """

    name = "mtproto"
    version = "3"
    title = "Telegram's own protocol, up to the server's proof"
    traits = Traits(
        asks_proof=True,
        names_host=False,
        proxyable=True,
        forms=("obfuscated", "plain", "http"),
        usual_bytes=2_700,
    )

    def max_bytes(self, task: Task) -> int:
        """Two questions out, two packets back, and what the transport puts around them."""
        flow = flow_of(task)
        match flow.option("transport"):
            case "websocket":
                return websocket_bound(flow, sent=_ASKED)
            case "http":
                sent, received = _ASKED + 2 * REQUEST_BOUND, READ_CAP
            case _:
                sent, received = _ASKED, 2 * MAX_PACKET
        return connect_bound(flow, sent=sent, received=received)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The holder of one of the service's keys; without a known key our nonce comes back."""
        known = service.keys and endpoint.option("keys") != "any"
        return Proof.CRYPTO if known else Proof.NONCE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations, in a WebSocket those of TLS and HTTP too.

        Raises ValueError for an unusable option.
        """
        flow = flow_of(task)
        form = _form(flow)
        known = flow.option("keys") or "pinned"
        if known not in ("pinned", "any"):
            raise ValueError(f"option keys = {known!r}: give pinned or any")
        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            inside = (
                await in_websocket(ctx, flow, stream, subprotocols=(SUBPROTOCOL,))
                if form.transport == "websocket"
                else stream
            )
            if inside is not None:
                await prove_server(
                    ctx,
                    inside,
                    keys=ctx.keys.get(task.subject, ()),
                    dc=form.dc,
                    framing=form.framing,
                    obfuscated=form.transport in ("obfuscated", "websocket"),
                    http=form.transport == "http",
                    any_key=known == "any",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How messages travel, how packets are cut, and which data centre is named."""

    transport: str
    framing: Framing
    dc: int


def _form(flow: Flow) -> _Form:
    transport = flow.option("transport") or "obfuscated"
    if transport not in _TRANSPORTS:
        known = ", ".join(_TRANSPORTS)
        raise ValueError(f"option transport = {transport!r}: known are {known}")
    framing = flow.option("framing") or _TRANSPORTS[transport]
    try:
        found = _Form(
            transport=transport, framing=Framing(framing), dc=int(flow.option("dc") or "2")
        )
    except ValueError as exc:
        raise ValueError(
            f"option framing = {framing!r} or dc = {flow.option('dc')!r}: give one of"
            f" {', '.join(Framing)}, and a whole number"
        ) from exc
    if transport in ("obfuscated", "websocket") and found.framing is Framing.FULL:
        raise ValueError("option framing = 'full': there is no obfuscated form of it")
    return found
