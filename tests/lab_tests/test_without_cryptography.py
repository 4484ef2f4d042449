"""Without the library `cryptography` everything runs; what then cannot be proved says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from msgprobe.model.observation import Proof
from tests.lab import exam
from tests.lab.scenarios import find

MISSING = """
import sys
from pathlib import Path

frame = sys._getframe()
while frame and not str(frame.f_globals.get("__name__")).startswith("msgprobe."):
    frame = frame.f_back
with Path(__file__).with_name("asked").open("a") as asked:
    print(frame and frame.f_globals["__name__"], file=asked)
raise ModuleNotFoundError("No module named 'cryptography'")
"""
"""The library, as far as this program can see it: who asks for it is written down."""


class Bare:
    """A quick run of a clean network on a machine that lacks the library."""

    def __init__(self, folder: Path, *services: str) -> None:
        hidden = folder / "hidden" / "cryptography"
        hidden.mkdir(parents=True)
        (hidden / "__init__.py").write_text(MISSING)
        (scenario,) = find("I0")
        scene = exam.stage(scenario, 1, folder / "bare")
        scene.env["PYTHONPATH"] = str(hidden.parent)
        words = ("run", *services, "--quick", "--json", "--evidence", "--seed", "1")
        with scene.lab:
            done = scene.run(*words, *scene.targets)
        assert done.rc == 0, done.stderr
        assert not done.stderr.strip() or "Traceback" not in done.stderr
        self.document: dict[str, Any] = json.loads(done.stdout)
        asked = hidden / "asked"
        self.asked = set(asked.read_text().split()) if asked.exists() else set()

    def seen(self, protocol: str) -> list[dict[str, Any]]:
        """What was observed of it."""
        every = (o for m in self.document["measurements"] for o in m["observations"])
        return [o for o in every if o["type"] == "protocol" and o["protocol"] == protocol]


@pytest.fixture(scope="module")
def usual(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    """Of the services that are measured when none is named."""
    return Bare(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def wechat(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    return Bare(tmp_path_factory.mktemp("wechat"), "wechat")


def test_the_usual_services_work_and_as_much_is_claimed(usual: Bare) -> None:
    words = {s["service"]: s["outcome"] for s in usual.document["services"]}
    assert set(words.values()) == {"ok"}, words
    whatsapp = next(s for s in usual.document["services"] if s["service"] == "whatsapp")
    text = next(f for f in whatsapp["functions"] if f["function"] == "text")
    assert (text["outcome"], text["strength"]) == ("ok", "confirmed")


@pytest.mark.parametrize("protocol", ["noise", "mtproto"])
def test_their_servers_are_proved_all_the_same(usual: Bare, protocol: str) -> None:
    assert Proof.CRYPTO in {seen["proof"] for seen in usual.seen(protocol)}
    assert Proof.SHAPE not in {seen["proof"] for seen in usual.seen(protocol)}


def test_nobody_asks_for_the_library_then(usual: Bare) -> None:
    """To load it takes a run ten megabytes."""
    assert usual.asked == set()


def test_what_could_not_be_proved_says_so(wechat: Bare) -> None:
    (service,) = wechat.document["services"]
    assert service["outcome"] == "ok"
    seen = wechat.seen("mmtls")
    assert seen
    for one in seen:
        assert (one["failure"], one["proof"]) == (None, Proof.SHAPE)
        assert "answered, not authenticated" in one["detail"]


def test_what_wants_the_library_asks_for_it_while_nobody_waits(wechat: Bare) -> None:
    assert {"msgprobe.steps.prepare", "msgprobe.wire.mmtls"} <= wechat.asked
