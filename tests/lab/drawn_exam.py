"""``python -m tests.lab drawn``: scenarios that nobody rehearsed, drawn by lot (see `drawn`)."""

import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import exam
from tests.lab.drawn import Drawn, draw
from tests.lab.exam_text import arguments, publish, reasons, share, without_lab
from tests.lab.netns import LabError


@dataclass(frozen=True, slots=True)
class Told:
    """One run: how each service was told, and the services told otherwise than right.

    ``right``; ``weaker``: less than is true, and no lie; ``unsure``: nothing harms it, and it is
    not called ok; ``missed``: hit, and nothing is said that is true; ``fine``: hit, and called ok;
    ``accused``: nothing harms it, and somebody is accused.
    """

    drawn: Drawn
    words: dict[str, str]
    state: str = "-"
    mechanisms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    fault: str = ""
    parts: tuple[str, ...] = ()
    """What is wrong about functions, and about the connection."""
    spared: frozenset[str] = frozenset()
    """Services of which nothing came by that would have been harmed, so that they are fine."""

    @property
    def kinds(self) -> dict[str, str]:
        """How each service was told."""
        return {service: self._kind(service, word) for service, word in self.words.items()}

    def _kind(self, service: str, word: str) -> str:
        true = self.drawn.scenario.truths.get(service)
        if true is None:
            innocent = "accused" if word in exam.ACCUSING else "unsure"
            return "right" if word == "ok" else innocent
        if word in exam.ACCUSING and not set(exam.ACCUSING) & set(true.words):
            return "right" if service in self.drawn.look_alike else "accused"
        if word in true.words:
            return "weaker" if word in self.drawn.weaker[service] else "right"
        if word == "ok":
            return "right" if service in self.spared else "fine"
        return "missed"

    @property
    def astray(self) -> tuple[str, ...]:
        """Services that are rightly accused, by another mechanism than is at work."""
        return tuple(
            service
            for service, true in self.drawn.scenario.truths.items()
            if "." not in service
            and true.mechanisms
            and self.words.get(service) in exam.ACCUSING
            and not any(
                f"{said}.".startswith(f"{true_one}.")
                for said in self.mechanisms.get(service, ())
                for true_one in true.mechanisms
            )
        )

    @property
    def text(self) -> str:
        """A line of the table."""
        scenario = self.drawn.scenario
        told = ", ".join(
            f"{service} {self.words[service]} ({kind})"
            for service, kind in self.kinds.items()
            if kind != "right" or service in scenario.truths
        )
        named = sorted({m for service in scenario.truths for m in self.mechanisms.get(service, ())})
        said = " ".join([self.fault or told or "all ok", *named, *(f"({p})" for p in self.parts)])
        other = f" (mechanism of {', '.join(self.astray)}?)" if self.astray else ""
        head = f"{scenario.id:<6} {self.seconds:5.1f} s {self.state:<9}"
        return f"{head} {said}{other} | {scenario.title}"


def told(number: int, folder: Path) -> Told:
    """One run in a lab of its own."""
    drawn = draw(number)
    try:
        result = exam.run(drawn.scenario, number, folder / drawn.scenario.id)
    except LabError as error:
        return Told(drawn, {}, fault=f"no lab: {error}")
    if not result.document:
        return Told(drawn, {}, seconds=result.seconds, fault=result.faults[0])
    words = {k: v for k, v in result.words.items() if "." not in k}
    named = {k: v for k, v in result.mechanisms.items() if k in words}
    parts = wrong_parts(drawn, result.state, result.faults)
    spared = frozenset(s for s in drawn.hit if not _struck(result.fired, s))
    return Told(drawn, words, result.state, named, result.seconds, parts=parts, spared=spared)


def wrong_parts(drawn: Drawn, state: str, faults: Sequence[str]) -> tuple[str, ...]:
    """What is wrong about functions, and about the connection where its state was drawn."""
    parts = tuple(f for f in faults if "." in f.partition(" ")[0])
    if drawn.stated and state not in drawn.scenario.states:
        parts += (f"connection {state}, not {' or '.join(drawn.scenario.states)}",)
    return parts


def _struck(fired: Mapping[str, int], service: str) -> bool:
    """What is done to the service was done: the labels of its actions end with its name."""
    return any(times and label.endswith(f"-{service}") for label, times in fired.items())


def main(argv: Sequence[str]) -> int:
    """Print a line each and the sum: 0 where nobody is accused and no hit service called fine."""
    parser = arguments("drawn", __doc__, "number", 60.0)
    parser.add_argument("--first", type=int, default=1, help="the first number (default 1)")
    parser.add_argument("--count", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--keep", type=Path, help="keep every lab's files below this folder")
    options = parser.parse_args(argv)
    numbers = [int(n) for n in options.number] or [
        *range(options.first, options.first + options.count)
    ]
    if options.list:
        print("\n".join(f"{n:<6} {draw(n).scenario.title}" for n in numbers))
        return 0
    if (status := without_lab(f"drawn: {len(numbers)} runs")) is not None:
        return status
    with tempfile.TemporaryDirectory(prefix="msgprobe-drawn-") as folder:
        until = time.monotonic() + options.minutes * 60

        def one(number: int) -> Told | None:
            if time.monotonic() > until:
                return None
            found = told(number, options.keep or Path(folder))
            print(found.text, flush=True)
            return found

        with ThreadPoolExecutor(options.jobs) as pool:
            runs = [run for run in pool.map(one, numbers) if run is not None]
    return publish(*_sum(runs, len(numbers)), options.out)


def _sum(runs: Sequence[Told], wanted: int) -> tuple[str, list[str]]:
    """The table, and why the exam is not passed."""
    good = [run for run in runs if not run.fault]
    of_hit = Counter(k for r in good for s, k in r.kinds.items() if s in r.drawn.hit)
    of_rest = Counter(k for r in good for s, k in r.kinds.items() if s not in r.drawn.hit)
    hit, rest = of_hit.total(), of_rest.total()
    astray = sum(len(run.astray) for run in good)
    parts = sum(len(run.parts) for run in good)
    bad = [run for run in runs if _amiss(run)]
    text = [
        f"{len(good)} scenarios drawn by lot, {wanted - len(good)} not made or failed",
        f"hit services told right {share(of_hit['right'], hit)}, weaker than they might be "
        f"{of_hit['weaker']}, missed {of_hit['missed']}, called fine {of_hit['fine']}",
        f"others told right {share(of_rest['right'], rest)}, unsure {of_rest['unsure']}, "
        f"accused {of_rest['accused']}",
        f"accused by another mechanism: {astray}; functions or connections told wrong: {parts}",
        *(run.text for run in bad),
    ]
    why = reasons(
        (of_rest["accused"], "somebody innocent is accused"),
        (of_hit["fine"], "a service that is hit is called fine"),
        (len(good) < len(runs), "runs failed"),
    )
    return "\n".join(text) + "\n", why


def _amiss(run: Told) -> bool:
    """Something is not told right."""
    return bool(run.fault or run.astray or run.parts or set(run.kinds.values()) - {"right"})
