"""Call servers: does a STUN or TURN server answer our own transaction ids, and how many of them?"""

from msgprobe.model.observation import Proof
from msgprobe.steps.context import StepContext
from msgprobe.steps.datagrams import Datagram, exchange
from msgprobe.steps.door import Stream
from msgprobe.steps.protocol import speak
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable
from msgprobe.wire.stun import (
    HEADER_SIZE,
    ID_SIZE,
    Form,
    StunAnswer,
    asked_identity,
    body_size,
    parse_answer,
    question,
)

PROTOCOL = "stun"

PATIENCE = 4.0
"""Seconds after the last question: an answer that takes longer is of no use in a call."""

REPEATS = (1.5, 3.5)
"""Seconds after the first question at which it is sent again while nothing was heard (RFC 8489
section 6.2.1): the first ones were sent within half a second, and may all have met the same moment.
"""

_SHOWN = 60


async def ask_datagrams(
    ctx: StepContext,
    address: str,
    port: int,
    *,
    forms: tuple[Form, ...] = (Form.BINDING,),
    count: int = 3,
    spacing: float = 0.3,
    patience: float = PATIENCE,
) -> None:
    """Send ``count`` questions, ``spacing`` seconds apart, in turns of ``forms``, and its
    `repeats` while nothing is heard; records a ProtocolObservation over UDP.

    Stages: ``sent``, ``answered`` (something came), ``bound`` (``Proof.NONCE``: one of our ids came
    back, which only whoever saw the question knows).
    """
    later = repeats(count, spacing, patience)
    total = count + len(later)
    asked = [(forms[n % len(forms)], ctx.world.entropy(ID_SIZE)) for n in range(total)]
    questions = [question(form, identity) for form, identity in asked]
    numbers = {asked_identity(form, identity): n for n, (form, identity) in enumerate(asked)}
    async with exchange(ctx, address, port, PROTOCOL) as datagram:
        replies = _Replies(datagram, numbers)
        answered = await datagram.train(
            questions[:count],
            replies.recognise,
            spacing=spacing,
            patience=patience,
            repeats=tuple(zip(later, questions[count:], strict=True)),
        )
        if not answered and datagram.first_byte is not None:
            raise WireError("stun: no answer bears our transaction id")
        if not answered:
            raise TimeoutError
        sent = len(datagram.round_trips)
        datagram.reached("bound", Proof.NONCE, f"{answered} of {sent} answered{replies.said}")


def repeats(count: int, spacing: float, patience: float) -> tuple[float, ...]:
    """The `REPEATS` of a first try; a train of a call's packets, which is not waited for as long,
    has none, for it is to tell what share is lost."""
    sent = spacing * (count - 1)
    return tuple(at for at in REPEATS if at > sent) if patience >= PATIENCE else ()


class _Replies:
    """Which question a datagram answers."""

    def __init__(self, datagram: Datagram, numbers: dict[bytes, int]) -> None:
        self._datagram = datagram
        self._numbers = numbers
        self.said = ""

    def recognise(self, data: bytes) -> int | None:
        try:
            answer = parse_answer(data)
        except WireError:
            return None
        self.said = _special(answer) or self.said
        return self._numbers.get(answer.identity)


async def ask_stream(ctx: StepContext, stream: Stream, form: Form = Form.BINDING) -> None:
    """One question over TCP (RFC 8489 §6.2.2); records a ProtocolObservation."""
    identity = ctx.world.entropy(ID_SIZE)
    async with speak(ctx, stream, PROTOCOL) as datagram:
        await datagram.send(question(form, identity))
        header = await datagram.receive_exactly(HEADER_SIZE)
        answer = parse_answer(header + await datagram.receive_exactly(body_size(header)))
        if answer.identity != asked_identity(form, identity):
            raise WireError("stun: the answer bears another transaction id")
        datagram.reached("bound", Proof.NONCE, "answered" + _special(answer))


def _special(answer: StunAnswer) -> str:
    """What an answer says beyond being one. Never the asker's address."""
    if answer.error is None:
        return ""
    realm = f", realm {printable(answer.realm, _SHOWN)}" if answer.realm else ""
    return f" with error {answer.error}{realm}"
