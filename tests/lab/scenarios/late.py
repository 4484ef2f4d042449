"""Somebody begins while the run goes on: what was answered at first is not answered any more."""

from dataclasses import replace
from typing import Final

from tests.lab.censor import Match
from tests.lab.link import Link
from tests.lab.scenario import Scenario, truth
from tests.lab.scenarios.kinds import blocking
from tests.lab.scenarios.shared import TELEGRAM, WHATSAPP, blocked, of, reset, swallow

_FAR: Final = Link(delay_ms=90, down_kbit=10_000, up_kbit=4_000, loss=0.001)
"""On which first conversations are over when transfers begin, and these take their time."""

_FROM_THEN_ON: Final = Match(proto=("tcp",), period_s=1200.0, on_s=1100.0, phase_s=4.5)

SCENARIOS: Final[tuple[Scenario, ...]] = (
    blocking(
        "LB1",
        "from the fifth second on ClientHellos that name WhatsApp are dropped",
        of(
            "whatsapp",
            truth(
                "blocked|degraded",
                why="chance says whether names that are dialled late are still answered",
            ),
        ),
        swallow(*WHATSAPP, match=_FROM_THEN_ON),
        row="A20 (begun during the run)",
        link=_FAR,
        states=("online", "bad_link"),
    ),
    blocking(
        "LB2",
        "from the fifth second on ClientHellos that name Telegram are reset",
        of("telegram", blocked("tls.reset.sni")),
        reset(*TELEGRAM, match=_FROM_THEN_ON),
        row="A17 (begun during the run)",
        link=replace(_FAR, loss=0.0),
        states=("online", "bad_link"),
    ),
)
