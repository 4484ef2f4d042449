"""Names that left the DNS: one that was retired, a function's, and a whole service's."""

from dataclasses import replace

import pytest

from msgprobe.judging.judge import judge
from msgprobe.judging.rules_outcome import OLD_FACTS
from msgprobe.model.failure import Failure
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm, ResolverKind, Role
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength
from tests.evidence.story import SERVICE, Story, endpoint, numbered

FILES = ("files1.example", "files2.example")
NAMES = ("chat1.example", "chat2.example", *FILES)
RELAY = "20.7.1.1"
POOLS = (*SERVICE.pools, Pool(name="files", function=Function.MEDIA, ok_at=1))
BOTH = replace(
    SERVICE,
    pools=POOLS,
    endpoints=(
        *SERVICE.endpoints,
        *(endpoint(name.removesuffix(".example"), "files") for name in FILES),
    ),
)
CALLING = replace(
    BOTH,
    pools=(*POOLS, Pool(name="relay", function=Function.CALLS, ok_at=1)),
    endpoints=(*BOTH.endpoints, *numbered("relay", (RELAY,), check="https", port=443)),
)


def gone(
    story: Story, *names: str, how: Failure = Failure.DNS_NXDOMAIN, operators: int = 2
) -> Story:
    """Nobody knows these names: neither the system nor encrypted resolvers."""
    for name in names:
        story.dns(name, ResolverKind.SYSTEM, failure=how, role=Role.TARGET, arm=Arm.BASE)
        for n in range(operators):
            operator = f"resolver{n}"
            story.dns(name, ResolverKind.DOH, failure=how, resolver=operator, role=Role.TARGET)
    return story


def service(story: Story) -> ServiceVerdict:
    (found,) = judge(story.evidence()).services
    return found


def of(story: Story, function: Function) -> FunctionVerdict:
    return next(f for f in service(story).functions if f.function is function)


def fresh() -> Story:
    return Story(services=(BOTH,)).good_connection()


def test_a_service_all_of_whose_names_are_gone_is_down() -> None:
    """As one that was given up, or whose domains were taken: nobody on the way can say so over
    encrypted DNS, and no catalogue grows so old name by name."""
    found = service(gone(fresh(), *NAMES))
    assert (found.outcome, found.strength) == (Outcome.DOWN, Strength.LIKELY)
    assert {f.outcome for f in found.functions} == {Outcome.DOWN}
    why = of(gone(fresh(), *NAMES), Function.TEXT).why
    assert [one.key for one in why] == ["down.names_gone", OLD_FACTS.key]


def test_names_that_are_gone_and_names_whose_servers_fail_are_one_outage() -> None:
    story = gone(gone(fresh(), *NAMES[:3]), NAMES[3], how=Failure.DNS_SERVFAIL)
    assert of(story, Function.TEXT).outcome is Outcome.DOWN


@pytest.mark.parametrize("names", [NAMES[:2], FILES], ids=["text", "media"])
def test_the_names_of_one_function_may_have_been_retired(names: tuple[str, ...]) -> None:
    story = gone(fresh(), *names)
    rest = [name for name in NAMES if name not in names]
    for name, address in zip(rest, ("5.8.1.1", "5.9.1.1"), strict=True):
        story.dns(name, ResolverKind.SYSTEM, address, role=Role.TARGET, arm=Arm.BASE)
        story.target(name, address=address)
    lost = Function.TEXT if names != FILES else Function.MEDIA
    assert of(story, lost).outcome is Outcome.NOT_TESTED


def test_two_names_are_too_few() -> None:
    story = gone(Story().good_connection(), *NAMES[:2])
    assert service(story).outcome is Outcome.NOT_TESTED


def test_one_operator_is_too_few() -> None:
    assert service(gone(fresh(), *NAMES, operators=1)).outcome is not Outcome.DOWN


def test_a_service_that_answers_somewhere_is_not_down() -> None:
    story = gone(Story(services=(CALLING,)).good_connection(), *NAMES)
    story.flow(RELAY, subject="acme", arm=Arm.BASE, endpoint="relay1")
    assert of(story, Function.CALLS).outcome is Outcome.OK
    found = service(story)
    assert Outcome.DOWN not in {found.outcome, *(f.outcome for f in found.functions)}
