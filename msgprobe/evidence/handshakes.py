"""Handshakes with a service, by what names them, and which names waver: some are answered, and some
of the same kind fail at the same place."""

from collections.abc import Iterable, Mapping

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.crowding import crowded_out
from msgprobe.evidence.facts import OWN_ARMS, Facts, grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.six import comparable
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.observation import Proof
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role

ELSEWHERE = (Arm.SHARE_ELSEWHERE, Arm.TARGET_SNI_ELSEWHERE)

_FAILS = frozenset(
    {"tls.reset", "tls.eof", "tls.timeout", "tls.alert", "tcp.timeout", "tcp.refused"}
)

_MODERN = (Arm.MODERN, Arm.MODERN_ELSEWHERE, Arm.MODERN_NEUTRAL, Arm.BIG_HELLO)

Named = Mapping[str, list[Conversation]]
"""Conversations by what names them."""


def answered(conversation: Conversation) -> bool:
    """The handshake was: of TLS, or of a protocol of its own."""
    if conversation.tls is not None or conversation.protocol is None:
        return conversation.answered_tls and conversation.symptom not in _FAILS
    return conversation.protocol.proof >= Proof.SHAPE and not conversation.impostor


def failed(conversation: Conversation) -> bool:
    """It ended before the handshake was answered; an impostor's answer is neither."""
    symptom = conversation.symptom or ""
    own = symptom.startswith("protocol.") and conversation.tls is None
    return symptom in _FAILS or (own and not answered(conversation) and not conversation.impostor)


def modern(conversation: Conversation) -> bool:
    """The ClientHello was a modern client's: two segments long, with HTTP/2."""
    by_arm = conversation.task.arm in _MODERN
    return by_arm or conversation.flow.option(OPTION) == Hello.MODERN.value


@remembered
def spoken(facts: Facts, service: Service) -> dict[str, list[Conversation]]:
    """Conversations that begin with a connection to the service's own addresses, whoever gave
    these, by what names them: the name in the ClientHello, the host where none is sent, the
    endpoint where there is none. What our own crowd kept from opening says nothing of them,
    nor what goes over an IPv6 that loses much whoever is asked."""
    kinds = {e.name: e for e in service.endpoints}
    found = []
    every = facts.arm(*OWN_ARMS, Arm.OTHER_ADDRESS, Arm.SHARE, subject=service.name)
    for t in comparable(facts, every):
        endpoint = kinds.get(t.task.endpoint or "")
        if t.task.role is not Role.TARGET or endpoint is None or facts.traits.datagrams(endpoint):
            continue
        if modern(t):
            continue  # what is counted so is another question: see `mixed_modern`
        tls = t.tls is not None or facts.traits.speaks_tls(endpoint)
        ours = facts.crowded and crowded_out(t)
        if tls == bool(t.flow.server_name) and not ours:
            found.append(t)
    return grouped(found, lambda t: t.flow.server_name or t.flow.host or t.task.endpoint or "")


@remembered
def named(facts: Facts, service: Service) -> dict[str, list[Conversation]]:
    """What is `spoken`, and what was moved under the same names, with the pages that say where it
    is: who looks at a name does not look at what it is said for. Of a name that wavers only where
    modern clients say it, what is said so."""
    found = _with(facts, service, Arm.TRANSFER, Arm.TRANSFER_PAGE)
    said = _modern(facts, service, Arm.MODERN, Arm.SHARE)
    return {**found, **{what: said[what] for what in mixed_modern(facts, service)}}


def _with(facts: Facts, service: Service, *arms: Arm) -> dict[str, list[Conversation]]:
    found = {what: list(conversations) for what, conversations in spoken(facts, service).items()}
    for t in facts.arm(*arms, subject=service.name):
        if t.tls is not None and t.flow.server_name in found:
            found[t.flow.server_name].append(t)
    return found


def alone(facts: Facts, conversation: Conversation) -> bool:
    """No other conversation that named the same host was under way."""
    mine = facts.window(conversation)
    others = (
        facts.window(t)
        for t in facts.conversations
        if t.flow.server_name == conversation.flow.server_name and t is not conversation
    )
    return all(w.end <= mine.start or mine.end <= w.start for w in others)


@remembered
def mixed(facts: Facts, service: Service) -> tuple[str, ...]:
    """Those that some address both answered and failed: neither cut off nor left alone; or that
    fail at their own, and some neutral server did both. Pages count that were read on the way to
    what is moved, and of that what was broken off; not what was silent: a limit by name loses some
    of its handshakes as well."""
    asked = (t for t in facts.arm(*ELSEWHERE, subject=service.name) if not modern(t))
    there = grouped(asked, lambda t: t.flow.server_name or "")
    said = _with(facts, service, Arm.TRANSFER_PAGE, Arm.TRANSFER)
    here = {what: [t for t in some if not _moved_in_silence(t)] for what, some in said.items()}
    return tuple(_mixed(here, there))


def _moved_in_silence(conversation: Conversation) -> bool:
    return conversation.task.arm is Arm.TRANSFER and conversation.met_silence


@remembered
def mixed_modern(facts: Facts, service: Service) -> tuple[str, ...]:
    """Those of which the same holds where modern clients say them, and not otherwise; whatever was
    counted so once stays."""
    here = _modern(facts, service, Arm.MODERN, Arm.SHARE)
    there = _modern(facts, service, Arm.MODERN_ELSEWHERE, Arm.SHARE_ELSEWHERE)
    counted = {what for what, said in here.items() if any(t.task.arm is Arm.SHARE for t in said)}
    known, usual = spoken(facts, service), mixed(facts, service)
    return tuple(
        what
        for what in _mixed(here, there)
        if what in known and (what in counted or what not in usual)
    )


def _modern(facts: Facts, service: Service, *arms: Arm) -> dict[str, list[Conversation]]:
    """What was said in these as modern clients say it."""
    said = (t for t in facts.arm(*arms, subject=service.name) if modern(t))
    return grouped(said, lambda t: t.flow.server_name or "")


def _mixed(here: Named, there: Named) -> Iterable[str]:
    for what, some in here.items():
        if _some_waver(some) or (any(map(failed, some)) and _some_waver(there.get(what, ()))):
            yield what


def _some_waver(conversations: Iterable[Conversation]) -> bool:
    return any(map(_wavers, grouped(conversations, lambda t: t.address).values()))


def _wavers(there: Iterable[Conversation]) -> bool:
    ends = list(there)
    return any(map(failed, ends)) and any(map(answered, ends))
