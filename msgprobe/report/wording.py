"""The words, signs and colours in which people read outcomes, states and notes."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgprobe.evidence.rate import in_words
from msgprobe.model.run import Request
from msgprobe.model.target import Direction, Function
from msgprobe.model.verdict import (
    CallLoss,
    ConnectionVerdict,
    Outcome,
    ServiceVerdict,
    Speed,
    State,
    Strength,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One outcome in one character (``plain`` where UTF-8 cannot be shown) and its rich style."""

    sign: str
    plain: str
    style: str


SIGNS: dict[Outcome, Sign] = {
    Outcome.OK: Sign(sign="✓", plain="+", style="green"),
    Outcome.DEGRADED: Sign(sign="~", plain="~", style="yellow"),
    Outcome.THROTTLED: Sign(sign="▼", plain="v", style="red"),
    Outcome.BLOCKED: Sign(sign="✗", plain="x", style="bold red"),
    Outcome.DOWN: Sign(sign="!", plain="!", style="magenta"),
    Outcome.INCONCLUSIVE: Sign(sign="?", plain="?", style="yellow"),
    Outcome.NOT_TESTED: Sign(sign="-", plain="-", style="dim"),
}

OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.OK: "works",
    Outcome.DEGRADED: "works badly",
    Outcome.THROTTLED: "slowed down",
    Outcome.BLOCKED: "blocked",
    Outcome.DOWN: "down",
    Outcome.INCONCLUSIVE: "unclear",
    Outcome.NOT_TESTED: "not tested",
}

STATE_WORDS: dict[State, str] = {
    State.ONLINE: "online",
    State.BAD_LINK: "poor link",
    State.INTERMITTENT: "comes and goes",
    State.CAPTIVE_PORTAL: "login page in the way",
    State.DNS_FAULT: "names do not resolve",
    State.DOMESTIC_ONLY: "only domestic sites",
    State.ALLOWLIST: "only chosen sites",
    State.SHUTDOWN: "shut down",
    State.NO_INTERNET: "no Internet",
    State.LOCAL_FAULT: "fault on this device",
    State.UNKNOWN: "not known",
}

NOTE_WORDS: dict[str, str] = {
    "clock_skew": "this device's clock is wrong",
    "tls_inspection": "all encrypted traffic is opened and signed again here (TLS inspection), so "
    "somebody can read along",
    "state_root_kz": "certificates are signed by an authority that calls itself that of "
    "Kazakhstan's state",
    "state_root_ru": "certificates are signed by an authority that calls itself that of Russia's "
    "state",
    "own_roots": "certificates are checked against your own list (SSL_CERT_FILE). An authority in "
    "that list can read along, and this test does not see it",
    "vpn": "the traffic leaves through a VPN",
    "proxy_configured": "a proxy is configured, which this test does not use",
    "proxy_only": "nothing leads out directly; the configured proxy, which this test does not use, "
    "may",
    "ipv6_missing": "no IPv6",
    "ipv6_broken": "IPv6 is set up but does not work",
    "udp_blocked": "UDP is blocked, so that nobody's calls get out",
    "stun_blocked": "what calls start with (STUN) gets no answer here, whoever it is for",
    "stun_recognised": "call traffic (STUN) is recognised and dropped, whoever it is for",
    "quic_blocked": "QUIC (UDP port 443) does not work, as on many networks; TCP is used instead",
    "slow_line": "slow",
    "slow_abroad": "slow from abroad only",
    "encrypted_dns_blocked": "encrypted DNS is blocked",
    "transparent_dns": "every DNS question is answered by the network, whoever was asked",
    "dns_intercepted": "somebody answers questions over UDP in the place of public resolvers; over "
    "TCP these say something else",
    "plain_http_tampered": "plain HTTP is changed on the way",
    "tls_fingerprint": "secure connections that look like this program's are dropped, whoever they "
    "are for; those that look otherwise pass",
    "mtu_black_hole": "large packets vanish (MTU)",
    "pq_intolerant": "the large first messages of modern apps (ClientHello of post-quantum size, "
    "with HTTP/2) vanish on the way, which breaks these apps",
    "plan_cap": "the data plan seems used up",
    "lossy": "packets get lost",
    "second_path_failed": "the proxy for the second path does not work, so it told nothing",
    "report_too_old": "the report for comparison is not of the last 24 hours, so it told nothing",
}

INTERRUPTED_WORDS: dict[str, str] = {
    "SIGHUP": "stopped when the terminal went away",
    "SIGINT": "stopped by Ctrl-C",
    "SIGTERM": "stopped by SIGTERM",
    "max_time": "stopped at the time limit",
    "max_bytes": "stopped at the limit of bytes",
    "fault": "stopped by a fault of this program or device",
}


def note(identifier: str) -> str:
    """A note in plain words; one that this version does not know is shown as it is."""
    return NOTE_WORDS.get(identifier, identifier.replace("_", " "))


def interrupted(reason: str) -> str:
    """Why a run was cut short, in plain words."""
    return INTERRUPTED_WORDS.get(reason, f"stopped early ({reason})")


def verdict_words(outcome: Outcome, strength: Strength | None, partial: bool) -> str:
    """``probably blocked in part``: the word, how sure, and whether something else works.

    ``works`` stays as it is: that its proof was not a cryptographic one helps nobody here.
    """
    word = OUTCOME_WORDS[outcome]
    if outcome in (Outcome.OK, Outcome.NOT_TESTED):
        return word
    if strength is Strength.LIKELY:
        word = f"probably {word}"
    return f"{word} in part" if partial else word


def in_order(verdict: ServiceVerdict) -> list[int]:
    """Indices of the functions in the order in which people think of them."""
    order = list(Function)
    functions = verdict.functions
    return sorted(range(len(functions)), key=lambda i: order.index(functions[i].function))


def amount(count: int) -> str:
    """Bytes in decimal units, three digits at most: ``812 B``, ``81.2 kB``, ``1.25 MB``."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
            return f"{value:.{digits}f} {unit}"
    raise AssertionError("unreachable")


def limit(count: int) -> str:
    """Bytes as somebody would say a limit: ``30 MB``, ``2.5 MB``, ``500 kB``."""
    size, unit = (count / 1_000_000, "MB") if count >= 1_000_000 else (count / 1000, "kB")
    return f"{size:.2g} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def seconds(value: float) -> str:
    """A duration: ``0.84 s``, ``12.3 s``, ``2 min 5 s``."""
    if value < 10:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value) // 60} min {int(value) % 60} s"


def rate(kbit: float) -> str:
    """A rate, as it is said everywhere."""
    return in_words(kbit)


def speed(found: Speed) -> str:
    """``11 Mbit/s down (neutral 14)``: the unit once where both have the same."""
    own, other = rate(found.target_kbit), rate(found.control_kbit)
    if own.partition(" ")[2] == other.partition(" ")[2]:
        other = other.partition(" ")[0]
    doubt = "" if found.floor_kbit > 0 else "; too unsteady to tell"
    return f"{own} {found.direction.value} (neutral {other}{doubt})"


def speed_in_full(found: Speed) -> str:
    """All that is known of one comparison, in one sentence."""
    way = "sent" if found.direction is Direction.UP else "received"
    pairs = "comparison" if found.pairs == 1 else "comparisons"
    text = (
        f"Speed of {found.asset}: {rate(found.target_kbit)} {way}, neutral "
        f"{rate(found.control_kbit)}; slow in {found.slow} of {found.pairs} {pairs}; "
    )
    if found.floor_kbit <= 0:
        return f"{text}this link is too slow or too unsteady to show throttling"
    return (
        f"{text}a limit below {rate(found.floor_kbit)} in the first {amount(found.moved)} "
        "would have shown"
    )


UNTESTED = "Milder, later or per-connection limits were not tested."
"""What no comparison of short transfers can show."""


def floor(speeds: Sequence[Speed], *, clean: bool) -> str:
    """What the weakest of ``speeds`` would have shown; acquits nothing unless ``clean``."""
    known = [s for s in speeds if s.floor_kbit > 0]
    # One comparison decides nothing (a server that is asked once a run has no more).
    known = [s for s in known if s.pairs > 1] or known
    if not known:
        return f"Speed: this link is too slow or too unsteady to show throttling. {UNTESTED}"
    parts = []
    for way, word in ((Direction.DOWN, "down"), (Direction.UP, "up")):
        mine = [s for s in known if s.direction is way]
        if mine:
            weakest, size = min(s.floor_kbit for s in mine), min(s.moved for s in mine)
            parts.append(f"{rate(weakest)} {word} (first {amount(size)})")
    floors = " or ".join(parts)
    if clean:
        return f"Speed: no throttling below {floors} visible on this link. {UNTESTED}"
    return f"Speed: throttling below {floors} would have been seen. {UNTESTED}"


def loss(found: CallLoss) -> str:
    """``0 of 25 packets lost (neutral 0 of 75)``."""
    return (
        f"{found.lost} of {found.sent} packets lost (neutral {found.neutral_lost} of "
        f"{found.neutral_sent})"
    )


def no_speed(request: Request, verdict: ConnectionVerdict) -> str | None:
    """Why no speeds are told; None where that needs no word."""
    if request.quick:
        return "Speed: not looked at (--quick), so throttling would not have been seen."
    if verdict.state is State.BAD_LINK:
        return "Speed: this line is too slow to tell throttling from its own slowness."
    return None
