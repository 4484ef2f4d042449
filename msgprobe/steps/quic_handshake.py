"""aioquic's handshake driven without its sockets: ours, with our deadlines and our accounting.

Sources: RFC 9000 (packets, closing), RFC 9001 (TLS inside QUIC), RFC 9002 section 6.2.2 (the first
probe timeout is one second), RFC 9114 section 3.1 (ALPN ``h3``).
"""

import asyncio
import logging
import ssl
from typing import Any, Final

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted
from aioquic.quic.logger import QuicLogger, QuicLoggerTrace

from msgprobe.model.observation import Proof
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import StepContext
from msgprobe.steps.datagrams import Datagram
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable

MOST_SENT: Final = 16
"""Datagrams of ours, at most; a clean handshake takes 3 or 4."""

MOST_RECEIVED: Final = 24
"""Datagrams of the server's, at most; a clean handshake takes 3 to 6."""

_INITIAL_RTT: Final = 0.333
_WINDOW: Final = 16 * 1024
"""Bytes of streams that a server may send unasked."""
_SHOWN: Final = 200
_STAGES: Final = ("initial", "retry", "version_negotiation")
"""Types of packets that are stages; a handshake packet says no more than the initial."""

_CERTIFICATE: Final = frozenset(0x100 + alert for alert in (42, 43, 44, 45, 46, 48))
"""Errors that are TLS alerts about a certificate (RFC 9001 section 4.8, RFC 8446 section 6.2)."""

# Its warnings would go to standard error; what it has to say is in the observation.
logging.getLogger("quic").setLevel(logging.CRITICAL + 1)


class _Trace(QuicLoggerTrace):
    """What packets went by, which no event of aioquic's tells."""

    def __init__(self, *, is_client: bool, odcid: bytes) -> None:
        super().__init__(is_client=is_client, odcid=odcid)
        self.packets: list[tuple[str, str, list[dict[str, Any]]]] = []

    def log_event(self, *, category: str, event: str, data: dict[str, Any]) -> None:
        """Keep a packet: event, type and frames (which are still to be filled in)."""
        # One that came is told of when keys made of our connection ids have opened it.
        if event in ("packet_received", "packet_sent"):
            self.packets.append((event, data["header"]["packet_type"], data["frames"]))


class _Log(QuicLogger):
    """Makes the trace of the one connection."""

    def __init__(self) -> None:
        super().__init__()
        self.trace: _Trace | None = None

    def start_trace(self, is_client: bool, odcid: bytes) -> _Trace:
        """Called once, by the connection."""
        self.trace = _Trace(is_client=is_client, odcid=odcid)
        return self.trace

    def end_trace(self, trace: QuicLoggerTrace) -> None:
        """Nothing to put away."""

    def taken(self) -> list[tuple[str, str, list[dict[str, Any]]]]:
        """The packets since the last call."""
        if self.trace is None:
            return []
        found, self.trace.packets = self.trace.packets, []
        return found


def _close(frames: list[dict[str, Any]]) -> tuple[int, str] | None:
    """The error of a CONNECTION_CLOSE frame: its number, and in words."""
    for frame in frames:
        if frame.get("frame_type") == "connection_close":
            code = int(frame["error_code"])
            reason = printable(str(frame.get("reason", "")).encode(), _SHOWN)
            return code, f"error {code:#x} {reason}".rstrip()
    return None


class Handshake:
    """One handshake in one conversation.

    ``ca_file`` is a file of root certificates and ``own_roots`` more of them in PEM; ``checked``
    False verifies nothing.
    """

    def __init__(
        self,
        ctx: StepContext,
        datagram: Datagram,
        server_name: str | None,
        ca_file: str | None,
        own_roots: str,
        checked: bool,
    ) -> None:
        self._ctx = ctx
        self._datagram = datagram
        self._verifies = checked and server_name is not None
        self._log = _Log()
        self._sent = self._received = 0
        self._peer = (datagram.address, datagram.port)
        self._quic = QuicConnection(
            configuration=QuicConfiguration(
                is_client=True,
                alpn_protocols=["h3"],
                server_name=server_name,
                cafile=ca_file,
                cadata=own_roots.encode() or None,
                verify_mode=ssl.CERT_REQUIRED if self._verifies else ssl.CERT_NONE,
                initial_rtt=_INITIAL_RTT,
                max_data=_WINDOW,
                max_stream_data=_WINDOW,
                quic_logger=self._log,
            )
        )

    async def run(self) -> None:
        """Until the handshake is complete; then say goodbye.

        Raises OSError (``ssl.SSLError`` when either side ends it), TooLarge and WireError.
        """
        self._quic.connect(self._peer, now=self._ctx.now())
        await self._flush()
        self._datagram.reached("initial_sent", Proof.NONE)
        while not self._complete():
            await self._hear()
            await self._flush()
            self._look()
        proof = Proof.CRYPTO if self._verifies else Proof.NONCE
        detail = "h3, the certificate holds" if self._verifies else "h3, certificate not checked"
        self._datagram.reached("handshake", proof, detail)
        self._quic.close()
        await self._flush()

    async def _flush(self) -> None:
        for data, _ in self._quic.datagrams_to_send(now=self._ctx.now()):
            if self._sent >= MOST_SENT:
                raise TooLarge
            self._sent += 1
            await self._datagram.send(data)

    async def _hear(self) -> None:
        """One datagram, or the connection's own timer."""
        due = self._quic.get_timer()
        clock = asyncio.timeout(None if due is None else max(0.0, due - self._ctx.now()))
        try:
            async with clock:
                data = await self._datagram.receive()
        except TimeoutError:
            if not clock.expired():
                raise  # the kernel's own
            self._quic.handle_timer(now=self._ctx.now())
            return
        self._received += 1
        if self._received > MOST_RECEIVED:
            raise TooLarge
        try:
            self._quic.receive_datagram(data, self._peer, now=self._ctx.now())
        except Exception as exc:
            # What a hostile datagram does to the library is no fault of this program.
            raise WireError(f"a datagram that aioquic cannot read ({type(exc).__name__})") from exc

    def _look(self) -> None:
        """What the last packets mean. Raises ssl.SSLError when one of the sides has ended it."""
        for event, kind, frames in self._log.taken():
            closing = _close(frames)
            if event == "packet_received":
                if kind in _STAGES:
                    self._datagram.reached(kind, Proof.NONCE)
                if closing is not None:
                    self._datagram.reached(
                        "closed", Proof.NONCE, f"the server closes: {closing[1]}"
                    )
                    raise ssl.SSLError(closing[1])
            elif closing is not None:
                ours = "certificate_refused" if closing[0] in _CERTIFICATE else "broken_off"
                self._datagram.reached(ours, Proof.NONCE, f"we close: {closing[1]}")
                raise ssl.SSLError(closing[1])

    def _complete(self) -> bool:
        while (event := self._quic.next_event()) is not None:
            if isinstance(event, HandshakeCompleted):
                return True
            if isinstance(event, ConnectionTerminated):
                raise WireError(event.reason_phrase or "the connection ended")
        return False
