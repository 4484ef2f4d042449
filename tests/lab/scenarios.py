"""All scenarios of the exam."""

from tests.lab.scenario import Scenario
from tests.lab.scenarios_blocking import BLOCKING, LOOK_ALIKES
from tests.lab.scenarios_calls import CALLS
from tests.lab.scenarios_connection import CONNECTION
from tests.lab.scenarios_innocent import INNOCENT
from tests.lab.scenarios_states import STATES
from tests.lab.scenarios_throttle import SLOW_FOR_ALL, THROTTLING
from tests.lab.scenarios_ugly import UGLY

SCENARIOS: tuple[Scenario, ...] = (
    *BLOCKING,
    *LOOK_ALIKES,
    *CALLS,
    *CONNECTION,
    *INNOCENT,
    *THROTTLING,
    *SLOW_FOR_ALL,
    *STATES,
    *UGLY,
)


def find(*ids: str) -> tuple[Scenario, ...]:
    """The scenarios with those ids, all without any. Raises KeyError."""
    known = {s.id: s for s in SCENARIOS}
    return tuple(known[i] for i in ids) if ids else SCENARIOS
