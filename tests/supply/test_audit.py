"""An audit that could not be made is never taken for a clean one."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.supply.__main__ import CLEAN, FLAWED, UNKNOWN, batches, main

SOUND: dict[str, Any] = {"name": "Rich", "version": "13.0", "vulns": []}
# the forms of pip-audit's README, "--format=json" and what its `SkippedDependency` becomes
WEAK: dict[str, Any] = {
    "name": "flask",
    "version": "0.5",
    "vulns": [{"id": "PYSEC-2019-179", "fix_versions": ["1.0"], "description": "..."}],
}
SKIPPED = {"name": "flask", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "lock.txt"
    file.write_text("rich==13.0 \\\n    --hash=sha256:0\nflask==0.5 ; python_version < '3'\n")
    return file


def said(folder: Path, text: str) -> str:
    """A pip-audit that says ``text``; with status 0, as after a skipped dependency."""
    script = folder / "pip-audit"
    script.write_text(f"#!{sys.executable}\nprint({text!r})\n")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([SOUND, {**WEAK, "vulns": []}], CLEAN),
        ([SOUND, WEAK], FLAWED),
        ([SOUND, SKIPPED], UNKNOWN),
        ([SOUND], UNKNOWN),
    ],
)
def test_the_status(tmp_path: Path, lock: Path, rows: list[dict[str, Any]], status: int) -> None:
    text = json.dumps({"dependencies": rows, "fixes": []})
    assert main([said(tmp_path, text), str(lock)]) == status


def test_a_flaw_is_named(tmp_path: Path, lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([said(tmp_path, json.dumps({"dependencies": [SOUND, WEAK]})), str(lock)])
    assert "flask 0.5: PYSEC-2019-179, mended in 1.0" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "connection refused", "[]", "{}"])
def test_no_result_is_no_clean_result(
    tmp_path: Path, lock: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([said(tmp_path, text), str(lock)]) == UNKNOWN
    assert "nothing is audited" in capsys.readouterr().err


def test_no_pip_audit_is_no_clean_result(tmp_path: Path, lock: Path) -> None:
    assert main([str(tmp_path / "none"), str(lock)]) == UNKNOWN


def test_two_versions_of_one_package_are_asked_for_one_after_the_other() -> None:
    found = list(batches([("numpy", "2.4"), ("numpy", "2.5"), ("rich", "13")]))
    assert sorted(pair for batch in found for pair in batch.items()) == [
        ("numpy", "2.4"),
        ("numpy", "2.5"),
        ("rich", "13"),
    ]
    assert len(found) == 2
