"""Where something is moved from: addresses at which a public service can live."""

import pytest

from msgprobe.hypotheses.throttling.tasks import dialled_address, other_networks
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from tests.evidence.story import Story

HOST = "media.example"
TRUE, OTHER, NEAR = "31.13.72.1", "157.240.1.9", "31.13.72.99"


def told(*addresses: str) -> PlanningContext:
    story = Story().good_connection()
    story.asked(HOST, ResolverKind.SYSTEM, *addresses, arm=Arm.BASE)
    return PlanningContext(story.evidence(), Moment(now=1.0))


@pytest.mark.parametrize("inside", ["10.10.34.36", "127.0.0.1", "192.168.1.7"])
def test_nothing_is_moved_from_where_no_public_service_can_live(inside: str) -> None:
    context = told(inside, TRUE, OTHER)
    main = dialled_address(context, HOST)
    assert main is not None and main != inside
    assert other_networks(context, HOST, main) == [{TRUE: OTHER, OTHER: TRUE}[main]]
    assert other_networks(told(inside, TRUE), HOST, TRUE) == []


def test_an_address_beside_the_first_one_is_no_other_network() -> None:
    assert other_networks(told(TRUE, NEAR), HOST, TRUE) == []
    assert set(other_networks(told(TRUE, NEAR, OTHER), HOST, OTHER)) <= {TRUE, NEAR}
