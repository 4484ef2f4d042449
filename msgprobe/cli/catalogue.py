"""What can be measured and by which checks, for people and for authors of target files."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from msgprobe.catalog import loader
from msgprobe.catalog.permission import EVERYTHING, NOTHING, Allowed
from msgprobe.checks.registry import examiner, installed, promise, registry
from msgprobe.cli.output import look
from msgprobe.cli.request import Wish
from msgprobe.cli.streams import put, say
from msgprobe.model.age import control_rows, service_rows
from msgprobe.report import allowed as allowed_text
from msgprobe.report import checks as check_report
from msgprobe.report import services as service_report
from msgprobe.report.escape import printable
from msgprobe.report.language import _


def read(
    paths: tuple[Path, ...], country: str | None = None, allowed: Allowed = NOTHING
) -> loader.Catalogue:
    """The catalogue, plug-ins and ``paths`` included, as the installed checks take it. Raises
    CatalogError or PluginError."""
    known = registry(installed())
    return loader.load(
        paths,
        country,
        plugins=True,
        known_checks=frozenset(known),
        examine=examiner(known),
        allowed=allowed,
    )


def chosen(wish: Wish, country: str | None = None) -> loader.Catalogue:
    """The catalogue as it was asked for, for ``country`` instead of the one of ``wish``."""
    return read(wish.targets, country or wish.request.country, wish.allowed)


def announce(catalogue: loader.Catalogue) -> None:
    """Say what target files do with the user's leave, also to who wants no progress shown."""
    for line in allowed_text.lines(catalogue.allowances):
        say(f"msgprobe: {printable(line)}")


def services(wish: Wish) -> None:
    """Print one line per service."""
    catalogue = chosen(wish)
    announce(catalogue)
    put(service_report.render_list(catalogue.services))


def show(name: str, wish: Wish) -> None:
    """Print everything about one service. Raises UnknownService."""
    catalogue = chosen(wish)
    announce(catalogue)
    shown = catalogue.service(name)
    put(service_report.render_show(shown, promise(registry(installed()))))


def check(paths: tuple[str, ...]) -> None:
    """Print what the files hold. Raises CatalogError for the first faulty one."""
    catalogue = read(tuple(map(Path, paths)), allowed=EVERYTHING)
    names = ", ".join(s.name for s in catalogue.services)
    said = _("No fault found. With these files the services are: {services}")
    put(said.format(services=names) + "\n")
    for line in allowed_text.needs(catalogue.allowances):
        put(printable(line) + "\n")
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
    return _("built in") if module.startswith("msgprobe.checks.") else module.partition(".")[0]
