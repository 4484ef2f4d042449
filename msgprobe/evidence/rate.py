"""How fast one transfer went: one number, the same in verdicts, pictures and tables."""

from msgprobe.model.observation import TransferObservation

FEWEST_BYTES = 16 * 1024
"""Moved before the steady part is looked at, at most: what connections begin with is a burst."""

STEADY_SHARE = 0.25
"""Of its time the steady part takes at least; what came all at once has no rate but the mean."""


def moving_time(seen: TransferObservation) -> float:
    """Seconds in which the bytes moved: to the last of them where all came, else to the end.

    A transfer that ran dry was slow until it was given up, not until its last byte.
    """
    if seen.curve and seen.failure is None and not seen.capped:
        return seen.curve[-1][0]
    return seen.window.seconds


def rate_kbit(seen: TransferObservation) -> float | None:
    """Its rate in kbit/s from a third of its bytes on, or the mean where that part was too short;
    None where nothing moved."""
    took = moving_time(seen)
    if not seen.moved or not seen.curve or took <= 0.0:
        return None
    enough = min(FEWEST_BYTES, seen.moved / 3)
    since, before = next((p for p in seen.curve if p[1] >= enough), seen.curve[0])
    if took - since < STEADY_SHARE * took or seen.moved <= before:
        return seen.moved * 8 / took / 1000
    return (seen.moved - before) * 8 / (took - since) / 1000
