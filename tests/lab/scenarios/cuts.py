"""Are connections ended after so many bytes, and who ends them?

Silence, a reset or an end, down or up, by name or by address; and servers that end them themselves,
or take their time in the middle of an answer.
"""

from collections.abc import Mapping
from typing import Any, Final

from tests.lab.censor import Match
from tests.lab.cut import Cut
from tests.lab.scenario import Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import MESSENGER, SIGNAL, TELEGRAM_DC, WHATSAPP, hosts, of
from tests.lab.world.config import HostPolicy

_CUT: Final = truth("blocked", "tcp.freeze")
_UNHURT: Final = truth(
    "ok|degraded", why="the server answers, and breaks off or waits only in larger answers"
)
"""A server that breaks off its own answers is impaired at most."""

# --- somebody on the way ------------------------------------------------------------------------


def _cut(id_: str, title: str, truths: Mapping[str, Truth], **how: Any) -> Scenario:
    return blocking(id_, title, truths, Cut(label="cut", **how), row="D11")


_BY_NAME: Final = (
    _cut(
        "CT1",
        "what names WhatsApp is reset after 18 kB from the server",
        of("whatsapp", _CUT),
        names=WHATSAPP,
        after_bytes=18_000,
        end="rst",
    ),
    _cut(
        "CT2",
        "what names Messenger ends after 30 kB from the server",
        of("messenger", _CUT),
        names=MESSENGER,
        after_bytes=30_000,
        end="fin",
    ),
    _cut(
        "CT3",
        "what names WhatsApp falls silent after 12 kB from the client",
        of("whatsapp", _CUT, media=_CUT),
        names=WHATSAPP,
        counted="up",
        after_bytes=12_000,
    ),
    _cut(
        "CT4",
        "what names Messenger is reset after 20 kB from the client",
        of("messenger", _CUT, media=_CUT),
        names=MESSENGER,
        counted="up",
        after_bytes=20_000,
        end="rst",
    ),
)
_BY_ADDRESS: Final = (
    _cut(
        "CT5",
        "connections to Signal's addresses are reset after 26 kB from the server",
        of("signal", _CUT),
        match=Match(to=at(*SIGNAL), direction="both"),
        after_bytes=26_000,
        end="rst",
    ),
    _cut(
        "CT6",
        "connections to the data centres fall silent after 12 kB from the server",
        of("telegram", _CUT, text=_CUT),
        match=Match(to=TELEGRAM_DC, direction="both"),
        after_bytes=12_000,
    ),
)

# --- the servers themselves ---------------------------------------------------------------------


def _servers(
    id_: str, title: str, service: str, names: tuple[str, ...] = (), **how: Any
) -> Scenario:
    names = names or (f"service:{service}", f"asset:{service}")
    world = hosts(HostPolicy(names=names, whole_server=True, **how))
    truths = of(service, _UNHURT)
    return innocent(id_, title, row="§5 look-alike of D11", world=world, truths=truths)


_ENDED: Final = (
    _servers(
        "CT1i",
        "WhatsApp's servers reset every answer after 24 kB",
        "whatsapp",
        stops_after=24_000,
        stop="reset",
    ),
    _servers(
        "CT2i",
        "Messenger's servers end every answer after 24 kB, without a goodbye",
        "messenger",
        stops_after=24_000,
        stop="end",
    ),
    _servers(
        "CT3i",
        "Signal's servers end every answer after 24 kB, with TLS's goodbye",
        "signal",
        stops_after=24_000,
        stop="goodbye",
    ),
    _servers(
        "CT4i",
        "WhatsApp's servers reset every upload unanswered once they have 14 kB",
        "whatsapp",
        takes_at_most=14_000,
    ),
    _servers(
        "CT5i",
        "Messenger's server for attachments alone resets uploads once it has 20 kB",
        "messenger",
        ("=rupload.facebook.com",),
        takes_at_most=20_000,
    ),
)
_LATE: Final = (
    _servers(
        "LT1",
        "Messenger's servers pause for 6 s after 24 kB of every answer",
        "messenger",
        stops_after=24_000,
        pause_s=6.0,
    ),
    _servers(
        "LT2",
        "WhatsApp's servers say the head of an answer at once and its content 5 s later",
        "whatsapp",
        ("asset:whatsapp",),
        stops_after=150,
        pause_s=5.0,
    ),
    _servers(
        "LT3",
        "Signal's servers pause for 14 s after 24 kB of every answer",
        "signal",
        stops_after=24_000,
        pause_s=14.0,
    ),
)

SCENARIOS: Final = (*_BY_NAME, *_BY_ADDRESS, *_ENDED, *_LATE)
