"""A SimpleX server up to the block with which it speaks first.

Source: simplex-chat/simplexmq protocol/simplex-messaging.md and Transport.hs (ServerHandshake).
"""

import os
import struct
from typing import Final

BLOCK: Final = 16384
OLDEST: Final = 6
NEWEST: Final = 15


def block(chain: list[bytes]) -> bytes:
    """The server's hello with its certificates (DER); the key signed with them is made up."""
    session = os.urandom(32)
    body = struct.pack(">HHB", OLDEST, NEWEST, len(session)) + session
    body += bytes((len(chain),)) + b"".join(struct.pack(">H", len(der)) + der for der in chain)
    body += struct.pack(">H", 120) + os.urandom(120)
    return (struct.pack(">H", len(body)) + body).ljust(BLOCK, b"#")
