"""Services that have something to do with each other: one owner may change all certificates."""

from collections.abc import Iterable, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.model.target import Service

_LABELS = 2
"""Labels of a name that tell who owns it. Of a country with names like ``co.uk`` too much is then
one owner's, which accuses nobody."""


def unrelated(services: Sequence[Service], conversations: Iterable[Conversation]) -> bool:
    """Whether the conversations are with two services at least that share neither a domain, nor a
    network of addresses."""
    by_name = {s.name: s for s in services}
    dialled: dict[str, set[str]] = {}
    for conversation in conversations:
        if conversation.task.subject in by_name:
            dialled.setdefault(conversation.task.subject, set()).add(conversation.address)
    names = sorted(dialled)
    return any(
        not _related(by_name[one], dialled[one], by_name[other], dialled[other])
        for n, one in enumerate(names)
        for other in names[n + 1 :]
    )


def _related(one: Service, mine: set[str], other: Service, theirs: set[str]) -> bool:
    if _domains(one) & _domains(other) or set(one.prefixes) & set(other.prefixes):
        return True
    if ips.same_network(mine, theirs):
        return True
    inside = (ips.within(a, other.prefixes) for a in mine)
    return any(inside) or any(ips.within(a, one.prefixes) for a in theirs)


def _domains(service: Service) -> set[str]:
    hosts = {e.host for e in service.endpoints if e.host is not None}
    return {".".join(host.lower().rstrip(".").split(".")[-_LABELS:]) for host in hosts}
