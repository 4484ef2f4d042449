"""What mechanisms mean: one sentence each, by the path that verdicts carry."""

from collections.abc import Mapping
from typing import Final

from msgprobe.model.protocol import PROTOCOLS
from msgprobe.report.language import _

MECHANISMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (f"protocol.{name}" for name in PROTOCOLS), "Its own protocol ({protocol}) gets no answer."
    ),
    "dns.nxdomain": "The resolver says that its name does not exist.",
    "dns.injection": "Its name is answered with a wrong address.",
    "dns.injection.bogon": "Its name is answered with an impossible address.",
    "dns.injection.blockpage": "Its name leads to a block page.",
    "dns.refused": "The resolver refuses its name.",
    "dns.servfail": "The resolver fails for its name alone.",
    "dns.timeout": "Questions for its name vanish.",
    "tcp.timeout": "Its addresses are cut off in silence.",
    "tcp.refused": "Connections to its addresses are refused on the way.",
    "ip.unreachable": "Routers declare its addresses unreachable.",
    "tls.reset": "Connections are reset.",
    "tls.reset.sni": "Connections that name it are reset.",
    "tls.timeout": "Connections get no answer to their first TLS message.",
    "tls.timeout.sni": "Connections that name it get no answer.",
    "tls.alert": "Connections end with a forged alert.",
    "tls.alert.sni": "Connections that name it end with a forged alert.",
    "tls.fingerprint": "Connections that look like this program's are dropped or reset.",
    "tls.conn_count": "Several connections at the same time get no answer.",
    "tls.mitm": "Its certificate is forged.",
    "tls.post_handshake": "Connections die after the TLS handshake.",
    "tls.post_handshake.sni": "Connections that named it die after the TLS handshake.",
    "http.blockpage": "A block page is shown.",
    "tcp.freeze": "Transfers stop for good after the first kilobytes.",
    "tcp.freeze.bytes": "Transfers stop for good after a number of bytes.",
    "tcp.freeze.packets": "Transfers stop for good after a number of packets.",
    "throttle": "It is slowed down.",
    "throttle.loss": "Packets to and from it are dropped.",
    "throttle.delay": "It is delayed.",
    "throttle.policing": "It is held to a fixed rate.",
    "throttle.shaping": "It is queued to a fixed rate.",
    "throttle.sni": "What names it is slowed down.",
    "throttle.sni.policing": "What names it is held to a fixed rate.",
    "throttle.sni.shaping": "What names it is queued to a fixed rate.",
    "throttle.sni.loss": "Packets of connections that name it are dropped.",
    "throttle.sni.delay": "Connections that name it are delayed.",
    "throttle.ip": "What goes to its addresses is slowed down.",
    "throttle.ip.policing": "What goes to its addresses is held to a fixed rate.",
    "throttle.ip.shaping": "What goes to its addresses is queued to a fixed rate.",
    "throttle.ip.loss": "Packets to and from its addresses are dropped.",
    "throttle.ip.delay": "What goes to its addresses is delayed.",
    "udp.stun": "Call traffic (STUN) is recognised and dropped.",
    "udp.drop": "Datagrams to its call servers are dropped.",
    "quic.sni": "QUIC that names it is dropped.",
    "protocol.noise": "Its own protocol (Noise) is recognised and ended.",
    "protocol.mtproto": "Telegram's own protocol is recognised and dropped.",
}
"""The sentence for each path; what refines it has one of its own."""


def means(path: str) -> str | None:
    """What is meant by that mechanism, in the language that is spoken; None where it is unknown."""
    found = MECHANISMS.get(path)
    if found is None:
        return None
    protocol = PROTOCOLS.get(path.removeprefix("protocol."), "")
    return _(found).format(protocol=protocol)
