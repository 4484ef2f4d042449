"""First words of a messenger's own protocol, said to neutral servers as well.

Those do not speak it, and end the conversation; but the machine acknowledges what arrives. Where it
does not, though the same machine answers TLS in the same seconds, the words did not get there.
"""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, by_address, networks

NETWORKS = 2
"""Networks of neutral servers that must not be reached: a firewall of its own may guard one."""

BESIDE = 1.0
"""Seconds before the words in which TLS may have begun that is beside them."""


def unheard(conversation: Conversation) -> bool:
    """Its connection stood, and what was said in a protocol of its own was not even acknowledged,
    though it was sent again and again."""
    said = conversation.protocol
    return said is not None and conversation.met_silence and said.request_acked is False


def _meanwhile(words: Conversation, other: Conversation) -> bool:
    """The other one began while these were being said."""
    said = words.protocol
    return said is not None and words.dialled - BESIDE <= other.dialled <= said.window.end


def filtered(
    words: Iterable[Conversation], beside: Iterable[Conversation]
) -> tuple[Conversation, ...]:
    """Of the ``words`` said to neutral servers those that none of them acknowledged, and TLS
    ``beside`` them, which each answered every time, and while each of them was being said; none
    where too few servers show that."""
    twins = by_address(beside)
    cited: list[Conversation] = []
    for address, said in by_address(words).items():
        others = twins.get(address, [])
        lost = len(said) >= TRIES and all(map(unheard, said))
        beside_each = all(any(_meanwhile(t, o) for o in others) for t in said)
        well = len(others) >= TRIES and all(t.authenticated for t in others)
        if lost and well and beside_each:
            cited += (*said, *others)
    return tuple(cited) if len(networks(cited)) >= NETWORKS else ()
