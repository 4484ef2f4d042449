"""Does a share of a service's handshakes fail, where neutral ones do not?"""

from typing import Any, Final

from tests.lab.censor import Drop, Freeze, Match, OnPattern, OnSni, RstOnSyn, Throttle
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    CHAT,
    MESSENGER,
    RAW,
    SIGNAL,
    SILENT,
    TELEGRAM,
    WHATSAPP,
    blocked,
    hosts,
    of,
)
from tests.lab.world.config import HostPolicy

_FRONT: Final = "www.facebook.com"
_IMPAIRED: Final = truth("degraded")
_FAIR: Final = truth(
    "ok|degraded|inconclusive|down", why="chance says which of its answers a run meets"
)
"""Of a service that has a fault of its own, whatever one place makes of it: no accusation."""
_WHICH: Final = "chance says whether what is left of its names is enough"
_FOUR: Final = ("=chat.signal.org", "=svrb.signal.org", "=svr2.signal.org", "=updates2.signal.org")
_MEDIA: Final = ("=mmg.whatsapp.net", "=mmg-fallback.whatsapp.net")
_LIKE_SERVERS: Final = "whatever is named, at the addresses of one service: servers may do so"
_ALSO: Final = truth("blocked|degraded|inconclusive", why="it is the others that are looked at")
_FAR: Final = Link(delay_ms=110, down_kbit=10_000, up_kbit=4_000, loss=0.003)
_THIRD: Final = truth(
    "ok|degraded", why="chance says whether a run meets the one of three servers that is dead"
)


def _some(share: float, *names: str, **more: Any) -> OnSni:
    """Befalls that share of the connections whose ClientHello bears one of the names."""
    match = Match(proto=("tcp",), probability=share, to=more.pop("to", ()))
    return OnSni(label="some", names=names, match=match, **more)


SCENARIOS: Final[tuple[Scenario, ...]] = (
    blocking(
        "SH1",
        "six in ten connections that name Messenger are reset",
        of("messenger", blocked("tls.reset.sni")),
        _some(0.6, *MESSENGER),
        row="A17 (fails open)",
    ),
    blocking(
        "SH2",
        "half of the ClientHellos that name Signal are dropped",
        of("signal", blocked("tls.timeout.sni")),
        _some(0.5, *SIGNAL, do="drop"),
        row="A19 (fails open)",
    ),
    blocking(
        "SH17",
        "half of the connections that name Messenger get an alert, on a line that is often dead",
        of(
            "messenger",
            truth("blocked|degraded|inconclusive", why="too little may be heard to count"),
        ),
        Drop(label="off", match=Match(period_s=10.0, on_s=2.0, phase_s=1.1)),
        _some(0.5, *MESSENGER, do="alert", at_rtt=0.9),
        row="A30 (fails open)",
        states=("online", "bad_link"),
    ),
    innocent(
        "SH18",
        "one of Messenger's fronts sends everybody alerts, on such a line",
        Drop(label="off", match=Match(period_s=10.0, on_s=2.0, phase_s=1.1)),
        row="none (innocent twin of SH17)",
        states=("online", "bad_link"),
        world=hosts(HostPolicy(names=("=graph.facebook.com",), tls="alert")),
        truths=of("messenger", _FAIR),
    ),
    blocking(
        "SH3",
        "seven in ten connections to Telegram on the web are reset as late as by the server",
        of("telegram", blocked("tls.reset.sni"), web=blocked("tls.reset.sni"), text=OK),
        _some(0.7, *TELEGRAM, at_rtt=1.0),
        row="A17 (fails open, late)",
    ),
    blocking(
        "SH4",
        "half of the connections to Messenger's addresses are refused, as late as by the server",
        of("messenger", truth("degraded")),
        RstOnSyn(
            label="some",
            match=Match(to=at(*MESSENGER), proto=("tcp",), probability=0.5),
            early=False,
            at_rtt=1.0,
        ),
        row="A13 (a share)",
        deviation="servers that are overloaded look the same, so that nobody is accused",
    ),
    blocking(
        "SH9",
        "six in ten connections in WhatsApp's own protocol freeze at its first words",
        of("whatsapp", _IMPAIRED, text=_IMPAIRED),
        OnPattern(
            label="some",
            pattern=RAW,
            match=Match(to=at(*CHAT), proto=("tcp",), probability=0.6),
            do="drop",
        ),
        row="A34 (a share)",
    ),
    blocking(
        "SH10",
        "half of what four of Signal's names are answered is dropped, its chat among them",
        of("signal", truth("blocked|degraded", "tls.timeout.sni", why=_WHICH)),
        _some(0.5, *_FOUR, do="drop_reply", at_rtt=1.0),
        row="A19 (fails open, some names)",
    ),
    blocking(
        "SH11",
        "eight in ten connections that name WhatsApp's media fall silent, and no others",
        of("whatsapp", truth("blocked|degraded", "tls.timeout.sni", why=_WHICH), text=OK, web=OK),
        _some(0.8, *_MEDIA, do="drop_both"),
        row="A19 (fails open, one function's names)",
    ),
    blocking(
        "SH12",
        "seven in ten connections that name Telegram's pages and files are reset, and no others",
        of("telegram", truth("blocked|degraded", "tls.reset.sni", why=_WHICH), text=OK),
        _some(0.7, "=t.me", "=web.telegram.org", "=td.telegram.org"),
        row="A17 (fails open, some names)",
    ),
    *(
        blocking(
            id_,
            f"220 ms away: seven in ten that name Telegram's pages or Signal's files are reset, "
            f"and {title}",
            {**of("telegram", _ALSO), **of("signal", _ALSO), **of(service, told)},
            _some(0.7, "=t.me", "=web.telegram.org", "=cdn2.signal.org", "=cdn3.signal.org"),
            action,
            link=_FAR,
            row="B1, D11 (beside a share)",
        )
        for id_, service, title, told, action in (
            (
                "SH14",
                "whatsapp",
                "connections to WhatsApp's addresses fall silent after 16 kB",
                truth("blocked|degraded", why=_LIKE_SERVERS),
                Freeze(
                    label="freeze",
                    match=Match(to=at(*WHATSAPP), direction="both"),
                    after_bytes=16_000,
                ),
            ),
            (
                "SH15",
                "messenger",
                "what names Messenger gets 140 kbit/s",
                truth("throttled|degraded", "throttle.sni", why="the run may be over before that"),
                Throttle(label="slow", names=MESSENGER, kbit=140),
            ),
        )
    ),
    blocking(
        "SH16",
        "220 ms away: seven in ten that name Telegram's pages or Signal's files are reset, and "
        "nothing else is amiss",
        {**of("telegram", _ALSO), **of("signal", _ALSO)},
        _some(0.7, "=t.me", "=web.telegram.org", "=cdn2.signal.org", "=cdn3.signal.org"),
        link=_FAR,
        row="none (innocent twin of SH14 and SH15 for the others)",
    ),
    innocent(
        "SH13",
        "the servers of WhatsApp's media hang up on eight in ten of those who connect",
        _some(0.8, "*", to=at(*(name.removeprefix("=") for name in _MEDIA)), at_rtt=1.0),
        row="none (innocent twin of SH11)",
        truths=of("whatsapp", _FAIR),
        usable=False,
    ),
    innocent(
        "SH5",
        "Messenger's servers are overloaded: they hang up on half of those who connect",
        _some(0.5, "*", to=at(*MESSENGER), at_rtt=1.0),
        row="none (innocent twin of SH1)",
        truths=of("messenger", _FAIR),
        usable=False,
    ),
    innocent(
        "SH6",
        "a line on which four in ten of all handshakes are reset",
        _some(0.4, "*"),
        row="none (innocent twin of SH1)",
        others=SILENT,
        states=(*ANY_LINK, "intermittent", "no_internet"),
        usable=False,
    ),
    innocent(
        "SH7",
        "one of the three backends of Messenger's web front is dead",
        row="none (innocent twin of SH3)",
        world=hosts(HostPolicy(names=(_FRONT,), addresses=at(_FRONT)[:1], tls="reset")),
        truths=of("messenger", _THIRD, web=_THIRD),
    ),
    innocent(
        "SH8",
        "a line that swallows four in ten of all ClientHellos",
        _some(0.4, "*", do="drop"),
        row="none (innocent twin of SH2)",
        others=SILENT,
        states=(*ANY_LINK, "intermittent", "no_internet"),
        usable=False,
    ),
)
