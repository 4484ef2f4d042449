"""The words, signs and colours in which people read outcomes, states and notes."""

from collections.abc import Sequence

from msgprobe.model.dataclass import dataclass
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
from msgprobe.report.escape import printable
from msgprobe.report.language import N_, _, listing


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
    Outcome.OK: N_("works"),
    Outcome.DEGRADED: N_("works badly"),
    Outcome.THROTTLED: N_("slowed down"),
    Outcome.BLOCKED: N_("blocked"),
    Outcome.DOWN: N_("down"),
    Outcome.INCONCLUSIVE: N_("unclear"),
    Outcome.NOT_TESTED: N_("not tested"),
}

_LIKELY: dict[Outcome, str] = {
    Outcome.DEGRADED: N_("probably works badly"),
    Outcome.THROTTLED: N_("probably slowed down"),
    Outcome.BLOCKED: N_("probably blocked"),
    Outcome.DOWN: N_("probably down"),
}

_IN_PART: dict[Outcome, str] = {
    Outcome.DEGRADED: N_("works badly in part"),
    Outcome.THROTTLED: N_("slowed down in part"),
    Outcome.BLOCKED: N_("blocked in part"),
    Outcome.DOWN: N_("down in part"),
    Outcome.INCONCLUSIVE: N_("unclear in part"),
}

_LIKELY_IN_PART: dict[Outcome, str] = {
    Outcome.DEGRADED: N_("probably works badly in part"),
    Outcome.THROTTLED: N_("probably slowed down in part"),
    Outcome.BLOCKED: N_("probably blocked in part"),
    Outcome.DOWN: N_("probably down in part"),
}

STATE_WORDS: dict[State, str] = {
    State.ONLINE: N_("online"),
    State.BAD_LINK: N_("poor link"),
    State.INTERMITTENT: N_("comes and goes"),
    State.CAPTIVE_PORTAL: N_("login page in the way"),
    State.DNS_FAULT: N_("names do not resolve"),
    State.DOMESTIC_ONLY: N_("only domestic sites"),
    State.ALLOWLIST: N_("only chosen sites"),
    State.SHUTDOWN: N_("shut down"),
    State.NO_INTERNET: N_("no Internet"),
    State.LOCAL_FAULT: N_("fault on this device"),
    State.UNKNOWN: N_("not known"),
}

_FUNCTIONS: dict[Function, str] = {
    Function.TEXT: N_("text"),
    Function.MEDIA: N_("media"),
    Function.CALLS: N_("calls"),
    Function.WEB: N_("web"),
    Function.SIGNUP: N_("sign-up"),
}

NOTE_WORDS: dict[str, str] = {
    "clock_skew": N_("this device's clock is wrong"),
    "tls_inspection": N_(
        "all encrypted traffic is opened and signed again here (TLS inspection), so "
        "somebody can read along"
    ),
    "state_root_kz": N_(
        "certificates are signed by an authority that calls itself that of Kazakhstan's state"
    ),
    "state_root_ru": N_(
        "certificates are signed by an authority that calls itself that of Russia's state"
    ),
    "own_roots": N_(
        "certificates are checked against your own list (SSL_CERT_FILE). An authority in "
        "that list can read along, and this test does not see it"
    ),
    "vpn": N_("the traffic leaves through a VPN"),
    "proxy_configured": N_("a proxy is configured, which this test does not use"),
    "proxy_only": N_(
        "nothing leads out directly; the configured proxy, which this test does not use, may"
    ),
    "ipv6_missing": N_("no IPv6"),
    "ipv6_broken": N_("IPv6 is set up but does not work"),
    "ipv6_lossy": N_("much is lost over IPv6, whoever is asked; IPv4 is better"),
    "udp_blocked": N_("UDP is blocked, so that nobody's calls get out"),
    "stun_blocked": N_("what calls start with (STUN) gets no answer here, whoever it is for"),
    "stun_recognised": N_("call traffic (STUN) is recognised and dropped, whoever it is for"),
    "quic_blocked": N_(
        "QUIC (UDP port 443) does not work, as on many networks; TCP is used instead"
    ),
    "networks_cut": N_(
        "downloads from some networks stop after the first kilobytes, whoever is asked there"
    ),
    "slow_line": N_("slow"),
    "slow_abroad": N_("slow from abroad only"),
    "encrypted_dns_blocked": N_("encrypted DNS is blocked"),
    "transparent_dns": N_("every DNS question is answered by the network, whoever was asked"),
    "dns_intercepted": N_(
        "somebody answers questions over UDP in the place of public resolvers; over "
        "TCP these say something else"
    ),
    "plain_http_tampered": N_("plain HTTP is changed on the way"),
    "tls_fingerprint": N_(
        "secure connections that look like this program's are dropped, whoever they "
        "are for; those that look otherwise pass"
    ),
    "mtu_black_hole": N_("large packets vanish (MTU)"),
    "pq_intolerant": N_(
        "the large first messages of modern apps (ClientHello of post-quantum size, "
        "with HTTP/2) vanish on the way, which breaks these apps"
    ),
    "plan_cap": N_("the data plan seems used up"),
    "lossy": N_("packets get lost"),
    "second_path_failed": N_("the proxy for the second path does not work, so it told nothing"),
    "report_too_old": N_(
        "the report for comparison is not of the last 24 hours, so it told nothing"
    ),
}

INTERRUPTED_WORDS: dict[str, str] = {
    "SIGHUP": N_("stopped when the terminal went away"),
    "SIGINT": N_("stopped by Ctrl-C"),
    "SIGTERM": N_("stopped by SIGTERM"),
    "max_time": N_("stopped at the time limit"),
    "max_bytes": N_("stopped at the limit of bytes"),
    "fault": N_("stopped by a fault of this program or device"),
}


_STRENGTHS: dict[Strength, str] = {
    Strength.CONFIRMED: N_("confirmed"),
    Strength.LIKELY: N_("likely"),
}


def function_word(function: Function) -> str:
    """What a service is used for, in a word."""
    return _(_FUNCTIONS[function])


def outcome_word(outcome: Outcome) -> str:
    """An outcome in a word or two."""
    return _(OUTCOME_WORDS[outcome])


def state_word(state: State) -> str:
    """The state of the connection in a few words."""
    return _(STATE_WORDS[state])


def strength_word(strength: Strength) -> str:
    """How sure a word is."""
    return _(_STRENGTHS[strength])


def note(identifier: str) -> str:
    """A note in plain words; one that this version does not know is shown as it is."""
    known = NOTE_WORDS.get(identifier)
    return identifier.replace("_", " ") if known is None else _(known)


def interrupted(reason: str) -> str:
    """Why a run was cut short, in plain words."""
    known = INTERRUPTED_WORDS.get(reason)
    return _("stopped early ({reason})").format(reason=reason) if known is None else _(known)


def verdict_words(outcome: Outcome, strength: Strength | None, partial: bool) -> str:
    """``probably blocked in part``: the word, how sure, and whether something else works.

    ``works`` stays as it is: that its proof was not a cryptographic one helps nobody here.
    """
    likely = strength is Strength.LIKELY
    if partial:
        forms = {**_IN_PART, **(_LIKELY_IN_PART if likely else {})}
    else:
        forms = _LIKELY if likely else {}
    return _(forms.get(outcome, OUTCOME_WORDS[outcome]))


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
        return _("{number} s").format(number=f"{value:.2f}")
    if value < 60:
        return _("{number} s").format(number=f"{value:.1f}")
    minutes, rest = divmod(int(value), 60)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)


def rate(kbit: float) -> str:
    """A rate, two significant digits: ``0.42 kbit/s``, ``140 kbit/s``, ``1.9 Mbit/s``."""
    value, unit = (kbit, "kbit/s") if _two(kbit) < 1000 else (kbit / 1000, "Mbit/s")
    value = _two(value)
    digits = 0 if value >= 10 or not value else 1 if value >= 1 else 2
    return f"{value:.{digits}f} {unit}"


def _two(value: float) -> float:
    return float(f"{value:.2g}")


def speed(found: Speed) -> str:
    """``11 Mbit/s down (neutral 14)``: the unit once where both have the same."""
    own, other = rate(found.target_kbit), rate(found.control_kbit)
    if own.partition(" ")[2] == other.partition(" ")[2]:
        other = other.partition(" ")[0]
    up = found.direction is Direction.UP
    if found.floor_kbit > 0:
        text = _("{own} up (neutral {other})") if up else _("{own} down (neutral {other})")
    else:
        text = (
            _("{own} up (neutral {other}; too unsteady to tell)")
            if up
            else _("{own} down (neutral {other}; too unsteady to tell)")
        )
    return text.format(own=own, other=other)


def speed_in_full(found: Speed) -> str:
    """All that is known of one comparison, in whole sentences."""
    sent = found.direction is Direction.UP
    head = (
        _("Speed of {asset}: {own} sent, neutral {other}.")
        if sent
        else _("Speed of {asset}: {own} received, neutral {other}.")
    ).format(asset=found.asset, own=rate(found.target_kbit), other=rate(found.control_kbit))
    slow = _("Slow in {slow} of {pairs} comparisons.").format(slow=found.slow, pairs=found.pairs)
    if found.floor_kbit <= 0:
        shown = _("This link is too slow or too unsteady to show throttling.")
    else:
        shown = _("A limit below {rate} in the first {size} would have shown.").format(
            rate=rate(found.floor_kbit), size=amount(found.moved)
        )
    return f"{head} {slow} {shown}"


UNTESTED = N_("Milder, later or per-connection limits were not tested.")
"""What no comparison of short transfers can show."""


def floor(speeds: Sequence[Speed], *, clean: bool) -> str:
    """What the weakest of ``speeds`` would have shown; acquits nothing unless ``clean``."""
    known = [s for s in speeds if s.floor_kbit > 0]
    # One comparison decides nothing (a server that is asked once a run has no more).
    known = [s for s in known if s.pairs > 1] or known
    if not known:
        text = _("Speed: this link is too slow or too unsteady to show throttling.")
        return f"{text} {_(UNTESTED)}"
    parts = []
    ways = (
        (Direction.DOWN, _("{rate} down (first {size})")),
        (Direction.UP, _("{rate} up (first {size})")),
    )
    for way, part in ways:
        mine = [s for s in known if s.direction is way]
        if mine:
            weakest, size = min(s.floor_kbit for s in mine), min(s.moved for s in mine)
            parts.append(part.format(rate=rate(weakest), size=amount(size)))
    text = (
        _("Speed: no throttling below {floors} visible on this link.")
        if clean
        else _("Speed: throttling below {floors} would have been seen.")
    )
    return f"{text.format(floors=_(' or ').join(parts))} {_(UNTESTED)}"


def loss(found: CallLoss) -> str:
    """``0 of 25 packets lost (neutral 0 of 75)``."""
    return _("{lost} of {sent} packets lost (neutral {neutral_lost} of {neutral_sent})").format(
        lost=found.lost,
        sent=found.sent,
        neutral_lost=found.neutral_lost,
        neutral_sent=found.neutral_sent,
    )


def no_speed(request: Request, verdict: ConnectionVerdict) -> str | None:
    """Why no speeds are told; None where that needs no word."""
    if request.quick:
        return _("Speed: not looked at (--quick), so throttling would not have been seen.")
    if verdict.state is State.BAD_LINK:
        text = _("Speed: this line is too slow to tell throttling from its own slowness.")
        return f"{text}{_longer(request)}"
    return None


def _longer(request: Request) -> str:
    """What a longer run is good for; nothing after one."""
    if request.throttle:
        return ""
    return " " + _("A run with --throttle takes some minutes, and may tell.")


def not_compared(request: Request, services: Sequence[ServiceVerdict]) -> str | None:
    """Names what works and has no speed beside others', which acquits nobody; None where there is
    nothing of the kind."""
    names = [
        printable(s.name)
        for s in services
        if s.outcome is Outcome.OK and not any(f.speeds for f in s.functions) and _unsaid(s)
    ]
    if not names:
        return None
    text = _("Speed: not compared for {names}, so throttling there would not have been seen.")
    return f"{text.format(names=listing(names))}{_longer(request)}"


def _unsaid(service: ServiceVerdict) -> bool:
    """It is told of one of its functions that its speed is not known."""
    told = (one.key for f in service.functions for one in f.why)
    return any(key.startswith("speed.unsaid.") for key in told)
