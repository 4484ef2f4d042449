"""How much of a slow transfer does a long way explain, and what is left for a limit by name?"""

from typing import Any, Final

from tests.lab.censor import Match, Throttle
from tests.lab.scenario import Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import MESSENGER, SIGNAL, WHATSAPP, hosts, of
from tests.lab.world.config import HostPolicy

_THROTTLED: Final = truth("throttled", "throttle.sni")
_FINE: Final = truth("ok")


def _far(delay_ms: float, *names: str) -> Throttle:
    """These servers are so much farther away than all others, each way."""
    match = Match(to=at(*names), direction="both")
    return Throttle(label="far", match=match, do="delay", delay_ms=delay_ms)


def _slowed(
    id_: str, title: str, service: str, names: tuple[str, ...], delay_ms: float, **how: Any
) -> Scenario:
    hit = Throttle(label="hit", names=names, **how)
    truths = of(service, _THROTTLED)
    return blocking(id_, title, truths, _far(delay_ms, *names), hit, row="B1 (far away)")


def _farther(
    id_: str, title: str, service: str, names: tuple[str, ...], delay_ms: float
) -> Scenario:
    far, truths = _far(delay_ms, *names), of(service, _FINE)
    return innocent(id_, title, far, row="§5 look-alike of B1", truths=truths)


def _late(id_: str, title: str, service: str, names: tuple[str, ...], delay_ms: float) -> Scenario:
    """Each packet of what names the service is so late, each way."""
    late = Throttle(label="late", names=names, do="delay", delay_ms=delay_ms)
    return blocking(id_, title, of(service, _THROTTLED), late, row="B1 (late by name)")


def _slow_to_answer(id_: str, title: str, seconds: float, *names: str) -> Scenario:
    policy = HostPolicy(names=names, ports=(443,), think_s=seconds)
    return innocent(id_, title, row="§5 look-alike of B1", world=hosts(policy))


SCENARIOS: Final = (
    _late("LA1", "what names WhatsApp is 1.5 s late each way", "whatsapp", WHATSAPP, 1500),
    _late("LA2", "what names Signal is 0.8 s late each way", "signal", SIGNAL, 800),
    _slow_to_answer("LA1i", "WhatsApp's web servers take 4 s to answer", 4.0, *WHATSAPP),
    _slow_to_answer("LA2i", "Messenger's web servers take 3.2 s to answer", 3.2, *MESSENGER),
    _slowed(
        "DI1",
        "Messenger is 300 ms farther away, and policed to 140 kbit/s by name",
        "messenger",
        MESSENGER,
        150,
        kbit=140,
    ),
    _slowed(
        "DI2",
        "WhatsApp is 200 ms farther away, and queued to 128 kbit/s by name",
        "whatsapp",
        WHATSAPP,
        100,
        do="shape",
        kbit=128,
    ),
    _slowed(
        "DI3",
        "Signal is 400 ms farther away, and policed to 100 kbit/s by name",
        "signal",
        SIGNAL,
        200,
        kbit=100,
    ),
    _farther("DI1i", "Messenger is 300 ms farther away", "messenger", MESSENGER, 150),
    innocent(
        "DI2i",
        "WhatsApp is 240 ms farther away, over a way that loses 4 %",
        _far(120, *WHATSAPP),
        Throttle(
            label="lossy",
            match=Match(to=at(*WHATSAPP), direction="both"),
            do="lose",
            loss=0.04,
        ),
        row="§5 look-alike of B7",
        truths=of("whatsapp", _FINE),
    ),
    _farther("DI3i", "Signal is 400 ms farther away", "signal", SIGNAL, 200),
)
