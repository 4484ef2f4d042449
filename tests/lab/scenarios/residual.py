"""Does what was said or opened before leave a server or a pair of ports dead for a while?"""

from typing import Final

from tests.lab.censor import ConnectionCap, OnPattern, OnSni
from tests.lab.scenario import OK, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    MESSENGER,
    RAW,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    UNCLEAR,
    WHATSAPP,
    blocked,
    hosts,
    of,
    swallow,
    tcp_to,
)
from tests.lab.world.config import HostPolicy

_WHY: Final = "chance says how many of the run's few conversations meet it"
_AT_TIMES: Final = truth("blocked|degraded|ok", why=_WHY)


def _silences(share: float) -> OnPattern:
    """A share of the first packets that are neither TLS nor HTTP silences its server."""
    return OnPattern(
        label="random",
        match=tcp_to(*TELEGRAM_DC, probability=share),
        pattern=RAW,
        do="drop",
        residual_s=180.0,
    )


SCENARIOS: Final = (
    blocking(
        "A21",
        "the greeting is dropped and the port pair stays dead for 120 s",
        of("telegram", blocked("tls.timeout.sni"), text=OK),
        swallow(*TELEGRAM, label="residual", residual_s=120.0, residual="tuple4"),
    ),
    blocking(
        "A21-alert",
        "whoever names WhatsApp gets an alert, and his way to that server stays dead for 120 s",
        of("whatsapp", blocked("tls.alert.sni"), text=OK, web=blocked("tls.alert.sni")),
        OnSni(
            label="alert",
            names=WHATSAPP,
            do="alert",
            at_rtt=1.0,
            residual_s=120.0,
            residual="pair",
            residual_do="drop",
        ),
        row="A21 (after an alert)",
    ),
    blocking(
        "A21-two",
        "strict servers; Messenger's names are reset, and who names Signal is cut off for a minute",
        {
            **of("messenger", blocked("tls.reset.sni"), web=blocked("tls.reset.sni")),
            **of("signal", blocked(), text=blocked()),
        },
        OnSni(label="rst", names=MESSENGER, do="rst", at_rtt=0.9, forward=False),
        OnSni(label="fin", names=SIGNAL, do="fin", residual_s=60.0, residual="tuple3"),
        row="A21 (beside another censor)",
        world={"strict_names": True},
    ),
    innocent(
        "A21-own",
        "WhatsApp's own web servers send an alert to everybody",
        row="none (innocent twin of A21-alert)",
        world=hosts(HostPolicy(names=("=web.whatsapp.com", "=v.whatsapp.net"), tls="alert")),
        truths=of("whatsapp", UNCLEAR, text=OK, web=UNCLEAR, signup=UNCLEAR),
    ),
    blocking(
        "A34",
        "a fully encrypted first packet silences its server for 180 s, once in four times",
        of("telegram", _AT_TIMES, text=_AT_TIMES, media=_AT_TIMES, web=OK),
        _silences(0.263),
        deviation="an odd beginning instead of an entropy rule; where it struck one server of all, "
        "no single place can tell that from a dead one",
    ),
    blocking(
        "A34-half",
        "a fully encrypted first packet silences its server for 180 s, every other time",
        of(
            "telegram",
            truth("blocked|degraded", "protocol.mtproto", why=_WHY),
            text=_AT_TIMES,
            media=_AT_TIMES,
            web=OK,
        ),
        _silences(0.5),
        row="A34",
        deviation="an odd beginning instead of an entropy rule",
    ),
    innocent(
        "B18",
        "more than eight connections a minute to one address vanish",
        ConnectionCap(label="cap", most=8, window_s=60.0),
        fires=(),
        deviation="a run never opens as many, so that it does not bring it about by itself",
    ),
)
