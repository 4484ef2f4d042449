"""Does the fault follow the name that a ClientHello or a request carries?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from tests.lab.censor import DnsForge, OnHost, OnSni
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent, pair
from tests.lab.scenarios.shared import (
    BLOCK_PAGE,
    LTE,
    MESSENGER,
    SHARED,
    SIGNAL,
    SIGNUP,
    TELEGRAM,
    TELEGRAM_DC,
    UNCLEAR,
    WHATSAPP,
    blocked,
    hosts,
    hosts_of,
    http_to_box,
    leads_to_page,
    of,
    provider_says,
    reset,
    swallow,
    tcp_to,
)
from tests.lab.world.config import ExtraHost, HostPolicy, HttpInterceptor, dead_backend

_DISCORD: Final = ("discord.com", "discord.gg", "discordapp.com", "discordapp.net")

RESET: Final = blocked("tls.reset.sni")
TIMEOUT: Final = blocked("tls.timeout.sni")

# --- every name of a service --------------------------------------------------------------------


def _among_strict(
    id_: str,
    title: str,
    truths: Mapping[str, Truth],
    names: tuple[str, ...],
    *,
    shared: bool = False,
) -> Scenario:
    """ClientHellos with these names are dropped where servers turn foreign names away."""
    return blocking(
        id_,
        title,
        truths,
        swallow(*names),
        row=f"A19 (strict servers{', shared addresses' if shared else ''})",
        world={"strict_names": True, **(SHARED if shared else {})},
    )


_ALERTED: Final = blocked("tls.alert.sni")


def _late(*names: str, rtts: float = 1.0) -> OnSni:
    """An alert in the server's name, no sooner than the server could send one."""
    return OnSni(label="late", names=names, do="alert", at_rtt=rtts)


_LATE_ALERTS: Final = (
    blocking(
        "A30-late",
        "an alert as late as the server's at every name of Messenger",
        of("messenger", _ALERTED, media=_ALERTED, web=_ALERTED),
        _late(*MESSENGER),
        row="A30 (late)",
    ),
    blocking(
        "A30-late-lte",
        "an alert nearly as late as the server's at Signal's names, on LTE",
        of("signal", _ALERTED),
        _late(*SIGNAL, rtts=0.9),
        row="A30 (late, LTE)",
        link=LTE,
    ),
    blocking(
        "A30-late-strict",
        "a late alert at WhatsApp's names, where most servers refuse strange names with one too",
        of("whatsapp", _ALERTED, web=_ALERTED),
        _late(*WHATSAPP),
        row="A30 (late, strict servers)",
        world={"strict_names": True},
    ),
    innocent(
        "A30-own",
        "Messenger's fronts all refuse their names with an alert, those at a neutral CDN too",
        row="A30 (the innocent half)",
        truths=of("messenger", truth("degraded"), text=UNCLEAR, media=UNCLEAR, web=UNCLEAR),
        world={
            **hosts(HostPolicy(names=MESSENGER, tls="alert")),
            "extra": tuple(
                ExtraHost(name=name, addresses=("151.101.0.223",)) for name in hosts_of("messenger")
            ),
        },
        deviation="their calls go on working",
    ),
    innocent(
        "A30-dsl",
        "Messenger's servers refuse their names with an alert; the line's queue fills at times",
        row="A30 (the innocent half)",
        truths=of("messenger", truth("degraded"), text=UNCLEAR, media=UNCLEAR, web=UNCLEAR),
        world=hosts(HostPolicy(names=MESSENGER, tls="alert")),
        link=Link(delay_ms=15, down_kbit=6_000, up_kbit=700, loss=0.0005, queue_ms=600),
        deviation="their calls go on working",
    ),
)

_WHOLE: Final = (
    blocking(
        "A17",
        "resets at the name, to both sides",
        of("signal", RESET),
        reset(*SIGNAL),
        link=Link(delay_ms=40, down_kbit=20_000, up_kbit=10_000, loss=0.001),
    ),
    blocking(
        "A19",
        "the greeting that names the service is dropped",
        of("messenger", TIMEOUT),
        swallow(*MESSENGER),
    ),
    blocking(
        "A20",
        "the server's reply to the greeting is dropped",
        of("signal", TIMEOUT),
        OnSni(label="reply", names=SIGNAL, do="drop_reply"),
    ),
    blocking(
        "A30",
        "a forged TLS alert",
        of("messenger", blocked("tls.alert")),
        OnSni(label="alert", names=MESSENGER, do="alert", at_rtt=0.2),
    ),
    *_LATE_ALERTS,
    blocking(
        "A37",
        "plain HTTP leads to a stub page, TLS is reset at the name",
        of("telegram", blocked("tls.reset.sni", "http.blockpage"), text=OK),
        reset(*TELEGRAM),
        http_to_box("stub", not_to=TELEGRAM_DC),
        row="A37, A17",
        world={"http": HttpInterceptor(names=TELEGRAM, does="stub")},
        deviation="joined as TSPU does it: no messenger endpoint of the catalogue is plain HTTP",
    ),
    blocking(
        "O46",
        "resets at the name, and a box that reads the name in any octets of the greeting",
        of("telegram", RESET, text=OK),
        reset(*TELEGRAM, at_rtt=1.0, forward=False),
        row="OONI 46",
    ),
    blocking(
        "O47",
        "names lead to the block page, and whoever finds the true address is reset at the name",
        of("signal", blocked("tls.reset.sni", "dns.injection")),
        reset(*SIGNAL),
        row="OONI 47",
        world=leads_to_page(*SIGNAL),
    ),
    blocking(
        "O47-drop",
        "the provider sends WhatsApp's names to its block page, and at the true addresses the "
        "ClientHello that bears one is dropped",
        of("whatsapp", blocked("tls.timeout.sni", "dns.injection"), text=OK),
        swallow("web.whatsapp.com", "www.whatsapp.com", "mmg.whatsapp.net"),
        row="OONI 47 (silent)",
        world=leads_to_page("web.whatsapp.com", "www.whatsapp.com", "mmg.whatsapp.net"),
    ),
    blocking(
        "O47-path",
        "somebody on the way forges Telegram's names and resets who names it at the true address",
        of("telegram", blocked("tls.reset.sni", "dns.injection"), text=OK),
        DnsForge(label="forge", names=TELEGRAM, answer=(BLOCK_PAGE,)),
        reset(*TELEGRAM),
        row="OONI 47 (on the way)",
        world={"block_page": BLOCK_PAGE},
    ),
    blocking(
        "O47-nx",
        "the provider denies Messenger's names, and who finds the true address is reset",
        of("messenger", blocked("tls.reset.sni", "dns.nxdomain")),
        reset(*MESSENGER),
        row="OONI 47 (NXDOMAIN)",
        world=provider_says("nxdomain", *MESSENGER),
    ),
    blocking(
        "O47-dns",
        "the provider sends Signal's names to its block page, and all is well at the true address",
        of("signal", blocked("dns.injection")),
        row="OONI 47 (names alone)",
        world=leads_to_page(*SIGNAL),
        deviation="the half that must not be called a reset",
    ),
    blocking(
        "S1",
        "resets at Discord's names",
        of("discord", RESET),
        reset(*_DISCORD),
        row="A17",
        args=("--quick",),
        services=("discord", "matrix"),
    ),
    _among_strict(
        "W1",
        "the greeting that names Messenger is dropped, among strict servers",
        of("messenger", TIMEOUT),
        MESSENGER,
    ),
    _among_strict(
        "W7",
        "Telegram's names are dropped among strict servers on shared addresses",
        of("telegram", TIMEOUT, text=OK),
        TELEGRAM,
        shared=True,
    ),
    innocent(
        "A36",
        "plain HTTP that names the messengers is reset",
        OnHost(label="host", names=(*WHATSAPP, *TELEGRAM, *SIGNAL), do="rst"),
        fires=(),
        deviation="nobody speaks plain HTTP to them, so nobody is harmed and nothing is asked",
    ),
)

# --- one name of several ------------------------------------------------------------------------


def _web_fronts() -> Iterator[Scenario]:
    """Only the web front is cut off; messages go through."""
    for service, name in (("whatsapp", "web.whatsapp.com"), ("telegram", "web.telegram.org")):
        yield blocking(
            f"O{service[0].upper()}2",
            f"{name} alone is reset at the name",
            of(service, RESET, web=RESET, text=OK),
            reset(f"={name}"),
            row=f"OONI {service}",
        )
    yield blocking(
        "W6",
        "one tenant of a shared CDN is reset by name, the others are not",
        of("whatsapp", RESET, web=RESET, text=OK),
        reset("web.whatsapp.com"),
        row="A17 (shared addresses)",
        world=SHARED,
    )


_ONE: Final = OnSni(
    label="cut", names=(SIGNUP,), match=tcp_to(*at(SIGNUP)), at_rtt=1.0, reassemble=False
)
"""One name, on its own addresses only, as late as the server: but for the cut, a dead backend."""


def _one(id_: str, title: str, row: str, mechanism: str, action: OnSni) -> Scenario:
    hit = blocked(mechanism)
    return blocking(id_, title, of("whatsapp", hit, signup=hit, text=OK), action, row=row)


def _cut_greetings() -> Iterator[Scenario]:
    """What a box that reads single packets does to a greeting in two of them tells it from the
    server; so does an answer that comes sooner than the server's could."""
    for do, words, row, path in (
        ("rst", "resets as late as the server's", "A17, D8", "tls.reset.sni"),
        ("drop", "dropped", "A19, D8", "tls.timeout.sni"),
        ("drop_reply", "its answer dropped", "A20, D8", "tls.timeout.sni"),
        ("fin", "ended as late as by the server", "A17 (FIN), D8", "tls.reset.sni"),
        ("alert", "an alert as late as the server's", "A30, D8", "tls.alert.sni"),
    ):
        title = f"one name, {words}, by a box that reads single packets"
        yield _one(f"H1-{do}", title, row, path, replace(_ONE, do=do))  # type: ignore[arg-type]
    early = replace(_ONE, at_rtt=0.3, reassemble=True)
    for do, words, row in (
        ("rst", "reset", "A17 (early)"),
        ("fin", "closed", "A17 (early FIN)"),
    ):
        title = f"one name at one address, {words} sooner than the server could"
        yield _one(f"H2-{do}", title, row, "tls.reset", replace(early, do=do))  # type: ignore[arg-type]


_ONE_OF_TWO: Final = truth("degraded")

_SINGLE: Final = (
    *_web_fronts(),
    *_cut_greetings(),
    blocking(
        "H4",
        "the name of Signal's HTTP/2 host alone is reset",
        of("signal", _ONE_OF_TWO, text=_ONE_OF_TWO),
        reset("=grpc.chat.signal.org"),
        row="A17 (one of two hosts of a function)",
    ),
)

# --- the handshake passes, what follows dies ----------------------------------------------------

_MUTE: Final = blocked("tls.post_handshake")


def _data(*names: str, to: tuple[str, ...] = ()) -> OnSni:
    """Drops all that follows the greeting's second packet."""
    return OnSni(
        label="data",
        names=names,
        match=tcp_to(*to),
        do="drop_both",
        counted="up",
        after_packets=2,
    )


_AFTER: Final = (
    blocking(
        "A43",
        "handshakes that name Signal pass, the data after them is dropped",
        of(
            "signal",
            _MUTE,
            text=truth(
                "blocked|inconclusive",
                why="what tells a censor is asked for one name of a service, not for all",
            ),
        ),
        _data(*SIGNAL),
        row="A43 (true names)",
    ),
    innocent(
        "A43-backend",
        "Signal's fronts greet everybody, and what stands behind them hangs",
        row="A43 (the innocent half)",
        world=hosts(HostPolicy(names=SIGNAL, pace="silent")),
        truths=of("signal", UNCLEAR, text=UNCLEAR, media=UNCLEAR, web=UNCLEAR),
        deviation="its HTTP/2 host goes on answering",
    ),
    innocent(
        "A43-faketls",
        "data after a handshake with somebody's MTProto proxy is dropped",
        _data("*", to=("45.76.81.9/32",)),
        row="A43",
        world={"extra": (ExtraHost(name="mtproxy.example", addresses=("45.76.81.9",)),)},
        fires=(),
        deviation="a proxy that nobody asks about: what is asked directly works",
    ),
)

# --- what no single place can tell --------------------------------------------------------------

_CUT_SIGNUP: Final = of("whatsapp", UNCLEAR, signup=UNCLEAR)

L2: Final = pair(
    "L2",
    "A17 (one name)",
    ("resets at one name, on listed addresses only, at full RTT", _CUT_SIGNUP),
    ("the registration front works, its backend is dead", of("whatsapp", UNCLEAR, signup=UNCLEAR)),
    reset(SIGNUP, match=tcp_to(*at(SIGNUP)), at_rtt=1.0),
    innocent_world=hosts(dead_backend(SIGNUP)),
)
_L8: Final = pair(
    "L8",
    "A30 (one name)",
    ("a forged alert at one name, on listed addresses only, at full RTT", _CUT_SIGNUP),
    (
        "the registration front works, its backend answers with an alert",
        of("whatsapp", UNCLEAR, signup=UNCLEAR),
    ),
    OnSni(label="alert", names=(SIGNUP,), match=tcp_to(*at(SIGNUP)), do="alert", at_rtt=1.0),
    innocent_world=hosts(HostPolicy(names=(SIGNUP,), tls="alert")),
)

SCENARIOS: Final = (*_WHOLE, *_SINGLE, *_AFTER, *L2, *_L8)
