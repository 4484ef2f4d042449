"""What a run may bring upon the user is said before it begins, to everybody. Nothing here sends
anything: runs are alone in a network namespace.
"""

import json
from pathlib import Path

import pytest

from tests.cli.process import Msgprobe, isolated, own_file


def test_the_plan_of_a_service_with_a_warning_says_it_in_both_forms(msgprobe: Msgprobe) -> None:
    text = msgprobe("plan", "session").stdout
    assert "Warning: Session: " in text and "may raise an alarm" in text
    found = json.loads(msgprobe("plan", "session", "signal", "--json").stdout)
    assert [one["service"] for one in found["warnings"]] == ["session"]
    assert "alarm" in found["warnings"][0]["warning"]
    assert any("getsession.org" in one["target"] for one in found["contacts"])


def test_all_leaves_the_service_out_and_says_so_in_one_line(msgprobe: Msgprobe) -> None:
    done = msgprobe("plan", "--all", "--json")
    found = json.loads(done.stdout)
    assert found["warnings"] == []
    assert not [one for one in found["contacts"] if "getsession.org" in one["target"]]
    assert [one for one in found["contacts"] if "simplex.im" in one["target"]]
    assert done.stderr.count("\n") == 1
    for word in ("--all leaves out Session", "alarm", "session"):
        assert word in done.stderr


@isolated
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_run_says_the_warning_before_it_begins_even_to_who_wants_no_talk(
    msgprobe: Msgprobe, quiet: list[str]
) -> None:
    done = msgprobe("run", "session", "--quick", *quiet, alone=True)
    assert done.stderr.startswith("msgprobe: Warning: Session: ")
    assert "alarm" in done.stderr


@isolated
def test_a_run_of_all_says_what_it_leaves_out(msgprobe: Msgprobe) -> None:
    done = msgprobe("run", "--all", "--quick", "--json", alone=True)
    measured = {one["service"] for one in json.loads(done.stdout)["services"]}
    assert "session" not in measured and "simplex" in measured
    assert "--all leaves out Session" in done.stderr


@pytest.mark.parametrize(
    ("warning", "told"), [("", False), ('warning = "its owner asks not to"', True)]
)
def test_a_users_own_service_is_treated_alike(
    msgprobe: Msgprobe, tmp_path: Path, warning: str, told: bool
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(own_file("own", more=warning))
    done = msgprobe("plan", "--all", "--json", "--targets", str(path))
    targets = {one["target"] for one in json.loads(done.stdout)["contacts"]}
    assert ("chat.own.example" in targets) is not told
    assert ("--all leaves out Own: its owner asks not to" in done.stderr) is told
