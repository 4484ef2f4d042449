"""Translations as they are stored: each is found by a short key, not by the English that it
translates, which eight languages would repeat: that was a fifth of what they took in one file."""

import gettext
from hashlib import blake2b
from typing import IO

KEY_BYTES = 5
"""Two of some thousand texts have one key by a chance of one in a million; compiling then fails."""


def key(english: str) -> str:
    """What the English text's translation is stored under."""
    return blake2b(english.encode(), digest_size=KEY_BYTES).hexdigest()


class Compiled:
    """A language's translations, of a ``.mo`` file (GNU gettext, "The Format of GNU MO Files")
    whose texts are such keys."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Raises what `gettext.GNUTranslations` raises of a file that is damaged."""
        self._stored = gettext.GNUTranslations(stream)

    def gettext(self, message: str) -> str:
        """The text in that language, or itself where it has none."""
        short = key(message)
        found = self._stored.gettext(short)
        return message if found == short else found

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form of the text that goes with that number."""
        short = key(msgid1)
        found = self._stored.ngettext(short, "", n)
        return (msgid1 if n == 1 else msgid2) if found in (short, "") else found

    def info(self) -> dict[str, str]:
        """The head of the catalogue, by names in lower case."""
        return self._stored.info()
