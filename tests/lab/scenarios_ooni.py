"""The cases of OONI's emulated-censorship QA as they apply to a messenger (facts: ooni.md §3a and
§3b, by their numbers there); those that other scenarios stand for are not here again."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgprobe.catalog.loader import load
from tests.lab.censor import (
    Action,
    DnsForge,
    Match,
    OnHost,
    OnSni,
    PortRewrite,
    Throttle,
)
from tests.lab.scenario import Scenario, Truth, at, truth
from tests.lab.scenarios_blocking import (
    BLOCK_PAGE,
    MESSENGER,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    drop,
)
from tests.lab.world.config import (
    ExtraHost,
    HostPolicy,
    HttpInterceptor,
    Tls,
    lying,
)

_OWN: Final = truth("inconclusive|down")
"""A fault that everybody sees: the service's own."""
_FRONTS: Final = {
    "messenger.web": _OWN,
    "messenger.text": truth("ok"),
    "messenger": truth("ok|inconclusive|down"),
}
"""The truth where Messenger's web fronts have such a fault."""
_GONE: Final = truth("not_tested|inconclusive|down")
_SLOW: Final = truth("throttled|degraded")
SIGNUP: Final = "v.whatsapp.net"

_RELAY: Final = "185.79.0.20"
"""An invented address of somebody who relays what names a host."""
_PARKED: Final = "185.79.0.21"
"""An invented address of a machine with closed ports."""
_BOGON: Final = "10.10.34.35"


def _neutral() -> tuple[str, ...]:
    controls = load().controls
    return (
        *(s.host for s in controls.sites),
        *(s.host for s in controls.sources),
        *(s.host for s in controls.sentinels),
        *(r.doh_host for r in controls.resolvers if r.doh_host is not None),
    )


def _case(
    number: str,
    title: str,
    truths: Mapping[str, Truth],
    *,
    actions: tuple[Action, ...] = (),
    blocking: bool = False,
    **more: object,
) -> Scenario:
    """``number`` is OONI's, with a letter where several scenarios stand for one of its cases."""
    return Scenario(
        id=f"O{number}",
        title=title,
        kind="blocking" if blocking else "innocent",
        row=f"OONI {number.rstrip('abcdef')}",
        truths=truths,
        actions=actions,
        fires=tuple(a.label for a in actions if a.label),
        **more,  # type: ignore[arg-type]
    )


def _certificates() -> Iterator[Scenario]:
    """Cases 1 to 3: a certificate that is bad for everybody."""
    flaws: tuple[tuple[str, str, Tls], ...] = (
        ("1", "signed by an authority that nobody knows", "new_root"),
        ("2", "expired", "expired"),
        ("3", "for another name", "wrong_name"),
    )
    for number, words, flaw in flaws:
        policy = HostPolicy(names=("www.facebook.com",), tls=flaw)
        yield _case(
            number,
            f"Messenger's web fronts show everybody a certificate that is {words}",
            _FRONTS,
            world={"hosts": (policy,)},
        )
    whole = HostPolicy(names=("www.facebook.com",), tls="new_root", whole_server=True)
    yield _case(
        "1c",
        "the same for whatever name Messenger's web fronts are asked for",
        _FRONTS,
        world={"hosts": (whole,)},
    )
    yield _case(
        "1b",
        "Signal's own hosts sign themselves, for everybody",
        {"signal.text": _OWN, "signal": _OWN},
        look_alike=True,
        world={"hosts": (HostPolicy(names=("chat.signal.org",), tls="self_signed"),)},
    )


def _walls() -> Iterator[Scenario]:
    """Cases 5 and 6, and what else a web front says of its own accord (23 to 28, 38 and 39)."""
    page = "<html><title>Just a moment...</title><form id=captcha-form>Are you a robot?</form>"
    for number, status, said in (("6", 403, "ok"), ("6b", 429, "ok"), ("6c", 503, "ok|down")):
        wall = HostPolicy(
            names=WHATSAPP, status=status, body=page, headers=(("cf-mitigated", "challenge"),)
        )
        yield _case(
            number,
            f"a wall against robots answers {status} with a puzzle",
            {"whatsapp": truth(said), "whatsapp.web": truth(said)},
            world={"hosts": (wall,)},
        )
    where = (
        ("27", "nowhere", "http://", "ok|down"),
        ("28", "to a name that does not exist", "https://gone.telegram.invalid/", "ok|down"),
        ("38", "to themselves", "/robots.txt", "ok|inconclusive|down"),
    )
    for number, words, location, said in where:
        policy = HostPolicy(
            names=("=web.telegram.org",), status=302, headers=(("Location", location),)
        )
        yield _case(
            number,
            f"the web front redirects {words}",
            {"telegram": truth(said), "telegram.web": truth(said), "telegram.text": truth("ok")},
            world={"hosts": (policy,)},
        )
    for number, size in (("23", 4_000_000), ("24", 64_000_000)):
        policy = HostPolicy(names=("web.whatsapp.com", "telegram.org"), body_bytes=size)
        yield _case(
            number,
            f"web fronts answer with {size // 1_000_000} MB",
            {},
            world={"hosts": (policy,)},
        )


def _controls_lost() -> Iterator[Scenario]:
    """Case 7 (8 is the same to us): what all is compared with is gone, the messengers work."""
    names = _neutral()
    actions = (OnSni(label="tls", names=names, do="rst"), OnHost(label="http", names=names))
    yield _case(
        "7",
        "all neutral sites are reset by name, the messengers work",
        {},
        actions=actions,
        others=truth("ok|inconclusive"),
        states=("online", "allowlist", "bad_link"),
        usable=False,
    )
    yield _case(
        "7b",
        "the same, and Signal is reset too",
        {"signal": truth("blocked|inconclusive"), "signal.text": truth("blocked|inconclusive")},
        actions=(*actions, OnSni(label="signal", names=SIGNAL, do="rst")),
        blocking=True,
        others=truth("ok|inconclusive"),
        states=("online", "allowlist", "bad_link"),
        usable=False,
    )


def _names() -> Iterator[Scenario]:
    """What resolvers say, here or everywhere."""
    yield _case(
        "9",
        "the provider's resolver knows the names and gives no address for them",
        {"messenger": truth("blocked", "dns.nxdomain")},
        blocking=True,
        world={"resolvers": (lying(*MESSENGER, action="empty"),)},
    )
    yield _case(
        "12",
        "every question for Signal's names is answered with this device's own address",
        {"signal": truth("blocked", "dns.injection.bogon")},
        actions=(DnsForge(label="forge", names=SIGNAL, answer=("127.0.0.1",)),),
        blocking=True,
    )
    relay = ExtraHost(
        name="relay.example", addresses=(_RELAY,), ports=((443, "relay"), (80, "relay"))
    )
    for number, names, service in (("14", TELEGRAM, "telegram"), ("15", SIGNAL, "signal")):
        yield _case(
            number,
            f"the resolver sends {service}'s names to a relay that hands all on",
            {},
            world={
                "extra": (relay,),
                "resolvers": (lying(*names, action=f"answer:{_RELAY}"),),
            },
        )
    yield _case(
        "43",
        "names lead to a machine abroad whose ports are closed",
        {"messenger": truth("blocked", "dns.injection")},
        blocking=True,
        world={
            "extra": (ExtraHost(name="parked.example", addresses=(_PARKED,)),),
            "hosts": (HostPolicy(names=("parked.example",), connect="refuse"),),
            "resolvers": (lying(*MESSENGER, action=f"answer:{_PARKED}"),),
        },
    )


def _ghosts() -> Iterator[Scenario]:
    """Cases 16, 17, 25, 26, 48 and 50: names that nobody has an address for."""
    shut = HostPolicy(names=("stub.local",), ports=(443,), connect="refuse")
    for number, words, hosts in (("16", "", ()), ("17", ", port 443 closed", (shut,))):
        yield _case(
            number,
            f"a name is gone everywhere, the provider still sends it to its block page{words}",
            {"whatsapp.signup": truth("blocked|inconclusive|not_tested")},
            blocking=True,
            others=truth("ok"),
            world={
                "block_page": BLOCK_PAGE,
                "hosts": hosts,
                "everywhere": ((f"={SIGNUP}", "nxdomain"),),
                "resolvers": (lying(f"={SIGNUP}", action=f"answer:{BLOCK_PAGE}"),),
            },
        )
    everywhere: tuple[tuple[str, str, str, Truth, Truth], ...] = (
        ("25", "127.0.0.1, for one name", f"={SIGNUP}", _GONE, truth("ok|inconclusive|down")),
        ("26", "127.0.0.1, for all of Signal", "service:signal", _GONE, _GONE),
        ("48", "of Signal's names that they do not exist", "service:signal", _GONE, _GONE),
        ("50", "no address, only an alias, for Signal", "service:signal", _GONE, _GONE),
    )
    says = {"25": "answer:127.0.0.1", "26": "answer:127.0.0.1", "48": "nxdomain", "50": "dangling"}
    for number, words, names, function, service in everywhere:
        key = "whatsapp.signup" if names == f"={SIGNUP}" else "signal.text"
        yield _case(
            number,
            f"every resolver says {words}",
            {key: function, key.partition(".")[0]: service},
            world={"everywhere": ((names, says[number]),)},
        )


def _joined() -> Iterator[Scenario]:
    """Cases 20, 44 to 47 and 49."""
    yield _case(
        "20",
        "names lead to the block page, and plain HTTP to the true addresses meets it too",
        {"telegram": truth("blocked", "dns.injection.blockpage"), "telegram.text": truth("ok")},
        actions=(PortRewrite(match=Match(ports=(80,), to=at(*TELEGRAM)), to_port=10080),),
        blocking=True,
        world={
            "block_page": BLOCK_PAGE,
            "http": HttpInterceptor(names=TELEGRAM, does="page"),
            "resolvers": (lying(*TELEGRAM, action=f"answer:{BLOCK_PAGE}"),),
        },
    )
    for number, service, match, names in (
        ("44", "telegram", Match(to=(*at(*TELEGRAM), *TELEGRAM_DC), direction="both"), ()),
        ("45", "messenger", Match(direction="both"), MESSENGER),
    ):
        how = "name" if names else "address"
        yield _case(
            number,
            f"{service} by {how}: 300 ms more, and a tenth of the packets is lost",
            {service: _SLOW},
            actions=(
                Throttle(label="late", match=match, names=names, do="delay", delay_ms=150),
                Throttle(label="lose", match=match, names=names, do="lose", loss=0.1),
            ),
            blocking=True,
        )
    yield _case(
        "46",
        "resets at the name, and a box that reads the name in any octets of the greeting",
        {"telegram": truth("blocked", "tls.reset.sni"), "telegram.text": truth("ok")},
        actions=(OnSni(label="rst", names=TELEGRAM, do="rst", at_rtt=1.0, forward=False),),
        blocking=True,
    )
    yield _case(
        "47",
        "names lead to the block page, and whoever finds the true address is reset at the name",
        {"signal": truth("blocked", "tls.reset.sni", "dns.injection")},
        actions=(OnSni(label="rst", names=SIGNAL, do="rst"),),
        blocking=True,
        world={
            "block_page": BLOCK_PAGE,
            "resolvers": (lying(*SIGNAL, action=f"answer:{BLOCK_PAGE}"),),
        },
    )
    yield _case(
        "49",
        "the ports of all of Messenger's web servers are closed, for everybody",
        {"messenger": _OWN, "messenger.text": _OWN, "messenger.web": _OWN},
        world={"hosts": (HostPolicy(names=MESSENGER, ports=(443, 80), connect="refuse"),)},
        look_alike=True,
    )


def _one_web_front(
    id_: str, title: str, service: str, action: Action, mechanism: str, row: str
) -> Scenario:
    """Only the web front is cut off; messages go through."""
    return Scenario(
        id=id_,
        title=title,
        kind="blocking",
        row=row,
        truths={
            service: truth("blocked", mechanism),
            f"{service}.web": truth("blocked", mechanism),
            f"{service}.text": truth("ok"),
        },
        actions=(action,),
        fires=(action.label,),
    )


def _messengers() -> Iterator[Scenario]:
    """OONI's cases of instant messengers (ooni.md §3b)."""
    for service, name, letter in (
        ("whatsapp", "web.whatsapp.com", "W"),
        ("telegram", "web.telegram.org", "T"),
    ):
        row = f"OONI {service}"
        yield _one_web_front(
            f"O{letter}1",
            f"{name} alone is answered with an impossible address",
            service,
            DnsForge(label="forge", names=(f"={name}",), answer=(_BOGON,)),
            "dns.injection.bogon",
            row,
        )
        yield _one_web_front(
            f"O{letter}2",
            f"{name} alone is reset at the name",
            service,
            OnSni(label="rst", names=(f"={name}",), do="rst"),
            "tls.reset.sni",
            row,
        )
    dropped = truth("degraded|blocked")
    yield Scenario(
        id="OT3",
        title="ports 443 and 80 of every data centre are cut off, 5222 is not",
        kind="blocking",
        row="OONI telegram",
        truths={"telegram": dropped, "telegram.text": dropped, "telegram.web": truth("ok")},
        actions=(drop("ports", *TELEGRAM_DC, ports=(80, 443)),),
        fires=("ports",),
    )
    yield Scenario(
        id="OF1",
        title="port 443 of one of Messenger's API hosts is cut off",
        kind="blocking",
        row="OONI facebook",
        truths={
            "messenger": truth("ok|degraded|inconclusive"),
            "messenger.text": truth("ok|degraded|inconclusive"),
            "messenger.web": truth("ok"),
        },
        actions=(drop("api", *at("b-graph.facebook.com"), ports=(443,)),),
        fires=("api",),
        look_alike=True,
    )
    yield Scenario(
        id="OF2",
        title="the provider's resolver gives impossible addresses for all of Facebook's names",
        kind="blocking",
        row="OONI facebook",
        truths={
            "messenger": truth("blocked", "dns.injection.bogon"),
            "messenger.web": truth("blocked", "dns.injection.bogon"),
            "whatsapp": truth("blocked", "dns.injection.bogon"),
            "whatsapp.calls": truth("blocked", "dns.injection.bogon"),
            "whatsapp.text": truth("ok"),
        },
        world={"resolvers": (lying(*MESSENGER, "fbsbx.com", action=f"answer:{_BOGON}"),)},
    )


OONI: tuple[Scenario, ...] = (
    *_certificates(),
    *_walls(),
    *_controls_lost(),
    *_names(),
    *_ghosts(),
    *_joined(),
    *_messengers(),
)
