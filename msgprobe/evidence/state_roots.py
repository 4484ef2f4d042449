"""Authorities of states that have signed, or were made to sign, for names of others.

Known by the names that they give themselves: whoever writes such a name is called by it, no more.
"""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.resigning import NEUTRAL_ARMS, issuers
from msgprobe.model.failure import Failure
from msgprobe.model.target import Service

STATE_ROOTS: dict[str, tuple[str, ...]] = {
    # Raman et al., "Investigating Large Scale HTTPS Interception in Kazakhstan" (IMC 2020), and
    # https://github.com/net4people/bbs/issues/339: names of the roots since 2016.
    "state_root_kz": (
        "qaznet",
        "information security certification authority",
    ),
    # https://www.gosuslugi.ru/crypto (2022)
    "state_root_ru": ("russian trusted root ca", "russian trusted sub ca"),
}
"""Notes, and how those authorities call themselves."""


def state_root(conversation: Conversation) -> str | None:
    """The note about the state whose authority the shown chain names; None for none."""
    if conversation.tls is None or not conversation.tls.chain:
        return None
    named = " ".join(issuers(conversation.tls.chain)).lower()
    found = (n for n, names in STATE_ROOTS.items() if any(one in named for one in names))
    return next(found, None)


def foreign_state_roots(facts: Facts) -> frozenset[str]:
    """Notes of states whose authorities sign, unbelieved, for neutral sites abroad or for services
    that are not their country's."""
    services = {s.name: s for s in facts.services}
    neutral = [t for s, t in facts.site_conversations(*NEUTRAL_ARMS) if s.country is None]
    own = (t for t in facts.arm(*OWN_ARMS) if _unbelieved(t) and t.task.subject in services)
    abroad = (t for t in own if not at_home(services[t.task.subject], t))
    signed = (*filter(_unbelieved, neutral), *abroad)
    return frozenset(note for t in signed if (note := state_root(t)) is not None)


def _unbelieved(conversation: Conversation) -> bool:
    return conversation.failure is Failure.TLS_UNKNOWN_AUTHORITY


def at_home(service: Service, conversation: Conversation) -> bool:
    """Whether the chain names an authority of the country under whose domain the service has a
    name: a state may demand of its own services that they use its authority."""
    if conversation.tls is None or not conversation.tls.chain:
        return False
    return bool(countries(issuers(conversation.tls.chain)) & home_countries((service,)))


def home_countries(services: Iterable[Service]) -> frozenset[str]:
    """The countries (two letters, in lower case) under whose domains services have names."""
    hosts = (e.host for s in services for e in s.endpoints if e.host is not None)
    ends = (host.lower().rstrip(".").rpartition(".")[2] for host in hosts)
    return frozenset(end for end in ends if len(end) == 2)


def countries(names: Iterable[str]) -> frozenset[str]:
    """The countries (``C=``) of these authorities, in lower case."""
    parts = (part for name in names for part in name.split(", "))
    return frozenset(part[2:].lower() for part in parts if part.startswith("C="))
