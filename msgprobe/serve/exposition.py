"""What was kept as Prometheus reads it, by the official client library (extra ``serve``)."""

from collections.abc import Collection, Iterator
from typing import Any

from msgprobe.interchange.samples import families, together
from msgprobe.serve.keeper import Kept


def exposed(kept: Collection[Kept], accept: str, *, faults: int, known: bool) -> tuple[bytes, str]:
    """Body and content type for such an ``Accept`` field. ``known``: what was asked for is there.

    Raises ImportError without the library.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(kept, faults=faults, known=known))
    encoder, content_type = choose_encoder(accept)
    body: bytes = encoder(registry)
    return body, content_type


class _Collector:
    """Turns samples into the library's metrics."""

    def __init__(self, kept: Collection[Kept], *, faults: int, known: bool) -> None:
        self._kept = kept
        self._faults = faults
        self._known = known

    def collect(self) -> Iterator[Any]:
        """One metric a name, whichever runs its samples are of."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
        from prometheus_client.metrics_core import Metric

        yield GaugeMetricFamily(
            "msgprobe_probe_success", "1 where what was asked for is known.", float(self._known)
        )
        yield CounterMetricFamily(
            "msgprobe_faults", "Runs that broke by a fault of this program or device.", self._faults
        )
        for family in together(families(one.run, one.onsets) for one in self._kept):
            metric = Metric(family.name, family.text, "gauge")
            for labels, value in family.samples:
                metric.add_sample(family.name, dict(labels), value)
            yield metric
