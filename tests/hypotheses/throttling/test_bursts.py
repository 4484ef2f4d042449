"""Volleys: what their speed licenses, and what a server that answers no more does not."""

from dataclasses import replace

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.lasting import LASTING
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Observation, TransferObservation
from msgprobe.model.target import Asset, Function
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.model.verdict import Outcome
from tests.evidence.moves import moved
from tests.evidence.story import HERE, SERVICE, Story
from tests.judging.word import text
from tests.model.tasks import control_of, task_of

VOLLEY = Asset(name="answers", function=Function.TEXT, host="", pool="chat", provenance=HERE)
SERVERS = ("31.13.70.1", "157.240.1.1", "31.13.71.1", "157.240.2.1")


def told(
    *,
    kbit: float = 15_000.0,
    stop_at: int = 0,
    unacked: int = 0,
    servers: int = 4,
    uplink: float | None = 5_000.0,
    apart: float = 0.0,
) -> Story:
    """A good day, volleys from that many servers, and fast neutral transfers between them; before
    them a neutral upload at ``uplink`` (None: there was none). ``apart``: seconds before the
    last."""
    story = Story(services=(replace(SERVICE, assets=(VOLLEY,)),)).good_connection()
    story.names().all_targets(times=1)
    now = 3.0
    if uplink is not None:
        up = _task("up", "20.9.1.1", direction="up")
        done = moved(up, now, uplink, size=32_768, transaction=len(story.told) + 1, burst=1_448)
        story.told.append(done)
        now = done.window.end
    for number in range(servers + 1):
        now += apart if number == servers else 0.0
        source = f"20.9.{number % 3}.1"
        asked: list[tuple[Task, dict[str, int]]] = [(_task(f"n{number}", source), {})]
        if number:
            how = {"stop_at": stop_at, "unacked": unacked}
            asked.append((_task(f"v{number}", SERVERS[number - 1], volley=True), how))
        for task, more in asked:
            rate = kbit if more else 15_000.0
            done = moved(
                task,
                now,
                rate,
                size=50_000,
                transaction=len(story.told) + 1,
                stop_at=more.get("stop_at", 0),
                unacked=more.get("unacked", 0),
            )
            story.told.append(done)
            now = done.window.end
    return story


def _task(name: str, address: str, *, volley: bool = False, direction: str = "down") -> Task:
    options = {"direction": direction, **({"asset": "answers"} if volley else {"bytes": "50000"})}
    flow = Flow(address=address, port=443, options=tuple(options.items()))
    if volley:
        task = task_of("volley", flow, task_id=f"t.{name}", subject="acme", arm=Arm.TRANSFER)
    else:
        who = f"src{address[5]}"
        task = control_of("transfer", flow, who, f"t.{name}", Arm.TRANSFER_SOURCE)
    return replace(task, round=1, attempt=0)


def _blind(measurement: Measurement) -> tuple[Observation, ...]:
    """The observations without the kernel's view of transfers."""
    return tuple(
        replace(o, info=None) if isinstance(o, TransferObservation) else o
        for o in measurement.observations
    )


def contest(story: Story) -> PairedTransfers:
    evidence = story.evidence()
    return PairedTransfers(Facts(evidence), evidence.services[0], VOLLEY)


def test_fast_volleys_are_ok_and_their_speed_is_told() -> None:
    seen = text(told())
    assert seen.outcome is Outcome.OK
    (speed,) = seen.speeds
    assert (speed.asset, speed.moved, speed.slow) == ("answers", 21_120, 0)
    assert speed.target_kbit > speed.control_kbit / 2, "as fast as a neutral transfer of its size"


def test_slow_volleys_alone_are_only_degraded() -> None:
    seen = text(told(kbit=20.0))
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("speed.slow",))
    assert seen.mechanisms == ()


def test_a_slow_uplink_is_no_slow_server() -> None:
    # The questions alone take 10 kB * 8 / 40 kbit/s; the answers cannot come sooner.
    assert text(told(kbit=20.0, uplink=40.0)).outcome is Outcome.OK
    assert text(told(kbit=20.0, uplink=None)).outcome is Outcome.OK, "nothing to compare with"
    assert text(told(kbit=20.0, uplink=1_000.0)).outcome is Outcome.DEGRADED


def test_answers_of_three_networks_that_stop_at_one_byte_unacknowledged_are_cut() -> None:
    """A server that keeps quiet still acknowledges what comes; who drops all of it does not."""
    frozen = told(stop_at=15_900, unacked=1, apart=LASTING)
    assert contest(frozen).suspicious
    seen = text(frozen)
    assert (seen.outcome, seen.rules) == (Outcome.BLOCKED, ("transfer.freeze",))
    assert seen.why[0].value("moved_kb") == 16 and seen.mechanisms == ("tcp.freeze",)


def test_what_may_be_over_in_a_moment_is_impaired() -> None:
    seen = text(told(stop_at=15_900, unacked=1))
    assert (seen.outcome, seen.rules) == (Outcome.DEGRADED, ("volley.freeze",))


def test_a_server_that_answers_no_more_and_still_acknowledges_is_no_suspicion() -> None:
    limited = told(stop_at=15_900)
    assert not contest(limited).suspicious
    assert text(limited).outcome is Outcome.OK


def test_where_nobody_knows_what_was_acknowledged_nothing_is_said() -> None:
    frozen = told(stop_at=15_900, unacked=1)
    frozen.told = [replace(m, observations=_blind(m)) for m in frozen.told]
    assert not contest(frozen).suspicious
    assert text(frozen).outcome is Outcome.OK


def test_one_server_alone_says_nothing() -> None:
    assert text(told(stop_at=15_900, unacked=1, servers=1)).outcome is Outcome.OK
    two = text(told(stop_at=15_900, unacked=1, servers=2))
    assert (two.outcome, two.rules) == (Outcome.DEGRADED, ("speed.undecided",))
