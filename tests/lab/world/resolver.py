"""Resolvers: the truth about every name, and how each resolver may bend it."""

import contextlib
import ipaddress
import random
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from tests.lab.content import covers
from tests.lab.world import mean
from tests.lab.world.config import Channel, ResolverPolicy, WorldConfig
from tests.lab.world.hosts import ALIASES, Directory, nat64
from tests.lab.world.mischief import Script

_TTL: Final = 300
_SOA: Final = "ns1.lab.invalid. hostmaster.lab.invalid. 1 7200 900 1209600 300"
_RCODES: Final = {
    "nxdomain": dns.rcode.NXDOMAIN,
    "refused": dns.rcode.REFUSED,
    "servfail": dns.rcode.SERVFAIL,
}
_ADVERT_FILTERS: Final = ("adguard",)
"""Catalogued resolvers that answer advertisers' names with 0.0.0.0 by their own policy."""
_IPV4_ONLY: Final = ("192.0.0.170", "192.0.0.171")
"""ipv4only.arpa (RFC 7050)."""


class Resolvers:
    """Answers to questions, by who is asked and how."""

    def __init__(self, directory: Directory, config: WorldConfig) -> None:
        self._directory = directory
        self._config = config
        self._random = random.Random(config.seed)
        self._names = self._all_names()
        self._zones = {zone for name in self._names for zone in _parents(name)}

    def _all_names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for host in self._directory.hosts.values():
            if host.resolvable:
                names[host.name] = host.addresses
        for name, alias in ALIASES.items():
            if name in names:
                names.setdefault(alias, names[name])
        for service in self._directory.catalogue.services:
            if service.beacon is not None:
                names[service.beacon.host] = list(service.beacon.up)
        names["ipv4only.arpa"] = list(_IPV4_ONLY)
        names["dns.msftncsi.com"] = ["131.107.255.255"]
        return names

    def at(self, address: str) -> str | None:
        """The name of the resolver whose DNS or DoH lives at ``address``; None if none does."""
        place = self._directory.places.get(address)
        if place is None:
            return None
        labels = (label for host in place.hosts for label in host.labels)
        doh = next((label[4:] for label in labels if label.startswith("doh:")), None)
        return place.resolver or doh

    def lie(self, query: bytes, address: str, channel: Channel) -> Script | None:
        """What a resolver at ``address`` that means harm sends; None for an honest one."""
        who = self.at(address)
        for policy in self._config.resolvers if who is not None else ():
            harmful = policy.mischief and not self._spared(policy, query)
            if who and harmful and _concerns(policy, who, address):
                kind = mean.lie(policy.mischief) if channel in policy.channels else None
                truth = self.answer(query, address, channel) if kind else None
                return kind(query, truth) if kind and truth else None
        return None

    def _spared(self, policy: ResolverPolicy, query: bytes) -> bool:
        """Questions for a name that a rule of the policy says the truth about do no mischief."""
        with contextlib.suppress(dns.exception.DNSException, ValueError):
            asked = dns.message.from_wire(query, ignore_trailing=True).question
            names = [one.name.to_text(omit_final_dot=True).lower() for one in asked]
            true = [rule for rule, action in policy.rules if action == "truth"]
            return any(self._covers(rule, name) for rule in true for name in names)
        return False

    def answer(self, query: bytes, address: str, channel: Channel) -> bytes | None:
        """What the resolver at ``address`` says to the message ``query``; None for silence."""
        try:
            asked = dns.message.from_wire(query, ignore_trailing=True)
        except (dns.exception.DNSException, ValueError):
            return None
        who = self.at(address)
        if who is None or asked.flags & dns.flags.QR:
            return None
        response = dns.message.make_response(asked, recursion_available=True)
        if len(asked.question) != 1 or asked.opcode() != 0:
            response.set_rcode(dns.rcode.FORMERR)
            return response.to_wire()
        question = asked.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        action = self._action(who, address, channel, name)
        if action == "drop":
            return None
        if action in _RCODES:
            response.set_rcode(_RCODES[action])
        elif action.startswith("answer:"):
            given = action.partition(":")[2].split(",")
            self._fill(response, question.name, question.rdtype, given)
        elif action == "empty":
            self._deny(response, question.name, exists=True)
        elif action == "dangling":
            alias = dns.name.from_text(f"gone.{name}")
            chain = dns.rrset.from_text(question.name, _TTL, "IN", "CNAME", alias.to_text())
            response.answer.append(chain)
            self._deny(response, alias, exists=True)
        else:
            self._truth(response, question.name, question.rdtype, name, who)
        return response.to_wire(max_size=1232 if channel == "udp" else 65535)

    def _action(self, who: str, address: str, channel: Channel, name: str) -> str:
        for policy in self._config.resolvers:
            if not _concerns(policy, who, address) or channel not in policy.channels:
                continue
            if policy.dead:
                return "drop"
            if self._random.random() < policy.servfail_share:
                return "servfail"
            for rule, action in policy.rules:
                if self._covers(rule, name):
                    return action
        for rule, action in self._config.everywhere:
            if self._covers(rule, name):
                return action
        advert = self._directory.catalogue.controls.advert_host
        if who in _ADVERT_FILTERS and advert is not None and covers((advert,), name):
            return "answer:0.0.0.0,::"
        return "truth"

    def _covers(self, rule: str, name: str) -> bool:
        if rule.startswith(("service:", "pool:")):
            host = self._directory.hosts.get(name)
            return host is not None and rule in host.labels
        return covers((rule,), name)

    def _truth(
        self,
        response: dns.message.Message,
        asked: dns.name.Name,
        kind: dns.rdatatype.RdataType,
        name: str,
        who: str,
    ) -> None:
        found = self._names.get(name)
        if found is None:
            self._deny(response, asked, exists=name in self._zones)
            return
        owner = asked
        alias = ALIASES.get(name)
        if alias is not None:
            owner = dns.name.from_text(alias)
            chain = dns.rrset.from_text(asked, _TTL, "IN", "CNAME", owner.to_text())
            response.answer.append(chain)
        given = [*found]
        if self._config.dns64 and who == "isp" and not any(":" in one for one in found):
            given += [nat64(one) for one in found if not ipaddress.ip_address(one).is_loopback]
        self._random.shuffle(given)
        self._fill(response, owner, kind, given)

    def _fill(
        self,
        response: dns.message.Message,
        owner: dns.name.Name,
        kind: dns.rdatatype.RdataType,
        given: list[str],
    ) -> None:
        wanted = {dns.rdatatype.A: 4, dns.rdatatype.AAAA: 6}.get(kind)
        fit = [one for one in given if ipaddress.ip_address(one).version == wanted]
        if fit:
            response.answer.append(dns.rrset.from_text_list(owner, _TTL, "IN", kind, fit))
        else:
            self._deny(response, owner, exists=True)

    def _deny(self, response: dns.message.Message, name: dns.name.Name, *, exists: bool) -> None:
        if not exists:
            response.set_rcode(dns.rcode.NXDOMAIN)
        zone = dns.name.Name(name.labels[-3:])
        response.authority.append(dns.rrset.from_text(zone, _TTL, "IN", "SOA", _SOA))


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(1, len(labels))]


def _concerns(policy: ResolverPolicy, who: str, address: str) -> bool:
    public = who != "isp"
    return any(one in ("*", who, address) or (one == "public" and public) for one in policy.at)


def doh_reply(
    resolvers: Resolvers, address: str, method: str, target: str, body: bytes
) -> tuple[int, bytes] | None:
    """Status and body of a DoH exchange (RFC 8484); None for silence."""
    query = body
    if method == "GET":
        import base64
        import binascii
        from urllib.parse import parse_qs, urlsplit

        given = parse_qs(urlsplit(target).query).get("dns", [""])[0]
        query = b""
        with contextlib.suppress(binascii.Error, ValueError):
            query = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
    if len(query) < 12:
        return 400, b""
    if script := resolvers.lie(query, address, "doh"):
        return 200, next((one for one in script if isinstance(one, bytes)), b"")
    answered = resolvers.answer(query, address, "doh")
    return None if answered is None else (200, answered)
