"""Is a messenger's own protocol recognised, and dropped or ended? And who else may speak it?"""

from collections.abc import Mapping
from typing import Any, Final

from tests.lab.censor import Deed, Match, OnPattern
from tests.lab.link import Link
from tests.lab.scenario import OK, UNKNOWN, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent, pair
from tests.lab.scenarios.shared import (
    CHAT,
    RAW,
    TELEGRAM_DC,
    UNCLEAR,
    blocked,
    hosts,
    of,
    tcp_to,
)
from tests.lab.world.config import HostPolicy, Keeper

# --- recognised by its first octets -------------------------------------------------------------

_MTPROTO: Final = blocked("protocol.mtproto")
_NOISE: Final = blocked("protocol.noise")
_TO_CENTRES: Final = tcp_to(*TELEGRAM_DC)
_TO_CHAT: Final = tcp_to(*at(*CHAT))
_DEGRADED: Final = truth("degraded")

_BOX_SAYS: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n"
    b"Connection: close\r\n\r\n<html>It works!</html>\r\n\r\n"
).hex()
"""What a box answers to plain HTTP, whoever was asked."""


def _raw_dies(id_: str, what: str, truths: Mapping[str, Truth], do: Deed, **more: Any) -> Scenario:
    """Whatever is neither TLS nor HTTP ends so on the way to Telegram."""
    return blocking(
        id_,
        f"whatever is neither TLS nor HTTP is {what} on the way to Telegram",
        truths,
        OnPattern(label="raw", match=_TO_CENTRES, pattern=RAW, do=do),
        **more,
    )


_RECOGNISED: Final = (
    blocking(
        "P1",
        "Telegram's own protocol is recognised and dropped",
        {"telegram": blocked(), "telegram.text": _MTPROTO},
        OnPattern(
            label="mtproto",
            match=_TO_CENTRES,
            pattern=r"(?!\x16\x03|GET |POST|HEAD|\xef)",
            do="drop",
        ),
        row="A34 (obfuscated MTProto)",
        deviation="an odd beginning instead of an entropy rule; always instead of 26 %",
    ),
    _raw_dies(
        "P5",
        "dropped",
        of("telegram", _MTPROTO, text=_MTPROTO, media=_MTPROTO, web=OK),
        "drop",
        row="A34, A35 (fully encrypted and plain MTProto)",
        deviation="always, and by the beginning alone",
    ),
    _raw_dies(
        "P6",
        "reset",
        of("telegram", _MTPROTO, text=_MTPROTO, web=OK),
        "rst",
        row="A34, A35 (with resets)",
    ),
    blocking(
        "E4",
        "a box answers plain HTTP itself at the data centres, their own protocol dies",
        of("telegram", blocked(), text=blocked(), web=OK),
        OnPattern(label="raw", match=_TO_CENTRES, pattern=RAW, do="drop"),
        OnPattern(
            label="box",
            match=_TO_CENTRES,
            pattern="GET |POST|HEAD",
            do="answer",
            answer=_BOX_SAYS,
        ),
        row="ooni §3c (a middlebox that answers POST)",
        fires=("raw",),
    ),
    blocking(
        "H3",
        "WhatsApp's own protocol is reset sooner than its servers could",
        of("whatsapp", _NOISE, text=_NOISE, web=OK),
        OnPattern(label="noise", match=_TO_CHAT, pattern=RAW, do="rst"),
        row="A35 (Noise, early resets)",
    ),
    *pair(
        "L9",
        "A35 (Noise, late resets)",
        (
            "WhatsApp's own protocol is reset as late as its servers could",
            of("whatsapp", truth("degraded"), text=UNCLEAR, web=OK),
        ),
        (
            "WhatsApp's chat servers reset whoever they do not know",
            of("whatsapp", truth("degraded"), text=UNCLEAR, web=OK),
        ),
        OnPattern(label="noise", match=_TO_CHAT, pattern=RAW, do="rst", at_rtt=1.0, copies=1),
        innocent_world=hosts(HostPolicy(names=("pool:whatsapp/chat",), chat="turns_away")),
    ),
    blocking(
        "S2",
        "XMPP is recognised by its first words and dropped",
        of("xmpp", _DEGRADED, text=_DEGRADED, web=OK),
        OnPattern(label="xmpp", match=tcp_to(ports=(5222,)), pattern=r"<\?xml", do="drop"),
        row="A34 (another protocol)",
        args=("--quick",),
        services=("xmpp", "matrix"),
        deviation="a port that opens and then stays silent is no proof of a block; two of the "
        "servers are reached on the web's ports, the others not at all",
    ),
    blocking(
        "K2",
        "Threema's first words are recognised and dropped",
        of("threema", truth("degraded"), text=UNCLEAR),
        OnPattern(
            label="hello", match=tcp_to(*at("0.threema.ch")), pattern=r"(?s).{48}\Z", do="drop"
        ),
        row="A34 (in kind)",
        services=("threema",),
        deviation="a length instead of an entropy rule; nothing yet licenses an accusation here",
    ),
)

# --- spoken by somebody else --------------------------------------------------------------------

_IMPERSONATED: Final = "none (what an active man in the middle could do)"


def _centres(id_: str, title: str, keeper: Keeper) -> Scenario:
    return blocking(
        id_,
        f"impostors at every data centre{title}",
        of("telegram", UNKNOWN, text=UNCLEAR),
        row=_IMPERSONATED,
        world=hosts(HostPolicy(names=("pool:telegram/dc",), mtproto=keeper)),
    )


def _servers(id_: str, title: str, service: str, policy: HostPolicy, **more: Any) -> Scenario:
    """Somebody else answers where a service's own protocol is spoken, its web front is genuine."""
    truths = of(service, UNCLEAR, text=UNCLEAR, web=OK)
    usual = {"row": _IMPERSONATED, "world": hosts(policy), "usable": False}
    return blocking(id_, title, truths, **{**usual, **more})


def _without_key(pool: str) -> HostPolicy:
    return HostPolicy(names=(pool,), keeper="wrong_key")


_IMPOSTORS: Final = (
    _centres("P2", ": the right fingerprint, the wrong key", "wrong_key"),
    _centres("P3", " with a key of their own", "unknown_key"),
    _servers(
        "P4",
        "somebody answers for WhatsApp's chat servers, with a chain of his own",
        "whatsapp",
        HostPolicy(names=("pool:whatsapp/chat",), chat="other_root"),
        deviation="not in the facts; an impersonator is no blocker, and never genuine",
    ),
    _servers(
        "K1",
        "somebody answers for Threema's chat servers without their key",
        "threema",
        _without_key("pool:threema/chat"),
        services=("threema",),
    ),
    _servers(
        "K5",
        "impostors at every directory authority of Tor",
        "tor",
        _without_key("pool:tor/authorities"),
        services=("tor",),
    ),
    innocent(
        "K3",
        "WeChat signs with a key that nobody knew: a rotation, or an impostor",
        row="-",
        services=("wechat",),
        world=hosts(_without_key("pool:wechat/long")),
        truths=of("wechat", UNCLEAR, text=UNCLEAR, web=OK),
        usable=False,
    ),
)

# --- recognised whoever is spoken to ------------------------------------------------------------

_ANYWHERE: Final = Match(proto=("tcp",))
_NO_TEXT: Final = of("whatsapp", _DEGRADED, text=UNCLEAR, web=OK)


def _filtered(id_: str, line: str, **more: Any) -> Scenario:
    """Whatever is neither TLS nor HTTP is dropped, whoever is spoken to."""
    return blocking(
        id_,
        f"whatever is neither TLS nor HTTP is dropped everywhere{line}",
        {
            **of("whatsapp", _NOISE, text=_NOISE, web=OK),
            **of("telegram", _MTPROTO, text=_MTPROTO, web=OK),
        },
        OnPattern(label="raw", match=_ANYWHERE, pattern=RAW, do="drop"),
        row="A34, A35 (a list of protocols that may pass: Iran 2013, techniques)",
        **more,
    )


_EVERYWHERE: Final = (
    _filtered("PF1", ""),
    _filtered("PF2", ", on a long way", link=Link(delay_ms=90, down_kbit=8_000, up_kbit=2_000)),
    _filtered("PF3", ", where much is lost", link=Link(delay_ms=25, loss=0.04)),
    blocking(
        "PF4",
        "WhatsApp's first words alone are recognised, whoever is spoken to",
        of("whatsapp", _NOISE, text=_NOISE, web=OK),
        OnPattern(label="noise", match=_ANYWHERE, pattern=r"WA", do="drop"),
        row="A34 (Noise)",
    ),
    *pair(
        "PF5",
        "A35 (Noise, at its own servers alone)",
        ("what is said to WhatsApp's chat servers is dropped on the way", _NO_TEXT),
        ("WhatsApp's chat servers take connections and say nothing", _NO_TEXT),
        OnPattern(label="noise", match=_TO_CHAT, pattern=RAW, do="drop"),
        innocent_world=hosts(HostPolicy(names=("pool:whatsapp/chat",), connect="hang")),
    ),
    innocent(
        "PF6",
        "two neutral servers take TLS alone, and WhatsApp's chat servers say nothing",
        OnPattern(
            label="",  # they hear no such words where it is soon known that others are acknowledged
            match=tcp_to(*at("www.gnu.org", "www.python.org")),
            pattern=RAW,
            do="drop",
        ),
        row="A34 (what neutral servers do with strange words)",
        world=hosts(HostPolicy(names=("pool:whatsapp/chat",), connect="hang")),
        truths=_NO_TEXT,
        usable=False,
    ),
)

SCENARIOS: Final = (*_RECOGNISED, *_EVERYWHERE, *_IMPOSTORS)
