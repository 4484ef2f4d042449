"""The main job: measure now, show progress, end early and politely when told to."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from msgprobe import interrupts, session
from msgprobe.catalog import loader
from msgprobe.catalog.country import guessed
from msgprobe.checks.base import Check
from msgprobe.checks.registry import installed, registry
from msgprobe.cli import vantage
from msgprobe.cli.catalogue import announce, chosen
from msgprobe.cli.option import Flags
from msgprobe.cli.output import look
from msgprobe.cli.preload import preload
from msgprobe.cli.request import Wish
from msgprobe.cli.show import Delivery
from msgprobe.cli.streams import OutputError, say
from msgprobe.interrupts import Politely
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls, Guess
from msgprobe.model.dataclass import dataclass
from msgprobe.model.event import Decided, Event
from msgprobe.model.liberty import Allowances
from msgprobe.model.run import Run
from msgprobe.model.target import Service
from msgprobe.report.exits import Exit
from msgprobe.report.language import N_, _
from msgprobe.report.plan import cost, deep_cost, left_out, warnings
from msgprobe.report.progress import Progress
from msgprobe.steps import memory as room

Show = Callable[[Event], None]


class Memory(Protocol):
    """What remembers runs."""

    def prepare(self) -> None:
        """Find out before measuring whether it can. Raises OutputError."""

    def add(self, run: Run) -> None:
        """Remember a run. Raises OutputError."""


class _Forgetful:
    def prepare(self) -> None:
        pass

    def add(self, run: Run) -> None:
        pass


NO_MEMORY: Memory = _Forgetful()

UNREDACTED = N_(
    "--no-redact: what is written keeps texts and addresses as they came; they may name you, your "
    "device and your network"
)

Names = Sequence[str] | None
"""Services by name; none of them means the core ones, None all that there are."""


def load(wish: Wish, names: Names) -> tuple[loader.Catalogue, tuple[Service, ...]]:
    """Catalogue and chosen services. Raises CatalogError or UnknownService."""
    catalogue = chosen(wish)
    announce(catalogue)
    if names is not None:
        return catalogue, loader.select(catalogue, names)
    return catalogue, loader.everything(catalogue)[0]


def checks() -> Mapping[str, Check]:
    """The built-in checks and those of installed plug-ins. Raises PluginError."""
    return registry(installed())


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What such a run may do, and for which services."""

    contacts: tuple[Contact, ...]
    services: tuple[Service, ...]
    controls: Controls
    allowances: Allowances


def planned(wish: Wish, names: Names, *, seeded: bool) -> Planned:
    """Everything that such a run may contact, whatever its seed unless ``seeded``. What ``--all``
    leaves out is said."""
    vantage.check_library(wish.proxy)
    catalogue, services = load(wish, names)
    for line in _left_out(catalogue, names):
        say(line)
    contacts = session.planned(
        services,
        catalogue.controls,
        wish.request,
        checks=checks(),
        seeded=seeded,
        guess=guess(wish, catalogue),
    )
    return Planned(
        contacts=contacts,
        services=services,
        controls=catalogue.controls,
        allowances=catalogue.allowances.without_folders(),
    )


def guess(wish: Wish, catalogue: loader.Catalogue) -> Guess:
    """The countries that the time zone tells of, none where the user said which or none."""
    return catalogue.guess(guessed() if wish.guesses else ())


def _left_out(catalogue: loader.Catalogue, names: Names) -> tuple[str, ...]:
    lines = left_out(loader.everything(catalogue)[1]) if names is None else ()
    return tuple(f"msgprobe: {line}" for line in lines)


def _warn(
    catalogue: loader.Catalogue, services: Sequence[Service], names: Names, *, quiet: bool
) -> None:
    """Say what this run may bring upon the user, who hears it even with ``--quiet``."""
    for line in () if quiet else _left_out(catalogue, names):
        say(line)
    for line in warnings(services):
        say(f"msgprobe: {line}")


def lacking(lack: str) -> str:
    """What is said where this device has too little memory."""
    return "msgprobe: " + _("{lack}; this says nothing about the network.").format(lack=lack)


def _tell_country(country: str | None, catalogue: loader.Catalogue) -> None:
    if country is not None and country not in catalogue.countries:
        said = _("no domestic sites are known for {country} (known: {known})")
        known = ", ".join(catalogue.countries) or _("none")
        say("msgprobe: " + said.format(country=country, known=known))


def _tell_cost(
    wish: Wish, catalogue: loader.Catalogue, services: Sequence[Service], likely: Guess
) -> None:
    """What the run may take: always for a deep one, else where somebody looks on."""
    if wish.request.throttle:
        say(deep_cost(wish.request))
    elif look(sys.stderr).terminal:
        plan = session.planned(
            services, catalogue.controls, wish.request, checks=checks(), guess=likely
        )
        say(cost(plan, wish.request))


def run(flags: Flags) -> int:
    """Do what ``msgprobe run`` does with these flags, and give the exit status. Raises what `wish`
    and `measure` raise."""
    from msgprobe.cli.remember import memory
    from msgprobe.cli.request import names, wish
    from msgprobe.cli.show import delivery

    asked = wish(flags)
    form = delivery(flags, asked.fail_on)
    remembers = memory(flags, asked.vantage.label) or NO_MEMORY
    redact = not flags.no_redact
    return measure(asked, names(flags), form, redact=redact, memory=remembers)


def measure(
    wish: Wish, names: Names, delivery: Delivery, *, redact: bool, memory: Memory = NO_MEMORY
) -> int:
    """Measure, deliver, and give the exit status. Raises OutputError, CatalogError, TrustError."""
    if (lack := room.lacking()) is not None:
        say(lacking(lack))
        return Exit.CRASH
    delivery.prepare()
    memory.prepare()
    vantage.check_library(wish.proxy)
    catalogue, services = load(wish, names)
    reports = vantage.reports(wish.compare, services)
    _tell_country(wish.request.country, catalogue)
    _warn(catalogue, services, names, quiet=delivery.view.quiet)
    if not redact:
        say(f"msgprobe: {_(UNREDACTED)}")
    likely, stop = guess(wish, catalogue), session.Stop()
    preload()
    if not delivery.view.quiet:
        _tell_cost(wish, catalogue, services, likely)
    with ending(stop):
        with watched(quiet=delivery.view.quiet) as show:
            emit = _Sink(delivery, show, stop)
            run: Run = asyncio.run(
                session.run(
                    services,
                    catalogue.controls,
                    wish.request,
                    checks=checks(),
                    catalogue_sha256=catalogue.sha256,
                    emit=emit,
                    stop=stop,
                    redact=redact,
                    proxy=wish.proxy,
                    reports=reports,
                    guess=likely,
                    vantage=wish.vantage,
                )
            )
        if emit.fault is not None:
            raise emit.fault
        whole = replace(
            run,
            allowances=catalogue.allowances.without_folders(),
            interrupted=stop.reason or run.interrupted,
        )
        status = _kept(whole, delivery, memory)
        if stop.fault is not None:
            raise stop.fault
        return status


def _kept(run: Run, delivery: Delivery, memory: Memory) -> int:
    """Deliver the run and remember it, each whatever becomes of the other. Raises what fails."""
    try:
        status = delivery.deliver(run)
    except BaseException:
        with contextlib.suppress(OutputError):
            memory.add(run)
        raise
    memory.add(run)
    return status


class _Sink:
    """Takes events. A closed pipe must not look like a fault of the run: it is kept, and stops."""

    def __init__(self, delivery: Delivery, show: Show, stop: session.Stop) -> None:
        self._delivery = delivery
        self._show = show
        self._stop = stop
        self.fault: OutputError | None = None

    def __call__(self, event: Event) -> None:
        interrupts.commit()
        self._show(event)
        if isinstance(event, Decided) and self.fault is None:
            try:
                self._delivery.decided(event.run, event.verdict)
            except OutputError as error:
                self.fault = error
                self._stop.request("output")


@contextlib.contextmanager
def watched(*, quiet: bool) -> Iterator[Show]:
    """What shows progress, where there is a terminal."""
    screen = look(sys.stderr)
    with contextlib.ExitStack() as stack:
        show: Show = session.ignore
        if screen.terminal and not quiet:
            progress = Progress(sys.stderr, color=screen.color, unicode=screen.unicode)
            show = stack.enter_context(progress)
        yield show


def _silent(_: object) -> None:
    """Shows no traceback to a user."""


def ending(stop: session.Stop) -> Politely:
    """While a run is under way and until it has been delivered, a signal asks it to end.

    The handlers are the interpreter's, not the loop's: they also work where the loop has none
    (Windows), and before and after it runs. ``asyncio.run`` leaves a handler of ours alone.
    """
    if "MSGPROBE_DEBUG" not in os.environ:
        # what asyncio says of callbacks, and the interpreter of what it could not raise, is for us
        logging.getLogger("asyncio").disabled = True
        sys.unraisablehook = _silent

    def ask(name: str) -> None:
        try:
            # a signal handler may not touch the loop's events itself
            asyncio.get_running_loop().call_soon_threadsafe(stop.request, name)
        except RuntimeError:
            stop.request(name)

    return Politely(ask)
