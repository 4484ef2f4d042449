"""All scenarios of the exam, one module for each question that they put.

`shared` has what many of them name, `kinds` makes them, `order` says where each stands in the list.
"""

from typing import Final

from tests.lab.scenario import Scenario
from tests.lab.scenarios.all_services import SCENARIOS as ALL_SERVICES
from tests.lab.scenarios.calls import SCENARIOS as CALLS
from tests.lab.scenarios.clients import SCENARIOS as CLIENTS
from tests.lab.scenarios.connection import SCENARIOS as CONNECTION
from tests.lab.scenarios.controls import SCENARIOS as CONTROLS
from tests.lab.scenarios.countries import SCENARIOS as COUNTRIES
from tests.lab.scenarios.cuts import SCENARIOS as CUTS
from tests.lab.scenarios.dead_resolver import SCENARIOS as DEAD_RESOLVER
from tests.lab.scenarios.distances import SCENARIOS as DISTANCES
from tests.lab.scenarios.dns_tampering import SCENARIOS as DNS_TAMPERING
from tests.lab.scenarios.halves import SCENARIOS as HALVES
from tests.lab.scenarios.honest_resolvers import SCENARIOS as HONEST_RESOLVERS
from tests.lab.scenarios.hosters import SCENARIOS as HOSTERS
from tests.lab.scenarios.innocent_lines import SCENARIOS as INNOCENT_LINES
from tests.lab.scenarios.ip_blocking import SCENARIOS as IP_BLOCKING
from tests.lab.scenarios.late import SCENARIOS as LATE
from tests.lab.scenarios.load import NOT_MET as LOAD_NOT_MET
from tests.lab.scenarios.load import SCENARIOS as LOAD
from tests.lab.scenarios.lossy_lines import SCENARIOS as LOSSY_LINES
from tests.lab.scenarios.neutral_hosts import SCENARIOS as NEUTRAL_HOSTS
from tests.lab.scenarios.order import ORDER
from tests.lab.scenarios.protocol_blocking import SCENARIOS as PROTOCOL_BLOCKING
from tests.lab.scenarios.quic import SCENARIOS as QUIC
from tests.lab.scenarios.residual import SCENARIOS as RESIDUAL
from tests.lab.scenarios.resolvers import SCENARIOS as RESOLVERS
from tests.lab.scenarios.restarts import SCENARIOS as RESTARTS
from tests.lab.scenarios.second_vantage import SCENARIOS as SECOND_VANTAGE
from tests.lab.scenarios.service_outage import SCENARIOS as SERVICE_OUTAGE
from tests.lab.scenarios.shares import SCENARIOS as SHARES
from tests.lab.scenarios.shutdowns import SCENARIOS as SHUTDOWNS
from tests.lab.scenarios.special_ranges import SCENARIOS as SPECIAL_RANGES
from tests.lab.scenarios.thin_lines import NOT_MET as THIN_LINES_NOT_MET
from tests.lab.scenarios.thin_lines import SCENARIOS as THIN_LINES
from tests.lab.scenarios.throttling import SCENARIOS as THROTTLING
from tests.lab.scenarios.tls_fingerprint import SCENARIOS as TLS_FINGERPRINT
from tests.lab.scenarios.tls_forgers import SCENARIOS as TLS_FORGERS
from tests.lab.scenarios.tls_interception import SCENARIOS as TLS_INTERCEPTION
from tests.lab.scenarios.tls_sni import SCENARIOS as TLS_SNI

_EVERY: Final = (
    *CONNECTION,
    *SHUTDOWNS,
    *COUNTRIES,
    *INNOCENT_LINES,
    *DNS_TAMPERING,
    *HONEST_RESOLVERS,
    *IP_BLOCKING,
    *TLS_SNI,
    *TLS_INTERCEPTION,
    *TLS_FORGERS,
    *TLS_FINGERPRINT,
    *CLIENTS,
    *RESIDUAL,
    *PROTOCOL_BLOCKING,
    *QUIC,
    *CALLS,
    *THROTTLING,
    *CUTS,
    *HOSTERS,
    *DISTANCES,
    *THIN_LINES,
    *SECOND_VANTAGE,
    *SERVICE_OUTAGE,
    *RESTARTS,
    *NEUTRAL_HOSTS,
    *ALL_SERVICES,
    *SPECIAL_RANGES,
    *SHARES,
    *HALVES,
    *RESOLVERS,
    *DEAD_RESOLVER,
    *CONTROLS,
    *LOAD,
    *LOSSY_LINES,
    *LATE,
)


def _in_order() -> tuple[Scenario, ...]:
    place = {id_: n for n, id_ in enumerate(ORDER)}
    return tuple(sorted(_EVERY, key=lambda s: place.get(s.id, len(place))))


SCENARIOS: Final[tuple[Scenario, ...]] = _in_order()


NOT_MET: Final[tuple[Scenario, ...]] = (*LOAD_NOT_MET, *THIN_LINES_NOT_MET)
"""What no exam asks yet, for a run is not right every time; to be run by their ids."""


def find(*ids: str) -> tuple[Scenario, ...]:
    """The scenarios with those ids, all of the exam without any. Raises KeyError."""
    known = {s.id: s for s in (*SCENARIOS, *NOT_MET)}
    return tuple(known[i] for i in ids) if ids else SCENARIOS
