"""Signal's messages inside a WebSocket: the request that the server sends first when a device asks
to be linked, and our polite answer.

Sources: signalapp/Signal-Server ``websocket-resources/src/main/proto/WebSocketProtocol.proto``,
``ProvisioningConnectListener.java``; libsignal ``Provisioning.proto``.
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable
from msgprobe.wire.protobuf import bytes_field, bytes_of, int_of, read_fields, varint

MAX_MESSAGE = 4096
"""An honest provisioning address takes less than 200 bytes."""

_REQUEST, _RESPONSE = 1, 2


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Where a phone would find this device: the server's first words. ``address`` is its name for
    us, ``request`` the number that an answer must carry."""

    request: int
    address: bytes


def parse_provisioning(message: bytes) -> Provisioning:
    """``PUT /v1/address`` with an address in it. Raises WireError for anything else."""
    outer = read_fields(message)
    if int_of(outer, 1) != _REQUEST:
        raise WireError("signal: message is no request")
    request = read_fields(bytes_of(outer, 2))
    verb, path = bytes_of(request, 1), bytes_of(request, 2)
    if (verb, path) != (b"PUT", b"/v1/address"):
        raise WireError(f"signal: request {printable(verb, 16)} {printable(path, 64)}")
    address = bytes_of(read_fields(bytes_of(request, 3)), 1)
    if not address:
        raise WireError("signal: the address is empty")
    return Provisioning(request=int_of(request, 4), address=address)


def accepted(request: int) -> bytes:
    """The message that answers ``request`` with 200 OK."""
    body = varint(1 << 3) + varint(request) + varint(2 << 3) + varint(200) + bytes_field(3, b"OK")
    return varint(1 << 3) + varint(_RESPONSE) + bytes_field(3, body)
