"""The exam of facts: what is enumerated, what is true of a run, judging, the table, going on."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from msgprobe.model.contact import Contact
from tests.interpreter import python
from tests.lab.exam_record import Kept, save
from tests.lab.facts_cases import (
    CAUSES,
    TRIPLES,
    Case,
    Part,
    causes,
    covering,
    every_case,
    features,
    singles,
    triples,
)
from tests.lab.facts_exam import IN_CI, main
from tests.lab.facts_kinds import KINDS, STATUSES
from tests.lab.facts_pieces import homes
from tests.lab.facts_rows import facts, plan, served_by
from tests.lab.facts_table import failures, table
from tests.lab.facts_truth import Record, judge, truth
from tests.lab.scenario import CORE
from tests.lab.world.config import WorldConfig
from tests.lab.world.hosts import build, shipped
from tests.lab_tests.exam_documents import document
from tests.lab_tests.keeping import is_made_once

ROOT = Path(__file__).parents[2]
FINE = dict.fromkeys(CORE, "ok")


def case(*contradictions: tuple[str, str], cause: str = "") -> Case:
    """One run: servers by their names, each with the way in which it is contradicted."""
    by_host = {**served_by(facts()), **{f.id: f for f in facts()}}
    parts = tuple(Part(fact=by_host[host], kind=KINDS[kind]) for host, kind in contradictions)
    group: Any = "cause" if cause else "single" if len(parts) == 1 else "triple"
    return Case(id="s-made-up", group=group, parts=parts, seed=1, cause=cause)


def judged(one: Case, words: Mapping[str, str], **more: Any) -> Record:
    return judge(one, Kept(scenario=one.id, seed=1, document=document({**FINE, **words}, **more)))


STATUS = case(("web.telegram.org", "404-html"))
LONE = case(("v.whatsapp.net", "close"))
"""The only server for signing up."""


# --- what is enumerated ---------------------------------------------------------------------------


def known_targets() -> set[str]:
    """Whoever is the server of a fact, by name and by address."""
    hosts = {host for fact in facts() for host in fact.hosts}
    found = {address for host in hosts for address in homes().get(host, ())}
    return hosts | found | {fact.address for fact in facts()}


def test_everybody_whom_the_plan_names_is_a_fact() -> None:
    known = known_targets()
    at_home = {site.host for site in shipped().controls.sites if site.country is not None}
    unknown: set[str] = set()
    contacts: tuple[Contact, ...] = plan(shipped())
    for contact in contacts:
        targets = {contact.target, contact.asks} - {"", "your resolver", "your proxy"}
        unknown |= {t for t in targets if t not in known and t not in at_home}
    assert not unknown
    assert len(contacts) > 100


def test_every_row_of_the_core_services_is_in_a_fact() -> None:
    rows = {row for fact in facts() for row in fact.rows}
    for service in shipped().services:
        if service.core:
            assert {f"{service.name}/{e.member}" for e in service.endpoints} <= rows
            own = {f"{service.name}/{a.name}" for a in service.assets if a.pool is None}
            assert own <= rows


def test_ids_are_unique_and_fit_for_files() -> None:
    cases = every_case()
    assert len({c.id for c in cases}) == len(cases)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]{4,120}", c.id) for c in cases)
    assert len(triples()) == TRIPLES == 300
    assert len(causes()) == CAUSES >= 200
    assert 1000 <= len(singles()) <= 1900


def test_ids_and_seeds_are_the_same_in_every_process() -> None:
    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    mine = "".join(f"{c.id} {c.seed} {c.told}\n" for c in every_case())
    code = (
        "from tests.lab.facts_cases import every_case\n"
        "print(''.join(f'{c.id} {c.seed} {c.told}\\n' for c in every_case()), end='')"
    )
    elsewhere = {**os.environ, "PYTHONHASHSEED": "7"}
    done = python(code, cwd=ROOT, env=elsewhere, check=True, timeout=None)
    assert digest(done.stdout) == digest(mine)


def test_who_decides_over_https_answers_with_every_status() -> None:
    seen: dict[str, set[str]] = {}
    for one in singles():
        part = one.parts[0]
        if part.kind.group.startswith("status "):
            seen.setdefault(part.fact.id, set()).add(part.kind.group)
    due = {f"status {status}" for status in STATUSES}
    for fact in facts():
        if fact.standing == "deciding" and fact.speaks & {"http", "page"} and not fact.paths:
            assert seen[fact.id] == due, fact.id


def test_every_kind_is_tried() -> None:
    alone = {one.parts[0].kind.name for one in singles()}
    assert alone == {kind.name for kind in KINDS.values() if kind.once}
    assert {p.kind.name for one in causes() for p in one.parts} >= {"demands", "new-root", "moved"}


def test_every_kind_makes_a_world() -> None:
    for one in covering(every_case(), IN_CI):
        config = WorldConfig(workdir="/nonexistent", ipv6=True, **one.scenario().world)
        assert WorldConfig.from_json(config.to_json()) == config
        assert build(config).places


def test_triples_concern_three_servers() -> None:
    for one in triples():
        hosts = [host for part in one.parts for host in part.fact.hosts]
        assert len(one.parts) == 3 and len(set(hosts)) == len(hosts)


def test_the_sample_covers_everything_and_is_always_the_same() -> None:
    chosen = covering(every_case(), IN_CI)
    assert len(chosen) == IN_CI
    assert chosen == covering(every_case(), IN_CI)
    whole = {f for one in every_case() for f in features(one)}
    missing = whole - {f for one in chosen for f in features(one)}
    assert not missing
    assert {one.group for one in chosen} == {"single", "triple", "cause"}


# --- what is true ---------------------------------------------------------------------------------


def test_a_status_leaves_a_function_what_it_needs() -> None:
    found = truth(case(("chat.signal.org", "404-html")))
    assert found.controls and all(s.intact for s in found.functions.values())


def test_what_a_pinned_server_may_not_show_others_may() -> None:
    pinned = truth(case(("chat.signal.org", "other-ca")))
    assert not pinned.functions["signal.text"].intact
    public = truth(case(("web.telegram.org", "other-ca")))
    assert all(s.intact for s in public.functions.values())


def test_who_lives_at_the_same_address_dies_too() -> None:
    shared = set(homes()["t.me"]) & set(homes()["telegram.org"])
    assert shared, "the lab's world has them at one address"
    found = truth(case(("t.me", "dead")))
    assert not found.functions["telegram.web"].intact
    named = truth(case(("t.me", "alert")))
    assert named.functions["whatsapp.web"].intact and named.functions["signal.text"].intact


def test_a_new_address_is_no_loss_where_there_is_a_name() -> None:
    moved = truth(case(("g.whatsapp.net", "moved-let")))
    assert all(s.intact for s in moved.functions.values())
    bare = truth(case(("telegram-dc2", "moved-let")))
    assert not bare.functions["telegram.text"].intact


def test_a_lone_server_that_is_lost_makes_nothing_degraded() -> None:
    found = truth(LONE).functions["whatsapp.signup"]
    assert not found.intact
    assert found.may == {"ok", "inconclusive", "not_tested"}


def test_down_is_due_where_two_members_err_against_what_is_expected() -> None:
    one = truth(case(("graph.facebook.com", "503-html"))).functions["messenger.text"]
    two = truth(
        case(("graph.facebook.com", "503-html"), ("b-graph.facebook.com", "503-empty"))
    ).functions["messenger.text"]
    assert "down" not in one.may and "down" in two.may and not two.intact


def test_another_path_of_the_same_server_is_not_concerned() -> None:
    by_path = next(f for f in facts() if f.paths and f.owner == "whatsapp")
    found = truth(case((by_path.id, "404-html" if "404-html" in KINDS else "small")))
    assert all(s.intact for s in found.functions.values())


def test_controls_may_be_too_few() -> None:
    sites = [f.hosts[0] for f in facts() if "site" in f.sorts and f.standing == "deciding"]
    assert truth(case((sites[0], "dead"))).controls
    assert not truth(case(*((host, "close") for host in sites))).controls


# --- judging --------------------------------------------------------------------------------------


def test_a_good_run_is_right() -> None:
    record = judged(STATUS, {"telegram.web": "ok"})
    assert record.right and record.whole and len(record.due) == len(CORE)


@pytest.mark.parametrize("word", ["blocked", "throttled"])
@pytest.mark.parametrize("key", ["signal", "telegram.web"])
def test_an_accusation_is_an_alarm(word: str, key: str) -> None:
    assert judged(STATUS, {key: word}).alarms == (f"{key} {word}",)


@pytest.mark.parametrize(
    ("state", "alarm"), [("bad_link", False), ("captive_portal", True), ("shutdown", True)]
)
def test_the_connection_may_not_be_accused(state: str, alarm: bool) -> None:
    assert bool(judged(STATUS, {}, state=state).alarms) is alarm


def test_down_is_wrong_where_the_primary_function_answers() -> None:
    media = case(("storage.signal.org", "503-html"))
    assert judged(media, {"signal": "down", "signal.text": "ok"}).downs == ("signal down",)


def test_a_service_that_keeps_what_it_needs_has_to_be_ok() -> None:
    record = judged(STATUS, {"telegram": "degraded", "telegram.web": "degraded"})
    assert record.missed == ("telegram degraded (web degraded by -)",)
    assert not record.right and not record.bad
    assert judged(STATUS, {"whatsapp": "inconclusive"}).missed


def test_a_stronger_word_than_is_due_is_wrong() -> None:
    mild = judged(LONE, {"whatsapp.signup": "inconclusive"})
    assert mild.right and not mild.whole
    assert mild.emptied == {"whatsapp.signup": "inconclusive"}
    strong = judged(LONE, {"whatsapp.signup": "degraded"})
    assert strong.wrong == ("whatsapp.signup degraded",)


def test_sentences_that_say_that_facts_may_be_old_are_counted() -> None:
    said = document({**FINE, "whatsapp.signup": "inconclusive"})
    service = next(s for s in said["services"] if s["service"] == "whatsapp")
    service["functions"][0]["why"] = "This tool's facts may be out of date."
    found = judge(LONE, Kept(scenario=LONE.id, seed=1, document=said))
    assert found.outdated == ("whatsapp.signup",)


# --- the table ------------------------------------------------------------------------------------


def test_the_table_names_what_is_wrong_first() -> None:
    records = [
        judged(STATUS, {}),
        judged(STATUS, {"signal": "blocked"}),
        Record(case=STATUS, fault="no lab"),
    ]
    text = table(records, whole=True, missing=4)
    lines = text.splitlines()
    assert lines[0].startswith("Facts contradicted, 2026-01-02; msgprobe 1.2.3 rules 7; commit -")
    assert lines[2] == "Accused: 1"
    assert "s-made-up seed 1: signal blocked" in lines[3]
    assert any(line.startswith("status 404 ") for line in lines)
    assert "void runs 1, runs not made 4" in text
    assert lines[-1].startswith("FAIL: 1 runs with an accusation")


def test_shares_that_are_too_small_fail() -> None:
    missed = judged(STATUS, {"signal": "inconclusive"})
    many = [judged(STATUS, {}) for _ in range(99)]
    assert not failures(many, whole=False)
    assert not failures([*many, missed], whole=False)  # 99 of 100
    assert failures([*many, missed, missed], whole=False)
    assert failures([*many, missed], whole=False, every=True)
    assert failures([judged(STATUS, {"signal": "down"})], whole=False)
    assert failures([Record(case=STATUS, fault="no lab")], whole=True)


# --- going on -------------------------------------------------------------------------------------


def test_what_is_kept_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = next(c for c in singles() if c.parts[0].kind.name == "404-html")
    save(tmp_path, Kept(scenario=known.id, seed=known.seed, document=document(FINE)))
    out = tmp_path / "table.txt"
    asked = [known.id, "--keep", str(tmp_path), "--sum-up", "--out", str(out)]
    assert main(asked) == 0
    assert "runs not made 0" in out.read_text(encoding="utf-8")
    assert main(["404-html", "--keep", str(tmp_path), "--sum-up"]) == 0
    assert "runs not made 0" not in capsys.readouterr().out.splitlines()[-2]


def test_a_run_is_made_once_and_kept(
    lab_possible: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_made_once(main, ["s-www.debian.org-dead", "--most", "1"], tmp_path, capsys)


def test_an_unknown_run_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-run"]) == 2
    assert "no-such-run" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 2)])
def test_without_a_lab_runs_are_skipped_and_counted(ci: str, status: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab", "facts", "--most", "3"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": str(tmp_path), "CI": ci},
    )
    assert done.returncode == status
    assert "facts: 3 runs skipped" in done.stderr
