"""A name that fails now and then is asked many times, here and elsewhere, few at the same time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from msgprobe.hypotheses.tls_sni.plan_shares import plan_shares
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import Window
from msgprobe.model.run import Evidence, Request
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from msgprobe.planning.timetable import BEGIN_UNTIL, MANY_HANDSHAKES, SHARES_AT_ONCE
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story, came_of, under_way

ARMS = (Arm.SHARE, Arm.SHARE_ELSEWHERE, Arm.SHARE_NEUTRAL)
RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}


def wavering(*hosts: str) -> Story:
    """These names were answered at an address where an attempt before had failed."""
    story = Story().good_connection().names()
    for host in CHAT:
        if host in hosts:
            story.target(host, **RESET)
            story.target(host, arm=Arm.REPEAT)
        else:
            story.target(host)
    return story


def wanted(story: Story, *done: Measurement, now: float = 15.0, **moment: Any) -> list[Task]:
    evidence = quickly(story)
    evidence = replace(evidence, measurements=(*evidence.measurements, *done))
    return plan_shares(PlanningContext(evidence, Moment(now=now, **moment)))


def quickly(story: Story) -> Evidence:
    """On a line that is not slow."""
    told = (replace(m, window=Window(start=0.0, end=0.1)) for m in story.told)
    return replace(story.evidence(), measurements=tuple(told))


def whole(story: Story, dying: Sequence[Arm] = ()) -> list[Task]:
    """All that is wanted, each ended well before the next look, or broken off if it is one of the
    ``dying``."""
    done: dict[str, Measurement] = {}
    for look in range(200):
        fresh = [
            t for t in wanted(story, *done.values(), now=10.0 + 0.3 * look) if t.id not in done
        ]
        if not fresh:
            return [m.task for m in done.values()]
        for task in fresh:
            at = 10.0 + 0.3 * look
            seen = came_of(task, start=at, **(RESET if task.arm in dying else {}))
            done[task.id] = replace(
                seen, status=Status.COMPLETED, window=Window(start=at, end=at + 0.1)
            )
    raise AssertionError("it never ends")


def test_as_many_here_as_elsewhere_and_beside_it() -> None:
    tasks = whole(wavering(CHAT[0]))
    counts = {arm: sum(t.arm is arm for t in tasks) for arm in (Arm.SHARE, Arm.SHARE_ELSEWHERE)}
    assert counts == {Arm.SHARE: MANY_HANDSHAKES, Arm.SHARE_ELSEWHERE: MANY_HANDSHAKES}
    twins = [t for t in tasks if t.arm is Arm.SHARE_NEUTRAL]
    assert len(twins) == 2 * MANY_HANDSHAKES and all(t.role is Role.CONTROL for t in twins)


def test_what_is_clear_is_counted_no_longer() -> None:
    """Not even the neutral ones beside it, which nobody would be compared with any more."""
    clear = whole(wavering(CHAT[0]), dying=(Arm.SHARE, Arm.SHARE_ELSEWHERE))
    counts = {arm: sum(t.arm is arm for t in clear) for arm in ARMS}
    assert all(3 <= counts[arm] < MANY_HANDSHAKES for arm in ARMS[:2])
    assert counts[Arm.SHARE_NEUTRAL] < 2 * MANY_HANDSHAKES


def test_what_dies_at_home_alone_is_counted_to_the_end() -> None:
    """That its name is answered elsewhere each time is an answer as well, and takes as many."""
    home = whole(wavering(CHAT[0]), dying=(Arm.SHARE,))
    assert sum(t.arm is Arm.SHARE_ELSEWHERE for t in home) == MANY_HANDSHAKES


def test_each_says_what_it_is_about() -> None:
    tasks = whole(wavering(CHAT[0]))
    assert tasks
    for task in tasks:
        flow = task.probe
        assert isinstance(flow, Flow)
        here = flow.address == ADDRESSES[CHAT[0]]
        assert here is (task.arm is Arm.SHARE)
        assert (flow.server_name == CHAT[0]) is (task.role is Role.TARGET)


def at_once(*done: Measurement) -> list[Task]:
    """What is under way at the same time, where nothing ends."""
    story = wavering(CHAT[0])
    begun: list[Task] = []
    for look in range(20):
        moment = {"running": under_way(begun, since=7.0)}
        known = {t.id for t in begun} | {m.task.id for m in done}
        fresh = [
            t
            for t in wanted(story, *done, now=8.0 + look, **moment)
            if t.role is Role.TARGET and t.id not in known
        ]
        begun += fresh
    return begun


def counted(*starts: float) -> list[Measurement]:
    """As many handshakes met silence for three seconds, from these on."""
    tasks = [t for t in whole(wavering(CHAT[0])) if t.role is Role.TARGET]
    lost: dict[str, Any] = {"fails": "tls", "failure": Failure.TIMED_OUT, "took": 3.0}
    return [came_of(t, start=at, **lost) for t, at in zip(tasks, starts, strict=False)]


def test_one_after_the_other_until_one_dies_alone() -> None:
    """Some boxes strike several at the same time, and what dies then is our own doing."""
    assert len(at_once()) == 1
    assert len(at_once(*counted(4.0))) == SHARES_AT_ONCE
    assert len(at_once(*counted(4.0, 5.0))) == 1


def test_what_never_wavers_is_not_asked_again() -> None:
    assert wanted(wavering()) == []
    cut = Story().good_connection().names().all_targets(**RESET)
    assert wanted(cut) == []


def test_a_line_that_fails_for_everybody_is_spared() -> None:
    story = wavering(*CHAT)
    for site in SITES:
        story.site(site, Arm.AGAIN, check="tls", **RESET)
        story.site(site, Arm.AGAIN, check="tls")
    assert wanted(wavering(*CHAT)) != [] and wanted(story) == []


def test_who_is_in_a_hurry_is_spared() -> None:
    story = wavering(*CHAT)
    assert wanted(story) != []
    hurried = replace(quickly(story), request=Request(quick=True))
    assert plan_shares(PlanningContext(hurried, Moment(now=15.0))) == []


def test_a_chain_of_silences_ends_when_nothing_new_is_begun_any_more() -> None:
    """However long this device stood still, or was busy: a run is to be over."""
    story = wavering(CHAT[0])
    late = BEGIN_UNTIL + 0.1
    assert wanted(story, now=BEGIN_UNTIL - 0.1)
    assert not wanted(story, now=late) and not wanted(story, now=late, stood_still=20.0)
    closely = replace(quickly(story), request=Request(throttle=True))
    assert plan_shares(PlanningContext(closely, Moment(now=late)))


def wavering_where_modern_clients_say_it() -> Story:
    """Small ClientHellos of the first name are answered, and one of its modern ones of two."""
    story = wavering()
    story.target(CHAT[0], arm=Arm.MODERN, check="http2", **RESET)
    return story.target(CHAT[0], arm=Arm.MODERN, check="http2")


def test_what_wavers_is_what_is_counted() -> None:
    """With small ones that pass a censor of modern clients would be acquitted."""
    tasks = whole(wavering_where_modern_clients_say_it())
    shapes = {arm: {t.flow.option(OPTION) for t in tasks if t.arm is arm} for arm in ARMS}
    assert shapes == {arm: {Hello.MODERN} for arm in ARMS}
    assert {t.flow.option(OPTION) for t in whole(wavering(CHAT[0]))} == {None}


def test_neutral_modern_ones_that_fail_as_well_end_it() -> None:
    story = wavering_where_modern_clients_say_it()
    assert wanted(story) != []
    for site in SITES[:3]:
        story.site(site, Arm.BIG_HELLO, check="http2", **RESET)
    assert wanted(story) == []
