"""The commands about what is remembered: the timeline, and the history itself.

Everything heavy is imported inside the commands, so that ``--help`` stays fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msgprobe.cli.command import Commands, shared

if TYPE_CHECKING:
    from msgprobe.cli.option import Flags


history_app = Commands(help="What is remembered on this device; alone it lists it.")


@shared
def timeline(
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]...", help="Only these, or functions: telegram.text."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only the last 12h, 7d or 4w.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row a segment.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page to FILE.")
    ] = None,
    *,
    flags: "Flags",
) -> int:
    """Say what held when, of all that is remembered.

    Runs are remembered with --history. Sends nothing.
    """
    from msgprobe.cli.timeline import Wanted
    from msgprobe.cli.timeline import timeline as told

    wanted = Wanted(
        services=services or (),
        since=since,
        json="json" in flags.formats,
        csv=csv,
        html=html,
        verbose=flags.verbose,
    )
    return told(wanted, flags.history)


@history_app.callback(invoke_without_command=True)
def _history(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        history_list(history=None)


@history_app.command("list")
@shared
def history_list(flags: "Flags") -> None:
    """List the networks that runs are remembered of."""
    from msgprobe.cli import history

    history.show_list(flags.history)


@history_app.command("show")
@shared
def history_show(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Its id, or how it begins.")],
    flags: "Flags",
) -> None:
    """Print a remembered run with its evidence, as -o would have saved it."""
    from msgprobe.cli import history

    history.show(run_id, flags.history)


@history_app.command("export")
@shared
def history_export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Ends in .gz: compressed; -: stdout")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only the last 12h, 7d or 4w.")
    ] = None,
    *,
    flags: "Flags",
) -> None:
    """Write what is remembered to FILE, without names of networks and to the minute."""
    from msgprobe.cli import history

    history.export(file, flags.history, since)


@history_app.command("import")
@shared
def history_import(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An exported history; -: stdin.")],
    flags: "Flags",
) -> None:
    """Take in an exported history; a run that is known is not taken twice."""
    from msgprobe.cli import history

    history.take(file, flags.history)


@history_app.command("merge")
@shared
def history_merge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The other device's history file.")],
    flags: "Flags",
) -> None:
    """Take in the history of another device of yours, labels included."""
    from msgprobe.cli import history

    history.join(file, flags.history)


@history_app.command("purge")
@shared
def history_purge(
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="TIME", help="Like 12h, 7d or 4w.")
    ] = None,
    series: Annotated[
        str | None, typer.Option("--series", metavar="ID", help="Of this network alone.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of it.")] = False,
    *,
    flags: "Flags",
) -> None:
    """Delete for good what is older than is kept, or than you say. It is overwritten, too."""
    from msgprobe.cli import history

    history.purge(flags.history, older_than, series, everything=everything)
