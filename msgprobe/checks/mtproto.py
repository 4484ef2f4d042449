"""``mtproto``: does one address speak Telegram's protocol, and prove that it is Telegram's?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.mtproto import prove_server
from msgprobe.wire.mtproto_transport import MAX_PACKET, OPENING_BOUND, Framing

_ASKED = OPENING_BOUND + 40 + 12 + 352
"""Both questions: req_pq_multi, and req_DH_params with p and q of up to 8 bytes each."""

_TRANSPORTS = {"obfuscated": Framing.INTERMEDIATE, "plain": Framing.ABRIDGED}


class MtprotoCheck:
    """TCP, then MTProto's key exchange up to the answer that only the RSA key's holder can give.

    Option ``transport``: ``obfuscated`` (default: obfuscated2 with the intermediate framing, as
    TDLib sends it) or ``plain`` (in the open, by default abridged). Option ``framing``:
    ``abridged``, ``intermediate`` or, in the open, ``full``. Option ``dc``: the data centre's
    number, negative for media (default 2). Option ``keys``: ``pinned`` (default: a server that
    names none of the service's keys is an impostor) or ``any`` (it may have others, which are not
    known, and then proves nothing). The keys are those of the service that the task is about.
    """

    name = "mtproto"
    version = "2"
    title = "Telegram's own protocol, up to the server's proof"

    def max_bytes(self, task: Task) -> int:
        """Two questions out, two packets back."""
        return connect_bound(flow_of(task), sent=_ASKED, received=2 * MAX_PACKET)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The holder of one of the service's keys; without a known key our nonce comes back."""
        known = service.keys and endpoint.option("keys") != "any"
        return Proof.CRYPTO if known else Proof.NONCE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations. Raises ValueError for an unusable option."""
        flow = flow_of(task)
        obfuscated, framing, dc = _transport(flow)
        known = flow.option("keys") or "pinned"
        if known not in ("pinned", "any"):
            raise ValueError(f"option keys = {known!r}: give pinned or any")
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await prove_server(
                    ctx,
                    stream,
                    keys=ctx.keys.get(task.subject, ()),
                    dc=dc,
                    framing=framing,
                    obfuscated=obfuscated,
                    any_key=known == "any",
                )


def _transport(flow: Flow) -> tuple[bool, Framing, int]:
    """Obfuscated or not, how packets are cut, and which data centre is named."""
    transport = flow.option("transport") or "obfuscated"
    if transport not in _TRANSPORTS:
        known = ", ".join(_TRANSPORTS)
        raise ValueError(f"option transport = {transport!r}: known are {known}")
    framing = flow.option("framing") or _TRANSPORTS[transport]
    try:
        found = transport == "obfuscated", Framing(framing), int(flow.option("dc") or "2")
    except ValueError as exc:
        raise ValueError(
            f"option framing = {framing!r} or dc = {flow.option('dc')!r}: give one of"
            f" {', '.join(Framing)}, and a whole number"
        ) from exc
    if found[0] and found[1] is Framing.FULL:
        raise ValueError("option framing = 'full': there is no obfuscated form of it")
    return found
