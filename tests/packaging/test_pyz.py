"""The program as one file: the same bytes each time, and it runs where nothing can be written."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.lab.scenario import CORE
from tests.packaging import pyz
from tests.packaging.conftest import ROOT

pytestmark = pytest.mark.timeout(300)

MOST_BYTES = 3_000_000
"""What a slow Bluetooth hands over in a minute or two."""

BARE = (sys.executable, "-S", "-B")
"""A Python without anything that is installed beside it."""


def run(*argv: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command to its end, with no HOME."""
    own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(env or {})}
    words = [str(a) for a in argv]
    return subprocess.run(words, env=own, capture_output=True, text=True, timeout=60, check=False)


def test_two_builds_of_a_checkout_are_the_same_bytes(
    one_file: Path, wheels: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "another-folder"
    shutil.copytree(ROOT / "msgprobe", elsewhere / "msgprobe")
    shutil.copytree(ROOT / "targets", elsewhere / "targets")
    shutil.copy(ROOT / "LICENSE", elsewhere)
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    again = tmp_path / "again.pyz"
    pyz.build(again, sorted(wheels.glob("*.whl"), reverse=True), root=elsewhere)
    assert again.read_bytes() == one_file.read_bytes()


def test_it_is_small_and_pure_and_has_the_licences_of_all_that_is_in_it(one_file: Path) -> None:
    assert one_file.stat().st_size <= MOST_BYTES
    with zipfile.ZipFile(one_file) as inside:
        names = inside.namelist()
    assert not [n for n in names if n.endswith((".so", ".pyd", ".dll", ".dylib"))]
    infos = {n.split("/")[0] for n in names if ".dist-info/" in n}
    licensed = {n.split("/")[0] for n in names if re.search(r"(?i)licen[cs]e|copying", n)}
    assert infos
    assert infos - licensed == set(), "a wheel whose licence stayed behind"


def test_it_runs_on_a_bare_python_and_knows_its_services(one_file: Path) -> None:
    done = run(*BARE, one_file, "services", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(CORE) <= set(done.stdout.split())


_COUNTED = """
import os, runpy, sys

seen, end = [], os._exit

def told(status):
    mine = [name for name in seen if name.startswith(sys.argv[0])]
    print("compiled", len(mine), len(set(mine)), file=sys.stderr, flush=True)
    end(status)

sys.addaudithook(lambda event, given: event == "compile" and seen.append(str(given[1])))
os._exit = told
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_each_module_is_compiled_once(one_file: Path) -> None:
    """zipimport would do it twice, and a run begin a second later."""
    done = run(sys.executable, "-I", "-S", "-c", _COUNTED, str(one_file), "rules")
    every, different = map(int, done.stderr.rpartition("compiled ")[2].split())
    assert done.returncode == 0 and different > 100
    assert every - different <= 1, "__main__ is both the file's and the package's"


def test_without_any_network_it_says_so(one_file: Path, alone: list[str]) -> None:
    done = run(*alone, *BARE, one_file, "run")
    assert done.returncode == 4, done.stdout + done.stderr


def test_nothing_is_written(one_file: Path, alone: list[str], strace: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,symlink"
    traced = (strace, "-f", "-qq", "-o", trace, "-e", f"trace={calls}")
    done = run(*alone, *traced, *BARE, one_file, "run", "--quick")
    assert done.returncode == 4, done.stdout + done.stderr
    lines = trace.read_text("utf-8").splitlines()
    opened = [line for line in lines if " open" in line]
    assert opened, "the trace is empty"
    writing = re.compile(r"O_WRONLY|O_RDWR|O_CREAT")
    changed = [n for n in lines if writing.search(n) or " open" not in n]
    assert [n for n in changed if "/dev/" not in n and "= -1" not in n and "exited" not in n] == []


def test_it_hands_itself_on_with_the_number_to_compare(one_file: Path, tmp_path: Path) -> None:
    done = run(*BARE, one_file, "--self-copy", tmp_path)
    copy = tmp_path / one_file.name
    assert done.returncode == 0, done.stderr
    assert copy.read_bytes() == one_file.read_bytes()
    assert hashlib.sha256(one_file.read_bytes()).hexdigest() in done.stdout
    assert os.access(copy, os.X_OK)
    again = run(*BARE, copy, "--self-copy", tmp_path)
    assert again.returncode == 0, "onto itself it is only compared"


def test_what_stands_there_already_stays(one_file: Path, tmp_path: Path) -> None:
    other = tmp_path / one_file.name
    other.write_text("somebody else's")
    done = run(*BARE, one_file, "--self-copy", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "already" in done.stderr
    assert other.read_text() == "somebody else's"
    nowhere = run(*BARE, one_file, "--self-copy", tmp_path / "none")
    assert (nowhere.returncode, "no such folder" in nowhere.stderr) == (2, True)


def test_an_installed_program_says_how_to_make_one() -> None:
    done = run(Path(sys.executable).with_name("msgprobe"), "--self-copy", ".")
    assert (done.returncode, "make pyz" in done.stderr) == (2, True)


def test_it_says_that_a_fleet_is_another_matter(one_file: Path) -> None:
    done = run(*BARE, one_file, "fleet", "state")
    assert (done.returncode, "pip install 'msgprobe[fleet]'" in done.stderr) == (2, True)


def test_an_old_python_is_told_which_it_takes(one_file: Path) -> None:
    with zipfile.ZipFile(one_file) as inside:
        first = inside.read("__main__.py").decode()
    asked = first.replace("sys.version_info <", "(2, 7, 18) <").replace(
        "sys.version_info[:2]", "(2, 7)"
    )
    done = run(*BARE, "-c", asked)
    assert (done.returncode, "needs Python 3.11" in done.stderr) == (2, True)
