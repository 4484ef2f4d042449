"""The rows of the controls as questions, and the properties that experiments rely on."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from msgprobe.hypotheses.throttling.tasks import source_flow
from msgprobe.model.control import CallServer, Controls, PublicResolver, Sentinel, Site, Source
from msgprobe.model.row import CONTROLS, Kind
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Flow, Resolver, ResolverKind, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.public_resolvers import over_https
from msgprobe.planning.purpose import Purpose, question
from msgprobe.planning.timetable import LISTEN, PATIENCE
from msgprobe.verification import answer
from msgprobe.verification.wanted import PATIENCE as PIECE_PATIENCE
from msgprobe.verification.wanted import (
    PIECE,
    Dial,
    Read,
    Wanted,
    at_address,
    moved,
    name_task,
    row_of,
    with_hints,
)

Control = Site | Sentinel | Source | CallServer | PublicResolver

OTHER_NAME = "www.example.com"
"""The neutral name where the controls have no other."""

_GIVES = question(Arm.BASE, "does the resolver give a neutral name's address?")
_RUNS_NONE = question(Arm.NON_RESOLVER, "is it still true that no DNS server runs there?")
_ANSWERS: Read = partial(answer.of_service, promised=None)


def hosts_of(controls: Controls) -> tuple[str, ...]:
    """Every name of the controls that is to be resolved."""
    rows: list[Site | Sentinel | Source | CallServer]
    rows = [*controls.sites, *controls.sentinels, *controls.sources, *controls.calls]
    return tuple(dict.fromkeys(row.host for row in rows))


def neutral_wanted(context: PlanningContext, controls: Controls) -> Iterator[Wanted]:
    """Every row of ``controls``."""
    dial = Dial(context)
    for site in controls.sites:
        yield from _site(context, dial, site, controls)
    for sentinel in controls.sentinels:
        yield from _sentinel(context, dial, sentinel)
    for resolver in controls.resolvers:
        yield from _resolver(dial, resolver, neutral_name(controls))
    for source in controls.sources:
        yield from _source(context, dial, source, controls)
    for server in controls.calls:
        yield from _call_server(context, dial, server)
    for address in controls.silent:
        yield _silent(dial, address, neutral_name(controls))
    if controls.advert_host is not None:
        host = controls.advert_host
        base = _entry(f"advert_host {host}", Kind.ADVERT, answer.of_resolver)
        yield replace(base, tasks=(name_task(host, (4,)),))


def neutral_name(controls: Controls) -> str:
    """The name that resolvers are asked for."""
    return next((s.host for s in controls.abroad), OTHER_NAME)


def _foreign(controls: Controls, row: Site | Source) -> str:
    """A neutral name that is not the row's own, of another operator where there is one."""
    others = [s for s in controls.abroad if s.host != row.host]
    far = [s for s in others if s.network != row.network]
    return next((s.host for s in (*far, *others)), OTHER_NAME)


def _entry(row: str, kind: Kind, read: Read) -> Wanted:
    """An entry of the table [controls] itself."""
    return Wanted(
        service=CONTROLS, table="controls", row=row, kind=kind, provenance=None, read=read
    )


def _property(base: Wanted, kind: Kind, tasks: tuple[Task, ...], name: str, read: Read) -> Wanted:
    return replace(base, kind=kind, row=f"{base.table} {name}", tasks=tasks, read=read)


def _question(
    context: PlanningContext, control: Control, what: str, check: str, flow: Flow, why: str
) -> Task:
    purpose = Purpose(Arm.BASE, check, why, 0)
    task_id = f"v.{what}.{control.name}.{flow.address}"
    return purpose.task(task_id, control.name, flow, context.timeout())


def _site(context: PlanningContext, dial: Dial, site: Site, controls: Controls) -> Iterator[Wanted]:
    base = row_of(CONTROLS, site, Kind.SITE, _ANSWERS, site.host)

    def make(address: str) -> Task:
        flow = context.https(address, site.host, path=site.path)
        return _question(context, site, "site", "https", flow, "does the neutral site answer?")

    yield from with_hints(base, dial, make, site.addresses)
    known = dial.first(site.host, site.addresses)
    if site.any_name:
        name = _foreign(controls, site)
        why = "does it answer at TLS level whatever name is asked for?"
        flows = [context.https(a, name, trust=None) for a in known]
        tasks = tuple(_question(context, site, "any", "tls", flow, why) for flow in flows)
        yield _property(base, Kind.ANY_NAME, tasks, "any_name", answer.of_name_elsewhere)
    if site.quic:
        flows = [context.https(a, site.host) for a in known]
        why = "does it speak QUIC?"
        tasks = tuple(_question(context, site, "quic", "quic", flow, why) for flow in flows)
        yield _property(base, Kind.QUIC, tasks, "quic", answer.of_quic)


def _sentinel(context: PlanningContext, dial: Dial, sentinel: Sentinel) -> Iterator[Wanted]:
    def make(address: str) -> Task:
        flow = context.flow(
            address,
            80,
            sentinel.host,
            trust=None,
            path=sentinel.path,
            expect_status=(sentinel.status,),
            expect_text=sentinel.body,
            options=(("exact", "yes"),),
        )
        why = "does the page with a known answer come unchanged?"
        return _question(context, sentinel, "sentinel", "page", flow, why)

    yield from with_hints(
        row_of(CONTROLS, sentinel, Kind.SENTINEL, _ANSWERS, sentinel.host), dial, make, ()
    )


def _resolver(dial: Dial, resolver: PublicResolver, name: str) -> Iterator[Wanted]:
    base = row_of(CONTROLS, resolver, Kind.RESOLVER, answer.of_resolver)
    for asked in _manners(resolver):
        kind, address = asked.kind.value, asked.address or ""
        task_id = f"v.dns.{kind}.{resolver.name}.{address}"
        task = _GIVES.lookup(task_id, name, asked)
        row = replace(base, row=f"{resolver.name} {kind} {address}", port=asked.port)
        yield at_address(row, dial, address, task)


def _manners(resolver: PublicResolver) -> Iterator[Resolver]:
    """Each way of asking it, at each of its addresses."""
    for kind in (ResolverKind.UDP, ResolverKind.TCP):
        for address in resolver.addresses:
            yield Resolver(kind=kind, name=resolver.name, address=address, path=resolver.doh_path)
    for address in resolver.addresses if resolver.doh_host is not None else ():
        yield over_https(resolver, address)


def _source(
    context: PlanningContext, dial: Dial, source: Source, controls: Controls
) -> Iterator[Wanted]:
    base = row_of(CONTROLS, source, Kind.TRANSFER, answer.of_transfer, source.host)

    def make(address: str, way: Direction = Direction.DOWN, name: str | None = None) -> Task:
        size = PIECE[way]
        flow = source_flow(context, source, address, way, size, PIECE_PATIENCE, name)
        task_id = f"v.source.{source.name}.{way.value}.{name or 'own'}.{address}"
        return moved(context, task_id, source.name, flow, Arm.TRANSFER_SOURCE, Role.CONTROL)

    yield from with_hints(base, dial, make, source.addresses)
    known = dial.first(source.host, source.addresses)
    if source.upload_path is not None:
        up = tuple(make(address, Direction.UP) for address in known)
        yield _property(base, Kind.UPLOAD, up, "upload_path", answer.of_transfer)
    if source.any_name:
        name = _foreign(controls, source)
        other = tuple(make(address, Direction.DOWN, name) for address in known)
        yield _property(base, Kind.ANY_NAME, other, "any_name", answer.of_transfer)


def _call_server(context: PlanningContext, dial: Dial, server: CallServer) -> Iterator[Wanted]:
    def make(address: str) -> Task:
        flow = context.flow(address, server.port, server.host, trust=None)
        why = "does the call server answer everybody?"
        return replace(_question(context, server, "stun", "stun", flow, why), timeout=PATIENCE)

    base = row_of(CONTROLS, server, Kind.STUN, _ANSWERS, server.host)
    yield from with_hints(base, dial, make, server.addresses)


def _silent(dial: Dial, address: str, name: str) -> Wanted:
    asked = Resolver(kind=ResolverKind.UDP, name="no resolver", address=address)
    task = _RUNS_NONE.lookup(f"v.silent.{address}", name, asked, timeout=LISTEN)
    base = _entry(f"silent {address}", Kind.SILENT, answer.of_silence)
    return at_address(base, dial, address, task)
