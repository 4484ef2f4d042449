"""A censor may read one family of addresses alone: a name that dies there is taken to neutral
servers there."""

import dataclasses

import pytest

from msgprobe.evidence.addresses import family
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Window
from msgprobe.model.task import Arm, Flow, ResolverKind
from tests.evidence.story import ADDRESSES, SITES, Story
from tests.planning.test_showings import APART, Day

BOTH = tuple(
    dataclasses.replace(site, addresses=(*site.addresses, f"2a02:{n}::1"))
    for n, site in enumerate(SITES, 1)
)
SIX = {host: f"2a03:{n}::1" for n, host in enumerate(ADDRESSES, 1)}


class TwoFamilies(Day):
    """A run in which what names the service is reset over the families in ``dies``, wherever it
    goes. Neutral servers were reached over IPv4, those that take no foreign names over IPv6 as
    well, and the others ``over_six``."""

    def __init__(self, *dies: int, over_six: bool = True) -> None:
        self.dies = dies
        self.story = Story(services=(APART,), sites=BOTH).good_connection()
        self.story.told[:1] = Story().local(route6=True).told
        for site in BOTH:
            if over_six or not site.any_name:
                self.story.site(dataclasses.replace(site, addresses=site.addresses[1:]))
        # A line on which a conversation takes longer is spared those over IPv6.
        brisk = Window(start=0.0, end=0.2)
        self.story.told = [dataclasses.replace(m, window=brisk) for m in self.story.told]
        for host, address in ADDRESSES.items():
            both = (address, SIX[host])
            self.story.asked(host, ResolverKind.SYSTEM, *both, arm=Arm.BASE)
        for now in (1.0, 1.2):
            for task in self.wanted(now, Arm.BASE):
                if isinstance(task.probe, Flow):
                    died = family(task.flow.address) in dies
                    self.tell(task, now, Failure.CONNECTION_RESET if died else None)

    def shown_over(self) -> set[int]:
        """The families over which neutral servers are shown the service's names."""
        families = set()
        for look in range(12):
            now = 2.0 + look / 2
            for task in self.wanted(now):
                used = family(task.flow.address)
                named = task.arm is Arm.TARGET_SNI_ELSEWHERE
                families |= {used} if named else set()
                died = named and used in self.dies
                self.tell(task, now, Failure.CONNECTION_RESET if died else None)
        return families


@pytest.mark.parametrize(
    ("dies", "over_six", "shown"),
    [((6,), True, {6}), ((4, 6), True, {4}), ((6,), False, {4})],
    ids=[
        "over IPv6 alone",
        "over both",
        "over IPv6, reached at no neutral server",
    ],
)
def test_over_which_family_names_are_taken_elsewhere(
    dies: tuple[int, ...], over_six: bool, shown: set[int]
) -> None:
    assert TwoFamilies(*dies, over_six=over_six).shown_over() == shown
