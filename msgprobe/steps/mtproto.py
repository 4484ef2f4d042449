"""Telegram's first words on a connected stream: who answers ``req_pq_multi``, and how?"""

from collections.abc import Collection

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.protocol import speak
from msgprobe.wire.mtproto import (
    KNOWN_FINGERPRINTS,
    NONCE_SIZE,
    ResPQ,
    TransportError,
    frame_size,
    parse_answer,
    req_pq_multi,
)

PROTOCOL = "mtproto"


async def first_words(
    ctx: StepContext,
    stream: Stream,
    *,
    fingerprints: Collection[int] = KNOWN_FINGERPRINTS,
    timeout: float | None = None,
) -> Done[ResPQ | TransportError] | Failed:
    """Send one ``req_pq_multi`` and read one answer; records a ProtocolObservation.

    Stages: ``sent``, ``answered``, ``respq``. A resPQ that echoes our nonce is ``Proof.NONCE``; a
    transport error is only ``Proof.SHAPE``. ``fingerprints`` are the keys taken for Telegram's.
    """
    nonce = ctx.world.entropy(NONCE_SIZE)
    answer: ResPQ | TransportError | None = None
    # The id is unix time << 32 (core.telegram.org/mtproto/description#message-identifier-msg-id);
    # servers accept any in this first message, so a wrong clock does not matter.
    message_id = int(ctx.world.clock.utcnow().timestamp()) << 32
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as talk:
        await talk.send(req_pq_multi(nonce, message_id))
        payload = await talk.receive_exactly(frame_size(await talk.receive_exactly(4)))
        match answer := parse_answer(payload, nonce):
            case TransportError(code=code):
                talk.reached("answered", Proof.SHAPE, f"transport error {code}")
            case ResPQ():
                talk.reached("respq", Proof.NONCE, _describe(answer, fingerprints))
    if talk.failure is not None or answer is None:
        return Failed(talk.failure or Failure.PROTOCOL_INVALID, Operation.PROTOCOL)
    return Done(answer)


def _describe(answer: ResPQ, known: Collection[int]) -> str:
    """``known key d09d…`` or ``unknown key …``: an impostor can echo a nonce, too."""
    ours = [f for f in answer.fingerprints if f in known]
    word = "known" if ours else "unknown"
    return f"{word} key " + ", ".join(f"{f:016x}" for f in (ours or answer.fingerprints)[:8])
