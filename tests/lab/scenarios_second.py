"""Look-alikes of one place, told apart by a second vantage: a proxy abroad, or a report."""

from collections.abc import Iterator
from dataclasses import replace

from tests.lab.scenario import Scenario, Truth, truth
from tests.lab.scenarios_blocking import LOOK_ALIKES
from tests.lab.scenarios_innocent import INNOCENT
from tests.lab.world.config import ExtraHost, dead
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
_CENSORED = truth("ok|blocked")
"""The service as a whole: its registration is blocked, its primary function works."""


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
    *_through_proxy(),
    *_dead_proxy(),
    *_reports(),
)
