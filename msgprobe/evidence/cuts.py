"""Transfers that are ended at the same byte each time, by silence, a reset or an end: by whom?

A server may end them itself, at a byte of its answer; who sits on the way counts bytes of the
connection, handshake and all. The two are told apart by the name (who acts on it cuts the service's
name alone, at other servers too), and by what comes before the answer on the same connection: it
moves the byte at which a server stops, and not the one at which the connection is cut.
"""

from collections.abc import Sequence
from functools import cached_property

from msgprobe.evidence.answers import slowest_answer
from msgprobe.evidence.cut_places import (
    SAME_PLACE,
    TWICE,
    all_cut,
    beyond,
    cut_alike,
    ended_alike,
    networks,
    of_other_services,
    stopped_alike,
    surely_ended,
    together,
)
from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.lasting import lasts
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.transfer_samples import Ending, Sample
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm

ONCE_EACH = 3
"""The same where each server is asked once."""

OFTENER = 3
"""How many times as many must end at one place as are reset before it."""

FEWER_BYTES = 0.75
"""Share of the usual place before which small segments must end to show that packets count."""


@dataclass(frozen=True)
class Cuts:
    """Where one asset's transfers are ended, and what tells who ends them."""

    paired: PairedTransfers

    # -- the place

    @cached_property
    def here(self) -> tuple[Sample, ...]:
        """Own transfers that ended at one place, if all that ended may have done so (see `holed`)
        and none went beyond it, while neutral ones, or other services', of two networks did."""
        least = TWICE if self.paired.asset.pool is None else ONCE_EACH
        ended = _not_overtaken([s for s in self.paired.own if s.ending is not None])
        told = [s for s in _of_known_place(ended) if s.amid_content]
        if len(told) < least or not together(ended) or not all(s.amid_content for s in ended):
            return ()
        past = self.passing(ended)
        if any(beyond(self.paired.own, ended)) or any(s.finished for s in self.paired.small):
            return ()
        return tuple(told) if len(networks(past)) >= TWICE else ()

    def passing(self, ended: Sequence[Sample]) -> tuple[Sample, ...]:
        """Neutral transfers that went beyond these, though they may have been ended later, and
        beside them other services'; nothing where no neutral one did."""
        paired = self.paired
        unfinished = (s for s in paired.sources if not s.finished)
        neutral = beyond((*paired.fair, *unfinished), ended)
        others = of_other_services(paired.facts, paired.service.name, paired.asset.direction)
        return (*neutral, *beyond(others, ended)) if neutral else ()

    @cached_property
    def pages(self) -> tuple[Sample, ...]:
        """Own tries whose page, which names the object, was broken off at one place, if every one
        was whose place is known, while neutral transfers of two networks went beyond. Silence must
        have been waited for, longer in one try than in another, without a byte more."""
        told = [s for s in self.paired.own if _tells_of_page(s)]
        ended = [s for s in told if s.page_ending is not None]
        if len(ended) < TWICE or len(ended) < len(told) or _slow_pages(ended, self.paired):
            return ()
        places = [_of_page(s) for s in ended]
        past = [s for s in self.paired.fair if s.place > max(places) + SAME_PLACE]
        apart = max(places) - min(places) > SAME_PLACE
        return () if apart or len(networks(past)) < TWICE else tuple(ended)

    @property
    def place(self) -> int:
        """Bytes of the connection after which it was ended; 0 if nowhere."""
        pages = max(map(_of_page, self.pages), default=0)
        return max((s.place for s in (*self.here, *self._among_others)), default=pages)

    @property
    def late(self) -> bool:
        """All that is missing may be late: others, or the service itself, have answered after a
        longer pause than was waited for here."""
        if any(s.ending is not Ending.SILENCE for s in self.here):
            return False
        waited = [s.pause for s in (*self.here, *self.paired.small) if s.ending is Ending.SILENCE]
        return max(waited, default=0.0) <= self.longest

    @property
    def torn(self) -> tuple[Sample, ...]:
        """Own transfers of which something came before they were broken off, wherever, if they are
        as many as a claim needs and most of all. A silence counts that was waited for longer than
        anybody was seen to pause who went on."""
        told = [s for s in self.paired.own if s.usable or s.ending is not None]
        torn = [s for s in told if s.moved > 0 and self._surely_ended(s)]
        return tuple(torn) if len(torn) >= TRIES and 2 * len(torn) > len(told) else ()

    def _surely_ended(self, sample: Sample) -> bool:
        late = sample.ending is Ending.SILENCE and sample.pause <= self.longest
        return sample.ending is not None and not late

    @cached_property
    def longest(self) -> float:
        """Seconds of the longest pause after which the service, or a neutral server, went on."""
        return _longest(self.paired)

    # -- who ends them

    @property
    def as_others(self) -> tuple[Sample, ...]:
        """Own transfers that are ended where those of unrelated servers are as well, which is no
        server's doing, and those (see `cut_places.cut_alike`). Two of the service's transfers must
        be, of whatever object, and none of this one's go on."""
        return self._with(cut_alike(self.paired.facts, self.paired.asset.direction), TWICE)

    @property
    def once_as_others(self) -> tuple[Sample, ...]:
        """The same of a single transfer."""
        return self._with(cut_alike(self.paired.facts, self.paired.asset.direction), 1)

    @property
    def among_some(self) -> tuple[Sample, ...]:
        """The same of a single transfer, also where too little went beyond that place to acquit the
        line."""
        return self._with(stopped_alike(self.paired.facts, self.paired.asset.direction), 1)

    @property
    def as_all(self) -> tuple[Sample, ...]:
        """The same, if only once, where nothing passes that place (see `cut_places.all_cut`)."""
        return self._with(all_cut(self.paired.facts, self.paired.asset.direction), 1)

    @property
    def agreed(self) -> tuple[Sample, ...]:
        """One or the other: no comparison of its own is needed."""
        return self.as_others or self.as_all

    def _with(self, others: tuple[Sample, ...], least: int) -> tuple[Sample, ...]:
        every = [s for p in (self.paired, *self.paired.peers) for s in Cuts(p)._among_others]
        mine = self._among_others
        if not others or not mine or len(every) < least or beyond(self.paired.own, mine):
            return ()
        return (*mine, *others)

    @cached_property
    def _among_others(self) -> tuple[Sample, ...]:
        """Own transfers that surely ended, at the place of `cut_places.stopped_alike`."""
        way = self.paired.asset.direction
        others = stopped_alike(self.paired.facts, way) if self._ended else ()
        ended = [s for s in self._ended if others and ended_alike(s, others)]
        return tuple(s for s in ended if surely_ended(self.paired.facts, s))

    @property
    def by_name_elsewhere(self) -> tuple[Sample, ...]:
        """Transfers that neutral servers gave under their own names, beyond the place, and that
        ended there once the service was named to them."""
        named = [s for s in self.paired.there if s.ending is not None]
        ended = [s for s in named if together([*self.here, s])]
        servers = {s.conversation.address for s in ended}
        plain = [s for s in self.paired.sources if s.conversation.address in servers]
        past = beyond(plain, self.here)
        if len(ended) < TWICE or len(ended) < len(named) or any(beyond(self.paired.there, ended)):
            return ()
        return (*ended, *past) if {s.conversation.address for s in past} >= servers else ()

    @property
    def by_name_here(self) -> tuple[Sample, ...]:
        """The same object from the same server, which went beyond the place under a neutral name.

        That a server closes, it may do for one of its names alone.
        """
        past = beyond(self.paired.neutral, self.here)
        if len(past) < TWICE or any(s.ending is not None for s in self.paired.neutral):
            return ()
        silent = all(s.ending is Ending.SILENCE and s.unheard is not False for s in self.here)
        return past if silent or self.of_connection else ()

    @property
    def by_address(self) -> tuple[Sample, ...]:
        """Connections to two networks of the service are cut at the same byte, and not answers; or
        after so many packets, whichever way and however long these were: no server counts them.
        And so for longer than a balancer takes to be begun again."""
        found = self.alike
        return found if lasts(s.conversation for s in found) else ()

    @cached_property
    def alike(self) -> tuple[Sample, ...]:
        """The same, however long it was seen."""
        every = (self, *(Cuts(p) for p in self.paired.peers))
        if any(c.of_packets for c in every):
            return _in_two_networks([s for c in every for s in c._ended])
        alike = [c for c in every if self._alike(c)]
        found = [s for c in alike for s in c.here]
        if not any(c.of_connection for c in alike):
            found = _unheard(found)
        return _in_two_networks(found)

    @property
    def _ended(self) -> list[Sample]:
        """Own transfers that ended amid their content, wherever."""
        return [s for s in self.paired.own if s.ending is not None and s.amid_content]

    def _alike(self, other: "Cuts") -> bool:
        """Both are cut at the same byte of what goes the same way."""
        same_way = self.paired.asset.direction is other.paired.asset.direction
        return same_way and bool(other.here) and together([*self.here, *other.here])

    @property
    def at_most(self) -> int:
        """Bytes after which it was cut at the latest: of an upload of which nothing more was
        acknowledged, what had been sent by then."""
        infos = [s.info for s in self.here if s.info is not None]
        if self.paired.asset.direction is Direction.DOWN or not infos:
            return self.place
        return max(self.place, min(i.bytes_sent - i.bytes_retrans for i in infos))

    @cached_property
    def _shifted(self) -> tuple[tuple[Sample, int], ...]:
        """Transfers behind something else on the same connection, and how much later their answers
        began than usual."""
        usual = max((s.place - s.moved for s in self.here), default=0)
        behind = [s for s in self.paired.small if s.conversation.flow.option("lead")]
        ended = [s for s in behind if s.ending is not None]
        if self.paired.asset.direction is Direction.UP:
            ended = []  # nobody knows where among what was sent it was cut
        return tuple((s, s.place - s.moved - usual) for s in ended)

    @property
    def of_connection(self) -> bool:
        """The place stays when the answer begins later: bytes of the connection are counted, or
        its packets. What came behind a hole had been let through as well."""
        told = [(s, shift) for s, shift in self._shifted if shift > SAME_PLACE]
        return self.of_packets or (
            bool(told) and all(s.place_at_most <= self.place + SAME_PLACE // 2 for s, _ in told)
        )

    @property
    def of_answer(self) -> bool:
        """The place moves with the answer: who counts reads HTTP, as a server does."""
        told = [(s, shift) for s, shift in self._shifted if shift > SAME_PLACE]
        return any(s.place > self.place + SAME_PLACE // 2 for s, _ in told)

    @property
    def on_the_way(self) -> tuple[Sample, ...]:
        """What shows that somebody on the way cuts it; nothing where its servers may do so."""
        if not self.here or self.late or self.of_answer:
            return ()
        return self.by_name_elsewhere or self.by_name_here or self.by_address

    @property
    def refused(self) -> bool:
        """An upload that somebody closed: servers do so with what they did not ask for."""
        closed = any(s.ending is not Ending.SILENCE for s in self.here)
        return self.paired.asset.direction is Direction.UP and closed

    @cached_property
    def _in_small_segments(self) -> tuple[int, ...]:
        """Where transfers in small segments were ended, if that was one place. What of an upload
        was acknowledged by then hangs on how much went at once."""
        small = [s for s in self.paired.small if not s.conversation.flow.option("lead")]
        places = [s.place for s in small if s.ending is not None]
        up = self.paired.asset.direction is Direction.UP
        agree = len(places) >= TWICE and max(places) - min(places) <= SAME_PLACE
        return tuple(places) if agree and self.here and not up else ()

    @property
    def of_packets(self) -> bool:
        """Small segments are ended much sooner: somebody counts packets. Not where they are reset:
        who aborts a connection throws away what he has not sent yet (RFC 9293 §3.10.5), and of
        small segments a window is fewer bytes."""
        if any(s.ending is Ending.RESET for s in self.paired.small):
            return False
        return 0 < max(self._in_small_segments, default=0) < FEWER_BYTES * self.place

    @property
    def path(self) -> str:
        """``tcp.freeze``, deeper where small segments told bytes and packets apart."""
        if self.of_packets:
            return "tcp.freeze.packets"
        places = self._in_small_segments
        of_bytes = bool(places) and abs(max(places) - self.place) <= SAME_PLACE
        return "tcp.freeze.bytes" if of_bytes else "tcp.freeze"


def _longest(paired: PairedTransfers) -> float:
    mine = (*paired.own, *paired.neutral, *paired.there, *paired.siblings, *paired.small)
    sites = [t for _, t in paired.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)]
    first = [t.http.first_byte or 0.0 for t in sites if t.genuine and t.http]
    first.append(slowest_answer(paired.facts, paired.service))
    return max((*first, *(s.longest for s in (*mine, *paired.sources))), default=0.0)


def _slow_pages(ended: Sequence[Sample], paired: PairedTransfers) -> bool:
    """They may be as slow each time: all were silent, and none of them for longer than others."""
    waited = [s.elapsed for s in ended]
    silent = all(s.page_ending is Ending.SILENCE for s in ended)
    return silent and max(waited) - min(waited) <= _longest(paired)


def _tells_of_page(sample: Sample) -> bool:
    """Something came of it, or of its page, and where that ended is known."""
    came = sample.usable or sample.answered or sample.page_ending is not None
    return came and not _page_holed(sample)


def _page_holed(sample: Sample) -> bool:
    """Its page was ended with a hole: where is not known."""
    page = sample.conversation.http
    if page is None or page.failure is None or page.info is None:
        return False
    return page.info.out_of_order > 0


def _of_page(sample: Sample) -> int:
    """Bytes of the connection after which its page was ended."""
    page = sample.conversation.http
    return page.info.bytes_received if page is not None and page.info is not None else 0


def _of_known_place(ended: Sequence[Sample]) -> list[Sample]:
    """Without those that ended sooner than others and have a hole, unless little came behind it:
    where is not known."""
    apart = max((s.place for s in ended), default=0) - SAME_PLACE
    exactly = [s for s in ended if not s.holed or s.place_at_most - s.place <= SAME_PLACE]
    return [s for s in ended if s.place >= apart or s in exactly]


def _not_overtaken(ended: Sequence[Sample]) -> list[Sample]:
    """Without those that a reset ended sooner than most, if they are few: what was on its way when
    it came is thrown away (RFC 9293 §3.10.7.4), and had been let through."""
    apart = max((s.place for s in ended), default=0) - SAME_PLACE
    there = [s for s in ended if s.place_at_most >= apart]
    sooner = [s for s in ended if s not in there]
    few = OFTENER * len(sooner) <= len(there) and all(s.ending is Ending.RESET for s in sooner)
    return there if few else list(ended)


def _unheard(samples: Sequence[Sample]) -> list[Sample]:
    """Those of which nothing was acknowledged any more, if no machine acknowledged any."""
    heard = any(s.unheard is False for s in samples)
    return [] if heard else [s for s in samples if s.unheard]


def _in_two_networks(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The samples, if two networks have some of them."""
    return tuple(samples) if len(networks(samples)) >= TWICE else ()
