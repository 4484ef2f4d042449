"""Is a certificate forged, or is the list of trusted authorities, or the clock, of another age?"""

from collections.abc import Iterator
from typing import Any, Final

from msgprobe.catalog.loader import load
from msgprobe.model.target import Trust
from tests.lab.censor import Match, PassOnly
from tests.lab.scenario import CORE, OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    CLOSED,
    COMPANY,
    FAULT,
    MESSENGER,
    QUIET,
    RE_SIGNED,
    RESOLVER,
    UNCLEAR,
    blocked,
    drop_udp,
    hosts,
    of,
    reset,
    tls_to_box,
)
from tests.lab.world.config import HostPolicy, Mitm, Tls

_MITM: Final = blocked("tls.mitm")

# --- somebody re-signs --------------------------------------------------------------------------


def _trusted(id_: str, title: str, **more: Any) -> Scenario:
    """Signal's chat hosts are forged under an authority that everybody trusts."""
    return blocking(
        id_,
        title,
        of("signal", _MITM, text=_MITM, media=OK),
        tls_to_box(),
        row="A27 (an authority that everybody trusts)",
        world={"mitm": Mitm(names=("chat.signal.org",), issuer="public")},
        **more,
    )


_RESIGNED: Final = (
    blocking(
        "A27",
        "certificates forged for one messenger's names",
        of("messenger", _MITM),
        tls_to_box(),
        world={"mitm": Mitm(names=MESSENGER)},
    ),
    _trusted("M1", "Signal's chat hosts show a certificate of a public authority"),
    innocent(
        "M2",
        "the same at every name but Signal's own: nobody is harmed",
        tls_to_box(to=at("updates.signal.org")),
        row="none (public authorities sign for everybody)",
        world={"mitm": Mitm(names=("updates.signal.org",), issuer="public")},
        deviation="a host whose authority is a public one has merely changed it",
    ),
    innocent(
        "A28",
        "Messenger is re-signed under a root that this device was told to believe",
        tls_to_box(),
        world={"mitm": Mitm(names=MESSENGER, issuer="corporate")},
        truths=of("messenger", truth("ok|blocked|inconclusive")),
        env=COMPANY,
        notes=("own_roots",),
        deviation="the truth is intercepted: with SSL_CERT_FILE the user decides whom to believe, "
        "and a note says what that means; the built-in store would not hold that root",
    ),
    innocent(
        "I21",
        "an antivirus re-signs every certificate",
        tls_to_box("av"),
        world={"mitm": Mitm(names=("*",), issuer="corporate")},
        truths=dict.fromkeys(CORE, UNCLEAR),
        notes=("tls_inspection",),
        deviation="services that show nothing but TLS stay inconclusive, as the licences say",
    ),
    innocent(
        "I22",
        "corporate egress: ports 80 and 443 only, no UDP, everything re-signed",
        PassOnly(
            label="only",
            holes=(Match(proto=("tcp",), ports=(80, 443, 10443)), Match(to=(RESOLVER,))),
        ),
        tls_to_box(),
        world={"mitm": Mitm(names=("*",), issuer="corporate")},
        others=QUIET,
        notes=("tls_inspection", "udp_blocked"),
        usable=False,
    ),
)

# --- the servers' own certificates --------------------------------------------------------------

_FRONTS: Final = of("messenger", truth("ok|inconclusive|down"), web=FAULT, text=OK)
"""The truth where Messenger's web fronts have a fault that everybody sees."""

_PINNED: Final = tuple(
    f"={e.host}"
    for s in load().services
    if s.name == "signal"
    for e in s.endpoints
    if e.host is not None and e.trust is not Trust.PUBLIC
)
"""Signal's names whose certificates come from its own authority."""


def _bad_for_everybody() -> Iterator[Scenario]:
    """OONI's cases 1 to 3."""
    flaws: tuple[tuple[str, str, Tls], ...] = (
        ("1", "signed by an authority that nobody knows", "new_root"),
        ("2", "expired", "expired"),
        ("3", "for another name", "wrong_name"),
    )
    for number, words, flaw in flaws:
        yield innocent(
            f"O{number}",
            f"Messenger's web fronts show everybody a certificate that is {words}",
            truths=_FRONTS,
            row=f"OONI {number}",
            world=hosts(HostPolicy(names=("www.facebook.com",), tls=flaw)),
        )


_SERVERS: Final = (
    *_bad_for_everybody(),
    innocent(
        "O1c",
        "the same for whatever name Messenger's web fronts are asked for",
        truths=_FRONTS,
        row="OONI 1",
        world=hosts(HostPolicy(names=("www.facebook.com",), tls="new_root", whole_server=True)),
    ),
    innocent(
        "O1b",
        "Signal's own hosts sign themselves, for everybody",
        truths=of("signal", FAULT, text=FAULT),
        row="OONI 1",
        world=hosts(HostPolicy(names=("chat.signal.org",), tls="self_signed")),
        look_alike=True,
    ),
    innocent(
        "I34",
        "Signal has changed its certificate authority",
        truths=of("signal", truth("ok|inconclusive")),
        world=hosts(HostPolicy(names=_PINNED, tls="new_root")),
        look_alike=True,
    ),
    innocent(
        "K4",
        "servers known by their certificates have all got new ones",
        row="-",
        services=("session", "simplex"),
        world=hosts(
            HostPolicy(names=("pool:session/seeds", "pool:simplex/smp"), tls="new_root"),
            HostPolicy(names=("pool:simplex/xftp",), tls="self_signed"),
        ),
        truths={
            **of("session", UNCLEAR, text=UNCLEAR, media=OK),
            **of("simplex", UNCLEAR, text=UNCLEAR, media=UNCLEAR),
        },
        usable=False,
    ),
    blocking(
        "S4",
        "after STARTTLS somebody shows certificates of his own",
        of("xmpp", UNCLEAR, text=UNCLEAR),
        row="A27 (another protocol)",
        world=hosts(HostPolicy(names=("pool:xmpp/starttls",), tls="self_signed")),
        args=("--quick",),
        services=("xmpp", "matrix"),
        usable=False,
        deviation="no neutral server speaks XMPP, so that nothing shows the certificates forged",
    ),
)


def _clocks() -> Iterator[Scenario]:
    """The world's clock is as far ahead as the device's is behind."""
    for id_, words, days, deviation in (
        (
            "I23",
            "behind",
            3.0,
            "the world is three days ahead, with certificates of yesterday",
        ),
        ("I23b", "ahead", -3.0, "the world is three days behind"),
    ):
        yield innocent(
            id_,
            f"the clock is three days {words}",
            row="I23",
            world={"skew_days": days, "cert_age_days": 1.0},
            notes=("clock_skew",),
            deviation=deviation,
        )


# --- inspection: known by the agreement of issuers ----------------------------------------------

_ALL: Final = Mitm(names=("*",), issuer="corporate")
_HOME_RU: Final = ("ya.ru", "m.vk.ru", "web.max.ru", "www.gosuslugi.ru", "www.ozon.ru")

_INSPECTED: Final = (
    innocent(
        "MI1",
        "a company re-signs everything, and its root is in the user's own list",
        tls_to_box(),
        row="A28 (everything)",
        world={"mitm": _ALL},
        env=COMPANY,
        truths=RE_SIGNED,
        notes=("tls_inspection", "own_roots"),
    ),
    innocent(
        "MI2",
        "the same, and Signal and one neutral site are exempt",
        tls_to_box(),
        row="A28 (everything, some exempt)",
        world={
            "mitm": Mitm(names=("*",), exempt=("signal.org", "www.python.org"), issuer="corporate")
        },
        env=COMPANY,
        truths={k: v for k, v in RE_SIGNED.items() if not k.startswith("signal")},
        notes=("tls_inspection",),
    ),
    innocent(
        "MI3",
        "a box re-signs everything but two neutral sites, under a root that nobody here trusts",
        tls_to_box(),
        row="I21 (some exempt)",
        world={
            "mitm": Mitm(
                names=("*",), exempt=("www.python.org", "www.debian.org"), issuer="corporate"
            )
        },
        args=("--quick",),
        truths=RE_SIGNED,
        notes=("tls_inspection",),
    ),
    blocking(
        "MI4",
        "a company re-signs everything under a root that the user trusts, and resets Messenger",
        {
            **{k: v for k, v in RE_SIGNED.items() if not k.startswith("messenger")},
            **of("messenger", blocked("tls.reset")),
        },
        reset(*MESSENGER),
        tls_to_box(),
        row="A16 (under inspection)",
        world={"mitm": _ALL},
        env=COMPANY,
        notes=("tls_inspection",),
    ),
    innocent(
        "MI5",
        "a state's root re-signs everything, and nobody is singled out",
        tls_to_box(),
        row="A27 (everything)",
        world={"mitm": Mitm(names=("*",), issuer="private")},
        truths=RE_SIGNED,
        notes=("tls_inspection", "state_root_kz"),
    ),
    innocent(
        "MI6",
        "the company's root is in the user's list, and nobody re-signs anything",
        row="none (innocent twin of MI1)",
        env=COMPANY,
        notes=("own_roots",),
        never=("tls_inspection",),
    ),
    innocent(
        "MI7",
        "the user's list holds no authority that browsers know, as on a test bed; all is well",
        row="none (innocent twin of MI1)",
        env=CLOSED,
        lab={"trust": None},
        notes=("own_roots",),
        never=("tls_inspection",),
    ),
    innocent(
        "MI8",
        "domestic sites live under their state's authority; nobody re-signs anything",
        row="none (innocent twin of MI5)",
        world={"country": "RU", **hosts(HostPolicy(names=_HOME_RU, tls="national"))},
        args=("--country", "RU"),
        never=("tls_inspection", "state_root_ru"),
    ),
    innocent(
        "MI9",
        "three neutral sites have moved to a public authority that this tool's list lacks",
        row="none (innocent twin of MI3)",
        world=hosts(
            HostPolicy(names=("www.debian.org", "dns.google", "www.gnu.org"), tls="new_root")
        ),
        never=("tls_inspection",),
    ),
    innocent(
        "MI10",
        "a company re-signs everything; the user's list holds no authority that browsers know",
        tls_to_box(),
        row="A28 (everything)",
        world={"mitm": _ALL},
        env=COMPANY,
        lab={"trust": None},
        truths=RE_SIGNED,
        notes=("tls_inspection",),
    ),
    _trusted(
        "MI11",
        "Signal's chat hosts show a certificate of the authority of all, on such a test bed",
        env=CLOSED,
        lab={"trust": None},
        never=("tls_inspection",),
    ),
)

# --- forgers: known by agreement across services ------------------------------------------------

_TWO: Final = (*MESSENGER, "telegram.org")
_FACEBOOK_6: Final = tuple(a for a in at(*MESSENGER) if ":" in a)
_FACEBOOK_4: Final = tuple(a for a in at(*MESSENGER) if ":" not in a)
_FRONT_UNCLEAR: Final = of("messenger", truth("ok|inconclusive"), web=UNCLEAR)
_HALF: Final = truth("degraded|blocked", "tls.mitm")

_FORGED: Final = (
    blocking(
        "MF1",
        "one self-signed certificate for two unrelated services, at their own addresses alone",
        {**of("messenger", _MITM), **of("signal", _MITM, text=_MITM)},
        tls_to_box(to=at(*MESSENGER, "chat.signal.org")),
        row="A27 (by address)",
        world={
            "mitm": Mitm(
                names=(*MESSENGER, "chat.signal.org"),
                issuer="self_signed",
                certificate="gateway.example",
            )
        },
    ),
    blocking(
        "MF2",
        "a state's authority signs for two unrelated services, at their own addresses alone",
        {**of("messenger", _MITM), **of("signal", _MITM)},
        tls_to_box(to=at(*MESSENGER, "signal.org")),
        row="A27 (by address)",
        world={"mitm": Mitm(names=("*",), issuer="private")},
        notes=("state_root_kz",),
    ),
    blocking(
        "MF3",
        "certificates forged for Messenger's names over IPv4 alone",
        of("messenger", _HALF),
        tls_to_box(family=4),
        row="A27 (one family)",
        world={"mitm": Mitm(names=MESSENGER)},
    ),
    blocking(
        "MF4",
        "certificates forged at Messenger's own addresses of IPv4 alone",
        of("messenger", _HALF),
        tls_to_box(to=_FACEBOOK_4),
        row="A27 (one family, by address)",
        world={"mitm": Mitm(names=MESSENGER)},
    ),
    blocking(
        "MF5",
        "certificates forged at Messenger's own addresses; QUIC passes",
        of("messenger", _MITM),
        tls_to_box(to=at(*MESSENGER), proto=("tcp",)),
        row="A27 (by address)",
        world={"mitm": Mitm(names=MESSENGER)},
    ),
    blocking(
        "MF6",
        "the same without QUIC: one service, and no second way to its certificate",
        of("messenger", truth("inconclusive|blocked")),
        drop_udp("udp", ports=(443,)),
        tls_to_box(to=at(*MESSENGER), proto=("tcp",)),
        row="A27 (by address)",
        world={"mitm": Mitm(names=MESSENGER)},
        usable=False,
        deviation="one service whose every host shows one unknown authority may have changed it",
    ),
    innocent(
        "MF7",
        "two services' fronts show everybody what nobody has given them yet, each its own",
        row="none (innocent twin of MF1)",
        world=hosts(HostPolicy(names=("www.facebook.com", "telegram.org"), tls="untouched")),
        truths={**_FRONT_UNCLEAR, **of("telegram", truth("ok|inconclusive|degraded"))},
        usable=False,
    ),
    innocent(
        "MF8",
        "two services have moved to a public authority that this tool's list lacks",
        row="none (innocent twin of MF2)",
        world=hosts(HostPolicy(names=(*MESSENGER, "updates.signal.org"), tls="new_root")),
        truths={
            **of("messenger", truth("inconclusive")),
            **of("signal", truth("ok|inconclusive|degraded"), text=OK),
        },
        usable=False,
    ),
    innocent(
        "MF9",
        "Messenger's web front shows a certificate of its own making over IPv6 alone",
        row="none (innocent twin of MF3)",
        world=hosts(
            HostPolicy(names=("www.facebook.com",), addresses=_FACEBOOK_6, tls="self_signed")
        ),
        truths=of("messenger", truth("ok|degraded|inconclusive")),
    ),
    innocent(
        "MF10",
        "two services of a country live under its state's authority, as its other sites do",
        row="none (innocent twin of MF2)",
        services=("vk", "max", "signal"),
        world={
            "country": "RU",
            **hosts(HostPolicy(names=("service:vk", "service:max", *_HOME_RU), tls="national")),
        },
        args=("--country", "RU"),
        never=("state_root_ru",),
        truths={**of("vk", UNCLEAR), **of("max", UNCLEAR)},
        usable=False,
    ),
    innocent(
        "MF11",
        "two services that trust their own authorities alone work as ever",
        row="none (innocent twin of MF1)",
        services=("signal", "session", "simplex"),
    ),
)

SCENARIOS: Final = (*_RESIGNED, *_INSPECTED, *_FORGED, *_SERVERS, *_clocks())
