"""What goes by the shape of a connection: cut greetings, fingerprints, many at once, bytes moved;
and single mechanisms of the facts' exam that stand nowhere else (rows A10 to A36 and B18)."""

import ssl
from dataclasses import replace
from typing import Final

from msgprobe.catalog.loader import load
from tests.lab.censor import (
    ConnectionCap,
    Drop,
    Freeze,
    Match,
    OnHost,
    OnPattern,
    OnSni,
    PortRewrite,
)
from tests.lab.content import cipher_suites
from tests.lab.scenario import Scenario, at, truth
from tests.lab.scenarios_blocking import CHAT, MESSENGER, SIGNAL, TELEGRAM, TELEGRAM_DC, WHATSAPP
from tests.lab.scenarios_connection import KZ_HOME
from tests.lab.scenarios_protocol import RAW
from tests.lab.world.config import Mitm

SIGNUP: Final = "v.whatsapp.net"
"""A name that stands alone in its function: one front, one network."""


def _usual_ciphers() -> str:
    """The cipher suites, in hexadecimal, of a greeting of Python's own making."""
    out = ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls = client.wrap_bio(ssl.MemoryBIO(), out, server_hostname="x.example")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return cipher_suites(out.read()).hex()
    raise AssertionError("a handshake with nobody")


CIPHERS: Final = _usual_ciphers()

_ONE: Final = OnSni(
    label="cut",
    names=(SIGNUP,),
    match=Match(to=at(SIGNUP), proto=("tcp",)),
    at_rtt=1.0,
    reassemble=False,
)
"""One name, on its own addresses only, as late as the server: but for the cut, a dead backend."""

_OURS: Final = OnSni(
    label="shape",
    names=("*",),
    ciphers=CIPHERS,
    match=Match(to=at(*SIGNAL), proto=("tcp",)),
    do="drop",
)

_CUT: Final = tuple(
    Scenario(
        id=f"H1-{do}",
        title=f"one name, {words}, by a box that reads single packets",
        kind="blocking",
        row=row,
        actions=(replace(_ONE, do=do),),  # type: ignore[arg-type]
        truths={
            "whatsapp": truth("blocked", path),
            "whatsapp.signup": truth("blocked", path),
            "whatsapp.text": truth("ok"),
        },
        fires=("cut",),
    )
    for do, words, row, path in (
        ("rst", "resets as late as the server's", "A17, D8", "tls.reset.sni"),
        ("drop", "dropped", "A19, D8", "tls.timeout.sni"),
        ("drop_reply", "its answer dropped", "A20, D8", "tls.timeout.sni"),
        ("fin", "ended as late as by the server", "A17 (FIN), D8", "tls.reset.sni"),
        ("alert", "an alert as late as the server's", "A30, D8", "tls.alert.sni"),
    )
)

_EARLY: Final = tuple(
    Scenario(
        id=f"H2-{do}",
        title=f"one name at one address, {words} sooner than the server could",
        kind="blocking",
        row=row,
        actions=(replace(_ONE, do=do, at_rtt=0.3, reassemble=True),),  # type: ignore[arg-type]
        truths={
            "whatsapp": truth("blocked", path),
            "whatsapp.signup": truth("blocked", path),
            "whatsapp.text": truth("ok"),
        },
        fires=("cut",),
    )
    for do, words, row, path in (
        ("rst", "reset", "A17 (early)", "tls.reset"),
        ("fin", "closed", "A17 (early FIN)", "tls.reset"),
    )
)

_NOISE: Final = Scenario(
    id="H3",
    title="WhatsApp's own protocol is reset sooner than its servers could",
    kind="blocking",
    row="A35 (Noise, early resets)",
    actions=(
        OnPattern(label="noise", match=Match(to=at(*CHAT), proto=("tcp",)), pattern=RAW, do="rst"),
    ),
    truths={
        "whatsapp": truth("blocked", "protocol.noise"),
        "whatsapp.text": truth("blocked", "protocol.noise"),
        "whatsapp.web": truth("ok"),
    },
    fires=("noise",),
)

_FINGERPRINT: Final = (
    Scenario(
        id="A32",
        title="greetings of this program's kind are dropped on the way to Signal",
        kind="blocking",
        row="A32",
        actions=(_OURS,),
        truths={"signal": truth("blocked", "tls.fingerprint")},
        fires=("shape",),
        deviation="one messenger's addresses, not all abroad",
    ),
    Scenario(
        id="A32-rst",
        title="greetings of this program's kind are reset on the way to Signal",
        kind="blocking",
        row="A32 (resets)",
        actions=(replace(_OURS, do="rst"),),
        truths={"signal": truth("blocked", "tls.fingerprint")},
        fires=("shape",),
        deviation="one messenger's addresses, not all abroad",
    ),
    Scenario(
        id="A32-all",
        title="greetings of this program's kind are dropped on the way abroad, whoever is there",
        kind="innocent",
        row="A32 (all abroad)",
        args=("--country", "KZ"),
        world={"country": "KZ"},
        actions=(
            replace(
                _OURS, match=Match(not_to=(*KZ_HOME, "10.0.0.0/8"), proto=("tcp",)), label="shape"
            ),
        ),
        lab={"ipv6": False},
        notes=("tls_fingerprint",),
        fires=("shape",),
        deviation="every neutral site dies too: a note on the connection, and the services are "
        "asked as another program would",
    ),
    Scenario(
        id="L4-censor",
        title="greetings of this program's kind get a forged alert at full round-trip time",
        kind="blocking",
        row="A32 (alerts)",
        actions=(replace(_OURS, do="alert", at_rtt=1.0),),
        truths={"signal": truth("blocked|inconclusive")},
        fires=("shape",),
        look_alike=True,
    ),
    Scenario(
        id="L4-service",
        title="the service itself turns programs of this kind away with an alert",
        kind="innocent",
        row="§5 look-alike of A32",
        actions=(replace(_OURS, do="alert", at_rtt=1.0),),
        truths={"signal": truth("inconclusive|down|degraded")},
        fires=("shape",),
        look_alike=True,
        deviation="the box stands for the server's own wall",
    ),
)

_MANY: Final = (
    Scenario(
        id="A33",
        title="four greetings with one name at once freeze",
        kind="innocent",
        row="A33",
        actions=(OnSni(label="count", names=("*",), together=4, do="drop_both"),),
        deviation="a run never has as many at once, so that it does not bring it about by itself",
    ),
    Scenario(
        id="A33-two",
        title="two greetings at once with a name of Messenger's freeze",
        kind="blocking",
        row="A33 (two)",
        actions=(OnSni(label="count", names=MESSENGER, together=2, do="drop_both"),),
        truths={
            # Who never sees a single one pass calls it blocked, which is no lie: apps open several.
            "messenger": truth("degraded|blocked", "tls.conn_count"),
            "messenger.calls": truth("ok"),
        },
        fires=("count",),
        deviation="two, not four; those that came together freeze, later ones are counted anew",
    ),
    Scenario(
        id="B18",
        title="more than eight connections a minute to one address vanish",
        kind="innocent",
        row="B18",
        actions=(ConnectionCap(label="cap", most=8, window_s=60.0),),
        deviation="a run never opens as many, so that it does not bring it about by itself",
    ),
)

_MOVED: Final = tuple(
    Scenario(
        id=row,
        title=f"connections to Messenger's addresses freeze after {words}",
        kind="blocking",
        row=row,
        actions=(freeze,),
        truths={"messenger": truth("blocked|throttled|degraded", path)},
        fires=("freeze",),
    )
    for row, words, path, freeze in (
        (
            "A23",
            "18 kB",
            "tcp.freeze.bytes",
            Freeze(
                label="freeze",
                match=Match(to=at(*MESSENGER), direction="both"),
                after_bytes=18_000,
            ),
        ),
        (
            "A24",
            "25 packets",
            "tcp.freeze.packets",
            Freeze(
                label="freeze",
                match=Match(to=at(*MESSENGER), direction="both"),
                after_packets=25,
            ),
        ),
        (
            "A25",
            "18 kB unless they name a listed site",
            "tcp.freeze",
            Freeze(
                label="freeze",
                match=Match(to=at(*MESSENGER), direction="both"),
                after_bytes=18_000,
                names=tuple(s.host for s in load().controls.sites),
            ),
        ),
    )
)

_DOH: Final = tuple(r.doh_host for r in load().controls.resolvers if r.doh_host is not None)

_SINGLE: Final = (
    Scenario(
        id="A10b",
        title="encrypted DNS alone is cut off",
        kind="innocent",
        row="A10",
        actions=(
            OnSni(label="doh", names=_DOH, do="rst"),
            Drop(label="dot", match=Match(ports=(853,))),
        ),
        notes=("encrypted_dns_blocked",),
        fires=("doh",),
    ),
    Scenario(
        id="A28",
        title="Messenger is re-signed under a root that this device was told to believe",
        kind="innocent",
        row="A28",
        actions=(PortRewrite(label="mitm", match=Match(ports=(443,)), to_port=10443),),
        world={"mitm": Mitm(names=MESSENGER, issuer="public")},
        truths={"messenger": truth("ok|blocked|inconclusive")},
        notes=("own_roots",),
        fires=("mitm",),
        deviation="the truth is intercepted: with SSL_CERT_FILE the user decides whom to believe, "
        "and a note says what that means; the built-in store would not hold that root",
    ),
    Scenario(
        id="A36",
        title="plain HTTP that names the messengers is reset",
        kind="innocent",
        row="A36",
        actions=(OnHost(label="host", names=(*WHATSAPP, *TELEGRAM, *SIGNAL), do="rst"),),
        deviation="nobody speaks plain HTTP to them, so nobody is harmed and nothing is asked",
    ),
)

_ENTROPY: Final = tuple(
    Scenario(
        id=name,
        title=f"a fully encrypted first packet silences its server for 180 s, {words}",
        kind="blocking",
        row="A34",
        actions=(
            OnPattern(
                label="random",
                match=Match(to=TELEGRAM_DC, proto=("tcp",), probability=share),
                pattern=RAW,
                do="drop",
                residual_s=180.0,
            ),
        ),
        truths={
            "telegram": truth(said, *mechanism),
            "telegram.text": truth("blocked|degraded|ok"),
            "telegram.media": truth("blocked|degraded|ok"),
            "telegram.web": truth("ok"),
        },
        fires=("random",),
        deviation=f"an odd beginning instead of an entropy rule{more}",
    )
    for name, words, share, said, mechanism, more in (
        (
            "A34",
            "once in four times",
            0.263,
            "blocked|degraded|ok",
            (),
            "; where it struck one server of all, no single place can tell that from a dead one",
        ),
        ("A34-half", "every other time", 0.5, "blocked|degraded", ("protocol.mtproto",), ""),
    )
)

SHAPES: tuple[Scenario, ...] = (
    *_CUT,
    *_EARLY,
    _NOISE,
    *_FINGERPRINT,
    *_MANY,
    *_MOVED,
    *_SINGLE,
    *_ENTROPY,
)
