"""A resolver that gives wrong addresses for everything, or none of one family: what it does with a
messenger's name is no news then.

Wrong is an address in no network that the catalogue knows the neutral name's server in, nor any
encrypted resolver, where either knows of that family. One site may have moved, and some censors
forge a neutral name or two as well.
"""

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.names import NameFacts
from msgprobe.model.observation import DnsObservation

OWNERS = 3
"""Owners of neutral names that are led astray, at least."""


@remembered
def misdirected(facts: Facts) -> tuple[DnsObservation, ...]:
    """What the system is told of neutral names and is wrong; empty unless `OWNERS` of them, and
    most of those whose addresses are known, are led to others where a public service could be."""
    wrong: dict[str, tuple[DnsObservation, ...]] = {}
    right: set[str] = set()
    for site in facts.controls.abroad:
        name = facts.name(site.host)
        given = name.system_addresses
        if not given or not site.addresses or not any(map(facts.leads_out, given)):
            continue
        known = (*site.addresses, *name.encrypted_addresses)
        families = set[int]().union(*map(ips.families, known))
        given = tuple(a for a in given if ips.families(a) & families)
        if not given:
            continue
        if ips.same(given, known) or ips.same_network(given, known):
            right.add(site.owner)
        else:
            wrong[site.owner] = name.system
    if len(wrong) < OWNERS or len(wrong) <= len(right):
        return ()
    return tuple(o for told in wrong.values() for o in told)


def left_out(facts: Facts, name: NameFacts) -> bool:
    """This connection's resolver gives neutral names addresses, and none of the families that
    ``name`` has any of elsewhere: one that leaves out all IPv4 addresses erases no name by that."""
    told = _families_told(facts)
    known = set[int]().union(*map(ips.families, name.other_addresses))
    return bool(told and known) and not told & known


@remembered
def _families_told(facts: Facts) -> frozenset[int]:
    sites, sentinels = facts.controls.sites, facts.controls.sentinels
    names = [facts.name(h) for h in (*(s.host for s in sites), *(s.host for s in sentinels))]
    given = [a for n in names for a in (*n.system_addresses, *n.direct_addresses)]
    return frozenset[int]().union(*map(ips.families, given))
