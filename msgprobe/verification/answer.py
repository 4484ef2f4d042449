"""What a conversation says about the row that it was held for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.hypotheses.quic.rules import answered as quic_answered
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
    talk = fold(measurement)
    if talk is None:
        return unheld(measurement)
    if talk.impostor:
        said = talk.protocol.detail if talk.protocol is not None else ""
        return _differs(talk, f"an answer without the service's key: {said}")
    if talk.failure is not None:
        return failed(talk)
    if talk.protocol is None or talk.protocol.transport != "udp":
        odd = _unexpected(talk)
        if odd is not None:
            return odd
    if promised is not None and talk.proof < min(promised, Proof.SHAPE):
        return _differs(talk, f"an answer that proves nothing (P{talk.proof.value})")
    if promised is not None and talk.proof < promised:
        return Answer(word=Word.HOLDS, what="answered, not authenticated")
    return HOLDS


def of_name_elsewhere(measurement: Measurement) -> Answer:
    """A server that should answer at TLS level whatever name it is asked for."""
    talk = fold(measurement)
    if talk is None:
        return unheld(measurement)
    if talk.answered_tls:
        return HOLDS
    said = failed(talk) if talk.failure is not None else _differs(talk, "no TLS")
    name = talk.flow.server_name or "another name"
    return Answer(word=Word.DIFFERS, what=f"asked for {name}: {said.what}", cut=said.cut)


def of_quic(measurement: Measurement) -> Answer:
    """A neutral site that should speak QUIC."""
    talk = fold(measurement)
    if talk is None:
        return unheld(measurement)
    return HOLDS if quic_answered(talk) else failed(talk)


def of_transfer(measurement: Measurement) -> Answer:
    """An object that should be given, or a request body that should be taken."""
    talk = fold(measurement)
    if talk is None:
        return unheld(measurement)
    seen = talk.transfer
    if seen is None:
        return of_page(measurement)
    if seen.answers is not None:
        return HOLDS if seen.answers else failed(talk)
    return (_taken if seen.direction is Direction.UP else _given)(talk, seen)


def _taken(talk: Conversation, seen: TransferObservation) -> Answer:
    if seen.moved >= seen.wanted or seen.capped:
        return HOLDS
    if seen.status is not None:
        return _differs(talk, f"status {seen.status} after {seen.moved} bytes", seen.status)
    return failed(talk)


def _given(talk: Conversation, seen: TransferObservation) -> Answer:
    if seen.status is not None and seen.status not in SERVED:
        return _differs(talk, f"status {seen.status}", seen.status)
    if seen.moved >= seen.wanted or (seen.capped and seen.moved):
        return HOLDS
    if seen.failure is not None or seen.capped:
        return failed(talk)
    return _differs(talk, f"only {seen.moved} bytes came, of {seen.wanted}", seen.status)


def of_page(measurement: Measurement) -> Answer:
    """A page that should name an object, and named none."""
    talk = fold(measurement)
    if talk is None:
        return unheld(measurement)
    if talk.failure is not None:
        return failed(talk)
    page = talk.http
    if page is not None and page.status not in SERVED:
        return _differs(talk, f"the page answers with status {page.status}{_sent_on(page)}")
    return _differs(talk, "the page names no such object")


def of_resolver(measurement: Measurement) -> Answer:
    """A resolver that should give a neutral name's address."""
    talked = _question(measurement)
    if talked is None:
        return unheld(measurement)
    if talked.failure is None and talked.addresses:
        lies = [a for a in talked.addresses if ips.is_bogon(a)]
        if not lies:
            return HOLDS
        return Answer(word=Word.DIFFERS, what=f"{talked.name} leads to {lies[0]}")
    return _unresolved(talked)


def of_silence(measurement: Measurement) -> Answer:
    """An address that should run no DNS server: silence and refusal both show that it does not."""
    talked = _question(measurement)
    if talked is None:
        return unheld(measurement)
    if talked.answers or talked.rcode is not None:
        said = ", ".join(talked.addresses) or talked.rcode or "something"
        return Answer(word=Word.DIFFERS, what=f"somebody answers DNS there: {said}")
    if talked.failure is Failure.INTERRUPTED:
        return unheld(measurement)
    return HOLDS


def of_beacon(measurement: Measurement, up: Sequence[str], down: Sequence[str]) -> Answer:
    """The name whose address is the service's own word on its health."""
    talked = _question(measurement)
    if talked is None:
        return unheld(measurement)
    if talked.failure is not None or not talked.addresses:
        return _unresolved(talked)
    if ips.same(talked.addresses, up):
        return HOLDS
    said = ", ".join(talked.addresses)
    why = "the service says that it is down" if ips.same(talked.addresses, down) else "neither word"
    return Answer(word=Word.DIFFERS, what=f"{said}: {why}")


def of_name(measurement: Measurement | None) -> Answer:
    """Whether a name leads to addresses where a public service can live."""
    talked = None if measurement is None else _question(measurement)
    if measurement is None or talked is None:
        return unheld(measurement)
    if talked.failure is not None or not talked.addresses:
        return _unresolved(talked)
    if all(ips.is_bogon(a) for a in talked.addresses):
        return Answer(word=Word.DIFFERS, what=f"the name leads to {', '.join(talked.addresses)}")
    return HOLDS


def unheld(measurement: Measurement | None) -> Answer:
    """Why there was no conversation."""
    if measurement is None:
        return Answer(word=Word.NOT_ASKED, what="not begun", cut=True)
    if measurement.status is Status.BUG:
        return Answer(word=Word.NOT_ASKED, what=f"our own fault: {measurement.detail}", cut=True)
    return Answer(word=Word.NOT_ASKED, what=measurement.detail or "not begun", cut=True)


def failed(talk: Conversation) -> Answer:
    """How a conversation ended badly: something else came, or nothing."""
    failure = talk.failure or Failure.INTERRUPTED
    if failure.is_ours:
        return Answer(word=Word.NOT_ASKED, what=FAILURES[failure], cut=True)
    where = f"{_place(talk.address)}:{talk.flow.port}"
    what = f"{where}: {FAILURES[failure]}"
    tls = talk.tls
    if failure.is_certificate and tls is not None and tls.chain:
        what += f", of {tls.chain[0].issuer or 'nobody'}, for {tls.chain[0].subject or 'nobody'}"
        return _differs(talk, what)
    alert = tls is not None and tls.alert_received
    if alert and tls is not None:
        what += f" (alert {tls.alert})"
    if talk.http is not None and talk.http.status is not None:
        what += f", status {talk.http.status}"
    if failure in _ANSWERS or alert:
        return _differs(talk, what)
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


def _unexpected(talk: Conversation) -> Answer | None:
    """An HTTP answer that is not the expected one, or that says that the server fails."""
    http, flow = talk.http, talk.flow
    if http is None or http.status is None:
        return None
    if flow.option("transport") == "websocket":
        return _no_websocket(talk, http)
    if http.matched is False:
        return _differs(talk, _mismatch(http, flow), http.status)
    if http.status >= 500 and not flow.expect_status:
        return _differs(talk, f"status {http.status}", http.status)
    return None


def _no_websocket(talk: Conversation, http: HttpObservation) -> Answer | None:
    """A server that refuses strangers the upgrade is there; one that knows no such path, or fails,
    is not what the row says."""
    if http.matched is not False or http.status is None:
        return None
    what = f"status {http.status} instead of a WebSocket{_sent_on(http)}"
    moved = http.status in (404, 410) or http.status >= 500 or 300 <= http.status < 400
    return _differs(talk, what) if moved else Answer(word=Word.HOLDS, what=what)


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


def _differs(talk: Conversation, what: str, status: int | None = None) -> Answer:
    http = talk.http
    return Answer(
        word=Word.DIFFERS,
        what=what,
        came=Came(
            status=status,
            shown=talk.tls.chain if talk.tls is not None and talk.failure is not None else (),
            body=http.body[:BODY_SHOWN] if http is not None else "",
        ),
    )


def _question(measurement: Measurement) -> DnsObservation | None:
    """The answer to the question that the task was; the first that has addresses, if one has."""
    seen = [o for o in measurement.observations if isinstance(o, DnsObservation)]
    full = [o for o in seen if o.addresses]
    found = (full or seen)[:1]
    return found[0] if found and found[0].failure is not Failure.INTERRUPTED else None


def _unresolved(talked: DnsObservation) -> Answer:
    failure = talked.failure or Failure.DNS_NO_ANSWER
    gone = failure in (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER)
    word = Word.DIFFERS if gone or failure in _ANSWERS else Word.NO_ANSWER
    what = f"{talked.name}: {FAILURES[failure]}"
    return Answer(word=word, what=what, came=Came(gone=gone))


def _place(address: str) -> str:
    return f"[{address}]" if ":" in address else address
