"""Names of which too many handshakes fail to call them fine, and too few to say more.

What leaves a doubt accuses nobody, so that it needs less than a share (see `shares`), and counts
repeats too: so many failures before one goes well are rarer than among as many that were planned.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, Facts, grouped, networks
from msgprobe.evidence.handshakes import Named, answered
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.shares import ALPHA, Shares, in_usual_form, shares, shut
from msgprobe.evidence.statistics import together
from msgprobe.evidence.tallies import Tally, joined, later, place, said_at, tally
from msgprobe.model.target import Service

DOUBT = 1e-2
"""Errors allowed of a name that is not called fine because it fails at neutral servers as well,
which no accident of its own servers brings about; nor does our own crowd mind one name alone."""

Names = Mapping[str, Tally]
"""What came of each name."""


class Doubts:
    """The names of a run that are not called fine for what fails of them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._shares: Shares = shares(facts)
        self.ledger = facts.ledger

    @remembered
    def of(self, service: Service) -> dict[str, Tally]:
        """Names of the service, with what came of them."""
        named = self._shares.named(service)
        found: dict[str, Tally] = {}
        for names in _alike({what: self._tally(some) for what, some in named.items()}):
            found.update(self._over_one_family(names))
            found.update(self._since(service, names))
            found.update(self._unshown(service, names))
            found.update(self._together({what: self._seldom(named[what]) for what in names}))
        found.update(self._one_by_one(service, named))
        return found

    def _tally(self, conversations: Iterable[Conversation]) -> Tally:
        return tally(conversations, self._shares.patience)

    def _one_by_one(self, service: Service, named: Named) -> Names:
        """Those of which too many fail here, or here and at neutral servers together where they
        could be said there. Not where all failed first, and none since: what is over says nothing
        of now."""
        found = {}
        for what, conversations in named.items():
            alive = {place(t) for t in conversations if answered(t)}
            here = self._tally(t for t in conversations if place(t) in alive or not alive)
            there = self._shares.said_elsewhere(service, what)
            both, chance = joined((here, there)), self._shares.chance(here)
            many = chance <= ALPHA
            if there.failed:
                many = many or together(chance, self._shares.chance(there)) <= DOUBT
            if many and (here.relapses or later(there.failed, both.answered)):
                found[what] = both
        return found

    def _together(self, names: Names) -> Names:
        """The same of all names together, where each place was asked too seldom to tell, as on a
        line that is spared. Names that nobody answered are left to others: they are cut off or
        dead, as a whole. An outage is over once, or has not begun yet: what was answered since the
        first failure is followed by others."""
        heard = {what: one for what, one in names.items() if one.answered}
        whole = joined(heard.values())
        first = min(map(said_at, whole.failed), default=math.inf)
        since = [t for t in whole.answered if said_at(t) >= first]
        if later(whole.failed, since) and self._shares.chance(whole) <= ALPHA:
            return {what: one for what, one in heard.items() if one.failed}
        return {}

    def _seldom(self, conversations: Iterable[Conversation]) -> Tally:
        """What came of those that connected, without places at which each of several failed: what
        takes no connection is dead or cut off, and no share."""
        places = grouped((t for t in conversations if t.connected), place).values()
        return self._tally(t for some in places if not shut(some) for t in some)

    def _over_one_family(self, names: Names) -> Names:
        """Those that fail over IPv4 or over IPv6 alone, two of them at least in two networks, where
        no name is answered over it and neutral servers are: that the other family works does not
        show that this one does. What was answered over the other one only after all had failed
        shows an outage that is over."""
        found: dict[str, Tally] = {}
        for family in (4, 6):
            over = {what: _over(family, one) for what, one in names.items()}
            if any(one.answered for one in over.values()):
                continue
            alone = {what for what, one in over.items() if later(one.failed, names[what].answered)}
            whole = joined(over[what] for what in alone)
            if len(alone) < 2 or len(networks(whole.failed)) < 2:
                continue
            if whole.exceeds(_over(family, self._shares.neutral)) <= ALPHA:
                found.update((what, names[what]) for what in alone)
        return found

    def _since(self, service: Service, names: Names) -> Names:
        """All of them where so many as a claim needs, in two networks, were answered and fail
        since, and none was answered since: what was answered before says nothing of now."""
        last = max((said_at(t) for one in names.values() for t in one.answered), default=0.0)
        turned = [
            [t for t in one.failed if said_at(t) > last] for one in names.values() if one.answered
        ]
        dead = [t for some in turned for t in some]
        few = sum(map(bool, turned)) < TRIES or len(networks(dead)) < 2
        return {} if few or not self._others_live(service, dead) else names

    def _unshown(self, service: Service, names: Names) -> Names:
        """Those of which every connection dies once the name is said, as often as a claim needs and
        in two networks, while other names are answered and neutral ones die less, where they were
        not shown to a neutral server, as on a line that is spared: that others stand in for them
        does not tell who is at them, their own servers or somebody on the way."""
        answered_at = [said_at(t) for one in names.values() for t in one.answered]
        first = min(answered_at, default=math.inf)
        return {
            what: one
            for what, one in names.items()
            if one.secured
            and not one.answered
            and len(one.failed) >= TRIES
            and all(t.connected for t in one.failed)
            and len(networks(one.failed)) >= 2
            and max(map(said_at, one.failed)) > first
            and self._shares.chance(one) <= ALPHA
            and not self._shares.said_elsewhere(service, what).tried
        }

    def _others_live(self, service: Service, dead: Sequence[Conversation]) -> bool:
        """Since the first of these as many neutral ones, and ones of other services, were answered,
        and no neutral one failed."""
        first = min(map(said_at, dead))
        if any(said_at(t) >= first for t in self._shares.neutral.failed):
            return False
        others = (t for t in self._facts.conversations if t.task.subject != service.name)
        alive = (t for t in others if t.flow.server_name and answered(t) and said_at(t) >= first)
        return sum(1 for _ in alive) >= len(dead)


@remembered
def doubts(facts: Facts) -> Doubts:
    """The same for all who ask."""
    return Doubts(facts)


def _alike(every: Names) -> Iterator[Names]:
    """Those that speak alike, by TLS or not, in the usual form: where some of them fail."""
    usual = {what: one for what, one in every.items() if in_usual_form(one)}
    for secured in (True, False):
        names = {what: one for what, one in usual.items() if one.secured is secured}
        if any(one.failed for one in names.values()):
            yield names


def _over(family: int, one: Tally) -> Tally:
    return Tally(
        tuple(t for t in one.failed if ips.family(t.address) == family),
        tuple(t for t in one.answered if ips.family(t.address) == family),
    )
