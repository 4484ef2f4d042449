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
from msgprobe.report.language import N_, _, listing, ngettext

FAILURES: dict[Failure, str] = {
    Failure.CONNECTION_REFUSED: N_("refused"),
    Failure.CONNECTION_RESET: N_("reset by the server, or by somebody in its name"),
    Failure.CONNECTION_ABORTED: N_("ended by this device"),
    Failure.KERNEL_TIMED_OUT: N_("no answer until this device gave up"),
    Failure.TIMED_OUT: N_("no answer in time"),
    Failure.EOF: N_("closed in the middle"),
    Failure.HOST_UNREACHABLE: N_("a router says: host unreachable"),
    Failure.NETWORK_UNREACHABLE: N_("network unreachable"),
    Failure.NETWORK_DOWN: N_("this device's network is down"),
    Failure.NETWORK_RESET: N_("the network dropped the connection"),
    Failure.ADDRESS_NOT_AVAILABLE: N_("this device has no fitting address"),
    Failure.PERMISSION_DENIED: N_("forbidden by a rule on this device"),
    Failure.INTERRUPTED: N_("stopped before it ended"),
    Failure.DNS_NXDOMAIN: N_("the name does not exist (NXDOMAIN)"),
    Failure.DNS_NO_ANSWER: N_("no address of that kind"),
    Failure.DNS_REFUSED: N_("the resolver refuses (REFUSED)"),
    Failure.DNS_SERVFAIL: N_("the resolver fails (SERVFAIL)"),
    Failure.DNS_TEMPORARY: N_("temporary failure (silence or SERVFAIL)"),
    Failure.DNS_NON_RECOVERABLE: N_("the resolver fails"),
    Failure.DNS_MISBEHAVING: N_("a useless answer"),
    Failure.TLS_UNKNOWN_AUTHORITY: N_("a certificate of an unknown authority"),
    Failure.TLS_INVALID_HOSTNAME: N_("a certificate for another name"),
    Failure.TLS_INVALID_CERTIFICATE: N_("a certificate that is expired or not yet valid"),
    Failure.TLS_FAILED: N_("an alert, or bytes that are not TLS"),
    Failure.HTTP_INVALID: N_("an answer that is not HTTP"),
    Failure.HTTP_UNEXPECTED: N_("an unexpected status"),
    Failure.PROTOCOL_INVALID: N_("an answer that the protocol does not allow"),
    Failure.TOO_LARGE: N_("more data than any honest answer holds"),
    Failure.PROXY_FAILED: N_("the proxy itself did not do its part"),
    Failure.NOT_ALLOWED: N_("not contacted: only an answer of the network leads to this address"),
    Failure.UNKNOWN: N_("an unknown failure"),
}


def failure_word(failure: Failure) -> str:
    """How it failed, in a few words."""
    return _(FAILURES[failure])


def asked(task: Task) -> str:
    """What the task did, with the one thing it changed and why."""
    match task.probe:
        case Inspect():
            text = _("looked at this device's own connection")
        case Lookup(name=name, resolver=resolver):
            text = _("asked {resolver} for {name}").format(
                resolver=_resolver(resolver.name, resolver.address), name=name
            )
        case Flow() as flow:
            text = _flow(task.check, flow)
    if task.changes:
        text = _("{what} ({changed})").format(what=text, changed=_(task.changes))
    return printable(text)


def _flow(check: str, flow: Flow) -> str:
    """Where a conversation went, and which name it told or was about."""
    if flow.server_name:
        text = (
            _("{check} to {place}, naming {name}")
            if flow.via is None
            else _("{check} to {place} through your proxy ({proxy}), naming {name}")
        )
    elif flow.host:
        text = (
            _("{check} to {place}, about {name}")
            if flow.via is None
            else _("{check} to {place} through your proxy ({proxy}), about {name}")
        )
    else:
        text = (
            _("{check} to {place}")
            if flow.via is None
            else _("{check} to {place} through your proxy ({proxy})")
        )
    name = flow.server_name or flow.host or ""
    place = _place(flow.address, flow.port)
    return text.format(check=check, place=place, proxy=flow.via, name=name)


def came(seen: Observation) -> str:
    """What came back."""
    return printable(_("; ").join(_came(seen)), limit=400)


def _came(seen: Observation) -> list[str]:
    """One thing after the other."""
    match seen:
        case LocalObservation():
            return _local(seen)
        case DnsObservation():
            return _dns(seen)
        case TcpObservation():
            place, end = _place(seen.address, seen.port), _end(seen.failure, _("connected"))
            return [_("TCP {place}: {end}").format(place=place, end=end)]
        case TlsObservation():
            return _tls(seen)
        case HttpObservation():
            return _http(seen)
        case ProtocolObservation():
            return _protocol(seen)
        case TransferObservation():
            return _transfer(seen)


def _protocol(seen: ProtocolObservation) -> list[str]:
    said = [
        _(
            "{protocol}: reached {stage}, proof {proof} (sent {sent} B, received {received} B)"
        ).format(
            protocol=seen.protocol,
            stage=seen.stage,
            proof=seen.proof.name.lower(),
            sent=seen.bytes_sent,
            received=seen.bytes_received,
        )
    ]
    said += _round_trips(seen.round_trips)
    said += [] if seen.failure is None else [failure_word(seen.failure)]
    return [*said, seen.detail] if seen.detail else said


def _round_trips(trips: tuple[float | None, ...]) -> list[str]:
    """How many datagrams were answered, and how soon."""
    if not trips:
        return []
    came = sorted(t for t in trips if t is not None)
    if came:
        text = ngettext(
            "{{answered}} of {count} datagram answered, median {{ms}} ms",
            "{{answered}} of {count} datagrams answered, median {{ms}} ms",
            len(trips),
        )
        return [text.format(answered=len(came), ms=f"{came[len(came) // 2] * 1000:.0f}")]
    return [
        ngettext("0 of {count} datagram answered", "0 of {count} datagrams answered", len(trips))
    ]


def _end(failure: Failure | None, good: str) -> str:
    return good if failure is None else failure_word(failure)


def _place(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _resolver(name: str, address: str | None) -> str:
    return name if address is None or address == name else f"{name} ({address})"


def _local(seen: LocalObservation) -> list[str]:
    routes = [f"IPv{v}" for v, has in ((4, seen.route4), (6, seen.route6)) if has]
    text = _("this device: routes for {routes}") if routes else _("no route at all")
    said = [text.format(routes=listing(routes))]
    if seen.tunnel:
        said.append(_("through a tunnel"))
    if seen.resolvers:
        said.append(_("resolvers: {names}").format(names=_(", ").join(seen.resolvers)))
    if seen.proxies:
        said.append(_("proxy set in {names}").format(names=_(", ").join(seen.proxies)))
    return said


def _dns(seen: DnsObservation) -> list[str]:
    question = {4: "A", 6: "AAAA"}.get(seen.family, "A, AAAA")
    if seen.failure is not None:
        got = failure_word(seen.failure)
    else:
        got = _(", ").join(seen.addresses) or seen.rcode or _("no address")
    said = [f"DNS {seen.name} {question}: {got}"]
    if len(seen.answers) > 1:
        answers = _("; ").join(map(_answer, seen.answers))
        many = ngettext("{count} answer: {{said}}", "{count} answers: {{said}}", len(seen.answers))
        said.append(many.format(said=answers))
    return said


def _answer(answer: DnsAnswer) -> str:
    text = _("after {ms} ms {what} from {source}") if answer.source else _("after {ms} ms {what}")
    return text.format(
        ms=f"{answer.after * 1000:.0f}",
        what=_(", ").join(answer.addresses) or answer.rcode,
        source=answer.source,
    )


def _tls(seen: TlsObservation) -> list[str]:
    good = _("{version} agreed").format(version=seen.version) if seen.version else ""
    name = _("TLS naming {name}: {end}") if seen.server_name else _("TLS naming nobody: {end}")
    end = _end(seen.failure, good or _("handshake complete"))
    if seen.hello_acked is None or seen.failure is None:
        sent = _("{handshake} (sent {sent} B, received {received} B)")
    elif seen.hello_acked:
        sent = _(
            "{handshake} (sent {sent} B, received {received} B, our first message was acknowledged)"
        )
    else:
        sent = _(
            "{handshake} (sent {sent} B, received {received} B, our first message was never "
            "acknowledged)"
        )
    said = [
        sent.format(
            handshake=name.format(name=seen.server_name, end=end),
            sent=seen.bytes_sent,
            received=seen.bytes_received,
        )
    ]
    if seen.alert:
        said.append(_("alert {number}").format(number=seen.alert))
    if seen.chain:
        said.append(_certificate(seen))
    elif seen.verify_error:
        said.append(_("not verified ({error})").format(error=seen.verify_error))
    if seen.plain:
        said.append(_("plain text came: {text}").format(text=seen.plain[:120]))
    return said


def _certificate(seen: TlsObservation) -> str:
    leaf = seen.chain[0]
    if seen.verified:
        text = _("certificate for {subject}, issued by {issuer}, verified")
    elif seen.verify_error:
        text = _("certificate for {subject}, issued by {issuer}, not verified ({error})")
    else:
        text = _("certificate for {subject}, issued by {issuer}, not verified")
    return text.format(
        subject=leaf.subject or " ".join(leaf.names[:3]),
        issuer=leaf.issuer,
        error=seen.verify_error,
    )


def _http(seen: HttpObservation) -> list[str]:
    scheme = "https" if seen.tls else "http"
    url = f"GET {scheme}://{seen.host}{seen.path}"
    if seen.status is None:
        said = [f"{url}: {_end(seen.failure, _('no answer'))}"]
    else:
        said = [
            _("{request}: status {status}, {size} B of body").format(
                request=url, status=seen.status, size=seen.body_bytes
            ),
            _("authenticated") if seen.authenticated else _("not authenticated"),
        ]
    location = next((v for n, v in seen.headers if n.lower() == "location"), None)
    if seen.marks:
        said.append(_("known as {names}").format(names=_(", ").join(seen.marks)))
    if location:
        said.append(_("sent on to {where}").format(where=leads_to(location)))
    told = [_(", ").join(said)]
    if seen.status is not None and seen.failure is not None:
        told.append(failure_word(seen.failure))
    return told


def moved(seen: TransferObservation) -> str:
    """``downloaded 80 kB of 120 kB in 2.31 s``."""
    short = seen.moved < seen.wanted
    values = {
        "size": wording.amount(seen.moved),
        "wanted": wording.amount(seen.wanted),
        "time": wording.seconds(moving_time(seen)),
    }
    if seen.answers is not None:
        text = (
            ngettext(
                "got {count} answer, {{size}} of {{wanted}} in {{time}}",
                "got {count} answers, {{size}} of {{wanted}} in {{time}}",
                seen.answers,
            )
            if short
            else ngettext(
                "got {count} answer, {{size}} in {{time}}",
                "got {count} answers, {{size}} in {{time}}",
                seen.answers,
            )
        )
    elif seen.direction is Direction.UP:
        text = (
            _("uploaded {size} of {wanted} in {time}") if short else _("uploaded {size} in {time}")
        )
    else:
        text = (
            _("downloaded {size} of {wanted} in {time}")
            if short
            else _("downloaded {size} in {time}")
        )
    return text.format(**values)


def _transfer(seen: TransferObservation) -> list[str]:
    if seen.server_name == seen.host or seen.answers is not None:
        text = _("{moved}: {end}")
    elif seen.server_name:
        text = _("{moved}, naming {name}: {end}")
    else:
        text = _("{moved}, naming nobody: {end}")
    first = [text.format(moved=moved(seen), name=seen.server_name, end=transfer_end(seen))]
    if seen.status is not None:
        first.append(_("status {status}").format(status=seen.status))
    if not seen.authenticated:
        first.append(_("not authenticated"))
    said = [_(", ").join(first)]
    if seen.stalls:
        so_far, pause = max(seen.stalls, key=lambda stall: stall[1])
        said.append(
            _("longest pause {time}, after {size}").format(
                time=wording.seconds(pause), size=wording.amount(so_far)
            )
        )
    if seen.info is not None:
        said.append(
            _("{again} retransmitted, {late} out of order, shortest round trip {ms} ms").format(
                again=seen.info.total_retrans,
                late=seen.info.out_of_order,
                ms=f"{seen.info.min_rtt * 1000:.0f}",
            )
        )
    return said


def transfer_end(seen: TransferObservation) -> str:
    """How a transfer ended, in a few words."""
    if seen.capped:
        return _("stopped by us after {time}").format(time=wording.seconds(seen.window.seconds))
    if seen.failure is Failure.EOF and seen.direction is Direction.UP and seen.status is not None:
        return _("the server answered and took no more")
    if seen.failure is not None:
        return failure_word(seen.failure)
    if seen.moved >= seen.wanted:
        return _("complete")
    if seen.answers is not None:
        return _("the server had enough")
    return _("complete, the object is no larger")
