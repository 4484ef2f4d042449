"""Does a run keep to its plan? What the line carried against what ``msgprobe plan`` lists."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.lab.capture import Captured

YOUR_RESOLVER: Final = "your resolver"
YOUR_PROXY: Final = "your proxy"
_DNS: Final = 53
_PROBES: Final = ("tcp", "udp")
"""What a probe is made of; ARP, neighbour discovery, MLD and ICMP are the kernel's own talk."""

_ELSEWHERE: Final = ("d7.elsewhere", "quic.elsewhere", "quic.elsewhere_neutral")
"""Arms whose host lives somewhere else than where it is named."""

Line = Mapping[str, Any]
Names = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """The lines of ``msgprobe plan --json``; ``resolver`` is the address of the client's own,
    ``proxy`` address and port of the one that it was told to use."""

    lines: tuple[Line, ...]
    resolver: str
    proxy: tuple[str, int] | None = None

    def address(self, line: Line) -> str:
        """The target of a line, the client's resolver by its address."""
        return self.resolver if line["target"] == YOUR_RESOLVER else str(line["target"])

    def door(self, line: Line) -> tuple[str, int, str]:
        """Target, port and transport."""
        if line["target"] == YOUR_PROXY and self.proxy is not None:
            return (*self.proxy, line["transport"])
        return self.address(line), line["port"], line["transport"]

    def doors(self) -> set[tuple[str, int, str]]:
        """Wherever something may be sent."""
        return {self.door(line) for line in self.lines}

    def questions(self) -> set[tuple[str, int, str, str]]:
        """Whatever may be asked: resolver, port, transport and name."""
        return {(*self.door(line), line["asks"]) for line in self.lines if line["asks"]}


def names_of_addresses(packets: Iterable[Captured], document: Mapping[str, Any]) -> Names:
    """Names that an address was given for: by answers seen on the line, by answers over DoH (which
    only the run itself can read) and by the catalogue."""
    names: dict[str, set[str]] = defaultdict(set)
    for packet in packets:
        for address in packet.answers if packet.question else ():
            names[address].add(packet.question)
    for seen in _observations(document):
        if seen["type"] == "dns" and seen["resolver"] == "doh":
            for address in (
                *seen["addresses"],
                *(a for r in seen["answers"] for a in r["addresses"]),
            ):
                names[address].add(seen["name"])
    evidence = document["evidence"]
    rows = [*evidence["controls"]["sites"]]
    rows += [e for service in evidence["services"] for e in service["endpoints"] if e["host"]]
    for row in rows:
        for address in row["addresses"]:
            names[address].add(row["host"])
    return names


def _observations(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for measurement in document["measurements"]:
        yield from measurement["observations"]


def outgoing(packets: Iterable[Captured]) -> list[Captured]:
    """What the client sent over TCP and UDP, whether or not it arrived."""
    return [p for p in packets if p.up and p.proto in _PROBES]


def flows(packets: Iterable[Captured]) -> set[tuple[str, int, str, int]]:
    """Conversations of the client's: transport, own port, far address, far port."""
    return {(p.proto, p.sport, p.far, p.far_port) for p in outgoing(packets)}


def unlisted(plan: Plan, packets: Sequence[Captured], document: Mapping[str, Any]) -> list[str]:
    """Contacts that the plan does not list, each once."""
    names, doors, questions = names_of_addresses(packets, document), plan.doors(), plan.questions()
    found: dict[str, None] = {}
    for packet in outgoing(packets):
        where = f"{packet.far} {packet.far_port}/{packet.proto}"
        if packet.question:
            asked = (packet.far, packet.far_port, packet.proto, packet.question)
            if asked not in questions:
                found[f"asked {where} for {packet.question}"] = None
        elif packet.far_port == _DNS and packet.proto == "udp":
            found[f"sent {where} something that is no question"] = None
        else:
            targets = {packet.far, *names.get(packet.far, ())}
            if not any((t, packet.far_port, packet.proto) in doors for t in targets):
                known = ", ".join(sorted(targets - {packet.far})) or "no name"
                found[f"contacted {where} ({known})"] = None
    for resolver, port, name in _asked_over_doh(document):
        if (resolver, port, "tcp", name) not in questions:
            found[f"asked {resolver} {port}/tcp over DoH for {name}"] = None
    for host, port, proto in _dialled_by_name(document):
        if (host, port, proto) not in doors:
            found[f"contacted {host} {port}/{proto}"] = None
    return [f"not in the plan: {what}" for what in found]


def _asked_over_doh(document: Mapping[str, Any]) -> set[tuple[str, int, str]]:
    """Questions over DoH that really began: resolver, port and name."""
    probes = [m["task"]["probe"] for m in document["measurements"] if m["observations"]]
    return {
        (p["resolver"]["address"], p["resolver"]["port"], p["name"])
        for p in probes
        if p["type"] == "lookup" and p["resolver"]["kind"] == "doh"
    }


def _dialled_by_name(document: Mapping[str, Any]) -> set[tuple[str, int, str]]:
    """Names that were conversed with at an address of theirs, ports and transports.

    Several names share an address, so that the line alone can't tell whom a conversation was with.
    """
    held = [m for m in document["measurements"] if m["observations"]]
    return {
        (t["probe"]["host"], t["probe"]["port"], _transport(m["observations"]))
        for m in held
        for t in [m["task"]]
        if t["probe"]["type"] == "flow" and t["probe"]["host"] and t["arm"] not in _ELSEWHERE
    }


def _transport(observations: Sequence[Mapping[str, Any]]) -> str:
    named = {o.get("transport") for o in observations}
    return next((t for t in ("udp", "icmp") if t in named), "tcp")


def missed(plan: Plan, packets: Sequence[Captured], document: Mapping[str, Any]) -> list[str]:
    """Lines of the first two rounds without a condition that were not contacted."""
    names, sent = names_of_addresses(packets, document), outgoing(packets)
    talked = _dialled_by_name(document)
    asked = {(p.far, p.far_port, p.proto, p.question) for p in sent if p.question}
    doh = {(resolver, port, "tcp", name) for resolver, port, name in _asked_over_doh(document)}
    reached = {(p.far, p.far_port, p.proto) for p in sent}
    reached |= {
        (name, p.far_port, p.proto)
        for p in sent
        for name in names.get(p.far, ())
        if (name, p.far_port, p.proto) in talked
    }
    faults = []
    for line in plan.lines:
        if line["round"] > 1 or line["condition"]:
            continue
        door = plan.door(line)
        question = (*door, line["asks"])
        kept = door in reached
        if line["asks"]:
            kept = question in asked or (question in doh and door in reached)
        if not kept:
            about = f" for {line['asks']}" if line["asks"] else ""
            faults.append(f"in the plan, not contacted: {door[0]} {door[1]}/{door[2]}{about}")
    return faults
