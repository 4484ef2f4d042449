"""``python -m tests.lab calibrate DIR…``: what verdicts are worth, by runs whose truth is known.

Counts on one part of the scenarios' families, checks on the others, and with ``--write`` makes the
table that is shipped. Families never straddle the two parts: a family is what stands in one row of
the facts' exam, a look-alike pair included.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

from msgprobe.hypotheses.rule import RULES_VERSION
from msgprobe.judging import calibration_table
from msgprobe.judging.calibration import Cell, Table, Tally, cell, speaker
from msgprobe.judging.judge import judge
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict
from msgprobe.report.document import SavedRunError, read_run
from tests.lab.exam_record import Kept, is_innocent, kept_in, on_line, read
from tests.lab.scenario import Scenario, Truth
from tests.lab.scenarios import SCENARIOS

WHERE: Final = Path(calibration_table.__file__)
HELD_OUT_OF: Final = 3
"""One family in so many is held out."""
_DRAW: Final = 4
"""The first of 0, 1, 2… with which look-alikes are a tenth of the held-out runs too. Nothing but
the list of scenarios had a say in it."""

Forecast = tuple[float, bool]
"""What was foretold, and whether it came true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One verdict on a service or function of one run, with what is true of it.

    ``right`` is None where the scenario does not say, or the word claims nothing (``cell`` None);
    ``hit`` says whether the network interferes with it, None where the scenario leaves that open.
    """

    scenario: str
    family: str
    key: str
    outcome: str
    cell: Cell | None
    right: bool | None
    hit: bool | None
    ambiguous: bool = False


def family_of(scenario: Scenario) -> str:
    """The row of the facts that it stands for, with whatever stands for the same row; the halves
    of a look-alike pair (``L1-censor``, ``L1-innocent-…``) have that of the first one."""
    pair = re.match(r"L\d+-", scenario.id)
    halves = [s for s in SCENARIOS if pair is not None and s.id.startswith(pair.group())]
    for one in halves or [scenario]:
        if row := re.search(r"\b[A-Z]\d+", one.row):
            return row.group()
    return pair.group().rstrip("-") if pair is not None else scenario.id


def held_out(family: str) -> bool:
    """Whether a family is for checking only; drawn from its name, the same for ever."""
    return sha256(f"{_DRAW} {family}".encode()).digest()[0] % HELD_OUT_OF == 0


# --- the corpus ---------------------------------------------------------------------------------


def words(kept: Kept, scenario: Scenario) -> list[Word]:
    """Every verdict of a run of which something is known, by the rules of today.

    Raises SavedRunError for a document that is no run.
    """
    run = read_run(json.dumps(kept.document))
    primary = {s.name: s.primary for s in run.evidence.services}
    expected = scenario.expected()
    found = []

    def add(key: str, said: ServiceVerdict | FunctionVerdict, where: Cell | None) -> None:
        truth = truth_of(scenario, key)
        if truth is None:
            return
        found.append(
            Word(
                scenario=f"{scenario.id}@{kept.profile}",
                family=family_of(scenario),
                key=key,
                outcome=said.outcome.value,
                cell=where,
                right=None if where is None else said.outcome.value in truth.words,
                hit=_hit(scenario, truth) if key in expected else None,
                ambiguous=scenario.look_alike,
            )
        )

    for service in judge(run.evidence).services:
        speaks = speaker(service.outcome, service.functions, primary[service.service])
        add(service.service, service, None if speaks is None else _cell(speaks))
        for function in service.functions:
            add(f"{service.service}.{function.function.value}", function, _cell(function))
    return found


def _cell(verdict: FunctionVerdict) -> Cell | None:
    return cell(verdict.outcome, verdict.strength, verdict.rules)


def truth_of(scenario: Scenario, key: str) -> Truth | None:
    """A function without a truth of its own has its service's, if that one is innocent."""
    expected = scenario.expected()
    if key in expected:
        return expected[key]
    above = expected.get(key.partition(".")[0])
    if above is None or not is_innocent(scenario, above) or "ok" not in above.words:
        return None
    return above


def _hit(scenario: Scenario, truth: Truth) -> bool | None:
    if scenario.kind == "innocent" or truth.words == ("ok",):
        return False
    if scenario.kind == "connection" or "ok" in truth.words:
        return None
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Every word of kept runs; how many runs, how many of them deliberately ambiguous,
    and the day of the youngest."""

    words: Sequence[Word]
    runs: int
    ambiguous: int
    date: str


def corpus(*folders: Path) -> Corpus:
    """What can be read of the folders; what cannot is named on stderr and passed over."""
    known = {s.id: s for s in SCENARIOS}
    found: list[Word] = []
    dates = [""]
    runs = ambiguous = 0
    for path in (path for folder in folders for path in kept_in(folder)):
        kept = read(path)
        plain = None if kept is None else known.get(kept.scenario)
        scenario = None if kept is None or plain is None else on_line(plain, kept.profile)
        if kept is None or scenario is None:
            print(f"passed over: {path.name}: no run of a scenario", file=sys.stderr)
            continue
        try:
            found += words(kept, scenario)
        except SavedRunError as fault:
            print(f"passed over: {path.name}: {fault}", file=sys.stderr)
            continue
        runs += 1
        ambiguous += scenario.look_alike
        dates.append(kept.document["started_at"][:10])
    return Corpus(words=found, runs=runs, ambiguous=ambiguous, date=max(dates))


# --- counting -----------------------------------------------------------------------------------


def count(found: Iterable[Word]) -> dict[Cell, Tally]:
    """By scenario, not by run: what repeats itself in the same scenario is no new evidence."""
    shares: dict[Cell, dict[str, list[bool]]] = {}
    for word in found:
        if word.cell is not None and word.right is not None:
            shares.setdefault(word.cell, {}).setdefault(word.scenario, []).append(word.right)
    return {
        where: Tally(round(sum(sum(one) / len(one) for one in by.values()), 2), len(by))
        for where, by in sorted(shares.items())
    }


def fit(found: Corpus) -> Table:
    """The table over the families that are not held out."""
    mine = [w for w in found.words if not held_out(w.family)]
    return Table(
        date=found.date,
        rules_version=RULES_VERSION,
        runs=found.runs,
        scenarios=len({w.scenario for w in mine}),
        cells=count(mine),
    )


def forecast_word(table: Table, word: Word) -> Forecast | None:
    """The shipped number against whether the word is right."""
    if word.cell is None or word.right is None:
        return None
    share = table.share(word.cell)
    return None if share is None else (share, word.right)


def forecast_hit(table: Table, word: Word) -> Forecast | None:
    """The chance of interference that the verdict amounts to, against whether there is any.

    A word of interference carries its own number, ``ok`` and ``down`` the opposite of theirs; what
    claims neither is worth a half.
    """
    if word.hit is None:
        return None
    share = None if word.cell is None else table.share(word.cell)
    if share is None or word.outcome not in _SAYS:
        return 0.5, word.hit
    return (share if _SAYS[word.outcome] else 1 - share), word.hit


_SAYS: Final = {
    Outcome.BLOCKED.value: True,
    Outcome.THROTTLED.value: True,
    Outcome.OK.value: False,
    Outcome.DOWN.value: False,
}


def brier(forecasts: Sequence[Forecast]) -> float:
    """The mean squared error of probabilities (G. Brier, Monthly Weather Review 78, 1950)."""
    return sum((p - came) ** 2 for p, came in forecasts) / len(forecasts) if forecasts else 0.0


def best_constant(forecasts: Sequence[Forecast]) -> float:
    """The Brier score of whoever knows how often it comes true here, and nothing else."""
    if not forecasts:
        return 0.0
    share = sum(came for _, came in forecasts) / len(forecasts)
    return share * (1 - share)


def reliability(forecasts: Sequence[Forecast]) -> list[tuple[float, float, int, float, float]]:
    """(from, to, how many, mean forecast, share that came true) for every bin with anything in."""
    edges = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 1.01)
    rows = []
    for low, high in pairwise(edges):
        inside = [(p, came) for p, came in forecasts if low <= p < high]
        if inside:
            size = len(inside)
            mean = sum(p for p, _ in inside) / size
            rows.append((low, min(high, 1.0), size, mean, sum(c for _, c in inside) / size))
    return rows


# --- text ---------------------------------------------------------------------------------------


def report(table: Table, found: Corpus) -> str:
    """What was counted, and how it does on families that it never saw."""
    apart = [w for w in found.words if held_out(w.family)]
    lines = [
        f"{found.runs} runs ({found.ambiguous} deliberately ambiguous), "
        f"{len({w.scenario for w in found.words})} scenarios; rules {table.rules_version}",
        f"families counted: {_names(w for w in found.words if not held_out(w.family))}",
        f"families held out: {_names(apart)}",
        "",
        "word, strength, family of the rule: right in scenarios, number",
    ]
    lines += [
        f"  {' '.join(where):<44} {tally.right:g}/{tally.seen}  {_number(table.share(where))}"
        for where, tally in table.cells.items()
    ]
    wrong = sorted(
        {
            f"  {w.scenario} {w.key} {' '.join(w.cell or ())}"
            for w in found.words
            if w.right is False
        }
    )
    lines += ["", f"wrong words, in either part: {len(wrong)}", *wrong]
    for title, ask in (
        ("Held out, the number against whether the word is right", forecast_word),
        ("Held out, interference foretold against interference", forecast_hit),
    ):
        lines += ["", title, *_score(table, apart, ask)]
    return "\n".join(lines) + "\n"


def _score(
    table: Table, apart: Sequence[Word], ask: Callable[[Table, Word], Forecast | None]
) -> list[str]:
    asked = [(word, one) for word in apart if (one := ask(table, word)) is not None]
    forecasts = [one for _, one in asked]
    alike = sum(word.ambiguous for word, _ in asked)
    lines = ["  forecast       words  mean   came true"]
    lines += [
        f"  {low:.2f} to {high:.2f}  {size:>6}  {mean:.3f}  {share:.3f}"
        for low, high, size, mean, share in reliability(forecasts)
    ]
    return [
        *lines,
        f"  Brier {brier(forecasts):.4f}, the best constant {best_constant(forecasts):.4f}, "
        f"over {len(forecasts)} words, {alike} of them in look-alikes",
    ]


def _names(found: Iterable[Word]) -> str:
    return ", ".join(sorted({w.family for w in found})) or "-"


def _number(share: float | None) -> str:
    return "null" if share is None else f"{share:.2f}"


def module(table: Table, ambiguous: int) -> str:
    """The table as the source of the module that is shipped."""
    cells = "".join(
        f'        ("{outcome}", "{strength}", "{rule}"): Tally({tally.right!r}, {tally.seen}),\n'
        for (outcome, strength, rule), tally in table.cells.items()
    )
    return (
        '"""Counted in the lab\'s exam. Written by ``make calibrate``; don\'t edit.'
        f"\n\nOf all runs {ambiguous} were deliberately ambiguous. One family of scenarios in "
        f'{HELD_OUT_OF} was held out.\n"""\n\n'
        "from msgprobe.judging.calibration import Table, Tally\n\n"
        "TABLE: Table | None = Table(\n"
        f'    date="{table.date}",\n'
        f"    rules_version={table.rules_version},\n"
        f"    runs={table.runs},\n"
        f"    scenarios={table.scenarios},\n"
        f"    cells={{\n{cells}    }},\n)\n"
    )


def main(argv: Sequence[str]) -> int:
    """Count, check, print: 0 done, 2 nothing to count."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab calibrate", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+", help="where `make exam` kept its runs")
    parser.add_argument("--write", action="store_true", help=f"make {WHERE.name} anew")
    options = parser.parse_args(argv)
    found = corpus(*options.folder)
    if not found.runs:
        where = ", ".join(map(str, options.folder))
        print(f"calibrate: no runs in {where}; make some with: make exam", file=sys.stderr)
        return 2
    table = fit(found)
    print(report(table, found), end="")
    if options.write:
        WHERE.write_text(module(table, found.ambiguous), encoding="utf-8")
    return 0
