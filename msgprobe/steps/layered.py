"""A stream on top of another: whatever a layer does not change is the stream's below."""

from msgprobe.model.observation import TcpInfo
from msgprobe.steps.door import Licence, Stream


class LayeredStream:
    """Everything of a `Stream` but ``send`` and ``receive``, which are the layer's own.

    ``sent`` and ``received`` stay the TCP payload's.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def address(self) -> str:
        """The peer's IP literal."""
        return self._stream.address

    @property
    def port(self) -> int:
        """The peer's port."""
        return self._stream.port

    @property
    def source_port(self) -> int:
        """Our port."""
        return self._stream.source_port

    @property
    def licence(self) -> Licence:
        """What may be sent on the TCP stream."""
        return self._stream.licence

    def allow(self, licence: Licence) -> None:
        """Allow it on the TCP stream."""
        self._stream.allow(licence)

    @property
    def sent(self) -> int:
        """TCP payload sent."""
        return self._stream.sent

    @property
    def received(self) -> int:
        """TCP payload received."""
        return self._stream.received

    async def finish(self, timeout: float) -> None:
        """Say goodbye on the TCP stream."""
        await self._stream.finish(timeout)

    def tcp_info(self) -> TcpInfo | None:
        """The kernel's view of the TCP stream."""
        return self._stream.tcp_info()

    def close(self, *, abort: bool = False) -> None:
        """Release the TCP stream."""
        self._stream.close(abort=abort)
