"""Threema's chat server protocol, up to the server's hello.

Source: threema-ch/threema-android domain/libthreema/threema-protocols/src/csp.struct.yml
(client-hello, server-hello, server-challenge-response). NaCl's box comes from PyNaCl; without it
nothing can be opened.
"""

import string

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

KEY_SIZE = 32
COOKIE_SIZE = 16
CLIENT_HELLO_SIZE = KEY_SIZE + COOKIE_SIZE
SERVER_HELLO_SIZE = 80

_TEXT = frozenset(string.printable.encode())
_FIRST = (1).to_bytes(8, "little")
"""Sequence numbers start at 1 and end the nonce."""


@dataclass(frozen=True, slots=True)
class ServerHello:
    """The server's cookie, and what only the holder of its permanent key can have sealed."""

    cookie: bytes
    box: bytes


def public_key(secret: bytes) -> bytes | None:
    """The X25519 public key of ``secret``; None where PyNaCl is missing."""
    try:
        from nacl.bindings import crypto_scalarmult_base
    except ImportError:
        return None
    return crypto_scalarmult_base(secret)


def client_hello(public: bytes, cookie: bytes) -> bytes:
    """Our temporary public key and our cookie, which is the challenge to the server."""
    return public + cookie


def parse_server_hello(data: bytes, cookie: bytes) -> ServerHello:
    """The answer to a hello with our ``cookie``. Raises WireError."""
    if len(data) != SERVER_HELLO_SIZE:
        raise WireError(f"threema: {len(data)} bytes where a hello has {SERVER_HELLO_SIZE}")
    if _TEXT.issuperset(data):
        # 80 random bytes are never all printable; a page or a banner is.
        raise WireError("threema: text, not a hello")
    hello = ServerHello(data[:COOKIE_SIZE], data[COOKIE_SIZE:])
    if hello.cookie == cookie:
        raise WireError("threema: our own cookie came back")
    return hello


def opening_key(
    hello: ServerHello, secret: bytes, cookie: bytes, keys: tuple[bytes, ...]
) -> bytes | None:
    """Which of the server's permanent ``keys`` sealed the answer for us; None for none of them.

    ``secret`` belongs to the public key of our hello. Raises WireError for a seal that holds and
    does not repeat our cookie, ImportError without PyNaCl.
    """
    from nacl.bindings import crypto_box_open
    from nacl.exceptions import CryptoError

    for key in keys:
        try:
            plain = crypto_box_open(hello.box, hello.cookie + _FIRST, key, secret)
        except CryptoError:
            continue
        if plain[KEY_SIZE:] != cookie:
            raise WireError("threema: the server repeats another cookie than ours")
        return key
    return None
