"""The installed command as a process, alone in a network namespace where it would measure."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("msgprobe")
Msgprobe = Callable[..., subprocess.CompletedProcess[str]]


def _isolation() -> list[str] | None:
    for prefix in (["unshare", "-n"], ["unshare", "-Urn"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
        ):
            return prefix
    return None


ALONE = _isolation()
isolated = pytest.mark.skipif(ALONE is None, reason="no network namespaces here")


_HANG = (
    'import socket, sys, os; s = socket.create_server(("0.0.0.0", 443), backlog=512); '
    't = socket.create_server(("0.0.0.0", 80), backlog=512); '
    "[x.set_inheritable(True) for x in (s, t)]; os.execv(sys.argv[1], sys.argv[1:])"
)
"""Listens for every address and never answers, then becomes the command."""


def unanswered(environ: dict[str, str], *words: str) -> "subprocess.Popen[str]":
    """The command where every address accepts connections and no one ever answers."""
    setup = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo; "
    call = f"exec {sys.executable} -c '{_HANG}' {COMMAND} {' '.join(words)}"
    return subprocess.Popen(
        [*(ALONE or []), "sh", "-c", setup + call],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def own_file(name: str, *, source: str = "a test", date: str = "2026-11", more: str = "") -> str:
    """A target file of the user's own: one chat server; ``more`` are lines about the service."""
    return f"""
[service]
name = "{name}"
title = "{name.title()}"
primary = "text"
source = "{source}"
date = "{date}"
{more}

[[pool]]
name = "chat"
function = "text"
check = "tls"

[[pool.member]]
name = "one"
host = "chat.{name}.example"
"""


def under_way(pid: int) -> None:
    """Wait until a connection to port 443 stands in the network namespace of that process."""
    table, deadline = Path(f"/proc/{pid}/net/tcp"), time.monotonic() + 60
    while time.monotonic() < deadline:
        rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
        if any(row[2].endswith(":01BB") and row[3] == "01" for row in rows):
            return
        time.sleep(0.05)
    raise AssertionError("nothing was connected to within a minute")


def one_line(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
