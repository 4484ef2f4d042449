"""``--via`` and ``--compare`` as users meet them: faults named, secrets never repeated."""

import contextlib
import dataclasses
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from msgprobe.catalog.loader import load, select
from msgprobe.cli import proxy as urls
from msgprobe.cli import settings
from msgprobe.cli.option import Flags
from msgprobe.cli.request import UsageError, wish
from msgprobe.report.document import document, dumps
from tests.cli.process import COMMAND, Msgprobe, isolated, one_line
from tests.interpreter import python
from tests.report import sample


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for key in settings.KEYS:
        monkeypatch.delenv(f"MSGPROBE_{key.upper()}", raising=False)


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "user", "password"),
    [
        ("socks5://192.0.2.1:1080", "socks5", "192.0.2.1", 1080, None, None),
        ("socks5h://proxy.example:9050/", "socks5", "proxy.example", 9050, None, None),
        ("http://me:hush@proxy.example:3128", "http", "proxy.example", 3128, "me", "hush"),
        ("socks5://a%40b:p%3Aq%2F@[2001:db8::1]:1", "socks5", "2001:db8::1", 1, "a@b", "p:q/"),
        (" HTTP://localhost:8080 ", "http", "localhost", 8080, None, None),
    ],
)
def test_a_proxy_is_read(
    url: str, scheme: str, host: str, port: int, user: str | None, password: str | None
) -> None:
    found = urls.proxy(url)
    assert (found.scheme, found.host, found.port) == (scheme, host, port)
    assert (found.user, found.password) == (user, password)
    assert host not in repr(found) and (password or "?") not in repr(found)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "scheme"),
        ("hush.example:1080", "scheme"),
        ("socks4://hush.example:1080", "scheme"),
        ("https://hush.example:1080", "scheme"),
        ("socks5://hush.example", "no port"),
        ("socks5://:1080", "no host"),
        ("socks5://hush.example:70000", "no URL"),
        ("socks5://hush.example:x", "no URL"),
        ("socks5://[hush:1080", "no URL"),
        ("socks5://hush example:1080", "no host"),
        ("http://hush.example:80/path", "behind the port"),
        ("http://hush.example:80?x=hush", "behind the port"),
        ("socks5://hush@hush.example:80", "both or neither"),
        ("socks5://:hush@hush.example:80", "both or neither"),
        ("socks5://me:h%C3%BCsh@hush.example:80", "plain ASCII"),
        ("http://me:hush%0d%0aX@hush.example:80", "plain ASCII"),
        ("http://m%3Ae:hush@hush.example:80", "colon"),
        (f"socks5://me:{'hush' * 80}@hush.example:80", "255"),
    ],
)
@pytest.mark.parametrize("place", ["--via", "--via-file", "MSGPROBE_VIA", "via"])
def test_a_proxy_that_is_none_is_refused_without_being_repeated(
    url: str, why: str, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags = Flags()
    if place == "--via":
        flags = Flags(via=url)
        why = "ps, the shell's history" if "@" in url else why
    elif place == "--via-file":
        path = tmp_path / "proxy"
        path.write_bytes(url.encode())
        path.chmod(0o600)
        flags = Flags(via_file=str(path))
    elif place == "MSGPROBE_VIA":
        monkeypatch.setenv(place, url)
    else:
        config = tmp_path / "config" / "msgprobe" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f"via = {json.dumps(url)}\n")
    if place == "MSGPROBE_VIA" and not url:
        assert wish(flags).proxy is None  # as of every variable: empty means not set
        return
    with pytest.raises(UsageError) as fault:
        wish(flags)
    assert why in str(fault.value) and place in str(fault.value)
    assert "hush" not in str(fault.value)


def test_the_request_knows_how_to_speak_and_not_to_whom() -> None:
    found = wish(Flags(via="socks5h://proxy.example:1080"))
    assert found.request.via == "socks5" and "proxy.example" not in repr(found)
    assert wish(Flags()).request.via is None


def hidden(path: Path, url: str, mode: int = 0o600) -> str:
    path.write_text(url + "\n")
    path.chmod(mode)
    return str(path)


def test_credentials_come_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://me:hush@proxy.example:3128"
    monkeypatch.setenv("MSGPROBE_VIA", url)
    by_file = wish(Flags(via_file=hidden(tmp_path / "proxy", url.replace("http:", "socks5:"))))
    for found, scheme in ((wish(Flags()), "http"), (by_file, "socks5")):
        assert found.proxy is not None and found.request.via == scheme
        assert (found.proxy.user, found.proxy.password) == ("me", "hush")
        assert "hush" not in repr(found) and "proxy.example" not in repr(found)
    with pytest.raises(UsageError, match="exclude each other"):
        wish(Flags(via="ask", via_file="x"))


def test_a_file_that_others_can_read_is_told(tmp_path: Path, msgprobe: Msgprobe) -> None:
    path = hidden(tmp_path / "proxy", "socks5://me:hush@203.0.113.77:1080", 0o644)
    done = msgprobe("plan", "whatsapp", "--via-file", path)
    assert done.returncode == 0 and "your proxy" in done.stdout
    assert "chmod 600" in done.stderr and "hush" not in done.stderr + done.stdout


@pytest.mark.parametrize(("content", "why"), [(None, "cannot be read"), ("x" * 9000, "more than")])
def test_a_file_without_a_url_is_refused(
    tmp_path: Path, content: str | None, why: str, msgprobe: Msgprobe
) -> None:
    if content is not None:
        (tmp_path / "proxy").write_text(content)
    one_line(msgprobe("plan", "--via-file", str(tmp_path / "proxy")), 2, "--via-file", why)


def test_a_proxy_is_asked_for_where_there_is_a_terminal_and_never_shown(
    tmp_path: Path, environ: dict[str, str], msgprobe: Msgprobe
) -> None:
    one_line(msgprobe("plan", "--via", "ask", stdin=subprocess.DEVNULL), 2, "no terminal", "ask")
    pid, master = pty.fork()
    if pid == 0:
        words = [str(COMMAND), "plan", "whatsapp", "--json", "--via", "ask"]
        os.dup2(os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT), 1)
        os.execve(words[0], words, environ)
    shown = b""
    while b"not shown" not in shown:
        shown += os.read(master, 1024)
    os.write(master, b"socks5://me:hush@203.0.113.77:1080\n")
    with contextlib.suppress(OSError):
        while more := os.read(master, 1024):
            shown += more
    assert os.waitpid(pid, 0)[1] == 0, shown
    said = (tmp_path / "out").read_text()
    assert "your proxy" in said and "hush" not in said and b"hush" not in shown


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--via", "socks5://me:hush@203.0.113.77:1080"),
        ("plan", "--via=socks5://me:hush@203.0.113.77:1080"),
        ("run", "socks5://me:hush@203.0.113.77:1080"),
        ("run", "--va=socks5://me:hush@203.0.113.77:1080"),
        ("rules", "socks5://me:hush@203.0.113.77:1080"),
        ("judge", "socks5://me:hush@203.0.113.77:1080"),
        ("explain", "socks5://me:hush@203.0.113.77:1080"),
        ("plan", "--targets", "socks5://me:hush@203.0.113.77:1080"),
        ("plan", "--max-time", "socks5://me:hush@203.0.113.77:1080"),
        ("plan", f"socks5://me:hush{'x' * 99}@203.0.113.77:1080"),
    ],
)
def test_credentials_on_the_command_line_are_refused_and_never_repeated(
    words: tuple[str, ...], msgprobe: Msgprobe
) -> None:
    done = msgprobe(*words)
    one_line(done, 2)
    assert "hush" not in done.stderr + done.stdout


def test_a_setting_of_the_wrong_type_is_not_repeated(
    tmp_path: Path, environ: dict[str, str], msgprobe: Msgprobe
) -> None:
    config = Path(environ["XDG_CONFIG_HOME"], "msgprobe", "config.toml")
    config.parent.mkdir(parents=True)
    config.write_text('via = ["socks5://me:hush@203.0.113.77:1080"]\n')
    done = msgprobe("plan")
    one_line(done, 2, "via", "should be text")
    assert "hush" not in done.stderr


def test_without_the_library_one_line_names_the_extra(environ: dict[str, str]) -> None:
    code = (
        "import sys\nsys.modules['python_socks'] = None\n"
        "from msgprobe.cli.main import main\n"
        "main(['run', '--via', 'socks5://192.0.2.1:1080'])\n"
    )
    done = python(code, env=environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "--via" in done.stderr and "pip install 'msgprobe[via]'" in done.stderr
    assert "192.0.2.1" not in done.stderr


def test_the_plan_names_the_proxy_once_and_not_where_it_is(msgprobe: Msgprobe) -> None:
    url = "http://me:hush@203.0.113.77:3128"
    done = msgprobe("plan", "whatsapp", "--json", env={"MSGPROBE_VIA": url})
    assert done.returncode == 0, done.stderr
    assert "203.0.113.77" not in done.stdout and "hush" not in done.stdout
    lines = json.loads(done.stdout)["contacts"]
    assert len([c for c in lines if c["target"] == "your proxy"]) == 1
    asked = [c for c in lines if "http proxy" in c["over"]]
    assert {"v.whatsapp.net", "g.whatsapp.net"} <= {c["target"] for c in asked}
    assert all(c["condition"] for c in asked)
    plain = msgprobe("plan", "whatsapp").stdout
    assert "proxy" not in plain


# -- reports made elsewhere


def _saved(path: Path, **more: object) -> Path:
    catalogue = load()
    run = sample.run()
    evidence = dataclasses.replace(
        run.evidence, services=select(catalogue, ["signal"]), measurements=()
    )
    run = dataclasses.replace(run, evidence=evidence, **more)  # type: ignore[arg-type]
    path.write_text(dumps(document(run, exit_code=0, evidence=True)))
    return path


def test_a_report_that_cannot_be_used_is_named_with_what_would_be_right(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    def compare(path: Path, *services: str) -> "subprocess.CompletedProcess[str]":
        return msgprobe("run", *services, "--compare", str(path))

    one_line(compare(tmp_path / "none.json"), 2, "--compare", "none.json", "-o")
    other = tmp_path / "other.json"
    other.write_text("{}")
    one_line(compare(other), 2, "--compare", "other.json", "no run saved by msgprobe")
    other.write_text("{")
    one_line(compare(other), 2, "--compare", "other.json", "cut off")
    bare = tmp_path / "bare.json"
    bare.write_text(dumps(document(sample.run(), exit_code=0, evidence=False)))
    one_line(compare(bare), 2, "--compare", "bare.json", "without its evidence")
    report = _saved(tmp_path / "signal.json")
    one_line(compare(report, "telegram"), 2, "--compare", "signal.json", "signal", "same services")
    undated = _saved(tmp_path / "undated.json", started_at="yesterday")
    one_line(compare(undated, "signal"), 2, "--compare", "undated.json", "$.started_at")


@isolated
def test_what_a_report_says_is_in_the_evidence_and_an_old_one_is_named(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    report = _saved(tmp_path / "old.json")  # of January 2026
    path = tmp_path / "run.json"
    done = msgprobe(
        "run", "signal", "--compare", str(report), "-o", str(path), "--max-time", "5", alone=True
    )
    assert done.returncode == 4, done.stderr
    assert "not of the last 24 hours" in " ".join(done.stdout.split())
    found = json.loads(path.read_text())
    (told,) = found["evidence"]["elsewhere"]
    assert told["made_at"] == "2026-01-05T10:30:00Z"
    again = subprocess.run(
        [str(COMMAND), "judge", str(path), "--json"], capture_output=True, text=True, check=False
    )
    assert json.loads(again.stdout)["connection"] == found["connection"]
