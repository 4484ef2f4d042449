"""The plan is complete whatever is drawn by lot, and no longer than that."""

import pytest

from msgprobe.catalog.loader import load, select
from msgprobe.checks.registry import registry
from msgprobe.model.contact import Contact
from msgprobe.model.run import Request
from msgprobe.session import planned

CATALOGUE = load()
SERVICES = select(CATALOGUE, ["whatsapp", "telegram", "signal", "messenger"])
SEEDS = range(40)


def plan(request: Request, *, seeded: bool = True) -> tuple[Contact, ...]:
    return planned(SERVICES, CATALOGUE.controls, request, checks=registry(), seeded=seeded)


def doors(lines: tuple[Contact, ...]) -> set[tuple[str, int, str, str, int]]:
    return {(c.target, c.port, c.transport, c.asks, c.round) for c in lines}


@pytest.mark.parametrize("quick", [False, True])
def test_without_a_seed_the_plan_holds_that_of_every_seed(quick: bool) -> None:
    any_seed = plan(Request(quick=quick), seeded=False)
    drawn = [plan(Request(quick=quick, seed=seed)) for seed in SEEDS]
    for one in drawn:
        assert doors(one) <= doors(any_seed)
    assert set.union(*map(doors, drawn)) == doors(any_seed), "it lists what no seed ever draws"


def test_only_what_every_seed_contacts_is_without_a_condition() -> None:
    def always(lines: tuple[Contact, ...]) -> set[tuple[str, int, str, str, int]]:
        return doors(tuple(c for c in lines if not c.condition))

    drawn = [always(plan(Request(seed=seed))) for seed in SEEDS]
    assert always(plan(Request(), seeded=False)) == set.intersection(*drawn)


def test_a_sample_is_listed_as_drawn() -> None:
    chat = [
        c
        for c in plan(Request(seed=3))
        if c.round == 1 and c.check == "noise" and not c.over and c.port == 443 and not c.condition
    ]
    assert len(chat) == 4
    assert {"g.whatsapp.net", "e1.whatsapp.net"} < {c.target for c in chat}
    maybe = [c for c in plan(Request(), seeded=False) if "by lot (2 of 15" in c.condition]
    assert {c.target for c in maybe if c.check == "noise"} == {
        f"e{n}.whatsapp.net" for n in range(2, 17)
    }


def test_spare_members_are_listed_for_when_another_fails() -> None:
    for seeded in (True, False):
        lines = [c for c in plan(Request(seed=3), seeded=seeded) if c.round == 1]
        name = "g-fallback.whatsapp.net"
        late = {c.condition for c in lines if c.asks == name or (c.target, c.port) == (name, 443)}
        assert late and all("another chat server" in condition for condition in late)
        assert not [c for c in lines if c.target == "chat-fallback.cdn.whatsapp.net"]


def test_a_page_that_names_objects_elsewhere_is_in_the_plan_with_its_object() -> None:
    pages = {c.target: c for c in plan(Request()) if "which objects" in c.reason}
    assert set(pages) == {"t.me", "web.whatsapp.com", "www.facebook.com"}
    page = pages["t.me"]
    assert (page.subject, page.check, page.port) == ("telegram", "https", 443)
    assert page.condition == "" and page.max_bytes > 64 * 1024
    assert "cdn4.telesco.pe" in page.reason
    moved = [c for c in plan(Request()) if c.target == "cdn4.telesco.pe"]
    assert "transfer" in {c.check for c in moved}
    assert "cdn4.telesco.pe" in {c.asks for c in plan(Request())}
    assert not [c for c in plan(Request(quick=True)) if "telesco.pe" in c.target + c.asks]


def test_a_websocket_is_said_and_costs_what_tls_costs() -> None:
    lines = plan(Request())
    inside = {c.target: c for c in lines if c.over}
    noise = {"web.whatsapp.com", "web-chat-e2ee.facebook.com"}
    assert {h for h, c in inside.items() if c.check == "noise"} == noise
    mtproto = {h for h, c in inside.items() if c.check == "mtproto"}
    assert {h.removesuffix(".web.telegram.org") for h in mtproto} <= {
        *("pluto", "venus", "aurora", "vesta", "flora", "kws1")
    }
    assert mtproto and all((c.over, c.port) == ("websocket", 443) for c in inside.values())
    bare = next(c for c in lines if c.target == "g.whatsapp.net" and c.check == "noise")
    tls = next(c for c in lines if c.target == "edge-mqtt.facebook.com" and c.check == "tls")
    assert all(c.max_bytes > bare.max_bytes + tls.max_bytes / 2 for c in inside.values())


@pytest.mark.parametrize(("family", "other"), [(4, ":"), (6, "149.154.")])
def test_one_family_alone_dials_no_address_of_the_other(family: int, other: str) -> None:
    lines = [c for c in plan(Request(families=(family,))) if c.subject == "telegram" and not c.asks]
    assert not [c for c in lines if other in c.target]
    assert [c for c in lines if c.round == 1 and c.check == "mtproto"]


def test_quick_tries_ipv6_only_where_there_is_nothing_else() -> None:
    lines = [c for c in plan(Request(quick=True)) if ":" in c.target and c.round == 1]
    assert lines
    assert not [c for c in lines if c.condition == "" or c.condition == "if IPv6 works"]
