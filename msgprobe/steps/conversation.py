"""How far a conversation in a protocol of its own came, over whatever carries it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable

_SHOWN = 80

T = TypeVar("T")


class LayerFailed(Exception):
    """A layer inside the conversation could not be had; its own observation says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class Conversation:
    """One conversation. ``stage`` and ``proof`` say how far it came, ``detail`` what was special.

    ``failure`` is None once the block has ended well.
    """

    def __init__(self, ctx: StepContext, address: str, port: int, stage: str, proof: Proof) -> None:
        self._ctx = ctx
        self.address, self.port = address, port
        self.stage, self.proof = stage, proof
        self.detail = ""
        self.failure: Failure | None = Failure.INTERRUPTED
        self.errno: str | None = None
        self.first_byte: float | None = None
        self.bytes_sent = 0
        self.bytes_received = 0
        self.beginning = b""

    @property
    def shown(self) -> str:
        """How the first answer begins, for people."""
        return f"the answer begins {printable(self.beginning, _SHOWN)!r}"

    def reached(self, stage: str, proof: Proof, detail: str = "") -> None:
        """The conversation came as far as ``stage``, which proves ``proof``."""
        self.stage, self.proof = stage, max(proof, self.proof)
        self.detail = detail or self.detail

    @property
    def reticent(self) -> bool:
        """Nothing of the peer's own words is kept: it is a stranger at a special address."""
        return False

    def outcome(self, value: T | None) -> Done[T] | Failed:
        """Done with what the block found out; None: it did not end well."""
        if self.failure is not None or value is None:
            return Failed(self.failure or Failure.PROTOCOL_INVALID, Operation.PROTOCOL)
        return Done(value)

    def observe(self, protocol: str, start: float) -> ProtocolObservation:
        """What was seen, whatever happened."""
        return ProtocolObservation(
            transaction=self._ctx.transaction,
            window=self._ctx.window(start),
            failure=self.failure,
            protocol=protocol,
            address=self.address,
            port=self.port,
            stage=self.stage,
            proof=self.proof,
            detail="" if self.reticent and self.proof < Proof.CRYPTO else self.detail,
            bytes_sent=self.bytes_sent,
            bytes_received=self.bytes_received,
            first_byte=self.first_byte,
            errno=self.errno,
        )

    def close(self) -> None:
        """Release what is the conversation's own."""


C = TypeVar("C", bound=Conversation)


@asynccontextmanager
async def hold(
    ctx: StepContext, conversation: C, protocol: str, timeout: float | None
) -> AsyncIterator[C]:
    """Hold it inside ``async with``; records a ProtocolObservation at its end.

    What the network does to it (``OSError``, end of stream, deadline) and what a codec refuses
    (``WireError``) ends the block and is not raised; look at ``failure`` afterwards.
    """
    start = ctx.now()
    try:
        async with asyncio.timeout(ctx.remaining(timeout)):
            yield conversation
        conversation.failure = None
    except WireError as exc:
        conversation.failure = classify(exc)
        conversation.detail = f"{exc}; {conversation.shown}"
    except LayerFailed as exc:
        conversation.failure = exc.failure
    except (OSError, EOFError, TooLarge) as exc:
        conversation.failure, conversation.errno = classify(exc), errno_name(exc)
    finally:
        conversation.close()
        ctx.record(conversation.observe(protocol, start))
