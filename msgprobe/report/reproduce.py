"""A line for a shell that asks again what a task asked, with tools that are not ours.

Everything is quoted for a POSIX shell: names and paths may stem from the network or from a target
file of somebody else.
"""

import shlex

from msgprobe.model.hello import OPTION
from msgprobe.model.target import Direction, Trust
from msgprobe.model.task import Flow, Inspect, Lookup, ResolverKind, Task
from msgprobe.redaction.names import HIDDEN_PATH
from msgprobe.report.escape import printable

_PLAIN_HTTP = "page"
"""The check that asks over HTTP without TLS."""
_TRANSFER = "transfer"
"""The check that moves one object against the clock."""
_QUIC = "quic"
_INSIDE_TLS = ("tls", "smp", "tor")
"""Checks of which at least the handshake can be repeated."""
_DIALOGUE = "dialogue"
"""The check that holds a conversation which its options write down."""
_STARTTLS = ("xmpp", "imap", "smtp", "pop3", "ftp", "ldap")
"""Protocols that openssl turns to TLS by itself."""
_USUAL_BYTES = 80 * 1024
_NOT_PUBLIC = (None, Trust.PINNED, Trust.HASH)
"""Under which curl cannot know whom to believe."""


def command(task: Task, path: str | None = None) -> str | None:
    """The line, or None when no common tool asks this (or the address was redacted).

    ``path`` is where a transfer found its object, if that is known better than from the task.
    """
    match task.probe:
        case Inspect():
            return "ip route; ip -6 route"
        case Lookup() as lookup:
            return _lookup(lookup)
        case Flow(via=str()):
            return None  # it would show, or have to invent, where the proxy is
        case Flow() as flow if HIDDEN_PATH in (flow.path, path):
            return None  # where it was is not kept
        case Flow() as flow if flow.option(OPTION) is not None:
            return None  # no common tool cuts its ClientHello, or sends that of another program
        case Flow() as flow:
            if task.check == _TRANSFER:
                return _transfer(flow, path)
            if task.check == _QUIC:
                return _quic(flow)
            return _flow(task.check, flow)


def _line(*words: str) -> str:
    return " ".join(shlex.quote(printable(word)) for word in words)


def _lookup(lookup: Lookup) -> str | None:
    types = [{4: "A", 6: "AAAA"}[f] for f in lookup.families if f in (4, 6)] or ["A"]
    resolver = lookup.resolver
    match resolver.kind:
        case ResolverKind.SYSTEM:
            return _line("getent", "ahosts", lookup.name)
        case ResolverKind.DOH:
            return _doh(lookup, types)
        case ResolverKind.DIRECT | ResolverKind.UDP | ResolverKind.TCP:
            # a private resolver is redacted to a word; dig asks the system's own without one
            known = resolver.address is not None and any(c in resolver.address for c in ".:")
            where = [f"@{resolver.address}"] if known else []
            port = ["-p", str(resolver.port)] if resolver.port != 53 else []
            how = ["+tcp"] if resolver.kind is ResolverKind.TCP else []
            return _all([("dig", "+short", *how, *port, *where, lookup.name, t) for t in types])


def _doh(lookup: Lookup, types: list[str]) -> str | None:
    resolver = lookup.resolver
    if resolver.host is None:
        return None
    if resolver.address is None:
        url = f"https://{resolver.host}{resolver.path}"
        return _line("curl", "-s", "--doh-url", url, f"https://{lookup.name}/")
    # dig speaks RFC 8484 since BIND 9.18
    how = [f"+https={resolver.path}", f"+tls-hostname={resolver.host}", "+tls-ca"]
    where = f"@{resolver.address}"
    return _all([("dig", "+short", *how, where, lookup.name, t) for t in types])


def _all(commands: list[tuple[str, ...]]) -> str:
    return "; ".join(_line(*words) for words in commands)


def _flow(check: str, flow: Flow) -> str:
    place = _place(flow)
    host = flow.host or flow.server_name
    if check == _DIALOGUE and flow.option("transport") != "websocket":
        return _dialogue(flow, place)
    if check == _PLAIN_HTTP:
        name = host or place
        url = f"http://{name}:{flow.port}{flow.path}"
        route = f"{name}:{flow.port}:{place}:{flow.port}"
        return _line("curl", "-sv", "--connect-to", route, url)
    if check in ("https", "http2", _DIALOGUE) and host and flow.server_name == host:
        return _web(check, flow, host)
    if check in ("https", *_INSIDE_TLS) or flow.server_name:
        sni = ["-servername", flow.server_name] if flow.server_name else ["-noservername"]
        words = ("openssl", "s_client", "-connect", f"{place}:{flow.port}", *sni)
        return f"{_line(*words)} </dev/null"
    return _line("nc", "-vz", "-w", "10", flow.address, str(flow.port))


def _place(flow: Flow) -> str:
    return f"[{flow.address}]" if ":" in flow.address else flow.address


def _web(check: str, flow: Flow, host: str) -> str:
    url = f"https://{host}:{flow.port}{flow.path}"
    look = ["-k"] if flow.trust in _NOT_PUBLIC else []
    route = f"{host}:{flow.port}:{_place(flow)}:{flow.port}"
    body = flow.option("body") if check == "https" else None
    kind = flow.option("content_type")
    post = [] if body is None else ["--data-raw", body]
    post += [] if body is None or kind is None else ["-H", f"Content-Type: {kind}"]
    version = ["--http2"] if check == "http2" else []
    return _line("curl", "-sv", *version, *look, *post, "--connect-to", route, url)


def _dialogue(flow: Flow, place: str) -> str:
    """The layers below the conversation; what is then said stands in the options."""
    domain = flow.option("domain") or flow.host
    protocol = flow.option("protocol") or ""
    turns = "TLS" in (line.strip() for line in (flow.option("script") or "").splitlines())
    if flow.option("transport") is None and not (turns and protocol in _STARTTLS):
        return _line("nc", "-v", "-w", "10", flow.address, str(flow.port))
    how: list[str] = [] if domain is None else ["-servername", domain]
    if turns:
        how += ["-starttls", protocol]
        how += ["-xmpphost", domain] if protocol == "xmpp" and domain is not None else []
    alpn = flow.option("alpn")
    how += [] if alpn is None else ["-alpn", alpn]
    return _line("openssl", "s_client", "-connect", f"{place}:{flow.port}", *how)


def _quic(flow: Flow) -> str | None:
    """openssl s_client speaks QUIC since 3.2; nothing common asks for the versions alone."""
    if flow.server_name is None:
        return None
    where = ("-connect", f"{_place(flow)}:{flow.port}", "-servername", flow.server_name)
    return f"{_line('openssl', 's_client', '-quic', '-alpn', 'h3', *where)} </dev/null"


def _transfer(flow: Flow, path: str | None) -> str:
    """curl names in TLS what the URL names, so the URL gets the SNI and a header the host."""
    place = _place(flow)
    wanted = int(flow.option("bytes") or _USUAL_BYTES)
    host = flow.host or place
    name = flow.server_name or place
    where = (path or flow.path).replace("{bytes}", str(wanted))
    # curl checks certificates for the name in the URL, which here may be a stranger's
    look = ["-k"] if flow.trust in _NOT_PUBLIC or name != host else []
    other = ["-H", f"Host: {host}"] if name != host else []
    words = ["curl", "-gsS", *look, "-o", "/dev/null", "--connect-to"]
    words += [f"{name}:{flow.port}:{place}:{flow.port}", *other]
    words += ["-w", "status %{http_code}, %{time_total} s"]
    url = f"https://{name}:{flow.port}{where}"
    if flow.option("direction") == Direction.UP:
        kind = ["-H", "Content-Type: application/octet-stream", "--data-binary", "@-"]
        line = _line(*words, *kind, url)
        return f"{_line('head', '-c', str(wanted), '/dev/urandom')} | {line}"
    return _line(*words, "-r", f"0-{wanted - 1}", url)
