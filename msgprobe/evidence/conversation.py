"""One flow as a whole: how far it came, what ended it, and what the answer proves."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import cached_property
from typing import TypeVar

from msgprobe.evidence.starts import Start, usual_start
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    IMPOSTOR_STAGES,
    HttpObservation,
    Observation,
    Proof,
    ProtocolObservation,
    TcpInfo,
    TcpObservation,
    TlsObservation,
    TransferObservation,
)
from msgprobe.model.task import Flow, Role, Task

Seen = TypeVar("Seen", bound=Observation)

AT_ONCE = 0.002
"""Seconds within which only this machine itself can have answered."""


_SPOKEN = (Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET, Failure.EOF)
"""Failures that somebody on the other side brought about: the line is not dead."""


class Stage(IntEnum):
    """The last stage that a conversation entered."""

    CONNECT = 1
    TLS = 2
    ANSWER = 3


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """The observations of one Flow task, folded. ``failure`` is None when all went well.

    Not slotted, so that what planner and rules ask thousands of times is worked out once.
    """

    task: Task
    flow: Flow
    transaction: int
    stage: Stage
    failure: Failure | None
    tcp: TcpObservation | None = None
    tls: TlsObservation | None = None
    http: HttpObservation | None = None
    protocol: ProtocolObservation | None = None
    transfer: TransferObservation | None = None

    @property
    def address(self) -> str:
        """The address dialled."""
        return self.flow.address

    @property
    def dialled(self) -> float:
        """Seconds since the run began when TCP was dialled; 0 where it was not."""
        return self.tcp.window.start if self.tcp is not None else 0.0

    @property
    def protocol_start(self) -> float:
        """Seconds since the run began when the service's own protocol was begun; 0: never."""
        return self.protocol.window.start if self.protocol is not None else 0.0

    @property
    def protocol_end(self) -> float:
        """Seconds since the run began when that was over; 0: it never began."""
        return self.protocol.window.end if self.protocol is not None else 0.0

    @property
    def secured_after(self) -> float:
        """Seconds that the TLS handshake took, those left out in which it was `read_late`; 0 where
        there was none."""
        return 0.0 if self.tls is None else self.tls.window.seconds - self.read_late

    @property
    def read_late(self) -> float:
        """Seconds for which the last answer of a TLS handshake lay here unread: it is this device
        that was late. 0 where nobody knows."""
        if self.tls is None or self.tls.failure is not None or self.tls.info is None:
            return 0.0
        return min(self.tls.window.seconds, self.tls.info.last_received)

    @property
    def connected(self) -> bool:
        """The TCP handshake completed."""
        return self.tcp is not None and self.tcp.failure is None

    @property
    def syn_rtt(self) -> float | None:
        """Seconds of the round trip that opened its connection, as the kernel says."""
        info = self.tcp.info if self.connected and self.tcp is not None else None
        return info.min_rtt if info is not None and info.min_rtt > 0 else None

    @property
    def met_silence(self) -> bool:
        """It ended because nothing came in time."""
        return self.failure is not None and self.failure.is_silence

    @property
    def sent_again(self) -> int:
        """How often the first packet of the connection was sent again, as the kernel says."""
        info = self.tcp.info if self.tcp is not None else None
        return 0 if info is None else info.total_retrans

    @property
    def knocked(self) -> float:
        """Seconds between its first packet and the one that was answered: those before were lost.
        The kernel tells the round trip of that one apart (timestamps: RFC 7323 section 4)."""
        if self.tcp is None or self.tcp.info is None or not (self.connected and self.sent_again):
            return 0.0
        rtt = self.tcp.info.rtt
        return max(0.0, self.tcp.window.seconds - rtt) if rtt else 0.0

    @cached_property
    def start(self) -> Start | None:
        """Its first packet, where that is one of a kind and tells of the line."""
        ours = self.failure is not None and self.failure.is_ours
        if self.tcp is None or ours or not usual_start(self.flow):
            return None
        return Start(
            at=self.tcp.window.start,
            lookup=False,
            neutral=self.task.role is Role.CONTROL,
            heard=self.connected,
            took=self.tcp.window.seconds,
            repeated=self.sent_again > 0,
        )

    @cached_property
    def authenticated(self) -> bool:
        """A TLS peer showed a chain that verified for the name."""
        return self.tls is not None and self.tls.verified

    @cached_property
    def answered_tls(self) -> bool:
        """Something came back that only a TLS peer sends: a certificate or its own alert. Of an
        alert that came as we broke off nobody knows what it would have said: a peer whose patience
        with a device that stands still has ended may send one too."""
        if self.tls is None or self.tls.failure is None or self.tls.chain:
            return self.tls is not None
        return self.tls.alert_received and not self.tls.failure.is_ours

    @cached_property
    def dies_after_handshake(self) -> bool:
        """The handshake went well, then what was said inside it died."""
        if self.failure is None or self.failure.is_ours or self.stage is not Stage.ANSWER:
            return False
        return self.tls is not None and self.tls.failure is None and self.transfer is None

    @property
    def answered_http(self) -> bool:
        """Some web server answered inside TLS, whatever it said."""
        return self.tls is not None and self.http is not None and self.http.status is not None

    @cached_property
    def proof(self) -> Proof:
        """The strongest thing that the answer proves about who gave it."""
        if self.authenticated and not self.impostor:
            return Proof.CRYPTO
        if self.protocol is not None:
            return self.protocol.proof
        if self.http is not None and self.http.status is not None:
            return Proof.SHAPE
        if self.tls is not None and self.tls.bytes_received:
            return Proof.BYTES
        return Proof.CONNECTED if self.connected else Proof.NONE

    @cached_property
    def impostor(self) -> bool:
        """Somebody answered in the service's own protocol without the service's key.

        Inside authenticated TLS too: whoever holds that certificate is not who he should be.
        """
        return self.protocol is not None and self.protocol.stage in IMPOSTOR_STAGES

    @cached_property
    def genuine(self) -> bool:
        """It ended well and the answer is the service's own: authenticated, or in its protocol."""
        if self.failure is not None or self.impostor:
            return False
        if self.authenticated:
            return self.http is None or self.http.status is not None
        return self.protocol is not None and self.protocol.proof >= Proof.SHAPE

    @property
    def server_error(self) -> bool:
        """An authenticated 5xx: the service itself says that it fails."""
        return (
            self.http is not None
            and self.http.authenticated
            and self.http.status is not None
            and self.http.status >= 500
        )

    @property
    def refused_by_service(self) -> bool:
        """An authenticated 403, 429 or 451 where another answer was due (451 always is one)."""
        http = self.http
        if http is None or not http.authenticated:
            return False
        return http.status == 451 or (http.status in (403, 429) and http.matched is False)

    @cached_property
    def info(self) -> TcpInfo | None:
        """The kernel's last view of the connection."""
        every = (self.transfer, self.protocol, self.http, self.tls, self.tcp)
        return next((o.info for o in every if o is not None and o.info is not None), None)

    @cached_property
    def layers(self) -> tuple[tuple[float, float, bool], ...]:
        """Start, end (seconds of the run) and success of each of its layers, in order."""
        every = (self.tcp, self.tls, self.http, self.protocol, self.transfer)
        return tuple(
            (o.window.start, o.window.end, o.failure is None) for o in every if o is not None
        )

    @cached_property
    def heard(self) -> tuple[float, ...]:
        """Moments, in seconds of the run, at which the other side was heard: each layer that ended
        well, and every byte."""
        ended = [end for _, end, ok in self.layers if ok]
        if self.failure in _SPOKEN:
            ended += [end for _, end, ok in self.layers[-1:] if not ok]
        asked = self.protocol if self.protocol is not None and self.protocol.round_trips else None
        # These ends say nothing: what is never answered, or comes no more, is waited for till then.
        waits = {o.window.end for o in (asked, self.transfer) if o is not None}
        return (*(at for at in ended if at not in waits), *self._bytes_came(asked))

    def _bytes_came(self, asked: ProtocolObservation | None) -> Iterator[float]:
        if self.tls is not None and self.tls.failure is not None and self.tls.bytes_received:
            yield self.tls.window.start + (self.tls.first_byte or 0.0)
        if asked is not None and asked.first_byte is not None:
            yield asked.window.start + asked.first_byte
        if self.transfer is not None:
            yield from (self.transfer.window.start + after for after, _ in self.transfer.curve)

    @cached_property
    def symptom(self) -> str | None:
        """The shallow mechanism path of the failure, None when there is none.

        ``protocol.impostor`` is none of the network's: somebody else answered.
        """
        if self.failure is not None and self.failure.is_ours:
            return None
        if self.impostor:
            return "protocol.impostor"
        if self.failure is None:
            return None
        return _symptom(self.stage, self.failure, self)


def _symptom(stage: Stage, failure: Failure, conversation: Conversation) -> str:
    if failure in (Failure.ADDRESS_NOT_AVAILABLE, Failure.NETWORK_DOWN):
        return "local"
    if failure is Failure.PERMISSION_DENIED:
        # ICMPv6 "administratively prohibited" from a router comes as EACCES too; a rule on this
        # machine answers at once.
        waited = conversation.tcp is not None and conversation.tcp.window.seconds >= AT_ONCE
        return "ip.unreachable" if waited and ":" in conversation.address else "local"
    if stage is Stage.CONNECT:
        if failure in (Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET):
            return "tcp.refused"
        if failure in (Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE):
            return "ip.unreachable"
        return "tcp.timeout" if failure.is_silence else "tcp"
    if stage is Stage.TLS:
        return _tls_symptom(failure, conversation)
    if conversation.protocol is not None and conversation.protocol.transport == "udp":
        return _udp_symptom(failure, conversation.protocol)
    if conversation.protocol is not None:
        return "protocol." + conversation.protocol.protocol
    return "tls.post_handshake" if conversation.tls is not None else "http"


def _udp_symptom(failure: Failure, seen: ProtocolObservation) -> str:
    """Nobody accepts or refuses datagrams: all that is seen is an answer, ICMP, or nothing. Where
    some of several questions were answered it is not silence, whatever ended it."""
    if failure in (Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET):
        return "udp.refused"
    if failure in (Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE):
        return "udp.unreachable"
    answered = any(trip is not None for trip in seen.round_trips)
    return "udp.timeout" if failure.is_silence and not answered else "udp"


def _tls_symptom(failure: Failure, conversation: Conversation) -> str:
    if failure.is_certificate:
        return "tls.certificate"
    if failure is Failure.CONNECTION_RESET or failure is Failure.CONNECTION_ABORTED:
        return "tls.reset"
    if failure is Failure.EOF:
        return "tls.eof"
    if failure.is_silence:
        return "tls.timeout"
    if conversation.tls is not None and conversation.tls.alert_received:
        return "tls.alert"
    return "tls.garbage"


def _one(seen: Mapping[type, Observation], kind: type[Seen]) -> Seen | None:
    found = seen.get(kind)
    return found if isinstance(found, kind) else None


def fold(measurement: Measurement) -> Conversation | None:
    """The conversation of a Flow task; None when it never began or the check itself broke."""
    task = measurement.task
    if not isinstance(task.probe, Flow) or measurement.status in (Status.BUG, Status.SKIPPED):
        return None
    seen = {type(o): o for o in measurement.observations}
    tcp, tls = _one(seen, TcpObservation), _one(seen, TlsObservation)
    http, protocol = _one(seen, HttpObservation), _one(seen, ProtocolObservation)
    transfer = _one(seen, TransferObservation)
    last = transfer or protocol or http or tls or tcp
    if last is None:
        return None
    every = (o for o in (tcp, tls, http, protocol, transfer) if o is not None)
    failed = next((o for o in every if o.failure is not None), None)
    # A protocol that turns to TLS on its way goes no deeper than that TLS.
    deepest = failed or last
    stage = Stage.ANSWER
    if deepest is tcp:
        stage = Stage.CONNECT
    elif deepest is tls:
        stage = Stage.TLS
    return Conversation(
        task=task,
        flow=task.probe,
        transaction=last.transaction,
        stage=stage,
        failure=None if failed is None else failed.failure,
        tcp=tcp,
        tls=tls,
        http=http,
        protocol=protocol,
        transfer=transfer,
    )
