"""Where intervals overlap most, and what makes an event of a country."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.fleet.answers import Key, Named, Turn, wilson
from msgprobe.fleet.events import episodes, events
from msgprobe.fleet.onsets import Interval, densest, onsets
from msgprobe.interchange.ooni.events import payload
from msgprobe.model.fleet import Onset, Subject
from msgprobe.model.timeline import Bracket

SUBJECT = Subject(country="KZ", service="telegram", function="text")
MINUTE, HOUR, DAY = 60, 3600, 86400
T = 1_764_115_200


def onset(asn: int, at: int, *, hit: bool = True, subject: Subject = SUBJECT) -> Onset:
    bracket = Bracket(after=T + at - MINUTE, until=T + at)
    return Onset(subject=subject, asn=asn, hit=hit, bracket=bracket, vantages=4, of=4)


def test_all_agree() -> None:
    assert densest([[(0, 10)], [(5, 15)], [(8, 9)]]) == ((8, 9), 3)


def test_one_liar_in_five_and_four_that_slept_do_not_decide() -> None:
    # Four slept over both moments; the liar says 100, the one who was awake 900.
    slept = [[(0, 1000)]] * 4
    (after, until), most = densest([*slept, [(90, 100)], [(890, 900)]])
    assert most == 5
    assert after < 890 and until >= 900


def test_an_end_is_not_inside_the_next() -> None:
    assert densest([[(0, 10)], [(10, 20)], [(10, 20)]])[0] == (10, 20)


def test_a_line_that_says_now_this_now_that_has_one_vote_and_narrows_nothing() -> None:
    restless = [(n, n + 1) for n in range(10, 50, 4)]
    assert densest([[(0, 100)], [(0, 100)], restless, restless]) == ((0, 100), 2)
    assert densest([restless, [(90, 100)]]) == ((90, 100), 1)


def test_where_more_lines_may_not_lie_the_place_stays_narrow() -> None:
    # One of six contradicts it already, so that no second one may be left out.
    some = [[(0, 1000)]] * 3 + [[(500, 510)], [(880, 900)], [(890, 905)]]
    assert densest(some) == ((890, 900), 5)


@given(
    st.integers(1000, 2000),
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=1, max_size=30),
)
def test_what_all_intervals_hold_is_in_the_answer(truth: int, sides: list[tuple[int, int]]) -> None:
    (after, until), most = densest([[(truth - a, truth + b)] for a, b in sides])
    assert after < truth <= until
    assert most == len(sides)


BUCKETS = [T, T + 4 * 900, T + 5 * 900]


def turned(
    *, heard: int, changed: list[list[Interval]], lasted: bool = True
) -> list[tuple[bool, Bracket]]:
    """What is told of a network that turned to interference at the second of `BUCKETS`."""
    first = Turn(subject=SUBJECT, asn=1, hit=True, last=BUCKETS[0], bucket=BUCKETS[1], heard=heard)
    last = BUCKETS[1] if not lasted else BUCKETS[2]
    back = Turn(subject=SUBJECT, asn=1, hit=False, last=last, bucket=last + 900, heard=0)
    found: dict[Key, list[list[Interval]]] = {(SUBJECT, 1, BUCKETS[1]): changed}
    return [(o.hit, o.bracket) for o in onsets([back, first], found)]


def at(*minutes: int) -> list[list[Interval]]:
    """A line each that changed within the minute before."""
    return [[(T + MINUTE * (m - 1), T + MINUTE * m)] for m in minutes]


def test_a_network_changes_where_most_lines_did() -> None:
    (began, _) = turned(heard=4, changed=at(50, 50, 50))
    assert began == (True, Bracket(after=T + 49 * MINUTE, until=T + 50 * MINUTE))


def test_who_is_heard_of_a_network_changes_nothing() -> None:
    """Those who say it works fell asleep, and those who say otherwise always did."""
    assert turned(heard=4, changed=at(50)) == []
    assert turned(heard=4, changed=at(50, 51)) == []
    assert turned(heard=4, changed=[]) == []


def test_lines_that_were_never_heard_before_are_believed_by_their_votes() -> None:
    (began, _) = turned(heard=0, changed=[])
    assert began == (True, Bracket(after=BUCKETS[0], until=BUCKETS[1] + 900))


def test_lines_that_change_one_by_one_are_a_change_if_it_lasts() -> None:
    slowly = at(20, 30, 40, 50)
    assert [hit for hit, _ in turned(heard=4, changed=slowly)] == [True, False]
    assert turned(heard=4, changed=slowly, lasted=False) == []
    together = at(50, 50, 50)
    assert [hit for hit, _ in turned(heard=4, changed=together, lasted=False)] == [True, False]


def test_wilson_is_wilson() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81 of 263, 15 of 148, 0 of 20.
    for hits, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


LINES = {"KZ": dict.fromkeys(range(1, 11), 5)}


def test_three_networks_are_an_event_and_two_are_none() -> None:
    assert events([onset(1, 0), onset(2, HOUR)], LINES) == []
    (found,) = events([onset(1, 0), onset(3, 2 * HOUR), onset(2, HOUR)], LINES)
    assert [e.asn for e in found.episodes] == [1, 2, 3]
    assert found.onset == Bracket(after=T - MINUTE, until=T)
    assert found.resolution is None and not found.all_networks


def test_half_of_the_lines_are_an_event() -> None:
    (found,) = events([onset(1, 0)], {"KZ": {1: 6, 2: 3, 3: 2}})
    assert [e.asn for e in found.episodes] == [1]
    assert events([onset(2, 0)], {"KZ": {1: 6, 2: 3, 3: 2}}) == []
    assert events([onset(1, 0)], {"KZ": {1: 2}}) == []  # two lines are nobody


def test_an_old_block_of_one_network_is_not_the_beginning() -> None:
    some = [onset(9, 0), *(onset(asn, 9 * DAY + asn) for asn in (1, 2, 3))]
    (found,) = events(some, LINES)
    assert found.onset.until == T + 9 * DAY + 1
    assert [e.asn for e in found.episodes] == [1, 2, 3]


def test_it_ends_when_too_few_are_left_and_comes_again() -> None:
    some = [onset(asn, 0) for asn in (1, 2, 3)]
    some += [onset(1, DAY, hit=False), onset(2, DAY + 60, hit=False)]
    some += [onset(asn, 5 * DAY) for asn in (1, 2)]
    first, second = events(some, LINES)
    assert first.resolution == Bracket(after=T + DAY - MINUTE, until=T + DAY)
    assert second.onset.until == T + 5 * DAY and second.resolution is None


def test_one_network_that_slept_does_not_blur_the_end_of_all() -> None:
    slept = Bracket(after=T + 60, until=T + DAY + 90)
    ends = [onset(asn, DAY + asn, hit=False) for asn in (1, 2, 3, 4)]
    ends.append(replace(onset(5, 0, hit=False), bracket=slept))
    (found,) = events([onset(asn, asn) for asn in (1, 2, 3, 4, 5)] + ends, LINES)
    # two of five are left when the third is free
    assert found.resolution == Bracket(after=T + DAY + 2 - MINUTE, until=T + DAY + 3)


def test_what_two_lines_say_is_no_networks_beginning_where_more_say_another() -> None:
    early = replace(onset(3, 0), vantages=2)
    some = [early, onset(3, HOUR, hit=False), *(onset(asn, 2 * HOUR + asn) for asn in (1, 2, 3))]
    (found,) = events(some, LINES)
    assert [e.onset.bracket.until - T - 2 * HOUR for e in found.episodes] == [1, 2, 3]
    assert found.onset.until == T + 2 * HOUR + 1


def test_functions_of_a_service_are_one_event_and_services_are_not() -> None:
    media = Subject(country="KZ", service="telegram", function="media")
    signal = Subject(country="KZ", service="signal", function="text")
    other = Subject(country="UZ", service="telegram", function="text")
    some = [
        onset(asn, asn, subject=s) for s in (SUBJECT, media, signal, other) for asn in (1, 2, 3)
    ]
    found = events(some, {**LINES, "UZ": LINES["KZ"]})
    assert sorted((e.country, e.service, e.functions) for e in found) == [
        ("KZ", "signal", ("text",)),
        ("KZ", "telegram", ("media", "text")),
        ("UZ", "telegram", ("text",)),
    ]


def test_an_episode_goes_from_an_onset_to_the_next_end() -> None:
    some = [onset(1, 0), onset(1, 60), onset(1, 120, hit=False), onset(1, 180, hit=False)]
    (found,) = episodes(some)[SUBJECT]
    assert found.onset is some[0] and found.resolution is some[2]


def test_an_event_is_a_draft_of_their_corpus() -> None:
    named = [
        Named(subject=SUBJECT, asn=1, day=T, mechanism="tls.reset.sni", votes=50),
        Named(subject=SUBJECT, asn=2, day=T, mechanism="dns.nxdomain", votes=40),
        Named(subject=SUBJECT, asn=2, day=T, mechanism="tcp.timeout", votes=2),
        Named(subject=SUBJECT, asn=1, day=T + 9 * DAY, mechanism="http.blockpage", votes=99),
    ]
    ends = [onset(asn, DAY, hit=False) for asn in (1, 2, 3)]
    (event,) = events([onset(asn, asn) for asn in (3, 1, 2)] + ends, LINES, named)
    found = payload([event], now=T + DAY)
    assert (found["export_version"], found["grain"]) == ("1", "event")
    (record,) = found["events"]
    assert record["probe_cc"] == "KZ" and record["asn_scope"] == [1, 2, 3]
    assert (record["asn_scope_kind"], record["target_set"]) == ("listed", ["telegram.text"])
    assert record["mechanisms"] == ["dns.nxdomain", "tls.reset.sni"]
    assert (record["onset_earliest"], record["onset_latest"]) == (
        "2025-11-25T23:59:01",
        "2025-11-26T00:00:01",
    )
    assert record["resolution_latest"] == "2025-11-27T00:00:00"
    assert record["test_names"] == ["telegram"] and record["needs_review"]
    again = payload([event], now=T + 2 * DAY)["events"][0]
    assert again["event_id"] == record["event_id"]
    # what is derived is never stored
    assert not {"ongoing", "layers", "size_band"} & record.keys()


FIELDS = (
    "event_id incident_id slug title probe_cc asn_scope asn_scope_kind target_set target_set_kind "
    "mechanisms mechanism_taxonomy onset_earliest onset_latest resolution_earliest "
    "resolution_latest event_class scoreable confidence source source_urls corroborators "
    "test_names adjudicator adjudicated_at rationale added_at superseded_by supersede_reason "
    "import_source needs_review"
)
"""Of ooni/data, docs/label-corpus-design.md §1.2."""


def test_a_record_has_their_fields_and_no_other() -> None:
    (event,) = events([onset(asn, asn) for asn in (1, 2, 3)], LINES)
    (record,) = payload([event], now=T)["events"]
    assert list(record) == FIELDS.split()
    assert record["resolution_earliest"] is None and record["resolution_latest"] is None
