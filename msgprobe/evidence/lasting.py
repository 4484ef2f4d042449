"""How long a fault was seen: what is over within seconds accuses nobody.

Servers that are begun again refuse, reset, fall silent or break off for seconds, for everybody, all
at once where one balancer stands before them, while neutral sites are well. Nothing tells that from
a block by address but time, or an answer in the same seconds that shows what else it is: another
name, another shape or another form of the same words at the same place.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from msgprobe.evidence.conversation import Conversation
from msgprobe.model.observation import DnsObservation, TcpObservation, TransferObservation

LASTING = 15.0
"""Seconds for which a fault must have been seen where nothing else tells that it is no accident."""


SYN_AGAIN: Final = 3.0
"""Seconds after which a SYN has been sent again, on either of these: after one and after two more
(RFC 6298 section 2), or after each second, as Linux does at first from 6.5 on."""

_PAUSES: Final = ((1, 2, 4, 8, 16, 32), (1, 1, 1, 1, 1, 2, 4, 8, 16))
"""Seconds before each repeat of a SYN: that RFC's, and Linux' (``tcp_syn_linear_timeouts`` is 4, by
which five pauses are alike)."""

_TIMER: Final = 0.2
"""Seconds by which a repeat may come late; less than any wait goes on after a repeat, lest a system
that repeats after one and two seconds be taken for one that has done so after each, and not yet the
third time."""


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

    What is not acknowledged is sent again, and who has come back resets what he does not know, but
    not before that reaches him: the pauses double, so that words were said for the last time when
    half of the wait was over, if not later. A datagram is sent once; and whoever has acknowledged
    the words, a balancer for servers that are gone, need not say anything about them ever after.
    """
    if conversation.transfer is not None:
        return conversation.transfer.window.end - _pause(conversation.transfer)
    every = (conversation.tcp, conversation.tls, conversation.http, conversation.protocol)
    last = [o for o in every if o is not None][-1]
    if not conversation.met_silence:
        return last.window.end
    if isinstance(last, TcpObservation):
        return last.window.start + _last_syn(last)
    said = conversation.protocol
    if said is not None and (said.transport != "tcp" or said.request_acked):
        return said.window.start
    heard = conversation.tls is not None and conversation.tls.hello_acked
    return last.window.start if heard else last.window.start + last.window.seconds / 2


def _last_syn(seen: TcpObservation) -> float:
    """Seconds from a connect that met silence to its last SYN; by the RFC where the system does not
    say how many there were."""
    waited, slow = seen.window.seconds, tuple(accumulate(_PAUSES[0]))
    if seen.info is None:
        return max((at for at in slow if at <= waited), default=0)
    again = seen.info.total_retrans
    known = (slow, tuple(accumulate(_PAUSES[1])))
    fit = [_at(again, one) for one in known if _sent_by(waited, one, again)]
    return min(fit, default=min(float(again), waited))


def _sent_by(waited: float, times: Sequence[float], again: int) -> bool:
    """So many of these had come, and no more."""
    if again >= len(times):
        return False
    return _at(again, times) <= waited and times[again] > waited - _TIMER


def _at(again: int, times: Sequence[float]) -> float:
    return times[again - 1] if again else 0.0


def _pause(seen: TransferObservation) -> float:
    """Seconds that were waited for more at its end."""
    stalled = bool(seen.stalls) and seen.stalls[-1][0] == seen.moved
    return seen.stalls[-1][1] if stalled else 0.0
