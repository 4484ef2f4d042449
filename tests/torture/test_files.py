"""The hostile files that need no network: all are read, and a few are run in a namespace of their
own. `make torture` runs them all in the lab."""

import json
from pathlib import Path

import pytest

from msgprobe.catalog.error import CatalogError
from msgprobe.catalog.loader import load
from msgprobe.catalog.permission import Allowed
from msgprobe.checks.registry import examiner, registry
from msgprobe.model.liberty import Liberty
from tests.cli.conftest import environ, msgprobe
from tests.cli.process import Msgprobe, isolated, one_line
from tests.torture.__main__ import kinds
from tests.torture.hostile_files import OVERRIDE, Case, cases

__all__ = ["environ", "msgprobe"]

CHECKS = registry()
ALL = cases()
ENDED = (0, 1, 3, 4)


def test_there_are_two_hundred_and_each_has_a_name_of_its_own() -> None:
    assert len({case.name for case in ALL}) == len(ALL) >= 200
    assert "files" in kinds()


@pytest.mark.parametrize("case", ALL, ids=lambda case: ascii(case.name)[:60])
def test_each_is_refused_plainly_or_taken_with_what_it_replaces_told(
    case: Case, tmp_path: Path
) -> None:
    path = case.make(tmp_path)
    liberties = frozenset(liberty for liberty in Liberty if liberty.flag in case.flags)
    allowed = Allowed(override=OVERRIDE in case.flags, liberties=liberties)
    try:
        found = load([path], known_checks=tuple(CHECKS), examine=examiner(CHECKS), allowed=allowed)
    except CatalogError as error:
        assert case.refused, error
        assert str(error).isprintable() and error.why and error.right
        assert str(path) in str(error)
    else:
        assert not case.refused
        told = tuple((one.kind, one.name) for one in found.allowances.overrides)
        assert told == case.overrides


FEW = [
    case
    for case in ALL
    if case.name
    in (
        "special-fifo",
        "special-/dev/zero",
        "smtp-here-named-telegram",
        "override-allowed-telegram",
        "address-both-127.0.0.1",
        "many-2-pools-of-100",
    )
]


@isolated
@pytest.mark.parametrize("case", FEW, ids=lambda case: case.name)
def test_a_run_of_it_ends(case: Case, tmp_path: Path, msgprobe: Msgprobe) -> None:
    path = case.make(tmp_path)
    words = ("run", case.service, "--targets", str(path), "--max-time", "2", "--json", *case.flags)
    done = msgprobe(*words, alone=True)
    if case.refused:
        one_line(done, 2, str(path), "; ")
        return
    assert done.returncode in ENDED, done.stderr
    told = json.loads(done.stdout)["overrides"]
    assert [(one["kind"], one["name"]) for one in told] == list(case.overrides)
    assert all(f"{kind} {name}" in done.stderr for kind, name in case.overrides)
    assert str(tmp_path) not in done.stdout
