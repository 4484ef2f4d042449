"""Round 2: something failed. Change one thing at a time and see what the fault follows."""

from collections.abc import Iterable
from dataclasses import replace

from msgprobe.evidence import addresses as ips
from msgprobe.hypotheses.calls.plan import failing_calls
from msgprobe.hypotheses.tls_sni.plan import plan_names, plan_requests
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.baseline import (
    DATAGRAM,
    endpoint_flow,
    first_endpoints,
    over_websocket,
)
from msgprobe.planning.context import Scene
from msgprobe.planning.control_repeats import controls_again
from msgprobe.planning.line_monitor import troubled
from msgprobe.planning.suspects import Suspect, failing, suspects, variation

ELSEWHERE_A_NAME = 3
PORTS_A_POOL = 3


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
        tasks += plan_names(scene, service, found)
        tasks += plan_requests(scene, service, found)
        tasks += _pages(scene, service, found)
    if any(t.role is Role.TARGET for t in tasks) or failing_calls(scene):
        tasks += controls_again(scene)
    return tasks


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


# -- is there a block page?


def _pages(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    """Over IPv4 where that is possible: fewer boxes that answer in a server's place speak IPv6."""
    for s in sorted(found, key=lambda s: ":" in s.address):
        talk = scene.talk(s.task.id)
        if s.endpoint.check in DATAGRAM:
            continue
        if s.endpoint.host is None or talk is None or s.endpoint.port != 443:
            continue
        flow = scene.flow(s.address, 80, s.endpoint.host, trust=None)
        task_id = f"page.{service.name}.{s.endpoint.host}"
        return [variation(s, service, Arm.PLAIN_PAGE, task_id, flow, "plain HTTP, port 80", "page")]
    return []
