"""Conversations that end well and lose far more on the way than others do at the same time."""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.losses import FLOOR, exceeds, lost_share
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import LIKELY_IMPAIRED, Cited, PoolRule
from msgprobe.model.task import Arm, Role
from msgprobe.model.verdict import Layer

UNLIKELY = 1e-5
"""Fisher's p: as many as three dozen pools are looked at in a run."""


def _well(facts: Facts, conversations: Iterable[Conversation]) -> list[Conversation]:
    fit = (t for t in conversations if t.genuine and t.info is not None)
    return [t for t in fit if not facts.held_up(t)]


def _lossy(p: PoolFacts) -> Cited:
    """The service's conversations lose far more than those of all others, and so do this pool's."""
    conversations = [t for t in p.facts.arm(*OWN_ARMS) if t.task.role is Role.TARGET]
    mine = _well(p.facts, (t for t in conversations if t.task.subject == p.service.name))
    others = _well(p.facts, (t for t in conversations if t.task.subject != p.service.name))
    others += _well(p.facts, (t for _, t in p.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)))
    own = _well(p.facts, p.genuine)
    if lost_share(t.info for t in own) < FLOOR:
        return ()
    hit = exceeds((t.info for t in mine), (t.info for t in others), UNLIKELY)
    return own if hit else ()


CONVERSATION_LOSS: PoolRule = LIKELY_IMPAIRED.at(Layer.TCP).rule("tcp.loss", holds=_lossy)
