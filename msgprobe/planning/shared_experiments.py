"""Experiments that are no single question's: the connection, the services as messengers use them,
and neutral sites beside them."""

from functools import partial

from msgprobe.evidence.facts import TRIES
from msgprobe.model.cost import ENDPOINT, HTTPS, LOCAL, PAGE, PING, PORT, RESOLVE, TLS
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.task import Arm
from msgprobe.planning import places as at
from msgprobe.planning.control_variants import BIG_HELLO
from msgprobe.planning.experiment import Experiment, Line, Part, Telling
from msgprobe.planning.timetable import ADDRESSES, MONITOR_MOST, SHAPED_SITES

OTHER_HELLO = ((OPTION, Hello.OTHER.value),)

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

_gate = partial(Line, Part.GATE)
_state = partial(Line, Part.STATES)

_OWNER = "neutral site ({owner}), IPv6 too where there is any"
_SHAPED = f"once more with another program's greeting ({SHAPED_SITES} of these at most)"
_SMALL = "once more with small segments (MTU black hole)"
_CONNECTION = (
    _gate(at.neutral_names, 0),
    _gate(at.every_site, 0, "https", 2 * TRIES, _OWNER),
    _gate(at.sentinels, 0, "page", 1, "captive-portal page of {owner}"),
    _gate(at.resolvers, 0),
    _state(at.abroad, 0, "https", 1, _SMALL, at.ON_HANGING),
    _state(at.abroad, 0, "https", 1, _SHAPED, at.ON_DYING, options=OTHER_HELLO),
    Line(Part.NAMES, at.source_names, 1, unless_asked=True),
)
_BIG = _state(
    at.greeted_big, 0, "tls", 2, "do greetings of post-quantum size pass here?", options=BIG_HELLO
)
_LOOKS = _state(
    at.abroad, 2, "tls", MONITOR_MOST, "does the connection come and go?", at.ON_SILENCE
)
_ABROAD = "does a domestic server answer when a foreign name is asked for?"
_NAMES = "does its address answer to another neutral name, or to a domestic one?"
_RENAMED = (
    _state(at.at_home, 0, "tls", 2, _ABROAD, at.ON_NOTHING_ABROAD),
    _state(at.abroad, 0, "tls", 2, _NAMES, at.ON_TARGETED),
    ANY_NAME,
)
_PORT = "does a port that routers need still pass?"
_SHUT = (
    Line(Part.HOLES, at.holes, 0, "connect", 1, _PORT, at.ON_SHUT),
    _state(at.echoes, 0, "ping", 1, "does an ICMP echo still pass?", at.ON_SHUT),
)
_AGAIN = Line(Part.LAST, at.abroad, 2, "tls", TRIES, "the neutral site once more", at.ON_SERVICE)

EXPERIMENTS = (
    Experiment(Arm.BASE, (*ENDPOINT, RESOLVE), Telling.REACH, SERVICES),
    Experiment(Arm.REPEAT, (*ENDPOINT, RESOLVE), Telling.SURENESS, SERVICES),
    Experiment(Arm.GATE, (HTTPS, PAGE, RESOLVE, LOCAL), None, _CONNECTION),
    Experiment(Arm.BIG_HELLO, (TLS,), None, (_BIG,)),
    Experiment(Arm.MONITOR, (TLS,), None, (_LOOKS,)),
    Experiment(Arm.NEUTRAL_SNI_ELSEWHERE, (TLS, HTTPS), None, _RENAMED),
    Experiment(Arm.HOLE, (PORT, PING), None, _SHUT),
    Experiment(Arm.AGAIN, (TLS,), None, (_AGAIN,)),
)
