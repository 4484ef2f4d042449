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


def main(argv: Sequence[str]) -> int:
    """Print how near every country was told; 1 where an event was false or missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.exam", description=__doc__)
    parser.add_argument("--seeds", default="1,2,3")
    wrong = 0
    for seed in map(int, parser.parse_args(argv).seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            false = told(quiet(seed), Path(folder) / "quiet")
            country = stormy(seed)
            found = told(country, Path(folder) / "stormy")
        names = [(e.service, e.functions) for e in found]
        right = sorted(names) == [("signal", ("text",)), ("telegram", ("media", "text"))]
        wrong += bool(false) or not right
        print(f"seed {seed}: {len(false)} false events in quiet; {names}")
        for event in found:
            block = country.blocks[0 if event.service == "telegram" else 1]
            some = errors(event, block)
            near = sum(e.farthest <= country.pulse for e in some)
            print(
                f"    {event.service}: {len(some)} of {len(block.began)} networks, {near} with both"
                f" ends within a pulse, truth outside by at most {max(e.outside for e in some)} s, "
                f"{len(event.episodes) - len(some)} networks too many"
            )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
