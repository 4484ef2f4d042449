"""Alarms, for real: commands are run, a web server is asked, what fails waits in the history."""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from msgprobe.cli import watch_alarm
from msgprobe.cli.request import UsageError
from msgprobe.cli.watch_alarm import Follower
from msgprobe.cli.watch_channels import Channel, ChannelError, Command, Webhook
from msgprobe.cli.watch_store import Store
from msgprobe.history.store import History
from msgprobe.model.history import Attachment, Gap, GapReason, NetworkKind
from msgprobe.watch.alarms import TRIES
from tests.history.ticks import BEGAN, tick

WIFI = Attachment(kind=NetworkKind.WIFI, gateway="02:00:00:00:00:01")
BODY = {"id": "1", "text": "signal text: works → blocked", "delayed_since": None}


def script(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return f"{sys.executable} {path}"


def test_a_command_gets_the_alarm_on_its_standard_input_and_nothing_of_it_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSGPROBE_VIA", "socks5://user:secret@127.0.0.1")
    out = tmp_path / "out.json"
    text = (
        "import json, os, sys\n"
        "told = [json.load(sys.stdin), sys.argv[1:], dict(os.environ)]\n"
        f"json.dump(told, open({str(out)!r}, 'w'))"
    )
    Command(script(tmp_path / "c.py", text) + " 'two words'").tell(BODY)
    body, arguments, environment = json.loads(out.read_text("utf-8"))
    assert body == BODY
    assert arguments == ["two words"]
    assert not any("signal" in f"{k}{v}" and k != "PATH" for k, v in environment.items())
    assert not any(k.startswith("MSGPROBE_") for k in environment)


def test_nothing_is_given_to_a_shell(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    Command(f"echo x > {mark} ; touch {mark}").tell(BODY)
    assert not mark.exists()


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    text = (
        "import subprocess, time\n"
        f"p = subprocess.Popen(['sleep', '600']); open({str(pid)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(600)"
    )
    with pytest.raises(ChannelError, match="longer than 2 s"):
        Command(script(tmp_path / "c.py", text), longest=2.0).tell(BODY)
    assert gone(int(pid.read_text()))


def gone(pid: int) -> bool:
    """The process ends, or has and only its number is left."""
    state = Path(f"/proc/{pid}/stat")
    for _ in range(200):
        try:
            if state.read_text().rpartition(") ")[2].startswith(("Z", "X")):
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    ("words", "told"), [("false", "status 1"), ("true", None), ("sh -c 'exit 7'", "status 7")]
)
def test_how_a_command_ends_is_what_counts(words: str, told: str | None) -> None:
    if told is None:
        Command(words).tell(BODY)
        return
    with pytest.raises(ChannelError, match=told):
        Command(words).tell(BODY)


@pytest.mark.parametrize("words", ["", "  ", "no-such-command-anywhere", "'open"])
def test_a_command_that_cannot_be_is_told_at_once(words: str) -> None:
    with pytest.raises(UsageError, match="--on-change"):
        Command(words)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "ftp://x",
        "https://",
        "x",
        "https://u:p@example.org/",
        "https://[::1",
    ],
)
def test_a_webhook_is_https_without_a_password_and_never_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="--webhook") as caught:
        Webhook(url)
    assert "u:p" not in str(caught.value)


class Server:
    """A web server with a certificate of our own, on loopback."""

    def __init__(self, tmp_path: Path, answers: Sequence[str]) -> None:
        authority = trustme.CA()
        self.roots = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(self.roots))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.context)
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.heads: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        length = int(head.lower().partition("content-length:")[2].split()[0])
        self.bodies.append(json.loads(await reader.readexactly(length)))
        writer.write(f"HTTP/1.1 {self.answers.pop(0)}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


async def posted(server: Server, path: str = "/hook") -> None:
    async with await asyncio.start_server(server, "localhost", 0, ssl=server.context) as listening:
        port = listening.sockets[0].getsockname()[1]
        await asyncio.to_thread(Webhook(f"https://localhost:{port}{path}").tell, BODY)


def test_a_webhook_gets_the_alarm_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(tmp_path, ["204 No Content"])
    monkeypatch.setenv("SSL_CERT_FILE", str(server.roots))
    asyncio.run(posted(server))
    assert server.bodies == [BODY]
    assert server.heads[0].startswith("POST /hook HTTP/1.1")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("302 Found\r\nlocation: https://elsewhere.test/", "sends elsewhere"),
        ("500 Oops", "status 500"),
        ("404 Not Found", "status 404"),
    ],
)
def test_a_webhook_that_refuses_or_redirects_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, told: str
) -> None:
    server = Server(tmp_path, [answer])
    monkeypatch.setenv("SSL_CERT_FILE", str(server.roots))
    with pytest.raises(ChannelError, match=told) as caught:
        asyncio.run(posted(server, "/secret-token"))
    assert "secret-token" not in str(caught.value)
    assert len(server.heads) == 1


def test_a_webhook_with_a_certificate_that_nobody_vouches_for_has_failed(tmp_path: Path) -> None:
    server = Server(tmp_path, [])
    with pytest.raises(ChannelError, match="localhost"):
        asyncio.run(posted(server))
    assert server.bodies == []


# -- from ticks to alarms ------------------------------------------------------------------------


class Notebook:
    """A channel that fails so many times first."""

    def __init__(self, name: str, failures: int = 0, *, patient: bool = True) -> None:
        self.name, self.patient = name, patient
        self.failures = failures
        self.told: list[Mapping[str, Any]] = []

    def tell(self, payload: Mapping[str, Any]) -> None:
        if self.failures:
            self.failures -= 1
            raise ChannelError("the line is dead")
        self.told.append(payload)


def history(path: Path, words: str) -> Path:
    """Ticks a minute apart: ``o`` works, ``b`` is blocked."""
    names = {"o": "ok", "b": "blocked"}
    with History(path, create=True) as found:
        home = found.series_of(WIFI, "")
        for number, letter in enumerate(words):
            found.add(home, tick(number, names[letter], document=None))
    return path


async def followed(
    path: Path, channels: Sequence[Channel], monkeypatch: pytest.MonkeyPatch, pumps: int = 3
) -> tuple[list[str], list[str]]:
    """What a follower tells of that history: changes, and notes."""
    monkeypatch.setattr(watch_alarm, "now", lambda: BEGAN + 3600)
    changed: list[str] = []
    said: list[str] = []
    with Store(path, "") as store:
        follower = Follower(
            store=store,
            channels=channels,
            changed=lambda event, changes, body: changed.append(str(body["text"])),
            said=said.append,
            since=BEGAN,
        )
        follower.start()
        follower.after(WIFI, quiet=False)
        for _ in range(pumps):
            for attempt in follower._outbox:
                attempt.tried = -10_000.0
            follower.pump()
            await asyncio.sleep(0.05)
        await follower.finish()
    return changed, said


def test_a_block_is_told_once_with_its_bracket_and_without_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = history(tmp_path / "h.db", "o" * 20 + "b" * 5)
    note = Notebook("command")
    changed, _ = asyncio.run(followed(path, [note], monkeypatch))
    assert len(changed) == 1
    (body,) = note.told
    assert body["changes"] == [
        {
            "service": "telegram",
            "function": "text",
            "before": "ok",
            "after": "blocked",
            "mechanisms": [],
        }
    ]
    assert body["onset_earliest"] < body["onset_latest"]
    assert body["network"] == NetworkKind.WIFI.value
    assert "evidence" not in json.dumps(body)
    again, _ = asyncio.run(followed(path, [note], monkeypatch))
    assert again == []
    assert len(note.told) == 1


def test_a_wrong_word_alone_is_no_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = history(tmp_path / "h.db", "o" * 20 + "b" + "o" * 10)
    note = Notebook("command")
    assert asyncio.run(followed(path, [note], monkeypatch))[0] == []
    assert note.told == []


def test_what_cannot_be_told_waits_in_the_history_for_the_next_watch_and_says_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = history(tmp_path / "h.db", "o" * 20 + "b" * 5)
    dead = Notebook("webhook", failures=1000)
    changed, said = asyncio.run(followed(path, [dead], monkeypatch))
    assert len(changed) == 1
    assert len([text for text in said if "tried again" in text]) == 1
    alive = Notebook("webhook")
    asyncio.run(followed(path, [alive], monkeypatch))
    (body,) = alive.told
    assert body["delayed_since"] == body["raised_at"]
    last = Notebook("webhook")
    asyncio.run(followed(path, [last], monkeypatch))
    assert last.told == []


def test_a_command_that_always_fails_is_given_up_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = history(tmp_path / "h.db", "o" * 20 + "b" * 5)
    broken = Notebook("command", failures=1000, patient=False)
    _, said = asyncio.run(followed(path, [broken], monkeypatch, pumps=30))
    assert said[-1].startswith("an alarm was given up: the command failed")
    assert 1000 - broken.failures == TRIES
    mended = Notebook("command")
    asyncio.run(followed(path, [mended], monkeypatch))
    assert mended.told == []


def test_what_a_watch_keeps_is_purged_with_everything(tmp_path: Path) -> None:
    path = history(tmp_path / "h.db", "oo")
    with History(path) as found:
        found.keep("watch", "{}")
        found.keep("watch", "[]")
        assert found.kept("watch") == "[]"
        found.purge(before=None, now=BEGAN)
        assert found.kept("watch") is None


def test_a_full_disk_loses_nothing_and_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path / "h.db", "ooo")
    gaps = [Gap(BEGAN + n, BEGAN + n + 1, GapReason.ASLEEP) for n in range(400)]
    with Store(path, "") as store:
        ((pages,),) = store.history.rows("PRAGMA page_count")
        store.history.database.execute(f"PRAGMA max_page_count = {pages}")
        for gap in gaps:
            store.gap(gap)
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1
        assert "the disk is full" in said[0]
        store.history.database.execute("PRAGMA max_page_count = 100000")
        store.gap(Gap(BEGAN + 9000, BEGAN + 9001, GapReason.STOPPED))
        assert "nothing was lost" in capsys.readouterr().err
        ((count,),) = store.history.rows("SELECT count(*) FROM gap")
    assert count == len(gaps) + 1
