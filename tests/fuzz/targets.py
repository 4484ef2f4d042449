"""What is fuzzed: every codec of the list that CI uses, and the step that holds a codec of others'.

Each takes any bytes and returns, or raises WireError.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

from msgprobe.steps.classify import TooLarge
from msgprobe.steps.door import Stream
from msgprobe.steps.websocket import WebSocketStream, _Upgrade
from tests.wire.codecs import CODECS


class _Tape:
    """A stream whose peer says ``data`` in small pieces and leaves."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def send(self, data: bytes) -> None:
        pass

    async def receive(self, limit: int) -> bytes:
        size = min(limit, 97)  # so that frames and header fields are cut
        data, self._data = self._data[:size], self._data[size:]
        return data


def _done(work: Coroutine[Any, Any, object]) -> None:
    """Run what never has to wait."""
    try:
        work.send(None)
    except StopIteration:
        return
    except (EOFError, TooLarge):  # how the steps are told of an end; both become observations
        return
    raise AssertionError("it waits")


def _frames(data: bytes) -> None:
    """Frames after an upgrade (RFC 6455 §5)."""
    from wsproto import WSConnection
    from wsproto.connection import Connection, ConnectionType

    async def read() -> None:
        connection = cast(WSConnection, Connection(ConnectionType.CLIENT))
        stream = WebSocketStream(cast(Stream, _Tape(data)), connection)
        size = 0
        while found := await stream.receive(64):
            size += len(found)
        # U+FFFD takes three octets where one was wrong.
        assert size <= 3 * len(data)

    _done(read())


def _answer(data: bytes) -> None:
    """The answer to our upgrade request."""
    asked = _Upgrade(cast(Stream, _Tape(data)))
    _done(asked.ask("messenger.test", "/ws", {"Origin": "https://messenger.test"}, ()))


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    **CODECS,
    "websocket answer": _answer,
    "websocket frames": _frames,
}
