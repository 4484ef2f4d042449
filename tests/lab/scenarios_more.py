"""What nobody simulates (facts: ooni.md §3c), and what the facts' exam still lacked: one family of
addresses, other allow-lists, lines that die once, greetings that pass and data that dies."""

from collections.abc import Iterator
from typing import Final

from msgprobe.catalog.loader import load
from tests.lab.censor import (
    Action,
    DnsForge,
    Drop,
    Match,
    OnHost,
    OnPattern,
    OnSni,
    PassOnly,
    RstOnSyn,
)
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios_blocking import SIGNAL, TELEGRAM_DC, WHATSAPP, drop
from tests.lab.scenarios_connection import KZ_HOME, RESOLVER, UNTOLD
from tests.lab.scenarios_protocol import RAW
from tests.lab.world.config import ExtraHost, HostPolicy, ResolverPolicy

_QUIET: Final = truth("ok|degraded|inconclusive")
_ANY: Final = truth("ok|degraded|inconclusive|not_tested")
_WORKS: Final = truth("ok|degraded")
_UNCLEAR: Final = truth("inconclusive")
_BOX: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n"
    b"Connection: close\r\n\r\n<html>It works!</html>\r\n\r\n"
).hex()
"""What a box answers to plain HTTP, whoever was asked."""


def _hosts(service: str) -> tuple[str, ...]:
    found = (s for s in load().services if s.name == service)
    return tuple(dict.fromkeys(e.host for s in found for e in s.endpoints if e.host is not None))


def _families() -> Iterator[Scenario]:
    """One family of addresses, or one address of each name."""
    for family, other in ((4, 6), (6, 4)):
        yield Scenario(
            id=f"F{family}",
            title=f"WhatsApp's IPv{family} addresses are cut off, IPv{other} is open",
            kind="blocking",
            row=f"ooni §3c (IPv{family} blocked, IPv{other} open)",
            truths={"whatsapp": _WORKS, "whatsapp.text": _WORKS, "whatsapp.web": _WORKS},
            actions=(drop("null", *at(*WHATSAPP), family=family),),
            fires=("null",),
        )
    yield Scenario(
        id="F1",
        title="one address of each of Messenger's names is cut off, the others are open",
        kind="blocking",
        row="ooni §3c (per-IP block with other IPs open)",
        truths={"messenger": _WORKS},
        actions=(drop("null", *(at(host)[0] for host in _hosts("messenger"))),),
        fires=("null",),
    )
    yield Scenario(
        id="F2",
        title="one address of each of Messenger's names refuses, as the server would",
        kind="blocking",
        row="ooni §3c (per-IP block with other IPs open)",
        truths={"messenger": _WORKS},
        actions=(
            RstOnSyn(
                label="rst",
                match=Match(to=tuple(at(host)[0] for host in _hosts("messenger")), ports=(443,)),
                early=False,
                at_rtt=1.0,
            ),
        ),
        fires=("rst",),
    )
    yield Scenario(
        id="I12c",
        title="IPv4 has a route and leads no farther than the resolver, IPv6 works",
        kind="innocent",
        row="I12 (the other way round)",
        actions=(
            Drop(
                label="four",
                match=Match(family=4, not_to=(RESOLVER, "10.77.0.1/32"), proto=("tcp", "udp")),
            ),
        ),
        others=_QUIET,
        states=("online", "bad_link"),
        fires=("four",),
        usable=False,
    )


def _narrow() -> Iterator[Scenario]:
    """Networks that let little through, and lines of another kind."""
    yield Scenario(
        id="E0",
        title="messaging-only Wi-Fi: WhatsApp passes and nothing else",
        kind="connection",
        row="ooni §3c (probe#2522)",
        actions=(PassOnly(label="list", holes=(Match(to=(*at(*WHATSAPP), RESOLVER)),)),),
        truths={"whatsapp": truth("ok|inconclusive"), "whatsapp.text": truth("ok|inconclusive")},
        others=UNTOLD,
        states=("allowlist", "bad_link", "online"),
        fires=("list",),
        usable=False,
    )
    yield Scenario(
        id="E3",
        title="a firewall that passes TCP port 443 and nothing else",
        kind="innocent",
        row="ooni §3c (only 443 works)",
        actions=(
            PassOnly(
                label="only", holes=(Match(proto=("tcp",), ports=(443,)), Match(to=(RESOLVER,)))
            ),
        ),
        truths={"signal.calls": _UNCLEAR, "messenger.calls": _UNCLEAR},
        notes=("udp_blocked",),
        states=("online", "bad_link"),
        fires=("only",),
    )
    yield Scenario(
        id="I5",
        title="700 ms and nothing lost, 20 Mbit/s",
        kind="innocent",
        row="ooni §3c (high-latency clean link)",
        link=Link(delay_ms=350, down_kbit=20_000, up_kbit=10_000),
        others=_QUIET,
        states=("online", "bad_link"),
        usable=False,
    )
    yield Scenario(
        id="I28d",
        title="a rule on the device forbids UDP, the resolver excepted",
        kind="innocent",
        row="I28 (UDP alone)",
        lab={
            "client_commands": tuple(
                tuple(c.split())
                for c in (
                    "ip rule add to 10.77.0.53/32 lookup main pref 5",
                    "ip rule add ipproto udp prohibit pref 6",
                    "ip -6 rule add ipproto udp prohibit pref 6",
                )
            )
        },
        truths={"signal.calls": _UNCLEAR, "messenger.calls": _UNCLEAR},
    )


def _telegram() -> Iterator[Scenario]:
    others = tuple(one for one in TELEGRAM_DC if one != "149.154.175.100/32")
    keep = "2001:b28:f23d:f003::/64"
    narrow = ("2001:b28:f23d:f001::/64", *(one for one in others if one != "2001:b28:f23d::/48"))
    yield Scenario(
        id="E1",
        title="one of five data centres can be reached",
        kind="blocking",
        row="ooni §3c (1 of 5 DCs)",
        truths={"telegram": truth("degraded|blocked"), "telegram.text": truth("degraded")},
        counts={"telegram.text": (1, 5)},
        actions=(drop("null", *narrow, not_to=(keep,)),),
        fires=("null",),
    )
    to = Match(to=TELEGRAM_DC, proto=("tcp",))
    yield Scenario(
        id="E4",
        title="a box answers plain HTTP itself at the data centres, their own protocol dies",
        kind="blocking",
        row="ooni §3c (a middlebox that answers POST)",
        truths={
            "telegram": truth("blocked|inconclusive"),
            "telegram.text": truth("blocked|inconclusive"),
            "telegram.web": OK,
        },
        actions=(
            OnPattern(label="raw", match=to, pattern=RAW, do="drop"),
            OnPattern(label="box", match=to, pattern="GET |POST|HEAD", do="answer", answer=_BOX),
        ),
        fires=("raw",),
    )


def _second_answers() -> Iterator[Scenario]:
    """A slow resolver that answers a repeated question twice, truthfully each time."""
    same: list[Action] = []
    other: list[Action] = []
    first: list[tuple[str, str]] = []
    for host in _hosts("messenger"):
        found = [one.partition("/")[0] for one in at(host)]
        four, six = [a for a in found if ":" not in a], [a for a in found if ":" in a]
        common = {"names": (f"={host}",), "servers": (RESOLVER,), "mode": "race", "at_ms": 300.0}
        same.append(DnsForge(label="twice", answer=(*found,), **common))  # type: ignore[arg-type]
        rotated = (*four[1:], *six)
        other.append(DnsForge(label="twice", answer=rotated, **common))  # type: ignore[arg-type]
        first.append((f"={host}", "answer:" + ",".join((four[0], *six))))
    yield Scenario(
        id="E5",
        title="every answer about Messenger comes a second time, late",
        kind="innocent",
        row="ooni §3c (late second DNS answer)",
        actions=tuple(same),
        fires=("twice",),
    )
    yield Scenario(
        id="E6",
        title="every answer about Messenger is followed by another one, just as true",
        kind="innocent",
        row="ooni §3c (late second DNS answer, another of the CDN's addresses)",
        actions=tuple(other),
        world={"resolvers": (ResolverPolicy(rules=tuple(first)),)},
        fires=("twice",),
    )


def _greetings() -> Iterator[Scenario]:
    """Rows A31 and A43, and a name whose server speaks HTTP/2 alone."""
    yield Scenario(
        id="A31",
        title="greetings with an encrypted inner one are dropped; ours have none",
        kind="innocent",
        row="A31",
        actions=(OnSni(label="ech", names=("*",), ech=True, do="drop"),),
    )
    yield Scenario(
        id="A43",
        title="handshakes that name Signal pass, the data after them is dropped",
        kind="blocking",
        row="A43 (true names)",
        truths={
            "signal": truth("blocked|inconclusive", "tls.post_handshake"),
            "signal.text": truth("blocked|inconclusive", "tls.post_handshake"),
        },
        actions=(OnSni(label="data", names=SIGNAL, do="drop_both", counted="up", after_packets=2),),
        fires=("data",),
    )
    mute = truth("inconclusive|down")
    yield Scenario(
        id="A43-backend",
        title="Signal's fronts greet everybody, and what stands behind them hangs",
        kind="innocent",
        row="A43 (the innocent half)",
        world={"hosts": (HostPolicy(names=SIGNAL, pace="silent"),)},
        truths={
            "signal": truth("inconclusive|degraded|down"),
            "signal.text": truth("inconclusive|degraded|down"),
            "signal.media": mute,
            "signal.web": mute,
        },
        deviation="its HTTP/2 host goes on answering",
    )
    yield Scenario(
        id="A43-faketls",
        title="data after a handshake with somebody's MTProto proxy is dropped",
        kind="innocent",
        row="A43",
        world={"extra": (ExtraHost(name="mtproxy.example", addresses=("45.76.81.9",)),)},
        actions=(
            OnSni(
                label="data",
                names=("*",),
                match=Match(to=("45.76.81.9/32",), proto=("tcp",)),
                do="drop_both",
                counted="up",
                after_packets=2,
            ),
        ),
        deviation="a proxy that nobody asks about: what is asked directly works",
    )
    yield Scenario(
        id="H4",
        title="the name of Signal's HTTP/2 host alone is reset",
        kind="blocking",
        row="A17 (one of two hosts of a function)",
        truths={"signal": truth("degraded|blocked"), "signal.text": truth("degraded|blocked")},
        actions=(OnSni(label="rst", names=("=grpc.chat.signal.org",), do="rst"),),
        fires=("rst",),
    )


def _cuts() -> Iterator[Scenario]:
    """More of rows C: a line that dies or comes back, and lists by name or port."""
    for id_, phase, states, title in (
        ("C17", 3.0, ("intermittent", "no_internet"), "the line dies in the middle of the run"),
        ("C18", -595.0, ("intermittent", "online", "bad_link"), "a dead line wakes after 5 s"),
    ):
        silence = Match(direction="both", period_s=1200.0, on_s=600.0, phase_s=phase)
        yield Scenario(
            id=id_,
            title=title,
            kind="connection",
            row="C1 (once)",
            actions=(Drop(label="off", match=silence),),
            others=_ANY,
            states=states,
            fires=("off",),
            usable=False,
        )
    abroad = (*KZ_HOME, "10.0.0.0/8")
    yield Scenario(
        id="C19",
        title="the web's ports are refused abroad, the country itself works",
        kind="connection",
        row="C7 (refusals, by port)",
        actions=(
            RstOnSyn(label="web", match=Match(not_to=abroad, ports=(80, 443), proto=("tcp",))),
        ),
        others=truth("inconclusive|not_tested|ok|degraded"),
        states=("domestic_only", "allowlist", "shutdown"),
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("web",),
        usable=False,
    )
    listed = ("egov.kz", "kaspi.kz", "telecom.kz", "nur.kz")
    yield Scenario(
        id="C20",
        title="allow-list by name alone: other names and other protocols are dropped",
        kind="connection",
        row="C11 (by name)",
        actions=(
            OnSni(label="tls", names=("*",), but=listed, do="drop"),
            OnHost(label="http", names=("*",), but=listed, do="drop"),
            OnPattern(label="rest", match=Match(proto=("tcp",)), pattern=RAW, do="drop"),
            Drop(label="udp", match=Match(proto=("udp",), not_ports=(53,))),
        ),
        others=UNTOLD,
        states=("allowlist", "domestic_only"),
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("tls", "rest"),
        usable=False,
    )


MORE: tuple[Scenario, ...] = (
    *_families(),
    *_narrow(),
    *_telegram(),
    *_second_answers(),
    *_greetings(),
    *_cuts(),
)
