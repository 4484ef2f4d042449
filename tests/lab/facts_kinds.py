"""In which ways a host contradicts a fact, and what each way leaves of the rows that rest on it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgprobe.model.target import Endpoint, Trust
from tests.lab.facts_pieces import Effect, Fits, Kind, Leaves, Makes, Piece, homes
from tests.lab.facts_rows import Fact
from tests.lab.world.config import ExtraHost, HostPolicy, ResolverPolicy
from tests.lab.world.invented import invent

STATUSES: Final = (200, 301, 400, 403, 404, 405, 421, 429, 501, 502, 503)
THINK_S: Final = 4.0
_HTML: Final = (
    "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
)
_AWAY: Final = "https://elsewhere.example.net/"
_NEW_NETWORK: Final = ("151.64.0.0/14", "2a0d:5600::/32")
"""Where servers move to: no network of anybody's in the catalogue."""
_SMALL: Final = 12
_LARGE: Final = 3_000_000


def _speaks(*wanted: str) -> Fits:
    return lambda fact: bool(fact.speaks & set(wanted)) and not fact.paths


def _web(fact: Fact) -> bool:
    """HTTP is spoken, inside TLS or on port 80; also where one path alone is meant."""
    return bool(fact.speaks & {"http", "page"})


_OF_SERVERS: Final = frozenset(
    {"endpoint", "asset", "site", "sentinel", "resolver", "doh", "source", "call"}
)


def _serves(fact: Fact) -> bool:
    """It is a server with addresses of its own."""
    return bool(fact.sorts & _OF_SERVERS) and bool(homes().get(fact.hosts[0]))


def _policy(**settings: Any) -> Makes:
    return lambda fact: Piece(hosts=(HostPolicy(names=fact.labels, paths=fact.paths, **settings),))


def _loses(endpoint: Endpoint) -> Effect:
    return Effect.LOSES


def _in_tls(endpoint: Endpoint, otherwise: Effect = Effect.LOSES) -> Effect:
    """``otherwise`` where the endpoint opens TLS."""
    raw = endpoint.option("transport") is None and endpoint.check in ("mtproto", "noise", "stun")
    return Effect.KEEPS if raw or endpoint.check == "quic" else otherwise


# --- names and addresses --------------------------------------------------------------------------


def _gone(fact: Fact) -> Piece:
    return Piece(everywhere=tuple((label, "nxdomain") for label in fact.labels))


def _moves(fact: Fact) -> Piece:
    host = fact.hosts[0]
    taken = {one for found in homes().values() for one in found}
    new = tuple(invent(f"{host} anew", _NEW_NETWORK, 2, taken))
    return Piece(moved=(((host,), new),))


def _moves_and_is_followed(fact: Fact) -> Piece:
    """Somebody else lives at the old addresses, with a certificate of his own."""
    host = fact.hosts[0]
    tenant = ExtraHost(name=f"tenant-of-{fact.id}.example.net", addresses=homes()[host])
    return Piece(moved=_moves(fact).moved, extra=(tenant,))


def _by_name(endpoint: Endpoint) -> Effect:
    return Effect.KEEPS if endpoint.host is not None else Effect.LOSES


def _named(fact: Fact) -> bool:
    return fact.named and _serves(fact)


# --- what is spoken -------------------------------------------------------------------------------


def _answered(status: int) -> Leaves:
    """An authenticated answer is one, unless the row says what should have come; and an error of
    the service's own may be taken for one or not."""

    def leaves(endpoint: Endpoint) -> Effect:
        if endpoint.check in ("mqtt", "tls", "quic") or _in_tls(endpoint) is Effect.KEEPS:
            return Effect.KEEPS
        due = not endpoint.expect_status or status in endpoint.expect_status
        good = due and not endpoint.expect_text
        return Effect.KEEPS if good and status < 500 else Effect.MAY_KEEP

    return leaves


def _status(status: int, body: str) -> Kind:
    headers = (("Location", _AWAY),) if status == 301 else ()
    shown = _HTML.format(status) if body else ""
    return Kind(
        name=f"{status}-{'html' if body else 'empty'}",
        group=f"status {status}",
        fits=_web,
        makes=_policy(status=status, body=shown, headers=headers),
        leaves=_answered(status),
        error=status >= 500,
    )


def _pinned_only(endpoint: Endpoint) -> Effect:
    return Effect.LOSES if endpoint.trust is Trust.PINNED else Effect.KEEPS


def _unless_certificate(endpoint: Endpoint) -> Effect:
    """Where the certificate alone counts, it may be enough."""
    inside = endpoint.check in ("mqtt", "tls") or endpoint.option("transport") == "websocket"
    return _in_tls(endpoint, Effect.MAY_KEEP if inside else Effect.LOSES)


def _own_key(check: str) -> Leaves:
    return lambda endpoint: Effect.LOSES if endpoint.check == check else Effect.KEEPS


def _call(effect: Effect) -> Leaves:
    return lambda endpoint: effect if endpoint.check == "stun" else Effect.KEEPS


def _resolver(action: str) -> Makes:
    """What a public resolver says to every question over UDP and TCP."""

    def makes(fact: Fact) -> Piece:
        name = fact.hosts[0].partition("/")[2]
        dead = action == "drop"
        rules = () if dead else (("*", action),)
        policy = ResolverPolicy(at=(name,), rules=rules, dead=dead, channels=("udp", "tcp"))
        return Piece(resolvers=(policy,))

    return makes


def _encrypted(action: str) -> Makes:
    def makes(fact: Fact) -> Piece:
        row = next(r for r in fact.rows if r.endswith("/doh"))
        name = row.split("/")[1]
        return Piece(resolvers=(ResolverPolicy(at=(name,), rules=(("*", action),)),))

    return makes


def _name_says(action: str) -> Makes:
    return lambda fact: Piece(everywhere=tuple((label, action) for label in fact.labels))


def _newcomer(*rules: tuple[str, str]) -> Makes:
    """A resolver that runs where none was."""

    def makes(fact: Fact) -> Piece:
        name = f"newcomer-{fact.id}"
        host = ExtraHost(name=f"resolver/{name}", addresses=(fact.address,), ports=((53, "dns"),))
        policy = (ResolverPolicy(at=(name,), rules=rules),) if rules else ()
        return Piece(extra=(host,), resolvers=policy)

    return makes


def _kinds() -> Iterable[Kind]:
    yield from _of_addresses()
    yield from _of_statuses_and_handshakes()
    yield from _of_answers()
    yield from _of_calls()
    yield from _rotations()
    yield from _of_controls()


_OWN: Final = _speaks("mtproto", "noise")


def _of_addresses() -> Iterable[Kind]:
    yield Kind(name="name-gone", group="name gone", fits=_named, makes=_gone, leaves=_loses)
    for name, connect in (("dead", "silent"), ("refused", "refuse")):
        yield Kind(
            name=name,
            group=name,
            fits=_serves,
            makes=_policy(connect=connect),
            leaves=_loses,
            whole_address=True,
        )
    yield Kind(name="moved", group="a new address", fits=_serves, makes=_moves, leaves=_by_name)
    yield Kind(
        name="moved-let",
        group="a new address, the old one let",
        fits=_serves,
        makes=_moves_and_is_followed,
        leaves=_by_name,
    )
    yield Kind(
        name="port-closed",
        group="usual port closed",
        fits=lambda fact: fact.several_ports and _serves(fact),
        makes=_policy(ports=(443,), connect="refuse"),
        leaves=lambda endpoint: Effect.MAY_KEEP,
        whole_address=True,
    )
    for name, connect in (("hang", "hang"), ("abort", "reset")):
        yield Kind(
            name=name,
            group=f"{name} after connecting",
            fits=_OWN,
            makes=_policy(connect=connect),
            leaves=_loses,
            whole_address=True,
        )


def _of_statuses_and_handshakes() -> Iterable[Kind]:
    for status in STATUSES:
        yield from (_status(status, body) for body in ("", "html"))
    for name, group, leaves in (
        ("wrong_name", "another name's certificate", _in_tls),
        ("other_ca", "another public authority", _pinned_only),
        ("new_root", "an authority unknown to us", _in_tls),
        ("expired", "expired certificate", _in_tls),
        ("alert", "alert after the ClientHello", _in_tls),
        ("close", "end after the ClientHello", _in_tls),
        ("reset", "reset after the ClientHello", _in_tls),
        ("mute", "silence after the handshake", _unless_certificate),
    ):
        yield Kind(
            name=name.replace("_", "-"),
            group=group,
            fits=_speaks("tls"),
            makes=_policy(tls=name),
            leaves=leaves,
        )


def _of_answers() -> Iterable[Kind]:
    yield Kind(
        name="page-mute",
        group="silence after the request",
        fits=_speaks("page"),
        makes=_policy(pace="silent"),
    )
    yield Kind(
        name="thinks",
        group="4 s think time",
        fits=lambda fact: _web(fact) or (_serves(fact) and _OWN(fact)) or _speaks("tls")(fact),
        makes=_policy(think_s=THINK_S),
    )
    for name, size in (("small", _SMALL), ("large", _LARGE)):
        yield Kind(
            name=name,
            group=f"a body much {'smaller' if name == 'small' else 'larger'}",
            fits=_web,
            makes=_policy(status=200, body_bytes=size),
            leaves=_answered(200),
        )
    yield Kind(
        name="rationed",
        group="429 after the second request",
        fits=_web,
        makes=_policy(ration=2),
        leaves=_answered(429),
    )
    yield Kind(
        name="demands",
        group="a header is demanded",
        fits=_web,
        makes=_policy(demands="X-Requested-With", status=400, body=_HTML.format(400)),
        leaves=_answered(400),
        once=False,
    )


def _of_calls() -> Iterable[Kind]:
    for name in ("silent", "tcp_only", "rationed"):
        yield Kind(
            name=f"call-{name.replace('_', '-')}",
            group="a call server's manners",
            fits=_speaks("stun"),
            makes=_policy(stun=name),
            leaves=_call(Effect.LOSES if name == "silent" else Effect.MAY_KEEP),
        )
    yield Kind(name="no-quic", group="no QUIC", fits=_speaks("quic"), makes=_policy(quic="silent"))


def _rotations() -> Iterable[Kind]:
    for name, spoken, policy, leaves in (
        ("rotated-rsa", "rsa-key", {"mtproto": "unknown_key"}, _own_key("mtproto")),
        ("rotated-noise", "noise-root", {"chat": "other_root"}, _own_key("noise")),
        ("roots-rotated", "roots", {"tls": "new_root"}, _in_tls),
        ("roots-public-instead", "roots", {"tls": "other_ca"}, _pinned_only),
    ):
        yield Kind(
            name=name,
            group="a key that rotated",
            fits=_speaks(spoken),
            makes=_policy(**policy),
            leaves=leaves,
        )


def _of_controls() -> Iterable[Kind]:
    for name in ("alert", "reset", "misdirected"):
        yield Kind(
            name=f"strangers-{name}",
            group="any name refused",
            fits=_speaks("any-name"),
            makes=_policy(strangers=name),
        )
    yield from _of_resolvers()
    yield from _of_names()
    yield Kind(
        name="holes-closed",
        group="routers' ports",
        fits=_speaks("holes"),
        makes=lambda fact: Piece(holes_accept=False),
    )


def _of_resolvers() -> Iterable[Kind]:
    for spoken, makes, actions in (
        ("dns", _resolver, ("drop", "refused", "servfail", "nxdomain", "empty")),
        ("doh", _encrypted, ("servfail", "nxdomain")),
    ):
        for action in actions:
            yield Kind(
                name=f"{spoken}-{action}",
                group="a public resolver's answers",
                fits=_speaks(spoken),
                makes=makes(action),
            )
    for name, rules in (("answers", ()), ("refuses", (("*", "refused"),))):
        yield Kind(
            name=f"dns-{name}-there",
            group="an answer where silence is expected",
            fits=_speaks("silent"),
            makes=_newcomer(*rules),
        )


def _says_down(fact: Fact) -> Piece:
    return _name_says(f"answer:{fact.address}")(fact)


def _of_names() -> Iterable[Kind]:
    for spoken, group, sayings in (
        (
            "beacon",
            "the beacon",
            (
                ("gone", _name_says("nxdomain")),
                ("fails", _name_says("servfail")),
                ("elsewhere", _name_says("answer:151.64.9.9")),
                ("says-down", _says_down),
            ),
        ),
        (
            "advert",
            "the advertiser's name",
            (("gone", _name_says("nxdomain")), ("nowhere", _name_says("answer:0.0.0.0"))),
        ),
    ):
        for name, makes in sayings:
            yield Kind(name=f"{spoken}-{name}", group=group, fits=_speaks(spoken), makes=makes)


KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _kinds()}
