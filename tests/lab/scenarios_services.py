"""All services that are shipped, not only the core ones: clean, and some of them blocked."""

from msgprobe.catalog.loader import everything, load
from tests.lab.censor import Drop, Match, OnPattern, OnSni
from tests.lab.scenario import Scenario, truth
from tests.lab.world.config import HostPolicy

EVERY = tuple(service.name for service in everything(load())[0])
ALL = ("--all", "--quick")
MOVED = ("=api.vk.ru", "=login.vk.ru", "=vk.ru", "=web.threema.com", "=mtalk.google.com")
DISCORD = ("discord.com", "discord.gg", "discordapp.com", "discordapp.net")

SERVICES: tuple[Scenario, ...] = (
    Scenario(
        id="S0",
        title="nothing is wrong, and every service is measured",
        kind="innocent",
        row="-",
        args=ALL,
        services=EVERY,
        truths={
            "viber.text": truth("not_tested"),
            "imo.text": truth("not_tested"),
            "x.text": truth("not_tested"),
        },
    ),
    Scenario(
        id="S1",
        title="resets at Discord's names",
        kind="blocking",
        row="A17",
        actions=(OnSni(label="rst", names=DISCORD, do="rst"),),
        args=("--quick",),
        services=("discord", "matrix"),
        truths={"discord": truth("blocked", "tls.reset.sni")},
        fires=("rst",),
    ),
    Scenario(
        id="S2",
        title="XMPP is recognised by its first words and dropped",
        kind="blocking",
        row="A34 (another protocol)",
        actions=(
            OnPattern(
                label="xmpp",
                match=Match(ports=(5222,), proto=("tcp",)),
                pattern=r"<\?xml",
                do="drop",
            ),
        ),
        args=("--quick",),
        services=("xmpp", "matrix"),
        truths={
            "xmpp": truth("degraded"),
            "xmpp.text": truth("degraded"),
            "xmpp.web": truth("ok"),
        },
        fires=("xmpp",),
        deviation="a port that opens and then stays silent is no proof of a block; two of the "
        "servers are reached on the web's ports, the others not at all",
    ),
    Scenario(
        id="S3",
        title="the port of Apple's push is closed, the web's port leads there too",
        kind="blocking",
        row="A15",
        actions=(Drop(label="port", match=Match(ports=(5223,), proto=("tcp",))),),
        args=("--quick",),
        services=("imessage", "matrix"),
        truths={"imessage": truth("degraded"), "imessage.text": truth("degraded")},
        fires=("port",),
    ),
    Scenario(
        id="S4",
        title="after STARTTLS somebody shows certificates of his own",
        kind="blocking",
        row="A27 (another protocol)",
        world={"hosts": (HostPolicy(names=("pool:xmpp/starttls",), tls="self_signed"),)},
        args=("--quick",),
        services=("xmpp", "matrix"),
        truths={"xmpp": truth("inconclusive"), "xmpp.text": truth("inconclusive")},
        usable=False,
        deviation="no neutral server speaks XMPP, so that nothing shows the certificates forged",
    ),
    Scenario(
        id="S5",
        title="nothing is wrong, and every service is measured with its speed",
        kind="innocent",
        row="-",
        args=("--all",),
        services=EVERY,
        truths={
            "viber.text": truth("not_tested"),
            "imo.text": truth("not_tested"),
            "x.text": truth("not_tested"),
        },
    ),
    Scenario(
        id="S6",
        title="nothing is wrong, and a service that carries a warning is measured by its name",
        kind="innocent",
        row="-",
        args=("--quick",),
        services=("session", "line"),
        truths={"session.calls": truth("not_tested")},
    ),
    Scenario(
        id="S7",
        title="names that the catalogue takes for the new ones are dead for everybody",
        kind="innocent",
        row="-",
        world={"hosts": (HostPolicy(names=MOVED, connect="silent"),)},
        args=("--quick",),
        services=("vk", "threema", "meet"),
    ),
)
