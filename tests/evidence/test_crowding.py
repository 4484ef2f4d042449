"""What our own crowd loses: first packets of new flows alone, and those that came last."""

import dataclasses
from random import Random
from typing import Any

import pytest

from msgprobe.agenda.budget import affordable
from msgprobe.agenda.planner import agenda
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.crowding import Crowd, crowd, heard_beside, let_in
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.handshakes import spoken
from msgprobe.evidence.pool import pool_facts
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.task import Arm, Flow, Lookup, Resolver, ResolverKind, Role, Task
from msgprobe.model.verdict import Outcome
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from msgprobe.planning.suspects import failing
from msgprobe.planning.timetable import WAITING
from tests.evidence.story import (
    ADDRESSES,
    CHAT,
    SERVICE,
    SITES,
    Story,
    datagrams,
    endpoint,
    info,
    under_way,
)
from tests.judging.word import text
from tests.model.tasks import control_of

NOW = 2.0

MANY = 20
"""Flows that are opened where every other one loses its first packet: more than chance explains."""


def lost(story: Story, now: float) -> Crowd | None:
    facts = Facts(story.evidence())
    return crowd(facts.questions, facts.conversations, {}, frozenset(), now)


def ask(story: Story, host: str, at: float, took: float, *, role: Role = Role.CONTROL) -> None:
    """The system's resolver is asked at that moment, and answers so late."""
    story.dns(host, ResolverKind.SYSTEM, "20.9.0.1", role=role)
    told = story.told[-1]
    window = Window(start=at, end=at + took)
    seen = tuple(
        dataclasses.replace(o, window=window)
        for o in told.observations
        if isinstance(o, DnsObservation)
    )
    story.told[-1] = dataclasses.replace(told, observations=seen, window=window)


def way_known() -> Story:
    """A connection that is fine, on which five handshakes have told how long the way is."""
    story = Story().good_connection()
    for n in range(5):
        story.flow(f"20.8.0.{n}", subject="site1", arm=Arm.AGAIN, start=0.1 + 0.2 * n)
    return story


def asked(order: str, *, role: Role = Role.CONTROL) -> Crowd | None:
    """Questions 10 ms apart: ``.`` is answered at once, ``x`` after the resolver's stub has asked
    again."""
    story = way_known()
    for n, how in enumerate(order):
        ask(story, f"name{n}.example", 0.01 * n, 0.04 if how == "." else 5.04, role=role)
    return lost(story, 6.0)


def test_questions_that_came_last_and_were_lost() -> None:
    found = asked("." * 6 + "x" * 8)
    # These fourteen and the names of the sites got through until the last of them was answered.
    assert found is not None and found.pace == pytest.approx(5.17 / (14 + len(SITES)))


def test_answers_for_names_of_a_service_alone_are_no_resolver_that_could_not_keep_up() -> None:
    story = Story().local()
    for n in range(5):
        story.flow(f"20.8.0.{n}", subject="site1", arm=Arm.AGAIN, start=0.1 + 0.2 * n)
    for n, host in enumerate(("a.acme.example",) * 6):
        ask(story, host, 0.01 * n, 0.04, role=Role.TARGET)
    for n in range(8):
        ask(story, f"name{n}.example", 0.06 + 0.01 * n, 5.0)
        story.told[-1] = unanswered(story.told[-1])
    assert lost(story, 6.0) is None


def unanswered(told: Measurement) -> Measurement:
    seen = tuple(
        dataclasses.replace(o, failure=Failure.TIMED_OUT, addresses=(), answers=())
        for o in told.observations
        if isinstance(o, DnsObservation)
    )
    return dataclasses.replace(told, observations=seen)


@pytest.mark.parametrize(
    "order",
    [
        "." * 14,
        ".x.x.xx..x.x.",  # chance
        "x" * 6 + "." * 8,  # a line that wakes up
        "......xx",  # too few
    ],
)
def test_what_is_lost_otherwise_is_no_crowds(order: str) -> None:
    assert asked(order) is None


def test_a_resolver_that_says_that_it_cannot_tell_once_it_was_asked_too_much() -> None:
    story = way_known()
    for n in range(14):
        ask(story, f"name{n}.example", 0.01 * n, 0.04)
        if n >= 6:
            told = story.told[-1]
            seen = (dataclasses.replace(o, failure=Failure.DNS_SERVFAIL) for o in told.observations)
            story.told[-1] = dataclasses.replace(told, observations=tuple(seen))
    assert lost(story, 1.0) is not None


def test_a_line_that_dies_for_a_while_loses_everything() -> None:
    story = Story().local()
    for n in range(14):
        ask(story, f"name{n}.example", 0.01 * n, 0.04 if n < 6 else 5.04)
    found = lost(story, 6.0)
    assert found is not None and not found.sure, "few at a time, for it may be our crowd"
    assert not Facts(story.evidence()).crowded, "and nothing is excused by it"


def dies(story: Story, at: float) -> Crowd | None:
    """Fourteen questions, of which those from that moment on are answered after a stub's repeat."""
    for n in range(14):
        begins = at + 0.01 * (n - 6)
        ask(story, f"name{n}.example", begins, 0.04 if n < 6 else 5.04)
    return lost(story, at + 6.0)


@pytest.mark.parametrize(("took", "crowded"), [(0.04, True), (0.4, False)])
def test_what_a_late_device_hears_after_the_line_died_was_said_before(
    took: float, crowded: bool
) -> None:
    story = Story().good_connection()
    for n in range(9):
        story.flow(
            f"20.8.0.{n}", subject="site1", arm=Arm.AGAIN, start=1.0 + 0.2 * n - took, took=took
        )
    found = dies(story, 2.3)  # the last was heard at 2.6
    assert found is not None and found.sure is crowded


def test_what_is_lost_just_before_a_dead_line_wakes_is_no_crowds() -> None:
    story = Story().good_connection()
    for n in range(9):
        story.flow(f"20.8.0.{n}", subject="site1", arm=Arm.AGAIN, start=9.0 + 0.2 * n)
    found = dies(story, 8.7)
    assert found is not None and not found.sure
    assert not Facts(story.evidence()).crowded


def test_names_of_targets_that_are_dropped_are_no_crowds() -> None:
    assert asked("." * 6 + "x" * 8, role=Role.TARGET) is None


def dialled(story: Story, n: int, **how: Any) -> None:
    """One of the addresses of a service's endpoint is dialled."""
    address, host = f"31.13.70.{n}", "chat1.example"
    story.flow(address, subject="acme", arm=Arm.BASE, endpoint="chat1-443", host=host, **how)


def opened(story: Story, n: int, *, syns: int, data: int = 0) -> None:
    """A conversation with a service that went well: so many SYNs and data segments sent again."""
    dialled(story, n, start=0.01 * n, took=0.04 + syns)
    told = story.told[-1]
    whole = syns + data
    first = info(segs_out=1 + syns, total_retrans=syns)
    last = info(segs_out=12 + whole, total_retrans=whole)
    seen: list[Any] = []
    for o in told.observations:
        if isinstance(o, TcpObservation):
            seen.append(dataclasses.replace(o, info=first))
        elif isinstance(o, TlsObservation | HttpObservation):
            seen.append(dataclasses.replace(o, info=last))
    story.told[-1] = dataclasses.replace(told, observations=tuple(seen))


@pytest.mark.parametrize(
    ("syns", "data", "crowded"),
    [(1, 0, True), (0, 0, False), (1, 4, False)],
    ids=["new flows alone", "nothing", "all flows alike"],
)
def test_new_flows_that_lose_their_first_packets_and_nothing_else(
    syns: int, data: int, crowded: bool
) -> None:
    story = Story().good_connection()
    for n in range(MANY):
        opened(story, n, syns=syns if n % 2 else 0, data=data)
    found = lost(story, NOW)
    assert (found is not None and found.flows) is crowded


@pytest.mark.parametrize(("hanging", "crowded"), [(1, True), (2, False)])
def test_servers_of_one_service_that_hang_are_not_the_line(hanging: int, crowded: bool) -> None:
    """What they were told was sent again and again; new flows of everybody lose first packets."""
    story = Story().good_connection()
    for n in range(MANY):
        opened(story, n, syns=n % 2)
    for service in ("hangs", "hangs too")[:hanging]:
        for n in range(3):
            opened(story, MANY + n, syns=0, data=8)
            task = dataclasses.replace(story.told[-1].task, subject=service)
            story.told[-1] = dataclasses.replace(story.told[-1], task=task)
    found = lost(story, NOW)
    assert (found is not None and found.flows) is crowded


@pytest.mark.parametrize(
    ("others", "crowded"),
    [(range(12, 34, 2), False), (range(12, 14, 2), True), (range(4), True)],
    ids=["others come in between", "too few do", "others came in before"],
)
def test_a_service_that_lets_nobody_in_for_a_while_is_not_the_line(
    others: range, crowded: bool
) -> None:
    story = Story().good_connection()
    for n in range(11, 35, 2):
        opened(story, n, syns=1)
    for n in others:
        opened(story, n, syns=0)
        task = dataclasses.replace(story.told[-1].task, subject="another")
        story.told[-1] = dataclasses.replace(story.told[-1], task=task)
    found = lost(story, NOW)
    assert (found is not None and found.flows) is crowded


def first_packet_resent(story: Story, times: int) -> None:
    """The one of the last conversation was, so often."""
    told = story.told[-1]
    seen = (
        dataclasses.replace(o, info=info(total_retrans=times))
        if isinstance(o, TcpObservation)
        else o
        for o in told.observations
    )
    story.told[-1] = dataclasses.replace(told, observations=tuple(seen))


def chances(seconds: float, share: float, lot: Random) -> Story:
    """Neutral flows that are opened one after another, of which each loses its first packet by
    chance: this ``share`` of them."""
    story = Story().good_connection()
    for n in range(round(5 * seconds)):
        gone = lot.random() < share
        start, took = 1.0 + 0.2 * n, 1.04 if gone else 0.04
        address = f"20.8.{n // 200}.{n % 200}"
        story.flow(address, subject="site1", arm=Arm.AGAIN, start=start, took=took)
        first_packet_resent(story, int(gone))
    return story


def test_what_chance_takes_in_a_whole_run_is_no_crowds() -> None:
    """One first packet in ten is lost, as on a line that loses one in twenty each way."""
    lot, seen = Random("a lossy line"), 0
    for _ in range(60):
        seen += lost(chances(20.0, 0.1, lot), 25.0) is not None
    assert seen <= 1


@pytest.mark.parametrize("services", [1, 2])
def test_services_that_are_cut_off_on_a_lossy_line_are_no_crowds(services: int) -> None:
    """First packets to others are lost by chance as well, and answered when sent again."""
    story = chances(20.0, 0.1, Random("another lossy line"))
    for number in range(services):
        for n in range(12):
            dialled(story, 20 * number + n, fails="connect", took=8.0, start=2.0 + n)
            first_packet_resent(story, 4)
            task = dataclasses.replace(story.told[-1].task, subject=f"service{number}")
            story.told[-1] = dataclasses.replace(story.told[-1], task=task)
    assert lost(story, 25.0) is None


def test_what_never_connects_may_be_cut_off_and_is_no_crowds() -> None:
    story = Story().good_connection()
    for n in range(12):
        dialled(
            story,
            n,
            fails="connect",
            took=8.0,
            start=0.5 + 0.01 * n,
        )
    assert lost(story, 10.0) is None


def let_in_from(story: Story, first: int, at: float, *, syns: int = 0) -> None:
    """Six more neutral conversations are let in, at once unless first packets are lost."""
    for n in range(6):
        address, start = f"20.8.1.{first + n}", at + 0.1 * n
        story.flow(address, subject="site1", arm=Arm.AGAIN, start=start, took=0.04 + syns)
        first_packet_resent(story, syns)


@pytest.mark.parametrize(("syns", "own"), [(0, True), (1, False)])
def test_who_knocks_while_others_are_let_in_is_not_kept_out_by_our_crowd(
    syns: int, own: bool
) -> None:
    story = way_known()
    let_in_from(story, 0, 3.0, syns=syns)
    conversations = Facts(story.evidence()).conversations
    assert let_in(conversations, 1.0, 9.0) is own
    assert not let_in(conversations, 2.5, 9.0), "too soon after it"


def asked_by_datagrams(story: Story, at: float, first_byte: float | None, n: int) -> None:
    """A neutral call server's first answer."""
    came = first_byte is not None
    seen = datagrams("stun", f"20.7.0.{n}", 3478, came=came, stage="", first_byte=first_byte)
    window = Window(start=at, end=at + (first_byte or 5.0))
    task = control_of("stun", Flow(address=seen.address, port=3478), "site1", f"u.{n}")
    story.tell(task, dataclasses.replace(seen, window=window))


@pytest.mark.parametrize(
    ("others", "beside"),
    [
        (((4.5, 0.1), (5.2, 0.1), (6.0, 0.1)), True),
        (((4.5, 0.1), (5.2, 0.1)), False),
        (((4.2, 0.1), (4.5, 0.1), (4.8, 0.1)), False),
        (((4.5, 0.1), (5.2, 0.1), (6.0, 0.1), (6.1, None)), False),
        (((4.5, 0.1), (5.2, 0.1), (6.0, 0.1), (6.1, 1.3)), False),
        (((2.0, 0.1), (5.2, 0.1), (9.0, 0.1)), False),
    ],
    ids=["let in", "too few", "before it alone", "one is lost", "one is lost once", "at no time"],
)
def test_who_asks_by_datagrams_while_others_are_answered_is_not_kept_out_by_our_crowd(
    others: tuple[tuple[float, float | None], ...], beside: bool
) -> None:
    story = Story()
    for n, (at, first_byte) in enumerate(others):
        asked_by_datagrams(story, at, first_byte, n)
    assert heard_beside(Facts(story.evidence()).conversations, 5.0, 8.0) is beside


def test_shares_are_not_counted_of_what_our_crowd_kept_out() -> None:
    story = lossy()
    for n in range(MANY, MANY + 6):
        dialled(story, n, fails="connect", took=8.0, start=1.0 + 0.01 * n)
    facts = Facts(story.evidence())
    assert facts.crowded
    counted = [t for mine in spoken(facts, SERVICE).values() for t in mine]
    assert counted and all(t.connected for t in counted)


@pytest.mark.parametrize(
    ("let_in", "word"), [(False, Outcome.OK), (True, Outcome.DEGRADED)], ids=["shut", "open"]
)
def test_who_was_kept_out_by_our_crowd_each_time_is_not_cut_off(
    let_in: bool, word: Outcome
) -> None:
    """Half of what answers is silent, three times: our own crowd's doing, unless others were let in
    meanwhile."""
    story = lossy().names().controls_again()
    for n, (host, address) in enumerate(ADDRESSES.items()):
        silent, way = f"157.240.{n + 2}.1", f"{host.removesuffix('.example')}-443"
        story.asked(host, ResolverKind.SYSTEM, address, silent, arm=Arm.BASE)
        story.target(host, start=0.5)
        for at in (1.0, 9.0, 17.0):
            how: dict[str, Any] = {"arm": Arm.BASE, "endpoint": way, "host": host}
            story.flow(silent, subject="acme", fails="connect", start=at, took=8.0, **how)
    if let_in:
        let_in_from(story, 0, 19.0)
    assert Facts(story.evidence()).crowded
    assert text(story).outcome is word


@pytest.mark.parametrize(("where", "counts"), [("203.0.114.1", True), ("31.13.70.5", False)])
def test_a_silent_address_that_a_name_was_led_astray_to_is_no_crowds(
    where: str, counts: bool
) -> None:
    """Another one in the service's own network may be as good as the one that others give."""
    story = lossy()
    host = CHAT[0]
    story.asked(host, ResolverKind.SYSTEM, where, arm=Arm.BASE)
    story.asked(host, ResolverKind.DOH, ADDRESSES[host], resolver="resolver1")
    story.target(host, address=where, fails="connect", start=1.0, took=8.0)
    facts = Facts(story.evidence())
    (pool,) = SERVICE.pools
    seen = pool_facts(facts, ConnectionFacts(facts), SERVICE, pool)
    assert facts.crowded and any(map(facts.kept_out, facts.arm(Arm.BASE, subject="acme")))
    assert any(t.address == where for t in seen.failed) is counts


@pytest.mark.parametrize(("shut", "word"), [(1, Outcome.OK), (2, Outcome.INCONCLUSIVE)])
def test_nothing_is_fine_where_most_were_kept_out(shut: int, word: Outcome) -> None:
    """Of three members, each of which is needed, so many were asked while nobody was let in."""
    story = lossy()
    rows = tuple(endpoint(f"chat{n}", "chat") for n in range(1, 4))
    (pool,) = SERVICE.pools
    pools = (dataclasses.replace(pool, ok_at=3),)
    story.services = (dataclasses.replace(SERVICE, endpoints=rows, pools=pools),)
    for n, row in enumerate(rows):
        assert row.host is not None
        address = f"31.13.7{n}.1"
        story.asked(row.host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        kept = {"fails": "connect", "start": 1.0, "took": 8.0} if n >= 3 - shut else {"start": 0.5}
        how: dict[str, Any] = {"arm": Arm.BASE, "endpoint": row.name, "host": row.host, **kept}
        story.flow(address, subject="acme", **how)
    assert Facts(story.evidence()).crowded
    assert text(story).outcome is word


def ask_in_vain(story: Story, host: str, at: float, *, role: Role = Role.CONTROL) -> None:
    ask(story, host, at, 8.0, role=role)
    story.told[-1] = unanswered(story.told[-1])


@pytest.mark.parametrize(
    ("in_vain", "neutral", "word"),
    [
        (1, "xxxxxx", Outcome.OK),
        (2, "xxxxxx", Outcome.INCONCLUSIVE),
        (3, "xxxxxx", Outcome.INCONCLUSIVE),
        (2, "xxx...", Outcome.INCONCLUSIVE),
        (2, "xx....", Outcome.DEGRADED),
    ],
    ids=["one name", "most names", "all names", "half of the others", "others were answered"],
)
def test_names_that_are_lost_with_our_own_crowd_tell_nothing(
    in_vain: int, neutral: str, word: Outcome
) -> None:
    """Of three members, of which two are needed, so many names were asked for in vain, twice, and
    neutral ones in the same seconds."""
    story = lossy()
    rows = tuple(endpoint(f"chat{n}", "chat") for n in range(1, 4))
    (pool,) = SERVICE.pools
    story.services = (
        dataclasses.replace(SERVICE, endpoints=rows, pools=(dataclasses.replace(pool, ok_at=2),)),
    )
    for at in (3.0, 12.0):
        for n, answer in enumerate(neutral):
            if answer == ".":
                ask(story, f"other{n}.example", at + 0.1 * n, 0.04)
            else:
                ask_in_vain(story, f"other{n}.example", at + 0.1 * n)
        for row in rows[:in_vain]:
            assert row.host is not None
            ask_in_vain(story, row.host, at + 0.5, role=Role.TARGET)
    for n, row in enumerate(rows[in_vain:]):
        assert row.host is not None
        address = f"31.13.7{n}.1"
        story.asked(row.host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        how: dict[str, Any] = {"arm": Arm.BASE, "endpoint": row.name, "host": row.host}
        story.flow(address, subject="acme", start=0.5, **how)
    facts = Facts(story.evidence())
    assert facts.crowded and not ConnectionFacts(facts).resolver_dead
    assert text(story).outcome is word


def test_what_a_line_takes_is_counted_by_all_that_it_let_in() -> None:
    story = way_known()
    for n in range(6):
        ask(story, f"name{n}.example", 0.01 * n, 0.04)
    for n in range(6, 12):
        ask(story, f"name{n}.example", 0.01 * n, 5.04)
    let_in_from(story, 0, 5.2)
    few = lost(story, 6.0)
    let_in_from(story, 10, 5.3)
    more = lost(story, 6.0)
    assert few is not None and more is not None and few.flows is more.flows is False
    let_in_from(story, 20, 0.5, syns=1)
    both = lost(story, 6.0)
    assert both is not None and both.flows and both.pace < more.pace


def test_while_it_is_not_known_yet_no_service_is_asked() -> None:
    """Neutral questions and sites wait longer than those did that were answered."""
    story = Story().good_connection().names()
    waiting = [t for t in agenda(story.evidence(), Moment(now=0.2)).tasks if t.arm is Arm.BASE]
    assert any(isinstance(t.probe, Flow) for t in waiting)
    names = [question_of(f"name{n}.example") for n in range(6)]
    for now, asked_for in ((1.6, False), (9.0, True)):
        running = under_way(names, since=1.2)
        plan = agenda(story.evidence(), Moment(now=now, running=running))
        base = [t for t in plan.tasks if t.arm is Arm.BASE and isinstance(t.probe, Flow)]
        assert bool(base) is asked_for and plan.at_once > 0


def question_of(host: str) -> Task:
    """The system's resolver is asked for a neutral name."""
    own = Resolver(kind=ResolverKind.SYSTEM, name="system")
    return control_of("resolve", Lookup(name=host, resolver=own), "system", f"g.name.{host}")


def lossy() -> Story:
    """Questions that came last were lost, and so were flows that were opened last."""
    story = Story().good_connection()
    for n in range(MANY):
        opened(story, n, syns=n % 2)
    return story


def test_a_crowded_line_gets_few_at_a_time_and_fewer_in_all() -> None:
    plan = agenda(lossy().evidence(), Moment(now=NOW))
    assert plan.at_once > 0 and 0 < plan.asking <= plan.pace <= 0.5
    context = PlanningContext(lossy().evidence(), Moment(now=NOW))
    assert context.sparing


@pytest.mark.parametrize(("fails", "goes"), [("connect", True), ("tls", False)])
def test_a_first_conversation_that_was_kept_out_is_held_though_all_is_spent(
    fails: str, goes: bool
) -> None:
    """Its bytes were not spent yet; a repeat of what was heard is a second conversation."""
    story = lossy()
    dialled(story, 60, fails=fails, took=8.0)
    story.told[-1] = dataclasses.replace(story.told[-1], bytes_sent=3_400)
    again = dataclasses.replace(story.told[-1].task.again(2), arm=Arm.REPEAT)
    spent = PlanningContext(story.evidence(), Moment(now=NOW, spent=2_000_000))
    assert spent.crowded
    assert affordable(spent, [again]) == ((again,) if goes else ())


def test_others_are_not_slowed() -> None:
    plan = agenda(Story().good_connection().controls_again().evidence(), Moment(now=NOW))
    assert (plan.at_once, plan.asking) == (0, 0.0)


def test_a_name_that_such_a_resolver_did_not_give_is_asked_for_again() -> None:
    story = way_known()
    for n in range(6):
        ask(story, f"name{n}.example", 0.01 * n, 0.04)
    for n in range(6, 14):
        ask(story, f"name{n}.example", 0.01 * n, 5.04)
    story.dns(SITES[0].host, ResolverKind.SYSTEM, failure=Failure.DNS_TEMPORARY)
    told = story.told[-1]
    lost = dataclasses.replace(told.task, id=f"g.name.{SITES[0].host}")
    story.told[-1] = dataclasses.replace(told, task=lost)
    ids = {t.id for t in agenda(story.evidence(), Moment(now=9.0)).tasks}
    assert f"{lost.id}#2" in ids


@pytest.mark.parametrize("says", ["127.0.0.1", None])
def test_a_name_that_leads_nowhere_is_looked_into_where_our_crowd_is_lost_as_well(
    says: str | None,
) -> None:
    """An answer is the last word, and no crowd's doing; none at all is asked for again first."""
    story = lossy()
    addresses = (says,) if says else ()
    failure = None if says else Failure.DNS_TEMPORARY
    story.asked(CHAT[0], ResolverKind.SYSTEM, *addresses, arm=Arm.BASE, failure=failure)
    told = story.told[-1]
    task = dataclasses.replace(told.task, id=f"b.name.{SERVICE.name}.{CHAT[0]}")
    story.told[-1] = dataclasses.replace(told, task=task)
    context = PlanningContext(story.evidence(), Moment(now=NOW))
    (endpoint,) = [e for e in SERVICE.endpoints if e.host == CHAT[0]]
    assert context.crowd is not None
    assert failing(context, SERVICE, endpoint) is (says is not None)


def test_few_tasks_wait_on_a_crowded_line_and_those_that_tell_most() -> None:
    story = lossy()
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], arm=Arm.BASE)
        story.target(host, fails="tls", failure=Failure.CONNECTION_RESET)
    known = {m.task.id for m in story.told}
    new = [t for t in agenda(story.evidence(), Moment(now=9.0)).tasks if t.id not in known]
    waiting = [t for t in new if t.arm not in (Arm.AGAIN, Arm.MONITOR)]
    assert 0 < len(waiting) <= WAITING
