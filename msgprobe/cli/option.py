"""The options that more than one command takes, each described once."""

from pathlib import Path
from typing import Annotated

import typer

Services = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SERVICE]...", help="Services; none named means the core ones."),
]
All = Annotated[
    bool,
    typer.Option(
        "--all",
        help="All services but those that carry a warning, up to 20 MB and 2 minutes.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
JsonLines = Annotated[
    bool, typer.Option("--jsonl", help="Print one JSON object per service, then one for the run.")
]
Junit = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML to FILE.")
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="Save the run with its evidence to FILE as JSON."
    ),
]
Evidence = Annotated[
    bool, typer.Option("--evidence", help="Put every observation into the JSON as well.")
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="A,B",
        help="Exit 1 for these outcomes or connection states alone, else 0.",
    ),
]
Quick = Annotated[
    bool | None,
    typer.Option("--quick/--no-quick", help="Leave out QUIC and the search for throttling."),
]
Throttle = Annotated[
    bool | None,
    typer.Option(
        "--throttle/--no-throttle",
        help="Search deeper for throttling: more and larger transfers, all of them again after "
        "a wait. Up to 30 MB and 14 minutes.",
    ),
]
Wait = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="TIME", help="With --throttle: time until the repeat, by default 10min."
    ),
]
MaxTime = Annotated[
    str | None, typer.Option("--max-time", metavar="TIME", help="Most time, like 30 or 2min.")
]
MaxBytes = Annotated[
    str | None,
    typer.Option("--max-bytes", metavar="SIZE", help="Most bytes on the wire, like 500k or 2M."),
]
Via = Annotated[
    str | None,
    typer.Option(
        "--via",
        metavar="URL",
        help="Try what fails once more through this proxy of yours (socks5:// or http://), to tell "
        "blocking from an outage. It is neither shown nor saved.",
    ),
]
Compare = Annotated[
    list[str] | None,
    typer.Option(
        "--compare",
        metavar="FILE",
        help="Compare with a run that was saved (-o) on another network, at most a day ago; "
        "repeatable.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="FUNCTION",
        help="Only this function (text, media, calls, web, signup); repeatable.",
    ),
]
Four = Annotated[bool, typer.Option("-4", "--ipv4", help="Use IPv4 only.")]
Six = Annotated[bool, typer.Option("-6", "--ipv6", help="Use IPv6 only.")]
Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        metavar="CC",
        help="Also compare with sites of this country. Without it the time zone tells which ones "
        "to ask where nothing abroad answers; none switches that off.",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--targets", metavar="PATH", help="Add a target file or a folder of them; repeatable."
    ),
]
NoRedact = Annotated[
    bool,
    typer.Option("--no-redact", help="Keep addresses that tell about you and your network."),
]
Verbose = Annotated[
    int,
    typer.Option(
        "-v",
        "--verbose",
        count=True,
        show_default=False,
        help="Say more; -vv shows our own faults.",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print the verdict lines alone.")]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, help="Make every random choice repeatable."),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write the transfers' curves to FILE."),
]
