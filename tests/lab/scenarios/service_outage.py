"""Is it the service itself that has a fault, a wall or another manner, for everybody?"""

from collections.abc import Iterator
from typing import Any, Final

from tests.lab.scenario import OK, Scenario, truth
from tests.lab.scenarios.kinds import innocent
from tests.lab.scenarios.shared import MESSENGER, SIGNUP, UNCLEAR, WHATSAPP, hosts, of
from tests.lab.world.config import HostPolicy, dead, dead_backend

_DOWN: Final = truth("down")
_ASTRAY: Final = UNCLEAR
"""An address that is nobody's tells neither that the service is gone nor that it is hidden."""
_NOWHERE: Final = truth(
    "not_tested|inconclusive",
    why="a name that exists and has no address may be given up, or hidden by all resolvers",
)

# --- names --------------------------------------------------------------------------------------


def _everywhere(*rules: tuple[str, str]) -> dict[str, Any]:
    """A world in which every resolver says so."""
    return {"everywhere": rules}


def _for_everybody() -> Iterator[Scenario]:
    """OONI's cases 25, 26, 48 and 50."""
    of_signup = of("whatsapp", _ASTRAY, signup=_ASTRAY)
    for number, words, rule, truths in (
        ("25", "127.0.0.1, for one name", (f"={SIGNUP}", "answer:127.0.0.1"), of_signup),
        (
            "26",
            "127.0.0.1, for all of Signal",
            ("service:signal", "answer:127.0.0.1"),
            of("signal", _ASTRAY, text=_ASTRAY),
        ),
        (
            "48",
            "of Signal's names that they do not exist",
            ("service:signal", "nxdomain"),
            of("signal", _DOWN, text=_DOWN),
        ),
        (
            "50",
            "no address, only an alias, for Signal",
            ("service:signal", "dangling"),
            of("signal", _NOWHERE, text=_NOWHERE),
        ),
    ):
        yield innocent(
            f"O{number}",
            f"every resolver says {words}",
            row=f"OONI {number}",
            truths=truths,
            world=_everywhere(rule),
        )


_NAMES: Final = (
    innocent(
        "I31",
        "Meta's own outage: name servers and addresses gone for everybody",
        truths={**of("whatsapp", _DOWN), **of("messenger", _DOWN)},
        world={
            **_everywhere(*((n, "servfail") for n in (*WHATSAPP, *MESSENGER))),
            **hosts(dead("service:whatsapp", "service:messenger")),
        },
    ),
    innocent(
        "I33",
        "a retired endpoint: one name is gone everywhere",
        world=_everywhere(("=cdn3.signal.org", "nxdomain")),
    ),
    *_for_everybody(),
)

# --- servers ------------------------------------------------------------------------------------

_MOVED: Final = ("=api.vk.ru", "=login.vk.ru", "=vk.ru", "=web.threema.com", "=mtalk.google.com")

_SERVERS: Final = (
    innocent(
        "O49",
        "the ports of all of Messenger's web servers are closed, for everybody",
        row="OONI 49",
        truths=of("messenger", truth("degraded"), text=UNCLEAR, web=UNCLEAR),
        world=hosts(HostPolicy(names=MESSENGER, ports=(443, 80), connect="refuse")),
        look_alike=True,
    ),
    innocent(
        "S7",
        "names that the catalogue takes for the new ones are dead for everybody",
        row="-",
        world=hosts(dead(*_MOVED)),
        args=("--quick",),
        services=("vk", "threema", "meet"),
    ),
    innocent(
        "W2",
        "dead backends behind the fronts of registration and media, among strict servers",
        row="§5 look-alike of A17 (strict servers)",
        truths=of(
            "whatsapp",
            UNCLEAR,
            signup=UNCLEAR,
            media=OK,
        ),
        world={"strict_names": True, **hosts(dead_backend(SIGNUP, "mmg.whatsapp.net"))},
        deviation="media have a spare server, which answers",
    ),
)

# --- what web fronts answer ---------------------------------------------------------------------

_PUZZLE: Final = (
    "<html><title>Just a moment...</title><form id=captcha-form>Are you a robot?</form>"
)


def _walls() -> Iterator[Scenario]:
    """OONI's cases 5 and 6."""
    for id_, status in (("O6", 403), ("O6b", 429), ("O6c", 503)):
        wall = HostPolicy(
            names=WHATSAPP,
            status=status,
            body=_PUZZLE,
            headers=(("cf-mitigated", "challenge"),),
        )
        yield innocent(
            id_,
            f"a wall against robots answers {status} with a puzzle",
            row="OONI 6",
            truths=of("whatsapp", OK, web=OK),
            world=hosts(wall),
        )


def _redirects() -> Iterator[Scenario]:
    """OONI's cases 27, 28 and 38."""
    for number, where, location in (
        ("27", "nowhere", "http://"),
        ("28", "to a name that does not exist", "https://gone.telegram.invalid/"),
        ("38", "to themselves", "/robots.txt"),
    ):
        away = HostPolicy(
            names=("=web.telegram.org",), status=302, headers=(("Location", location),)
        )
        yield innocent(
            f"O{number}",
            f"the web front redirects {where}",
            row=f"OONI {number}",
            truths=of("telegram", OK, web=OK, text=OK),
            world=hosts(away),
        )


def _statuses() -> Iterator[Scenario]:
    for id_, title, service, status in (
        ("I35", "bot protection answers 403", "messenger", 403),
        ("I36", "the service refuses the country itself (451)", "whatsapp", 451),
    ):
        yield innocent(
            id_, title, world=hosts(HostPolicy(names=(f"service:{service}",), status=status))
        )


def _bodies() -> Iterator[Scenario]:
    """OONI's cases 23 and 24."""
    for number, size in (("23", 4_000_000), ("24", 64_000_000)):
        big = HostPolicy(names=("web.whatsapp.com", "telegram.org"), body_bytes=size)
        yield innocent(
            f"O{number}",
            f"web fronts answer with {size // 1_000_000} MB",
            row=f"OONI {number}",
            world=hosts(big),
        )


SCENARIOS: Final = (
    *_NAMES,
    *_SERVERS,
    *_walls(),
    *_redirects(),
    *_statuses(),
    *_bodies(),
)
