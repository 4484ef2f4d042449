"""Asking one resolver by our own datagram, and listening on after the first answer.

Injectors race the true resolver (Duan et al., "Hold-On", SATIN 2012): a second, different answer is
evidence. Random id and random port keep off-path guesses out (RFC 5452).
"""

import asyncio

from msgprobe.model.failure import Failure
from msgprobe.model.task import Lookup
from msgprobe.steps.accounting import udp_bytes
from msgprobe.steps.classify import classify
from msgprobe.steps.context import StepContext
from msgprobe.steps.dns_record import Question
from msgprobe.steps.door import Datagrams
from msgprobe.wire.dns_message import DnsWireError, build_query, is_answer_to, parse_answer

_MAX_DATAGRAMS = 500
"""More than that is a flood, and we stop listening."""

_MAX_ANSWERS = 16


async def ask_udp(ctx: StepContext, lookup: Lookup, family: int, address: str) -> None:
    """One question, one DnsObservation. Asks again once, after a third of the time in silence."""
    question = Question(ctx=ctx, lookup=lookup, family=family, address=address, start=ctx.now())
    door: Datagrams | None = None
    try:
        query = build_query(lookup.name, family, int.from_bytes(ctx.world.entropy(2), "big"))
        door = ctx.world.network.open_udp(address, lookup.resolver.port)
        await _Inquiry(question, query, door).run()
    except DnsWireError:
        question.failure = Failure.DNS_MISBEHAVING
    except OSError as exc:
        question.failure = classify(exc)
    finally:
        if door is not None:
            door.close()
        question.record()


class _Inquiry:
    """The datagrams of one question."""

    def __init__(self, question: Question, query: bytes, door: Datagrams) -> None:
        self._question = question
        self._ctx = question.ctx
        self._query = query
        self._door = door
        self._asked = question.start
        self._malformed = False
        self._datagrams = 0

    async def run(self) -> None:
        """Ask, wait, ask again, listen. Raises OSError when nothing ever came."""
        if not await self._try(self._ctx.remaining() / 3):
            await self._try(self._ctx.remaining())
        if not self._question.answers:
            silent = Failure.DNS_MISBEHAVING if self._malformed else Failure.TIMED_OUT
            self._question.failure = silent
            return
        await self._listen()

    async def _try(self, timeout: float) -> bool:
        await self._door.send(self._query)
        self._ctx.recorder.count(sent=udp_bytes(self._address, len(self._query)))
        clock = asyncio.timeout(timeout)
        try:
            async with clock:
                while not self._question.answers and self._datagrams < _MAX_DATAGRAMS:
                    await self._hear()
        except TimeoutError:
            if not clock.expired():
                raise  # the kernel's own
        return bool(self._question.answers)

    async def _listen(self) -> None:
        """Hear what else comes; errors no longer matter."""
        linger = min(self._question.lookup.linger, self._ctx.remaining())
        if linger <= 0:
            return
        since = self._ctx.now()
        try:
            async with asyncio.timeout(linger):
                while len(self._question.answers) < _MAX_ANSWERS:
                    if self._datagrams >= _MAX_DATAGRAMS:
                        break
                    await self._hear()
        except OSError:
            pass  # the time is over, or a late ICMP error
        finally:
            self._question.listened = self._ctx.now() - since

    async def _hear(self) -> None:
        data, source, _ = await self._door.receive()
        after = self._ctx.now() - self._asked
        self._datagrams += 1
        self._ctx.recorder.count(received=udp_bytes(source, len(data)))
        # A socket that always has something to read never lets the loop look at the clock.
        await asyncio.sleep(0)
        if not is_answer_to(self._query, data):
            return
        try:
            reply = parse_answer(self._query, data)
        except DnsWireError:
            self._malformed = True
            return
        stranger = source.partition("%")[0] != self._address.partition("%")[0]
        self._question.hear(reply, after, source if stranger else "")

    @property
    def _address(self) -> str:
        return self._question.address or ""
