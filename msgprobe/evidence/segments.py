"""Lines on which only small segments arrive (an MTU black hole: nothing tells the sender so).

What was said in large ones there was lost to the line, whoever was spoken to.
"""

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.model.task import Arm


@remembered
def only_small(facts: Facts) -> bool:
    """Neutral sites have answered, and none of them to segments of the usual size."""
    sites = facts.site_conversations(Arm.CONNECTION)
    sizes = {t.flow.mss for _, t in sites if t.genuine}
    return bool(sizes) and 0 not in sizes


def too_large(facts: Facts, conversation: Conversation) -> bool:
    """It connected and met silence, held in segments of the usual size on such a line."""
    silent = conversation.connected and conversation.met_silence
    return silent and not conversation.flow.mss and only_small(facts)
