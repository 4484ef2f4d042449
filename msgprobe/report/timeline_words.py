"""Words, signs and times of a timeline, the same in every form of it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from msgprobe.model.history import CONNECTION, NOT_MEASURED, GapReason
from msgprobe.model.timeline import Bracket, Cause, Change, Segment, TimelineNote
from msgprobe.model.verdict import State
from msgprobe.report import wording
from msgprobe.report.escape import printable

NOBODY_LOOKED = "not measured"

SIGNS: dict[str, tuple[str, str, str]] = {
    **{o.value: (s.sign, s.plain, s.style) for o, s in wording.SIGNS.items()},
    **{s.value: ("✗", "x", "bold red") for s in State},
    State.ONLINE.value: ("✓", "+", "green"),
    State.BAD_LINK.value: ("~", "~", "yellow"),
    State.INTERMITTENT.value: ("~", "~", "yellow"),
    State.LOCAL_FAULT.value: ("!", "!", "magenta"),
    State.CAPTIVE_PORTAL.value: ("!", "!", "magenta"),
    NOT_MEASURED: ("·", ".", "dim"),
}
"""By word: a sign, a plain one where UTF-8 cannot be shown, and a rich style."""

WORDS: dict[str, str] = {
    **{o.value: w for o, w in wording.OUTCOME_WORDS.items()},
    **{s.value: w for s, w in wording.STATE_WORDS.items()},
    NOT_MEASURED: NOBODY_LOOKED,
}

REASONS: dict[str, str] = {
    GapReason.ASLEEP.value: "this device was asleep",
    GapReason.STOPPED.value: "msgprobe was stopped",
    GapReason.BATTERY.value: "no battery",
    GapReason.NO_INTERFACE.value: "this device was on no network",
    GapReason.UNKNOWN.value: "nobody looked",
    "not_asked": "other services were measured",
}

CAUSES: dict[Cause, str] = {
    Cause.NETWORK: "",
    Cause.CATALOGUE: "the target files changed at that time: no event",
    Cause.RULES: "the rules changed at that time and no evidence is kept: no event",
}

_NOTES: dict[str, str] = {
    "clock_back": "this device's clock was set back; the latest time until then is taken instead",
    "slower": "{value} times slower beside neutral servers than in the seven days before",
    "round_trips": "round trips take {value} times as long as in the seven days before",
}


def subject(name: str) -> str:
    """``whatsapp text``, or the connection."""
    return "Connection" if name == CONNECTION else printable(name.replace(".", " ", 1), limit=24)


def word(name: str) -> str:
    """A word as people read it; one that this version does not know as it is."""
    return WORDS.get(name) or printable(name.replace("_", " "), limit=30)


def reason(segment: Segment) -> str:
    """Why nothing was measured."""
    head, _, state = segment.reason.partition(" ")
    if head == CONNECTION:
        return f"the connection explains it: {word(state)}"
    return REASONS.get(segment.reason, REASONS[GapReason.UNKNOWN.value])


def note(found: TimelineNote) -> str:
    """A note as a sentence without a full stop."""
    text = _NOTES.get(found.kind)
    if text is None:
        text = f"begins: {wording.note(found.kind)}"
    said = text.format(value=f"{found.value:.1f}")
    return f"{subject(found.subject)}: {said}" if found.subject else said


def change(found: Change) -> str:
    """``works -> blocked [tls.reset.sni]``."""
    text = f"{word(found.before)} → {word(found.after)}"
    if found.mechanisms:
        text += f" [{printable(', '.join(found.mechanisms), limit=200)}]"
    return text


def grouped(changes: Iterable[Change]) -> list[tuple[str, str]]:
    """Changes by what they are, with whom they befell: (``signal text, web``, the change)."""
    by: dict[str, list[str]] = {}
    for one in changes:
        by.setdefault(change(one), []).append(one.subject)
    return [(subjects(names), said) for said, names in by.items()]


def subjects(names: Iterable[str]) -> str:
    """``signal media, text; whatsapp text``."""
    services: dict[str, list[str]] = {}
    for one in names:
        service, _, function = one.partition(".")
        services.setdefault(service, []).append(function)
    return "; ".join(
        subject(s) if s == CONNECTION else f"{printable(s, limit=24)} {', '.join(f)}"
        for s, f in services.items()
    )


def _zoned(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone()


def local(at: int) -> str:
    """``Sat 21 Nov 23:40``, in this device's zone."""
    return f"{_zoned(at):%a %d %b %H:%M}"


def local_iso(at: int) -> str:
    """ISO 8601 in this device's zone, with its offset."""
    return _zoned(at).isoformat()


def utc_iso(at: int) -> str:
    """ISO 8601 in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %b %H:%M}"


def moment(at: int) -> str:
    """A time in both zones."""
    if not _zoned(at).utcoffset():
        return f"{local(at)} UTC"
    return f"{local(at)} ({_utc(at)} UTC)"


def bracket(found: Bracket) -> str:
    """Between which times something changed, in both zones."""
    if found.after is None:
        return f"{moment(found.until)} at the latest"
    head, tail = _shared(local(found.after), local(found.until))
    first, last = _shared(_utc(found.after), _utc(found.until))
    if not _zoned(found.until).utcoffset():
        return f"between {head} and {tail} UTC"
    return f"between {head} and {tail} ({first} to {last} UTC)"


def _shared(first: str, last: str) -> tuple[str, str]:
    """The day once where it is the same."""
    same = first.rpartition(" ")[0] == last.rpartition(" ")[0]
    return first, last.rpartition(" ")[2] if same else last


def every(seconds: int) -> str:
    """An interval in its largest unit: ``90 s``, ``30 min``, ``6 h``."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
