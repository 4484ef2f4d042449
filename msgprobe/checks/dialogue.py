"""``dialogue``: does one address hold the conversation that a target file writes down?"""

import re
from dataclasses import replace
from uuid import UUID

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened, secured
from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.dialogue import CAP, Hear, Line, Say, Secure, converse, parse
from msgprobe.steps.door import Stream
from msgprobe.steps.http_limits import HEADER_CAP
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.steps.websocket import FRAME_BOUND, UPGRADE_BOUND, WebSocketStream, upgrade

_KNOWN = ("protocol", "script", "transport", "alpn", "domain", "origin", "certificate")
_TRANSPORTS = ("tcp", "tls", "websocket")
_PROTOCOL = re.compile(r"[a-z][a-z0-9_]{0,30}\Z")
_CHUNK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The options, understood."""

    protocol: str
    script: tuple[Line, ...]
    transport: str
    alpn: str | None
    domain: str
    checked: bool

    @property
    def offered(self) -> tuple[str, ...]:
        """What ALPN offers: a WebSocket is HTTP, everything else what the options name."""
        if self.transport == "websocket":
            return ("http/1.1",)
        return () if self.alpn is None else (self.alpn,)

    @property
    def secures(self) -> bool:
        """There is TLS in it, from the start or on the way."""
        return self.transport != "tcp" or any(isinstance(line, Secure) for line in self.script)


class DialogueCheck:
    """TCP, then what the target file says, in the open, inside TLS or in a WebSocket.

    Options: ``protocol``, the name that observations carry; ``script``, the conversation (see
    `msgprobe.steps.dialogue.parse`), in which ``{host}``, ``{domain}`` and ``{uuid}`` stand for the
    endpoint's host, the option ``domain`` and a new random UUID; ``transport``: ``tcp`` (default),
    ``tls`` or ``websocket`` (inside TLS, at the endpoint's path, in text messages, for a page of
    ``origin``); ``alpn``, the application protocol that TLS offers (default none); ``domain``, the
    name that the certificate must hold where it is not the host's; ``certificate = "unchecked"``
    where nobody can check it, because its root is in no public store.
    """

    name = "dialogue"
    version = "1"
    title = "A conversation that the target file writes down"
    traits = Traits(names_host=False, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """What the script says, what may be answered, and the layers below."""
        flow = flow_of(task)
        plan = _plan(dict(flow.options), flow.host or flow.address, "")
        sent = sum(len(line.data) + FRAME_BOUND for line in plan.script if isinstance(line, Say))
        received = CAP + _CHUNK
        if plan.secures:
            sent, received = sent + HELLO_BOUND, received + HANDSHAKE_CAP
        if plan.transport == "websocket":
            names = sum(map(len, (flow.host or "", flow.path, flow.option("origin") or "")))
            sent, received = sent + UPGRADE_BOUND + 2 * names, received + HEADER_CAP
        return connect_bound(flow, sent=sent, received=received)

    def problem(self, endpoint: Endpoint) -> str | None:
        """What is wrong with the options, None when nothing is."""
        try:
            _plan(dict(endpoint.options), endpoint.host or "192.0.2.1", "")
        except ValueError as fault:
            return str(fault)
        return None

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """A certificate where there is one to check, else the form of the answers."""
        plan = _plan(dict(endpoint.options), endpoint.host or "192.0.2.1", "")
        if plan.secures and plan.checked:
            return Proof.CRYPTO
        heard = any(isinstance(line, Hear) for line in plan.script)
        return Proof.SHAPE if heard or plan.alpn is not None else Proof.CONNECTED

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations, and those of TLS and HTTP where there are such.

        Raises ValueError for an unusable option.
        """
        flow = flow_of(task)
        fresh = str(UUID(bytes=ctx.world.entropy(16), version=4))
        plan = _plan(dict(flow.options), flow.host or flow.address, fresh)
        trust = flow.trust if plan.checked else None
        named = replace(flow, server_name=plan.domain, trust=trust)

        async def securing(stream: Stream) -> TlsStream | None:
            return await secured(ctx, named, stream, alpn=plan.offered)

        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            exchange: Stream | None = stream
            verified = False
            if plan.transport != "tcp":
                exchange = inside = await securing(stream)
                if plan.transport == "websocket" and inside is not None:
                    exchange, verified = await _websocket(ctx, flow, inside), inside.verified
            if exchange is not None:
                await converse(
                    ctx,
                    exchange,
                    plan.protocol,
                    plan.script,
                    securing=securing,
                    alpn=plan.alpn,
                    verified=verified,
                )


async def _websocket(ctx: StepContext, flow: Flow, inside: TlsStream) -> WebSocketStream | None:
    host = flow.host or flow.address
    origin = flow.option("origin") or f"https://{host}"
    match await upgrade(ctx, inside, host=host, path=flow.path, origin=origin, text=True):
        case Done(value=stream):
            return stream
        case _:
            return None


def _plan(options: dict[str, str], host: str, uuid: str) -> _Plan:
    """Raises ValueError with the option and what would be right."""
    for key in options:
        if key not in _KNOWN:
            raise ValueError(f"option {key}: unknown, possible are {', '.join(_KNOWN)}")
    protocol = options.get("protocol", "")
    if not _PROTOCOL.match(protocol):
        raise ValueError(
            f'option protocol = {protocol!r}: give a short name in lower case, as in "xmpp"'
        )
    transport = options.get("transport", "tcp")
    if transport not in _TRANSPORTS:
        known = ", ".join(_TRANSPORTS)
        raise ValueError(f"option transport = {transport!r}: known are {known}")
    certificate = options.get("certificate")
    if certificate not in (None, "unchecked"):
        raise ValueError(f'option certificate = {certificate!r}: give "unchecked", or leave it out')
    domain = options.get("domain", host)
    written = options.get("script", "")
    for name, value in (("host", host), ("domain", domain), ("uuid", uuid)):
        written = written.replace("{" + name + "}", value)
    try:
        script = parse(written)
    except ValueError as fault:
        raise ValueError(f"option script cannot be used: {fault}") from None
    _fits(script, transport)
    return _Plan(
        protocol=protocol,
        script=script,
        transport=transport,
        alpn=options.get("alpn"),
        domain=domain,
        checked=certificate is None,
    )


def _fits(script: tuple[Line, ...], transport: str) -> None:
    """Raises ValueError for a script that its transport cannot carry."""
    secures = [line for line in script if isinstance(line, Secure)]
    if secures and transport != "tcp":
        raise ValueError(
            f"option script turns to TLS: it is there already with transport = {transport!r}"
        )
    if len(secures) > 1:
        raise ValueError("option script turns to TLS twice: once is enough")
    if transport == "tcp" and not any(isinstance(line, Hear) for line in script):
        raise ValueError(
            'option script waits for no answer: add a line "S stage: text" (or use "connect")'
        )
    texts = [line.data for line in script if isinstance(line, Say)]
    if transport == "websocket" and not all(text.isascii() for text in texts):
        raise ValueError("option script has bytes above 7f: messages of a WebSocket are text here")
