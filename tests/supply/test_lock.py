"""What `make install` gets: one version of all that pyproject.toml asks for, with hashes."""

import os
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply.lock import LOCKS, ROOT, Pinned, pinned

PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
DEV = pinned(LOCKS / "dev.txt")
CORE = PROJECT["project"]["dependencies"]
LEFT_OUT = ("cryptography",)
"""Of the one file: no pure wheel is of it."""
WANTED = {
    "dev.txt": [*CORE, *EXTRAS["via"], *EXTRAS["dev"]],
    "run.txt": [*CORE, *PROJECT["dependency-groups"]["install"]],
    "pyz.txt": [one for one in CORE if not one.startswith(LEFT_OUT)],
    "fuzz.txt": PROJECT["dependency-groups"]["fuzz"],
    "parity.txt": PROJECT["dependency-groups"]["parity"],
    "tools.txt": PROJECT["dependency-groups"]["tools"],
}
SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.mark.parametrize("name", WANTED)
def test_the_lock_holds_what_the_project_asks_for(name: str) -> None:
    """If this fails after a change of pyproject.toml: make lock."""
    locked = pinned(LOCKS / name)
    for wanted in map(Requirement, WANTED[name]):
        if wanted.name == "msgprobe":
            continue  # the project's own extra
        found = [one for one in locked if one.name == canonicalize_name(wanted.name)]
        assert any(one.version in wanted.specifier for one in found), f"{wanted}: make lock"


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.name)
def test_every_file_has_its_hash_and_no_place_is_named(lock: Path) -> None:
    for one in pinned(lock):
        assert one.hashes and all(map(SHA256.fullmatch, one.hashes)), one.name
    text = lock.read_text("utf-8")
    assert "://" not in text and "index" not in text and "--find-links" not in text


def test_every_lock_is_made_and_read() -> None:
    assert {path.name for path in LOCKS.iterdir()} == {*WANTED}


def _here() -> list[Pinned]:
    return [
        one for one in DEV if one.requirement.marker is None or one.requirement.marker.evaluate()
    ]


def test_one_version_for_each_system() -> None:
    names = [one.name for one in _here()]
    assert len(names) == len({*names})


@pytest.mark.skipif("CI" not in os.environ, reason="only in CI must everything come from the lock")
def test_what_is_installed_is_what_is_locked() -> None:
    for one in _here():
        try:
            assert version(one.name) == one.version, f"{one.name}: make clean install"
        except PackageNotFoundError:
            pytest.fail(f"{one.name} is not installed: make clean install")


def test_a_line_that_pins_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loose.txt").write_text("rich>=13\n")
    with pytest.raises(ValueError, match="rich>=13 is no single version"):
        pinned(tmp_path / "loose.txt")
