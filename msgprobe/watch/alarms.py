"""What is told to the user's own channels, once; and when one that failed is tried again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import CONNECTION
from msgprobe.model.timeline import Bracket, Cause, Change, Segment, Story, TimelineEvent

NEAR = 900.0
"""Seconds by which two tellings of one event may lie apart: later looks move its bracket."""

SETTLES = 2
"""Usual intervals after an alarm until it may be put right: a look that contradicts it is itself
looked into within them."""

WAITS = (10.0, 60.0, 300.0, 900.0)
"""Seconds after a failure until the next attempt; the last one again and again."""

TRIES = 6
"""Attempts of a command, which fails for reasons of this device: then it is given up. A webhook,
which fails with the line, is tried for as long as the alarm is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alarm that was raised at ``at``: ``id`` is random, ``changes`` are subjects with their new
    words, ``until`` is the end of its bracket, ``series`` the network's public name."""

    id: str
    at: int
    until: int
    series: str
    changes: Mapping[str, str]


def news(
    story: Story, told: Sequence[Told], series: str, since: int
) -> list[tuple[TimelineEvent, tuple[Change, ...]]]:
    """What of a story is to be told now: events that no alarm has told, and what has become of
    words that one told and the story no longer knows of."""
    found = fresh(story.events, told, series, since)
    raised = {c.subject for _, changes in found for c in changes}
    mine = [one for one in told if one.series == series]
    for change in _no_more_true(story, mine):
        if change.subject not in raised:
            event = TimelineEvent(
                bracket=change.bracket, changes=(change,), absorbed=(), cause=Cause.NETWORK
            )
            found.append((event, (change,)))
    return found


def _no_more_true(story: Story, told: Sequence[Told]) -> Iterator[Change]:
    """Words that an alarm told and later looks do not bear out, though nothing changed since."""
    for subject, segments in story.segments:
        last = next((one for one in reversed(told) if subject in one.changes), None)
        now = next((s for s in reversed(segments) if s.settled), None)
        if last is None or now is None or now.seen_until - last.at < SETTLES * story.interval:
            continue
        change = _put_right(last, last.changes[subject], now)
        if change is not None and not _changed_since(story.events, subject, last.at):
            yield change


def _put_right(told: Told, word: str, now: Segment) -> Change | None:
    """Looks since an alarm say another word than it, so clearly that what it told seems never to
    have been: who was told that must not go on believing it."""
    if now.word == word or now.seen_until <= told.at:
        return None
    return Change(
        subject=now.subject,
        before=word,
        after=now.word,
        bracket=Bracket(after=told.at, until=now.seen_until),
        mechanisms=now.mechanisms,
        posterior=now.posterior,
        witnesses=now.witnesses,
    )


def _changed_since(events: Iterable[TimelineEvent], subject: str, at: int) -> bool:
    """The story has a change of the subject since then, be it told or no alarm."""
    changes = (c for event in events for c in (*event.changes, *event.absorbed))
    return any(c.subject == subject and c.bracket.until > at for c in changes)


def fresh(
    events: Sequence[TimelineEvent], told: Sequence[Told], series: str, since: int
) -> list[tuple[TimelineEvent, tuple[Change, ...]]]:
    """Real events from ``since`` on with those changes that no alarm has told: of a service of
    which one function was told, the others are the same event.

    Later looks move the bracket of an event, and split or join what lies back: what came before an
    alarm about the same subject was raised is settled by it, but for what holds now.
    """
    mine = [one for one in told if one.series == series]
    newest = {c.subject: c for event in events for c in (*event.changes, *event.absorbed)}
    real = [e for e in events if e.cause.real and e.bracket.until >= since]
    found = ((event, tuple(_untold(event, mine, newest))) for event in real)
    return [(event, new) for event, new in found if new]


def _untold(
    event: TimelineEvent, told: Sequence[Told], newest: Mapping[str, Change]
) -> Iterator[Change]:
    """Those changes of the event that no alarm has told and that still say something."""
    raised = {subject: one.at for one in told for subject in one.changes}
    near = [one for one in told if abs(one.until - event.bracket.until) <= NEAR]
    for change in event.changes:
        subject = change.subject
        holds = change is newest[subject] or change.bracket.until > raised.get(subject, 0)
        if holds and not any(_same(change, one) for one in near):
            if not _told_before(change, told):
                yield change


def _told_before(change: Change, told: Sequence[Told]) -> bool:
    """The last alarm about the subject told this word, and was raised after the change."""
    last = next((one for one in reversed(told) if change.subject in one.changes), None)
    if last is None or last.changes[change.subject] != change.after:
        return False
    return change.bracket.until <= last.at


def _same(change: Change, told: Told) -> bool:
    """That alarm told of this change, of its service, or of the connection, which explains it."""
    service = change.subject.partition(".")[0]
    for subject, word in told.changes.items():
        if subject == change.subject and word == change.after:
            return True
        other = subject.partition(".")[0]
        if subject != change.subject and other == service and change.subject != CONNECTION:
            return True
    return False


def due(failures: int, last: float) -> float:
    """When an attempt is due that has failed so often, the last time at ``last``."""
    return last if not failures else last + WAITS[min(failures, len(WAITS)) - 1]
