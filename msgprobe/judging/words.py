"""Plain words for verdicts: what a mechanism means, and one sentence a service."""

from collections.abc import Sequence

from msgprobe.judging.advice import listing
from msgprobe.model.protocol import PROTOCOLS
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, Strength

MECHANISMS = {
    **{
        f"protocol.{n}": f"its own protocol ({name}) gets no answer"
        for n, name in PROTOCOLS.items()
    },
    "dns.nxdomain": "the resolver says that its name does not exist",
    "dns.injection": "its name is answered with a wrong address",
    "dns.injection.bogon": "its name is answered with an impossible address",
    "dns.injection.blockpage": "its name leads to a block page",
    "dns.refused": "the resolver refuses its name",
    "dns.servfail": "the resolver fails for its name alone",
    "dns.timeout": "questions for its name vanish",
    "tcp.timeout": "its addresses are cut off in silence",
    "tcp.refused": "connections to its addresses are refused on the way",
    "ip.unreachable": "routers declare its addresses unreachable",
    "tls.reset": "connections are reset",
    "tls.reset.sni": "connections that name it are reset",
    "tls.timeout": "connections get no answer to their first TLS message",
    "tls.timeout.sni": "connections that name it get no answer",
    "tls.alert": "connections end with a forged alert",
    "tls.alert.sni": "connections that name it end with a forged alert",
    "tls.fingerprint": "connections that look like this program's are dropped or reset",
    "tls.conn_count": "several connections at the same time get no answer",
    "tls.mitm": "its certificate is forged",
    "tls.post_handshake": "connections die after the TLS handshake",
    "tls.post_handshake.sni": "connections that named it die after the TLS handshake",
    "http.blockpage": "a block page is shown",
    "tcp.freeze": "transfers stop for good after the first kilobytes",
    "tcp.freeze.bytes": "transfers stop for good after a number of bytes",
    "tcp.freeze.packets": "transfers stop for good after a number of packets",
    "throttle": "it is slowed down",
    "throttle.loss": "packets to and from it are dropped",
    "throttle.delay": "it is delayed",
    "throttle.policing": "it is held to a fixed rate",
    "throttle.shaping": "it is queued to a fixed rate",
    "throttle.sni": "what names it is slowed down",
    "throttle.sni.policing": "what names it is held to a fixed rate",
    "throttle.sni.shaping": "what names it is queued to a fixed rate",
    "throttle.sni.loss": "packets of connections that name it are dropped",
    "throttle.sni.delay": "connections that name it are delayed",
    "throttle.ip": "what goes to its addresses is slowed down",
    "throttle.ip.policing": "what goes to its addresses is held to a fixed rate",
    "throttle.ip.shaping": "what goes to its addresses is queued to a fixed rate",
    "throttle.ip.loss": "packets to and from its addresses are dropped",
    "throttle.ip.delay": "what goes to its addresses is delayed",
    "udp.stun": "call traffic (STUN) is recognised and dropped",
    "udp.drop": "datagrams to its call servers are dropped",
    "quic.sni": "QUIC that names it is dropped",
    "protocol.noise": "its own protocol (Noise) is recognised and ended",
    "protocol.mtproto": "Telegram's own protocol is recognised and dropped",
}


def _functions(verdicts: Sequence[FunctionVerdict]) -> str:
    return listing([v.function.value for v in verdicts])


def _unclear(function: FunctionVerdict) -> str:
    """What a service that works leaves open."""
    if not function.partial:
        return f"{function.function.value}: no clear result"
    return (
        f"{function.function.value}: {function.endpoints.ok} of {function.endpoints.tested} answer"
    )


def _speaking(verdict: ServiceVerdict) -> list[FunctionVerdict]:
    """The functions that the word of the service is about, the surest first.

    A service is impaired also where a part of it is down, or fails without a reason that is known.
    """
    words = [verdict.outcome]
    if verdict.outcome is Outcome.DEGRADED:
        words += [Outcome.DOWN, Outcome.INCONCLUSIVE]
    found = ([f for f in verdict.functions if f.outcome is word] for word in words)
    speaking = next((fs for fs in found if fs), [])
    return sorted(speaking, key=lambda f: f.strength is not Strength.CONFIRMED)


_SENTENCES = {
    Outcome.OK: "{name} works: {good}{but}.",
    Outcome.THROTTLED: "{name} is {likely}slowed down ({bad}): {why}{tail}.",
    Outcome.BLOCKED: "{name} is {likely}blocked ({bad}){how}{tail}.",
    Outcome.DEGRADED: "{name} works badly ({bad}): {cause}",
    Outcome.DOWN: "{name} itself {likely}has a fault ({bad}): {cause}",
    Outcome.INCONCLUSIVE: "No clear result for {name} ({bad}): {cause}",
    Outcome.NOT_TESTED: "{name} was not tested.",
}
_IN_PART = {
    Outcome.DEGRADED: "{name} works in part ({good}); {bad} failed: {cause}",
    Outcome.INCONCLUSIVE: "{name} works in part ({good}); no clear result for {bad}: {cause}",
}
"""Where something works and nothing shows why the rest does not."""


def summary(verdict: ServiceVerdict) -> str:
    """One plain sentence about a service."""
    bad = _speaking(verdict)
    good = [f for f in verdict.functions if f.outcome is Outcome.OK]
    still = f". Still working: {_functions(good)}"
    rest = [f for f in verdict.functions if f.outcome not in (Outcome.OK, Outcome.NOT_TESTED)]
    reasons = listing([MECHANISMS[m] for m in verdict.mechanisms if m in MECHANISMS])
    why = bad[0].why if bad else ""
    unexplained = verdict.partial and bad and bad[0].outcome is Outcome.INCONCLUSIVE
    return (_IN_PART if unexplained else _SENTENCES)[verdict.outcome].format(
        name=verdict.name,
        good=_functions(good),
        bad=_functions(bad),
        but=f" ({', '.join(map(_unclear, rest))})" if rest else "",
        likely="" if verdict.strength is Strength.CONFIRMED else "probably ",
        how=f": {reasons}" if reasons else "",
        tail=still if good else "",
        why=why.rstrip("."),
        cause=why[:1].lower() + why[1:],
    )
