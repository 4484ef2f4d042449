"""Which addresses a task may dial because the user or the catalogue names them.

Every other one is there because some answer of the network said so: see `msgprobe.model.reach`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from msgprobe.model.control import Controls
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Service
from msgprobe.model.task import Inspect, Lookup, ResolverKind, Task

NOBODY = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Addresses that stand in the target files that the user chose to load.

    ``services`` are each service's own, so that a name of one does not lead to what another one's
    file names. ``controls`` are the neutral ones, with which every service is compared. Whether a
    file may name an address of this device or of a private network is the loader's business: what
    it let in is given.
    """

    services: Mapping[str, frozenset[str]] = field(default_factory=dict)
    controls: frozenset[str] = NOBODY

    def to(self, task: Task, resolvers: Callable[[], Iterable[str]]) -> frozenset[str]:
        """Addresses to which ``task`` may go whatever they are; ``resolvers`` tells the system's
        own, which the user's device was told to ask."""
        match task.probe:
            case Inspect():
                return NOBODY
            case Lookup(resolver=resolver):
                named = NOBODY if resolver.address is None else frozenset({resolver.address})
                if resolver.kind is not ResolverKind.DIRECT:
                    return named
                return named.union(resolvers())
            case _:
                return self.controls | self.services.get(task.subject, NOBODY)


def given(services: Iterable[Service], *controls: Controls) -> Given:
    """What the catalogue names."""
    neutral = [address for part in controls for address in _neutral(part)]
    return Given(
        services={s.name: frozenset(_addresses(s)) for s in services}, controls=frozenset(neutral)
    )


def _neutral(controls: Controls) -> Iterator[str]:
    for site in controls.sites:
        yield from site.addresses
    for source in controls.sources:
        yield from source.addresses
    for server in controls.calls:
        yield from server.addresses
    for resolver in controls.resolvers:
        yield from resolver.addresses
    yield from controls.silent


def _addresses(service: Service) -> Iterator[str]:
    for endpoint in service.endpoints:
        yield from endpoint.addresses
    for asset in service.assets:
        yield from asset.addresses
