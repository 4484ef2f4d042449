"""Round 2: something failed. Change one thing at a time and see what the fault follows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

from msgprobe.diagnosis.base import (
    DATAGRAM,
    base_tasks,
    endpoint_flow,
    first_endpoints,
    over_websocket,
    speaks_tls,
)
from msgprobe.diagnosis.calls import failing_calls
from msgprobe.diagnosis.controls_again import controls_again
from msgprobe.diagnosis.gate import chosen_sites
from msgprobe.diagnosis.look_on import troubled
from msgprobe.diagnosis.scene import SPACING, Scene
from msgprobe.model.control import Site
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.verdict import addresses as ips

NAMES_A_POOL = 2
"""Failing names of a pool that get the name swap (D6); the first also gets D7 and D12."""

ADDRESSES_A_NAME = 2
ELSEWHERE_A_NAME = 3
PORTS_A_POOL = 3
NEUTRAL_HOSTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An endpoint whose conversation with one address failed or hangs."""

    pool: Pool
    endpoint: Endpoint
    task: Task

    @property
    def address(self) -> str:
        """The address that was dialled."""
        assert isinstance(self.task.probe, Flow)
        return self.task.probe.address


def suspects(scene: Scene, service: Service) -> list[Suspect]:
    """Base conversations that failed or hang."""
    return [
        Suspect(pool=pool, endpoint=endpoint, task=task)
        for pool, endpoint in first_endpoints(scene, service)
        for task in base_tasks(scene, service, endpoint)
        if scene.started(task.id) is not None and scene.suspicious(task)
    ]


def plan_experiments(scene: Scene) -> list[Task]:
    """All experiments that the evidence asks for by now; none when the connection is shut."""
    if not scene.gate.open:
        return []
    tasks: list[Task] = []
    if troubled(scene):
        return controls_again(scene)
    for service in scene.services:
        found = suspects(scene, service)
        tasks += _other_addresses(scene, service)
        tasks += _ports_and_payloads(scene, service, found)
        tasks += _other_forms(scene, service, found)
        tasks += _names(scene, service, found)
        tasks += _pages(scene, service, found)
    if any(t.role is Role.TARGET for t in tasks) or failing_calls(scene):
        tasks += controls_again(scene)
    return tasks


def variation(
    base: Suspect, service: Service, arm: Arm, task_id: str, flow: Flow, changes: str, check: str
) -> Task:
    """The suspect's own conversation with something changed."""
    return replace(
        base.task,
        id=task_id,
        round=2,
        arm=arm,
        check=check,
        probe=flow,
        changes=changes,
        reason=f"which change makes {service.title} work?",
        attempt=1,
    )


# -- D5: addresses that other resolvers or the catalogue know


def _other_addresses(scene: Scene, service: Service) -> list[Task]:
    tasks: list[Task] = []
    for _, endpoint in first_endpoints(scene, service):
        if endpoint.host is None or not failing(scene, service, endpoint):
            continue
        name = scene.facts.name(endpoint.host)
        mine = {ips.parse(a) for a in name.system_addresses}
        fresh = [
            a
            for a in (*name.other_addresses, *endpoint.addresses)
            if ips.parse(a) not in mine and not ips.is_bogon(a)
        ]
        for address in scene.dialable(fresh, four=ELSEWHERE_A_NAME, six=1):
            base = Task(
                id=f"d5.{service.name}.{endpoint.name}.{address}",
                round=2,
                role=Role.TARGET,
                arm=Arm.OTHER_ADDRESS,
                check=endpoint.check,
                subject=service.name,
                endpoint=endpoint.name,
                probe=endpoint_flow(scene, service, endpoint, address),
                changes="address",
                reason="does it answer at an address that another resolver gives?",
                timeout=scene.timeout(),
            )
            tasks += scene.tries(base)
    return tasks


def failing(scene: Scene, service: Service, endpoint: Endpoint) -> bool:
    """No address of the endpoint works: all fail or hang, or the name gives none to dial."""
    tasks = base_tasks(scene, service, endpoint)
    if tasks:
        begun = [t for t in tasks if scene.started(t.id) is not None]
        return bool(begun) and all(scene.suspicious(t) for t in begun)
    if endpoint.host is None:
        return False
    asked = f"b.name.{service.name}.{endpoint.host}"
    if scene.ended(asked) is not None:
        return True
    asked_at = scene.started(asked)
    if asked_at is None:
        return False
    if scene.moment.now < asked_at + SPACING:
        scene.wake(asked_at + SPACING)
        return False
    return True


# -- D9 and D14: another port, another payload


def _ports_and_payloads(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    tasks: list[Task] = []
    counts: dict[tuple[str, Arm], int] = {}
    for s in _one_a_network(found):
        talk = scene.talk(s.task.id)
        connected = talk.connected if talk is not None else None
        arm, port, check = Arm.OTHER_PORT, 80 if s.endpoint.port != 80 else 443, "connect"
        if connected and own_protocol(s):
            arm, port, check = Arm.OTHER_PAYLOAD, s.endpoint.port, "page"
        elif connected:
            continue
        key = (s.pool.name, arm)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > PORTS_A_POOL:
            continue
        flow = scene.flow(s.address, port, s.endpoint.host or s.address, trust=None)
        changes = "port" if arm is Arm.OTHER_PORT else "payload: plain HTTP"
        task_id = f"{arm.value.split('.')[0]}.{service.name}.{s.endpoint.name}.{s.address}"
        tasks.append(variation(s, service, arm, task_id, flow, changes, check))
    return tasks


def _other_forms(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    """As soon as one hangs, not when it has failed: a genuine answer has to come while repeats in
    the first form still fail, or an outage that ended in between would look the same."""
    tasks: list[Task] = []
    counts: dict[str, int] = {}
    stem = Arm.OTHER_PAYLOAD.value.split(".")[0]
    known: list[tuple[bool, Suspect, str]] = []
    for s in _one_a_network(found):
        task_id = f"{stem}.{service.name}.{s.endpoint.name}.{s.address}.form"
        begun = any(scene.started(f"{task_id}.{form}") is not None for form in FORMS)
        talk = scene.talk(s.task.id)
        if own_protocol(s) and (begun or talk is None or talk.connected):
            known.append((not begun, s, task_id))
    # Those that have begun first, so that what comes up later adds no more than there is room for.
    for _, s, task_id in sorted(known, key=lambda k: k[0]):
        counts[s.pool.name] = counts.get(s.pool.name, 0) + 1
        if counts[s.pool.name] <= PORTS_A_POOL:
            tasks += _forms_of(s, service, task_id)
    return tasks


FORMS = {
    "obfuscated": "obfuscated",
    "plain": "in the open",
    "http": "as the bodies of HTTP requests",
}
"""Forms of Telegram's protocol on one and the same port. Both others at once, not one after the
other: whoever recognises every form but HTTP would let the repeats end before it had its turn."""


def own_protocol(s: Suspect) -> bool:
    """It speaks a protocol that has other forms on the same port."""
    return s.endpoint.check == "mtproto" and not over_websocket(s.endpoint)


def _forms_of(s: Suspect, service: Service, task_id: str) -> list[Task]:
    """The same protocol in the forms in which it was not spoken."""
    assert isinstance(s.task.probe, Flow)
    options = dict(s.task.probe.options)
    spoken = options.pop("transport", "obfuscated")
    options.pop("framing", None)
    tasks = []
    for form, words in FORMS.items():
        if form == spoken:
            continue
        flow = replace(s.task.probe, options=tuple({**options, "transport": form}.items()))
        one = f"{task_id}.{form}"
        changes = f"payload: the same protocol, {words}"
        tasks.append(variation(s, service, Arm.OTHER_PAYLOAD, one, flow, changes, s.endpoint.check))
    return tasks


def _one_a_network(found: Iterable[Suspect]) -> list[Suspect]:
    """Suspects of main endpoints, one an address."""
    seen: dict[tuple[str, str], Suspect] = {}
    for s in found:
        if not s.endpoint.reserve and s.endpoint.check not in DATAGRAM:
            seen.setdefault((s.pool.name, s.address), s)
    return list(seen.values())


# -- D6, D7 and D12: the name in the greeting


def dying_names(scene: Scene, found: Iterable[Suspect]) -> dict[tuple[str, str], list[Suspect]]:
    """Suspects that die, or hang, at a greeting that names a host; by pool and that name."""
    by_name: dict[tuple[str, str], list[Suspect]] = {}
    for s in found:
        talk = scene.talk(s.task.id)
        dying = talk is None or (talk.symptom or "").startswith("tls.")
        # Who names nobody, or only later (STARTTLS), is not recognised by a name in the greeting.
        assert isinstance(s.task.probe, Flow)
        speaks = s.task.probe.server_name is not None and (
            speaks_tls(s.endpoint) or (talk is not None and talk.tls is not None)
        )
        if dying and speaks and s.endpoint.host is not None:
            by_name.setdefault((s.pool.name, s.endpoint.host), []).append(s)
    return by_name


def _names(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    tasks: list[Task] = []
    used: dict[str, int] = {}
    for (pool, host), group in dying_names(scene, found).items():
        used[pool] = used.get(pool, 0) + 1
        if used[pool] > NAMES_A_POOL:
            continue
        for s in group[:ADDRESSES_A_NAME]:
            tasks += _swap(scene, service, s)
        if used[pool] == 1:
            tasks += _elsewhere(scene, service, group[0], host)
            tasks += _same_tuple(scene, service, group[0])
    return tasks


def _neutral_name(scene: Scene) -> str:
    sites = chosen_sites(scene.controls, scene.request)
    return sites[0].host if sites else "example.com"


def _swap(scene: Scene, service: Service, s: Suspect) -> list[Task]:
    flow = scene.flow(
        s.address, s.endpoint.port, s.endpoint.host, server_name=_neutral_name(scene), trust=None
    )
    task = variation(
        s, service, Arm.OTHER_SNI, swap_id(service, s), flow, "server name: a neutral one", "tls"
    )
    return scene.tries(task)


def swap_id(service: Service, s: Suspect) -> str:
    """The task in which a neutral name is shown to the suspect's address."""
    return f"d6.{service.name}.{s.endpoint.host}.{s.endpoint.port}.{s.address}"


def neutral_servers(scene: Scene) -> list[tuple[Site, str]]:
    """Neutral servers that answer whatever the name, one a network, that work today."""
    picks: dict[str, tuple[Site, str]] = {}
    for view in scene.gate.abroad:
        if view.site.any_name and view.reached:
            talks = [t for t in view.reached if ":" not in t.address] or list(view.reached)
            picks.setdefault(view.site.network, (view.site, talks[0].address))
    return list(picks.values())[:NEUTRAL_HOSTS]


def _elsewhere(scene: Scene, service: Service, s: Suspect, host: str) -> list[Task]:
    tasks: list[Task] = []
    servers = neutral_servers(scene)
    turn = Random(f"{scene.request.seed}/{host}").randrange(max(1, len(servers)))
    for site, address in servers[turn : turn + 1]:
        flow = scene.flow(address, 443, host, server_name=host, trust=None)
        base = variation(
            s,
            service,
            Arm.TARGET_SNI_ELSEWHERE,
            f"d7.{service.name}.{host}.{site.name}",
            flow,
            "address: a neutral server",
            "tls",
        )
        tasks += scene.tries(base)
        other = _foreign_name(scene, site)
        neutral = replace(flow, host=other, server_name=other)
        tasks.append(
            Task(
                id=f"d7.neutral.{site.name}",
                round=2,
                role=Role.CONTROL,
                arm=Arm.NEUTRAL_SNI_ELSEWHERE,
                check="tls",
                subject=site.name,
                probe=neutral,
                changes="server name: a neutral one, not its own",
                reason="the neutral half of the pair: does this server answer other names at all?",
                timeout=scene.timeout(),
            )
        )
    return tasks


def _foreign_name(scene: Scene, server: Site) -> str:
    """A neutral name that ``server`` does not own: a server that rejects all foreign names by
    itself must not look like a censor."""
    others = [s.host for s in chosen_sites(scene.controls, scene.request) if s.name != server.name]
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
    return tasks


# -- is there a block page?


def _pages(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    for s in found:
        talk = scene.talk(s.task.id)
        if s.endpoint.check in DATAGRAM:
            continue
        if s.endpoint.host is None or talk is None or s.endpoint.port != 443:
            continue
        flow = scene.flow(s.address, 80, s.endpoint.host, trust=None)
        task_id = f"page.{service.name}.{s.endpoint.host}"
        return [variation(s, service, Arm.PLAIN_PAGE, task_id, flow, "plain HTTP, port 80", "page")]
    return []
