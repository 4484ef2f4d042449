"""How long a service's own answers took to begin: what was not waited for as long is late."""

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.model.target import Service


@remembered
def slowest_answer(facts: Facts, service: Service) -> float:
    """Seconds from a request of the first look, or a repeat of it, to the first byte of its answer,
    at most; 0 where none came."""
    answers = [t.http for t in facts.arm(*OWN_ARMS, subject=service.name) if t.genuine]
    return max((h.first_byte or 0.0 for h in answers if h is not None), default=0.0)


def merely_late(facts: Facts, service: Service, conversation: Conversation) -> bool:
    """Nothing came after its handshake, and it was waited for less long than other answers of the
    service took to begin."""
    if conversation.tls is None or not conversation.met_silence:
        return False
    waited = facts.window(conversation).end - conversation.tls.window.end
    return waited < slowest_answer(facts, service)
