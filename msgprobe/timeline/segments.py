"""Runs and their decoded words become segments: from when to when, which word, on what evidence."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import CONNECTION, NOT_MEASURED, SEEING, Recorded
from msgprobe.model.timeline import Bracket, Segment
from msgprobe.model.verdict import Outcome
from msgprobe.timeline.grid import Grid, Hole, Piece
from msgprobe.timeline.hmm import BLIND_TO, LINE, SERVICE, Decoder, Model, Run

ENOUGH = 2
"""Ticks that say a word before a change to it is told: whatever one alone says may be its own."""

STILL = 0.05
"""Probability of the word before, up to which a change from it is told. Which one came instead may
be less sure: a pulse cannot tell what works from what is throttled."""

WITNESSES = 5
"""Runs that are named for a segment: the first ones."""


@dataclass(slots=True)
class _Held:
    """A stretch of runs with one decoded word."""

    word: str
    runs: list[Run] = field(default_factory=list)
    shares: dict[str, float] = field(default_factory=dict)
    """The words' probabilities, each summed up over the ticks."""
    least: dict[str, float] = field(default_factory=dict)
    """The least of them in any run that says the word."""

    @property
    def ticks(self) -> int:
        """How many ticks."""
        return sum(r.count for r in self.runs)

    def share(self, word: str) -> float:
        """The mean probability of a word."""
        return self.shares.get(word, 0.0) / self.ticks


class Teller:
    """Tells the segments of one series, decoders being made once."""

    def __init__(self, grid: Grid, service: Model = SERVICE, line: Model = LINE) -> None:
        self.grid = grid
        self._service, self._line = Decoder(service), Decoder(line)
        self._documents = [n for n, _ in grid.recorded.documents]

    def segments(self, subject: str) -> list[Segment]:
        """The segments of a subject in order."""
        pieces = self.grid.pieces(subject)
        decoder = self._line if subject == CONNECTION else self._service
        runs = [p for p in pieces if isinstance(p, Run)]
        path, posteriors = decoder.decode(runs)
        words = decoder.model.words
        held = list(_held(pieces, [words[i] for i in path], words, posteriors))
        found: list[Segment] = []
        before: _Held | None = None
        settled, count = "", 0
        for one in held:
            if isinstance(one, Hole):
                found.append(_unmeasured(subject, one))
                continue
            onset = None
            if before is not None and before.word != one.word:
                onset = self._onset(before, one)
            told = count if before is not None and before.word == one.word else 0
            found.append(self._segment(subject, one, onset, settled, told))
            count = told + found[-1].supporting
            before = one
            settled = one.word if found[-1].settled else settled
        return found

    def _segment(
        self, subject: str, held: _Held, onset: Bracket | None, settled: str, told: int
    ) -> Segment:
        """``settled`` is the last word before it that was; ``told``: so many ticks have said its
        word since another one held, before nobody looked for a while."""
        supporting = [r for r in held.runs if r.word == held.word]
        count = sum(r.count for r in supporting)
        sure = settled == held.word or held.least.get(settled, 0.0) <= STILL
        return Segment(
            subject=subject,
            word=held.word,
            began=held.runs[0].began,
            ended=held.runs[-1].ended,
            onset=onset,
            mechanisms=self._mechanisms(subject, supporting),
            posterior=round(held.share(held.word), 4),
            ticks=held.ticks,
            supporting=count,
            seen_until=supporting[-1].ended if supporting else held.runs[0].began,
            witnesses=tuple(self._witnesses(supporting)),
            settled=bool(count) and told + count >= ENOUGH and sure,
        )

    def _onset(self, before: _Held, after: _Held) -> Bracket:
        """The last look that speaks against the change and the first one that speaks for it. One
        that takes the trouble for ``ok`` more often than not speaks only with others like it."""
        supporting = [r for r in after.runs if r.word == after.word] or after.runs
        contrary = [
            r
            for r in (*before.runs, *after.runs)
            if r.word == before.word and r.first < supporting[0].first
        ]
        ok = Outcome.OK.value
        hidden = BLIND_TO.get(after.word, 0.0) if before.word == ok else 0.0
        back = (n for r in reversed(contrary) for n in range(r.last, r.first - 1, -1))
        last = self._spoken(back, hidden)
        hidden = BLIND_TO.get(before.word, 0.0) if after.word == ok else 0.0
        first = self._spoken((n for r in supporting for n in range(r.first, r.last + 1)), hidden)
        return Bracket(after=last, until=supporting[-1].ended if first is None else first)

    def _spoken(self, ticks: Iterable[int], hidden: float) -> int | None:
        """When enough was seen: by a look that sees the trouble, or by so many of those to which
        it is ``hidden`` that often."""
        recorded = self.grid.recorded
        doubt = 1.0
        for n in ticks:
            doubt *= hidden
            if doubt <= STILL or recorded.kinds[n - recorded.first] in SEEING:
                return recorded.at(n)
        return None

    def _witnesses(self, runs: Iterable[Run]) -> Iterator[str]:
        left = WITNESSES
        for run in runs:
            low = bisect_left(self._documents, run.first)
            high = min(bisect_right(self._documents, run.last), low + left)
            for _, run_id in self.grid.recorded.documents[low:high]:
                yield run_id
            left -= max(0, high - low)
            if left <= 0:
                return

    def _mechanisms(self, subject: str, runs: Sequence[Run]) -> tuple[str, ...]:
        """Those that half of the supporting ticks or more show, without what another of them says
        more exactly; remarks on the connection are no mechanisms."""
        if subject == CONNECTION or not runs or runs[0].word == Outcome.OK.value:
            return ()
        seen: Counter[str] = Counter()
        total = 0
        for first, last, mechanisms in _told(self.grid.recorded, subject, runs):
            if mechanisms:
                total += last - first + 1
                for mechanism in mechanisms:
                    seen[mechanism] += last - first + 1
        shown = sorted(m for m, n in seen.items() if 2 * n >= total)
        return tuple(m for m in shown if not any(o.startswith(f"{m}.") for o in shown))


def _told(
    recorded: Recorded, subject: str, runs: Sequence[Run]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    spans = recorded.spans[subject]
    index = bisect_left(spans, runs[0].first, key=lambda s: s.last)
    for run in runs:
        while index < len(spans) and spans[index].last < run.first:
            index += 1
        at = index
        while at < len(spans) and spans[at].first <= run.last:
            span = spans[at]
            yield max(run.first, span.first), min(run.last, span.last), span.said.mechanisms
            at += 1


def _held(
    pieces: Sequence[Piece],
    path: Sequence[str],
    words: Sequence[str],
    posteriors: Sequence[Sequence[float]],
) -> Iterator[_Held | Hole]:
    decoded = iter(zip(path, posteriors, strict=True))
    held: _Held | None = None
    for piece in pieces:
        if isinstance(piece, Hole):
            if held is not None:
                yield held
                held = None
            yield piece
            continue
        word, shares = next(decoded)
        if held is None or held.word != word:
            if held is not None:
                yield held
            held = _Held(word)
        held.runs.append(piece)
        for one, share in zip(words, shares, strict=True):
            held.shares[one] = held.shares.get(one, 0.0) + share * piece.count
            if piece.word == word:
                held.least[one] = min(held.least.get(one, 1.0), share)
    if held is not None:
        yield held


def _unmeasured(subject: str, hole: Hole) -> Segment:
    return Segment(
        subject=subject,
        word=NOT_MEASURED,
        began=hole.began,
        ended=hole.ended,
        settled=False,
        reason=hole.reason,
    )
