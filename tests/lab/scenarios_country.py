"""The country guessed from the time zone, and neutral hosts that are targets themselves.

Nobody gives an option here: the probe has its time zone alone, as on the line of somebody who knows
no options.
"""

from tests.lab.censor import Action, DnsForge, Drop, Match, OnSni, PassOnly
from tests.lab.scenario import Scenario, Truth, at, truth
from tests.lab.scenarios_connection import KZ_HOME, LTE, RESOLVER, RU_HOME, UNTOLD

ALMATY = {"TZ": "Asia/Almaty"}
MOSCOW = {"TZ": "Europe/Moscow"}
UTC = {"TZ": "UTC"}
KZ = {"country": "KZ"}
RU = {"country": "RU"}

_LISTED = ("ya.ru", "m.vk.ru", "max.ru", "gosuslugi.ru")
_RESOLVERS = ("8.8.8.8/32", "1.1.1.1/32", "9.9.9.9/32")
_SIGNAL_NAMES = ("signal.org", "whispersystems.org")


def _cut(home: tuple[str, ...]) -> tuple[Action, ...]:
    """Only the country's own network is left, and the provider's resolver."""
    return (PassOnly(label="off", holes=(Match(to=(*home, RESOLVER)),)),)


def _list_of_addresses(home: tuple[str, ...]) -> tuple[Action, ...]:
    """Connections open everywhere; what is said passes to listed hosts only."""
    return (
        PassOnly(
            label="list",
            holes=(Match(to=(*home, RESOLVER)),),
            pass_handshake=True,
            direction="up",
        ),
    )


def _state(
    id_: str,
    title: str,
    row: str,
    state: str,
    env: dict[str, str],
    world: dict[str, str],
    actions: tuple[Action, ...],
    args: tuple[str, ...] = (),
    others: Truth = UNTOLD,
) -> Scenario:
    return Scenario(
        id=id_,
        title=title,
        kind="connection",
        row=row,
        link=LTE,
        actions=actions,
        others=others,
        states=(state,),
        env=env,
        world=world,
        args=args,
        fires=(actions[0].label,),
        usable=False,
    )


def _watch(home: tuple[str, ...]) -> Action:
    """Counts, and drops, all that goes to domestic hosts."""
    return Drop(label="home", match=Match(to=home, direction="up"))


GUESSED: tuple[Scenario, ...] = (
    _state(
        "G1",
        "everything abroad is cut off; no option, the time zone of Almaty",
        "C5",
        "domestic_only",
        ALMATY,
        KZ,
        _cut(KZ_HOME),
    ),
    _state(
        "G1u",
        "the same with the clock on UTC: nobody knows which domestic sites to ask",
        "C5",
        "no_internet",
        UTC,
        KZ,
        _cut(KZ_HOME),
    ),
    _state(
        "G1n",
        "the same with the time zone of Almaty and --country none",
        "C5",
        "no_internet",
        ALMATY,
        KZ,
        _cut(KZ_HOME),
        ("--country", "none"),
    ),
    _state(
        "G2",
        "everything abroad is cut off; no option, the time zone of Moscow",
        "C5",
        "domestic_only",
        MOSCOW,
        RU,
        _cut(RU_HOME),
    ),
    _state(
        "G3",
        "allow-list of hosts; no option, the time zone of Moscow",
        "C10",
        "allowlist",
        MOSCOW,
        RU,
        _list_of_addresses(RU_HOME),
    ),
    _state(
        "G4",
        "allow-list of hosts; no option, the time zone of Almaty",
        "C10",
        "allowlist",
        ALMATY,
        KZ,
        _list_of_addresses(KZ_HOME),
    ),
    _state(
        "G5",
        "allow-list of names that pass at every address; no option, the time zone of Moscow",
        "C11",
        "allowlist",
        MOSCOW,
        RU,
        (OnSni(label="names", names=("*",), but=_LISTED, do="drop"),),
        others=truth("ok|inconclusive|not_tested"),  # who sends no name in TLS gets through
    ),
    _state(
        "G5u",
        "five neutral names die at every address, all others pass; the clock on UTC",
        "C11",
        "allowlist",
        UTC,
        KZ,
        (
            OnSni(
                label="names",
                names=("python.org", "debian.org", "gnu.org", "dns.google", "one.one.one.one"),
                do="rst",
            ),
        ),
        others=truth("ok|inconclusive|not_tested"),
    ),
    Scenario(
        id="G6",
        title="a clean line with the time zone of Almaty: no domestic host is contacted",
        kind="innocent",
        row="I0",
        actions=(_watch(KZ_HOME),),
        env=ALMATY,
        world=KZ,
        spares=("home",),
    ),
    Scenario(
        id="G7",
        title="a dead line with the time zone of Almaty",
        kind="connection",
        row="C15",
        actions=(PassOnly(label="off", holes=(Match(to=(RESOLVER, "10.77.0.1/32")),)),),
        others=UNTOLD,
        states=("no_internet",),
        env=ALMATY,
        world=KZ,
        fires=("off",),
        usable=False,
    ),
)

_OWN_NAMES = OnSni(label="controls", names=("dns.google", "one.one.one.one"), do="rst")

TARGETED: tuple[Scenario, ...] = (
    Scenario(
        id="G8",
        title="dns.google and one.one.one.one are reset by name, all else works",
        kind="innocent",
        row="R (RU: public resolvers blocked by name)",
        actions=(_OWN_NAMES,),
        fires=("controls",),
    ),
    Scenario(
        id="G8m",
        title="the same with the time zone of Moscow: these two are not even asked",
        kind="innocent",
        row="R (RU: public resolvers blocked by name)",
        actions=(
            OnSni(label="controls", names=("one.one.one.one", "=dns.google"), do="rst"),
            _watch(RU_HOME),
        ),
        env=MOSCOW,
        world=RU,
        spares=("controls", "home"),
    ),
    Scenario(
        id="G9",
        title="dns.google and one.one.one.one are reset by name, and so is Signal",
        kind="blocking",
        row="A3",
        actions=(_OWN_NAMES, OnSni(label="signal", names=_SIGNAL_NAMES, do="rst")),
        truths={"signal": truth("blocked", "tls.reset.sni")},
        fires=("controls", "signal"),
    ),
    Scenario(
        id="G9m",
        title="the same with the time zone of Moscow",
        kind="blocking",
        row="A3",
        actions=(_OWN_NAMES, OnSni(label="signal", names=_SIGNAL_NAMES, do="rst")),
        env=MOSCOW,
        world=RU,
        truths={"signal": truth("blocked", "tls.reset.sni")},
        fires=("signal",),
    ),
)

_STATE_ANSWERS = DnsForge(
    label="forge",
    names=("whatsapp.com", "whatsapp.net"),
    servers=_RESOLVERS,
    answer=("nxdomain",),
)

INTERCEPTED: tuple[Scenario, ...] = (
    Scenario(
        id="G10",
        title="who uses 8.8.8.8 is answered by somebody else over UDP; TCP is honest",
        kind="blocking",
        row="R (RU: UDP 53 to 8.8.8.8 answered by the state's resolver)",
        lab={"resolver": "8.8.8.8"},
        env=MOSCOW,
        world=RU,
        actions=(_STATE_ANSWERS,),
        truths={"whatsapp": truth("blocked", "dns.nxdomain")},
        notes=("dns_intercepted",),
        fires=("forge",),
    ),
    Scenario(
        id="G11",
        title="8.8.8.8 is answered by somebody else over UDP, the provider's resolver is honest; a "
        "server of WhatsApp's is down",
        kind="innocent",
        row="R (RU: UDP 53 to 8.8.8.8 answered by the state's resolver)",
        actions=(
            _STATE_ANSWERS,
            Drop(label="down", match=Match(to=at("whatsapp.com", "whatsapp.net")[:1])),
        ),
        truths={"whatsapp": truth("ok|degraded|inconclusive")},
        others=truth("ok|degraded|inconclusive"),
        fires=("down",),
        usable=False,
    ),
)

COUNTRY: tuple[Scenario, ...] = (*GUESSED, *TARGETED, *INTERCEPTED)
