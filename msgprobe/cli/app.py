"""The commands: each turns arguments into one call, and returns the exit status.

Everything heavy is imported inside the commands, so that ``--help`` stays fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from msgprobe.cli.command import Commands, shared
from msgprobe.cli.commands_fleet import fleet_app
from msgprobe.cli.commands_handing_over import export, report, seal, verify
from msgprobe.cli.commands_history import history_app, timeline
from msgprobe.cli.commands_watch import watch

if TYPE_CHECKING:
    from msgprobe.cli.option import Flags
    from msgprobe.cli.request import Wish
    from msgprobe.cli.show import Delivery

_SETTINGS = """Settings: flags over MSGPROBE_* variables over config.toml in the configuration
folder (quick, throttle, wait, max_time, max_bytes, only, family, country, asn, label, targets,
fail_on, via, history, history_keep).

Exit status: 0 all ok; 1 something blocked or throttled; 2 wrong usage or target file; 3 something
inconclusive, degraded, down or not tested; 4 the connection itself; 70 our own fault; 74 output
could not be written; 129, 130 or 143 interrupted (SIGHUP, SIGINT, SIGTERM)."""

app = Commands(
    name="msgprobe",
    help="Tells whether a messenger is blocked, throttled, down or fine from where you are.",
    epilog=_SETTINGS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # plain help: for colours on Windows it would want a package of which the one file has none
    context_settings={"help_option_names": ["-h", "--help"], "color": False},
)
services_app = Commands(help="What can be measured; alone it lists the services.")
app.add_typer(services_app, name="services")
app.add_typer(history_app, name="history")
app.add_typer(fleet_app, name="fleet")


def _version(wanted: bool) -> None:
    if wanted:
        from msgprobe import __version__
        from msgprobe.cli.streams import put

        put(f"msgprobe {__version__}\n")
        raise typer.Exit


def _self_copy(folder: Path | None) -> None:
    if folder is not None:
        from msgprobe.cli.self_copy import copy_to

        copy_to(folder)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Print the version."),
    ] = False,
    self_copy: Annotated[
        Path | None,
        typer.Option(
            "--self-copy",
            metavar="DIR",
            is_eager=True,
            callback=_self_copy,
            help="Copy this program (msgprobe.pyz) into DIR, for others, and print its SHA-256.",
        ),
    ] = None,
    _lang: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="TAG",
            help="Speak en, be, es, fa, kk, ru, tr, uk or zh (usually: this device's language). "
            "May stand anywhere.",
        ),
    ] = "",
) -> None:
    """``--lang`` stands here for the help alone: `main` has taken it from the words before."""


@app.command(epilog=_SETTINGS)
@shared
def run(flags: "Flags") -> int:
    """Measure messengers: what works, what does not, and why."""
    from msgprobe.cli import measure

    return measure.run(flags)


@app.command()
@shared
def serve(
    listen: Annotated[
        str, typer.Option("--listen", metavar="ADDRESS:PORT", help="Where to listen.")
    ] = "127.0.0.1:9716",
    interval: Annotated[
        str, typer.Option("--interval", metavar="TIME", help="Least time between two runs.")
    ] = "5min",
    remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen where other machines can ask.")
    ] = False,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="Who asks must bear the token in FILE."),
    ] = None,
    *,
    wish: "Wish",
    flags: "Flags",
) -> None:
    """Measure when Prometheus asks, and answer with metrics. Needs the extra serve.

    /probe?service=NAME measures one of the services named here, unless that was done less than
    --interval ago; /metrics shows the newest of each and measures nothing.
    """
    from msgprobe.cli import serve as serving
    from msgprobe.cli.request import names

    serving.serve(
        wish,
        names(flags),
        listen=listen,
        interval=interval,
        remote=remote,
        token_file=token_file,
    )


@app.command()
@shared
def plan(wish: "Wish", flags: "Flags") -> None:
    """List every host that such a run may contact, and what for. Sends nothing.

    With -v: every contact, when it takes place, why, and how much it moves at most.
    """
    import sys

    from msgprobe.cli.measure import planned
    from msgprobe.cli.output import look
    from msgprobe.cli.request import names, notifier
    from msgprobe.cli.streams import put
    from msgprobe.cli.watch_channels import notifier_contacts, webhook_contacts
    from msgprobe.report.plan import render, render_json
    from msgprobe.report.speech import speeches

    found = planned(wish, names(flags), seeded=flags.seed is not None)
    # what files of the user's own make this device say is never folded away
    whole = flags.verbose or wish.targets or "json" in flags.formats
    told = (*webhook_contacts(flags.webhook), *notifier_contacts(notifier(flags)))
    contacts = (*found.contacts, *told)
    more: dict[str, Any] = {
        "services": found.services,
        "said": speeches(found.services, found.controls, wish.request) if whole else (),
        "allowances": found.allowances,
    }
    if "json" in flags.formats:
        put(render_json(contacts, wish.request, **more))
        return
    can = look(sys.stdout)
    more |= {"width": can.width, "unicode": can.unicode, "verbose": flags.verbose}
    put(render(contacts, wish.request, **more))


@app.command()
@shared
def judge(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A saved run; - is stdin.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ooni",
            help="FILE holds OONI's measurements, one a line (or .gz).",
        ),
    ] = None,
    *,
    delivery: "Delivery",
    flags: "Flags",
) -> int:
    """Judge a saved run with today's rules. Sends nothing.

    With --from ooni each measurement of a messenger test is judged as evidence; they have no
    controls, so that failures accuse nobody but for what only interference explains.
    """
    from msgprobe.cli import foreign, saved

    delivery.prepare()
    delivery.of_file(None if file == "-" else file)
    if source is not None:
        return foreign.judge(file, source, delivery, redact=not flags.no_redact)
    status: int = delivery.deliver(saved.judge(file, redact=not flags.no_redact))
    return status


@app.command()
@shared
def explain(
    what: Annotated[
        str,
        typer.Argument(metavar="FILE|NAME", help="A saved run (-: stdin), a rule or a mechanism."),
    ],
    service: Annotated[
        str | None, typer.Argument(metavar="[SERVICE]", help="Only this service of the run.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write the transfers' curves to FILE."),
    ] = None,
    reveals: Annotated[
        bool,
        typer.Option("--reveals", help="Say instead what the file tells about who measured."),
    ] = False,
    *,
    flags: "Flags",
) -> None:
    """Show the evidence of a saved run, or what a rule means.

    A mechanism such as tls.reset.sni is explained like a rule.
    """
    from msgprobe.cli import saved

    saved.explain(
        what,
        service,
        html,
        tells=reveals,
        redact=not flags.no_redact,
        verbose=flags.verbose,
    )


for command in (report, seal, verify, export, watch, timeline):
    app.command()(command)


@app.command()
def rules() -> None:
    """List the rules that a verdict may cite."""
    from msgprobe.cli import saved

    saved.rules()


@app.command()
def checks() -> None:
    """List the checks that are installed, plug-ins included."""
    from msgprobe.cli import catalogue

    catalogue.checks()


@app.command("help")
def help_(
    context: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(metavar="[TOPIC]", help="None named: the topics are listed.")
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Print the manual page (roff).")] = False,
    completion: Annotated[
        str | None,
        typer.Option("--completion", metavar="SHELL", help="Print a script for bash, zsh or fish."),
    ] = None,
) -> None:
    """Explain a topic, such as verdicts or measuring-safely."""
    from msgprobe.cli import help as texts

    texts.show(topic, context.find_root().command, man=man, shell=completion)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a run."""
    from msgprobe.cli.streams import put
    from msgprobe.report.document import schema_text

    put(schema_text())


@services_app.callback(invoke_without_command=True)
def _services(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        services_list()


@services_app.command("list")
@shared
def services_list(wish: "Wish") -> None:
    """List the services."""
    from msgprobe.cli import catalogue

    catalogue.services(wish)


@services_app.command("show")
@shared
def services_show(service: Annotated[str, typer.Argument(metavar="SERVICE")], wish: "Wish") -> None:
    """Show all that is known about one service, with sources."""
    from msgprobe.cli import catalogue

    catalogue.show(service, wish)


@services_app.command("check")
def services_check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Target files or folders of them.")
    ],
) -> None:
    """Say whether target files are right, and if not where and how."""
    from msgprobe.cli import catalogue

    catalogue.check(tuple(paths))


@services_app.command("verify")
@shared
def services_verify(
    wish: "Wish",
    flags: "Flags",
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]...",
            help="Services, or controls for what is measured beside them; none named means all.",
        ),
    ] = None,
) -> int:
    """Ask on an open line whether every row still holds, and propose what to change.

    Prints for each row: holds, differs (and what came), no answer, or not asked. Exit 0 when all
    hold, else 3. Asks only what the target files name, a few at a time, in 10 minutes at most.
    """
    from msgprobe.cli.verify import verify

    limit = None if flags.max_time is None else wish.request.max_time
    return verify(
        wish,
        services or (),
        limit=limit,
        json="json" in flags.formats,
        redact=not flags.no_redact,
        quiet=flags.quiet,
    )
