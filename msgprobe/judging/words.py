"""Plain words for verdicts: one sentence a service, one piece of advice a run."""

from collections.abc import Sequence

from msgprobe.model.protocol import PROTOCOLS
from msgprobe.model.verdict import (
    ConnectionVerdict,
    FunctionVerdict,
    Outcome,
    ServiceVerdict,
    State,
    Strength,
)

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
    "tls.reset": "connections are torn down",
    "tls.reset.sni": "connections that name it are torn down",
    "tls.timeout": "connections get no answer to their first TLS message",
    "tls.timeout.sni": "connections that name it get no answer",
    "tls.alert": "connections end with a forged alert",
    "tls.alert.sni": "connections that name it end with a forged alert",
    "tls.fingerprint": "connections that look like this program's are dropped or torn down",
    "tls.conn_count": "several connections at the same time get no answer",
    "tls.mitm": "its certificate is forged",
    "tls.post_handshake": "connections die after the TLS handshake",
    "tls.post_handshake.sni": "connections that named it die after the TLS handshake",
    "http.blockpage": "a block page is shown",
    "tcp.freeze": "transfers stop for good after the first kilobytes",
    "tcp.freeze.bytes": "transfers stop for good after a number of bytes",
    "tcp.freeze.packets": "transfers stop for good after a number of packets",
    "throttle": "it is slowed down",
    "throttle.loss": "packets to and from it are thrown away",
    "throttle.delay": "it is delayed",
    "throttle.policing": "it is held to a fixed rate",
    "throttle.shaping": "it is queued to a fixed rate",
    "throttle.sni": "what names it is slowed down",
    "throttle.sni.policing": "what names it is held to a fixed rate",
    "throttle.sni.shaping": "what names it is queued to a fixed rate",
    "throttle.sni.loss": "packets of connections that name it are thrown away",
    "throttle.sni.delay": "connections that name it are delayed",
    "throttle.ip": "what goes to its addresses is slowed down",
    "throttle.ip.policing": "what goes to its addresses is held to a fixed rate",
    "throttle.ip.shaping": "what goes to its addresses is queued to a fixed rate",
    "throttle.ip.loss": "packets to and from its addresses are thrown away",
    "throttle.ip.delay": "what goes to its addresses is delayed",
    "udp.stun": "call traffic (STUN) is recognised and dropped",
    "udp.drop": "datagrams to its call servers are dropped",
    "quic.sni": "QUIC that names it is dropped",
    "protocol.noise": "its own protocol (Noise) is recognised and ended",
    "protocol.mtproto": "Telegram's own protocol is recognised and dropped",
}

_ADVICE = {
    State.LOCAL_FAULT: "This device is not connected: check cable, Wi-Fi, mobile data or a local "
    "firewall, then run again.",
    State.CAPTIVE_PORTAL: "Open any web page, log in to this network, then run again.",
    State.DNS_FAULT: "The names do not resolve: try another DNS resolver (or restart the router), "
    "then run again.",
    State.INTERMITTENT: "The connection comes and goes, so what failed may work in a minute: "
    "run again, and note the times at which it is gone (whole or half hours may mean intent).",
    State.NO_INTERNET: "Wait and try again, and try another network (mobile data, a neighbour's "
    "line). From one device an outage and a shutdown look alike: save this evidence (-o FILE).",
    State.SHUTDOWN: "The cut looks deliberate. Save this evidence (-o FILE), note the time, try "
    "another network; messages will wait until the connection returns.",
    State.DOMESTIC_ONLY: "Only the country's own sites work. Save this evidence (-o FILE) and try "
    "another network.",
    State.ALLOWLIST: "Only chosen sites are let through. Save this evidence (-o FILE) and try "
    "another network.",
}


def listing(words: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


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
    Outcome.THROTTLED: "{name} is {likely}throttled ({bad}): {why}{tail}.",
    Outcome.BLOCKED: "{name} is {likely}blocked ({bad}){how}{tail}.",
    Outcome.DEGRADED: "{name} is impaired ({bad}): {cause}",
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
    still = f"; {_functions(good)} still work" + ("s" if len(good) == 1 else "")
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


_ABOUT = {
    Outcome.BLOCKED: "Your network is {maybe}{doing}. Your device is fine. Save the evidence "
    "(-o FILE) and ask somebody on another network to run this too. Another connection or a VPN "
    "may help.",
    Outcome.DEGRADED: "Only a part of {names} works. Run again in some minutes, and on another "
    "network, to see whether it is this network.",
    Outcome.DOWN: "{names} {maybe}has a fault of its own. It is not your network. Wait.",
    Outcome.INCONCLUSIVE: "There is no clear result for {names}. Run again in some minutes, and "
    "ask somebody on another network to run this too: a proxy abroad (--via) or their saved run "
    "(--compare) can tell an outage from blocking.",
}
"""What to do about services with such a word, the gravest first."""


def advice(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> str:
    """What this means and what to do next, in plain words."""
    forged = [s.name for s in services if "tls.mitm" in s.mechanisms]
    if forged:
        return (
            f"Do not log in to {listing(forged)} on this network, and do not click through "
            "certificate warnings: somebody forges the certificates. Save the evidence (-o FILE) "
            "and use another network."
        )
    if said := _of_the_line(connection, services):
        return said
    doubt = _until_known(services)
    return _about(services, doubt) or doubt + _calm(connection, services)


def _about(services: Sequence[ServiceVerdict], doubt: str) -> str:
    """What to do about the gravest word of a service; empty where nothing failed. ``doubt`` is said
    before it where nothing graver is certain."""
    by = {o: [s for s in services if s.outcome is o] for o in Outcome}
    by[Outcome.BLOCKED] += by[Outcome.THROTTLED]
    by[Outcome.INCONCLUSIVE] = [s for s in by[Outcome.INCONCLUSIVE] if not s.partial]
    for outcome, text in _ABOUT.items():
        if about := by[outcome]:
            sure = all(s.strength is Strength.CONFIRMED for s in about)
            said = text.format(
                names=listing([s.name for s in about]),
                maybe="" if sure else "probably ",
                doing=_doing(about),
            )
            return f"{doubt}{said}" if outcome is Outcome.INCONCLUSIVE else said
    return ""


def _doing(services: Sequence[ServiceVerdict]) -> str:
    """What the network does to services that it interferes with."""
    words = {Outcome.BLOCKED: "blocking", Outcome.THROTTLED: "slowing down"}
    found = [(verb, _named(services, word)) for word, verb in words.items()]
    return listing([f"{verb} {listing(names)}" for verb, names in found if names])


def _named(services: Sequence[ServiceVerdict], *words: Outcome) -> list[str]:
    """The services with one of these words, in the order of the words."""
    return [s.name for word in words for s in services if s.outcome is word]


def _of_the_line(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> str:
    """What the connection itself asks for, whatever befell services; empty: nothing."""
    if connection.state in _ADVICE:
        return _ADVICE[connection.state]
    if "clock_skew" in connection.notes:
        return "This device's clock is wrong, which breaks secure connections: set it, run again."
    if "tls_inspection" in connection.notes:
        return _read_along(connection, _named(services, Outcome.BLOCKED, Outcome.THROTTLED))
    return ""


_DOUBTED = ("tls.mitm.", "tls.certificate", "tls.store_age")
"""Rules about certificates that may or may not be the service's own."""


def _until_known(services: Sequence[ServiceVerdict]) -> str:
    """A warning, where it is not known whose certificates some services show that have no clear
    result; empty where all is known."""
    doubted = [
        s.name
        for s in services
        if s.outcome is Outcome.INCONCLUSIVE
        if any(r.startswith(_DOUBTED) for f in s.functions for r in f.rules[:1])
    ]
    if not doubted:
        return ""
    return f"Do not log in to {listing(doubted)} here until you know whose certificate that is. "


_READ_ALONG = (
    "Somebody can read along here: do not log in, unless you know who re-signs the encrypted "
    "traffic (an employer, a school, an antivirus) and trust them.{who}{also}"
)
_STATES = {"state_root_kz": "Kazakhstan's", "state_root_ru": "Russia's"}


def _read_along(connection: ConnectionVerdict, hit: Sequence[str]) -> str:
    """Everything is re-signed: whoever does it reads along."""
    named = [whose for note, whose in _STATES.items() if note in connection.notes]
    return _READ_ALONG.format(
        who=f" The certificates name an authority of {listing(named)} state." if named else "",
        also=f" The network interferes with {listing(hit)} as well." if hit else "",
    )


def _open(services: Sequence[ServiceVerdict]) -> list[str]:
    """Functions without a clear result, each with the services that it is about."""
    found: dict[str, list[str]] = {}
    for service in services:
        for function in service.functions:
            if function.outcome is Outcome.INCONCLUSIVE:
                found.setdefault(function.function.value, []).append(service.name)
    return [f"{function} ({', '.join(names)})" for function, names in found.items()]


def _calm(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> str:
    """Nothing failed as a whole: what then?"""
    fine = [s.name for s in services if s.outcome is Outcome.OK or s.partial]
    works = f"{listing(fine)} work" + ("s" if len(fine) == 1 else "")
    if fine and (unclear := _open(services)):
        return f"{works} from here; no clear result for {listing(unclear)}."
    if connection.state is State.BAD_LINK:
        return "Nothing is blocked; the connection itself is poor. Wait or try another network."
    if fine and any(s.outcome is Outcome.NOT_TESTED for s in services):
        return f"{works} from here; the rest was not tested."
    return "Everything that was tested works from here." if fine else "Nothing was tested."
