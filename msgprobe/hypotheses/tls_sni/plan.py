"""D6, D7 and D12: the name in the greeting. Does the fault follow it?

What dies at the greeting is tried with bare greetings; what dies after a good one, with a request
inside it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from msgprobe.evidence.conversation import Conversation
from msgprobe.model.control import Site
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.baseline import speaks_tls
from msgprobe.planning.context import Scene
from msgprobe.planning.controls import neutral_names
from msgprobe.planning.suspects import Suspect, variation

NAMES_A_POOL = 2
"""Failing names of a pool that get the name swap (D6) at most; the first also gets D7."""

ADDRESSES_A_NAME = 1
"""Addresses of a name that are shown a neutral one; rules ask for several names, not addresses."""

NEUTRAL_HOSTS = 2

Dying = Mapping[tuple[str, str], list[Suspect]]
"""Suspects by pool and by the name that they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How far a conversation of these experiments goes, and what counts as an answer to it."""

    check: str
    suffix: str
    answered: Callable[[Conversation], bool]


GREETING = Manner(check="tls", suffix="", answered=lambda t: t.answered_tls)
REQUEST = Manner(check="https", suffix=".https", answered=lambda t: t.answered_http)


def dying_names(scene: Scene, found: Iterable[Suspect]) -> dict[tuple[str, str], list[Suspect]]:
    """Suspects that die, or hang, at a greeting that names a host; by pool and that name."""
    by_name: dict[tuple[str, str], list[Suspect]] = {}
    for s in found:
        talk = scene.talk(s.task.id)
        dying = not _past_greeting(scene, s) and (
            talk is None or (talk.symptom or "").startswith("tls.")
        )
        # Who names nobody, or only later (STARTTLS), is not recognised by a name in the greeting.
        assert isinstance(s.task.probe, Flow)
        speaks = s.task.probe.server_name is not None and (
            speaks_tls(s.endpoint) or (talk is not None and talk.tls is not None)
        )
        if dying and speaks and s.endpoint.host is not None:
            by_name.setdefault((s.pool.name, s.endpoint.host), []).append(s)
    return by_name


def _past_greeting(scene: Scene, s: Suspect) -> bool:
    """Its TLS handshake went well, and what was said inside died or hangs."""
    talk = scene.talk(s.task.id)
    return s.task.id in scene.moment.secured if talk is None else talk.dies_after_greeting


def dying_later(scene: Scene, found: Iterable[Suspect]) -> dict[tuple[str, str], list[Suspect]]:
    """Suspects whose greeting that names a host is answered, and nothing after it."""
    by_name: dict[tuple[str, str], list[Suspect]] = {}
    for s in found:
        assert isinstance(s.task.probe, Flow)
        named = s.task.probe.server_name is not None and s.endpoint.host is not None
        if named and _past_greeting(scene, s):
            by_name.setdefault((s.pool.name, s.endpoint.host or ""), []).append(s)
    return by_name


def plan_requests(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    """The swaps with a request inside TLS, where data dies after a good greeting."""
    tasks: list[Task] = []
    used: dict[str, int] = {}
    dying = dying_later(scene, found)
    for pool, host in _begun_first(scene, service, dying, REQUEST):
        used[pool] = used.get(pool, 0) + 1
        if used[pool] > NAMES_A_POOL:
            continue
        tasks += _swaps(scene, service, dying, (pool, host), REQUEST)
        if used[pool] == 1:
            tasks += _elsewhere(scene, service, dying[pool, host][0], host, REQUEST)
    return tasks


def plan_names(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    """The swaps for the first names of each pool that die at the greeting.

    Elsewhere first (D7): where the fault follows the name, a neutral one at the same address (D6)
    cannot change the word any more. One fixed pair of ports a service, for that only adds a note.
    """
    tasks: list[Task] = []
    used: dict[str, int] = {}
    fixed = False
    dying = dying_names(scene, found)
    for pool, host in _begun_first(scene, service, dying, GREETING):
        group = dying[pool, host]
        used[pool] = used.get(pool, 0) + 1
        if used[pool] > NAMES_A_POOL:
            continue
        tasks += _swaps(scene, service, dying, (pool, host), GREETING)
        if used[pool] == 1:
            tasks += _elsewhere(scene, service, group[0], host, GREETING)
            if not fixed:
                tuples = _same_tuple(scene, service, group[0])
                tasks += tuples
                fixed = bool(tuples)
    return tasks


def _begun_first(
    scene: Scene, service: Service, dying: Dying, manner: Manner
) -> list[tuple[str, str]]:
    """Pools and names, those that D7 has begun with first: what comes up later adds no more than
    there is room for."""
    servers = [site.name for site, _ in neutral_servers(scene)]

    def later(key: tuple[str, str]) -> bool:
        firsts = (_elsewhere_id(service, key[1], name, manner) for name in servers)
        return all(scene.started(first) is None for first in firsts)

    return sorted(dying, key=later)


def _elsewhere_id(service: Service, host: str, site: str, manner: Manner) -> str:
    return f"d7.{service.name}.{host}.{site}{manner.suffix}"


def follows(
    scene: Scene, service: Service, dying: Dying, pool: str, manner: Manner = GREETING
) -> bool | None:
    """Whether the fault follows a name of the pool to a neutral server that answers other foreign
    names: True as long as it does, False when it does not or cannot be asked, None while unknown.

    Where it follows, the name is the trigger, and nothing else about the greeting can change the
    word any more.
    """
    servers = neutral_servers(scene)
    hosts = [h for p, h in dying if p == pool]
    if not hosts:
        return False
    if not servers:
        return None if any(_may_answer(scene, s) for s in scene.controls.abroad) else False
    seen: list[bool | None] = []
    for host in hosts:
        for site, _ in servers:
            first = _elsewhere_id(service, host, site.name, manner)
            ids = [i for i in (first, f"{first}#2", f"{first}#3") if scene.started(i) is not None]
            if ids:
                twin = f"d7.neutral.{site.name}{manner.suffix}"
                seen.append(_dies_there(scene, ids, twin, manner))
    if not seen:
        return None
    return next((s for s in (False, None) if s in seen), True)


def _dies_there(scene: Scene, ids: list[str], neutral: str, manner: Manner) -> bool | None:
    twin = scene.talk(neutral)
    if twin is not None and not manner.answered(twin):
        return False  # it turns every foreign name away: nothing can be learned there
    if any((talk := scene.talk(i)) is not None and manner.answered(talk) for i in ids):
        return False
    return True if twin is not None and scene.dead(ids[0]) else None


def _neutral_name(scene: Scene) -> str:
    names = neutral_names(scene)
    return names[0] if names else "example.com"


def _swaps(
    scene: Scene, service: Service, dying: Dying, key: tuple[str, str], manner: Manner
) -> list[Task]:
    """D6 at the first addresses of a name, once it is known that the fault follows it nowhere."""
    begun = [s for s in dying[key] if scene.started(swap_id(service, s, manner)) is not None]
    if not begun and follows(scene, service, dying, key[0], manner) is False:
        begun = dying[key][:ADDRESSES_A_NAME]
    return [task for s in begun for task in _swap(scene, service, s, manner)]


def _swap(scene: Scene, service: Service, s: Suspect, manner: Manner) -> list[Task]:
    other = _neutral_name(scene)
    host = s.endpoint.host if manner is GREETING else other
    flow = scene.flow(s.address, s.endpoint.port, host, server_name=other, trust=None)
    task_id = swap_id(service, s, manner)
    task = variation(
        s, service, Arm.OTHER_SNI, task_id, flow, "server name: a neutral one", manner.check
    )
    return scene.tries(replace(task, timeout=scene.greeting_timeout()))


def swap_id(service: Service, s: Suspect, manner: Manner = GREETING) -> str:
    """The task in which a neutral name is shown to the suspect's address."""
    stem = f"d6.{service.name}.{s.endpoint.host}.{s.endpoint.port}.{s.address}"
    return f"{stem}{manner.suffix}"


def _may_answer(scene: Scene, site: Site) -> bool:
    """It answers whatever the name, and its first conversation over IPv4 is under way."""
    return site.any_name and f"g.site.{site.name}" in scene.moment.running


def neutral_servers(scene: Scene) -> list[tuple[Site, str]]:
    """Neutral servers that answer whatever the name, one a network, that work today. Those that
    can convict by themselves stand first, and are all there are where one of them works."""
    picks = _answering(scene)
    fair = [(site, address) for site, address in picks if scene.gate.fair((site,))]
    return (fair or picks)[:NEUTRAL_HOSTS]


def _answering(scene: Scene) -> list[tuple[Site, str]]:
    """Every such server, those that can convict by themselves first."""
    picks: dict[str, tuple[Site, str]] = {}
    for view in sorted(scene.gate.abroad, key=lambda v: not scene.gate.fair((v.site,))):
        if not view.site.any_name or not view.reached:
            continue
        four = [t for t in view.reached if ":" not in t.address]
        if not four and _may_answer(scene, view.site):
            continue  # its IPv4 address is about to answer: both halves of D7 need the same one
        talks = four or list(view.reached)
        picks.setdefault(view.site.network, (view.site, talks[0].address))
    return list(picks.values())


def _asked_there(scene: Scene, s: Suspect, host: str) -> list[tuple[Site, str]]:
    """The servers to take a name to: one that can convict by itself, else two; and two for a
    certificate that nobody vouches for, since one alone may deliver the name for the service."""
    talk = scene.talk(s.task.id)
    if talk is not None and talk.symptom == "tls.certificate":
        return _answering(scene)[:NEUTRAL_HOSTS]
    servers = neutral_servers(scene)
    if not all(scene.gate.fair((site,)) for site, _ in servers):
        return servers
    turn = Random(f"{scene.request.seed}/{host}").randrange(max(1, len(servers)))
    return servers[turn : turn + 1]


def _elsewhere(scene: Scene, service: Service, s: Suspect, host: str, manner: Manner) -> list[Task]:
    tasks: list[Task] = []
    for site, address in _asked_there(scene, s, host):
        flow = scene.flow(address, 443, host, server_name=host, trust=None)
        base = variation(
            s,
            service,
            Arm.TARGET_SNI_ELSEWHERE,
            _elsewhere_id(service, host, site.name, manner),
            flow,
            "address: a neutral server",
            manner.check,
        )
        asked = scene.tries(replace(base, timeout=scene.greeting_timeout()))
        tasks += asked
        twin = _twin(scene, site, flow, manner)
        tasks.append(twin)
        if manner is REQUEST and scene.started(f"{base.id}#3") is not None:
            # Once more at the end: a server that has had enough of our requests is no censor.
            tasks.append(replace(twin, id=f"{twin.id}#2", attempt=2))
    return tasks


def _twin(scene: Scene, site: Site, flow: Flow, manner: Manner) -> Task:
    other = _foreign_name(scene, site)
    return Task(
        id=f"d7.neutral.{site.name}{manner.suffix}",
        round=2,
        role=Role.CONTROL,
        arm=Arm.NEUTRAL_SNI_ELSEWHERE,
        check=manner.check,
        subject=site.name,
        probe=replace(flow, host=other, server_name=other),
        changes="server name: a neutral one, not its own",
        reason="the neutral half of the pair: does this server answer other names at all?",
        timeout=scene.greeting_timeout(),
    )


def _foreign_name(scene: Scene, server: Site) -> str:
    """A neutral name that ``server`` does not own: a server that rejects all foreign names by
    itself must not look like a censor."""
    others = [name for name in neutral_names(scene) if name != server.host]
    return others[-1] if others else server.host


def _same_tuple(scene: Scene, service: Service, s: Suspect) -> list[Task]:
    """D12: the target's name from a fixed port, then a neutral name from the very same port."""
    if s.endpoint.port != 443:
        return []
    port = 40_000 + Random(f"{scene.request.seed}/{s.endpoint.host}").randrange(20_000)
    stem = f"d12.{service.name}.{s.endpoint.host}"
    first = scene.flow(
        s.address,
        443,
        s.endpoint.host,
        server_name=s.endpoint.host,
        trust=None,
        source_port=port,
    )
    tasks = [
        variation(s, service, Arm.SAME_TUPLE, f"{stem}.target", first, "source port: fixed", "tls")
    ]
    done = scene.ended(f"{stem}.target")
    if done is not None:
        second = replace(first, server_name=_neutral_name(scene))
        changes = "server name: a neutral one, from the same source port at once"
        tasks.append(
            variation(s, service, Arm.SAME_TUPLE, f"{stem}.neutral", second, changes, "tls")
        )
    return [replace(t, timeout=scene.greeting_timeout()) for t in tasks]
