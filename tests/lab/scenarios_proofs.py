"""Services that prove themselves with keys of their own: clean, blocked, and with impostors."""

from tests.lab.censor import Match, OnPattern
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.world.config import HostPolicy

PROVED = ("session", "simplex", "threema", "tor", "wechat")
_IMPERSONATED = "none (what an active man in the middle could do)"
_UNKNOWN = truth("inconclusive")
_NOT_OK = truth("inconclusive|blocked")

PROOFS: tuple[Scenario, ...] = (
    Scenario(
        id="K0",
        title="nothing is wrong with the services that hold keys of their own",
        kind="innocent",
        row="-",
        services=PROVED,
    ),
    Scenario(
        id="K1",
        title="somebody answers for Threema's chat servers without their key",
        kind="blocking",
        row=_IMPERSONATED,
        services=("threema",),
        world={"hosts": (HostPolicy(names=("pool:threema/chat",), keeper="wrong_key"),)},
        truths={"threema": _UNKNOWN, "threema.text": _UNKNOWN, "threema.web": OK},
        usable=False,
    ),
    Scenario(
        id="K2",
        title="Threema's first words are recognised and dropped",
        kind="blocking",
        row="A34 (in kind)",
        services=("threema",),
        actions=(
            OnPattern(
                label="hello",
                match=Match(to=at("0.threema.ch"), proto=("tcp",)),
                pattern=r"(?s).{48}\Z",
                do="drop",
            ),
        ),
        truths={
            "threema": truth("inconclusive|blocked"),
            "threema.text": truth("inconclusive|blocked"),
        },
        fires=("hello",),
        deviation="a length instead of an entropy rule; nothing yet licenses an accusation here",
    ),
    Scenario(
        id="K3",
        title="WeChat signs with a key that nobody knew: a rotation, or an impostor",
        kind="innocent",
        row="-",
        services=("wechat",),
        world={"hosts": (HostPolicy(names=("pool:wechat/long",), keeper="wrong_key"),)},
        truths={"wechat": _UNKNOWN, "wechat.text": _UNKNOWN, "wechat.web": OK},
        usable=False,
    ),
    Scenario(
        id="K4",
        title="servers known by their certificates have all got new ones",
        kind="innocent",
        row="-",
        services=("session", "simplex"),
        world={
            "hosts": (
                HostPolicy(names=("pool:session/seeds", "pool:simplex/smp"), tls="new_root"),
                HostPolicy(names=("pool:simplex/xftp",), tls="self_signed"),
            )
        },
        truths={
            "session": _UNKNOWN,
            "session.text": _UNKNOWN,
            "session.media": OK,
            "simplex": _UNKNOWN,
            "simplex.text": _UNKNOWN,
            "simplex.media": _UNKNOWN,
        },
        usable=False,
    ),
    Scenario(
        id="K5",
        title="impostors at every directory authority of Tor",
        kind="blocking",
        row=_IMPERSONATED,
        services=("tor",),
        world={"hosts": (HostPolicy(names=("pool:tor/authorities",), keeper="wrong_key"),)},
        truths={"tor": _UNKNOWN, "tor.text": _UNKNOWN, "tor.web": OK},
        usable=False,
    ),
)
