"""What answers in a messenger's own protocol license: genuine, impersonated, in another form."""

import dataclasses
from typing import Any

import pytest

from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, Strength
from msgprobe.report.say import said
from tests.evidence.story import CHAT, SERVICE, SITES, Story
from tests.judging.word import text

MTPROTO: dict[str, Any] = {"check": "mtproto"}


def begun() -> Story:
    return Story().good_connection().names()


def dying(*starts: float) -> Story:
    """The protocol gets nothing in the form that the apps use, dialled at these seconds."""
    story = begun()
    for host in CHAT:
        for n, start in enumerate(starts or (0.0, 3.0, 6.0)):
            story.target(
                host,
                arm=Arm.REPEAT if n else Arm.BASE,
                start=start,
                fails="answer",
                proof=Proof.CONNECTED,
                **MTPROTO,
            )
    return story.controls_again()


def other_form(
    story: Story, *hosts: str, proof: Proof = Proof.CRYPTO, start: float = 2.0, **how: Any
) -> Story:
    for host in hosts:
        story.target(host, arm=Arm.OTHER_PAYLOAD, proof=proof, start=start, **MTPROTO, **how)
    return story


def test_a_server_that_proved_its_key_is_confirmed() -> None:
    found = text(begun().target(CHAT[0], proof=Proof.CRYPTO, stage="server_dh_params", **MTPROTO))
    assert (found.outcome, found.strength) == (Outcome.OK, Strength.CONFIRMED)
    assert found.rules == ("ok.authenticated",)


@pytest.mark.parametrize("proof", [Proof.SHAPE, Proof.NONCE])
def test_less_than_a_proof_stays_likely(proof: Proof) -> None:
    found = text(begun().target(CHAT[0], proof=proof, stage="respq", **MTPROTO))
    assert (found.outcome, found.strength) == (Outcome.OK, Strength.LIKELY)


def test_proofs_of_fewer_members_than_are_needed_leave_it_likely() -> None:
    both = dataclasses.replace(SERVICE, pools=(dataclasses.replace(SERVICE.pools[0], ok_at=2),))
    story = Story(services=(both,)).good_connection().names()
    story.target(CHAT[0], proof=Proof.CRYPTO, stage="server_dh_params", **MTPROTO)
    story.target(CHAT[1], proof=Proof.NONCE, stage="respq", **MTPROTO)
    found = text(story)
    assert (found.outcome, found.strength) == (Outcome.OK, Strength.LIKELY)
    story.target(CHAT[1], proof=Proof.CRYPTO, stage="server_dh_params", **MTPROTO)
    assert text(story).strength is Strength.CONFIRMED


@pytest.mark.parametrize("stage", ["unknown_key", "wrong_key"])
@pytest.mark.parametrize("fails", ["answer", None])
def test_an_impostor_is_neither_the_service_nor_proof_of_a_block(
    stage: str, fails: str | None
) -> None:
    story = begun().all_targets(fails=fails, proof=Proof.NONCE, stage=stage, **MTPROTO)
    for host in CHAT:  # whose plain HTTP page is the impostor's, too
        story.target(host, arm=Arm.OTHER_PAYLOAD, check="page")
    found = text(story.controls_again())
    assert (found.outcome, found.strength) == (Outcome.INCONCLUSIVE, None)
    assert found.rules[0] == "protocol.impostor"
    assert "Do not log in" in said(found.why)


def test_a_genuine_member_beside_an_impostor_still_counts() -> None:
    story = begun().target(CHAT[0], proof=Proof.CRYPTO, stage="server_dh_params", **MTPROTO)
    story.target(CHAT[1], times=3, fails="answer", proof=Proof.NONCE, stage="wrong_key", **MTPROTO)
    found = text(story)
    assert found.outcome is Outcome.OK  # one member is enough for this pool
    assert "protocol.impostor" not in found.rules


def test_a_form_that_dies_where_another_proves_the_server_is_blocked() -> None:
    found = text(other_form(dying(), *CHAT))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert found.mechanisms == ("protocol.mtproto",)
    assert found.rules[0] == "protocol.mtproto.other_form"


@pytest.mark.parametrize(
    "story",
    [
        other_form(dying(), CHAT[0]),
        other_form(dying(0.0), *CHAT),
        other_form(dying(), *CHAT, start=7.0),
        other_form(dying(), *CHAT, proof=Proof.NONCE),
        other_form(dying(), *CHAT, fails="answer"),
        other_form(dying(), *CHAT, proof=Proof.NONCE, stage="wrong_key"),
        dying(),
    ],
    ids=["one network", "once", "only later", "unproved", "dies too", "impostor", "not tried"],
)
def test_less_than_that_is_inconclusive(story: Story) -> None:
    found = text(story)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_plain_http_where_the_protocol_dies_is_likely_blocked() -> None:
    story = dying(0.0, 3.0, 15.5)
    story.all_targets(times=1, arm=Arm.OTHER_PAYLOAD, check="page")
    found = text(story)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.rules[0] == "protocol.mtproto.other_words"


def test_plain_http_while_the_servers_behind_may_be_begun_again_says_nothing() -> None:
    story = dying()
    story.all_targets(times=1, arm=Arm.OTHER_PAYLOAD, check="page")
    assert text(story).outcome is Outcome.INCONCLUSIVE


# -- the same words at neutral servers


def lost(story: Story, number: int = 1) -> Story:
    """What was said last in a protocol of its own was not acknowledged."""
    for n in range(len(story.told) - number, len(story.told)):
        seen = tuple(
            dataclasses.replace(o, request_acked=False) if isinstance(o, ProtocolObservation) else o
            for o in story.told[n].observations
        )
        story.told[n] = dataclasses.replace(story.told[n], observations=seen)
    return story


def filtered(
    *, sites: int = 2, times: int = 3, acked: int = 0, beside: str | None = None, at: float = 0.0
) -> Story:
    """Noise gets nowhere at home, nor at so many neutral servers, of which ``acked`` acknowledge
    it; TLS there, ``at`` that second, ends ``beside`` it."""
    story = begun()
    silent: dict[str, Any] = {"fails": "answer", "proof": Proof.CONNECTED, "check": "noise"}
    for host in CHAT:
        lost(story.target(host, times=3, over=6.0, **silent), 3)
    for number, site in enumerate(SITES[:sites]):
        for _ in range(times):
            there = {"arm": Arm.WORDS_ELSEWHERE, "address": site.addresses[0], **silent}
            story.target(CHAT[0], **there)
            if number >= acked:
                lost(story)
            story.site(site, Arm.WORDS_NEUTRAL, check="tls", fails=beside, start=at)
    return story.controls_again()


def test_words_that_get_to_no_neutral_server_are_filtered() -> None:
    found = text(filtered())
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert (found.rules[0], found.mechanisms) == ("protocol.elsewhere.noise", ("protocol.noise",))


@pytest.mark.parametrize(
    "how",
    [{"sites": 1}, {"times": 2}, {"acked": 1}, {"beside": "tls"}, {"at": 5.0}, {"sites": 0}],
    ids=["one network", "twice", "one took them", "TLS dies as well", "TLS later", "not said"],
)
def test_less_than_that_accuses_nobody(how: dict[str, Any]) -> None:
    assert text(filtered(**how)).outcome is Outcome.INCONCLUSIVE
