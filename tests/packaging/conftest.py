"""The wheels, built once, and the reasons why a test can't run here."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.process import ALONE
from tests.lab.netns import why_not
from tests.packaging import pyz
from tests.packaging.environment import build

ROOT = Path(__file__).parents[2]


def _skip(reason: str | None) -> None:
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def lab_possible() -> None:
    """Skips where no lab can run; fails in CI, where one must."""
    _skip(why_not())


@pytest.fixture(scope="session")
def alone() -> list[str]:
    """The start of a command line that runs the rest without any network; skips as above."""
    _skip(None if ALONE is not None else "network namespaces are needed (unshare --net)")
    return ALONE or []


@pytest.fixture(scope="session")
def strace() -> str:
    """strace(1), which tells what a process asks of the kernel; skips as above."""
    found = shutil.which("strace")
    _skip(None if found else "strace is needed")
    return found or ""


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder ``name`` after ``make`` filled it, the same for all processes that share the
    tests: the first makes it, the others wait for it. One that failed is tried anew by the next.
    """
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of msgprobe."""
    folder = _once(tmp_path_factory, "wheel", lambda folder: build(ROOT, folder))
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pure wheels of the lock."""
    return _once(tmp_path_factory, "wheels", pyz.downloaded)


@pytest.fixture(scope="session")
def one_file(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as one file."""

    def make(folder: Path) -> None:
        pyz.build(folder / "msgprobe.pyz", sorted(wheels.glob("*.whl")))

    return _once(tmp_path_factory, "pyz", make) / "msgprobe.pyz"
