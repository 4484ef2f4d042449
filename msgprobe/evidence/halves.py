"""The half of a pool that fails while the other half answers: some of a name's addresses, or one
family of them.

Whether an app meets the half that works is chance, or its own manner of choosing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.pool import AddressFacts, MemberFacts, PoolFacts
from msgprobe.model.task import Arm

Place = tuple[str | None, str, int]
"""A host, if any, an address and a port."""


class FailingHalf(PoolFacts):
    """A pool as whoever meets its failing addresses alone would see it.

    Its members are those of the whole that answer somewhere, with the addresses of their main
    endpoints at which every attempt failed, as often as a claim needs; and those that answer
    nowhere, where these are the most of those that share no server. It has none where nothing
    answers, or nothing fails so.
    """

    def __init__(self, whole: PoolFacts) -> None:
        super().__init__(whole.facts, whole.connection, whole.service, whole.pool)
        self.whole = whole

    @cached_property
    def members(self) -> tuple[MemberFacts, ...]:
        """The members that have such addresses."""
        answered = self._answered
        working = [m for m in self.whole.members if _works(m)]
        dead = [m for m in self.whole.tested if not m.ok]
        if not working or _apart(dead) <= len(working):
            dead = []
        found = (_failing(m, answered) for m in (*working, *dead))
        return tuple(member for member in found if member.endpoints)

    @property
    def _answered(self) -> set[Place]:
        """Where some conversation of the service went well, with whichever endpoint it was."""
        own = self.facts.arm(*OWN_ARMS, Arm.SHARE, subject=self.service.name)
        return {(t.flow.host, t.address, t.flow.port) for t in own if t.failure is None}

    @cached_property
    def views(self) -> tuple[AddressFacts, ...]:
        """The failing addresses."""
        return tuple(a for e in self.failing for a in e.addresses)


@remembered
def failing_half(whole: PoolFacts) -> FailingHalf:
    """The half of the pool that fails."""
    return FailingHalf(whole)


def _works(member: MemberFacts) -> bool:
    """It answers on an endpoint that is not a mere reserve: where only that is left it is the port
    that fails, not a half."""
    return any(e.genuine and not e.endpoint.reserve for e in member.endpoints)


def _apart(members: Iterable[MemberFacts]) -> int:
    """How many of them there are at least that have no server in common: several names of one
    place may fail by one fault of that place. What a router says is unreachable fails by no
    server's fault."""
    taken: set[str] = set()
    count = 0
    for member in members:
        views = [a for e in member.endpoints for a in e.addresses]
        own = {a.address for a in views if a.symptom != "ip.unreachable"}
        count += not own & taken
        taken |= own
    return count


def _failing(member: MemberFacts, answered: set[Place]) -> MemberFacts:
    endpoints = []
    for e in member.endpoints:
        host, port = e.endpoint.host, e.endpoint.port
        dead = tuple(
            a for a in e.addresses if a.repeated and (host, a.address, port) not in answered
        )
        if dead and not e.endpoint.reserve:
            endpoints.append(replace(e, addresses=dead, elsewhere=()))
    return MemberFacts(name=member.name, endpoints=tuple(endpoints))


def alike(p: PoolFacts, symptom: str) -> tuple[AddressFacts, ...]:
    """Addresses of working members of the service that fail this way, where they are of two names
    (or nameless members) and in two networks: more than one server that is out of order. Those of a
    family that does not carry neutral sites' answers here are left out."""
    found: list[tuple[str, AddressFacts]] = []
    for pool in (p, *p.beside):
        for member in failing_half(pool).members:
            for e in member.endpoints:
                whose = e.endpoint.host or member.name
                found += [
                    (whose, a)
                    for a in e.addresses
                    if a.symptom == symptom and carries(p, a.address)
                ]
    return tuple(a for _, a in found) if _spread(found) else ()


def _spread(found: Sequence[tuple[str, AddressFacts]]) -> bool:
    names = {whose for whose, _ in found}
    return len(names) >= 2 and len({ips.network(a.address) for _, a in found}) >= 2


def carries(p: PoolFacts, address: str) -> bool:
    """Neutral sites abroad in two networks answer over the family of that address (IPv4 or IPv6),
    and more than fail over it: what is silent over one that does not may be the line's fault."""
    version = ips.family(address)
    asked = [
        (site, t)
        for site, t in p.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)
        if site.country is None and ips.family(t.address) == version
    ]
    good = [(site, t) for site, t in asked if p.connection.reaches(t)]
    failed = [t for _, t in asked if t.symptom is not None and not p.connection.reaches(t)]
    return len({site.network for site, _ in good}) >= 2 and len(good) > len(failed)
