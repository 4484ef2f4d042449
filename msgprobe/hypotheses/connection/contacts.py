"""What is contacted to tell one state of the connection from another, for ``msgprobe plan``."""

from collections.abc import Callable, Iterator

from msgprobe.hypotheses.connection.plan_targeted import CONDITION
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.run import Request
from msgprobe.planning.contact_lines import at_site
from msgprobe.planning.control_variants import BIG_HELLO
from msgprobe.planning.controls import chosen_sites
from msgprobe.planning.timetable import HOLE_HOSTS, MONITOR_MOST

UNLESS_SLOW = "unless the line is slow"

Cost = Callable[[str, str, int, tuple[tuple[str, str], ...]], int]
"""Most bytes of a check with a host, a port and options."""


def state_contacts(controls: Controls, request: Request, cost: Cost) -> Iterator[Contact]:
    """Neutral sites in other manners and at other times; foreign names at domestic ones."""
    sites = chosen_sites(controls, request)
    abroad = [s for s in sites if s.country is None]
    for site in abroad if not request.quick else ():
        yield at_site(
            site,
            0,
            "tls",
            UNLESS_SLOW if site is abroad[0] else "if a big greeting vanished elsewhere",
            "do greetings of post-quantum size pass here?",
            2 * cost("tls", site.host, 443, BIG_HELLO),
        )
    for site in abroad:
        yield at_site(
            site,
            2,
            "tls",
            "if neutral sites fall silent together",
            "does the connection come and go?",
            MONITOR_MOST * cost("tls", site.host, 443, ()),
        )
    for site in sites if abroad else ():
        if site.country is not None:
            yield at_site(
                site,
                0,
                "tls",
                "if nothing abroad answers",
                "does a domestic server answer when a foreign name is asked for?",
                2 * cost("tls", site.host, 443, ()),
            )
    for site in abroad:
        yield at_site(
            site,
            0,
            "tls",
            CONDITION,
            "does its address answer to another neutral name, or to a domestic one?",
            2 * cost("tls", site.host, 443, ()),
        )
    for site in [s for s in abroad if any(":" not in a for a in s.addresses)][:HOLE_HOSTS]:
        yield at_site(
            site,
            0,
            "ping",
            "if no neutral site answers",
            "does an ICMP echo still pass?",
            cost("ping", site.host, 0, ()),
            port=0,
            transport="icmp",
        )
