"""A run that is asked for in plain words, services and simple options, is read without the library
of commands, whose loading would be a sixth of the time until the first question is asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from msgprobe.cli.formats import FORMATS
from msgprobe.cli.option import Flags

_Take = Callable[[Any, str], Any]
"""What becomes of a field by a value, of what it was before (None: not named)."""


def flags(words: Sequence[str]) -> Flags | None:
    """What ``msgprobe run WORDS`` asks for, as the library of commands reads it; None where that is
    for the library to say, as with help, mistakes, and values that are no plain text or number."""
    switches, valued = dict(_switches()), dict(_valued())
    given: dict[str, Any] = {}
    services: list[str] = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word in switches:
            name, on = switches[word]
            given[name] = given.get(name, 0) + 1 if on is None else on
        elif option in valued:
            name, take = valued[option]
            text = value if equals else next(rest, None)
            given[name] = None if text is None else take(given.get(name), text)
            if given[name] is None:
                return None
        elif word.startswith("-"):
            return None
        else:
            services.append(word)
    forms = {f.name: True for f in FORMATS if given.pop(f.name, False)}
    return Flags(services=services or None, formats=forms, **given)


def _number(_before: object, text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


_TAKES: dict[Any, _Take] = {
    str | None: lambda _before, text: text,
    list[str] | None: lambda before, text: [*(before or ()), text],
    int | None: _number,
}


def _switches() -> Iterator[tuple[str, tuple[str, bool | None]]]:
    """The options of a run without a value: the field of `Flags`, or the format, and what it
    becomes; None: one more."""
    for form in FORMATS:
        if "run" in form.commands.split() and not form.to_file:
            yield form.flag, (form.name, True)
    for name, words, kind in _options():
        for word in words if words[-1].startswith("-") else ():
            on, slash, off = word.partition("/")
            yield on, (name, None if kind is int else True)
            if slash:
                yield off, (name, False)


def _valued() -> Iterator[tuple[str, tuple[str, _Take]]]:
    """Those with a value that is read here."""
    for name, words, kind in _options():
        if not words[-1].startswith("-") and kind in _TAKES:
            for word in words[:-1]:
                yield word, (name, _TAKES[kind])


def _options() -> Iterator[tuple[str, list[str], Any]]:
    """The fields of `Flags` that are options of a run, with their words."""
    for one in fields(Flags):
        if one.metadata and "run" in one.metadata["commands"]:
            yield one.name, one.metadata["words"].split(), one.type
