"""The command, its environment and a saved run."""

import os
import subprocess
from pathlib import Path

import pytest

from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps
from tests.cli.process import ALONE, COMMAND, Msgprobe
from tests.report import sample


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    found = {k: v for k, v in os.environ.items() if not k.startswith("MSGPROBE_")}
    for key in ("NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "SSL_CERT_FILE"):
        found.pop(key, None)
    # A time zone of no country: the tests plan the same wherever they run.
    return found | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "TERM": "xterm", "TZ": "UTC"}


@pytest.fixture
def msgprobe(environ: dict[str, str]) -> Msgprobe:
    def call(
        *words: str, alone: bool = False, env: dict[str, str] | None = None, **more: object
    ) -> subprocess.CompletedProcess[str]:
        prefix = (ALONE or []) if alone else []
        arguments: dict[str, object] = {
            "env": environ | (env or {}),
            "capture_output": True,
            "text": True,
            "timeout": 50,
            "check": False,
        }
        return subprocess.run([*prefix, str(COMMAND), *words], **arguments | more)  # type: ignore[call-overload, no-any-return]

    return call


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    run = sample.run(sample.blocked(), sample.service_verdict(Outcome.OK, "Signal"))
    path.write_text(dumps(document(run, exit_code=1, evidence=True)))
    return path
