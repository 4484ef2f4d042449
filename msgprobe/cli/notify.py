"""The service by which changes are told (``--notify``), and where its URL may be given."""

from msgprobe.cli import secret_url
from msgprobe.steps import notify
from msgprobe.steps.notify import EXTRA, Notifier


def notifier(url: str) -> Notifier:
    """The service that a URL of apprise's names. Raises ValueError, which does not repeat it."""
    if not notify.available():
        raise ValueError(
            f"needs the extra {EXTRA!r}; install it with: pip install 'msgprobe[{EXTRA}]'"
        )
    return notify.notifier(url)


def from_command_line(url: str) -> Notifier:
    """The same of what ``--notify`` says, asked for where it says so.

    Raises ValueError, also for what holds a secret: every user of a machine can read the command
    lines of its processes, and shells keep them.
    """
    if url.strip().lower() == secret_url.ASK:
        return notifier(secret_url.asked("--notify", "service"))
    found = notifier(url)
    if found.secret:
        raise ValueError(
            "holds a password or token, which others can read there (ps, the shell's history); "
            f"give it by {secret_url.elsewhere('--notify')}"
        )
    return found
