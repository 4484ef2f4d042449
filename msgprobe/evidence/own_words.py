"""First words of a messenger's own protocol, said to neutral servers as well.

Those do not speak it, and end the conversation; but the machine acknowledges what arrives. Where it
does not, though the same machine answers TLS in the same seconds, the words did not get there.
"""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, by_address, networks

NETWORKS = 2
"""Networks of neutral servers that must not be reached: a firewall of its own may guard one."""


def unheard(conversation: Conversation) -> bool:
    """Its connection stood, and what was said in a protocol of its own was not even acknowledged,
    though it was sent again and again."""
    said = conversation.protocol
    return said is not None and conversation.met_silence and said.request_acked is False


def filtered(
    words: Iterable[Conversation], beside: Iterable[Conversation]
) -> tuple[Conversation, ...]:
    """Of the ``words`` said to neutral servers those that none of them acknowledged, and TLS
    ``beside`` them, which each answered every time; none where too few servers show that."""
    twins = by_address(beside)
    cited: list[Conversation] = []
    for address, said in by_address(words).items():
        others = twins.get(address, [])
        lost = len(said) >= TRIES and all(map(unheard, said))
        if lost and len(others) >= TRIES and all(t.authenticated for t in others):
            cited += (*said, *others)
    return tuple(cited) if len(networks(cited)) >= NETWORKS else ()
