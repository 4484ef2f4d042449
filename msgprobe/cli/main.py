"""The command: every way to end has a message on one line and an exit status."""

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from msgprobe import interrupts
from msgprobe.cli.streams import OutputError, claim_streams, put, reason, say, silence_stdout
from msgprobe.report.exits import Exit

_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)

_BROKEN = (ImportError, SystemError, SyntaxError)
"""How the interpreter fails, too, where memory is short while it loads something."""

_FAULTS = {
    # by name: importing them all would import the network
    "CatalogError",
    "UnknownService",
    "PluginError",
    "TrustError",
    "CodecError",
    "SavedRunError",
    "HistoryError",
    "LanguageError",
    "FleetError",
    "UnknownRule",
    "UnknownTopic",
    "NotInRun",
    "NoStart",
    "SettingsError",
    "UsageError",
}
"""What users can mend: told on one line, exit 2."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. Never shows a traceback unless asked to."""
    claim_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    if sys.argv[0].endswith(".pyz"):
        from msgprobe.report.called import call

        python = "python" if sys.platform == "win32" else "python3"
        call(sys.argv[0], os.path.abspath(sys.argv[0]), python)
    status = _run(words)
    try:
        with contextlib.suppress(AttributeError):
            sys.stdout.flush()
    except OSError as error:
        # whatever was left in the buffer of standard output
        status = _unwritten(f"standard output: {reason(error)}")
    status = interrupts.status() or status
    if "--nagios" in words and status > Exit.UNPROVEN:
        status = Exit.UNPROVEN  # monitors call what is above it out of bounds
    sys.exit(status)


def _run(words: list[str]) -> int:
    try:
        if words == ["--version"]:
            from msgprobe import __version__

            put(f"msgprobe {__version__}\n")
            return Exit.OK
        return _commands(_spoken(words))
    except OutputError as error:
        return _unwritten(str(error))
    except KeyboardInterrupt:
        return Exit.SIGINT
    except Exception as error:
        if _worth_another(error):
            raise  # whoever started us tries once more
        if isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None:
            # help is printed by click, not by us
            return _unwritten(f"standard output: {reason(error)}")
        if type(error).__name__ in _FAULTS and type(error).__module__.startswith("msgprobe."):
            for one in (error, *getattr(error, "more", ())):
                say(f"msgprobe: {_one_line(str(one))}")
            return _misuse(words)
        return _crashed(error, words)


def _worth_another(error: Exception) -> bool:
    """This device lacked something before anything was done, or broke what it loaded so."""
    if not interrupts.claimed() or interrupts.committed():
        return False
    broken = isinstance(error, _BROKEN) and interrupts.AGAIN not in os.environ
    return broken or _lack(error) is not None


def _spoken(words: list[str]) -> list[str]:
    """The words without ``--lang``; from now on people are spoken to in the language asked for.

    Where nothing asks for another one than English nothing is loaded. A language of this device's
    settings that cannot be shown, or whose translations are not there, is not insisted on.
    """
    named = "MSGPROBE_LANG" in os.environ or any(w.startswith("--lang") for w in words)
    settings = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
    other = [v for v in settings if not _english(os.environ.get(v, ""))]
    if not named and not other:
        return words
    from msgprobe.cli.output import look
    from msgprobe.report.language import speak
    from msgprobe.report.translations import LanguageError, load, taken

    left, tag = taken(words)
    try:
        speak(load(tag) if named or look(sys.stdout).unicode else None)
    except LanguageError:
        if named:
            raise
    return left


def _english(setting: str) -> bool:
    """It asks for no other language."""
    return setting.lower() in ("", "c", "posix") or setting.lower().startswith(("en", "c."))


def _commands(given: list[str]) -> int:
    words = _with_values(given)
    if words[:1] == ["run"]:
        from msgprobe.cli.plain import flags

        asked = flags(words[1:])
        if asked is not None:
            from msgprobe.cli.measure import run

            return run(asked)
    import typer

    from msgprobe.cli.app import app

    # typer carries its own copy of click, older ones the installed one: this class is of the right
    click_error: type[Exception] = next(
        c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException"
    )
    try:
        status = app(words, prog_name="msgprobe", standalone_mode=False)
    except typer.Abort:
        return Exit.SIGINT
    except SystemExit:
        # click's own answer to a closed pipe, with a status that would read as "blocked"
        raise OutputError("standard output: Broken pipe") from None
    except click_error as error:
        _misused(error)
        return _misuse(words)
    return status if isinstance(status, int) else Exit.OK


def _misuse(words: list[str]) -> Exit:
    """The exit status; monitors take 2 for CRITICAL and 3 for UNKNOWN."""
    return Exit.UNPROVEN if "--nagios" in words else Exit.USAGE


def _with_values(words: list[str]) -> list[str]:
    """``--history`` alone is the default place: what stands behind it is never its path, which is
    written ``--history=PATH``, for it could as well be a service."""
    end = words.index("--") if "--" in words else len(words)
    return [f"{w}=" if w == "--history" else w for w in words[:end]] + words[end:]


def _misused(error: Exception) -> None:
    text: str = getattr(error, "format_message", error.__str__)()
    if type(error).__name__ == "NoArgsIsHelpError":
        say(text)
        return
    path = getattr(getattr(error, "ctx", None), "command_path", "msgprobe")
    say(f"{path}: {_one_line(text)} (see: {path} --help)")


def _one_line(text: str) -> str:
    from msgprobe.cli.proxy import without_credentials
    from msgprobe.report.escape import printable

    return printable(without_credentials(text))


def _unwritten(why: str) -> int:
    silence_stdout()
    from msgprobe.report.language import _

    said = _("could not write the output: {why}")
    say("msgprobe: " + said.format(why=_one_line(why)))
    return Exit.OUTPUT


def failed(error: BaseException) -> str:
    """One line on a fault of ours, or of this device's, that ended the run."""
    from msgprobe.report.language import _

    lack = _lack(error)
    if lack is not None:
        said = _("{lack}; this says nothing about the network.")
        return "msgprobe: " + said.format(lack=_(lack))
    return _(
        "msgprobe itself failed ({fault}); this says nothing about the network. Please report it "
        "with what -vv prints."
    ).format(fault=f"{type(error).__name__}: {_one_line(str(error))[:300]}")


def _lack(error: BaseException) -> str | None:
    """What this device has too little of, and where to look; None: that was not it."""
    if isinstance(error, BaseExceptionGroup):
        return next((lack for e in error.exceptions if (lack := _lack(e)) is not None), None)
    if error.__context__ is not None and (lack := _lack(error.__context__)) is not None:
        return lack  # such as a target file that could not be opened
    from msgprobe.report.language import N_

    number = error.errno if isinstance(error, OSError) else None
    unlocked = isinstance(error, RuntimeError) and str(error) == "can't allocate lock"
    if isinstance(error, MemoryError) or number == errno.ENOMEM or unlocked:
        return N_("this device has too little free memory for it (see also: ulimit -v)")
    if number in (errno.EMFILE, errno.ENFILE):
        return N_("this device allows too few open files for it (see: ulimit -n)")
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return N_("this device allows no thread for it (see: ulimit -u)")
    return None


def _crashed(error: BaseException, words: Sequence[str]) -> int:
    say(failed(error))
    if os.environ.get("MSGPROBE_DEBUG") or "-vv" in words or words.count("-v") > 1:
        import traceback

        from msgprobe.cli.proxy import without_credentials

        for line in traceback.format_exception(error):
            say(without_credentials(line.rstrip("\n")))
    return Exit.CRASH
