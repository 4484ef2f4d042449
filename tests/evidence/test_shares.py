"""Some of many is evidence where neutral handshakes do not fail so; a poor line is none."""

from dataclasses import replace
from itertools import product
from math import comb
from typing import Any

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.handshakes import mixed, mixed_modern
from msgprobe.evidence.shares import ALPHA, SURE, Shares
from msgprobe.evidence.statistics import fisher_greater, holm
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TlsObservation
from msgprobe.model.run import Evidence
from msgprobe.model.task import Arm, Flow, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength
from msgprobe.planning.shared_experiments import MODERN_HELLO
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story
from tests.judging.word import text

RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
SILENT: dict[str, Any] = {"fails": "tls", "failure": Failure.TIMED_OUT}
FOREIGN = SITES[1].host


def handshakes(story: Story, failed: int, of: int = 10, **how: Any) -> Story:
    """So many of each name's handshakes fail at its own address."""
    for host in CHAT:
        story.target(host)
        for n in range(of):
            story.target(host, arm=Arm.SHARE, check="tls", **(how if n < failed else {}))
    return story


def there(story: Story, failed: int, of: int = 10, **how: Any) -> Story:
    """So many of the first name's fail at a neutral server."""
    for n in range(of):
        story.target(
            CHAT[0],
            arm=Arm.SHARE_ELSEWHERE,
            check="tls",
            address=SITES[0].addresses[0],
            **(how if n < failed else {}),
        )
    return story


def neutral(story: Story, failed: int = 0, of: int = 20, **how: Any) -> Story:
    """So many of another foreign name's fail there."""
    for n in range(of):
        bad = how if n < failed else {}
        story.site(SITES[0], Arm.SHARE_NEUTRAL, host=FOREIGN, check="tls", **bad)
    return story


def begun() -> Story:
    return Story().good_connection().names()


def said(story: Story) -> FunctionVerdict:
    return text(story.controls_again())


def test_holm_rejects_step_by_step() -> None:
    assert holm({"a": 0.01, "b": 0.02, "c": 0.04}, 0.05) == ("a", "b", "c")
    assert holm({"a": 0.01, "b": 0.03, "c": 0.04}, 0.05) == ("a",)
    assert holm({"a": 0.02, "b": 0.02, "c": 0.02}, 0.05) == ()
    assert holm({}, 0.05) == ()


@pytest.mark.parametrize(("how", "mechanism"), [(RESET, "tls.reset"), (SILENT, "tls.timeout")])
def test_a_share_that_neutral_ones_do_not_fail_in_impairs(
    how: dict[str, Any], mechanism: str
) -> None:
    found = said(neutral(handshakes(begun(), 6, **how, took=3.0)))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert found.mechanisms == (mechanism,)


def test_a_share_that_follows_the_name_is_blocking_that_fails_open() -> None:
    found = said(there(neutral(handshakes(begun(), 6, **RESET)), 6, **RESET))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert found.mechanisms == ("tls.reset.sni",)


def test_a_server_that_turns_others_away_as_often_shows_nothing() -> None:
    story = handshakes(begun(), 6, **RESET)
    found = said(there(neutral(story, 8, **RESET), 6, **RESET))
    assert found.outcome is not Outcome.BLOCKED


def test_a_line_that_fails_as_often_for_everybody_accuses_nobody() -> None:
    story = there(neutral(handshakes(begun(), 5, **RESET), 10, **RESET), 5, **RESET)
    assert said(story).outcome is Outcome.OK


def test_an_alert_that_we_were_too_late_for_is_no_answered_handshake() -> None:
    """Servers that send every client the same alert, of which this device slept through one."""
    alert: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_FAILED}
    story = begun().target(CHAT[0], times=9, **alert)
    last = story.told[-1]
    slept_through = tuple(
        replace(o, failure=Failure.INTERRUPTED) if isinstance(o, TlsObservation) else o
        for o in last.observations
    )
    story.told[-1] = replace(last, observations=slept_through)
    assert mixed(Facts(story.evidence()), SERVICE) == ()


def test_few_failures_are_chance() -> None:
    assert said(neutral(handshakes(begun(), 1, **RESET))).outcome is Outcome.OK


def test_silence_is_no_failure_where_neutral_answers_took_longer() -> None:
    story = neutral(handshakes(begun(), 6, **SILENT, took=3.0))
    story.site(SITES[0], Arm.AGAIN, check="tls", took=4.0)
    assert said(story).outcome is Outcome.OK


@pytest.mark.parametrize(("took", "outcome"), [(3.0, Outcome.OK), (8.0, Outcome.DEGRADED)])
def test_a_lost_syn_or_two_only_make_a_connection_late(took: float, outcome: Outcome) -> None:
    cut: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT, "took": took}
    assert said(neutral(handshakes(begun(), 6, **cut))).outcome is outcome


def test_a_handshake_that_has_begun_to_be_answered_is_late() -> None:
    story = neutral(handshakes(begun(), 6, **SILENT, took=3.0))
    story.told = [
        replace(
            m,
            observations=tuple(
                replace(o, bytes_received=900)
                if isinstance(o, TlsObservation) and o.failure is not None
                else o
                for o in m.observations
            ),
        )
        for m in story.told
    ]
    assert said(story).outcome is Outcome.OK


def test_an_address_that_never_answers_is_no_share() -> None:
    """One dead server of a name is another question."""
    story = begun()
    for host in CHAT:
        story.target(host)
    for _ in range(12):
        story.target(CHAT[0], arm=Arm.SHARE, check="tls", address="31.13.99.9", **RESET)
    facts = Facts(neutral(story).evidence())
    assert Shares(facts).excessive == {}


def test_repeats_that_were_made_until_one_went_well_do_not_count() -> None:
    story = begun()
    for host in CHAT:
        story.target(host)
        for _ in range(8):
            story.target(host, arm=Arm.REPEAT, **RESET)
    facts = Facts(neutral(story).evidence())
    assert Shares(facts).excessive == {}


def test_who_was_never_looked_at_counts_for_the_correction() -> None:
    """What is significant of one service alone is not among many."""
    story = neutral(handshakes(begun(), 3, **RESET), of=60)
    alone = Shares(Facts(story.evidence())).excessive
    others = tuple(
        replace(SERVICE, name=f"other{n}", endpoints=SERVICE.endpoints) for n in range(400)
    )
    among = replace(story.evidence(), services=(SERVICE, *others))
    assert alone != {} and Shares(Facts(among)).excessive == {}


def test_only_an_address_that_does_both_wavers() -> None:
    story = begun().target(CHAT[0], **RESET).target(CHAT[1])
    assert mixed(Facts(story.evidence()), SERVICE) == ()
    story.target(CHAT[0], arm=Arm.REPEAT)
    assert mixed(Facts(story.evidence()), SERVICE) == (CHAT[0],)
    assert ADDRESSES[CHAT[0]] != ADDRESSES[CHAT[1]]


def test_a_page_that_is_read_on_the_way_to_what_is_moved_counts_as_well() -> None:
    """Who looks at a name does not look at what it is said for."""
    story = begun().target(CHAT[0]).target(CHAT[0], arm=Arm.TRANSFER)
    assert mixed(Facts(story.evidence()), SERVICE) == ()
    story.target(CHAT[0], arm=Arm.TRANSFER_PAGE, **RESET)
    facts = Facts(story.evidence())
    assert mixed(facts, SERVICE) == (CHAT[0],)
    tally = Shares(facts).own(SERVICE)[CHAT[0]]
    assert (len(tally.failed), len(tally.answered)) == (1, 2)


# --- what only modern clients meet --------------------------------------------------------------


def greeted(story: Story, *ends: bool, host: str = CHAT[0], elsewhere: bool = False) -> Story:
    """How one modern ClientHello after the other ends: True where it was answered."""
    arm = Arm.MODERN_ELSEWHERE if elsewhere else Arm.MODERN
    where: dict[str, Any] = {"address": SITES[0].addresses[0]} if elsewhere else {}
    first = 9.0 if elsewhere else 5.0
    for n, well in enumerate(ends):
        story.target(
            host, arm=arm, check="http2", start=first + n, **where, **({} if well else RESET)
        )
    return story


def counted_so(story: Story, failed: int, there: int, neutral: int = 0) -> Story:
    """Of ten modern ones at home, ten at a neutral server and twenty with another name there, so
    many fail; small ones pass."""
    for host in CHAT:
        story.target(host)
    for arm, bad, of in (
        (Arm.SHARE, failed, 10),
        (Arm.SHARE_ELSEWHERE, there, 10),
        (Arm.SHARE_NEUTRAL, neutral, 20),
    ):
        how: dict[str, Any] = {"arm": arm, "check": "tls", "options": MODERN_HELLO}
        for n in range(of):
            end = RESET if n < bad else {}
            if arm is Arm.SHARE_NEUTRAL:
                story.site(SITES[0], host=FOREIGN, **how, **end)
            else:
                address = SITES[0].addresses[0] if arm is Arm.SHARE_ELSEWHERE else None
                story.target(CHAT[0], start=10.0 + n, address=address, **how, **end)
    return story


@pytest.mark.parametrize(
    ("own", "there", "wavers"),
    [
        ((False, False, True), (), True),
        ((False, False, False), (), False),
        ((False, False, False), (False, True), True),
        ((True,), (), False),
    ],
)
def test_a_name_may_waver_where_modern_clients_say_it_and_not_otherwise(
    own: tuple[bool, ...], there: tuple[bool, ...], wavers: bool
) -> None:
    story = greeted(greeted(begun().target(CHAT[0]), *own), *there, elsewhere=True)
    facts = Facts(story.evidence())
    assert mixed(facts, SERVICE) == ()
    assert mixed_modern(facts, SERVICE) == ((CHAT[0],) if wavers else ())


def test_who_wavers_otherwise_too_is_counted_as_ever() -> None:
    story = greeted(begun().target(CHAT[0]), False, True).target(CHAT[0], arm=Arm.REPEAT, **RESET)
    facts = Facts(story.evidence())
    assert (mixed(facts, SERVICE), mixed_modern(facts, SERVICE)) == ((CHAT[0],), ())
    counted = Facts(counted_so(story, 5, 5).evidence())
    assert mixed_modern(counted, SERVICE) == (CHAT[0],), "what was begun so goes on so"


@pytest.mark.parametrize(
    ("there", "outcome", "mechanism"),
    [(8, Outcome.BLOCKED, "tls.reset.sni"), (0, Outcome.DEGRADED, "tls.reset")],
)
def test_modern_ones_that_fail_now_and_then_are_told(
    there: int, outcome: Outcome, mechanism: str
) -> None:
    """Small ones pass: what is counted is what wavers."""
    found = said(neutral(counted_so(greeted(begun(), False, False, True), 8, there)))
    assert (found.outcome, found.mechanisms) == (outcome, (mechanism,))


@pytest.mark.parametrize("there", [0, 8])
def test_a_box_that_minds_modern_ones_whomever_they_name_accuses_nobody(there: int) -> None:
    story = counted_so(greeted(begun(), False, False, True), 8, there, neutral=14)
    found = said(neutral(story, of=60))
    assert found.outcome not in (Outcome.BLOCKED, Outcome.THROTTLED) and not found.mechanisms


def test_two_of_three_modern_ones_and_all_elsewhere_leave_a_doubt() -> None:
    story = greeted(begun().target(CHAT[0]).target(CHAT[1]), False, False, True)
    story = greeted(story, False, False, False, elsewhere=True)
    for _ in range(9):
        story.site(SITES[1], Arm.BIG_HELLO, check="http2")
    story.site(SITES[0], Arm.MODERN_NEUTRAL, host=FOREIGN, check="http2")
    found = said(neutral(story))
    assert found.rules == ("tls.share.unclear",)


@pytest.mark.parametrize("alone", [False, True])
def test_what_one_that_was_alone_leaves_in_doubt_is_never_fine(alone: bool) -> None:
    """A share that fails may be a count of connections where one by itself was answered."""
    story = neutral(there(handshakes(begun(), 5, **SILENT), 5, **SILENT))
    for number, host in enumerate(CHAT):
        for arm in (Arm.BASE, Arm.REPEAT, Arm.REPEAT):
            address = ("31.13.70.9", "104.18.1.9")[number % 2]
            story.target(host, arm=arm, address=address, **SILENT)
            story.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], address, arm=Arm.BASE)
    if alone:
        story.target(CHAT[0], arm=Arm.ALONE, start=40.0)
    verdict = said(story)
    assert verdict.outcome is Outcome.DEGRADED
    assert (verdict.rules == ("tls.answered_alone",)) is alone


def test_a_name_that_is_never_answered_is_not_one_of_which_some_fail() -> None:
    story = neutral(begun())
    for _ in range(3):
        story.site(SITES[0], Arm.AGAIN, host="never.example", check="tls", **RESET)
    assert not Shares(Facts(story.evidence())).neutral.failed
    story.site(SITES[0], Arm.AGAIN, host="never.example", check="tls")
    assert len(Shares(Facts(story.evidence())).neutral.failed) == 3


def test_a_share_that_follows_the_name_is_not_undone_by_some_that_were_answered_alone() -> None:
    hangs = {**SILENT, "took": 9.0}
    story = neutral(there(handshakes(begun(), 6, **hangs), 6, **hangs))
    for host in CHAT:
        story.target(host, arm=Arm.REPEAT, times=3, **hangs)
    story.target(CHAT[0], arm=Arm.ALONE, start=90.0)
    assert said(story).rules == ("tls.share.elsewhere.timeout",)


# --- few names of many, and what is too little to accuse -----------------------------------------

MANY_NAMES = tuple(
    replace(SERVICE.endpoints[0], name=f"s{n}-443", member=f"s{n}", host=f"s{n}.example")
    for n in range(40)
)
"""Names that nobody had a reason to look at: what is significant of one alone is not among them."""


def among_many(story: Story) -> Evidence:
    wide = replace(SERVICE, endpoints=(*SERVICE.endpoints, *MANY_NAMES))
    return replace(story.evidence(), services=(wide,))


def others_answer(story: Story) -> Story:
    """The spare names are answered, as every run finds them."""
    for n in range(len(MANY_NAMES)):
        story.target(f"s{n}.example", address=f"31.13.71.{n + 1}", times=1)
    return story


def one_name(story: Story, failed: int, of: int = 10, **how: Any) -> Story:
    """So many of the first name's handshakes fail at its own address, the last ones, and none of
    the other's."""
    for n in range(of):
        bad = how if n >= of - failed else {}
        story.target(CHAT[0], arm=Arm.SHARE, check="tls", start=20.0 + n, **bad)
    return others_answer(story.target(CHAT[0]).target(CHAT[1]))


def word(story: Story) -> tuple[ServiceVerdict, FunctionVerdict]:
    (service,) = judge(among_many(story.controls_again())).services
    return service, service.functions[0]


def test_one_name_of_many_is_told_where_its_share_follows_it() -> None:
    """Who chose it by what came of it at home knew nothing of neutral servers."""
    story = there(neutral(one_name(begun(), 5, **RESET), of=40), 5, **RESET)
    shares = Shares(Facts(among_many(story)))
    assert shares.excessive == {} and set(shares.following) == {"acme"}
    service, chat = word(story)
    assert (service.outcome, chat.mechanisms) == (Outcome.DEGRADED, ("tls.reset.sni",))


def test_a_name_that_never_answers_at_home_wavers_elsewhere() -> None:
    story = there(neutral(one_name(begun(), 10, **RESET)), 8, **RESET)
    story.told = [
        m
        for m in story.told
        if m.task.arm is not Arm.BASE
        or not isinstance(m.task.probe, Flow)
        or m.task.probe.server_name != CHAT[0]
    ]
    story.target(CHAT[0], **RESET)
    assert CHAT[0] in mixed(Facts(among_many(story)), among_many(story).services[0])
    service, chat = word(story)
    assert service.outcome is Outcome.DEGRADED
    assert chat.rules == ("pool.member_hit", "tls.share.elsewhere.reset")


def test_a_name_that_is_answered_elsewhere_each_time_has_a_server_that_fails() -> None:
    service, chat = word(there(neutral(one_name(begun(), 5, **RESET), of=40), 0))
    assert chat.outcome not in (Outcome.BLOCKED, Outcome.THROTTLED)
    assert service.outcome is not Outcome.OK


def doubted(*ends: bool, elsewhere: tuple[bool, ...]) -> Story:
    """Attempts with the first name, one after the other, at its own address and at a neutral
    server: True where it was answered."""
    story = neutral(begun())
    for number, well in enumerate(ends):
        arm = Arm.REPEAT if number else Arm.BASE
        story.target(CHAT[0], arm=arm, start=20.0 + number, **({} if well else RESET))
    address = SITES[0].addresses[0]
    for number, well in enumerate(elsewhere):
        said_there: dict[str, Any] = {"check": "tls", "address": address, "start": 20.5 + number}
        story.target(CHAT[0], arm=Arm.TARGET_SNI_ELSEWHERE, **said_there, **({} if well else RESET))
    return others_answer(story.target(CHAT[1]))


@pytest.mark.parametrize(
    ("ends", "elsewhere", "outcome"),
    [
        ((False, False, True), (False, False, False, True), Outcome.INCONCLUSIVE),
        ((False, False, True), (True, True, True), Outcome.OK),
        ((False, False, True), (), Outcome.OK),
        ((False, False, False), (True,), Outcome.OK),
        ((False, True, True), (False, True, True), Outcome.OK),
        ((True, False), (False, True, True), Outcome.OK),
        ((True, False), (False, False, True), Outcome.INCONCLUSIVE),
    ],
    ids=[
        "both",
        "at home, and it is over",
        "nothing elsewhere",
        "a dead row",
        "once each",
        "a product that luck makes small",
        "once and twice",
    ],
)
def test_what_is_too_little_to_accuse_may_be_too_much_for_fine(
    ends: tuple[bool, ...], elsewhere: tuple[bool, ...], outcome: Outcome
) -> None:
    service, _ = word(doubted(*ends, elsewhere=elsewhere))
    assert service.outcome is outcome


@pytest.mark.parametrize(
    ("neutral_ones", "named_ones", "outcome"),
    [
        ("connect", "tls", Outcome.INCONCLUSIVE),
        ("tls", "tls", Outcome.OK),
        ("", "connect", Outcome.OK),
    ],
    ids=["the witness lets some hang", "it answers no foreign names", "nothing was named"],
)
def test_a_syn_bears_no_name(neutral_ones: str, named_ones: str, outcome: Outcome) -> None:
    """Behind a router that takes few new flows, connections to anybody hang: what connected tells
    whether a server answers foreign names, and whether a name is minded there."""
    hangs: dict[str, Any] = {"failure": Failure.TIMED_OUT, "took": 9.0}
    story = neutral(begun())
    for number in range(4 if neutral_ones else 0):
        place = {"host": FOREIGN, "check": "tls", "start": 10.0 + number}
        story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, **place, **hangs, fails=neutral_ones)
    for number, well in enumerate((False, False, True)):
        arm = Arm.REPEAT if number else Arm.BASE
        bad = {} if well else {**hangs, "fails": "tls"}
        story.target(CHAT[0], arm=arm, start=20.0 + number, **bad)
    for number in range(3):
        there: dict[str, Any] = {"address": SITES[0].addresses[0], "start": 30.0 + 10 * number}
        story.target(
            CHAT[0], arm=Arm.TARGET_SNI_ELSEWHERE, check="tls", **there, **hangs, fails=named_ones
        )
    service, _ = word(others_answer(story.target(CHAT[1])))
    assert service.outcome is outcome


def once_each(ends: str, *, times: int = 1, neutral_failed: int = 0, **how: Any) -> Outcome:
    """Each of many places is asked in turn, so many times: ``x`` where it fails."""
    places = [f"31.13.71.{number + 1}" for number in range(len(ends))]
    story = neutral(Story().good_connection(), neutral_failed, of=30, **RESET)
    for turn, host in enumerate(CHAT):
        for kind, arm in ((ResolverKind.SYSTEM, Arm.BASE), (ResolverKind.DOH, Arm.OTHER_RESOLVER)):
            story.asked(host, kind, *places[turn::2], arm=arm)
    for number, end in enumerate(ends):
        place: dict[str, Any] = {"address": places[number], "start": 1.0 + 0.3 * number}
        place |= {**RESET, **how} if end == "x" else {}
        story.target(CHAT[number % 2], times=times, **place)
    return said(story).outcome


MIXED = "xx.xx.x.xx.x"


def test_where_most_places_fail_at_their_only_attempt_nothing_is_called_fine() -> None:
    """As on a line that is spared, where there are no bytes to ask again."""
    assert once_each(MIXED) is Outcome.INCONCLUSIVE
    assert once_each("..x........") is Outcome.OK, "few failures are chance"


def test_what_is_over_or_dead_or_as_with_others_is_no_share() -> None:
    assert once_each("xxxxxxxx....") is Outcome.OK, "an outage that is over"
    assert once_each("....xxxxxxxx") is Outcome.OK, "one that has begun"
    assert once_each(MIXED, fails="connect") is not Outcome.INCONCLUSIVE, "no connection stood"
    assert once_each(MIXED, times=3) is not Outcome.INCONCLUSIVE, "places that fail each time"
    assert once_each("x.x.x.x.x.x.x.x.") is not Outcome.INCONCLUSIVE, "one name that nobody answers"
    assert once_each(MIXED, neutral_failed=20) is not Outcome.INCONCLUSIVE, "the line's doing"


def chance_of_a_wrong_word(share: float, beside: int, allowed: float, early: float) -> float:
    """Exactly, of one name at neutral servers that fails as often as neutral ones there do, so many
    of which are counted ``beside`` each: that it is told apart after one of ten handshakes with
    ``early``, or at the end with ``allowed``."""
    left = {(0, 0): 1.0}
    wrong = 0.0
    for tried in range(1, 11):
        after: dict[tuple[int, int], float] = {}
        for (mine, others), chance in left.items():
            for m, o in product((0, 1), range(beside + 1)):
                weigh = comb(beside, o) * share ** (m + o) * (1 - share) ** (1 + beside - m - o)
                now = (mine + m, others + o)
                after[now] = after.get(now, 0.0) + chance * weigh
        limit, neutral = allowed if tried == 10 else early, beside * tried
        told = [k for k in after if k[0] and fisher_greater(k[0], tried, k[1], neutral) <= limit]
        wrong += sum(after.pop(k) for k in told)
        left = after
    return wrong


@pytest.mark.parametrize("beside", [1, 2, 4])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.3, 0.5, 0.7])
def test_a_count_that_may_end_early_errs_no_more_often_than_it_may(
    share: float, beside: int
) -> None:
    assert chance_of_a_wrong_word(share, beside, ALPHA, SURE) <= ALPHA
    assert chance_of_a_wrong_word(share, beside, 10 * ALPHA, 10 * SURE) <= 10 * ALPHA
    assert chance_of_a_wrong_word(share, beside, 10 * ALPHA, 10 * ALPHA) > 0.0, "it could err"
