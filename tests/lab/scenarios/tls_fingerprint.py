"""Does the fault follow the shape of a ClientHello, or how many there are at once?"""

import ssl
from dataclasses import replace
from typing import Final

from tests.lab.censor import Match, OnPattern, OnSni
from tests.lab.content import cipher_suites
from tests.lab.link import Link
from tests.lab.scenario import OK, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    MESSENGER,
    NOT_ABROAD,
    SIGNAL,
    TELEGRAM,
    UNCLEAR,
    WHATSAPP,
    blocked,
    of,
    tcp_to,
)


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


_OURS: Final = OnSni(
    label="shape",
    names=("*",),
    ciphers=_usual_ciphers(),
    match=tcp_to(*at(*SIGNAL)),
    do="drop",
)
"""Drops greetings of this program's kind on the way to Signal."""
_LATE_ALERT: Final = replace(_OURS, do="alert", at_rtt=1.0)
_ONE_MESSENGER: Final = "one messenger's addresses, not all abroad"

_SHAPE: Final = (
    blocking(
        "A32",
        "greetings of this program's kind are dropped on the way to Signal",
        of("signal", blocked("tls.fingerprint")),
        _OURS,
        deviation=_ONE_MESSENGER,
    ),
    blocking(
        "A32-rst",
        "greetings of this program's kind are reset on the way to Signal",
        of("signal", blocked("tls.fingerprint")),
        replace(_OURS, do="rst"),
        row="A32 (resets)",
        deviation=_ONE_MESSENGER,
    ),
    innocent(
        "A32-all",
        "greetings of this program's kind are dropped on the way abroad, whoever is there",
        replace(_OURS, match=Match(not_to=NOT_ABROAD, proto=("tcp",))),
        row="A32 (all abroad)",
        country="KZ",
        lab={"ipv6": False},
        notes=("tls_fingerprint",),
        deviation="every neutral site dies too: a note on the connection, and the services are "
        "asked as another program would",
    ),
    blocking(
        "L4-censor",
        "greetings of this program's kind get a forged alert at full round-trip time",
        of("signal", UNCLEAR),
        _LATE_ALERT,
        row="A32 (alerts)",
        look_alike=True,
    ),
    innocent(
        "L4-service",
        "the service itself turns programs of this kind away with an alert",
        _LATE_ALERT,
        row="§5 look-alike of A32",
        truths=of("signal", UNCLEAR),
        look_alike=True,
        deviation="the box stands for the server's own wall",
    ),
    innocent(
        "A31",
        "greetings with an encrypted inner one are dropped; ours have none",
        OnSni(label="ech", names=("*",), ech=True, do="drop"),
        fires=(),
    ),
    innocent(
        "N1",
        "a box cannot read a greeting of two segments (post-quantum size) and drops it",
        OnPattern(label="long", pattern=r"\x16\x03[\x01\x03][\x05-\x40]", do="drop"),
        row="§4-14",
        notes=("pq_intolerant",),
    ),
)

_SINGLE: Final = "a run says each name once at a time where it can, so as not to be what is counted"
_AT_ONCE_BOX: Final = OnSni(label="count", names=MESSENGER, together=2, do="drop_both")
_COUNTED: Final = truth(
    "degraded|blocked",
    "tls.conn_count",
    why="chance says whether a conversation of the run's is ever the only one that bears the name",
)


_AT_ONCE: Final = (
    innocent(
        "A33",
        "four greetings with one name at once freeze",
        OnSni(label="count", names=("*",), together=4, do="drop_both"),
        fires=(),
        deviation="a run never has as many at once, so that it does not bring it about by itself",
    ),
    blocking(
        "A33-two",
        "two greetings at once with a name of Messenger's freeze",
        # Who never sees a single one pass calls it blocked, which is no lie: apps open several.
        of("messenger", _COUNTED, calls=OK),
        _AT_ONCE_BOX,
        row="A33 (two)",
        by_chance=_SINGLE,
        deviation="two, not four; those that came together freeze, later ones are counted anew",
    ),
    blocking(
        "A33-signal",
        "two greetings at once with a name of Signal's freeze",
        of("signal", _COUNTED),
        replace(_AT_ONCE_BOX, names=SIGNAL),
        row="A33 (two)",
        by_chance=_SINGLE,
        deviation="another messenger, whose names have few addresses each",
    ),
    blocking(
        "A33-up",
        "two greetings at once with a name of WhatsApp's vanish, what the servers say does not",
        of("whatsapp", _COUNTED, text=OK),
        replace(_AT_ONCE_BOX, names=WHATSAPP, do="drop"),
        row="A33 (two)",
        by_chance=_SINGLE,
    ),
    blocking(
        "A33-far",
        "two greetings at once with a name of Telegram's freeze, far away",
        of("telegram", _COUNTED, text=OK),
        replace(_AT_ONCE_BOX, names=TELEGRAM),
        row="A33 (two)",
        by_chance=_SINGLE,
        link=Link(delay_ms=90, down_kbit=10_000, up_kbit=5_000, loss=0.002),
        states=ANY_LINK,
    ),
    innocent(
        "A33-own",
        "Messenger's own fronts answer one greeting of a client at a time",
        replace(_AT_ONCE_BOX, names=("*",), match=tcp_to(*at(*MESSENGER)), do="drop_reply"),
        row="A33 (the service's own)",
        truths=of(
            "messenger",
            truth("ok|degraded", why="one conversation at a time works"),
            calls=OK,
        ),
        deviation="the box stands for the servers' own doing: their kernels take what comes",
    ),
)

SCENARIOS: Final = (*_SHAPE, *_AT_ONCE)
