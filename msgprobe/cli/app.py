"""The commands: each turns arguments into one call, and returns the exit status.

Everything heavy is imported inside the commands, so that ``--help`` stays fast.
"""

from typing import Annotated, Any

import typer

from msgprobe.cli import option

_SETTINGS = """Settings: flags over MSGPROBE_* variables over config.toml in the configuration
folder (quick, throttle, wait, max_time, max_bytes, only, family, country, targets, fail_on, via).

Exit status: 0 all ok; 1 something blocked or throttled; 2 wrong usage or target file; 3 something
inconclusive, degraded, down or not tested; 4 the connection itself; 70 our own fault; 74 output
could not be written; 130 or 143 interrupted."""

_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "add_completion": False}
app = typer.Typer(
    name="msgprobe",
    help="Tells whether a messenger is blocked, throttled, down or fine from where you are.",
    epilog=_SETTINGS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    **_PLAIN,
)
services_app = typer.Typer(help="What can be measured; alone it lists the services.", **_PLAIN)
app.add_typer(services_app, name="services")


def _version(wanted: bool) -> None:
    if wanted:
        from msgprobe import __version__
        from msgprobe.cli.output import put

        put(f"msgprobe {__version__}\n")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command(epilog=_SETTINGS)
def run(
    services: option.Services = None,
    everything: option.All = False,
    json: option.Json = False,
    jsonl: option.JsonLines = False,
    junit: option.Junit = None,
    output: option.Output = None,
    evidence: option.Evidence = False,
    fail_on: option.FailOn = None,
    quick: option.Quick = None,
    throttle: option.Throttle = None,
    wait: option.Wait = None,
    max_time: option.MaxTime = None,
    max_bytes: option.MaxBytes = None,
    only: option.Only = None,
    ipv4: option.Four = False,
    ipv6: option.Six = False,
    country: option.Country = None,
    targets: option.Targets = None,
    no_redact: option.NoRedact = False,
    verbose: option.Verbose = 0,
    quiet: option.Quiet = False,
    seed: option.Seed = None,
    via: option.Via = None,
    compare: option.Compare = None,
) -> int:
    """Measure messengers from here and say what works, what does not and why."""
    wish = _wish(
        quick=quick,
        throttle=throttle,
        wait=wait,
        max_time=max_time,
        max_bytes=max_bytes,
        only=only,
        both=(ipv4, ipv6),
        country=country,
        targets=targets,
        fail_on=fail_on,
        seed=seed,
        everything=everything,
        via=via,
        compare=tuple(compare or ()),
    )
    delivery = _delivery(
        json=json,
        jsonl=jsonl,
        junit=junit,
        output=output,
        evidence=evidence,
        fail_on=wish.fail_on,
        verbose=verbose,
        quiet=quiet,
    )
    from msgprobe.cli.measure import measure

    return measure(wish, _names(services, everything), delivery, redact=not no_redact)


def _names(services: list[str] | None, everything: bool) -> Any:
    """The services named; None for all of them. Raises UsageError."""
    from msgprobe.cli.request import UsageError

    if everything and services:
        raise UsageError("--all: measures every service, so name none beside it")
    return None if everything else services or ()


def _wish(*, only: Any, both: tuple[bool, bool], targets: Any, **more: Any) -> Any:
    """What is wanted, by flags and settings. Raises UsageError or SettingsError."""
    from msgprobe.cli import request

    return request.wish(
        request.Flags(
            only=tuple(only or ()),
            family=request.family(*both),
            targets=tuple(targets or ()),
            **more,
        )
    )


def _delivery(*, output: str | None, **wanted: Any) -> Any:
    """How the run goes out. ``-o -`` is standard output. Raises UsageError."""
    from pathlib import Path

    from msgprobe.cli.request import UsageError
    from msgprobe.cli.show import Delivery

    if wanted["json"] and wanted["jsonl"]:
        raise UsageError("--json and --jsonl exclude each other")
    if output == "-":
        wanted["evidence"] = True
        wanted["json"] = not wanted["jsonl"]
        output = None
    return Delivery(output=None if output is None else Path(output), **wanted)


@app.command()
def plan(
    services: option.Services = None,
    everything: option.All = False,
    json: option.Json = False,
    quick: option.Quick = None,
    throttle: option.Throttle = None,
    wait: option.Wait = None,
    max_time: option.MaxTime = None,
    max_bytes: option.MaxBytes = None,
    only: option.Only = None,
    ipv4: option.Four = False,
    ipv6: option.Six = False,
    country: option.Country = None,
    targets: option.Targets = None,
    verbose: option.Verbose = 0,
    seed: option.Seed = None,
    via: option.Via = None,
) -> None:
    """List everything that such a run may contact, when and why. Sends nothing."""
    import sys

    from msgprobe.cli.measure import planned
    from msgprobe.cli.output import look, put
    from msgprobe.report.plan import render, render_json

    wish = _wish(
        quick=quick,
        throttle=throttle,
        wait=wait,
        max_time=max_time,
        max_bytes=max_bytes,
        only=only,
        both=(ipv4, ipv6),
        country=country,
        targets=targets,
        seed=seed,
        everything=everything,
        via=via,
    )
    contacts, whose = planned(wish, _names(services, everything), seeded=seed is not None)
    if json:
        put(render_json(contacts, wish.request, services=whose))
        return
    can = look(sys.stdout)
    put(render(contacts, wish.request, services=whose, width=can.width, unicode=can.unicode))


@app.command()
def judge(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A saved run; - is stdin.")],
    json: option.Json = False,
    jsonl: option.JsonLines = False,
    junit: option.Junit = None,
    output: option.Output = None,
    evidence: option.Evidence = False,
    fail_on: option.FailOn = None,
    verbose: option.Verbose = 0,
    quiet: option.Quiet = False,
) -> int:
    """Judge a saved run with today's rules. Sends nothing."""
    from msgprobe.cli import request, saved

    wish = request.wish(request.Flags(fail_on=fail_on))
    delivery = _delivery(
        json=json,
        jsonl=jsonl,
        junit=junit,
        output=output,
        evidence=evidence,
        fail_on=wish.fail_on,
        verbose=verbose,
        quiet=quiet,
    )
    delivery.prepare()
    status: int = delivery.deliver(saved.judge(file))
    return status


@app.command()
def explain(
    what: Annotated[
        str, typer.Argument(metavar="FILE|RULE", help="A saved run (-: stdin) or rule.")
    ],
    service: Annotated[
        str | None, typer.Argument(metavar="[SERVICE]", help="Only this service of the run.")
    ] = None,
    html: option.Html = None,
    verbose: option.Verbose = 0,
) -> None:
    """Show the evidence behind a saved verdict, or what a rule says."""
    from msgprobe.cli import saved

    saved.explain(what, service, html)


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


@app.command()
def schema() -> None:
    """Print the JSON Schema of a run."""
    from msgprobe.cli.output import put
    from msgprobe.report.document import schema_text

    put(schema_text())


@services_app.callback(invoke_without_command=True)
def _services(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        services_list()


@services_app.command("list")
def services_list(targets: option.Targets = None) -> None:
    """List the services."""
    from msgprobe.cli import catalogue

    catalogue.services(tuple(targets or ()))


@services_app.command("show")
def services_show(
    service: Annotated[str, typer.Argument(metavar="SERVICE")], targets: option.Targets = None
) -> None:
    """Show all that is known about one service, with sources."""
    from msgprobe.cli import catalogue

    catalogue.show(service, tuple(targets or ()))


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
def services_verify(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]...",
            help="Services, or controls for what is measured beside them; none named means all.",
        ),
    ] = None,
    json: option.Json = False,
    max_time: option.MaxTime = None,
    ipv4: option.Four = False,
    ipv6: option.Six = False,
    targets: option.Targets = None,
    no_redact: option.NoRedact = False,
    verbose: option.Verbose = 0,
    quiet: option.Quiet = False,
) -> int:
    """Ask on an open line whether every row still holds, and propose what to change.

    Prints for each row: holds, differs (and what came), no answer, or not asked. Exit 0 when all
    hold, else 3. Asks only what the target files name, a few at a time, in 10 minutes at most.
    """
    from msgprobe.cli.verify import verify

    wish = _wish(only=None, both=(ipv4, ipv6), targets=targets, max_time=max_time)
    limit = None if max_time is None else wish.request.max_time
    return verify(wish, services or (), limit=limit, json=json, redact=not no_redact, quiet=quiet)
