"""Speed: which pairs of transfers license which word, told by hand."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.lasting import LASTING
from msgprobe.evidence.losing import lasting
from msgprobe.evidence.paired_transfers import paired_transfers
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.message import message
from msgprobe.model.observation import HttpObservation, TlsObservation, TransferObservation
from msgprobe.model.target import Asset, Function
from msgprobe.model.task import Arm, Flow, Probe, Role
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from msgprobe.report.say import said
from tests.evidence.moves import moved
from tests.evidence.story import CHAT, HERE, SERVICE, Story
from tests.hypotheses.throttling.test_loss import lossy
from tests.model.tasks import task_of

ASSET = Asset(name="page", function=Function.TEXT, host=CHAT[0], provenance=HERE)
MOVING = replace(SERVICE, assets=(ASSET,))
SIZE = 50_000
OWN, NEUTRAL = Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI
SOURCE, NAMED = Arm.TRANSFER_SOURCE, Arm.TRANSFER_TARGET_SNI
PLACE = dict.fromkeys((OWN, NEUTRAL, Arm.TRANSFER_SMALL), "31.13.70.1")


@dataclass(slots=True)
class Race:
    """A good connection, chats that work, and transfers one after another."""

    story: Story
    now: float = 3.0
    count: int = 0

    def move(
        self,
        arm: Arm,
        kbit: float,
        *,
        number: int = 0,
        source: str = "src1",
        greeting: float = 0.1,
        rtt: float = 0.04,
        lost: int = 0,
        asset: str = "page",
        direction: str = "down",
        address: str | None = None,
        **how: Any,
    ) -> "Race":
        """A burst at once, then ``kbit`` until all has moved, or our patience ends."""
        self.count += 1
        address = address or PLACE.get(arm, f"20.9.{source[-1]}.1")
        mine = arm is not SOURCE
        options = {"direction": direction, "bytes": str(SIZE)}
        if number or mine:
            options |= {"asset": asset, "service": "acme"}
        if how.get("ahead"):
            options |= {"lead": str(how["ahead"])}
        task = task_of(
            "transfer",
            Flow(
                address=address, port=443, host="x", server_name="x", options=tuple(options.items())
            ),
            task_id=f"t.{self.count}",
            role=Role.TARGET if mine else Role.CONTROL,
            arm=arm,
            subject="acme" if mine else source,
            attempt=number,
        )
        done = moved(
            task,
            self.now,
            kbit,
            size=SIZE,
            transaction=len(self.story.told) + 1,
            greeting=greeting,
            rtt=rtt,
            lost=lost,
            **how,
        )
        self.story.told.append(done)
        self.now = done.window.end
        return self

    def look(self, kbit: float, **how: Any) -> "Race":
        """The first look: neutral, own, own, neutral."""
        self.move(SOURCE, 15_000, source="src1").move(OWN, kbit, **how)
        return self.move(SOURCE, 14_000, source="src2").move(OWN, kbit, **how)

    def blocks(
        self, kbit: float, *, here: float, there: float, times: int = 4, **how: Any
    ) -> "Race":
        """The contest; ``here`` is the neutral name's rate, ``there`` the name's elsewhere."""
        for n in range(1, times + 1):
            source = f"src{(n - 1) % 3 + 3}"
            self.move(NEUTRAL, here, number=n, **(how if here < 1000 else {}))
            self.move(OWN, kbit, number=n, **how)
            self.move(SOURCE, 15_000, number=n, source=source)
            self.move(NAMED, there, number=n, source=source, **(how if there < 1000 else {}))
        return self

    @property
    def text(self) -> FunctionVerdict:
        verdict = judge(self.story.evidence())
        return next(f for s in verdict.services for f in s.functions if f.function == "text")


@pytest.fixture
def race() -> Race:
    story = Story(services=(MOVING,)).good_connection().names().all_targets(times=1)
    return Race(story)


def test_what_was_slow_and_not_compared_to_the_end_has_no_floor(race: Race) -> None:
    """A limit below the floor would have shown: where the run ended before that, none would."""
    (told,) = race.look(140.0).text.speeds
    assert told.floor_kbit == 0
    (told,) = race.blocks(140.0, here=15_000.0, there=140.0, times=1).text.speeds
    assert told.floor_kbit == 0
    done = race.blocks(140.0, here=15_000.0, there=140.0).text
    assert done.outcome is Outcome.THROTTLED and done.speeds[0].floor_kbit > 140


def test_a_slow_server_that_was_compared_to_the_end_has_a_floor(race: Race) -> None:
    slow = race.look(140.0).blocks(140.0, here=140.0, there=15_000.0).text
    assert slow.outcome is Outcome.DEGRADED and slow.speeds[0].floor_kbit > 0


def test_as_fast_as_the_others_is_ok_with_a_floor(race: Race) -> None:
    seen = race.look(14_000).text
    assert (seen.outcome, seen.strength) == (Outcome.OK, Strength.CONFIRMED)
    (speed,) = seen.speeds
    assert (speed.asset, speed.pairs, speed.slow) == ("page", 2, 0)
    # 8 * (50000 - 16384) bits in three times 0.1 s of greeting and 0.06 s of transfer
    assert 0.5 * 560 < speed.floor_kbit < 1.5 * 560
    assert speed.moved == SIZE


def test_the_name_alone_slows_it_down_here_and_elsewhere(race: Race) -> None:
    seen = race.look(140, lost=6).blocks(140, here=15_000, there=140, lost=6).text
    assert (seen.outcome, seen.strength) == (Outcome.THROTTLED, Strength.CONFIRMED)
    assert seen.mechanisms == ("throttle.sni.policing",)
    assert seen.rules[0] == "throttle.name"
    (why,) = seen.why
    assert (why.key, why.value("place")) == ("throttle.name", "here")
    assert why.value("target_kbit") == pytest.approx(140, rel=0.1)
    assert why.value("control_kbit") == pytest.approx(15_000, rel=0.1)
    # 0.1 s of greeting, 0.04 s and 34 kB at 140 kbit/s, against 0.16 s in all; then without the
    # four round trips that any way of 0.04 s takes, and not compared more closely than 0.24 s
    assert 10 < seen.speeds[0].ratio < 16
    assert 7 < seen.speeds[0].ratio_corrected < 10


@pytest.mark.parametrize(
    ("greeting", "how"), [(0.3, "shaping"), (0.9, "delay")], ids=["as its rate", "longer"]
)
def test_a_handshake_that_takes_longer_than_its_rate_explains_is_delayed(
    race: Race, greeting: float, how: str
) -> None:
    """8 kB of it take 0.25 s at 256 kbit/s; a queue makes round trips grow as well."""
    late: dict[str, Any] = {"greeting": greeting, "smoothed": 0.4}
    seen = race.look(256, **late).blocks(256, here=15_000, there=256, **late).text
    assert seen.mechanisms == (f"throttle.sni.{how}",)


def test_a_plateau_without_losses_is_a_queue(race: Race) -> None:
    seen = race.look(256).blocks(256, here=15_000, there=256).text
    assert seen.mechanisms == ("throttle.sni.shaping",)


def test_where_only_neutral_servers_can_change_the_name(race: Race) -> None:
    race.look(140, lost=6)
    for n in range(1, 5):
        race.move(OWN, 140, number=n, lost=6)
        race.move(SOURCE, 15_000, number=n, source=f"src{n}")
        race.move(NAMED, 140, number=n, source=f"src{n}", lost=6)
    seen = race.text
    assert (seen.outcome, seen.strength) == (Outcome.THROTTLED, Strength.CONFIRMED)


@pytest.mark.parametrize(
    ("silent", "word"), [(8, Outcome.DEGRADED), (3, Outcome.THROTTLED)], ids=["most", "some"]
)
def test_what_is_not_answered_at_all_has_no_rate(race: Race, silent: int, word: Outcome) -> None:
    """Under its name, here and elsewhere, ClientHellos get no answer: they die, and are not slow.
    A limit lets something through, though a greeting may be lost to it now and then."""
    race.look(14_000).blocks(140, here=15_000, there=140)
    named = [n for n, m in enumerate(race.story.told) if m.task.attempt and m.task.arm in BY_NAME]
    for n in named[:silent]:
        race.story.told[n] = unanswered(race.story.told[n])
    assert race.text.outcome is word


BY_NAME = (OWN, NAMED)


def unanswered(m: Measurement) -> Measurement:
    """The same conversation, in which nobody answers the ClientHello for three seconds."""
    tcp, secured, _ = m.observations
    assert isinstance(secured, TlsObservation)
    assert secured.info is not None
    begun = secured.window.start
    silent = replace(
        secured,
        failure=Failure.TIMED_OUT,
        verified=False,
        window=replace(secured.window, end=begun + 3.0),
        info=replace(secured.info, bytes_received=0, bytes_acked=0, unacked=1, total_retrans=4),
    )
    return replace(m, observations=(tcp, silent), window=replace(m.window, end=begun + 3.0))


@pytest.mark.parametrize("times", [1, 2])
def test_two_moments_are_too_few(race: Race, times: int) -> None:
    """Four slow pairs, two at a time."""
    seen = race.look(140).blocks(140, here=15_000, there=140, times=times).text
    assert (seen.outcome, seen.mechanisms) == (Outcome.DEGRADED, ())


def test_slow_by_name_too_seldom_to_decide_is_not_passed_over(race: Race) -> None:
    seen = race.look(14_000).blocks(140, here=15_000, there=140, times=2).text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("speed.undecided",))


def test_three_moments_here_and_elsewhere_are_enough(race: Race) -> None:
    seen = race.look(140).blocks(140, here=15_000, there=140, times=3).text
    assert (seen.outcome, seen.rules) == (Outcome.THROTTLED, ("throttle.name",))


def test_three_pairs_at_one_place_are_too_few(race: Race) -> None:
    seen = race.look(140).blocks(140, here=15_000, there=15_000, times=3).text
    assert seen.outcome is not Outcome.THROTTLED


def test_one_kind_of_evidence_is_too_few(race: Race) -> None:
    """Slow under its own name at its own address, at uneven rates; elsewhere nobody could look."""
    race.look(14_000)
    for n, rate in enumerate((90, 200, 400, 130), start=1):
        race.move(NEUTRAL, 15_000, number=n).move(OWN, rate, number=n)
    assert race.text.outcome is Outcome.DEGRADED


def test_a_slow_server_is_nobodys_fault(race: Race) -> None:
    """Slow under every name, its address alone, at a steady rate and without losses."""
    seen = race.look(300).blocks(300, here=300, there=15_000, times=6).text
    assert seen.outcome is Outcome.DEGRADED
    assert seen.mechanisms == ()


def test_a_faster_address_of_the_same_name_is_told(race: Race) -> None:
    race.look(300).blocks(300, here=300, there=15_000, times=6)
    assert [one.key for one in race.text.why] == ["speed.slow"]
    race.move(Arm.TRANSFER_SIBLING, 9_000, number=1).move(Arm.TRANSFER_SIBLING, 9_000, number=2)
    _, faster = race.text.why
    assert faster.key == "speed.faster.address"
    assert faster.value("target_kbit") == pytest.approx(9_000, rel=0.1)


def test_losses_at_the_address_alone_make_it_likely(race: Race) -> None:
    seen = race.look(100, lost=12).blocks(100, here=100, there=15_000, times=6, lost=12).text
    assert (seen.outcome, seen.strength) == (Outcome.THROTTLED, Strength.LIKELY)
    assert seen.mechanisms[0].startswith("throttle.ip")
    assert seen.why[0].key == "throttle.address"


@pytest.mark.parametrize(
    ("kbit", "lost", "word"),
    [
        (100, 12, Outcome.THROTTLED),
        (100, 0, Outcome.THROTTLED),
        (15_000, 0, Outcome.DEGRADED),
    ],
    ids=["it is slow and loses", "it is slow", "it is over"],
)
def test_losses_at_the_address_must_last(race: Race, kbit: float, lost: int, word: Outcome) -> None:
    """A way that is crowded for some seconds loses as much, whatever is named."""
    race.story.target(CHAT[0], start=0.5)
    race.look(400, lost=12).blocks(400, here=400, there=15_000, times=2, lost=12)
    assert race.now < 0.5 + LASTING
    race.now = 0.5 + LASTING
    for n in (3, 4):
        race.move(OWN, kbit, number=n, lost=lost).move(NEUTRAL, kbit, number=n, lost=lost)
        race.move(SOURCE, 15_000, number=n, source=f"src{n}")
    assert race.text.outcome is word


@pytest.mark.parametrize(("kbit", "lost", "lasts"), [(400, 12, True), (15_000, 0, False)])
def test_losses_that_are_over_in_the_end_do_not_last(
    race: Race, kbit: float, lost: int, lasts: bool
) -> None:
    """Servers take longer to be begun again at times than an accident lasts as a rule."""
    race.story.target(CHAT[0], start=0.5)
    race.look(400, lost=12)
    race.now = 0.5 + LASTING
    for n, (rate, gone) in enumerate(((400, 12), (kbit, lost), (kbit, lost)), start=1):
        race.move(OWN, rate, number=n, lost=gone)
        race.move(SOURCE, 15_000, number=n, source=f"src{n}")
    facts = Facts(race.story.evidence())
    paired = next(p for p in paired_transfers(facts, facts.services[0]) if p.own)
    assert lasting(paired) is lasts


@pytest.mark.parametrize(
    ("lost", "accused"),
    [((16,), False), ((16, 0), False), ((8, 8), True)],
    ids=["all there is", "one of two", "both"],
)
def test_what_a_queue_lost_at_one_moment_accuses_nobody(
    race: Race, lost: tuple[int, ...], accused: bool
) -> None:
    """Its other conversations met a crowd of our own, and lost as much."""
    told = race.story.all_targets(times=5).told
    race.story.told = lossy(lossy(told, Role.TARGET, 2, 10), Role.CONTROL, 0, 10)
    race.now = 2 * LASTING
    for number, own in enumerate(lost, 1):
        race.move(SOURCE, 15_000, source=f"src{number}").move(OWN, 100, lost=own)
    race.move(SOURCE, 15_000, source="src3")
    assert (race.text.outcome is Outcome.THROTTLED) is accused


@pytest.mark.parametrize(("again", "accused"), [(0, False), (8, True)], ids=["none", "all"])
def test_what_others_of_its_transfers_lose_later_is_no_moment(
    race: Race, again: int, accused: bool
) -> None:
    """One lost most of what it sent; those under a neutral name at its address were quick, and lost
    a part as well."""
    told = race.story.all_targets(times=5).told
    race.story.told = lossy(lossy(told, Role.TARGET, 2, 10), Role.CONTROL, 0, 10)
    race.move(OWN, 14_000, lost=16)
    race.now = 2 * LASTING
    for number in range(1, 5):
        race.move(NEUTRAL, 14_000, number=number, lost=again)
        race.move(SOURCE, 15_000, source=f"src{number}")
    assert (race.text.outcome is Outcome.THROTTLED) is accused


def test_losses_alone_tell_no_rate(race: Race) -> None:
    """Neutral transfers ended before enough had come to compare with, yet lost nothing."""
    for n in (1, 2, 3):
        race.move(SOURCE, 15_000, source=f"src{n}", stop_at=12_000).move(OWN, 15, lost=30)
    seen = race.text
    assert (seen.outcome, seen.rules, seen.speeds) == (Outcome.DEGRADED, ("speed.lossy",), ())
    assert seen.why[0].value("place") == "unmeasured"
    assert "bit/s" not in said(seen.why)


def test_what_is_lost_can_follow_the_name_before_the_times_do(race: Race) -> None:
    """A third of all segments, yet no transfer was 2.5 times slower."""
    race.look(9_000, lost=14)
    for n in range(1, 5):
        race.move(NEUTRAL, 15_000, number=n).move(OWN, 9_000, number=n, lost=14)
        race.move(SOURCE, 15_000, number=n, source="src1")
        race.move(NAMED, 9_000, number=n, source="src1", lost=14)
    seen = race.text
    assert (seen.outcome, seen.strength) == (Outcome.THROTTLED, Strength.LIKELY)
    assert seen.mechanisms == ("throttle.sni.loss",)


def test_losses_at_neutral_servers_alone_are_a_burst(race: Race) -> None:
    """The name is lost there three times, and at its own server as little as another: who minds it
    would mind it there. Its other conversations lose as much as at a bad hour."""
    told = race.story.all_targets(times=5).told
    race.story.told = lossy(lossy(told, Role.TARGET, 2, 10), Role.CONTROL, 0, 10)
    race.look(14_000)
    for n in (1, 2, 3):
        race.move(NEUTRAL, 14_000, number=n).move(OWN, 14_000, number=n)
        race.move(SOURCE, 15_000, number=n, source="src1")
        race.move(NAMED, 14_000, number=n, source="src1", lost=6)
    assert race.text.outcome is not Outcome.THROTTLED


def test_a_long_way_is_no_throttling(race: Race) -> None:
    seen = race.look(1_500, rtt=0.4, greeting=0.9)
    assert seen.text.outcome is Outcome.OK


def test_everybody_slow_blames_nobody(race: Race) -> None:
    for _ in range(2):
        race.move(SOURCE, 140, source="src1").move(OWN, 140).move(SOURCE, 140, source="src2")
    assert race.text.outcome is Outcome.OK


def test_the_order_of_measurements_does_not_matter(race: Race) -> None:
    race.look(140, lost=6).blocks(140, here=15_000, there=140, lost=6)
    forward = judge(race.story.evidence())
    backward = replace(
        race.story.evidence(), measurements=tuple(reversed(race.story.evidence().measurements))
    )
    assert judge(backward) == forward


def test_segments_out_of_order_are_not_counted_as_losses(race: Race) -> None:
    """One lost segment puts fifty that follow it out of order: in three of ten that name it."""
    race.look(9_000)
    for n in range(1, 5):
        race.move(NEUTRAL, 15_000, number=n).move(OWN, 9_000, number=n)
        race.move(SOURCE, 15_000, number=n, source="src1")
        race.move(NAMED, 9_000, number=n, source="src1")
    named = [n for n, m in enumerate(race.story.told) if m.task.arm in BY_NAME]
    for n in named[::4]:
        race.story.told[n] = _disordered(race.story.told[n])
    assert race.text.outcome is Outcome.OK


def _disordered(m: Measurement) -> Measurement:
    seen = m.observations[-1]
    assert isinstance(seen, TransferObservation) and seen.info is not None
    worse = replace(seen, info=replace(seen.info, out_of_order=50, segs_in=60))
    return replace(m, observations=(*m.observations[:-1], worse))


def test_one_object_that_never_comes_may_have_been_retired(race: Race) -> None:
    seen = race.look(0).blocks(0, here=15_000, there=0).text
    assert (seen.outcome, seen.mechanisms) == (Outcome.OK, ())
    assert message("speed.unsaid.nothing", asset="page") in seen.why


def test_transfers_of_two_hosts_that_move_nothing_at_all_are_not_slow(race: Race) -> None:
    other = replace(ASSET, name="film", host="films.example")
    race.story.services = (replace(MOVING, assets=(ASSET, other)),)
    race.look(0).blocks(0, here=15_000, there=0)
    race.story.told += [
        replace(m, task=replace(m.task, id=f"{m.task.id}.film", probe=_of(m.task.probe, "film")))
        for m in tuple(race.story.told)
        if m.task.arm is OWN
    ]
    seen = race.text
    assert (seen.outcome, seen.mechanisms) == (Outcome.DEGRADED, ())
    assert seen.rules == ("transfer.nothing",)


def _of(probe: Probe, asset: str) -> Probe:
    assert isinstance(probe, Flow)
    return replace(probe, options=tuple({**dict(probe.options), "asset": asset}.items()))


def test_a_page_that_came_and_named_no_object_was_an_answer(race: Race) -> None:
    """One transfer in which nothing came beside it may be this device's own fault."""
    race.look(0).blocks(0, here=15_000, there=0)
    own = [n for n, m in enumerate(race.story.told) if m.task.arm is OWN]
    race.story.told[own[0]] = _page_alone(race.story.told[own[0]])
    assert "transfer.nothing" not in race.text.rules


def _page_alone(m: Measurement) -> Measurement:
    seen = m.observations[-1]
    assert isinstance(seen, TransferObservation)
    page = HttpObservation(
        transaction=seen.transaction,
        window=seen.window,
        failure=None,
        address=seen.address,
        port=seen.port,
        host=seen.host,
        path="/",
        tls=True,
        authenticated=True,
        status=200,
        matched=None,
    )
    return replace(m, observations=(*m.observations[:-1], page))


def test_where_nothing_works_transfers_that_move_nothing_add_nothing() -> None:
    story = Story(services=(MOVING,)).good_connection().names().all_targets(fails="answer")
    seen = Race(story).look(0).blocks(0, here=15_000, there=0).text
    assert (seen.outcome, seen.rules) == (Outcome.INCONCLUSIVE, ("failed.unexplained",))


def test_what_works_and_was_never_moved_says_so(race: Race) -> None:
    other = replace(ASSET, name="film")
    race.story.services = (replace(MOVING, assets=(ASSET, other)),)
    seen = race.look(14_000).text
    assert seen.outcome is Outcome.OK
    assert seen.why[-1] == message("speed.unsaid.unmeasured", asset="film")


def test_without_any_transfer_nothing_is_said_about_speed(race: Race) -> None:
    assert [one.key for one in race.text.why] == ["ok.authenticated"]
    assert [one.key for one in race.look(14_000).text.why] == ["ok.authenticated"]


def test_slower_at_first_sight_and_never_looked_into_is_not_passed_over(race: Race) -> None:
    """Nearly three times as long as neutral ones, and the time of the run was over."""
    race.move(SOURCE, 15_000, source="src1").move(OWN, 600)
    seen = race.move(SOURCE, 14_000, source="src2").text
    assert seen.outcome is Outcome.OK
    assert message("speed.unsaid.once", asset="page") in seen.why


def test_slow_once_and_never_looked_into_is_degraded(race: Race) -> None:
    race.move(SOURCE, 15_000, source="src1").move(OWN, 140)
    seen = race.move(SOURCE, 14_000, source="src2").text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("speed.undecided",))


@pytest.mark.parametrize("how", [{"greeting": 6.3}, {"pause": 8.0}])
def test_one_transfer_that_was_held_up_once_says_nothing_about_speed(
    race: Race, how: dict[str, Any]
) -> None:
    """Its ClientHello, or some segments together, were lost three times on a lossy line, and the
    time of the run was over."""
    race.move(SOURCE, 15_000, source="src1").move(OWN, 14_000, lost=3, **how)
    assert race.move(SOURCE, 14_000, source="src2").text.outcome is Outcome.OK


@pytest.mark.parametrize("how", [{"greeting": 6.3}, {"pause": 8.0}])
def test_two_transfers_that_are_held_up_are_no_accident(race: Race, how: dict[str, Any]) -> None:
    seen = race.look(15_000, **how).text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("speed.undecided",))
    told = dict(seen.why[0].values)
    assert float(told["target_kbit"]) * 2 < float(told["control_kbit"]), "what it says is slow"


@pytest.mark.parametrize(
    ("of_others", "word"),
    [((3, 3), Outcome.OK), ((3, 0), Outcome.DEGRADED), ((0, 0), Outcome.DEGRADED)],
    ids=["most others lose as well", "half of them", "none"],
)
@pytest.mark.parametrize("how", [{"greeting": 6.3}, {"pause": 8.0}])
def test_what_losses_hold_up_is_an_accident_where_the_line_loses(
    race: Race, how: dict[str, Any], of_others: tuple[int, int], word: Outcome
) -> None:
    """Each of its own, and nothing else about them was slow; no comparison was made to the end."""
    for number, lost in enumerate(of_others, 1):
        race.move(SOURCE, 15_000, source=f"src{number}", lost=lost)
        race.move(OWN, 14_000, lost=3, **how)
    assert race.text.outcome is word


def test_what_stops_for_good_was_not_held_up_by_losses(race: Race) -> None:
    for number in (1, 2):
        race.move(SOURCE, 15_000, source=f"src{number}", lost=3)
        race.move(OWN, 14_000, lost=3, stop_at=30_000)
    assert race.text.outcome is not Outcome.OK


@pytest.mark.parametrize(
    ("lost", "rules"),
    [((16, 0, 0, 0), "ok.authenticated"), ((6, 6, 6, 6), "speed.lossy")],
    ids=["one burst of losses", "losses again and again"],
)
def test_losses_count_where_more_than_one_transfer_has_them(
    race: Race, lost: tuple[int, ...], rules: str
) -> None:
    for number, own in enumerate(lost, 1):
        race.move(OWN, 14_000, lost=own).move(SOURCE, 15_000, source=f"src{number}")
    assert race.text.rules[0] == rules


def test_a_server_that_thinks_before_it_answers_is_not_slow(race: Race) -> None:
    for _ in range(4):
        race.move(SOURCE, 15_000, source="src1").move(OWN, 14_000, think=2.0)
        race.move(SOURCE, 15_000, source="src2")
    assert race.text.outcome is Outcome.OK


def test_one_that_thinks_and_then_is_slow_is_slow(race: Race) -> None:
    for _ in range(4):
        race.move(SOURCE, 15_000, source="src1").move(OWN, 140, think=0.5)
        race.move(SOURCE, 15_000, source="src2")
    assert (race.text.outcome, race.text.rules) == (Outcome.DEGRADED, ("speed.slow",))


def test_where_one_address_was_looked_into_another_that_works_does_not_acquit_it(
    race: Race,
) -> None:
    """The first transfers went to another address of the name, fast; a neutral name at the slow one
    is as slow."""
    for _ in range(2):
        race.move(SOURCE, 15_000, source="src1").move(OWN, 15_000, address="31.13.71.1")
    race.move(OWN, 300).blocks(300, here=300, there=15_000, times=5)
    seen = race.text
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("speed.slow",))


def test_two_fast_addresses_are_fine(race: Race) -> None:
    race.move(SOURCE, 15_000, source="src1").move(OWN, 15_000, address="31.13.71.1")
    race.move(SOURCE, 14_000, source="src2").move(OWN, 14_000)
    assert race.text.outcome is Outcome.OK


def mixed(race: Race, here: list[float], there: list[float]) -> Outcome:
    """Blocks in which its own transfers have these rates beside fast ones; rates that agree on
    nothing, and no losses."""
    race.look(300)
    for n, (mine, named) in enumerate(zip(here, there, strict=True), start=1):
        race.move(OWN, mine, number=n).move(NEUTRAL, 15_000, number=n)
        race.move(SOURCE, 15_000, number=n, source=f"src{n + 2}")
        race.move(NAMED, named, number=n, source=f"src{n + 2}")
    return race.text.outcome


@pytest.mark.parametrize(
    ("here", "there", "word"),
    [
        ([150, 400, 250], [420, 160, 260], Outcome.THROTTLED),
        ([150, 400, 15_000], [420, 160, 260], Outcome.THROTTLED),
        ([150, 400, 250], [420, 15_000, 15_000], Outcome.DEGRADED),
        ([150, 15_000, 15_000], [420, 160, 260], Outcome.DEGRADED),
    ],
    ids=["every pair", "all but one", "one there", "one here"],
)
def test_the_name_decides_where_two_blocks_at_each_end_say_so(
    race: Race, here: list[float], there: list[float], word: Outcome
) -> None:
    assert mixed(race, here, there) is word


LONG: dict[str, Any] = {"rtt": 0.25, "greeting": 0.27}


def thin(race: Race, here: list[tuple[float, float]], there: list[tuple[float, float]]) -> Outcome:
    """Blocks on a long, thin line: the rates of what names it, and of what does not, at its own
    address and at neutral ones."""
    for source in ("src1", "src2"):
        race.move(SOURCE, 420, source=source, **LONG).move(OWN, 200, **LONG)
    for n, ((mine, neutral), (named, plain)) in enumerate(zip(here, there, strict=True), start=1):
        race.move(NEUTRAL, neutral, number=n, **LONG).move(OWN, mine, number=n, **LONG)
        race.move(SOURCE, plain, number=n, source=f"src{n + 2}", **LONG)
        race.move(NAMED, named, number=n, source=f"src{n + 2}", **LONG)
    return race.text.outcome


@pytest.mark.parametrize(
    ("here", "there", "word"),
    [
        ([(140, 420), (130, 900), (135, 300)], [(128, 380), (140, 900), (132, 310)], "throttled"),
        ([(140, 420), (130, 900), (135, 139)], [(128, 380), (140, 900), (132, 310)], "not"),
        ([(140, 420), (130, 900), (135, 300)], [(128, 380), (140, 900), (520, 310)], "not"),
        ([(200, 420), (220, 900), (210, 300)], [(200, 250), (215, 900), (205, 310)], "not"),
        ([(140, 420), (130, 900)], [(128, 380), (140, 900)], "not"),
    ],
    ids=[
        "all lower and one rate",
        "a neutral one as low",
        "one named as fast",
        "little",
        "two blocks",
    ],
)
def test_on_a_thin_line_the_name_decides_where_all_that_names_it_is_slower(
    race: Race, here: list[tuple[float, float]], there: list[tuple[float, float]], word: str
) -> None:
    """Each of the pairs alone may be too close to count."""
    assert (thin(race, here, there) is Outcome.THROTTLED) is (word == "throttled")


@pytest.mark.parametrize(("neutral", "word"), [(0, Outcome.DEGRADED), (4, Outcome.OK)])
def test_what_its_transfers_lose_counts_beside_neutral_ones(
    race: Race, neutral: int, word: Outcome
) -> None:
    """Its conversations alone are too few to tell: one segment in ten; one in eight of theirs."""
    told = race.story.all_targets(times=5).told
    race.story.told = lossy(lossy(told, Role.TARGET, 1, 10), Role.CONTROL, 0, 10)
    assert race.text.outcome is Outcome.OK
    for number in range(1, 4):
        race.move(OWN, 14_000, lost=5).move(SOURCE, 15_000, source=f"src{number}", lost=neutral)
    assert race.text.outcome is word
