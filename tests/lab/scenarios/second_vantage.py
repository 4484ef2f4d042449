"""Does what fails here work from elsewhere, at the same time? A proxy abroad, or a report."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from tests.lab.scenario import Scenario, Truth, at, truth
from tests.lab.scenarios.ip_blocking import L1, L3
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import SIGNUP, TELEGRAM, TELEGRAM_DC, UNCLEAR, blocked, drop, of
from tests.lab.scenarios.tls_sni import L2
from tests.lab.world.config import ExtraHost, dead, lying
from tests.lab.world.proxies import PASSWORD, USER

PROXY: Final = "45.76.81.5"
"""An invented address of somebody's server abroad."""

_LOGIN: Final = f"{USER}:{PASSWORD.replace(':', '%3A')}@"
SOCKS: Final = f"socks5://{_LOGIN}{PROXY}:1080"
HTTP: Final = f"http://{_LOGIN}{PROXY}:3128"

_HOST: Final = ExtraHost(
    name="proxy.example", addresses=(PROXY,), ports=((1080, "socks5"), (3128, "connect"))
)
_ABROAD: Final = {"extra": (_HOST,)}
_BY_SOCKS: Final = {"MSGPROBE_VIA": SOCKS}
"""In the environment: a command line that holds a password is refused."""

REPORT: Final = "elsewhere.json"
"""A run of the same world without the censor, made on another network before."""

# --- the proxy alone ----------------------------------------------------------------------------

_WHOLE: Final = (
    innocent(
        "I0-socks5",
        "nothing is wrong, and there is a proxy",
        row="-",
        world=_ABROAD,
        env=_BY_SOCKS,
    ),
    blocking(
        "L4-censor-socks5",
        "all of Telegram is cut off; a proxy reaches it",
        of("telegram", blocked("tcp.timeout")),
        drop("null", *TELEGRAM_DC, *at(*TELEGRAM)),
        row="A11, D18",
        world=_ABROAD,
        env=_BY_SOCKS,
    ),
    innocent(
        "L4-innocent-socks5",
        "all of Telegram is dead; a proxy does not reach it either",
        row="§5 look-alike of A11, D18",
        world={**_ABROAD, "hosts": (dead("service:telegram"),)},
        truths=of("telegram", truth("down")),
        env=_BY_SOCKS,
    ),
    blocking(
        "L5-censor-http",
        "one name erased, and no other resolver says anything about it; a proxy reaches it",
        of("whatsapp", blocked(), signup=blocked("dns.nxdomain")),
        row="A1, D18",
        world={
            **_ABROAD,
            "resolvers": (
                lying(SIGNUP, action="nxdomain"),
                lying(SIGNUP, action="drop", at=("public",)),
            ),
        },
        env={"MSGPROBE_VIA": HTTP},
    ),
)

# --- pairs that one place cannot tell apart -----------------------------------------------------


def _second(
    base: Scenario, way: str, truths: Mapping[str, Truth], *args: str, **more: Any
) -> Scenario:
    """A half of a pair, seen from a second place too."""
    return replace(
        base,
        id=f"{base.id}-{way}",
        title=f"{base.title}; second vantage: {way}",
        row=f"{base.row}, D18",
        args=(*base.args, *args),
        **{"truths": truths, "look_alike": False, **more},
    )


def _with_proxy(base: Scenario, *hosts: object) -> dict[str, object]:
    """The half's world with the proxy in it."""
    return {**base.world, **_ABROAD, "hosts": (*base.world.get("hosts", ()), *hosts)}


def _told(mechanism: str) -> tuple[Mapping[str, Truth], Mapping[str, Truth]]:
    """The truths of a pair once a second place has told its halves apart."""
    cut = {"whatsapp.signup": blocked(mechanism), "whatsapp": blocked()}
    down = {"whatsapp.signup": truth("down"), "whatsapp": truth("down")}
    return cut, down


def _pairs() -> Iterator[Scenario]:
    for pair, mechanism in ((L1, "tcp.timeout"), (L2, "tls.reset"), (L3, "tcp.refused")):
        for way, url in (("socks5", SOCKS), ("http", HTTP)):
            for base, truths in zip(pair, _told(mechanism), strict=True):
                env = {**base.env, "MSGPROBE_VIA": url}
                yield _second(base, way, truths, env=env, world=_with_proxy(base))
    for base in L1:
        yield _second(
            base,
            "dead",
            of("whatsapp", UNCLEAR, signup=UNCLEAR),
            env=_BY_SOCKS,
            world=_with_proxy(base, dead("proxy.example")),
            notes=("second_path_failed",),
            look_alike=True,
        )
    for pair, mechanism in ((L1, "tcp.timeout"), (L3, "tcp.refused")):
        for base, truths in zip(pair, _told(mechanism), strict=True):
            yield _second(base, "report", truths, "--compare", REPORT, made_elsewhere=True)


SCENARIOS: Final = (*_WHOLE, *_pairs())
