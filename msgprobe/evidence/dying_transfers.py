"""Transfers that die at the ClientHello wherever the service is named, while other names there are
answered: the name worked when the run began, and does no more."""

from collections.abc import Iterable

from msgprobe.evidence.cut_places import TWICE
from msgprobe.evidence.facts import OWN_ARMS, TRIES
from msgprobe.evidence.handshakes import answered, failed
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.shares import shares
from msgprobe.evidence.tallies import tally
from msgprobe.evidence.transfer_pairs import twins
from msgprobe.evidence.transfer_samples import Sample

Block = tuple[str, int]
"""An address, and the number of a block of the comparison."""


def dying_by_name(paired: PairedTransfers) -> tuple[Sample, ...]:
    """Those under the name, and the answered ones under others, if as many of the first as a claim
    needs died and the rest is clear: at its own address and at a neutral server, each beside
    another name in the same block, which is no server's doing; and none was answered since, nor did
    any under another name die."""
    named = (*paired.own, *paired.there)
    dead = _dead(paired, named)
    others = (*paired.neutral, *twins(paired.sources, paired.service.name, paired.asset.name))
    if len(dead) < TRIES or _dead(paired, others):
        return ()
    began = min(s.start for s in dead)
    if any(answered(s.conversation) for s in named if s.start > began):
        return ()
    alive = [s for s in others if answered(s.conversation)]
    beside = {_block(s) for s in alive}
    shown = [s for s in dead if _block(s) in beside]
    sides = {s in paired.there for s in shown}
    return (*dead, *alive) if len(sides) == 2 else ()


def refused(paired: PairedTransfers) -> bool:
    """Its transfers of the first look were broken off at the ClientHello, each of two or more, and
    until then whatever the service was asked was answered: who does it minds it only now, or what
    nothing else names."""
    first = [s.conversation for s in paired.own if not s.number]
    broken = [t for t in first if t.connected and failed(t) and not t.met_silence]
    if len(broken) < TWICE or len(broken) < len(first):
        return False
    asked = paired.facts.arm(*OWN_ARMS, subject=paired.service.name)
    return not any(map(failed, asked))


def _block(sample: Sample) -> Block:
    return sample.conversation.address, sample.number


def _dead(paired: PairedTransfers, samples: Iterable[Sample]) -> list[Sample]:
    """Their connections opened, and nothing answered the ClientHello, for longer than any neutral
    server took to; or it was broken off."""
    opened = [s for s in samples if s.conversation.connected and s.conversation.tls is not None]
    patience = shares(paired.facts).patience
    died = {t.transaction for t in tally((s.conversation for s in opened), patience).failed}
    return [s for s in opened if s.transaction in died]
