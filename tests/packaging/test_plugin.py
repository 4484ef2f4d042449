"""A third party's package (tests/plugin_example), installed beside the built wheel, is judged.

Only the lab is the checkout's: the command is that of a new environment, into which the plug-in
came as a wheel.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from msgprobe.model.observation import Proof
from tests.lab.censor import Action, Drop, Match, OnPattern
from tests.lab.exam import Stage, stage
from tests.lab.scenario import Scenario
from tests.lab.world.config import ExtraHost
from tests.packaging.conftest import ROOT
from tests.packaging.environment import Environment, build, environment

pytestmark = pytest.mark.timeout(300)

PORT = 7777
# Invented; public ones, because an address of a documentation prefix is an impossible DNS answer.
ADDRESSES = {"alpha.acme.example": "188.93.16.10", "beta.acme.example": "91.239.100.20"}
EVERYWHERE = Match(to=tuple(f"{address}/32" for address in ADDRESSES.values()))

OPEN = Scenario(
    id="plugin",
    title="a plug-in's service on an open line",
    kind="innocent",
    row="",
    world={
        "extra": tuple(
            ExtraHost(name=name, addresses=(address,), ports=((PORT, "acme"),))
            for name, address in ADDRESSES.items()
        )
    },
)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """msgprobe and the plug-in, as a user would have them."""
    folder = tmp_path_factory.mktemp("plugin")
    plugin = build(ROOT / "tests" / "plugin_example", folder)
    return environment(folder / "venv", [wheel, plugin])


@pytest.fixture(scope="module")
def scene(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A lab where Acme's servers live."""
    staged = stage(OPEN, seed=1, workdir=tmp_path_factory.mktemp("lab"))
    with staged.lab:
        yield staged


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a run said about acme, and the measurements that it cites."""

    status: int
    outcome: str
    strength: str | None
    mechanisms: list[str]
    rules: list[str]
    cited: list[dict[str, Any]]

    @property
    def addresses(self) -> set[str]:
        """Where the cited conversations were held."""
        return {m["task"]["probe"]["address"] for m in self.cited}


def measure(scene: Stage, installed: Environment, *actions: Action) -> Judged:
    """The installed command's word on acme while the middlebox does ``actions``."""
    scene.lab.set_actions(actions)
    words = [str(installed.command), "run", "acme", "--json", "--evidence", "--seed", "1"]
    done = scene.lab.run(words, scene.env, timeout=90)
    assert not done.timed_out and done.stderr == "", done.stderr
    fired = scene.lab.log.fired
    assert all(fired.get(action.name) for action in actions), "the censor had nothing to do"
    document = json.loads(done.stdout)
    assert document["connection"]["state"] == "online"
    (service,) = document["services"]
    (function,) = service["functions"]
    transactions = set(function["evidence"])
    cited = [
        m
        for m in document["measurements"]
        if transactions & {o["transaction"] for o in m["observations"]}
    ]
    assert len(cited) == len(transactions) > 0
    return Judged(
        status=done.rc,
        outcome=service["outcome"],
        strength=service["strength"],
        mechanisms=service["mechanisms"],
        rules=function["rules"],
        cited=cited,
    )


def test_the_plug_in_is_listed(installed: Environment, tmp_path: Path) -> None:
    checks = installed.run(installed.command, "checks", cwd=tmp_path)
    assert "First words of Acme's own protocol" in checks.stdout, checks.stderr
    services = installed.run(installed.command, "services", "list", cwd=tmp_path)
    assert "acme" in services.stdout.split(), services.stderr
    plan = installed.run(installed.command, "plan", "acme", cwd=tmp_path)
    assert all(name in plan.stdout for name in ADDRESSES), plan.stderr


def test_on_an_open_line_its_own_answers_acquit(scene: Stage, installed: Environment) -> None:
    found = measure(scene, installed)
    assert (found.status, found.outcome, found.strength) == (0, "ok", "likely")
    assert found.rules == ["ok.own_protocol"]
    assert {m["task"]["check"] for m in found.cited} == {"acme"}
    assert found.addresses == {*ADDRESSES.values()}
    for measurement in found.cited:
        tcp, said = measurement["observations"]
        assert (tcp["type"], tcp["failure"]) == ("tcp", None)
        assert (said["protocol"], said["stage"]) == ("acme", "welcome")
        assert said["proof"] == Proof.NONCE


def test_cut_off_it_is_blocked_and_its_own_tries_are_cited(
    scene: Stage, installed: Environment
) -> None:
    found = measure(scene, installed, Drop(label="null route", match=EVERYWHERE))
    assert (found.status, found.outcome) == (1, "blocked")
    assert found.mechanisms == ["tcp.timeout"]
    assert {m["task"]["check"] for m in found.cited} == {"acme"}
    for address in ADDRESSES.values():
        tries = [m for m in found.cited if m["task"]["probe"]["address"] == address]
        assert len(tries) >= 2, "an accusation rests on repeats"
        for measurement in tries:
            (tcp,) = measurement["observations"]
            assert tcp["failure"] == "generic_timeout_error"


def test_its_words_dropped_after_connecting_is_not_yet_told_apart(
    scene: Stage, installed: Environment
) -> None:
    """Nothing contrasts a plug-in's protocol with another one on its port, so that a server that
    hangs is not excluded: never ``ok``, and an accusation would need more than we have."""
    found = measure(scene, installed, OnPattern(label="dpi", pattern="ACME hello ", do="drop"))
    assert (found.status, found.outcome) == (3, "inconclusive")
    assert {m["task"]["check"] for m in found.cited} == {"acme"}
    stages = {o["stage"] for m in found.cited for o in m["observations"] if o["type"] == "protocol"}
    assert stages == {"sent"}
