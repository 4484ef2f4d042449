"""A more realistic Internet: servers that know their own names only, and addresses that services
share, so that cutting off or slowing down one of them hits the others too."""

from collections.abc import Iterator
from typing import Final

from tests.lab.censor import Drop, Match, OnSni, Throttle
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios_blocking import MESSENGER, SIGNAL, TELEGRAM, WHATSAPP
from tests.lab.scenarios_pairs import CDN, SHARED, prefixes
from tests.lab.world.config import dead_backend

_STRICT: Final = {"strict_names": True}


def _worlds() -> Iterator[Scenario]:
    """Servers that know their own names only."""
    yield Scenario(
        id="W0",
        title="nothing is wrong, and servers answer strange names with an alert",
        kind="innocent",
        row="- (strict servers)",
        world=_STRICT,
    )
    yield Scenario(
        id="W1",
        title="the greeting that names Messenger is dropped, among strict servers",
        kind="blocking",
        row="A19 (strict servers)",
        world=_STRICT,
        truths={"messenger": truth("blocked", "tls.timeout.sni")},
        actions=(OnSni(label="drop", names=MESSENGER, do="drop"),),
        fires=("drop",),
    )
    yield Scenario(
        id="W2",
        title="dead backends behind the fronts of registration and media, among strict servers",
        deviation="media have a spare server, which answers",
        kind="innocent",
        row="§5 look-alike of A17 (strict servers)",
        world={**_STRICT, "hosts": (dead_backend("v.whatsapp.net", "mmg.whatsapp.net"),)},
        truths={
            "whatsapp": truth("ok|degraded|down"),
            "whatsapp.signup": truth("inconclusive|down"),
            "whatsapp.media": truth("ok|degraded|inconclusive|down"),
        },
    )
    yield Scenario(
        id="W3",
        title="connections that name WhatsApp are policed to 140 kbit/s, among strict servers",
        kind="blocking",
        row="B1 (strict servers)",
        world=_STRICT,
        truths={"whatsapp": truth("throttled", "throttle.sni")},
        actions=(Throttle(label="police", names=WHATSAPP, kbit=140),),
        fires=("police",),
    )


def _neighbours() -> Iterator[Scenario]:
    """Addresses that services share."""
    yield Scenario(
        id="W4",
        title="nothing is wrong, and three messengers live on one CDN",
        kind="innocent",
        row="- (shared addresses)",
        world=SHARED,
    )
    yield Scenario(
        id="W5",
        title="a CDN that three messengers share is policed to 140 kbit/s by address",
        kind="blocking",
        row="B6 (shared addresses)",
        world=SHARED,
        truths={
            "whatsapp": truth("throttled|degraded"),
            "messenger": truth("throttled|degraded"),
            "signal.web": truth("throttled|degraded"),
            "signal": truth("throttled|degraded"),
        },
        actions=(
            Throttle(label="police", match=Match(to=prefixes(*CDN), direction="both"), kbit=140),
        ),
        fires=("police",),
    )
    yield Scenario(
        id="W6",
        title="one tenant of a shared CDN is reset by name, the others are not",
        kind="blocking",
        row="A17 (shared addresses)",
        world=SHARED,
        truths={
            "whatsapp": truth("blocked", "tls.reset.sni"),
            "whatsapp.web": truth("blocked", "tls.reset.sni"),
            "whatsapp.text": OK,
        },
        actions=(OnSni(label="rst", names=("web.whatsapp.com",), do="rst"),),
        fires=("rst",),
    )
    yield Scenario(
        id="W7",
        title="Telegram's names are dropped among strict servers on shared addresses",
        kind="blocking",
        row="A19 (strict servers, shared addresses)",
        world={"strict_names": True, **SHARED},
        truths={"telegram": truth("blocked", "tls.timeout.sni"), "telegram.text": OK},
        actions=(OnSni(label="drop", names=TELEGRAM, do="drop"),),
        fires=("drop",),
    )


def _controls() -> Iterator[Scenario]:
    """Censors that also cut off most of what neutral hosts are for this program."""
    cut = Drop(
        label="sites",
        match=Match(to=at("www.wikipedia.org", "www.debian.org", "www.gnu.org")),
    )
    yield Scenario(
        id="W8",
        title="three of five neutral sites are cut off, and Signal's names are dropped",
        kind="blocking",
        row="A19 (controls cut off too)",
        truths={"signal": truth("blocked", "tls.timeout.sni")},
        actions=(cut, OnSni(label="drop", names=SIGNAL, do="drop")),
        fires=("sites", "drop"),
    )
    yield Scenario(
        id="W9",
        title="three of five neutral sites are cut off, and every messenger works",
        kind="innocent",
        row="- (controls cut off)",
        actions=(cut,),
        states=("online", "bad_link"),
        fires=("sites",),
    )


REALISTIC: tuple[Scenario, ...] = (*_worlds(), *_neighbours(), *_controls())
