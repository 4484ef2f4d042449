"""Shutdowns and other states of the connection itself (rows C and I of the facts' exam)."""

from tests.lab.censor import DnsForge, Drop, Match, PassOnly, PortRewrite, RstOnSyn
from tests.lab.link import Link
from tests.lab.scenario import Scenario, truth
from tests.lab.world.config import HttpInterceptor, Mitm, ResolverPolicy, captive_portal

LTE = Link(delay_ms=30, jitter_ms=5, down_kbit=10_000, up_kbit=3_000, loss=0.003)
RESOLVER = "10.77.0.53/32"
UNTOLD = truth("inconclusive|not_tested")


def _home(country: str, *hosts: str) -> tuple[str, ...]:
    """Addresses of domestic hosts, which only a world of that country has."""
    from tests.lab.world.config import WorldConfig
    from tests.lab.world.hosts import addresses

    known = addresses(WorldConfig(workdir="/nonexistent", ipv6=True, country=country))
    return tuple(
        f"{a}/{128 if ':' in a else 32}" for h in hosts for family in known[h] for a in family
    )


KZ_HOME = _home("KZ", "egov.kz", "kaspi.kz", "telecom.kz", "www.nur.kz")
RU_HOME = _home("RU", "ya.ru", "m.vk.ru", "web.max.ru", "www.gosuslugi.ru")

CONNECTION: tuple[Scenario, ...] = (
    Scenario(
        id="C4",
        title="blackout with holes: router ports and UDP 53 only",
        kind="connection",
        row="C4",
        actions=(
            PassOnly(
                label="off",
                holes=(
                    Match(proto=("tcp",), ports=(179, 3785)),
                    Match(proto=("udp",), ports=(53,)),
                ),
            ),
        ),
        others=UNTOLD,
        states=("shutdown",),
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("off",),
        usable=False,
    ),
    Scenario(
        id="C5",
        title="only chosen domestic sites work",
        kind="connection",
        row="C5",
        actions=(
            PassOnly(
                label="off",
                holes=(
                    Match(to=_home("KZ", "egov.kz", "kaspi.kz")),
                    Match(proto=("tcp",), ports=(179, 3785)),
                    Match(proto=("udp",), ports=(53,)),
                ),
            ),
        ),
        others=UNTOLD,
        states=("domestic_only", "allowlist"),
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("off",),
        usable=False,
    ),
    Scenario(
        id="C7",
        title="the country's own network only; foreign names get impossible addresses",
        kind="connection",
        row="C7",
        actions=(
            DnsForge(
                label="forge",
                names=("*",),
                but=("egov.kz", "kaspi.kz", "telecom.kz", "nur.kz"),
                answer=("10.10.34.36",),
            ),
            PassOnly(label="off", holes=(Match(to=(*KZ_HOME, RESOLVER)),)),
        ),
        others=UNTOLD,
        states=("domestic_only",),
        args=("--country", "KZ"),
        world={"country": "KZ"},
        fires=("forge", "off"),
        usable=False,
        deviation="Kazakhstan's sites stand for Iran's",
    ),
    Scenario(
        id="C8",
        title="everything past the gateway is dropped, the resolver too",
        kind="connection",
        row="C8",
        actions=(Drop(label="off", match=Match(direction="both")),),
        others=UNTOLD,
        states=("no_internet",),
        fires=("off",),
        usable=False,
    ),
    Scenario(
        id="C10",
        title="allow-list: connections open everywhere, data passes to listed hosts only",
        kind="connection",
        row="C10",
        link=LTE,
        actions=(
            PassOnly(
                label="list",
                holes=(
                    Match(to=(*RU_HOME, RESOLVER)),
                    Match(to=("8.8.8.8/32",), proto=("udp",), ports=(53,)),
                ),
                pass_handshake=True,
                direction="up",
            ),
        ),
        others=UNTOLD,
        states=("allowlist",),
        args=("--country", "RU"),
        world={"country": "RU"},
        fires=("list",),
        usable=False,
    ),
    Scenario(
        id="C14",
        title="no default route",
        kind="connection",
        row="C14",
        lab={"access": "no_route"},
        others=UNTOLD,
        states=("local_fault",),
        usable=False,
    ),
    Scenario(
        id="C15",
        title="the provider's upstream is cut, its resolver still answers",
        kind="connection",
        row="C15",
        actions=(PassOnly(label="off", holes=(Match(to=(RESOLVER, "10.77.0.1/32")),)),),
        others=UNTOLD,
        states=("no_internet",),
        fires=("off",),
        usable=False,
    ),
    Scenario(
        id="C16",
        title="port 443 is refused everywhere, port 80 works",
        kind="connection",
        row="C (20 August 2025, TCP/443 to everything)",
        actions=(RstOnSyn(label="443", match=Match(ports=(443,), proto=("tcp",))),),
        others=UNTOLD,
        states=("shutdown",),
        fires=("443",),
        usable=False,
    ),
    Scenario(
        id="I10",
        title="captive portal: every name, page and certificate is its own",
        kind="connection",
        row="I10",
        actions=(
            PortRewrite(label="tls", match=Match(ports=(443,)), to_port=10443),
            PortRewrite(label="http", match=Match(ports=(80,)), to_port=10080),
            Drop(label="rest", match=Match(not_ports=(80, 443, 10443, 10080), proto=("tcp",))),
        ),
        world=captive_portal(),
        others=UNTOLD,
        states=("captive_portal",),
        usable=False,
    ),
    Scenario(
        id="I11",
        title="leaky captive portal: honest DNS, one sentinel passes",
        kind="connection",
        row="I11",
        actions=(
            PortRewrite(label="tls", match=Match(ports=(443,)), to_port=10443),
            PortRewrite(label="http", match=Match(ports=(80,)), to_port=10080),
            Drop(label="rest", match=Match(not_ports=(53, 80, 443, 10443, 10080), proto=("tcp",))),
        ),
        world={
            "mitm": Mitm(names=("*",), issuer="self_signed", page="portal"),
            "http": HttpInterceptor(
                names=("*",), exempt=("detectportal.firefox.com",), does="portal"
            ),
        },
        others=truth("inconclusive|not_tested|ok"),
        states=("captive_portal",),
        fires=("http",),
        usable=False,
    ),
    Scenario(
        id="I17",
        title="the provider's resolver is dead for every name",
        kind="connection",
        row="I17",
        world={"resolvers": (ResolverPolicy(at=("isp",), dead=True),)},
        states=("dns_fault",),
        usable=False,
    ),
)
