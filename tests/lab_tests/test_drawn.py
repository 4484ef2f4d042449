"""Scenarios drawn by lot, and how their runs are counted; no lab is needed."""

from dataclasses import replace

import pytest

from tests.lab.drawn import CURTAINS_FROM, LOSSY_FROM, STATES_FROM, WIDER_FROM, Drawn, draw
from tests.lab.drawn_exam import Told, wrong_parts
from tests.lab.drawn_states import SOUND
from tests.lab.scenario import CORE, GOOD, Scenario, truth

MANY = [draw(number) for number in range(1, 301)]


def test_a_number_is_always_the_same_scenario_and_another_is_another() -> None:
    assert [draw(number) for number in range(1, 301)] == MANY
    assert len({d.scenario.title for d in MANY}) > 250


def test_most_scenarios_hit_somebody_and_enough_hit_nobody() -> None:
    hit = [d for d in MANY if d.hit]
    assert all(d.scenario.kind == ("blocking" if d in hit else "innocent") for d in MANY)
    assert 200 < len(hit) < 270
    assert {service for d in hit for service in d.hit} == set(CORE)
    told = [{s for s in d.scenario.truths if "." not in s} for d in MANY]
    troubled = [d for d, services in zip(MANY, told, strict=True) if services - d.hit]
    assert 70 < len(troubled) < 140


@pytest.mark.parametrize(
    "deed",
    [
        *("rst at", "fin at", "alert at", "DNS says", "addresses of", "QUIC", "freeze", "forged"),
        *("neither TLS nor HTTP", "call servers", "kbit/s"),
    ],
)
def test_every_deed_is_drawn(deed: str) -> None:
    assert any(deed in d.scenario.title for d in MANY)


def test_mirrors_are_cut_in_some_with_a_service_among_them_or_none() -> None:
    assert not [d for d in MANY if "mirrors" in d.scenario.title]
    later = [draw(n) for n in range(CURTAINS_FROM, CURTAINS_FROM + 150)]
    cut = [d.scenario for d in later if "mirrors" in d.scenario.title]
    alone = [s for s in cut if "its own, are cut" not in s.title]
    assert 10 < len(cut) < 60 and 0 < len(alone) < len(cut)


def test_what_says_less_than_is_true_is_still_true() -> None:
    for d in MANY:
        for service, words in d.weaker.items():
            assert set(words) < set(d.scenario.truths[service].words)


def told(truths: dict[str, str], mechanism: str = "tls.reset", **words: str) -> Told:
    hit = {service: truth(word, mechanism) for service, word in truths.items()}
    scenario = Scenario(id="Z0", title="", kind="blocking", row="", truths=hit, link=GOOD)
    drawn = Drawn(scenario=scenario, weaker=dict.fromkeys(truths, ("degraded",)))
    named: dict[str, tuple[str, ...]] = dict.fromkeys(words, ("tls.reset.sni",))
    return Told(drawn, words, mechanisms=named)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("blocked", "right"),
        ("degraded", "weaker"),
        ("inconclusive", "missed"),
        ("down", "missed"),
        ("ok", "fine"),
    ],
)
def test_a_service_that_is_hit(word: str, kind: str) -> None:
    assert told({"signal": "blocked|degraded"}, signal=word).kinds == {"signal": kind}


def test_a_service_that_nothing_has_struck_is_fine() -> None:
    idle = replace(told({"signal": "blocked"}, signal="ok"), spared=frozenset({"signal"}))
    assert idle.kinds == {"signal": "right"}


def test_no_hit_strikes_a_name_that_two_services_have() -> None:
    for d in MANY:
        text = repr(d.scenario.actions)
        assert "=stun.fbsbx.com" not in text


def test_what_no_single_place_can_tell_accuses_nobody_wrongly() -> None:
    silent = [d for d in MANY if d.look_alike]
    assert silent and all("'connect': 'silent'" in d.scenario.title for d in silent)
    one = told({"signal": "ok|down|inconclusive"}, signal="blocked")
    alike = replace(one, drawn=replace(one.drawn, look_alike=frozenset({"signal"})))
    assert (one.kinds, alike.kinds) == ({"signal": "accused"}, {"signal": "right"})


def test_a_service_with_troubles_of_its_own_must_not_be_accused() -> None:
    own = "ok|degraded|down|inconclusive"
    assert told({"signal": own}, signal="blocked").kinds == {"signal": "accused"}
    assert told({"signal": own}, signal="down").kinds == {"signal": "right"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [("ok", "right"), ("inconclusive", "unsure"), ("degraded", "unsure"), ("blocked", "accused")],
)
def test_a_service_that_nobody_harms(word: str, kind: str) -> None:
    assert told({}, signal=word).kinds == {"signal": kind}


def test_another_mechanism_is_told_apart_from_a_deeper_one() -> None:
    assert told({"signal": "blocked"}, signal="blocked").astray == ()
    assert told({"signal": "blocked"}, "tls.res", signal="blocked").astray == ("signal",)
    assert told({"signal": "blocked|degraded"}, "dns", signal="degraded").astray == ()


WIDER = [draw(number) for number in range(WIDER_FROM, WIDER_FROM + 500)]


@pytest.mark.parametrize(
    "deed",
    [
        *("IPv6 leads nowhere", "long packets do not pass", "loses three packets", "no IPv6 addr"),
        *("goes to the provider", "ms late", "does not hear", "octets vanish", "loses a tenth"),
        *("web's ports", "in the first", "of all long", "every server speaks", "accelerates"),
        *("through a proxy", "tariff", "every flow", "sways", " meet ", "denies", "clock"),
        *("long ClientHellos that name", "QUIC that names", "s on", "every 8.0 s", "over IPv4"),
        *("it loses", "what follows", "at the names of its"),
    ],
)
def test_every_wider_deed_is_drawn(deed: str) -> None:
    assert any(deed in d.scenario.title for d in WIDER)


def test_what_is_seen_on_some_ways_only_may_be_told_weaker() -> None:
    for d in WIDER:
        for service, words in d.weaker.items():
            assert set(words) < set(d.scenario.truths[service].words)
        for action in d.scenario.actions:
            assert (
                not action.label
                or "-" in action.label
                or action.label in ("curtain", "pep", "http")
            )


LOSSY = [draw(number) for number in range(LOSSY_FROM, LOSSY_FROM + 200)]


def test_where_much_is_lost_no_clear_result_is_weaker_and_fine_is_wrong() -> None:
    assert all(0.04 <= d.scenario.link.loss <= 0.15 for d in LOSSY)
    hit = [(d, service) for d in LOSSY for service in d.hit]
    assert len(hit) > 100
    for d, service in hit:
        said = replace(told({}), drawn=d)
        assert replace(said, words={service: "inconclusive"}).kinds == {service: "weaker"}
        if "ok" not in d.scenario.truths[service].words:
            assert replace(said, words={service: "ok"}).kinds == {service: "fine"}
    assert {d.scenario.link.burst for d in LOSSY} == {1.0, 2.0}


STATES = [draw(number) for number in range(STATES_FROM, STATES_FROM + 300)]


def test_every_other_one_is_a_sound_line_on_which_all_is_well() -> None:
    for number, d in enumerate(STATES):
        sound = bool(number % 2)
        assert d.stated and not d.hit
        assert (d.scenario.states == SOUND) is sound
        assert bool(d.scenario.truths) is not sound


def test_every_state_in_which_people_are_cut_off_is_drawn() -> None:
    said = {state for d in STATES for state in d.scenario.states}
    assert {"shutdown", "no_internet", "domestic_only", "allowlist", "captive_portal"} <= said


def test_what_a_state_is_known_by_is_left_to_it() -> None:
    cut_off = [d for d in STATES if d.scenario.states != SOUND]
    assert not [d for d in cut_off if "resolver is dead" in d.scenario.title]
    portals = [d for d in cut_off if "captive_portal" in d.scenario.states]
    assert portals and not [d for d in portals if "to port 80" in d.scenario.title]


def test_a_wrong_state_is_told_and_functions_too() -> None:
    sound = STATES[1]
    assert wrong_parts(sound, "online", ["signal blocked, not ok"]) == ()
    assert wrong_parts(sound, "online", ["signal.text ok, not blocked"]) == (
        "signal.text ok, not blocked",
    )
    assert "no_internet" in wrong_parts(sound, "no_internet", [])[0]
    assert wrong_parts(MANY[0], "no_internet", []) == ()
