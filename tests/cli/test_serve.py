"""`msgprobe serve`: it says at once what is wrong, and serves in a namespace without a way out."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.process import ALONE, COMMAND, Msgprobe, isolated

pytest.importorskip("prometheus_client")
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--listen", "0.0.0.0:9716"], ["--listen", "no address of one network"]),
        (["--listen", "localhost:1"], ["--listen"]),
        (["--listen", "10.0.0.5:9716"], ["--allow-remote", "--token-file"]),
        (["--listen", "10.0.0.5:9716", "--allow-remote"], ["--token-file"]),
        (["--interval", "5s"], ["--interval", "60s"]),
        (["--token-file", "/nowhere/token"], ["/nowhere/token"]),
        (["nosuch"], ["nosuch"]),
    ],
)
def test_what_makes_no_sense_is_told_at_once(
    msgprobe: Msgprobe, words: list[str], told: list[str]
) -> None:
    done = msgprobe("serve", *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in told)


def test_an_address_that_is_taken_is_told(msgprobe: Msgprobe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        done = msgprobe("serve", "telegram", "--listen", where)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and where in done.stderr


def test_a_token_is_neither_short_nor_shown(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hunter2")
    done = msgprobe("serve", "--token-file", str(path))
    assert done.returncode == 2
    assert "hunter2" not in done.stderr and "openssl rand" in done.stderr


_INSIDE = """
import http.client, json, sys
def get(path, **fields):
    c = http.client.HTTPConnection("127.0.0.1", 9716, timeout=50)
    c.request("GET", path, headers=fields)
    r = c.getresponse()
    return r.status, r.read().decode()
bearer = {"Authorization": "Bearer " + sys.argv[1]}
print(json.dumps([
    get("/metrics"), get("/metrics", **bearer), get("/probe?service=telegram", **bearer),
    get("/probe?service=signal", **bearer),
]))
"""


@isolated
def test_it_serves_what_it_measured(environ: dict[str, str], tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    command = f"exec {COMMAND} serve telegram --quick --label lab --token-file {token}"
    server = subprocess.Popen(
        [*(ALONE or []), "sh", "-c", f"ip link set lo up; {command}"],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        assert "127.0.0.1:9716/metrics" in server.stderr.readline()
        inside = subprocess.run(
            ["nsenter", "-t", str(server.pid), "-n", sys.executable, "-c", _INSIDE, TOKEN],
            capture_output=True,
            text=True,
            timeout=50,
        )
        stranger, before, probed, other = json.loads(inside.stdout)
    finally:
        os.kill(server.pid, signal.SIGTERM)
        rest = server.communicate(timeout=20)[1]
    assert (stranger[0], other[0]) == (401, 404)
    assert before[0] == 200 and "msgprobe_probe_success 0.0" in before[1]
    held = 'msgprobe_connection_state{label="lab",service="telegram",state="local_fault"} 1.0'
    assert held in probed[1]
    assert TOKEN not in rest and "Traceback" not in rest
