"""Transfers that are broken off at the same byte each time: who breaks them off?"""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.lasting import LASTING
from msgprobe.model.failure import Failure
from msgprobe.model.message import message
from msgprobe.model.observation import HttpObservation, TlsObservation, TransferObservation
from msgprobe.model.target import Asset, Direction, Function
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import HERE, Story
from tests.hypotheses.throttling.test_rules import (
    ASSET,
    MOVING,
    NAMED,
    NEUTRAL,
    OWN,
    SOURCE,
    Race,
)

FILM = Asset(name="film", function=Function.TEXT, host="films.example", provenance=HERE)
SENT = replace(ASSET, name="letter", direction=Direction.UP)
AT = 20_000
"""Bytes of an answer after which it is broken off; the handshake took 3000 more."""
BEFORE = 4_500
"""Bytes of something else on the same connection."""
ENDS = pytest.mark.parametrize("ends", [None, Failure.CONNECTION_RESET, Failure.EOF])


@pytest.fixture
def race() -> Race:
    service = replace(MOVING, assets=(ASSET, FILM, SENT))
    return Race(Story(services=(service,)).good_connection().names().all_targets(times=1))


def cut(race: Race, *, named: int = 0, neutral: int = 0, ends: Any = None, **more: Any) -> Race:
    """Two looks and two blocks, in which its own transfers are broken off; ``neutral`` is where
    those under a neutral name are, ``named`` where neutral servers break off its name."""
    how = {"stop_at": AT, "ends": ends, **more}
    race.look(15_000, **how)
    for n in (1, 2):
        race.move(OWN, 15_000, number=n, **how)
        race.move(NEUTRAL, 15_000, number=n, **_until(how, neutral))
        race.move(SOURCE, 15_000, number=n, source=f"src{n}", **_plain(how))
        race.move(NAMED, 15_000, number=n, source=f"src{n}", **_until(how, named))
    return race


def _until(how: dict[str, Any], place: int) -> dict[str, Any]:
    return {**how, "stop_at": place} if place else _plain(how)


def _plain(how: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in how.items() if k in ("direction", "asset")}


def small(race: Race, place: int, *, segments: int = AT, **how: Any) -> Race:
    """Twice in small segments, and behind something else: ``place`` bytes of that answer come."""
    how = {"patience": 10.0, **how}
    for n in (1, 2):
        race.move(Arm.TRANSFER_SMALL, 15_000, number=n, stop_at=segments, **how)
    return race.move(Arm.TRANSFER_SMALL, 15_000, number=3, stop_at=place, ahead=BEFORE, **how)


@ENDS
def test_where_the_name_takes_it_to_neutral_servers_it_is_blocked(race: Race, ends: Any) -> None:
    seen = cut(race, named=AT, ends=ends).text
    assert (seen.outcome, seen.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert (seen.mechanisms, seen.rules) == (("tcp.freeze",), ("transfer.freeze",))


def test_silence_that_a_neutral_name_is_spared_at_the_same_server_is_a_block(race: Race) -> None:
    assert cut(race).text.outcome is Outcome.BLOCKED


@pytest.mark.parametrize("ends", [Failure.CONNECTION_RESET, Failure.EOF])
def test_a_close_under_one_name_may_be_the_servers(race: Race, ends: Failure) -> None:
    """Unless the place stays when the answer begins later on the connection."""
    seen = cut(race, ends=ends).text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("transfer.cut",))
    seen = small(race, AT - BEFORE, ends=ends).text
    assert (seen.outcome, seen.mechanisms) == (Outcome.BLOCKED, ("tcp.freeze.bytes",))


@pytest.mark.parametrize(("lost", "word"), [(0, Outcome.BLOCKED), (3, Outcome.DEGRADED)])
def test_a_place_does_not_stay_where_segments_came_behind_a_lost_one(
    race: Race, lost: int, word: Outcome
) -> None:
    """On a lossy line a server's reset overtakes a segment that is sent again."""
    ends = Failure.CONNECTION_RESET
    seen = small(cut(race, ends=ends), AT - BEFORE, ends=ends, lost=lost).text
    assert seen.outcome is word


@ENDS
def test_a_server_that_breaks_off_under_every_name_is_impaired(race: Race, ends: Any) -> None:
    seen = cut(race, neutral=AT, ends=ends).text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("transfer.cut",))
    assert seen.mechanisms == ()


@ENDS
@pytest.mark.parametrize(
    ("comes", "word"), [(AT - BEFORE, Outcome.BLOCKED), (AT, Outcome.DEGRADED)]
)
def test_two_networks_cut_alike(race: Race, ends: Any, comes: int, word: Outcome) -> None:
    """The connection is cut where less of the answer comes when it begins later; a server breaks
    off its answer, whenever that begins."""
    cut(race, neutral=AT, ends=ends)
    small(race, comes, ends=ends)
    race.now += LASTING
    assert film(race, ends=ends).text.outcome is word


@pytest.mark.parametrize("ends", [Failure.CONNECTION_RESET, Failure.EOF])
def test_a_balancer_that_is_begun_again_breaks_off_what_is_open(race: Race, ends: Any) -> None:
    """All within some seconds: what lasts no longer accuses nobody."""
    small(cut(race, neutral=AT, ends=ends), AT - BEFORE, ends=ends, patience=1.0)
    assert film(race, ends=ends).text.outcome is Outcome.DEGRADED


def film(race: Race, *, ends: Any) -> Race:
    """Two more of its own transfers are broken off, in another network."""
    for _ in range(2):
        race.move(OWN, 15_000, stop_at=AT, ends=ends, asset="film", address="77.1.2.3")
    return race


def test_packets_are_counted_where_small_segments_end_sooner(race: Race) -> None:
    assert small(cut(race, named=AT), 3_000, segments=9_000).text.mechanisms == (
        "tcp.freeze.packets",
    )


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        (None, Outcome.BLOCKED),
        (Failure.EOF, Outcome.BLOCKED),
        (Failure.CONNECTION_RESET, Outcome.DEGRADED),
    ],
)
def test_who_resets_throws_away_what_he_had_not_sent(race: Race, ends: Any, word: Outcome) -> None:
    """A window of small segments is fewer bytes, so that a server's own reset comes sooner too."""
    cut(race, ends=ends)
    for n in (1, 2):  # on a long way nothing is asked behind something else
        race.move(Arm.TRANSFER_SMALL, 15_000, number=n, stop_at=9_000, ends=ends, patience=10.0)
    assert race.text.outcome is word


@ENDS
def test_what_went_beyond_the_place_once_is_not_cut_there(race: Race, ends: Any) -> None:
    seen = cut(race, named=AT, ends=ends).move(OWN, 15_000).text
    assert seen.outcome is not Outcome.BLOCKED


def test_a_goodbye_is_the_servers_own_word(race: Race) -> None:
    seen = cut(race, named=AT, ends=Failure.EOF, goodbye=True).text
    assert (seen.outcome, seen.mechanisms) == (Outcome.OK, ())


def test_tickets_and_a_head_are_no_content(race: Race) -> None:
    """What came of it, a server may say before it has thought."""
    race.look(15_000, stop_at=5_000)
    for n in (1, 2):
        race.move(OWN, 15_000, number=n, stop_at=5_000).move(NEUTRAL, 15_000, number=n)
    assert race.text.outcome is not Outcome.BLOCKED


def test_what_comes_after_a_longer_pause_elsewhere_is_late_and_not_missing(race: Race) -> None:
    """Its own transfers were given up after three seconds; a neutral server answered in five."""
    cut(race).move(SOURCE, 15_000, source="src4", first_byte=5.0)
    assert race.text.outcome is not Outcome.BLOCKED
    assert small(race, AT - BEFORE).text.outcome is Outcome.BLOCKED, "ten seconds are more"


def test_what_came_whole_when_it_was_waited_for_is_not_cut(race: Race) -> None:
    assert small(cut(race), AT - BEFORE, segments=0).text.outcome is not Outcome.BLOCKED


@pytest.mark.parametrize(
    ("named", "word"), [(AT, Outcome.BLOCKED), (0, Outcome.OK)], ids=["follows the name", "here"]
)
def test_uploads_are_closed_by_servers_that_did_not_ask(
    race: Race, named: int, word: Outcome
) -> None:
    up: dict[str, Any] = {"direction": "up", "asset": "letter", "ends": Failure.CONNECTION_RESET}
    race.move(SOURCE, 15_000, source="src1", direction="up")
    for n in (1, 2):
        race.move(OWN, 15_000, number=n, stop_at=AT, **up)
        race.move(NEUTRAL, 15_000, number=n, direction="up", asset="letter")
        race.move(SOURCE, 15_000, number=n, source=f"src{n}", direction="up", asset="letter")
        ended = {**up, "stop_at": named} if named else _plain(up)
        race.move(NAMED, 15_000, number=n, source=f"src{n}", **ended)
    seen = race.text
    assert seen.outcome is word
    assert (message("speed.unsaid.broken_off", asset="letter") in seen.why) is (word is Outcome.OK)


@pytest.mark.parametrize("ends", [Failure.CONNECTION_RESET, Failure.EOF])
@pytest.mark.parametrize(
    ("neutral", "word"), [(False, Outcome.BLOCKED), (True, Outcome.OK)], ids=["name", "any name"]
)
def test_what_was_acknowledged_of_an_upload_until_its_reset_is_no_place(
    race: Race, ends: Failure, neutral: bool, word: Outcome
) -> None:
    """What had arrived when the reset was sent need not have been acknowledged: 20, 14 and 9 kB may
    be the same place. Who resets it whatever the name may be the server."""
    up: dict[str, Any] = {"direction": "up", "asset": "letter"}
    race.move(SOURCE, 15_000, source="src1", direction="up")
    for n, (own, named) in enumerate(((AT, 9_000), (14_000, 16_000)), start=1):
        mine: dict[str, Any] = {**up, "stop_at": own, "ends": ends}
        there: dict[str, Any] = {**up, "stop_at": named, "ends": ends}
        race.move(OWN, 15_000, number=n, **mine)
        race.move(NEUTRAL, 15_000, number=n, **(mine if neutral else up))
        race.move(SOURCE, 15_000, number=n, source=f"src{n}", **up)
        race.move(NAMED, 15_000, number=n, source=f"src{n}", **(up if neutral else there))
    assert race.text.outcome is word


def test_an_upload_that_falls_silent_was_acknowledged_up_to_the_place(race: Race) -> None:
    """Nothing was lost on the way back: far apart is not the same place."""
    up: dict[str, Any] = {"direction": "up", "asset": "letter"}
    race.move(SOURCE, 15_000, source="src1", direction="up")
    for n, own in enumerate((AT, 12_000), start=1):
        race.move(OWN, 15_000, number=n, stop_at=own, **up)
        race.move(NEUTRAL, 15_000, number=n, **up)
        race.move(SOURCE, 15_000, number=n, source=f"src{n}", **up)
        race.move(NAMED, 15_000, number=n, source=f"src{n}", stop_at=own, **up)
    assert race.text.mechanisms != ("tcp.freeze",)


def page(race: Race, came: int, waited: float, ends: Failure = Failure.TIMED_OUT) -> Race:
    """An own try whose page, which names the object, is broken off after ``came`` bytes; the
    handshake took 3000 more."""
    done = race.move(OWN, 15_000).story.told[-1]
    tcp, tls, moved = done.observations
    assert isinstance(tls, TlsObservation) and isinstance(moved, TransferObservation)
    assert moved.info is not None
    window = replace(moved.window, end=moved.window.start + waited)
    asked = HttpObservation(
        transaction=moved.transaction,
        window=window,
        failure=ends,
        address=moved.address,
        port=443,
        host="x",
        path="/",
        tls=True,
        info=replace(moved.info, bytes_received=3_000 + came),
    )
    greeted = replace(tls, info=replace(moved.info, bytes_received=3_000))
    told = replace(
        done,
        observations=(tcp, greeted, asked),
        window=replace(done.window, end=window.end),
    )
    race.story.told[-1] = told
    race.now = window.end
    return race


def neutrals(race: Race) -> Race:
    return race.move(SOURCE, 15_000, source="src1").move(SOURCE, 14_000, source="src2")


@pytest.mark.parametrize(
    ("ends", "waits"),
    [
        (Failure.TIMED_OUT, (8.0, 3.0)),
        (Failure.CONNECTION_RESET, (0.2, 0.2)),
        (Failure.EOF, (1, 1)),
    ],
)
def test_a_page_that_stops_at_one_place_each_time_leaves_no_function_fine(
    race: Race, ends: Failure, waits: tuple[float, float]
) -> None:
    for waited in waits:
        page(neutrals(race), 10_500, waited, ends)
    seen = race.text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("transfer.cut",))
    assert dict(seen.why[0].values)["moved_kb"] == 14


@pytest.mark.parametrize(
    ("tries", "why"),
    [
        ([(10_500, 3.0)], "once"),
        ([(10_500, 3.0), (10_500, 3.0)], "slow, and late each time"),
        ([(10_500, 8.0), (30_500, 3.0)], "at two places"),
        ([(70_500, 8.0), (70_500, 3.0)], "neutral ones did not go beyond"),
    ],
)
def test_a_page_says_no_more_than_that(
    race: Race, tries: list[tuple[int, float]], why: str
) -> None:
    for came, waited in tries:
        page(neutrals(race), came, waited)
    assert race.text.outcome is Outcome.OK, why


def test_a_page_that_stops_as_soon_as_it_has_begun_is_cut(race: Race) -> None:
    """More had come than session tickets, if less than a head and something of the page."""
    for waited in (8.0, 3.0):
        page(neutrals(race), 4_500, waited)
    assert race.text.rules == ("transfer.cut",)


def test_a_page_with_a_hole_tells_no_place(race: Race) -> None:
    """Where it stopped is known of the two others."""
    for came, waited in ((10_500, 8.0), (1_500, 3.0), (10_500, 3.0)):
        page(neutrals(race), came, waited)
    assert race.text.outcome is Outcome.OK
    holed(race, came=1_500)
    assert race.text.rules == ("transfer.cut",)


def holed(race: Race, came: int) -> None:
    """Segments behind a lost one came of the page of which so many bytes did."""
    for n, done in enumerate(race.story.told):
        told = tuple(
            replace(o, info=replace(o.info, out_of_order=3))
            if isinstance(o, HttpObservation) and o.info and o.info.bytes_received == 3_000 + came
            else o
            for o in done.observations
        )
        race.story.told[n] = replace(done, observations=told)


@pytest.mark.parametrize("ends", [Failure.TIMED_OUT, Failure.CONNECTION_RESET, Failure.EOF])
def test_a_page_of_which_nothing_comes_may_be_gone(race: Race, ends: Failure) -> None:
    for waited in (8.0, 3.0):
        page(neutrals(race), 500, waited, ends)
    assert race.text.outcome is Outcome.OK


def test_a_page_that_came_once_is_not_cut(race: Race) -> None:
    page(page(neutrals(race), 10_500, 8.0), 10_500, 3.0).move(OWN, 15_000)
    assert race.text.outcome is Outcome.OK


def unheard(race: Race) -> None:
    """Of the last transfer, which asked all the time, nothing was acknowledged at its end."""
    done = race.story.told[-1]
    *rest, seen = done.observations
    assert isinstance(seen, TransferObservation) and seen.info is not None
    asking = replace(seen, answers=9, info=replace(seen.info, unacked=4))
    race.story.told[-1] = replace(done, observations=(*rest, asking))


def test_what_one_asset_cannot_tell_takes_nothing_from_another(race: Race) -> None:
    """Questions to two networks end at one byte, and nothing of them was acknowledged; who only
    downloads sends nothing that could be."""
    for n in (1, 2):
        race.move(SOURCE, 15_000, source=f"src{n}")
        race.move(OWN, 15_000, stop_at=AT, asset="film", address=f"77.{n}.2.3")
        unheard(race)
        race.now += LASTING
    assert race.text.outcome is Outcome.BLOCKED
    cut(race, neutral=AT)
    assert race.text.outcome is Outcome.BLOCKED


@ENDS
@pytest.mark.parametrize(
    ("stop_at", "lost", "word"),
    [(AT - 5_800, 3, Outcome.BLOCKED), (AT - 5_800, 0, Outcome.DEGRADED)],
    ids=["a segment was lost on the way, and three behind it came", "it ended there"],
)
def test_what_came_behind_a_hole_had_been_let_through(
    race: Race, ends: Any, stop_at: int, lost: int, word: Outcome
) -> None:
    cut(race, named=AT, ends=ends).move(OWN, 15_000, stop_at=stop_at, lost=lost, ends=ends)
    overtakes = ends is Failure.CONNECTION_RESET  # it may: see `test_broken_off`
    assert race.text.outcome is (Outcome.BLOCKED if overtakes else word)


@pytest.mark.parametrize(("lost", "word"), [(1, Outcome.BLOCKED), (0, Outcome.DEGRADED)])
def test_what_came_on_both_sides_of_a_hole_is_content(race: Race, lost: int, word: Outcome) -> None:
    """Neither side of it alone is more than the head of an answer may be."""
    at = 10_700
    cut(race, named=at, stop_at=at).move(OWN, 15_000, stop_at=5 * 1_448, lost=lost)
    assert race.text.outcome is word


@pytest.mark.parametrize(("lost", "word"), [(9, Outcome.BLOCKED), (0, Outcome.DEGRADED)])
def test_a_hole_before_the_content_began_hides_no_cut(race: Race, lost: int, word: Outcome) -> None:
    """What came behind it tells whether content had been let through."""
    seen = cut(race, named=AT).move(OWN, 15_000, stop_at=AT - 9 * 1_448, lost=lost).text
    assert seen.outcome is word
