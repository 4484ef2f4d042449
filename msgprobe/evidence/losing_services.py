"""Services whose conversations lose far more on the way than all others do."""

from collections.abc import Iterable, Iterator

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losses import exceeds
from msgprobe.evidence.six import comparable
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role

UNLIKELY = 1e-5
"""Fisher's p: as many as three dozen pools are looked at in a run."""

Families = tuple[int, ...]

_TOGETHER_OR_ONE: tuple[Families, ...] = ((4, 6), (4,), (6,))


def well(facts: Facts, conversations: Iterable[Conversation]) -> list[Conversation]:
    """Those that ended well, and that can be compared: not held up by our own crowd."""
    fit = (t for t in comparable(facts, conversations) if t.genuine and t.info is not None)
    return [t for t in fit if not facts.held_up(t)]


@remembered
def lossy_families(facts: Facts, service: Service) -> tuple[Families, ...]:
    """The families of addresses over which the service's conversations and transfers lose far more
    than those of all others over the same: both together, and each alone."""
    mine, others = well(facts, _of_services(facts, service)), well(facts, _beside(facts, service))
    return tuple(
        families
        for families in _TOGETHER_OR_ONE
        if exceeds(
            (t.info for t in mine if ips.family(t.address) in families),
            (t.info for t in others if ips.family(t.address) in families),
            UNLIKELY,
        )
    )


def _of_services(facts: Facts, service: Service) -> Iterator[Conversation]:
    every = facts.arm(*OWN_ARMS, Arm.TRANSFER, subject=service.name)
    return (t for t in every if t.task.role is Role.TARGET)


def _beside(facts: Facts, service: Service) -> Iterator[Conversation]:
    """Those of other services, and neutral ones."""
    name = service.name
    every = facts.arm(*OWN_ARMS, Arm.TRANSFER, Arm.TRANSFER_SOURCE)
    yield from (t for t in every if t.task.role is not Role.TARGET or t.task.subject != name)
    yield from (t for _, t in facts.site_conversations(Arm.CONNECTION, Arm.AGAIN))
