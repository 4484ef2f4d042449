"""Is it over in a moment? Servers that are begun again, and lines that are dead for seconds.

A failure accuses early only where a neutral name is answered beside it in the same seconds; else
its attempts must span what such accidents last.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from tests.lab.censor import (
    Action,
    DnsForge,
    Drop,
    IcmpUnreachable,
    Match,
    OnPattern,
    OnSni,
    RstOnSyn,
    Throttle,
)
from tests.lab.cut import Cut
from tests.lab.scenario import GOOD, Scenario, at, truth
from tests.lab.scenarios.kinds import innocent
from tests.lab.scenarios.shared import (
    LTE,
    MESSENGER,
    RELAYS,
    RESOLVER,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    of,
)

_ANY: Final = truth(
    "ok|degraded|inconclusive|down",
    why="chance says what of the run falls into the seconds in which nothing answers",
)
_STATES: Final = ("online", "bad_link", "intermittent")
_ONCE: Final = 1200.0
_WORDS: Final = r"(?!\x16\x03|GET )"
"""Every form of the protocol of Telegram, and not what a browser says."""
_NAMES: Final = {
    "signal": SIGNAL,
    "messenger": MESSENGER,
    "telegram": TELEGRAM,
    "whatsapp": WHATSAPP,
}


def _dead(label: str, seconds: float, since: float, to: tuple[str, ...], segment: str) -> Drop:
    """What goes to these addresses, and comes from them, is lost for so long, once."""
    return Drop(
        label=label,
        match=Match(
            to=to,
            direction="both",
            segment="data" if segment == "data" else "any",
            proto=("tcp",),
            period_s=_ONCE,
            on_s=seconds,
            phase_s=since,
        ),
    )


def _begun_again() -> Iterator[Scenario]:
    """One service's servers, all at once: behind a balancer that opens connections for them, or
    not."""
    places = {name: at(*names) for name, names in _NAMES.items()}
    places["telegram"] = (*places["telegram"], *TELEGRAM_DC)
    for seconds, since, service, segment in (
        (5, 0.0, "signal", "any"),
        (10, 0.0, "messenger", "any"),
        (20, -8.0, "telegram", "any"),
        (10, 2.0, "whatsapp", "any"),
        (5, 0.0, "messenger", "data"),
        (10, 0.0, "signal", "data"),
        (20, 0.0, "whatsapp", "data"),
        (10, 1.5, "telegram", "data"),
    ):
        how = "take connections and say nothing" if segment == "data" else "are dead"
        later = f" from second {since:.1f} on" if since else ""
        if since < 0:  # from the first packet on nobody could tell it from a block in that time
            later = f", {-since:.0f} of them before the run"
        yield innocent(
            f"RB{seconds}-{service}{'-hang' if segment == 'data' else ''}",
            f"the servers of {service.title()} {how} for {seconds} s{later}, for everybody",
            _dead("again", seconds, since, places[service], segment),
            row="none (innocent twin of A11 and A20)",
            truths=of(service, _ANY),
            states=_STATES,
            fires=("again",),
        )


_Word = Literal["rst", "alert", "fin"]
_TURNED_AWAY: Final[tuple[tuple[int, str, _Word | None], ...]] = (
    (5, "whatsapp", None),
    (10, "signal", None),
    (12, "messenger", None),
    (5, "messenger", "rst"),
    (10, "whatsapp", "rst"),
    (12, "signal", "rst"),
    (5, "signal", "alert"),
    (10, "messenger", "alert"),
    (10, "signal", "fin"),
)
_HOW: Final = {
    None: ("refuse", "refuse connections"),
    "rst": ("rst", "reset connections"),
    "alert": ("alert", "answer with an alert"),
    "fin": ("fin", "end connections"),
}


def _refusing() -> Iterator[Scenario]:
    """The same servers, whose machine or balancer says so while they are begun again: at the SYN
    (what listens on port 80 goes on), or at the first words on a connection."""
    for seconds, service, word in _TURNED_AWAY:
        place = Match(
            to=at(*_NAMES[service]),
            ports=(443,),
            proto=("tcp",),
            period_s=_ONCE,
            on_s=seconds,
        )
        end, told = _HOW[word]
        yield innocent(
            f"RB{seconds}-{service}-{end}",
            f"the servers of {service.title()} {told} on port 443 for {seconds} s, for everybody",
            _turns_away(word, place),
            row="none (innocent twin of A14 and A17)",
            truths=of(service, _ANY),
            states=_STATES,
            fires=("again",),
        )


def _turns_away(word: _Word | None, place: Match) -> Action:
    if word is None:
        return RstOnSyn(label="again", match=place, early=False, at_rtt=1.0)
    return OnSni(label="again", match=place, names=("*",), do=word, at_rtt=1.0, copies=1)


_Row = tuple[str, str, Action]
"""The end of an id, a title and what is done."""


def _out_of_order() -> tuple[_Row, ...]:
    """Servers that do not do what they should."""
    meta, chat, signal = at(*MESSENGER), at(*WHATSAPP), at(*SIGNAL)
    return (
        ("telegram-words-silent", "Telegram's protocol is not answered", _words("drop_reply")),
        ("telegram-words-rst", "Telegram's protocol is answered with resets", _words("rst")),
        (
            "telegram-volley",
            "Telegram's data centres fall silent after 12 kB",
            Cut(match=_short(TELEGRAM_DC, "tcp"), after_bytes=12_000),
        ),
        (
            "signal-calls",
            "Signal's call servers do not hear UDP",
            Drop(match=_short(at(*RELAYS), "udp")),
        ),
        (
            "whatsapp-quic",
            "WhatsApp's servers do not hear UDP",
            Drop(match=_short(chat, "udp", 443)),
        ),
        (
            "whatsapp-unreachable",
            "no route leads to WhatsApp's servers",
            IcmpUnreachable(match=_short(chat, "tcp"), code="net", at_rtt=0.9),
        ),
        (
            "messenger-cut",
            "Messenger's connections are ended after 30 kB",
            Cut(match=_short(meta, "tcp"), after_bytes=30_000, end="fin"),
        ),
        (
            "whatsapp-cut",
            "WhatsApp's connections are reset after 20 kB",
            Cut(match=_short(chat, "tcp"), after_bytes=20_000, end="rst"),
        ),
        (
            "signal-stalls",
            "Signal's servers fall silent after 12 kB",
            Cut(match=_short(signal, "tcp"), after_bytes=12_000),
        ),
    )


def _crowded() -> tuple[_Row, ...]:
    """Ways and resolvers that do not."""
    meta, telegram = at(*MESSENGER), (*at(*TELEGRAM), *TELEGRAM_DC)
    return (
        (
            "messenger-slow",
            "Messenger's servers move 140 kbit/s",
            Throttle(match=_short(meta, "tcp"), kbit=140),
        ),
        (
            "telegram-losses",
            "the way to Telegram loses 25 %",
            Throttle(match=_short(telegram, "tcp"), do="lose", loss=0.25),
        ),
        (
            "whatsapp-servfail",
            "the provider's resolver fails for WhatsApp's names",
            _resolver_says("servfail", WHATSAPP),
        ),
        (
            "messenger-no-name",
            "the provider's resolver is silent about Messenger's names",
            _resolver_says("drop", MESSENGER),
        ),
    )


def _accidents() -> Iterator[Scenario]:
    """Part of what one service needs is out of order for twelve seconds, for everybody."""
    for id_, title, action in (*_out_of_order(), *_crowded()):
        service = id_.partition("-")[0]
        yield innocent(
            f"RB-{id_}",
            f"{title} for 12 s, for everybody",
            replace(action, label="again"),
            row="none (innocent twin of A34, A43, CT1, Q5, RS1 and RS2)",
            truths=of(service, _ANY),
            states=_STATES,
            fires=("again",),
        )


def _resolver_says(word: str, names: tuple[str, ...]) -> Action:
    return DnsForge(names=names, answer=(word,), servers=(RESOLVER,), for_s=12.0)


def _short(to: tuple[str, ...], proto: str, *ports: int) -> Match:
    return Match(to=to, ports=ports, proto=(proto,), direction="both", period_s=_ONCE, on_s=12.0)


def _words(do: Literal["rst", "drop_reply"]) -> Action:
    place = _short(TELEGRAM_DC, "tcp")
    return OnPattern(match=place, pattern=_WORDS, do=do, at_rtt=1.0, copies=1)


def _bursts() -> Iterator[Scenario]:
    """The whole line is dead for seconds, again and again."""
    for seconds, link in ((2, GOOD), (4, GOOD), (2, LTE), (4, LTE)):
        kind = "-lte" if link is LTE else ""
        yield innocent(
            f"RB-line{seconds}{kind}",
            f"the line is dead for {seconds} s of every 10 s{' (mobile)' if kind else ''}",
            Drop(
                label="burst",
                match=Match(direction="both", period_s=10.0, on_s=float(seconds), phase_s=1.5),
            ),
            row="none (innocent twin of A20)",
            others=_ANY,
            link=link,
            states=(*_STATES, "no_internet"),
            usable=False,
            fires=("burst",),
        )


SCENARIOS: Final = (*_begun_again(), *_refusing(), *_accidents(), *_bursts())
