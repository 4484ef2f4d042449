"""Runs by virtual clock: what a kernel sends again, what an accident may last, and that an error
would be seen."""

from dataclasses import replace
from random import Random

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import TcpObservation
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.model.verdict import Outcome
from tests.evidence.story import ADDRESSES, CHAT
from tests.luck.__main__ import Told, failures, run
from tests.luck.day import Day
from tests.luck.line import NEW_SYNS, OLD_SYNS, How, Line, Out, talk
from tests.luck.stories import CENSORED, INNOCENT, KINDS, NAMES, OWN
from tests.model.tasks import task_of

PLAIN = Line(rtt=0.04, loss=0.0, syns=NEW_SYNS)


def asked(name: str = CHAT[0], timeout: float = 8.0) -> Task:
    flow = Flow(address=ADDRESSES[name], port=443, host=name, server_name=name)
    task = task_of("https", flow, task_id="b.1", arm=Arm.BASE, role=Role.TARGET, subject="acme")
    return replace(task, timeout=timeout)


def word(line: Line) -> Outcome:
    return Day(line, Random(1)).run().outcome


@pytest.mark.parametrize(("syns", "again"), [(OLD_SYNS, 3), (NEW_SYNS, 6)])
def test_who_is_silent_is_knocked_at_as_the_kernel_does(
    syns: tuple[float, ...], again: int
) -> None:
    silent = Out(how=How.SILENT, addresses=OWN)
    found = talk(replace(PLAIN, syns=syns, outs=(silent,)), Random(1), asked(), 2.0)
    assert found.ends == 10.0
    (seen,) = found.told(found.ends, 1).observations
    assert isinstance(seen, TcpObservation) and seen.info is not None
    assert (seen.failure, seen.window.start, seen.window.end) == (Failure.TIMED_OUT, 2.0, 10.0)
    assert seen.info.total_retrans == again


def test_who_comes_back_is_noticed_at_the_next_first_packet() -> None:
    back = Out(how=How.SILENT, addresses=OWN, until=5.5)
    for syns, opens in ((OLD_SYNS, 7.0), (NEW_SYNS, 7.0)):
        found = talk(replace(PLAIN, syns=syns, outs=(back,)), Random(1), asked(), 0.0)
        assert opens < found.steps[0].ended < opens + 0.1


def test_a_name_is_minded_only_where_it_is_said() -> None:
    minds = replace(PLAIN, outs=(Out(how=How.RESETS, names=NAMES),))
    connect, hello = talk(minds, Random(1), asked(), 0.0).steps
    assert (connect.failure, hello.failure) == (None, Failure.CONNECTION_RESET)
    assert len(talk(minds, Random(1), asked("chat1.example"), 0.0).steps) == 2
    other = replace(asked(), probe=replace(asked().flow, server_name="other.example"))
    assert len(talk(minds, Random(1), other, 0.0).steps) == 3


@pytest.mark.parametrize("syns", [OLD_SYNS, NEW_SYNS], ids=["RFC", "Linux"])
@pytest.mark.parametrize("how", list(How))
def test_servers_that_are_back_within_fifteen_seconds_are_not_called_blocked(
    how: How, syns: tuple[float, ...]
) -> None:
    for tenths in range(110, 150, 5):
        out = Out(how=how, addresses=OWN, until=tenths / 10)
        assert word(replace(PLAIN, syns=syns, outs=(out,))) is not Outcome.BLOCKED, tenths


@pytest.mark.parametrize("syns", [OLD_SYNS, NEW_SYNS], ids=["RFC", "Linux"])
def test_servers_that_stay_away_are(syns: tuple[float, ...]) -> None:
    assert word(replace(PLAIN, syns=syns, outs=(Out(how=How.SILENT, addresses=OWN),))) is (
        Outcome.BLOCKED
    )
    assert word(PLAIN) is Outcome.OK


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_of_each_kind_are_told_right_and_the_same_each_time(kind: str) -> None:
    told = [run((kind, number)) for number in range(1, 9)]
    assert not failures(told) and not any(t.accused or t.fine for t in told)
    assert {t.censored for t in told} == {kind in CENSORED}
    assert told[:2] == [run((kind, number)) for number in (1, 2)]


def said(kind: str, outcome: Outcome, *, quiet: bool = True) -> Told:
    return Told(
        kind=kind, number=1, quiet=quiet, censored=kind in CENSORED, outcome=outcome, rules=()
    )


def test_an_error_is_counted() -> None:
    innocent, censored = next(iter(INNOCENT)), next(iter(CENSORED))
    right = [said(innocent, Outcome.OK)] * 200 + [said(censored, Outcome.BLOCKED)] * 200
    assert not failures(right)
    assert failures([*right, said(innocent, Outcome.THROTTLED)])
    assert not failures([*right, said(innocent, Outcome.DOWN)])
    assert not failures([*right, said(censored, Outcome.OK, quiet=False)])
    assert failures([*right, *[said(censored, Outcome.OK, quiet=False)] * 3])
    assert failures([*right, *[said(censored, Outcome.INCONCLUSIVE)] * 3])
    assert not failures([*right, *[said(censored, Outcome.INCONCLUSIVE, quiet=False)] * 3])
