"""Where do names lead: to this device, its neighbours, or a tunnel that makes addresses up?"""

from collections.abc import Iterator
from typing import Any, Final

from tests.lab.scenario import OK, Scenario, addresses_of_all
from tests.lab.scenarios.kinds import connection, innocent
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


SCENARIOS: Final = (
    innocent(
        "B0",
        "a tunnel gives every name an address of its own in 198.18.0.0/15",
        world=tunnel(),
    ),
    *_everywhere(),
)
