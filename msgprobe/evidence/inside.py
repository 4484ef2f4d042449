"""Neutral names that lead inside: to this device, into its network, or where no public service is.

A login page answers so, a tunnel that tells its names apart by made-up addresses, and a resolver
that is broken or lies about everything. None of them is about a messenger.
"""

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.model.observation import DnsObservation
from msgprobe.model.reach import Reach, reach
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


def carried(g: ConnectionFacts) -> tuple[Conversation, ...]:
    """What was answered as it should at such addresses: a tunnel carries it."""
    genuine = (t for t in g.facts.arm(*OWN_ARMS) if t.genuine and t.flow.host is not None)
    return tuple(t for t in (*g.exact, *genuine) if not g.facts.leads_out(t.address))


def misled(g: ConnectionFacts) -> tuple[DnsObservation, ...]:
    """As `led_inside`, where nothing shows that a tunnel is behind the addresses."""
    return () if carried(g) else led_inside(g)


def led_near(g: ConnectionFacts) -> tuple[DnsObservation, ...]:
    """As `misled`, where most of the names lead to somebody else than this very device."""
    told = misled(g)
    near = tuple(o for o in told if any(_is_near(g, address) for address in o.addresses))
    return near if 2 * len(near) > len(told) else ()


def _is_near(g: ConnectionFacts, address: str) -> bool:
    return not g.facts.never(address) or reach(address) is not Reach.NEVER
