"""Some servers that answer nobody, on a line that loses neutral flows as well: as many may be dead
by luck, whichever they are."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.lasting import LASTING
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story, numbered
from tests.judging.word import text

CUT: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT}
REFUSED: dict[str, Any] = {"fails": "connect", "failure": Failure.CONNECTION_REFUSED}
SILENT: dict[str, Any] = {"fails": "tls", "failure": Failure.TIMED_OUT}

SIX = {site.host: f"2600:{n}::1" for n, site in enumerate(SITES)}


def line(story: Story, lost: int, how: dict[str, Any], *, six: bool = False) -> Story:
    """Besides four neutral flows at its beginning and four at its end a dozen, of which so many are
    lost; over IPv6 if that is asked, where those at the beginning and the end are over IPv4."""
    story.good_connection()
    for n, site in enumerate(SITES * 3):
        address = SIX[site.host] if six else site.addresses[0]
        asked = replace(site, addresses=(address,))
        story.site(asked, Arm.AGAIN, check="tls", **(how if n % 4 < lost and n // 4 < 2 else {}))
    return story


def halves(lost: int, how: dict[str, Any], *, six: bool = False) -> FunctionVerdict:
    """Both names have an address that works and one where three attempts are lost, the latter over
    IPv6 if that is asked."""
    told = line(Story(), lost, how, six=six)
    for number, host in enumerate(CHAT):
        dead = f"2a03:2880:{number}::1" if six else f"157.240.{10 + number}.1"
        told.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], dead, arm=Arm.BASE)
        told.target(host)
        told.target(host, address=dead, times=3, **how)
    return text(told.controls_again())


@pytest.mark.parametrize("how", [CUT, SILENT], ids=["connections", "handshakes"])
@pytest.mark.parametrize(("six", "lost"), [(False, 3), (True, 2)], ids=["IPv4", "IPv6"])
def test_a_half_of_few_servers_is_dead_by_luck_on_a_line_that_loses_as_much(
    how: dict[str, Any], six: bool, lost: int
) -> None:
    assert halves(0, how, six=six).outcome is Outcome.DEGRADED
    assert halves(lost, how, six=six).outcome is Outcome.OK


def test_what_is_lost_in_another_way_explains_no_dead_half() -> None:
    """A line that loses connections refuses none."""
    told = line(Story(), 3, CUT)
    for number, host in enumerate(CHAT):
        dead = f"157.240.{10 + number}.1"
        told.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], dead, arm=Arm.BASE)
        told.target(host).target(host, address=dead, times=3, **REFUSED)
    assert text(told.controls_again()).outcome is Outcome.DEGRADED


def servers(dead: int, of: int, lost: int) -> FunctionVerdict:
    """So many of a pool's servers, each in a network of its own, are lost three times within a time
    that no server takes to be begun again."""
    addresses = [f"149.154.{150 + n}.9" for n in range(of)]
    service = replace(
        SERVICE,
        pools=(Pool(name="chat", function=Function.TEXT, ok_at=of),),
        prefixes=("149.154.0.0/16",),
        endpoints=numbered("chat", addresses, check="acme", port=443),
    )
    told = line(Story(services=(service,)), lost, CUT)
    for n, address in enumerate(addresses):
        bad = n < dead
        for start in (0.0, 3.0, LASTING) if bad else (0.0,):
            told.flow(
                address,
                subject="acme",
                endpoint=f"chat{n + 1}",
                arm=Arm.BASE,
                check="acme",
                start=start,
                **(CUT if bad else {"proof": Proof.CRYPTO}),
            )
    return text(told.controls_again())


@pytest.mark.parametrize(
    ("dead", "of", "lost", "word"),
    [
        (2, 6, 0, Outcome.DEGRADED),
        (2, 6, 3, Outcome.INCONCLUSIVE),
        (5, 6, 3, Outcome.DEGRADED),
        (2, 2, 0, Outcome.BLOCKED),
        (2, 2, 3, Outcome.INCONCLUSIVE),
        (6, 6, 3, Outcome.BLOCKED),
    ],
)
def test_a_line_that_loses_flows_explains_few_dead_servers_and_not_many(
    dead: int, of: int, lost: int, word: Outcome
) -> None:
    assert servers(dead, of, lost).outcome is word


def test_more_attempts_show_what_few_do_not() -> None:
    """Nine at each of two servers, all lost where a line loses one in three."""
    told = line(Story(), 3, CUT)
    for host in CHAT:
        told.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], arm=Arm.BASE)
        told.asked(host, ResolverKind.DOH, ADDRESSES[host], resolver="resolver1")
        for start in range(0, 18, 2):
            told.target(host, start=float(start), **CUT)
    found = text(told.controls_again())
    assert (found.outcome, found.mechanisms) == (Outcome.BLOCKED, ("tcp.timeout",))
