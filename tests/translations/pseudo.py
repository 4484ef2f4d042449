"""A language that nobody speaks: every letter has a mark, so that English that was not marked for
translation stands out, and every text is half as long again, as translations are."""

import re

from tests.translations.checks import COMMANDS

_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀçđèƒĝĥìĵķĺɱñòƥɋŕšţùṽŵẋŷžÀßÇĐÈƑĜĤÌĴĶĹṀÑÒƤɊŔŠŢÙṼŴẊŶŽ",
)

_KEPT = re.compile(
    rf"\{{[^{{}}]*\}}|--[a-z][a-z-]*|\b[A-Z][A-Z0-9_]+\b|\bmsgprobe(?: (?:{COMMANDS})\b)?"
)
"""Places, and what is typed or put in by the user."""


class Pseudo:
    """Translations into it."""

    def gettext(self, message: str) -> str:
        """The text with marks, in brackets."""
        parts, end = [], 0
        for kept in _KEPT.finditer(message):
            parts += [message[end : kept.start()].translate(_LETTERS), kept.group()]
            end = kept.end()
        parts.append(message[end:].translate(_LETTERS))
        longer = "~" * (len(message) // 2 if len(message) > 20 else 0)
        return f"⟦{''.join(parts)}{longer}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The English form for that number, with marks."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def info(self) -> dict[str, str]:
        """Read by all, so that no English stands beneath."""
        return {"language": "xx", "x-read-by": "everybody"}
