"""Neutral names that lead inside: to this device, into its network, or where no public service is.

A login page answers so, a tunnel that tells its names apart by made-up addresses, and a resolver
that is broken or lies about everything. None of them is about a messenger; nor is a resolver that
leaves out all addresses of one family.
"""

from collections.abc import Iterable

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.misdirection import misdirected
from msgprobe.evidence.names import NameFacts
from msgprobe.model.observation import DnsObservation
from msgprobe.model.reach import Reach, is_special, reach, special_range
from msgprobe.model.task import ResolverKind


def led_inside(g: ConnectionFacts) -> tuple[DnsObservation, ...]:
    """The answers about neutral names that lead inside; none where most of them lead out."""
    if not g.fake_addresses:
        return ()
    answered = g.neutral_answers(ResolverKind.SYSTEM)
    return tuple(
        o
        for o in answered
        if o.addresses and not any(g.facts.leads_out(address) for address in o.addresses)
    )


@remembered
def carried(g: ConnectionFacts) -> tuple[Conversation, ...]:
    """What was answered as it should at such addresses: a tunnel carries it."""
    genuine = (t for t in g.facts.arm(*OWN_ARMS) if t.genuine and t.flow.host is not None)
    return tuple(t for t in (*g.exact, *genuine) if not g.facts.leads_out(t.address))


def tunnelled(g: ConnectionFacts, name: NameFacts) -> bool:
    """All that the system says of the name lies in special ranges in which a conversation was
    answered as it should: a tunnel of the user's own carries some names, and this is one of them.

    Whether this very name works there is another question: its server may fail, or have no way to
    prove itself.
    """
    given = name.system_addresses
    return bool(given) and set(given) == set(_in_carried_ranges(g, given))


def _in_carried_ranges(g: ConnectionFacts, given: Iterable[str]) -> list[str]:
    ranges = _carried_ranges(g)
    return [a for a in given if not g.facts.leads_out(a) and special_range(a) in ranges]


@remembered
def _carried_ranges(g: ConnectionFacts) -> frozenset[str | None]:
    return frozenset(special_range(t.address) for t in carried(g))


def astray(g: ConnectionFacts, name: NameFacts) -> tuple[str, ...]:
    """Addresses that the system gives for the name where no public service can live, and that no
    tunnel carries."""
    given = name.system_addresses
    carries = _in_carried_ranges(g, given)
    return tuple(a for a in given if is_special(a) and a not in carries)


def misled(g: ConnectionFacts) -> tuple[DnsObservation, ...]:
    """As `led_inside`, where nothing shows that a tunnel is behind the addresses; or what leads
    neutral names anywhere else where they are not (see `misdirected`)."""
    return misdirected(g.facts) or _nowhere(g)


def _nowhere(g: ConnectionFacts) -> tuple[DnsObservation, ...]:
    return () if carried(g) else led_inside(g)


def led_near(g: ConnectionFacts) -> tuple[DnsObservation, ...]:
    """As `led_inside`, where no tunnel is behind the addresses, and most of the names lead to
    somebody else than this very device."""
    told = _nowhere(g)
    near = tuple(o for o in told if any(_is_near(g, address) for address in o.addresses))
    return near if 2 * len(near) > len(told) else ()


def _is_near(g: ConnectionFacts, address: str) -> bool:
    return not g.facts.never(address) or reach(address) is not Reach.NEVER


def left_out(g: ConnectionFacts, name: NameFacts) -> bool:
    """The resolver gives neutral names addresses, and none of the families that ``name`` has any
    of: who leaves out all IPv4 addresses erases no name by that. Of which families they are say
    those who know the name elsewhere; where nobody does, they are IPv4's, as nearly everybody's."""
    told = _families_told(g)
    known = set[int]().union(*map(ips.families, name.other_addresses)) or {4}
    return bool(told) and not told & known


@remembered
def _families_told(g: ConnectionFacts) -> frozenset[int]:
    names = map(g.facts.name, g.neutral_names)
    given = [a for n in names for a in (*n.system_addresses, *n.direct_addresses)]
    return frozenset[int]().union(*map(ips.families, given))
