"""Who moves what and when: a day of the planner against a made-up network, without a socket."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import pytest

from msgprobe.agenda.phases import new_steps
from msgprobe.agenda.planner import Planner
from msgprobe.catalog.loader import Catalogue, load, select
from msgprobe.evidence.statistics import MOST_PAIRS
from msgprobe.evidence.transfer_pairs import SOME_ABREAST
from msgprobe.judging.judge import judge
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import HttpObservation, TcpObservation
from msgprobe.model.run import Evidence, Request
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Running, Task
from msgprobe.model.verdict import Outcome
from msgprobe.planning.moment import Agenda, Moment
from tests.evidence.moves import moved
from tests.evidence.story import TRAITS, Story, came_of

MOVES = {Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI, Arm.TRANSFER_SOURCE, Arm.TRANSFER_TARGET_SNI}
Rate = Callable[[Task], float]

FAST = 15_000.0
LINKS = ("/a.js", "/b.js")


@dataclass
class Day:
    """Runs the planner's tasks in made-up time; ``rate`` says how fast a transfer is (kbit/s)."""

    rate: Rate
    request: Request = field(default_factory=lambda: Request(seed=3))
    catalogue: Catalogue = field(default_factory=load)
    done: list[Measurement] = field(default_factory=list)
    begun: list[Task] = field(default_factory=list)
    most_at_once: dict[Direction, int] = field(default_factory=dict)
    planner: Planner = field(default_factory=Planner)
    names_objects: bool = True
    """Pages name objects on other hosts, as they should."""
    silent: str = ""
    """A name whose servers answer nobody any more from the step ``fails`` on."""
    fails: str = "connect"
    rtt: float = 0.04
    begins: float = 0.0
    """Seconds of the run that had passed when its first conversation began."""
    greeting: Rate = lambda task: 0.1
    """Seconds that the handshakes of a transfer take."""
    idle: float = 0.0
    """Seconds in which nothing was under way and the planner waited."""
    pending: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    """Of each look: how much had been begun, and of whom more was to come."""

    @property
    def evidence(self) -> Evidence:
        return Evidence(
            request=self.request,
            services=select(self.catalogue, []),
            controls=self.catalogue.controls,
            measurements=tuple(self.done),
            traits=TRAITS,
        )

    def run(self) -> Self:
        now = self.begins
        running: dict[str, Measurement] = {}
        for _ in range(3000):
            self.done += [m for m in running.values() if m.window.end <= now]
            running = {i: m for i, m in running.items() if m.window.end > now}
            started = {i: Running(task=m.task, since=m.window.start) for i, m in running.items()}
            plan = self.look(Moment(now=now, running=started))
            self.pending.append((len(self.begun), plan.pending))
            known = {m.task.id for m in self.done} | running.keys()
            for task in plan.tasks:
                if task.id not in known:
                    self.begun.append(task)
                    running[task.id] = self._hold(task, now)
            self._count(running)
            ends = [m.window.end for m in running.values()]
            if not ends and plan.wake_at is None:
                return self
            before = now
            now = min([*ends, *([plan.wake_at] if plan.wake_at is not None else [])])
            self.idle += 0.0 if ends else now - before
            now += 0.001
        pytest.fail("the planner does not come to an end")

    def look(self, moment: Moment) -> Agenda:
        return self.planner.look(self.evidence, moment)

    def _count(self, running: dict[str, Measurement]) -> None:
        for direction in Direction:
            first = [
                m
                for m in running.values()
                if m.task.id.startswith("t.first.")
                and isinstance(m.task.probe, Flow)
                and m.task.probe.option("direction") == direction
            ]
            self.most_at_once[direction] = max(self.most_at_once.get(direction, 0), len(first))

    def _hold(self, task: Task, now: float) -> Measurement:
        number = len(self.begun)
        if task.arm in MOVES:
            assert isinstance(task.probe, Flow)
            size = int(task.probe.option("bytes") or 0)
            patience = float(task.probe.option("patience") or 0)
            rate = self.rate(task)
            return moved(
                task,
                now,
                rate,
                size=size,
                transaction=number,
                patience=patience,
                rtt=self.rtt,
                greeting=self.greeting(task),
            )
        story, lasts = Story(), 0.15
        if task.check == "local":
            story.local()
        elif isinstance(task.probe, Flow):
            dead = task.probe.host == self.silent
            lasts = 9.0 if dead else lasts
            story.told = [came_of(task, fails=self.fails if dead else None)]
            if task.arm is Arm.TRANSFER_PAGE and self.names_objects:
                (told,) = story.told
                seen = [
                    dataclasses.replace(o, links=LINKS) if isinstance(o, HttpObservation) else o
                    for o in told.observations
                ]
                story.told = [dataclasses.replace(told, observations=tuple(seen))]
        else:
            assert isinstance(task.probe, Lookup)
            # Every name has an address of its own.
            tail = sum(map(ord, task.probe.name)) % 250
            story.dns(task.probe.name, ResolverKind.SYSTEM, f"31.13.{70 + tail % 8}.{tail}")
        (told,) = story.told
        observations = tuple(dataclasses.replace(o, transaction=number) for o in told.observations)
        window = dataclasses.replace(told.window, start=now, end=now + lasts)
        return dataclasses.replace(told, task=task, window=window, observations=observations)

    @property
    def moves(self) -> list[Task]:
        return [t for t in self.begun if t.arm in MOVES]

    def contest(self) -> list[Task]:
        return [t for t in self.moves if t.round == 2]

    def outcome(self, service: str) -> Outcome:
        verdicts = {s.service: s.outcome for s in judge(self.evidence).services}
        return verdicts[service]


def flow(task: Task) -> Flow:
    assert isinstance(task.probe, Flow)
    return task.probe


def named(host: str, kbit: float) -> Rate:
    """What names ``host`` is slow."""
    return lambda task: kbit if flow(task).server_name == host else FAST


def test_all_fast_two_transfers_of_a_service_each_way_and_nothing_is_contested() -> None:
    day = Day(rate=lambda task: FAST).run()
    own = [t for t in day.moves if t.arm is Arm.TRANSFER]
    assets = [(s.name, a.name) for s in day.evidence.services for a in s.assets if not a.pool]
    volleys = [(s.name, a.name) for s in day.evidence.services for a in s.assets if a.pool]
    assert volleys == [("telegram", "dc-answers")]
    moved = Counter((t.subject, flow(t).option("asset") or "") for t in own)
    twice = {
        (s.name, a.name)
        for s in day.evidence.services
        for a in s.assets
        if not a.pool
        and len([b for b in s.assets if b.direction is a.direction and not b.pool]) == 1
    }
    assert moved == Counter([*assets, *twice, *volleys])
    assert len(twice) == 4 and ("telegram", "web-script") not in twice
    assert day.contest() == []
    assert day.most_at_once == dict.fromkeys(Direction, SOME_ABREAST)


def test_where_all_is_well_no_step_says_that_something_failed() -> None:
    told: set[int] = set()
    day = Day(rate=lambda task: FAST).run()
    list(new_steps(day.begun, told, day.request))
    assert told == {1, 3} and any(t.round == 2 for t in day.begun)


def test_a_line_that_one_transfer_fills_carries_one_at_a_time() -> None:
    day = Day(rate=lambda task: 1_000).run()
    assert day.most_at_once == dict.fromkeys(Direction, 1)


def test_an_object_on_another_host_is_moved_once_its_page_has_named_it() -> None:
    day = Day(rate=lambda task: FAST).run()
    own = {flow(t).option("asset"): t for t in day.moves if t.subject == "telegram"}
    image = flow(own["channel-image"])
    assert (image.host, image.server_name) == ("cdn4.telesco.pe", "cdn4.telesco.pe")
    assert (image.path, image.option("more")) == LINKS
    assert image.option("page_host") == "t.me" and image.option("find") is None
    pages = [t for t in day.begun if t.arm is Arm.TRANSFER_PAGE]
    assert {flow(t).host for t in pages} == {"t.me", "web.whatsapp.com", "www.facebook.com"}
    assert flow(pages[0]).option("find_host") is not None


def test_a_page_that_names_nothing_leaves_its_asset_alone_and_the_other_moves_twice() -> None:
    day = Day(rate=lambda task: FAST, names_objects=False).run()
    assert day.outcome("telegram") is Outcome.OK
    moved = Counter(flow(t).option("asset") for t in day.moves if t.subject == "telegram")
    assert moved["channel-image"] == 0 and moved["web-script"] == 2


@pytest.mark.parametrize("fails", ["connect", "answer"])
def test_who_was_never_heard_is_not_asked_how_fast_he_is(fails: str) -> None:
    day = Day(rate=lambda task: FAST, silent="cdn.signal.org", fails=fails).run()
    asked = [t for t in day.begun if t.subject == "signal" and t.arm in (Arm.BASE, Arm.REPEAT)]
    assert len([t for t in asked if isinstance(t.probe, Flow) and t.probe.host == day.silent]) > 1
    moved = {flow(t).host for t in day.moves if t.subject == "signal"}
    assert (day.silent in moved) is (fails == "answer") and moved - {day.silent}


def test_with_throttle_every_asset_moves_twice_at_first() -> None:
    day = Day(rate=lambda task: FAST, request=Request(seed=3, throttle=True)).run()
    first = [t for t in day.moves if t.round == 1 and t.arm is Arm.TRANSFER and t.check != "volley"]
    moved = Counter((t.subject, flow(t).option("asset")) for t in first)
    assert len(moved) == 12 and set(moved.values()) == {2}


def test_neutral_sources_come_first_and_from_two_networks_at_least() -> None:
    day = Day(rate=lambda task: FAST).run()
    for direction in Direction:
        mine = [t for t in day.moves if flow(t).option("direction") == direction]
        assert [t.arm for t in mine[:2]] == [Arm.TRANSFER_SOURCE] * 2
        assert len({t.subject for t in mine if t.arm is Arm.TRANSFER_SOURCE}) >= 2


def test_quick_moves_nothing() -> None:
    assert Day(rate=lambda task: FAST, request=Request(seed=3, quick=True)).run().moves == []


def test_on_a_slow_line_no_service_is_moved() -> None:
    day = Day(rate=lambda task: 100.0).run()
    assert {t.arm for t in day.moves} == {Arm.TRANSFER_SOURCE}
    verdict = judge(day.evidence)
    assert "slow_line" in verdict.connection.notes


@pytest.mark.parametrize("unlucky", [0, 1])
def test_one_neutral_transfer_that_lost_its_first_packets_makes_no_slow_line(unlucky: int) -> None:
    def greeting(task: Task) -> float:
        return 5.5 if task.id.startswith(f"t.first.down.{unlucky}.") else 0.1

    day = Day(rate=lambda task: FAST, greeting=greeting).run()
    own = [t for t in day.moves if t.arm is Arm.TRANSFER]
    for direction in Direction:
        services = {t.subject for t in own if flow(t).option("direction") == direction}
        assert {"whatsapp", "telegram", "messenger"} <= services, direction


def test_only_the_functions_asked_for_are_moved() -> None:
    from msgprobe.model.target import Function

    request = Request(seed=3, functions=(Function.TEXT,))
    day = Day(rate=lambda task: FAST, request=request).run()
    own = {(t.subject, flow(t).option("asset")) for t in day.moves if t.arm is Arm.TRANSFER}
    assert own == {("signal", "chat-upload"), ("telegram", "dc-answers")}


def test_what_is_slow_is_contested_until_the_test_has_decided() -> None:
    host = "web.whatsapp.com"
    day = Day(rate=named(host, 140.0)).run()
    paired = day.contest()
    assert {t.arm for t in paired} == MOVES
    assert {flow(t).option("asset") for t in paired} == {"web-page"}
    blocks = {t.attempt for t in paired}
    assert blocks == {1, 2, 3}, "three blocks decide, in which the name is slow here and there"
    assert day.outcome("whatsapp") is Outcome.THROTTLED
    assert {day.outcome(s) for s in ("telegram", "signal", "messenger")} == {Outcome.OK}


def test_the_pairs_of_a_contest_differ_in_the_name_alone() -> None:
    day = Day(rate=named("web.whatsapp.com", 140.0)).run()
    for number in (1, 2, 3):
        block = {t.arm: flow(t) for t in day.contest() if t.attempt == number}
        own, neutral = block[Arm.TRANSFER], block[Arm.TRANSFER_NEUTRAL_SNI]
        same = dataclasses.replace(neutral, server_name=own.server_name, trust=own.trust)
        assert same == own and neutral.server_name != own.server_name
        there, there_named = block[Arm.TRANSFER_SOURCE], block[Arm.TRANSFER_TARGET_SNI]
        assert dataclasses.replace(there_named, server_name=there.server_name) == there
        assert there_named.server_name == own.server_name


def test_the_order_within_a_pair_is_drawn() -> None:
    first = set()
    for seed in range(6):
        day = Day(rate=named("web.whatsapp.com", 140.0), request=Request(seed=seed)).run()
        block = [t for t in day.contest() if t.attempt == 1]
        pair = [t for t in block if t.arm in (Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI)]
        first.add(pair[0].arm)
    assert first == {Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI}


def test_a_slow_server_ends_its_contest_without_a_culprit() -> None:
    slow = "31.13."

    def rate(task: Task) -> float:
        mine = task.subject == "whatsapp" and task.arm is not Arm.TRANSFER_TARGET_SNI
        return 300.0 if mine and flow(task).address.startswith(slow) else FAST

    day = Day(rate=rate).run()
    assert day.outcome("whatsapp") is Outcome.DEGRADED
    assert max(t.attempt for t in day.contest()) <= 7


def test_the_same_seed_gives_the_same_day() -> None:
    def one() -> list[str]:
        return [t.id for t in Day(rate=named("web.whatsapp.com", 140.0)).run().begun]

    assert one() == one()


def test_deep_runs_move_more_and_look_again_after_the_wait() -> None:
    request = Request(seed=3, throttle=True, throttle_wait=600.0, max_time=900.0)
    day = Day(rate=named("web.whatsapp.com", 140.0), request=request).run()
    sizes = {int(flow(t).option("bytes") or 0) for t in day.moves if t.round == 1}
    assert max(sizes) > 200_000
    again = [m for m in day.done if m.task.arm in MOVES and m.task.attempt > 10]
    early = [m for m in day.done if m.task.arm in MOVES and 0 < m.task.attempt <= 10]
    assert again and min(m.window.start for m in again) >= 600.0
    assert max(m.window.end for m in early) < 300.0


def test_deep_runs_do_not_wait_for_what_was_slow_by_accident() -> None:
    request = Request(seed=3, throttle=True, throttle_wait=600.0, max_time=900.0)

    def rate(task: Task) -> float:
        return 140.0 if task.id.startswith("t.first.whatsapp.web-page") else FAST

    day = Day(rate=rate, request=request).run()
    assert day.contest() and day.outcome("whatsapp") is Outcome.OK
    assert max(m.window.end for m in day.done) < 300.0


# --- a brisk line, where words come one by one


def closed(day: Day) -> dict[str, int]:
    """Of each service, how much had been begun when nothing more was to come of it."""
    first = next(n for n, (_, names) in enumerate(day.pending) if names)
    names = {t.subject for t in day.moves if t.arm is Arm.TRANSFER}
    return {s: next(b for b, left in day.pending[first:] if s not in left) for s in names}


@pytest.mark.parametrize("seed", range(4))
def test_all_of_a_few_services_is_moved_before_the_next(seed: int) -> None:
    """Those last of which servers of a pool are asked in the end."""
    day = Day(rate=lambda task: FAST, request=Request(seed=seed)).run()
    for direction in Direction:
        own = [t for t in day.moves if t.arm is Arm.TRANSFER and t.check != "volley"]
        mine = [t.subject for t in own if flow(t).option("direction") == direction]
        last = [n for n, subject in enumerate(mine) if subject == "telegram"]
        assert last[1:] == list(range(len(mine) - len(last) + 1, len(mine)))


@pytest.mark.parametrize("seed", range(4))
def test_a_service_is_done_with_before_the_last_is_moved(seed: int) -> None:
    day = Day(rate=lambda task: FAST, request=Request(seed=seed)).run()
    ends = closed(day)
    assert len(set(ends.values())) >= 2 and max(ends, key=lambda s: ends[s]) == "telegram"
    for service, begun in ends.items():
        assert all(t.subject != service for t in day.begun[begun:])
    own = [t for t in day.begun[min(ends.values()) :] if t.check == "transfer"]
    assert len(own) >= 2


@pytest.mark.parametrize("seed", range(4))
def test_what_may_yet_look_slow_is_not_done_with_before_all_neutral_transfers(seed: int) -> None:
    """Not slow beside those there were, but it would be beside a much faster one to come."""
    host = "web.whatsapp.com"
    day = Day(rate=named(host, 1_500.0), request=Request(seed=seed)).run()
    assert day.contest() == []
    late = closed(day)["whatsapp"]
    assert not [t for t in day.begun[late:] if t.check == "transfer"]
    fast = Day(rate=lambda task: FAST, request=Request(seed=seed)).run()
    assert [t for t in fast.begun[closed(fast)["whatsapp"] :] if t.check == "transfer"]


# --- a long way, where few transfers can be made


def test_on_a_long_way_each_services_download_comes_before_any_comparison() -> None:
    """Of each what no page must be read for; and no object is moved a second time."""
    day = Day(rate=named("web.whatsapp.com", 140.0), rtt=0.25).run()
    first = [t for t in day.moves if t.round == 1 and t.arm is Arm.TRANSFER and t.check != "volley"]
    assert set(Counter((t.subject, flow(t).option("asset")) for t in first).values()) == {1}
    down = [t for t in first if flow(t).option("direction") == "down"]
    assert next(flow(t).option("asset") for t in down if t.subject == "whatsapp") == "web-page"
    assert len({t.subject for t in down[:4]}) == 4
    assert day.outcome("whatsapp") is Outcome.THROTTLED


def test_on_a_long_way_the_second_neutral_transfer_waits_for_nobody() -> None:
    day = Day(rate=lambda task: 1_000.0, rtt=0.25).run()
    down = [t for t in day.moves if flow(t).option("direction") == "down"]
    kinds = [t.arm for t in down[:3]]
    assert kinds == [Arm.TRANSFER_SOURCE, Arm.TRANSFER, Arm.TRANSFER_SOURCE]


def test_a_comparison_that_has_begun_goes_on() -> None:
    """Neutral transfers that are slow by chance, once it has begun, excuse the first ones: they are
    nearer in time."""
    begun: list[str] = []

    def rate(task: Task) -> float:
        begun.append(task.arm)
        compared = Arm.TRANSFER_NEUTRAL_SNI in begun
        slow = flow(task).server_name == "web.whatsapp.com"
        late = compared and task.arm is Arm.TRANSFER_SOURCE and task.round == 1
        return 140.0 if slow or late else 3_000.0

    day = Day(rate=rate, rtt=0.25).run()
    assert {t.attempt for t in day.contest()} >= {1, 2, 3}
    assert day.outcome("whatsapp") is Outcome.THROTTLED


# --- a line that one transfer fills, looked at closely

CLOSELY = Request(seed=3, throttle=True, throttle_wait=240.0, max_time=480.0)


def thin(slow: float) -> Day:
    """EDGE, where WhatsApp's page is so fast under its name."""

    def rate(task: Task) -> float:
        return slow if flow(task).server_name == "web.whatsapp.com" else 180.0

    return Day(rate=rate, rtt=0.65, greeting=lambda task: 0.7, request=CLOSELY).run()


def test_a_limit_to_a_third_shows_where_one_transfer_fills_the_line() -> None:
    day = thin(60.0)
    assert day.outcome("whatsapp") is Outcome.THROTTLED
    assert {day.outcome(s) for s in ("messenger", "signal", "telegram")} == {Outcome.OK}
    assert thin(180.0).contest() == []


def test_there_one_transfer_follows_another_and_what_goes_up_comes_last() -> None:
    day = thin(60.0)
    moves = [m for m in day.done if m.task.arm in MOVES and m.task.check != "volley"]
    moves.sort(key=lambda m: m.window.start)
    opened = [m for m in moves if m.task.id.startswith(("t.first.up.0", "t.first.down.0"))]
    later = [m for m in moves if m not in opened]
    assert all(a.window.end <= b.window.start for a, b in pairwise(later))
    ways = [flow(m.task).option("direction") for m in later]
    down = [
        n for n, way in enumerate(ways) if way == "down" and later[n].task.attempt <= MOST_PAIRS
    ]
    assert "up" in ways and max(down) < ways.index("up")


# --- volleys: what servers give in their own protocol


def volleys(day: Day) -> list[Task]:
    return [t for t in day.moves if t.check == "volley"]


def volleys_at(kbit: Callable[[int], float]) -> Rate:
    """The first volley, the second ... are that fast."""
    seen: list[str] = []

    def rate(task: Task) -> float:
        if task.check != "volley":
            return FAST
        seen.append(task.id)
        return kbit(len(seen))

    return rate


def test_one_server_is_asked_and_another_by_another_seed() -> None:
    asked = set()
    for seed in range(8):
        day = Day(rate=lambda task: FAST, request=Request(seed=seed)).run()
        (one,) = volleys(day)
        assert flow(one).option("dc") in [*"12345"] and flow(one).port == 443
        assert flow(one).server_name is None
        asked.add(flow(one).address)
    assert len(asked) > 2


def test_where_servers_answer_slowly_all_are_asked_once_and_it_is_degraded() -> None:
    day = Day(rate=volleys_at(lambda n: 40.0)).run()
    found = volleys(day)
    # Four slow pairs more than normal ones decide.
    assert len(found) == 4 and len({flow(t).address for t in found}) == 4
    beside = [t for t in day.moves if t.id.startswith("t.first.down.5")]
    assert len(beside) == 3 and {t.arm for t in beside} == {Arm.TRANSFER_SOURCE}
    assert day.outcome("telegram") is Outcome.DEGRADED
    assert {day.outcome(s) for s in ("whatsapp", "signal", "messenger")} == {Outcome.OK}


def test_who_is_still_to_be_moved_is_pending_also_while_others_are_contested() -> None:
    """Else a word would be told that what moves later may still change."""
    seen: list[tuple[frozenset[str], int]] = []

    class Watching(Planner):
        def look(self, evidence: Evidence, moment: Moment) -> Agenda:
            found = super().look(evidence, moment)
            seen.append((found.pending, len(day.moves)))
            return found

    day = Day(rate=named("web.whatsapp.com", 140.0), planner=Watching())
    day.run()
    assert volleys(day), "Telegram's servers are asked after WhatsApp's page"
    services = {t.subject for t in day.moves if t.arm is Arm.TRANSFER}
    for pending, begun in seen:
        later = {t.subject for t in day.moves[begun:]} & services
        assert not begun or later <= pending


def test_one_slow_server_among_others_is_nothing() -> None:
    day = Day(rate=volleys_at(lambda n: 40.0 if n == 1 else FAST)).run()
    assert 2 <= len(volleys(day)) <= 4
    assert day.outcome("telegram") is Outcome.OK


def test_everybody_is_moved_once_before_anybody_is_contested() -> None:
    """Three services' slow pages: the first one's contest must not take the others' time."""
    slow = ("web.whatsapp.com", "updates.signal.org", "www.facebook.com")
    day = Day(lambda t: 140.0 if flow(t).host in slow else FAST).run()
    contested = [n for n, t in enumerate(day.begun) if t.arm in MOVES and ".first." not in t.id]
    firsts = [n for n, t in enumerate(day.begun) if t.arm is Arm.TRANSFER and t.id.endswith(".0")]
    assert contested and max(firsts) < min(contested)
    webs = {
        s.service: f.outcome
        for s in judge(day.evidence).services
        for f in s.functions
        if f.function == "web"
    }
    assert {o for name, o in webs.items() if name != "telegram"} == {Outcome.DEGRADED}
    assert webs["telegram"] is Outcome.OK


def test_the_others_are_given_less_time_once_one_was_slow() -> None:
    day = Day(lambda t: 140.0 if flow(t).option("direction") == "down" else FAST)
    day.rate = lambda t: FAST if t.arm is Arm.TRANSFER_SOURCE else 140.0
    day.run()
    firsts = [t for t in day.begun if t.arm is Arm.TRANSFER and t.id.endswith(".0")]
    downs = [
        float(flow(t).option("patience") or 0) for t in firsts if "down" in str(flow(t).options)
    ]
    rest = downs[2 * SOME_ABREAST :]  # as many again begin before that is known
    assert len(rest) > 1 and downs[0] > max(rest)


@pytest.mark.parametrize(
    ("own", "neutral", "at_once"), [(1.5, 0.1, 3), (3.0, 0.1, 6), (3.0, 3.0, 1)]
)
def test_what_takes_far_longer_than_neutral_transfers_lets_as_many_others_pass(
    own: float, neutral: float, at_once: int
) -> None:
    def greeting(task: Task) -> float:
        return own if task.arm is Arm.TRANSFER else neutral

    day = Day(rate=lambda task: FAST, greeting=greeting).run()
    assert day.most_at_once[Direction.DOWN] == at_once


def begun_beside_questions(day: Day) -> tuple[set[str], set[str]]:
    """Services of which something was asked about ``day.silent``'s owner when their first transfer
    began, and others whose first one began meanwhile. A question counts for as long as an honest
    answer takes: ten round trips."""
    asked = [m for m in day.done if m.task.role is Role.TARGET and m.task.arm not in MOVES]
    firsts: dict[str, float] = {}
    for m in sorted(day.done, key=lambda m: m.window.start):
        if m.task.id.startswith("t.first.") and m.task.arm is Arm.TRANSFER:
            firsts.setdefault(m.task.subject, m.window.start)
    own: set[str] = set()
    others: set[str] = set()
    for service, at in firsts.items():
        for m in asked:
            if m.window.start < at < min(m.window.end, m.window.start + 10 * day.rtt):
                (own if m.task.subject == service else others).add(service)
    return own, others


def test_transfers_of_a_service_wait_while_something_is_asked_about_it_and_others_do_not() -> None:
    passed: set[str] = set()
    for seed in range(4):
        request = Request(seed=seed)
        day = Day(rate=lambda task: 2_500.0, silent="sfu.voip.signal.org", request=request).run()
        own, others = begun_beside_questions(day)
        assert not own, seed
        passed |= others
    assert passed


def far(seen: Measurement) -> Measurement:
    """The same on a line of which every round trip takes 220 ms."""
    observations = tuple(
        dataclasses.replace(
            o,
            window=dataclasses.replace(o.window, end=o.window.start + 0.22),
            info=dataclasses.replace(o.info, rtt=0.22, min_rtt=0.22),
        )
        if isinstance(o, TcpObservation) and o.info is not None
        else o
        for o in seen.observations
    )
    return dataclasses.replace(seen, observations=observations)


@pytest.mark.parametrize(("arm", "begins"), [(Arm.SHARE, True), (Arm.REPEAT, False)])
def test_a_far_line_carries_transfers_beside_handshakes_that_are_counted(
    arm: Arm, begins: bool
) -> None:
    """They go on for ten seconds, and then the time for transfers would be over."""
    day = Day(rate=lambda task: FAST).run()
    known = tuple(far(m) for m in day.done if m.task.arm not in MOVES)
    first = next(m.task for m in known if m.task.id.startswith("b.signal.chat"))
    other = dataclasses.replace(first, id="beside", arm=arm)
    moment = Moment(now=15.0, running={"beside": Running(task=other, since=14.9)})
    evidence = dataclasses.replace(day.evidence, measurements=known)
    tasks = Planner().look(evidence, moment).tasks
    assert any(t.arm is Arm.TRANSFER_SOURCE for t in tasks) is begins
