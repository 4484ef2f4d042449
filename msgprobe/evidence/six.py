"""What a line does to IPv6 it does to everybody who is asked over it: that tells nothing of a
service."""

from collections.abc import Iterable

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts, grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losses import exceeds, share, upwards
from msgprobe.evidence.resigning import NEUTRAL_ARMS
from msgprobe.model.observation import TcpInfo
from msgprobe.model.task import Role

UNLIKELY = 1e-2
"""Fisher's p: neutral conversations are few and short, and what is left out accuses nobody."""

ENOUGH = 20
"""Segments of a service's over IPv6 from which on it would show that they are lost."""


@remembered
def lossy_six(facts: Facts) -> tuple[Conversation, ...]:
    """Neutral conversations over IPv6 where they lose far more than those over IPv4, with two sites
    or more; else none. They are few, so that two of which something was lost are enough where all
    services lose far more so, too: no censor minds everybody he knows over IPv6 alone."""
    neutral = _neutral(facts)
    six = tuple(t for t in neutral if ips.family(t.address) == 6)
    four = [t for t in neutral if ips.family(t.address) == 4]
    if len({t.address for t in six}) < 2:
        return ()
    if exceeds(_infos(six), _infos(four), UNLIKELY):
        return six
    hit = {t.address for t in six if t.info is not None and upwards(t.info)[0]}
    return six if len(hit) >= 2 and _all_services_lose(facts, four) else ()


def _neutral(facts: Facts) -> list[Conversation]:
    return [t for _, t in facts.site_conversations(*NEUTRAL_ARMS) if t.connected]


def _all_services_lose(facts: Facts, neutral: list[Conversation]) -> bool:
    """Every service, two at least, over IPv6 and not over IPv4."""
    said = (t for t in facts.conversations if t.task.role is Role.TARGET and t.connected)
    told = grouped(said, lambda t: (t.task.subject, ips.family(t.address)))
    six = {subject: some for (subject, kind), some in told.items() if kind == 6}
    enough = {name: some for name, some in six.items() if share(_counts(some))[1] >= ENOUGH}
    return len(enough) >= 2 and all(
        exceeds(_infos(some), _infos((*neutral, *told.get((name, 4), ()))), UNLIKELY)
        for name, some in enough.items()
    )


def loses_alike(facts: Facts, conversations: Iterable[Conversation]) -> bool:
    """What was lost of these may be what the line loses over IPv6: all of it went over that, and
    neutral conversations over it do not lose far less, or there are none."""
    by_family = grouped(conversations, lambda t: ips.family(t.address))
    if 6 not in by_family or share(_counts(by_family.get(4, ())))[0]:
        return False
    neutral = [t for t in _neutral(facts) if ips.family(t.address) == 6]
    return not exceeds(_infos(by_family[6]), _infos(neutral), UNLIKELY, bursts=True)


def _infos(conversations: Iterable[Conversation]) -> list[TcpInfo]:
    return [t.info for t in conversations if t.info is not None]


def _counts(conversations: Iterable[Conversation]) -> list[tuple[int, int]]:
    return [upwards(info) for info in _infos(conversations)]


def comparable(facts: Facts, conversations: Iterable[Conversation]) -> list[Conversation]:
    """Those that can be compared with neutral ones over IPv4: all, but those over IPv6 where that
    loses far more whoever is asked."""
    lossy = bool(lossy_six(facts))
    return [t for t in conversations if not lossy or ips.family(t.address) == 4]
