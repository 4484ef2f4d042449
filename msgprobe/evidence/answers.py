"""How long a service's own answers took to begin: what was not waited for as long is late."""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.model.observation import TcpInfo
from msgprobe.model.target import Service


@remembered
def slowest_answer(facts: Facts, service: Service) -> float:
    """Seconds from a request of the first look, or a repeat of it, to the first byte of its answer,
    at most; 0 where none came."""
    return _slowest(_answered(facts, service))


@remembered
def slowest_whole_answer(facts: Facts, service: Service) -> float:
    """The same of conversations that lost nothing: how long its servers take, and not what was sent
    again on the way."""
    return _slowest(t for t in _answered(facts, service) if not _lost(t.info))


def _answered(facts: Facts, service: Service) -> list[Conversation]:
    return [t for t in facts.arm(*OWN_ARMS, subject=service.name) if t.genuine]


def _slowest(answered: Iterable[Conversation]) -> float:
    answers = [t.http for t in answered]
    return max((h.first_byte or 0.0 for h in answers if h is not None), default=0.0)


def _lost(info: TcpInfo | None) -> bool:
    """Most of what was sent again had been lost, or something that came had: who is merely late
    acknowledges each of them (RFC 2883)."""
    return info is not None and (info.out_of_order > 0 or info.total_retrans > 2 * info.needless)


def merely_late(facts: Facts, service: Service, conversation: Conversation) -> bool:
    """Nothing came after its handshake, and it was waited for less long than other answers of the
    service took to begin."""
    if conversation.tls is None or not conversation.met_silence:
        return False
    waited = facts.window(conversation).end - conversation.tls.window.end
    return waited < slowest_answer(facts, service)
