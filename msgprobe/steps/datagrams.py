"""A conversation in datagrams with one address becomes one observation, whoever wrote the check."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps.accounting import udp_bytes
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import StepContext
from msgprobe.steps.conversation import Conversation, hold
from msgprobe.steps.door import Datagrams, Licence

FLOOD = 500
"""More datagrams than that from the peer are a flood, and we stop listening."""

_TO_TELL = 0.1
"""Seconds before its deadline at which a train is over, for what it has heard must be told: some
answers are no silence, and some that are missing are a share."""

Recognise = Callable[[bytes], int | None]
"""Which question, by its number, a datagram answers; None for noise."""


class Datagram(Conversation):
    """A conversation on a socket of its own, which opens with the first word."""

    def __init__(self, ctx: StepContext, address: str, port: int, transport: str = "udp") -> None:
        super().__init__(ctx, address, port, "opened", Proof.NONE)
        self._transport = transport
        self._door: Datagrams | None = None
        self._heard = 0
        self.asked_at: float | None = None
        self.round_trips: list[float | None] = []
        self._refusal: OSError | TooLarge | None = None

    async def send(self, data: bytes) -> None:
        """Send one datagram; the stage is at least ``sent``. Raises OSError."""
        await self._opened().send(data)
        self.bytes_sent += len(data)
        self._ctx.recorder.count(sent=udp_bytes(self.address, len(data)))
        if self.asked_at is None:
            self.asked_at = self._ctx.now()
            self.stage = "sent"

    @property
    def reticent(self) -> bool:
        """It is asked at a special address."""
        return self._door is not None and self._door.licence is not Licence.EVERYTHING

    def open(self, licence: Licence) -> None:
        """Say what the first words are (see `Datagrams.allow`). Raises OSError."""
        self._opened().allow(licence)

    def _opened(self) -> Datagrams:
        if self._door is None:
            network = self._ctx.world.network
            self._door = (
                network.open_ping(self.address)
                if self._transport == "icmp"
                else network.open_udp(self.address, self.port)
            )
        return self._door

    async def receive(self) -> bytes:
        """The next datagram from the address asked. Raises OSError (ICMP too) and TooLarge.

        Nothing may be received before something was sent.
        """
        assert self._door is not None
        while True:
            data, source, port = await self._door.receive()
            self._heard += 1
            self._ctx.recorder.count(received=udp_bytes(source, len(data)))
            if self._heard > FLOOD:
                raise TooLarge
            # A socket that always has something to read never lets the loop look at the clock.
            await asyncio.sleep(0)
            if (source.partition("%")[0], port) != (self.address.partition("%")[0], self.port):
                continue
            if self.first_byte is None:
                self.first_byte = self._ctx.now() - (self.asked_at or 0.0)
                self.beginning = data
                self.reached("answered", Proof.BYTES)
            self.bytes_received += len(data)
            return data

    async def train(
        self,
        questions: Sequence[bytes],
        recognise: Recognise,
        *,
        spacing: float,
        patience: float,
        repeats: Sequence[tuple[float, bytes]] = (),
    ) -> int:
        """Send ``questions`` ``spacing`` seconds apart, and hear answers until all have come or
        until ``patience`` seconds after the last one, or the deadline is near; returns how many
        were answered. While nothing at all was heard, the ``repeats`` are sent as well, so many
        seconds after the first.

        Raises OSError and TooLarge when that was all that ever came.
        """
        begun = [0.0] * len(questions)
        self.round_trips = [None] * len(questions)
        done = asyncio.Event()
        self._opened()
        async with asyncio.TaskGroup() as group:
            # One hears all the time: a receive that is stopped may have taken a datagram along.
            hearing = group.create_task(self._hear(recognise, begun, done))
            for number, question in enumerate(questions):
                begun[number] = self._ctx.now()
                await self._ask(question)
                if number + 1 < len(questions):
                    await _wait(done, spacing)
                if done.is_set():
                    break
            until = self._ctx.now() + min(patience, self._ctx.remaining() - _TO_TELL)
            for after, question in (r for r in repeats if begun[0] + r[0] < until):
                await _wait(done, begun[0] + after - self._ctx.now())
                if done.is_set() or self.first_byte is not None:
                    break
                begun.append(self._ctx.now())
                self.round_trips.append(None)
                await self._ask(question)
            await _wait(done, until - self._ctx.now())
            hearing.cancel()
        if self._refusal is not None and self.first_byte is None:
            raise self._refusal
        return len(self.round_trips) - self.round_trips.count(None)

    async def _ask(self, question: bytes) -> None:
        try:
            await self.send(question)
        except OSError as exc:
            self._refuse(exc)

    async def _hear(self, recognise: Recognise, begun: list[float], done: asyncio.Event) -> None:
        """Take the answers until all have come; sets ``done`` then, or when nothing can come."""
        while None in self.round_trips and self._heard <= FLOOD:
            try:
                number = recognise(await self.receive())
            except (OSError, TooLarge) as exc:
                self._refuse(exc)
                if self.first_byte is None:
                    break
                continue  # a late ICMP error, for one of many that got through, ends nothing
            if number is not None and self.round_trips[number] is None:
                self.round_trips[number] = self._ctx.now() - begun[number]
        done.set()

    def _refuse(self, exc: OSError | TooLarge) -> None:
        self._refusal = self._refusal or exc

    def observe(self, protocol: str, start: float) -> ProtocolObservation:
        """What was seen, whatever happened."""
        trips = tuple(self.round_trips)
        seen = super().observe(protocol, start)
        return replace(seen, transport=self._transport, round_trips=trips)

    def close(self) -> None:
        """Release the socket."""
        if self._door is not None:
            self._door.close()


async def _wait(done: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await done.wait()


def exchange(
    ctx: StepContext,
    address: str,
    port: int,
    protocol: str,
    *,
    transport: str = "udp",
    timeout: float | None = None,
) -> AbstractAsyncContextManager[Datagram]:
    """Hold a conversation inside ``async with``; records a ProtocolObservation at its end.

    See `hold` for how it may end. ``transport`` is ``udp``, or ``icmp`` for echoes (whose ``port``
    is 0).
    """
    return hold(ctx, Datagram(ctx, address, port, transport), protocol, timeout)
