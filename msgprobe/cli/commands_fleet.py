"""The commands about many lines: packing their runs, and asking them together.

Everything heavy is imported inside the commands, so that ``--help`` stays fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msgprobe.cli.command import Commands, given

if TYPE_CHECKING:
    from msgprobe.cli.fleet import Question

fleet_app = Commands(
    help="Many lines' runs together, on an engine that exists. Needs the extra fleet.",
    no_args_is_help=True,
)


@fleet_app.callback()
def _there() -> None:
    """Many lines' runs together, on an engine that exists. Needs the extra fleet."""
    from importlib.util import find_spec

    if find_spec("msgprobe.fleet") is None:
        from msgprobe.cli.request import UsageError

        raise UsageError("fleet is not in this one file; install it: pip install 'msgprobe[fleet]'")


_Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="STORE",
        help="The folder that pack wrote, or what the engine itself reads (s3://...); without it "
        "the tables word and run of the engine's database.",
    ),
]
_Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="URL",
        envvar="MSGPROBE_ENGINE",
        help="duckdb:, clickhouse://HOST:8123/DATABASE, spark://HOST:7077 or local[2]. With a "
        "password better in the variable, for others can read command lines.",
    ),
]
_Country = Annotated[str | None, typer.Option("--country", metavar="CC", help="Only this country.")]
_Service = Annotated[
    str | None,
    typer.Argument(metavar="[SERVICE]", help="Only this, or a function: telegram.text."),
]
_Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only from then on: 2026-11-26, or the last 12h; to the quarter of an hour.",
    ),
]
_Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Only what was before.")
]


def _question(
    service: _Service = None,
    store: _Store = None,
    engine: _Engine = "duckdb:",
    country: _Country = None,
    since: _Since = None,
    until: _Until = None,
) -> "Question":
    from msgprobe.cli.fleet import Question

    return Question.of(engine, store, service, country, since, until)


asking = given("question", _question)
"""A command that is given the question that its options put."""

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


@fleet_app.command()
def pack(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Saved runs, lines of JSON (.jsonl), histories, or folders of them.",
        ),
    ],
    store: Annotated[
        Path, typer.Option("-o", "--output", metavar="STORE", help="The folder of the store.")
    ],
    country: Annotated[
        str | None,
        typer.Option("--country", metavar="CC", help="Of runs that do not say theirs."),
    ] = None,
    asn: Annotated[
        str | None, typer.Option("--asn", metavar="ASN", help="Of runs that do not say theirs.")
    ] = None,
    vantage: Annotated[
        str | None,
        typer.Option(
            "--vantage",
            metavar="NAME",
            help="The line of runs without label or series; else those of a network count as one.",
        ),
    ] = None,
) -> int:
    """Pack runs into a store of Parquet files, by country and day; each run once.

    A source that cannot be read is told and left out (exit 3); all else goes in, or nothing.
    """
    from msgprobe.cli.fleet import packed

    return packed(sources, store, country=country, asn=asn, vantage=vantage)


@fleet_app.command()
@asking
def state(
    question: "Question",
    *,
    national: Annotated[
        bool, typer.Option("--national", help="Whole countries instead of networks.")
    ] = False,
    json: _Json = False,
    csv: _Csv = False,
) -> int:
    """Say what the lines of each network say together, quarter of an hour by quarter of an hour.

    As text the newest of each; JSON and CSV hold all.
    """
    from msgprobe.cli.fleet import state as told

    return told(
        question,
        national=national,
        json=json,
        csv=csv,
    )


@fleet_app.command()
@asking
def onsets(
    question: "Question",
    *,
    json: _Json = False,
    csv: _Csv = False,
) -> int:
    """Say when interference began and ended in each network."""
    from msgprobe.cli.fleet import onsets as told

    return told(question, json=json, csv=csv)


@fleet_app.command()
@asking
def events(
    question: "Question",
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print records as OONI's label corpus defines them.")
    ] = False,
) -> int:
    """Say what happened to whole countries: in 3 networks or on half of the lines."""
    from msgprobe.cli.fleet import events as told

    return told(question, json=json)


@fleet_app.command()
@asking
def report(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The page to write.")
    ],
    question: "Question",
) -> int:
    """Write a page: what happened, and for each service its networks by time."""
    from msgprobe.cli.fleet import report as told

    return told(question, output)
