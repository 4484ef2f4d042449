"""Without the library `cryptography` everything runs, says so, and claims less."""

import json
from pathlib import Path
from typing import Any

import pytest

from msgprobe.model.observation import Proof
from tests.lab import exam
from tests.lab.scenarios import find

BARE_PROOFS = ("noise", "mmtls")
"""Protocols whose proof needs the library; MTProto's does not (its ciphers are our own)."""


@pytest.fixture(scope="module")
def document(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A quick run of a clean network on a machine that lacks the library."""
    hidden = tmp_path_factory.mktemp("hidden")
    (hidden / "cryptography").mkdir()
    missing = "raise ModuleNotFoundError(\"No module named 'cryptography'\")\n"
    (hidden / "cryptography" / "__init__.py").write_text(missing)
    (scenario,) = find("I0")
    scene = exam.stage(scenario, 1, tmp_path_factory.mktemp("bare"))
    scene.env["PYTHONPATH"] = str(hidden)
    with scene.lab:
        done = scene.run("run", "--quick", "--json", "--evidence", "--seed", "1", *scene.targets)
    assert done.rc == 0, done.stderr
    assert not done.stderr.strip() or "Traceback" not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    (Path(hidden) / "run.json").write_text(done.stdout)
    return found


def _protocols(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        o for m in document["measurements"] for o in m["observations"] if o["type"] == "protocol"
    ]


def test_every_service_works_and_less_is_claimed(document: dict[str, Any]) -> None:
    words = {s["service"]: s["outcome"] for s in document["services"]}
    assert set(words.values()) == {"ok"}, words
    whatsapp = next(s for s in document["services"] if s["service"] == "whatsapp")
    text = next(f for f in whatsapp["functions"] if f["function"] == "text")
    assert (text["outcome"], text["strength"]) == ("ok", "likely")


def test_what_could_not_be_proved_says_so(document: dict[str, Any]) -> None:
    noise = [o for o in _protocols(document) if o["protocol"] in BARE_PROOFS]
    assert noise
    for seen in noise:
        assert (seen["failure"], seen["proof"]) == (None, Proof.SHAPE)
        assert "answered, not authenticated" in seen["detail"]


def test_telegram_is_proved_all_the_same(document: dict[str, Any]) -> None:
    proofs = {o["proof"] for o in _protocols(document) if o["protocol"] == "mtproto"}
    assert Proof.CRYPTO in proofs
