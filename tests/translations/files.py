"""The files that translators write (``.po``), kept in step with what there is to translate."""

from collections.abc import Mapping
from pathlib import Path

import polib
from babel.messages.plurals import get_plural

from tests.packaging.translations import LOCALE
from tests.translations.texts import ROOT, Text

HEAD = """Translations of msgprobe.
X-Read-By names nobody until somebody whose language it is has read them."""


def path_of(tag: str) -> Path:
    """Where the translations into that language are written."""
    return ROOT / LOCALE / f"{tag}.po"


def plural_forms(tag: str) -> str:
    """How numbers choose a form (CLDR, by Babel), as gettext writes it."""
    plural = get_plural(tag)
    return f"nplurals={plural.num_plurals}; plural={plural.plural_expr};"


def fresh(tag: str, texts: Mapping[str, Text], old: polib.POFile | None = None) -> polib.POFile:
    """The file with every text of today, those that ``old`` has translated filled in; what is said
    no longer is left out."""
    made = polib.POFile(wrapwidth=100)
    made.header = HEAD
    made.metadata = {
        "Project-Id-Version": "msgprobe",
        "Language": tag,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": plural_forms(tag),
        "X-Read-By": "" if old is None else old.metadata.get("X-Read-By", ""),
    }
    known = {entry.msgid: entry for entry in old or ()}
    for text in texts.values():
        before = known.get(text.one)
        entry = polib.POEntry(msgid=text.one, occurrences=[(text.where, "")])
        if text.other is not None:
            entry.msgid_plural = text.other
            entry.msgstr_plural = _forms(tag, before)
        elif before is not None:
            entry.msgstr = before.msgstr
        made.append(entry)
    return made


def _forms(tag: str, before: polib.POEntry | None) -> dict[int, str]:
    kept = before.msgstr_plural if before is not None else {}
    return {number: kept.get(number, "") for number in range(get_plural(tag).num_plurals)}


def read(tag: str) -> polib.POFile | None:
    """What translators have written; None where nobody has begun."""
    path = path_of(tag)
    return polib.pofile(str(path), wrapwidth=100) if path.exists() else None
