"""One pool of a service as the evidence shows it: members, endpoints, addresses, symptoms."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.crowding import crowded_out
from msgprobe.evidence.drowned import drowned
from msgprobe.evidence.facts import OWN_ARMS, TRIES, Facts, by_address, grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.shares import Shares, shares
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Arm

_SPOKEN = (*OWN_ARMS, Arm.OTHER_ADDRESS)
"""The arms that speak to an address exactly as the messenger would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """One address of one endpoint: every attempt to speak to it as the messenger would."""

    address: str
    own: tuple[Conversation, ...]
    """Attempts as the messenger would make them: base and repeats."""
    probes: tuple[Conversation, ...]
    """Conversations of other arms with this very address."""

    @property
    def genuine(self) -> tuple[Conversation, ...]:
        """Attempts that ended with the service's own answer."""
        return tuple(t for t in self.own if t.genuine)

    @property
    def failed(self) -> tuple[Conversation, ...]:
        """Attempts that ended in a failure of the network or the peer (not in our own stop)."""
        return tuple(t for t in self.own if t.symptom is not None)

    @property
    def symptom(self) -> str | None:
        """How it fails, when every attempt failed alike; the commonest way otherwise."""
        if self.genuine or not self.failed:
            return None
        counts = Counter(t.symptom for t in self.failed)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))[0][0]

    @property
    def repeated(self) -> bool:
        """Failed in as many attempts as a claim needs, at the same layer."""
        return len([t for t in self.failed if t.symptom == self.symptom]) >= TRIES

    @property
    def swapped(self) -> tuple[Conversation, ...]:
        """D6: neutral names that got a TLS answer on the same address, and none that did not.

        Where the target's failure is an alert, another alert is no better answer: the server may
        dislike our hello whatever it names.
        """
        conversations = [t for t in self.probes if t.task.arm is Arm.OTHER_SNI]
        alert = self.symptom == "tls.alert"
        good = tuple(
            t for t in conversations if t.answered_tls and not (alert and t.symptom == "tls.alert")
        )
        return good if len(good) * 2 > len(conversations) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFacts:
    """One endpoint: its name, the addresses that programs would dial, and the others."""

    endpoint: Endpoint
    name: NameFacts | None
    addresses: tuple[AddressFacts, ...]
    """Addresses that a program on this machine would use."""
    elsewhere: tuple[AddressFacts, ...]
    """Addresses that only other resolvers or the catalogue know."""
    drowned: bool = False
    """All questions for its name were lost, and that tells nothing (see `drowned`)."""

    @property
    def genuine(self) -> tuple[Conversation, ...]:
        """Genuine answers on the way that a program would take."""
        return tuple(t for a in self.addresses for t in a.genuine)

    @property
    def genuine_elsewhere(self) -> tuple[Conversation, ...]:
        """Genuine answers at addresses that the system's resolver does not give."""
        return tuple(t for a in self.elsewhere for t in a.genuine)

    @property
    def unresolved(self) -> bool:
        """The name was asked for and the system gave no address worth dialling."""
        return (
            self.name is not None
            and bool(self.name.system)
            and not self.drowned
            and not any(self.name.leads_out(a) for a in self.name.own_addresses)
        )

    @property
    def tested(self) -> bool:
        """There is evidence of success or failure."""
        return bool(self.genuine) or bool(self.failed) or self.unresolved

    @property
    def failed(self) -> tuple[Conversation, ...]:
        """Failing attempts on the user's way, when none succeeded."""
        return () if self.genuine else tuple(t for a in self.addresses for t in a.failed)

    @property
    def gone(self) -> bool:
        """The name exists nowhere any more: the catalogue is older than the service."""
        return self.name is not None and bool(self.name.absent) and not self.genuine

    @property
    def symptom(self) -> str | None:
        """How the endpoint fails; the deepest symptom among its addresses, ``dns`` when none."""
        if self.genuine:
            return None
        found = sorted({a.symptom for a in self.addresses if a.symptom is not None}, key=_depth)
        if found:
            return found[-1]
        return "dns" if self.unresolved else None


def _depth(symptom: str) -> int:
    order = ("local", "tcp", "tcp.timeout", "ip.unreachable", "tcp.refused")
    return order.index(symptom) if symptom in order else len(order)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """One member of a pool; any of its endpoints that answers makes it ok."""

    name: str
    endpoints: tuple[EndpointFacts, ...]

    @property
    def tested(self) -> tuple[EndpointFacts, ...]:
        """Endpoints with evidence."""
        return tuple(e for e in self.endpoints if e.tested)

    @property
    def ok(self) -> bool:
        """Some endpoint gave a genuine answer on the user's own way."""
        return any(e.genuine for e in self.endpoints)

    @property
    def gone(self) -> bool:
        """Every tested endpoint has left the DNS for good."""
        return bool(self.tested) and all(e.gone for e in self.tested)


class PoolFacts:
    """A pool with everything that rules ask about it."""

    ledger: None = None
    """The evidence is complete (see `pool_facts`)."""

    def __init__(
        self, facts: Facts, connection: ConnectionFacts, service: Service, pool: Pool
    ) -> None:
        self.facts = facts
        self.connection = connection
        self.service = service
        self.pool = pool

    @cached_property
    def beside(self) -> tuple["PoolFacts", ...]:
        """The other pools of the service: who hits a service seldom hits one function of it."""
        return tuple(
            pool_facts(self.facts, self.connection, self.service, pool)
            for pool in self.service.pools
            if pool.name != self.pool.name
        )

    @cached_property
    def shares(self) -> Shares:
        """How many of many handshakes fail, of this service and of others."""
        return shares(self.facts)

    @cached_property
    def members(self) -> tuple[MemberFacts, ...]:
        """All members of the pool, tested or not."""
        mine = [self._endpoint(e) for e in self.service.endpoints if e.pool == self.pool.name]
        members = grouped(mine, lambda e: e.endpoint.member)
        return tuple(MemberFacts(name=n, endpoints=tuple(e)) for n, e in members.items())

    def _endpoint(self, endpoint: Endpoint) -> EndpointFacts:
        name = self.facts.name(endpoint.host) if endpoint.host else None
        views: list[AddressFacts] = []
        every = [
            t for t in self.facts.of(self.service, endpoint) if not self._led_astray(endpoint, t)
        ]
        for address, conversations in by_address(every).items():
            view = AddressFacts(
                address=address,
                own=self._heeded(name, [t for t in conversations if t.task.arm in _SPOKEN]),
                probes=tuple(t for t in conversations if t.task.arm not in _SPOKEN),
            )
            views.append(view)
        mine = self._dialled(endpoint, name, views)
        return EndpointFacts(
            endpoint=endpoint,
            name=name,
            addresses=tuple(v for v in views if v.address in mine),
            elsewhere=tuple(v for v in views if v.address not in mine),
            drowned=self._drowned(name),
        )

    def _drowned(self, name: NameFacts | None) -> bool:
        """What is asked of a resolver that is dead for every name is no crowd's."""
        asked = name if not self.connection.resolver_dead else None
        return asked is not None and drowned(self.facts, asked.name)

    def _heeded(
        self, name: NameFacts | None, own: Sequence[Conversation]
    ) -> tuple[Conversation, ...]:
        """Those attempts at an address that tell something: whoever did not answer while our own
        crowd kept others out is silent only if he is so to somebody who is let in. Where the name
        was led astray it is not our crowd that explains it."""
        heeded = tuple(t for t in own if not self.facts.kept_out(t))
        told = any(crowded_out(t) for t in heeded) or self._astray(name, own)
        return tuple(own) if told else heeded

    def _astray(self, name: NameFacts | None, own: Sequence[Conversation]) -> bool:
        """Encrypted resolvers lead to other networks, and nothing says that it lives here."""
        if name is None or not name.exists:
            return False
        true = {ips.network(a) for a in (*name.encrypted_addresses, *name.proved)}
        return not any(
            ips.network(t.address) in true or ips.within(t.address, self.service.prefixes)
            for t in own
        )

    def _dialled(
        self, endpoint: Endpoint, name: NameFacts | None, views: Iterable[AddressFacts]
    ) -> set[str]:
        """Where programs would dial. Whose resolver is dead for every name uses another one, and
        how the service fails where that leads is how it fails; what works there works by that other
        one's help, and is told so."""
        given = endpoint.addresses if name is None else name.own_addresses
        if given or name is None or not self.connection.resolver_dead:
            return set(given)
        helped = any(view.genuine for view in views)
        return set() if helped else {view.address for view in views}

    def _led_astray(self, endpoint: Endpoint, conversation: Conversation) -> bool:
        """The name leads inside here, and whoever was met there did not prove to be the service:
        that says nothing about the service, whatever the answer says of the resolver."""
        named = endpoint.host is not None and conversation.address not in endpoint.addresses
        inside = named and not self.facts.leads_out(conversation.address)
        return inside and not conversation.genuine

    @cached_property
    def tested(self) -> tuple[MemberFacts, ...]:
        """Members with evidence, those that left the DNS for good not counted."""
        return tuple(m for m in self.members if m.tested and not m.gone)

    @cached_property
    def ok(self) -> tuple[MemberFacts, ...]:
        """Members that answered genuinely."""
        return tuple(m for m in self.tested if m.ok)

    @cached_property
    def failing(self) -> tuple[EndpointFacts, ...]:
        """Tested endpoints of members that did not answer at all."""
        return tuple(e for m in self.tested if not m.ok for e in m.tested)

    def failing_addresses(self, symptom: str) -> Iterator[AddressFacts]:
        """Addresses that fail this way, where the name is known to lead or other resolvers say."""
        for e in self.failing:
            for a in (*e.addresses, *e.elsewhere):
                if a.symptom == symptom:
                    yield a

    @cached_property
    def genuine(self) -> tuple[Conversation, ...]:
        """All genuine answers on the user's own way."""
        return tuple(t for m in self.members for e in m.endpoints for t in e.genuine)

    @cached_property
    def failed(self) -> tuple[Conversation, ...]:
        """Failing attempts of members that did not answer."""
        return tuple(t for e in self.failing for t in e.failed)

    @cached_property
    def interrupted(self) -> tuple[Conversation, ...]:
        """Attempts that we ended ourselves before anything was certain."""
        return tuple(t for t in self._conversations if t.failure is Failure.INTERRUPTED)

    @cached_property
    def opened(self) -> tuple[Conversation, ...]:
        """Attempts that ended well without any answer that counts: an open port."""
        own = (t for t in self._conversations if t.task.arm in OWN_ARMS)
        return tuple(t for t in own if t.connected and t.failure is None)

    @property
    def need(self) -> int:
        """Members that must answer, never more than were tested, or than half of those that were
        asked: whom our own crowd kept out may be one that does not."""
        asked = {t.task.endpoint for t in self.kept_out}
        members = {e.member for e in self.service.endpoints if e.name in asked}
        members |= {e.endpoint.member for e in self.drowned}
        half = (len(self.tested) + len(members) + 1) // 2
        return max(1, min(self.pool.ok_at, max(len(self.tested), half)))

    @cached_property
    def drowned(self) -> tuple[EndpointFacts, ...]:
        """Those of members without evidence for whose names our own crowd asked in vain."""
        return tuple(e for m in self.members if not m.tested for e in m.endpoints if e.drowned)

    @cached_property
    def kept_out(self) -> tuple[Conversation, ...]:
        """Attempts at members without evidence while our own crowd kept others out as well."""
        tested = {m.name for m in self.tested}
        unknown = {e.name for e in self.service.endpoints if e.member not in tested}
        mine = (t for t in self._conversations if t.task.endpoint in unknown)
        return tuple(t for t in mine if self.facts.kept_out(t))

    @property
    def proof(self) -> Proof:
        """The strongest proof that as many members as are needed have given."""
        best = sorted(
            (max(t.proof for e in m.endpoints for t in e.genuine) for m in self.ok), reverse=True
        )
        return best[self.need - 1] if len(best) >= self.need else Proof.NONE

    def with_symptom(self, *prefixes: str) -> tuple[Conversation, ...]:
        """Failing attempts whose symptom begins with one of the paths."""
        return tuple(t for t in self.failed if (t.symptom or "").startswith(prefixes))

    def probes(self, *arms: Arm) -> tuple[Conversation, ...]:
        """Conversations of other arms about this pool's endpoints."""
        return tuple(t for t in self._conversations if t.task.arm in arms)

    @cached_property
    def _conversations(self) -> tuple[Conversation, ...]:
        mine = (e for e in self.service.endpoints if e.pool == self.pool.name)
        return tuple(t for e in mine for t in self.facts.of(self.service, e))

    @cached_property
    def names_hold(self) -> bool:
        """Every failing name resolves as it should by an encrypted or second resolver's word."""
        return all(self._name_holds(e) for e in self.failing)

    def _name_holds(self, facts: EndpointFacts) -> bool:
        name = facts.name
        if name is None:
            return True
        mine = name.system_addresses
        if not mine and self.connection.resolver_dead:
            mine = tuple(a.address for a in facts.addresses)
        if not mine:
            return False
        if ips.same(mine, name.proved):
            return True
        if any(ips.within(a, self.service.prefixes) for a in mine):
            return True
        if ips.same(mine, facts.endpoint.addresses):
            return True
        truth = name.encrypted_addresses
        nets = {ips.network(a) for a in truth}
        return ips.same(mine, truth) or any(ips.network(a) in nets for a in mine)

    @cached_property
    def still_known(self) -> bool:
        """The failing addresses are not all the catalogue's own, or today's names of the service
        still lead into the networks that the catalogue knows it by.

        Addresses that nobody resolves may all have been given up at once; where the service's
        names have left its networks as well, that is the cheaper explanation. Without any name
        nothing speaks against them.
        """
        known = self.service.prefixes
        if not known or any(e.endpoint.host is not None for e in self.failing):
            return True
        hosts = {e.host for e in self.service.endpoints if e.host is not None}
        names = [self.facts.name(host) for host in sorted(hosts)]
        today = {a for n in names for a in (*n.system_addresses, *n.encrypted_addresses)}
        real = [a for a in today if self.facts.leads_out(a)]
        return not real or any(ips.within(a, known) for a in real)


@remembered
def pool_facts(
    facts: Facts, connection: ConnectionFacts, service: Service, pool: Pool
) -> PoolFacts:
    """The same for all who ask about that pool of complete evidence."""
    assert facts.ledger is None, "what a pool says is not worked out again"
    return PoolFacts(facts, connection, service, pool)
