"""Bytes: what was spent within a day, what a look is likely to cost, how often one can be had."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import floor

from msgprobe.model.history import TickKind
from msgprobe.watch.reason import Reason
from msgprobe.watch.state import Look, State
from msgprobe.watch.timetable import COSTS, FOUR, Timetable

SLOTS = 48
"""Parts of a day by which bytes are counted."""

WHOLE = (Reason.DAILY, Reason.CHANGED)
"""Why everything is looked at once more."""

PLANNED = (Reason.FIRST, Reason.SPEED, *WHOLE)
"""Why one looks though nothing has happened just now."""

UNSEEN = 0.06
"""Of what a look counts, so much more goes over the interface: what the kernel says for it once its
conversations have ended, segments sent again, neighbours asked for (5 % in a day of a real watch).
"""

LEARNS = 0.2
"""Share of the newest cost in the usual one."""


def slot(timetable: Timetable, at: float) -> int:
    """The part of a day that a time falls into."""
    return floor(at / timetable.day * SLOTS)


def spent(state: State, timetable: Timetable, now: float) -> int:
    """Bytes within the last day."""
    return sum(_both(state, timetable, now))


def _both(state: State, timetable: Timetable, now: float) -> tuple[int, int]:
    """The same: by pulses, and by other looks."""
    first = slot(timetable, now) - SLOTS
    kept = [n for at, n in state.spent.items() if at >= first]
    return sum(by_pulses for by_pulses, _ in kept), sum(others for _, others in kept)


def booked(
    state: State, timetable: Timetable, kind: TickKind, services: int, at: float, count: int
) -> State:
    """The state after a look of that kind at so many services counted ``count`` bytes."""
    count = round(count * (1 + UNSEEN))
    here = slot(timetable, at)
    kept = {s: n for s, n in state.spent.items() if here - SLOTS <= s <= here}
    by_pulses, others = kept.get(here, (0, 0))
    pulse = kind is TickKind.PULSE
    kept[here] = (by_pulses + count, others) if pulse else (by_pulses, others + count)
    key = kind.value
    whole = count * FOUR / max(services, 1) if kind is not TickKind.TRANSFER else count
    usual = state.costs.get(key, float(COSTS[key]))
    costs = {**state.costs, key: round((1 - LEARNS) * usual + LEARNS * whole)}
    return replace(state, spent=kept, costs=costs)


def cost(state: State, kind: TickKind, services: int) -> float:
    """Bytes that a look of that kind at so many services is likely to cost."""
    usual = state.costs.get(kind.value, float(COSTS[kind.value]))
    return usual if kind is TickKind.TRANSFER else usual * max(services, 1) / FOUR


def allowed(state: State, timetable: Timetable, look: Look, now: float) -> bool:
    """There are bytes for such a look: as many as leave, for the rest of the day, what is needed
    more than it is.

    A pulse leaves nothing. A small transfer of which none was made for long leaves pulses, rare
    ones; looks that find out what changed leave those and such transfers; all others leave some
    for looks that find out what changed, too.
    """
    each = cost(state, look.kind, len(look.services))
    if look.kind is TickKind.PULSE:
        return spent(state, timetable, now) + each <= timetable.budget
    if look.kind is TickKind.RUN and look.reason in WHOLE and _run_today(state, timetable, now):
        _, others = _both(state, timetable, now)
        most = (timetable.for_transfers + timetable.for_runs) * timetable.budget
        if others + each > most:
            return False
    rate, kept = _pulses_at_least(state, timetable), timetable.kept / 4 * timetable.budget
    if look.kind is not TickKind.TRANSFER or not _long_ago(state, timetable, look, now):
        rate += _transfers_at_least(state, timetable)
        kept = timetable.kept * timetable.budget if look.reason in PLANNED else kept
        kept += cost(state, TickKind.TRANSFER, FOUR)  # the next one, which may be due by now
    left = min(left - rate * wait for wait, left in _coming(state, timetable, now))
    return each <= left - kept


def _pulses_at_least(state: State, timetable: Timetable) -> float:
    """Bytes a second of the rarest pulses."""
    return cost(state, TickKind.PULSE, FOUR) / timetable.longest_pulse


def _transfers_at_least(state: State, timetable: Timetable) -> float:
    """Bytes a second of the small transfers that are always to be had."""
    return cost(state, TickKind.TRANSFER, FOUR) / _longest_transfer(state, timetable)


def _longest_transfer(state: State, timetable: Timetable) -> float:
    return max(timetable.longest_transfer, between_transfers(state, timetable))


def _long_ago(state: State, timetable: Timetable, look: Look, now: float) -> bool:
    """The last small transfer was made so long ago that bytes are kept for the next one."""
    last = state.here.last.get(look.kind.value)
    return last is None or now - last >= _longest_transfer(state, timetable)


def _run_today(state: State, timetable: Timetable, now: float) -> bool:
    last = state.here.last.get(TickKind.RUN.value)
    return last is not None and now - last < timetable.day


def affordable_at(state: State, timetable: Timetable, look: Look) -> float:
    """The first time from the look's on at which there are bytes for it."""
    at = look.at
    for _ in range(SLOTS + 1):
        if allowed(state, timetable, look, at):
            break
        at = (slot(timetable, at) + 1) * timetable.day / SLOTS
    return at


def between_pulses(
    state: State, timetable: Timetable, services: int, now: float, blocked: int = 0
) -> float:
    """The mean time between pulses: as often as the budget allows, and where most of it is spent
    so rarely that what is left lasts until bytes come free again, with what is kept for small
    transfers, looks that find out what changed, and those at what was found blocked."""
    planned = timetable.for_transfers + timetable.for_runs
    _, others = _both(state, timetable, now)
    share = max(timetable.least_for_pulses, 1 - max(planned, others / timetable.budget))
    each = cost(state, TickKind.PULSE, services)
    usual = max(timetable.every, each * timetable.day / (share * timetable.budget))
    kept = timetable.kept / 2 * timetable.budget
    rate = _transfers_at_least(state, timetable)
    if blocked:
        rate += blocked * cost(state, TickKind.QUICK, 1) / between_stills(state, timetable, blocked)
    spread = each * max(
        wait / max(left - kept - rate * wait, each) for wait, left in _coming(state, timetable, now)
    )
    return max(usual, min(spread, timetable.longest_pulse))


def _coming(state: State, timetable: Timetable, now: float) -> Iterator[tuple[float, float]]:
    """Times from now on until a day has passed, each with the bytes that may be spent until
    then."""
    left = timetable.budget - spent(state, timetable, now)
    first = slot(timetable, now) - SLOTS
    yield 0.0, left
    for count in range(1, SLOTS + 1):
        yield count * timetable.day / SLOTS, left
        left += sum(state.spent.get(first + count - 1, (0, 0)))


def between_transfers(state: State, timetable: Timetable) -> float:
    """The mean time between small transfers."""
    each = cost(state, TickKind.TRANSFER, FOUR)
    return max(
        timetable.transfers, each * timetable.day / (timetable.for_transfers * timetable.budget)
    )


def between_stills(state: State, timetable: Timetable, blocked: int) -> float:
    """The mean time between looks at one of so many services that were found blocked."""
    each = blocked * cost(state, TickKind.QUICK, 1)
    return max(timetable.rarely, each * timetable.day / (timetable.for_blocked * timetable.budget))


def between_runs(state: State, timetable: Timetable, services: int) -> float:
    """The mean time between whole runs."""
    each = cost(state, TickKind.RUN, services)
    return max(timetable.runs, each * timetable.day / (timetable.for_runs * timetable.budget))


def least(timetable: Timetable, services: Sequence[str]) -> int:
    """The smallest budget with which it is worth watching so many services: a pulse an hour."""
    each = cost(State(), TickKind.PULSE, len(services))
    return round(each * timetable.day / timetable.longest_pulse / timetable.least_for_pulses)
