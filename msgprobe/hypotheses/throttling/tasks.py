"""Single transfers as tasks: what is moved, from where, how much of it."""

from collections.abc import Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.answers import slowest_whole_answer
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.crowding import crowded_out
from msgprobe.evidence.cut_places import SAME_PLACE
from msgprobe.evidence.dying_transfers import refused
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losing_services import oftener_disturbed, perhaps_disturbed_by_name
from msgprobe.evidence.losses import disturbed
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.statistics import MOST_PAIRS
from msgprobe.model.control import Source
from msgprobe.model.observation import Proof
from msgprobe.model.run import Request
from msgprobe.model.target import Asset, Direction, Service
from msgprobe.model.task import Arm, Flow, Role, Task, attempt_ids
from msgprobe.planning.context import PlanningContext, stumbled
from msgprobe.planning.patience import dying_elsewhere, forged
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import AS_LATE, COMPARED, LATE_NAME, SLOW_SOURCE, TRANSFER_PATIENCE
from msgprobe.planning.transfer_room import CONTEST_BYTES, MOST_CONTEST_BYTES, alone, contest_bytes
from msgprobe.planning.transfers import chosen_sources

SIZES = {Direction.DOWN: 64 * 1024, Direction.UP: 32 * 1024}
DEEP_BYTES = {Direction.DOWN: 256 * 1024, Direction.UP: 128 * 1024}
"""What ``--throttle`` moves instead: limits that begin after a burst show only then."""


AHEAD = SAME_PLACE + SAME_PLACE // 2
"""Bytes that go before an object on the same connection: more than two places may differ by."""

SMALL_SEGMENTS = 600
"""Bytes of a segment, so that the same bytes make more than twice as many packets."""

OVERHEAD = 8_000
"""Bytes of a handshake, headers and acknowledgements."""

PAGE_BYTES = 90_000
"""Bytes that a page costs whose links are looked for, what is under way when they are found too."""

VOLLEY_BYTES = 40_000
"""Bytes that a volley costs with an honest server: 240 questions and as many answers."""

_USUAL = (Arm.BASE, Arm.REPEAT)

_NEUTRAL = Purpose(
    Arm.TRANSFER_SOURCE, "transfer", "how fast is a neutral transfer on this line?", 1
)


def most_moved(direction: Direction, request: Request) -> int:
    """Bytes that one transfer of the first look costs with an honest server."""
    size = DEEP_BYTES[direction] if request.throttle else SIZES[direction]
    return size + size // 16 + OVERHEAD


def first_size(context: PlanningContext, direction: Direction, fastest: float) -> int:
    """Bytes to move, sized by the first neutral transfer."""
    if context.request.throttle:
        if alone(context):
            return contest_bytes(context, direction)
        return DEEP_BYTES[direction] if fastest < SLOW_SOURCE else SIZES[direction]
    return SIZES[direction] if fastest < SLOW_SOURCE / 2 else CONTEST_BYTES[direction]


def most_in_pairs(direction: Direction) -> int:
    """Bytes that all pairs of a comparison cost at one place."""
    return 2 * MOST_PAIRS * (max(MOST_CONTEST_BYTES, CONTEST_BYTES[direction]) + OVERHEAD)


@remembered
def was_moved(facts: Facts, service: Service, asset: Asset) -> bool:
    """A transfer of the asset has ended, however."""
    mine = facts.arm(Arm.TRANSFER, subject=service.name)
    return any(t.flow.option("asset") == asset.name for t in mine)


@remembered
def looks_slow(facts: Facts, service: Service, asset: Asset) -> bool:
    """Whether the asset's own transfers are `PairedTransfers.suspicious`, or `refused`; or lost
    something as much of the service does, or of what names it."""
    if not was_moved(facts, service, asset):
        return False
    paired = PairedTransfers(facts, service, asset)
    if paired.suspicious or refused(paired):
        return True
    if not any(disturbed(s.info) for s in paired.own if not s.number):
        return False
    return oftener_disturbed(facts, service) or perhaps_disturbed_by_name(facts, service)


@remembered
def drawn_sources(context: PlanningContext, direction: Direction) -> tuple[Source, ...]:
    """The sources of this run for one direction."""
    return chosen_sources(context.controls.sources, direction, context.request.seed)


def asked_sources(context: PlanningContext, direction: Direction) -> tuple[Source, ...]:
    """Those whose names are asked for: the first ones where each question costs a handshake."""
    drawn = drawn_sources(context, direction)
    return drawn[:COMPARED] if context.connection.resolver_dead else drawn


@remembered
def known_sources(context: PlanningContext, direction: Direction) -> tuple[tuple[Source, str], ...]:
    """Sources with an address to dial, in this run's order; empty while names are being asked for.

    Those whose name came late stand last, so that nobody's place changes once transfers began.
    """
    known: list[tuple[bool, Source, str]] = []
    for source in asked_sources(context, direction):
        asked = name_id(context, source.host)
        done = context.ended(asked)
        if done is None and not context.due(context.started(asked), LATE_NAME):
            return ()
        address = dialled_address(context, source.host, source.addresses)
        if address is not None:
            late = done is None or done.window.seconds > LATE_NAME or stumbled(done)
            known.append((late, source, address))
    return tuple((s, a) for _, s, a in sorted(known, key=lambda k: k[0]))


def name_id(context: PlanningContext, host: str) -> str:
    """The question for a source's name that tells where it is: at another resolver where this
    connection's is dead for every name."""
    return f"t.name.{host}" + (".elsewhere" if context.connection.resolver_dead else "")


def patient(facts: Facts, service: Service, patience: float) -> float:
    """Seconds that a transfer of the service may take: ``patience``, or longer where its answers
    are known to be late."""
    return max(patience, min(TRANSFER_PATIENCE, AS_LATE * slowest_whole_answer(facts, service)))


@remembered
def dialled_address(context: PlanningContext, host: str, hints: Sequence[str] = ()) -> str | None:
    """The address that a program would dial for ``host``, or a known one."""
    found = [a for a in _given(context, host) if context.facts.leads_out(a)]
    picks = context.dialable(found, four=1, six=1) or context.dialable(hints, four=1, six=1)
    return picks[0] if picks else None


def _given(context: PlanningContext, host: str) -> tuple[str, ...]:
    """The addresses that a program gets for ``host``, from another resolver where this connection's
    is dead for every name."""
    name = context.facts.name(host)
    if name.system_addresses or not context.connection.resolver_dead:
        return name.system_addresses
    return name.other_addresses


def other_networks(context: PlanningContext, host: str, main: str | None) -> list[str]:
    """Addresses of ``host`` that a program may dial, of other networks than ``main``."""
    found = [a for a in _given(context, host) if context.facts.leads_out(a)]
    dialled = context.dialable(found, four=3, six=1)
    return [a for a in dialled if main is None or ips.network(a) != ips.network(main)]


@remembered
def other_address(context: PlanningContext, service: Service, host: str) -> str | None:
    """Another address of ``host`` than the one that a program would dial, in another network, where
    the service has answered under that name if it was asked anywhere; None where there is none."""
    main = dialled_address(context, host)
    others = [] if main is None else other_networks(context, host, main)
    asked = context.facts.arm(*_USUAL, subject=service.name)
    mine = [t for t in asked if t.flow.server_name == host]
    answered = {t.address for t in mine if t.genuine}
    return next((a for a in others if a in answered or not mine), None)


def _options(
    context: PlanningContext, direction: Direction, size: int, patience: float, **more: str
) -> tuple[tuple[str, str], ...]:
    base = {"direction": direction.value, "bytes": str(size), "patience": f"{patience:.2f}"}
    return tuple({**base, **more}.items())


def source_task(
    context: PlanningContext,
    choice: tuple[Source, str],
    direction: Direction,
    number: int,
    size: int | None = None,
    patience: float = TRANSFER_PATIENCE,
) -> Task:
    """A neutral transfer of the first look, ``number`` in the order of its direction."""
    source, address = choice
    size = SIZES[direction] if size is None else size
    flow = source_flow(context, source, address, direction, size, patience)
    task_id = f"t.first.{direction}.{number}.{source.name}"
    timeout = context.timeout() + patience
    return _NEUTRAL.task(task_id, source.name, flow, timeout, attempt=number + 1)


def domestic_tasks(context: PlanningContext, direction: Direction) -> list[Task]:
    """Sites of the country itself, where foreign ones are slow: is it the line or the border?"""
    if direction is Direction.UP:
        return []
    inside = [s for s in context.controls.sources if s.country is not None]
    known = [(s, a) for s in inside if (a := dialled_address(context, s.host, s.addresses))]
    return [source_task(context, c, direction, 10 + n) for n, c in enumerate(known[:2])]


def source_flow(
    context: PlanningContext,
    source: Source,
    address: str,
    direction: Direction,
    size: int,
    patience: float,
    server_name: str | None = None,
    **more: str,
) -> Flow:
    """A source\'s object moved under its own name, or under ``server_name``."""
    path = source.path if direction is Direction.DOWN else source.upload_path or "/"
    return context.https(
        address,
        source.host,
        server_name=server_name or source.host,
        trust=None,
        path=path,
        options=_options(context, direction, size, patience, **more),
    )


def own_flow(
    context: PlanningContext,
    service: Service,
    asset: Asset,
    address: str,
    size: int,
    patience: float,
) -> Flow:
    """The asset moved as the messenger would, from the object that was moved before if any was."""
    more = {"asset": asset.name}
    named = asset.find is not None or asset.more_paths
    known = _found(context, service, asset) if named else None
    path, *others = (known,) if known is not None else objects(context, service, asset)
    if others:
        more["more"] = " ".join(others)
    if asset.page_host is not None:
        more["page_host"] = asset.page_host
    elif asset.find is not None:
        more |= {"page_host": asset.host} if known is not None else {"find": asset.find}
    return context.https(
        address,
        asset.host,
        trust=asset.trust,
        roots_of=service.name if service.roots else None,
        path=path,
        options=_options(context, asset.direction, size, patience, **more),
    )


def objects(context: PlanningContext, service: Service, asset: Asset) -> tuple[str, ...]:
    """Paths at which the asset may be found; those that another host's page names once it was read,
    and none before."""
    if asset.page_host is None:
        return (asset.path, *asset.more_paths)
    pages = [context.conversation(i) for i in attempt_ids(page_id(service, asset), 2)]
    return next((p.http.links for p in pages if p is not None and p.http is not None), ())


def page_id(service: Service, asset: Asset) -> str:
    """The task in which the page that names the asset is read."""
    return f"t.page.{service.name}.{asset.name}"


@remembered
def page_task(context: PlanningContext, service: Service, asset: Asset) -> Task | None:
    """The page on another host that names the asset; None where there is none, or no address."""
    if asset.page_host is None or asset.find is None:
        return None
    address = dialled_address(context, asset.page_host)
    if address is None:
        return None
    task_id = page_id(service, asset)
    done = context.ended(task_id)
    if done is not None:
        return done.task
    options = (("asset", asset.name), ("find", asset.find), ("find_host", asset.host))
    flow = context.https(address, asset.page_host, path=asset.path, options=options)
    reason = f"which objects on {asset.host} does the page name?"
    purpose = Purpose(Arm.TRANSFER_PAGE, "https", reason, 1, role=Role.TARGET)
    return purpose.task(task_id, service.name, flow, context.timeout())


def page_again(context: PlanningContext, page: Task) -> Task | None:
    """The same once more where our own crowd may have kept it out."""
    first = context.conversation(page.id)
    again = page.again(2)
    kept_out = context.crowded and first is not None and crowded_out(first)
    return again if kept_out or context.started(again.id) is not None else None


def _found(context: PlanningContext, service: Service, asset: Asset) -> str | None:
    """The object's path, once an earlier transfer has found it."""
    return next(
        (
            t.transfer.path
            for t in context.facts.arm(Arm.TRANSFER, subject=service.name)
            if t.transfer is not None and t.flow.option("asset") == asset.name
        ),
        None,
    )


def _silent(context: PlanningContext, service: Service, host: str, address: str) -> bool:
    """Nothing was ever heard there under that name, or under it anywhere, but at most an open port,
    and not for want of asking: how fast it moves something is no question, and would be waited for
    the longest."""
    asked = context.facts.arm(*_USUAL, subject=service.name)
    heard = [(t.address, _heard(t)) for t in asked if t.flow.server_name == host]
    there = [well for at, well in heard if at == address]
    if any(there):
        return False
    asking = host in dying_elsewhere(context, service) or address in forged(context, host)
    asking = asking or _being_asked(context, host, address)
    anywhere = [well for _, well in heard]
    return any((asking or len(e) > 1) and not any(e) for e in (there, anywhere))


def _being_asked(context: PlanningContext, host: str, address: str) -> bool:
    """Transfers begin when what still runs is overdue."""
    waiting = [r.task.probe for r in context.moment.running.values() if r.task.arm in _USUAL]
    flows = (f for f in waiting if isinstance(f, Flow))
    return (host, address) in [(f.server_name, f.address) for f in flows]


def _heard(t: Conversation) -> bool:
    """Somebody said something, or refused to."""
    return t.proof > Proof.CONNECTED or t.failure is None or not t.failure.is_silence


def first_id(service: Service, asset: Asset, turn: int) -> str:
    """The id of an asset's transfer in the first look."""
    return f"t.first.{service.name}.{asset.name}.{turn}"


@remembered
def own_task(
    context: PlanningContext, service: Service, asset: Asset, turn: int, size: int, patience: float
) -> Task | None:
    """An asset\'s transfer in the first look, from another address of its name the second time;
    None while its name gives no address, or no page that was read names it, and where nobody
    answers."""
    address = (other_address(context, service, asset.host) if turn else None) or dialled_address(
        context, asset.host
    )
    if address is None or not objects(context, service, asset):
        return None
    task_id = first_id(service, asset, turn)
    done = context.ended(task_id)
    if done is not None:
        return done.task  # as it was begun: a path found since must not make it another task
    if context.started(task_id) is None and _silent(context, service, asset.host, address):
        return None
    flow = own_flow(context, service, asset, address, size, patience)
    reason = f"how fast does {service.title} move its {asset.function}?"
    purpose = Purpose(Arm.TRANSFER, "transfer", reason, 1, role=Role.TARGET)
    first, timeout = first_id(service, asset, 0) if turn else None, context.timeout() + patience
    return purpose.task(task_id, service.name, flow, timeout, attempt=0, attempt_of=first)


def as_begun(context: PlanningContext, tasks: list[Task]) -> list[Task]:
    """Finished tasks as they were: what was learned since must not make them others."""
    return [done.task if (done := context.ended(t.id)) is not None else t for t in tasks]


def place(context: PlanningContext, paired: PairedTransfers) -> str | None:
    """The address that is looked into: that of the first transfer that struck, and it stays."""
    begun = context.moment.running.get(f"t.{paired.service.name}.{paired.asset.name}.1.own")
    if begun is not None and isinstance(begun.task.probe, Flow):
        return begun.task.probe.address
    ends = [(context.facts.window(s.conversation).end, s) for s in paired.struck]
    first = [s for _, s in sorted(ends, key=lambda one: one[0])]
    looked = [s for s in paired.own if s.number]
    struck = next((s.conversation.address for s in (*looked, *first)), None)
    return struck or dialled_address(context, paired.asset.host)
