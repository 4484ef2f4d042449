"""Experiments that are no single question's: the services as messengers use them, and lines of the
plan that several experiments share."""

from msgprobe.evidence.facts import TRIES
from msgprobe.model.cost import ENDPOINT, RESOLVE
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.task import Arm
from msgprobe.planning import places as at
from msgprobe.planning.experiment import Experiment, Line, Part, Telling
from msgprobe.planning.timetable import ADDRESSES

OTHER_HELLO = ((OPTION, Hello.OTHER.value),)

MODERN_HELLO = ((OPTION, Hello.MODERN.value), ("alpn", "h2,http/1.1"))
"""As browsers greet: two segments long, with HTTP/2."""

OTHERWISE = Line(
    Part.FAILS,
    at.other_ports,
    2,
    times=4 * TRIES,
    reason="other address, port, payload or server name; is there a block page?",
    condition=at.FAILS,
    costs=("tls", "https"),
)
"""Whatever changes one thing at an endpoint's own host."""

ANY_NAME = Line(
    Part.ELSEWHERE,
    at.any_name_sites,
    2,
    "https",
    4 * TRIES,
    "{title}'s name at a neutral server: does the fault follow it?",
    at.FAILS,
    costs=("tls", "https"),
)
"""Neutral servers that are shown the services' names, and neutral ones beside them."""

_SERVES = "{title}: {pool} {member}"
SERVICES = (
    Line(Part.SERVICES, at.baseline, 1, kind="name"),
    Line(Part.SERVICES, at.baseline, 1, "", TRIES * ADDRESSES, _SERVES, kind="endpoint"),
    Line(Part.NAMES, at.further_names, 1, unless_asked=True),
    Line(Part.EXTRAS, at.extras, 1, "", 1, _SERVES),
)
"""The endpoints as the messengers use them: whatever repeats that contacts nobody else."""

EXPERIMENTS = (
    Experiment(Arm.BASE, (*ENDPOINT, RESOLVE), Telling.REACH, SERVICES),
    Experiment(Arm.REPEAT, (*ENDPOINT, RESOLVE), Telling.SURENESS, SERVICES),
)
