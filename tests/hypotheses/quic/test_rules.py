"""What may be said about QUIC, and what each word needs: evidence made by hand."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, Window
from msgprobe.model.target import Endpoint, Function, Pool
from msgprobe.model.task import Arm, Flow, ResolverKind, Role
from msgprobe.model.verdict import Outcome, State, Strength
from msgprobe.report.summary import summary
from tests.evidence.story import HERE, SERVICE, SITES, Story, datagrams
from tests.evidence.test_crowding import MANY, opened
from tests.judging.word import text
from tests.model.tasks import task_of

NAME, HOME, SECOND, SAME_NET = "chat1.example", "31.13.70.1", "157.240.9.1", "31.13.70.9"
SERVER, OTHER = "20.1.0.1", "20.2.0.1"
FAST = replace(
    SERVICE,
    pools=(*SERVICE.pools, Pool(name="fast", function=Function.TEXT, extra=True)),
    endpoints=(
        *SERVICE.endpoints,
        Endpoint(
            name="fast-443",
            pool="fast",
            member="fast",
            check="quic",
            port=443,
            host=NAME,
            provenance=HERE,
        ),
    ),
)
QUIC_SITES = tuple(replace(site, quic=site.name in ("site1", "site2")) for site in SITES)
_CONTROLS = (Arm.QUIC_NEUTRAL, Arm.QUIC_NEUTRAL_ELSEWHERE)


class Tale(Story):
    """A story with QUIC in it."""

    def quic(
        self,
        arm: Arm,
        address: str,
        *starts: float,
        says: bool = False,
        stage: str = "",
        service: str = "acme",
        **more: Any,
    ) -> "Tale":
        """Conversations that began at ``starts``: silence, or with ``says`` an answer."""
        nameless = arm is Arm.QUIC_NEGOTIATION
        answer = "version_negotiation" if nameless else "handshake"
        asked = "negotiation_sent" if nameless else "initial_sent"
        own = arm in (Arm.BASE, Arm.REPEAT, Arm.QUIC_ELSEWHERE)
        for start in starts:
            window = Window(start=start, end=start + (0.1 if says else 5.0))
            when: dict[str, Any] = {"window": window, "first_byte": 0.05 if says else None}
            reached = stage or (answer if says else asked)
            seen = datagrams("quic", address, 443, came=says, stage=reached, **when)
            sites = {site.addresses[0]: site.name for site in self.sites}
            control = arm in _CONTROLS
            name = f"{service}.name" if service != "acme" else NAME
            shown = name if own else "neutral.example"
            who: dict[str, Any] = (
                {"role": Role.CONTROL, "subject": sites[address]}
                if control
                else {"subject": service, "endpoint": "fast-443"}
            )
            task = task_of(
                "quic",
                Flow(address=address, port=443, host=name, server_name=shown),
                task_id=f"{arm}.{service}.{address}.{len(self.told)}",
                nth_round=2,
                arm=arm,
                **who,
            )
            self.tell(task, replace(seen, **more))
        return self


def tale(*, tcp: bool = True, second: str = SECOND, holds: bool = True) -> Tale:
    """Neutral sites work over TCP, and with ``tcp`` the service as well."""
    found = Tale(services=(FAST,), sites=QUIC_SITES)
    found.good_connection()
    found.asked(NAME, ResolverKind.SYSTEM, HOME, second, arm=Arm.BASE)
    if holds:
        found.names()
    if tcp:
        found.all_targets(times=1)
    return found


def dies_at_home(story: Tale, address: str = HOME) -> Tale:
    story.quic(Arm.BASE, address, 1.0).quic(Arm.REPEAT, address, 4.0, 7.0)
    return story.quic(Arm.QUIC_OTHER_SNI, address, 4.1, says=True)


def dies_elsewhere(story: Tale, address: str = SERVER) -> Tale:
    story.quic(Arm.QUIC_NEUTRAL, address, 1.0, says=True)
    story.quic(Arm.QUIC_ELSEWHERE, address, 4.0, 7.0, 10.0)
    return story.quic(Arm.QUIC_NEUTRAL_ELSEWHERE, address, 4.1, says=True)


# -- an extra earns nothing and spoils nothing


def test_what_answers_over_quic_earns_nothing() -> None:
    dead: dict[str, Any] = {"times": 3, "fails": "connect", "failure": Failure.TIMED_OUT}
    without = tale(tcp=False).all_targets(**dead)
    story = tale(tcp=False)
    story.all_targets(**dead)
    story.quic(Arm.BASE, HOME, 1.0, says=True, proof=Proof.CRYPTO)
    assert text(story).outcome is text(without).outcome is not Outcome.OK


def test_nothing_but_quic_is_not_tested() -> None:
    story = tale(tcp=False).quic(Arm.BASE, HOME, 1.0, says=True)
    assert text(story).outcome is Outcome.NOT_TESTED


@pytest.mark.parametrize("starts", [(1.0,), (1.0, 4.0, 7.0)])
def test_silence_alone_spoils_nothing(starts: tuple[float, ...]) -> None:
    found = text(tale().quic(Arm.BASE, HOME, *starts))
    assert (found.outcome, found.mechanisms) == (Outcome.OK, ())
    assert found == replace(text(tale()), evidence=found.evidence)


def test_a_refused_certificate_spoils_nothing() -> None:
    story = tale().quic(
        Arm.BASE, HOME, 1.0, 4.0, 7.0, says=True, failure=Failure.TLS_FAILED, stage="closed"
    )
    assert text(story).outcome is Outcome.OK


# -- the name decides


def test_the_fault_follows_the_name() -> None:
    found = text(dies_elsewhere(dies_at_home(tale())))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.CONFIRMED)
    assert found.mechanisms == ("quic.sni",)
    assert found.rules[0] == "quic.sni"
    assert [one.key for one in found.why] == ["quic.sni", "quic.tcp_works"]
    (service,) = judge(dies_elsewhere(dies_at_home(tale())).evidence()).services
    assert service.outcome is Outcome.DEGRADED
    assert "What names it inside QUIC" in summary(service)


def test_to_two_neutral_servers() -> None:
    story = dies_elsewhere(dies_elsewhere(tale()), OTHER).quic(Arm.BASE, HOME, 1.0, 4.0, 7.0)
    assert text(story).rules[0] == "quic.sni"


def test_version_negotiation_shows_the_address_alive_too() -> None:
    story = tale().quic(Arm.BASE, HOME, 1.0).quic(Arm.REPEAT, HOME, 4.0, 7.0)
    story.quic(Arm.QUIC_NEGOTIATION, HOME, 4.1, says=True)
    assert text(dies_elsewhere(story)).rules[0] == "quic.sni"


OK, UNSURE = Outcome.OK, Outcome.INCONCLUSIVE
"""It is well; or its own name dies where others do not, and it is not known why."""


@pytest.mark.parametrize(
    ("missing", "outcome"),
    [
        (lambda t: t.task.arm is Arm.QUIC_ELSEWHERE, UNSURE),
        (lambda t: t.task.arm in (Arm.BASE, Arm.REPEAT) and t.task.check == "quic", OK),
        (lambda t: t.task.arm is Arm.QUIC_OTHER_SNI, OK),
        (lambda t: t.task.arm is Arm.QUIC_NEUTRAL_ELSEWHERE, UNSURE),
        (lambda t: t.task.arm is Arm.REPEAT and t.observations[0].window.start == 4.0, UNSURE),
        (
            lambda t: t.task.arm is Arm.QUIC_ELSEWHERE and t.observations[0].window.start == 10.0,
            UNSURE,
        ),
    ],
)
def test_every_part_of_it_is_needed(missing: Any, outcome: Outcome) -> None:
    story = dies_elsewhere(dies_at_home(tale()))
    before = len(story.told)
    story.told = [m for m in story.told if not missing(m)]
    assert len(story.told) < before
    assert (text(story).outcome, text(story).mechanisms) == (outcome, ())


def test_what_dies_there_alone_and_is_asked_nowhere_else_is_not_known_to_be_well() -> None:
    story = tale().quic(Arm.BASE, HOME, 1.0, 4.0).quic(Arm.QUIC_OTHER_SNI, HOME, 4.1, says=True)
    found = text(story)
    assert (found.outcome, found.strength) == (Outcome.INCONCLUSIVE, None)
    assert [one.key for one in found.why] == ["quic.name_untold", "quic.tcp_works"]
    (service,) = judge(story.evidence()).services
    assert service.outcome is Outcome.INCONCLUSIVE
    once = tale().quic(Arm.BASE, HOME, 1.0).quic(Arm.QUIC_OTHER_SNI, HOME, 4.1, says=True)
    assert text(once).outcome is Outcome.OK, "one may have been lost"


@pytest.mark.parametrize(("others", "outcome"), [(True, UNSURE), (False, OK)])
def test_silence_of_its_name_alone_is_no_doing_of_our_crowd(others: bool, outcome: Outcome) -> None:
    """New flows are kept out, a neutral one over QUIC as well: chance takes few of the others."""
    story = tale()
    for n in range(MANY):
        opened(story, n, syns=n % 2)
    story.quic(Arm.QUIC_NEUTRAL, OTHER, 4.5)
    story.quic(Arm.BASE, HOME, 1.0).quic(Arm.REPEAT, HOME, 4.0, 7.0)
    story.quic(Arm.QUIC_ELSEWHERE, SERVER, 4.0, 7.0, 10.0)
    for arm in (Arm.QUIC_OTHER_SNI, Arm.QUIC_NEGOTIATION):
        story.quic(arm, HOME, 4.1, 7.1, says=others)
    facts = Facts(story.evidence())
    own = [t for t in facts.arm(Arm.BASE, Arm.REPEAT) if t.task.check == "quic"]
    assert all(map(facts.kept_out, own))
    assert text(story).outcome is outcome


def silent_there(story: Tale, *starts: float, initials: int = 3) -> Tale:
    """A neutral server does not answer to the name, nor, in the meantime, to any other."""
    return story.quic(Arm.QUIC_ELSEWHERE, SERVER, *starts, bytes_sent=initials * 1200)


def test_at_two_addresses_of_its_own_it_is_likely() -> None:
    found = text(silent_there(dies_at_home(dies_at_home(tale()), SECOND), 4.0, 7.0))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert (found.mechanisms, found.rules[0]) == (("quic.sni",), "quic.sni_here")


@pytest.mark.parametrize("starts", [(), (4.0,)])
def test_but_not_before_it_was_named_elsewhere(starts: tuple[float, ...]) -> None:
    """A dead backend behind the service's fronts looks alike at home."""
    found = text(silent_there(dies_at_home(dies_at_home(tale()), SECOND), *starts))
    assert (found.outcome, found.mechanisms) == (UNSURE, ())


def test_but_not_in_one_network() -> None:
    story = dies_at_home(dies_at_home(tale(second=SAME_NET)), SAME_NET)
    assert text(silent_there(story, 4.0, 7.0)).outcome is UNSURE


def test_nor_where_a_neutral_server_takes_the_name() -> None:
    story = silent_there(dies_at_home(dies_at_home(tale()), SECOND), 4.0, 7.0)
    story.quic(Arm.QUIC_ELSEWHERE, OTHER, 4.0, says=True)
    assert text(story).outcome is Outcome.OK


def test_nor_where_the_addresses_are_nobodys() -> None:
    """Forged ones: some QUIC server lives there, which does not serve the name."""
    story = Tale(services=(replace(FAST, prefixes=()),), sites=QUIC_SITES)
    story.good_connection()
    story.asked(NAME, ResolverKind.SYSTEM, HOME, SECOND, arm=Arm.BASE)
    silent_there(dies_at_home(dies_at_home(story), SECOND), 4.0, 7.0)
    assert text(story).mechanisms == ()


# -- what is no silence about the name


def test_tries_that_began_too_close_are_one() -> None:
    story = dies_elsewhere(tale())
    story.quic(Arm.BASE, HOME, 1.0).quic(Arm.REPEAT, HOME, 1.5, 2.2)
    story.quic(Arm.QUIC_OTHER_SNI, HOME, 2.1, says=True)
    assert text(story).outcome is UNSURE


@pytest.mark.parametrize(("lasts", "word"), [(3.5, Outcome.DEGRADED), (2.0, UNSURE)])
def test_a_second_apart_they_are_to_last_longer_than_a_burst_of_losses(
    lasts: float, word: Outcome
) -> None:
    story = dies_elsewhere(tale())
    for arm, start in ((Arm.BASE, 1.0), (Arm.REPEAT, 2.0), (Arm.REPEAT, 3.0)):
        story.quic(arm, HOME, start, window=Window(start=start, end=start + lasts))
    story.quic(Arm.QUIC_OTHER_SNI, HOME, 2.1, says=True)
    assert text(story).outcome is word


@pytest.mark.parametrize("when", [0.5, 7.5])
def test_what_answers_before_or_afterwards_shows_nothing(when: float) -> None:
    story = dies_elsewhere(tale()).quic(Arm.BASE, HOME, 1.0).quic(Arm.REPEAT, HOME, 4.0, 7.0)
    story.quic(Arm.QUIC_OTHER_SNI, HOME, when, says=True)
    assert text(story).mechanisms == ()


def test_without_the_library_no_name_was_sent() -> None:
    story = dies_elsewhere(tale())
    story.quic(Arm.BASE, HOME, 1.0, 4.0, 7.0, stage="negotiation_sent")
    story.quic(Arm.QUIC_OTHER_SNI, HOME, 4.1, says=True)
    assert text(story).outcome is Outcome.OK


@pytest.mark.parametrize(
    "how",
    [
        {"says": True},
        {"first_byte": 0.1, "stage": "answered", "proof": Proof.BYTES},
        {"failure": Failure.CONNECTION_REFUSED},
    ],
)
def test_one_try_that_met_no_silence_ends_it(how: dict[str, Any]) -> None:
    assert text(
        dies_elsewhere(dies_at_home(tale()).quic(Arm.REPEAT, HOME, 10.0, **how))
    ).outcome is (Outcome.OK)


def test_a_try_that_we_stopped_does_not_count_either_way() -> None:
    story = dies_elsewhere(dies_at_home(tale()))
    story.quic(Arm.REPEAT, HOME, 10.0, failure=Failure.INTERRUPTED)
    assert text(story).rules[0] == "quic.sni"


# -- beside other words


def test_the_worse_word_stays_and_the_mechanism_joins_it() -> None:
    story = tale(tcp=False)
    story.all_targets(fails="tls", failure=Failure.CONNECTION_RESET)
    for host in ("chat1.example", "chat2.example"):
        story.target(host, arm=Arm.OTHER_SNI, check="tls", server_name="site1.example")
        story.target(
            host,
            arm=Arm.TARGET_SNI_ELSEWHERE,
            address=SERVER,
            check="tls",
            fails="tls",
            failure=Failure.CONNECTION_RESET,
            times=3,
        )
    story.flow(
        SERVER, subject="site1", arm=Arm.NEUTRAL_SNI_ELSEWHERE, host="site4.example", check="tls"
    )
    story.controls_again()
    alone = text(story)
    assert alone.outcome is Outcome.BLOCKED
    both = text(dies_elsewhere(dies_at_home(story)))
    assert (both.outcome, both.strength, both.why) == (alone.outcome, alone.strength, alone.why)
    assert both.mechanisms == ("quic.sni", *alone.mechanisms)


def test_where_the_connection_is_out_of_order_nobody_is_judged() -> None:
    story = Tale(services=(FAST,), sites=QUIC_SITES)
    story.local()
    for site in SITES:
        story.flow(site.addresses[0], subject=site.name, arm=Arm.CONNECTION, fails="connect")
    dies_elsewhere(dies_at_home(story))
    verdict = judge(story.evidence())
    assert verdict.connection.state is State.NO_INTERNET
    assert all(not f.mechanisms for s in verdict.services for f in s.functions)


# -- whoever is named there falls silent


def poisons(story: Tale, address: str, at: float) -> Tale:
    story.quic(Arm.QUIC_NEUTRAL_ELSEWHERE, address, at - 0.1, says=True)
    story.quic(Arm.QUIC_ELSEWHERE, address, at, at + 3, at + 6)
    return story.quic(Arm.QUIC_NEUTRAL_ELSEWHERE, address, at + 0.1)


def test_servers_that_fall_silent_once_it_is_named_there() -> None:
    found = text(poisons(poisons(tale(), SERVER, 4.0), OTHER, 8.0))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.CONFIRMED)
    assert found.rules[0] == "quic.sni_residual"


def test_one_server_that_falls_silent_may_have_died() -> None:
    assert text(poisons(tale(), SERVER, 4.0)).outcome is Outcome.OK


def test_two_at_once_may_be_the_line() -> None:
    story = poisons(poisons(tale(), SERVER, 4.0), OTHER, 4.5)
    assert text(story).outcome is Outcome.OK


def test_where_two_services_were_named_it_is_not_known_whose_name_it_was() -> None:
    story = poisons(poisons(tale(), SERVER, 4.0), OTHER, 8.0)
    story.quic(Arm.QUIC_ELSEWHERE, SERVER, 3.0, service="other")
    assert text(story).outcome is Outcome.OK


def test_a_server_that_recovers_was_not_poisoned() -> None:
    story = poisons(poisons(tale(), SERVER, 4.0), OTHER, 8.0)
    story.quic(Arm.QUIC_NEUTRAL, SERVER, 20.0, says=True)
    assert text(story).outcome is Outcome.OK


# -- all of UDP port 443


def notes(story: Story) -> tuple[str, ...]:
    return judge(story.evidence()).connection.notes


def test_quic_that_works_nowhere_is_a_note_and_accuses_nobody() -> None:
    story = tale().quic(Arm.BASE, HOME, 1.0)
    story.quic(Arm.QUIC_NEUTRAL, SERVER, 1.0).quic(Arm.QUIC_NEUTRAL, OTHER, 4.0)
    assert "quic_blocked" in notes(story)
    assert text(story).outcome is Outcome.OK


def test_one_silent_neutral_server_is_no_note() -> None:
    assert "quic_blocked" not in notes(tale().quic(Arm.QUIC_NEUTRAL, SERVER, 1.0, 4.0))


@pytest.mark.parametrize("arm", [Arm.BASE, Arm.QUIC_NEGOTIATION, Arm.QUIC_NEUTRAL])
def test_nor_is_it_where_anybody_answers(arm: Arm) -> None:
    story = tale().quic(Arm.QUIC_NEUTRAL, SERVER, 1.0).quic(Arm.QUIC_NEUTRAL, OTHER, 4.0)
    assert "quic_blocked" in notes(story)
    story.quic(arm, SERVER if arm is Arm.QUIC_NEUTRAL else HOME, 5.0, says=True)
    assert "quic_blocked" not in notes(story)


def test_nor_where_nothing_else_works() -> None:
    story = Tale(services=(FAST,), sites=QUIC_SITES)
    story.local()
    for site in SITES:
        story.flow(site.addresses[0], subject=site.name, arm=Arm.CONNECTION, fails="connect")
    story.quic(Arm.QUIC_NEUTRAL, SERVER, 1.0).quic(Arm.QUIC_NEUTRAL, OTHER, 4.0)
    assert "quic_blocked" not in notes(story)


def test_an_answer_over_quic_shows_no_address_unless_it_proves_the_name() -> None:
    """A resolver's wrong answer is not put right by any QUIC server's."""
    from msgprobe.evidence.facts import Facts

    story = tale(tcp=False, holds=False).quic(Arm.BASE, HOME, 1.0, says=True)
    assert Facts(story.evidence()).name(NAME).proved == frozenset()
    story.quic(Arm.BASE, HOME, 2.0, says=True, proof=Proof.CRYPTO)
    assert Facts(story.evidence()).name(NAME).proved == {HOME}


# -- long paths, on which there is no time for a third attempt


@pytest.mark.parametrize(("initials", "told"), [(5, True), (4, False)])
def test_two_attempts_do_that_lost_as_many_initials_as_three(initials: int, told: bool) -> None:
    story = tale()
    sent: dict[str, Any] = {"bytes_sent": initials * 1200}
    story.quic(Arm.BASE, HOME, 1.0, **sent).quic(Arm.REPEAT, HOME, 5.0, **sent)
    story.quic(Arm.QUIC_OTHER_SNI, HOME, 4.1, says=True)
    story.quic(Arm.QUIC_NEUTRAL, SERVER, 1.0, says=True)
    story.quic(Arm.QUIC_ELSEWHERE, SERVER, 4.0, 8.0, **sent)
    found = text(story.quic(Arm.QUIC_NEUTRAL_ELSEWHERE, SERVER, 4.1, says=True))
    assert (found.outcome is Outcome.DEGRADED) is told


@pytest.mark.parametrize("initials", [0, 5, 6])
def test_elsewhere_one_attempt_does_that_lost_as_many_as_two(initials: int) -> None:
    story = tale()
    for address in (HOME, SECOND):
        story.quic(Arm.BASE, address, 1.0, bytes_sent=7200)
        story.quic(Arm.REPEAT, address, 5.0, bytes_sent=7200)
        story.quic(Arm.QUIC_OTHER_SNI, address, 4.1, says=True)
    if initials:
        silent_there(story, 4.0, initials=initials)
    assert (text(story).mechanisms == ("quic.sni",)) is (initials >= 6)
