"""What scenarios have in common: names, addresses, lines, truths, actions and worlds."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypedDict

from msgprobe.catalog.loader import load
from tests.lab.censor import Drop, Match, OnSni, PortRewrite
from tests.lab.link import Link
from tests.lab.scenario import OK, Truth, truth
from tests.lab.world.config import HostPolicy, WorldConfig, lying
from tests.lab.world.hosts import addresses

# --- names --------------------------------------------------------------------------------------

WHATSAPP: Final = ("whatsapp.com", "whatsapp.net")
TELEGRAM: Final = ("telegram.org", "t.me", "telegram.me")
MESSENGER: Final = ("facebook.com", "messenger.com", "fbcdn.net")
SIGNAL: Final = ("signal.org",)

SIGNUP: Final = "v.whatsapp.net"
"""A name that stands alone in its function: one front, one network."""

CHAT: Final = (
    "g.whatsapp.net",
    *(f"e{n}.whatsapp.net" for n in range(1, 17)),
    *(f"{name}.whatsapp.net" for name in ("g-fallback", "chat.cdn", "chat-fallback.cdn")),
)
"""WhatsApp's chat servers."""

RELAYS: Final = ("turn3.voip.signal.org", "turn.cloudflare.com")
"""Signal's call servers."""

LISTED_KZ: Final = ("egov.kz", "kaspi.kz", "telecom.kz", "nur.kz")
LISTED_RU: Final = ("ya.ru", "m.vk.ru", "max.ru", "gosuslugi.ru")


@cache
def hosts_of(service: str) -> tuple[str, ...]:
    """The host names of a service's endpoints."""
    found = (s for s in load().services if s.name == service)
    return tuple(dict.fromkeys(e.host for s in found for e in s.endpoints if e.host is not None))


# --- addresses ----------------------------------------------------------------------------------

RESOLVER: Final = "10.77.0.53/32"
"""The provider's resolver."""
GATEWAY: Final = "10.77.0.1/32"
BLOCK_PAGE: Final = "185.79.0.9"
"""An invented public address: a documentation prefix would be recognised as impossible."""
BOGON: Final = "10.10.34.36"

DC_SPARES: Final = tuple(
    f"149.154.{end}/32" for end in ("167.223", "162.123", "166.121", "167.118", "165.111")
)
"""What takes the place of the data centres' addresses for media when they fail."""

TELEGRAM_DC: Final = (
    "149.154.175.50/32",
    "149.154.167.51/32",
    "95.161.76.100/32",
    "149.154.175.100/32",
    "149.154.167.91/32",
    "149.154.171.5/32",
    "91.108.56.100/32",
    "149.154.167.151/32",
    "149.154.167.222/32",
    "149.154.164.250/32",
    "149.154.166.120/32",
    *DC_SPARES,
    "91.105.192.100/32",
    "2001:67c:4e8:f002::/64",
    "2001:67c:4e8:f004::/64",
    "2001:b28:f23d::/48",
    "2001:b28:f23f::/48",
    "2a0a:f280:203::/48",
)
"""Every address of a data centre in the catalogue, the web front's not."""

CDN: Final = ("104.18.30.60", "172.64.160.60", "2606:4700::6812:1e3c")
"""Invented addresses of a CDN in two networks of IPv4."""
TENANTS: Final = ("updates.signal.org", "web.whatsapp.com", "www.facebook.com")


def prefixes(*found: str) -> tuple[str, ...]:
    """The addresses as host prefixes."""
    return tuple(f"{one}/{128 if ':' in one else 32}" for one in found)


def home(country: str, *hosts: str) -> tuple[str, ...]:
    """Addresses of domestic hosts, which only a world of that country has."""
    known = addresses(WorldConfig(workdir="/nonexistent", ipv6=True, country=country))
    return prefixes(*(a for h in hosts for family in known[h] for a in family))


KZ_HOME: Final = home("KZ", "egov.kz", "kaspi.kz", "telecom.kz", "www.nur.kz")
RU_HOME: Final = home("RU", "ya.ru", "m.vk.ru", "web.max.ru", "www.gosuslugi.ru")
RU_NAMES: Final = ("ya.ru", "m.vk.ru", "web.max.ru", "www.gosuslugi.ru", "www.ozon.ru")
"""Sites at home in Russia."""
NOT_ABROAD: Final = (*KZ_HOME, "10.0.0.0/8")
"""Kazakhstan's own sites and the provider's network."""

# --- trust --------------------------------------------------------------------------------------

COMPANY: Final = {"SSL_CERT_FILE": "{lab}/company-ca.pem"}
"""The user's own list of authorities: the public ones and a company's."""
CLOSED: Final = {"SSL_CERT_FILE": "{lab}/public-ca.pem"}
"""A list of the user's own in which there is no authority that browsers know, as on a test bed."""

# --- lines --------------------------------------------------------------------------------------

LTE: Final = Link(delay_ms=30, jitter_ms=5, down_kbit=10_000, up_kbit=3_000, loss=0.003)
EDGE: Final = Link(delay_ms=325, jitter_ms=50, down_kbit=200, up_kbit=260, loss=0.01, queue_ms=3000)
SATELLITE: Final = Link(delay_ms=300, down_kbit=10_000, up_kbit=2_000, loss=0.001, queue_ms=500)
FIFTH_LOST: Final = Link(delay_ms=20, down_kbit=20_000, up_kbit=10_000, loss=0.2)
ANY_LINK: Final = ("online", "bad_link")
"""States of a line that works, however well."""

# --- truths -------------------------------------------------------------------------------------

UNCLEAR: Final = truth("inconclusive")
NOT_TESTED: Final = truth("not_tested")
QUIET: Final = truth(
    "ok|degraded|inconclusive",
    why="on a line as bad as this chance says which conversations end in time",
)
"""On a link too bad to judge: anything but an accusation."""
SILENT: Final = truth(
    "ok|degraded|inconclusive",
    why="the line itself comes and goes: chance says what was asked while it was there",
)
"""The same where the connection itself may end the run."""


class HardLine(TypedDict):
    """What a scenario says of a line on which an honest tool may be unsure."""

    row: str
    link: Link
    states: tuple[str, ...]
    usable: bool
    others: Truth


def on_edge(row: str) -> HardLine:
    """A row on a phone on EDGE."""
    return {
        "row": f"{row} (EDGE)",
        "link": EDGE,
        "states": ("bad_link",),
        "usable": False,
        "others": QUIET,
    }


def on_half_a_second(row: str) -> HardLine:
    """A row on a line of half a second."""
    return {
        "row": f"{row} (half a second)",
        "link": Link(delay_ms=250, down_kbit=2_000, up_kbit=1_000, loss=0.005),
        "states": ANY_LINK,
        "usable": False,
        "others": QUIET,
    }


def blocked(*mechanisms: str) -> Truth:
    """Called blocked, by these mechanisms."""
    return truth("blocked", *mechanisms)


def of(service: str, whole: Truth, **functions: Truth) -> dict[str, Truth]:
    """The truth of a service, and of those of its functions that are named."""
    return {service: whole, **{f"{service}.{name}": one for name, one in functions.items()}}


RE_SIGNED: Final = {
    **of("signal", UNCLEAR, text=UNCLEAR),
    **of("messenger", UNCLEAR, text=UNCLEAR, web=UNCLEAR),
    **of("telegram", UNCLEAR, text=OK),
    **of("whatsapp", UNCLEAR, text=OK),
}
"""Where somebody re-signs all certificates: what rests on them alone cannot be judged, and leaves
no service whole that works by a protocol of its own."""


# --- what the middlebox matches and does --------------------------------------------------------

RAW: Final = r"(?!\x16\x03|GET |POST|HEAD)"
"""Whatever begins neither as TLS nor as HTTP."""


def tcp_to(*to: str, **more: Any) -> Match:
    """TCP to these prefixes."""
    return Match(to=to, proto=("tcp",), **more)


def udp_to(*to: str, **more: Any) -> Match:
    """UDP to these prefixes."""
    return Match(to=to, proto=("udp",), **more)


def drop(label: str, *to: str, **match: Any) -> Drop:
    """A null route."""
    return Drop(label=label, match=Match(to=to, **match))


def drop_udp(label: str = "udp", **match: Any) -> Drop:
    """Drops UDP, all of it or what else is said."""
    return Drop(label=label, match=Match(proto=("udp",), **match))


def reset(*names: str, label: str = "rst", **more: Any) -> OnSni:
    """Resets at the name in the greeting."""
    return OnSni(label=label, names=names, do="rst", **more)


def swallow(*names: str, label: str = "drop", **more: Any) -> OnSni:
    """Drops the greeting that bears the name, and all that follows it."""
    return OnSni(label=label, names=names, do="drop", **more)


def tls_to_box(label: str = "mitm", **match: Any) -> PortRewrite:
    """Hands port 443 to what re-signs certificates (`Mitm`)."""
    return PortRewrite(label=label, match=Match(ports=(443,), **match), to_port=10443)


def http_to_box(label: str = "http", **match: Any) -> PortRewrite:
    """Hands port 80 to what answers plain HTTP (`HttpInterceptor`)."""
    return PortRewrite(label=label, match=Match(ports=(80,), **match), to_port=10080)


def tls_to_pep(label: str, **match: Any) -> PortRewrite:
    """Hands port 443 to the performance enhancing proxy (`Pep`)."""
    return PortRewrite(label=label, match=Match(ports=(443,), **match), to_port=10444)


# --- worlds -------------------------------------------------------------------------------------

SHARED: Final[Mapping[str, Any]] = {"moved": ((TENANTS, CDN),)}
"""Three messengers' names live on the same CDN."""


def hosts(*policies: HostPolicy) -> dict[str, Any]:
    """Some hosts differ from their honest selves."""
    return {"hosts": policies}


def provider_says(says: str, *names: str) -> dict[str, Any]:
    """The provider's resolver lies about the names."""
    return {"resolvers": (lying(*names, action=says),)}


def leads_to_page(*names: str) -> dict[str, Any]:
    """The provider's resolver sends the names to its block page."""
    return {"block_page": BLOCK_PAGE, **provider_says(f"answer:{BLOCK_PAGE}", *names)}
