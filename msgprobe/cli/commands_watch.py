"""The command that watches. Everything heavy is imported inside, so that ``--help`` stays fast."""

from typing import TYPE_CHECKING, Annotated

import typer

from msgprobe.cli.command import shared

if TYPE_CHECKING:
    from msgprobe.cli.option import Flags
    from msgprobe.cli.request import Wish


_Budget = Annotated[str, typer.Option("--budget", metavar="SIZE/day", help="Most bytes a day.")]
_Every = Annotated[
    str,
    typer.Option(
        "--every", metavar="TIME", help="Time between short looks, where the budget allows it."
    ),
]
_For = Annotated[
    str | None, typer.Option("--for", metavar="TIME", help="End after 90min, 12h or 7d.")
]
_JsonLines = Annotated[
    bool, typer.Option("--jsonl", help="Print one JSON object per look and change.")
]
_OnChange = Annotated[
    str | None,
    typer.Option(
        "--on-change",
        metavar="COMMAND",
        help="Run this on each change, without a shell; it reads JSON from its standard input.",
    ),
]
_Bell = Annotated[bool, typer.Option("--bell", help="Ring the terminal's bell on each change.")]
_Timer = Annotated[
    str | None,
    typer.Option(
        "--timer",
        metavar="cron|systemd|termux",
        help="Print how that starts it by itself, and end.",
    ),
]


@shared
def watch(
    budget: _Budget = "20MB/day",
    every: _Every = "60s",
    during: _For = None,
    jsonl: _JsonLines = False,
    on_change: _OnChange = None,
    bell: _Bell = False,
    timer: _Timer = None,
    *,
    wish: "Wish",
    flags: "Flags",
) -> int:
    """Look again and again, cheaply, and tell what changes.

    Since when: msgprobe timeline. A short look asks each service once, about every two minutes;
    what surprises is looked into at once and once more before it counts, a whole run is made daily.
    What is seen is remembered as with --history.
    """
    if timer is not None:
        return _timer(timer)
    from msgprobe.cli.request import names, notifier
    from msgprobe.cli.watch import Wanted
    from msgprobe.cli.watch import watch as watched

    wanted = Wanted(
        budget=budget,
        every=every,
        during=during,
        jsonl=jsonl,
        on_change=on_change,
        webhook=flags.webhook,
        notifier=notifier(flags),
        bell=bell,
        quiet=flags.quiet,
    )
    return watched(wish, names(flags), wanted, flags.history)


def _timer(name: str) -> int:
    import sys
    from shlex import quote

    from msgprobe.cli.request import UsageError
    from msgprobe.cli.streams import put
    from msgprobe.report.timers import TIMERS, render

    if name not in TIMERS:
        raise UsageError(f"--timer: {name!r:.40} is unknown; known are: {', '.join(TIMERS)}")
    put(render(name, quote(sys.argv[0])))
    return 0
