"""What is kept is what would be worked out anew, and what cannot have changed is left alone."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.evidence.ledger import NEVER, Ledger, derived, remembered

INPUTS = 4
"""Numbers that change."""


@dataclass(frozen=True)
class Plan:
    """How one value is made: of inputs and of values before it, some of them only if it is time, or
    if an input is even."""

    inputs: tuple[int, ...]
    values: tuple[int, ...]
    at: float
    wake: bool
    even: int


@dataclass(eq=False)
class Sums:
    """Values that rest on each other, with a ledger that keeps them."""

    plans: tuple[Plan, ...]
    numbers: list[int]
    ledger: Ledger = field(default_factory=Ledger)
    made: list[int] = field(default_factory=list)
    """The values that were worked out, in that order."""

    def number(self, which: int) -> int:
        self.ledger.read(which)
        return self.numbers[which]

    @derived
    def last(self) -> int:
        return value(self, len(self.plans) - 1)


@remembered
def value(sums: Sums, which: int) -> int:
    """Small, so that it often stays the same although something below it has changed."""
    plan = sums.plans[which]
    sums.made.append(which)
    if sums.number(plan.even) % 2 and not sums.ledger.past(plan.at, wake=plan.wake):
        return 0
    found = sum(sums.number(n) for n in plan.inputs) + sum(value(sums, v) for v in plan.values)
    return found % 3


def plain(sums: Sums, which: int, read: set[int | float]) -> int:
    """The same without a ledger, and what it is made of: inputs, and moments still to come."""
    plan, now = sums.plans[which], sums.ledger.now
    read.add(plan.even)
    if sums.numbers[plan.even] % 2 and now < plan.at:
        read.add(plan.at)
        return 0
    read.update(plan.inputs)
    found = sum(sums.numbers[n] for n in plan.inputs)
    return (found + sum(plain(sums, v, read) for v in plan.values)) % 3


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, ...]:
    number = st.integers(0, INPUTS - 1)
    return tuple(
        Plan(
            inputs=tuple(draw(st.lists(number, max_size=2))),
            values=tuple(draw(st.lists(st.integers(0, which - 1), max_size=3))) if which else (),
            at=draw(st.integers(0, 9)) + 0.5,
            wake=draw(st.booleans()),
            even=draw(number),
        )
        for which in range(draw(st.integers(1, 9)))
    )


STEPS = st.lists(
    st.tuples(st.sets(st.integers(0, INPUTS - 1)), st.sampled_from((0, 0, 1, 3)), st.booleans()),
    min_size=1,
    max_size=8,
)


@given(plans(), STEPS)
def test_a_kept_value_is_what_it_would_be_anew(
    made_of: tuple[Plan, ...], steps: list[tuple[set[int], int, bool]]
) -> None:
    sums = Sums(made_of, [0] * INPUTS)
    now = 0.0
    for changed, later, all_of_them in steps:
        now += later
        for which in changed:
            sums.numbers[which] += 1
        sums.ledger.look_again()
        sums.ledger.changed(*changed)
        sums.ledger.clock(now)
        asked = range(len(made_of)) if all_of_them else range(len(made_of) - 1, len(made_of))
        for which in asked:
            assert value(sums, which) == plain(sums, which, set())
        assert sums.last == plain(sums, len(made_of) - 1, set())
        fresh = Sums(made_of, sums.numbers)
        fresh.ledger.clock(now)
        for which in asked:
            value(fresh, which)
        assert sums.ledger.wake_at == fresh.ledger.wake_at


@given(plans(), STEPS)
def test_what_cannot_have_changed_is_not_worked_out_again(
    made_of: tuple[Plan, ...], steps: list[tuple[set[int], int, bool]]
) -> None:
    sums = Sums(made_of, [0] * INPUTS)
    every, now = range(len(made_of)), 0.0
    for which in every:
        value(sums, which)
    assert sorted(sums.made) == list(every)
    for changed, later, _ in steps:
        before = []
        for which in every:
            read: set[int | float] = set()
            plain(sums, which, read)
            before.append(read)
        now += later
        sums.made.clear()
        for which in changed:
            sums.numbers[which] += 1
        sums.ledger.look_again()
        sums.ledger.changed(*changed)
        sums.ledger.clock(now)
        for which in every:
            value(sums, which)
        assert len(sums.made) == len(set(sums.made)), "each at most once a look"
        for which in sums.made:
            moments = {one for one in before[which] if isinstance(one, float)}
            assert changed & before[which] or any(at <= now for at in moments), which


def test_a_value_that_came_to_the_same_changes_nothing_that_rests_on_it() -> None:
    one = Plan(inputs=(0,), values=(), at=0.5, wake=False, even=1)
    sums = Sums((one, Plan(inputs=(), values=(0,), at=0.5, wake=False, even=1)), [0] * INPUTS)
    assert sums.last == 0
    sums.made.clear()
    sums.numbers[0] += 3  # the sum is taken modulo 3
    sums.ledger.changed(0)
    assert sums.last == 0
    assert sums.made == [0]


def test_what_fails_is_tried_again() -> None:
    """Nothing is kept of a value that could not be worked out."""

    class Broken:
        def __init__(self) -> None:
            self.ledger = Ledger()
            self.fails = True

        @derived
        def inner(self) -> int:
            self.ledger.read("it")
            if self.fails:
                raise ValueError("not yet")
            return 1

        @derived
        def outer(self) -> int:
            return self.inner

    broken = Broken()
    for _ in range(2):
        with pytest.raises(ValueError, match="not yet"):
            broken.outer  # noqa: B018
    broken.fails = False
    assert broken.outer == 1
    broken.fails = True
    assert broken.outer == 1, "it is kept"
    broken.ledger.changed("it")
    with pytest.raises(ValueError, match="not yet"):
        broken.outer  # noqa: B018
    broken.fails = False
    assert broken.outer == 1
    assert broken.ledger.wake_at == NEVER
