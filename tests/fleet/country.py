"""A country that is made up: scripted stories on many lines in many networks, the truth beside.

Lines sleep, their clocks are wrong, some of their words are wrong by chance, and a fifth of them
lie: each in its own way, or all the same lie at the same time.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgprobe.interchange.facts import Look, Place, RunFacts, facts
from msgprobe.model.history import CONNECTION, Said

COUNTRY = "KZ"
BEGIN = 1_764_115_200
"""26 November 2025, 00:00 UTC."""
HOUR = 3600
SUBJECTS = ("messenger.text", "signal.text", "telegram.media", "telegram.text")
LIES = ("blocked", "opposite", "random", "chorus", "replay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Interference. ``began`` by network, in seconds after `BEGIN`; ``ended`` None: it goes on.

    ``share`` of a network's lines are hit.
    """

    subjects: tuple[str, ...]
    began: dict[int, int]
    ended: int | None = None
    word: str = "blocked"
    mechanism: str = "tls.reset.sni"
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What was drawn for a line: how it lies, by how much its clock is off, when it falls asleep,
    and which blocks, by their number, spare it."""

    rng: random.Random
    lie: str
    off: float
    nap: float
    spared: dict[int, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What happens, and who looks. Times in seconds; ``wrong`` is the share of words that are wrong
    by chance, ``lost`` of those that could not tell."""

    seed: int
    networks: tuple[int, ...] = tuple(range(9001, 9021))
    lines: int = 6
    pulse: int = 120
    lasts: int = 12 * HOUR
    liars: float = 0.2
    clock: float = 20.0
    asleep: float = 0.25
    wrong: float = 0.002
    lost: float = 0.02
    blocks: tuple[Block, ...] = field(default_factory=tuple)

    def runs(self) -> Iterator[RunFacts]:
        """Every run of every line."""
        liars = self._liars()
        for asn, n in self._places():
            yield from self._line(asn, n, lies=(asn, n) in liars)

    def told_by(self, block: "Block") -> frozenset[int]:
        """The networks that ``block`` hits in which most lines are hit and do not lie. Of others
        their lines say too little: nobody can be held to what they say, or do not."""
        liars, number = self._liars(), self.blocks.index(block)
        found = set()
        for asn in block.began:
            truthful = [n for n in range(self.lines) if (asn, n) not in liars]
            hit = [n for n in truthful if not self._drawn(asn, n, lies=False).spared[number]]
            if 2 * len(hit) >= self.lines:
                found.add(asn)
        return frozenset(found)

    def _places(self) -> list[tuple[int, int]]:
        return [(asn, n) for asn in self.networks for n in range(self.lines)]

    def _liars(self) -> set[tuple[int, int]]:
        places = self._places()
        return set(random.Random(self.seed).sample(places, round(self.liars * len(places))))

    def _drawn(self, asn: int, n: int, *, lies: bool) -> "_Line":
        rng = random.Random(f"{self.seed}/{asn}/{n}")
        return _Line(
            rng=rng,
            lie=rng.choice(LIES) if lies else "",
            off=rng.gauss(0, self.clock),
            nap=rng.uniform(0, self.lasts),
            spared={n: rng.random() >= block.share for n, block in enumerate(self.blocks)},
        )

    def _line(self, asn: int, n: int, *, lies: bool) -> Iterator[RunFacts]:
        line = self._drawn(asn, n, lies=lies)
        rng, nap = line.rng, line.nap
        at = rng.uniform(0, self.pulse)
        while at < self.lasts:
            if not nap <= at < nap + self.asleep * self.lasts:
                words = {CONNECTION: Said("online", "confirmed")}
                for subject in SUBJECTS:
                    words[subject] = self._said(rng, subject, asn, at, line.lie, line.spared)
                look = Look(
                    run_id=f"{asn}-{n}-{at:.0f}",
                    began=round(BEGIN + at + line.off),
                    kind="pulse",
                    rules=13,
                    catalogue="0" * 64,
                    words=words,
                )
                yield facts(look, Place(country=COUNTRY, asn=asn, vantage=f"line-{n}"))
            at += self.pulse * rng.uniform(0.5, 1.0)

    def _said(
        self,
        rng: random.Random,
        subject: str,
        asn: int,
        at: float,
        lie: str,
        spared: dict[int, bool],
    ) -> Said:
        true = self._true(subject, asn, at, spared)
        match lie:
            case "blocked":
                return _hit("blocked", "tls.reset.sni")
            case "opposite":
                return _OK if true.word != "ok" else _hit("blocked", "dns.nxdomain")
            case "random":
                return rng.choice((_OK, _hit("blocked", "tcp.timeout"), Said("down", "likely")))
            case "chorus":
                third = self.lasts / 3
                return _hit("blocked", "dns.nxdomain") if third <= at < 2 * third else _OK
            case "replay":
                return self._true(subject, asn, at - 3 * HOUR, spared)
            case _:
                pass
        luck = rng.random()
        if luck < self.lost:
            return Said("inconclusive")
        if luck < self.lost + self.wrong:
            return _OK if true.word != "ok" else _hit("blocked", "tcp.timeout")
        return true

    def _true(self, subject: str, asn: int, at: float, spared: dict[int, bool]) -> Said:
        for number, block in enumerate(self.blocks):
            began = block.began.get(asn)
            if (
                began is not None
                and subject in block.subjects
                and not spared[number]
                and began <= at
                and (block.ended is None or at < block.ended)
            ):
                return _hit(block.word, block.mechanism)
        return _OK


_OK = Said("ok", "confirmed")


def _hit(word: str, mechanism: str) -> Said:
    return Said(word, "confirmed", False, (mechanism,))


def rolled_out(seed: int, networks: tuple[int, ...], first: int, over: int) -> dict[int, int]:
    """When each network carries an order out: the first at ``first``, all within ``over``."""
    rng = random.Random(seed)
    return {
        asn: first + (round(rng.uniform(0, over)) if n else 0) for n, asn in enumerate(networks)
    }
