"""Is it over in a moment? Servers that are begun again, and lines that are dead for seconds.

A failure accuses early only where a neutral name is answered beside it in the same seconds; else
its attempts must span what such accidents last.
"""

from collections.abc import Iterator
from typing import Final

from tests.lab.censor import Drop, Match
from tests.lab.scenario import GOOD, Scenario, at, truth
from tests.lab.scenarios.kinds import innocent
from tests.lab.scenarios.shared import LTE, MESSENGER, SIGNAL, TELEGRAM, TELEGRAM_DC, WHATSAPP, of

_ANY: Final = truth(
    "ok|degraded|inconclusive|down",
    why="chance says what of the run falls into the seconds in which nothing answers",
)
_STATES: Final = ("online", "bad_link", "intermittent")
_ONCE: Final = 1200.0


def _dead(label: str, seconds: float, since: float, to: tuple[str, ...], segment: str) -> Drop:
    """What goes to these addresses, and comes from them, is lost for so long, once."""
    return Drop(
        label=label,
        match=Match(
            to=to,
            direction="both",
            segment="data" if segment == "data" else "any",
            proto=("tcp",),
            period_s=_ONCE,
            on_s=seconds,
            phase_s=since,
        ),
    )


def _begun_again() -> Iterator[Scenario]:
    """One service's servers, all at once: behind a balancer that opens connections for them, or
    not."""
    places = {
        "signal": at(*SIGNAL),
        "messenger": at(*MESSENGER),
        "telegram": (*at(*TELEGRAM), *TELEGRAM_DC),
        "whatsapp": at(*WHATSAPP),
    }
    for seconds, since, service, segment in (
        (5, 0.0, "signal", "any"),
        (10, 0.0, "messenger", "any"),
        (20, -8.0, "telegram", "any"),
        (10, 2.0, "whatsapp", "any"),
        (5, 0.0, "messenger", "data"),
        (10, 0.0, "signal", "data"),
        (20, 0.0, "whatsapp", "data"),
        (10, 1.5, "telegram", "data"),
    ):
        how = "take connections and say nothing" if segment == "data" else "are dead"
        later = f" from second {since:.1f} on" if since else ""
        if since < 0:  # from the first packet on nobody could tell it from a block in that time
            later = f", {-since:.0f} of them before the run"
        yield innocent(
            f"RB{seconds}-{service}{'-hang' if segment == 'data' else ''}",
            f"the servers of {service.title()} {how} for {seconds} s{later}, for everybody",
            _dead("again", seconds, since, places[service], segment),
            row="none (innocent twin of A11 and A20)",
            truths=of(service, _ANY),
            states=_STATES,
            fires=("again",),
        )


def _bursts() -> Iterator[Scenario]:
    """The whole line is dead for seconds, again and again."""
    for seconds, link in ((2, GOOD), (4, GOOD), (2, LTE), (4, LTE)):
        kind = "-lte" if link is LTE else ""
        yield innocent(
            f"RB-line{seconds}{kind}",
            f"the line is dead for {seconds} s of every 10 s{' (mobile)' if kind else ''}",
            Drop(
                label="burst",
                match=Match(direction="both", period_s=10.0, on_s=float(seconds), phase_s=1.5),
            ),
            row="none (innocent twin of A20)",
            others=_ANY,
            link=link,
            states=(*_STATES, "no_internet"),
            usable=False,
            fires=("burst",),
        )


SCENARIOS: Final = (*_begun_again(), *_bursts())
