"""Is a certificate forged, or is the list of trusted authorities, or the clock, of another age?"""

from collections.abc import Iterator
from typing import Any, Final

from msgprobe.catalog.loader import load
from msgprobe.model.target import Trust
from tests.lab.censor import Drop, Match, PassOnly
from tests.lab.scenario import CORE, OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    CLOSED,
    COMPANY,
    MESSENGER,
    RE_SIGNED,
    RESOLVER,
    RU_NAMES,
    UNCLEAR,
    blocked,
    hosts,
    of,
    reset,
    tls_to_box,
)
from tests.lab.world.config import HostPolicy, Mitm, ResolverPolicy, Tls

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
        truths=of(
            "messenger",
            truth(
                "ok|inconclusive",
                why="the user has said whom to believe, and a note says what that means",
            ),
        ),
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
        others=UNCLEAR,
        notes=("tls_inspection", "udp_blocked"),
        usable=False,
    ),
)

# --- the servers' own certificates --------------------------------------------------------------

_FRONTS: Final = of("messenger", UNCLEAR, web=UNCLEAR, text=OK)
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
        truths=of("signal", UNCLEAR, text=UNCLEAR),
        row="OONI 1",
        world=hosts(HostPolicy(names=("chat.signal.org",), tls="self_signed")),
        look_alike=True,
    ),
    innocent(
        "I34",
        "Signal has changed its certificate authority",
        truths=of("signal", UNCLEAR),
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
    behind: dict[str, Any] = {"skew_days": 3.0, "cert_age_days": 1.0}
    yield innocent(
        "I23c",
        "the clock is three days behind, and the provider's resolver is dead for every name",
        row="I23",
        world={**behind, "resolvers": (ResolverPolicy(dead=True),)},
        states=("dns_fault",),
        notes=("clock_skew",),
        deviation="no page says what the time is: certificates alone do",
    )
    yield innocent(
        "I23d",
        "the clock is three days behind, and nothing passes to port 80",
        Drop(match=Match(proto=("tcp",), ports=(80,))),
        row="I23",
        world=behind,
        notes=("clock_skew",),
        deviation="no page says what the time is: certificates alone do",
    )


# --- inspection: known by the agreement of issuers ----------------------------------------------

_ALL: Final = Mitm(names=("*",), issuer="corporate")

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
        world={"country": "RU", **hosts(HostPolicy(names=RU_NAMES, tls="national"))},
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

SCENARIOS: Final = (*_RESIGNED, *_INSPECTED, *_SERVERS, *_clocks())
