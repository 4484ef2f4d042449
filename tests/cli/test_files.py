"""Files are whole or not there, and what was never finished is cleared away."""

import fcntl
import os
import stat
import subprocess
from pathlib import Path

import pytest

from msgprobe.cli.files import clear, replace_file
from tests.torture.kills import _WITHOUT_PROC, main

PART = ".msgprobe-0123456789abcdef.part"


@pytest.mark.parametrize("before", [None, b"what was there, and longer than what comes"])
def test_a_file_is_replaced_as_a_whole(before: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    if before is not None:
        path.write_bytes(before)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may cover /proc")
@pytest.mark.parametrize("before", [None, "old"])
def test_without_proc_it_is_no_different(before: str | None, tmp_path: Path) -> None:
    import sys

    path = tmp_path / "run.json"
    if before is not None:
        path.write_text(before)
    code = (
        "import sys; from pathlib import Path; from msgprobe.cli.files import replace_file\n"
        "replace_file(Path(sys.argv[1]), b'new')"
    )
    words = [*_WITHOUT_PROC, sys.executable, "-c", code, str(path)]
    subprocess.run(words, check=True)
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_a_dangling_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    path, aim = tmp_path / "run.json", tmp_path / "elsewhere"
    path.symlink_to(aim)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new" and not path.is_symlink() and not aim.exists()


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError):
        replace_file(path, b"a folder is no file to replace")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_only_what_nobody_writes_any_more_is_cleared(tmp_path: Path) -> None:
    (tmp_path / PART).write_bytes(b"{")
    living = tmp_path / PART.replace("0", "f")
    others = [tmp_path / name for name in (".msgprobe-1.part", "notes.part", ".run.json.abc")]
    for path in (living, *others):
        path.write_bytes(b"{")
    link = tmp_path / PART.replace("0", "a")
    link.symlink_to(others[0])
    with living.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        clear(tmp_path)
        assert {*tmp_path.iterdir()} == {living, *others, link}
    clear(tmp_path)
    assert not living.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / PART
    path.write_bytes(b"{")
    os.chown(path, 65534, 65534)
    clear(tmp_path)
    assert path.exists()


@pytest.mark.timeout(300)
def test_kill_9_tears_no_file_and_the_next_run_leaves_nothing() -> None:
    assert main(["--kills", "21"]) == 0
