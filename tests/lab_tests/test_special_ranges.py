"""Where bytes go when the resolver answers every name with an address where nobody public lives.

The shipped command about the four core services, its own packets captured on the line and on
loopback, and everything that it asks of the kernel. Each name gets another of the ranges, and all
runs together give each range to services and neutral hosts alike. With ``MSGPROBE_TORTURE=1``
every name gets the same one, range by range.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from msgprobe.model.reach import Reach, reach
from tests.lab import exam
from tests.lab.capture import Captured
from tests.lab.scenario import CORE, Scenario, addresses_of_all
from tests.lab.topology import CLIENT4, CLIENT6
from tests.lab.world.config import ExtraHost, ResolverPolicy
from tests.lab_tests.watched import Asked, asked, loopback, sent_to_itself, strace_or_skip, traced

pytestmark = pytest.mark.timeout(300)

OWN: Final = (f"{CLIENT4}/24", f"{CLIENT6}/64")
RESOLVER: Final = "10.77.0.53"

NEVER4: Final = (
    "127.0.0.1",  # loopback
    "127.8.9.10",
    "0.0.0.0",  # "this network", which Linux takes for itself
    "169.254.169.254",  # link-local, where clouds keep their secrets
    "224.0.0.251",  # multicast
    "255.255.255.255",  # broadcast
    CLIENT4,  # this device
    "10.77.0.99",  # a neighbour
    "10.77.0.1",  # the gateway
)
NEVER6: Final = (
    "::1",
    "::",
    "fe80::1",
    "ff02::fb",
    "::ffff:127.0.0.1",  # IPv4-mapped
    "64:ff9b::7f00:1",  # 127.0.0.1 behind NAT64
    "64:ff9b::a4d:63",  # the neighbour behind NAT64
    "2002:7f00:1::1",  # 127.0.0.1 by 6to4
    "2a0f:77::99",  # a neighbour
)
FIRST4: Final = (
    "10.9.9.9",
    "100.64.7.7",
    "172.16.5.5",
    "192.168.1.1",
    "198.18.0.9",
    "192.0.0.9",
    "192.0.2.5",
    "198.51.100.5",
    "203.0.113.5",
    "240.0.0.7",
)
FIRST6: Final = (
    "fd12:3456::7",
    "fc00::7",
    "64:ff9b::a09:909",  # 10.9.9.9 behind NAT64
    "2001:db8::5",
    "2001:2::5",  # benchmarks
    "100::5",  # discard-only
    "3fff::5",
    "fec0::5",
)
SHOWN: Final = ("Access restricted", "stub.local")
"""What the page and the certificate at the private addresses show, and nobody may keep."""


def _world(pairs: Iterable[tuple[str, str]], shift: int) -> dict[str, Any]:
    """Every question in the open is answered with one of ``pairs``, name by name; a router that
    shows its page lives wherever one can."""
    every = tuple(pairs)
    names = [name for name in addresses_of_all() if "/" not in name]
    rules = [
        (f"={name}", "answer:" + ",".join(every[(n + shift) % len(every)]))
        for n, name in enumerate(names)
    ]
    lie = ResolverPolicy(
        at=("isp", "public"),
        rules=(*rules, ("*", "answer:" + ",".join(every[0]))),
        channels=("udp", "tcp"),
    )
    homes = tuple(a for a in ("10.77.0.99", "2a0f:77::99", *FIRST4[:5], FIRST6[0]))
    router = ExtraHost(
        name="router.lan", addresses=homes, ports=((443, "block"), (80, "block"), (5222, "echo"))
    )
    return {"resolvers": (lie,), "extra": (router,)}


def _scenario(name: str, pairs: tuple[tuple[str, str], ...], shift: int = 0) -> Scenario:
    return Scenario(id=name, title=name, kind="innocent", row="", world=_world(pairs, shift))


def _longest(four: tuple[str, ...], six: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    size = max(len(four), len(six))
    return tuple((four[n % len(four)], six[n % len(six)]) for n in range(size))


NEVER, FIRST = _longest(NEVER4, NEVER6), _longest(FIRST4, FIRST6)


def _runs() -> tuple[Scenario, ...]:
    mixed = (_scenario("never", NEVER), _scenario("first", FIRST))
    if os.environ.get("MSGPROBE_TORTURE") != "1":
        return mixed
    return (*mixed, *(_scenario("-".join(pair), (pair,)) for pair in (*NEVER, *FIRST)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A run, and everything that it sent or tried to."""

    document: dict[str, Any]
    line: list[Captured]
    itself: list[tuple[str, int, int]]
    tried: list[Asked]
    saved: str


@pytest.fixture(scope="module", params=_runs(), ids=lambda s: s.id)
def watched(
    lab_possible: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Watched:
    scenario: Scenario = request.param
    strace = strace_or_skip()
    workdir = tmp_path_factory.mktemp("special")
    traces = workdir / "trace"
    scene = exam.stage(scenario, 1, workdir)
    scene = replace(scene, wrapper=traced(strace, traces))
    with scene.lab as lab, loopback(lab, workdir / "lo"):
        done = scene.run("run", "--json", "--evidence", "--seed", "1", *scene.targets)
        line = lab.capture
    assert not done.timed_out, done.stderr
    return Watched(
        document=json.loads(done.stdout),
        line=line,
        itself=sent_to_itself(workdir / "lo"),
        tried=asked(traces),
        saved=done.stdout,
    )


_INTERFACES: Final = """
set -e
ip link add tun9 type veth peer name eth9
ip link set tun9 up && ip link set eth9 up && ip link set lo up
ip address add 198.18.0.1/16 dev tun9
ip address add 10.8.0.2/24 dev tun9
ip address add 198.19.64.1/24 dev eth9
ip address add 192.168.7.2/24 dev eth9
ip address add 192.168.9.2/32 dev eth9
ip address add 2a0f:99::2/64 dev eth9
exec "$@"
"""
_NETWORKS: Final = """
from msgprobe.steps.machine import SystemMachine
print("\\n".join(SystemMachine().own_addresses()))
"""


def test_a_device_knows_its_networks_and_a_tunnel_s_made_up_addresses_are_none(
    lab_possible: None,
) -> None:
    shell = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", _INTERFACES, "sh"]
    done = subprocess.run([*shell, sys.executable, "-c", _NETWORKS], capture_output=True, text=True)
    own = done.stdout.split()
    assert {
        "127.0.0.1/8",
        "::1/128",
        "198.18.0.1",  # the tunnel's own; it carries the others
        "10.8.0.2/24",
        "198.19.64.1/24",  # no tunnel: neighbours may live there
        "192.168.7.2/24",
        "192.168.9.2/32",
        "2a0f:99::2/64",
    } <= set(own), done.stderr
    assert reach("198.18.0.1", own) is Reach.NEVER
    assert reach("198.18.0.2", own) is Reach.PROOF_FIRST
    assert {reach(a, own) for a in ("10.8.0.9", "198.19.64.9", "192.168.7.9", "2a0f:99::9")} == {
        Reach.NEVER
    }


def test_the_ranges_are_twenty_and_more() -> None:
    assert {reach(a, OWN) for pair in NEVER for a in pair} == {Reach.NEVER}
    assert {reach(a, OWN) for pair in FIRST for a in pair} == {Reach.PROOF_FIRST}
    assert len({a for pair in (*NEVER, *FIRST) for a in pair}) >= 36


def test_the_answers_came_and_the_run_was_watched(watched: Watched) -> None:
    given = {a for m in _lookups(watched) for a in m["addresses"]}
    assert given & {a for pair in (*NEVER, *FIRST) for a in pair}
    assert any(one.call == "send" and one.kind == "TCP" for one in watched.tried)
    assert any(one.call == "connect" and reach(one.address) is Reach.FREE for one in watched.tried)


def test_nothing_is_sent_to_this_device_or_its_networks(watched: Watched) -> None:
    assert watched.itself == []
    strangers = [p for p in watched.line if p.up and _never(p.far) and not _dns(p.far, p.far_port)]
    assert strangers == []


def test_not_even_a_connection_there_is_tried(watched: Watched) -> None:
    tried = [one for one in watched.tried if _never(one.address)]
    # getaddrinfo connects datagram sockets, which sends nothing, to put addresses in order
    # (RFC 6724), and asks the resolver.
    tried = [t for t in tried if not (t.call == "connect" and t.kind == "UDP")]
    assert [t for t in tried if not _dns(t.address, t.port)] == []


def test_elsewhere_only_a_proof_is_asked_for_and_sentinels_are_read(watched: Watched) -> None:
    sentinels = {
        m["task"]["probe"]["host"] for m in watched.document["measurements"] if _sentinel(m)
    }
    for one in watched.tried:
        if one.size and reach(one.address, OWN) is Reach.PROOF_FIRST:
            assert one.kind == "TCP", one
            read = one.data.startswith(b"GET /") and one.port == 80
            assert _asks_proof(one) or (read and _host(one.data) in sentinels), one


def test_what_is_said_there_is_not_kept(watched: Watched) -> None:
    for measurement in watched.document["measurements"]:
        for seen in measurement["observations"]:
            if reach(seen.get("address") or "8.8.8.8", OWN) is not Reach.PROOF_FIRST:
                continue
            kept = [seen.get(key) for key in ("headers", "body", "chain", "plain", "detail")]
            assert not any(kept), seen
    assert not [text for text in SHOWN if text in watched.saved]


def test_nobody_is_accused_where_neutral_names_lead_there_too(watched: Watched) -> None:
    words = {s["service"]: s["outcome"] for s in watched.document["services"]}
    assert set(words) == set(CORE)
    assert not set(words.values()) & {"blocked", "throttled", "degraded", "down"}, words
    # Under strace on a busy machine the line may look poor as well; the scenarios B1 to B4 hold the
    # word to dns_fault.
    assert watched.document["connection"]["state"] in ("dns_fault", "bad_link", "intermittent")


def _lookups(watched: Watched) -> list[dict[str, Any]]:
    return [
        seen
        for measurement in watched.document["measurements"]
        for seen in measurement["observations"]
        if seen["type"] == "dns"
    ]


def _sentinel(measurement: dict[str, Any]) -> bool:
    return bool(measurement["task"]["id"].startswith("g.sentinel."))


def _never(address: str) -> bool:
    return reach(address, OWN) is Reach.NEVER


def _dns(address: str, port: int) -> bool:
    return address == RESOLVER and port == 53


def _host(request: bytes) -> str:
    head = request.partition(b"Host: ")[2]
    return head.partition(b"\\r")[0].partition(b"\r")[0].decode()


def _asks_proof(one: Asked) -> bool:
    """A ClientHello of TLS or Noise, or the short record in which TLS says that it gives up."""
    if one.data.startswith((b"\x16\x03", b"ED\x00\x01", b"WA\x06")):
        return True
    return one.data[:1] in (b"\x14", b"\x15", b"\x17") and one.size <= 80
