"""What can be measured and by which checks, for people and for authors of target files."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from msgprobe.catalog import loader
from msgprobe.checks.registry import examiner, installed, promise, registry
from msgprobe.cli.output import look, put, say
from msgprobe.cli.request import Wish
from msgprobe.model.age import control_rows, service_rows
from msgprobe.report import checks as check_report
from msgprobe.report import services as service_report


def read(paths: tuple[Path, ...], country: str | None = None) -> loader.Catalogue:
    """The catalogue, plug-ins and ``paths`` included, as the installed checks take it. Raises
    CatalogError or PluginError."""
    known = registry(installed())
    return loader.load(
        paths, country, plugins=True, known_checks=frozenset(known), examine=examiner(known)
    )


def services(wish: Wish) -> None:
    """Print one line per service."""
    put(service_report.render_list(read(wish.targets, wish.request.country).services))


def show(name: str, wish: Wish) -> None:
    """Print everything about one service. Raises UnknownService."""
    shown = read(wish.targets, wish.request.country).service(name)
    put(service_report.render_show(shown, promise(registry(installed()))))


def check(paths: tuple[str, ...]) -> None:
    """Print what the files hold. Raises CatalogError at the first fault."""
    names = ", ".join(s.name for s in read(tuple(map(Path, paths))).services)
    put(f"No fault found. With these files the services are: {names}\n")
    known = registry(installed())
    files = loader.each(
        tuple(map(Path, paths)), known_checks=frozenset(known), examine=examiner(known)
    )
    today = datetime.now(UTC).date()
    for file, service, controls in files:
        rows = () if service is None else service_rows(service)
        warning = service_report.render_stale(file, (*rows, *control_rows(controls)), today)
        if warning:
            say(warning)


def checks() -> None:
    """Print one line per check and the package that it comes from."""
    rows = [
        (check.name, check.title, check.version, _origin(type(check).__module__))
        for check in registry(installed()).values()
    ]
    can = look(sys.stdout)
    put(check_report.render(rows, width=can.width, unicode=can.unicode))


def _origin(module: str) -> str:
    return "built in" if module.startswith("msgprobe.checks.") else module.partition(".")[0]
