"""Is it the connection itself? Lines that die or come and go, faults of the device, portals."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tests.lab.censor import Drop, Match, PassOnly, Throttle
from tests.lab.scenario import GOOD, Scenario, at, truth
from tests.lab.scenarios.kinds import connection, innocent
from tests.lab.scenarios.shared import (
    COMPANY,
    GATEWAY,
    LTE,
    NOT_ABROAD,
    RE_SIGNED,
    RESOLVER,
    SILENT,
    TELEGRAM,
    TELEGRAM_DC,
    UNCLEAR,
    WHATSAPP,
    http_to_box,
    of,
    tcp_to,
    tls_to_box,
)
from tests.lab.world.config import HttpInterceptor, Mitm, captive_portal

# --- lines that die, or come and go -------------------------------------------------------------


def _silent(label: str, on: float, period: float, phase: float, **match: Any) -> Drop:
    """The line is dead for ``on`` seconds of every ``period``."""
    when = Match(direction="both", period_s=period, on_s=on, phase_s=phase, **match)
    return Drop(label=label, match=when)


def _mostly_off(id_: str, on: float, period: float, phase: float, states: str) -> Scenario:
    """Row C3 at one of its moments: when the silence falls decides what one run can see."""
    return connection(
        id_,
        f"mobile mostly off: foreign packets die for {on:.0f} s of every {period:.0f} s, "
        f"from second {phase:.0f} on",
        states,
        _silent("off", on, period, phase, not_to=NOT_ABROAD),
        Throttle(label="thin", do="shape", kbit=300, shared=True, match=Match(direction="both")),
        row="C3",
        link=LTE,
        country="KZ",
        others=SILENT,
        fires=("off",),
        deviation="the moment within the period is given, not drawn",
    )


def _falls_silent() -> Iterator[Scenario]:
    """Nothing else is wrong with the line."""
    once = ("off", 600.0, 1200.0)
    for id_, title, states, row, silence, link in (
        (
            "C1b",
            "a healthy line that is silent for 9 s once, which may go unseen and blames nobody",
            "intermittent|online|bad_link",
            "C1",
            _silent("silence", 9, 300, 2.5),
            LTE,
        ),
        (
            "C1c",
            "a line that is silent for 10 s of every 22 s",
            "intermittent",
            "C1",
            _silent("silence", 10, 22, 3),
            GOOD,
        ),
        (
            "C17",
            "the line dies in the middle of the run",
            "intermittent|no_internet",
            "C1 (once)",
            _silent(*once, 3.0),
            GOOD,
        ),
        (
            "C18",
            "a dead line wakes after 5 s",
            "intermittent|online|bad_link",
            "C1 (once)",
            _silent(*once, -595.0),
            GOOD,
        ),
    ):
        yield connection(id_, title, states, silence, row=row, link=link, others=SILENT)


_LOSSY: Final = truth(
    "ok|degraded|throttled|inconclusive",
    why="the line is silent a fifth of the time: chance says how much of the loss is seen",
)

_LINES: Final = (
    connection(
        "C8",
        "everything past the gateway is dropped, the resolver too",
        "no_internet",
        Drop(label="off", match=Match(direction="both")),
    ),
    connection(
        "C1",
        "the line is silent for 20 s in every 90 s; WhatsApp and Telegram lose 25 %",
        "intermittent",
        _silent("silence", 20, 90, 3),
        Throttle(
            label="lose",
            match=Match(to=(*at(*WHATSAPP, *TELEGRAM), *TELEGRAM_DC), direction="both"),
            do="lose",
            loss=0.25,
        ),
        link=LTE,
        truths={**of("whatsapp", _LOSSY), **of("telegram", _LOSSY)},
        others=SILENT,
        fires=("silence",),
        deviation="the silence begins 3 s after the first packet",
    ),
    *_falls_silent(),
    _mostly_off("C3", 21, 30, -9, "intermittent"),
    _mostly_off("C3b", 60, 90, 9, "intermittent"),
    _mostly_off("C3c", 90, 120, -1, "no_internet|domestic_only|allowlist"),
)

# --- faults of the device -----------------------------------------------------------------------


def _commands(*lines: str) -> dict[str, Any]:
    """Rules of the client's own kernel."""
    return {"client_commands": tuple(tuple(line.split()) for line in lines)}


_KEEP_RESOLVER: Final = "ip rule add to 10.77.0.53/32 lookup main pref 5"
_FORBID: Final = ("ip rule add prohibit pref 6", "ip -6 rule add prohibit pref 6")


def _device() -> Iterator[Scenario]:
    """Faults that no packet can leave."""
    for id_, title, row, lab in (
        ("C14", "no default route", "C14", {"access": "no_route"}),
        ("C14b", "no carrier", "C14", {"access": "no_link"}),
        (
            "I28",
            "a firewall on the device refuses every connection at once",
            "I28",
            _commands(
                "ip route add local 0.0.0.0/1 dev lo table 77",
                "ip route add local 128.0.0.0/1 dev lo table 77",
                "ip -6 route add local ::/1 dev lo table 77",
                "ip -6 route add local 8000::/1 dev lo table 77",
                _KEEP_RESOLVER,
                "ip rule add lookup 77 pref 6",
                "ip -6 rule add lookup 77 pref 6",
            ),
        ),
        (
            "I28b",
            "a rule on the device forbids everything (EACCES), the resolver excepted",
            "I28",
            _commands(_KEEP_RESOLVER, *_FORBID),
        ),
        (
            "I28c",
            "a rule on the device forbids everything, the resolver too",
            "I28",
            _commands(*_FORBID),
        ),
    ):
        yield connection(id_, title, "local_fault", row=row, lab=lab)
    yield innocent(
        "I28d",
        "a rule on the device forbids UDP, the resolver excepted",
        row="I28 (UDP alone)",
        lab=_commands(
            _KEEP_RESOLVER,
            "ip rule add ipproto udp prohibit pref 6",
            "ip -6 rule add ipproto udp prohibit pref 6",
        ),
        truths={
            **of("signal", UNCLEAR, calls=UNCLEAR),
            **of("messenger", UNCLEAR, calls=UNCLEAR),
        },
    )


# --- portals ------------------------------------------------------------------------------------

_SELF_SIGNED: Final = Mitm(names=("*",), issuer="self_signed", page="portal")
_SENTINELS: Final = ("detectportal.firefox.com", "captive.apple.com")


def _pages(*exempt: str) -> HttpInterceptor:
    """Every page is the portal's, but for these."""
    return HttpInterceptor(names=("*",), exempt=exempt, does="portal")


def _rest(*not_ports: int) -> Drop:
    return Drop(label="rest", match=tcp_to(not_ports=not_ports))


_PORTALS: Final = (
    connection(
        "I10",
        "captive portal: every name, page and certificate is its own",
        "captive_portal",
        tls_to_box("tls"),
        http_to_box(),
        _rest(80, 443, 10443, 10080),
        world=captive_portal(),
        fires=(),
    ),
    connection(
        "I11",
        "leaky captive portal: honest DNS, one sentinel passes",
        "captive_portal",
        tls_to_box("tls"),
        http_to_box(),
        _rest(53, 80, 443, 10443, 10080),
        world={"mitm": _SELF_SIGNED, "http": _pages(*_SENTINELS[:1])},
        fires=("http",),
    ),
    connection(
        "I11b",
        "leaky portal: pages are replaced, port 443 is dropped, one sentinel passes",
        "captive_portal",
        http_to_box(),
        _rest(53, 80, 10080),
        row="I11",
        world={"http": _pages(*_SENTINELS[:1])},
    ),
    connection(
        "I11c",
        "leaky portal: pages are replaced, two sentinels and one whole site pass",
        "captive_portal",
        http_to_box(),
        tls_to_box("tls", not_to=at("www.wikipedia.org")),
        row="I11",
        world={"mitm": _SELF_SIGNED, "http": _pages(*_SENTINELS)},
    ),
)

_ONE: Final = Mitm(
    names=("*",), issuer="self_signed", certificate="login.hotel.example", page="portal"
)
_INSPECTS: Final = Mitm(names=("*",), issuer="corporate")


def _answering(id_: str, title: str, shown: Mitm) -> Scenario:
    """A portal that answers TLS so, and replaces every page."""
    return connection(
        id_,
        title,
        "captive_portal",
        tls_to_box("tls"),
        http_to_box(),
        _rest(53, 80, 443, 10443, 10080),
        row="I10",
        world={"mitm": shown, "http": _pages()},
        fires=("tls", "http"),
    )


_ANSWERING: Final = (
    _answering(
        "MP1",
        "portal: one certificate of its own for everything, every page replaced, DNS honest",
        _ONE,
    ),
    _answering(
        "MP2",
        "portal: it signs a certificate for each name, and replaces every page",
        Mitm(names=("*",), issuer="corporate", page="portal"),
    ),
    connection(
        "MP3",
        "leaky portal: one certificate for everything but one site, one sentinel passes",
        "captive_portal",
        http_to_box(),
        tls_to_box("tls", not_to=at("www.gnu.org")),
        row="I11",
        world={"mitm": _ONE, "http": _pages(*_SENTINELS[:1])},
    ),
    _answering(
        "MP4",
        "portal: a public authority's certificate for its own name, whatever is asked for",
        replace(_ONE, issuer="public"),
    ),
    innocent(
        "MP5",
        "a company inspects TLS, and its honest cache carries plain HTTP",
        tls_to_box("tls"),
        http_to_box(),
        row="none (innocent twin of MP2)",
        world={"mitm": _INSPECTS, "http": HttpInterceptor(names=("*",), does="via")},
        truths=RE_SIGNED,
        notes=("tls_inspection",),
    ),
    innocent(
        "MP6",
        "a company inspects TLS under a root that the user trusts, and forbids plain HTTP",
        tls_to_box("tls"),
        http_to_box(),
        row="none (innocent twin of MP2)",
        world={"mitm": _INSPECTS, "http": HttpInterceptor(names=("*",), does="page")},
        env=COMPANY,
        truths=RE_SIGNED,
        notes=("tls_inspection", "plain_http_tampered"),
    ),
    innocent(
        "MP7",
        "every page of plain HTTP is replaced, and TLS is left alone",
        http_to_box(),
        row="none (innocent twin of MP1)",
        world={"http": _pages()},
        notes=("plain_http_tampered",),
    ),
)

# --- proxies of the user's ----------------------------------------------------------------------

_HTTPS: Final = {"HTTPS_PROXY": "http://10.77.0.1:3128"}

_PROXIES: Final = (
    connection(
        "R1",
        "a network that only a proxy leads out of, and the environment names it",
        "no_internet",
        PassOnly(label="off", holes=(Match(to=(GATEWAY, RESOLVER)),)),
        row="none (proxy-only network)",
        env={**_HTTPS, "HTTP_PROXY": "http://10.77.0.1:3128"},
        notes=("proxy_only",),
    ),
    innocent(
        "R2",
        "a proxy is named, the network works without it too",
        row="none (proxy set)",
        env=_HTTPS,
        notes=("proxy_configured",),
    ),
)

SCENARIOS: Final = (*_LINES, *_device(), *_PORTALS, *_ANSWERING, *_PROXIES)
