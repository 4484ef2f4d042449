"""D6, D7 and D12: the name in the greeting. Does the fault follow it?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random

from msgprobe.diagnosis.base import speaks_tls
from msgprobe.diagnosis.gate import chosen_sites
from msgprobe.diagnosis.scene import Scene
from msgprobe.diagnosis.suspects import Suspect, variation
from msgprobe.model.control import Site
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Role, Task

NAMES_A_POOL = 2
"""Failing names of a pool that get the name swap (D6) at most; the first also gets D7."""

ADDRESSES_A_NAME = 2
NEUTRAL_HOSTS = 2


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


def plan_names(scene: Scene, service: Service, found: list[Suspect]) -> list[Task]:
    """The swaps for the first names of each pool that die at the greeting.

    Elsewhere first (D7): where the fault follows the name, a neutral one at the same address (D6)
    cannot change the word any more. One fixed pair of ports a service, for that only adds a note.
    """
    tasks: list[Task] = []
    used: dict[str, int] = {}
    fixed = False
    dying = dying_names(scene, found)
    # Those that have begun first: what comes up later adds no more than there is room for.
    for pool, host in sorted(dying, key=lambda key: not _asked_elsewhere(scene, service, key[1])):
        group = dying[pool, host]
        used[pool] = used.get(pool, 0) + 1
        if used[pool] > NAMES_A_POOL:
            continue
        open_question = follows(scene, service, dying, pool) is False
        for s in group[:ADDRESSES_A_NAME]:
            if open_question or scene.started(swap_id(service, s)) is not None:
                tasks += _swap(scene, service, s)
        if used[pool] == 1:
            tasks += _elsewhere(scene, service, group[0], host)
            if not fixed:
                tuples = _same_tuple(scene, service, group[0])
                tasks += tuples
                fixed = bool(tuples)
    return tasks


def _asked_elsewhere(scene: Scene, service: Service, host: str) -> bool:
    """D7 has begun with this name."""
    stem = f"d7.{service.name}.{host}."
    return any(i.startswith(stem) for i in (*scene.facts.by_id, *scene.moment.running))


def follows(
    scene: Scene,
    service: Service,
    dying: Mapping[tuple[str, str], list[Suspect]],
    pool: str,
) -> bool | None:
    """Whether the fault follows a name of the pool to a neutral server that answers other foreign
    names: True as long as it does, False when it does not or cannot be asked, None while unknown.

    Where it follows, the name is the trigger, and nothing else about the greeting can change the
    word any more.
    """
    servers = neutral_servers(scene)
    hosts = [h for p, h in dying if p == pool]
    if not servers or not hosts:
        return False
    seen: list[bool | None] = []
    for host in hosts:
        for site, _ in servers:
            first = f"d7.{service.name}.{host}.{site.name}"
            ids = [i for i in (first, f"{first}#2", f"{first}#3") if scene.started(i) is not None]
            if ids:
                seen.append(_dies_there(scene, ids, f"d7.neutral.{site.name}"))
    if not seen:
        return None
    return next((s for s in (False, None) if s in seen), True)


def _dies_there(scene: Scene, ids: list[str], neutral: str) -> bool | None:
    twin = scene.talk(neutral)
    if twin is not None and not twin.answered_tls:
        return False  # it turns every foreign name away: nothing can be learned there
    if any((talk := scene.talk(i)) is not None and talk.answered_tls for i in ids):
        return False
    return True if twin is not None and scene.dead(ids[0]) else None


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
    return scene.tries(replace(task, timeout=scene.greeting_timeout()))


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
        tasks += scene.tries(replace(base, timeout=scene.greeting_timeout()))
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
                timeout=scene.greeting_timeout(),
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
    return [replace(t, timeout=scene.greeting_timeout()) for t in tasks]
