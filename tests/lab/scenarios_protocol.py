"""The messengers' own protocols: recognised, cut off in part, or spoken by somebody else."""

from tests.lab.censor import Freeze, Match, OnPattern, PortRewrite
from tests.lab.link import Link
from tests.lab.scenario import Scenario, at, truth
from tests.lab.scenarios_blocking import TELEGRAM_DC, drop
from tests.lab.world.config import Mitm

MEDIA = (
    "91.105.192.100/32",
    "2a0a:f280:203::/48",
    "149.154.167.151/32",
    "149.154.167.222/32",
    "149.154.164.250/32",
    "149.154.166.120/32",
    # what takes their place when they fail
    *(f"149.154.{end}/32" for end in ("167.223", "162.123", "166.121", "167.118", "165.111")),
    "2001:67c:4e8:f002::b/128",
    "2001:67c:4e8:f004::b/128",
)
"""The CDN and the data centres' addresses for media."""

RAW = r"(?!\x16\x03|GET |POST|HEAD)"
"""Whatever begins neither as TLS nor as HTTP."""

PROTOCOL: tuple[Scenario, ...] = (
    Scenario(
        id="P5",
        title="whatever is neither TLS nor HTTP is dropped on the way to Telegram",
        kind="blocking",
        row="A34, A35 (fully encrypted and plain MTProto)",
        actions=(
            OnPattern(
                label="raw",
                match=Match(to=TELEGRAM_DC, proto=("tcp",)),
                pattern=RAW,
                do="drop",
            ),
        ),
        truths={
            "telegram": truth("blocked", "protocol.mtproto"),
            "telegram.text": truth("blocked", "protocol.mtproto"),
            "telegram.media": truth("blocked", "protocol.mtproto"),
            "telegram.web": truth("ok"),
        },
        fires=("raw",),
        deviation="always, and by the beginning alone",
    ),
    Scenario(
        id="P6",
        title="whatever is neither TLS nor HTTP is reset on the way to Telegram",
        kind="blocking",
        row="A34, A35 (with resets)",
        actions=(
            OnPattern(
                label="raw",
                match=Match(to=TELEGRAM_DC, proto=("tcp",)),
                pattern=RAW,
                do="rst",
            ),
        ),
        truths={
            "telegram": truth("blocked", "protocol.mtproto"),
            "telegram.text": truth("blocked", "protocol.mtproto"),
            "telegram.web": truth("ok"),
        },
        fires=("raw",),
    ),
    Scenario(
        id="P7",
        title="port 443 of every data centre is cut off, its other ports work",
        kind="blocking",
        row="A16 (Telegram)",
        actions=(drop("port", *TELEGRAM_DC, ports=(443,)),),
        truths={"telegram": truth("ok|degraded"), "telegram.text": truth("ok|degraded")},
        fires=("port",),
    ),
    Scenario(
        id="P8",
        title="the CDN and the data centres' media addresses are cut off",
        kind="blocking",
        row="A11 (media alone)",
        actions=(drop("null", *MEDIA),),
        truths={
            "telegram": truth("blocked", "tcp.timeout"),
            "telegram.media": truth("blocked", "tcp.timeout"),
            "telegram.text": truth("ok"),
            "telegram.web": truth("ok"),
        },
        fires=("null",),
    ),
    Scenario(
        id="P9",
        title="two of five data centres are cut off",
        kind="blocking",
        row="A12 (fewer)",
        actions=(drop("null", "149.154.175.0/24", "2001:b28:f23d::/48"),),
        truths={
            "telegram": truth("degraded", "tcp.timeout"),
            "telegram.text": truth("degraded"),
            "telegram.media": truth("ok"),
        },
        counts={"telegram.text": (3, 5)},
        fires=("null",),
    ),
    Scenario(
        id="P10",
        title="connections to the data centres freeze after 16 kB",
        kind="blocking",
        row="D11 (a server's own protocol)",
        actions=(
            Freeze(
                label="freeze",
                match=Match(to=TELEGRAM_DC, direction="both"),
                after_bytes=16_000,
            ),
        ),
        truths={"telegram": truth("degraded"), "telegram.text": truth("degraded")},
        fires=("freeze",),
        deviation="the true word is blocked, which answers to one question cannot license",
    ),
    Scenario(
        id="V1",
        title="a narrow uplink: questions take longer than their answers",
        kind="innocent",
        row="I (asymmetric line)",
        link=Link(delay_ms=20, down_kbit=20_000, up_kbit=400),
        states=("online", "bad_link"),
        usable=False,
    ),
    Scenario(
        id="M1",
        title="Signal's chat hosts show a certificate of a public authority",
        kind="blocking",
        row="A27 (an authority that everybody trusts)",
        actions=(PortRewrite(label="mitm", match=Match(ports=(443,)), to_port=10443),),
        world={"mitm": Mitm(names=("chat.signal.org",), issuer="public")},
        truths={
            "signal": truth("blocked", "tls.mitm"),
            "signal.text": truth("blocked", "tls.mitm"),
            "signal.media": truth("ok"),
        },
        fires=("mitm",),
    ),
    Scenario(
        id="M2",
        title="the same at every name but Signal's own: nobody is harmed",
        kind="innocent",
        row="none (public authorities sign for everybody)",
        actions=(
            PortRewrite(
                label="mitm", match=Match(to=at("updates.signal.org"), ports=(443,)), to_port=10443
            ),
        ),
        world={"mitm": Mitm(names=("updates.signal.org",), issuer="public")},
        fires=("mitm",),
        deviation="a host whose authority is a public one has merely changed it",
    ),
)
