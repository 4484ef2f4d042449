"""Look-alikes of one place, told apart by a second vantage: a proxy abroad, or a report."""

from collections.abc import Iterator
from dataclasses import replace

from tests.lab.scenario import Scenario, Truth, at, truth
from tests.lab.scenarios_blocking import LOOK_ALIKES, TELEGRAM, TELEGRAM_DC, drop
from tests.lab.scenarios_innocent import INNOCENT
from tests.lab.world.config import ExtraHost, dead, lying
from tests.lab.world.proxies import PASSWORD, USER

PROXY = "45.76.81.5"
"""An invented address of somebody's server abroad."""

_LOGIN = f"{USER}:{PASSWORD.replace(':', '%3A')}@"
SOCKS = f"socks5://{_LOGIN}{PROXY}:1080"
HTTP = f"http://{_LOGIN}{PROXY}:3128"

_HOST = ExtraHost(
    name="proxy.example", addresses=(PROXY,), ports=((1080, "socks5"), (3128, "connect"))
)

REPORT = "elsewhere.json"
"""A run of the same world without the censor, made on another network before."""

_PAIRS = {s.id: s for s in (*LOOK_ALIKES, *INNOCENT) if s.id.startswith("L")}
_MECHANISMS = {"L1": "tcp.timeout", "L2": "tls.reset", "L3": "tcp.refused"}


def _second(base: Scenario, way: str, signup: Truth, **more: object) -> Scenario:
    truths = {"whatsapp.signup": signup}
    if "blocked" in signup.words:
        truths["whatsapp"] = truth("blocked")
    elif "down" in signup.words:
        truths["whatsapp"] = truth("down")
    changed = replace(
        base,
        id=f"{base.id}-{way}",
        title=f"{base.title}; second vantage: {way}",
        row=f"{base.row}, D18",
        truths=truths,
        look_alike=False,
    )
    return replace(changed, **more)  # type: ignore[arg-type]


def _world(base: Scenario, *hosts: object) -> dict[str, object]:
    world = dict(base.world)
    before = world.get("hosts", ())
    assert isinstance(before, tuple)
    return {**world, "extra": (_HOST,), "hosts": (*before, *hosts)}


def _through_proxy() -> Iterator[Scenario]:
    for pair, mechanism in _MECHANISMS.items():
        for way, url in (("socks5", SOCKS), ("http", HTTP)):
            for half, word in (("censor", "blocked"), ("innocent", "down")):
                base = _PAIRS[f"{pair}-{half}"]
                seen = (mechanism,) if word == "blocked" else ()
                yield _second(
                    base,
                    way,
                    truth(word, *seen),
                    world=_world(base),
                    args=(*base.args, "--via", url),
                )


def _dead_proxy() -> Iterator[Scenario]:
    for half in ("censor", "innocent"):
        base = _PAIRS[f"L1-{half}"]
        yield _second(
            base,
            "dead",
            truth("inconclusive"),
            truths={"whatsapp.signup": truth("inconclusive")},
            world=_world(base, dead("proxy.example")),
            args=(*base.args, "--via", SOCKS),
            notes=("second_path_failed",),
            look_alike=True,
        )


def _reports() -> Iterator[Scenario]:
    for pair in ("L1", "L3"):
        base = _PAIRS[f"{pair}-censor"]
        yield _second(
            base,
            "report",
            truth("blocked", _MECHANISMS[pair]),
            args=(*base.args, "--compare", REPORT),
            made_elsewhere=True,
        )
        base = _PAIRS[f"{pair}-innocent"]
        yield _second(
            base,
            "report",
            truth("down"),
            args=(*base.args, "--compare", REPORT),
            made_elsewhere=True,
        )


SECOND: tuple[Scenario, ...] = (
    Scenario(
        id="I0-socks5",
        title="nothing is wrong, and there is a proxy",
        kind="innocent",
        row="-",
        world={"extra": (_HOST,)},
        args=("--via", SOCKS),
    ),
    Scenario(
        id="L4-censor-socks5",
        title="all of Telegram is cut off; a proxy reaches it",
        kind="blocking",
        row="A11, D18",
        actions=(drop("null", *TELEGRAM_DC, *at(*TELEGRAM)),),
        world={"extra": (_HOST,)},
        truths={"telegram": truth("blocked", "tcp.timeout")},
        args=("--via", SOCKS),
        fires=("null",),
    ),
    Scenario(
        id="L4-innocent-socks5",
        title="all of Telegram is dead; a proxy does not reach it either",
        kind="innocent",
        row="§5 look-alike of A11, D18",
        world={"extra": (_HOST,), "hosts": (dead("service:telegram"),)},
        truths={"telegram": truth("down")},
        args=("--via", SOCKS),
    ),
    Scenario(
        id="L5-censor-http",
        title="one name erased, and no other resolver says anything about it; a proxy reaches it",
        kind="blocking",
        row="A1, D18",
        world={
            "extra": (_HOST,),
            "resolvers": (
                lying("v.whatsapp.net", action="nxdomain"),
                lying("v.whatsapp.net", action="drop", at=("public",)),
            ),
        },
        truths={
            "whatsapp": truth("blocked"),
            "whatsapp.signup": truth("blocked", "dns.nxdomain"),
        },
        args=("--via", HTTP),
    ),
    *_through_proxy(),
    *_dead_proxy(),
    *_reports(),
)
