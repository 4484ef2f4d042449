"""One observation in plain words: what was asked, what came, when."""

from msgprobe.evidence.rate import moving_time
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    DnsAnswer,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Observation,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
    TransferObservation,
)
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Inspect, Lookup, Task
from msgprobe.redaction.texts import leads_to
from msgprobe.report import wording
from msgprobe.report.escape import printable

FAILURES: dict[Failure, str] = {
    Failure.CONNECTION_REFUSED: "refused",
    Failure.CONNECTION_RESET: "reset by the server, or by somebody in its name",
    Failure.CONNECTION_ABORTED: "ended by this device",
    Failure.KERNEL_TIMED_OUT: "no answer until this device gave up",
    Failure.TIMED_OUT: "no answer in time",
    Failure.EOF: "closed in the middle",
    Failure.HOST_UNREACHABLE: "a router says: host unreachable",
    Failure.NETWORK_UNREACHABLE: "network unreachable",
    Failure.NETWORK_DOWN: "this device's network is down",
    Failure.NETWORK_RESET: "the network dropped the connection",
    Failure.ADDRESS_NOT_AVAILABLE: "this device has no fitting address",
    Failure.PERMISSION_DENIED: "forbidden by a rule on this device",
    Failure.INTERRUPTED: "stopped before it ended",
    Failure.DNS_NXDOMAIN: "the name does not exist (NXDOMAIN)",
    Failure.DNS_NO_ANSWER: "no address of that kind",
    Failure.DNS_REFUSED: "the resolver refuses (REFUSED)",
    Failure.DNS_SERVFAIL: "the resolver fails (SERVFAIL)",
    Failure.DNS_TEMPORARY: "temporary failure (silence or SERVFAIL)",
    Failure.DNS_NON_RECOVERABLE: "the resolver fails",
    Failure.DNS_MISBEHAVING: "a useless answer",
    Failure.TLS_UNKNOWN_AUTHORITY: "a certificate of an unknown authority",
    Failure.TLS_INVALID_HOSTNAME: "a certificate for another name",
    Failure.TLS_INVALID_CERTIFICATE: "a certificate that is expired or not yet valid",
    Failure.TLS_FAILED: "an alert, or bytes that are not TLS",
    Failure.HTTP_INVALID: "an answer that is not HTTP",
    Failure.HTTP_UNEXPECTED: "an unexpected status",
    Failure.PROTOCOL_INVALID: "an answer that the protocol does not allow",
    Failure.TOO_LARGE: "more data than any honest answer holds",
    Failure.PROXY_FAILED: "the proxy itself did not do its part",
    Failure.NOT_ALLOWED: "not contacted: only an answer of the network leads to this address",
    Failure.UNKNOWN: "an unknown failure",
}


def asked(task: Task) -> str:
    """What the task did, with the one thing it changed and why."""
    match task.probe:
        case Inspect():
            text = "looked at this device's own connection"
        case Lookup(name=name, resolver=resolver):
            text = f"asked {_resolver(resolver.name, resolver.address)} for {name}"
        case Flow() as flow:
            text = f"{task.check} to {_place(flow.address, flow.port)}"
            if flow.via is not None:
                text += f" through your proxy ({flow.via})"
            if flow.server_name:
                text += f", naming {flow.server_name}"
            elif flow.host:
                text += f", about {flow.host}"
    if task.changes:
        text += f" ({task.changes})"
    return printable(text)


def came(seen: Observation) -> str:
    """What came back."""
    return printable(_came(seen), limit=400)


def _came(seen: Observation) -> str:
    match seen:
        case LocalObservation():
            return _local(seen)
        case DnsObservation():
            return _dns(seen)
        case TcpObservation():
            return f"TCP {_place(seen.address, seen.port)}: {_end(seen.failure, 'connected')}"
        case TlsObservation():
            return _tls(seen)
        case HttpObservation():
            return _http(seen)
        case ProtocolObservation():
            text = f"{seen.protocol}: reached {seen.stage}, proof {seen.proof.name.lower()}"
            text += f" (sent {seen.bytes_sent} B, received {seen.bytes_received} B)"
            text += _round_trips(seen.round_trips)
            if seen.failure is not None:
                text += f"; {_end(seen.failure, '')}"
            return f"{text}; {seen.detail}" if seen.detail else text
        case TransferObservation():
            return _transfer(seen)


def _round_trips(trips: tuple[float | None, ...]) -> str:
    """How many datagrams were answered, and how soon."""
    if not trips:
        return ""
    came = sorted(t for t in trips if t is not None)
    soon = f", median {came[len(came) // 2] * 1000:.0f} ms" if came else ""
    return f"; {len(came)} of {len(trips)} datagrams answered{soon}"


def _end(failure: Failure | None, good: str) -> str:
    return good if failure is None else FAILURES[failure]


def _place(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _resolver(name: str, address: str | None) -> str:
    return name if address is None or address == name else f"{name} ({address})"


def _local(seen: LocalObservation) -> str:
    routes = [f"IPv{v}" for v, has in ((4, seen.route4), (6, seen.route6)) if has]
    text = f"this device: routes for {' and '.join(routes)}" if routes else "no route at all"
    if seen.tunnel:
        text += " through a tunnel"
    if seen.resolvers:
        text += f"; resolvers: {', '.join(seen.resolvers)}"
    if seen.proxies:
        text += f"; proxy set in {', '.join(seen.proxies)}"
    return text


def _dns(seen: DnsObservation) -> str:
    question = {4: "A", 6: "AAAA"}.get(seen.family, "A and AAAA")
    answers = seen.answers
    text = f"DNS {seen.name} {question}: "
    if seen.failure is not None:
        text += _end(seen.failure, "")
    else:
        text += ", ".join(seen.addresses) or (seen.rcode or "no address")
    if len(answers) > 1:
        text += f"; {len(answers)} answers: {'; '.join(map(_answer, answers))}"
    return text


def _answer(answer: DnsAnswer) -> str:
    what = ", ".join(answer.addresses) or answer.rcode
    source = f" from {answer.source}" if answer.source else ""
    return f"after {answer.after * 1000:.0f} ms {what}{source}"


def _tls(seen: TlsObservation) -> str:
    name = f"naming {seen.server_name}" if seen.server_name else "naming nobody"
    good = f"{seen.version} agreed" if seen.version else "handshake complete"
    text = f"TLS {name}: {_end(seen.failure, good)}"
    text += f" (sent {seen.bytes_sent} B, received {seen.bytes_received} B"
    if seen.hello_acked is not None and seen.failure is not None:
        text += ", our first message was " + (
            "acknowledged" if seen.hello_acked else "never acknowledged"
        )
    text += ")"
    if seen.alert:
        text += f"; alert {seen.alert}"
    if seen.chain:
        leaf = seen.chain[0]
        text += f"; certificate for {leaf.subject or ' '.join(leaf.names[:3])}"
        text += f", issued by {leaf.issuer}"
        text += ", verified" if seen.verified else ", not verified"
    if seen.verify_error:
        text += f" ({seen.verify_error})"
    if seen.plain:
        text += f"; plain text came: {seen.plain[:120]}"
    return text


def _http(seen: HttpObservation) -> str:
    scheme = "https" if seen.tls else "http"
    text = f"GET {scheme}://{seen.host}{seen.path}: "
    if seen.status is not None:
        text += f"status {seen.status}, {seen.body_bytes} B of body"
        text += ", authenticated" if seen.authenticated else ", not authenticated"
    if seen.failure is not None or seen.status is None:
        text += ("; " if seen.status is not None else "") + _end(seen.failure, "no answer")
    location = next((v for n, v in seen.headers if n.lower() == "location"), None)
    if seen.marks:
        text += f", known as {', '.join(seen.marks)}"
    return f"{text}, sent on to {leads_to(location)}" if location else text


def _transfer(seen: TransferObservation) -> str:
    word = "uploaded" if seen.direction is Direction.UP else "downloaded"
    size = wording.amount(seen.moved)
    if seen.moved < seen.wanted:
        size += f" of {wording.amount(seen.wanted)}"
    if seen.answers is not None:
        word = f"got {seen.answers} answers,"
    taken = moving_time(seen)
    text = f"{word} {size} in {wording.seconds(taken)}"
    if seen.server_name != seen.host and seen.answers is None:
        text += f", naming {seen.server_name}" if seen.server_name else ", naming nobody"
    text += f": {transfer_end(seen)}"
    if seen.status is not None:
        text += f", status {seen.status}"
    text += "" if seen.authenticated else ", not authenticated"
    if seen.stalls:
        moved, pause = max(seen.stalls, key=lambda stall: stall[1])
        text += f"; longest pause {wording.seconds(pause)}, after {wording.amount(moved)}"
    if seen.info is not None:
        text += f"; {seen.info.total_retrans} retransmitted, {seen.info.out_of_order} out of order"
        text += f", shortest round trip {seen.info.min_rtt * 1000:.0f} ms"
    return text


def transfer_end(seen: TransferObservation) -> str:
    """How a transfer ended, in a few words."""
    if seen.capped:
        return f"stopped by us after {wording.seconds(seen.window.seconds)}"
    if seen.failure is Failure.EOF and seen.direction is Direction.UP and seen.status is not None:
        return "the server answered and took no more"
    if seen.failure is not None:
        return _end(seen.failure, "")
    if seen.moved >= seen.wanted:
        return "complete"
    return (
        "the server had enough"
        if seen.answers is not None
        else ("complete, the object is no larger")
    )
