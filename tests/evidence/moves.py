"""Transfers made by hand: a burst at once, then a steady rate until all has moved."""

from typing import Any

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TcpObservation, TlsObservation, TransferObservation, Window
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Task
from tests.evidence.story import info

BURST = 16_000
VOLLEY = 21_120
"""Bytes of 240 answers."""


def moved(
    task: Task,
    start: float,
    kbit: float,
    *,
    size: int,
    transaction: int,
    greeting: float = 0.1,
    rtt: float = 0.04,
    smoothed: float | None = None,
    lost: int = 0,
    stop_at: int = 0,
    patience: float = 3.0,
    unacked: int = 0,
    burst: int = BURST,
    think: float = 0.0,
    ends: Failure | None = None,
    goodbye: bool = False,
    ahead: int = 0,
    first_byte: float | None = None,
    pause: float = 0.0,
) -> Measurement:
    """``burst`` bytes at once, ``think`` seconds after a round trip, then ``size`` in all at
    ``kbit``; after ``stop_at`` bytes nothing more comes, and ``patience`` ends it, or what ``ends``
    says at once, with TLS's ``goodbye`` or without. With 0 ``kbit`` nothing comes at all.
    ``smoothed`` is what its round trips came to, if they grew from ``rtt`` on.
    ``ahead`` bytes went before it on the same connection. Halfway nothing moves for ``pause``.

    A volley has no greeting: its ``size`` is its own, and its answers are counted.
    """
    assert isinstance(task.probe, Flow)
    volley = task.check == "volley"
    up = task.probe.option("direction") == "up"
    if volley:
        size, greeting = VOLLEY, 0.0
    if not kbit:
        burst = 0
    rate = max(kbit, 0.001) * 1000 / 8
    end = min(rtt + max(0, size - burst) / rate, patience)
    curve = [(rtt, min(burst, size, stop_at or size))]
    for n in range(1, 21):
        at = rtt + (end - rtt) * n / 20
        so_far = min(size, burst + round(rate * (at - rtt)))
        curve.append((at, min(so_far, stop_at or so_far)))
    curve = [p for i, p in enumerate(curve) if i == 0 or p[1] > curve[i - 1][1]]
    curve, end = [(at + think, so_far) for at, so_far in curve], end + think
    halfway = len(curve) // 2
    stalls = [(curve[halfway - 1][1], pause)] if pause else []
    curve = [(at + pause * (n >= halfway), so_far) for n, (at, so_far) in enumerate(curve)]
    total, end = curve[-1][1], end + pause
    capped = total < size
    if stop_at:
        end = curve[-1][0] if ends else patience
    tcp = info(
        min_rtt=rtt,
        rtt=rtt if smoothed is None else smoothed,
        out_of_order=lost,
        total_retrans=lost,
        bytes_sent=40 * 1448,
        bytes_acked=total + ahead + 3000,
        bytes_received=total + ahead + (0 if volley else 3000),
        unacked=unacked,
    )
    base: dict[str, Any] = {"transaction": transaction, "failure": None}
    peer: dict[str, Any] = {"address": task.probe.address, "port": task.probe.port}
    begins = start + rtt + greeting
    secured = (
        TlsObservation(
            window=Window(start=start + rtt, end=begins), verified=True, info=tcp, **base, **peer
        ),
    )
    observations = (
        TcpObservation(window=Window(start=start, end=start + rtt), **base, **peer),
        *(() if volley else secured),
        TransferObservation(
            window=Window(start=begins, end=begins + end),
            host=task.probe.host or "",
            path=task.probe.path,
            direction=Direction(task.probe.option("direction") or "down"),
            wanted=size,
            moved=total,
            first_byte=first_byte or (curve[0][0] if total else None),
            capped=capped and not ends,
            goodbye=goodbye,
            status=None if volley or not total or (up and (ends or stop_at)) else 206,
            answers=total // 88 if volley else None,
            curve=tuple(curve),
            stalls=((total, end - curve[-1][0]),) if stop_at and not ends else tuple(stalls),
            info=tcp,
            **{**base, "failure": ends},
            **peer,
        ),
    )
    return Measurement(
        task=task,
        status=Status.COMPLETED,
        window=Window(start=start, end=begins + end),
        observations=observations,
    )
