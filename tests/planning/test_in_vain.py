"""What is waited for no longer: whoever is punished for a name, an address that is forged, and
transfers where nobody could speak to the service."""

import dataclasses

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Arm, ResolverKind, Task
from tests.evidence.story import CHAT, came_of
from tests.planning.test_brisk import PATIENCE, SWAPS, Day, hanging


def punishing(servers: int, until: float) -> Day:
    """Of the neutral servers that a name of the service is said to, so many answer nobody from then
    on; it gets no answer at the others either."""
    day = hanging()
    named: list[str] = []
    dying: list[tuple[float, Task]] = []
    for tick in range(22, round(until * 10)):
        now = tick / 10
        for at, task in [w for w in dying if now >= w[0] + 2.9]:
            dying.remove((at, task))
            day.waiting.remove((at, task))
            day.tell(task, at, Failure.TIMED_OUT)
        for task in day.new(now, *SWAPS, Arm.AGAIN):
            said_now = task.arm is Arm.TARGET_SNI_ELSEWHERE
            if said_now and task.flow.address not in named:
                named.append(task.flow.address)
            if said_now or task.flow.address in named[:servers]:
                dying.append((now, task))
                day.hang(now, task)
            else:
                day.tell(task, now)
    return day


def test_nobody_waits_for_who_punishes_whoever_named_it_in_two_networks() -> None:
    day = punishing(2, 10.0)
    assert day.plan(10.0).decided == {t.id for t in day.own}
    assert not [t for t in day.new(10.0, Arm.REPEAT) if t.attempt == 3]


def test_one_silenced_server_may_have_its_own_reasons() -> None:
    day = punishing(1, 8.0)
    assert not day.plan(8.0).decided


def lied_to(*, elsewhere: bool = True, genuine: bool = False) -> tuple[Day, set[str]]:
    """The first name's conversation hangs, or was ``genuine``, at the address that the resolver
    gives; a host without DNS gives that one as well, or one that lies ``elsewhere``."""
    day = hanging()
    (first,) = [t for t in day.own if t.flow.server_name == CHAT[0]]
    where = "20.9.0.1" if elsewhere else first.flow.address
    silent = day.story.evidence().controls.silent[0]
    day.story.nowhere()
    day.story.dns(CHAT[0], ResolverKind.UDP, where, resolver=silent, arm=Arm.NON_RESOLVER)
    if genuine:
        day.waiting = [w for w in day.waiting if w[1] is not first]
        day.story.told.append(came_of(first, start=0.5))
        day.hang(3.0, first.again(2))
    return day, {first.id}


def test_nobody_waits_for_an_address_that_whoever_is_asked_gives() -> None:
    day, first = lied_to(elsewhere=False)
    assert day.plan(4.0).decided == first
    again = {t.attempt_of for t in day.new(4.0, Arm.REPEAT)}
    assert again and not first & again
    assert not day.plan(PATIENCE - 0.2).decided, "not before any experiment would be over"


def test_what_nobody_else_gives_or_has_proved_itself_is_no_lie() -> None:
    assert not lied_to()[0].plan(8.0).decided
    assert not lied_to(elsewhere=False, genuine=True)[0].plan(8.0).decided


def moving_where(failure: Failure | None, host: str = CHAT[0]) -> bool:
    """Whether a transfer whose ClientHello hangs is given up, at the address of the first name,
    where what was said before ended so."""
    day = hanging()
    (first,) = [t for t in day.own if t.flow.server_name == CHAT[0]]
    day.waiting = [w for w in day.waiting if w[1] is not first]
    if failure is None:
        day.story.told.append(came_of(first, start=0.5))
    else:
        day.tell(first, 0.5, failure)
    flow = dataclasses.replace(first.flow, server_name=host, host=host)
    move = dataclasses.replace(first, id="t.first", arm=Arm.TRANSFER, check="transfer", probe=flow)
    day.hang(4.0, move)
    return move.id in day.plan(8.0).decided


def test_nothing_is_moved_where_nobody_could_speak_to_the_service() -> None:
    assert moving_where(Failure.TIMED_OUT) and moving_where(Failure.CONNECTION_RESET)
    assert not moving_where(None), "it was answered there"
    assert not moving_where(Failure.TIMED_OUT, host="media.example"), "of this name nobody knows"


def shared_lie(*, takes_all: bool = False) -> list[Task]:
    """What is asked again where two names lead to one address that whoever is asked gives for one
    of them, or who answers in place of all resolvers gives for every name (``takes_all``)."""
    day = hanging()
    lie = day.own[0].flow.address
    silent = day.story.evidence().controls.silent[0]
    day.story.nowhere(answers=takes_all)
    for name in CHAT if takes_all else CHAT[:1]:
        day.story.dns(name, ResolverKind.UDP, lie, resolver=silent, arm=Arm.NON_RESOLVER)
    for host in CHAT[:2]:
        day.story.asked(host, ResolverKind.SYSTEM, lie, arm=Arm.BASE)
    return [t for t in day.new(4.0, Arm.REPEAT, Arm.OTHER_PORT) if t.flow.address == lie]


def test_what_is_forged_for_one_name_is_forged_for_the_next() -> None:
    assert not shared_lie()
    assert shared_lie(takes_all=True), "whoever takes all questions may answer them truly"


def denied(*, connected: bool = False, lossy: bool = False) -> tuple[Day, Task]:
    """The first name is said not to exist; what tries an address that another resolver gives hangs
    from second 4 on, ``connected`` or not."""
    day = Day(lost=2 if lossy else 0)
    (asked,) = [t for t in day.plan(0.5).tasks if t.id == f"b.name.acme.{CHAT[0]}"]
    day.story.told = [m for m in day.story.told if not _gives(m, CHAT[0])]
    day.story.asked(CHAT[0], ResolverKind.SYSTEM, failure=Failure.DNS_NXDOMAIN, arm=Arm.BASE)
    day.story.told[-1] = dataclasses.replace(day.story.told[-1], task=asked)
    day.story.asked(CHAT[0], ResolverKind.DOH, "20.7.7.7")
    (other,) = [t for t in day.new(4.0, Arm.OTHER_ADDRESS) if t.flow.address == "20.7.7.7"]
    day.opens = connected
    day.hang(4.0, other)
    return day, other


def _gives(told: Measurement, host: str) -> bool:
    return any(isinstance(o, DnsObservation) and o.name == host for o in told.observations)


def test_an_address_that_only_others_give_is_not_waited_for_where_no_packet_is_lost() -> None:
    day, other = denied()
    assert day.plan(7.0).decided == {other.id}
    assert not denied(lossy=True)[0].plan(7.0).decided


def asked_again(*, connected: bool = False, lossy: bool = False) -> list[Task]:
    day, other = denied(connected=connected, lossy=lossy)
    day.waiting.clear()
    day.story.told.append(
        came_of(
            other, start=4.0, fails="tls" if connected else "connect", failure=Failure.TIMED_OUT
        )
    )
    return [t for t in day.new(12.0, Arm.OTHER_ADDRESS) if t.attempt_of == other.id]


def test_one_that_takes_no_connection_is_asked_once_where_no_packet_is_lost() -> None:
    assert not asked_again()
    assert asked_again(connected=True), "a ClientHello that dies there may be the name's doing"
    assert asked_again(lossy=True)


def test_nothing_is_moved_where_no_connection_comes_to_stand() -> None:
    day = hanging()
    flow = dataclasses.replace(day.own[0].flow, server_name="media.example", host="media.example")
    arms = (Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI)
    moves = [
        dataclasses.replace(day.own[0], id=f"t.{arm}", arm=arm, check="transfer", probe=flow)
        for arm in arms
    ]
    day.waiting.clear()
    day.hang(4.0, *moves)
    assert not day.plan(8.0).decided, "they stand, and may move something yet"
    day.opens = False
    assert day.plan(8.0).decided == {t.id for t in moves}
    assert not day.plan(5.0).decided, "not before any experiment would be over"
