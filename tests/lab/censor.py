"""What a censor does, as data: matches and actions, which travel to the middlebox as JSON.

Actions apply in order to every packet; the first that drops or answers it ends its way. The far
end of a packet is its world-side address and port, whichever way it goes. Where an action answers
by itself, ``at_rtt`` says when the answer reaches the client, counted from the moment the packet
that set it off entered the link, as a share of the link's round trip: 0 is a box in the client's
house, 1 is as late as the server itself.

The kinds of interference are those of the literature; see the lab's scenarios for who did what.
"""

import ipaddress
from dataclasses import dataclass
from typing import Literal, get_args

Direction = Literal["up", "down", "both"]
Segment = Literal["any", "syn", "data", "ack"]


def _check_prefixes(of: object, *fields: str) -> None:
    for field, prefix in ((f, prefix) for f in fields for prefix in getattr(of, f)):
        try:
            ipaddress.ip_network(prefix)
        except ValueError as fault:
            where = f"{type(of).__name__}.{field}"
            why = f"{where}: {fault}; write it as 192.0.2.0/24 or 2001:db8::/32"
            raise ValueError(why) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which packets. Every field that is given must hold; an empty match is every packet.

    ``to`` and ``not_to`` are prefixes of the far end, ``ports`` and ``not_ports`` its ports,
    ``proto`` names (tcp, udp, icmp) and ``family`` 4 or 6. ``segment`` narrows TCP: ``syn`` is the
    first SYN, ``data`` carries octets, ``ack`` is a bare acknowledgement. ``contains`` are octets,
    in hexadecimal, found in what TCP or UDP carries. ``quic_name`` are names (as in `OnSni`); only
    a QUIC Initial packet whose ClientHello bears one of them fits then. ``probability`` draws per
    packet. With ``period_s`` the match holds only in the first ``on_s`` seconds of every period; a
    period begins ``phase_s`` after the first packet that fits in all else (negative: it had begun
    before).
    """

    to: tuple[str, ...] = ()
    not_to: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    not_ports: tuple[int, ...] = ()
    proto: tuple[str, ...] = ()
    family: int = 0
    direction: Direction = "up"
    segment: Segment = "any"
    contains: str = ""
    quic_name: tuple[str, ...] = ()
    longer_than: int = 0
    probability: float = 1.0
    period_s: float = 0.0
    on_s: float = 0.0
    phase_s: float = 0.0

    def __post_init__(self) -> None:
        _check_prefixes(self, "to", "not_to")
        if unknown := set(self.proto) - {"tcp", "udp", "icmp"}:
            raise ValueError(f"Match.proto: unknown {sorted(unknown)}; known: tcp, udp, icmp")
        if self.family not in (0, 4, 6):
            raise ValueError(f"Match.family is {self.family}; it is 4, 6 or 0 for both")
        if self.segment not in get_args(Segment):
            raise ValueError(f"Match.segment: unknown {self.segment!r}; known: {get_args(Segment)}")
        bytes.fromhex(self.contains)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What every action has: a label, under which its deeds are counted and logged."""

    label: str = ""

    @property
    def name(self) -> str:
        return self.label or type(self).__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Action):
    """Drops what matches, silently: null routes, closed ports, UDP or IPv6 off, chance loss.
    ``residual_s``: so long, it also ends all else of that protocol with that address and port, or,
    where ``residual`` is "pair", all else with that address."""

    match: Match = Match()
    residual_s: float = 0.0
    residual: Literal["pair", "tuple3"] = "tuple3"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOnly(Action):
    """An allow-list: drops all that fits none of the ``holes`` (their direction is ignored).

    With ``pass_handshake`` TCP connections open everywhere, but what the client then says to others
    than the listed is dropped. ``direction`` is that of the packets dropped.
    """

    holes: tuple[Match, ...] = ()
    pass_handshake: bool = False
    direction: Direction = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class RstOnSyn(Action):
    """Refuses connections. A late refusal is made of the server's own SYN-ACK, at its full RTT; of
    an early one the server never hears."""

    match: Match = Match()
    early: bool = True
    at_rtt: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpUnreachable(Action):
    """Answers what matches (TCP: only SYNs) with "destination unreachable" and drops it.

    ``code`` is that of ICMP type 3, for IPv6 the nearest one of RFC 4443.
    """

    match: Match = Match()
    code: Literal["net", "host", "port", "admin"] = "admin"
    router: str = "10.77.1.3"
    router6: str = "fd77:1::3"
    at_rtt: float = 0.3


Deed = Literal["rst", "drop", "drop_both", "drop_reply", "alert", "fin", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interference(Action):
    """What happens to a TCP connection once its first client bytes are recognised.

    - ``rst``: resets to the client (``copies`` of them) and to the server. The bytes pass, unless
      ``forward`` is false.
    - ``drop``: these and all later packets of the client are dropped; ``drop_both``: the server's
      too; ``drop_reply``: these pass, but what the server says is dropped (bare ACKs pass).
    - ``alert`` (TLS fatal ``unrecognized_name``, 112), ``fin``, ``answer`` (the octets of
      ``answer``, hexadecimal): the box answers in the server's name and closes, the server gets a
      reset.

    ``after_packets`` lets so many more packets with data pass (of both directions, or with
    ``counted`` "up" of the client's, the recognised one included) before a drop begins.
    ``residual_s`` > 0 also drops everything between the client and that far end's address and port
    (``tuple4``: from the same client port only; ``pair``: whatever the port and the protocol) for
    so long, the timer restarting with each such packet of the client (Bock et al., WOOT 2021). With
    ``residual_do`` "rst" connections still open, and their first data are answered with resets.
    ``reassemble`` false reads only what is complete in one segment; ``spares_whole`` leaves just
    that alone, and acts at the segment that completes.
    """

    match: Match = Match(proto=("tcp",))
    do: Deed = "rst"
    at_rtt: float = 0.3
    copies: int = 3
    forward: bool = True
    answer: str = ""
    after_packets: int = 0
    counted: Literal["both", "up"] = "both"
    residual_s: float = 0.0
    residual: Literal["pair", "tuple3", "tuple4"] = "tuple3"
    residual_do: Literal["drop", "rst"] = "drop"
    reassemble: bool = True
    spares_whole: bool = False

    def __post_init__(self) -> None:
        if self.do not in get_args(Deed):
            raise ValueError(f"{self.name}.do: unknown {self.do!r}; known: {get_args(Deed)}")
        bytes.fromhex(self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSni(Interference):
    """Interference by the name in the ClientHello: under one of ``names`` but none of ``but``.

    A name covers itself and all below it, ``=name`` only itself, ``*`` any and none. ``ciphers``
    (hexadecimal) are all that it must offer, in order: a fingerprint. ``ech``: only one with an
    encrypted inner greeting (RFC 9849); ``alpn``: only one that offers that protocol (RFC 7301).
    With ``together`` only so many open ones that named the same within ``within_s`` seconds are
    struck, and all of them.
    """

    names: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    ciphers: str = ""
    ech: bool = False
    alpn: str = ""
    together: int = 0
    within_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHost(Interference):
    """Interference by the Host of a plain HTTP request; names as in `OnSni`."""

    names: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPattern(Interference):
    """Interference by a regular expression (Latin-1) at the very start of the client's bytes."""

    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRewrite(Action):
    """Sends connections to another port of the same address, where the world runs an interceptor,
    which learns the true address from its own socket."""

    match: Match = Match()
    to_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsForge(Action):
    """Answers UDP/53 questions for ``names`` (as in `OnSni`) with a lie.

    ``answer`` is addresses, or one of nxdomain, refused, servfail, empty, drop. ``servers`` are the
    prefixes of the servers concerned (none: all, also hosts that run no DNS). With ``beyond`` so
    many questions within ``within_s`` seconds are spared it; with ``for_s`` it answers only in so
    many seconds after the first one. ``replace`` drops the
    question; ``race`` lets it pass, so that the true answer follows. The lie arrives at ``at_ms``
    if given, else at ``at_rtt``. ``family`` 4 or 6: only questions for addresses of that family.
    """

    names: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    family: int = 0
    servers: tuple[str, ...] = ()
    not_servers: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    mode: Literal["replace", "race"] = "replace"
    at_ms: float | None = None
    at_rtt: float = 0.3
    ttl: int = 60
    probability: float = 1.0
    beyond: int = 0
    within_s: float = 1.0
    for_s: float = 0.0

    def __post_init__(self) -> None:
        _check_prefixes(self, "servers", "not_servers")


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRedirect(Action):
    """A transparent DNS proxy: UDP/53 questions go to ``to`` (``to6`` over IPv6; empty: they are
    left alone), and its answers seem to come from the server that was asked."""

    to: str = "10.77.0.53"
    to6: str = ""
    not_servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Action):
    """Stops a connection, both ways and without a word, after so many octets from the server or
    packets with data of both sides. ``names``: only connections whose SNI they do not cover."""

    match: Match = Match(direction="both")
    after_bytes: int = 0
    after_packets: int = 0
    names: tuple[str, ...] = ()


Impairment = Literal["police", "shape", "lose", "delay"]
_FULL_PACKET = 1500  # octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle(Action):
    """Slows a flow down without ending it.

    ``match`` gives the far ends, and its direction the directions impaired. Without ``names`` it
    is enough by itself, from the first packet. With them (as in `OnSni`) a TCP flow is struck by
    its ClientHello, and what follows that is impaired. ``reassemble`` is as in `Interference`.

    - ``police``: what exceeds ``kbit`` (kbit/s of IP packets) and a burst of ``bucket_bytes`` is
      dropped; ``shape``: it waits in a queue, which drops what would wait longer than ``queue_ms``.
      Each direction has a bucket of its own, and so has each flow, unless it is ``shared``.
    - ``lose``: a share ``loss`` of the packets is dropped; with ``acks_only``, of the bare TCP
      acknowledgements.
    - ``delay``: ``delay_ms`` later each way; with ``spread_ms`` as much more as is drawn, uniformly
      from 0 to that, once for each far-end address (the same for the same seed).

    ``after_bytes`` octets of the flow's IP packets, of both directions, pass unimpaired first. With
    ``contaminate_s`` a name that strikes a flow impairs for so many seconds all flows to the same
    far-end address and port, whatever their name. The deeds counted are the flows impaired.
    """

    match: Match = Match(direction="both")
    names: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    do: Impairment = "police"
    kbit: float = 0.0
    bucket_bytes: int = 16_000
    queue_ms: float = 2000.0
    loss: float = 0.0
    acks_only: bool = False
    delay_ms: float = 0.0
    spread_ms: float = 0.0
    shared: bool = False
    after_bytes: int = 0
    contaminate_s: float = 0.0
    reassemble: bool = True

    def __post_init__(self) -> None:
        if self.do not in get_args(Impairment):
            raise ValueError(f"{self.name}.do: unknown {self.do!r}; known: {get_args(Impairment)}")
        for field in ("kbit", "queue_ms", "delay_ms", "spread_ms", "after_bytes", "contaminate_s"):
            if getattr(self, field) < 0:
                raise ValueError(f"{self.name}.{field} is {getattr(self, field)}; not negative")
        if not 0 <= self.loss <= 1:
            raise ValueError(f"{self.name}.loss is {self.loss}; it is a share, from 0 to 1")
        if not self.names and (self.but or self.contaminate_s):
            raise ValueError(f"{self.name}: but and contaminate_s need names; '*' is all names")
        self._check_do()

    def _check_do(self) -> None:
        has_rate = self.do in ("police", "shape")
        if has_rate and not self.kbit:
            raise ValueError(f"{self.name}: {self.do} needs kbit, the rate in kbit/s")
        if self.do == "police" and self.bucket_bytes < _FULL_PACKET:
            why = f"{self.bucket_bytes}; packets of {_FULL_PACKET} octets would never pass"
            raise ValueError(f"{self.name}.bucket_bytes is {why}")
        if self.bucket_bytes < 0:
            raise ValueError(f"{self.name}.bucket_bytes is {self.bucket_bytes}; not negative")
        if self.shared and not has_rate:
            raise ValueError(f"{self.name}: only police and shape have a bucket to be shared")
        if self.do == "lose" and not self.loss:
            raise ValueError(f"{self.name}: lose needs loss, a share from 0 to 1")
        if self.acks_only and self.do != "lose":
            raise ValueError(f"{self.name}: acks_only goes with lose, not with {self.do}")
        if self.do == "delay" and not (self.delay_ms or self.spread_ms):
            raise ValueError(f"{self.name}: delay needs delay_ms or spread_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCap(Action):
    """Lets ``most`` new TCP connections to one far-end address through within ``window_s`` seconds;
    the SYNs of others are dropped. ``shared``: so many to all addresses together, and new flows of
    UDP count too, as at a router that tracks few."""

    match: Match = Match()
    shared: bool = False
    most: int = 8
    window_s: float = 60.0

    def __post_init__(self) -> None:
        if self.most < 0 or self.window_s <= 0:
            raise ValueError(
                f"{self.name}: most is {self.most}, window_s {self.window_s}; "
                "a cap is 0 or more connections within more than 0 seconds"
            )
