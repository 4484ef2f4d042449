"""Words, signs and times of a timeline, the same in every form of it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from msgprobe.model.history import CONNECTION, NOT_MEASURED, GapReason
from msgprobe.model.target import Function
from msgprobe.model.timeline import Bracket, Cause, Change, Segment, TimelineNote
from msgprobe.model.verdict import State
from msgprobe.report import wording
from msgprobe.report.columns import cells
from msgprobe.report.escape import printable
from msgprobe.report.language import N_, _

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

_WORDS: dict[str, str] = {
    **{o.value: w for o, w in wording.OUTCOME_WORDS.items()},
    **{s.value: w for s, w in wording.STATE_WORDS.items()},
    NOT_MEASURED: N_("not measured"),
}

_REASONS: dict[str, str] = {
    GapReason.ASLEEP.value: N_("this device was asleep"),
    GapReason.STOPPED.value: N_("msgprobe was stopped"),
    GapReason.BATTERY.value: N_("no battery"),
    GapReason.NO_INTERFACE.value: N_("this device was on no network"),
    GapReason.UNKNOWN.value: N_("nobody looked"),
    "not_asked": N_("other services were measured"),
}

_CAUSES: dict[Cause, str] = {
    Cause.NETWORK: "",
    Cause.CATALOGUE: N_("the target files changed at that time: no event"),
    Cause.RULES: N_("the rules changed at that time and no evidence is kept: no event"),
}

_NOTES: dict[str, str] = {
    "clock_back": N_(
        "this device's clock was set back; the latest time until then is taken instead"
    ),
    "slower": N_("{value} times slower beside neutral servers than in the seven days before"),
    "round_trips": N_("round trips take {value} times as long as in the seven days before"),
}

_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


def function(name: str) -> str:
    """What a service is used for, in a word; one that this version does not know as it is."""
    known = name in {f.value for f in Function}
    return wording.function_word(Function(name)) if known else printable(name, limit=24)


def subject(name: str) -> str:
    """``whatsapp text``, or the connection."""
    if name == CONNECTION:
        return _("Connection")
    service, dot, used = name.partition(".")
    if not dot:
        return printable(service, limit=24)
    word = function(used)
    return f"{printable(service, limit=max(8, 23 - cells(word)))} {word}"


def word(name: str) -> str:
    """A word as people read it; one that this version does not know as it is."""
    found = _WORDS.get(name)
    return _(found) if found else printable(name.replace("_", " "), limit=30)


def gap_reason(name: str) -> str:
    """Why nobody looked, by the name of the reason."""
    return _(_REASONS.get(name, _REASONS[GapReason.UNKNOWN.value]))


def reason(segment: Segment) -> str:
    """Why nothing was measured."""
    head, _blank, state = segment.reason.partition(" ")
    if head == CONNECTION:
        return _("the connection explains it: {state}").format(state=word(state))
    return gap_reason(segment.reason)


def cause(found: Cause) -> str:
    """Why a change is no event; empty where it is one."""
    return _(_CAUSES[found])


def told(who: str, what: str) -> str:
    """``whatsapp text: works → blocked``."""
    return _("{who}: {what}").format(who=who, what=what)


def with_it(who: str, what: str) -> str:
    """The same of what explains a change, or goes with it."""
    return _("with it {who}: {what}").format(who=who, what=what)


def note(found: TimelineNote) -> str:
    """A note as a sentence without a full stop."""
    text = _NOTES.get(found.kind)
    if text is None:
        said = _("begins: {note}").format(note=wording.note(found.kind))
    else:
        said = _(text).format(value=f"{found.value:.1f}")
    return told(subject(found.subject), said) if found.subject else said


def change(found: Change) -> str:
    """``works -> blocked [tls.reset.sni]``."""
    text = _("{before} → {after}").format(before=word(found.before), after=word(found.after))
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
        service, _dot, used = one.partition(".")
        services.setdefault(service, []).append(function(used))
    return _("; ").join(
        subject(s) if s == CONNECTION else f"{printable(s, limit=24)} {_(', ').join(f)}"
        for s, f in services.items()
    )


def _zoned(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone()


def local(at: int) -> str:
    """``Sat 21 Nov 23:40``, in this device's zone."""
    when = _zoned(at)
    return _("{weekday} {day} {month} {time}").format(
        weekday=_(_DAYS[when.weekday()]), **_parts(when)
    )


def _parts(when: datetime) -> dict[str, str]:
    return {
        "day": f"{when:%d}",
        "month": _(_MONTHS[when.month - 1]),
        "time": f"{when:%H:%M}",
    }


def local_iso(at: int) -> str:
    """ISO 8601 in this device's zone, with its offset."""
    return _zoned(at).isoformat()


def utc_iso(at: int) -> str:
    """ISO 8601 in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _utc(at: int) -> str:
    return _("{day} {month} {time}").format(**_parts(datetime.fromtimestamp(at, UTC)))


def moment(at: int) -> str:
    """A time in both zones."""
    if not _zoned(at).utcoffset():
        return _("{time} UTC").format(time=local(at))
    return _("{time} ({utc} UTC)").format(time=local(at), utc=_utc(at))


def bracket(found: Bracket, *, opens: bool = False) -> str:
    """Between which times something changed, in both zones; ``opens`` a line with it."""
    if found.after is None:
        return _("{time} at the latest").format(time=moment(found.until))
    after, until = _zoned(found.after), _zoned(found.until)
    times = {
        "first": local(found.after),
        "last": f"{until:%H:%M}" if after.date() == until.date() else local(found.until),
    }
    if not until.utcoffset():
        if opens:
            return _("Between {first} and {last} UTC").format(**times)
        return _("between {first} and {last} UTC").format(**times)
    days = [datetime.fromtimestamp(at, UTC).date() for at in (found.after, found.until)]
    utc = datetime.fromtimestamp(found.until, UTC)
    times["began"] = _utc(found.after)
    times["ended"] = f"{utc:%H:%M}" if days[0] == days[1] else _utc(found.until)
    if opens:
        return _("Between {first} and {last} ({began} to {ended} UTC)").format(**times)
    return _("between {first} and {last} ({began} to {ended} UTC)").format(**times)


def every(seconds: int) -> str:
    """An interval in its largest unit: ``90 s``, ``30 min``, ``6 h``."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
