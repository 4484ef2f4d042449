"""``python -m tests.alarm_exam``: of random stories with known truth, how many changes are alarmed,
how soon, and how many alarms there are for each.

By virtual clock: the watch's own schedule looks at a line whose words go wrong as often as the
exam's counts say, repeats included; after each look that is not quiet the timeline is asked for
events, as the watch does.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from statistics import median

from msgprobe.cli.watch_alarm import RESTLESS
from msgprobe.model.history import TickKind
from msgprobe.watch.alarms import Told as Alarm
from msgprobe.watch.reason import Reason
from tests.timeline.virtual_line import SUBJECT, Errors, Line, Told
from tests.timeline_exam import NEAR, alarmed, truth_of
from tests.watch.virtual_day import Day

MOST_AN_EVENT = 1.1
LEAST_RECALL = 0.99
MOST_LOOKS = 2

ASKED_ANEW = (Reason.SURPRISE, Reason.CONFIRM)
"""Looks that are made because of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How late an alarm was, in seconds, and in looks of their own that could see the change;
    ``plain``: what worked no longer did, which every pulse sees; ``whole``: it told what had been
    before as well as what is now."""

    seconds: float
    looks: int
    plain: bool
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One story: its changes, how late each of those that were alarmed was, and how many alarms
    there were."""

    changes: int
    delays: tuple[Delay, ...]
    alarms: int


@dataclass(slots=True)
class _Story:
    truth: Sequence[tuple[int, int, str]]
    line: Line
    now: float = 0.0

    def word(self, at: float) -> str | None:
        """What is true; None in a hole."""
        return next((word for began, ended, word in self.truth if began <= at < ended), None)

    def says(self, at: float, subject: str, kind: TickKind) -> str:
        """What a look is told."""
        if subject == "connection":
            return "online"
        return "ok" if subject != SUBJECT else self.line.word(self.word(at) or "ok", kind)


def play(seed: int) -> Played:
    """One random story, watched."""
    random = Random(seed)
    story = _Story(truth_of(random), Line(random, Errors()))
    day = Day(truth=story.says, now=float(story.truth[0][0]))
    looks: list[Told] = []
    own: list[Told] = []
    raised: list[Alarm] = []
    told: list[tuple[int, int, str, str]] = []
    restless = 0
    while True:
        look = day.schedule.next(day.state, day.now)
        day.now = max(day.now, look.at)
        if day.now >= story.truth[-1][1]:
            break
        if story.word(day.now) is None:
            day.now = min(began for began, _, _ in story.truth if began > day.now)
            continue
        known = day.state.here
        day.take(look)
        at, _, words = day.looks[-1]
        if SUBJECT not in words:
            continue
        looks.append(Told(int(at), look.kind, words[SUBJECT]))
        if look.reason not in ASKED_ANEW:
            own.append(looks[-1])
        usual = words[SUBJECT] == known.words.get(SUBJECT, "ok")
        quiet = look.kind is TickKind.PULSE and known.surprise is None and usual
        restless = max(0, restless - 1) if quiet else RESTLESS
        if restless:
            told += alarmed(looks, raised)
    return _score(story.truth, told, own)


def _score(
    truth: Sequence[tuple[int, int, str]],
    told: Sequence[tuple[int, int, str, str]],
    own: Sequence[Told],
) -> Played:
    left, delays = list(told), []
    changes = list(pairwise(truth))
    for (_, _, before), (at, _, after) in changes:
        near = [o for o in left if o[3] == after and abs(o[1] - at) <= 2 * NEAR]
        # A short return that was told may be none any more beside what came after it.
        match = min(near, key=lambda o: o[2] != before, default=None)
        if match is not None:
            left.remove(match)
            speed = "throttled" in (before, after)
            seen = [one for one in own if at <= one.at <= match[0]]
            count = sum(one.kind.sees_speed or not speed for one in seen)
            plain = before == "ok" and after in ("blocked", "down")
            whole = match[2] == before
            delays.append(Delay(seconds=match[0] - at, looks=count, plain=plain, whole=whole))
    return Played(changes=len(changes), delays=tuple(delays), alarms=len(told))


def main(argv: Sequence[str]) -> int:
    """Play and print: 0 where enough was told, and not much oftener than once; else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.alarm_exam", description=__doc__)
    parser.add_argument("--stories", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first story")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(argv)
    with ProcessPoolExecutor(options.jobs) as pool:
        played = list(pool.map(play, range(options.first, options.first + options.stories)))
    changes = sum(one.changes for one in played)
    delays = [delay for one in played for delay in one.delays]
    recall = len(delays) / changes
    each = sum(one.alarms for one in played) / changes
    looks = median(one.looks for one in delays)
    plain = [one.seconds for one in delays if one.plain]
    print(
        f"{changes} changes in {options.stories} stories: {recall:.3f} of them alarmed "
        f"({sum(one.whole for one in delays) / changes:.3f} with what was before), the median "
        f"with look {looks:.0f} of those that can see it, after "
        f"{median(one.seconds for one in delays):.0f} s; what fails at once after "
        f"{median(plain):.0f} s; {each:.2f} alarms for each change"
    )
    good = recall >= LEAST_RECALL and looks <= MOST_LOOKS and abs(each - 1) <= MOST_AN_EVENT - 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
