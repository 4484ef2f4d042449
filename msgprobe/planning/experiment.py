"""An experiment: what one arm of tasks uses, costs, tells and contacts, stated once.

The plan of contacts and the budget are derived from what is stated: no list of either is kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from enum import IntEnum
from typing import Any

from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.cost import Use
from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Request
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Lookup, Probe, Resolver, Role, Task
from msgprobe.model.traits import KnownTraits, Traits

Options = tuple[tuple[str, str], ...]
MaxBytes = Callable[[Task], int]

Telling = IntEnum("Telling", "CROWD NAME RESOLVER CAUSE SURENESS REACH PAGE RESIDUE REFINEMENT")
"""How much an answer can change a word, the most first: whether our own crowd is at fault, whether
the fault follows the name, what the name means elsewhere, what else the fault follows, how surely
it fails, who else does; then whatever refines that."""

Part = IntEnum(
    "Part",
    "CONNECTION HOLES STATES SERVICES NAMES EXTRAS CALLS TRANSFERS CALLS_FAIL FAILS ELSEWHERE "
    "PROXY LAST",
)
"""The parts of the plan of contacts, in the order in which it is read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """What a plan of contacts is made for. Only the same one is equal, so that what many lines ask
    about it can be kept.

    With ``seeded`` the samples are those that ``request.seed`` draws; without it the seed of the
    run is not known yet, and every member that may be drawn counts. ``max_bytes`` says, by check,
    what a conversation costs at most.
    """

    services: tuple[Service, ...]
    controls: Controls
    request: Request
    max_bytes: Mapping[str, MaxBytes]
    traits: KnownTraits
    seeded: bool = True

    def lookup(self, name: str, resolver: Resolver) -> int:
        """The most bytes that a question costs."""
        return self._most(
            "resolve", Lookup(name=name, resolver=resolver, families=self.request.families)
        )

    def flow(self, check: str, host: str, port: int, options: Options = ()) -> int:
        """The most bytes that one conversation costs."""
        where: dict[str, Any] = {"address": "192.0.2.1", "host": host, "server_name": host}
        return self._most(check, Flow(**where, port=port, options=options))

    def _most(self, check: str, probe: Probe) -> int:
        """As the check says; 0 where nobody knows it."""
        task = Task(
            id="", round=0, role=Role.TARGET, arm=Arm.BASE, check=check, subject="", probe=probe
        )
        return self.max_bytes[check](task) if check in self.max_bytes else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whom a line of the plan is about, and what differs from place to place.

    ``target`` and ``subject`` are those of a `Contact`; ``check`` and ``options`` an endpoint's
    own; ``words`` fill the line's reason and condition. ``asks`` is the name that a resolver is
    asked for. ``most``: the bytes that a line costs, where these are not by its conversations.
    Lines that take a ``kind`` each of the places of one selector are told side by side.
    """

    target: str
    subject: str
    port: int = 443
    transport: str = ""
    check: str = ""
    condition: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    options: Options = ()
    over: str = ""
    asks: str = ""
    most: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What the plan says beforehand, once for each place that ``at`` selects.

    ``check``, when empty, is the place's own; ``condition`` stands instead of the place's. It costs
    so many ``times`` a conversation, or one of each check in ``costs``. ``unless_asked``: not for
    names that the plan asks for anyhow.
    """

    part: Part
    at: Callable[[Scope], Iterable[Place]]
    round: int
    check: str = ""
    times: int = 1
    reason: str = "resolve over {how}"
    condition: str = ""
    costs: tuple[str, ...] = ()
    options: Options = ()
    kind: str = ""
    unless_asked: bool = False

    def contact(self, scope: Scope, place: Place) -> Contact:
        """The line as people read it."""
        check = self.check or place.check
        traits = scope.traits.of(check)
        most = place.most
        if most is None:
            where = (place.target, place.port, self.options or place.options)
            each = sum(scope.flow(one, *where) for one in self.costs or (check,))
            most = self.times * each
        usual = Traits().usual_bytes if place.over else traits.usual_bytes
        return Contact(
            target=place.target,
            port=place.port,
            transport=place.transport or traits.transport.value,
            round=self.round,
            subject=place.subject,
            check=check,
            condition=self.condition.format(**place.words) or place.condition,
            reason=self.reason.format(**place.words),
            asks=place.asks,
            over=place.over,
            max_bytes=most,
            usual_bytes=most if traits.moves else min(most, usual),
        )


@dataclass(frozen=True, slots=True)
class Experiment:
    """What the tasks of one arm are: ``telling`` is None where the budget never leaves them out;
    ``lines`` say whom they contact, and may be shared with others."""

    arm: Arm
    uses: tuple[Use, ...]
    telling: Telling | None
    lines: tuple[Line, ...]

    def likely_bytes(self, task: Task) -> int:
        """What one of its tasks is likely to cost."""
        known = {use.check: use for use in self.uses}
        return known.get(task.check, self.uses[0]).likely_bytes(task)
