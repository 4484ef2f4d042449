"""What only modern clients meet: long ClientHellos (a post-quantum share), HTTP/2, QUIC.

The small ClientHello of one segment that says `http/1.1` passes everywhere here.
"""

from dataclasses import replace
from typing import Final

from tests.lab.censor import Match, OnPattern, OnSni
from tests.lab.link import Link
from tests.lab.scenario import GOOD, OK, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    MESSENGER,
    SIGNAL,
    TELEGRAM,
    WHATSAPP,
    blocked,
    drop_udp,
    hosts,
    of,
    tcp_to,
)
from tests.lab.world.config import HostPolicy

_LONG: Final = OnPattern(label="long", pattern=r"\x16\x03[\x01\x03][\x05-\x40]", do="drop")
"""Drops a ClientHello by its length, whatever it names."""
_ANY_SECOND: Final = OnSni(label="second", names=("*",), do="rst", spares_whole=True)
"""Resets at the segment that completes a ClientHello; small ones, of one segment, pass."""
_ANY_H2: Final = OnSni(label="h2", names=("*",), alpn="h2", do="drop_both")

_MOSTLY: Final = Match(proto=("tcp",), probability=0.8)
"""Befalls eight in ten connections."""
_SLOW: Final = "each silence is waited for, so that the run may be over before they are counted"

_SPEAK_H2: Final = hosts(HostPolicy(h2=True))

_OWN_WALL: Final = truth(
    "ok|degraded|inconclusive",
    why="it answers our small ClientHellos; whether its own clients are served nobody here knows",
)
"""What may be said where the service's own servers do not take what modern clients say."""
_SERVER: Final = "the box stands for the servers' own doing: it answers at their round trip"

_BY_NAME: Final = (
    blocking(
        "CL1",
        "the second segment of a ClientHello that names Signal is answered with resets",
        of("signal", blocked("tls.reset.sni")),
        replace(_ANY_SECOND, names=SIGNAL),
        row="§4-14 (by name)",
    ),
    blocking(
        "CL2",
        "the second segment of a ClientHello that names Telegram is dropped",
        of("telegram", blocked("tls.timeout.sni"), web=blocked("tls.timeout.sni"), text=OK),
        replace(_ANY_SECOND, names=TELEGRAM, do="drop"),
        row="§4-14 (by name, silent)",
    ),
    blocking(
        "CL3",
        "long ClientHellos that name WhatsApp get a forged alert at full round-trip time",
        of("whatsapp", blocked("tls.alert.sni"), text=OK),
        replace(_ANY_SECOND, names=WHATSAPP, do="alert", at_rtt=1.0),
        row="§4-14 (by name, an alert)",
    ),
    blocking(
        "CL4",
        "long ClientHellos to Messenger's addresses are reset, whatever they name",
        of(
            "messenger",
            truth("blocked|degraded", "tls.reset", why="small ClientHellos pass at each address"),
            calls=OK,
        ),
        replace(_ANY_SECOND, match=tcp_to(*at(*MESSENGER))),
        row="§4-14 (by address)",
    ),
    blocking(
        "CL5",
        "ClientHellos that name Messenger and offer HTTP/2 freeze",
        of("messenger", blocked("tls.timeout.sni"), calls=OK),
        replace(_ANY_H2, names=MESSENGER),
        row="none (HTTP/2 by name)",
    ),
    blocking(
        "CL6",
        "ClientHellos that name Telegram and offer HTTP/2 are reset",
        of("telegram", blocked("tls.reset.sni"), text=OK),
        replace(_ANY_H2, names=TELEGRAM, do="rst"),
        row="none (HTTP/2 by name, resets)",
    ),
    blocking(
        "CL7",
        "WhatsApp is cut off by name as browsers ask: over QUIC, then in two segments",
        of("whatsapp", blocked("tls.reset.sni", "quic.sni"), text=OK),
        drop_udp("quic", ports=(443,), quic_name=WHATSAPP),
        replace(_ANY_SECOND, names=WHATSAPP),
        row="A38, §4-14",
    ),
    blocking(
        "CL8",
        "what names Messenger and offers HTTP/2 freezes after the handshake",
        of("messenger", blocked("tls.post_handshake"), calls=OK),
        replace(_ANY_H2, names=MESSENGER, after_packets=4),
        row="A26 (HTTP/2)",
        world=_SPEAK_H2,
    ),
    blocking(
        "CL9",
        "what follows a long ClientHello that names Signal is dropped",
        of("signal", blocked("tls.post_handshake")),
        replace(_ANY_SECOND, names=SIGNAL, do="drop", after_packets=4),
        row="A26 (long ClientHellos)",
    ),
    blocking(
        "CL10",
        "eight in ten long ClientHellos that name Telegram are reset",
        of("telegram", blocked("tls.reset.sni"), text=OK),
        replace(_ANY_SECOND, names=TELEGRAM, match=_MOSTLY),
        row="§4-14 (by name, fails open)",
    ),
    blocking(
        "CL11",
        "eight in ten ClientHellos that name Messenger and offer HTTP/2 freeze",
        of("messenger", truth("blocked|degraded|inconclusive", why=_SLOW), calls=OK),
        replace(_ANY_H2, names=MESSENGER, match=_MOSTLY),
        row="none (HTTP/2 by name, fails open)",
    ),
    blocking(
        "CL12",
        "220 ms away: eight in ten that name WhatsApp and offer HTTP/2 are reset late",
        of("whatsapp", blocked("tls.reset.sni"), text=OK),
        replace(_ANY_H2, names=WHATSAPP, match=_MOSTLY, do="rst", at_rtt=1.0),
        row="none (HTTP/2 by name, fails open, late)",
        link=Link(delay_ms=110, down_kbit=10_000, up_kbit=4_000, loss=0.003),
    ),
    blocking(
        "CL13",
        "eight in ten long ClientHellos that name Signal get a forged alert",
        of("signal", blocked("tls.alert.sni")),
        replace(_ANY_SECOND, names=SIGNAL, match=_MOSTLY, do="alert", at_rtt=1.0),
        row="none (an alert by name, fails open)",
    ),
    blocking(
        "CL14",
        "8 ms away: eight in ten that name Messenger and offer HTTP/2 are reset",
        of("messenger", blocked("tls.reset.sni"), calls=OK),
        replace(_ANY_H2, names=MESSENGER, match=_MOSTLY, do="rst"),
        row="none (HTTP/2 by name, fails open)",
        link=Link(delay_ms=4, down_kbit=100_000, up_kbit=50_000),
    ),
    blocking(
        "CL15",
        "long ClientHellos that name Messenger get an alert, on a line where long packets vanish",
        of("messenger", blocked("tls.alert.sni"), calls=OK),
        replace(_ANY_SECOND, names=MESSENGER, do="alert"),
        row="§4-14 (by name, beyond a black hole)",
        link=replace(GOOD, black_hole_mtu=1400),
        states=ANY_LINK,
    ),
)

_TWINS: Final = (
    innocent(
        "CL-h2",
        "every host speaks HTTP/2 with who offers it",
        row="I0 (HTTP/2)",
        world=_SPEAK_H2,
    ),
    innocent(
        "CL-h2-hangs",
        "WhatsApp's own fronts speak HTTP/2 and never answer anything in it",
        replace(_ANY_H2, match=tcp_to(*at(*WHATSAPP)), after_packets=4),
        row="none (the service's own)",
        truths=of("whatsapp", _OWN_WALL, text=OK),
        world=_SPEAK_H2,
        deviation=_SERVER,
    ),
    innocent(
        "CL-all",
        "a box on everybody's path resets ClientHellos of two segments",
        _ANY_SECOND,
        row="§4-14 (everybody)",
        notes=("pq_intolerant",),
    ),
    innocent(
        "CL-all-h2",
        "a firewall swallows ClientHellos that offer HTTP/2, whomever they name",
        replace(_ANY_H2, do="drop"),
        row="none (everybody)",
        truths=of("signal", _OWN_WALL),
        deviation="one of Signal's hosts speaks nothing else",
    ),
    innocent(
        "CL-fronts",
        "Signal's own fronts reset ClientHellos of two segments",
        replace(_ANY_SECOND, match=tcp_to(*at(*SIGNAL)), at_rtt=1.0),
        row="§4-14 (the service's own)",
        truths=of("signal", _OWN_WALL),
        deviation=_SERVER,
    ),
    innocent(
        "CL-fronts-some",
        "Signal's own fronts reset six in ten ClientHellos of two segments",
        replace(_ANY_SECOND, match=replace(tcp_to(*at(*SIGNAL)), probability=0.6), at_rtt=1.0),
        row="none (innocent twin of CL10)",
        truths=of("signal", _OWN_WALL),
        deviation=_SERVER,
    ),
    innocent(
        "CL-some-h2",
        "a firewall resets six in ten ClientHellos that offer HTTP/2, whomever they name",
        replace(_ANY_H2, match=replace(_MOSTLY, probability=0.6), do="rst"),
        row="none (innocent twin of CL12)",
        others=_OWN_WALL,
    ),
    innocent(
        "CL-silent",
        "Messenger's own fronts are silent about long ClientHellos",
        replace(_LONG, match=tcp_to(*at(*MESSENGER))),
        row="§4-14 (the service's own)",
        truths=of("messenger", _OWN_WALL, calls=OK),
        deviation=_SERVER,
    ),
    innocent(
        "CL-no-h2",
        "Telegram's own fronts turn away who offers HTTP/2",
        replace(_ANY_H2, match=tcp_to(*at(*TELEGRAM)), do="alert", at_rtt=1.0),
        row="none (the service's own)",
        truths=of("telegram", _OWN_WALL, text=OK),
        deviation=_SERVER,
    ),
    innocent(
        "CL-control",
        "two neutral sites do not take long ClientHellos, all others do",
        replace(_LONG, match=tcp_to(*at("www.gnu.org", "www.python.org"))),
        row="§4-14 (a neutral site's own)",
        fires=(),
        never=("pq_intolerant",),
        deviation=_SERVER,
    ),
    innocent(
        "CL-lossy",
        "a line that loses 4 %, where long ClientHellos are lost twice as often",
        row="I6",
        link=Link(delay_ms=40, down_kbit=10_000, up_kbit=5_000, loss=0.04),
        states=ANY_LINK,
        others=truth("ok|degraded", why="long ClientHellos are lost by chance"),
        never=("pq_intolerant",),
    ),
    innocent(
        "CL-narrow",
        "a tunnel of 1280 octets: ClientHellos are cut elsewhere",
        row="none (RFC 8200 §5)",
        link=Link(delay_ms=20, down_kbit=20_000, up_kbit=10_000, loss=0.001, mtu=1280),
        never=("pq_intolerant",),
    ),
)

SCENARIOS: Final = (*_BY_NAME, *_TWINS)
