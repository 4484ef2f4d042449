"""Servers of other messengers, as far as strangers get: XMPP, IMAP, SMTP, KakaoTalk's LOCO, push,
and JSON over WebSockets. Written from the protocols' own descriptions, not from the target files.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from tests.lab.world import websocket
from tests.lab.world.http import Request
from tests.lab.world.talk import Streams, close, streams

_STREAM: Final = "{http://etherx.jabber.org/streams}stream"
_TLS: Final = "urn:ietf:params:xml:ns:xmpp-tls"
_SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
_TEXT: Final = 1
_LONGEST: Final = 1 << 16
PATIENCE_S: Final = 60.0

Inside = Callable[[Streams, str], Awaitable[None]]
"""A server inside TLS, given the name on its certificate."""


# --- XMPP (RFC 6120) ----------------------------------------------------------------------------


class _Stream:
    """One XML stream as the server reads it, of any pieces."""

    def __init__(self) -> None:
        self._parser: Any = XMLPullParser(("start", "end"))
        self._depth = 0

    def feed(self, data: bytes) -> list[tuple[str, Element]]:
        """``open``, ``stanza`` and ``close`` events. Raises ParseError."""
        self._parser.feed(data)
        found = []
        for event, element in self._parser.read_events():
            if not isinstance(element, Element):
                continue
            self._depth += 1 if event == "start" else -1
            if event == "start" and self._depth == 1:
                found.append(("open", element))
            elif event == "end" and self._depth < 2:
                found.append(("stanza" if self._depth else "close", element))
        return found


def _header(domain: str, features: str) -> bytes:
    return (
        f"<?xml version='1.0'?><stream:stream id='lab1' from='{domain}' version='1.0' "
        "xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        f"<stream:features>{features}</stream:features>"
    ).encode()


def _refusal(condition: str) -> bytes:
    return (
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
        f"xmlns:stream='http://etherx.jabber.org/streams'><stream:error><{condition} "
        "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
    ).encode()


async def xmpp(sock: socket.socket, domain: str, context: ssl.SSLContext) -> None:
    """The port for clients: nothing but STARTTLS is offered in the open (§5)."""
    loop = asyncio.get_running_loop()
    stream = _Stream()
    async with asyncio.timeout(PATIENCE_S):
        while data := await loop.sock_recv(sock, 4096):
            try:
                events = stream.feed(data)
            except ParseError:
                await loop.sock_sendall(sock, _refusal("not-well-formed"))
                return
            for event, element in events:
                if event == "open":
                    if element.tag != _STREAM or element.get("to") != domain:
                        await loop.sock_sendall(sock, _refusal("host-unknown"))
                        return
                    offer = f"<starttls xmlns='{_TLS}'><required/></starttls>"
                    await loop.sock_sendall(sock, _header(domain, offer))
                elif event == "stanza" and element.tag == f"{{{_TLS}}}starttls":
                    await loop.sock_sendall(sock, f"<proceed xmlns='{_TLS}'/>".encode())
                    await xmpps(await streams(sock, context), domain)
                    return
                else:
                    await loop.sock_sendall(sock, b"</stream:stream>")
                    return


async def xmpps(pair: Streams, domain: str) -> None:
    """Inside TLS: how to log in, and nothing more without that."""
    reader, writer = pair
    stream = _Stream()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while data := await reader.read(4096):
                for event, element in stream.feed(data):
                    if event == "open" and element.get("to") == domain:
                        ways = "".join(
                            f"<mechanism>{one}</mechanism>" for one in ("SCRAM-SHA-1", "PLAIN")
                        )
                        offer = f"<mechanisms xmlns='{_SASL}'>{ways}</mechanisms>"
                        writer.write(_header(domain, offer))
                    else:
                        writer.write(b"</stream:stream>")
                        return
                await writer.drain()
    except ParseError:
        writer.write(_refusal("not-well-formed"))
    finally:
        await close(writer)


# --- mail (RFC 9051, RFC 5321) --------------------------------------------------------------------


async def imaps(pair: Streams, name: str) -> None:
    """A mail store, to who has not logged in."""
    reader, writer = pair
    writer.write(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Dovecot ready.\r\n")
    try:
        async with asyncio.timeout(PATIENCE_S):
            while line := await reader.readline():
                tag, _, rest = line.strip().partition(b" ")
                verb = rest.upper()
                if verb == b"LOGOUT":
                    writer.write(b"* BYE Logging out\r\n" + tag + b" OK Logout completed.\r\n")
                    return
                if verb == b"CAPABILITY":
                    writer.write(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n")
                    writer.write(tag + b" OK Capability completed.\r\n")
                else:
                    writer.write(tag + b" BAD Error in IMAP command received by server.\r\n")
    finally:
        await close(writer)


async def smtps(pair: Streams, name: str) -> None:
    """A mail exchanger, to who has not logged in."""
    reader, writer = pair
    writer.write(f"220 {name} ESMTP Postfix\r\n".encode())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while line := await reader.readline():
                verb = line.strip().upper()
                if verb == b"QUIT":
                    writer.write(b"221 2.0.0 Bye\r\n")
                    return
                good = verb.startswith((b"EHLO ", b"HELO "))
                writer.write(f"250 {name}\r\n".encode() if good else b"503 5.5.1 Error\r\n")
    finally:
        await close(writer)


# --- KakaoTalk (node-kakao src/network/loco-packet-codec.ts) --------------------------------------

_PACKET: Final = struct.Struct("<IH11sBI")


def bson(value: dict[str, Any]) -> bytes:
    """A BSON document of texts, 32-bit numbers, documents and lists (bsonspec.org)."""
    body = b""
    for key, one in value.items():
        name = key.encode() + b"\0"
        match one:
            case str():
                text = one.encode() + b"\0"
                body += b"\x02" + name + struct.pack("<I", len(text)) + text
            case int():
                body += b"\x10" + name + struct.pack("<i", one)
            case list():
                listed = bson({str(n): item for n, item in enumerate(one)})
                body += b"\x04" + name + listed
            case _:
                body += b"\x03" + name + bson(one)
    return struct.pack("<I", len(body) + 5) + body + b"\0"


def texts(document: bytes) -> dict[str, str]:
    """The texts of a BSON document that has nothing else. Raises ValueError."""
    size = int.from_bytes(document[:4], "little")
    if size != len(document) or document[-1:] != b"\0":
        raise ValueError("no BSON document")
    found, at = {}, 4
    while at < size - 1:
        if document[at] != 2:
            raise ValueError("not a text")
        end = document.index(b"\0", at)
        length = int.from_bytes(document[end + 1 : end + 5], "little")
        text = document[end + 5 : end + 5 + length]
        if len(text) != length or text[-1:] != b"\0":
            raise ValueError("a text of another length")
        found[document[at + 1 : end].decode()] = text[:-1].decode()
        at = end + 5 + length
    return found


async def loco(pair: Streams, name: str) -> None:
    """The booking server: settings for every client that asks in the right form."""
    reader, writer = pair
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                head = await reader.readexactly(_PACKET.size)
                number, status, method, kind, size = _PACKET.unpack(head)
                asked = texts(await reader.readexactly(min(size, _LONGEST)))
                if method.rstrip(b"\0") != b"GETCONF" or status or kind:
                    return
                if not {"MCCMNC", "model", "os"} <= asked.keys():
                    return
                told = {
                    "revision": 1,
                    "ticket": {"lsl": ["ticket-loco.kakao.com"]},
                    "wifi": {"ports": [995, 8080, 9282]},
                }
                body = bson(told)
                writer.write(_PACKET.pack(number, 0, b"GETCONF", 0, len(body)) + body)
                await writer.drain()
    except (asyncio.IncompleteReadError, ValueError):
        return
    finally:
        await close(writer)


async def quiet(pair: Streams, name: str) -> None:
    """A push server: the client speaks first, and strangers have nothing to say."""
    reader, writer = pair
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await reader.read(4096)
    finally:
        await close(writer)


INSIDE: Final[dict[str, tuple[Inside, str]]] = {
    "xmpps": (xmpps, "xmpp-client"),
    "imaps": (imaps, "imap"),
    "smtps": (smtps, ""),
    "locos": (loco, ""),
    "mcss": (quiet, ""),
    "apnss": (quiet, "apns-security-v3"),
}
"""What a port inside TLS speaks, and the application protocol that it chooses (RFC 7301)."""


# --- JSON over WebSockets -------------------------------------------------------------------------


async def discord(request: Request, pair: Streams) -> None:
    """The gateway says hello by itself, and answers heartbeats (gateway.mdx)."""
    reader, writer = pair
    if "encoding=json" not in request.target:
        return

    def say(value: dict[str, Any]) -> None:
        text = json.dumps({"t": None, "s": None, **value}, separators=(",", ":"))
        writer.write(websocket.frame(text.encode(), _TEXT))

    say({"op": 10, "d": {"heartbeat_interval": 41250, "_trace": ['["gateway-lab",{}]']}})
    while True:
        told = json.loads(await websocket.message(reader, writer))
        if told.get("op") != 1:
            writer.write(websocket.frame((4003).to_bytes(2, "big") + b"Not authenticated.", 8))
            return
        say({"op": 11})


async def oneme(request: Request, pair: Streams) -> None:
    """MAX's first server takes JSON; the second one only its binary form (and then closes)."""
    reader, writer = pair
    told = await websocket.message(reader, writer)
    if request.host != "ws-api.oneme.ru":
        return
    asked = json.loads(told)
    good = asked["cmd"] == 0 and asked["opcode"] == 6 and "userAgent" in asked["payload"]
    answer = {
        "ver": 11,
        "cmd": 1 if good else 3,
        "seq": asked["seq"],
        "opcode": asked["opcode"],
        "payload": {"location": "RU", "phone-auth-enabled": True},
    }
    text = json.dumps(answer, separators=(",", ":"))
    writer.write(websocket.frame(text.encode(), _TEXT))
    await writer.drain()
    await websocket.message(reader, writer)


SOCKETS: Final[dict[tuple[str, str], tuple[str, Callable[[Request, Streams], Awaitable[None]]]]] = {
    ("gateway.discord.gg", "/"): ("https://discord.com", discord),
    ("ws-api.oneme.ru", "/websocket"): ("https://web.max.ru", oneme),
    ("api.oneme.ru", "/websocket"): ("https://web.max.ru", oneme),
}
"""By host and path: from which page, and who answers."""


async def upgraded(request: Request, pair: Streams) -> bool:
    """Speak what the WebSocket at ``request`` speaks; False where there is none."""
    origin, serve = SOCKETS.get((request.host or "", request.path), ("", None))
    accepted = websocket.accept(request)
    if serve is None or accepted is None or request.headers.get("origin") != origin:
        return False
    pair[1].write(accepted)
    ends = (websocket.Closed, asyncio.IncompleteReadError, ValueError, KeyError, TimeoutError)
    with contextlib.suppress(*ends):
        async with asyncio.timeout(PATIENCE_S):
            await serve(request, pair)
    return True
