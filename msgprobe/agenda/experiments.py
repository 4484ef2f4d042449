"""Every experiment of every question."""

from msgprobe.hypotheses.calls import plan as calls
from msgprobe.hypotheses.connection import plan as connection
from msgprobe.hypotheses.dns_tampering import plan as dns
from msgprobe.hypotheses.dns_tampering import plan_addresses as addresses
from msgprobe.hypotheses.ip_blocking import plan as ports
from msgprobe.hypotheses.protocol_blocking import plan as forms
from msgprobe.hypotheses.protocol_blocking import plan_elsewhere as words
from msgprobe.hypotheses.quic import plan as quic
from msgprobe.hypotheses.second_vantage import plan as second
from msgprobe.hypotheses.throttling import plan as moves
from msgprobe.hypotheses.tls_fingerprint import plan as hello
from msgprobe.hypotheses.tls_fingerprint import plan_concurrency as alone
from msgprobe.hypotheses.tls_fingerprint import plan_modern as modern
from msgprobe.hypotheses.tls_sni import plan as names
from msgprobe.hypotheses.tls_sni import plan_shares as shares
from msgprobe.model.task import Arm, Task
from msgprobe.planning import shared_experiments as shared
from msgprobe.planning.experiment import Experiment

_MODULES = (
    *(shared, connection, ports, forms, words, calls, quic, addresses),
    *(hello, modern, alone, second, dns, names, shares, moves),
)
STATED: tuple[Experiment, ...] = tuple(one for module in _MODULES for one in module.EXPERIMENTS)
"""In the order in which the plan of contacts tells of them, within each part of it."""

EXPERIMENTS: dict[Arm, Experiment] = {one.arm: one for one in STATED}


def likely_bytes(task: Task) -> int:
    """What the task is likely to cost on the wire, before anything is known about it."""
    return EXPERIMENTS[task.arm].likely_bytes(task)
