"""All scenarios of the exam, one module for each question that they put; see `order` for the list.

`shared` has what many of them name, `kinds` makes them.
"""

from typing import Final

from tests.lab.scenario import Scenario
from tests.lab.scenarios import (
    all_services,
    calls,
    connection,
    countries,
    dns_tampering,
    honest_resolvers,
    innocent_lines,
    ip_blocking,
    neutral_hosts,
    protocol_blocking,
    quic,
    residual,
    second_vantage,
    service_outage,
    shutdowns,
    throttling,
    tls_fingerprint,
    tls_interception,
    tls_sni,
)
from tests.lab.scenarios.order import ORDER

_QUESTIONS: Final = (
    all_services,
    calls,
    connection,
    countries,
    dns_tampering,
    honest_resolvers,
    innocent_lines,
    ip_blocking,
    neutral_hosts,
    protocol_blocking,
    quic,
    residual,
    second_vantage,
    service_outage,
    shutdowns,
    throttling,
    tls_fingerprint,
    tls_interception,
    tls_sni,
)


def _in_order() -> tuple[Scenario, ...]:
    place = {id_: n for n, id_ in enumerate(ORDER)}
    every = (s for question in _QUESTIONS for s in question.SCENARIOS)
    return tuple(sorted(every, key=lambda s: place.get(s.id, len(place))))


SCENARIOS: Final[tuple[Scenario, ...]] = _in_order()


def find(*ids: str) -> tuple[Scenario, ...]:
    """The scenarios with those ids, all without any. Raises KeyError."""
    known = {s.id: s for s in SCENARIOS}
    return tuple(known[i] for i in ids) if ids else SCENARIOS
