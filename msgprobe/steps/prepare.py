"""Everything slow that a first step would otherwise do in the middle of somebody's round trip."""

import contextlib
import importlib

from msgprobe.model.target import Trust
from msgprobe.steps.world import World

_WANTED = (
    "dns.message",
    "dns.rdtypes.IN.A",
    "dns.rdtypes.IN.AAAA",
    "dns.rdtypes.ANY.CNAME",
    "wsproto",
    "h2.connection",
)
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
    # first: the first TLS connection is there after two round trips, and would make it again
    world.trust.context(Trust.PUBLIC)
    importlib.import_module("msgprobe.steps.http_exchange")
    for name in _WANTED:
        importlib.import_module(name)
    with contextlib.suppress(ImportError):
        for name in _OF_LIBRARY if library else ():
            importlib.import_module(name)
    if quic:
        with contextlib.suppress(ImportError):
            importlib.import_module("msgprobe.steps.quic_handshake")
