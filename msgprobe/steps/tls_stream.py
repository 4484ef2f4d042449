"""A stream inside TLS, riding a TCP stream of ours."""

import ssl

from msgprobe.steps.classify import TooLarge
from msgprobe.steps.door import Stream
from msgprobe.steps.layered import LayeredStream

_CHUNK = 16 * 1024
_MAX_SILENT = 64 * 1024
"""Most ciphertext that may go by without one byte of content (tickets, key updates)."""


class TlsStream(LayeredStream):
    """What ``tls.handshake`` gives; a Stream like the one below it.

    ``sent`` and ``received`` stay the TCP payload's. ``verified``: the chain and the name held.
    ``goodbye``: the peer said, in TLS, that nothing more comes.
    """

    def __init__(
        self,
        stream: Stream,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        *,
        verified: bool,
    ) -> None:
        super().__init__(stream)
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self.verified = verified
        self.goodbye = False

    @property
    def certificate(self) -> bytes | None:
        """The certificate that the peer showed for itself, in DER, whether or not it convinced."""
        return self._tls.getpeercert(binary_form=True)

    @property
    def alpn(self) -> str | None:
        """The application protocol that the server chose, if any."""
        return self._tls.selected_alpn_protocol()

    async def send(self, data: bytes) -> None:
        """Encrypt and send ``data``. Raises OSError (``ssl.SSLError`` is one)."""
        self._tls.write(data)
        await self._flush()

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes of content; empty at the end, announced or not.

        A FIN without close_notify is an end too: HTTP says by itself whether the body is whole.
        Raises OSError, and TooLarge when nothing but ciphertext comes.
        """
        silent = 0
        while True:
            try:
                content = self._tls.read(limit)
                self.goodbye = not content  # what only ends raises instead
                return content
            except ssl.SSLWantReadError:
                await self._flush()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            data = await self._stream.receive(_CHUNK)
            if not data:
                self._incoming.write_eof()
                continue
            silent += len(data)
            if silent > _MAX_SILENT:
                raise TooLarge
            self._incoming.write(data)

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._stream.send(self._outgoing.read())


def authenticated(stream: Stream) -> bool:
    """It is inside TLS, and the peer's chain verified."""
    return isinstance(stream, TlsStream) and stream.verified


def said_goodbye(stream: Stream) -> bool:
    """It is inside TLS, and the peer has ended it in so many words (close_notify)."""
    return isinstance(stream, TlsStream) and stream.goodbye
