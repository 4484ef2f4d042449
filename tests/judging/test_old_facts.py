"""No single fact of the catalogue convicts: errors of a server's own, one member among several,
addresses that were given up."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.lasting import LASTING
from msgprobe.judging.judge import judge
from msgprobe.judging.rules_outcome import OLD_FACTS
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Function, Pool, Service
from msgprobe.model.task import Arm, ResolverKind, Role
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength
from msgprobe.report.summary import summary
from tests.evidence.story import ADDRESSES, CHAT, HERE, SERVICE, Story, numbered

RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
REFUSED: dict[str, Any] = {"fails": "connect", "failure": Failure.CONNECTION_REFUSED}
SILENT: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT}


def service(story: Story) -> ServiceVerdict:
    (found,) = judge(story.evidence()).services
    return found


def text(story: Story) -> FunctionVerdict:
    return next(f for f in service(story).functions if f.function is Function.TEXT)


def expecting(*members: str, **expected: Any) -> Service:
    """The service of the stories, whose rows of those members say what should come."""
    return replace(
        SERVICE,
        endpoints=tuple(
            replace(e, **expected) if e.member in members else e for e in SERVICE.endpoints
        ),
    )


# --- an error of the server's own -----------------------------------------------------------------


def test_an_error_where_no_other_answer_is_known_to_be_due_is_an_answer() -> None:
    verdict = text(Story().good_connection().names().all_targets(times=1, status=503))
    assert (verdict.outcome, verdict.strength) == (Outcome.OK, Strength.LIKELY)
    assert [one.key for one in verdict.why] == ["ok.with_error"]


@pytest.mark.parametrize(
    "expected",
    [{"expect_status": (401,)}, {"expect_text": "ready"}, {"options": (("header", "X-Served"),)}],
)
def test_errors_of_two_members_where_another_answer_is_due_are_down(
    expected: dict[str, Any],
) -> None:
    story = Story(services=(expecting("chat1", "chat2", **expected),))
    verdict = text(story.good_connection().names().all_targets(times=1, status=502))
    assert (verdict.outcome, verdict.strength) == (Outcome.DOWN, Strength.CONFIRMED)


def test_an_error_of_one_member_where_another_answer_is_due_is_not() -> None:
    story = Story(services=(expecting("chat1", expect_status=(401,)),))
    story.good_connection().names().all_targets(times=1, status=503)
    assert text(story).outcome is Outcome.OK


@pytest.mark.parametrize(("later", "word"), [(5.0, Outcome.OK), (31.0, Outcome.DOWN)])
def test_one_member_is_down_only_when_it_is_so_for_long(later: float, word: Outcome) -> None:
    story = Story(services=(expecting("chat1", expect_status=(401,)),)).good_connection().names()
    story.target(CHAT[0], status=503).target(CHAT[0], status=503, start=later)
    assert text(story).outcome is word


def test_a_good_answer_beside_an_error_is_good() -> None:
    story = Story(services=(expecting("chat1", "chat2", expect_status=(200,)),))
    story.good_connection().names().target(CHAT[0], status=503).target(CHAT[1])
    assert (text(story).outcome, text(story).strength) == (Outcome.OK, Strength.CONFIRMED)


def with_web(pool: Pool, *hosts: str) -> Service:
    """The service with a second function, whose rows say what should come."""
    rows = tuple(
        Endpoint(
            name=f"{host.split('.')[0]}-443",
            pool=pool.name,
            member=host.split(".")[0],
            check="https",
            port=443,
            host=host,
            expect_status=(200,),
            provenance=HERE,
        )
        for host in hosts
    )
    return replace(SERVICE, pools=(*SERVICE.pools, pool), endpoints=(*SERVICE.endpoints, *rows))


def failing_web(pool: Pool) -> Story:
    """Both hosts of the web pool answer with an error; all else works."""
    service = with_web(pool, "web1.example", "web2.example")
    story = Story(services=(service,)).good_connection().names()
    story.all_targets(times=1)
    for n in (1, 2):
        host, address = f"web{n}.example", f"31.13.71.{n}"
        story.dns(host, ResolverKind.SYSTEM, address, role=Role.TARGET)
        story.target(host, address=address, status=500)
    return story


def test_a_service_whose_primary_function_answers_is_not_down() -> None:
    story = failing_web(Pool(name="web", function=Function.WEB))
    found = service(story)
    assert [f.outcome for f in found.functions] == [Outcome.OK, Outcome.DOWN]
    assert (found.outcome, found.partial) == (Outcome.DEGRADED, True)
    assert "(web)" in summary(found)


def test_a_pool_that_is_down_beside_one_that_works_is_only_a_part_of_the_function() -> None:
    story = failing_web(Pool(name="more", function=Function.TEXT))
    assert (text(story).outcome, text(story).partial) == (Outcome.DEGRADED, True)


# --- one member among several ---------------------------------------------------------------------


def five(ok_at: int = 5) -> Service:
    """A service of five numbered servers in its own networks, and a web site."""
    pool = Pool(name="dc", function=Function.TEXT, ok_at=ok_at)
    rows = numbered("dc", [f"149.154.16{n}.9" for n in range(1, 6)], check="acme", port=443)
    web = with_web(Pool(name="web", function=Function.WEB), "web1.example")
    return replace(
        web,
        pools=(pool, web.pools[1]),
        endpoints=(*rows, web.endpoints[-1]),
        prefixes=("149.154.160.0/20",),
    )


def told(missing: int, *, web: str = "149.154.166.1", fails: dict[str, Any] = SILENT) -> Story:
    """The first ``missing`` of five servers fail in repeats, the site's name leads to ``web``."""
    story = Story(services=(five(),)).good_connection()
    story.dns("web1.example", ResolverKind.SYSTEM, web, role=Role.TARGET)
    story.target("web1.example", address=web)
    for n in range(1, 6):
        bad = fails if n <= missing else {"proof": Proof.CRYPTO}
        for start in (0.0, 3.0, LASTING) if n <= missing else (0.0,):
            story.flow(
                f"149.154.16{n}.9",
                subject="acme",
                endpoint=f"dc{n}",
                arm=Arm.BASE,
                check="acme",
                start=start,
                **bad,
            )
    return story.controls_again()


def test_one_member_that_is_dead_may_have_been_retired() -> None:
    found = service(told(1))
    verdict = found.functions[0]
    assert (verdict.outcome, verdict.partial) == (Outcome.INCONCLUSIVE, True)
    assert (verdict.endpoints.ok, verdict.endpoints.tested) == (4, 5)
    assert verdict.why[0].key == "pool.one_member" and OLD_FACTS in verdict.why
    assert found.outcome is Outcome.OK
    assert "4 of 5 servers" in summary(found)


def test_two_dead_members_are_a_degraded_service() -> None:
    found = service(told(2))
    assert found.outcome is Outcome.DEGRADED
    assert "tcp.timeout" in found.mechanisms


@pytest.mark.parametrize(
    ("fails", "sites", "word"),
    [
        (SILENT, 4, Outcome.INCONCLUSIVE),
        (SILENT, 1, Outcome.DEGRADED),
        (REFUSED, 4, Outcome.DEGRADED),
    ],
    ids=["as silent as neutral sites", "neutral sites answer", "no line refuses"],
)
def test_members_that_are_silent_as_neutral_sites_are_say_nothing_of_the_service(
    fails: dict[str, Any], sites: int, word: Outcome
) -> None:
    story = told(2, fails=fails)
    story.told = [m for m in story.told if m.task.arm is not Arm.AGAIN]
    for site in story.sites:  # one that is lost of a dozen shows no poor line
        story.site(site, Arm.CONNECTION, check="tls")
    for number, site in enumerate(story.sites):
        story.site(site, Arm.AGAIN, check="tls", **(SILENT if number < sites else {}))
    verdict = service(story).functions[0]
    assert verdict.outcome is word
    assert ("controls.failed" in verdict.rules) is (word is Outcome.INCONCLUSIVE)


def test_a_single_member_of_two_leaves_no_word_for_the_primary_function() -> None:
    pool = Pool(name="chat", function=Function.TEXT, ok_at=2)
    story = Story(services=(replace(SERVICE, pools=(pool,)),)).good_connection().names()
    story.target(CHAT[0]).target(CHAT[1], times=3, **SILENT).controls_again()
    found = service(story)
    assert (found.outcome, found.functions[0].outcome) == (Outcome.INCONCLUSIVE,) * 2


@pytest.mark.parametrize(
    ("fails", "others", "back", "word"),
    [
        (REFUSED, 2, 0.0, Outcome.DEGRADED),
        (REFUSED, 2, 12.0, Outcome.DEGRADED),
        (REFUSED, 2, LASTING + 1, Outcome.OK),
        (REFUSED, 1, 0.0, Outcome.OK),
        (SILENT, 2, 0.0, Outcome.OK),
    ],
    ids=["still", "for longer", "no longer, as is known", "as one did once", "as what gets lost"],
)
def test_a_member_that_fails_as_others_do_now_and_then_is_no_retired_one(
    fails: dict[str, Any], others: int, back: float, word: Outcome
) -> None:
    """Four of five servers answer; of some of these, an attempt fails in the same way, and a later
    one does not."""
    story = told(1, fails=fails)
    for n in range(2, 2 + others):
        way: dict[str, Any] = {
            "subject": "acme",
            "endpoint": f"dc{n}",
            "check": "acme",
            "arm": Arm.REPEAT,
        }
        story.flow(f"149.154.16{n}.9", start=2.0, **way, **fails)
        if back:
            story.flow(f"149.154.16{n}.9", start=back, **way, proof=Proof.CRYPTO)
    assert service(story).outcome is word


@pytest.mark.parametrize(
    ("astray", "led", "elsewhere", "word"),
    [
        (True, True, True, Outcome.DEGRADED),
        (True, True, False, Outcome.INCONCLUSIVE),
        (True, False, True, Outcome.INCONCLUSIVE),
        (False, True, True, Outcome.INCONCLUSIVE),
    ],
    ids=["it lives there", "nor there", "where nobody leads any more", "the resolver fails"],
)
def test_a_member_that_lives_where_another_resolver_leads_is_no_retired_one(
    astray: bool, led: bool, elsewhere: bool, word: Outcome
) -> None:
    """The provider's resolver leads one of two names to an address where nobody is."""
    pool = Pool(name="chat", function=Function.TEXT, ok_at=2)
    story = Story(services=(replace(SERVICE, pools=(pool,)),)).good_connection()
    (story.names(system=False) if led else story).target(CHAT[0])
    story.asked(CHAT[0], ResolverKind.SYSTEM, ADDRESSES[CHAT[0]], arm=Arm.BASE)
    if astray:
        story.asked(CHAT[1], ResolverKind.SYSTEM, "185.79.0.9", arm=Arm.BASE)
        story.target(CHAT[1], address="185.79.0.9", times=3, **SILENT)
    else:
        fails = Failure.DNS_TEMPORARY
        story.asked(CHAT[1], ResolverKind.SYSTEM, arm=Arm.BASE, failure=fails)
    story.target(CHAT[1], arm=Arm.OTHER_ADDRESS, **({} if elsewhere else SILENT))
    found = service(story.controls_again())
    assert (found.outcome, found.functions[0].outcome) == (word, word)


def test_a_member_whose_name_is_shown_to_be_the_trigger_is_no_retired_one() -> None:
    from tests.judging.test_licences import elsewhere

    pool = Pool(name="chat", function=Function.TEXT, ok_at=2)
    story = Story(services=(replace(SERVICE, pools=(pool,)),)).good_connection().names()
    story.target(CHAT[0], times=3, **RESET).target(CHAT[1]).controls_again()
    found = service(elsewhere(story, CHAT[0], **RESET))
    assert found.outcome is Outcome.DEGRADED
    assert found.mechanisms == ("tls.reset.sni",)


def test_enough_members_that_answer_do_not_acquit_whoever_cuts_off_another() -> None:
    from tests.judging.test_licences import elsewhere

    story = Story().good_connection().names()
    story.target(CHAT[0], times=3, **RESET).target(CHAT[1]).controls_again()
    assert service(story).outcome is Outcome.OK
    found = service(elsewhere(story, CHAT[0], **RESET))
    assert (found.outcome, found.mechanisms) == (Outcome.DEGRADED, ("tls.reset.sni",))


# --- addresses that nobody resolves ---------------------------------------------------------------


def test_silent_addresses_in_networks_where_the_service_still_lives_are_blocked() -> None:
    verdict = text(told(5))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tcp.timeout",))


def test_silent_addresses_in_networks_that_the_service_has_left_are_not() -> None:
    verdict = text(told(5, web="203.0.114.7"))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert OLD_FACTS in verdict.why


def test_names_that_lead_to_new_addresses_are_judged_by_these() -> None:
    story = Story().good_connection()
    for host in CHAT:
        for kind, who in ((ResolverKind.SYSTEM, "system"), (ResolverKind.DOH, "resolver1")):
            story.dns(host, kind, f"45.9.{len(host)}.1", resolver=who, role=Role.TARGET)
        story.target(host, address=f"45.9.{len(host)}.1")
    assert text(story).outcome is Outcome.OK
