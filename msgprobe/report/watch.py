"""What a watch says while it watches: a line for each change, an object for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgprobe.model.history import CONNECTION, NOT_MEASURED, Gap, Series, Tick
from msgprobe.model.timeline import Change, TimelineEvent
from msgprobe.report import timeline_words as say
from msgprobe.report.escape import printable
from msgprobe.report.language import N_, _, in_english

_KINDS: Mapping[str, str] = {
    "pulse": N_("a short look"),
    "transfer": N_("comparing speeds"),
    "quick": N_("looking closer"),
    "confirm": N_("looking once more, to be sure"),
    "run": N_("a whole run"),
}


def kind(look: str) -> str:
    """A kind of looks in plain words."""
    return _(_KINDS.get(look, look))


@in_english
def payload(
    alarm: str, at: int, where: Series, event: TimelineEvent, changes: Sequence[Change]
) -> dict[str, Any]:
    """An alarm as JSON values: what changed, when and on which network; no evidence."""
    after = event.bracket.after
    return {
        "type": "change",
        "tool": "msgprobe",
        "id": alarm,
        "raised_at": say.utc_iso(at),
        "onset_earliest": None if after is None else say.utc_iso(after),
        "onset_latest": say.utc_iso(event.bracket.until),
        "network": where.kind.value,
        "series": where.public,
        "label": where.label,
        "changes": [_change(c) for c in changes],
        "text": sentence(event, changes),
    }


def _change(change: Change) -> dict[str, Any]:
    service, _, function = change.subject.partition(".")
    line = change.subject == CONNECTION
    return {
        "service": None if line else service,
        "function": None if line else function,
        "before": change.before,
        "after": change.after,
        "mechanisms": list(change.mechanisms),
    }


def sentence(event: TimelineEvent, changes: Sequence[Change]) -> str:
    """An event on one line."""
    what = _("; ").join(say.told(who, how) for who, how in say.grouped(changes))
    return f"{what} ({say.bracket(event.bracket)})"


def gap_sentence(gap: Gap) -> str:
    """A gap on one line."""
    return _("not measured from {began} to {ended}: {reason}").format(
        began=say.local(gap.began),
        ended=say.local(gap.ended),
        reason=say.gap_reason(gap.reason.value),
    )


def summary(tick: Tick) -> str:
    """The words of a tick: what does not work, or that all of it does."""
    line = tick.words.get(CONNECTION)
    bad = [
        (s, w.word)
        for s, w in tick.words.items()
        if s != CONNECTION and w.word not in ("ok", "not_tested")
    ]
    head = say.word(NOT_MEASURED if line is None else line.word)
    if not bad:
        return _("{connection}; what was asked works").format(connection=head)
    words = (_("{who} {what}").format(who=say.subject(s), what=say.word(w)) for s, w in bad)
    return _("; ").join((head, _(", ").join(words)))


def tick_object(tick: Tick, *, reason: str, bytes_used: int) -> dict[str, Any]:
    """A tick as JSON values: its words, never its evidence."""
    return {
        "type": "tick",
        "at": say.utc_iso(tick.at),
        "kind": tick.kind.value,
        "reason": reason,
        "run_id": tick.run_id,
        "bytes": bytes_used,
        "rtt_ms": tick.rtt_ms,
        "words": {
            subject: {"word": said.word, "mechanisms": list(said.mechanisms)}
            for subject, said in tick.words.items()
        },
    }


def gap_object(gap: Gap) -> dict[str, Any]:
    """A gap as JSON values."""
    return {
        "type": "gap",
        "began": say.utc_iso(gap.began),
        "ended": say.utc_iso(gap.ended),
        "reason": gap.reason.value,
    }


def line(found: Mapping[str, Any]) -> str:
    """An object as one line."""
    return json.dumps(found, allow_nan=False, separators=(",", ":")) + "\n"


def shown(text: str) -> str:
    """Text that came from elsewhere, safe for a terminal."""
    return printable(text, limit=400)
