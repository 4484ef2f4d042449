"""A run as Prometheus' samples: names, labels and values, whoever writes them down.

States are one series each, 1 for the one that holds, as the OpenMetrics state set has it. The word
of the connection stands beside each service: an alert can stay silent where the line is cut.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Run
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, State, Strength

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Samples of one name (a gauge), with what it means."""

    name: str
    text: str
    samples: tuple[tuple[Labels, float], ...]


TEXTS: Mapping[str, str] = {
    "msgprobe_build_info": "The program and rules behind the words; always 1.",
    "msgprobe_last_run_timestamp_seconds": "When the run began.",
    "msgprobe_run_duration_seconds": "How long the run took.",
    "msgprobe_run_bytes": "Bytes on the wire that the run took, estimated.",
    "msgprobe_run_interrupted": "1 where the run was cut short.",
    "msgprobe_connection_state": "1 for the state of the connection while the service was tried.",
    "msgprobe_service_state": "1 for the word of the service.",
    "msgprobe_function_state": "1 for the word of the function of the service.",
    "msgprobe_function_confirmed": "1 where the word is confirmed, 0 where it is likely.",
    "msgprobe_mechanism_info": "A mechanism of interference that was seen; always 1.",
    "msgprobe_onset_timestamp_seconds": "Begin of the first run in a row with this word.",
    "msgprobe_transfer_bytes_per_second": "Median rate of transfers, beside neutral ones.",
    "msgprobe_call_loss_ratio": "Share of a call's packets that got no answer.",
}
"""Every metric there is and what it means, in the order in which they are written."""

Onsets = Mapping[tuple[str, str], float]
"""When the words of functions (service, function) were first said in a row, seconds since 1970."""


def families(run: Run, onsets: Onsets | None = None) -> tuple[Family, ...]:
    """What ``run`` says; nothing is said of when a word began unless ``onsets`` tell."""
    found: dict[str, list[tuple[Labels, float]]] = {name: [] for name in TEXTS}
    common = _common(run)
    for name, labels, value in _samples(run, onsets or {}):
        found[name].append(((*common, *labels), value))
    return tuple(
        Family(name=name, text=TEXTS[name], samples=tuple(samples))
        for name, samples in found.items()
        if samples
    )


def together(every: Iterable[tuple[Family, ...]]) -> tuple[Family, ...]:
    """The families of several runs, each name and each set of labels once: the last one counts."""
    found: dict[str, dict[Labels, float]] = {name: {} for name in TEXTS}
    for families_of_one in every:
        for family in families_of_one:
            found[family.name].update(family.samples)
    return tuple(
        Family(name=name, text=TEXTS[name], samples=tuple(samples.items()))
        for name, samples in found.items()
        if samples
    )


def _common(run: Run) -> Labels:
    """What the user said of where it was measured; absent where nothing was said."""
    given = {
        "label": run.vantage.label,
        "country": run.evidence.request.country,
        "asn": None if run.vantage.asn is None else str(run.vantage.asn),
    }
    return tuple((name, value) for name, value in given.items() if value is not None)


Sample = tuple[str, Labels, float]


def _samples(run: Run, onsets: Onsets) -> Iterator[Sample]:
    build = (
        ("version", run.tool.version),
        ("rules_version", str(run.verdict.rules_version)),
        ("catalogue", run.catalogue_sha256[:12]),
    )
    names = tuple(v.service for v in run.verdict.services)
    yield "msgprobe_build_info", build, 1.0
    yield from _run(run, ",".join(names))
    for service in run.verdict.services:
        yield from _service(run, service)
        for function in service.functions:
            yield from _function(service, function, onsets)


def _run(run: Run, services: str) -> Iterator[Sample]:
    """Of the whole run; the services tell apart those that were measured one by one."""
    labels = (("services", services),)
    began = _seconds(run.started_at)
    if began is not None:
        yield "msgprobe_last_run_timestamp_seconds", labels, began
    yield "msgprobe_run_duration_seconds", labels, run.duration_s
    yield "msgprobe_run_bytes", (*labels, ("direction", "sent")), float(run.bytes_sent)
    yield "msgprobe_run_bytes", (*labels, ("direction", "received")), float(run.bytes_received)
    yield "msgprobe_run_interrupted", labels, float(run.interrupted is not None)


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _service(run: Run, verdict: ServiceVerdict) -> Iterator[Sample]:
    labels = (("service", verdict.service),)
    for state in State:
        held = float(run.verdict.connection.state is state)
        yield "msgprobe_connection_state", (*labels, ("state", state.value)), held
    for outcome in Outcome:
        held = float(verdict.outcome is outcome)
        yield "msgprobe_service_state", (*labels, ("state", outcome.value)), held


def _function(
    service: ServiceVerdict, verdict: FunctionVerdict, onsets: Onsets
) -> Iterator[Sample]:
    labels = (("service", service.service), ("function", verdict.function.value))
    for outcome in Outcome:
        held = float(verdict.outcome is outcome)
        yield "msgprobe_function_state", (*labels, ("state", outcome.value)), held
    if verdict.strength is not None:
        sure = float(verdict.strength is Strength.CONFIRMED)
        yield "msgprobe_function_confirmed", labels, sure
    for mechanism in dict.fromkeys(verdict.mechanisms):
        yield "msgprobe_mechanism_info", (*labels, ("mechanism", mechanism)), 1.0
    onset = onsets.get((service.service, verdict.function.value))
    if onset is not None:
        yield "msgprobe_onset_timestamp_seconds", labels, onset
    yield from _speeds(labels, verdict)


def _speeds(labels: Labels, verdict: FunctionVerdict) -> Iterator[Sample]:
    for speed in verdict.speeds:
        more = (*labels, ("asset", speed.asset), ("direction", speed.direction.value))
        rates = {"target": speed.target_kbit, "neutral": speed.control_kbit}
        for side, kbit in rates.items():
            name = "msgprobe_transfer_bytes_per_second"
            yield name, (*more, ("side", side)), round(kbit * 125, 3)
    loss = verdict.loss
    if loss is None:
        return
    counts = {"target": (loss.lost, loss.sent), "neutral": (loss.neutral_lost, loss.neutral_sent)}
    for side, (lost, sent) in counts.items():
        if sent:
            yield "msgprobe_call_loss_ratio", (*labels, ("side", side)), round(lost / sent, 6)
