"""The service of a target file: [service], [[pool]], [[pool.member]], [[asset]], [[root]],
[[key]] and [beacon].

A member is written once and becomes one endpoint per port, and per address if it has no host. The
first port (per family: the first address on it) is the main one, all others are in reserve.
"""

import ipaddress
from collections.abc import Callable, Collection

from msgprobe.catalog import value
from msgprobe.catalog.asset import read_assets
from msgprobe.catalog.credential import read_keys, read_roots
from msgprobe.catalog.error import nearest, quoted
from msgprobe.catalog.limits import ENDPOINTS, POOLS
from msgprobe.catalog.table import PROVENANCE, Table, distinct
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import (
    Endpoint,
    Function,
    Pool,
    Provenance,
    Root,
    Service,
    StatusBeacon,
    Trust,
)

_WAY = (
    "check",
    "ports",
    "trust",
    "certificate_sha256",
    "path",
    "expect_status",
    "expect_text",
    "options",
)
_SERVICE = (
    *("name", "title", "primary", "core", "warning", "allow", "prefixes", "untestable"),
    *PROVENANCE,
)
_POOL = ("name", "function", "ok_at", "sample", "caveat", "extra", "member", *_WAY, *PROVENANCE)
_MEMBER = ("name", "host", "addresses", "always", "spare", *_WAY, *PROVENANCE)
_BEACON = ("host", "up", "down", *PROVENANCE)
_FUNCTION = value.word(Function)
_TRUST = value.word(Trust)
SECTIONS = ("service", "pool", "root", "key", "beacon", "asset")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How members are spoken to; a pool's way holds for members that say nothing else.

    Of ``options`` each key by itself: a member adds its own to those of its pool.
    """

    check: str | None = None
    ports: tuple[int, ...] = (443,)
    trust: Trust = Trust.PUBLIC
    certificate_sha256: tuple[str, ...] = ()
    path: str = "/"
    expect_status: tuple[int, ...] = ()
    expect_text: str | None = None
    options: tuple[tuple[str, str], ...] = ()


Examine = Callable[[Endpoint], str | None]
"""What is wrong with an endpoint's options, in the words of its check; None: nothing."""


_MEANT = {
    **dict.fromkeys(("tcp", "port", "telnet"), "connect"),
    **dict.fromkeys(("ssl", "certificate"), "tls"),
    **dict.fromkeys(("http", "get"), "page"),
    **dict.fromkeys(("ws", "wss", "websocket", "xmpp", "smtp", "imap"), "dialogue"),
    **dict.fromkeys(("turn", "udp"), "stun"),
    **dict.fromkeys(("icmp", "icmp6"), "ping"),
    **dict.fromkeys(("http3", "h3"), "quic"),
    **dict.fromkeys(("h2",), "http2"),
    "dns": "resolve",
}
"""Other words for a check, by which nobody would find it."""


def head(top: Table) -> Table | None:
    """The table [service] of the file ``top``, if there is one. Raises CatalogError."""
    return top.table("service", _SERVICE)


def read_service(
    top: Table, known_checks: Collection[str] | None, examine: Examine | None = None
) -> Service:
    """The service that the file ``top`` describes. Raises CatalogError.

    ``known_checks`` are the names that ``check`` may have; None leaves them unexamined, as a
    missing ``examine`` leaves the options.
    """
    own = head(top)
    if own is None:
        raise top.fault("service", "missing", "add a [service] table with its name and title")
    provenance = own.provenance(None)
    name = own.need("name", value.name)
    title = own.need("title", value.line)
    roots = read_roots(top, provenance)
    pools: list[Pool] = []
    endpoints: list[Endpoint] = []
    tables = top.tables("pool", _POOL, most=POOLS)
    if not tables:
        raise top.fault("pool", "missing", "add at least one [[pool]] with a [[pool.member]]")
    for table in tables:
        pool, ways = _pool(table, provenance, known_checks)
        pools.append(pool)
        endpoints += ways
        _few(table, endpoints)
    distinct(tables, [p.name for p in pools], "pool")
    _check_endpoints(top, endpoints, roots)
    _examine(top, endpoints, examine)
    return Service(
        name=name,
        title=title,
        primary=_primary(own, pools),
        pools=tuple(pools),
        endpoints=tuple(endpoints),
        assets=read_assets(top, provenance, pools, roots),
        core=own.take("core", value.flag, False),
        warning=_warning(own),
        prefixes=own.each("prefixes", value.prefix, most=500),
        roots=roots,
        keys=read_keys(top, provenance),
        beacon=_beacon(top, provenance),
        untestable=_untestable(own, pools),
        provenance=provenance,
    )


def _examine(top: Table, endpoints: list[Endpoint], examine: Examine | None) -> None:
    if examine is None:
        return
    for endpoint in endpoints:
        fault = examine(endpoint)
        if fault is not None:
            place = f"pool[{endpoint.pool}].member[{endpoint.member}].options"
            why, _, right = fault.partition(": ")
            raise top.fault(place, why, right)


def _warning(head: Table) -> str:
    """What is said before the service is measured, which nobody hears who named none."""
    warning = head.take("warning", value.line, "")
    if warning and head.take("core", value.flag, False):
        why = "a core service is measured when none is named, one with a warning only when it is"
        raise head.fault("warning", why, 'remove it, or "core"')
    return warning


def _primary(head: Table, pools: list[Pool]) -> Function:
    primary = head.need("primary", _FUNCTION)
    if primary not in {pool.function for pool in pools if not pool.extra}:
        right = "name the function of one of the pools"
        raise head.fault("primary", f"no pool has the function {quoted(str(primary))}", right)
    return primary


def _untestable(head: Table, pools: list[Pool]) -> tuple[tuple[Function, str], ...]:
    found = []
    for word, why in head.pairs("untestable", value.line):
        try:
            function = _FUNCTION(word)
        except value.Wrong as wrong:
            raise head.fault("untestable", wrong.why, wrong.right) from None
        if any(pool.function is function for pool in pools):
            right = "remove one of the two"
            raise head.fault(f"untestable.{word}", "there is a pool for it as well", right)
        found.append((function, why))
    return tuple(found)


def _beacon(top: Table, provenance: Provenance) -> StatusBeacon | None:
    table = top.table("beacon", _BEACON)
    if table is None:
        return None
    up, down = table.each("up", value.address), table.each("down", value.address)
    if not up or not down or set(up) & set(down):
        raise table.fault("", "up and down do not differ", "give each addresses of its own")
    return StatusBeacon(
        host=table.need("host", value.host),
        up=up,
        down=down,
        provenance=table.provenance(provenance),
    )


def _pool(
    table: Table, provenance: Provenance, known_checks: Collection[str] | None
) -> tuple[Pool, list[Endpoint]]:
    name = table.need("name", value.name)
    function = table.need("function", _FUNCTION)
    base = _way(table, _Way(), known_checks)
    provenance = table.provenance(provenance)
    members = table.tables("member", _MEMBER)
    if not members:
        raise table.fault("", "has no members", "add a [[pool.member]] below it")
    names = [member.need("name", value.name) for member in members]
    distinct(members, names, "member")
    endpoints: list[Endpoint] = []
    for member in members:
        endpoints += _expand(member, name, _way(member, base, known_checks), provenance)
        _few(member, endpoints)
    ok_at = table.take("ok_at", value.number(1, 100), 1)
    sample = table.take("sample", value.number(0, 100), 0)
    usual = len({e.member for e in endpoints if not e.spare})
    if not usual:
        right = "leave one of them without it"
        raise table.fault("", "has nothing but spare members", right)
    for key, given, most in (
        ("ok_at", ok_at, usual),
        ("sample", sample, usual),
        ("ok_at", ok_at, sample or usual),
    ):
        if given > most:
            of = "members" if most == usual else "members in the sample"
            raise table.fault(key, f"{given} is more than the {most} {of}", f"give at most {most}")
    caveat = table.take("caveat", value.text, "")
    extra = table.take("extra", value.flag, False)
    _check_extra(table, extra, endpoints)
    pool = Pool(
        name=name, function=function, ok_at=ok_at, sample=sample, caveat=caveat, extra=extra
    )
    return pool, endpoints


def _few(table: Table, endpoints: list[Endpoint]) -> None:
    if len(endpoints) > ENDPOINTS:
        why = f"makes {len(endpoints)} endpoints so far, of which a service may have {ENDPOINTS}"
        raise table.fault("", why, "name fewer members, ports or addresses")


def _check_extra(table: Table, extra: bool, endpoints: list[Endpoint]) -> None:
    """QUIC is an extra and nothing else is: every client falls back to TCP."""
    for endpoint in endpoints:
        if endpoint.check == "quic" and not extra:
            right = 'add "extra = true" to the pool'
            raise table.fault("extra", "missing, though its check is quic", right)
        if extra and endpoint.check != "quic":
            right = "remove it, or give the member a pool of its own"
            raise table.fault("extra", f"{quoted(endpoint.check)} is no extra, only quic is", right)
        if extra and endpoint.host is None:
            right = f'give {quoted(endpoint.member)} a "host"'
            raise table.fault("member", "QUIC without a server name shows nothing", right)


def _way(table: Table, base: _Way, known_checks: Collection[str] | None) -> _Way:
    check = table.take("check", value.name, base.check)
    if check is not None and known_checks is not None and check not in known_checks:
        near = (_MEANT.get(check, ""),) if check in _MEANT else nearest(check, known_checks, most=1)
        right = f'did you mean "{near[0]}"?' if near else f"known are: {', '.join(known_checks)}"
        raise table.fault("check", f"there is no check {quoted(check)}", right)
    return _Way(
        check=check,
        ports=table.each("ports", value.port, base.ports, most=8),
        trust=table.take("trust", _TRUST, base.trust),
        certificate_sha256=table.each(
            "certificate_sha256", value.certificate_hash, base.certificate_sha256, most=8
        ),
        path=table.take("path", value.path, base.path),
        expect_status=table.each("expect_status", value.status, base.expect_status),
        expect_text=table.take("expect_text", value.text, base.expect_text),
        options=tuple((dict(base.options) | dict(table.pairs("options", value.text))).items()),
    )


def _expand(member: Table, pool: str, way: _Way, provenance: Provenance) -> list[Endpoint]:
    """The endpoints of a member: ports in the order given, on each the addresses."""
    name = member.need("name", value.name)
    if way.check is None:
        raise member.fault("check", "missing", 'add "check" here or to its pool')
    host = member.take("host", value.host, None)
    addresses = member.each("addresses", value.address)
    if host is None and not addresses:
        raise member.fault("", "has neither host nor addresses", 'add "host" or "addresses"')
    always = member.take("always", value.flag, False)
    spare = member.take("spare", value.flag, False)
    if always and spare:
        right = "remove one of the two"
        raise member.fault("spare", '"always" in the sample and in none', right)
    provenance = member.provenance(provenance)
    found: list[Endpoint] = []
    for port in way.ports:
        for suffix, first, targets in _targets(host, addresses):
            reserve = port != way.ports[0] or not first
            found.append(
                Endpoint(
                    name=f"{name}-{port}{suffix}",
                    pool=pool,
                    member=name,
                    check=way.check,
                    port=port,
                    host=host,
                    addresses=targets,
                    trust=way.trust,
                    certificate_sha256=way.certificate_sha256,
                    path=way.path,
                    expect_status=way.expect_status,
                    expect_text=way.expect_text,
                    reserve=reserve,
                    always=always and not reserve,
                    spare=spare,
                    options=way.options,
                    provenance=provenance,
                )
            )
    return found


def _targets(
    host: str | None, addresses: tuple[str, ...]
) -> list[tuple[str, bool, tuple[str, ...]]]:
    """What one port of a member is tried on: name suffix, first of its family?, addresses.

    Families become endpoints of their own, because a network may block or break only one of them.
    """
    if host is not None:
        return [("", True, addresses)]
    found: list[tuple[str, bool, tuple[str, ...]]] = []
    seen = {4: 0, 6: 0}
    for address in addresses:
        family = ipaddress.ip_address(address).version
        seen[family] += 1
        suffix = f"-v{family}" if seen[family] == 1 else f"-v{family}-{seen[family]}"
        found.append((suffix, seen[family] == 1, (address,)))
    return found


def _check_endpoints(top: Table, endpoints: list[Endpoint], roots: tuple[Root, ...]) -> None:
    seen: dict[str, Endpoint] = {}
    members: dict[str, str] = {}
    for endpoint in endpoints:
        place = f"pool[{endpoint.pool}].member[{endpoint.member}]"
        other = seen.setdefault(endpoint.name, endpoint)
        if members.setdefault(endpoint.member, endpoint.pool) != endpoint.pool or (
            other is not endpoint
        ):
            raise top.fault(
                f"{place}.name",
                f"{quoted(endpoint.member)} is also in the pool {other.pool}, or its endpoint "
                f"{quoted(endpoint.name)} is there twice",
                "names are unique within a service: rename one",
            )
        if endpoint.trust is Trust.PINNED and not roots:
            raise top.fault(
                f"{place}.trust", '"pinned", but the file has no [[root]]', "add the service's root"
            )
        _check_hashes(top, endpoint, f"{place}.certificate_sha256")


def _check_hashes(top: Table, endpoint: Endpoint, place: str) -> None:
    by_hash = endpoint.trust is Trust.HASH
    if by_hash and not endpoint.certificate_sha256:
        right = "add the SHA-256 of its certificate, or of the one that signed it"
        raise top.fault(place, 'missing, though trust is "hash"', right)
    if endpoint.certificate_sha256 and not by_hash:
        right = 'add trust = "hash", or remove it'
        raise top.fault(place, f'given, though trust is "{endpoint.trust}"', right)
