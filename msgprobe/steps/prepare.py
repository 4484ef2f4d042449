"""Everything slow that a first step would otherwise do in the middle of somebody's round trip."""

import asyncio
import contextlib
import importlib
from functools import partial

from msgprobe.model.target import Trust
from msgprobe.steps.aside import aside
from msgprobe.steps.world import TrustError, World

ASKED = 0.005
"""Seconds from the first question's turn until the first ones are out, which a busy thread would
hold up."""

PREPARED = 5.0
"""Seconds after the last conversation until what was to make them quicker is given up."""

_FIRST = (
    "dns.message",
    "dns.rdtypes.IN.A",
    "dns.rdtypes.IN.AAAA",
    "dns.rdtypes.ANY.CNAME",
)
"""The first answers are there after one round trip."""
_THEN = ("msgprobe.steps.http_exchange", "wsproto", "h2.connection")
_OF_LIBRARY = (
    "cryptography.x509",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.ciphers.aead",
)


def prepare(world: World, *, quic: bool = False, library: bool = False) -> None:
    """Import what the steps need and read the public trust store: about 0.2 s, once.

    With ``quic`` also what a QUIC handshake needs, with ``library`` all that is used of
    ``cryptography``, each where it is installed: 0.1 s and 15 MB more.

    Optional: the steps do the same when they need it, at the price of stalling every conversation
    that is under way, whose times then look long. Raises TrustError.
    """
    for name in _FIRST:
        importlib.import_module(name)
    # before all else: the first TLS connection is there after two, and would make it again
    world.trust.context(Trust.PUBLIC)
    for name in _THEN:
        importlib.import_module(name)
    with contextlib.suppress(ImportError):
        for name in _OF_LIBRARY if library else ():
            importlib.import_module(name)
    if quic:
        with contextlib.suppress(ImportError):
            importlib.import_module("msgprobe.steps.quic_handshake")


async def prepare_beside(world: World, asked: asyncio.Event, *, quic: bool, library: bool) -> None:
    """`prepare` in a thread, once the first questions have been ``asked``: as an import of the step
    that needs it, it would stall every conversation and make the path look slow. Raises TrustError.
    """
    await asked.wait()
    await asyncio.sleep(ASKED)
    await aside(partial(prepare, world, quic=quic, library=library))


async def prepared(preparing: "asyncio.Future[None]", *, hurried: bool) -> None:
    """Its end (see `prepare_beside`), unless somebody is in a hurry. Raises TrustError, by which
    nothing could be asked; what else was wrong with it is in the conversations."""
    if hurried:
        preparing.cancel()
    try:
        async with asyncio.timeout(PREPARED):
            await preparing
    except TrustError:
        raise
    except (Exception, asyncio.CancelledError):
        return
