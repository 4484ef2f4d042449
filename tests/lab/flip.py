"""The evidence that a verdict cites, taken away or turned into its opposite."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    DnsAnswer,
    DnsObservation,
    HttpObservation,
    Observation,
    Proof,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.run import Run
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role
from msgprobe.model.verdict import FunctionVerdict

_SOMEWHERE = "193.0.6.1"
"""An address for a name of which nobody knows the true one."""


def without_cited(run: Run, verdict: FunctionVerdict) -> Run:
    """The run as if the measurements that the verdict cites had not been made."""
    kept = (m for m in run.evidence.measurements if not _cited(m, verdict))
    return _with(run, kept)


def with_cited_healed(run: Run, verdict: FunctionVerdict) -> Run:
    """The run as if all that the verdict cites about the service had gone well."""
    truth = _true_addresses(run.evidence.measurements)
    return _with(
        run,
        (
            _healed(m, truth) if m.task.role is Role.TARGET and _cited(m, verdict) else m
            for m in run.evidence.measurements
        ),
    )


def _with(run: Run, measurements: Iterable[Measurement]) -> Run:
    return replace(run, evidence=replace(run.evidence, measurements=tuple(measurements)))


def _cited(measurement: Measurement, verdict: FunctionVerdict) -> bool:
    return any(o.transaction in verdict.evidence for o in measurement.observations)


def _true_addresses(measurements: Iterable[Measurement]) -> Mapping[str, tuple[str, ...]]:
    """IPv4 addresses by name, as the encrypted resolvers gave them."""
    return {
        o.name: o.addresses
        for m in measurements
        for o in m.observations
        if isinstance(o, DnsObservation) and o.resolver is ResolverKind.DOH and o.family == 4
        if o.addresses
    }


def _healed(measurement: Measurement, truth: Mapping[str, tuple[str, ...]]) -> Measurement:
    task, observations = measurement.task, measurement.observations
    if isinstance(task.probe, Lookup):
        found = truth.get(task.probe.name, (_SOMEWHERE,))
        silent = task.arm is Arm.NON_RESOLVER
        healed: Iterable[Observation] = [
            _answered(o, () if silent or o.family == 6 else found)
            for o in observations
            if isinstance(o, DnsObservation)
        ]
    elif isinstance(task.probe, Flow):
        window = Window(start=measurement.window.start, end=measurement.window.start + 0.2)
        healed = _went_well(task.check, task.probe, observations[0].transaction, window)
    else:
        healed = observations
    return replace(measurement, observations=tuple(healed))


def _answered(asked: DnsObservation, addresses: tuple[str, ...]) -> DnsObservation:
    """The question with an honest answer; without ``addresses`` nobody answered it."""
    answer = DnsAnswer(after=0.05, rcode="NOERROR", addresses=addresses)
    system = asked.resolver is ResolverKind.SYSTEM
    return replace(
        asked,
        failure=None if addresses else Failure.TIMED_OUT,
        rcode="NOERROR" if addresses and not system else None,
        addresses=addresses,
        aliases=(),
        answers=(answer,) if addresses and not system else (),
    )


def _went_well(check: str, flow: Flow, transaction: int, window: Window) -> list[Observation]:
    """What the conversation would have left, had the genuine service answered."""
    well: dict[str, Any] = {
        "transaction": transaction,
        "window": window,
        "failure": None,
        "address": flow.address,
        "port": flow.port,
    }
    tcp = TcpObservation(**well)
    layers: dict[str, list[Observation]] = {
        "connect": [tcp],
        "tls": [tcp, _greeted(flow, well)],
        "https": [tcp, _greeted(flow, well), _served(check, flow, well)],
        "page": [tcp, _served(check, flow, well)],
    }
    own = ProtocolObservation(protocol=check, stage="answered", proof=Proof.NONCE, **well)
    return layers.get(check, [tcp, own])


def _greeted(flow: Flow, well: Mapping[str, Any]) -> TlsObservation:
    return TlsObservation(
        server_name=flow.server_name,
        verified=flow.trust is not None,
        checked=flow.trust is not None,
        root_pinned=flow.trust is Trust.PINNED,
        version="TLSv1.3",
        bytes_received=3000,
        **well,
    )


def _served(check: str, flow: Flow, well: Mapping[str, Any]) -> HttpObservation:
    inside = check == "https"
    wanted = flow.expect_status[0] if flow.expect_status else 200
    return HttpObservation(
        host=flow.host or flow.address,
        path=flow.path,
        tls=inside,
        authenticated=inside,
        status=wanted if inside else 404,
        body_complete=True,
        matched=True,
        **well,
    )
