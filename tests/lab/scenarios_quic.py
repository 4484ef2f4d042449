"""QUIC: dropped by the name in it, dropped altogether, and not served (rows A38, A39 and C13)."""

from dataclasses import replace

from tests.lab.censor import Drop, Match, OnSni
from tests.lab.scenario import OK, Scenario, truth
from tests.lab.scenarios_blocking import WHATSAPP
from tests.lab.world.config import HostPolicy

_NAMED = Drop(label="quic", match=Match(proto=("udp",), ports=(443,), quic_name=WHATSAPP))
"""Initial packets that bear the name; what belongs to no such packet passes."""

QUIC: tuple[Scenario, ...] = (
    Scenario(
        id="Q1",
        title="QUIC that names WhatsApp is dropped, TCP works",
        kind="blocking",
        row="A38",
        actions=(_NAMED,),
        truths={
            "whatsapp": truth("degraded", "quic.sni"),
            "whatsapp.web": truth("degraded", "quic.sni"),
            "whatsapp.text": OK,
            "whatsapp.media": OK,
        },
        fires=("quic",),
        deviation="packets that bear the name, without 180 s of silence for the addresses after it",
    ),
    Scenario(
        id="Q5",
        title="once WhatsApp is named over QUIC, that server is silent for 180 s",
        kind="blocking",
        row="A38",
        actions=(replace(_NAMED, residual_s=180.0),),
        truths={
            "whatsapp": truth("degraded", "quic.sni"),
            "whatsapp.web": truth("degraded", "quic.sni"),
            "whatsapp.text": OK,
        },
        fires=("quic",),
        deviation="whatever the ports; the Initial packet itself is dropped as well",
    ),
    Scenario(
        id="Q2",
        title="all of UDP port 443 is dropped",
        kind="innocent",
        row="A39, C13",
        actions=(Drop(label="udp", match=Match(proto=("udp",), ports=(443,), direction="both")),),
        notes=("quic_blocked",),
        fires=("udp",),
        deviation="whatever the version; IPv6 works",
    ),
    Scenario(
        id="Q3",
        title="WhatsApp is cut off by name, over TLS and over QUIC",
        kind="blocking",
        row="A38, A19",
        actions=(OnSni(label="tls", names=WHATSAPP, do="drop"), _NAMED),
        truths={
            "whatsapp": truth("blocked", "tls.timeout.sni", "quic.sni"),
            "whatsapp.web": truth("blocked", "tls.timeout.sni", "quic.sni"),
            "whatsapp.text": OK,
        },
        fires=("tls", "quic"),
    ),
    Scenario(
        id="Q4",
        title="the fronts have no QUIC server behind them for one messenger's name",
        kind="innocent",
        row="none (a dead backend behind a front that negotiates versions)",
        world={"hosts": (HostPolicy(names=("whatsapp.com", "whatsapp.net"), quic="silent"),)},
    ),
)
