"""A scenario as data: the line, what the middlebox and the world do, and what is true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from tests.lab.censor import Action
from tests.lab.link import Link
from tests.lab.world.config import WorldConfig
from tests.lab.world.hosts import addresses

GOOD = Link(delay_ms=20, down_kbit=20_000, up_kbit=10_000, loss=0.001)
"""The facts' "good" base link: 40 ms, 20 Mbit/s, 0.1 % loss."""

CORE = ("messenger", "signal", "telegram", "whatsapp")

Kind = Literal["blocking", "connection", "innocent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Words that are right for a service or one of its functions, and the mechanisms at work.

    A mechanism is met by itself or by a deeper node of the taxonomy.
    """

    words: tuple[str, ...]
    mechanisms: tuple[str, ...] = ()
    why: str = ""
    """Why more than one word is right; empty where one alone is."""


def truth(words: str, *mechanisms: str, why: str = "") -> Truth:
    """``"blocked|degraded"``, the mechanisms, and why more than one word is right."""
    return Truth(words=tuple(words.split("|")), mechanisms=mechanisms, why=why)


OK = truth("ok")
UNKNOWN = truth("inconclusive")
"""Of a service on a line that leads nowhere: it was asked for, and nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``row`` names the row of the facts' exam that it stands for; ``deviation`` says how it
    differs. ``services`` are those that are measured. ``truths`` maps a service or
    ``service.function`` to its truth; every service that is not named must be ``others``.
    ``usable`` says that an honest tool must not be inconclusive here (loss <= 5 %, RTT <= 300 ms,
    >= 1 Mbit/s); ``look_alike`` that no single place can tell.
    ``notes`` must be made, those of ``never`` must not.
    ``counts`` maps ``service.function`` to how many of its members answer, and of how many.
    ``made_elsewhere``: before it, a run without ``actions`` is saved as ``elsewhere.json``.
    ``fires`` are labels of actions that must have fired, else the scenario did not happen;
    ``by_chance``: why it is a matter of chance whether they do, so that a run is void without;
    ``spares`` are labels of actions that must not have: what they watch must not be contacted.
    ``args``, ``env`` and ``wrapper`` (a command that runs the rest of its line) are the user's;
    ``{lab}`` in ``env`` is the lab's folder. ``patience``: seconds after which the run is given up.
    """

    id: str
    title: str
    kind: Kind
    row: str
    truths: Mapping[str, Truth] = field(default_factory=dict)
    others: Truth = OK
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    states: tuple[str, ...] = ("online",)
    notes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    link: Link = GOOD
    actions: Sequence[Action] = ()
    world: Mapping[str, Any] = field(default_factory=dict)
    lab: Mapping[str, Any] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    services: tuple[str, ...] = CORE
    """What the run is asked about."""
    env: Mapping[str, str] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()
    fires: tuple[str, ...] = ()
    by_chance: str = ""
    spares: tuple[str, ...] = ()
    usable: bool = True
    look_alike: bool = False
    deviation: str = ""
    made_elsewhere: bool = False
    patience: float = 90.0

    def expected(self) -> dict[str, Truth]:
        """The truth of every service asked about and of the functions that are named."""
        return {**{s: self.others for s in self.services if s not in self.truths}, **self.truths}


@lru_cache(maxsize=1)
def _map() -> dict[str, tuple[str, ...]]:
    found = addresses(WorldConfig(workdir="/nonexistent", ipv6=True, country=None))
    return {name: (*four, *six) for name, (four, six) in found.items()}


def addresses_of_all() -> Mapping[str, tuple[str, ...]]:
    """The addresses of every host of the world, by name."""
    return _map()


def at(*names: str) -> tuple[str, ...]:
    """The addresses, as host prefixes, of every host whose name is or lies below one of these."""
    found = [
        f"{address}/{128 if ':' in address else 32}"
        for host, known in _map().items()
        if any(host == n or host.endswith("." + n) for n in names)
        for address in known
    ]
    assert found, f"no host is called {names}"
    return tuple(dict.fromkeys(found))
