"""The shared options reach a command as ready values, not one by one; and its help is shown in the
language that is spoken.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import wraps
from inspect import Parameter, Signature, cleandoc, signature
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from msgprobe.cli.formats import FORMATS
from msgprobe.cli.option import Flags, options
from msgprobe.report.columns import cells, wrap
from msgprobe.report.language import N_, _

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

READY = ("flags", "wish", "delivery")
"""The parameters of a command that are made for it from the shared options."""


def shared(command: Callable[..., T]) -> Callable[..., T]:
    """``command`` for typer: its own parameters and, for the `READY` ones, its shared options.

    Calling it raises UsageError or SettingsError.
    """
    parameters = signature(command).parameters
    wanted = [name for name in parameters if name in READY]
    own = [p for name, p in parameters.items() if name not in READY]
    taken = list(options(command.__name__))

    @wraps(command)
    def called(**values: Any) -> T:
        mine = {p.name: values.pop(p.name) for p in own}
        return command(**mine, **_ready(wanted, values))

    return _taking(called, [*own, *taken])


def given(name: str, make: Callable[..., Any]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A command whose parameter ``name`` is made for it by ``make``, whose own parameters the
    command takes in its place.

    Calling it raises what ``make`` raises.
    """
    made = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in signature(make).parameters.values()]

    def decorated(command: Callable[..., T]) -> Callable[..., T]:
        taken: list[Parameter] = []
        for p in signature(command).parameters.values():
            taken += made if p.name == name else [p]

        @wraps(command)
        def called(**values: Any) -> T:
            asked = {p.name: values.pop(p.name) for p in made}
            return command(**{name: make(**asked)}, **values)

        return _taking(called, taken)

    return decorated


def _taking(called: Callable[..., T], taken: Sequence[Parameter]) -> Callable[..., T]:
    # typer reads the one, and resolves names in the other
    called.__signature__ = Signature(taken)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in taken}
    return called


def _ready(wanted: list[str], values: dict[str, Any]) -> dict[str, Any]:
    asked = {f.name: values.pop(f.name, None) for f in FORMATS}
    flags = Flags(formats={name: value for name, value in asked.items() if value}, **values)
    found: dict[str, Any] = {"flags": flags}
    if "wish" in wanted or "delivery" in wanted:
        from msgprobe.cli.request import wish

        found["wish"] = wish(flags)
    if "delivery" in wanted:
        from msgprobe.cli.show import delivery

        found["delivery"] = delivery(flags, found["wish"].fail_on)
    return {name: found[name] for name in wanted}


# -- help ----------------------------------------------------------------------------------------

OWN = (
    N_("Usage:"),
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("default: {default}"),
    N_("env var: {var}"),
    N_("required"),
)
"""What the library of commands says itself, as it says it."""

_EXTRAS = re.compile(r"(?P<said>.*?)(?:  )?(?P<extras>\[[^\[\]]+\])", re.DOTALL)
"""A help and what stands behind it in brackets; before them are two blanks."""

_Context: Any = TyperCommand.context_class  # the library's own, wherever it has it from
_Formatter: Any = _Context.formatter_class


class _Help(_Formatter):  # type: ignore[misc]
    """Lays help out as the library does, and says it in the language that is spoken."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, f"{_('Usage:')} " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(_(heading))

    def write_text(self, text: str) -> None:
        said = [_(paragraph) for paragraph in paragraphs(text)]
        if _narrow(said):
            super().write_text("\n\n".join(said))
            return
        inset = " " * self.current_indent
        lines = ["\n".join(wrap(p, self.width, first=inset, other=inset)) for p in said]
        self.write("\n\n".join(lines) + "\n")

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        said = [(first, _described(second)) for first, second in rows]
        if _narrow(second for first, second in said):
            super().write_dl(said, col_max, col_spacing)
            return
        left = min(max(len(first) for first, _second in said), col_max) + col_spacing
        inset = " " * (self.current_indent + left)
        for first, second in said:
            head = f"{' ' * self.current_indent}{first}"
            if len(first) > left - col_spacing:
                self.write(f"{head}\n")
                head = ""
            lines = wrap(second, max(self.width, len(inset) + 10), first=inset, other=inset)
            self.write("\n".join([head + (lines or [""])[0][len(head) :], *lines[1:]]) + "\n")


def _narrow(texts: Iterable[str]) -> bool:
    """Each character is one column wide, as the library thinks."""
    return all(cells(text) == len(text) for text in texts)


def _described(text: str) -> str:
    """The help of an option with its default and the like."""
    found = _EXTRAS.fullmatch(text)
    if found is None:
        return _(text)
    extras = "; ".join(map(_extra, found["extras"][1:-1].split("; ")))
    return f"{_(found['said'])}  [{extras}]" if found["said"] else f"[{extras}]"


def _extra(text: str) -> str:
    name, colon, value = text.partition(": ")
    if name == "default" and colon:
        return _("default: {default}").format(default=value)
    if name == "env var" and colon:
        return _("env var: {var}").format(var=value)
    return _(text)


class _SpokenContext(_Context):  # type: ignore[misc]
    formatter_class = _Help


def paragraphs(text: str | None) -> tuple[str, ...]:
    """A help or what stands below it, each paragraph on one line: the texts to be translated."""
    whole = cleandoc(text or "").partition("\f")[0]
    return tuple(" ".join(p.split()) for p in whole.split("\n\n") if p.strip())


def _first_sentence(text: str | None, limit: int) -> str | None:
    """How a command is described among others; None: as the library does, for it is English."""
    first = next(iter(paragraphs(text)), "")
    said = _(first)
    if said == first:
        return None
    sentence = re.split(r"[.!?](?=\s)|[。！？۔।]", said)[0].rstrip(".")  # noqa: RUF001
    if cells(sentence) <= limit:
        return sentence
    return f"{wrap(sentence, max(10, limit - 3))[0]}..."


class Command(TyperCommand):
    """A command whose help is translated when it is shown."""

    context_class = _SpokenContext

    def get_short_help_str(self, limit: int = 45) -> str:
        """Its description in the list of commands."""
        said = _first_sentence(self.help, limit)
        return super().get_short_help_str(limit) if said is None else said


class Group(TyperGroup):
    """The same of a command that holds others."""

    context_class = _SpokenContext

    def get_short_help_str(self, limit: int = 45) -> str:
        """Its description in the list of commands."""
        said = _first_sentence(self.help, limit)
        return super().get_short_help_str(limit) if said is None else said


class Commands(typer.Typer):
    """Commands in plain text, each with its help in the language that is spoken."""

    def __init__(self, **more: Any) -> None:
        super().__init__(cls=Group, rich_markup_mode=None, add_completion=False, **more)

    def command(self, name: str | None = None, **more: Any) -> Callable[[F], F]:
        """A decorator that makes a command of a function."""
        return super().command(name, cls=Command, **more)

    def __call__(self, words: Sequence[str], **more: Any) -> Any:
        """Do what ``words`` say."""
        return typer.Typer.__call__(self._narrowed(words), words, **more)

    def _narrowed(self, words: Sequence[str]) -> "Commands":
        """All that ``words`` need of it: one command where they begin with its name. To make the
        options of every other command takes longer than most of them."""
        wanted = [
            one
            for one in self.registered_commands
            if one.callback is not None and [one.name or one.callback.__name__] == words[:1]
        ]
        if not wanted:
            return self
        one = copy(self)
        one.registered_commands, one.registered_groups = wanted, []
        return one


def texts(command: Any) -> Iterator[str]:
    """Every text of the help of a command and of those below it, as it is looked up."""
    yield from paragraphs(command.help)
    yield from paragraphs(command.epilog)
    for one in command.params:
        if getattr(one, "help", None):
            yield " ".join(one.help.split())
    for below in getattr(command, "commands", {}).values():
        yield from texts(below)
