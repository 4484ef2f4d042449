"""Innocent but ugly, the rest: lines, devices and networks that look like a censor to a hasty tool
(rows I of the facts' exam that `scenarios_innocent` lacks)."""

import sys
from dataclasses import replace
from pathlib import Path

from msgprobe.catalog.loader import load
from msgprobe.model.target import Trust
from tests.lab.censor import Drop, Match, OnPattern, OnSni, PassOnly, PortRewrite, Throttle
from tests.lab.link import Link
from tests.lab.scenario import GOOD, Scenario, at, truth
from tests.lab.scenarios_connection import RESOLVER
from tests.lab.world.config import HostPolicy, Mitm, Pep, ResolverPolicy, lying

_QUIET = truth("ok|degraded|inconclusive")
_PINNED = tuple(
    f"={e.host}"
    for s in load().services
    if s.name == "signal"
    for e in s.endpoints
    if e.host is not None and e.trust is not Trust.PUBLIC
)
"""Signal's names whose certificates come from its own authority."""

_NAT64 = "2a0f:77::53"
_DOH = ("dns.google", "cloudflare-dns.com", "unfiltered.adguard-dns.com", "one.one.one.one")


def _wifi(id_: str, loss: float, burst: float) -> Scenario:
    return Scenario(
        id=id_,
        title=f"Wi-Fi that loses {loss:.0%} in bursts",
        kind="innocent",
        row="I7" if loss < 0.2 else "I8",
        link=Link(delay_ms=35, down_kbit=20_000, up_kbit=10_000, loss=loss, burst=burst),
        others=_QUIET,
        states=("online", "bad_link", *(("intermittent", "no_internet") if loss > 0.2 else ())),
        usable=False,
    )


LINES: tuple[Scenario, ...] = (
    Scenario(
        id="I2",
        title="GPRS: 80/20 kbit/s, 650 ms, 1 % loss",
        kind="innocent",
        row="I2",
        link=Link(delay_ms=325, jitter_ms=50, down_kbit=80, up_kbit=20, loss=0.01, queue_ms=4000),
        others=_QUIET,
        states=("bad_link",),
        usable=False,
    ),
    Scenario(
        id="I4",
        title="satellite whose dish answers for everybody: connects in 20 ms, data in 600 ms",
        kind="innocent",
        row="I4",
        link=Link(delay_ms=10, down_kbit=10_000, up_kbit=2_000, loss=0.001),
        actions=(PortRewrite(label="pep", match=Match(ports=(443,)), to_port=10444),),
        world={"pep": Pep(delay_ms=290)},
        others=truth("ok"),
        states=("online", "bad_link"),
        fires=("pep",),
        deviation="port 443 only goes through the dish's proxy",
    ),
    _wifi("I7b", 0.15, 3.0),
    _wifi("I8b", 0.3, 3.0),
    Scenario(
        id="I25b",
        title="large packets vanish on the way up only",
        kind="innocent",
        row="I25",
        actions=(
            Drop(label="long", match=Match(longer_than=1400)),
            Drop(label="icmp", match=Match(proto=("icmp",), direction="down")),
        ),
        states=("online", "bad_link"),
        usable=False,
    ),
)

BOXES: tuple[Scenario, ...] = (
    Scenario(
        id="N1",
        title="a box cannot read a greeting of two segments (post-quantum size) and drops it",
        kind="innocent",
        row="§4-14",
        actions=(OnPattern(label="long", pattern=r"\x16\x03[\x01\x03][\x05-\x40]", do="drop"),),
        notes=("pq_intolerant",),
        fires=("long",),
    ),
    Scenario(
        id="A10",
        title="encrypted DNS is blocked by name and address",
        kind="innocent",
        row="A10",
        actions=(
            OnSni(label="doh", names=_DOH, but=("one.one.one.one",), do="drop"),
            Drop(
                label="doh-ip",
                match=Match(
                    to=(*at("cloudflare-dns.com"), *at("unfiltered.adguard-dns.com")),
                    ports=(443,),
                    proto=("tcp",),
                ),
            ),
        ),
        notes=("encrypted_dns_blocked",),
        fires=("doh",),
        deviation="the services are left alone",
    ),
    Scenario(
        id="I22",
        title="corporate egress: ports 80 and 443 only, no UDP, everything re-signed",
        kind="innocent",
        row="I22",
        actions=(
            PassOnly(
                label="only",
                holes=(
                    Match(proto=("tcp",), ports=(80, 443, 10443)),
                    Match(to=(RESOLVER,)),
                ),
            ),
            PortRewrite(label="mitm", match=Match(ports=(443,)), to_port=10443),
        ),
        world={"mitm": Mitm(names=("*",), issuer="corporate")},
        others=_QUIET,
        notes=("tls_inspection", "udp_blocked"),
        fires=("only", "mitm"),
        usable=False,
    ),
)

RESOLVING: tuple[Scenario, ...] = (
    Scenario(
        id="I13",
        title="IPv6-only network with NAT64",
        kind="innocent",
        row="I13",
        lab={"ipv4": False, "resolver": _NAT64},
        world={"dns64": True, "isp_resolver": ("10.77.0.53", _NAT64)},
    ),
    Scenario(
        id="I16",
        title="the user chose a family resolver, which sends Telegram to its own page",
        kind="innocent",
        row="I16",
        lab={"resolver": "94.140.14.14"},
        world={
            "resolvers": (
                lying("telegram.org", "t.me", action="answer:203.0.113.9", at=("adguard",)),
            )
        },
        truths={"telegram": truth("ok|degraded|inconclusive")},
        notes=("local_dns_filter",),
    ),
    Scenario(
        id="I16b",
        title="the user chose a family resolver, which answers Telegram's names with 0.0.0.0",
        kind="innocent",
        row="I16",
        lab={"resolver": "1.1.1.3"},
        world={
            "resolvers": (
                lying(
                    "telegram.org",
                    "t.me",
                    action="answer:0.0.0.0,::",
                    at=("cloudflare-family",),
                ),
            )
        },
        truths={"telegram": truth("ok|degraded|inconclusive")},
        notes=("local_dns_filter",),
    ),
    Scenario(
        id="I17b",
        title="the provider's resolver answers SERVFAIL to every name",
        kind="connection",
        row="I17",
        world={"resolvers": (ResolverPolicy(at=("isp",), servfail_share=1.0),)},
        states=("dns_fault",),
        usable=False,
    ),
    Scenario(
        id="I17c",
        title="the provider's resolver says of every name that it does not exist",
        kind="connection",
        row="I17",
        world={"resolvers": (ResolverPolicy(at=("isp",), rules=(("*", "nxdomain"),)),)},
        states=("dns_fault",),
        usable=False,
    ),
)

DEVICES: tuple[Scenario, ...] = (
    Scenario(
        id="I27",
        title="a VPN is up: the default route leaves through a tunnel",
        kind="innocent",
        row="I27",
        lab={"interface": "tun0"},
        notes=("vpn",),
        deviation="the line itself bears a tunnel's name",
    ),
    Scenario(
        id="I30",
        title="an overloaded device: the probe stands still for 3 s, twice",
        kind="innocent",
        row="I30",
        wrapper=(sys.executable, str(Path(__file__).with_name("hiccup.py")), "{seed}"),
        states=("online", "bad_link"),
        deviation="the wall clock does not jump",
    ),
    Scenario(
        id="I34",
        title="Signal has changed its certificate authority",
        kind="innocent",
        row="I34",
        world={"hosts": (HostPolicy(names=_PINNED, tls="new_root"),)},
        truths={"signal": truth("ok|inconclusive")},
        look_alike=True,
    ),
    Scenario(
        id="I23b",
        title="the clock is three days ahead",
        kind="innocent",
        row="I23",
        world={"skew_days": -3.0, "cert_age_days": 1.0},
        notes=("clock_skew",),
        deviation="the world is three days behind",
    ),
    Scenario(
        id="I12b",
        title="no IPv6 at all",
        kind="innocent",
        row="I12",
        lab={"ipv6": False},
        notes=("ipv6_missing",),
    ),
    Scenario(
        id="I42b",
        title="all ICMP is filtered on a line of 3G",
        kind="innocent",
        row="I42",
        link=replace(GOOD, delay_ms=125, jitter_ms=25, down_kbit=1_200, up_kbit=400),
        actions=(
            Drop(label="icmp", match=Match(proto=("icmp",), family=4, direction="both")),
            Throttle(label="far", do="delay", spread_ms=30.0),
        ),
        states=("online", "bad_link"),
    ),
)

UGLY: tuple[Scenario, ...] = (*LINES, *BOXES, *RESOLVING, *DEVICES)
