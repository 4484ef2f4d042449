"""Killed, crowded out, out of space, read-only: real processes, disks and locks, nothing lost."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random

import pytest

from msgprobe.history import file
from msgprobe.history.store import History
from tests.history.ticks import home, numbers, tick

ROOT = Path(__file__).parents[2]
WRITER = (sys.executable, "-m", "tests.history.writer")


def _mounts() -> bool:
    """A file system of our own can be mounted where nobody else sees it."""
    call = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"]
    return shutil.which("unshare") is not None and not subprocess.run(call, check=False).returncode


mounting = pytest.mark.skipif(not _mounts(), reason="no file systems can be mounted here")


def writer(path: Path, first: int, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*WRITER, str(path), str(first), str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def whole(path: Path) -> bool:
    database = sqlite3.connect(path)
    (said,) = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    return bool(said == "ok")


def test_whoever_is_killed_loses_at_most_the_tick_under_way(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    random = Random(1)
    safe: list[str] = []
    for attempt in range(12):
        process = writer(path, attempt * 1000, 1000)
        assert process.stdout is not None
        safe.append(process.stdout.readline().strip())  # it is writing now
        time.sleep(random.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        safe += rest.split()
        found = numbers(path)
        assert set(safe) <= set(found)
        assert len(found) <= len(safe) + attempt + 1
        assert whole(path)


def test_two_writers_at_once_both_get_everything_in(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    both = [writer(path, first, 60) for first in (0, 1000)]
    for process in both:
        _, told = process.communicate(timeout=50)
        assert (process.returncode, told) == (0, "")
    assert len(numbers(path)) == 120
    with History(path, write=False) as history:
        ticks = [n for (n,) in history.rows("SELECT n FROM tick ORDER BY n")]
    assert ticks == list(range(1, 121))


def _begins(path: Path) -> None:
    with History(path, create=True):
        pass


def test_who_opens_it_while_another_begins_it_takes_it_for_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.db"
    other = threading.Thread(target=_begins, args=[path])
    opened = file._connection

    def slow(uri: str) -> sqlite3.Connection:
        monkeypatch.undo()
        found = opened(uri)

        def between(statement: str) -> None:
            if "user_version" in statement and other.ident is None:  # the owner was just asked for
                other.start()
                other.join(0.5)

        found.set_trace_callback(between)
        return found

    monkeypatch.setattr(file, "_connection", slow)
    with History(path, create=True) as history:
        history.add(home(history), tick(1))
    other.join()
    assert numbers(path) == ["run-000001"]


def test_who_opens_it_waits_until_the_log_can_be_begun(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with History(path, create=True) as history:
        history.add(home(history), tick(1))
    writing = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    # As it is for a moment where its tables were just made.
    assert writing.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    writing.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.4, lambda: writing.execute("ROLLBACK"))
    done.start()
    with History(path) as history:
        history.add(home(history), tick(2))
        assert history.rows("PRAGMA journal_mode") == [("wal",)]
    done.join()
    writing.close()
    assert numbers(path) == ["run-000001", "run-000002"]


def test_one_who_is_crowded_out_says_so_and_breaks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with History(path, create=True) as history:
        history.add(home(history), tick(1))
        history.database.execute("BEGIN IMMEDIATE")
        code = (
            "import sys; from msgprobe.history import file; file.PATIENCE = 0.2\n"
            f"sys.argv[1:] = [{str(path)!r}, '5', '1']\n"
            "from tests.history.writer import main; sys.exit(main())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        history.database.execute("ROLLBACK")
    assert done.returncode == 1
    assert "another msgprobe is writing" in done.stderr
    assert str(path) in done.stderr
    assert numbers(path) == ["run-000001"]


FULL = """
set -e
mount -t tmpfs -o size=600k none {folder}
{writer} {folder}/history.db 0 100000 > {out}/safe 2> {out}/said && exit 9
echo second > {out}/phase
dd if={folder}/history.db of={out}/copy.db status=none
if [ -s {folder}/history.db-wal ]; then cp {folder}/history.db-wal {out}/copy.db-wal; fi
"""


@mounting
def test_a_full_disk_keeps_every_tick_that_was_safe(tmp_path: Path) -> None:
    folder, out = tmp_path / "small", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    script = FULL.format(folder=folder, out=out, writer=" ".join(WRITER))
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = (out / "said").read_text()
    assert said.count("\n") == 1
    assert "history.db: the disk is full" in said
    safe = (out / "safe").read_text().split()
    assert len(safe) > 10
    assert whole(out / "copy.db")
    assert set(safe) <= set(numbers(out / "copy.db"))


READ_ONLY = """
set -e
mount -t tmpfs -o size=5m none {folder}
{python} -c 'from tests.history.ticks import *; from pathlib import Path
with History(Path("{folder}/history.db"), create=True) as history:
    history.add(home(history), tick(1))'
mount -o remount,ro {folder}
{python} -c 'from tests.history.ticks import *; from pathlib import Path
print(numbers(Path("{folder}/history.db")))'
{writer} {folder}/history.db 5 1 && exit 9
{writer} {folder}/other.db 5 1 && exit 9
exit 0
"""


@mounting
def test_where_nothing_can_be_written_it_is_read_and_writers_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir()
    script = READ_ONLY.format(folder=folder, python=sys.executable, writer=" ".join(WRITER))
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['run-000001']\n"
    first, second = done.stderr.splitlines()
    assert "history.db: cannot be written to" in first
    assert "other.db: Read-only file system" in second
