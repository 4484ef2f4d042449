"""Whoever has named a target is punished for a while: do the comparisons survive our own tests?"""

from dataclasses import replace
from typing import Any, Final, Literal

from tests.lab.censor import Action, ConnectionCap, Drop, Match, OnPattern, OnSni
from tests.lab.scenario import OK, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    CHAT,
    MESSENGER,
    RAW,
    SIGNAL,
    SIGNUP,
    TELEGRAM_DC,
    UNCLEAR,
    WHATSAPP,
    blocked,
    hosts,
    of,
    reset,
    swallow,
    tcp_to,
)
from tests.lab.world.config import HostPolicy, dead_backend

# --- by the name in a ClientHello ---------------------------------------------------------------

_SWALLOWED: Final = blocked("tls.timeout.sni")
_RESET: Final = blocked("tls.reset.sni")
_FIRST: Final = {
    **of("signal", _SWALLOWED, text=_SWALLOWED),
    **of("messenger", _SWALLOWED, web=_SWALLOWED),
}


def _silenced(
    id_: str,
    title: str,
    names: tuple[str, ...],
    *,
    seconds: float,
    residual: Literal["pair", "tuple3"],
    **more: Any,
) -> Scenario:
    """Names of Signal, or of Messenger too, are dropped, and so is all that follows them there."""
    first = swallow(*names, residual_s=seconds, residual=residual)
    what = {"pair": "by address", "tuple3": "by address and port"}[residual]
    truths = {k: t for k, t in _FIRST.items() if k.startswith("signal") or names != SIGNAL}
    return blocking(id_, title, truths, first, row=f"A21 ({what})", **more)


_NAMED: Final = (
    _silenced(
        "MR1",
        "who names Signal cannot reach that address any more for 180 s, whatever the port",
        SIGNAL,
        seconds=180.0,
        residual="pair",
    ),
    blocking(
        "MR2",
        "who names one of three messengers is reset, and that address and port are silent for 90 s",
        {
            **of("signal", _RESET, text=_RESET),
            **of("messenger", _RESET, web=_RESET),
            **of("whatsapp", _RESET, web=_RESET, text=OK),
        },
        reset(*SIGNAL, *MESSENGER, *WHATSAPP, residual_s=90.0, residual="tuple3"),
        row="A16, A21 (by address and port)",
    ),
    blocking(
        "MR3",
        "who names Signal or Messenger is reset, whatever he says to that address for 60 s too",
        {**of("signal", _RESET, text=_RESET), **of("messenger", _RESET, web=_RESET)},
        reset(*SIGNAL, *MESSENGER, residual_s=60.0, residual="pair", residual_do="rst"),
        row="A16, A21 (by address, with resets)",
    ),
    _silenced(
        "MR4",
        "who names Signal or Messenger gets nothing more from that address and port for 120 s",
        (*SIGNAL, *MESSENGER),
        seconds=120.0,
        residual="tuple3",
    ),
    _silenced(
        "MR5",
        "the same by address on a line of Kazakhstan, where some controls are unfair",
        (*SIGNAL, *MESSENGER),
        seconds=120.0,
        residual="pair",
        country="KZ",
    ),
)

# --- by QUIC, and by a protocol of the messenger's own ------------------------------------------

_QUIC: Final = truth(
    "degraded|blocked",
    "quic.sni",
    why="apps fall back to TCP, at other addresses until the punishment has passed",
)
_MTPROTO: Final = blocked("protocol.mtproto")


def _raw(
    label: str, match: Match, residual: Literal["pair", "tuple3", "tuple4"], **more: Any
) -> OnPattern:
    """First words that are neither TLS nor HTTP are dropped, and whoever said them is punished."""
    return OnPattern(
        label=label,
        match=match,
        pattern=RAW,
        do="drop",
        residual_s=120.0,
        residual=residual,
        **more,
    )


_PROTOCOLS: Final = (
    blocking(
        "MR6",
        "who names WhatsApp over QUIC cannot reach that address any more for 120 s",
        of("whatsapp", _QUIC, web=_QUIC, text=OK),
        Drop(
            label="quic",
            match=Match(proto=("udp",), ports=(443,), quic_name=WHATSAPP),
            residual_s=120.0,
            residual="pair",
        ),
        row="A38 (by address)",
    ),
    blocking(
        "MR7",
        "Telegram's protocol is dropped, and its data centre cannot be reached for 120 s",
        of("telegram", _MTPROTO, text=_MTPROTO, web=OK),
        _raw("raw", tcp_to(*TELEGRAM_DC), "pair"),
        row="A34 (by address)",
    ),
    blocking(
        "MR8",
        "WhatsApp's protocol is dropped, and that address and port are silent for 120 s",
        of("whatsapp", truth("degraded"), text=UNCLEAR, web=OK),
        _raw("raw", tcp_to(*at(*CHAT)), "tuple3"),
        row="A35 (by address and port)",
        deviation="its servers speak nothing else, so that they might turn strangers away so",
    ),
    blocking(
        "MR9",
        "Telegram's protocol is reset, and so is whatever is said to that address for 120 s",
        of("telegram", _MTPROTO, text=_MTPROTO, web=OK),
        replace(_raw("raw", tcp_to(*TELEGRAM_DC), "pair"), do="rst", residual_do="rst"),
        row="A34 (by address, with resets)",
    ),
)

# --- innocent twins -----------------------------------------------------------------------------

_GUARDED: Final = ("www.gnu.org", "www.python.org")
_HANGING: Final = hosts(HostPolicy(names=(*SIGNAL, *MESSENGER), tls="hang"))


def _guards(name: str, residual: Literal["pair", "tuple3"]) -> OnSni:
    """A neutral server that answers nobody any more who has named somebody else to it."""
    return OnSni(
        label="guard",
        match=tcp_to(*at(name)),
        names=("*",),
        but=(name,),
        do="drop",
        residual_s=60.0,
        residual=residual,
    )


def _guarded(id_: str, title: str, *actions: Action, **more: Any) -> Scenario:
    truths: dict[str, Truth] = {
        "signal": UNCLEAR,
        "messenger": truth("degraded"),
    }
    return innocent(id_, title, *actions, truths=truths, **more)


_TWINS: Final = (
    _guarded(
        "MR10",
        "back ends of Signal and Messenger hang, and two neutral servers lock out who names others",
        *(_guards(name, "pair") for name in _GUARDED),
        row="none (innocent twin of MR1)",
        world=_HANGING,
        fires=(),
    ),
    innocent(
        "MR11",
        "a registration server hangs, and one neutral server is silent from the third second on",
        Drop(
            label="dies",
            match=Match(
                to=at("www.python.org"), direction="both", period_s=1200.0, on_s=600.0, phase_s=2.5
            ),
        ),
        row="none (innocent twin of MR4)",
        truths=of("whatsapp", UNCLEAR, signup=UNCLEAR, text=OK),
        world=hosts(dead_backend(SIGNUP)),
        fires=(),
    ),
    innocent(
        "MR12",
        "Telegram's data centres hang for everybody, and take two connections a minute at most",
        ConnectionCap(label="cap", match=tcp_to(*TELEGRAM_DC), most=2, window_s=60.0),
        row="none (innocent twin of MR7)",
        truths=of("telegram", truth("degraded"), text=UNCLEAR, web=OK),
        world=hosts(HostPolicy(names=("pool:telegram/dc",), connect="hang")),
        fires=(),
    ),
)

SCENARIOS: Final = (*_NAMED, *_PROTOCOLS, *_TWINS)
