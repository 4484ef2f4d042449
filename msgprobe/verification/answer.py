"""What a conversation says about the row that it was held for. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.hypotheses.quic.rules import answered as quic_answered
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    Proof,
    TransferObservation,
)
from msgprobe.model.row import Came, Word
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow
from msgprobe.report.narrate import FAILURES

SERVED = (200, 206)
"""Statuses with which an object, or a part of it, is given."""

BODY_SHOWN = 120
"""Characters of an unexpected answer that are shown."""

_ANSWERS = frozenset(
    {
        Failure.TLS_UNKNOWN_AUTHORITY,
        Failure.TLS_INVALID_HOSTNAME,
        Failure.TLS_INVALID_CERTIFICATE,
        Failure.TLS_FAILED,
        Failure.HTTP_INVALID,
        Failure.HTTP_UNEXPECTED,
        Failure.PROTOCOL_INVALID,
        Failure.TOO_LARGE,
        Failure.DNS_MISBEHAVING,
        Failure.DNS_REFUSED,
    }
)
"""Failures that consist in an answer: something else came than was due."""


NOTHING = Came()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The word about one conversation, and what came in it."""

    word: Word
    what: str = ""
    came: Came = NOTHING
    cut: bool = False


HOLDS = Answer(word=Word.HOLDS)


def of_service(measurement: Measurement, promised: Proof | None) -> Answer:
    """A row that promises an answer of its service: ``promised`` is the strongest proof that its
    check could bring, None where the check makes no promise."""
    conversation = fold(measurement)
    if conversation is None:
        return unheld(measurement)
    if conversation.impostor:
        said = conversation.protocol.detail if conversation.protocol is not None else ""
        return _differs(conversation, f"an answer without the service's key: {said}")
    if conversation.failure is not None:
        return failed(conversation)
    if conversation.protocol is None or conversation.protocol.transport != "udp":
        odd = _unexpected(conversation)
        if odd is not None:
            return odd
    if promised is not None and conversation.proof < min(promised, Proof.SHAPE):
        return _differs(
            conversation, f"an answer that proves nothing (P{conversation.proof.value})"
        )
    if promised is not None and conversation.proof < promised:
        return Answer(word=Word.HOLDS, what="answered, not authenticated")
    return HOLDS


def of_name_elsewhere(measurement: Measurement) -> Answer:
    """A server that should answer at TLS level whatever name it is asked for."""
    conversation = fold(measurement)
    if conversation is None:
        return unheld(measurement)
    if conversation.answered_tls:
        return HOLDS
    said = (
        failed(conversation)
        if conversation.failure is not None
        else _differs(conversation, "no TLS")
    )
    name = conversation.flow.server_name or "another name"
    return Answer(word=Word.DIFFERS, what=f"asked for {name}: {said.what}", cut=said.cut)


def of_quic(measurement: Measurement) -> Answer:
    """A neutral site that should speak QUIC."""
    conversation = fold(measurement)
    if conversation is None:
        return unheld(measurement)
    return HOLDS if quic_answered(conversation) else failed(conversation)


def of_transfer(measurement: Measurement) -> Answer:
    """An object that should be given, or a request body that should be taken."""
    conversation = fold(measurement)
    if conversation is None:
        return unheld(measurement)
    seen = conversation.transfer
    if seen is None:
        return of_page(measurement)
    if seen.answers is not None:
        return HOLDS if seen.answers else failed(conversation)
    return (_taken if seen.direction is Direction.UP else _given)(conversation, seen)


def _taken(conversation: Conversation, seen: TransferObservation) -> Answer:
    if seen.moved >= seen.wanted or seen.capped:
        return HOLDS
    if seen.status is not None:
        return _differs(conversation, f"status {seen.status} after {seen.moved} bytes", seen.status)
    return failed(conversation)


def _given(conversation: Conversation, seen: TransferObservation) -> Answer:
    if seen.status is not None and seen.status not in SERVED:
        return _differs(conversation, f"status {seen.status}", seen.status)
    if seen.moved >= seen.wanted or (seen.capped and seen.moved):
        return HOLDS
    if seen.failure is not None or seen.capped:
        return failed(conversation)
    return _differs(conversation, f"only {seen.moved} bytes came, of {seen.wanted}", seen.status)


def of_page(measurement: Measurement) -> Answer:
    """A page that should name an object, and named none."""
    conversation = fold(measurement)
    if conversation is None:
        return unheld(measurement)
    if conversation.failure is not None:
        return failed(conversation)
    page = conversation.http
    if page is not None and page.status not in SERVED:
        return _differs(conversation, f"the page answers with status {page.status}{_sent_on(page)}")
    return _differs(conversation, "the page names no such object")


def of_resolver(measurement: Measurement) -> Answer:
    """A resolver that should give a neutral name's address."""
    lookup = _question(measurement)
    if lookup is None:
        return unheld(measurement)
    if lookup.failure is None and lookup.addresses:
        lies = [a for a in lookup.addresses if ips.is_bogon(a)]
        if not lies:
            return HOLDS
        return Answer(word=Word.DIFFERS, what=f"{lookup.name} leads to {lies[0]}")
    return _unresolved(lookup)


def of_silence(measurement: Measurement) -> Answer:
    """An address that should run no DNS server: silence and refusal both show that it does not."""
    lookup = _question(measurement)
    if lookup is None:
        return unheld(measurement)
    if lookup.answers or lookup.rcode is not None:
        said = ", ".join(lookup.addresses) or lookup.rcode or "something"
        return Answer(word=Word.DIFFERS, what=f"somebody answers DNS there: {said}")
    if lookup.failure is Failure.INTERRUPTED:
        return unheld(measurement)
    return HOLDS


def of_beacon(measurement: Measurement, up: Sequence[str], down: Sequence[str]) -> Answer:
    """The name whose address is the service's own word on its health."""
    lookup = _question(measurement)
    if lookup is None:
        return unheld(measurement)
    if lookup.failure is not None or not lookup.addresses:
        return _unresolved(lookup)
    if ips.same(lookup.addresses, up):
        return HOLDS
    said = ", ".join(lookup.addresses)
    why = "the service says that it is down" if ips.same(lookup.addresses, down) else "neither word"
    return Answer(word=Word.DIFFERS, what=f"{said}: {why}")


def of_name(measurement: Measurement | None) -> Answer:
    """Whether a name leads to addresses where a public service can live."""
    lookup = None if measurement is None else _question(measurement)
    if measurement is None or lookup is None:
        return unheld(measurement)
    if lookup.failure is not None or not lookup.addresses:
        return _unresolved(lookup)
    if all(ips.is_bogon(a) for a in lookup.addresses):
        return Answer(word=Word.DIFFERS, what=f"the name leads to {', '.join(lookup.addresses)}")
    return HOLDS


def unheld(measurement: Measurement | None) -> Answer:
    """Why there was no conversation."""
    if measurement is None:
        return Answer(word=Word.NOT_ASKED, what="not begun", cut=True)
    if measurement.status is Status.BUG:
        return Answer(word=Word.NOT_ASKED, what=f"our own fault: {measurement.detail}", cut=True)
    return Answer(word=Word.NOT_ASKED, what=measurement.detail or "not begun", cut=True)


def failed(conversation: Conversation) -> Answer:
    """How a conversation ended badly: something else came, or nothing."""
    failure = conversation.failure or Failure.INTERRUPTED
    if failure.is_ours:
        return Answer(word=Word.NOT_ASKED, what=FAILURES[failure], cut=True)
    where = f"{_place(conversation.address)}:{conversation.flow.port}"
    what = f"{where}: {FAILURES[failure]}"
    tls = conversation.tls
    if failure.is_certificate and tls is not None and tls.chain:
        what += f", of {tls.chain[0].issuer or 'nobody'}, for {tls.chain[0].subject or 'nobody'}"
        return _differs(conversation, what)
    alert = tls is not None and tls.alert_received
    if alert and tls is not None:
        what += f" (alert {tls.alert})"
    if conversation.http is not None and conversation.http.status is not None:
        what += f", status {conversation.http.status}"
    if failure in _ANSWERS or alert:
        return _differs(conversation, what)
    return Answer(word=Word.NO_ANSWER, what=what)


def together(answers: Sequence[Answer], addresses: Sequence[str] = ()) -> Answer:
    """One word about a row that was asked at several ``addresses`` of its name (as long as
    ``answers``): it differs as soon as one answer does, and holds where some address answers."""
    held = tuple(
        address
        for address, answer in zip(addresses, answers, strict=False)
        if answer.word is Word.HOLDS
    )
    for word in (Word.DIFFERS, Word.HOLDS, Word.NO_ANSWER, Word.NOT_ASKED):
        found = [a for a in answers if a.word is word]
        if not found:
            continue
        first = found[0]
        what = first.what
        silent = [a for a in answers if a.word is Word.NO_ANSWER]
        if word is Word.HOLDS and silent:
            what = f"at {len(found)} of {len(answers)} addresses; {silent[0].what}"
        return replace(first, what=what, came=replace(first.came, addresses=held))
    return unheld(None)


def better(first: Answer, second: Answer) -> Answer:
    """The word after a second try: what answered once holds, and what was cut says nothing."""
    return first if Word.HOLDS is first.word or second.word is Word.NOT_ASKED else second


def _unexpected(conversation: Conversation) -> Answer | None:
    """An HTTP answer that is not the expected one, or that says that the server fails."""
    http, flow = conversation.http, conversation.flow
    if http is None or http.status is None:
        return None
    if flow.option("transport") == "websocket":
        return _no_websocket(conversation, http)
    if http.matched is False:
        return _differs(conversation, _mismatch(http, flow), http.status)
    if http.status >= 500 and not flow.expect_status:
        return _differs(conversation, f"status {http.status}", http.status)
    return None


def _no_websocket(conversation: Conversation, http: HttpObservation) -> Answer | None:
    """A server that refuses strangers the upgrade is there; one that knows no such path, or fails,
    is not what the row says."""
    if http.matched is not False or http.status is None:
        return None
    what = f"status {http.status} instead of a WebSocket{_sent_on(http)}"
    moved = http.status in (404, 410) or http.status >= 500 or 300 <= http.status < 400
    return _differs(conversation, what) if moved else Answer(word=Word.HOLDS, what=what)


def _mismatch(http: HttpObservation, flow: Flow) -> str:
    if flow.expect_status and http.status not in flow.expect_status:
        due = " or ".join(map(str, flow.expect_status))
        return f"status {http.status}, not {due}{_sent_on(http)}"
    header = flow.option("header")
    named = (header or "").partition(":")[0].strip().lower()
    if header is not None and named not in (n.lower() for n, _ in http.headers):
        return f"status {http.status} without the header {header}"
    begins = http.body[:BODY_SHOWN] or "nothing"
    return f"status {http.status}, another text; it begins: {begins}"


def _sent_on(http: HttpObservation) -> str:
    location = next((v for n, v in http.headers if n.lower() == "location"), None)
    return f", sent on to {location[:200]}" if location else ""


def _differs(conversation: Conversation, what: str, status: int | None = None) -> Answer:
    http = conversation.http
    return Answer(
        word=Word.DIFFERS,
        what=what,
        came=Came(
            status=status,
            shown=conversation.tls.chain
            if conversation.tls is not None and conversation.failure is not None
            else (),
            body=http.body[:BODY_SHOWN] if http is not None else "",
        ),
    )


def _question(measurement: Measurement) -> DnsObservation | None:
    """The answer to the question that the task was; the first that has addresses, if one has."""
    seen = [o for o in measurement.observations if isinstance(o, DnsObservation)]
    full = [o for o in seen if o.addresses]
    found = (full or seen)[:1]
    return found[0] if found and found[0].failure is not Failure.INTERRUPTED else None


def _unresolved(lookup: DnsObservation) -> Answer:
    failure = lookup.failure or Failure.DNS_NO_ANSWER
    gone = failure in (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER)
    word = Word.DIFFERS if gone or failure in _ANSWERS else Word.NO_ANSWER
    what = f"{lookup.name}: {FAILURES[failure]}"
    return Answer(word=word, what=what, came=Came(gone=gone))


def _place(address: str) -> str:
    return f"[{address}]" if ":" in address else address
