"""What happened, once, on the wire. An observation never says what it means."""

from enum import IntEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.target import Direction
from msgprobe.model.task import ResolverKind


class Proof(IntEnum):
    """How strongly an answer shows that the genuine service gave it."""

    NONE = -1
    CONNECTED = 0
    """P0: a SYN-ACK came back. A middlebox can fake it."""
    BYTES = 1
    """P1: some bytes came back."""
    SHAPE = 2
    """P2: bytes of the right shape. A block page can fake it."""
    NONCE = 3
    """P3: bound to our own random numbers, in the service's own protocol."""
    CRYPTO = 4
    """P4: authenticated by a certificate chain or a key that only the service holds."""


UNKNOWN_KEY, WRONG_KEY, UNKNOWN_ROOT = "unknown_key", "wrong_key", "unknown_root"
"""Stages of a protocol in which the server names no key of the service's, cannot use it, or shows a
chain that does not lead to the service's root."""

IMPOSTOR_STAGES = frozenset({UNKNOWN_KEY, WRONG_KEY, UNKNOWN_ROOT})
"""Whoever answered speaks the protocol and is not shown to be the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Seconds since the run began, on the monotonic clock."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpInfo:
    """What the kernel knew about the connection (Linux ``tcp_info``; absent elsewhere).

    Times are in seconds. ``bytes_acked`` counts what the peer acknowledged of what we sent, the
    SYN not included (the kernel's own counter starts at 1). ``needless`` are retransmissions
    of segments that the peer says it had already got (RFC 2883): a delay, not a loss.
    ``last_received`` is how long ago data came for the last time: of an answer that was just read,
    how long it had lain here unread. 0 in runs that were saved before anybody looked.
    """

    state: int
    retransmits: int
    total_retrans: int
    unacked: int
    rtt: float
    min_rtt: float
    bytes_acked: int
    bytes_sent: int
    bytes_retrans: int
    bytes_received: int
    segs_out: int
    segs_in: int
    out_of_order: int = 0
    needless: int = 0
    delivery_rate: int = 0
    mss: int = 0
    pmtu: int = 0
    last_received: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate of a chain as it was shown. ``der`` is base64; hashes are SHA-256 in hex.

    ``names`` are the host names that it is for (dNSNames, in lower case; with ``*`` as written).
    ``logged``: it bears promises of certificate transparency logs (RFC 6962 §3.3), unchecked; None
    in runs that were saved before anybody looked.
    Redacted, parties and names that are not known are numbers, dates are days, and ``der`` is there
    only where the chain is cited as forged.
    """

    subject: str
    issuer: str
    sha256: str
    spki_sha256: str
    not_before: str
    not_after: str
    der: str
    names: tuple[str, ...] = ()
    logged: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observation:
    transaction: int
    """Unique in the run and shared by the observations of one conversation."""
    window: Window
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalObservation(_Observation):
    """What this machine says about its own connection, without sending anything.

    ``resolvers`` are the configured ones; all but public ones are redacted to a class word
    (``private``, ``loopback``, ``link-local``, ``provider``) unless redaction is off.
    """

    interfaces_up: int = 0
    tunnel: bool = False
    """The default route leaves through a tun, wg or ppp device."""
    route4: bool = False
    route6: bool = False
    resolvers: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    """Names of proxy variables that are set in the environment (never their values)."""
    own_roots: bool = False
    """Certificates are checked against a store that the user named, not the built-in one."""
    openssl: str = ""
    errno4: str | None = None
    errno6: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """One answer to a question: when it came (seconds after the question) and what it said."""

    after: float
    rcode: str
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    source: str = ""
    """Address that the answer came from, when it is not the one that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsObservation(_Observation):
    """One question (A or AAAA, or both where getaddrinfo asked) to one resolver.

    ``addresses`` and ``rcode`` are the first answer's; ``answers`` are all that came while we
    listened, so that a race between an injector and the true resolver stays visible.
    """

    name: str
    family: int
    """4 or 6; 0 when getaddrinfo asked for both."""
    resolver: ResolverKind
    resolver_name: str
    resolver_address: str | None = None
    rcode: str | None = None
    addresses: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    """Those of ``addresses`` that lie in a network of this device's own."""
    aliases: tuple[str, ...] = ()
    answers: tuple[DnsAnswer, ...] = ()
    listened: float = 0.0
    """Seconds that we kept listening after the first answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpObservation(_Observation):
    """One connect to one address."""

    address: str
    port: int
    source_port: int = 0
    errno: str | None = None
    info: TcpInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsObservation(_Observation):
    """One handshake on one connected stream.

    ``hello_acked`` says whether the peer's kernel acknowledged our whole ClientHello (None where
    the platform cannot tell): the bit that separates an upstream drop from a black-holed reply.
    ``plain`` is the beginning of an answer that was not TLS, made printable.
    """

    address: str
    port: int
    server_name: str | None = None
    verified: bool = False
    """The chain was checked against a trust store and the name, or against certificates known by
    their SHA-256, and held."""
    checked: bool = True
    """Verification was asked for."""
    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
    hello_size: int = 0
    hello_acked: bool | None = None
    first_byte: float | None = None
    """Seconds from the ClientHello to the first byte of the answer."""
    alert: str | None = None
    alert_received: bool = False
    chain: tuple[Certificate, ...] = ()
    root_sha256: str | None = None
    """The trust anchor that the chain ended in, when it verified."""
    root_pinned: bool = False
    """The anchor is the service's own: one of its roots, or a certificate known by its SHA-256."""
    root_public: bool | None = None
    """Whether the anchor's key is in the built-in list of public authorities. False: only a store
    that the user named holds it, beside public ones. None: nothing verified, the anchor is the
    service's own, or that store holds no public authority at all."""
    verify_error: str | None = None
    plain: str | None = None
    errno: str | None = None
    info: TcpInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpObservation(_Observation):
    """One HTTP request on one stream, and the beginning of its answer."""

    address: str
    port: int
    host: str
    path: str
    tls: bool
    authenticated: bool = False
    """It came over a TLS stream whose chain verified."""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    """The beginning of the body, made printable; empty once it was redacted."""
    body_sha256: str | None = None
    """SHA-256 in hex of that beginning, where it was redacted."""
    marks: tuple[str, ...] = ()
    """What that beginning was known as, where it was redacted: its kind, known block pages."""
    body_bytes: int = 0
    body_complete: bool = False
    first_byte: float | None = None
    date: str | None = None
    """The Date header as ISO 8601 in UTC."""
    clock_offset: float | None = None
    """Date header minus this machine's clock, in seconds."""
    matched: bool | None = None
    """Whether status and text were as the endpoint or sentinel expects (None: no expectation)."""
    links: tuple[str, ...] = ()
    """Paths of the objects that were looked for in the body, and found."""
    errno: str | None = None
    info: TcpInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolObservation(_Observation):
    """How far a conversation in the messenger's own protocol came, whoever wrote the check.

    ``transport`` is ``tcp``, ``udp`` or ``icmp``. Over the last two ``round_trips`` tells
    of each question, in the order of sending, after how many seconds its own answer came (None:
    never).
    """

    protocol: str
    address: str
    port: int
    stage: str
    proof: Proof
    transport: str = "tcp"
    round_trips: tuple[float | None, ...] = ()
    detail: str = ""
    bytes_sent: int = 0
    bytes_received: int = 0
    first_byte: float | None = None
    request_acked: bool | None = None
    errno: str | None = None
    info: TcpInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferObservation(_Observation):
    """One object moved on one stream, and how its bytes went by.

    The window begins when the request was handed to the kernel. ``curve`` holds (seconds since
    then, TCP payload moved so far): what came of the answer, or what the peer's kernel acknowledged
    of the request. ``milestones`` are (bytes, seconds) for 8, 32, 64 and 128 KiB as far as
    reached; ``stalls`` are (bytes moved, seconds without any more) of pauses longer than a second
    and five round trips. ``capped``: our own limit of time ended it: slow, not failed.
    ``answers``: whole answers in the service's own protocol that came; None where it was HTTP.
    ``goodbye``: the peer ended it itself, in TLS (close_notify); None in runs that were saved
    before anybody looked.
    """

    address: str
    port: int
    host: str
    server_name: str | None = None
    path: str
    direction: Direction
    wanted: int
    moved: int = 0
    capped: bool = False
    status: int | None = None
    answers: int | None = None
    goodbye: bool | None = None
    authenticated: bool = False
    first_byte: float | None = None
    curve: tuple[tuple[float, int], ...] = ()
    milestones: tuple[tuple[int, float], ...] = ()
    stalls: tuple[tuple[int, float], ...] = ()
    errno: str | None = None
    info: TcpInfo | None = None


Observation = (
    LocalObservation
    | DnsObservation
    | TcpObservation
    | TlsObservation
    | HttpObservation
    | ProtocolObservation
    | TransferObservation
)
