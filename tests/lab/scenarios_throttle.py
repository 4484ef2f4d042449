"""Throttling, one mechanism each, and what looks like it (rows B and I of the facts' exam).

The exam of throttling (`throttle_exam`) has them on many lines and with many seeds.
"""

from tests.lab.censor import Freeze, Match, Throttle
from tests.lab.scenario import Scenario, at, truth
from tests.lab.scenarios_blocking import MESSENGER, TELEGRAM, TELEGRAM_DC, WHATSAPP
from tests.lab.scenarios_connection import KZ_HOME
from tests.lab.world.config import HostPolicy

_SOME = truth("ok|degraded|inconclusive")
"""Anything but an accusation."""

THROTTLING: tuple[Scenario, ...] = (
    Scenario(
        id="T1",
        title="connections that name WhatsApp are policed to 140 kbit/s",
        kind="blocking",
        row="B1",
        actions=(Throttle(label="police", names=WHATSAPP, kbit=140),),
        truths={"whatsapp": truth("throttled", "throttle.sni.policing")},
        fires=("police",),
    ),
    Scenario(
        id="T4",
        title="connections that name Messenger lose 40 % of their packets",
        kind="blocking",
        row="B7",
        actions=(Throttle(label="lose", names=MESSENGER, do="lose", loss=0.4),),
        truths={"messenger": truth("throttled", "throttle.sni")},
        fires=("lose",),
        deviation="40 % lost, not 95 %",
    ),
    Scenario(
        id="T5",
        title="40 % of what goes to Telegram's addresses is lost",
        kind="blocking",
        row="B6",
        actions=(
            Throttle(
                label="lose",
                match=Match(to=(*at(*TELEGRAM), *TELEGRAM_DC), direction="up"),
                do="lose",
                loss=0.4,
            ),
        ),
        truths={"telegram": truth("degraded|throttled")},
        fires=("lose",),
    ),
    Scenario(
        id="T6",
        title="connections to WhatsApp's addresses freeze after 16 kB",
        kind="blocking",
        row="D11",
        actions=(
            Freeze(
                label="freeze",
                match=Match(to=at(*WHATSAPP), direction="both"),
                after_bytes=16_000,
            ),
        ),
        truths={"whatsapp": truth("blocked|throttled|degraded", "tcp.freeze")},
        fires=("freeze",),
    ),
)

SLOW_FOR_ALL: tuple[Scenario, ...] = (
    Scenario(
        id="T2",
        title="every connection is policed to 140 kbit/s",
        kind="innocent",
        row="B13",
        actions=(Throttle(label="police", kbit=140),),
        others=_SOME,
        states=("online", "bad_link"),
        fires=("police",),
        usable=False,
        deviation="140 kbit/s for each connection, at home and abroad",
    ),
    Scenario(
        id="T3",
        title="WhatsApp's servers send 300 kbit/s, to everybody",
        kind="innocent",
        row="I38",
        world={
            "hosts": (
                HostPolicy(
                    names=("service:whatsapp", "asset:whatsapp"),
                    pace="slow",
                    rate=37_500,
                    upload_rate=37_500,
                ),
            )
        },
        truths={"whatsapp": _SOME},
    ),
    Scenario(
        id="T7",
        title="everything abroad is policed to 200 kbit/s, the country itself is not",
        kind="innocent",
        row="B13",
        args=("--country", "KZ"),
        world={"country": "KZ"},
        actions=(
            Throttle(
                label="dim",
                match=Match(not_to=(*KZ_HOME, "10.0.0.0/8"), direction="both"),
                kbit=200,
            ),
        ),
        states=("bad_link",),
        notes=("slow_line", "slow_abroad"),
        others=_SOME,
        fires=("dim",),
    ),
)
