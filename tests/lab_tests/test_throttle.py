"""Throttling through real kernels: who is slowed down, how much and which way."""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, Final

import pytest

from tests.lab.action_file import ActionFile
from tests.lab.censor import Action, ConnectionCap, Match, Throttle
from tests.lab.link import Link, Pipe, Sway
from tests.lab.network import Lab
from tests.lab.throttle import TokenBucket
from tests.lab_tests.client import Client, client_hello
from tests.lab_tests.conftest import RTT_MS

WEB, OTHER = "198.51.100.7", "203.0.113.9"
BAD, GOOD = client_hello("web.telegram.org"), client_hello("example.org")
NAMES: Final = ("telegram.org",)
BOTH: Final = Match(direction="both")
_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """What became of a transfer; ``curve`` are seconds since its start and octets so far."""

    error: str
    octets: int
    connect_s: float | None
    seconds: float
    curve: list[tuple[float, int]]

    @property
    def kbit(self) -> float:
        """The goodput in kbit/s behind the first 20 kB, which a bucket of 16 kB lets through."""
        start, before = next(point for point in self.curve if point[1] >= 20_000)
        end, after = self.curve[-1]
        return (after - before) * 8 / 1000 / (end - start)


def job(hello: bytes, octets: int, verb: str = "GET", **options: Any) -> dict[str, Any]:
    plain = {"address": WEB, "port": 443, "wait": 4.0, "after": 0.0, "cut": 0}
    return plain | {"hello": hello.hex(), "verb": verb, "octets": octets} | options


@pytest.fixture(scope="module")
def lab(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of 40 ms RTT with a world of bulk transfers."""
    with Lab(
        workdir=tmp_path_factory.mktemp("lab"),
        link=Link(delay_ms=RTT_MS / 2),
        world_command=(sys.executable, "-m", "tests.lab_tests.transfers"),
    ) as running:
        yield running


def transfers(lab: Lab, action: Action | None, *jobs: dict[str, Any]) -> list[Transferred]:
    """Makes transfers, all at once, under ``action`` (None: what is at work stays)."""
    if action is not None:
        lab.set_actions([action])
    argv = [sys.executable, "-m", "tests.lab_tests.transfers", "get", json.dumps(jobs)]
    done = lab.run(argv, timeout=30, cwd=_ROOT)
    assert done.rc == 0, done.stderr
    return [Transferred(**one) for one in json.loads(done.stdout)]


def dropped(lab: Lab, seen: int, label: str, up: bool) -> int:
    return sum(one.fate == label and one.up == up for one in lab.capture[seen:])


def test_policing_by_name_is_seen_both_ways_and_spares_the_neighbour(lab: Lab) -> None:
    # Rows B1: Twitter 2021, 130 to 150 kbit/s each way by dropping (Xue et al., IMC 2021).
    seen = len(lab.capture)
    bad, good, up, good_up = transfers(
        lab,
        Throttle(names=NAMES, kbit=140, label="police"),
        job(BAD, 300_000, wait=5.0),
        job(GOOD, 300_000),
        job(BAD, 60_000, "PUT", wait=10.0),
        job(GOOD, 60_000, "PUT"),
    )
    assert good.octets == 300_000
    assert 70 < bad.kbit < 200
    assert good.kbit > 5 * bad.kbit
    assert (up.octets, good_up.octets) == (1, 1)
    # 16 kB at once, the rest at no more than 140 kbit/s.
    assert up.seconds > (60_000 - 16_000) * 8 / 140_000
    assert up.seconds > 3 * good_up.seconds
    assert dropped(lab, seen, "police", True)
    assert dropped(lab, seen, "police", False)
    assert lab.log.fired == {"police": 2}


def test_a_policer_of_split_hellos_needs_to_reassemble(lab: Lab) -> None:
    cut = BAD.index(b"telegram")
    jobs = job(BAD, 60_000, cut=cut), job(BAD, 60_000)
    split, whole = transfers(lab, Throttle(names=NAMES, kbit=140, reassemble=False), *jobs)
    assert split.octets == 60_000
    assert split.seconds < whole.seconds / 2
    both = transfers(lab, Throttle(names=NAMES, kbit=140), *jobs)
    assert min(one.seconds for one in both) > 2 * split.seconds


def test_shaping_delays_without_a_drop(lab: Lab) -> None:
    seen = len(lab.capture)
    shaper = Throttle(names=NAMES, do="shape", kbit=256, queue_ms=10_000, label="shape")
    bad, good = transfers(lab, shaper, job(BAD, 80_000), job(GOOD, 80_000))
    assert (bad.octets, good.octets) == (80_000, 80_000)
    assert bad.seconds > (80_000 - 16_000) * 8 / 256_000  # the rest at no more than 256 kbit/s
    assert good.seconds < bad.seconds / 3
    assert all(one.fate != "shape" for one in lab.capture[seen:])
    assert lab.log.fired == {"shape": 1}


def test_a_shaper_drops_what_would_wait_too_long(lab: Lab) -> None:
    seen = len(lab.capture)
    shaper = Throttle(names=NAMES, do="shape", kbit=256, queue_ms=100, label="shape")
    transfers(lab, shaper, job(BAD, 100_000, wait=1.5))
    assert dropped(lab, seen, "shape", False)


def test_a_plan_cap_is_shared_and_one_per_flow_is_not(lab: Lab) -> None:
    jobs = [job(GOOD, 36_000, address=one) for one in (WEB, OTHER)]
    shared = Throttle(do="shape", kbit=256, queue_ms=10_000, shared=True)
    own = Throttle(do="shape", kbit=256, queue_ms=10_000)
    together = max(one.seconds for one in transfers(lab, shared, *jobs))
    apart = max(one.seconds for one in transfers(lab, own, *jobs))
    assert together > (2 * 36_000 - 16_000) * 8 / 256_000
    assert apart < together / 1.5


@pytest.mark.parametrize("direction", ["up", "down"])
def test_loss_has_a_direction(lab: Lab, direction: Any) -> None:
    seen = len(lab.capture)
    match = Match(to=(WEB,), direction=direction)
    transfers(
        lab,
        Throttle(match=match, do="lose", loss=0.4, label="lose"),
        job(GOOD, 20_000, wait=1.5),
        job(GOOD, 20_000, address=OTHER, wait=1.5),
    )
    lost = [one for one in lab.capture[seen:] if one.fate == "lose"]
    assert lost
    assert {(one.up, one.far) for one in lost} == {(direction == "up", WEB)}


def test_bare_acknowledgements_alone_may_be_lost(lab: Lab) -> None:
    # Row B5: YouTube in Russia, 60 % of the client's bare ACKs.
    seen = len(lab.capture)
    match = Match(direction="up")
    acks = Throttle(match=match, names=NAMES, do="lose", loss=0.6, acks_only=True, label="acks")
    (bad,) = transfers(lab, acks, job(BAD, 100_000))
    lost = [one for one in lab.capture[seen:] if one.fate == "acks"]
    assert lost
    assert all((one.up, one.flags, one.payload) == (True, "A", 0) for one in lost)
    assert bad.octets == 100_000  # acknowledgements are cumulative


def test_delay_hangs_on_the_address(lab: Lab) -> None:
    far = Match(to=(OTHER,), direction="both")
    near, late = transfers(
        lab,
        Throttle(match=far, do="delay", delay_ms=100),
        job(GOOD, 1),
        job(GOOD, 1, address=OTHER),
    )
    assert near.connect_s is not None
    assert late.connect_s is not None
    assert near.connect_s < 0.2
    assert late.connect_s >= 0.24  # 40 ms of the line and 100 ms more each way


def test_servers_at_different_distances_stay_where_they_are(lab: Lab) -> None:
    spread = Throttle(match=BOTH, do="delay", delay_ms=20, spread_ms=200)
    places = [f"198.51.100.{last}" for last in range(1, 7)]
    jobs = [job(GOOD, 1, address=one) for one in places]
    first, again = ([one.connect_s or 0.0 for one in transfers(lab, spread, *jobs)] for _ in "12")
    assert min(first + again) >= 0.08  # 40 ms of the line and 20 ms more each way
    assert max(first) - min(first) > 0.1
    assert all(abs(one - other) < 0.1 for one, other in zip(first, again, strict=True))


def test_a_name_contaminates_its_server_for_a_while(lab: Lab) -> None:
    plague = Throttle(names=NAMES, kbit=140, contaminate_s=3.0, label="plague")
    before, _, after, port, server = transfers(
        lab,
        plague,
        job(GOOD, 60_000, wait=1.5),
        job(BAD, 1, after=1.6, wait=0.5),
        job(GOOD, 60_000, after=2.2, wait=1.5),
        job(GOOD, 60_000, after=2.2, wait=1.5, port=444),
        job(GOOD, 60_000, after=2.2, wait=1.5, address=OTHER),
    )
    assert before.octets == port.octets == server.octets == 60_000
    assert after.octets < 50_000
    (later,) = transfers(lab, None, job(GOOD, 60_000, after=2.0, wait=1.5))
    assert later.octets == 60_000


def test_throttling_may_begin_later(lab: Lab) -> None:
    late = Throttle(names=NAMES, kbit=140, after_bytes=150_000, label="late")
    small, big = transfers(lab, late, job(BAD, 100_000, wait=3.0), job(BAD, 300_000, wait=3.0))
    assert small.octets == 100_000
    assert 130_000 < big.octets < 250_000
    assert lab.log.fired == {"late": 1}


def test_the_order_of_a_flow_survives(lab: Lab) -> None:
    # A delay that is there only every other tenth of a second.
    match = Match(direction="down", period_s=0.2, on_s=0.1)
    lab.set_actions([Throttle(match=match, do="delay", delay_ms=150)])
    seen = len(lab.capture)  # what an earlier flow still repeats was dropped before
    (done,) = transfers(lab, None, job(GOOD, 300_000))
    assert done.octets == 300_000
    assert not [one for one in lab.capture[seen:] if not one.up and one.fate]
    # Out of order the client would say so: its acknowledgements would carry SACK, 12 octets more.
    acks = {one.length for one in lab.capture[seen:] if one.up and one.flags == "A"}
    assert acks == {52}


def test_connections_to_one_address_are_capped(lab: Lab) -> None:
    # Row B18, with a shorter window.
    client, cap = Client(lab), ConnectionCap(most=3, window_s=3.0, label="cap")
    lab.set_actions([cap])
    tried = client.tcp(*[(WEB, 443, b"")] * 5, (OTHER, 443, b""), wait=0.6)
    assert sorted(one.error for one in tried[:5]) == ["", "", "", "timeout", "timeout"]
    assert tried[5].error == ""
    assert lab.log.fired == {"cap": 2}
    (later,) = client.tcp((WEB, 443, b"", {"after": 3.0}), wait=0.6)
    assert later.error == ""


def test_new_flows_to_all_addresses_together_are_capped(lab: Lab) -> None:
    client = Client(lab)
    lab.set_actions([ConnectionCap(most=3, window_s=30.0, shared=True, label="cap")])
    tried = client.tcp((WEB, 443, b""), (OTHER, 443, b""), (WEB, 443, b""), wait=0.6)
    assert [one.error for one in tried] == ["", "", ""]
    (late,) = client.tcp((OTHER, 443, b""), wait=0.6)
    assert late.error == "timeout"


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(kbit=80, burst=3000)  # 10 000 octets a second
    assert [bucket.wait(5.0, 1000, 0.25) for _ in range(6)] == [0, 0, 0, 0.1, 0.2, None]
    assert bucket.wait(5.2, 1000, 0.0) is None
    assert bucket.wait(5.31, 1000, 0.0) == 0
    assert bucket.wait(9.0, 3000, 0.0) == 0


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"do": "slow"}, "unknown 'slow'"),
        ({"do": "police"}, "police needs kbit"),
        ({"do": "police", "kbit": 100, "bucket_bytes": 1000}, "would never pass"),
        ({"do": "lose"}, "lose needs loss"),
        ({"do": "lose", "loss": 40}, "a share, from 0 to 1"),
        ({"do": "delay"}, "delay needs delay_ms or spread_ms"),
        ({"do": "delay", "delay_ms": -1}, "delay_ms is -1; not negative"),
        ({"do": "delay", "delay_ms": 1, "shared": True}, "only police and shape"),
        ({"do": "police", "kbit": 1, "acks_only": True}, "acks_only goes with lose"),
        ({"do": "police", "kbit": 1, "contaminate_s": 1}, "need names"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Throttle(**fields)


def test_actions_travel_as_json() -> None:
    actions = [Throttle(match=BOTH, names=NAMES, kbit=140), ConnectionCap(most=3)]
    assert ActionFile.load(json.loads(json.dumps(ActionFile.dump(actions)))) == actions


def test_the_rate_of_a_line_sways_about_its_mean() -> None:
    deviation = 0.4
    sway = Sway(deviation, random.Random(1))
    factors = [sway.factor(100 + step * 0.25) for step in range(40_000)]
    again = Sway(deviation, random.Random(1))
    assert factors[:100] == [again.factor(7 + step * 0.25) for step in range(100)]
    # 10 000 s are about 2500 independent draws: a standard error of 0.8 % of the mean.
    assert fmean(factors) == pytest.approx(1, abs=0.04)
    # The standard deviation of a log-normal variable of mean 1: sqrt(exp(s^2) - 1) = 0.417.
    assert pstdev(factors) == pytest.approx(0.417, rel=0.1)


def test_a_swaying_pipe_carries_more_at_one_time_than_at_another() -> None:
    def octets_per_s(link: Link) -> list[int]:
        pipe, counts = Pipe(link, link.down_kbit, random.Random(3)), [0] * 60
        for step in range(60_000):
            out = pipe.admit(1 + step / 1000, 500)
            if out is not None and out < 60:
                counts[int(out)] += 500
        return counts[5:]

    steady = octets_per_s(Link(down_kbit=1000))
    swaying = octets_per_s(Link(down_kbit=1000, sway=0.5))
    assert max(steady) - min(steady) <= 1000
    assert max(swaying) > 2 * min(swaying)
    assert fmean(swaying) == pytest.approx(125_000, rel=0.4)
