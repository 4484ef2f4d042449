"""Time in which nobody looked, and why: told by two clocks, one of which stands while the device
sleeps, and by the time at which this process was to wake up."""

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import Gap, GapReason

SLEPT = 30.0
"""Seconds by which the clock that runs on in sleep must have gone further than the other one."""

LATE = 60.0
"""Seconds by which this process must wake too late to have been stopped."""


SET = 30.0
"""Seconds by which the wall clock must go another way than the steady one to have been set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Clocks at one moment, in seconds: ``steady`` runs on in sleep, ``awake`` does not, ``wall``
    is UTC since 1970 and may be set."""

    steady: float
    awake: float
    wall: float


def between(before: Reading, after: Reading, due: float, *, sees_sleep: bool = True) -> Gap | None:
    """The gap between two readings, the second of which was due at ``due`` (steady).

    Where no clock but the wall's runs on in sleep (not ``sees_sleep``), one that is ahead has slept
    far oftener than it was set.
    """
    passed = after.steady - before.steady
    if not sees_sleep and set_by(before, after) >= SLEPT:
        return Gap(int(before.wall), int(after.wall), GapReason.ASLEEP)
    if passed - (after.awake - before.awake) >= SLEPT:
        reason = GapReason.ASLEEP
    elif after.steady - due >= LATE:
        reason = GapReason.STOPPED
    else:
        return None
    ended = int(after.wall)
    return Gap(began=ended - int(passed), ended=ended, reason=reason)


def set_by(before: Reading, after: Reading) -> float:
    """Seconds by which somebody set the wall clock between two readings; negative: back."""
    return (after.wall - before.wall) - (after.steady - before.steady)
