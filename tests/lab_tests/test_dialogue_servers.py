"""The world's XMPP, mail and LOCO servers, asked by clients that others wrote."""

import asyncio
import contextlib
import imaplib
import json
import shutil
import smtplib
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.world import answers, dialogue, websocket
from tests.lab.world.http import Request
from tests.steps import loopback
from tests.steps.authority import NAME, authority, server_context
from tests.steps.loopback import HOST, run

OPENSSL = shutil.which("openssl")


@asynccontextmanager
async def inside(name: str) -> AsyncIterator[int]:
    serve, alpn = dialogue.INSIDE[name]
    context = server_context()
    context.set_alpn_protocols([alpn] if alpn else [])

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await serve((reader, writer), NAME)

    server = await asyncio.start_server(handle, HOST, 0, ssl=context)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def trusting() -> ssl.SSLContext:
    made = ssl.create_default_context(cadata=authority().cert_pem.bytes().decode())
    made.check_hostname = False
    return made


def test_imaplib_reads_the_greeting_and_leaves() -> None:
    def ask(port: int) -> tuple[bytes, str]:
        with imaplib.IMAP4_SSL(HOST, port, ssl_context=trusting(), timeout=5) as mail:
            welcome = mail.welcome
            said, _ = mail.logout()
        return welcome, said

    async def main() -> tuple[bytes, str]:
        async with inside("imaps") as port:
            return await asyncio.to_thread(ask, port)

    welcome, said = run(main())
    assert welcome.startswith(b"* OK") and said == "BYE"


def test_smtplib_reads_the_greeting_and_leaves() -> None:
    def ask(port: int) -> tuple[int, int]:
        with smtplib.SMTP_SSL(HOST, port, context=trusting(), timeout=5) as mail:
            greeted, _ = mail.ehlo("client.example")
            left, _ = mail.quit()
        return greeted, left

    async def main() -> tuple[int, int]:
        async with inside("smtps") as port:
            return await asyncio.to_thread(ask, port)

    assert run(main()) == (250, 221)


@pytest.mark.skipif(OPENSSL is None, reason="no openssl command here")
@pytest.mark.parametrize(("domain", "good"), [(NAME, True), ("elsewhere.example", False)])
def test_openssl_turns_an_xmpp_stream_to_tls(tmp_path: Path, domain: str, good: bool) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority().cert_pem.bytes())

    def ask(port: int) -> subprocess.CompletedProcess[bytes]:
        words = [str(OPENSSL), "s_client", "-connect", f"{HOST}:{port}", "-starttls", "xmpp"]
        words += ["-xmpphost", domain, "-CAfile", str(roots), "-verify_return_error"]
        words += ["-verify_hostname", NAME]
        return subprocess.run(words, input=b"", capture_output=True, timeout=10, check=False)

    async def main() -> subprocess.CompletedProcess[bytes]:
        async def serve(sock: socket.socket) -> None:
            await dialogue.xmpp(sock, NAME, server_context())

        async with loopback.serve(serve) as port:
            return await asyncio.to_thread(ask, port)

    done = run(main())
    assert (b"-----BEGIN CERTIFICATE-----" in done.stdout) is good
    assert not good or b"Verify return code: 0 (ok)" in done.stdout


def test_an_xmpp_stream_may_come_in_any_pieces() -> None:
    header = (
        f"<?xml version='1.0'?><stream:stream to='{NAME}' xmlns='jabber:client' version='1.0' "
        "xmlns:stream='http://etherx.jabber.org/streams'>"
    ).encode()

    async def main() -> bytes:
        async def serve(sock: socket.socket) -> None:
            await dialogue.xmpp(sock, NAME, server_context())

        async with loopback.serve(serve) as port:
            reader, writer = await asyncio.open_connection(HOST, port)
            for at in range(len(header)):
                writer.write(header[at : at + 1])
                await writer.drain()
            answer = await reader.readuntil(b"</stream:features>")
            writer.write(b"<message/>")
            answer += await reader.read()
            writer.close()
            return answer

    answer = run(main())
    assert b"from='messenger.test'" in answer and b"<starttls" in answer
    assert b"<proceed" not in answer and answer.endswith(b"</stream:stream>")


def packet(number: int, method: bytes, document: bytes) -> bytes:
    return struct.pack("<IH11sBI", number, 0, method, 0, len(document)) + document


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (packet(7, b"GETCONF", dialogue.bson({"MCCMNC": "999", "model": "", "os": "mac"})), True),
        (packet(7, b"GETCONF", dialogue.bson({"os": "mac"})), False),
        (packet(7, b"LOGIN", dialogue.bson({"MCCMNC": "", "model": "", "os": ""})), False),
        (packet(7, b"GETCONF", b"\x05\0\0\0"), False),
    ],
)
def test_loco_answers_a_question_for_the_settings_and_nothing_else(
    sent: bytes, answered: bool
) -> None:
    async def main() -> bytes:
        async with inside("locos") as port:
            reader, writer = await asyncio.open_connection(
                HOST, port, ssl=trusting(), server_hostname=NAME
            )
            writer.write(sent)
            head = await reader.read(22)
            writer.close()
            return head

    head = run(main())
    if answered:
        assert struct.unpack("<IH11sBI", head)[:3] == (7, 0, b"GETCONF\0\0\0\0")
    else:
        assert head == b""


def test_bson_is_that_of_the_specification() -> None:
    # The first example of bsonspec.org.
    hello = bytes.fromhex("16000000 02 68656c6c6f00 06000000 776f726c6400 00")
    assert dialogue.bson({"hello": "world"}) == hello
    assert dialogue.texts(hello) == {"hello": "world"}
    nested = bytes.fromhex("1a000000 04 6c00 12000000 10 3000 01000000 10 3100 ffffffff 00 00")
    nested = struct.pack("<I", len(nested)) + nested[4:]
    inner = bytes.fromhex("10 3000 01000000 10 3100 ffffffff 00")
    listed = struct.pack("<I", len(inner) + 4) + inner
    assert dialogue.bson({"l": [1, -1]})[4:-1] == b"\x04l\0" + listed


@given(st.binary(max_size=60))
def test_documents_of_others_are_read_or_refused(junk: bytes) -> None:
    with contextlib.suppress(ValueError):
        dialogue.texts(junk)


def test_web_servers_tell_strangers_what_the_documentation_says() -> None:
    def ask(path: str, method: str = "GET") -> Request:
        return Request(method=method, target=path, headers={"host": "api.zoom.us"})

    gateway = answers.discord(ask("/api/v10/gateway"), 0)
    assert json.loads(gateway.body) == {"url": "wss://gateway.discord.gg"}
    assert answers.discord(ask("/api/v10/users/@me"), 0).status == 401
    assert answers.zalo_login(ask("/account/logininfo"), 0).status == 405
    assert "error_code" in json.loads(answers.zalo_login(ask("/account/logininfo", "POST"), 0).body)
    assert dict(answers.zoom(ask("/v2/users/me"), 0).headers).keys() == {"x-zm-trackingid"}
    assert json.loads(answers.matrix(ask("/_matrix/client/versions"), 0).body)["versions"]
    assert answers.matrix(ask("/_matrix/client/v3/sync"), 0).status == 401


def test_frames_of_text_are_marked_as_such() -> None:
    assert websocket.frame(b"{}", 1)[:2] == b"\x81\x02"
