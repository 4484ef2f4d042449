"""Changes told by a service that apprise knows: a real one on loopback, and no secret anywhere."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from msgprobe.cli import settings
from msgprobe.cli.option import Flags
from msgprobe.cli.request import UsageError, notifier
from msgprobe.cli.watch_channels import ChannelError, Notification
from msgprobe.steps import notify
from tests.cli.process import Msgprobe
from tests.cli.test_vantage import hidden
from tests.cli.test_watch_alarm import BODY, followed, history

TOKEN = "123456789:AAFhushhushhushhushhushhushhushhushh"
TELEGRAM = f"tgram://{TOKEN}/987654"


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for key in settings.KEYS:
        monkeypatch.delenv(f"MSGPROBE_{key.upper()}", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Server:
    """A web server on loopback, without TLS."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.heads: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        length = int(head.lower().partition("content-length:")[2].split()[0])
        self.bodies.append(json.loads(await reader.readexactly(length)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        writer.write(f"HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


def channel(url: str) -> Notification:
    return Notification(notify.notifier(url))


async def told(server: Server, end: str) -> None:
    async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        await asyncio.to_thread(channel(f"json://127.0.0.1:{port}{end}").tell, BODY)


def test_a_change_is_told_in_words() -> None:
    server = Server("200 OK")
    asyncio.run(told(server, "/hook"))
    (body,) = server.bodies
    assert server.heads[0].startswith("POST /hook HTTP/1.1")
    assert (body["title"], body["message"]) == ("msgprobe", BODY["text"])


@pytest.mark.parametrize(
    "answer", ["500 Oops", "404 Not Found", "302 Found\r\nlocation: http://127.0.0.1:9/"]
)
def test_what_is_refused_or_sent_elsewhere_has_failed_and_repeats_nothing(
    answer: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    server = Server(answer)
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    try:
        with pytest.raises(ChannelError, match="JSON") as caught:
            asyncio.run(told(server, "/hush?redirect=yes"))
    finally:
        logging.getLogger("apprise").setLevel(logging.NOTSET)
    assert len(server.heads) == 1
    seen = capfd.readouterr()
    assert "hush" not in f"{caught.value}{caplog.text}{seen.out}{seen.err}"
    assert not seen.err


def test_a_dead_line_delays_a_notification_and_says_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = history(tmp_path / "h.db", "o" * 20 + "b" * 5)
    dead = channel("json://127.0.0.1:9/hush")
    changed, said = asyncio.run(followed(path, [dead], monkeypatch))
    assert len(changed) == 1
    (text,) = said
    assert "notification: JSON" in text and "tried again" in text and "hush" not in text
    server = Server("503 Not now", "200 OK")

    async def later() -> None:
        async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            alive = channel(f"json://127.0.0.1:{port}/hush")
            await followed(path, [alive], monkeypatch, pumps=60)

    asyncio.run(later())
    refused, taken = server.bodies
    assert refused["message"] == taken["message"]
    assert "telegram text" in taken["message"] and "Delayed since 20" in taken["message"]
    assert "hush" not in path.read_bytes().decode("latin-1")


@pytest.mark.parametrize("place", ["--notify", "--notify-file", "MSGPROBE_NOTIFY", "notify"])
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nosuch://hush/hush", "no URL that apprise knows"),
        ("tgram://hush", "no URL that apprise knows"),
        ("json://hush.example.org/x", "others on the way"),
        ("jsons://hush.example.org/x?verify=no", "others on the way"),
    ],
)
def test_what_cannot_be_is_refused_without_being_repeated(
    url: str, why: str, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags = Flags()
    if place == "--notify":
        flags = Flags(notify=url)
    elif place == "--notify-file":
        flags = Flags(notify_file=hidden(tmp_path / "url", url))
    elif place == "MSGPROBE_NOTIFY":
        monkeypatch.setenv(place, url)
    else:
        config = tmp_path / "config" / "msgprobe" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f"notify = {json.dumps(url)}\n")
    with pytest.raises(UsageError, match=why) as fault:
        notifier(flags)
    assert place in str(fault.value) and "hush" not in str(fault.value)


@pytest.mark.parametrize(
    "url",
    [
        TELEGRAM,
        "jsons://me:hush@example.org/x",
        "jsons://example.org/x?+Authorization=hush",
        "mailto://me:hush@gmail.com",
    ],
)
def test_a_secret_is_not_taken_from_the_command_line(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"--notify ask .*, --notify-file FILE") as no:
        notifier(Flags(notify=url))
    assert "MSGPROBE_NOTIFY" in str(no.value) and "hush" not in str(no.value)
    by_file = notifier(Flags(notify_file=hidden(tmp_path / "url", url)))
    monkeypatch.setenv("MSGPROBE_NOTIFY", url)
    for found in (by_file, notifier(Flags())):
        assert found is not None and "hush" not in repr(found)
    with pytest.raises(UsageError, match="exclude each other"):
        notifier(Flags(notify="ask", notify_file="x"))


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        (TELEGRAM, "api.telegram.org", 443),
        ("jsons://hooks.example.org:8443/x", "hooks.example.org", 8443),
        ("mailto://me:hush@gmail.com", "smtp.gmail.com", 587),
        ("ntfy://hush", "ntfy.sh", 443),
        ("json://[::1]:81/", "::1", 81),
        ("syslog://", None, 80),
    ],
)
def test_it_is_known_beforehand_who_is_contacted(url: str, host: str | None, port: int) -> None:
    found = notify.notifier(url)
    assert (found.host, found.port) == (host, port)


def test_the_plan_lists_it_without_the_secret(msgprobe: Msgprobe) -> None:
    done = msgprobe("plan", "--json", env={"MSGPROBE_NOTIFY": TELEGRAM})
    contacts = json.loads(done.stdout)["contacts"]
    (line,) = [c for c in contacts if c["subject"] == "your notification"]
    assert (line["target"], line["port"], line["transport"]) == ("api.telegram.org", 443, "tcp")
    assert "hush" not in done.stdout + done.stderr


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "available", lambda: False)
    with pytest.raises(UsageError, match=r"pip install 'msgprobe\[notify\]'"):
        notifier(Flags(notify="jsons://example.org/x"))
