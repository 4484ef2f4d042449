"""A running lab for the middlebox's tests; skipped with the reason where none can run."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.lab.link import Link
from tests.lab.netns import why_not
from tests.lab.network import Lab
from tests.lab_tests.client import Client

RTT_MS: Final = 40.0
TINY_WORLD: Final = (sys.executable, "-m", "tests.lab_tests.tiny_world")


@pytest.fixture(scope="session")
def lab_possible() -> None:
    """Skips where no lab can run; fails in CI, where one must."""
    reason = why_not()
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def lab(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of 40 ms RTT with the tiny world; tests set the actions they want."""
    workdir: Path = tmp_path_factory.mktemp("lab")
    with Lab(
        workdir=workdir,
        link=Link(delay_ms=RTT_MS / 2),
        world_command=TINY_WORLD,
        inhabited=["198.51.100.0/24", "203.0.113.0/24", "8.8.8.8", "2001:db8::/32"],
    ) as running:
        yield running


@pytest.fixture
def client(lab: Lab) -> Client:
    """Tries conversations from the lab's client; see `Client`."""
    lab.set_actions([])
    return Client(lab)
