"""``python -m tests.luck``: how often chance alone makes a run accuse an innocent service, and how
often it hides a censor.

By virtual clock the planner asks and the judge says a word, on lines of any length that lose
packets one by one and in bursts, while servers are out for seconds, at home or at a neutral
server's, or take no words that name the service. What a kernel sends again, and when, is modelled;
what the rules make of it is the program itself. Each run hangs on its kind and number alone.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from msgprobe.hypotheses.rule import RULES_VERSION
from msgprobe.model.verdict import Outcome
from tests.lab.exam_text import grid
from tests.lab.throttle_table import upper_bound
from tests.luck.day import Day
from tests.luck.stories import KINDS, Story, story

ALPHA: Final = 1e-4
"""Runs of innocent stories that may accuse, on any line."""

BETA: Final = 1e-2
"""Runs of censored ones on a quiet line that may not be called blocked; on any line called fine."""

ONE_BY_ONE: Final = 25
"""Runs that a process is given at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The word on one story, and by which rules."""

    kind: str
    number: int
    quiet: bool
    censored: bool
    outcome: Outcome
    rules: tuple[str, ...]

    @property
    def accused(self) -> bool:
        return not self.censored and self.outcome in (Outcome.BLOCKED, Outcome.THROTTLED)

    @property
    def fine(self) -> bool:
        return self.censored and self.outcome is Outcome.OK

    @property
    def missed(self) -> bool:
        return self.censored and self.quiet and self.outcome is not Outcome.BLOCKED


def one(kind: str, number: int) -> Story:
    """The story of that number."""
    return story(kind, Random(f"{kind}/{number}"))


def run(job: tuple[str, int]) -> Told:
    """To its end."""
    kind, number = job
    found = one(kind, number)
    word = Day(found.line, Random(f"{number}/{kind}")).run()
    return Told(
        kind=kind,
        number=number,
        quiet=found.quiet,
        censored=found.censored,
        outcome=word.outcome,
        rules=tuple(r for f in word.functions for r in f.rules),
    )


def failures(told: Sequence[Told]) -> list[str]:
    """Why the error rates are not those that are claimed."""
    innocent = [t for t in told if not t.censored]
    censored = [t for t in told if t.censored]
    quiet = [t for t in censored if t.quiet]
    rates = (
        ("innocent runs accused", sum(t.accused for t in innocent), len(innocent), ALPHA),
        ("censored runs called fine", sum(t.fine for t in censored), len(censored), BETA),
        ("censored runs missed on quiet lines", sum(t.missed for t in quiet), len(quiet), BETA),
    )
    return [
        f"{what}: {hits} of {runs}, more than {most:g}"
        for what, hits, runs, most in rates
        if hits > most * runs
    ]


def table(told: Sequence[Told]) -> list[str]:
    """A row of counts for each kind of story."""
    rows = []
    for kind in dict.fromkeys(t.kind for t in told):
        mine = [t for t in told if t.kind == kind]
        quiet = [t for t in mine if t.quiet]
        if mine[0].censored:
            errors = sum(t.fine for t in mine)
            missed = f"{sum(t.missed for t in quiet)}/{len(quiet)}"
        else:
            errors, missed = sum(t.accused for t in mine), "-"
        words = Counter(str(t.outcome) for t in mine)
        said = ", ".join(f"{word} {count}" for word, count in words.most_common())
        bound = f"{upper_bound(errors, len(mine)):.1e}"
        rows.append((kind, str(len(mine)), str(errors), bound, missed, said))
    head = ("story", "runs", "wrong", "at most (95 %)", "missed, quiet line", "words")
    return grid(head, rows)


def _wrong(told: Iterable[Told]) -> list[str]:
    bad = [t for t in told if t.accused or t.fine]
    return [f"{t.kind!r} {t.number}: {t.outcome} by {', '.join(t.rules)}" for t in bad]


def main(argv: Sequence[str] | None = None) -> int:
    """Run and print: 0 the rates are as claimed, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m tests.luck", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="of each kind (default 2000)")
    parser.add_argument("--first", type=int, default=1, help="number of the first (default 1)")
    parser.add_argument("--only", default="", metavar="WORDS", help="kinds with these words")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--out", type=Path, help="write the table here as well")
    options = parser.parse_args(argv)
    kinds = [kind for kind in KINDS if options.only in kind]
    numbers = range(options.first, options.first + options.runs)
    jobs = [(kind, number) for number in numbers for kind in kinds]
    with ProcessPoolExecutor(options.jobs) as pool:
        told = list(pool.map(run, jobs, chunksize=ONE_BY_ONE))
    why = failures(told)
    text = [
        f"Errors by chance alone; rules {RULES_VERSION}, runs {numbers[0]} to {numbers[-1]} of "
        "each kind",
        "",
        *table(told),
        "",
        *_wrong(told),
        *(f"FAIL: {reason}" for reason in why),
    ]
    print("\n".join(text))
    if options.out is not None:
        options.out.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")
    return int(bool(why))


if __name__ == "__main__":
    sys.exit(main())
