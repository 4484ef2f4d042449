"""Lines that lose one packet in twenty or more, as radio at its edge does: what is cut off is told
there, too, and what chance takes makes nobody a censor. And what a censor takes away where our own
bytes, or the line, take some as well."""

from collections.abc import Mapping
from typing import Final

from tests.lab.censor import Action, DnsForge, Drop, Match, OnSni, Throttle
from tests.lab.cut import Cut
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, Truth, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.load import NAT, few
from tests.lab.scenarios.shared import (
    ANY_LINK,
    MESSENGER,
    QUIET,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    blocked,
    drop,
    of,
    reset,
    swallow,
)

_RADIO: Final = Link(delay_ms=40, down_kbit=10_000, up_kbit=3_000, loss=0.06)
_WORSE: Final = Link(delay_ms=40, down_kbit=10_000, up_kbit=3_000, loss=0.1)
_LOSES_EIGHT: Final = Link(delay_ms=10, down_kbit=50_000, up_kbit=20_000, loss=0.08)
_SHORT: Final = Link(delay_ms=5, down_kbit=100_000, up_kbit=50_000)
_FAR: Final = Link(delay_ms=85, jitter_ms=15, down_kbit=3_000, up_kbit=800, loss=0.05)

_WIFI: Final = Link(delay_ms=20, jitter_ms=8, down_kbit=20_000, up_kbit=10_000, loss=0.022, burst=3)
_MIRRORS_CUT: Final = Cut(
    label="curtain",
    match=Match(
        to=at(
            "speedtest.init7.net",
            "proof.ovh.net",
            "mirror.nl.leaseweb.net",
            "fsn1-speed.hetzner.com",
        ),
        direction="both",
        proto=("tcp",),
    ),
    after_bytes=30_000,
    end="fin",
)

_OVER_SIX: Final = Match(to=(*at(*TELEGRAM), *TELEGRAM_DC), family=6, direction="both")

_WAKES: Final = Drop(match=Match(direction="both", period_s=1200.0, on_s=2.0), label="asleep")
"""A radio that was asleep: nothing passes in the first two seconds."""

_AT_TIMES: Final = "chance says what was asked while the line was there"


def _cut_off(
    id_: str, title: str, truths: Mapping[str, Truth], row: str, link: Link, action: Action
) -> Scenario:
    """What the row of the facts says, where much is lost."""
    row = f"{row} (a lossy line)"
    return blocking(id_, title, truths, action, row=row, link=link, states=ANY_LINK)


_HIT: Final = (
    _cut_off(
        "LL1",
        "Signal's addresses are cut off on a far line that loses 5 %",
        of("signal", blocked("tcp.timeout")),
        "A11",
        _FAR,
        drop("null", *at(*SIGNAL)),
    ),
    _cut_off(
        "LL2",
        "Signal's and Messenger's addresses are cut off on a line that loses 6 %",
        {**of("signal", blocked("tcp.timeout")), **of("messenger", blocked("tcp.timeout"))},
        "A11",
        _RADIO,
        drop("null", *at(*SIGNAL, *MESSENGER)),
    ),
    _cut_off(
        "LL3",
        "WhatsApp is reset by name on a line that loses 10 %",
        of("whatsapp", blocked("tls.reset.sni")),
        "A16",
        _WORSE,
        reset(*WHATSAPP),
    ),
    _cut_off(
        "LL4",
        "what names Messenger is dropped on a line that loses 10 %",
        of("messenger", blocked("tls.timeout.sni")),
        "A19",
        _WORSE,
        swallow(*MESSENGER),
    ),
    _cut_off(
        "LL5",
        "every resolver says on a line that loses 10 % that Signal does not exist",
        of("signal", blocked("dns.nxdomain")),
        "A1",
        _WORSE,
        DnsForge(label="lie", names=SIGNAL, answer=("nxdomain",)),
    ),
    blocking(
        "LL6",
        "what names Telegram's pages is dropped on a line that is dead for 4 s every 10 s",
        of("telegram", truth("blocked|degraded|inconclusive", why=_AT_TIMES), text=OK),
        swallow(*TELEGRAM),
        Drop(match=Match(direction="both", period_s=10.0, on_s=4.0, phase_s=6.0)),
        row="A21 (an intermittent line)",
        link=Link(delay_ms=110, down_kbit=10_000, up_kbit=4_000, loss=0.003),
        states=("intermittent", *ANY_LINK),
    ),
)

_DSL: Final = Link(delay_ms=15, down_kbit=6_000, up_kbit=700, queue_ms=600)
_SWALLOWS: Final = Link(delay_ms=20, down_kbit=20_000, black_hole_mtu=1460)

_BY_WHAT_IS_NAMED: Final = (
    blocking(
        "LL10",
        "three in ten packets that name Telegram are lost on a line that our own uploads fill",
        of("telegram", truth("throttled", "throttle.sni.loss")),
        Throttle(label="lose", names=TELEGRAM, do="lose", loss=0.3),
        row="B7 (a narrow line)",
        link=_DSL,
    ),
    blocking(
        "LL11",
        "long ClientHellos that name Telegram vanish where long packets do, whosever",
        of("telegram", blocked("tls.timeout.sni"), text=OK),
        OnSni(label="long", names=TELEGRAM, do="drop", spares_whole=True),
        row="A21 (a black hole)",
        link=_SWALLOWS,
        states=ANY_LINK,
    ),
    blocking(
        "LL12",
        "four in ten packets of Telegram's are lost over IPv6 alone",
        of("telegram", truth("throttled|degraded", why="IPv4 carries it well")),
        Throttle(label="six", match=_OVER_SIX, do="lose", loss=0.4),
        row="B6 (IPv6)",
    ),
)

_BESIDE_THE_LINES_OWN: Final = (
    blocking(
        "LL14",
        "what names WhatsApp's pages is dropped where long packets vanish, whosever",
        of("whatsapp", blocked("tls.timeout.sni"), text=OK),
        swallow(*WHATSAPP),
        row="A21 (a black hole)",
        link=Link(delay_ms=20, down_kbit=20_000, up_kbit=10_000, black_hole_mtu=1400),
        states=ANY_LINK,
    ),
    blocking(
        "LL16",
        "ClientHellos that name WhatsApp are dropped, and all that is sent in the first 2 s",
        of("whatsapp", blocked("tls.timeout.sni"), text=OK),
        _WAKES,
        swallow(*WHATSAPP),
        row="A20 (a line that wakes up)",
        states=ANY_LINK,
    ),
    blocking(
        "LL15",
        "one in four packets that name Telegram is lost",
        of("telegram", truth("throttled", "throttle.sni.loss")),
        Throttle(label="lose", names=TELEGRAM, do="lose", loss=0.25),
        row="B7 (little)",
        link=Link(delay_ms=36, jitter_ms=6, down_kbit=10_000, up_kbit=3_000, loss=0.003),
    ),
    blocking(
        "LL17",
        "one in seven packets that name Signal is lost, on a line so short that nothing is slow",
        of("signal", truth("throttled", "throttle.sni.loss")),
        Throttle(label="lose", names=SIGNAL, do="lose", loss=0.14),
        row="B7 (little)",
        link=_SHORT,
    ),
    blocking(
        "LL18",
        "one in seven packets that name Messenger is lost, and mirrors' networks are cut",
        of("messenger", truth("throttled", "throttle.sni.loss")),
        Throttle(label="lose", names=MESSENGER, do="lose", loss=0.15),
        _MIRRORS_CUT,
        row="B7 (little, beside A23)",
        link=Link(delay_ms=15, down_kbit=6_000, up_kbit=700, queue_ms=600),
    ),
    blocking(
        "LL19",
        "one in seven packets that name Telegram is lost on a line that loses one in 45",
        of("telegram", truth("throttled", "throttle.sni.loss")),
        Throttle(label="lose", names=TELEGRAM, do="lose", loss=0.15),
        row="B7 (little, a lossy line)",
        link=_WIFI,
    ),
)

_INNOCENT: Final = (
    innocent(
        "LL18i",
        "mirrors' networks are cut on a line that loses one packet in 45",
        _MIRRORS_CUT,
        row="§5 look-alike of B7",
        link=_WIFI,
        states=ANY_LINK,
    ),
    innocent(
        "LL17i",
        "one in fourteen packets to Signal's servers is lost, whatever they are named",
        Throttle(
            label="lose",
            match=Match(to=at(*SIGNAL), direction="both"),
            do="lose",
            loss=0.07,
        ),
        row="§5 look-alike of B7",
        link=_SHORT,
        truths=of("signal", truth("ok|degraded", why="so little is seen, or not")),
    ),
    innocent(
        "LL16i",
        "nothing passes in the first 2 s, as where a radio wakes up",
        _WAKES,
        row="C1 (once)",
        states=ANY_LINK,
    ),
    innocent(
        "LL7",
        "the NAT of ML2 on a line that loses 6 %",
        NAT,
        row="§4-18 (a lossy line)",
        link=_RADIO,
        states=ANY_LINK,
    ),
    innocent(
        "LL13",
        "a router takes 80 new flows in 5 s, on a line that loses 8 %",
        few(80, 5.0),
        row="§4-18 (a lossy line)",
        link=_LOSES_EIGHT,
        states=ANY_LINK,
    ),
    innocent(
        "LL8",
        "a far line that loses 5 %, and nothing else",
        row="I7",
        link=_FAR,
        states=ANY_LINK,
    ),
    innocent(
        "LL9",
        "Signal's servers are begun again for 10 s on a line that loses 6 %",
        drop("again", *at(*SIGNAL), period_s=600.0, on_s=10.0),
        row="§4-3 (a lossy line)",
        link=_RADIO,
        states=ANY_LINK,
        truths=of("signal", QUIET),
    ),
)

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *_HIT,
    *_BY_WHAT_IS_NAMED,
    *_BESIDE_THE_LINES_OWN,
    *_INNOCENT,
)
