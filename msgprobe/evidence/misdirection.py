"""A resolver that gives wrong addresses for everything: what it does with a messenger's name is no
news then.

Wrong is an address in no network that the catalogue knows the neutral name's server in, nor any
encrypted resolver, where either knows of that family. One site may have moved, and some censors
forge a neutral name or two as well.
"""

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
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
