"""The evidence, indexed once: what every rule and every experiment looks at."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.crowding import asked, crowd, crowded_out, heard_beside, let_in
from msgprobe.evidence.ledger import Ledger, derived, remembered
from msgprobe.evidence.line_losses import repeated_by_the_line, repeated_segments
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.residual import (
    NAMED,
    NEUTRAL,
    PLAIN,
    Showing,
    Turn,
    marks,
    showings,
    silenced,
    turns,
)
from msgprobe.evidence.shelves import (
    CONVERSATIONS,
    INSIDE,
    LOCAL,
    LOOKUPS,
    MEASUREMENTS,
    NAMES,
    Shelves,
)
from msgprobe.evidence.starts import Start
from msgprobe.model.control import Site
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import DnsObservation, LocalObservation, Window
from msgprobe.model.reach import Reach, reach
from msgprobe.model.run import Evidence
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, ResolverKind, Role
from msgprobe.model.traits import KnownTraits

OWN_ARMS = (Arm.BASE, Arm.REPEAT)
"""The arms in which an endpoint is spoken to exactly as the messenger would."""

TRIES = 3
"""A failure counts as repeated from this many attempts on: two may be lost by chance on a poor line
(5 % loss: 1 in 400), three hardly ever."""


class Facts:
    """An index over the evidence. Holds no judgement; order of measurements does not matter.

    With a ``ledger`` it grows by what is `add`ed, and what was worked out of it before is worked
    out again only where that changes anything; without one the evidence is complete.
    """

    def __init__(self, evidence: Evidence, ledger: Ledger | None = None) -> None:
        self.evidence = evidence
        self.ledger = ledger
        self.request = evidence.request
        self.services = evidence.services
        self.controls = evidence.controls
        self.traits = KnownTraits(evidence.traits)
        self._shelves = Shelves(evidence)
        self.add(evidence.measurements)

    def add(self, measurements: Iterable[Measurement]) -> None:
        """More has been seen. Only of a ledger's evidence, and each measurement once."""
        changed = self._shelves.add(measurements)
        if self.ledger is not None:
            self.ledger.changed(*changed)

    def _read(self, *inputs: Hashable) -> None:
        if self.ledger is not None:
            for one in inputs:
                self.ledger.read(one)

    @derived
    def measurements(self) -> tuple[Measurement, ...]:
        """All of them, by the ids of their tasks."""
        self._read(MEASUREMENTS)
        return tuple(self._shelves.measurements)

    def measured(self, *arms: Arm) -> tuple[Measurement, ...]:
        """Those of these arms."""
        self._read(*((MEASUREMENTS, arm) for arm in arms))
        return self._shelves.measured(arms)

    def measurement(self, task_id: str) -> Measurement | None:
        """That of a task; None while it has not ended."""
        if self.ledger is not None:
            self.ledger.read(task_id)
        return self._shelves.by_id.get(task_id)

    def conversation(self, task_id: str) -> Conversation | None:
        """That of a Flow task; None while it has not ended, or where it never began."""
        if self.ledger is not None:
            self.ledger.read(task_id)
        return self._shelves.conversation_by_id.get(task_id)

    def window(self, conversation: Conversation) -> Window:
        """When its task was under way."""
        measurement = self.measurement(conversation.task.id)
        assert measurement is not None
        return measurement.window

    # What went through the user's proxy tells nothing about this connection: no rule and no
    # experiment may take it for a conversation on the path itself.

    @derived
    def second(self) -> tuple[Conversation, ...]:
        """Conversations through the user's proxy."""
        return self._of_arms((Arm.SECOND_PATH,), None)

    @derived
    def conversations(self) -> tuple[Conversation, ...]:
        """All others, by the ids of their tasks."""
        self._read(CONVERSATIONS)
        return tuple(self._shelves.conversations)

    @derived
    def conversed(self) -> bool:
        """Some conversation has ended."""
        return bool(self.conversations)

    @property
    def local(self) -> LocalObservation | None:
        """What the machine says about its own connection."""
        self._read(LOCAL)
        return self._shelves.local

    @remembered
    def name(self, host: str) -> NameFacts:
        """What is known about a host name."""
        self._read((NAMES, host), INSIDE)
        return self._shelves.name(host)

    def arm(self, *arms: Arm, subject: str | None = None) -> tuple[Conversation, ...]:
        """Conversations of those arms."""
        return self._of_arms(arms, subject)

    @remembered
    def _of_arms(self, arms: tuple[Arm, ...], subject: str | None) -> tuple[Conversation, ...]:
        self._read(*((arm, subject) for arm in arms))
        return self._shelves.arms(arms, subject)

    def of(self, service: Service, endpoint: Endpoint) -> tuple[Conversation, ...]:
        """All conversations about an endpoint, of every arm."""
        return self._by_endpoint.get((service.name, endpoint.name), ())

    @derived
    def _by_endpoint(self) -> dict[tuple[str, str], tuple[Conversation, ...]]:
        own = [t for t in self.conversations if t.task.role is Role.TARGET and t.task.endpoint]
        index = grouped(own, lambda t: (t.task.subject, t.task.endpoint or ""))
        return {key: tuple(value) for key, value in index.items()}

    # -- controls

    def site_conversations(self, *arms: Arm) -> tuple[tuple[Site, Conversation], ...]:
        """Conversations with neutral sites under their own names, but those that our own naming of
        a target has silenced: they tell nothing about the line."""
        return self._with_sites(arms)

    @remembered
    def _with_sites(self, arms: tuple[Arm, ...]) -> tuple[tuple[Site, Conversation], ...]:
        sites = {s.name: s for s in self.controls.sites}
        return tuple(
            (sites[t.task.subject], t)
            for t in self.arm(*arms)
            if t.task.role is Role.CONTROL and t.task.subject in sites
            if t.task.id not in self.silenced
        )

    @derived
    def marked(self) -> Mapping[str, float]:
        """Neutral servers that may be punished for what we said there (see `residual.marks`)."""
        return marks(self.arm(*NAMED))

    @derived
    def silenced(self) -> frozenset[str]:
        """Neutral conversations that failed for that reason (see `residual.silenced`)."""
        turned = (t.task.id for turn in self.turns for t in turn.since)
        return silenced(self.conversations).union(turned)

    @derived
    def questions(self) -> tuple[Start, ...]:
        """Questions to the connection's own resolver that have ended."""
        self._read(LOOKUPS)
        return tuple(asked(self._shelves.lookups))

    @derived
    def crowded(self) -> bool:
        """New flows were lost because we opened so many (see `crowding.crowd`)."""
        ended = max((m.window.end for m in self.measurements), default=0.0)
        found = crowd(self.questions, self.conversations, {}, frozenset(), ended)
        return found is not None and found.flows and found.sure

    def held_up(self, conversation: Conversation) -> bool:
        """Its first packet was lost, and for that reason: no loss of the line's, nor of whoever's
        it is."""
        return self.crowded and conversation.sent_again > 0

    @remembered
    def kept_out(self, conversation: Conversation) -> bool:
        """Nothing was answered, and meanwhile our own crowd kept out others as well."""
        first = conversation.tcp or conversation.protocol
        if first is None or not crowded_out(conversation) or not self.crowded:
            return False
        others = let_in if conversation.tcp is not None else heard_beside
        return not others(self.conversations, first.window.start, first.window.end)

    @derived
    def repeated(self) -> tuple[int, int]:
        """Segments lost, and sent, in what ended well (see `crowding.repeated_segments`)."""
        return repeated_segments(self.conversations)

    @derived
    def repeated_by_the_line(self) -> tuple[int, int]:
        """The same without what one service's own way loses (see `crowding`)."""
        return repeated_by_the_line(self.conversations)

    @derived
    def shown(self) -> tuple[Showing, ...]:
        """What came of each name of a service at each neutral server (see `residual.Showing`)."""
        return showings(self.arm(Arm.TARGET_SNI_ELSEWHERE), self.arm(*PLAIN))

    @derived
    def turns(self) -> tuple[Turn, ...]:
        """Neutral servers that answer nobody any more since a service's name was said there, though
        that was answered itself."""
        return turns(self.shown, self.arm(*NEUTRAL))

    @derived
    def other_shape(self) -> tuple[Conversation, ...]:
        """ClientHellos of another program's shape, where neutral sites in two networks or more
        answer these alone and nobody answers ours; none otherwise."""
        sites = self.site_conversations(Arm.CONNECTION)
        abroad = [(s, t) for s, t in sites if s.country is None and t.genuine]
        other = [(s, t) for s, t in abroad if t.flow.option(OPTION) == Hello.OTHER]
        if len(other) < len(abroad) or len({s.network for s, _ in other}) < 2:
            return ()
        return tuple(t for _, t in other)

    @derived
    def opened(self) -> tuple[Conversation, ...]:
        """Connections to neutral sites that stood; where our own crowd loses first packets, those
        that were answered at once."""
        sites = self.site_conversations(Arm.CONNECTION, Arm.AGAIN)
        every = tuple(t for _, t in sites if t.connected)
        prompt = tuple(t for t in every if not t.sent_again)
        some_late = 0 < len(prompt) < len(every)  # else it costs nothing to know
        return prompt if some_late and self.crowded else every

    @derived
    def rtt(self) -> float | None:
        """The median round trip to neutral sites in seconds by our own clock, None before any
        answered. What is lost is not far away: the wait until it was sent again is left out."""
        times = sorted(t.tcp.window.seconds - t.knocked for t in self.opened if t.tcp is not None)
        return times[len(times) // 2] if times else None

    @derived
    def shortest_rtt(self) -> float:
        """The shortest round trip that opened a connection, in seconds; 0 before any did."""
        opened = (t.tcp.window.seconds for t in self.conversations if t.tcp and t.connected)
        return min(opened, default=0.0)

    def lookups(self, *kinds: ResolverKind) -> tuple[DnsObservation, ...]:
        """Answers to Lookup tasks through those kinds of resolver."""
        return self._of_kinds(kinds)

    @remembered
    def _of_kinds(self, kinds: tuple[ResolverKind, ...]) -> tuple[DnsObservation, ...]:
        self._read(LOOKUPS)
        return tuple(
            o
            for m in self._shelves.lookups
            if m.task.arm is not Arm.NON_RESOLVER
            for o in m.observations
            if isinstance(o, DnsObservation) and o.resolver in kinds
        )

    def leads_out(self, address: str) -> bool:
        """A public service can live there, and it is in none of this device's own networks."""
        return not ips.is_bogon(address) and address not in self.inside

    def never(self, address: str) -> bool:
        """Nothing is ever sent there because an answer says so (see `msgprobe.model.reach`)."""
        return reach(address) is Reach.NEVER or address in self.inside

    @property
    def inside(self) -> frozenset[str]:
        """Addresses, of whatever name, that lie in this device's own networks."""
        self._read(INSIDE)
        return self._shelves.inside

    @property
    def v6_usable(self) -> bool:
        """IPv6 may be tried: the machine has a route and the user allows it."""
        local = self.local
        return 6 in self.request.families and (local is None or local.route6)

    def usable(self, address: str) -> bool:
        """The address's family is one that may be used here."""
        version = ips.family(address)
        if version == 6:
            return self.v6_usable
        routed = self.local is None or self.local.route4
        return version == 4 and 4 in self.request.families and routed


Item = TypeVar("Item")
Group = TypeVar("Group", bound=Hashable)


def grouped(items: Iterable[Item], kind: Callable[[Item], Group]) -> dict[Group, list[Item]]:
    """The items by their kind, in the order in which each kind comes first."""
    found: dict[Group, list[Item]] = {}
    for item in items:
        found.setdefault(kind(item), []).append(item)
    return found


def by_address(conversations: Iterable[Conversation]) -> dict[str, list[Conversation]]:
    """Conversations by the address that they dialled."""
    return grouped(conversations, lambda conversation: conversation.address)


class Seen(Protocol):
    """Whatever was seen: an observation, a conversation, a transfer."""

    @property
    def transaction(self) -> int:
        """The number under which a report shows it."""


def transactions(*groups: Iterable[Seen]) -> tuple[int, ...]:
    """The transactions of some evidence, sorted and without repetition."""
    return tuple(sorted({item.transaction for group in groups for item in group}))


def networks(conversations: Sequence[Conversation]) -> set[str]:
    """The distinct networks (/24 or /48) that the conversations dialled."""
    return {ips.network(t.address) for t in conversations}
