"""D6, D7 and D12: the name in the ClientHello. Does the fault follow it?

What dies at the ClientHello is tried with bare ClientHellos; what dies after a good one, with a
request inside it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.name_swaps import enough
from msgprobe.model.cost import HTTPS, TLS
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import foreign_name, neutral_name
from msgprobe.planning.experiment import Experiment, Telling
from msgprobe.planning.name_swaps import (
    CLIENT_HELLO,
    REQUEST,
    Dying,
    Manner,
    Server,
    answering,
    dying_later,
    dying_names,
    elsewhere_id,
    every_server,
    follows,
    over_six_alone,
    swap_id,
    twin_id,
)
from msgprobe.planning.patience import answered_since
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.purpose import Purpose, named
from msgprobe.planning.shared_experiments import ANY_NAME, OTHERWISE
from msgprobe.planning.showings import neutral_due, places, spent
from msgprobe.planning.suspects import Suspect, at_true_addresses, offered, variation
from msgprobe.planning.timetable import NAMES_A_POOL, SWAP_SERVERS, SWAPPED_ADDRESSES

EXPERIMENTS = (
    Experiment(Arm.OTHER_SNI, (TLS, HTTPS), Telling.CAUSE, (OTHERWISE,)),
    Experiment(Arm.TARGET_SNI_ELSEWHERE, (TLS, HTTPS), Telling.NAME, (ANY_NAME,)),
    Experiment(Arm.SAME_TUPLE, (TLS,), Telling.RESIDUE, (OTHERWISE,)),
)

_OTHERS = "the neutral half of the pair: does this server answer other names at all?"
_FOREIGN = "server name: a neutral one, not its own"
_TWIN = Purpose(Arm.NEUTRAL_SNI_ELSEWHERE, "tls", _OTHERS, 2, _FOREIGN)


def plan_requests(
    context: PlanningContext, service: Service, found: Sequence[Suspect]
) -> list[Task]:
    """The swaps with a request inside TLS, where data dies after a good handshake."""
    return _both_ways(context, service, dying_later(context, found), REQUEST)


def plan_names(context: PlanningContext, service: Service, found: Sequence[Suspect]) -> list[Task]:
    """The swaps for the first names of each pool that die at the ClientHello, also where only other
    resolvers say where they lead: one lie does not explain what dies at the true address."""
    every = [*found, *at_true_addresses(context, service)]
    return _both_ways(context, service, dying_names(context, every), CLIENT_HELLO)


def _both_ways(
    context: PlanningContext, service: Service, dying: Dying, manner: Manner
) -> list[Task]:
    """Elsewhere first (D7): where the fault follows the name, a neutral one at the same address
    (D6) cannot change the word any more. One fixed pair of ports a service, for that only adds a
    note."""
    tasks: list[Task] = []
    if not dying:
        return tasks
    fixed = manner is not CLIENT_HELLO
    for key, first in _begun_first(context, service, dying, manner):
        tasks += _swaps(context, service, dying, key, manner)
        if first:
            tasks += _elsewhere(context, service, dying[key], key[1], manner)
        if first and not fixed:
            tuples = _same_tuple(context, service, dying[key][0])
            tasks += tuples
            fixed = bool(tuples)
    return tasks


def _begun_first(
    context: PlanningContext, service: Service, dying: Dying, manner: Manner
) -> list[tuple[tuple[str, str], bool]]:
    """The first pools and names, and whether each is its pool's very first; those that D7 has begun
    with stand first: what comes up later adds no more than there is room for. Then those of several
    pools, for what is learned of them tells of all of these."""
    pools = Counter(host for _, host in {(e.pool, e.host) for e in service.endpoints})
    servers = every_server(context)

    def later(key: tuple[str, str]) -> tuple[bool, int]:
        firsts = (elsewhere_id(service, key[1], server, manner) for server in servers)
        return all(context.started(first) is None for first in firsts), -pools[key[1]]

    found = first_of_each(sorted(dying, key=later), lambda key: key[0], NAMES_A_POOL)
    leading = first_of_each(found, lambda key: key[0])
    return [(key, key in leading) for key in found]


def _swaps(
    context: PlanningContext, service: Service, dying: Dying, key: tuple[str, str], manner: Manner
) -> list[Task]:
    """D6 at the first addresses of a name, once it is known that the fault follows it nowhere."""
    begun = [s for s in dying[key] if context.started(swap_id(service, s, manner)) is not None]
    if not begun and follows(context, service, dying, key[0], manner) is False:
        begun = dying[key][:SWAPPED_ADDRESSES]
    return [task for s in begun for task in _swap(context, service, s, manner)]


def _swap(context: PlanningContext, service: Service, s: Suspect, manner: Manner) -> list[Task]:
    other = neutral_name(context)
    host = s.endpoint.host if manner is CLIENT_HELLO else other
    options = offered(s) if manner is CLIENT_HELLO else ()
    where = (s.address, s.endpoint.port, host)
    flow = context.flow(*where, server_name=other, trust=None, options=options)
    task_id = swap_id(service, s, manner)
    task = variation(
        s, service, Arm.OTHER_SNI, task_id, flow, "server name: a neutral one", manner.check
    )
    return context.tries(replace(task, timeout=context.hello_timeout()))


def _asked_there(
    context: PlanningContext, found: Sequence[Suspect], service: Service, host: str
) -> Sequence[Server]:
    """The servers to take a name to; two for a certificate that nobody vouches for, and for an
    alert, since one alone may deliver the name for the service."""
    conversation = context.conversation(found[0].task.id)
    six = over_six_alone(context, service, host, found)
    symptom = None if conversation is None else conversation.symptom
    if symptom == "tls.certificate":
        return answering(context, six)[:SWAP_SERVERS]
    least = SWAP_SERVERS if symptom == "tls.alert" else 1
    return places(context, service, host, six=six, least=least)


def _elsewhere(
    context: PlanningContext, service: Service, found: Sequence[Suspect], host: str, manner: Manner
) -> list[Task]:
    """A neutral name first, to know that the server takes foreign ones; then the service's; then a
    neutral one again, for who punishes the name would silence the server to everybody."""
    tasks: list[Task] = []
    for server in _asked_there(context, found, service, host):
        site, address = server
        flow = context.https(address, host, trust=None)
        base = variation(
            found[0],
            service,
            Arm.TARGET_SNI_ELSEWHERE,
            elsewhere_id(service, host, server, manner),
            flow,
            "address: a neutral server",
            manner.check,
        )
        base = replace(base, timeout=context.hello_timeout())
        twin = _twin(context, server, flow, manner)
        tasks.append(twin)
        if context.started(base.id) is None and not _takes_names(context, twin, manner):
            continue
        tasks += (
            [base] if spent(context, site, address) else _attempts(context, base, address, manner)
        )
        bare = _twin(context, server, flow, CLIENT_HELLO)
        times = neutral_due(context, address, bare.id)
        tasks += [bare.again(number) for number in range(2, 2 + times)]
        if manner is REQUEST and context.started(base.attempts()[-1]) is not None:
            # Once more at the end: a server that has had enough of our requests is no censor.
            tasks.append(twin.again(2))
    return tasks


def _attempts(context: PlanningContext, base: Task, address: str, manner: Manner) -> list[Task]:
    """The name, and again while it gets no answer. On a brisk line each time as soon as the server
    has answered to another name since: names that die and names that do not, in turn, leave no
    room for a server, or a way to it, that was dead for a while."""
    if not context.brisk:
        return context.tries(base)
    wanted = [base]
    for number, last in enumerate(base.attempts(TRIES - 1), start=2):
        ended = [t for i in base.attempts()[: number - 1] if (t := context.conversation(i))]
        if context.good(last) or enough(t.met_silence for t in ended if manner.died(t)):
            return wanted
        if not answered_since(context, address, context.started(last)):
            break
        wanted.append(base.again(number, reason=f"once more, to be sure: {base.reason}"))
    else:
        return wanted
    every = context.tries(base)  # the time of the next one is waited for only where it is wanted
    return max(every, wanted, key=len)


def _takes_names(context: PlanningContext, twin: Task, manner: Manner) -> bool:
    """The server has answered to a neutral name that it does not own."""
    conversation = context.conversation(twin.id)
    return conversation is not None and manner.answered(conversation)


def _twin(context: PlanningContext, server: Server, flow: Flow, manner: Manner) -> Task:
    site, _ = server
    task_id, flow = twin_id(server, manner), named(flow, foreign_name(context, site))
    return _TWIN.task(task_id, site.name, flow, context.hello_timeout(), check=manner.check)


def _same_tuple(context: PlanningContext, service: Service, s: Suspect) -> list[Task]:
    """D12: the target's name from a fixed port, then a neutral name from the very same port."""
    if s.endpoint.port != 443:
        return []
    port = 40_000 + Random(f"{context.request.seed}/{s.endpoint.host}").randrange(20_000)
    stem = f"d12.{service.name}.{s.endpoint.host}"
    first = context.https(s.address, s.endpoint.host or "", trust=None, source_port=port)
    tasks = [
        variation(s, service, Arm.SAME_TUPLE, f"{stem}.target", first, "source port: fixed", "tls")
    ]
    done = context.ended(f"{stem}.target")
    if done is not None:
        second = replace(first, server_name=neutral_name(context))
        changes = "server name: a neutral one, from the same source port at once"
        tasks.append(
            variation(s, service, Arm.SAME_TUPLE, f"{stem}.neutral", second, changes, "tls")
        )
    return [replace(t, timeout=context.hello_timeout(), pair=stem) for t in tasks]
