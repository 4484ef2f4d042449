"""TLS over ``ssl.MemoryBIO``, pumped by hand: what went in and out at the moment it died.

asyncio's own TLS hides the bytes, the alert, the plain answer and the chain that did not verify.
"""

import asyncio
import contextlib
import hashlib
import ssl

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.hello import Hello
from msgprobe.model.observation import TlsObservation
from msgprobe.model.target import Root, Trust
from msgprobe.steps.certificate import anchor, pinned_anchor, shown_chain
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence, Stream
from msgprobe.steps.guard import retained
from msgprobe.steps.hello import PAUSE, offered, pieces
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.printable import printable
from msgprobe.wire.tls_record import alert_in_reason, plain_alert, starts_like_tls

HANDSHAKE_CAP = 64 * 1024
"""Most bytes read before the handshake is done; real ones take 3 to 10 kB."""

HELLO_BOUND = 1024
"""More than our ClientHello takes for any name."""

HTTP_ALPN = ("http/1.1",)
"""The application protocol that is offered (RFC 7301) unless a service wants another or none."""

_CHUNK = 16 * 1024
_PLAIN_LIMIT = 2048
_PLAIN_PATIENCE = 0.3
"""Seconds for the rest of an answer that is not TLS."""


class _NotTls(Exception):
    """The answer cannot be TLS."""


class _NotPinned(Exception):
    """Nothing that the peer showed is, or was signed by, a certificate that is known."""


async def handshake(
    ctx: StepContext,
    stream: Stream,
    *,
    server_name: str | None,
    trust: Trust | None = Trust.PUBLIC,
    roots: tuple[Root, ...] = (),
    known: tuple[str, ...] = (),
    check_dates: bool = True,
    alpn: tuple[str, ...] = HTTP_ALPN,
    hello: Hello = Hello.USUAL,
    timeout: float | None = None,
) -> Done[TlsStream] | Failed:
    """Shake hands on a connected stream; records a TlsObservation. ``timeout`` is in seconds.

    ``server_name`` is both the SNI and the name that the certificate must hold; without one the
    chain alone is checked, and ``verified`` stays false. ``trust`` None looks and checks nothing.
    ``alpn`` are the application protocols offered (RFC 7301), none when empty; ``hello`` is the
    shape of the ClientHello.
    Under ``Trust.HASH`` the certificates ``known`` by their SHA-256 in hex decide, whatever the
    name; where ``cryptography`` would be needed and is missing, the handshake succeeds unverified.
    """
    own, named = tuple(root.pem for root in roots), server_name is not None
    context = ctx.world.trust.context(trust, own, named=named, dated=check_dates, hello=hello)
    # Contexts are shared, for a store takes long to read; what is offered is copied into the
    # session when that is made, with no await in between.
    context.set_alpn_protocols(list(offered(alpn, hello)))
    attempt = _Handshake(ctx, stream, context, server_name, trust, hello)
    failure: Failure | None = Failure.INTERRUPTED
    error: BaseException | None = None
    try:
        async with ctx.patience.within(ctx.remaining(timeout)):
            await attempt.run()
        if trust is Trust.HASH:
            attempt.find_anchor(frozenset(known))
        failure = None
    except _NotTls:
        failure = Failure.TLS_FAILED
    except _NotPinned:
        failure = Failure.TLS_UNKNOWN_AUTHORITY
    except (OSError, EOFError, TooLarge) as exc:
        error, failure = exc, classify(exc)
    finally:
        pinned = frozenset(root.sha256.lower() for root in roots)
        seen = attempt.observe(failure, error, pinned)
        stream.allow(Licence.EVERYTHING if seen.verified else Licence.NOTHING)
        ctx.record(retained(stream, seen))
    if failure is not None:
        return Failed(failure, Operation.TLS_HANDSHAKE)
    return Done(attempt.secured())


class _Handshake:
    """One handshake under way."""

    def __init__(
        self,
        ctx: StepContext,
        stream: Stream,
        context: ssl.SSLContext,
        server_name: str | None,
        trust: Trust | None,
        hello: Hello,
    ) -> None:
        self._ctx = ctx
        self._stream = stream
        self._server_name = server_name
        self._hello = hello
        self._checked = trust is not None
        self._by_hash = trust is Trust.HASH
        self._anchor: str | None = None
        self._doubt: str | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._before = stream.sent
        self._start = ctx.now()
        self._hello_at = self._start
        self._hello_size = 0
        self._sent = bytearray()
        self._received = bytearray()
        self._first_byte: float | None = None
        self._plain: str | None = None

    async def run(self) -> None:
        """Pump until the handshake is done. Raises OSError, EOFError, TooLarge or _NotTls."""
        self._stream.allow(Licence.OPENING)
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                # OpenSSL has written an alert that says why; a polite client sends it.
                with contextlib.suppress(OSError):
                    await self._flush()
                raise
            else:
                await self._flush()
                return

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if not data:
            return
        if self._hello_size:
            self._sent += data
            await self._stream.send(data)
        else:
            await self._send_hello(data)

    async def _send_hello(self, data: bytes) -> None:
        self._hello_size, self._hello_at = len(data), self._ctx.now()
        first, *rest = pieces(data, self._server_name, self._hello)
        self._sent += first
        await self._stream.send(first)
        for piece in rest:
            await asyncio.sleep(PAUSE)
            self._hello_at = self._ctx.now()
            self._sent += piece
            await self._stream.send(piece)

    async def _feed(self) -> None:
        data = await self._stream.receive(_CHUNK)
        if not data:
            raise EOFError
        if self._first_byte is None:
            self._first_byte = self._ctx.now() - self._hello_at
        self._received += data
        if not starts_like_tls(bytes(self._received[:2])):
            await self._keep_plain()
            raise _NotTls
        if len(self._received) > HANDSHAKE_CAP:
            raise TooLarge
        self._incoming.write(data)

    async def _keep_plain(self) -> None:
        """Take what little more of a plain answer comes at once: a block page's beginning."""
        try:
            async with asyncio.timeout(_PLAIN_PATIENCE):
                while len(self._received) < _PLAIN_LIMIT:
                    data = await self._stream.receive(_PLAIN_LIMIT)
                    if not data:
                        break
                    self._received += data
        except OSError:
            pass  # the beginning is enough
        finally:
            self._plain = printable(bytes(self._received), _PLAIN_LIMIT)

    def find_anchor(self, known: frozenset[str]) -> None:
        """Look for a certificate that is known by its hash. Raises _NotPinned."""
        try:
            self._anchor = pinned_anchor(self._tls, known)
        except ImportError:
            self._doubt = "not authenticated: the cryptography package is missing"
            return
        if self._anchor is None:
            self._doubt = "no certificate shown is the known one, or was signed by it"
            raise _NotPinned

    def secured(self) -> TlsStream:
        """The stream inside TLS, once ``run`` has ended well."""
        return TlsStream(
            self._stream, self._tls, self._incoming, self._outgoing, verified=self._holds()
        )

    def _holds(self) -> bool:
        if self._by_hash:
            return self._anchor is not None
        return self._checked and self._server_name is not None

    def _alert(self, error: BaseException | None) -> tuple[str | None, bool]:
        """The alert that went by, and whether the peer sent it."""
        reason = error.reason if isinstance(error, ssl.SSLError) else None
        received = plain_alert(bytes(self._received)) or alert_in_reason(reason or "")
        if received is not None:
            return received, True
        return plain_alert(bytes(self._sent)), False

    def _verify_error(self, error: BaseException | None) -> str | None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        return self._doubt

    def observe(
        self, failure: Failure | None, error: BaseException | None, pinned: frozenset[str]
    ) -> TlsObservation:
        """What was seen, whatever happened."""
        window = self._ctx.window(self._start)  # what we look at from here on takes nobody's time
        info = self._stream.tcp_info()
        done = failure is None
        alert, alert_received = self._alert(error)
        root, public = self._anchor, None
        if done and self._checked and not self._by_hash and (der := anchor(self._tls)) is not None:
            root = hashlib.sha256(der).hexdigest()
            public = None if root in pinned else self._ctx.world.trust.holds_publicly(der)
        acked: bool | None = None
        if info is not None and self._hello_size:
            acked = info.bytes_acked >= self._before + self._hello_size
        cipher = self._tls.cipher() if done else None
        return TlsObservation(
            transaction=self._ctx.transaction,
            window=window,
            failure=failure,
            address=self._stream.address,
            port=self._stream.port,
            server_name=self._server_name,
            verified=done and self._holds(),
            checked=self._checked,
            version=self._tls.version() if done else None,
            cipher=cipher[0] if cipher else None,
            alpn=self._tls.selected_alpn_protocol() if done else None,
            bytes_sent=len(self._sent),
            bytes_received=len(self._received),
            hello_size=self._hello_size,
            hello_acked=acked,
            first_byte=self._first_byte,
            alert=alert,
            alert_received=alert_received,
            chain=shown_chain(self._tls),
            root_sha256=root,
            root_pinned=root in pinned or self._anchor is not None,
            root_public=public,
            verify_error=self._verify_error(error),
            plain=self._plain,
            errno=None if error is None else errno_name(error),
            info=info,
        )
