"""Which language to speak, and where its translations are."""

import os
import re
import struct
from collections.abc import Mapping, Sequence
from importlib.resources import files

from msgprobe.report.language import Translations

LANGUAGES = ("be", "es", "fa", "kk", "ru", "tr", "uk", "zh")
"""Their tags (BCP 47); English needs no translations."""

ENGLISH = "en"

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In this order (POSIX, Base Definitions, 8.2); LANGUAGE, a list, comes before where one of them
names any language (GNU gettext, "Specifying a Priority List of Languages")."""


class LanguageError(ValueError):
    """A language cannot be spoken; the text says why, and what can be done."""


def asked(tag: str) -> str:
    """The tag of a language that somebody named. Raises LanguageError with those that there are."""
    short = _short(tag)
    if short == ENGLISH or short in LANGUAGES:
        return short
    known = ", ".join(sorted((ENGLISH, *LANGUAGES)))
    raise LanguageError(f"--lang: there is no language {tag!r:.40}; there are: {known}")


def of_locale(environment: Mapping[str, str]) -> str:
    """The language of this device's settings, English where it is another than we have."""
    named = next((environment[v] for v in VARIABLES if environment.get(v)), "")
    if _short(named) in ("c", "posix", ""):
        return ENGLISH
    wanted = (*environment.get("LANGUAGE", "").split(":"), named)
    return next((s for t in wanted if (s := _short(t)) in (ENGLISH, *LANGUAGES)), ENGLISH)


def _short(tag: str) -> str:
    """``kk`` of ``kk_KZ.UTF-8@latin`` or ``kk-KZ``."""
    return re.split(r"[.@_-]", tag, maxsplit=1)[0].strip().lower()


def load(tag: str) -> Translations | None:
    """The translations into that language; None for English. Raises LanguageError where they are
    not there or damaged."""
    if tag == ENGLISH:
        return None
    from msgprobe.report.compiled import Compiled  # late: English waits for nothing

    name = f"{tag}.mo"
    try:
        with files("msgprobe.report").joinpath("locale", name).open("rb") as stream:
            return Compiled(stream)
    except FileNotFoundError:
        why = "is not there"
    except (OSError, ValueError, LookupError, struct.error, AttributeError):
        why = "is damaged"
    raise LanguageError(
        f"the translations in {name} cannot be used: the file {why}; install msgprobe again, or "
        "use --lang en"
    )


def taken(
    words: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[list[str], str]:
    """The words of a command line without ``--lang``, and the language that they, or else the
    variable MSGPROBE_LANG, or else this device's settings ask for.

    Raises LanguageError.
    """
    left: list[str] = []
    named: str | None = None
    rest = iter(words)
    for word in rest:
        if word == "--":
            left += [word, *rest]
        elif word == "--lang":
            named = next(rest, "")
        elif word.startswith("--lang="):
            named = word.removeprefix("--lang=")
        else:
            left.append(word)
    if named is None:
        named = environment.get("MSGPROBE_LANG") or None
    return left, of_locale(environment) if named is None else asked(named)
