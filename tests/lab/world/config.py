"""What the world is like, as data: it travels to the world's process as JSON.

Names are given as `tests.lab.content.covers` reads them: ``whatsapp.net`` is the name and all below
it, ``=chat.signal.org`` only itself, ``*`` all. Where host names are expected, ``service:signal``
and ``pool:whatsapp/chat`` stand for the names of the catalogue's endpoints there, ``asset:signal``
for those of its assets (``asset`` for all), ``source`` for the neutral sources of big objects.
"""

import dataclasses
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Connect = Literal["normal", "refuse", "silent", "reset", "hang"]
Tls = Literal[
    "normal",
    "reset",
    "close",
    "hang",
    "alert",
    "mute",
    "expired",
    "self_signed",
    "new_root",
    "other_ca",
    "national",
    "untouched",
    "wrong_name",
]
Pace = Literal["normal", "silent", "slow", "drip", "endless", "huge", "malformed", "escapes"]
Chat = Literal["genuine", "other_root", "wrong_static", "turns_away"]
Issuer = Literal["private", "corporate", "national", "self_signed", "public"]
Keeper = Literal["normal", "wrong_key", "unknown_key"]
Quic = Literal["normal", "silent"]
CallManner = Literal["normal", "tcp_only", "silent", "rationed"]
Channel = Literal["udp", "tcp", "doh"]
Strangers = Literal["normal", "alert", "reset", "misdirected"]
Stop = Literal["pause", "end", "goodbye", "reset"]

DNS_VERBS: Final = ("nxdomain", "refused", "servfail", "drop", "empty", "dangling", "truth")


class ConfigError(ValueError):
    """A configuration that means nothing; the message names the field and the remedy."""


def check_dns_action(where: str, action: str) -> None:
    """Raise ConfigError unless ``action`` is a DNS verb or ``answer:ADDRESS[,ADDRESS]``."""
    if action in DNS_VERBS:
        return
    verb, _, rest = action.partition(":")
    try:
        if verb == "answer" and [ipaddress.ip_address(one) for one in rest.split(",")]:
            return
    except ValueError as fault:
        raise ConfigError(f"{where}: {fault}; write answer:192.0.2.1,192.0.2.2") from None
    known = ", ".join(DNS_VERBS)
    raise ConfigError(f"{where}: unknown action {action!r}; known: {known}, answer:ADDRESS,...")


def _check_mischief(where: str, kinds: tuple[str, ...]) -> None:
    from tests.lab.world.mean import unknown

    if strange := unknown(kinds):
        raise ConfigError(f"{where}: nobody knows {', '.join(strange)}; see tests.lab.world.mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPolicy:
    """How some hosts differ from their honest selves; the first policy that matches decides.

    ``names`` as above; with ``addresses`` (CIDR) it holds only there, so that one of several
    backends can be dead. ``ports`` empty means all. ``connect`` concerns the whole
    address with all names on it: ``refuse`` leaves the port closed, ``silent`` lets nobody live
    there (see `known_addresses`), ``reset`` aborts and ``hang`` keeps quiet after accepting.
    ``tls`` and what follows apply once the ClientHello has named one of the host's names (the front
    answers other names as ever), whatever it names with ``whole_server``. ``status``, ``body`` and
    ``headers`` replace the HTTP answer's; on port 80 they are those of the address's first name.
    ``body_bytes`` makes a body of so many octets instead.
    ``mtproto`` is who answers Telegram's own protocol: an impostor names Telegram's key and has not
    got it (``wrong_key``), or names one of its own (``unknown_key``).
    ``rate`` is in bytes per second for ``pace = "slow"``: a server that sends every answer that
    slowly from its first byte on. ``upload_rate`` is how many bytes per second it takes from each
    client, 0 for all that come. Both are the machine's: whoever names a host that it does not know
    is served no faster than who names the slow one. ``chat``: whether a Noise server's chain is the
    service's (see `tests.lab.world.noise.ChatServer`); ``turns_away``: it resets whoever speaks
    neither TLS nor HTTP to it. ``stun`` is how a call server treats strangers: it answers
    ``tcp_only``, keeps ``silent``, or answers each only so often (``rationed``). ``keeper``: who
    answers the protocols of Threema, WeChat and Tor: somebody without the service's key, or (Tor)
    with one of his own.
    ``mischief`` are kinds of `tests.lab.world.mean`, of any layers: each conversation gets the next
    of those of its layer, and where a layer has none it is honest there.
    ``quic`` silent: no backend takes QUIC for the name, so that Initial packets that bear it are
    ignored, while versions are negotiated.
    ``think_s`` are seconds before a server's first answer, and before each HTTP answer. With
    ``ration`` a host gives so many HTTP answers in all, then 429. ``paths`` and ``demands`` narrow
    what is done to HTTP answers: to requests for these paths, and to those without that header.
    ``h2``: it speaks HTTP/2 with who offers it.
    With ``stops_after`` octets of an HTTP answer, its head included, the server stops: it pauses
    for ``pause_s`` and goes on, ends the connection with or without TLS's goodbye, or resets it. It
    reads ``takes_at_most`` octets of an upload, if given, then resets the connection unanswered.
    ``strangers``: how who names a host that does not live there is treated (``normal``: as
    `Host.any_name` says; ``misdirected``: HTTP 421).
    """

    names: tuple[str, ...] = ("*",)
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    connect: Connect = "normal"
    tls: Tls = "normal"
    whole_server: bool = False
    status: int = 0
    body: str | None = None
    body_bytes: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    mtproto: Keeper = "normal"
    pace: Pace = "normal"
    rate: int = 1000
    upload_rate: int = 0
    chat: Chat = "genuine"
    stun: CallManner = "normal"
    keeper: Keeper = "normal"
    quic: Quic = "normal"
    mischief: tuple[str, ...] = ()
    think_s: float = 0.0
    ration: int = 0
    paths: tuple[str, ...] = ()
    demands: str = ""
    strangers: Strangers = "normal"
    h2: bool = False
    stops_after: int = 0
    stop: Stop = "pause"
    pause_s: float = 0.0
    takes_at_most: int = 0

    def concerns(self, path: str, headers: Mapping[str, str]) -> bool:
        """Whether what is done to HTTP answers is done to that of this request."""
        if self.demands and self.demands.lower() in headers:
            return False
        return not self.paths or path in self.paths

    def __post_init__(self) -> None:
        _check_mischief("HostPolicy.mischief", self.mischief)
        for prefix in self.addresses:
            try:
                ipaddress.ip_network(prefix)
            except ValueError as fault:
                raise ConfigError(f"HostPolicy.addresses: {fault}; write 192.0.2.0/24") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverPolicy:
    """How some resolvers lie or fail.

    ``at`` holds addresses, names of the catalogue's resolvers, ``isp``, ``public`` or ``*``.
    ``rules`` maps names to what is said about them: nxdomain, refused, servfail, drop, empty,
    dangling (an alias of a name that has no address), truth (as if no rule stood there), or
    ``answer:ADDRESS[,ADDRESS]``; the first that covers the name decides. ``mischief`` are
    kinds as of a host, one a question; names whose rule is ``truth`` are spared. ``dead`` never
    answers; ``servfail_share`` of all answers are SERVFAIL.
    """

    at: tuple[str, ...] = ("isp",)
    rules: tuple[tuple[str, str], ...] = ()
    dead: bool = False
    servfail_share: float = 0.0
    channels: tuple[Channel, ...] = ("udp", "tcp", "doh")
    mischief: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_mischief("ResolverPolicy.mischief", self.mischief)
        for name, action in self.rules:
            check_dns_action(f"ResolverPolicy.rules[{name}]", action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitm:
    """What the interceptor on port 10443 re-signs: ``names`` but not ``exempt``.

    ``issuer`` ``public``: an authority that everybody trusts; ``private`` and
    ``national`` are states'. ``certificate``: a host name, the only one that certificates are for.

    ``page`` empty hands the request to the true server; ``block`` and ``portal`` answer themselves.
    """

    names: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    issuer: Issuer = "private"
    certificate: str = ""
    page: Literal["", "block", "portal"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpInterceptor:
    """What the interceptor on port 10080 does: plain HTTP to ``names`` but not ``exempt``.

    ``stub`` redirects to the block page's own host, ``page`` answers with it in place (status
    ``status``), ``portal`` redirects to the login page, ``via`` is an honest cache.
    """

    names: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    does: Literal["stub", "page", "portal", "reset", "via"] = "page"
    status: int = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Pep:
    """The performance enhancing proxy of a satellite link (RFC 3135 §2.4), at all addresses.

    On ``port`` it accepts at once, connects to ``to_port`` of the same address and hands all on in
    both directions, ``delay_ms`` later each and at most ``kbit`` (1000 bits a second, 0 for any
    speed) down each connection. It acknowledges uploads itself, as far as its buffers go. Reached
    by a `tests.lab.censor.PortRewrite`.
    """

    port: int = 10444
    to_port: int = 443
    delay_ms: float = 0.0
    kbit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraHost:
    """A host that the catalogue does not know. ``ports`` maps a port to a protocol of `hosts`.
    One called ``resolver/NAME`` that speaks ``dns`` is one more resolver, called NAME.

    With the name of a host that it knows these addresses and ports are added to it.
    """

    name: str
    addresses: tuple[str, ...]
    ports: tuple[tuple[int, str], ...] = ((443, "https"), (80, "http"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldConfig:
    """The whole world.

    ``workdir`` takes certificates and the log. ``targets`` are target files beside the shipped
    ones; ``country`` adds its domestic sites. ``isp_resolver`` are R0's addresses. ``ipv6`` adds
    AAAA records and IPv6 servers; ``dns64`` lets R0 synthesise AAAA in 64:ff9b::/96 (RFC 6147) and
    puts every IPv4 server there too. ``skew_days`` is how far the world's clock is ahead of this
    machine's; certificates are ``cert_age_days`` old by the world's clock.
    ``everywhere`` are DNS rules that hold at every resolver (see `ResolverPolicy.rules`).
    ``moved`` are names that all live at the same addresses, and nowhere else: tenants of a CDN.
    ``strict_names``: servers answer a name that is not theirs with an alert, those excepted that
    the catalogue says to answer any name; otherwise most show their default certificate.
    """

    workdir: str
    seed: int = 1
    targets: tuple[str, ...] = ()
    country: str | None = None
    ipv6: bool = False
    dns64: bool = False
    skew_days: float = 0.0
    cert_age_days: float = 20.0
    isp_resolver: tuple[str, ...] = ("10.77.0.53", "fd77::53")
    hosts: tuple[HostPolicy, ...] = ()
    resolvers: tuple[ResolverPolicy, ...] = ()
    everywhere: tuple[tuple[str, str], ...] = ()
    mitm: Mitm = Mitm()
    http: HttpInterceptor = HttpInterceptor()
    pep: Pep = Pep()
    portal: str = "10.77.0.1"
    block_page: str = "203.0.113.9"
    holes_accept: bool = True
    page_bytes: int = 20_000
    extra: tuple[ExtraHost, ...] = ()
    moved: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    strict_names: bool = False

    def __post_init__(self) -> None:
        for name, action in self.everywhere:
            check_dns_action(f"WorldConfig.everywhere[{name}]", action)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "WorldConfig":
        """The configuration in ``data``. Raises ConfigError for unknown keys and wrong types."""
        from cattrs import Converter, transform_error

        try:
            return Converter(forbid_extra_keys=True).structure(data, cls)
        except Exception as fault:  # an ExceptionGroup of whatever the fields raised
            own = _own_fault(fault)
            why = str(own) if own else "; ".join(transform_error(fault)) + "; mend that field"
            raise ConfigError(f"world configuration: {why}") from None


def _own_fault(fault: BaseException) -> ConfigError | None:
    """The ConfigError of a field's own check, somewhere inside ``fault``."""
    if isinstance(fault, ConfigError):
        return fault
    inner = fault.exceptions if isinstance(fault, BaseExceptionGroup) else ()
    return next((own for one in inner if (own := _own_fault(one))), None)


def load(path: Path) -> WorldConfig:
    """The configuration in the file ``path``. Raises ConfigError, OSError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ConfigError(f"{path}: is not JSON ({fault}); write WorldConfig.to_json()") from None
    return WorldConfig.from_json(data)


# --- builders for what scenarios ask for most ---------------------------------------------------


def dead(*names: str, addresses: tuple[str, ...] = ()) -> HostPolicy:
    """Nobody lives there any more."""
    return HostPolicy(names=names, addresses=addresses, connect="silent")


def closed(*names: str, addresses: tuple[str, ...] = ()) -> HostPolicy:
    """The machine lives, its ports are closed: an honest refusal."""
    return HostPolicy(names=names, addresses=addresses, connect="refuse")


def dead_backend(*names: str) -> HostPolicy:
    """The front accepts and then resets connections for ``names``; its other names work."""
    return HostPolicy(names=names, tls="reset")


def lying(*names: str, action: str, at: tuple[str, ...] = ("isp",)) -> ResolverPolicy:
    """The resolvers ``at`` say ``action`` about ``names``."""
    return ResolverPolicy(at=at, rules=tuple((name, action) for name in names))


def captive_portal(login: str = "10.77.0.1") -> dict[str, Any]:
    """Fields of a WorldConfig behind a portal that answers every name with its own address."""
    return {
        "portal": login,
        "resolvers": (ResolverPolicy(at=("*",), rules=(("*", f"answer:{login}"),)),),
        "mitm": Mitm(names=("*",), issuer="self_signed", page="portal"),
        "http": HttpInterceptor(names=("*",), does="portal"),
    }
