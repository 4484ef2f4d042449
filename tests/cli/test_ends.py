"""Every end is an honest one: by signals, and for want of what a machine may be short of."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import ALONE, COMMAND, isolated, one_line, under_way
from tests.lab.netns import why_not
from tests.torture import signals
from tests.torture.place import Silence, shim, silence

pytestmark = [isolated, pytest.mark.timeout(300)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Silence]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with silence(tmp_path / "place") as found:
        yield found


def test_every_signal_ends_every_moment_of_both_entries() -> None:
    if why_not() is not None:
        pytest.skip(str(why_not()))
    assert signals.main(["--step", "350", "--until", "700", "--jobs", "2"]) == 0


def test_a_terminal_that_goes_away_leaves_the_evidence(
    environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    mine, theirs = pty.openpty()
    setup = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo; "
    hang = (
        'import socket, os, sys; s = socket.create_server(("0.0.0.0", 443), backlog=512); '
        "s.set_inheritable(True); os.execv(sys.argv[1], sys.argv[1:])"
    )
    run = f"exec {sys.executable} -c '{hang}' {COMMAND} run -o {path}"
    process = subprocess.Popen(
        ["setsid", "--ctty", *(ALONE or []), "sh", "-c", setup + run],
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    under_way(process.pid)
    os.close(mine)
    assert process.wait(30) == 129
    found = json.loads(path.read_text())
    assert (found["interrupted"], found["exit_code"]) == ("SIGHUP", 129)


def test_nohup_keeps_it_alive(place: Silence, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    process = subprocess.Popen(
        [*place.namespace.prefix(), "nohup", str(COMMAND), "run", "--json", "-o", str(path)],
        env=place.environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    under_way(process.pid)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143, err


def test_a_reader_that_reads_no_more_does_not_hold_up_the_end(place: Silence) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, bytes(65536))
    except BlockingIOError:
        os.set_blocking(writing, True)
    process = subprocess.Popen(
        [*place.namespace.prefix(), str(COMMAND), "run", "--json", "--evidence"],
        env=place.environment({}),
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    under_way(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    os.close(reading)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("wrapper", "status"),
    [
        (("prlimit", "--as=100000000"), 70),
        (("prlimit", "--nofile=16"), 4),
        (("env", "-u", "HOME"), 4),
    ],
)
def test_limits_end_it_honestly(
    wrapper: tuple[str, ...], status: int, environ: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*(ALONE or []), *wrapper, str(COMMAND), "run", "-q", "-o", str(tmp_path / "run.json")],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    if status == 70:
        one_line(done, 70, "ulimit -v", "says nothing about the network")
    else:
        assert json.loads((tmp_path / "run.json").read_text())["exit_code"] == status


@pytest.mark.parametrize(
    ("kind", "number"),
    [("thread", 1), ("descriptor", 3), ("descriptor", 200), ("allocation", 2000), ("write", 2)],
)
def test_one_call_that_fails_costs_no_evidence(
    kind: str, number: int, place: Silence, tmp_path: Path
) -> None:
    library = shim(tmp_path)
    if library is None:
        pytest.skip("no C compiler")
    path = tmp_path / "run.json"
    more = {"LD_PRELOAD": str(library), "TORTURE_FAIL": kind, "TORTURE_NTH": str(number)}
    words = ("run", "--quick", "--max-time", "2", "-o", str(path))
    ended = place.call(str(COMMAND), *words, more=more)
    assert not ended.hung and ended.status not in (1, 2), ended
    assert not ended.traced
    if kind == "write":
        assert ended.status == 74
    else:
        assert json.loads(path.read_text())["services"]


def test_memory_that_is_short_again_ends_with_70(place: Silence, tmp_path: Path) -> None:
    """The first start fails, and so does the second: one line, and no third."""
    library = shim(tmp_path)
    if library is None:
        pytest.skip("no C compiler")
    more = {"LD_PRELOAD": str(library), "TORTURE_FAIL": "allocation", "TORTURE_NTH": "300"}
    ended = place.call(str(COMMAND), "run", more=more | {"_MSGPROBE_AGAIN": "1"})
    assert ended.status == 70, ended
    assert ended.err.count(b"\n") == 1 and not ended.traced


BROKEN = """
import os, sys
class Broken:
    def find_spec(self, name, *more):
        if name == "msgprobe.cli.app" and ALWAYS >= ("_MSGPROBE_AGAIN" in os.environ):
            raise FAULT("error return without exception set")
sys.meta_path.insert(0, Broken())
from msgprobe.__main__ import main
main()
"""
"""A module that cannot be loaded: the first time, or always."""


@pytest.mark.parametrize("fault", ["SystemError", "ImportError", "SyntaxError"])
@pytest.mark.parametrize(("always", "status"), [(False, 0), (True, 70)])
def test_what_fails_before_anything_was_asked_is_tried_once_more(
    fault: str, always: bool, status: int, environ: dict[str, str]
) -> None:
    """A library that has too little memory to load says so in words of its own."""
    code = BROKEN.replace("FAULT", fault).replace("ALWAYS", str(always))
    done = subprocess.run(
        [sys.executable, "-c", code, "services", "list"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    if always:
        one_line(done, 70, fault, "says nothing about the network")
    else:
        assert "telegram" in done.stdout and not done.stderr
