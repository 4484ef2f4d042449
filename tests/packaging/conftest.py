"""The wheels, built once, and the reasons why a test can't run here."""

import os
import shutil
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


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of msgprobe."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pure wheels of the lock."""
    return pyz.downloaded(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def one_file(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as one file, built once."""
    out = tmp_path_factory.mktemp("pyz") / "msgprobe.pyz"
    pyz.build(out, sorted(wheels.glob("*.whl")))
    return out
