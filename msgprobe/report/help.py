"""What ``msgprobe help`` says: topics in plain words, the same as a manual page, and completion.

A topic is a text file beside this module: a title, then paragraphs; what is indented by four
spaces stands as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from msgprobe.model.dataclass import dataclass
from msgprobe.report.called import typed
from msgprobe.report.columns import align, wrap
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import _, in_english
from msgprobe.report.sentences.mechanisms import MECHANISMS, means

TOPICS = (
    "verdicts",
    "mechanisms",
    "measuring-safely",
    "own-services",
    "plug-ins",
    "cron",
    "evidence",
)
"""In the order in which they are listed."""

_INDENT = "    "
_TABLE = "@mechanisms"
"""Stands in a topic for the table of mechanisms."""


class UnknownTopic(ValueError):
    """There is no such topic; the text names the nearest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command as its own help has it: its words, a sentence, and its options' names."""

    words: tuple[str, ...]
    says: str
    options: tuple[str, ...]


def text(topic: str) -> str:
    """The words of ``topic``. Raises UnknownTopic."""
    if topic not in TOPICS:
        near = get_close_matches(topic[:40], TOPICS, n=2, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(TOPICS)}"
        raise UnknownTopic(f"there is no topic {printable(topic, limit=40)!r}; {hint}")
    from importlib.resources import files

    return files("msgprobe.report").joinpath("topics", f"{topic}.txt").read_text("utf-8")


def title(topic: str) -> str:
    """Its first line, in the language that is spoken."""
    return _(text(topic).partition("\n")[0])


def texts() -> Iterator[str]:
    """Every text of the topics that is translated, as it is looked up."""
    for topic in TOPICS:
        yield from (block for kind, block in _blocks(text(topic)) if kind in ("title", "text"))


def render(topic: str, *, width: int | None = 80, unicode: bool = True) -> str:
    """``topic`` for a terminal. Raises UnknownTopic."""
    lines: list[str] = []
    for kind, block in _blocks(text(topic)):
        if kind == "code":
            lines += [*typed(block, anywhere=True).splitlines(), ""]
        elif kind == "table":
            rows = tuple((name, means(name) or "") for name in MECHANISMS)
            lines += [*align(rows, width=width, shares=(0, 1)), ""]
        else:
            said = typed(_(block), anywhere=True)
            lines += [*(wrap(said, width) if width else [said]), ""]
    shown = "\n".join(lines).rstrip("\n") + "\n"
    return shown if unicode else ascii_only(shown)


def render_list(*, width: int | None = 80) -> str:
    """The topics, one a line."""
    rows = tuple((topic, title(topic)) for topic in TOPICS)
    head = typed(_("Topics (msgprobe help TOPIC):"))
    tail = typed(_("The options of a command: msgprobe COMMAND --help"))
    return "\n".join((head, "", *align(rows, width=width, shares=(0, 1)), "", tail)) + "\n"


def _blocks(said: str) -> Iterator[tuple[str, str]]:
    """``title``, ``text`` or ``code``, each with its words: code keeps its lines, the others are
    one line each; ``table`` is where the table of mechanisms stands."""
    for number, block in enumerate(_joined(said.strip("\n").split("\n\n"))):
        if block.startswith(_INDENT):
            yield "code", block
        elif block == _TABLE:
            yield "table", block
        else:
            yield ("text" if number else "title"), " ".join(block.split())


def _joined(blocks: Sequence[str]) -> Iterator[str]:
    """Code with empty lines in it is one block."""
    code: list[str] = []
    for block in blocks:
        if block.startswith(_INDENT):
            code.append(block)
            continue
        if code:
            yield "\n\n".join(code)
            code = []
        yield block
    if code:
        yield "\n\n".join(code)


@in_english
def manual(version: str, commands: Sequence[Command], settings: str) -> str:
    """A manual page (section 1) in roff, of the commands' own help and of the topics."""
    parts = [
        f'.TH MSGPROBE 1 "" "msgprobe {version}" "User Commands"',
        ".SH NAME",
        "msgprobe \\- tell whether a messenger is blocked, throttled, down or fine from here",
        ".SH SYNOPSIS",
        ".B msgprobe\n.I COMMAND\n[OPTION]... [ARGUMENT]...",
        ".SH COMMANDS",
    ]
    for command in commands:
        parts.append(f".TP\n.B {_roff(' '.join(command.words))}\n{_roff(command.says)}")
        if command.options:
            parts.append(f"Options: {_roff(', '.join(command.options))}")
    for topic in TOPICS:
        parts.append(f'.SH "{_roff(title(topic).upper())}"')
        parts += _manual_topic(topic)
    parts += [".SH SETTINGS", *(f".PP\n{_roff(p)}" for p in settings.split("\n\n"))]
    return "\n".join(parts) + "\n"


def _manual_topic(topic: str) -> Iterator[str]:
    for kind, block in _blocks(text(topic)):
        if kind == "title":
            continue
        if kind == "code":
            yield f".PP\n.nf\n{_roff(block)}\n.fi"
        elif kind == "table":
            yield from (f".TP\n.B {_roff(n)}\n{_roff(means(n) or '')}" for n in MECHANISMS)
        else:
            yield f".PP\n{_roff(block)}"


def _roff(words: str) -> str:
    """Text that roff shows as it is: no escapes, no requests, hyphens that can be copied."""
    safe = words.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{ln}" if ln[:1] in (".", "'") else ln for ln in safe.splitlines())


SHELLS = ("bash", "zsh", "fish")


def completion(shell: str, commands: Sequence[Command], words: Mapping[str, Sequence[str]]) -> str:
    """A script for ``shell``; ``words`` are what may follow a command beside its options."""
    if shell == "fish":
        return "\n".join(_fish(commands, words)) + "\n"
    lines = ["_msgprobe() {", '    local line="${COMP_WORDS[*]:1:COMP_CWORD-1}" words']
    lines.append('    case "$line" in')
    # the longest first, for "services" begins "services list"
    for command in sorted(commands, key=lambda c: -len(c.words)):
        name = " ".join(command.words[1:])
        below = [c.words[-1] for c in commands if c.words[:-1] == command.words]
        more = " ".join((*below, *words.get(name, ()), *command.options))
        lines.append(f'        "{name}"*) words="{more}" ;;')
    first = " ".join(dict.fromkeys(c.words[1] for c in commands))
    lines += [
        f'        *) words="{first} --help --version --self-copy" ;;',
        "    esac",
        '    COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
        "}",
        "complete -o default -F _msgprobe msgprobe",
    ]
    head = ["autoload -U +X bashcompinit && bashcompinit"] if shell == "zsh" else []
    return "\n".join((*head, *lines)) + "\n"


def _fish(commands: Sequence[Command], words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    first = " ".join(dict.fromkeys(c.words[1] for c in commands))
    yield f"complete -c msgprobe -n __fish_use_subcommand -f -a '{first}'"
    for command in commands:
        seen = f"__fish_seen_subcommand_from {command.words[-1]}"
        name = " ".join(command.words[1:])
        below = [c.words[-1] for c in commands if c.words[:-1] == command.words]
        if more := (*below, *words.get(name, ())):
            yield f"complete -c msgprobe -n '{seen}' -a '{' '.join(more)}'"
        for option in command.options:
            flag = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            yield f"complete -c msgprobe -n '{seen}' {flag}"
