"""How a conversation ended, as far as a picture of it shows."""

from enum import StrEnum

from msgprobe.evidence.rate import rate_kbit
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    TlsObservation,
    TransferObservation,
)
from msgprobe.model.reach import is_special
from msgprobe.model.task import Arm

ELSEWHERE_ARMS = frozenset(
    {
        Arm.TARGET_SNI_ELSEWHERE,
        Arm.NEUTRAL_SNI_ELSEWHERE,
        Arm.MODERN_ELSEWHERE,
        Arm.MODERN_NEUTRAL,
        Arm.SHARE_ELSEWHERE,
        Arm.SHARE_NEUTRAL,
        Arm.TRANSFER_TARGET_SNI,
        Arm.QUIC_ELSEWHERE,
        Arm.QUIC_NEUTRAL_ELSEWHERE,
    }
)
"""What goes to a neutral server under a name that is not its own."""


class Mark(StrEnum):
    """How a conversation ended, as its picture shows it."""

    GOOD = "good"
    BAD = "bad"
    SLOW = "slow"
    ODD = "odd"
    """It was answered, by somebody who did not prove who he is."""


def mark(measurement: Measurement) -> Mark:
    """How it ended, as far as its last observation tells."""
    if not measurement.observations:
        return Mark.BAD
    last = measurement.observations[-1]
    if last.failure is not None:
        return Mark.BAD
    if isinstance(last, HttpObservation) and last.matched is False:
        return Mark.ODD
    if isinstance(last, DnsObservation) and _leads_nowhere(last):
        return Mark.ODD
    if isinstance(last, TlsObservation) and last.chain and not last.verified:
        return Mark.GOOD if elsewhere(measurement, last) else Mark.ODD
    return Mark.GOOD


def _leads_nowhere(seen: DnsObservation) -> bool:
    """It names addresses at which no public service lives, and no other."""
    return bool(seen.addresses) and all(a in seen.inside or is_special(a) for a in seen.addresses)


def elsewhere(measurement: Measurement, seen: TlsObservation) -> bool:
    """A neutral server was asked for a name that it does not have, and showed none for that."""
    name = seen.server_name or ""
    return measurement.task.arm in ELSEWHERE_ARMS and not any(
        shown in (name, f"*.{name.partition('.')[2]}") for shown in seen.chain[0].names
    )


def paced(measurement: Measurement, fair_kbit: float) -> Mark:
    """How it ended, where it is known how fast neutral transfers were (0: it is not)."""
    transfer = moved(measurement)
    rate = None if transfer is None else rate_kbit(transfer)
    slow = rate is not None and rate < fair_kbit / 2
    return Mark.SLOW if slow else mark(measurement)


def moved(measurement: Measurement) -> TransferObservation | None:
    """Its transfer, if there was one."""
    seen = [o for o in measurement.observations if isinstance(o, TransferObservation)]
    return seen[-1] if seen else None
