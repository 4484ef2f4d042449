"""``python -m tests.fleet.exam --seeds 1,2,3``: made-up countries against their truth.

One country has a block that is rolled out over an hour in all twenty networks and taken back, one
that goes on in eight networks for most lines, and one network alone that blocks: no event of the
country. The other one is quiet. In both a fifth of the lines lie.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgprobe.fleet import answers
from msgprobe.fleet.engines import engine
from msgprobe.fleet.events import events
from msgprobe.fleet.onsets import onsets
from msgprobe.fleet.pack import pack
from msgprobe.fleet.queries import Scope
from msgprobe.fleet.store import Store
from msgprobe.model.fleet import CountryEvent
from tests.fleet.country import BEGIN, HOUR, Block, Country, rolled_out

NETWORKS = tuple(range(9001, 9021))


def stormy(seed: int) -> Country:
    """The country in which things happen."""
    return Country(
        seed=seed,
        lines=8,
        lasts=8 * HOUR,
        blocks=(
            Block(
                subjects=("telegram.media", "telegram.text"),
                began=rolled_out(seed, NETWORKS, 2 * HOUR, HOUR),
                ended=6 * HOUR,
            ),
            Block(
                subjects=("signal.text",),
                began=rolled_out(seed + 1, NETWORKS[5:13], 4 * HOUR, 1800),
                word="throttled",
                mechanism="throttle.sni.policing",
                share=0.9,
            ),
            Block(subjects=("messenger.text",), began={9020: 3 * HOUR}),
        ),
    )


def quiet(seed: int) -> Country:
    """The country in which nothing happens, and a fifth say that it does."""
    return replace(stormy(seed), blocks=())


def told(country: Country, folder: Path) -> list[CountryEvent]:
    """What is found in the runs of a country alone."""
    store = Store(folder, create=True)
    pack(store, country.runs())
    with engine("duckdb:", str(folder)) as asked:
        scope = Scope()
        found = onsets(answers.turns(asked, scope), answers.brackets(asked, scope))
        return events(found, answers.lines(asked, scope), answers.mechanisms(asked, scope))


@dataclass(frozen=True, slots=True)
class Error:
    """How a network's onset was told: seconds from the truth to both ends of its bracket."""

    asn: int
    after: int
    until: int

    @property
    def outside(self) -> int:
        """Seconds by which the bracket misses the truth."""
        return max(self.after, -self.until, 0)

    @property
    def farthest(self) -> int:
        """Seconds from the truth to the end that is farther."""
        return max(abs(self.after), abs(self.until))


def errors(event: CountryEvent, block: Block) -> list[Error]:
    """Of every network that was in truth hit, by its first onset in the event."""
    found = []
    for one in event.episodes:
        if one.asn in block.began:
            truth = BEGIN + block.began[one.asn]
            bracket = one.onset.bracket
            assert bracket.after is not None
            found.append(Error(one.asn, bracket.after - truth, bracket.until - truth))
    return found


@dataclass(frozen=True, slots=True)
class Mark:
    """How one event of a country was told."""

    told: int
    near: int
    """Networks with both ends of the onset within a pulse of the truth."""
    outside: int
    """Seconds by which the worst onset misses the truth."""
    missed: frozenset[int]
    """Networks that most lines tell of and the event does not."""
    untold: int
    """Networks in which most lines lie or are spared, and of which nothing is said."""
    extra: frozenset[int]
    """Networks that were not hit."""

    def right(self, pulse: int) -> bool:
        """Nothing false, nothing missed, and no onset a pulse away from where it was."""
        return not self.missed and not self.extra and self.outside <= pulse


def mark(country: Country, event: CountryEvent, block: Block) -> Mark:
    """How ``event`` tells of ``block``."""
    some = errors(event, block)
    told_of = {one.asn for one in event.episodes}
    left = block.began.keys() - told_of
    due = country.told_by(block)
    return Mark(
        told=len(some),
        near=sum(e.farthest <= country.pulse for e in some),
        outside=max((e.outside for e in some), default=0),
        missed=frozenset(left & due),
        untold=len(left - due),
        extra=frozenset(told_of - block.began.keys()),
    )


def main(argv: Sequence[str]) -> int:
    """Print how near every country was told; 1 where anything was false, missed or far."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.exam", description=__doc__)
    parser.add_argument("--seeds", default="1,2,3")
    wrong = 0
    marks: list[Mark] = []
    for seed in map(int, parser.parse_args(argv).seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            false = told(quiet(seed), Path(folder) / "quiet")
            country = stormy(seed)
            found = told(country, Path(folder) / "stormy")
        names = [(e.service, e.functions) for e in found]
        right = sorted(names) == [("signal", ("text",)), ("telegram", ("media", "text"))]
        wrong += bool(false) or not right
        print(f"seed {seed}: {len(false)} false events in quiet; {names}")
        for event in found if right else ():
            block = country.blocks[0 if event.service == "telegram" else 1]
            one = mark(country, event, block)
            marks.append(one)
            wrong += not one.right(country.pulse)
            print(
                f"    {event.service}: {one.told} of {len(block.began)} networks, {one.near} with "
                f"both ends within a pulse, truth outside by at most {one.outside} s, "
                f"{one.untold} in which most lie or are spared untold, {len(one.missed)} missed, "
                f"{len(one.extra)} too many",
                flush=True,
            )
    print(
        f"{sum(m.told for m in marks)} onsets: {sum(m.near for m in marks)} with both ends within "
        f"a pulse, truth outside by at most {max((m.outside for m in marks), default=0)} s; "
        f"{sum(m.untold for m in marks)} untold, {sum(len(m.missed) for m in marks)} missed, "
        f"{sum(len(m.extra) for m in marks)} networks too many; {wrong} faults"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
