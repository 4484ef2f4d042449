"""The rows of the controls as questions, and the properties that experiments rely on."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from msgprobe.hypotheses.throttling.tasks import source_flow
from msgprobe.model.control import CallServer, Controls, PublicResolver, Sentinel, Site, Source
from msgprobe.model.row import CONTROLS, Kind
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Flow, Resolver, ResolverKind, Role, Task
from msgprobe.planning.context import Scene
from msgprobe.planning.controls import lookup
from msgprobe.planning.timetable import LISTEN, PATIENCE
from msgprobe.verification import answer
from msgprobe.verification.wanted import (
    NO_SIX,
    PIECE,
    Dial,
    Read,
    Wanted,
    moved,
    name_task,
    with_hints,
)
from msgprobe.verification.wanted import PATIENCE as PIECE_PATIENCE


def hosts_of(controls: Controls) -> tuple[str, ...]:
    """Every name of the controls that is to be resolved."""
    hosts = [site.host for site in controls.sites]
    hosts += [sentinel.host for sentinel in controls.sentinels]
    hosts += [source.host for source in controls.sources]
    hosts += [server.host for server in controls.calls]
    return tuple(dict.fromkeys(hosts))


def neutral_wanted(scene: Scene, controls: Controls) -> Iterator[Wanted]:
    """Every row of ``controls``."""
    dial = Dial(scene)
    for site in controls.sites:
        yield from _site(scene, dial, site, controls)
    for sentinel in controls.sentinels:
        yield from _sentinel(scene, dial, sentinel)
    for resolver in controls.resolvers:
        yield from _resolver(dial, resolver, neutral_name(controls))
    for source in controls.sources:
        yield from _source(scene, dial, source, controls)
    for server in controls.calls:
        yield from _call_server(scene, dial, server)
    for address in controls.silent:
        yield _silent(dial, address, neutral_name(controls))
    if controls.advert_host is not None:
        yield Wanted(
            service=CONTROLS,
            table="controls",
            row=f"advert_host {controls.advert_host}",
            kind=Kind.ADVERT,
            provenance=None,
            read=answer.of_resolver,
            tasks=(name_task(controls.advert_host, (4,)),),
        )


def neutral_name(controls: Controls) -> str:
    """The name that resolvers are asked for."""
    return next((s.host for s in controls.abroad), "www.example.com")


def _foreign(controls: Controls, row: Site | Source) -> str:
    """A neutral name that is not the row's own, of another operator where there is one."""
    others = [s for s in controls.abroad if s.host != row.host]
    far = [s for s in others if s.network != row.network]
    return next((s.host for s in (*far, *others)), "www.example.com")


def _task(task_id: str, check: str, subject: str, flow: Flow, timeout: float, why: str) -> Task:
    return Task(
        id=task_id,
        round=0,
        role=Role.CONTROL,
        arm=Arm.BASE,
        check=check,
        subject=subject,
        probe=flow,
        reason=why,
        timeout=timeout,
    )


def _site(scene: Scene, dial: Dial, site: Site, controls: Controls) -> Iterator[Wanted]:
    base = Wanted(
        service=CONTROLS,
        table=site.name,
        row=site.name,
        kind=Kind.SITE,
        provenance=site.provenance,
        read=partial(answer.of_service, promised=None),
        host=site.host,
    )

    def make(address: str) -> Task:
        flow = scene.flow(address, 443, site.host, server_name=site.host, path=site.path)
        task_id = f"v.site.{site.name}.{address}"
        why = "does the neutral site answer?"
        return _task(task_id, "https", site.name, flow, scene.timeout(), why)

    yield from with_hints(base, dial, make, site.addresses)
    known = [a for a in (*site.addresses, *dial.named(site.host)) if dial.usable(a)]
    if site.any_name:
        name = _foreign(controls, site)
        tasks = tuple(
            _task(
                f"v.any.{site.name}.{address}",
                "tls",
                site.name,
                scene.flow(address, 443, name, server_name=name, trust=None),
                scene.timeout(),
                "does it answer at TLS level whatever name is asked for?",
            )
            for address in known[:1]
        )
        yield _property(base, Kind.ANY_NAME, tasks, "any_name", answer.of_name_elsewhere)
    if site.quic:
        tasks = tuple(
            _task(
                f"v.quic.{site.name}.{address}",
                "quic",
                site.name,
                scene.flow(address, 443, site.host, server_name=site.host),
                scene.timeout(),
                "does it speak QUIC?",
            )
            for address in known[:1]
        )
        yield _property(base, Kind.QUIC, tasks, "quic", answer.of_quic)


def _property(base: Wanted, kind: Kind, tasks: tuple[Task, ...], name: str, read: Read) -> Wanted:
    return replace(
        base,
        kind=kind,
        row=f"{base.table} {name}",
        tasks=tasks,
        read=read,
    )


def _sentinel(scene: Scene, dial: Dial, sentinel: Sentinel) -> Iterator[Wanted]:
    base = Wanted(
        service=CONTROLS,
        table=sentinel.name,
        row=sentinel.name,
        kind=Kind.SENTINEL,
        provenance=sentinel.provenance,
        read=partial(answer.of_service, promised=None),
        host=sentinel.host,
    )

    def make(address: str) -> Task:
        flow = scene.flow(
            address,
            80,
            sentinel.host,
            trust=None,
            path=sentinel.path,
            expect_status=(sentinel.status,),
            expect_text=sentinel.body,
            options=(("exact", "yes"),),
        )
        task_id = f"v.sentinel.{sentinel.name}.{address}"
        why = "does the page with a known answer come unchanged?"
        return _task(task_id, "page", sentinel.name, flow, scene.timeout(), why)

    yield from with_hints(base, dial, make, ())


def _resolver(dial: Dial, resolver: PublicResolver, name: str) -> Iterator[Wanted]:
    kinds = [ResolverKind.UDP, ResolverKind.TCP]
    if resolver.doh_host is not None:
        kinds.append(ResolverKind.DOH)
    for kind in kinds:
        for address in resolver.addresses:
            asked = Resolver(
                kind=kind,
                name=resolver.name,
                address=address,
                port=443 if kind is ResolverKind.DOH else 53,
                host=resolver.doh_host if kind is ResolverKind.DOH else None,
                path=resolver.doh_path,
            )
            task = lookup(
                f"v.dns.{kind.value}.{resolver.name}.{address}",
                name,
                asked,
                Arm.BASE,
                families=(4,),
                why="does the resolver give a neutral name's address?",
            )
            usable = dial.usable(address)
            yield Wanted(
                service=CONTROLS,
                table=resolver.name,
                row=f"{resolver.name} {kind.value} {address}",
                kind=Kind.RESOLVER,
                provenance=resolver.provenance,
                read=answer.of_resolver,
                tasks=(task,) if usable else (),
                addresses=(address,) if usable else (),
                address=address,
                port=asked.port,
                unasked="" if usable else NO_SIX,
            )


def _source(scene: Scene, dial: Dial, source: Source, controls: Controls) -> Iterator[Wanted]:
    base = Wanted(
        service=CONTROLS,
        table=source.name,
        row=source.name,
        kind=Kind.TRANSFER,
        provenance=source.provenance,
        read=answer.of_transfer,
        host=source.host,
    )

    def make(address: str, way: Direction = Direction.DOWN, name: str | None = None) -> Task:
        size = PIECE[way]
        flow = source_flow(scene, source, address, way, size, PIECE_PATIENCE, name)
        task_id = f"v.source.{source.name}.{way.value}.{name or 'own'}.{address}"
        return moved(scene, task_id, source.name, flow, Arm.TRANSFER_SOURCE, Role.CONTROL)

    yield from with_hints(base, dial, make, source.addresses)
    known = [a for a in (*source.addresses, *dial.named(source.host)) if dial.usable(a)][:1]
    if source.upload_path is not None:
        up = tuple(make(address, Direction.UP) for address in known)
        yield _property(base, Kind.UPLOAD, up, "upload_path", answer.of_transfer)
    if source.any_name:
        name = _foreign(controls, source)
        other = tuple(make(address, Direction.DOWN, name) for address in known)
        yield _property(base, Kind.ANY_NAME, other, "any_name", answer.of_transfer)


def _call_server(scene: Scene, dial: Dial, server: CallServer) -> Iterator[Wanted]:
    base = Wanted(
        service=CONTROLS,
        table=server.name,
        row=server.name,
        kind=Kind.STUN,
        provenance=server.provenance,
        read=partial(answer.of_service, promised=None),
        host=server.host,
    )

    def make(address: str) -> Task:
        flow = scene.flow(address, server.port, server.host, trust=None)
        why = "does the call server answer everybody?"
        task_id = f"v.stun.{server.name}.{address}"
        return _task(task_id, "stun", server.name, flow, PATIENCE, why)

    yield from with_hints(base, dial, make, server.addresses)


def _silent(dial: Dial, address: str, name: str) -> Wanted:
    asked = Resolver(kind=ResolverKind.UDP, name="no resolver", address=address)
    task = lookup(
        f"v.silent.{address}",
        name,
        asked,
        Arm.NON_RESOLVER,
        families=(4,),
        why="is it still true that no DNS server runs there?",
    )
    usable = dial.usable(address)
    return Wanted(
        service=CONTROLS,
        table="controls",
        row=f"silent {address}",
        kind=Kind.SILENT,
        provenance=None,
        read=answer.of_silence,
        tasks=(replace(task, timeout=LISTEN),) if usable else (),
        address=address,
        unasked="" if usable else NO_SIX,
    )
