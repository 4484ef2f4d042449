"""How a watch, or a run now and then, is started by the system: examples to be put in place by the
user."""

from collections.abc import Mapping

_CRON = """\
# crontab -e, then add one of these. A watch that is started again every ten minutes and ends by
# itself when another one is at work:
*/10 * * * *  {command} watch --quiet --for 1d >> "$HOME/msgprobe-watch.log" 2>&1
# or a whole run every six hours, remembered too (2 MB each):
17 */6 * * *  {command} run --history --quiet >/dev/null 2>&1
"""

_SYSTEMD = """\
# ~/.config/systemd/user/msgprobe-watch.service; then:
#   systemctl --user daemon-reload && systemctl --user enable --now msgprobe-watch
#   loginctl enable-linger "$USER"    # goes on when you have logged out
[Unit]
Description=msgprobe watch: is a messenger blocked, throttled or down, and since when

[Service]
ExecStart={command} watch --quiet --budget 20MB/day
# 1, 3 and 4 tell what was seen; 2 is a wrong argument
SuccessExitStatus=1 3 4
Restart=on-failure
RestartSec=60
RestartPreventExitStatus=2
Nice=10
NoNewPrivileges=yes
PrivateTmp=yes

[Install]
WantedBy=default.target
"""

_TERMUX = """\
# Termux on Android. In the app, so that it goes on with the screen off:
#   termux-wake-lock; {command} watch --budget 5MB/day
# or, with the add-on Termux:Boot, as ~/.termux/boot/msgprobe-watch (chmod +x):
#!/data/data/com.termux/files/usr/bin/sh
termux-wake-lock
exec {command} watch --quiet --budget 5MB/day >> "$HOME/msgprobe-watch.log" 2>&1
# or a run now and then by Android's own scheduler, with termux-job-scheduler:
#   termux-job-scheduler --period-ms 21600000 --network any --script ~/msgprobe-run.sh
"""

TIMERS: Mapping[str, str] = {"cron": _CRON, "systemd": _SYSTEMD, "termux": _TERMUX}
"""By the name of what starts it."""


def render(name: str, command: str) -> str:
    """The example for ``name``, with the path of the command. Raises KeyError."""
    return TIMERS[name].format(command=command)
