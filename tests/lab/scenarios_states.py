"""More states of the connection: lines that come and go, allow-lists, cuts, faults of the device.

Rows C of the facts' exam that `scenarios_connection` lacks, and the innocent rows whose truth is a
state and not a service's word.
"""

from tests.lab.censor import Action, Drop, Match, OnSni, PassOnly, PortRewrite, RstOnSyn, Throttle
from tests.lab.scenario import GOOD, Scenario, at, truth
from tests.lab.scenarios_blocking import TELEGRAM, TELEGRAM_DC, WHATSAPP
from tests.lab.scenarios_connection import KZ_HOME, LTE, RESOLVER, RU_HOME, UNTOLD
from tests.lab.world.config import HttpInterceptor, Mitm

_QUIET = truth("ok|degraded|inconclusive|not_tested")
"""Anything but an accusation."""

_LIVE_HOME = (*KZ_HOME, "10.0.0.0/8")
_TWICE = truth("ok|degraded|throttled|inconclusive")


def _silent(label: str, on: float, period: float, phase: float, *, home: bool = False) -> Drop:
    """The whole line (or all that is foreign) is dead for ``on`` seconds of every ``period``."""
    match = Match(
        not_to=_LIVE_HOME if home else (),
        direction="both",
        period_s=period,
        on_s=on,
        phase_s=phase,
    )
    return Drop(label=label, match=match)


def _gap(id_: str, on: float, period: float, phase: float, *states: str) -> Scenario:
    """Row C3 at one of its moments: when the silence falls decides what one run can see."""
    return Scenario(
        id=id_,
        title=f"mobile mostly off: foreign packets die for {on:.0f} s of every {period:.0f} s, "
        f"from second {phase:.0f} on",
        kind="connection",
        row="C3",
        link=LTE,
        args=("--country", "KZ"),
        world={"country": "KZ"},
        actions=(
            _silent("off", on, period, phase, home=True),
            Throttle(
                label="thin", do="shape", kbit=300, shared=True, match=Match(direction="both")
            ),
        ),
        others=_QUIET,
        states=states,
        fires=("off",),
        usable=False,
        deviation="the moment within the period is given, not drawn",
    )


_LISTED_NAMES = ("ya.ru", "m.vk.ru", "max.ru", "gosuslugi.ru")

COMES_AND_GOES: tuple[Scenario, ...] = (
    Scenario(
        id="C1",
        title="the line is silent for 20 s in every 90 s; WhatsApp and Telegram lose 25 %",
        kind="connection",
        row="C1",
        link=LTE,
        actions=(
            _silent("silence", 20, 90, 3),
            Throttle(
                label="lose",
                match=Match(to=(*at(*WHATSAPP, *TELEGRAM), *TELEGRAM_DC), direction="both"),
                do="lose",
                loss=0.25,
            ),
        ),
        truths={"whatsapp": _TWICE, "telegram": _TWICE},
        others=_QUIET,
        states=("intermittent",),
        fires=("silence",),
        usable=False,
        deviation="the silence begins 3 s after the first packet",
    ),
    Scenario(
        id="C1b",
        title="a healthy line that is silent for 9 s once, which may go unseen and blames nobody",
        kind="connection",
        row="C1",
        link=LTE,
        actions=(_silent("silence", 9, 300, 2.5),),
        others=_QUIET,
        states=("intermittent", "online", "bad_link"),
        fires=("silence",),
        usable=False,
    ),
    Scenario(
        id="C1c",
        title="a line that is silent for 10 s of every 22 s",
        kind="connection",
        row="C1",
        link=GOOD,
        actions=(_silent("silence", 10, 22, 3),),
        others=_QUIET,
        states=("intermittent",),
        fires=("silence",),
        usable=False,
    ),
    _gap("C3", 21, 30, -9, "intermittent"),
    _gap("C3b", 60, 90, 9, "intermittent"),
    _gap("C3c", 90, 120, -1, "no_internet", "domestic_only", "allowlist"),
)


def _portal_worlds() -> tuple[Scenario, ...]:
    """Leaky portals: what passes before the login differs from one to the next."""
    shut = Drop(label="rest", match=Match(not_ports=(53, 80, 10080), proto=("tcp",)))
    http = PortRewrite(label="http", match=Match(ports=(80,)), to_port=10080)
    return (
        Scenario(
            id="I11b",
            title="leaky portal: pages are replaced, port 443 is dropped, one sentinel passes",
            kind="connection",
            row="I11",
            actions=(http, shut),
            world={
                "http": HttpInterceptor(
                    names=("*",), exempt=("detectportal.firefox.com",), does="portal"
                )
            },
            others=UNTOLD,
            states=("captive_portal",),
            fires=("http", "rest"),
            usable=False,
        ),
        Scenario(
            id="I11c",
            title="leaky portal: pages are replaced, two sentinels and one whole site pass",
            kind="connection",
            row="I11",
            actions=(
                http,
                PortRewrite(
                    label="tls",
                    match=Match(ports=(443,), not_to=at("www.wikipedia.org")),
                    to_port=10443,
                ),
            ),
            world={
                "mitm": Mitm(names=("*",), issuer="self_signed", page="portal"),
                "http": HttpInterceptor(
                    names=("*",),
                    exempt=("detectportal.firefox.com", "captive.apple.com"),
                    does="portal",
                ),
            },
            others=truth("inconclusive|not_tested|ok"),
            states=("captive_portal",),
            fires=("http", "tls"),
            usable=False,
        ),
    )


def _kz(id_: str, title: str, row: str, *holes: Match, states: str = "shutdown") -> Scenario:
    """Everything is dropped but ``holes``."""
    return Scenario(
        id=id_,
        title=title,
        kind="connection",
        row=row,
        actions=(PassOnly(label="off", holes=holes),),
        others=UNTOLD,
        states=(states,),
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("off",),
        usable=False,
    )


CUTS: tuple[Scenario, ...] = (
    Scenario(
        id="C11",
        title="allow-list by address and name: others are refused, listed addresses need a "
        "listed name",
        kind="connection",
        row="C11",
        link=LTE,
        actions=(
            RstOnSyn(label="refuse", match=Match(not_to=(*RU_HOME, RESOLVER), proto=("tcp",))),
            OnSni(label="name", names=("*",), but=_LISTED_NAMES, do="drop"),
            Drop(label="udp", match=Match(not_to=(RESOLVER,), proto=("udp", "icmp"))),
        ),
        others=UNTOLD,
        states=("allowlist",),
        args=("--country", "RU"),
        world={"country": "RU"},
        fires=("refuse",),
        usable=False,
    ),
    Scenario(
        id="C13",
        title="IPv6 and QUIC are switched off",
        kind="innocent",
        row="C13",
        actions=(
            Drop(label="six", match=Match(family=6, proto=("tcp", "udp"))),
            Drop(label="quic", match=Match(proto=("udp",), ports=(443,), family=4)),
        ),
        notes=("ipv6_broken",),
        fires=("six",),
    ),
    Scenario(
        id="C14b",
        title="no carrier",
        kind="connection",
        row="C14",
        lab={"access": "no_link"},
        others=UNTOLD,
        states=("local_fault",),
        usable=False,
    ),
    Scenario(
        id="C16b",
        title="port 443 is dropped everywhere, port 80 works",
        kind="connection",
        row="C (20 August 2025, TCP/443 to everything)",
        actions=(Drop(label="443", match=Match(ports=(443,), proto=("tcp",))),),
        others=truth("inconclusive|not_tested|ok|degraded"),
        states=("shutdown",),
        fires=("443",),
        usable=False,
    ),
    _kz(
        "C4b",
        "blackout whose one hole is a foreign resolver over UDP",
        "C4",
        Match(proto=("udp",), ports=(53,), to=("8.8.8.8/32", RESOLVER)),
    ),
    _kz(
        "C4c",
        "blackout whose one hole is ICMP",
        "C4",
        Match(proto=("icmp",)),
        Match(to=(RESOLVER,)),
    ),
    _kz(
        "C4d",
        "blackout with holes for time and chat ports (TCP 123, 5222)",
        "C4",
        Match(proto=("tcp",), ports=(123, 5222)),
    ),
)


def _firewall(id_: str, title: str, *commands: str, states: str = "local_fault") -> Scenario:
    """A rule of the client's own kernel."""
    return Scenario(
        id=id_,
        title=title,
        kind="connection",
        row="I28",
        lab={"client_commands": tuple(tuple(c.split()) for c in commands)},
        others=UNTOLD,
        states=(states,),
        usable=False,
    )


LOCAL: tuple[Scenario, ...] = (
    _firewall(
        "I28",
        "a firewall on the device refuses every connection at once",
        "ip route add local 0.0.0.0/1 dev lo table 77",
        "ip route add local 128.0.0.0/1 dev lo table 77",
        "ip -6 route add local ::/1 dev lo table 77",
        "ip -6 route add local 8000::/1 dev lo table 77",
        "ip rule add to 10.77.0.53/32 lookup main pref 5",
        "ip rule add lookup 77 pref 6",
        "ip -6 rule add lookup 77 pref 6",
    ),
    _firewall(
        "I28b",
        "a rule on the device forbids everything (EACCES), the resolver excepted",
        "ip rule add to 10.77.0.53/32 lookup main pref 5",
        "ip rule add prohibit pref 6",
        "ip -6 rule add prohibit pref 6",
    ),
    _firewall(
        "I28c",
        "a rule on the device forbids everything, the resolver too",
        "ip rule add prohibit pref 6",
        "ip -6 rule add prohibit pref 6",
    ),
)

SLOW: tuple[Scenario, ...] = (
    Scenario(
        id="I39",
        title="the data plan is used up: all traffic together is held to 64 kbit/s",
        kind="innocent",
        row="I39",
        link=LTE,
        actions=(
            Throttle(
                label="cap", kbit=64, bucket_bytes=8000, shared=True, match=Match(direction="both")
            ),
        ),
        others=_QUIET,
        states=("bad_link",),
        notes=("plan_cap",),
        fires=("cap",),
        usable=False,
    ),
    Scenario(
        id="I39b",
        title="the data plan is used up: all traffic together is queued to 128 kbit/s",
        kind="innocent",
        row="I39",
        link=LTE,
        actions=(
            Throttle(
                label="cap",
                do="shape",
                kbit=128,
                queue_ms=1500,
                shared=True,
                match=Match(direction="both"),
            ),
        ),
        others=_QUIET,
        states=("bad_link",),
        notes=("plan_cap",),
        fires=("cap",),
        usable=False,
    ),
    Scenario(
        id="I43",
        title="peak hour: everything abroad gets 400 kbit/s and loses 8 %, the country is fine",
        kind="innocent",
        row="I43",
        args=("--country", "KZ"),
        world={"country": "KZ"},
        actions=(
            Throttle(
                label="rate",
                do="shape",
                kbit=400,
                shared=True,
                match=Match(not_to=_LIVE_HOME, direction="both"),
            ),
            Throttle(
                label="loss",
                do="lose",
                loss=0.08,
                match=Match(not_to=_LIVE_HOME, direction="both"),
            ),
        ),
        others=_QUIET,
        states=("online", "bad_link"),
        fires=("rate", "loss"),
        usable=False,
    ),
)

_PROXY_ONLY: tuple[Action, ...] = (
    PassOnly(label="off", holes=(Match(to=("10.77.0.1/32", RESOLVER)),)),
)

PROXIES: tuple[Scenario, ...] = (
    Scenario(
        id="R1",
        title="a network that only a proxy leads out of, and the environment names it",
        kind="connection",
        row="none (proxy-only network)",
        actions=_PROXY_ONLY,
        env={"HTTPS_PROXY": "http://10.77.0.1:3128", "HTTP_PROXY": "http://10.77.0.1:3128"},
        others=UNTOLD,
        states=("no_internet",),
        notes=("proxy_only",),
        fires=("off",),
        usable=False,
    ),
    Scenario(
        id="R2",
        title="a proxy is named, the network works without it too",
        kind="innocent",
        row="none (proxy set)",
        env={"HTTPS_PROXY": "http://10.77.0.1:3128"},
        notes=("proxy_configured",),
    ),
)

STATES: tuple[Scenario, ...] = (
    *COMES_AND_GOES,
    *CUTS,
    *LOCAL,
    *SLOW,
    *PROXIES,
    *_portal_worlds(),
)
