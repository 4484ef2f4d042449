"""Asking one resolver over TCP (RFC 7766) or over HTTPS (RFC 8484), on one connection each."""

import asyncio
import dataclasses

from msgprobe.model.failure import Failure
from msgprobe.model.target import Trust
from msgprobe.model.task import Lookup, Resolver, ResolverKind
from msgprobe.steps.classify import classify
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.dns_record import Question
from msgprobe.steps.dns_system import ask_system
from msgprobe.steps.door import Stream, exactly
from msgprobe.steps.http import HttpExchange
from msgprobe.steps.tls import handshake
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.dns_message import MAX_MESSAGE, DnsWireError, build_query, parse_answer

_MEDIA_TYPE = "application/dns-message"


async def ask_tcp(ctx: StepContext, lookup: Lookup, address: str) -> None:
    """One connection, one question per family; records TCP and DNS observations."""
    start = ctx.now()
    match await connect(ctx, address, lookup.resolver.port):
        case Failed(failure=failure):
            _unasked(ctx, lookup, lookup.families, address, start, failure)
        case Done(value=stream):
            async with closing(ctx, stream):
                await _each_family(ctx, lookup, address, _TcpDoor(stream))


async def ask_https(ctx: StepContext, lookup: Lookup) -> None:
    """One verified TLS connection, one POST per family; every layer records its observation."""
    start = ctx.now()
    resolver = lookup.resolver
    if resolver.host is None:
        raise ValueError(f"resolver {resolver.name}: DNS over HTTPS needs a host")
    address = resolver.address or await _address_of(ctx, resolver.host)
    if address is None:
        _unasked(ctx, lookup, lookup.families, None, start, Failure.DNS_NO_ANSWER)
        return
    port = 443 if resolver.port == 53 else resolver.port
    match await connect(ctx, address, port):
        case Failed(failure=failure):
            _unasked(ctx, lookup, lookup.families, address, start, failure)
        case Done(value=stream):
            async with closing(ctx, stream):
                await _ask_secured(ctx, lookup, address, stream, start)


async def _ask_secured(
    ctx: StepContext, lookup: Lookup, address: str, stream: Stream, start: float
) -> None:
    match await handshake(ctx, stream, server_name=lookup.resolver.host, trust=Trust.PUBLIC):
        case Failed(failure=failure):
            _unasked(ctx, lookup, lookup.families, address, start, failure)
        case Done(value=secured):
            await _each_family(ctx, lookup, address, _HttpsDoor(ctx, secured, lookup.resolver))


async def _address_of(ctx: StepContext, host: str) -> str | None:
    """The resolver's own address, from the system; its lookup is part of the evidence."""
    system = Resolver(kind=ResolverKind.SYSTEM, name="system")
    found = await ask_system(ctx, Lookup(name=host, resolver=system))
    return next((a for a in found if ":" not in a), found[0] if found else None)


class _Refused(Exception):
    """The carrier itself failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class _TcpDoor:
    """Messages with a 2-byte length in front (RFC 1035 §4.2.2)."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def ask(self, query: bytes, *, last: bool) -> bytes:
        await self._stream.send(len(query).to_bytes(2, "big") + query)
        size = int.from_bytes(await exactly(self._stream, 2), "big")
        if size > MAX_MESSAGE:
            raise _Refused(Failure.DNS_MISBEHAVING)
        return await exactly(self._stream, size)


class _HttpsDoor:
    """Messages as bodies of POST requests."""

    def __init__(self, ctx: StepContext, stream: TlsStream, resolver: Resolver) -> None:
        self._exchange = HttpExchange(ctx=ctx, stream=stream, host=resolver.host)
        self._path = resolver.path

    async def ask(self, query: bytes, *, last: bool) -> bytes:
        self._exchange.last = last
        headers = {"Content-Type": _MEDIA_TYPE, "Accept": _MEDIA_TYPE}
        match await self._exchange.ask(
            "POST", self._path, headers=headers, content=query, whole=True
        ):
            case Failed(failure=failure):
                raise _Refused(failure)
            case Done(value=answer):
                if answer.status != 200:
                    raise _Refused(Failure.HTTP_UNEXPECTED)
                return answer.body


async def _each_family(
    ctx: StepContext, lookup: Lookup, address: str, door: _TcpDoor | _HttpsDoor
) -> None:
    """One question after the other; once the carrier is dead the rest fail with it."""
    for index, family in enumerate(lookup.families):
        last = index == len(lookup.families) - 1
        failure = await _ask(ctx, lookup, family, address, door, last=last)
        if failure is not None:
            rest = lookup.families[index + 1 :]
            _unasked(ctx, lookup, rest, address, ctx.now(), failure)
            return


async def _ask(
    ctx: StepContext,
    lookup: Lookup,
    family: int,
    address: str,
    door: _TcpDoor | _HttpsDoor,
    *,
    last: bool,
) -> Failure | None:
    """One question, one DnsObservation. Gives a failure back when the carrier is dead."""
    question = Question(ctx=ctx, lookup=lookup, family=family, address=address, start=ctx.now())
    https = isinstance(door, _HttpsDoor)
    try:
        # RFC 8484 §4.1: id 0, so that caches can share the answer.
        number = 0 if https else int.from_bytes(ctx.world.entropy(2), "big")
        query = build_query(lookup.name, family, number)
        async with asyncio.timeout(ctx.remaining()):
            answer = await door.ask(query, last=last)
        question.hear(parse_answer(query, answer), ctx.now() - question.start)
        return None
    except DnsWireError:
        question.failure = Failure.DNS_MISBEHAVING
        return None
    except _Refused as exc:
        question.failure = exc.failure
        return exc.failure
    except (OSError, EOFError) as exc:
        question.failure = classify(exc)
        return question.failure
    finally:
        question.record()


def _unasked(
    ctx: StepContext,
    lookup: Lookup,
    families: tuple[int, ...],
    address: str | None,
    start: float,
    failure: Failure,
) -> None:
    """The questions that could not be put at all, each with the reason."""
    blank = Question(
        ctx=ctx, lookup=lookup, family=0, address=address, start=start, failure=failure
    )
    for family in families:
        dataclasses.replace(blank, family=family).record()
