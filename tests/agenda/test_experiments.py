"""Every arm is stated once, and whatever the planner begins is in the plan of its experiment.

The planner goes through made-up days on which everything fails in one way or another.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from zlib import crc32

import pytest

from msgprobe.agenda.contacts import told
from msgprobe.agenda.experiments import EXPERIMENTS, STATED
from msgprobe.catalog.loader import load, select
from msgprobe.evidence.transfer_samples import MOVING
from msgprobe.model.control import CallServer, Site, Source
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Proof, ProtocolObservation, Window
from msgprobe.model.run import Evidence, Request
from msgprobe.model.target import Endpoint
from msgprobe.model.task import Arm, Flow, Inspect, Lookup, ResolverKind, Role, Task
from msgprobe.model.traits import KnownTraits
from msgprobe.planning.experiment import Scope
from msgprobe.planning.places import YOUR_RESOLVER
from tests.evidence.moves import moved
from tests.evidence.story import TRAITS, Story, came_of, datagrams
from tests.hypotheses.calls.test_plan import Calls, count, flow, silent_at
from tests.hypotheses.throttling.test_plan import FAST, named

KNOWN = KnownTraits(TRAITS)
OWN = "9.9.9.9"
"""The system's resolver, which is a public one."""

WELL, SHUT, RESET, CUT = "", "connect", "tls", "answer"
"""How a conversation ends: well, or at the stage that fails; with "hangs" in silence."""

Door = tuple[str, int, str, str, bool]
"""Target, port, transport, the name asked for, whether the user's proxy dials."""


def test_every_arm_is_stated_once() -> None:
    assert sorted(one.arm for one in STATED) == sorted(Arm)


@pytest.mark.parametrize("arm", Arm)
def test_an_experiment_says_what_it_uses_and_whom_it_contacts(arm: Arm) -> None:
    stated = EXPERIMENTS[arm]
    assert stated.uses and stated.lines
    assert all(use.conversation > 0 or use.check == "local" for use in stated.uses)


def address_of(name: str, family: int = 4) -> str:
    """Every name has addresses of its own."""
    tail = sum(map(ord, name)) % 250
    return f"31.13.{70 + tail % 8}.{tail}" if family == 4 else f"2a03:2880::{tail:x}"


def truth(asked: Lookup) -> tuple[str, ...]:
    return (address_of(asked.name), address_of(asked.name, 6))


def well(task: Task) -> str:
    return WELL


@dataclass
class Trouble(Calls):
    """``ends`` says how a conversation ends, ``says`` which addresses a resolver gives."""

    request: Request = dataclasses.field(default_factory=lambda: Request(seed=3))
    ends: Callable[[Task], str] = well
    says: Callable[[Lookup], tuple[str, ...]] = truth
    only: tuple[str, ...] = ("whatsapp", "telegram")
    stops_at: int = 0
    """Bytes after which an own transfer stops for good."""

    @property
    def evidence(self) -> Evidence:
        services = select(self.catalogue, list(self.only))
        return dataclasses.replace(super().evidence, services=services)

    def ends_at(self, task: Task, now: float) -> str:
        return self.ends(task)

    def _hold(self, task: Task, now: float) -> Measurement:
        if isinstance(task.probe, Lookup):
            return self._asked(task, task.probe, now)
        if isinstance(task.probe, Inspect):
            (looked,) = Story().local(resolvers=(OWN,), route6=True).told
            return self._placed(task, looked, now, 0.01)
        if task.arm in MOVING and task.arm is not Arm.TRANSFER_PAGE:
            return self._moved(task, now)
        if task.check == "stun" or task.arm is Arm.TRANSFER_PAGE:
            return super()._hold(task, now)
        stage, _, hangs = self.ends_at(task, now).partition(" ")
        took = task.timeout if hangs else 0.15
        failure = Failure.TIMED_OUT if hangs else Failure.CONNECTION_RESET
        if task.check == "quic":
            return self._placed(task, self._over_quic(task, stage), now, took)
        bare = task.check in ("connect", "tls", "https", "page")
        proof = None if bare else Proof.NONE if stage else Proof.CRYPTO
        ends: dict[str, Any] = {"fails": stage or None, "failure": failure, "proof": proof}
        seen = came_of(task, **ends)
        return self._placed(task, seen, now, took)

    def _moved(self, task: Task, now: float) -> Measurement:
        size, patience = (float(flow(task).option(o) or 0) for o in ("bytes", "patience"))
        stop = 0 if task.arm in (Arm.TRANSFER_SOURCE, Arm.TRANSFER_NEUTRAL_SNI) else self.stops_at
        more = {"size": int(size), "patience": patience, "stop_at": stop}
        return moved(task, now, self.rate(task), transaction=len(self.begun), **more)  # type: ignore[arg-type]

    def _over_quic(self, task: Task, stage: str) -> Measurement:
        place = (flow(task).address, flow(task).port)
        reached = "initial_sent" if stage else "handshake"
        seen = datagrams("quic", *place, came=not stage, stage=reached)
        return Story().tell(task, seen).told[0]

    def _asked(self, task: Task, asked: Lookup, now: float) -> Measurement:
        addresses = self.says(asked)
        failure = None if addresses else Failure.DNS_NXDOMAIN
        kind, who = asked.resolver.kind, asked.resolver.name
        (seen,) = Story().dns(asked.name, kind, *addresses, failure=failure, resolver=who).told
        return self._placed(task, seen, now, 0.1)

    def _placed(self, task: Task, seen: Measurement, now: float, took: float) -> Measurement:
        window, number = Window(start=now, end=now + took), len(self.begun)
        observations = tuple(
            dataclasses.replace(o, transaction=number, window=window) for o in seen.observations
        )
        return dataclasses.replace(seen, task=task, window=window, observations=observations)

    # -- whether all that has begun was said beforehand

    @property
    def names(self) -> dict[str, set[str]]:
        """The names of an address: as resolvers gave it, or as the catalogue knows it."""
        found: dict[str, set[str]] = defaultdict(set)
        for task in self.begun:
            if isinstance(task.probe, Lookup):
                for address in self.says(task.probe):
                    found[address].add(task.probe.name)
        controls = self.catalogue.controls
        rows: list[Site | Source | CallServer | Endpoint] = [*controls.sites, *controls.sources]
        rows += [*controls.calls, *(e for s in self.evidence.services for e in s.endpoints)]
        for row in rows:
            for address in row.addresses:
                found[address].add(row.host or address)
        return found

    def listed(self, arm: Arm) -> set[Door]:
        evidence = self.evidence
        scope = Scope(
            services=evidence.services,
            controls=evidence.controls,
            request=evidence.request,
            max_bytes={},
            traits=KNOWN,
        )
        return {
            (c.target, c.port, c.transport, c.asks, "proxy" in c.over)
            for c in told(EXPERIMENTS[arm].lines, scope)
        }

    def unlisted(self) -> list[str]:
        """Tasks that no line of their experiment covers, or whose check it does not state."""
        names = self.names
        doors = {arm: self.listed(arm) for arm in {t.arm for t in self.begun}}
        faults = []
        for task in self.begun:
            checks = {use.check for use in EXPERIMENTS[task.arm].uses}
            if task.check not in checks and not ("" in checks and task.endpoint):
                faults.append(f"{task.id} uses {task.check}")
            if not isinstance(task.probe, Inspect) and not doors[task.arm] & asked(task, names):
                faults.append(f"{task.id} contacts {task.probe}")
        return faults


def asked(task: Task, names: dict[str, set[str]]) -> set[Door]:
    """What of a plan would cover the task."""
    probe = task.probe
    if isinstance(probe, Lookup):
        kind, whom = probe.resolver.kind, probe.resolver.address or YOUR_RESOLVER
        way = "tcp" if kind in (ResolverKind.TCP, ResolverKind.DOH) else "udp"
        mine = YOUR_RESOLVER if probe.resolver.name == "system" else whom
        port = 443 if kind is ResolverKind.DOH else 53
        return {(mine, port, way, probe.name, False)}
    assert isinstance(probe, Flow)
    way = KNOWN.of(task.check).transport.value
    if task.check == "stun" and probe.option("transport") == "tcp":
        way = "tcp"
    targets = {probe.address, *names.get(probe.address, ())}
    return {(t, probe.port, way, "", probe.via is not None) for t in targets}


# -- the days


def own(task: Task) -> bool:
    return task.role is Role.TARGET and task.arm is not Arm.SECOND_PATH


def says_own_name(task: Task) -> bool:
    """The greeting names a host of a service's, wherever it is sent."""
    probe = flow(task)
    mine = not probe.server_name or probe.server_name == probe.host
    return own(task) and mine and task.check not in ("connect", "page")


def only_there(task: Task) -> bool:
    """The same, at the service's own addresses, in the usual shape."""
    away = task.arm in (Arm.TARGET_SNI_ELSEWHERE, Arm.QUIC_ELSEWHERE, Arm.OTHER_HELLO)
    return says_own_name(task) and not away


def lies(asked: Lookup) -> tuple[str, ...]:
    """The resolver in the way denies what is a service's; others know it."""
    neutral = asked.resolver.kind is ResolverKind.DOH or "example" in asked.name
    mine = any(word in asked.name for word in ("whatsapp", "telegram", "signal", "t.me"))
    return truth(asked) if neutral or not mine else ()


def is_modern(task: Task) -> bool:
    """Its ClientHello is a modern client's."""
    return flow(task).option(OPTION) == Hello.MODERN


class Crowded(Trouble):
    """Greetings with one name freeze while others with it are under way."""

    def ends_at(self, task: Task, now: float) -> str:
        name = flow(task).server_name
        if not only_there(task) or not name:
            return WELL
        mine = (Arm.BASE, Arm.REPEAT, Arm.TOGETHER)
        return "tls hangs" if task.arm in mine else WELL


class Filtered(Trouble):
    """The words of messengers' own protocols get nowhere."""

    def ends_at(self, task: Task, now: float) -> str:
        return "answer hangs" if task.check in ("noise", "mtproto") else WELL

    def _placed(self, task: Task, seen: Measurement, now: float, took: float) -> Measurement:
        lost = tuple(
            dataclasses.replace(o, request_acked=False) if isinstance(o, ProtocolObservation) else o
            for o in seen.observations
        )
        seen = dataclasses.replace(seen, observations=lost)
        return super()._placed(task, seen, now, took)


class Gone(Trouble):
    """The line is dead for a while, and transfers are stuck meanwhile."""

    def ends_at(self, task: Task, now: float) -> str:
        return "connect hangs" if 1.0 < now < 9.0 else WELL


def half(task: Task) -> tuple[float | None, ...]:
    trips = [0.04, None] * count(task) if count(task) > 5 else [0.04] * count(task)
    return tuple(trips[: count(task)])


def ask(**more: object) -> Request:
    return Request(seed=3, **more)  # type: ignore[arg-type]


DAYS: dict[str, Callable[[], Trouble]] = {
    "all is well but calls": lambda: Trouble(answers=half, only=("signal",)),
    "names are reset everywhere": lambda: Trouble(
        ends=lambda t: RESET if says_own_name(t) else WELL
    ),
    "names are reset at home": lambda: Trouble(ends=lambda t: RESET if only_there(t) else WELL),
    "names are reset now and then": lambda: Trouble(
        ends=lambda t: RESET if says_own_name(t) and crc32(t.id.encode()) % 2 else WELL
    ),
    "names freeze at home": lambda: Trouble(ends=lambda t: "tls hangs" if only_there(t) else WELL),
    "modern greetings with our names are reset": lambda: Trouble(
        ends=lambda t: RESET if is_modern(t) and says_own_name(t) else WELL
    ),
    "crowds freeze": Crowded,
    "protocols are filtered": Filtered,
    "nothing opens": lambda: Trouble(ends=lambda t: "connect hangs" if own(t) else WELL),
    "nothing follows a greeting": lambda: Trouble(
        ends=lambda t: "answer hangs" if says_own_name(t) and t.check != "tls" else WELL
    ),
    "resolvers lie": lambda: Trouble(says=lies, only=("signal", "telegram")),
    "the line is dead": lambda: Trouble(ends=lambda t: "connect hangs"),
    "only the country answers": lambda: Trouble(
        catalogue=load(country="KZ"),
        request=ask(country="KZ"),
        ends=lambda t: WELL if ".kz" in (flow(t).host or "") else "connect hangs",
    ),
    "only another program is answered": lambda: Trouble(
        ends=lambda t: WELL if flow(t).option(OPTION) == Hello.OTHER else "tls hangs"
    ),
    "a neutral name is reset": lambda: Trouble(
        ends=lambda t: RESET if flow(t).server_name == "one.one.one.one" else WELL
    ),
    "a name is slow": lambda: Trouble(rate=named("web.whatsapp.com", 140.0)),
    "an address is slow": lambda: Trouble(
        rate=lambda t: 140.0 if t.subject == "whatsapp" else FAST
    ),
    "transfers stop": lambda: Trouble(stops_at=20_000, only=("whatsapp",)),
    "no call is answered": lambda: Trouble(answers=silent_at(), only=("signal", "messenger")),
    "a proxy knows better": lambda: Trouble(
        request=ask(via="socks5"), ends=lambda t: RESET if own(t) else WELL
    ),
    "the line comes and goes": lambda: Gone(rate=lambda t: 1.0),
    "quick": lambda: Trouble(request=ask(quick=True), ends=lambda t: RESET if own(t) else WELL),
    "others": lambda: Trouble(
        only=("tor", "simplex", "deltachat", "wechat"),
        ends=lambda t: "answer hangs" if own(t) else WELL,
    ),
}


@cache
def day(what: str) -> Trouble:
    return DAYS[what]().run()


@pytest.mark.parametrize("what", DAYS)
def test_whatever_begins_was_said_beforehand(what: str) -> None:
    assert day(what).unlisted() == []


def test_together_the_days_see_every_experiment() -> None:
    assert {task.arm for what in DAYS for task in day(what).begun} == set(Arm)


def test_who_contacts_somebody_new_is_found_out() -> None:
    begun = day("names are reset everywhere").begun
    away = next(t for t in begun if t.arm is Arm.TARGET_SNI_ELSEWHERE)
    elsewhere = dataclasses.replace(flow(away), port=8443)
    strange = Trouble(begun=[dataclasses.replace(away, probe=elsewhere), begun[0]])
    assert len(strange.unlisted()) == 1
