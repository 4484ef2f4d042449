"""Which words differ from what was established, and which only seem to."""

from collections.abc import Mapping

from msgprobe.model.history import CONNECTION, TickKind
from msgprobe.model.verdict import Outcome, State
from msgprobe.watch.state import Words

OK, UNSURE = Outcome.OK.value, Outcome.INCONCLUSIVE.value

HIDDEN = (Outcome.THROTTLED.value, Outcome.DEGRADED.value)
"""What a look that moves nothing, or sees one member of several, takes for ``ok`` (see
`msgprobe.timeline.hmm.BLIND_TO`)."""

PARTIAL = (TickKind.PULSE, TickKind.TRANSFER)
"""Looks at one member, which cannot tell one trouble from another."""

SHUNNED = (Outcome.BLOCKED.value, Outcome.DOWN.value)
"""What is no longer asked with every pulse."""


def usable(words: Words) -> bool:
    """Services can be judged on the connection of these words."""
    return _state(words.get(CONNECTION, State.ONLINE.value)).usable


def _state(word: str) -> State:
    try:
        return State(word)
    except ValueError:
        return State.UNKNOWN


def differing(established: Words, words: Words, kind: TickKind) -> dict[str, str]:
    """The words of a look that contradict what was established, by subject.

    Where the connection itself does, it explains the services, whose words then are none.
    """
    line = words.get(CONNECTION)
    known = established.get(CONNECTION)
    if line is not None and known is not None and _other_line(known, line, kind):
        return {CONNECTION: line}
    if not usable(words):
        return {}
    return {
        subject: word
        for subject, word in words.items()
        if subject != CONNECTION
        and subject in established
        and _other_word(established[subject], word, kind)
    }


def _other_line(known: str, word: str, kind: TickKind) -> bool:
    """A line that is lossy or slow is a line that works; which trouble it is, a pulse cannot
    tell."""
    before, after = _state(known), _state(word)
    if before is after or (before.blameless and after.blameless):
        return False
    return before.usable != after.usable if kind in PARTIAL else True


def _other_word(known: str, word: str, kind: TickKind) -> bool:
    if word == known:
        return False
    if word == UNSURE:
        return known == OK
    if known == UNSURE:
        return False
    if known in HIDDEN and word == OK:
        return kind.sees_speed
    if kind in PARTIAL:
        return (word == OK) != (known == OK)
    return True


def agreed(first: Words, second: Words) -> dict[str, str]:
    """What both looks say of the subjects of the first one."""
    return {s: w for s, w in first.items() if second.get(s) == w and w != UNSURE}


def learned(established: Words, words: Words) -> dict[str, str]:
    """What is established after a whole run: its words, where it tells any, of a usable line; else
    the line's alone."""
    found = dict(established)
    if not usable(words):
        return {**found, CONNECTION: words[CONNECTION]}
    return {**found, **{s: w for s, w in words.items() if w != UNSURE or s not in found}}


def speed_alone(words: Mapping[str, str]) -> bool:
    """Only who moves something sees that."""
    return any(word in HIDDEN for word in words.values())
