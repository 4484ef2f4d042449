"""``msgprobe services verify``: arguments in, the rows and their words out."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgprobe import session
from msgprobe.catalog import loader
from msgprobe.checks.base import Check
from msgprobe.checks.registry import installed, registry
from msgprobe.cli.catalogue import announce, chosen
from msgprobe.cli.measure import ending, watched
from msgprobe.cli.output import look
from msgprobe.cli.request import Wish
from msgprobe.cli.streams import put, say
from msgprobe.model.control import Controls
from msgprobe.model.row import CONTROLS, Verification
from msgprobe.model.run import Request
from msgprobe.model.target import Service
from msgprobe.report import verify as report
from msgprobe.report.escape import printable
from msgprobe.verification.order import verify as ask_rows

LONGEST = 600.0
"""Seconds for everything, unless something else is asked for."""


def verify(
    wish: Wish,
    names: Sequence[str],
    *,
    limit: float | None,
    json: bool,
    redact: bool,
    quiet: bool,
) -> int:
    """Ask the rows of ``names`` (none: of all) and print what came. Gives the exit status.

    ``limit`` is the most seconds it may take. Raises CatalogError, UnknownService, TrustError or
    OutputError.
    """
    checks = registry(installed())
    catalogue = chosen(wish, loader.EVERY)
    announce(catalogue)
    services, with_controls = _chosen(catalogue, names, quiet=quiet)
    request = replace(wish.request, max_time=limit or LONGEST, country=None, via=None)
    if look(sys.stderr).terminal and not quiet:
        what = f"{len(services)} services" + (" and the controls" if with_controls else "")
        minutes = request.max_time / 60
        say(
            f"Asking every row of {what}, in {minutes:.0f} min at most; Ctrl-C keeps what is known."
        )
    found = _asked(
        services,
        catalogue.controls,
        request,
        checks,
        with_controls=with_controls,
        redact=redact,
        quiet=quiet,
    )
    if json:
        put(report.render_json(found, catalogue.allowances.without_folders()))
    else:
        can = look(sys.stdout)
        put(report.render(found, width=can.width, unicode=can.unicode))
    return int(report.exit_status(found))


def _asked(
    services: tuple[Service, ...],
    controls: Controls,
    request: Request,
    checks: Mapping[str, Check],
    *,
    with_controls: bool,
    redact: bool,
    quiet: bool,
) -> Verification:
    stop = session.Stop()
    with ending(stop), watched(quiet=quiet) as emit:
        return asyncio.run(
            ask_rows(
                services,
                controls if with_controls else None,
                request,
                line_controls=controls,
                checks=checks,
                emit=emit,
                stop=stop,
                redact=redact,
            )
        )


def _chosen(
    catalogue: loader.Catalogue, names: Sequence[str], *, quiet: bool
) -> tuple[tuple[Service, ...], bool]:
    """The services, and whether the controls are wanted. Raises UnknownService."""
    if not names:
        free, warned = loader.everything(catalogue)
        for one in () if quiet else warned:
            text = f"{one.title} is left out: {one.warning}. Name it to ask it: {one.name}"
            say(f"msgprobe: {printable(text)}")
        return free, True
    own = [name for name in names if name.lower() != CONTROLS]
    chosen = loader.select(catalogue, own) if own else ()
    return chosen, len(own) < len(names)
