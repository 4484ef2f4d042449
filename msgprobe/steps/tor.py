"""A Tor relay's first words inside TLS: which relay is it?"""

from msgprobe.model.observation import UNKNOWN_KEY, WRONG_KEY, Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence
from msgprobe.steps.protocol import Exchange, speak
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.error import WireError
from msgprobe.wire.tor import (
    CERTS,
    HEADER_SIZE,
    VERSIONS_HEADER_SIZE,
    agreed_version,
    cell_size,
    identity,
    parse_certs,
    versions_cell,
    versions_size,
)

PROTOCOL = "tor"
_CELLS = 4
"""Cells that may come before the certificates: padding."""


async def first_words(
    ctx: StepContext,
    stream: TlsStream,
    *,
    fingerprints: tuple[bytes, ...],
    timeout: float | None = None,
) -> Done[int] | Failed:
    """Agree on a version and read the relay's certificates; records a ProtocolObservation.

    ``fingerprints`` are the SHA-1 hashes of the relay's RSA identity. Gives the version agreed on.
    Stages: ``sent``, ``answered``, ``versions``, ``certificates`` (both ``Proof.SHAPE``) and, where
    ``cryptography`` is installed, ``relay_authenticated`` (``Proof.CRYPTO``: the identity signed
    the key of this TLS session), ``unknown_key`` (it is another relay) or ``wrong_key`` (the
    certificates do not hold together). Out of their dates they prove ``Proof.NONCE``.
    """
    version: int | None = None
    stream.allow(Licence.OPENING)
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        await exchange.send(versions_cell())
        size = versions_size(await exchange.receive_exactly(VERSIONS_HEADER_SIZE))
        version = agreed_version(await exchange.receive_exactly(size))
        exchange.reached("versions", Proof.SHAPE)
        certs = parse_certs(await _certs(exchange))
        exchange.reached("certificates", Proof.SHAPE)
        try:
            who = identity(certs, stream.certificate or b"")
        except ImportError:
            exchange.detail = "answered, not authenticated"
        else:
            if who.flaw is not None:
                exchange.reached(WRONG_KEY, Proof.SHAPE, who.flaw)
            elif who.fingerprint not in fingerprints:
                exchange.reached(UNKNOWN_KEY, Proof.SHAPE, f"it is relay {who.fingerprint.hex()}")
            elif not who.holds_at(ctx.world.clock.utcnow()):
                detail = "the certificates hold, but not on this device's date"
                exchange.reached("certificates", Proof.NONCE, detail)
            else:
                detail = f"relay {who.fingerprint.hex()}"
                exchange.reached("relay_authenticated", Proof.CRYPTO, detail)
    return exchange.outcome(version)


async def _certs(exchange: Exchange) -> bytes:
    """The body of the CERTS cell. Raises what reading raises, and WireError."""
    for _ in range(_CELLS):
        command, size = cell_size(await exchange.receive_exactly(HEADER_SIZE))
        body = await exchange.receive_exactly(size)
        if command == CERTS:
            return body
    raise WireError("tor: nothing but padding")
