"""The language in which people are spoken to: English unless another one was chosen.

Sentences stand in the code in English, whole, with named places; a catalogue of translations is
found by that English (gettext). What machines read is always English.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Shown = TypeVar("Shown")


class Translations(Protocol):
    """What gettext's translations can do, as far as it is needed."""

    def gettext(self, message: str) -> str:
        """The text in that language, or itself where it has none."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form of the text that goes with that number."""

    def info(self) -> Mapping[str, str]:
        """The head of the catalogue, by names in lower case."""


_LEFTWARD = frozenset({"ar", "fa", "he", "ur"})
"""Languages that are written from right to left."""

_SPOKEN: ContextVar[Translations | None] = ContextVar("spoken", default=None)


@contextmanager
def spoken(translations: Translations | None) -> Iterator[None]:
    """Everything inside is said in that language; None is English."""
    token = _SPOKEN.set(translations)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def in_english(render: Callable[Given, Shown]) -> Callable[Given, Shown]:
    """What ``render`` makes is for machines: English, whatever is spoken."""

    @wraps(render)
    def rendered(*args: Given.args, **options: Given.kwargs) -> Shown:
        with spoken(None):
            return render(*args, **options)

    return rendered


def speak(translations: Translations | None) -> None:
    """Everything from now on is said in that language; None is English."""
    _SPOKEN.set(translations)


def tag() -> str:
    """The tag of the language that is spoken, as HTML has it."""
    now = _SPOKEN.get()
    return "en" if now is None else now.info().get("language", "en").replace("_", "-")


def direction() -> str:
    """Where a line of it goes: ``ltr`` or ``rtl``."""
    return "rtl" if tag().partition("-")[0] in _LEFTWARD else "ltr"


_MARK, _OPEN, _CLOSE = (
    "\N{LEFT-TO-RIGHT MARK}",
    "\N{FIRST STRONG ISOLATE}",
    "\N{POP DIRECTIONAL ISOLATE}",
)


def isolated(text: str) -> str:
    """A cell of a table that goes from left to right, where terminals know languages that do not
    (Unicode UAX #9): what is beside it is not turned round."""
    return f"{_MARK}{_OPEN}{text}{_CLOSE}" if text and direction() == "rtl" else text


def _(text: str) -> str:
    """``text`` in the language that is spoken."""
    now = _SPOKEN.get()
    return text if now is None or not text else now.gettext(text)


def N_(text: str) -> str:
    """``text`` itself, marked for translators: a table's entry, said later by `_`."""
    return text


def ngettext(one: str, other: str, count: int) -> str:
    """``one`` or ``other``, whichever goes with ``count``, in the language that is spoken; what
    stands in it is put in already where it has a place ``{count}``."""
    now = _SPOKEN.get()
    found = (one if count == 1 else other) if now is None else now.ngettext(one, other, count)
    return found.format(count=count)


def unread() -> bool:
    """Whether nobody whose language it is has read the translations."""
    now = _SPOKEN.get()
    return now is not None and not now.info().get("x-read-by", "")


_UNREAD = N_("No native speaker has checked this translation yet. In English: --lang en")


def remark() -> str:
    """What is said once of translations that nobody whose language it is has read; else empty."""
    return _(_UNREAD) if unread() else ""


def safely(text: str, **values: str) -> str:
    """A sentence on which somebody's safety may rest: where nobody whose language it is has read
    the translations, the English stands beside it."""
    shown = _(text).format(**values)
    return f"{shown} ({text.format(**values)})" if unread() else shown


def listing(words: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return _("{first} and {last}").format(first=_(", ").join(words[:-1]), last=words[-1])
