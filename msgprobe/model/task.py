"""A task: one conversation to hold, as data, with the reason for holding it."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Trust


class Role(StrEnum):
    """Whether a task is about the messenger or about the network being sane."""

    TARGET = "target"
    CONTROL = "control"


class Arm(StrEnum):
    """Which experiment a task belongs to (the D numbers are those of the diagnosis matrix)."""

    CONNECTION = "gate"
    """Round 0: the connection itself."""
    BASE = "base"
    """Round 1: the endpoint exactly as the messenger would use it."""
    REPEAT = "repeat"
    """The same again, at least 3 s later, from a new port."""
    AGAIN = "again"
    """A neutral control once more, after the target failed."""
    MONITOR = "look"
    """A neutral site, time and again, while the line seems to come and go."""
    BIG_HELLO = "big_hello"
    """A ClientHello of two segments to a neutral site, as with a post-quantum key share."""
    OTHER_RESOLVER = "d1.resolver"
    OTHER_QUERY = "d2.query"
    NON_RESOLVER = "d3.non_resolver"
    OTHER_ADDRESS = "d5.address"
    OTHER_SNI = "d6.sni"
    TARGET_SNI_ELSEWHERE = "d7.elsewhere"
    NEUTRAL_SNI_ELSEWHERE = "d7.neutral"
    """The neutral half of D7: the same neutral server under its own name."""
    OTHER_HELLO = "d8.hello"
    """The service's own name at its own address; only the shape of the ClientHello differs."""
    MODERN = "d19.hello"
    """The service's own name at its own address, where it works; the ClientHello is a modern
    client's: two segments long, with HTTP/2."""
    MODERN_ELSEWHERE = "d19.elsewhere"
    """The service's name in such a ClientHello to a neutral server."""
    MODERN_NEUTRAL = "d19.neutral"
    """The neutral half of that: a name that is not that server's own either."""
    OTHER_PORT = "d9.port"
    OTHER_TRANSPORT = "d10.transport"
    SHARE = "share.own"
    """A name's handshake at its own address, many times: does a share of them fail?"""
    SHARE_ELSEWHERE = "share.elsewhere"
    """The same at a neutral server."""
    SHARE_NEUTRAL = "share.neutral"
    """Another foreign name at that server, as often."""
    SAME_TUPLE = "d12.residual"
    ALONE = "d13.alone"
    """The endpoint once more while no other conversation of ours names the same host."""
    TOGETHER = "d13.together"
    """As many conversations at the same time as at first, once a single one had worked."""
    OTHER_PAYLOAD = "d14.payload"
    WORDS_ELSEWHERE = "d14.elsewhere"
    """The first words of the service's own protocol to a neutral server."""
    WORDS_NEUTRAL = "d14.neutral"
    """That server under its own name, at the same time."""
    PLAIN_PAGE = "page"
    """GET over plain HTTP with the target's name: is there a block page?"""
    TRANSFER = "t.own"
    """An asset of the service moved as the messenger would, to see how fast."""
    TRANSFER_PAGE = "t.page"
    """The page that names an asset on another host: where is it?"""
    TRANSFER_NEUTRAL_SNI = "t.neutral_sni"
    """The same asset from the same address; only the name in the ClientHello is a neutral one."""
    TRANSFER_SOURCE = "t.source"
    """A neutral server's object under its own name."""
    TRANSFER_TARGET_SNI = "t.target_sni"
    """That object again; only the name in the ClientHello is the service's."""
    TRANSFER_SIBLING = "t.sibling"
    """The asset at another address of its name: another network, or the other family."""
    TRANSFER_SMALL = "t.small"
    """The asset in small segments: does it stop after so many bytes, or so many packets?"""
    NEUTRAL_CALL = "u.neutral"
    """A neutral call server, asked as the service's own is."""
    NEUTRAL_FORM = "u.neutral_form"
    """That server again, in the older form of the protocol."""
    TRAIN = "u.train"
    """A second's worth of a call's packets to the service's call server."""
    NEUTRAL_TRAIN = "u.neutral_train"
    """The same to a neutral one, at the same time."""
    QUIC_NEUTRAL = "quic.neutral"
    """A neutral server over QUIC, under its own name."""
    QUIC_OTHER_SNI = "quic.sni"
    """QUIC with the service's own address; only the name in the Initial is a neutral one."""
    QUIC_NEGOTIATION = "quic.negotiation"
    """QUIC with the service's own address, in which no name is sent."""
    QUIC_ELSEWHERE = "quic.elsewhere"
    """The service's name in an Initial to a neutral server."""
    QUIC_NEUTRAL_ELSEWHERE = "quic.elsewhere_neutral"
    """The neutral half of that: a name that is not that server's own either."""
    SECOND_PATH = "d18.via"
    """The endpoint once more, through the user's proxy: another vantage."""
    HOLE = "hole"
    """A port that routers need: does anything pass when everything is dead?"""


class ResolverKind(StrEnum):
    """How a name is asked for."""

    SYSTEM = "system"
    """getaddrinfo, as programs on this machine see it."""
    DIRECT = "direct"
    """The system's own resolver, asked by our own datagram."""
    UDP = "udp"
    TCP = "tcp"
    DOH = "doh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Whom to ask. ``address`` is an IP literal (None: the system decides, or for DoH: resolve
    ``host`` first); ``host`` and ``path`` are for DoH."""

    kind: ResolverKind
    name: str
    address: str | None = None
    port: int = 53
    host: str | None = None
    path: str = "/dns-query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """Look at this machine: routes, addresses, resolvers, proxies. Sends nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Ask one resolver for the A and AAAA records of one name."""

    name: str
    resolver: Resolver
    families: tuple[int, ...] = (4, 6)
    linger: float = 0.0
    """Seconds to keep listening after the first answer (experiment D4; UDP only)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One TCP conversation with one address.

    ``host`` is the name the conversation is about (HTTP Host); ``server_name`` is the SNI, None to
    send none; ``trust`` None means: do not verify, look only. ``roots_of`` names the service whose
    pinned roots apply; ``certificate_sha256`` are the certificates believed under ``Trust.HASH``.
    ``source_port`` 0 lets the kernel choose.

    With ``via`` (``socks5`` or ``http``: how to speak to the user's proxy, which is itself no part
    of the evidence) the proxy dials, and ``address`` is what it is told: a name where there is one.
    """

    address: str
    port: int
    via: str | None = None
    host: str | None = None
    server_name: str | None = None
    trust: Trust | None = Trust.PUBLIC
    roots_of: str | None = None
    certificate_sha256: tuple[str, ...] = ()
    path: str = "/"
    expect_status: tuple[int, ...] = ()
    expect_text: str | None = None
    source_port: int = 0
    mss: int = 0
    """Clamp the TCP segment size to this many bytes (0: as the kernel likes)."""
    check_dates: bool = True
    """False: certificates are verified in everything but their dates (the clock is known wrong)."""
    options: tuple[tuple[str, str], ...] = ()

    def option(self, key: str) -> str | None:
        """The value of ``key`` in ``options``, None when it is not there."""
        return dict(self.options).get(key)

    def with_options(self, more: Mapping[str, str]) -> "Flow":
        """The same with ``more`` options, or other values of those that it has."""
        return replace(self, options=tuple({**dict(self.options), **more}.items()))


Probe = Inspect | Lookup | Flow


def attempt_ids(first: str, times: int = 3) -> tuple[str, ...]:
    """The ids of a first attempt and of its repeats."""
    return (first, *(f"{first}#{n}" for n in range(2, times + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One conversation to hold.

    ``id`` is unique in a run, and for people: nobody reads anything out of it. ``subject`` is a
    service or control name, ``endpoint`` an endpoint of that service. ``changes`` says in words
    which one thing differs from the base arm, and ``reason`` why it is done at all. ``timeout`` is
    the whole conversation's, in seconds. ``attempt_of`` is the id of the task that this one repeats
    (None: it is the first attempt), ``pair`` a name that it shares with the one task that it is to
    be compared with.
    """

    id: str
    round: int
    role: Role
    arm: Arm
    check: str
    subject: str
    endpoint: str | None = None
    probe: Probe
    changes: str = ""
    reason: str = ""
    timeout: float = 10.0
    attempt: int = 1
    attempt_of: str | None = None
    pair: str | None = None

    @property
    def flow(self) -> Flow:
        """The probe of a task that is known to be a flow."""
        assert isinstance(self.probe, Flow)
        return self.probe

    @property
    def first(self) -> str:
        """The id of the first attempt, which may be this one."""
        return self.attempt_of or self.id

    def attempts(self, times: int = 3) -> tuple[str, ...]:
        """The ids of this first attempt and of its repeats, as `again` makes them."""
        return attempt_ids(self.id, times)

    def again(self, number: int, **changes: Any) -> "Task":
        """The same once more, as attempt ``number`` (from 2)."""
        task_id = attempt_ids(self.id, number)[-1]
        return replace(self, id=task_id, attempt=number, attempt_of=self.id, **changes)

    @property
    def surveys(self) -> bool:
        """It is a transfer of the first look at speeds."""
        moves = self.arm in (Arm.TRANSFER, Arm.TRANSFER_SOURCE) and self.check == "transfer"
        return moves and self.round == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A task under way; ``since`` is when it began, in seconds since the run did.

    ``knocked`` are the seconds after which its connection stood where the first packet had to be
    sent again; 0: that was not so, or not yet.
    """

    task: Task
    since: float
    knocked: float = 0.0
