"""Lines on which only small segments arrive (MTU black holes, RFC 2923: nobody tells the sender).

What was said in large ones there was lost to the line, whoever was spoken to.
"""

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.model.task import Arm


@remembered
def only_small(facts: Facts, least: int = 1) -> bool:
    """Neutral sites have answered to small segments, ``least`` times or more, and never to those of
    the usual size."""
    sites = facts.site_conversations(Arm.CONNECTION)
    small = [bool(t.flow.mss) for _, t in sites if t.genuine]
    return len(small) >= least and all(small)


def too_large(facts: Facts, conversation: Conversation) -> bool:
    """It connected and met silence, held in segments of the usual size on such a line."""
    silent = conversation.connected and conversation.met_silence
    return silent and not conversation.flow.mss and only_small(facts)
