"""What exams keep of their runs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


def is_made_once(
    main: Callable[[Sequence[str]], int],
    run: Sequence[str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exam ``main`` makes the one run that ``run`` names first, and then goes by what it kept
    of it in ``folder``."""
    asked = [*run, "--keep", str(folder), "--jobs", "1"]
    assert main(asked) == 0
    assert f"right {run[0]}" in capsys.readouterr().out
    (file,) = folder.iterdir()
    before = file.stat().st_mtime_ns
    assert main(asked) == 0
    assert f"right {run[0]}" not in capsys.readouterr().out
    assert file.stat().st_mtime_ns == before
