"""Blocking, one mechanism each (rows A and C2 of the facts' exam)."""

from tests.lab.censor import (
    DnsForge,
    DnsRedirect,
    Drop,
    IcmpUnreachable,
    Match,
    OnPattern,
    OnSni,
    PortRewrite,
    RstOnSyn,
)
from tests.lab.link import Link
from tests.lab.scenario import UNKNOWN, Scenario, at, truth
from tests.lab.world.config import HostPolicy, HttpInterceptor, Mitm, lying

WHATSAPP = ("whatsapp.com", "whatsapp.net")
TELEGRAM = ("telegram.org", "t.me", "telegram.me")
MESSENGER = ("facebook.com", "messenger.com", "fbcdn.net")
SIGNAL = ("signal.org",)

BLOCK_PAGE = "185.79.0.9"
"""An invented public address: a documentation prefix would be recognised as impossible."""

TELEGRAM_DC = (
    "149.154.175.50/32",
    "149.154.167.51/32",
    "95.161.76.100/32",
    "149.154.175.100/32",
    "149.154.167.91/32",
    "149.154.171.5/32",
    "91.108.56.100/32",
    "149.154.167.151/32",
    "149.154.167.222/32",
    "149.154.164.250/32",
    "149.154.166.120/32",
    *(f"149.154.{end}/32" for end in ("167.223", "162.123", "166.121", "167.118", "165.111")),
    "91.105.192.100/32",
    "2001:67c:4e8:f002::/64",
    "2001:67c:4e8:f004::/64",
    "2001:b28:f23d::/48",
    "2001:b28:f23f::/48",
    "2a0a:f280:203::/48",
)
"""Every address of a data centre in the catalogue, the web front's not."""

CHAT = (
    "g.whatsapp.net",
    *(f"e{n}.whatsapp.net" for n in range(1, 17)),
    *(f"{name}.whatsapp.net" for name in ("g-fallback", "chat.cdn", "chat-fallback.cdn")),
)


def drop(label: str, *to: str, **match: object) -> Drop:
    """A null route."""
    return Drop(label=label, match=Match(to=to, **match))  # type: ignore[arg-type]


BLOCKING: tuple[Scenario, ...] = (
    Scenario(
        id="A1",
        title="names erased from the provider's resolver",
        kind="blocking",
        row="A1",
        world={"resolvers": (lying(*WHATSAPP, action="nxdomain"),)},
        truths={"whatsapp": truth("blocked", "dns.nxdomain")},
    ),
    Scenario(
        id="A2",
        title="impossible addresses injected on the way",
        kind="blocking",
        row="A2",
        actions=(DnsForge(label="forge", names=WHATSAPP, answer=("10.10.34.36",)),),
        truths={"whatsapp": truth("blocked", "dns.injection.bogon")},
        fires=("forge",),
    ),
    Scenario(
        id="A3",
        title="a forged answer races the true one",
        kind="blocking",
        row="A3",
        link=Link(delay_ms=100, down_kbit=20_000, up_kbit=10_000),
        actions=(
            DnsForge(label="race", names=SIGNAL, answer=("46.82.174.69",), mode="race", at_ms=5.0),
        ),
        truths={"signal": truth("blocked", "dns.injection")},
        fires=("race",),
        deviation="one forged address, not a pool of 600",
    ),
    Scenario(
        id="A5",
        title="names lead to the provider's block page",
        kind="blocking",
        row="A5",
        world={
            "block_page": BLOCK_PAGE,
            "resolvers": (lying(*MESSENGER, action=f"answer:{BLOCK_PAGE}"),),
        },
        truths={"messenger": truth("blocked", "dns.injection.blockpage")},
    ),
    Scenario(
        id="A6",
        title="the resolver refuses the names",
        kind="blocking",
        row="A6",
        world={"resolvers": (lying(*WHATSAPP, action="refused"),)},
        truths={"whatsapp": truth("blocked", "dns.refused")},
    ),
    Scenario(
        id="A7",
        title="questions with the names vanish, whomever they are for",
        kind="blocking",
        row="A7",
        actions=(DnsForge(label="vanish", names=SIGNAL, answer=("drop",)),),
        truths={"signal": truth("blocked", "dns.timeout")},
        fires=("vanish",),
    ),
    Scenario(
        id="A8",
        title="all DNS is taken to a resolver that lies about one messenger",
        kind="blocking",
        row="A8",
        actions=(DnsRedirect(label="take"),),
        world={
            "block_page": BLOCK_PAGE,
            "resolvers": (lying(*TELEGRAM, action=f"answer:{BLOCK_PAGE}"),),
        },
        truths={"telegram": truth("blocked", "dns.injection"), "telegram.text": truth("ok")},
        notes=("transparent_dns",),
        fires=("take",),
    ),
    Scenario(
        id="A9",
        title="names erased and addresses cut off",
        kind="blocking",
        row="A9",
        actions=(drop("null", *at(*WHATSAPP)),),
        world={"resolvers": (lying(*WHATSAPP, action="nxdomain"),)},
        truths={"whatsapp": truth("blocked", "dns.nxdomain")},
        fires=("null",),
        deviation="only the DNS half is labelled: behind it the addresses' fate may stay unknown",
    ),
    Scenario(
        id="A11",
        title="every data centre's address is cut off, the web front works",
        kind="blocking",
        row="A11",
        actions=(drop("null", *TELEGRAM_DC),),
        truths={"telegram": truth("blocked", "tcp.timeout"), "telegram.text": truth("blocked")},
        fires=("null",),
    ),
    Scenario(
        id="A12",
        title="three of five data centres are cut off",
        kind="blocking",
        row="A12",
        actions=(
            drop(
                "null",
                "149.154.175.0/24",
                "149.154.171.5/32",
                "91.108.56.100/32",
                "2001:b28:f23d::/48",
                "2001:b28:f23f::/48",
            ),
        ),
        truths={"telegram": truth("degraded", "tcp.timeout")},
        counts={"telegram.text": (2, 5)},
        fires=("null",),
    ),
    Scenario(
        id="A14",
        title="a router answers 'administratively prohibited'",
        kind="blocking",
        row="A14",
        actions=(IcmpUnreachable(label="icmp", match=Match(to=at(*SIGNAL))),),
        truths={"signal": truth("blocked", "ip.unreachable")},
        fires=("icmp",),
    ),
    Scenario(
        id="A15",
        title="port 5222 alone is closed",
        kind="blocking",
        row="A15",
        actions=(Drop(label="port", match=Match(ports=(5222,), proto=("tcp",))),),
        truths={"whatsapp": truth("ok")},
        deviation="the reserve port is not even tried while 443 works",
    ),
    Scenario(
        id="A16",
        title="port 443 of the chat servers is cut off, 5222 works",
        kind="blocking",
        row="A16",
        actions=(drop("port", *at(*CHAT), ports=(443,)),),
        truths={"whatsapp": truth("ok|degraded")},
        fires=("port",),
    ),
    Scenario(
        id="A17",
        title="resets at the name, to both sides",
        kind="blocking",
        row="A17",
        link=Link(delay_ms=40, down_kbit=20_000, up_kbit=10_000, loss=0.001),
        actions=(OnSni(label="rst", names=SIGNAL, do="rst"),),
        truths={"signal": truth("blocked", "tls.reset.sni")},
        fires=("rst",),
    ),
    Scenario(
        id="A19",
        title="the greeting that names the service is dropped",
        kind="blocking",
        row="A19",
        actions=(OnSni(label="drop", names=MESSENGER, do="drop"),),
        truths={"messenger": truth("blocked", "tls.timeout.sni")},
        fires=("drop",),
    ),
    Scenario(
        id="A20",
        title="the server's reply to the greeting is dropped",
        kind="blocking",
        row="A20",
        actions=(OnSni(label="reply", names=SIGNAL, do="drop_reply"),),
        truths={"signal": truth("blocked", "tls.timeout.sni")},
        fires=("reply",),
    ),
    Scenario(
        id="A21",
        title="the greeting is dropped and the port pair stays dead for 120 s",
        kind="blocking",
        row="A21",
        actions=(
            OnSni(
                label="residual",
                names=TELEGRAM,
                do="drop",
                residual_s=120.0,
                residual="tuple4",
            ),
        ),
        truths={
            "telegram": truth("blocked", "tls.timeout.sni"),
            "telegram.text": truth("ok"),
        },
        fires=("residual",),
    ),
    Scenario(
        id="A27",
        title="certificates forged for one messenger's names",
        kind="blocking",
        row="A27",
        actions=(PortRewrite(label="mitm", match=Match(ports=(443,)), to_port=10443),),
        world={"mitm": Mitm(names=MESSENGER)},
        truths={"messenger": truth("blocked", "tls.mitm")},
        fires=("mitm",),
    ),
    Scenario(
        id="A30",
        title="a forged TLS alert",
        kind="blocking",
        row="A30",
        actions=(OnSni(label="alert", names=MESSENGER, do="alert", at_rtt=0.2),),
        truths={"messenger": truth("blocked", "tls.alert")},
        fires=("alert",),
    ),
    Scenario(
        id="A37",
        title="plain HTTP leads to a stub page, TLS is reset at the name",
        kind="blocking",
        row="A37, A17",
        actions=(
            OnSni(label="rst", names=TELEGRAM, do="rst"),
            PortRewrite(
                label="stub",
                match=Match(ports=(80,), not_to=TELEGRAM_DC),
                to_port=10080,
            ),
        ),
        world={"http": HttpInterceptor(names=TELEGRAM, does="stub")},
        truths={
            "telegram": truth("blocked", "tls.reset.sni", "http.blockpage"),
            "telegram.text": truth("ok"),
        },
        fires=("rst", "stub"),
        deviation="joined as TSPU does it: no messenger endpoint of the catalogue is plain HTTP",
    ),
    Scenario(
        id="P1",
        title="Telegram's own protocol is recognised and dropped",
        kind="blocking",
        row="A34 (obfuscated MTProto)",
        actions=(
            OnPattern(
                label="mtproto",
                match=Match(to=TELEGRAM_DC, proto=("tcp",)),
                pattern=r"(?!\x16\x03|GET |POST|HEAD|\xef)",
                do="drop",
            ),
        ),
        truths={"telegram.text": truth("blocked", "protocol.mtproto")},
        others=truth("ok|blocked"),
        fires=("mtproto",),
        deviation="an odd beginning instead of an entropy rule; always instead of 26 %",
    ),
    Scenario(
        id="P2",
        title="impostors at every data centre: the right fingerprint, the wrong key",
        kind="blocking",
        row="none (what an active man in the middle could do)",
        world={"hosts": (HostPolicy(names=("pool:telegram/dc",), mtproto="wrong_key"),)},
        truths={"telegram": UNKNOWN, "telegram.text": truth("inconclusive")},
    ),
    Scenario(
        id="P3",
        title="impostors at every data centre with a key of their own",
        kind="blocking",
        row="none (what an active man in the middle could do)",
        world={"hosts": (HostPolicy(names=("pool:telegram/dc",), mtproto="unknown_key"),)},
        truths={"telegram": UNKNOWN, "telegram.text": truth("inconclusive")},
    ),
    Scenario(
        id="P4",
        title="somebody answers for WhatsApp's chat servers, with a chain of his own",
        kind="blocking",
        row="none (what an active man in the middle could do)",
        world={"hosts": (HostPolicy(names=("pool:whatsapp/chat",), chat="other_root"),)},
        truths={
            "whatsapp": truth("inconclusive"),
            "whatsapp.text": truth("inconclusive"),
            "whatsapp.web": truth("ok"),
        },
        deviation="not in the facts; an impersonator is no blocker, and never genuine",
        usable=False,
    ),
    Scenario(
        id="C2",
        title="Kazakhstan, 4 January 2022: messengers blocked, the web works",
        kind="blocking",
        row="C2",
        link=Link(delay_ms=30, jitter_ms=5, down_kbit=10_000, up_kbit=3_000, loss=0.003),
        actions=(
            drop("null", *TELEGRAM_DC, *at(*CHAT)),
            OnSni(label="drop", names=(*WHATSAPP, *TELEGRAM, *SIGNAL), do="drop"),
        ),
        truths={
            "whatsapp": truth("blocked", "tls.timeout.sni", "tcp.timeout"),
            "telegram": truth("blocked", "tls.timeout.sni", "tcp.timeout"),
            "signal": truth("blocked", "tls.timeout.sni"),
            "whatsapp.text": truth("blocked", "tcp.timeout"),
            "telegram.text": truth("blocked", "tcp.timeout"),
            "signal.text": truth("blocked", "tls.timeout.sni"),
        },
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("null", "drop"),
        deviation="the mechanism of that day was never published: Kazakhstan's documented one",
    ),
)

LOOK_ALIKES: tuple[Scenario, ...] = (
    Scenario(
        id="L1-censor",
        title="the web front's one network is cut off",
        kind="blocking",
        row="A11 (one address)",
        actions=(drop("null", *at("v.whatsapp.net")),),
        truths={
            "whatsapp": truth("ok|blocked"),
            "whatsapp.signup": truth("inconclusive|blocked"),
        },
        fires=("null",),
        look_alike=True,
    ),
    Scenario(
        id="L2-censor",
        title="resets at one name, on listed addresses only, at full RTT",
        kind="blocking",
        row="A17 (one name)",
        actions=(
            OnSni(
                label="rst",
                names=("v.whatsapp.net",),
                match=Match(to=at("v.whatsapp.net"), proto=("tcp",)),
                do="rst",
                at_rtt=1.0,
            ),
        ),
        truths={
            "whatsapp": truth("ok|blocked"),
            "whatsapp.signup": truth("inconclusive|blocked"),
        },
        fires=("rst",),
        look_alike=True,
    ),
    Scenario(
        id="L3-censor",
        title="refusals forged from the server's own SYN-ACK",
        kind="blocking",
        row="A13",
        actions=(
            RstOnSyn(label="rst", match=Match(to=at("v.whatsapp.net"), ports=(443,)), early=False),
        ),
        truths={
            "whatsapp": truth("ok|blocked"),
            "whatsapp.signup": truth("inconclusive|blocked"),
        },
        fires=("rst",),
        look_alike=True,
    ),
)
