"""Is nothing wrong but the line, or the device? Nobody may be called a censor here."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.lab import hiccup
from tests.lab.censor import Drop, Match, PassOnly, Throttle
from tests.lab.link import Link
from tests.lab.scenario import GOOD, OK, Scenario
from tests.lab.scenarios.kinds import innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    EDGE,
    GATEWAY,
    QUIET,
    RESOLVER,
    UNCLEAR,
    http_to_box,
    of,
    tls_to_pep,
)
from tests.lab.world.config import HttpInterceptor, Pep

# --- slow and lossy lines -----------------------------------------------------------------------

_WIFI: Final = Link(delay_ms=30, down_kbit=20_000, up_kbit=10_000)
_DEAD_AT_TIMES: Final = ("online", "bad_link", "intermittent", "no_internet")


def _too_bad() -> Iterator[Scenario]:
    """Lines too bad to judge on."""
    bursts = replace(_WIFI, delay_ms=35, burst=3.0)
    for id_, title, row, link, states in (
        ("I1", "EDGE phone: 650 ms, 200 kbit/s, 1 % loss", "I1", EDGE, ("bad_link",)),
        (
            "I2",
            "GPRS: 80/20 kbit/s, 650 ms, 1 % loss",
            "I2",
            replace(EDGE, down_kbit=80, up_kbit=20, queue_ms=4000),
            ("bad_link",),
        ),
        (
            "I5",
            "700 ms and nothing lost, 20 Mbit/s",
            "ooni §3c (high-latency clean link)",
            replace(_WIFI, delay_ms=350),
            ANY_LINK,
        ),
        ("I7", "Wi-Fi that loses 15 %", "I7", replace(_WIFI, loss=0.15), ANY_LINK),
        (
            "I8",
            "Wi-Fi that loses 30 %",
            "I8",
            Link(delay_ms=40, down_kbit=10_000, up_kbit=5_000, loss=0.3),
            ("bad_link", "intermittent", "no_internet", "online"),
        ),
        ("I7b", "Wi-Fi that loses 15% in bursts", "I7", replace(bursts, loss=0.15), ANY_LINK),
        ("I8b", "Wi-Fi that loses 30% in bursts", "I8", replace(bursts, loss=0.3), _DEAD_AT_TIMES),
    ):
        yield innocent(id_, title, row=row, link=link, others=QUIET, states=states, usable=False)


_LINES: Final = (
    innocent("I0", "nothing is wrong", row="-"),
    innocent(
        "I7-10",
        "Wi-Fi that loses 10 %",
        row="I7",
        link=replace(_WIFI, loss=0.1),
        states=ANY_LINK,
    ),
    *_too_bad(),
    innocent(
        "I3",
        "rural 3G: 250 ms, 1.2 Mbit/s, 0.5 % loss",
        link=Link(
            delay_ms=125, jitter_ms=25, down_kbit=1_200, up_kbit=400, loss=0.005, queue_ms=1500
        ),
        states=ANY_LINK,
    ),
    innocent(
        "I4",
        "satellite whose dish answers for everybody: connects in 20 ms, data in 600 ms",
        tls_to_pep("pep"),
        link=Link(delay_ms=10, down_kbit=10_000, up_kbit=2_000, loss=0.001),
        world={"pep": Pep(delay_ms=290)},
        others=OK,
        states=ANY_LINK,
        deviation="port 443 only goes through the dish's proxy",
    ),
    innocent(
        "I6",
        "Wi-Fi that loses 5 % in bursts",
        link=replace(_WIFI, delay_ms=20, loss=0.05, burst=2.0),
        states=ANY_LINK,
    ),
    innocent(
        "V1",
        "a narrow uplink: questions take longer than their answers",
        row="I (asymmetric line)",
        link=Link(delay_ms=20, down_kbit=20_000, up_kbit=400),
        states=ANY_LINK,
        usable=False,
    ),
)

# --- what lines do not carry --------------------------------------------------------------------

_ICMP: Final = Drop(label="icmp", match=Match(proto=("icmp",), family=4, direction="both"))

_NOT_CARRIED: Final = (
    innocent(
        "I12",
        "IPv6 has a route and leads nowhere",
        Drop(label="six", match=Match(family=6, proto=("tcp", "udp"))),
        notes=("ipv6_broken",),
    ),
    innocent("I12b", "no IPv6 at all", row="I12", lab={"ipv6": False}, notes=("ipv6_missing",)),
    innocent(
        "I12d",
        "IPv6 loses three packets in ten, whoever is asked",
        Throttle(label="six", match=Match(family=6, direction="both"), do="lose", loss=0.3),
        row="I12 (it loses)",
        notes=("ipv6_lossy",),
    ),
    innocent(
        "I12c",
        "IPv4 has a route and leads no farther than the resolver, IPv6 works",
        Drop(label="four", match=Match(family=4, not_to=(RESOLVER, GATEWAY), proto=("tcp", "udp"))),
        row="I12 (the other way round)",
        others=QUIET,
        states=ANY_LINK,
        usable=False,
    ),
    innocent(
        "I25",
        "large packets vanish (MTU black hole)",
        link=replace(GOOD, black_hole_mtu=1400),
        states=ANY_LINK,
        notes=("mtu_black_hole",),
    ),
    innocent(
        "I25b",
        "large packets vanish on the way up only",
        Drop(label="long", match=Match(longer_than=1400)),
        Drop(label="icmp", match=Match(proto=("icmp",), direction="down")),
        row="I25",
        states=ANY_LINK,
        fires=(),
        usable=False,
    ),
    innocent("I42", "all ICMP is filtered", _ICMP, fires=()),
    innocent(
        "I42b",
        "all ICMP is filtered on a line of 3G",
        _ICMP,
        Throttle(label="far", do="delay", spread_ms=30.0),
        row="I42",
        link=replace(GOOD, delay_ms=125, jitter_ms=25, down_kbit=1_200, up_kbit=400),
        states=ANY_LINK,
        fires=(),
    ),
    innocent(
        "E3",
        "a firewall that passes TCP port 443 and nothing else",
        PassOnly(label="only", holes=(Match(proto=("tcp",), ports=(443,)), Match(to=(RESOLVER,)))),
        row="ooni §3c (only 443 works)",
        truths={
            **of("signal", UNCLEAR, calls=UNCLEAR),
            **of("messenger", UNCLEAR, calls=UNCLEAR),
        },
        notes=("udp_blocked",),
        states=ANY_LINK,
    ),
    innocent(
        "I48",
        "an honest HTTP cache adds its Via",
        http_to_box("cache"),
        world={"http": HttpInterceptor(names=("*",), does="via")},
    ),
)

# --- the device ---------------------------------------------------------------------------------

_DEVICE: Final = (
    innocent(
        "I27",
        "a VPN is up: the default route leaves through a tunnel",
        lab={"interface": "tun0"},
        notes=("vpn",),
        deviation="the line itself bears a tunnel's name",
    ),
    innocent(
        "I30",
        "an overloaded device: the probe stands still for 3 s, twice",
        wrapper=(sys.executable, str(Path(hiccup.__file__)), "{seed}"),
        states=ANY_LINK,
        deviation="the wall clock does not jump",
    ),
    innocent(
        "I46",
        "a hosts file sends web.telegram.org to 127.0.0.1",
        lab={"hosts": {"web.telegram.org": "127.0.0.1"}},
        notes=("local_override",),
    ),
)

SCENARIOS: Final = (*_LINES, *_NOT_CARRIED, *_DEVICE)
