"""The rows of services as questions: each member at every port and address, assets, keys."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from msgprobe.checks.base import Check
from msgprobe.checks.registry import promise
from msgprobe.evidence import addresses as ips
from msgprobe.hypotheses.throttling.plan_bursts import volley_order
from msgprobe.hypotheses.throttling.tasks import objects, own_flow, page_task
from msgprobe.model.dataclass import dataclass
from msgprobe.model.measurement import Measurement
from msgprobe.model.row import Kind
from msgprobe.model.target import Asset, Direction, Endpoint, Provenance, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.baseline import flow_task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.public_resolvers import SYSTEM
from msgprobe.planning.purpose import Purpose, question
from msgprobe.verification import answer
from msgprobe.verification.answer import Answer

FOUR, SIX = 4, 2
"""Addresses of one name, over IPv4 and IPv6, that are asked at most."""

PIECE = {Direction.DOWN: 16 * 1024, Direction.UP: 8 * 1024}
"""Bytes of an object that are enough to see that it is there."""

PATIENCE = 8.0
"""Seconds that such a piece may take."""

VOLLEY = 8
"""Questions that show that a server answers them."""

_NAME = question(Arm.BASE, "does the name still exist, and where does it lead?")

NO_SIX = "IPv6 does not work from here"

Read = Callable[[Measurement], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A row, and the conversations that tell about it.

    ``host`` is the name that ``tasks`` dial addresses of: without an address of it the answer to
    the question for it is the row's. ``addresses`` are those that ``tasks`` dial, in their order.
    ``unasked`` says why there is no task although nothing is wrong with the row.
    """

    service: str
    table: str
    row: str
    kind: Kind
    provenance: Provenance | None
    read: Read
    tasks: tuple[Task, ...] = ()
    addresses: tuple[str, ...] = ()
    host: str | None = None
    address: str | None = None
    port: int | None = None
    unasked: str = ""


class Row(Protocol):
    """A row of a target file, with a name of its own."""

    @property
    def name(self) -> str:
        """What the file calls it."""
        ...

    @property
    def provenance(self) -> Provenance:
        """Where it comes from."""
        ...


def row_of(service: str, row: Row, kind: Kind, read: Read, host: str | None = None) -> Wanted:
    """A row with a table of its own; no conversation yet."""
    return Wanted(
        service=service,
        table=row.name,
        row=row.name,
        kind=kind,
        provenance=row.provenance,
        read=read,
        host=host,
    )


def name_task(host: str, families: tuple[int, ...]) -> Task:
    """The system's resolver is asked for a name of the catalogue."""
    return _NAME.lookup(f"v.name.{host}", host, SYSTEM, families)


class Dial:
    """Which addresses of a name, or of a row, are dialled from here."""

    def __init__(self, context: PlanningContext) -> None:
        self._scene = context
        local = context.facts.local
        alone = local is not None and not local.route4
        self.six = 6 in context.request.families and (context.six_works or alone)

    def usable(self, address: str) -> bool:
        """The address's family works from here."""
        return self._scene.facts.usable(address) and (self.six or ips.family(address) == 4)

    def named(self, host: str, four: int = FOUR, six: int = SIX) -> tuple[str, ...]:
        """Addresses that the system's resolver gives for ``host``."""
        found = [
            a
            for a in self._scene.facts.name(host).system_addresses
            if self._scene.facts.leads_out(a)
        ]
        fit = [a for a in found if self.usable(a)]
        by_family = {v: [a for a in fit if ips.family(a) == v] for v in (4, 6)}
        return (*by_family[4][:four], *by_family[6][:six])

    def first(self, host: str, hints: Sequence[str]) -> tuple[str, ...]:
        """The address, if there is one, to ask once: of ``hints``, else of those of ``host``."""
        return tuple(a for a in (*hints, *self.named(host)) if self.usable(a))[:1]


def hosts_of(service: Service) -> tuple[str, ...]:
    """Every name of a service that is to be resolved."""
    found = [e.host for e in service.endpoints if e.host is not None]
    found += [a.host for a in service.assets if a.host]
    found += [a.page_host for a in service.assets if a.page_host is not None]
    return tuple(dict.fromkeys(found))


def service_wanted(
    context: PlanningContext, service: Service, checks: Mapping[str, Check]
) -> Iterator[Wanted]:
    """Every row of a service that holds conversations of its own."""
    dial = Dial(context)
    for endpoint in service.endpoints:
        proof = promise(checks)(service, endpoint)
        read = partial(answer.of_service, promised=proof)
        base = row_of(service.name, endpoint, Kind.MEMBER, read, endpoint.host)
        base = replace(base, table=endpoint.member, port=endpoint.port)
        make = partial(flow_task, context, service, endpoint)
        hints = () if endpoint.reserve and endpoint.host is not None else endpoint.addresses
        yield from with_hints(base, dial, make, hints)
    for asset in service.assets:
        yield from _asset(context, dial, service, asset)
    if service.beacon is not None:
        beacon = service.beacon
        yield Wanted(
            service=service.name,
            table="beacon",
            row="beacon",
            kind=Kind.BEACON,
            provenance=beacon.provenance,
            read=partial(answer.of_beacon, up=beacon.up, down=beacon.down),
            tasks=(name_task(beacon.host, (4,)),),
        )


def with_hints(
    base: Wanted,
    dial: Dial,
    make: Callable[[str], Task],
    hints: Sequence[str],
    *,
    four: int = FOUR,
    six: int = SIX,
) -> Iterator[Wanted]:
    """A row at the addresses of its name, and each address that it gives beside the name."""
    if base.host is None:
        fit = tuple(a for a in hints if dial.usable(a))
        unasked = "" if fit else NO_SIX
        yield replace(base, tasks=tuple(map(make, fit)), addresses=fit, unasked=unasked)
        return
    named = dial.named(base.host, four, six)
    yield replace(base, tasks=tuple(map(make, named)), addresses=named)
    for address in hints:
        hint = replace(base, kind=Kind.ADDRESS, row=f"{base.row} at {address}", host=None)
        yield at_address(hint, dial, address, make(address))


def at_address(base: Wanted, dial: Dial, address: str, task: Task) -> Wanted:
    """A row that is about one address alone, which ``task`` dials."""
    if not dial.usable(address):
        return replace(base, address=address, unasked=NO_SIX)
    return replace(base, address=address, tasks=(task,), addresses=(address,))


def _asset(
    context: PlanningContext, dial: Dial, service: Service, asset: Asset
) -> Iterator[Wanted]:
    base = row_of(service.name, asset, Kind.ASSET, answer.of_transfer, asset.host or None)
    if asset.pool is not None:
        servers = [
            e for e in volley_order(service, asset, context.request) if dial.usable(e.addresses[0])
        ]
        tasks = tuple(_volley(context, service, asset, e) for e in servers)
        addresses = tuple(e.addresses[0] for e in servers)
        yield replace(base, tasks=tasks, addresses=addresses, unasked="" if tasks else NO_SIX)
        return

    page = page_task(context, service, asset)
    if asset.page_host is not None and not objects(context, service, asset):
        pages = () if page is None else (page,)
        yield replace(base, host=asset.page_host, read=answer.of_page, tasks=pages)
        return

    def make(address: str) -> Task:
        size = PIECE[asset.direction]
        return moved(
            context,
            f"v.asset.{service.name}.{asset.name}.{address}",
            service.name,
            own_flow(context, service, asset, address, size, PATIENCE),
            Arm.TRANSFER,
            Role.TARGET,
        )

    yield from with_hints(base, dial, make, asset.addresses, four=2, six=1)


def pages_of(context: PlanningContext, service: Service) -> Iterator[Task]:
    """Pages that name objects on other hosts: they are read before the objects are asked for."""
    for asset in service.assets:
        page = page_task(context, service, asset)
        if page is not None:
            yield page


def moved(
    context: PlanningContext, task_id: str, subject: str, flow: Flow, arm: Arm, role: Role
) -> Task:
    """A small piece of an object, moved."""
    purpose = Purpose(arm, "transfer", "is the object still given, or taken?", 1, role=role)
    return purpose.task(task_id, subject, flow, context.timeout() + PATIENCE)


def _volley(context: PlanningContext, service: Service, asset: Asset, endpoint: Endpoint) -> Task:
    options = {
        "asset": asset.name,
        "direction": Direction.DOWN.value,
        "dc": endpoint.option("dc") or "2",
        "count": str(VOLLEY),
        "patience": f"{PATIENCE:.2f}",
    }
    address = endpoint.addresses[0]
    flow = context.flow(address, endpoint.port, None, trust=None, options=tuple(options.items()))
    task_id = f"v.volley.{service.name}.{asset.name}.{endpoint.name}"
    piece = moved(context, task_id, service.name, flow, Arm.TRANSFER, Role.TARGET)
    return replace(piece, check="volley", reason="do the servers answer these questions?")
