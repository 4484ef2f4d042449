"""Does one hand sign for services that are strangers to each other, or at half of a name?"""

from typing import Any, Final

from tests.lab.censor import Action
from tests.lab.scenario import OK, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    MESSENGER,
    RU_NAMES,
    UNCLEAR,
    blocked,
    drop_udp,
    hosts,
    of,
    tls_to_box,
)
from tests.lab.world.config import HostPolicy, Issuer, Mitm

_MITM: Final = blocked("tls.mitm")
_TWO: Final = (*MESSENGER, "telegram.org")
_FACEBOOK_6: Final = tuple(a for a in at(*MESSENGER) if ":" in a)
_FACEBOOK_4: Final = tuple(a for a in at(*MESSENGER) if ":" not in a)
_FRONT_UNCLEAR: Final = of("messenger", UNCLEAR, web=UNCLEAR)
_HALF: Final = truth("degraded", "tls.mitm")


def _as_messenger(
    id_: str,
    title: str,
    said: Truth,
    *actions: Action,
    row: str = "A27 (by address)",
    issuer: Issuer = "corporate",
    **more: Any,
) -> Scenario:
    """Certificates are forged for Messenger's names, wherever the actions lead to the forger."""
    world = {"mitm": Mitm(names=MESSENGER, issuer=issuer)}
    return blocking(id_, title, of("messenger", said), *actions, row=row, world=world, **more)


SCENARIOS: Final = (
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
    _as_messenger(
        "MF3",
        "certificates forged for Messenger's names over IPv4 alone",
        _HALF,
        tls_to_box(family=4),
        row="A27 (one family)",
    ),
    _as_messenger(
        "MF4",
        "certificates forged at Messenger's own addresses of IPv4 alone",
        _HALF,
        tls_to_box(to=_FACEBOOK_4),
        row="A27 (one family, by address)",
    ),
    _as_messenger(
        "MF5",
        "certificates forged at Messenger's own addresses; QUIC passes",
        _MITM,
        tls_to_box(to=at(*MESSENGER), proto=("tcp",)),
    ),
    _as_messenger(
        "MF6",
        "the same without QUIC: one service, and no second way to its certificate",
        UNCLEAR,
        drop_udp("udp", ports=(443,)),
        tls_to_box(to=at(*MESSENGER), proto=("tcp",)),
        usable=False,
        deviation="one service whose every host shows one unknown authority may have changed it",
    ),
    _as_messenger(
        "MF12",
        "the same, and who signs is a state's authority",
        _MITM,
        drop_udp("udp", ports=(443,)),
        tls_to_box(to=at(*MESSENGER), proto=("tcp",)),
        issuer="private",
        notes=("state_root_kz",),
    ),
    _as_messenger(
        "MF13",
        "the same by another state's authority",
        _MITM,
        drop_udp("udp", ports=(443,)),
        tls_to_box(to=at(*MESSENGER), proto=("tcp",)),
        issuer="national",
        notes=("state_root_ru",),
    ),
    innocent(
        "MF7",
        "two services' fronts show everybody what nobody has given them yet, each its own",
        row="none (innocent twin of MF1)",
        world=hosts(HostPolicy(names=("www.facebook.com", "telegram.org"), tls="untouched")),
        truths={**_FRONT_UNCLEAR, **of("telegram", truth("degraded"))},
        usable=False,
    ),
    innocent(
        "MF8",
        "two services have moved to a public authority that this tool's list lacks",
        row="none (innocent twin of MF2)",
        world=hosts(HostPolicy(names=(*MESSENGER, "updates.signal.org"), tls="new_root")),
        truths={
            **of("messenger", truth("inconclusive")),
            **of("signal", OK, text=OK),
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
        truths=of(
            "messenger",
            truth(
                "ok|degraded|inconclusive",
                why="an unknown certificate on one of two ways: a mistake, or somebody",
            ),
        ),
    ),
    innocent(
        "MF10",
        "two services of a country live under its state's authority, as its other sites do",
        row="none (innocent twin of MF2)",
        services=("vk", "max", "signal"),
        world={
            "country": "RU",
            **hosts(HostPolicy(names=("service:vk", "service:max", *RU_NAMES), tls="national")),
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
