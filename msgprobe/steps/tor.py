"""A Tor relay's first words inside TLS: which relay is it?"""

from msgprobe.model.observation import UNKNOWN_KEY, WRONG_KEY, Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence
from msgprobe.steps.protocol import Talk, speak
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
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as talk:
        await talk.send(versions_cell())
        size = versions_size(await talk.receive_exactly(VERSIONS_HEADER_SIZE))
        version = agreed_version(await talk.receive_exactly(size))
        talk.reached("versions", Proof.SHAPE)
        certs = parse_certs(await _certs(talk))
        talk.reached("certificates", Proof.SHAPE)
        try:
            who = identity(certs, stream.certificate or b"")
        except ImportError:
            talk.detail = "answered, not authenticated"
        else:
            if who.flaw is not None:
                talk.reached(WRONG_KEY, Proof.SHAPE, who.flaw)
            elif who.fingerprint not in fingerprints:
                talk.reached(UNKNOWN_KEY, Proof.SHAPE, f"it is relay {who.fingerprint.hex()}")
            elif not who.holds_at(ctx.world.clock.utcnow()):
                detail = "the certificates hold, but not on this device's date"
                talk.reached("certificates", Proof.NONCE, detail)
            else:
                detail = f"relay {who.fingerprint.hex()}"
                talk.reached("relay_authenticated", Proof.CRYPTO, detail)
    return talk.outcome(version)


async def _certs(talk: Talk) -> bytes:
    """The body of the CERTS cell. Raises what reading raises, and WireError."""
    for _ in range(_CELLS):
        command, size = cell_size(await talk.receive_exactly(HEADER_SIZE))
        body = await talk.receive_exactly(size)
        if command == CERTS:
            return body
    raise WireError("tor: nothing but padding")
