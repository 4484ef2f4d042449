"""Are connections ended after so many bytes, and who ends them?

Silence, a reset or an end, down or up, by name or by address; and servers that end them themselves,
or take their time in the middle of an answer.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from tests.lab.censor import Match
from tests.lab.cut import Cut, End
from tests.lab.link import Link
from tests.lab.scenario import GOOD, OK, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    MESSENGER,
    QUIET,
    SATELLITE,
    SIGNAL,
    TELEGRAM_DC,
    WHATSAPP,
    hosts,
    of,
)
from tests.lab.world.config import HostPolicy

_CUT: Final = truth("blocked", "tcp.freeze")
_UNHURT: Final = truth(
    "ok|degraded", why="the server answers, and breaks off or waits only in larger answers"
)
"""A server that breaks off its own answers is impaired at most."""

# --- somebody on the way ------------------------------------------------------------------------


_ENDS: Final[Mapping[End, str]] = {
    "silence": "falls silent",
    "rst": "is reset",
    "fin": "ends",
}


def _by_name(
    id_: str, service: str, end: End, kb: int, counted: Literal["down", "up"] = "down"
) -> Scenario:
    """What names a service is cut after so many kilobytes of answers, or of what is sent."""
    title, names = {"whatsapp": ("WhatsApp", WHATSAPP), "messenger": ("Messenger", MESSENGER)}[
        service
    ]
    side, more = {"down": ("server", {}), "up": ("client", {"media": _CUT})}[counted]
    return blocking(
        id_,
        f"what names {title} {_ENDS[end]} after {kb} kB from the {side}",
        of(service, _CUT, **more),
        Cut(label="cut", names=names, after_bytes=1000 * kb, counted=counted, end=end),
        row="D11",
    )


def _by_address(
    id_: str, title: str, truths: Mapping[str, Truth], to: tuple[str, ...], kb: int, end: End
) -> Scenario:
    cut = Cut(label="cut", match=Match(to=to, direction="both"), after_bytes=1000 * kb, end=end)
    return blocking(id_, title, truths, cut, row="D11")


_IMPAIRED: Final = truth("degraded")
"""Whoever does it at one address, whatever the name: the server may do so itself."""

_CUTS: Final = (
    _by_name("CT1", "whatsapp", "rst", 18),
    _by_name("CT2", "messenger", "fin", 30),
    _by_name("CT3", "whatsapp", "silence", 12, counted="up"),
    _by_name("CT4", "messenger", "rst", 20, counted="up"),
    _by_address(
        "CT5",
        "connections to Signal's addresses are reset after 26 kB from the server",
        of("signal", _CUT),
        to=at(*SIGNAL),
        kb=26,
        end="rst",
    ),
    _by_address(
        "CT6",
        "connections to the data centres fall silent after 12 kB from the server",
        of("telegram", _CUT, text=_CUT),
        to=TELEGRAM_DC,
        kb=12,
        end="silence",
    ),
    _by_address(
        "CT7",
        "connections to Telegram's web front fall silent after 12 kB, amid the first page",
        of("telegram", _IMPAIRED, web=_IMPAIRED, text=OK),
        to=at("web.telegram.org"),
        kb=12,
        end="silence",
    ),
    _by_address(
        "CT8",
        "the same after 16 kB, soon after the first page",
        of("telegram", _IMPAIRED, web=_IMPAIRED, text=OK),
        to=at("web.telegram.org"),
        kb=16,
        end="silence",
    ),
    _by_address(
        "CT10",
        "the same after 6 kB, as soon as the page begins",
        of("telegram", _IMPAIRED, web=_IMPAIRED, text=OK),
        to=at("web.telegram.org"),
        kb=6,
        end="silence",
    ),
    _by_address(
        "CT9",
        "connections to WhatsApp's web front are reset after 12 kB, amid the first page",
        of("whatsapp", _IMPAIRED, web=_IMPAIRED, text=OK),
        to=at("web.whatsapp.com"),
        kb=12,
        end="rst",
    ),
)

# --- the servers themselves ---------------------------------------------------------------------


def _servers(
    id_: str, title: str, service: str, names: tuple[str, ...] = (), link: Link = GOOD, **how: Any
) -> Scenario:
    names = names or (f"service:{service}", f"asset:{service}")
    world = hosts(HostPolicy(names=names, **{"whole_server": True, **how}))
    truths = of(service, _UNHURT)
    line: dict[str, Any] = {"link": link}
    if link != GOOD:
        line |= {"states": ANY_LINK, "others": QUIET, "usable": False}
    return innocent(id_, title, row="§5 look-alike of D11", world=world, truths=truths, **line)


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
    innocent(
        "CT7i",
        "Telegram's web front itself resets every answer after 11 kB, the first page too",
        row="§5 look-alike of D11",
        truths=of("telegram", _IMPAIRED, web=_IMPAIRED, text=OK),
        world=hosts(
            HostPolicy(
                names=("web.telegram.org",), whole_server=True, stops_after=11_000, stop="reset"
            )
        ),
    ),
)
_DISCARDED: Final = (
    _servers(
        "CT8i",
        "a satellite's line: Signal's servers reset what names it after 11 kB, and throw away what "
        "they had not sent by then",
        "signal",
        whole_server=False,
        stops_after=11_000,
        stop="reset",
        link=SATELLITE,
    ),
    _servers(
        "CT9i",
        "the same of WhatsApp after 14 kB, 120 ms away",
        "whatsapp",
        whole_server=False,
        stops_after=14_000,
        stop="reset",
        link=Link(delay_ms=60),
    ),
    _servers(
        "CT10i",
        "the same of Messenger after 20 kB, on a satellite's line",
        "messenger",
        whole_server=False,
        stops_after=20_000,
        stop="reset",
        link=SATELLITE,
    ),
)
"""Small segments end sooner there: a window of ten is fewer bytes."""

_OVERTAKEN: Final = (
    _servers(
        "CT11i",
        "Messenger's web server resets its pages after 24 kB, on a line that loses 9 %",
        "messenger",
        ("=www.facebook.com",),
        Link(delay_ms=37, jitter_ms=7, down_kbit=10_000, up_kbit=3_000, loss=0.086, burst=2.0),
        whole_server=False,
        stops_after=24_000,
        stop="reset",
    ),
)
"""The reset overtakes what is sent again, so that the place seems not to move with the answer."""

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

SCENARIOS: Final = (*_CUTS, *_ENDED, *_DISCARDED, *_OVERTAKEN, *_LATE)
