"""Where do names lead: to this device, its neighbours, or a tunnel that makes addresses up?"""

from collections.abc import Iterator
from typing import Any, Final

from tests.lab.scenario import OK, Scenario, addresses_of_all, truth
from tests.lab.scenarios.kinds import blocking, connection, innocent
from tests.lab.scenarios.shared import WHATSAPP, of
from tests.lab.world.config import ExtraHost, ResolverPolicy

_PLAIN: Final = ("udp", "tcp")
_EVERYBODY: Final = ("isp", "public")


def every_name(answer: str) -> dict[str, Any]:
    """Fields of a world in which every question in the open gets this answer."""
    lie = ResolverPolicy(at=_EVERYBODY, rules=(("*", f"answer:{answer}"),), channels=_PLAIN)
    return {"resolvers": (lie,)}


def tunnel() -> dict[str, Any]:
    """Fields of a world behind a tunnel that gives each name an address of 198.18.0.0/15 of its
    own, and carries what is sent there to the true host (Clash, sing-box and others do)."""
    names = [name for name in addresses_of_all() if "/" not in name]
    fake = {name: f"198.18.{n // 200 + 1}.{n % 200 + 1}" for n, name in enumerate(names)}
    true = {name: addresses_of_all()[name] for name in names}
    return {
        "extra": tuple(
            ExtraHost(name=name, addresses=(address,), ports=()) for name, address in fake.items()
        ),
        "resolvers": (
            ResolverPolicy(
                at=_EVERYBODY,
                rules=tuple((f"={name}", f"answer:{address}") for name, address in fake.items()),
                channels=_PLAIN,
            ),
            ResolverPolicy(
                at=("public",),
                rules=tuple((f"={n}", "answer:" + ",".join(found)) for n, found in true.items()),
                channels=("doh",),
            ),
        ),
    }


def _everywhere() -> Iterator[Scenario]:
    """The resolver leads every name to one address; nobody is accused of that."""
    for number, (where, answer) in enumerate(
        (
            ("this device (127.0.0.1, ::1)", "127.0.0.1,::1"),
            ("nobody (0.0.0.0, ::)", "0.0.0.0,::"),
            ("a neighbour in the same network", "10.77.0.99,2a0f:77::99"),
            ("a private address", "192.168.33.7,fd12:3456::7"),
        ),
        start=1,
    ):
        yield connection(
            f"B{number}",
            f"the resolver answers every name with the address of {where}",
            "dns_fault",
            others=OK,
            world=every_name(answer),
        )


_UNCLEAR: Final = truth("ok|inconclusive", why="at wrong addresses nothing can be learned")
_PARKED: Final = "45.155.7.9"
"""A public address at which nobody lives."""


def _wrong(*found: str) -> dict[str, Any]:
    """Fields of a world whose provider gives these addresses for every name."""
    rules = (("*", "answer:" + ",".join(found)),)
    return {"resolvers": (ResolverPolicy(at=("isp",), rules=rules),)}


def _each_elsewhere() -> dict[str, Any]:
    """Fields of a world whose provider gives each name an address in a network of its own."""
    names = [name for name in addresses_of_all() if "/" not in name]
    rules = tuple(
        (f"={n}", f"answer:45.{i // 200 + 1}.{i % 200 + 1}.9") for i, n in enumerate(names)
    )
    return {"resolvers": (ResolverPolicy(at=("isp",), rules=rules),)}


def _astray() -> Iterator[Scenario]:
    """The provider's resolver leads every name to a public address that is not its own."""
    for number, (where, world) in enumerate(
        (
            ("one address where nobody is", _wrong(_PARKED)),
            ("forty addresses where nobody is", _wrong(*(f"11.0.1.{n}" for n in range(40)))),
            ("another address each, where nobody is", _each_elsewhere()),
        ),
        start=5,
    ):
        yield connection(
            f"B{number}",
            f"the resolver answers every name with {where}",
            "dns_fault",
            others=_UNCLEAR,
            world=world,
        )


def _forged_with_one_more() -> Scenario:
    """Who forges a messenger's names is not acquitted by forging one neutral name as well."""
    names = (*WHATSAPP, "www.gnu.org")
    rules = tuple((name, f"answer:{_PARKED}") for name in names)
    return blocking(
        "B8",
        "the resolver gives a wrong address for WhatsApp's names, and for a neutral one",
        of("whatsapp", truth("blocked", "dns.injection")),
        world={"resolvers": (ResolverPolicy(at=("isp",), rules=rules),)},
    )


SCENARIOS: Final = (
    innocent(
        "B0",
        "a tunnel gives every name an address of its own in 198.18.0.0/15",
        world=tunnel(),
    ),
    *_everywhere(),
    *_astray(),
    _forged_with_one_more(),
)
