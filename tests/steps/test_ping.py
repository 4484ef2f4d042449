"""ICMP echo over a real unprivileged socket, or without the right to one."""

import os
from pathlib import Path

import pytest

from msgprobe.checks.ping import PingCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.task import Arm, Flow, Role
from tests.model.tasks import task_of
from tests.steps.loopback import HOST, context, only, run

_RANGE = Path("/proc/sys/net/ipv4/ping_group_range")


def allowed() -> bool:
    """Whether the kernel gives one of this process's groups an ICMP socket."""
    if not _RANGE.exists():
        return False
    low, high = (int(n) for n in _RANGE.read_text().split())
    return any(low <= g <= high for g in {os.getegid(), *os.getgroups()})


def ask() -> ProtocolObservation:
    echo = Flow(address=HOST, port=0, trust=None)
    task = task_of("ping", echo, subject="site", role=Role.CONTROL, arm=Arm.HOLE)

    async def main() -> ProtocolObservation:
        ctx = context(5.0)
        await PingCheck().run(ctx, task)
        return only(ctx, ProtocolObservation)

    return run(main())


@pytest.mark.skipif(not allowed(), reason="net.ipv4.ping_group_range excludes this process")
def test_our_own_bytes_come_back() -> None:
    seen = ask()
    assert (seen.failure, seen.stage, seen.proof) == (None, "bound", Proof.NONCE)
    assert (seen.protocol, seen.transport) == ("icmp", "icmp")
    assert None not in seen.round_trips and len(seen.round_trips) == 3


@pytest.mark.skipif(allowed() or not _RANGE.exists(), reason="everybody may ask here")
def test_without_the_right_one_observation_says_so() -> None:
    seen = ask()
    assert seen.failure is Failure.PERMISSION_DENIED
    assert (seen.proof, seen.bytes_sent) == (Proof.NONE, 0)
