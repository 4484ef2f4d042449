"""What is known about one host name: what the system says, what others say, what proved true."""

from msgprobe.evidence import addresses as ips
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Arm, ResolverKind

STUMBLES = (
    Failure.DNS_NO_ANSWER,
    Failure.DNS_NXDOMAIN,
    Failure.DNS_SERVFAIL,
    Failure.DNS_TEMPORARY,
    Failure.TIMED_OUT,
)
"""How getaddrinfo fails where a resolver fails now and then: it says "no answer", or that there is
no such name, when one family failed and the other has no record."""

PASSING = (Failure.DNS_SERVFAIL, Failure.DNS_TEMPORARY, Failure.TIMED_OUT)
"""What is no answer about the name: the next question may get one."""

UNENCRYPTED = (ResolverKind.UDP, ResolverKind.TCP, ResolverKind.DIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFacts:
    """Every answer about one name. ``proved`` are addresses that answered genuinely for it."""

    name: str
    seen: tuple[tuple[Arm, DnsObservation], ...] = ()
    proved: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    """Addresses, of whatever name, that lie in this device's own networks."""

    def by(self, *kinds: ResolverKind) -> tuple[DnsObservation, ...]:
        """Answers of those kinds of resolver, without those of addresses that run no DNS."""
        return tuple(
            o for arm, o in self.seen if o.resolver in kinds and arm is not Arm.NON_RESOLVER
        )

    def leads_out(self, address: str) -> bool:
        """A public service can live there."""
        return not ips.is_bogon(address) and address not in self.inside

    @property
    def system(self) -> tuple[DnsObservation, ...]:
        """What getaddrinfo said."""
        return self.by(ResolverKind.SYSTEM)

    @property
    def system_addresses(self) -> tuple[str, ...]:
        """Addresses that programs on this machine get."""
        return _addresses(self.system)

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """What programs on this machine get when the resolver does not just stumble: where
        getaddrinfo got nothing, what the same resolver answers to a question of ours."""
        if self.system_addresses or not self.system or self.denied is not None:
            return self.system_addresses
        stumbled = all(o.failure in STUMBLES for o in self.system)
        return self.direct_addresses if stumbled else ()

    @property
    def encrypted(self) -> tuple[DnsObservation, ...]:
        """Answers over DoH, whose resolver proved its own name."""
        return self.by(ResolverKind.DOH)

    @property
    def encrypted_addresses(self) -> tuple[str, ...]:
        """Addresses from answers that nobody on the path could change."""
        return _addresses(self.encrypted)

    @property
    def checked_addresses(self) -> tuple[str, ...]:
        """Addresses that programs get, of the families that encrypted resolvers were asked about:
        an IPv6 address is not contradicted by who told of IPv4 alone."""
        told = {o.family for o in self.encrypted if o.failure in (None, Failure.DNS_NO_ANSWER)}
        return tuple(a for a in self.system_addresses if ips.families(a) & told)

    @property
    def other_addresses(self) -> tuple[str, ...]:
        """Addresses that only other resolvers gave, the encrypted ones first."""
        mine = {ips.parse(a) for a in self.system_addresses}
        others = (
            *self.encrypted_addresses,
            *_addresses(self.by(ResolverKind.TCP)),
            *_addresses(self.by(ResolverKind.UDP, ResolverKind.DIRECT)),
        )
        return tuple(
            dict.fromkeys(a for a in others if ips.parse(a) not in mine and self.leads_out(a))
        )

    @property
    def exists(self) -> tuple[DnsObservation, ...]:
        """Encrypted answers that give the name an address: it exists."""
        return tuple(o for o in self.encrypted if o.failure is None and o.addresses)

    @property
    def absent(self) -> tuple[DnsObservation, ...]:
        """Encrypted answers that say NXDOMAIN, from two operators or more, none differs."""
        gone = [o for o in self.encrypted if o.failure is Failure.DNS_NXDOMAIN]
        if self.exists or len({o.resolver_name for o in gone}) < 2:
            return ()
        return tuple(gone)

    @property
    def failing_everywhere(self) -> tuple[DnsObservation, ...]:
        """SERVFAIL over encrypted DNS from two operators or more: the name's own servers fail."""
        bad = [o for o in self.encrypted if o.failure is Failure.DNS_SERVFAIL]
        if self.exists or len({o.resolver_name for o in bad}) < 2:
            return ()
        return tuple(bad)

    @property
    def bogons(self) -> tuple[DnsObservation, ...]:
        """Unencrypted answers that consist of addresses where no public service can live."""
        return tuple(
            o
            for o in self.by(ResolverKind.SYSTEM, *UNENCRYPTED)
            if o.addresses and all(ips.is_bogon(a) for a in o.addresses)
        )

    @property
    def conflicts(self) -> tuple[DnsObservation, ...]:
        """Questions that got two answers which contradict each other (an injector lost a race)."""
        return tuple(o for o in self.by(*UNENCRYPTED) if _contradict(o))

    @property
    def intercepted(self) -> tuple[DnsObservation, ...]:
        """Answers over UDP that the same resolver contradicts over TCP, with those: somebody
        answers datagrams in its place. Two addresses contradict each other only where the one over
        TCP is known to be true and the other one is not."""
        true = (*self.encrypted_addresses, *self.proved)
        found: list[DnsObservation] = []
        for told in self.by(ResolverKind.TCP):
            if not told.addresses or any(ips.is_bogon(a) for a in told.addresses):
                continue
            for said in self.by(ResolverKind.UDP, ResolverKind.DIRECT):
                if (said.resolver_name, said.family) != (told.resolver_name, told.family):
                    continue
                wrong = bool(said.addresses) and (
                    all(ips.is_bogon(a) for a in said.addresses)
                    or (
                        ips.same_network(told.addresses, true)
                        and not ips.same_network(said.addresses, (*true, *told.addresses))
                    )
                )
                if wrong or said.failure is Failure.DNS_NXDOMAIN:
                    found += [said, told]
        return tuple(dict.fromkeys(found))

    @property
    def phantom(self) -> tuple[DnsObservation, ...]:
        """Answers that came from an address where no resolver runs."""
        return tuple(o for arm, o in self.seen if arm is Arm.NON_RESOLVER and o.rcode is not None)

    @property
    def denied(self) -> Failure | None:
        """How the system's resolver refuses the name, as precisely as the direct question tells;
        one that gave it more often than not when it was asked again has only stumbled."""
        if self.system_addresses or not self.system:
            return None
        direct = [o.failure for o in self.by(ResolverKind.DIRECT) if o.family == 4]
        given = direct.count(None)
        mostly = given > sum(failure in PASSING for failure in direct)
        for failure in direct:
            passing = mostly and failure in PASSING
            if failure is not None and not failure.is_ours and not passing:
                return failure
        if given:
            return None
        return next((o.failure for o in self.system if o.failure is not None), None)

    @property
    def direct_addresses(self) -> tuple[str, ...]:
        """What the system's own resolver answers to our datagram."""
        return _addresses(self.by(ResolverKind.DIRECT))


def _addresses(seen: tuple[DnsObservation, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a for o in seen for a in o.addresses))


def _contradict(seen: DnsObservation) -> bool:
    """Two answers that share no address, not even a network, or one of which says NXDOMAIN."""
    said = [a for a in seen.answers if a.addresses or a.rcode != "NOERROR"]
    for one in said:
        for other in said:
            if one is other:
                continue
            if bool(one.addresses) != bool(other.addresses):
                return True
            nets = {ips.network(a) for a in one.addresses}
            if one.addresses and not nets & {ips.network(a) for a in other.addresses}:
                return True
    return False
