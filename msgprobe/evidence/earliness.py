"""Ends that come too soon: faster than the way to that very address allows."""

from math import inf

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts, by_address
from msgprobe.evidence.ledger import remembered
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TlsObservation
from msgprobe.model.task import Arm

EARLY = 0.6
"""Share of the shortest round trip below which an answer cannot have come that far; what is missing
to 1 is for clocks and for paths that grow shorter."""

EARLY_REFUSALS = 2
"""Refused connections that must have been refused too soon."""

SYN_RTTS = 2
"""Round trips of the first packets alone that make up for none of a conversation that went well."""

ALL_HELD_UP = 1e-3
"""Chance allowed that every first packet to an address was held up by more than what is allowed
for: the queues of a busy line, filled by our own traffic at times, hold up most of what is sent in
those moments, and nothing a moment later."""


def early(facts: Facts, conversation: Conversation, *, lets_in: bool = False) -> bool:
    """The failure came faster than the path to that very address allows.

    The smallest RTT must come from other sockets: a connect time of the same one proves nothing,
    for one lost SYN would make every genuine answer look early. Of a conversation that failed only
    the RTT of its SYN counts, for whoever forges an end may acknowledge what was said, which the
    kernel takes for a round trip; of such it takes several, for a radio that wakes up delays the
    first packets, and by how much this line does so is left out.

    A server that hangs up on whoever connects (its back ends are down) does so without having heard
    anything: its end comes a round trip after the connection stands, which may be soon after our
    first words where this device was late with them. Not so a server that answers other words on
    the same port (``lets_in``: that is known otherwise); and an alert answers ours, as does an end
    that acknowledges them.
    """
    by_kernel = _acknowledged_at_the_end(conversation)
    took = _answer_time(conversation) if by_kernel is None else by_kernel
    shortest = _shortest(facts, conversation)
    if took is None or shortest is None or took >= EARLY * shortest:
        return False
    heard = by_kernel is not None or (
        conversation.tls is not None and conversation.tls.alert_received
    )
    lets_in = lets_in or _lets_in(facts, conversation)
    return heard or lets_in or not _may_hang_up(conversation, took, shortest)


def sway(facts: Facts, packets: int) -> float:
    """Seconds by which so many first packets to one address may all have been held up, by what
    others of the run took beyond the quickest one to the same address; 0 where none was dialled
    twice."""
    delays = _delays(facts)
    share = 1.0 - ALL_HELD_UP ** (1.0 / packets)
    return delays[int(share * (len(delays) - 1))] if delays else 0.0


@remembered
def _delays(facts: Facts) -> tuple[float, ...]:
    """What first packets took beyond the quickest one to the same address, in order."""
    found = []
    for there in by_address(facts.conversations).values():
        times = [r for t in there if (r := t.syn_rtt) is not None]
        found += [r - min(times) for r in times] if len(times) > 1 else []
    return tuple(sorted(found))


def _shortest(facts: Facts, conversation: Conversation) -> float | None:
    """The smallest round trip to its address that other sockets have seen, or its own SYN where
    that was quicker, for some places are near now and then, less what may have held all of them
    up; None: too few others."""
    others = [
        t
        for t in facts.conversations
        if t.address == conversation.address and t.transaction != conversation.transaction
    ]
    whole = [r for t in others if t.failure is None and (r := _kernel_rtt(t)) is not None]
    opened = [r for t in others if (r := t.syn_rtt) is not None]
    if not whole and len(opened) < SYN_RTTS:
        return None
    seen = (*opened, conversation.syn_rtt or inf)
    return max(0.0, min(*whole, *seen) - sway(facts, len(seen)))


def _lets_in(facts: Facts, conversation: Conversation) -> bool:
    """Most of what is said under other names, or in other words, at that very address and port gets
    an answer."""
    here = (conversation.address, conversation.flow.port)
    spoken = facts.arm(Arm.OTHER_SNI, Arm.OTHER_PAYLOAD)
    others = [t for t in spoken if (t.address, t.flow.port) == here]
    answered = [t for t in others if t.answered_tls or t.answered_http or t.genuine]
    return 2 * len(answered) > len(others)


def _kernel_rtt(conversation: Conversation) -> float | None:
    infos = [
        o.info
        for o in (conversation.tcp, conversation.tls, conversation.http, conversation.protocol)
        if o is not None
    ]
    known = [i.min_rtt for i in infos if i is not None and i.min_rtt > 0]
    return min(known) if known else None


def _may_hang_up(conversation: Conversation, took: float, rtt: float) -> bool:
    """A server that ends every connection as soon as it stands could have done so by then."""
    spoken = conversation.tls if conversation.tls is not None else conversation.protocol
    if conversation.tcp is None or spoken is None:
        return False  # the connection itself was refused
    return spoken.window.start + took >= conversation.tcp.window.start + (1 + EARLY) * rtt


def _acknowledged_at_the_end(conversation: Conversation) -> float | None:
    """Seconds from our ClientHello to the one segment that acknowledged it and ended the
    connection, by the kernel, which is never late; None where that is not what happened, or not
    known. What was sent twice tells no time (Karn's algorithm, RFC 6298 section 3)."""
    tcp, tls = conversation.tcp, conversation.tls
    if tcp is None or tls is None or tcp.info is None or tls.info is None:
        return None
    ended = tls.failure is Failure.EOF and not tls.bytes_received and tls.hello_acked is True
    at_once = tls.info.segs_in == tcp.info.segs_in + 1 and not tls.info.total_retrans
    quicker = 0 < tls.info.min_rtt < tcp.info.min_rtt
    return tls.info.min_rtt if ended and at_once and quicker else None


def _answer_time(conversation: Conversation) -> float | None:
    """Seconds from our last write to the failure."""
    if conversation.stage.name == "CONNECT" and conversation.tcp is not None:
        return conversation.tcp.window.seconds
    if isinstance(conversation.tls, TlsObservation) and conversation.tls.failure is not None:
        return (
            conversation.tls.window.seconds
            if conversation.tls.first_byte is None
            else conversation.tls.first_byte
        )
    said = conversation.protocol
    ended = (Failure.CONNECTION_RESET, Failure.EOF)
    if (
        said is not None
        and conversation.tls is None
        and said.failure in ended
        and not said.bytes_received
    ):
        return said.window.seconds
    return None
