"""`msgprobe services verify` in the lab: a clean world, and one that differs in five places."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from msgprobe.catalog.loader import EVERY
from tests.lab import exam
from tests.lab.network import Finished
from tests.lab.scenarios import find
from tests.lab.world.config import HostPolicy
from tests.lab.world.hosts import shipped

LONG_S = 280
CONTROL = next(
    s for s in shipped().controls.abroad if s.any_name and s.addresses and s.name != "dns-google"
)
"""A neutral site that should answer whatever name it is asked for."""

DEAD = "149.154.175.100"
"""DC 3 of Telegram."""

PLANTED: dict[str, Any] = {
    "everywhere": (("cdn3.signal.org", "nxdomain"),),
    "hosts": (
        HostPolicy(names=("=sfu.voip.signal.org",), status=403, body="\x1b[2J\x1b]0;owned\x07"),
        HostPolicy(names=("*",), addresses=(f"{DEAD}/32",), connect="silent"),
        HostPolicy(names=("=cdsi.signal.org",), tls="new_root"),
        HostPolicy(names=(f"={CONTROL.host}",), strangers="reset"),
    ),
}


def _verified(folder: Path, world: dict[str, Any], *words: str) -> Finished:
    """``services verify`` in a world that has the domestic sites of every country too, on a line
    that loses nothing: a lost RST looks like silence."""
    (scenario,) = find("I0")
    scenario = replace(scenario, link=replace(scenario.link, loss=0.0))
    scene = exam.stage(replace(scenario, world={"country": EVERY, **world}), 1, folder)
    with scene.lab:
        done: Finished = scene.run(
            "services", "verify", *scene.targets, *words, timeout=LONG_S - 20
        )
    return done


@pytest.mark.timeout(LONG_S)
def test_in_a_clean_world_every_row_holds(lab_possible: None, tmp_path: Path) -> None:
    done = _verified(tmp_path, {}, "--json")
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    bad = [r for r in found["rows"] if r["status"] in ("differs", "no_answer")]
    assert bad == []
    assert (done.rc, found["exit_code"], found["line"], found["proposal"]) == (0, 0, "open", "")
    unasked = {(r["service"], r["kind"]) for r in found["rows"] if r["status"] == "not_asked"}
    assert unasked <= {("telegram", "key"), ("signal", "root")}  # spares that nobody shows
    services = {r["service"] for r in found["rows"]}
    assert services == {s.name for s in shipped().services if not s.warning} | {"controls"}
    kinds = {r["kind"] for r in found["rows"] if r["status"] == "holds"}
    assert {"member", "address", "asset", "root", "key", "beacon", "site", "any_name"} <= kinds
    assert {"quic", "sentinel", "resolver", "transfer", "upload", "stun", "silent"} <= kinds


def test_when_the_time_is_over_what_is_known_is_said(lab_possible: None, tmp_path: Path) -> None:
    done = _verified(tmp_path, {}, "telegram", "--json", "--max-time", "4")
    found = json.loads(done.stdout)
    assert (done.rc, found["exit_code"], found["interrupted"]) == (3, 3, "max_time")
    words = {r["status"] for r in found["rows"]}
    assert words == {"holds", "not_asked"}
    assert "Cut short by max_time." in found["summary"] and done.seconds < 12
    assert found["proposal"] == ""


@pytest.fixture(scope="module")
def planted(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    words = ("signal", "telegram", "controls")
    yield _verified(tmp_path_factory.mktemp("planted"), PLANTED, *words)


def _line(text: str, row: str) -> str:
    (line,) = [one for one in text.splitlines() if one.startswith(f"  {row}  ")]
    return line


@pytest.mark.timeout(LONG_S)
def test_planted_differences_are_found_and_nothing_else(planted: Finished) -> None:
    assert planted.rc == 3, planted.stderr
    text = planted.stdout
    assert "differs: cdn3.signal.org: the name does not exist" in _line(text, "cdn3-443")
    assert "differs: status 403, not 401" in _line(text, "sfu-443")
    for port in (443, 80, 5222):
        assert "no answer: " in _line(text, f"dc3-{port}-v4")
        assert _line(text, f"dc3-{port}-v6").endswith("holds")
    authority = _line(text, "cdsi-443")
    assert "differs: " in authority and "unknown authority" in authority
    assert "Signal Messenger" in authority
    control = _line(text, f"{CONTROL.name} any_name")
    assert "differs: asked for" in control and "reset" in control
    rows = text.partition("\n# Proposed")[0].splitlines()
    mine = ("cdn3-443", "sfu-443", "dc3-", "cdsi-443", f"{CONTROL.name} any_name")
    bad = [r.strip() for r in rows if "  differs" in r or "  no answer" in r]
    assert [r for r in bad if not r.startswith(mine)] == []
    assert "\x1b" not in text + planted.stderr and "Traceback" not in planted.stderr


@pytest.mark.timeout(LONG_S)
def test_what_is_proposed_is_toml_and_says_what_came(planted: Finished) -> None:
    text = planted.stdout
    proposed = text[text.index("# Proposed") :]
    tables = tomllib.loads(proposed.replace("[[pool.member]]", "[[member]]"))
    members = {m["name"]: m for m in tables["member"]}
    assert members["sfu"]["expect_status"] == [403]
    assert members["sfu"]["addresses"] == ["34.117.136.13"]  # it answers as the name does
    assert members["dc3"]["addresses"] == ["2001:b28:f23d:f003::a"]
    assert members["dc3"]["ports"] == [443, 80, 5222]
    assert "cdn3" not in members and '# name = "cdn3"' in proposed
    assert "cdsi" not in members and "SHA-256" in proposed
    (site,) = [s for s in tables["site"] if s["name"] == CONTROL.name]
    assert "any_name" not in site
