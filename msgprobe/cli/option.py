"""The options that commands share, each written down once, with the commands that take it."""

from collections.abc import Iterator, Mapping
from dataclasses import field, fields
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

from msgprobe.cli.formats import FORMATS
from msgprobe.model.dataclass import dataclass

_ALLOWING = "run plan serve watch services_list services_show services_verify"
"""The commands that read target files of the user's, and may be told to let them do more."""

_REMEMBERING = (
    "seal timeline history_list history_show history_export history_import history_merge "
    "history_purge"
)
"""The commands about what is remembered."""


def _option(commands: str, words: str, text: str, *, default: Any = None, **more: Any) -> Any:
    """A field that is an option of ``commands``, functions in `msgprobe.cli.app`
    and in the modules of commands beside it.

    ``words`` as in the help: its names and what it takes; without names it is an argument.
    """
    asked = {"commands": commands.split(), "words": words, "help": text, "more": more}
    return field(default=default, metadata=asked)


def _made(words: str, text: str, **more: Any) -> Any:
    import typer

    names = words.split()
    more["metavar"] = None if names[-1].startswith("-") else names.pop()
    kind = typer.Option if names else typer.Argument
    return kind(*names, help=text, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What stood on the command line, in the order of the help; the default where it did not."""

    services: list[str] | None = _option(
        "run plan serve watch", "[SERVICE]...", "Services; none named means the core ones."
    )
    everything: bool = _option(
        "run plan serve watch",
        "--all",
        "All services but those that carry a warning, up to 20 MB and 2 minutes.",
        default=False,
    )
    formats: Mapping[str, bool | Path] = field(default_factory=dict)
    """Those asked for, by name; a file where one was named. Their options are in the table."""
    output: str | None = _option(
        "run judge", "-o --output FILE", "Save the run with its evidence to FILE as JSON."
    )
    evidence: bool = _option(
        "run judge", "--evidence", "Put every observation into the JSON as well.", default=False
    )
    fail_on: str | None = _option(
        "run judge",
        "--fail-on A,B",
        "Exit 1 for these outcomes or connection states alone; else 0, or 3 or 4 where nothing "
        "could be measured.",
    )
    quick: bool | None = _option(
        "run plan serve", "--quick/--no-quick", "Leave out QUIC and the search for throttling."
    )
    throttle: bool | None = _option(
        "run plan",
        "--throttle/--no-throttle",
        "Search deeper for throttling: more and larger transfers, all of them again after "
        "a wait. Up to 30 MB and 14 minutes.",
    )
    wait: str | None = _option(
        "run plan", "--wait TIME", "With --throttle: time until the repeat, by default 10min."
    )
    max_time: str | None = _option(
        "run plan serve services_verify", "--max-time TIME", "Most time, like 30 or 2min."
    )
    max_bytes: str | None = _option(
        "run plan serve", "--max-bytes SIZE", "Most bytes on the wire, like 500k or 2M."
    )
    only: list[str] | None = _option(
        "run plan serve",
        "--only FUNCTION",
        "Only this function (text, media, calls, web, signup); repeatable.",
    )
    ipv4: bool = _option(
        "run plan serve watch services_verify", "-4 --ipv4", "Use IPv4 only.", default=False
    )
    ipv6: bool = _option(
        "run plan serve watch services_verify", "-6 --ipv6", "Use IPv6 only.", default=False
    )
    country: str | None = _option(
        "run plan serve watch",
        "--country CC",
        "Also compare with sites of this country. Without it the time zone tells which ones "
        "to ask where nothing abroad answers; none switches that off.",
    )
    asn: str | None = _option(
        "run serve watch",
        "--asn ASN",
        "Write down the number of your provider's network, like AS9198. It is not looked up.",
    )
    label: str | None = _option(
        "run serve watch",
        "--label NAME",
        "Write down this name of your own for where this is measured; with --history what was "
        "measured there is kept apart.",
    )
    targets: list[str] | None = _option(
        _ALLOWING,
        "--targets PATH",
        "Add a target file or a folder of them; repeatable.",
    )
    allow_override: bool = _option(
        _ALLOWING,
        "--allow-override",
        "Let a target file replace a service or control of msgprobe's own.",
        default=False,
    )
    allow_private_addresses: bool = _option(
        _ALLOWING,
        "--allow-local --allow-private-addresses",
        "Let a target file that asks for it name addresses of this device or its networks.",
        default=False,
    )
    allow_mail_ports: bool = _option(
        _ALLOWING,
        "--allow-mail-ports",
        "Let a target file that asks for it speak to ports of mail.",
        default=False,
    )
    no_redact: bool = _option(
        "run judge explain export services_verify",
        "--no-redact",
        "Keep all that came as it came: texts and addresses that may name you, your device and "
        "your network.",
        default=False,
    )
    coarse_time: bool = _option(
        "run judge",
        "--coarse-time",
        "Write down the hour in which the run began, not the minute.",
        default=False,
    )
    verbose: int = _option(
        "run plan judge explain export services_verify timeline watch",
        "-v --verbose",
        "Say more; -vv shows our own faults.",
        default=0,
        count=True,
        show_default=False,
    )
    quiet: bool = _option(
        "run judge services_verify watch",
        "-q --quiet",
        "Print the verdict lines alone.",
        default=False,
    )
    seed: int | None = _option(
        "run plan", "--seed N", "Make every random choice repeatable.", min=0
    )
    via: str | None = _option(
        "run plan",
        "--via URL",
        "Try what fails once more through this proxy of yours (socks5:// or http://), to tell "
        "blocking from an outage. It is neither shown nor saved. Never with a password here: ask "
        "instead of a URL lets you type it.",
    )
    via_file: str | None = _option(
        "run plan serve",
        "--via-file FILE",
        "Read the URL of that proxy, with its password, from FILE.",
    )
    compare: list[str] | None = _option(
        "run",
        "--compare FILE",
        "Compare with a run that was saved (-o) on another network, at most a day ago; repeatable.",
    )
    webhook: str | None = _option(
        "plan watch",
        "--webhook URL",
        "With watch: POST each change as JSON to this https address. It is kept nowhere.",
    )
    notify: str | None = _option(
        "plan watch",
        "--notify URL",
        "With watch: tell each change by a service that apprise knows (chat, mail, push). Never "
        "with a password or token here: ask instead of a URL lets you type it.",
    )
    notify_file: str | None = _option(
        "plan watch", "--notify-file FILE", "Read the URL of that service from FILE."
    )
    history: str | None = _option(
        f"run watch report export {_REMEMBERING}",
        "--history [=PATH]",
        "The history of this device (redacted, it stays here, 30 days), to remember the run in or "
        "to read from: --history, or --history=PATH for a file of your choice.",
    )


def options(command: str) -> Iterator[Parameter]:
    """What ``command`` takes, as typer reads it."""
    for one in fields(Flags):
        if one.name == "formats":
            yield from _formats(command)
        elif command in one.metadata["commands"]:
            asked = one.metadata
            made = _made(asked["words"], asked["help"], **asked["more"])
            yield _parameter(one.name, one.type, one.default, made)


def _formats(command: str) -> Iterator[Parameter]:
    for one in FORMATS:
        if command in one.commands.split():
            kind, default = (Path | None, None) if one.to_file else (bool, False)
            words = f"{one.flag} FILE" if one.to_file else one.flag
            yield _parameter(one.name, kind, default, _made(words, one.help))


def _parameter(name: str, kind: Any, default: object, made: object) -> Parameter:
    annotation = Annotated[kind, made]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
