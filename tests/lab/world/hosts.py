"""Who lives where: the catalogue's names and addresses become hosts with open ports.

Real addresses where the catalogue or public knowledge names them, else invented ones inside the
service's real prefixes, always the same for the same name. Protocols are ``https``, ``http``,
``mtproto``, ``noise``, ``dns``, ``hole`` (accepts and closes), ``portal``, ``block``, ``echo``,
``acme`` (that of tests/plugin_example), ``tls`` (a handshake, then silence), ``stun``, which lives
on the same port of UDP too, ``socks5`` and ``connect`` (proxies), ``relay`` (hands each connection
to the host that it names), and those of `tests.lab.world.dialogue`, with an ``s`` where they are
spoken inside TLS.
"""

import functools
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgprobe.catalog.loader import Catalogue, load
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.model.target import Asset, Endpoint, Service
from tests.lab.content import covers
from tests.lab.world.config import HostPolicy, WorldConfig
from tests.lab.world.invented import REAL, invent
from tests.lab.world.strangers import CLOUDFLARE, CUSTOMERS, STRANGERS

Address = str

ALIASES: Final[dict[str, str]] = {
    "web.whatsapp.com": "mmx-ds.cdn.whatsapp.net",
    "mmg.whatsapp.net": "mmx-ds.cdn.whatsapp.net",
    "www.facebook.com": "star-mini.c10r.facebook.com",
    "b-graph.facebook.com": "star.c10r.facebook.com",
    "graph.facebook.com": "star.c10r.facebook.com",
    "www.bing.com": "www-www.bing.com.trafficmanager.net",
    "captive.apple.com": "captive.g.aaplimg.com",
    "updates.signal.org": "d83eunklitikj.cloudfront.net",
}
"""Names that answer through a CNAME, as the real ones do (targets from memory or made up)."""
_PROTOCOLS: Final = {
    "mtproto": "mtproto",
    "noise": "noise",
    "connect": "hole",
    "threema": "threema",
    "mmtls": "mmtls",
    "smp": "smp",
    "tor": "tor",
    "stun": "stun",
}
_HTTP_SIDE: Final = ((443, "https"), (80, "http"))


@dataclass(slots=True, kw_only=True)
class Host:
    """One name with its addresses and open ports."""

    name: str
    addresses: list[Address] = field(default_factory=list)
    ports: dict[int, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    authority: str = "public"
    shown: str = ""
    """The name on its certificate where that is not its own: an XMPP server's domain."""
    any_name: bool = True
    """Other names get the default certificate, as most servers do; else an alert."""
    speaks: str = "http"
    """What is spoken inside TLS: ``http``, ``http2`` or ``mqtt``."""
    quic: bool = False
    """It speaks QUIC on UDP port 443 as well."""

    @property
    def stranger(self) -> str:
        """The name on the certificate that foreign names are shown."""
        return STRANGERS.get(self.name) or self.shown or self.name

    @property
    def resolvable(self) -> bool:
        """Whether it is a DNS name at all; a data centre is only an address."""
        return "/" not in self.name


@dataclass(slots=True, kw_only=True)
class Place:
    """One address: the hosts on it, the first being its default, and what its ports speak."""

    address: Address
    hosts: list[Host] = field(default_factory=list)
    ports: dict[int, str] = field(default_factory=dict)
    resolver: str = ""
    """Name of the resolver that lives here, if one does."""

    def host(self, name: str | None) -> Host | None:
        """The host called ``name`` here."""
        known = (one for one in self.hosts if name and name in (one.name, one.shown))
        return next(known, None)

    @property
    def default(self) -> Host:
        """The host whose certificate strangers see."""
        return self.hosts[0]


@dataclass(slots=True, kw_only=True)
class Directory:
    """Everything that exists in the world."""

    catalogue: Catalogue
    hosts: dict[str, Host] = field(default_factory=dict)
    places: dict[Address, Place] = field(default_factory=dict)
    policies: tuple[HostPolicy, ...] = ()

    def named(self, place: Place, name: str | None) -> Host | None:
        """The host called ``name`` at ``place``, or whom ``place`` serves beside its own hosts."""
        customer = self.hosts.get(name or "")
        if place.host(CLOUDFLARE) is None or customer is None:
            return place.host(name)
        serves = covers(CUSTOMERS, customer.name)
        return customer if serves else place.host(name)

    def policy(self, host: Host, address: Address, port: int) -> HostPolicy:
        """How ``host`` behaves at ``address`` and ``port``."""
        for policy in self.policies:
            wanted = any(label in host.labels for label in policy.names)
            if not wanted and not covers(policy.names, host.name):
                continue
            if policy.ports and port not in policy.ports:
                continue
            if not policy.addresses or _inside(address, policy.addresses):
                return policy
        return HostPolicy()

    def connect(self, place: Place, port: int) -> str:
        """What accepting at ``place`` and ``port`` is like; one host's fault is its address's."""
        found = (self.policy(host, place.address, port).connect for host in place.hosts)
        return next((one for one in found if one != "normal"), "normal")

    def open_ports(self, place: Place) -> dict[int, str]:
        """The ports of ``place`` that somebody listens on."""
        return {
            port: protocol
            for port, protocol in place.ports.items()
            if self.connect(place, port) not in ("refuse", "silent")
        }

    def upload_rate(self, place: Place, port: int) -> int:
        """The slowest pace in bytes per second at which a host of ``place`` takes uploads, or 0."""
        rates = [self.policy(host, place.address, port).upload_rate for host in place.hosts]
        return min((rate for rate in rates if rate), default=0)

    def strange(self, place: Place, port: int) -> HostPolicy:
        """How a client is served that names none of the hosts of ``place``: slowness remains,
        whoever means harm means it for everybody, and a host there may turn strangers away."""
        for host in place.hosts:
            policy = self.policy(host, place.address, port)
            if policy.strangers == "misdirected":
                return HostPolicy(status=421, body="Misdirected Request")
            if policy.strangers != "normal":
                return HostPolicy(tls=policy.strangers)
            if policy.pace in ("slow", "drip") or policy.mischief:
                return HostPolicy(pace=policy.pace, rate=policy.rate, mischief=policy.mischief)
        return HostPolicy()

    def nameless(self, place: Place, port: int) -> HostPolicy:
        """How a client is served that names nobody: as the first host there whom a policy concerns,
        for several that share an address share the machine."""
        found = (self.policy(host, place.address, port) for host in place.hosts)
        return next((policy for policy in found if policy != HostPolicy()), HostPolicy())

    def alive(self, place: Place) -> bool:
        """Whether anybody lives there: a machine with closed ports does."""
        return any(self.connect(place, port) != "silent" for port in place.ports)

    def datagrams(self, place: Place) -> dict[int, Host]:
        """Who answers datagrams at which port of ``place``."""
        return {
            port: host
            for host in reversed(place.hosts)
            for port, protocol in host.ports.items()
            if protocol == "stun" and port in self.open_ports(place)
        }


@functools.cache
def shipped(country: str | None = None) -> Catalogue:
    """The shipped catalogue, read once in a process. Raises CatalogError."""
    return load((), country)


def build(config: WorldConfig) -> Directory:
    """The world of ``config``. Raises CatalogError for a bad target file."""
    if config.targets:
        catalogue = load([Path(one) for one in config.targets], config.country, allowed=EVERYTHING)
    else:
        catalogue = shipped(config.country)
    directory = Directory(catalogue=catalogue, policies=config.hosts)
    _add_services(directory)
    _add_controls(directory, config)
    for extra in config.extra:
        added = _add(directory, extra.name, extra.addresses, extra.ports, "extra")
        if "dns" in dict(extra.ports).values():
            added.labels.add("resolver")
    for names, found in config.moved:
        for name in names:
            directory.hosts[name].addresses = [*found]
    if config.strict_names:
        _be_strict(directory)
    _add(directory, "portal.local", [config.portal], ((443, "portal"), (80, "portal")), "portal")
    _add(directory, "stub.local", [config.block_page], ((443, "block"), (80, "block")), "block")
    _settle(directory, config)
    return directory


def _add_services(directory: Directory) -> None:
    services = directory.catalogue.services
    taken = {a for s in services for e in s.endpoints for a in e.addresses}
    for service in services:
        for endpoint in service.endpoints:
            _add_endpoint(directory, service, endpoint, taken)
    for service in services:
        for asset in service.assets:
            if asset.pool is None:
                _add_asset(directory, service, asset, taken)


@functools.lru_cache(maxsize=4)
def addresses(
    config: WorldConfig,
) -> Mapping[str, tuple[tuple[Address, ...], tuple[Address, ...]]]:
    """IPv4 and IPv6 addresses of every name (``telegram/dc2`` where there is only an address)."""
    return {
        name: (
            tuple(a for a in host.addresses if ":" not in a),
            tuple(a for a in host.addresses if ":" in a),
        )
        for name, host in build(config).hosts.items()
    }


def known_addresses(config: WorldConfig) -> tuple[Address, ...]:
    """Where somebody lives; packets to anywhere else should get no answer at all."""
    directory = build(config)
    living = [a for a, place in directory.places.items() if directory.alive(place)]
    mapped = [nat64(a) for a in living if ":" not in a] if config.dns64 else []
    return (*living, *mapped)


def nat64(address: Address) -> Address:
    """``address`` in the well-known prefix 64:ff9b::/96 (RFC 6052)."""
    return str(ipaddress.IPv6Address((0x64FF9B << 96) | int(ipaddress.IPv4Address(address))))


def _inside(address: Address, prefixes: Iterable[str]) -> bool:
    one = ipaddress.ip_address(address)
    return any(one in _network(prefix) for prefix in prefixes)


@functools.cache
def _network(prefix: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(prefix)


def _add(
    directory: Directory,
    name: str,
    found: Iterable[Address],
    ports: Iterable[tuple[int, str]],
    *labels: str,
) -> Host:
    host = directory.hosts.setdefault(name, Host(name=name))
    host.addresses += [a for a in found if a not in host.addresses]
    for port, protocol in ports:
        host.ports.setdefault(port, protocol)
    host.labels.update(labels)
    return host


def _add_endpoint(
    directory: Directory, service: Service, endpoint: Endpoint, taken: set[Address]
) -> None:
    labels = (f"service:{service.name}", f"pool:{service.name}/{endpoint.pool}")
    protocol = _PROTOCOLS.get(endpoint.check, "https")
    if endpoint.check == "dialogue":
        inside = "s" if endpoint.option("transport") == "tls" else ""
        protocol = f"{endpoint.option('protocol')}{inside}"
    if endpoint.option("transport") == "websocket":
        protocol = "https"
    ports = [(endpoint.port, protocol)]
    if protocol == "https" and endpoint.port == 443:
        ports = [*_HTTP_SIDE]
    name = endpoint.host or f"{service.name}/{endpoint.member}"
    hints = [*endpoint.addresses, *REAL.get(name, ())]
    if not hints and name not in directory.hosts:
        big = len(service.members(endpoint.pool)) >= 4
        hints = [*invent(name, service.prefixes, 1 if big else 2, taken)]
        taken.update(hints)
    elif not any(":" in one for one in hints) and endpoint.host:
        if not hints or _inside(hints[0], service.prefixes):  # elsewhere, what is known is all
            hints += invent(name, service.prefixes, 0, taken)
    host = _add(directory, name, hints, ports, *labels)
    host.quic = host.quic or endpoint.check == "quic"
    if endpoint.trust.value == "pinned":
        host.authority = _pinned(service, name)
    elif endpoint.trust.value == "hash":
        host.authority = authority_of(endpoint)
    host.shown = endpoint.option("domain") or host.shown
    if endpoint.check in ("mqtt", "http2"):
        host.speaks = endpoint.check
    host.any_name = host.any_name and not covers(CUSTOMERS, name)


def _add_asset(directory: Directory, service: Service, asset: Asset, taken: set[Address]) -> None:
    found: list[Address] = []
    if asset.host not in directory.hosts:
        found = [*asset.addresses, *REAL.get(asset.host, ())]
        found = found or [*invent(asset.host, service.prefixes, 2, taken)]
        taken.update(found)
    labels = ("asset", f"asset:{service.name}", f"service:{service.name}")
    host = _add(directory, asset.host, found, _HTTP_SIDE, *labels)
    if asset.trust.value == "pinned":
        host.authority = _pinned(service, asset.host)


def authority_of(endpoint: Endpoint) -> str:
    """Who signs for an endpoint that is known by a hash: itself, or an authority of its own."""
    signed = endpoint.check == "smp" or endpoint.option("alpn") is not None
    return "known-issuer" if signed else "known"


def _pinned(service: Service, name: str) -> str:
    return f"{service.name}-{2 if name.startswith('grpc.') else 1}"


def _add_controls(directory: Directory, config: WorldConfig) -> None:
    controls = directory.catalogue.controls
    holes = [(port, "hole") for port in controls.holes] if config.holes_accept else []
    for resolver in controls.resolvers:
        host = _add(directory, f"resolver/{resolver.name}", resolver.addresses, [(53, "dns")])
        host.labels.update(("resolver", "resolver:public"))
        if resolver.doh_host is not None:
            found = (*resolver.addresses, *REAL.get(resolver.doh_host, ()))
            _add(directory, resolver.doh_host, found, _HTTP_SIDE, "doh", f"doh:{resolver.name}")
    isp = _add(directory, "resolver/isp", config.isp_resolver, [(53, "dns")])
    isp.labels.update(("resolver", "resolver:isp"))
    for site in controls.sites:
        found = (*site.addresses, *REAL.get(site.host, ())) or (*invent(site.host, (), 1, set()),)
        home = "domestic" if site.country else "abroad"
        host = _add(directory, site.host, found, [*_HTTP_SIDE, *holes], "site", f"site:{home}")
        host.quic = site.quic
    for source in controls.sources:
        found = (*source.addresses, *REAL.get(source.host, ()))
        found = found or (*invent(source.host, (), 1, set()),)
        host = _add(directory, source.host, found, _HTTP_SIDE, "source")
        host.any_name = source.any_name
    for server in controls.calls:
        known = directory.hosts.get(server.host)
        found = (*server.addresses, *(known.addresses if known else ()))
        found = found or (*invent(server.host, (), 1, set()),)
        _add(directory, server.host, found, [(server.port, "stun")], "stun")
    for sentinel in controls.sentinels:
        found = REAL.get(sentinel.host) or (*invent(sentinel.host, (), 1, set()),)
        _add(directory, sentinel.host, found, _HTTP_SIDE, "sentinel")
    if controls.advert_host is not None:
        found = REAL.get(controls.advert_host) or (*invent(controls.advert_host, (), 1, set()),)
        _add(directory, controls.advert_host, found, _HTTP_SIDE, "advert")


def _be_strict(directory: Directory) -> None:
    """Nobody shows a certificate for a name that is not his, but who is known to."""
    controls = directory.catalogue.controls
    lenient = {site.host for site in controls.sites if site.any_name}
    lenient |= {source.host for source in controls.sources if source.any_name}
    for host in directory.hosts.values():
        host.any_name = host.any_name and host.name in lenient


def _settle(directory: Directory, config: WorldConfig) -> None:
    """Drop what IPv4-only worlds lack, and gather the hosts by address."""
    keep = {*config.isp_resolver} if config.dns64 else set()  # a network without IPv4 needs one
    for host in directory.hosts.values():
        host.addresses = [
            str(ipaddress.ip_address(a))
            for a in host.addresses
            if config.ipv6 or ":" not in a or a in keep
        ]
        for address in host.addresses:
            place = directory.places.setdefault(address, Place(address=address))
            # A name is a better default than a resolver, which has no certificate of its own.
            at = len(place.hosts) if host.resolvable else len(place.hosts) + 1
            place.hosts.insert(at, host)
            if "resolver" in host.labels:
                place.resolver = host.name.removeprefix("resolver/")
            for port, protocol in host.ports.items():
                if place.ports.get(port, "hole") == "hole":
                    place.ports[port] = protocol
    for place in directory.places.values():
        place.hosts.sort(key=lambda one: not one.resolvable)
