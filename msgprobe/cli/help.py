"""``msgprobe help``: topics, the manual page, and scripts that complete commands in a shell."""

import sys
from collections.abc import Iterator
from typing import Any

from msgprobe import __version__
from msgprobe.cli.command import texts as help_texts
from msgprobe.cli.output import look
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import put
from msgprobe.report import help as words


def show(topic: str | None, root: Any, *, man: bool, shell: str | None) -> None:
    """Print what was asked for; ``root`` is the command that holds all others.

    Raises UsageError or UnknownTopic.
    """
    if sum((topic is not None, man, shell is not None)) > 1:
        raise UsageError("help: name one of a topic, --man and --completion")
    can = look(sys.stdout)
    if man:
        made = tuple(commands(root))
        put(words.manual(__version__, made, root.epilog))
    elif shell is not None:
        if shell not in words.SHELLS:
            raise UsageError(f"--completion: {shell!r:.40} is none of {', '.join(words.SHELLS)}")
        put(words.completion(shell, tuple(commands(root)), arguments()))
    elif topic is not None:
        put(words.render(topic, width=can.width, unicode=can.unicode))
    else:
        put(words.render_list(width=can.width))


def arguments() -> dict[str, tuple[str, ...]]:
    """What the shipped files make of arguments: the services, the topics."""
    from msgprobe.cli import catalogue

    names = tuple(s.name for s in catalogue.read(()).services)
    found = dict.fromkeys(("run", "plan", "serve", "services show", "services verify"), names)
    return found | {"help": words.TOPICS}


def texts(root: Any) -> Iterator[str]:
    """Every text that is translated and stands in no mark: the help of ``root`` and of all commands
    below it, the topics, and what shipped checks and target files say of themselves."""
    from msgprobe.checks.registry import registry
    from msgprobe.cli import catalogue

    yield from help_texts(root)
    yield from words.texts()
    yield from (check.title for check in registry().values())
    for service in catalogue.read(()).services:
        if service.warning:
            yield service.warning
        yield from (why for _function, why in service.untestable)


def commands(group: Any, before: tuple[str, ...] = ("msgprobe",)) -> Iterator[words.Command]:
    """Every command below it with its options, as typer made it of the functions."""
    for name, command in getattr(group, "commands", {}).items():
        path = (*before, name)
        options = [
            option
            for one in command.params
            for option in (*one.opts, *one.secondary_opts)
            if option.startswith("-")
        ]
        says = " ".join((command.help or "").split("\n\n")[0].split())
        yield words.Command(words=path, says=says, options=tuple(options))
        yield from commands(command, path)
