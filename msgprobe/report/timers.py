"""How a watch, or a run now and then, is started by the system: examples to be put in place by the
user.
"""

from collections.abc import Mapping, Sequence

from msgprobe.report.columns import wrap
from msgprobe.report.language import N_, _

_WIDTH = 98
"""Columns of a comment, without its mark."""


class _Comment(str):
    """Said in the language that is spoken, as a comment."""

    __slots__ = ()


_CRON = (
    _Comment(
        N_(
            "crontab -e, then add one of these. A watch that is started again every ten minutes "
            "and ends by itself when another one is at work:"
        )
    ),
    '*/10 * * * *  {command} watch --quiet --for 1d >> "$HOME/msgprobe-watch.log" 2>&1',
    _Comment(N_("or a whole run every six hours, remembered too (2 MB each):")),
    "17 */6 * * *  {command} run --history --quiet >/dev/null 2>&1",
)

_SYSTEMD = (
    _Comment(N_("Write this as ~/.config/systemd/user/msgprobe-watch.service, then:")),
    "#   systemctl --user daemon-reload && systemctl --user enable --now msgprobe-watch",
    _Comment(N_("This lets it go on when you have logged out:")),
    '#   loginctl enable-linger "$USER"',
    "[Unit]",
    "Description=msgprobe watch: is a messenger blocked, throttled or down, and since when",
    "",
    "[Service]",
    "ExecStart={command} watch --quiet --budget 20MB/day",
    _Comment(N_("1, 3 and 4 tell what was seen; 2 is a wrong argument")),
    "SuccessExitStatus=1 3 4",
    "Restart=on-failure",
    "RestartSec=60",
    "RestartPreventExitStatus=2",
    "Nice=10",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "",
    "[Install]",
    "WantedBy=default.target",
)

_TERMUX = (
    _Comment(N_("Termux on Android. In the app, so that it goes on with the screen off:")),
    "#   termux-wake-lock; {command} watch --budget 5MB/day",
    _Comment(N_("or, with the add-on Termux:Boot, as ~/.termux/boot/msgprobe-watch (chmod +x):")),
    "#!/data/data/com.termux/files/usr/bin/sh",
    "termux-wake-lock",
    'exec {command} watch --quiet --budget 5MB/day >> "$HOME/msgprobe-watch.log" 2>&1',
    _Comment(N_("or a run now and then by Android's own scheduler, with termux-job-scheduler:")),
    "#   termux-job-scheduler --period-ms 21600000 --network any --script ~/msgprobe-run.sh",
)

TIMERS: Mapping[str, Sequence[str]] = {"cron": _CRON, "systemd": _SYSTEMD, "termux": _TERMUX}
"""By the name of what starts it."""


def render(name: str, command: str) -> str:
    """The example for ``name``, with the path of the command. Raises KeyError."""
    lines: list[str] = []
    for line in TIMERS[name]:
        if isinstance(line, _Comment):
            lines += wrap(_(str(line)), _WIDTH, first="# ", other="# ")
        else:
            lines.append(line.format(command=command))
    return "\n".join(lines) + "\n"
