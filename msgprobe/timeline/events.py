"""Changes become events: one for all that changes at once, and none for what only looks so."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from msgprobe.model.history import CONNECTION, NOT_MEASURED, Recorded
from msgprobe.model.timeline import Bracket, Cause, Change, Segment, TimelineEvent
from msgprobe.model.verdict import Outcome, State

TOGETHER = 2.0
"""Usual intervals within which changes are one event: a tick pair."""


def changes(segments: Sequence[Segment]) -> Iterator[Change]:
    """The changes of one subject between words that are settled. Time in which nobody looked or
    nothing could be told is passed over: it widens the bracket."""
    before: Segment | None = None
    near: Segment | None = None
    for segment in segments:
        if segment.word in (NOT_MEASURED, Outcome.INCONCLUSIVE.value) or not segment.settled:
            near = None if segment.word != NOT_MEASURED else near
            continue
        if before is not None and before.word != segment.word:
            first = segment.began if segment.onset is None else segment.onset.until
            after = before.seen_until
            if near is before and segment.onset is not None:
                after = segment.onset.after or after
            yield Change(
                subject=segment.subject,
                before=before.word,
                after=segment.word,
                bracket=Bracket(after=after, until=first),
                mechanisms=segment.mechanisms,
                posterior=segment.posterior,
                witnesses=segment.witnesses,
            )
        before = near = segment


def events(recorded: Recorded, found: Iterable[Change], interval: int) -> list[TimelineEvent]:
    """All changes as events, in order."""
    every = list(found)
    line = sorted(c.bracket.until for c in every if c.subject == CONNECTION and _gone(c))
    after = {c.bracket.until: c.bracket.after for c in every if c.subject == CONNECTION}

    def when(change: Change) -> tuple[int, bool, str]:
        """What changed while the connection went or came did so with it."""
        until = change.bracket.until
        index = bisect_left(line, until)
        if index < len(line) and until > (after[line[index]] or until):
            until = line[index]
        return until, change.subject != CONNECTION, change.subject

    groups: list[list[Change]] = []
    for change in sorted(every, key=when):
        last = groups[-1] if groups else None
        if last is not None and _together(last[0], change, interval):
            last.append(change)
        else:
            groups.append([change])
    return [_event(recorded, group) for group in groups]


def _together(first: Change, other: Change, interval: int) -> bool:
    near = other.bracket.until - first.bracket.until <= TOGETHER * interval
    after = other.bracket.after
    return near and (after is None or after < first.bracket.until + interval)


def _event(recorded: Recorded, group: Sequence[Change]) -> TimelineEvent:
    line = [c for c in group if c.subject == CONNECTION and _gone(c)]
    told = line or list(group)
    absorbed = [c for c in group if c not in told]
    return TimelineEvent(
        bracket=_narrowest(told),
        changes=tuple(told),
        absorbed=tuple(absorbed),
        cause=_cause(recorded, told),
    )


def _gone(change: Change) -> bool:
    """The connection went or came: it explains whatever services did meanwhile."""
    return not (State(change.before).usable and State(change.after).usable)


def _narrowest(told: Sequence[Change]) -> Bracket:
    """One time for all: after every last tick against, as far as they leave one."""
    until = min(c.bracket.until for c in told)
    afters = [c.bracket.after for c in told if c.bracket.after is not None]
    inside = [a for a in afters if a < until]
    return Bracket(after=max(inside, default=min(afters, default=None)), until=until)


def _cause(recorded: Recorded, told: Sequence[Change]) -> Cause:
    if all(_other_rules(recorded, c) for c in told):
        return Cause.RULES
    if all(_other_catalogue(recorded, c) for c in told):
        return Cause.CATALOGUE
    return Cause.NETWORK


def _other_catalogue(recorded: Recorded, change: Change) -> bool:
    after = change.bracket.after
    return after is not None and any(
        after < recorded.at(n) <= change.bracket.until for n, _ in recorded.catalogues[1:]
    )


def _other_rules(recorded: Recorded, change: Change) -> bool:
    """The words on both sides were given by different rules, and no evidence of them is kept."""
    if change.bracket.after is None:
        return False
    spans = recorded.spans[change.subject]
    sides = []
    for at in (change.bracket.after, change.bracket.until):
        tick = recorded.first + bisect_right(recorded.times, at) - 1
        index = bisect_right(spans, tick, key=lambda s: s.first) - 1
        sides.append(spans[max(0, index)].rules)
    return sides[0] != sides[1]
