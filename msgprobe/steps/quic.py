"""QUIC with one address: version negotiation by ourselves, a handshake where aioquic is there."""

import asyncio
from types import ModuleType

from msgprobe.model.failure import Operation
from msgprobe.model.observation import Proof
from msgprobe.model.target import Root, Trust
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.datagrams import Datagram, exchange
from msgprobe.steps.door import Licence
from msgprobe.wire.error import WireError
from msgprobe.wire.quic import (
    PROBE_SIZE,
    VersionProbe,
    parse_version_negotiation,
    version_probe,
)

PROTOCOL = "quic"

PAUSES = (1.0, 2.0)
"""Seconds before an unanswered question is asked again (RFC 9002 section 6.2: 1 s, doubling)."""

MISSING = "aioquic is not installed: version negotiation only, no server name was sent"

MOST_NOISE = 8
"""Datagrams that are no answer to a question about versions, at most."""

_SHOWN = 8
"""Versions that the detail lists."""


async def negotiate(
    ctx: StepContext, address: str, port: int, *, timeout: float | None = None, why: str = ""
) -> Done[tuple[int, ...]] | Failed:
    """Ask for the versions that a server speaks; records a ProtocolObservation.

    Stages: ``negotiation_sent``, ``answered`` (something came that is no answer to our question)
    and ``version_negotiation`` (``Proof.NONCE``: our connection ids came back). ``why`` joins the
    detail. ``timeout`` is in seconds.
    """
    probe = version_probe(ctx.world.entropy(PROBE_SIZE))
    noise: list[int] = []
    versions: tuple[int, ...] = ()
    async with exchange(ctx, address, port, PROTOCOL, timeout=timeout) as datagram:
        for pause in (*PAUSES, None):
            await datagram.send(probe.data)
            if datagram.stage == "sent":
                datagram.reached("negotiation_sent", Proof.NONE, why)
            versions = await _versions(datagram, probe, pause, noise)
            if versions:
                break
        offered = "versions " + ", ".join(f"{v:08x}" for v in versions[:_SHOWN])
        datagram.reached(
            "version_negotiation", Proof.NONCE, f"{offered}; {why}" if why else offered
        )
    return datagram.outcome(versions)


async def _versions(
    datagram: Datagram, probe: VersionProbe, pause: float | None, noise: list[int]
) -> tuple[int, ...]:
    """The versions offered; none within ``pause`` seconds (None: the conversation's own end).

    What is no answer to our question is passed over, for anybody can send it, and joins ``noise``.
    Raises TooLarge when that has grown too long.
    """
    clock = asyncio.timeout(pause)
    try:
        async with clock:
            while True:
                data = await datagram.receive()
                try:
                    return parse_version_negotiation(data, probe)
                except WireError as exc:
                    datagram.reached("answered", Proof.BYTES, str(exc))
                    noise.append(len(data))
                    if len(noise) > MOST_NOISE:
                        raise TooLarge from exc
    except TimeoutError:
        if not clock.expired():
            raise  # the kernel's own
        return ()


async def shake_hands(
    ctx: StepContext,
    address: str,
    port: int,
    *,
    server_name: str | None,
    trust: Trust | None = Trust.PUBLIC,
    roots: tuple[Root, ...] = (),
    timeout: float | None = None,
) -> Done[None] | Failed:
    """Shake hands as a browser with HTTP/3 would; records a ProtocolObservation.

    ``server_name`` goes out inside the Initial packet and must be in the certificate; without it,
    or with ``trust`` None, nothing is verified. Stages: ``initial_sent``, ``answered``, ``initial``
    (a server's packet bound to our connection ids: ``Proof.NONCE``; ``retry`` and
    ``version_negotiation`` likewise), ``closed`` (the server ends it with an error),
    ``certificate_refused`` and ``broken_off`` (we do, for another fault), and ``handshake``
    (``Proof.CRYPTO`` where verified).
    Without aioquic only the versions are negotiated (see `negotiate`), and the detail says so.
    """
    library = _library()
    if library is None:
        match await negotiate(ctx, address, port, timeout=timeout, why=MISSING):
            case Failed() as failed:
                return failed
            case Done():
                return Done(None)
    public = trust in (Trust.PUBLIC, Trust.EITHER)
    ca_file = ctx.world.trust.public_file if public else None
    listed = ctx.world.trust.public_text() if public and ca_file is None else ""
    own = roots if trust in (Trust.PINNED, Trust.EITHER) else ()
    async with exchange(ctx, address, port, PROTOCOL, timeout=timeout) as datagram:
        datagram.open(Licence.OPENING)
        handshake = library.Handshake(
            ctx,
            datagram,
            server_name,
            ca_file,
            listed + "".join(root.pem for root in own),
            trust is not None,
        )
        await handshake.run()
    if datagram.failure is not None:
        return Failed(datagram.failure, Operation.PROTOCOL)
    return Done(None)


def _library() -> ModuleType | None:
    """What needs aioquic, which takes 0.1 s to import; None where that is not installed."""
    try:
        from msgprobe.steps import quic_handshake
    except ImportError:
        return None
    return quic_handshake


def can_shake_hands() -> bool:
    """Whether aioquic is installed. Imports it."""
    return _library() is not None
