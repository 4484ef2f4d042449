"""All scenarios of the exam."""

from tests.lab.scenario import Scenario
from tests.lab.scenarios_blocking import BLOCKING, LOOK_ALIKES
from tests.lab.scenarios_calls import CALLS
from tests.lab.scenarios_connection import CONNECTION
from tests.lab.scenarios_country import COUNTRY
from tests.lab.scenarios_innocent import INNOCENT
from tests.lab.scenarios_more import MORE
from tests.lab.scenarios_ooni import OONI
from tests.lab.scenarios_pairs import PAIRS
from tests.lab.scenarios_proofs import PROOFS
from tests.lab.scenarios_protocol import PROTOCOL
from tests.lab.scenarios_quic import QUIC
from tests.lab.scenarios_realistic import REALISTIC
from tests.lab.scenarios_second import SECOND
from tests.lab.scenarios_services import SERVICES
from tests.lab.scenarios_shapes import SHAPES
from tests.lab.scenarios_states import STATES
from tests.lab.scenarios_throttle import SLOW_FOR_ALL, THROTTLING
from tests.lab.scenarios_ugly import UGLY

SCENARIOS: tuple[Scenario, ...] = (
    *BLOCKING,
    *LOOK_ALIKES,
    *PROTOCOL,
    *CALLS,
    *CONNECTION,
    *COUNTRY,
    *INNOCENT,
    *SERVICES,
    *SECOND,
    *THROTTLING,
    *SLOW_FOR_ALL,
    *QUIC,
    *PROOFS,
    *STATES,
    *UGLY,
    *SHAPES,
    *OONI,
    *MORE,
    *REALISTIC,
    *PAIRS,
)


def find(*ids: str) -> tuple[Scenario, ...]:
    """The scenarios with those ids, all without any. Raises KeyError."""
    known = {s.id: s for s in SCENARIOS}
    return tuple(known[i] for i in ids) if ids else SCENARIOS
