"""Is a limit by name seen where the line itself gives little, or every answer comes late?"""

from typing import Any, Final

from tests.lab.censor import Match, PortRewrite, Throttle
from tests.lab.link import Link
from tests.lab.scenario import Scenario, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import ANY_LINK, MESSENGER, QUIET, SATELLITE, SIGNAL, WHATSAPP, of
from tests.lab.world.config import Pep

_THROTTLED: Final = truth("throttled", "throttle.sni")
_UMTS: Final = Link(
    delay_ms=125, jitter_ms=25, down_kbit=1_000, up_kbit=384, loss=0.02, queue_ms=1500
)
_EDGE: Final = Link(
    delay_ms=325, jitter_ms=50, down_kbit=200, up_kbit=100, loss=0.01, queue_ms=3000
)
_DISH: Final = Link(delay_ms=10, down_kbit=10_000, up_kbit=2_000, loss=0.001, queue_ms=500)
_TO_PEP: Final = PortRewrite(label="pep", match=Match(ports=(443,)), to_port=10444)
_PEP: Final = {"pep": Pep(delay_ms=290.0)}


def _slowed(id_: str, title: str, names: tuple[str, ...], kbit: float, **more: Any) -> Scenario:
    service = {WHATSAPP: "whatsapp", SIGNAL: "signal", MESSENGER: "messenger"}[names]
    hit = Throttle(label="hit", names=names, kbit=kbit)
    through = more.pop("through", ())
    truths = of(service, _THROTTLED)
    fields = {"row": "B1 (thin line)", "states": ANY_LINK, "others": QUIET, "usable": False}
    return blocking(id_, title, truths, hit, *through, **{**fields, **more})


def _plain(id_: str, title: str, link: Link, *through: PortRewrite, **more: Any) -> Scenario:
    fields = {"row": "§5 look-alike of B1", "states": ANY_LINK, "others": QUIET, "usable": False}
    return innocent(id_, title, *through, link=link, **{**fields, **more})


NOT_MET: Final = (
    _slowed(
        "TL1",
        "3G of 1 Mbit/s that loses 2 %: what names WhatsApp gets 140 kbit/s",
        WHATSAPP,
        140,
        link=_UMTS,
    ),
)
"""What the program does not see yet but in some runs: of `throttled` it says `degraded` or `ok`.
Its innocent twin is in the exam."""

SCENARIOS: Final = (
    _slowed(
        "TL2",
        "a satellite's line: what names Signal gets 140 kbit/s",
        SIGNAL,
        140,
        link=SATELLITE,
    ),
    _slowed(
        "TL3",
        "a satellite's line behind a proxy: what names Messenger gets 140 kbit/s",
        MESSENGER,
        140,
        link=_DISH,
        world=_PEP,
        through=(_TO_PEP,),
    ),
    _plain("TL1i", "3G of 1 Mbit/s that loses 2 %", _UMTS),
    _plain("TL2i", "a satellite's line", SATELLITE),
    _plain("TL3i", "a satellite's line behind a proxy", _DISH, _TO_PEP, world=_PEP),
    _plain("TL4i", "EDGE", _EDGE),
)
