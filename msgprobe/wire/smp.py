"""SimpleX's messaging protocol (SMP): the block with which the server speaks first.

Source: simplex-chat/simplexmq protocol/simplex-messaging.md ("SMP server handshake") and
src/Simplex/Messaging/Transport.hs (ServerHandshake): blocks of 16384 bytes, a length of two bytes,
contents, then ``#`` to the end. Numbers are big-endian.
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

BLOCK_SIZE = 16384
ALPN = "smp/1"


@dataclass(frozen=True, slots=True)
class ServerHello:
    """The versions that the server speaks, and its name for the session."""

    oldest: int
    newest: int
    session: bytes


def parse_server_hello(block: bytes) -> ServerHello:
    """The server's first block. Raises WireError."""
    if len(block) != BLOCK_SIZE:
        raise WireError(f"smp: a block of {len(block)} bytes")
    size = int.from_bytes(block[:2])
    body, padding = block[2 : 2 + size], block[2 + size :]
    if len(body) != size or padding.strip(b"#"):
        raise WireError("smp: the block is not padded as it should be")
    if size < 5 or len(body) < 5 + body[4]:
        raise WireError("smp: the hello is cut short")
    oldest, newest = int.from_bytes(body[:2]), int.from_bytes(body[2:4])
    if not 1 <= oldest <= newest:
        raise WireError(f"smp: versions {oldest} to {newest}")
    return ServerHello(oldest, newest, body[5 : 5 + body[4]])
