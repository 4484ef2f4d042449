"""Sentences about the connection itself and about controls, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "connection.no_route": "This device has no connection: no network interface leads anywhere.",
    "connection.forbidden_here": "Something on this device (a firewall?) refuses every connection "
    "at once.",
    "connection.portal": "A login page (captive portal) stands before the Internet: log in first.",
    "connection.portal.names": "Every name leads to an address inside this network, and nothing "
    "beyond it answers: a login page (captive portal) stands before the Internet, or the "
    "router has no line.",
    "connection.allowlist": "Only chosen hosts work: elsewhere connections open but nothing gets "
    "through.",
    "connection.allowlist.names": "Only chosen names work: servers abroad answer these, and stay "
    "silent to their own.",
    "connection.allowlist.one_name": "Only chosen names work: servers abroad answer these, and "
    "stay silent to their own.",
    "connection.domestic_only": "Sites in the country work and everything abroad is cut off.",
    "connection.favoured_services": "Some services answer and no neutral site does: only chosen "
    "hosts work here, or whatever services are compared with is cut off.",
    "connection.shutdown": "The Internet seems to be shut off on purpose: routers' ports or "
    "foreign DNS still pass, everything else is dropped.",
    "connection.shutdown_443": "Encrypted web traffic (port 443) is cut off everywhere while port "
    "80 works.",
    "connection.proxy_only": "Nothing answers directly, and a proxy is configured here: perhaps "
    "only it leads out.",
    "connection.no_internet": "Nothing beyond this network answers. One device cannot tell an "
    "outage from a shutdown.",
    "connection.intermittent": "For seconds on end nothing at all answers, neutral sites included; "
    "then it works again.",
    "connection.dns_fault": "The resolver (DNS) of this connection is broken for every name; the "
    "network works.",
    "connection.dns_lies": "The resolver (DNS) of this connection answers every name with a "
    "wrong address, where nobody is; the network itself works.",
    "connection.all_cut": "Downloads stop for good after the first kilobytes, at the same place, "
    "whoever is asked: the connection itself does that, or somebody who cuts everything.",
    "connection.slow_abroad": "Everything from abroad is slow while this country's own sites are "
    "fast: no single service is slowed down.",
    "connection.slow_line": "The connection itself is slow for neutral sites too: no single "
    "service is slowed down.",
    "connection.bad_link": "The connection itself is poor: neutral sites are slow or lossy too.",
    "connection.online.names": "The connection works, but some neutral names do not pass: their "
    "servers answer only when another name is used.",
    "connection.online": "The connection works: neutral sites in several networks answer.",
    "connection.untested": "The connection was not tested long enough to say anything.",
    "connection.no_controls": "Nothing neutral was asked beside the services, so nothing is known "
    "of the connection itself.",
    "controls.none": "Nothing neutral was asked at the time: the same failure everywhere would "
    "look alike.",
    "controls.failed": "Neutral sites failed at the same time, so the connection itself may be the "
    "cause.",
    "connection.explains": "The connection itself does not work, so nothing can be said about the "
    "service.",
    "connection.explains.service": "Nothing can be said about the service itself.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "connection.no_route": "the machine's own routing table",
    "connection.forbidden_here": "every neutral host is refused by this machine itself",
    "connection.portal": "sentinel pages of two owners or more are replaced, or of one where "
    "neutral sites of three show one certificate that is for none of them",
    "connection.portal.names": "neutral names lead into this network, and no foreign site in three "
    "networks answers",
    "connection.allowlist": "favoured hosts in two networks or more work, foreign TLS dies after "
    "TCP connects",
    "connection.allowlist.names": "no foreign site in three networks answers under its own name, "
    "the same addresses in two or more answer another name",
    "connection.allowlist.one_name": "one foreign site and no service is answered under its own "
    "name, the addresses of sites in two networks or more answer another name",
    "connection.domestic_only": "domestic hosts in two networks or more work, foreign ones in "
    "three or more are dead",
    "connection.favoured_services": "services prove themselves in two networks or more, no neutral "
    "site in three answers",
    "connection.shutdown": "an asymmetry: holes that work while every web connection dies",
    "connection.shutdown_443": "port-dependent reachability: port 80 abroad answers, port 443 is "
    "dead everywhere",
    "connection.proxy_only": "nothing answers directly where a proxy is configured",
    "connection.no_internet": "nothing beyond the provider answers, and no hole shows intent",
    "connection.intermittent": "neutral hosts all fell silent together and answered again, as no "
    "lossy line does",
    "connection.dns_fault": "neutral names fail at the system's resolver while neutral addresses "
    "answer",
    "connection.dns_lies": "neutral names lead to addresses that are not theirs, neutral addresses "
    "answer",
    "connection.all_cut": "neutral downloads from two unrelated owners are ended at one byte, and "
    "no download goes beyond it",
    "connection.slow_abroad": "neutral transfers from abroad are slow, those from this country "
    "three times faster",
    "connection.slow_line": "neutral transfers from two networks are slow",
    "connection.bad_link": "neutral hosts are slow or lossy too",
    "connection.online.names": "a neutral host answers, and servers in other networks answer when "
    "another name than their own is used",
    "connection.online": "neutral hosts in several networks answer",
    "connection.untested": "nothing was measured",
    "connection.no_controls": "measurements of others that hold nothing neutral",
    "controls.none": "no control",
    "controls.failed": "the controls failed too",
    "connection.explains": "the connection itself explains the failure",
}
"""What kind of evidence allows its word."""
