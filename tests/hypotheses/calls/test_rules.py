"""What datagrams license: who is accused when STUN gets no answer, and who never is."""

import dataclasses
from typing import Any

import pytest

from msgprobe.judging.judge import judge
from msgprobe.model.control import CallServer, Controls
from msgprobe.model.observation import ProtocolObservation, Window
from msgprobe.model.run import Evidence
from msgprobe.model.target import Function, Pool, Service
from msgprobe.model.task import Arm, Flow, Role
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import HERE, Story, datagrams, numbered, somebody
from tests.model.tasks import task_of

SERVERS = tuple(
    CallServer(**somebody("call", n), port=port)
    for n, port in ((1, 3478), (2, 3478), (3, 3478), (4, 19302))
)
OURS = ("31.13.70.9", "157.240.1.9")
SERVICE = Service(
    name="acme",
    title="Acme",
    primary=Function.CALLS,
    pools=(Pool(name="relay", function=Function.CALLS),),
    endpoints=numbered("relay", OURS, check="stun", port=3478),
    provenance=HERE,
)


class Calls(Story):
    def evidence(self) -> Evidence:
        found = super().evidence()
        controls: Controls = dataclasses.replace(found.controls, calls=SERVERS)
        return dataclasses.replace(found, controls=controls)

    def datagrams(
        self,
        address: str,
        arm: Arm,
        *,
        subject: str = "acme",
        endpoint: str | None = None,
        start: float = 0.0,
        took: float = 1.0,
        trips: tuple[float | None, ...] = (None, None, None),
        port: int = 3478,
        transport: str = "udp",
        host: str | None = None,
    ) -> "Calls":
        came = [t for t in trips if t is not None]
        window = Window(start=start, end=start + took)
        stage = "bound" if came else "sent"
        more = {"window": window, "transport": transport, "round_trips": trips}
        seen = datagrams("stun", address, port, came=bool(came), stage=stage, **more)
        task = task_of(
            "stun",
            Flow(address=address, port=port, host=host, trust=None),
            task_id=f"{arm}.{subject}.{address}.{len(self.told)}",
            role=Role.TARGET if endpoint else Role.CONTROL,
            arm=arm,
            subject=subject,
            endpoint=endpoint,
        )
        self.tell(task, seen)
        return self

    def silent(self, host: str | None = None, last: float = 15.3) -> "Calls":
        for n, address in enumerate(OURS, 1):
            for attempt, start in enumerate((0.0, 3.0, last)):
                arm = Arm.REPEAT if attempt else Arm.BASE
                self.datagrams(address, arm, endpoint=f"relay{n}", start=start, host=host)
        return self

    def own(self, arm: Arm, **how: Any) -> "Calls":
        for n, address in enumerate(OURS, 1):
            self.datagrams(address, arm, endpoint=f"relay{n}", **how)
        return self

    def neutral(self, *dead: str, form: bool = False) -> "Calls":
        """Neutral servers answer, but those called ``dead``; ``form``: in the older form."""
        for server in SERVERS:
            gone = server.name in dead
            trips: tuple[float | None, ...] = (None, None, None) if gone else (0.04, 0.04, 0.04)
            for start in (0.0, 3.0, 6.0) if gone else (0.0,):
                self.datagrams(
                    f"20.9.{server.port % 250}.{server.name[-1]}",
                    Arm.NEUTRAL_CALL,
                    subject=server.name,
                    port=server.port,
                    trips=trips,
                    start=start,
                )
            if form and gone:
                self.datagrams(
                    f"20.9.{server.port % 250}.{server.name[-1]}",
                    Arm.NEUTRAL_FORM,
                    subject=server.name,
                    port=server.port,
                    trips=(0.04, 0.04, 0.04),
                    start=2.0,
                )
        return self


EVERY = tuple(s.name for s in SERVERS)
ANSWERED = (0.04, 0.04, 0.04)


def begun() -> Calls:
    story = Calls(services=(SERVICE,))
    story.good_connection()
    return story


def calls(story: Calls) -> FunctionVerdict:
    (service,) = judge(story.evidence()).services
    (function,) = service.functions
    return function


def test_an_answer_with_our_id_is_ok_likely() -> None:
    found = calls(begun().neutral().own(Arm.BASE, trips=ANSWERED))
    assert (found.outcome, found.strength) == (Outcome.OK, Strength.LIKELY)


def test_silence_alone_accuses_nobody() -> None:
    found = calls(begun().neutral().silent())
    assert (found.outcome, found.rules) == (Outcome.INCONCLUSIVE, ("udp.unanswered",))


def test_the_older_form_answered_in_between_convicts() -> None:
    found = calls(begun().neutral().silent().own(Arm.OTHER_PAYLOAD, start=3.5, trips=ANSWERED))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert found.mechanisms == ("udp.stun",)


def test_the_older_form_answered_after_all_may_be_an_outage_that_ended() -> None:
    found = calls(begun().neutral().silent().own(Arm.OTHER_PAYLOAD, start=16.0, trips=ANSWERED))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_attempts_that_ended_while_some_answers_were_missing_met_no_silence() -> None:
    """As in runs that were saved when an attempt could end so."""
    story = begun().neutral().silent()
    for n, told in enumerate(story.told):
        if isinstance(told.task.probe, Flow) and told.task.subject == "acme":
            seen = told.observations[0]
            assert isinstance(seen, ProtocolObservation)
            trips = (0.05, 0.05, None) if seen.window.start > 15 else seen.round_trips
            cut = dataclasses.replace(seen, round_trips=trips)
            story.told[n] = dataclasses.replace(told, observations=(cut,))
    found = calls(story.own(Arm.OTHER_TRANSPORT, start=2.0, trips=ANSWERED, transport="tcp"))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_tcp_alive_in_two_networks_convicts_likely() -> None:
    story = begun().neutral().silent()
    found = calls(story.own(Arm.OTHER_TRANSPORT, start=2.0, trips=ANSWERED, transport="tcp"))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == ("udp.drop",)


def test_tcp_alive_while_servers_may_be_begun_again_says_nothing() -> None:
    """Those that answer over TCP need not be the same."""
    story = begun().neutral().silent(last=6.0)
    found = calls(story.own(Arm.OTHER_TRANSPORT, start=2.0, trips=ANSWERED, transport="tcp"))
    assert (found.outcome, found.rules) == (Outcome.INCONCLUSIVE, ("udp.unanswered",))


@pytest.mark.parametrize(
    ("arm", "how"),
    [
        (Arm.OTHER_PAYLOAD, {"start": 3.5}),
        (Arm.OTHER_TRANSPORT, {"start": 2.0, "transport": "tcp"}),
    ],
)
@pytest.mark.parametrize(
    ("wavering", "outcome"), [(1, Outcome.BLOCKED), (len(SERVERS) - 1, Outcome.INCONCLUSIVE)]
)
def test_where_most_neutral_servers_are_silent_at_times_chance_says_whose_packets_pass(
    arm: Arm, how: dict[str, Any], wavering: int, outcome: Outcome
) -> None:
    story = begun().neutral().silent()
    for server in SERVERS[:wavering]:
        address = f"20.9.{server.port % 250}.{server.name[-1]}"
        story.datagrams(address, Arm.NEUTRAL_CALL, subject=server.name, port=server.port, start=9.0)
    assert calls(story.own(arm, trips=ANSWERED, **how)).outcome is outcome


def test_what_answered_before_and_not_since_shows_nothing_of_now() -> None:
    """All that is new may be lost since, by a firewall that takes so many flows."""
    story = begun().neutral()
    for n, address in enumerate(OURS, 1):
        for attempt, start in enumerate((1.0, 4.0, 16.3)):
            arm = Arm.REPEAT if attempt else Arm.BASE
            story.datagrams(address, arm, endpoint=f"relay{n}", start=start)
    how: dict[str, Any] = {"start": 2.0, "trips": ANSWERED, "transport": "tcp"}
    assert calls(story.own(Arm.OTHER_TRANSPORT, **how)).outcome is Outcome.INCONCLUSIVE
    for server in SERVERS:
        address = f"20.9.{server.port % 250}.{server.name[-1]}"
        more: dict[str, Any] = {"port": server.port, "trips": ANSWERED, "start": 3.0}
        story.datagrams(address, Arm.NEUTRAL_CALL, subject=server.name, **more)
    assert calls(story).outcome is Outcome.BLOCKED


def test_tcp_alive_under_one_name_may_be_what_its_servers_do_now() -> None:
    how: dict[str, Any] = {"start": 2.0, "trips": ANSWERED, "transport": "tcp"}
    story = begun().neutral().silent("stun.example")
    found = calls(story.own(Arm.OTHER_TRANSPORT, host="stun.example", **how))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_tcp_alive_where_nobodys_udp_passes_is_a_policy() -> None:
    story = begun().neutral(*EVERY).silent()
    found = calls(story.own(Arm.OTHER_TRANSPORT, start=2.0, trips=ANSWERED, transport="tcp"))
    assert (found.outcome, found.rules) == (Outcome.INCONCLUSIVE, ("udp.policy",))


def test_a_port_closed_for_everybody_is_told_as_that() -> None:
    found = calls(begun().neutral("call1", "call2", "call3").silent())
    assert (found.outcome, found.rules) == (Outcome.INCONCLUSIVE, ("udp.port",))


def test_recognised_at_neutral_servers_too() -> None:
    story = begun().neutral(*EVERY, form=True).silent()
    found = calls(story)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert found.rules[0] == "udp.stun.everywhere"
    assert "stun_recognised" in judge(story.evidence()).connection.notes


def test_nothing_passes_is_a_note_on_the_connection() -> None:
    found = judge(begun().neutral(*EVERY).silent().evidence())
    assert "udp_blocked" in found.connection.notes


LOSSY = tuple(None if n % 3 == 1 else 0.04 for n in range(25))
WHOLE = (0.04,) * 25


def trained(own: tuple[float | None, ...], other: tuple[float | None, ...], turns: int) -> Calls:
    story = begun().neutral()
    story.own(Arm.BASE, trips=ANSWERED)
    for turn in range(turns):
        story.datagrams(OURS[0], Arm.TRAIN, endpoint="relay1", trips=own, start=8.0 + 5 * turn)
        for server in SERVERS[:3]:
            story.datagrams(
                "20.9.1.1", Arm.NEUTRAL_TRAIN, subject=server.name, trips=other, start=8.0
            )
    return story


def test_losing_twice_what_neutral_servers_do_not_lose_is_degraded() -> None:
    found = calls(trained(LOSSY, WHOLE, 2))
    assert (found.outcome, found.rules) == (Outcome.DEGRADED, ("udp.loss",))


def test_losing_once_or_like_everybody_is_ok() -> None:
    assert calls(trained(LOSSY, WHOLE, 1)).outcome is Outcome.OK
    assert calls(trained(LOSSY, LOSSY, 2)).outcome is Outcome.OK


def test_a_server_that_rations_its_answers_is_ok() -> None:
    rationed = (0.04,) * 15 + (None,) * 10
    assert calls(trained(rationed, WHOLE, 2)).outcome is Outcome.OK
