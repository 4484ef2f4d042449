"""Whose turn it is, by a clock that only the waiting moves."""

import asyncio
import time
from collections.abc import Callable

import pytest

from msgprobe.model.task import Arm, Flow, Lookup, Resolver, ResolverKind, Task
from msgprobe.runner.turns import Turns
from tests.model.tasks import control_of

SYSTEM = Lookup(name="a.example", resolver=Resolver(kind=ResolverKind.SYSTEM, name="system"))


def flow(n: int) -> Task:
    return control_of("tls", Flow(address="192.0.2.1", port=443), "x", f"flow{n}", Arm.BASE)


def question(n: int) -> Task:
    return control_of("resolve", SYSTEM, "system", f"question{n}", Arm.BASE)


async def _begun(
    turns: Turns, tasks: list[Task], unanswered: Callable[[], int], latest: float
) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    found: dict[str, float] = {}

    async def one(task: Task) -> None:
        await turns.take(task, lambda: loop.time() - began, 0.0, lambda: latest, unanswered)
        found[task.id] = loop.time() - began

    await asyncio.gather(*map(one, tasks))
    return found


def begun(
    turns: Turns, *tasks: Task, unanswered: Callable[[], int] = lambda: 0, latest: float = 9.0
) -> dict[str, float]:
    """When each of the tasks, which all come at once, may begin."""
    return asyncio.run(_begun(turns, list(tasks), unanswered, latest))


def test_starts_are_apart_by_the_pace() -> None:
    at = begun(Turns(pace=0.05), *map(flow, range(3)))
    assert at["flow1"] >= 0.05 and at["flow2"] >= 0.1


def test_starts_are_apart_though_this_process_stood_still_while_they_waited() -> None:
    async def stopped() -> dict[str, float]:
        asyncio.get_running_loop().call_later(0.02, time.sleep, 1.0)
        return await _begun(Turns(pace=0.05), list(map(flow, range(8))), lambda: 0, 9.0)

    at = sorted(asyncio.run(stopped()).values())
    assert at[1] >= 1.0, "all but the first waited when it stood still"
    assert at[-1] - at[1] >= 0.15, "six times the pace, less what a busy machine delays"


def test_who_is_withdrawn_leaves_his_time_to_the_next() -> None:
    async def withdrawn() -> float:
        loop, turns = asyncio.get_running_loop(), Turns(pace=0.1)
        began = loop.time()
        waiting = [
            asyncio.ensure_future(
                turns.take(flow(n), lambda: loop.time() - began, 0.0, lambda: 9.0, lambda: 0)
            )
            for n in range(8)
        ]
        await asyncio.sleep(0.01)
        for one in waiting[1:7]:
            one.cancel()
        await waiting[7]
        return loop.time() - began

    assert 0.1 <= asyncio.run(withdrawn()) < 0.5, "the next turn, not the eighth"


def test_who_slept_too_long_does_not_hold_up_those_whose_turn_has_come() -> None:
    async def busy() -> dict[str, float]:
        loop = asyncio.get_running_loop()

        def other_work() -> None:
            time.sleep(0.15)
            loop.call_soon(other_work)

        loop.call_later(0.005, other_work)
        return await _begun(Turns(pace=0.004), list(map(flow, range(60))), lambda: 0, 9.0)

    at = asyncio.run(busy())
    assert max(at.values()) < 1.5, "some two dozen each time, not one"
    assert list(at) == [f"flow{n}" for n in range(60)], "in their order"


@pytest.mark.parametrize(("first", "later"), [(0.01, 0.5), (0.5, 0.01)])
def test_who_waits_is_made_faster_by_what_is_learned_and_never_slower(
    first: float, later: float
) -> None:
    async def learned() -> dict[str, float]:
        turns = Turns(pace=first)
        asyncio.get_running_loop().call_later(0.005, setattr, turns, "pace", later)
        return await _begun(turns, list(map(flow, range(5))), lambda: 0, 20.0)

    assert max(asyncio.run(learned()).values()) < 1.0, "four times half a second else"


def test_who_comes_after_a_while_makes_up_for_nothing() -> None:
    async def later() -> dict[str, float]:
        turns = Turns(pace=0.02)
        await _begun(turns, [flow(0)], lambda: 0, 9.0)
        await asyncio.sleep(0.3)
        return await _begun(turns, list(map(flow, range(5))), lambda: 0, 9.0)

    at = sorted(asyncio.run(later()).values())
    assert at[-1] >= 0.07, "four times the pace, less what a busy machine delays"


def test_only_as_many_begin_together_as_may_wait_for_an_answer() -> None:
    begun_now = 0

    async def crowded() -> int:
        nonlocal begun_now
        turns, loop = Turns(pace=0.001, few=3), asyncio.get_running_loop()
        most = 0

        async def one(n: int) -> None:
            nonlocal begun_now, most
            await turns.take(flow(n), loop.time, 0.0, lambda: loop.time() + 9, lambda: begun_now)
            begun_now += 1
            most = max(most, begun_now)
            await asyncio.sleep(0.03)
            begun_now -= 1

        loop.call_later(0.002, time.sleep, 0.05)
        await asyncio.gather(*(one(n) for n in range(12)))
        return most

    assert asyncio.run(crowded()) == 3


def test_questions_to_the_systems_resolver_have_a_pace_of_their_own() -> None:
    at = begun(Turns(asking=0.1), *map(question, range(3)), *map(flow, range(3)))
    assert at["question1"] >= 0.1 and at["question2"] >= 0.2
    assert max(at[f"flow{n}"] for n in range(3)) < at["question2"]


def test_nothing_begins_while_as_many_wait_for_a_first_answer() -> None:
    waits = iter([4, 4, 4, 0])
    asked: list[int] = []

    def unanswered() -> int:
        asked.append(next(waits, 0))
        return asked[-1]

    begun(Turns(pace=0.001, few=4), flow(1), unanswered=unanswered)
    assert asked == [4, 4, 4, 0]


def test_nor_is_anybody_held_beyond_the_time_when_he_would_be_refused() -> None:
    assert begun(Turns(pace=0.001, few=4), flow(1), unanswered=lambda: 9, latest=0.1)


def test_where_nothing_is_slowed_down_nobody_is_counted() -> None:
    def unanswered() -> int:
        raise AssertionError("nobody asks")

    assert begun(Turns(few=4), flow(1), unanswered=unanswered)
