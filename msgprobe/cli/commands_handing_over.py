"""The commands that hand evidence over: packages for strangers, tables for other programs.

Everything heavy is imported inside the commands, so that ``--help`` stays fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msgprobe.cli.command import shared

if TYPE_CHECKING:
    from msgprobe.cli.option import Flags


_Zip = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="ZIP", help="Write the package to ZIP.")
]
_SigningKey = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Sign with this Ed25519 key (PEM) instead of one made for the package alone. A key "
        "that you use twice ties what it signs to each other.",
    ),
]
_Request = Annotated[
    Path | None,
    typer.Option(
        "--request",
        metavar="FILE",
        help="Write the request for a time stamp (RFC 3161) to FILE; it holds a hash alone.",
    ),
]
_Attach = Annotated[
    Path | None,
    typer.Option(
        "--attach", metavar="FILE", help="Put an authority's reply to it into the package."
    ),
]
_TakeOut = Annotated[
    list[str] | None,
    typer.Option(
        "--take-out",
        metavar="FIELD",
        help="Make a copy of a package (-o) without this field, such as started_at or "
        "/measurements/*/observations/*/address; what is left still verifies. Repeatable.",
    ),
]


@shared
def seal(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Saved runs; or one package."),
    ] = None,
    output: _Zip = None,
    key: _SigningKey = None,
    request: _Request = None,
    attach: _Attach = None,
    take_out: _TakeOut = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="With --history: the last 12h, 7d or 4w."),
    ] = None,
    *,
    flags: "Flags",
) -> None:
    """Seal saved runs in a package that a stranger can check. Sends nothing.

    The package is a zip file: the runs, a page for people, hashes, a signature, and how to check
    them with openssl and sha256sum (README.txt). It proves that nothing was changed, not who made
    it.
    """
    from msgprobe.cli.seal import Sealing, make

    make(
        Sealing(
            files=files or (),
            output=output,
            key=key,
            request=request,
            attach=attach,
            take_out=take_out or (),
            history=flags.history,
            since=since,
        )
    )


def verify(
    package: Annotated[str, typer.Argument(metavar="ZIP", help="A package made by seal.")],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help="It has to be signed by this key: its fingerprint, or a file with it (PEM).",
        ),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(
            "--authority",
            metavar="FILE",
            help="Its time stamp has to be by an authority under this certificate (PEM).",
        ),
    ] = None,
) -> int:
    """Say whether a sealed package is unchanged, offline. (The target files: services verify.)

    Exit 0: unchanged since the key signed it, or the authority stamped it; 3: it agrees with its
    own hashes, and nothing vouches for them; 1: altered, or another key or stamp; 2: no package.
    """
    from msgprobe.cli.seal import verify as checked

    return checked(package, key=key, authority=authority)


@shared
def report(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Saved runs; - is stdin.")],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PATH", help="The page to write; - is stdout.")
    ] = "report.html",
    *,
    flags: "Flags",
) -> None:
    """Write a page about saved runs, to print and hand on.

    Sends nothing. It says what works, how that is known, what is not shown, and how to check it.
    The newest run is told in full. The page loads nothing and holds no script; what it keeps is
    redacted. With --history it also tells what is remembered of earlier runs.
    """
    from msgprobe.cli.page import report as told

    told(files, output, flags.history)


@shared
def export(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Saved runs; - is stdin. Or --history instead."),
    ] = None,
    form: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="csv, jsonl, parquet, ooni or prometheus."),
    ] = "csv",
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PATH", help="The file to write; - is stdout.")
    ] = "-",
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only runs that began then or later (UTC)."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Only runs that began before.")
    ] = None,
    *,
    flags: "Flags",
) -> None:
    """Write saved or remembered runs as tables, OONI's format or metrics.

    csv, jsonl and parquet hold one row for each function of each service in each run. ooni is
    OONI's data format 0.2.0, a measurement a line; nothing is sent to OONI. prometheus is
    the newest run of each line in Prometheus' text format.
    """
    from msgprobe.cli import export as exports

    span = exports.Span(
        since=exports.moment("--since", since), until=exports.moment("--until", until)
    )
    target = None if output == "-" else Path(output)
    if flags.history is None:
        exports.export(exports.files(files or (), redact=not flags.no_redact), form, target, span)
    else:
        exports.of_history(files or (), flags.history, form, target, span)
