"""Rows that were asked, as text, JSON, TOML and an issue; text from the network stays harmless."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.catalog.loader import EVERY, Catalogue, load
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.model.row import CONTROLS, Came, Checked, Kind, Verification, Word
from msgprobe.model.target import Provenance, Service
from msgprobe.report.exits import Exit
from msgprobe.report.propose import proposal
from msgprobe.report.toml_rows import Row, literal, member_table, row_table
from msgprobe.report.verify import exit_status, markdown, render, render_json
from tests.evidence.story import certificate
from tests.interpreter import python
from tests.report.sample import HOSTILE

CATALOGUE = load((), EVERY)
NEW = Provenance(source="made up for this test", date="2026-11-25")
WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "catalogue.yml"


def signal() -> Service:
    return CATALOGUE.service("signal")


def row(name: str, word: Word, what: str = "", **more: Any) -> Checked:
    given = {"service": "signal", "kind": Kind.MEMBER, "table": name, "provenance": NEW, **more}
    label = given.pop("label", f"{name}-443")
    return Checked(row=label, word=word, what=what, **given)


def found(*rows: Checked, **more: Any) -> Verification:
    return Verification(
        **{
            "started_at": "2026-11-25T04:17:00Z",
            "duration_s": 1.0,
            "services": (signal(), CATALOGUE.service("telegram")),
            "controls": CATALOGUE.controls,
            "rows": rows,
            **more,
        }
    )


HELD = row("chat", Word.HOLDS)


# -- status --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "more", "due"),
    [
        ((HELD,), {}, Exit.OK),
        ((HELD, row("cdn", Word.NOT_ASKED, "no IPv6")), {}, Exit.OK),
        ((HELD, row("cdn", Word.NOT_ASKED, cut=True)), {}, Exit.UNPROVEN),
        ((HELD, row("cdn", Word.DIFFERS)), {}, Exit.UNPROVEN),
        ((HELD, row("cdn", Word.NO_ANSWER)), {}, Exit.UNPROVEN),
        ((row("cdn", Word.NOT_ASKED),), {}, Exit.UNPROVEN),
        ((), {}, Exit.UNPROVEN),
        ((HELD,), {"closed": "no neutral site answers"}, Exit.UNPROVEN),
        ((HELD,), {"interrupted": "SIGINT"}, Exit.SIGINT),
        ((HELD,), {"interrupted": "SIGTERM"}, Exit.SIGTERM),
    ],
)
def test_the_status(rows: tuple[Checked, ...], more: dict[str, Any], due: Exit) -> None:
    assert exit_status(found(*rows, **more)) is due


# -- text and JSON -------------------------------------------------------------------------------


def test_one_line_a_row_with_its_age_and_the_old_ones_marked() -> None:
    old = Provenance(source="an old book", date="2025-01")
    text = render(
        found(
            HELD,
            row("cdn", Word.DIFFERS, "status 500", provenance=old),
            row("site", Word.NO_ANSWER, "refused", service=CONTROLS, kind=Kind.SITE),
        ),
        width=None,
    )
    lines = text.splitlines()
    assert lines[0] == "signal"
    assert lines[1].split() == ["chat-443", "new", "holds"]
    assert lines[2].split("  ")[1] == "cdn-443"
    assert lines[2].endswith("22 months, old  differs: status 500")
    assert lines[lines.index("controls") + 1].endswith("no answer: refused")
    assert "3 rows: 1 hold, 1 differ, 1 give no answer." in text
    assert "1 rest on facts older than 18 months" in text


def test_what_the_network_said_steers_nothing() -> None:
    body = Came(status=503, body=HOSTILE)
    bad = row("sfu", Word.DIFFERS, f"it begins: {HOSTILE}", came=body)
    shown = found(HELD, bad)
    text = render(shown, width=None)
    assert all(c.isprintable() or c == "\n" for c in text)
    document = json.loads(render_json(shown))
    assert render_json(shown).isascii()
    tomllib.loads(document["proposal"].replace("[[pool.member]]", "[[member]]"))
    issue = markdown(document)
    assert all(c.isprintable() or c == "\n" for c in issue)


def test_an_answer_cannot_leave_its_code_in_the_issue() -> None:
    what = "```` <script> ``` [x](javascript:1) \n# owned"
    issue = markdown(json.loads(render_json(found(HELD, row("sfu", Word.DIFFERS, what)))))
    (line,) = [one for one in issue.splitlines() if "javascript" in one and one.startswith("- ")]
    assert line.endswith("`````") or "````` " in line
    assert "\n# owned" not in issue


def test_json_has_every_row_and_the_proposal() -> None:
    document = json.loads(render_json(found(HELD, row("cdn", Word.NO_ANSWER, "refused"))))
    assert document["format_version"] == 1
    assert document["exit_code"] == 3
    assert document["rows"][1] == {
        "service": "signal",
        "row": "cdn-443",
        "kind": "member",
        "status": "no_answer",
        "what": "refused",
        "date": "2026-11-25",
        "age_days": 0,
        "stale": False,
        "source": "made up for this test",
    }
    assert '# name = "cdn"' in document["proposal"]


# -- proposals -----------------------------------------------------------------------------------


def _file(service: Service, *members: str) -> str:
    """A target file with these members, each in a pool of its own as the service has it."""
    head = (
        f'[service]\nname = "{service.name}"\ntitle = "x"\nprimary = "text"\n'
        'source = "x"\ndate = "2026-01"\nallow = ["mail_ports"]\n'
    )
    return head + "\n".join(members)


@pytest.mark.parametrize("service", CATALOGUE.services, ids=lambda s: s.name)
def test_a_member_s_table_means_what_the_member_is(service: Service, tmp_path: Path) -> None:
    """Every shipped member as TOML, read back by the loader, has the same endpoints."""
    for pool in service.pools:
        mine = [e for e in service.endpoints if e.pool == pool.name]
        checks = {e.check for e in mine}
        lines = [f'[[pool]]\nname = "{pool.name}"\nfunction = "{pool.function}"']
        if pool.extra:
            lines.append("extra = true")
        tables = [member_table(service, m, NEW) for m in service.members(pool.name)]
        spare = '[[pool]]\nname = "other"\nfunction = "text"\n[[pool.member]]\nname = "lab-other"'
        spare += f'\nhost = "other.example"\ncheck = "tls"\nsource = "x"\ndate = "{NEW.date}"\n'
        plain = "\n".join([*lines, *tables, spare])
        path = tmp_path / f"{pool.name}.toml"
        roots = [
            f'[[root]]\nname = "{r.name}"\nsha256 = "{r.sha256}"\nsource = "x"\n'
            f'date = "2026-01"\npem = """\n{r.pem}"""\n'
            for r in service.roots
        ]
        path.write_text(_file(service, plain, *roots))
        read = load([path], allowed=EVERYTHING).service(service.name)
        again = [e for e in read.endpoints if e.pool == pool.name]
        assert again == [replace(e, provenance=NEW) for e in mine], (pool.name, checks)


def _controls(path: Path) -> Catalogue:
    return load([path], EVERY, allowed=EVERYTHING)


def test_a_control_s_table_means_what_the_control_is(tmp_path: Path) -> None:
    controls = CATALOGUE.controls
    rows: list[Row] = [*controls.sites, *controls.sentinels, *controls.resolvers]
    rows += [*controls.sources, *controls.calls]
    path = tmp_path / "controls.toml"
    path.write_text("\n".join(row_table(one, NEW) for one in rows))
    again = _controls(path).controls
    assert again.sites == tuple(replace(s, provenance=NEW) for s in controls.sites)
    assert again.sentinels == tuple(replace(s, provenance=NEW) for s in controls.sentinels)
    assert again.resolvers == tuple(replace(r, provenance=NEW) for r in controls.resolvers)
    assert again.sources == tuple(replace(s, provenance=NEW) for s in controls.sources)
    assert again.calls == tuple(replace(c, provenance=NEW) for c in controls.calls)


@pytest.mark.parametrize("service", CATALOGUE.services, ids=lambda s: s.name)
def test_an_asset_s_table_has_every_key(service: Service) -> None:
    for asset in service.assets:
        (table,) = tomllib.loads(row_table(asset, NEW))["asset"]
        for key, value in table.items():
            if key not in ("source", "date"):
                had = getattr(asset, key)
                assert value == (list(had) if isinstance(had, tuple) else had)


@given(st.text())
def test_a_literal_is_one_string_of_toml(text: str) -> None:
    written = literal(text)
    assert written.isascii() and written.isprintable()
    assert tomllib.loads(f"x = {written}") == {"x": text.encode("utf-8", "replace").decode()}


def _members(text: str) -> dict[str, dict[str, Any]]:
    tables = tomllib.loads(text.replace("[[pool.member]]", "[[member]]"))
    return {m["name"]: m for m in tables.get("member", [])}


def test_a_new_status_becomes_the_expected_one() -> None:
    bad = row("sfu", Word.DIFFERS, "status 403, not 401", came=Came(status=403))
    text = proposal(found(HELD, bad))
    assert _members(text)["sfu"]["expect_status"] == [403]
    assert "# sfu-443: differs: status 403, not 401" in text
    assert text.startswith("# Proposed by msgprobe services verify.")


def test_a_dead_hint_gives_way_to_what_the_name_leads_to() -> None:
    rows = [row("cdn2", Word.HOLDS, port=443, came=Came(addresses=("104.18.2.2",)))]
    for address in signal().endpoint("cdn2-443").addresses:
        label = f"cdn2-443 at {address}"
        rows.append(
            row(
                "cdn2",
                Word.NO_ANSWER,
                label=label,
                kind=Kind.ADDRESS,
                address=address,
                port=443,
            )
        )
    assert _members(proposal(found(*rows)))["cdn2"]["addresses"] == ["104.18.2.2"]
    half = _members(proposal(found(*rows[:2])))["cdn2"]["addresses"]
    assert half == list(signal().endpoint("cdn2-443").addresses[1:])


def test_only_ports_and_addresses_that_hold_stay() -> None:
    telegram = CATALOGUE.service("telegram")
    mine = [e for e in telegram.endpoints if e.member == "dc2"]

    def said(bad: set[str]) -> dict[str, Any]:
        rows = [
            row(
                "dc2",
                Word.NO_ANSWER if e.name in bad else Word.HOLDS,
                label=e.name,
                service="telegram",
                port=e.port,
            )
            for e in mine
        ]
        return _members(proposal(found(HELD, *rows)))["dc2"]

    last = mine[-1].port
    assert last not in said({e.name for e in mine if e.port == last})["ports"]
    first = mine[0].addresses[0]
    assert first not in said({e.name for e in mine if e.addresses == (first,)})["addresses"]


def test_what_is_gone_or_dead_is_only_proposed_as_a_comment() -> None:
    gone = row("cdn3", Word.DIFFERS, "no such name", came=Came(gone=True))
    dead = row("updates", Word.NO_ANSWER, "refused")
    text = proposal(found(HELD, gone, dead))
    assert _members(text) == {}
    assert "# The name is gone" in text and '# name = "cdn3"' in text
    assert "# If it stays so" in text and '# name = "updates"' in text


def test_nothing_is_proposed_where_all_is_silent_or_nothing_was_asked() -> None:
    silent = [row(m, Word.NO_ANSWER) for m in ("chat", "cdn", "sfu")]
    text = proposal(found(*silent))
    assert "is it blocked here?" in text and "name =" not in text
    assert proposal(found(*silent, closed="no neutral site answers")) == ""
    assert proposal(found(HELD)) == ""


def test_a_new_authority_is_shown_and_not_believed() -> None:
    own = replace(certificate("CN=New", "CN=New"), der="MIIB")
    bad = row(
        "rsa-2022",
        Word.DIFFERS,
        "chat shows another authority",
        kind=Kind.ROOT,
        label="root rsa-2022",
        came=Came(shown=(own,)),
    )
    text = proposal(found(HELD, bad))
    assert tomllib.loads(text) == {}
    assert f'# sha256 = "{own.sha256}"' in text and "# -----BEGIN CERTIFICATE-----" in text


@pytest.mark.parametrize(
    ("kind", "key", "control"),
    [
        (Kind.ANY_NAME, "any_name", next(s for s in CATALOGUE.controls.abroad if s.any_name)),
        (Kind.QUIC, "quic", next(s for s in CATALOGUE.controls.abroad if s.quic)),
        (
            Kind.UPLOAD,
            "upload_path",
            next(s for s in CATALOGUE.controls.sources if s.upload_path),
        ),
    ],
    ids=lambda v: getattr(v, "name", v),
)
def test_a_control_loses_the_property_that_did_not_hold(kind: Kind, key: str, control: Any) -> None:
    own = Kind.TRANSFER if kind is Kind.UPLOAD else Kind.SITE
    rows = [
        row(control.name, Word.HOLDS, service=CONTROLS, kind=own),
        row(control.name, Word.DIFFERS, "reset", service=CONTROLS, kind=kind, label="x"),
    ]
    tables = tomllib.loads(proposal(found(*rows)))
    ((table,),) = tables.values()
    assert table["name"] == control.name and key not in table


def test_a_silent_address_that_answers_is_taken_out() -> None:
    silent = CATALOGUE.controls.silent
    rows = [
        row(
            "controls",
            Word.DIFFERS if n == 0 else Word.HOLDS,
            service=CONTROLS,
            kind=Kind.SILENT,
            address=address,
            label=f"silent {address}",
        )
        for n, address in enumerate(silent)
    ]
    tables = tomllib.loads(proposal(found(*rows)))
    assert tables["controls"]["silent"] == list(silent[1:])


# -- the weekly workflow -------------------------------------------------------------------------


def test_the_workflow_s_own_line_makes_the_issue(tmp_path: Path) -> None:
    (code,) = [
        line.split("python -c '")[1].split("'")[0]
        for line in WORKFLOW.read_text().splitlines()
        if "python -c '" in line
    ]
    document = render_json(found(HELD, row("cdn", Word.NO_ANSWER, "refused")))
    done = python(code, input=document, check=True)
    assert done.stdout.startswith("# The catalogue on `2026-11-25`")
    assert "- `signal` `cdn-443`: no answer: `refused` (2026-11-25)" in done.stdout
    assert "## Proposal" in done.stdout


def test_the_workflow_calls_the_command_weekly_and_posts_nothing() -> None:
    text = WORKFLOW.read_text()
    assert "msgprobe services verify --json" in text
    assert "schedule:" in text and "upload-artifact" in text
    assert "contents: read" in text and "write" not in text and "secrets." not in text
