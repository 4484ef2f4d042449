"""Lines that cannot take much are given little: what our own crowd does to them is no evidence."""

import dataclasses
from typing import Any

import pytest

from msgprobe.agenda.budget import affordable, most_bytes
from msgprobe.agenda.planner import agenda
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import HttpObservation, TcpObservation, TlsObservation, Window
from msgprobe.model.task import Arm, Flow, ResolverKind, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Agenda, Moment
from msgprobe.planning.timetable import FAR_PACE, SETTLING
from tests.evidence.story import CHAT, SITES, Story, info, under_way

ANSWERED_AT = 0.5
RESET = Failure.CONNECTION_RESET
WITH_INFO = (TcpObservation, TlsObservation, HttpObservation)


def answered(task: Task, *, rtt: float, took: float) -> Measurement:
    """The neutral site answered well."""
    other = Story()
    assert isinstance(task.probe, Flow)
    site, host = task.subject, task.probe.host or ""
    other.flow(task.probe.address, subject=site, arm=Arm.CONNECTION, host=host, took=rtt)
    (told,) = other.told
    window = Window(start=ANSWERED_AT - took, end=ANSWERED_AT)
    return dataclasses.replace(told, task=task, window=window)


def after_first_controls(*, good: int, now: float, rtt: float = 0.06, took: float = 0.3) -> Agenda:
    """Of all neutral sites, asked at once, ``good`` answered; the others still hang."""
    story = Story().local()
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, site.addresses[0])
    for host, address in (("chat1.example", "31.13.70.1"), ("chat2.example", "157.240.1.1")):
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    first = agenda(story.evidence(), Moment(now=0.1)).tasks
    asked = [t for t in first if t.id.startswith("g.site.")]
    assert len(asked) >= 4
    for task in asked[:good]:
        story.told.append(answered(task, rtt=rtt, took=took))
    running = under_way(asked[good:], 0.1)
    return agenda(story.evidence(), Moment(now=now, running=running))


def own(plan: Agenda) -> list[Task]:
    """Conversations with the service."""
    return [t for t in plan.tasks if t.arm is Arm.BASE and isinstance(t.probe, Flow)]


def test_the_services_wait_a_little_where_most_neutral_sites_still_lack() -> None:
    early = after_first_controls(good=2, now=ANSWERED_AT + 0.1)
    assert not own(early)
    assert early.wake_at is not None and early.wake_at <= ANSWERED_AT + SETTLING
    assert own(after_first_controls(good=2, now=ANSWERED_AT + SETTLING + 0.1)), "but not for long"
    assert own(after_first_controls(good=len(SITES), now=ANSWERED_AT + 0.1)), (
        "nor where all have come"
    )


@pytest.mark.parametrize(("rtt", "pace"), [(0.06, 0.0), (0.25, FAR_PACE)])
def test_conversations_on_a_far_line_begin_one_after_the_other(rtt: float, pace: float) -> None:
    plan = after_first_controls(good=len(SITES), now=1.0, rtt=rtt, took=5 * rtt)
    assert plan.pace == pace


def resent(told: Measurement, *, of: int, again: int) -> Measurement:
    """The same, ``again`` of its segments sent once more."""
    seen = info(segs_out=of, total_retrans=again)
    observations = tuple(
        dataclasses.replace(o, info=seen) if isinstance(o, WITH_INFO) else o
        for o in told.observations
    )
    return dataclasses.replace(told, observations=observations)


def losing(sent_again: int) -> Story:
    """Every neutral conversation of 100 segments sent so many of them again."""
    story = Story().good_connection()
    story.told = [resent(told, of=100, again=sent_again) for told in story.told]
    return story


def test_a_line_that_loses_much_gets_fewer_experiments() -> None:
    def spendable(sent_again: int) -> float:
        return most_bytes(PlanningContext(losing(sent_again).evidence(), Moment(now=5.0)))

    assert spendable(0) == spendable(5) > spendable(6) > spendable(8) > spendable(14)


def test_what_one_service_s_way_loses_makes_no_lossy_line() -> None:
    """A third of what went to a service was lost; of two services that lose as much, one is left
    to tell that the line does."""

    def spendable(*lossy: str) -> float:
        story = losing(0)
        for subject in lossy:
            for n in range(20):
                story.flow(f"31.13.70.{n}", subject=subject, arm=Arm.BASE, endpoint="chat1-443")
                story.told[-1] = resent(story.told[-1], of=60, again=20)
        return most_bytes(PlanningContext(story.evidence(), Moment(now=5.0)))

    assert spendable() == spendable("acme") > spendable("acme", "other")


@pytest.mark.parametrize(
    ("arm", "how", "octets", "goes"),
    [
        (Arm.TARGET_SNI_ELSEWHERE, {"fails": "tls"}, 3_400, True),
        (Arm.TARGET_SNI_ELSEWHERE, {"fails": "tls"}, 9_000, False),
        (Arm.TARGET_SNI_ELSEWHERE, {"fails": "tls", "failure": Failure.EOF}, 3_400, False),
        (Arm.TARGET_SNI_ELSEWHERE, {"fails": "tls", "failure": RESET}, 900, True),
        (Arm.TARGET_SNI_ELSEWHERE, {"fails": "tls", "failure": Failure.EOF}, 900, True),
        (Arm.BASE, {"fails": "tls", "failure": RESET}, 900, True),
        (Arm.BASE, {"fails": "tls", "failure": Failure.EOF}, 900, True),
        (Arm.BASE, {"fails": "tls", "failure": Failure.TLS_FAILED}, 1_100, True),
        (Arm.BASE, {"fails": "tls", "failure": RESET}, 4_000, False),
        (Arm.BASE, {"fails": "tls"}, 3_400, False),
        (Arm.BASE, {"fails": "tls"}, 800, True),
        (Arm.OTHER_SNI, {"fails": "tls"}, 3_400, False),
    ],
    ids=[
        "it met silence",
        "at a price",
        "it was answered",
        "it was reset",
        "it was ended",
        "reset at home",
        "ended at home",
        "an alert at home",
        "reset late",
        "silence at home",
        "silence at home after few words",
        "another experiment",
    ],
)
def test_what_was_cut_off_at_once_is_asked_again_when_all_is_spent(
    arm: Arm, how: dict[str, Any], octets: int, goes: bool
) -> None:
    """One such failure proves nothing without the others, and they cost next to nothing."""
    story = losing(20).names().target(CHAT[0], arm=arm, address=SITES[0].addresses[0], **how)
    story.told[-1] = dataclasses.replace(story.told[-1], bytes_sent=octets)
    again = story.told[-1].task.again(2)
    if arm is Arm.BASE:
        again = dataclasses.replace(again, arm=Arm.REPEAT)
    spent = PlanningContext(story.evidence(), Moment(now=10.0, spent=2_000_000))
    assert affordable(spent, [again]) == ((again,) if goes else ())


def test_the_first_name_of_a_service_is_shown_elsewhere_whatever_was_spent() -> None:
    """Nothing else tells who minds it; further ones wait for bytes."""
    story = Story().local().names()
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, site.addresses[0]).site(site, took=0.1)
    for host in CHAT:
        story.elsewhere(host, times=1)
    first, second = (m.task for m in story.told[-2:])
    none_begun, one_begun = story.told[:-2], story.told[:-1]

    def affords(told: list[Measurement], task: Task) -> bool:
        story.told = told
        moment = Moment(now=10.0, spent=2_000_000)
        return bool(affordable(PlanningContext(story.evidence(), moment), [task]))

    assert affords(none_begun, first) and affords(none_begun, second)
    assert not affords(one_begun, second)
