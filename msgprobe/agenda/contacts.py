"""Everything that a run may contact, said beforehand: the text behind ``msgprobe plan``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from msgprobe.agenda.experiments import STATED
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.run import Request
from msgprobe.model.target import Service
from msgprobe.model.traits import KnownTraits
from msgprobe.planning.experiment import Line, MaxBytes, Part, Place, Scope

BY_SERVICE = (Part.CALLS_FAIL, Part.FAILS, Part.ELSEWHERE)
"""Parts that are told service by service: all that may be done when one fails stands together."""


def contacts(
    services: Sequence[Service],
    controls: Controls,
    request: Request,
    max_bytes: Mapping[str, MaxBytes],
    traits: KnownTraits,
    *,
    seeded: bool = True,
) -> tuple[Contact, ...]:
    """Every line of the plan, part by part; ``seeded`` as in `Scope`."""
    scope = Scope(
        services=tuple(services),
        controls=controls,
        request=request,
        max_bytes=max_bytes,
        traits=traits,
        seeded=seeded,
    )
    return tuple(told([line for one in STATED for line in one.lines], scope))


def told(lines: Iterable[Line], scope: Scope) -> Iterator[Contact]:
    """What the lines say beforehand, each of them once."""
    ordered = sorted(dict.fromkeys(lines), key=lambda line: line.part)
    asked: set[str] = set()
    for by_service, some in groupby(ordered, key=lambda line: line.part in BY_SERVICE):
        part = tuple(some)
        turns = [(s,) for s in scope.services] if by_service else [scope.services]
        for services in turns:
            here = replace(scope, services=services)
            for line, place in _places(part, here):
                if line.unless_asked and place.asks in asked:
                    continue
                contact = line.contact(here, place)
                if not contact.condition:
                    asked.add(contact.asks)
                yield contact


def _places(lines: Iterable[Line], scope: Scope) -> Iterator[tuple[Line, Place]]:
    """One line after another, but for those that share out the places of one selector."""
    for _, some in groupby(lines, key=lambda line: line.at if line.kind else line):
        together = tuple(some)
        for place in together[0].at(scope):
            yield from ((line, place) for line in together if line.kind == place.kind)
