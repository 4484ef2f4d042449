"""Scenarios of calls: STUN recognised, dropped for one service, closed for all, lossy."""

from tests.lab.censor import Drop, Match
from tests.lab.scenario import Scenario, at, truth
from tests.lab.world.config import HostPolicy

_COOKIE = "2112a442"
"""STUN's magic cookie (RFC 8489 §5)."""

_SIGNAL = ("turn3.voip.signal.org", "turn.cloudflare.com")
_META = ("stun.fbsbx.com",)
_ASK = truth("ok|inconclusive|not_tested")
_UNCLEAR = truth("inconclusive")
_UNTOLD = {"whatsapp.calls": truth("not_tested"), "telegram.calls": truth("not_tested")}

CALLS: tuple[Scenario, ...] = (
    Scenario(
        id="U1",
        title="STUN to Signal's relays is recognised by its cookie and dropped",
        kind="blocking",
        row="calls only",
        actions=(
            Drop(label="stun", match=Match(to=at(*_SIGNAL), proto=("udp",), contains=_COOKIE)),
        ),
        truths={
            "signal": truth("blocked", "udp.stun"),
            "signal.calls": truth("blocked", "udp.stun"),
            "signal.text": truth("ok"),
            "messenger.calls": truth("ok"),
            **_UNTOLD,
        },
        fires=("stun",),
    ),
    Scenario(
        id="U2",
        title="a country where nobody may call: STUN is recognised everywhere",
        kind="blocking",
        row="calls only",
        actions=(Drop(label="stun", match=Match(proto=("udp",), contains=_COOKIE)),),
        truths={
            "signal.calls": truth("blocked", "udp.stun"),
            "messenger.calls": truth("blocked", "udp.stun"),
            "whatsapp.calls": truth("blocked", "udp.stun"),
            "telegram.calls": truth("not_tested"),
            "signal.text": truth("ok"),
            "messenger.text": truth("ok"),
            "whatsapp.text": truth("ok"),
            "signal": truth("blocked", "udp.stun"),
            "messenger": truth("blocked", "udp.stun"),
            "whatsapp": truth("blocked", "udp.stun"),
        },
        notes=("stun_recognised",),
        fires=("stun",),
    ),
    Scenario(
        id="U3",
        title="all UDP to Signal's relays is dropped; over TCP they answer",
        kind="blocking",
        row="calls only",
        actions=(Drop(label="udp", match=Match(to=at(*_SIGNAL), proto=("udp",))),),
        truths={
            "signal": truth("blocked", "udp.drop"),
            "signal.calls": truth("blocked", "udp.drop"),
            "signal.text": truth("ok"),
        },
        fires=("udp",),
    ),
    Scenario(
        id="U4",
        title="hotel: every UDP port but 53 and 443 is closed",
        kind="innocent",
        row="I44",
        deviation="443 stays open, so that a neutral call server there answers",
        actions=(Drop(label="udp", match=Match(proto=("udp",), not_ports=(53, 443))),),
        truths={"signal.calls": _UNCLEAR, "messenger.calls": _UNCLEAR},
        fires=("udp",),
    ),
    Scenario(
        id="U8",
        title="a firewall that drops whatever begins like STUN, old or new",
        kind="innocent",
        row="I44",
        actions=(
            Drop(label="stun", match=Match(proto=("udp",), not_ports=(53, 443))),
            Drop(label="old", match=Match(proto=("udp",), ports=(443,), contains=_COOKIE)),
        ),
        truths={"signal.calls": _UNCLEAR, "messenger.calls": _UNCLEAR},
        notes=("stun_blocked",),
        fires=("stun",),
    ),
    Scenario(
        id="U5",
        title="Meta's and Signal's call servers do not answer strangers",
        kind="innocent",
        row="own outage",
        world={"hosts": (HostPolicy(names=(*_SIGNAL, *_META), stun="silent"),)},
        truths={"signal.calls": _UNCLEAR, "messenger.calls": _UNCLEAR},
    ),
    Scenario(
        id="U6",
        title="a third of all packets to Signal's relays is lost",
        kind="blocking",
        row="calls only",
        actions=(
            Drop(label="loss", match=Match(to=at(*_SIGNAL), proto=("udp",), probability=0.35)),
        ),
        truths={"signal": truth("degraded"), "signal.calls": truth("degraded")},
        fires=("loss",),
    ),
    Scenario(
        id="U7",
        title="Meta's call server rations its answers",
        kind="innocent",
        row="own limits",
        world={"hosts": (HostPolicy(names=_META, stun="rationed"),)},
    ),
)
