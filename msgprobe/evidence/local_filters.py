"""Filters and overrides of the user's own, which are named as that and never called blocking."""

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.names import NameFacts
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import ResolverKind

PRIVATE = frozenset({"private", "loopback", "link-local"})
"""Words that redaction puts in the place of a resolver's local address."""

LOCAL_FILTER = "local_dns_filter"
LOCAL_OVERRIDE = "local_override"


def own_filter(facts: Facts, name: NameFacts) -> str | None:
    """Which of the user's own devices hides ``name``: a note's identifier, or None.

    A filter is the user's own when the resolver is one known to filter, or when it is a local
    device that also hides a well-known advertising name, or leads both to one address in this
    device's own network, where a filter shows its own page. An override is in the hosts file when
    the system's answer is not what the system's own resolver says to our datagram.
    """
    if _override(name):
        return LOCAL_OVERRIDE
    local = facts.local
    resolvers = set(local.resolvers) if local is not None else set()
    known = {a for r in facts.controls.resolvers if r.filters for a in r.addresses}
    if resolvers & known and (_hidden(name) or _alone(name)):
        return LOCAL_FILTER
    return LOCAL_FILTER if _hides_adverts(facts, name, resolvers) else None


def _hides_adverts(facts: Facts, name: NameFacts, resolvers: set[str]) -> bool:
    """A local device hides the name as it hides an advertising one."""
    if facts.controls.advert_host is None:
        return False
    advert = facts.name(facts.controls.advert_host)
    if _led_home(name, advert):
        return True
    local = bool(resolvers) and all(_is_local(r) for r in resolvers)
    return local and _hidden(name) and _hidden(advert)


def advert_evidence(facts: Facts) -> tuple[DnsObservation, ...]:
    """What the system's resolver says to the advertising name."""
    advert = facts.controls.advert_host
    return facts.name(advert).system if advert is not None else ()


def _override(name: NameFacts) -> bool:
    """getaddrinfo gives a local or other address although the resolver itself gives a good one."""
    mine, direct = name.system_addresses, name.direct_addresses
    return (
        bool(mine)
        and bool(direct)
        and all(ips.is_bogon(a) for a in mine)
        and not any(ips.is_bogon(a) for a in direct)
        and not name.conflicts
    )


def _hidden(name: NameFacts) -> bool:
    """The system answers with the null address, or says that the name does not exist."""
    if name.system_addresses:
        return all(ips.is_null(a) for a in name.system_addresses)
    return any(
        o.failure in (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER, Failure.DNS_REFUSED)
        for o in name.system
    )


def _led_home(name: NameFacts, advert: NameFacts) -> bool:
    """Both lead to the same neighbours, and to nobody else."""
    mine = set(name.system_addresses)
    return bool(mine) and mine <= name.inside and mine == set(advert.system_addresses)


def _alone(name: NameFacts) -> bool:
    """Only the system's resolver says this: others give other addresses over plain UDP, which
    nobody on the way would leave alone who forged the one answer. What came over UDP counts only
    where TCP or DoH bears it out, for somebody may answer datagrams in any resolver's place."""
    borne_out = [
        a for o in name.by(ResolverKind.TCP, ResolverKind.DOH) if not o.failure for a in o.addresses
    ]
    udp = [o for o in name.by(ResolverKind.UDP) if o.addresses]
    plain = [o for o in udp if ips.same_network(o.addresses, borne_out)]
    mine = name.system_addresses
    return (
        bool(mine)
        and bool(plain)
        and not name.conflicts
        and not any(ips.same(o.addresses, mine) for o in udp)
        and not any(ips.is_bogon(a) for o in udp for a in o.addresses)
    )


def _is_local(resolver: str) -> bool:
    return resolver in PRIVATE or (ips.parse(resolver) is not None and ips.is_bogon(resolver))
