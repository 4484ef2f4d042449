"""One asset against neutral transfers: what the pairs say, and what kind of slowness it is.

The method is that of paired, interleaved transfers with a sequential test; a word needs two kinds
of evidence that fail in different ways (a slow server, a long way, a bad moment).
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgprobe.evidence.answers import slowest_answer
from msgprobe.evidence.cut_places import not_stopped
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.kinds import Kind
from msgprobe.evidence.losing_services import oftener_disturbed
from msgprobe.evidence.losses import exceeds
from msgprobe.evidence.name_losses import LIKELY, Sides, loses_by_name, tell_losses
from msgprobe.evidence.six import comparable, loses_alike
from msgprobe.evidence.statistics import MOST_PAIRS, Decision, median, sprt
from msgprobe.evidence.transfer_pairs import (
    LONG_WAY,
    OTHER_SERVER,
    SAME_SERVER,
    Beside,
    Pair,
    by_block,
    by_name,
    compare,
    couples,
    length,
    lower_by_name,
    moved,
    questions_took,
    steady,
    twins,
)
from msgprobe.evidence.transfer_samples import FEWEST, Sample
from msgprobe.evidence.turned_slow import turned_slow
from msgprobe.model.observation import TcpInfo
from msgprobe.model.target import Asset, Service
from msgprobe.model.task import Arm

NETWORKS = 3
"""Neutral networks that must all be faster before the address is suspected."""

BLOCKS = 3
"""Blocks of pairs, each at a moment of its own, that must be slow."""

ON_EACH_SIDE = 2
"""Of these on each side, so that each tells by itself that the name decides there."""


class PairedTransfers:
    """Everything measured about one asset, paired."""

    def __init__(self, facts: Facts, service: Service, asset: Asset) -> None:
        self.facts = facts
        self.service = service
        self.asset = asset
        about = moved(facts, asset.direction)
        mine = [
            s
            for s in about
            if s.conversation.task.subject == service.name
            and s.conversation.flow.option("asset") == asset.name
        ]
        self.own = _compared(_arm(mine, Arm.TRANSFER), asset)
        self.neutral = _arm(mine, Arm.TRANSFER_NEUTRAL_SNI)
        self.there = _arm(mine, Arm.TRANSFER_TARGET_SNI)
        self.siblings = _arm(mine, Arm.TRANSFER_SIBLING)
        self.small = _arm(mine, Arm.TRANSFER_SMALL)
        self.sources = _arm(about, Arm.TRANSFER_SOURCE)
        self._allowance = 0.0 if asset.pool is None else questions_took(facts)
        self.peers: tuple[PairedTransfers, ...] = ()
        """The comparisons about the service's other assets."""

    # -- pairs

    @cached_property
    def here_pairs(self) -> tuple[Pair, ...]:
        """Own name beside a neutral one at the same address, block by block."""
        return couples(self._blocks[0])

    @cached_property
    def there_pairs(self) -> tuple[Pair, ...]:
        """The service's name beside the server's own, at a neutral server, block by block."""
        return couples(self._blocks[1])

    @cached_property
    def sides(self) -> Sides:
        """What its name decides about losses: of what was cut, those are known as well."""
        return tell_losses(self._blocks[0]), tell_losses(self._blocks[1])

    @cached_property
    def _blocks(self) -> tuple[Beside, Beside]:
        named = [s for s in self.own if s.number]
        there = twins(self.sources, self.service.name, self.asset.name)
        return by_block(named, self.neutral), by_block(self.there, there)

    @cached_property
    def wide_pairs(self) -> tuple[Pair, ...]:
        """Own transfers beside neutral sources: the slower of the two nearest in time."""
        return tuple(min(pairs, key=lambda p: p.corrected) for pairs in self._nearest)

    @cached_property
    def _nearest(self) -> tuple[tuple[Pair, ...], ...]:
        """Each own transfer beside the two neutral ones that are nearest in time.

        Sources to which the service was named before are left out: a censor may have become
        suspicious of their address.
        """
        named: dict[str, float] = {}
        for s in self.there:
            named[s.conversation.address] = min(s.start, named.get(s.conversation.address, s.start))
        clean = [
            s
            for s in not_stopped(self.facts, self.sources)
            if s.usable and s.start <= named.get(s.conversation.address, float("inf"))
        ]
        found = []
        for own in self.own:
            near = sorted(clean, key=lambda s: abs(s.start - own.start))[:2]
            pairs = tuple(p for s in near if (p := self._beside(own, s)) is not None)
            found += [pairs] if pairs else []
        return tuple(found)

    def _beside(self, own: Sample, source: Sample) -> Pair | None:
        """Both as a pair; none where a volley's questions may have been what took so long."""
        if self._allowance is None:
            return None
        return compare(own, source, self._allowance)

    # -- decisions

    @cached_property
    def here(self) -> Decision:
        """Does the name decide at the service's own address?"""
        return by_name(self.here_pairs)

    @cached_property
    def elsewhere(self) -> Decision:
        """Does the name decide at neutral servers?"""
        return by_name(self.there_pairs)

    @cached_property
    def named(self) -> Decision:
        """Does the name decide, at its own address and at neutral servers alike? What one of them
        says against it, the other cannot outweigh; and the pairs of one block share its moment, so
        that those of three are needed."""
        if Decision.NORMAL in (self.here, self.elsewhere):
            return Decision.OPEN
        if lower_by_name((self.here_pairs, self.there_pairs), agreed=self.plateau):
            return Decision.SLOW
        slow = self._slow_blocks
        if not all(slow) or len(slow[0] | slow[1]) < BLOCKS:
            return Decision.OPEN
        every = sorted((*self.here_pairs, *self.there_pairs), key=lambda p: p.target.start)
        return sprt(p.paired > SAME_SERVER for p in every)

    @property
    def slow_by_name(self) -> bool:
        """The name decides how long it takes."""
        return Decision.SLOW in (self.here, self.elsewhere, self.named)

    @property
    def _slow_blocks(self) -> tuple[set[int], set[int]]:
        """Blocks whose pairs were slow under its name, at its own address and at neutral ones."""
        here, there = (
            {p.target.number for p in pairs if p.paired > SAME_SERVER}
            for pairs in (self.here_pairs, self.there_pairs)
        )
        return here, there

    @property
    def _on_both_sides(self) -> bool:
        """The name decides, and neither its own server nor a neutral one alone tells so."""
        each = min(map(len, self._slow_blocks)) >= ON_EACH_SIDE
        each |= lower_by_name((self.here_pairs, self.there_pairs), agreed=False)
        return self.named is Decision.SLOW and each

    @property
    def mostly_slow_by_name(self) -> bool:
        """Too few pairs to decide, but most of them, at its own address and at neutral servers,
        were slow under its name."""
        sides = (self.here_pairs, self.there_pairs)
        slow = [sum(p.paired > SAME_SERVER for p in pairs) for pairs in sides]
        enough = all(slow) and sum(slow) >= BLOCKS and 2 * sum(slow) > sum(map(len, sides))
        return enough and Decision.NORMAL not in (self.here, self.elsewhere)

    @cached_property
    def wide(self) -> Decision:
        """Is it slower than neutral sources, the longer way allowed for?"""
        return sprt(p.corrected > OTHER_SERVER for p in self.wide_pairs)

    @property
    def wide_settled(self) -> Decision:
        """The same without what its server took to think: slow once it had begun."""
        return sprt(p.settled > OTHER_SERVER for p in self.wide_pairs)

    @property
    def suspicious(self) -> bool:
        """Some own transfer of the first look was slow, cut short, or lossy beside neutral ones."""
        first = [s for s in self.own if not s.number]
        return bool(self.struck) or exceeds(_infos(first), _infos(self.sources), 0.02, bursts=True)

    @property
    def struck(self) -> tuple[Sample, ...]:
        """Own transfers of the first look that were slow or cut short. The length of the way is not
        all of it. Losses there may be; the same way under another name tells. On a long way, where
        few transfers can be made, one neutral one that was disturbed itself excuses nothing."""
        long = any(length(s) >= LONG_WAY for s in self.sources if s.usable)
        pairs = (p for near in self._nearest for p in near) if long else self.wide_pairs
        slow = {id(p.target) for p in pairs if p.beyond > SAME_SERVER}
        return tuple(s for s in self.own if not s.number and (id(s) in slow or s.cut_short))

    @property
    def silent(self) -> bool:
        """None of the service's own transfers moved anything, or was answered without moving: it is
        not slow, it is cut off."""
        told = [s for s in self.own if s.usable or s.answered]
        return bool(told) and all(s.silent for s in told)

    @property
    def impatient(self) -> bool:
        """Other answers of the service took longer than these transfers were waited for: what did
        not come in that time is late, not missing."""
        late = slowest_answer(self.facts, self.service)
        return late >= min((s.elapsed for s in self.own if s.silent), default=late)

    @property
    def here_fails(self) -> bool:
        """The server gives nothing under a neutral name: the name alone cannot be changed here."""
        tried = _tried(self.neutral)
        return len(tried) >= 2 and not any(s.served for s in tried)

    @property
    def there_fails(self) -> bool:
        """Neutral servers give nothing under the service's name."""
        tried = _tried(self.there)
        return len(tried) >= 2 and not any(s.usable for s in tried)

    # -- kinds of evidence

    @cached_property
    def slow(self) -> tuple[Sample, ...]:
        """Transfers under the service's name that lost a comparison."""
        pairs = [p for p in (*self.here_pairs, *self.there_pairs) if p.beyond > SAME_SERVER]
        pairs += [p for p in self.wide_pairs if p.corrected > OTHER_SERVER]
        return tuple({id(p.target): p.target for p in pairs}.values())

    @cached_property
    def fair(self) -> tuple[Sample, ...]:
        """Neutral transfers that moved everything; those from the service's own address only if
        the neutral name made them faster."""
        same = self.neutral if self.here is Decision.SLOW else ()
        return tuple(s for s in (*same, *self.sources) if s.finished)

    @property
    def plateau(self) -> bool:
        """The slow ones agree on a rate, and it is far below the neutral ones'."""
        rates = [s.plateau_kbit for s in self.slow if s.moved >= FEWEST]
        fair = [s.plateau_kbit for s in self.fair]
        return steady(rates) and bool(fair) and median(rates) * 2.5 < median(fair)

    @property
    def lossy(self) -> bool:
        """The service's transfers lose far more than neutral ones, whoever is asked over IPv6."""
        own = [s.conversation for s in self.own]
        return exceeds(_infos(self.own), _infos(self.sources)) and not loses_alike(self.facts, own)

    @property
    def lossy_here(self) -> bool:
        """At the same address, the service's name loses far more than a neutral one."""
        return exceeds(_infos(s for s in self.own if s.number), _infos(self.neutral))

    @property
    def lossy_there(self) -> bool:
        """At neutral servers, the service's name loses far more than their own."""
        return exceeds(_infos(self.there), _infos(self.sources))

    def _with(self, other: Decision, lossy: bool) -> bool:
        """The other side does not speak against losses at one: as fast under either name and not
        ``lossy``, it says that a burst did it, for who minds the name minds it everywhere; unless
        what names the service loses something oftener at both."""
        return lossy or other is not Decision.NORMAL or self.loses_by_name

    @cached_property
    def loses_by_name(self) -> bool:
        """In the blocks, what names the service loses something far oftener than its pairs do, or
        more each time."""
        return loses_by_name(self._in_blocks, self.sides)

    @cached_property
    def seems_to_lose_by_name(self) -> bool:
        """The same, by what is not luck, and convinces nobody."""
        return loses_by_name(self._in_blocks, self.sides, LIKELY)

    @property
    def _in_blocks(self) -> tuple[Sample, ...]:
        return (*(s for s in self.own if s.number), *self.there)

    @property
    def lossy_everywhere(self) -> bool:
        """The service's ordinary conversations lose far more than those with neutral sites, or
        something far oftener: other connections, other moments, more of its addresses."""
        if oftener_disturbed(self.facts, self.service):
            return True
        own = comparable(self.facts, self.facts.arm(*OWN_ARMS, subject=self.service.name))
        sites = [t for _, t in self.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)]
        mine = [t for t in own if t.connected and not self.facts.held_up(t)]
        neutral = [t for t in sites if t.connected and not self.facts.held_up(t)]
        if len({t.address for t in mine}) < 2:
            return False
        more = exceeds((t.info for t in mine), (t.info for t in neutral), unlikely=1e-2)
        return more and not loses_alike(self.facts, mine)

    @property
    def networks(self) -> frozenset[str]:
        """Neutral networks beside which an own transfer was slow every time."""
        lost: set[str] = set()
        won: set[str] = set()
        for own in self.own:
            for source in self.sources:
                pair = self._beside(own, source) if source.usable else None
                if pair is not None and abs(source.start - own.start) < 30.0:
                    name = source.conversation.task.subject
                    (lost if pair.corrected > OTHER_SERVER else won).add(name)
        return frozenset(lost - won)

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of evidence that are there."""
        found = {
            Kind.HERE: Decision.SLOW in (self.here, self.named)
            or (self.lossy_here and self._with(self.elsewhere, self.lossy_there)),
            Kind.ELSEWHERE: self.elsewhere is Decision.SLOW
            or (self.lossy_there and self._with(self.here, self.lossy_here))
            or self._on_both_sides,
            Kind.NEUTRAL: self.wide is Decision.SLOW and len(self.networks) >= NETWORKS,
            Kind.NAME_LOSS: self.loses_by_name,
            Kind.PLATEAU: self.plateau,
            Kind.LOSS: self.lossy or any(p.lossy for p in self.peers),
            Kind.SPREAD: self.lossy_everywhere,
            Kind.LATER: self.later,
        }
        return frozenset(k for k, holds in found.items() if holds)

    @property
    def later(self) -> bool:
        """The blocks after the wait were slow again under the service's name."""
        pairs = (*self.here_pairs, *self.there_pairs)
        slow = [p for p in pairs if p.beyond > SAME_SERVER and p.target.number <= MOST_PAIRS]
        again = [p for p in pairs if p.target.number > MOST_PAIRS]
        return bool(slow) and len(again) >= 2 and all(p.beyond > SAME_SERVER for p in again)

    @property
    def poisoned(self) -> tuple[Sample, ...]:
        """Neutral servers' transfers, fast until the service was named there and slow ever after,
        if two servers show it."""
        return turned_slow(self.there, [s for s in self.sources if s.usable])


def _infos(samples: Iterable[Sample]) -> list[TcpInfo | None]:
    return [s.info for s in samples]


def _arm(samples: Sequence[Sample], arm: Arm) -> tuple[Sample, ...]:
    found = [s for s in samples if s.conversation.task.arm is arm]
    return tuple(sorted(found, key=lambda s: (s.start, s.conversation.task.id)))


def _tried(samples: Iterable[Sample]) -> list[Sample]:
    """Those that came to something, be it a failure."""
    seen = ((s, s.conversation) for s in samples)
    return [s for s, c in seen if c.transfer is not None or c.failure]


def _compared(own: tuple[Sample, ...], asset: Asset) -> tuple[Sample, ...]:
    """Those at the address that was looked into, where one was: that others of the name work does
    not acquit it. A pool's servers are asked in turn."""
    places = [s.conversation.address for s in own if s.number and asset.pool is None]
    return tuple(s for s in own if s.conversation.address == places[0]) if places else own


def paired_transfers(
    facts: Facts, service: Service, assets: Iterable[Asset] | None = None
) -> tuple[PairedTransfers, ...]:
    """Paired transfers for each asset of the service (or each of ``assets``); they know one
    another."""
    found = [
        PairedTransfers(facts, service, a) for a in (service.assets if assets is None else assets)
    ]
    for paired in found:
        paired.peers = tuple(c for c in found if c is not paired)
    return tuple(found)
