"""Identifiers, the forms in which they may hide, and the places where a network may put them."""

import base64
import html
import json
import quopri
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from msgprobe.model import observation
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Inspect, Lookup, Probe, Resolver, ResolverKind
from tests.model.tasks import task_of


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _dashed(text: str) -> str:
    """As names for addresses are made: parts in the opposite order, joined by dashes."""
    parts = re.split(r"[.:@-]", text)
    if len(parts) == 1:
        parts = [text[n : n + 3] for n in range(0, len(text), 3)]
    return "-".join(reversed(parts))


ENCODINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": lambda t: t,
    "upper case": str.upper,
    "URL": _percent,
    "double URL": lambda t: quote(_percent(t), safe=""),
    "hex": lambda t: t.encode().hex(),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "base64url": lambda t: base64.urlsafe_b64encode(f"id={t}".encode()).decode().rstrip("="),
    "quoted-printable": lambda t: "".join(f"={b:02X}" for b in t.encode()),
    "HTML entities": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "JSON escapes": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "reversed and dashed": _dashed,
    "UTF-16 bytes": lambda t: "\x00".join(t),
}
"""Twelve; each makes another text of the same identifier."""


def identifiers(count: int, seed: int) -> tuple[str, ...]:
    """What tells who, where or which device: addresses and their names, hardware, SIM cards, rooms,
    guests, accounts, positions. Each is long enough to be no accident."""
    chance = random.Random(seed)
    kinds = tuple(_KINDS)
    found: dict[str, None] = {}
    while len(found) < count:
        found[kinds[len(found) % len(kinds)](chance)] = None
    return tuple(found)


def _four(r: random.Random) -> str:
    return ".".join(str(r.randrange(100, 250)) for _ in range(4))


def _hex(r: random.Random, digits: int) -> str:
    return f"{r.getrandbits(4 * digits):0{digits}x}"


def _mac(r: random.Random, joint: str, size: int = 2) -> str:
    text = _hex(r, 12)
    return joint.join(text[n : n + size] for n in range(0, 12, size))


def _digits(r: random.Random, count: int) -> str:
    return "".join(str(r.randrange(10)) for _ in range(count))


_KINDS: Final[tuple[Callable[[random.Random], str], ...]] = (
    _four,
    lambda r: f"ec2-{_four(r).replace('.', '-')}.compute.example",
    lambda r: f"2003:{_hex(r, 4)}:{_hex(r, 4)}:{_hex(r, 4)}::{_hex(r, 4)}",
    lambda r: f"2001-db8-{_hex(r, 4)}-{_hex(r, 4)}.dyn.example",
    lambda r: _mac(r, ":"),
    lambda r: _mac(r, "-"),
    lambda r: _mac(r, ""),
    lambda r: _mac(r, ".", 4),
    lambda r: f"310150{_digits(r, 9)}",
    lambda r: f"+49151{_digits(r, 8)}",
    lambda r: f"guest.{_hex(r, 6)}@hotel{_digits(r, 3)}.example",
    lambda r: f"room-{_digits(r, 4)}-{_hex(r, 6)}",
    lambda r: f"SN{_hex(r, 10).upper()}",
    lambda r: f"{r.uniform(40, 60):.6f},{r.uniform(5, 30):.6f}",
    lambda r: f"FRITZ!Box-{_hex(r, 8)}",
    lambda r: f"session={_hex(r, 24)}",
    lambda r: f"wg0-{_hex(r, 8)}",
)


W: Final = observation.Window(start=1.0, end=1.25)
HOST: Final = "web.telegram.example"
"""In the rows of the sample catalogue."""
PLACE: Final = "192.0.2.80"


def planted(text: str, transaction: int) -> Iterator[Measurement]:
    """Measurements in which ``text`` stands wherever the network, or this device, could put it."""
    tied: dict[str, object] = {"transaction": transaction, "window": W}
    yield _measurement(Inspect(), transaction, "local", _local(text, tied))
    resolver = Resolver(kind=ResolverKind.DIRECT, name="system", address=text)
    lookup = Lookup(name=HOST, resolver=resolver)
    yield _measurement(lookup, transaction + 1, "resolve", _dns(text, transaction + 1))
    flow = Flow(address=PLACE, port=443, host=HOST, server_name=HOST, path=f"/{text}")
    flow = replace(flow, options=(("more", f"/a/{text} /b"), ("asset", text)))
    number = transaction + 2
    where = {"transaction": number, "window": W, "address": PLACE, "port": 443}
    seen = (
        observation.TcpObservation(failure=None, errno=text, source_port=50_123, **where),  # type: ignore[arg-type]
        _tls(text, where),
        _http(text, where),
        _transfer(text, where),
    )
    yield _measurement(
        flow, number, "https", *seen, status=Status.BUG, detail=f"ValueError: {text}"
    )
    number = transaction + 3
    for banner in (
        text,
        f"3 of 3 answered with error 401, realm {text}",
        f"the server closes the WebSocket: {text}",
        f"the answer begins '220 {text} ESMTP'",
        f"signal: request GET /{text}",
    ):
        said = observation.ProtocolObservation(
            transaction=number, window=W, failure=Failure.PROTOCOL_INVALID, address=PLACE, port=443,
            protocol="stun", stage="bound", proof=observation.Proof.NONCE, detail=banner,
            errno=text,
        )  # fmt: skip
        yield _measurement(replace(flow, port=3478), number, "stun", said, detail=banner)


def _measurement(
    probe: Probe, number: int, check: str, *seen: object, **more: object
) -> Measurement:
    task_id = f"p{number}.{check}.{len(str(more))}"
    task = task_of(check, probe, subject="telegram", task_id=task_id, endpoint="web")
    made = Measurement(task=task, status=Status.COMPLETED, window=W, observations=seen)  # type: ignore[arg-type]
    return replace(made, **more)  # type: ignore[arg-type]


def _local(text: str, tied: Mapping[str, object]) -> observation.LocalObservation:
    return observation.LocalObservation(
        failure=None, route4=True, resolvers=(text, f"fe80::1%{text}"), proxies=(text,),
        openssl=f"OpenSSL 3.5.9 {text}", errno4=text, errno6=text, **tied,  # type: ignore[arg-type]
    )  # fmt: skip


def _dns(text: str, number: int) -> observation.DnsObservation:
    answer = observation.DnsAnswer(
        after=0.1, rcode=text, addresses=(PLACE,), aliases=(text,), source=text
    )
    return observation.DnsObservation(
        transaction=number, window=W, failure=None, name=HOST, family=4,
        resolver=ResolverKind.DIRECT, resolver_name=text, resolver_address=text, rcode=text,
        addresses=(PLACE,), aliases=(text, f"{text}.cdn.example"), answers=(answer, answer),
    )  # fmt: skip


def _tls(text: str, where: Mapping[str, object]) -> observation.TlsObservation:
    der = base64.b64encode(f"0\x82{text}".encode()).decode()
    # hashes are made here, of what came: nobody writes a text into them
    shown = observation.Certificate(
        subject=f"CN={text}, O=Router",
        issuer=f"CN={text}",
        sha256="ab" * 32,
        spki_sha256="cd" * 32,
        not_before=text,
        not_after=f"2026-11-26T02:11:36Z {text}",
        der=der,
        names=(text, f"*.{text}", f"{text}.fritz.box"),
    )
    return observation.TlsObservation(
        failure=Failure.TLS_UNKNOWN_AUTHORITY, server_name=HOST, version=text, cipher=text,
        alpn=text, alert=text, chain=(shown, replace(shown, subject=text)),
        verify_error=f"Hostname mismatch, certificate is not valid for '{text}'.",
        plain=f"HTTP/1.1 302 Found\nLocation: http://portal.example/?guest={text}", errno=text,
        **where,  # type: ignore[arg-type]
    )  # fmt: skip


def _http(text: str, where: Mapping[str, object]) -> observation.HttpObservation:
    headers = (
        ("location", f"http://{text}/login"),
        ("location", f"https://portal.example/{text}?mac={text}"),
        ("location", f"/login?room={text}"),
        ("set-cookie", f"id={text}"),
        ("server", f"nginx/{text}"),
        ("server", text),
        ("content-type", f"text/html; boundary={text}"),
        ("content-length", text),
        ("date", text),
        ("via", f"1.1 {text}"),
        ("refresh", f"0; url=http://{text}/"),
        (f"x-{text}", "1"),
        ("x-client", text),
    )
    return observation.HttpObservation(
        failure=None, host=HOST, path=f"/x/{text}", tls=True, status=302, headers=headers,
        body=f"<html>Guest {text}, your address is {text}.", body_bytes=90, date=text,
        links=(f"/img/{text}.png",), marks=(text,), errno=text, **where,  # type: ignore[arg-type]
    )  # fmt: skip


def _transfer(text: str, where: Mapping[str, object]) -> observation.TransferObservation:
    return observation.TransferObservation(
        failure=None, host=HOST, server_name=HOST, path=f"/f?for={text}", direction=Direction.DOWN,
        wanted=1, errno=text, **where,  # type: ignore[arg-type]
    )  # fmt: skip


def readings(output: str) -> tuple[str, ...]:
    """An output as it is, and as whoever decodes it reads it, in lower case."""
    found = [output, html.unescape(output)]
    for line in (output, *output.splitlines()):
        try:
            found.append("\n".join(_strings(json.loads(line))))
        except ValueError:
            continue
    unquoted = quopri.decodestring(output.encode("utf-8", "replace")).decode("utf-8", "replace")
    return tuple(text.lower() for text in (*found, unquoted))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *_strings(item))
