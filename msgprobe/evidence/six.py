"""What a line does to IPv6 it does to everybody who is asked over it: that tells nothing of a
service."""

from collections.abc import Iterable

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losses import exceeds
from msgprobe.evidence.resigning import NEUTRAL_ARMS

UNLIKELY = 1e-2
"""Fisher's p: neutral conversations are few and short, and what is left out accuses nobody."""


@remembered
def lossy_six(facts: Facts) -> tuple[Conversation, ...]:
    """Neutral conversations over IPv6 where they lose far more than those over IPv4, with two sites
    or more; else none."""
    neutral = [t for _, t in facts.site_conversations(*NEUTRAL_ARMS) if t.connected]
    six = tuple(t for t in neutral if ips.family(t.address) == 6)
    four = (t for t in neutral if ips.family(t.address) == 4)
    lost = exceeds((t.info for t in six), (t.info for t in four), UNLIKELY)
    return six if lost and len({t.address for t in six}) >= 2 else ()


def comparable(facts: Facts, conversations: Iterable[Conversation]) -> list[Conversation]:
    """Those that can be compared with neutral ones over IPv4: all, but those over IPv6 where that
    loses far more whoever is asked."""
    lossy = bool(lossy_six(facts))
    return [t for t in conversations if not lossy or ips.family(t.address) == 4]
