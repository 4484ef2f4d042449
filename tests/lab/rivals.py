"""Two other ways to call a service throttled, on the transfers of one and the same run.

- *naive*: the median time of the service's transfers is at least twice that of the neutral ones.
- *Wehe*: throughput in 100 intervals of each transfer; the area between the two inverse
  distribution functions, as a share of the smaller maximum, is at least 0.5, and a two-sample
  Kolmogorov-Smirnov test has p < 0.01 (NEU-SNS/wehe-cmdline, ``Replay.java`` and ``Consts.java``).
  Wehe replays one recording from one server with its bytes inverted; here the neutral sources
  stand in for that, since nobody can have the messengers' own servers send what we wish. The rule
  is made for replays of megabytes; in our small transfers the burst that a limiter lets pass weighs
  more, and with it the maximum that the area is divided by.

Neither knows our statistics: all is read from the document's evidence, and scipy does the test.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median
from typing import Any, Final

from scipy.stats import ks_2samp

from msgprobe.model.failure import Failure

OWN: Final = "t.own"
NEUTRAL: Final = "t.source"
NAMED: Final = "t.target_sni"

NAIVE_RATIO: Final = 2.0
BINS: Final = 100
LEAST_AREA: Final = 0.5
MOST_P: Final = 0.01

_SERVED: Final = (200, 206)

Curve = tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transfer. ``subject`` is a service or a neutral source, ``curve`` (seconds since the
    request, bytes so far), ``seconds`` its length, ``greeting`` that of the TLS handshake before.
    ``finished``: all that was wanted came, rather than that time ran out."""

    subject: str
    arm: str
    direction: str
    curve: Curve
    seconds: float
    greeting: float = 0.0
    finished: bool = True

    @property
    def moved(self) -> int:
        """Payload bytes."""
        return self.curve[-1][1] if self.curve else 0

    @property
    def whole(self) -> float:
        """Seconds of greeting and transfer."""
        end = self.curve[-1][0] if self.finished and self.curve else self.seconds
        return self.greeting + end

    @property
    def kbit(self) -> float:
        """The rate it really got, its greeting included."""
        return self.moved * 8 / self.whole / 1000 if self.whole > 0 else 0.0

    def until(self, size: int) -> float:
        """Seconds, greeting included, until ``size`` bytes had moved; where they never had, all the
        time there was."""
        before = (0.0, 0)
        for at, moved in self.curve:
            if moved >= size:
                gained = moved - before[1]
                share = (size - before[1]) / gained if gained else 1.0
                return self.greeting + before[0] + share * (at - before[0])
            before = (at, moved)
        return self.greeting + self.seconds


def transfers(document: Mapping[str, Any]) -> tuple[Transfer, ...]:
    """Those of a run's document that say anything about speed."""
    found = (_transfer(m) for m in document["measurements"])
    return tuple(one for one in found if one is not None)


def _transfer(measurement: Mapping[str, Any]) -> Transfer | None:
    task = measurement["task"]
    if task["check"] != "transfer":
        return None
    by_type = {o["type"]: o for o in measurement["observations"]}
    tls, seen = by_type.get("tls"), by_type.get("transfer")
    if tls is None:
        return None
    greeting = _length(tls)
    fields = {
        "subject": task["subject"],
        "arm": task["arm"],
        "direction": dict(task["probe"]["options"]).get("direction", "down"),
        "greeting": greeting,
    }
    if seen is None:
        held_up = _timed_out(tls)
        return Transfer(**fields, curve=(), seconds=0.0, finished=False) if held_up else None
    if seen["failure"] is not None and not _timed_out(seen):
        return None
    capped = bool(seen["capped"] or seen["failure"])
    if seen["direction"] == "down" and seen["status"] not in _SERVED and not capped:
        return None
    curve = tuple((float(at), int(moved)) for at, moved in seen["curve"])
    return Transfer(**fields, curve=curve, seconds=_length(seen), finished=not capped)


def _length(observation: Mapping[str, Any]) -> float:
    window = observation["window"]
    return float(window["end"] - window["start"])


def _timed_out(observation: Mapping[str, Any]) -> bool:
    failure = observation["failure"]
    return failure is not None and Failure(failure).is_silence


# --- the two rules ------------------------------------------------------------------------------

Rule = Callable[[Sequence[Transfer], Sequence[Transfer]], bool]
"""Are the first ones, a service's, throttled beside the second, neutral ones?"""


def naive(own: Sequence[Transfer], neutral: Sequence[Transfer]) -> bool:
    """The service takes at least twice as long to the size that all finished ones reached."""
    sizes = [t.moved for t in (*own, *neutral) if t.finished and t.moved]
    if not own or not neutral or not sizes:
        return False
    size = min(sizes)
    base = median(t.until(size) for t in neutral)
    return base > 0 and median(t.until(size) for t in own) >= NAIVE_RATIO * base


def wehe(own: Sequence[Transfer], neutral: Sequence[Transfer]) -> bool:
    """Wehe's rule, and the service's are the slower ones."""
    mine = [rate for t in own for rate in throughputs(t)]
    theirs = [rate for t in neutral for rate in throughputs(t)]
    if not mine or not theirs or mean(mine) >= mean(theirs):
        return False
    return area(mine, theirs) >= LEAST_AREA and float(ks_2samp(mine, theirs).pvalue) < MOST_P


def throughputs(transfer: Transfer, bins: int = BINS) -> list[float]:
    """Its rate in kbit/s in each of ``bins`` equal intervals of its time.

    Between two observations the bytes are taken to flow evenly: our transfers are too short for
    each interval to see packets, and the gaps would hide every difference from the rule.
    """
    length = transfer.curve[-1][0] if transfer.finished and transfer.curve else transfer.seconds
    if length <= 0:
        return []
    width = length / bins
    moved = [0.0] * bins
    before, so_far = 0.0, 0
    for at, size in transfer.curve:
        first, last = (min(bins - 1, int(t / width)) for t in (before, at))
        for n in range(first, last + 1):
            share = min(at, (n + 1) * width) - max(before, n * width)
            if at > before:
                moved[n] += (size - so_far) * max(0.0, share) / (at - before)
            else:
                moved[n] += size - so_far
        before, so_far = at, size
    return [size * 8 / width / 1000 for size in moved]


def area(one: Sequence[float], other: Sequence[float]) -> float:
    """The area between both inverse distribution functions, as a share of the smaller maximum."""
    first, second = sorted(one), sorted(other)
    least = min(first[-1], second[-1])
    steps = sorted(
        {k / len(first) for k in range(len(first) + 1)}
        | {k / len(second) for k in range(len(second) + 1)}
    )
    total = 0.0
    for low, high in pairwise(steps):
        middle = (low + high) / 2
        gap = first[int(middle * len(first))] - second[int(middle * len(second))]
        total += abs(gap) * (high - low)
    if least > 0:
        return total / least
    return 0.0 if total == 0 else float("inf")


def accused(found: Iterable[Transfer], services: Iterable[str], rule: Rule) -> tuple[str, ...]:
    """The services that ``rule`` calls throttled, in either direction."""
    every = tuple(found)
    blamed = []
    for service in services:
        for direction in ("down", "up"):
            same = [t for t in every if t.direction == direction]
            own = [t for t in same if t.subject == service and t.arm == OWN]
            if rule(own, [t for t in same if t.arm == NEUTRAL]):
                blamed.append(service)
                break
    return tuple(blamed)
