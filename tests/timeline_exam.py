"""``python -m tests.timeline_exam``: how many false events, how many true ones, and how soon.

By virtual clock: a year of every innocent scenario of the lab, its words drawn from the exam's
confusion counts and repeated as correlated errors are; then random stories with known truth. An
event counts as told when the timeline of all that was seen until then has it (as an alarm would).
"""

import argparse
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from math import inf
from random import Random
from statistics import median

from msgprobe.cli.watch_alarm import WINDOW
from msgprobe.model.history import TickKind
from msgprobe.model.timeline import TimelineEvent
from msgprobe.timeline.story import LEAD_IN, tell
from msgprobe.watch import alarms
from msgprobe.watch.alarms import Told as Alarm
from msgprobe.watch.surprises import SHUNNED
from tests.lab.scenarios import SCENARIOS
from tests.timeline.virtual_line import AT_ONCE, DAY, SUBJECT, Errors, Line, Told, recorded

YEAR = 365 * DAY
CONTEXT = 150
"""Looks before a moment from which on the timeline is told again at it."""

MOST_ASKED = 2000
"""Moments of a year at which it is asked whether an alarm would be raised: all of them, or the
first ones where a service works so badly that every other pulse overlooks it; what these raise is
then counted for the others too."""

SOON = 40
"""Looks that could see a change within which it is told or counts as never told."""

NEAR = 2 * 3600
"""Seconds within which an event is the change: two looks that see throttling."""

MOST_FALSE = 1.0
LEAST_RECALL = 0.99
MOST_PULSES = 2.0
WORDS = ("degraded", "throttled", "blocked", "down")
LEAST_HOURS = {"throttled": 4, "degraded": 1, **dict.fromkeys(SHUNNED, 2)}


def events(looks: Sequence[Told]) -> tuple[TimelineEvent, ...]:
    """What the timeline of these looks tells of the service."""
    found = tell(recorded(looks), 1)
    return tuple(e for e in found.events if any(c.subject == SUBJECT for c in e.changes))


@dataclass(frozen=True, slots=True)
class Quiet:
    """A year in which nothing happened: its looks, wrong words, and events told at last and at any
    time on the way."""

    name: str
    looks: int
    wrong: int
    at_last: int
    on_the_way: int


def quiet(job: tuple[str, str, int, Errors]) -> Quiet:
    """A year of one scenario."""
    name, true, seed, errors = job
    looks = list(Line(Random(seed), errors, established=true).looks([(0, YEAR, true)]))
    wrong = [i for i, one in enumerate(looks) if one.word != true]
    # An event that is told for a while and taken back is an alarm all the same.
    moments = list(_moments(looks, wrong))
    raised: list[Alarm] = []
    for stop in moments[:MOST_ASKED]:
        alarmed(looks[: stop + 1], raised)
    each = len(moments) / max(1, min(MOST_ASKED, len(moments)))
    return Quiet(name, len(looks), len(wrong), len(events(looks)), round(each * len(raised)))


def _moments(looks: Sequence[Told], wrong: Sequence[int]) -> Iterator[int]:
    """The looks at which something might be told: those beside which others are wrong as well, for
    a wrong word alone is never an event."""
    for index, following in zip(wrong, [*wrong[1:], len(looks) + 10], strict=True):
        if following <= index + 5:
            yield from range(index + 1, min(following + 2, len(looks)))


def alarmed(looks: Sequence[Told], raised: list[Alarm]) -> list[tuple[int, int, str, str]]:
    """The alarms that the last of the looks raises, as the watch does, which ``raised`` takes note
    of: when, until when it may have begun, and the words before and after."""
    since = looks[-1].at - WINDOW
    first = bisect_left(looks, since - LEAD_IN, key=lambda one: one.at)
    story = tell(recorded(looks[first:]), 1, since=since)
    told = []
    for event, changes in alarms.news(story, raised, "home", 0):
        until, now = event.bracket.until, looks[-1].at
        words = {c.subject: c.after for c in changes}
        raised.append(Alarm(id="", at=now, until=until, series="home", changes=words))
        told.append((now, until, changes[0].before, changes[0].after))
    return told


@dataclass(frozen=True, slots=True)
class Told1:
    """One true change: its word, whether it was told, with the truth in its bracket, the width of
    that in seconds, and after how many looks that could see it, and seconds."""

    word: str
    found: bool
    inside: bool
    width: int
    looks: int | None
    seconds: int | None


def truth_of(random: Random) -> list[tuple[int, int, str]]:
    """Six segments of 14 to 1,000 pulses, now and then with a hole between them. Beside throttling
    they last four hours at least, for it is looked at once an hour; beside what is left alone, two
    hours, for it is looked at every half; beside what half of the pulses overlook, one."""
    words = ["ok"]
    while len(words) < 6:
        well = words[-1] != "ok" and random.random() < 0.7
        words.append("ok" if well else random.choice([w for w in WORDS if w != words[-1]]))
    at, found = 0, []
    for i, word in enumerate(words):
        length = int(90 * 14 * (1000 / 14) ** random.random())
        near = words[max(0, i - 1) : i + 2]
        length = max(length, 3600 * max(LEAST_HOURS.get(one, 0) for one in near))
        found.append((at, at + length, word))
        at += length
        if random.random() < 0.2:
            at += random.randint(1800, 6 * 3600)
    return found


def story(job: tuple[int, Errors]) -> tuple[list[Told1], int]:
    """One story: what became of its true changes, and how many events were told beside them."""
    seed, errors = job
    random = Random(seed)
    truth = truth_of(random)
    looks = list(Line(random, errors).looks(truth))
    found = list(events(looks))
    told = []
    for (_, ended, before), (began, end, word) in pairwise(truth):
        match = next((e for e in found if _is(e, before, word, ended, began)), None)
        inside = False
        if match is not None:
            found.remove(match)
            after = match.bracket.after
            inside = after is not None and after <= began and ended <= match.bracket.until
        width = 0 if match is None else match.bracket.until - (match.bracket.after or 0)
        speed = "throttled" in (before, word)
        count, wait = _latency(looks, began, end, word, speed=speed)
        name = "throttled" if speed else word
        told.append(Told1(name, match is not None, inside, width, count, wait))
    return told, len(found)


def _is(event: TimelineEvent, before: str, word: str, ended: int, began: int) -> bool:
    (change,) = [c for c in event.changes if c.subject == SUBJECT]
    same = (change.before, change.after) == (before, word)
    return same and ended - NEAR <= event.bracket.until <= began + NEAR


def _latency(
    looks: Sequence[Told], began: int, end: int, word: str, *, speed: bool
) -> tuple[int, int] | tuple[None, None]:
    """Looks from the change on until it is told, and seconds; None: never. Counted are pulses, or
    the rare looks at what is left alone, or those that see speed; not second looks."""
    first = bisect_left([one.at for one in looks], began)
    count = 0
    for stop in range(first, len(looks)):
        if looks[stop].at >= end or count > SOON:
            return None, None
        kind = looks[stop].kind
        second = kind is TickKind.CONFIRM or (
            kind is TickKind.QUICK and looks[stop].at - looks[stop - 1].at <= AT_ONCE
        )
        count += kind.sees_speed if speed else not second
        if speed and not kind.sees_speed:
            continue
        told = events(looks[max(0, first - CONTEXT) : stop + 1])
        if (
            told
            and any(c.after == word for c in told[-1].changes)
            and (told[-1].bracket.until >= began)
        ):
            return count, looks[stop].at - began
    return None, None


def _quiet_jobs(errors: Errors) -> Iterator[tuple[str, str, int, Errors]]:
    for number, one in enumerate(s for s in SCENARIOS if s.kind == "innocent"):
        words = sorted({truth.words[0] for truth in one.expected().values()})
        for word in words:
            if word in ("ok", "degraded", "throttled", "blocked", "down", "inconclusive"):
                yield f"{one.id} {word}", word, number, errors


def main(argv: Sequence[str]) -> int:
    """0 when all is as it should be, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.timeline_exam", description=__doc__)
    parser.add_argument("--stories", type=int, default=200)
    parser.add_argument("--again", type=float, default=0.3, help="how often errors are repeated")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--years", type=int, help="only so many of the quiet years")
    options = parser.parse_args(argv)
    errors = replace(Errors(), again=options.again)
    assert Line.errors_fit(errors)
    with ProcessPoolExecutor(options.jobs) as pool:
        years = []
        for year in pool.map(quiet, islice(_quiet_jobs(errors), options.years)):
            years.append(year)
            print(f"{year.name}: {year.looks} looks, {year.on_the_way} told", file=sys.stderr)
        told = list(pool.map(story, ((seed, errors) for seed in range(options.stories))))
    good = _report_years(years)
    return 0 if _report_stories(told) and good else 1


def _report_years(years: Sequence[Quiet]) -> bool:
    looks, wrong = sum(y.looks for y in years), sum(y.wrong for y in years)
    last = sum(y.at_last for y in years) / len(years)
    way = sum(y.on_the_way for y in years) / len(years)
    print(f"quiet: {len(years)} service-years of innocent scenarios, {looks} looks, {wrong} wrong")
    print(f"  false events a service-year: {last:.2f} at last, {way:.2f} told on the way")
    for year in sorted(years, key=lambda y: -y.on_the_way)[:3]:
        print(f"  most: {year.name}: {year.on_the_way} on the way, {year.at_last} at last")
    return last <= MOST_FALSE and way <= MOST_FALSE


def _report_stories(found: Sequence[tuple[Sequence[Told1], int]]) -> bool:
    changes = [one for told, _ in found for one in told]
    false = sum(count for _, count in found)
    recall = sum(c.found for c in changes) / len(changes)
    print(f"stories: {len(found)}, {len(changes)} true changes, recall {recall:.4f}, {false} false")
    print(f"  the truth lies in the bracket of {sum(c.inside for c in changes)}")
    plain = [c for c in changes if c.word != "throttled"]
    slow = [c for c in changes if c.word == "throttled"]
    pulses = _median(plain)
    print(f"  latency in pulses: median {pulses:.1f}, p95 {_high(plain)}; ", end="")
    print(f"bracket median {median(c.width for c in plain if c.found):.0f} s")
    print(f"  throttling: latency in transfers: median {_median(slow):.1f}, p95 {_high(slow)}")
    for word in (*WORDS, "ok"):
        mine = [c for c in changes if c.word == word]
        if mine:
            waits = sorted(inf if c.seconds is None else c.seconds for c in mine)
            print(f"  {word}: {sum(c.found for c in mine)} of {len(mine)}, ", end="")
            print(f"told after {median(waits):.0f} s in the median, at most {waits[-1]:.0f}")
    return recall >= LEAST_RECALL and pulses <= MOST_PULSES


def _late(changes: Sequence[Told1]) -> list[float]:
    return sorted(float("inf") if c.looks is None else c.looks for c in changes)


def _median(changes: Sequence[Told1]) -> float:
    return median(_late(changes) or [0.0])


def _high(changes: Sequence[Told1]) -> float:
    late = _late(changes) or [0.0]
    return late[min(len(late) - 1, int(0.95 * len(late)))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
