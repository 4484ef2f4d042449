"""Which rows of the catalogue a verdict rests on, and which of these were old when it was made."""

from collections.abc import Iterator, Sequence
from datetime import date

from msgprobe.model.age import Dated, control_rows, day_of, stale
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TlsObservation
from msgprobe.model.run import Run
from msgprobe.model.target import Service
from msgprobe.model.task import Flow, Lookup, Role, Task


class StaleRows:
    """The old rows of a run, by the transactions that a verdict cites.

    Ages are those on the day when the run began, whatever the day on which it is judged.
    """

    def __init__(self, run: Run) -> None:
        self._when: date | None = day_of(run.started_at)
        self._services = {s.name: s for s in run.evidence.services}
        self._controls = dict(control_rows(run.evidence.controls))
        self._by_transaction: dict[int, Measurement] = {}
        for measurement in run.evidence.measurements:
            for seen in measurement.observations:
                self._by_transaction.setdefault(seen.transaction, measurement)

    def of(self, evidence: Sequence[int]) -> tuple[Dated, ...]:
        """The old ones among the rows that these transactions asked, each once, oldest first."""
        when = self._when
        if when is None:
            return ()
        found: dict[str, Dated] = {}
        for transaction in evidence:
            measurement = self._by_transaction.get(transaction)
            if measurement is None:
                continue
            for row in self._rows(measurement):
                if stale(row[1], when):
                    found.setdefault(row[0], row)
        return tuple(sorted(found.values(), key=lambda row: (row[1].date, row[0])))

    def _rows(self, measurement: Measurement) -> Iterator[Dated]:
        task = measurement.task
        service = self._services.get(task.subject)
        if task.role is Role.CONTROL or service is None:
            control = self._controls.get(task.subject)
            if control is not None:
                yield task.subject, control
            return
        yield from _own_rows(service, task)
        yield from _roots(service, measurement)


def _own_rows(service: Service, task: Task) -> Iterator[Dated]:
    """The member, the asset or the names that a task of the service is about."""
    asset = task.probe.option("asset") if isinstance(task.probe, Flow) else None
    if isinstance(task.probe, Lookup):
        name = task.probe.name
        yield from ((e.member, e.provenance) for e in service.endpoints if e.host == name)
        if service.beacon is not None and service.beacon.host == name:
            yield "beacon", service.beacon.provenance
    yield from ((e.member, e.provenance) for e in service.endpoints if e.name == task.endpoint)
    yield from ((a.name, a.provenance) for a in service.assets if a.name == asset)


def _roots(service: Service, measurement: Measurement) -> Iterator[Dated]:
    """The service's own root that a chain ended in; all of them where it ended in none."""
    task = measurement.task
    for seen in measurement.observations:
        if not isinstance(seen, TlsObservation) or not isinstance(task.probe, Flow):
            continue
        unknown = task.probe.roots_of and seen.failure is Failure.TLS_UNKNOWN_AUTHORITY
        for root in service.roots:
            if unknown or seen.root_sha256 == root.sha256:
                yield root.name, root.provenance
