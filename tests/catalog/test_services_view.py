"""`msgprobe services list` and `show` as text."""

import re
from pathlib import Path

import pytest

from msgprobe.catalog.loader import load
from msgprobe.checks.registry import promise, registry
from msgprobe.report.services import render_list, render_show

PIGEON = Path(__file__).parent / "good" / "pigeon.toml"


def test_the_list_marks_core_services_and_counts_endpoints() -> None:
    lines = render_list(load([PIGEON]).services).splitlines()
    row = {line[2:].split()[0]: line for line in lines[1:-1]}
    assert row["pigeon"].split() == ["pigeon", "Pigeon", "text", "2"]
    assert row["signal"].startswith("* ")
    assert row["session"].startswith("! ") and "! not in --all: see services show" in lines
    assert "!" not in render_list(load([PIGEON]).services[:1])
    assert render_list([]) == "no services\n"


@pytest.mark.parametrize("name", [service.name for service in load([PIGEON]).services])
def test_show_names_every_host_address_source_and_fits_a_terminal(name: str) -> None:
    service = load([PIGEON]).service(name)
    text = render_show(service, promise(registry()))
    joined = " ".join(text.split())
    for endpoint in service.endpoints:
        assert (endpoint.host or endpoint.addresses[0]) in joined
        assert endpoint.provenance.source in joined
    for _, why in service.untestable:
        assert why in joined
    assert service.warning in joined
    for root in service.roots:
        assert root.sha256 in joined
    for key in service.keys:
        assert key.fingerprint in joined
    assert all(len(line) <= 80 for line in text.splitlines())


def test_show_says_how_strong_each_proof_is_and_what_that_means() -> None:
    catalogue, known = load([PIGEON]), promise(registry())

    def lines(name: str, member: str) -> str:
        shown = render_show(catalogue.service(name), known)
        (found,) = re.findall(rf"^  {member}  .*(?:\n   +.*)*", shown, re.MULTILINE)
        return " ".join(found.split())

    assert lines("viber", "aloha").endswith("connect, P0")
    assert lines("xmpp", "jabber-org").endswith("dialogue (xmpp), P4")
    assert lines("telegram", "dc1").endswith("mtproto, P4")
    assert lines("telegram", "dc203").endswith("mtproto, P3")
    assert "P4 authenticated, P3 our nonce" in render_show(catalogue.service("viber"), known)
    silent = render_show(catalogue.service("viber"), lambda service, endpoint: None)
    assert "connect, P0" not in silent
    assert "P4" not in render_show(catalogue.service("viber"))
