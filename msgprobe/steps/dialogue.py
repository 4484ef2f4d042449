"""A conversation written down beforehand: what we say, and how an honest server's answers begin."""

import re
from collections.abc import Awaitable, Callable, Sequence

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import IMPOSTOR_STAGES, Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.conversation import LayerFailed
from msgprobe.steps.door import Stream
from msgprobe.steps.protocol import Exchange, speak
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.steps.websocket import ClosedByPeer
from msgprobe.wire.error import WireError

CAP = 16 * 1024
"""Most bytes read: greetings and features take one or two kilobytes."""

MOST_LINES = 20
LONGEST_LINE = 4096
"""Characters of one line."""

_LINE = re.compile(r"(?:(C)|S ([a-z][a-z0-9_]*))( hex)?: ?(.*)")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.|\Z))", re.S)
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}
_ANYTHING = "..."


@dataclass(frozen=True, slots=True)
class Say:
    """Send ``data``."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hear:
    """Wait for ``parts``, one after the other, anything in between. ``anchored``: the first one is
    what comes first. ``stage`` is how far the conversation has then come."""

    stage: str
    parts: tuple[bytes, ...]
    anchored: bool

    def end(self, heard: bytes) -> int | None:
        """Where in ``heard`` the last part ends; None: more must come. Raises WireError."""
        at = 0
        for number, part in enumerate(self.parts):
            if number == 0 and self.anchored:
                if not heard.startswith(part[: len(heard)]):
                    raise WireError(f"not what {self.stage} begins with")
                found = 0 if len(heard) >= len(part) else -1
            else:
                found = heard.find(part, at)
            if found < 0:
                return None
            at = found + len(part)
        return at


@dataclass(frozen=True, slots=True)
class Secure:
    """Turn to TLS on the same connection."""


Line = Say | Hear | Secure
Securing = Callable[[Stream], Awaitable[TlsStream | None]]
"""TLS on a stream; None when the handshake failed, which has then been recorded."""


def parse(script: str) -> tuple[Line, ...]:
    r"""The lines of a script, in the notation of the RFCs' examples.

    ``C: text`` is said. ``S stage: text`` waits for an answer that begins with text; ``...`` in it
    stands for anything. ``C hex:`` and ``S stage hex:`` take bytes in hexadecimal. ``TLS`` turns to
    TLS (STARTTLS). Escapes: ``\r \n \t \\ \xNN``. Raises ValueError naming the line.
    """
    lines = [one for raw in script.splitlines() if (one := raw.strip())]
    if len(lines) > MOST_LINES:
        raise ValueError(f"has {len(lines)} lines: give at most {MOST_LINES}")
    found: list[Line] = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_line(line))
        except ValueError as fault:
            raise ValueError(f"line {number}: {fault}") from None
    return tuple(found)


def _line(line: str) -> Line:
    if line == "TLS":
        return Secure()
    match = _LINE.fullmatch(line)
    if match is None or len(line) > LONGEST_LINE:
        raise ValueError("write 'C: what we say', 'S stage: what comes back', or 'TLS'")
    read = _hexadecimal if match[3] else _text
    if match[1]:
        data = read(match[4])
        if not data:
            raise ValueError("says nothing")
        return Say(data)
    if match[2] in IMPOSTOR_STAGES:
        raise ValueError(f"{match[2]!r} is reserved: call the stage something else")
    first, *rest = match[4].split(_ANYTHING)
    parts = tuple(read(part) for part in (first, *rest))
    if not all(parts[1:]) or not any(parts):
        raise ValueError("waits for nothing; '...' stands before or between texts")
    return Hear(stage=match[2], parts=parts if first else parts[1:], anchored=bool(first))


def _text(written: str) -> bytes:
    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPES:
            raise ValueError(f"there is no escape {match[0]!r}: \\r, \\n, \\t, \\\\ and \\xNN are")
        return _ESCAPES[match[2]]

    if not written.isascii():
        raise ValueError("is not plain ASCII: write other bytes as \\xNN")
    return _ESCAPE.sub(one, written).encode("latin-1")


def _hexadecimal(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError:
        raise ValueError(f"{written.strip()[:40]!r} is not bytes in hexadecimal") from None


async def converse(
    ctx: StepContext,
    stream: Stream,
    protocol: str,
    script: Sequence[Line],
    *,
    securing: Securing | None = None,
    alpn: str | None = None,
    verified: bool = False,
    timeout: float | None = None,
) -> Done[str] | Failed:
    """Hold the conversation; records a ProtocolObservation, and gives the last stage.

    Stages: ``tls`` or ``websocket`` once the stream is inside one, ``sent``, ``answered``, then
    those of the script. TLS with a certificate that holds is ``Proof.CRYPTO``. Without, an answer
    of the right form is ``Proof.SHAPE``, as is a server that chose the application protocol
    ``alpn``. ``securing`` is needed where the script turns to TLS, ``verified`` says that the
    stream is a layer inside TLS whose certificate held. Whoever showed such a certificate and then
    gives another answer than expected (stage ``unexpected``) or says that it closes (``closed``)
    has answered all the same.
    """
    async with speak(ctx, stream, protocol, timeout=timeout, cap=CAP) as exchange:
        if verified:
            exchange.reached("websocket", Proof.CRYPTO)
        if isinstance(stream, TlsStream):
            _secured(exchange, stream, alpn)
        try:
            for line in script:
                await _follow(exchange, stream, line, securing, alpn)
        except WireError as fault:
            if exchange.proof < Proof.CRYPTO:
                raise
            exchange.reached("unexpected", Proof.CRYPTO, f"{fault}: {exchange.shown}")
        except ClosedByPeer as said:
            if exchange.proof < Proof.CRYPTO:
                raise
            exchange.reached("closed", Proof.CRYPTO, f"the server closes the WebSocket: {said}")
    return exchange.outcome(exchange.stage)


async def _follow(
    exchange: Exchange, stream: Stream, line: Line, securing: Securing | None, alpn: str | None
) -> None:
    match line:
        case Say(data=data):
            await exchange.send(data)
        case Hear(stage=stage):
            await exchange.receive_until(line.end)
            exchange.reached(stage, Proof.SHAPE)
        case Secure():
            inside = await securing(stream) if securing is not None else None
            if inside is None:
                raise LayerFailed(Failure.TLS_FAILED)
            exchange.go_on_inside(inside)
            _secured(exchange, inside, alpn)


def _secured(exchange: Exchange, inside: TlsStream, alpn: str | None) -> None:
    chosen = alpn is not None and inside.alpn == alpn
    detail = f"the server chose the protocol {alpn}" if chosen else ""
    if inside.verified:
        exchange.reached("tls", Proof.CRYPTO, detail)
    else:
        exchange.reached("tls", Proof.SHAPE if chosen else Proof.BYTES, detail)
