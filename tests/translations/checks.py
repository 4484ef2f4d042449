"""What is wrong with a translation, as far as a machine can see it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from string import Formatter

import polib
from rich.cells import cell_len

from msgprobe.report import wording
from tests.translations.texts import Text

COMMANDS = (
    "run|plan|explain|report|judge|rules|schema|services|history|timeline|watch|seal|verify|export|"
    "fleet|serve|help"
)

LITERALS = re.compile(rf"--[a-z][a-z-]*|\bmsgprobe (?:{COMMANDS})\b|MSGPROBE_[A-Z_]+|`[^`]+`")
"""What is typed, and so stays as it is."""

_ENDS = (".", "?", "!", "\u3002", "\u06d4", "\u061f", "\uff01", "\uff1f")

WIDEST: Mapping[str, int] = {
    **dict.fromkeys(wording._FUNCTIONS.values(), 14),
    **dict.fromkeys(wording.OUTCOME_WORDS.values(), 24),
    **dict.fromkeys(wording.STATE_WORDS.values(), 36),
}
"""Columns of a terminal that words in its grid may take: what is wider breaks it at 80."""

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def faults(catalogue: polib.POFile, texts: Mapping[str, Text]) -> Iterator[str]:
    """One line a fault, the text first."""
    there = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
    for one in texts:
        if one not in there:
            yield f"missing: {one!r}"
    for msgid, entry in there.items():
        if msgid not in texts:
            yield f"said no longer: {msgid!r}"
        elif entry.fuzzy:
            yield f"marked as fuzzy: {msgid!r}"
        else:
            yield from _entry(entry)


def _entry(entry: polib.POEntry) -> Iterator[str]:
    forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    for form in forms:
        if not form.strip():
            yield f"not translated: {entry.msgid!r}"
            continue
        for fault in _form(entry.msgid_plural or entry.msgid, form, plural=len(forms) > 1):
            yield f"{fault}: {entry.msgid!r} -> {form!r}"


def _form(english: str, form: str, *, plural: bool) -> Iterator[str]:
    wanted, found = places(english), places(form)
    if plural:
        wanted, found = wanted - Counter(["count"]), found - Counter(["count"])
    if wanted != found:
        yield f"places are {sorted(found.elements())}, not {sorted(wanted.elements())}"
    typed = Counter(LITERALS.findall(english)) - Counter(LITERALS.findall(form))
    if typed:
        yield f"what is typed is lost ({', '.join(typed)})"
    if english.endswith(".") and not form.rstrip().endswith(_ENDS):
        yield "no full stop"
    if form != form.strip() and english == english.strip():
        yield "blanks at an end"
    if any(unicodedata.category(c) in ("Cc", "Co", "Cn") or c in _BIDI for c in form):
        yield "a control character"
    most = WIDEST.get(english)
    if most is not None and cell_len(form) > most:
        yield f"wider than {most} columns"


def places(text: str) -> "Counter[str]":
    """The named places in it, each as often as it stands there."""
    try:
        return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return Counter(["unreadable"])
