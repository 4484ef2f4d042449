"""MTProto's messages as HTTP bodies, on a conversation of ours. Imported only where it is spoken.

Sources: core.telegram.org/mtproto/mtproto-transports; tdlib ``td/mtproto/HttpTransport.cpp``;
tdesktop ``mtproto/connection_http.cpp``. HTTP/1.1 by h11 (RFC 9112).
"""

import h11

from msgprobe.steps.browser import USER_AGENT
from msgprobe.steps.http_limits import HEADER_CAP
from msgprobe.steps.protocol import Exchange
from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto_transport import MAX_PACKET
from msgprobe.wire.printable import printable

PATH = "/api"

_ERROR_SIZE = 4
"""Bytes of a body that is a transport error instead of a message."""


class Posts:
    """One connection over which each message is POSTed, and answered in the answer's body."""

    def __init__(self, exchange: Exchange, address: str, port: int) -> None:
        self._exchange = exchange
        name = f"[{address}]" if ":" in address else address
        self._host = name if port == 80 else f"{name}:{port}"
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_CAP)

    async def send(self, message: bytes) -> None:
        """POST ``message``. Raises OSError, and WireError where no further answer can come."""
        if self._http.our_state is not h11.IDLE:
            if self._http.their_state is not h11.DONE:
                raise WireError("mtproto: the server closes after one answer")
            self._http.start_next_cycle()
        fields = [
            ("Host", self._host),
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", str(len(message))),
            ("Connection", "keep-alive"),
        ]
        request = h11.Request(method="POST", target=PATH, headers=fields)
        parts = (request, h11.Data(data=message), h11.EndOfMessage())
        await self._exchange.send(b"".join(self._http.send(part) or b"" for part in parts))

    async def receive(self) -> bytes:
        """The body of the answer. Raises OSError, EOFError, TooLarge and, for what is no answer of
        a data centre, WireError."""
        status, body = 0, b""
        try:
            while True:
                match self._http.next_event():
                    case h11.NEED_DATA:
                        self._http.receive_data(await self._exchange.receive_some())
                    case h11.Response(status_code=status):
                        pass
                    case h11.Data(data=data):
                        body += bytes(data)
                    case h11.EndOfMessage():
                        break
                    case h11.PAUSED | h11.ConnectionClosed():
                        raise WireError("mtproto: the server has ended the conversation")
                    case _:  # an interim answer
                        pass
                if len(body) > MAX_PACKET:
                    raise WireError("mtproto: HTTP answer with a long body")
        except h11.RemoteProtocolError as exc:
            raise WireError(f"mtproto: {printable(str(exc).encode(), 80)}") from exc
        if status >= 300 and len(body) != _ERROR_SIZE:
            raise WireError(f"mtproto: HTTP status {status}")
        return body
