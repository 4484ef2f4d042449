"""Shared options and formats: written down once, and every command gets what it is listed with."""

from dataclasses import fields
from inspect import signature

import pytest

from msgprobe.cli import app, commands_handing_over, commands_history
from msgprobe.cli.formats import FORMATS, TEXT, Format
from msgprobe.cli.option import Flags, options
from msgprobe.cli.show import delivery
from msgprobe.report.view import View
from tests.report.sample import blocked, run

LISTED = {command for one in fields(Flags) for command in one.metadata.get("commands", ())} | {
    command for form in FORMATS for command in form.commands.split()
}


@pytest.mark.parametrize("command", sorted(LISTED))
def test_every_command_that_an_option_names_takes_it(command: str) -> None:
    modules = (app, commands_handing_over, commands_history)
    (function,) = {getattr(m, command) for m in modules if hasattr(m, command)}
    taken = signature(function).parameters
    assert {one.name for one in options(command)} <= set(taken)
    assert not {"flags", "wish", "delivery"} & set(taken)


def test_run_and_plan_share_all_that_decides_what_is_contacted() -> None:
    run, plan = ({one.name for one in options(name)} for name in ("run", "plan"))
    assert plan - {"webhook", "notify", "notify_file"} < run  # those are a watch's
    forms = {"jsonl", "csv", "junit", "prometheus", "github", "nagios"}
    written = {"output", "evidence", "no_redact", "coarse_time", "asn", "label"}
    assert run - plan == forms | written | {"fail_on", "quiet", "compare", "history"}


@pytest.mark.parametrize("form", [TEXT, *FORMATS], ids=lambda form: str(form.name))
def test_every_format_renders_a_run(form: Format) -> None:
    found = run(blocked())
    text = form.render(found, View(evidence=True))
    assert text.endswith("\n")
    if form.streams:
        assert form.part(found, found.verdict.services[0]).endswith("\n")


def test_formats_are_named_once_and_by_their_flag() -> None:
    names = [form.name for form in FORMATS]
    assert len(set(names)) == len(names)
    assert {form.flag for form in FORMATS} == {f"--{name}" for name in names}


def test_a_dash_is_standard_output_with_the_evidence() -> None:
    found = delivery(Flags(output="-"), None)
    assert (found.form, found.output, found.view.evidence) == (FORMATS[0], None, True)
    found = delivery(Flags(output="-", formats={"jsonl": True}), None)
    assert (found.form, found.output, found.view.evidence) == (FORMATS[1], None, True)
