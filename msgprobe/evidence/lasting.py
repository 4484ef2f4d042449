"""How long a fault was seen: what is over within seconds accuses nobody.

Servers that are begun again refuse, reset, fall silent or break off for seconds, for everybody, all
at once where one balancer stands before them, while neutral sites are well. Nothing tells that from
a block by address but time, or an answer in the same seconds that shows what else it is: another
name, another shape or another form of the same words at the same place.
"""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.model.observation import DnsObservation, TransferObservation

LASTING = 15.0
"""Seconds for which a fault must have been seen where nothing else tells that it is no accident."""


def lasts(failed: Iterable[Conversation]) -> bool:
    """These, all of which failed, were begun and asked for the last time so far apart."""
    failed = [t for t in failed if t.failure is None or not t.failure.is_ours]
    if not failed:
        return False
    return max(map(asked_until, failed)) - min(map(begun, failed)) >= LASTING


def asked_for_long(questions: Iterable[DnsObservation]) -> bool:
    """Those that failed were asked so far apart. A resolver that does not reach a zone's servers
    fails until it does, and for some seconds more (RFC 2308 section 7)."""
    asked = [o.window.start for o in questions if o.failure is not None]
    return bool(asked) and max(asked) - min(asked) >= LASTING


def begun(conversation: Conversation) -> float:
    """Seconds since the run began when the first packet was sent."""
    return conversation.dialled or conversation.protocol_start


def asked_until(conversation: Conversation) -> float:
    """Seconds since the run began until when a server that is there again would have been noticed.

    What is not acknowledged is sent again, and who has come back resets what he does not know. A
    datagram is sent once; and whoever has acknowledged the words, a balancer for servers that are
    gone, need not say anything about them ever after.
    """
    if conversation.transfer is not None:
        return conversation.transfer.window.end - _pause(conversation.transfer)
    every = (conversation.tcp, conversation.tls, conversation.http, conversation.protocol)
    last = [o for o in every if o is not None][-1]
    if not conversation.met_silence:
        return last.window.end
    said = conversation.protocol
    if said is not None and (said.transport != "tcp" or said.request_acked):
        return said.window.start
    heard = conversation.tls is not None and conversation.tls.hello_acked
    return last.window.start if heard else last.window.end


def _pause(seen: TransferObservation) -> float:
    """Seconds that were waited for more at its end."""
    stalled = bool(seen.stalls) and seen.stalls[-1][0] == seen.moved
    return seen.stalls[-1][1] if stalled else 0.0
