"""A measurement of OONI's as values: what its probe asked, and what came.

Format 0.2.0 and older ones since 2019 are read: transactions, times of beginning, addresses of
handshakes and URLs may be missing. What is not needed is not looked at.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from msgprobe.interchange.ooni.fields import MOST_DER, ForeignError, Place
from msgprobe.model.dataclass import dataclass

E = TypeVar("E")

TESTS = {
    "whatsapp": "whatsapp",
    "telegram": "telegram",
    "signal": "signal",
    "facebook_messenger": "messenger",
}
"""The service that each of their messenger tests is about."""

WEB = "web_connectivity"

_CLAIMS = (
    *("whatsapp_endpoints_status", "registration_server_status", "whatsapp_web_status"),
    *("telegram_tcp_blocking", "telegram_http_blocking", "telegram_web_status"),
    *("signal_backend_status", "facebook_dns_blocking", "facebook_tcp_blocking", "blocking"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    failure: str | None
    start: float
    """Seconds since the measurement began; 0 where only the end is known."""
    end: float
    transaction: int
    """0: not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(_Entry):
    """One question to the system's resolver."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect(_Entry):
    """One TCP handshake."""

    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shake(_Entry):
    """One TLS handshake; ``believed``: the probe verified the chain (DER) and found it good."""

    address: str | None
    port: int | None
    name: str
    believed: bool
    chain: tuple[bytes, ...]
    version: str | None
    alpn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(_Entry):
    """One HTTP request; ``status`` None: no answer came."""

    host: str
    path: str
    tls: bool
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """One measurement. ``started_at`` is ISO 8601 in UTC, ``asn`` and ``cc`` null where hidden.

    ``claims`` are OONI's own words: those of the test's keys that say what is blocked.
    """

    test: str
    version: str
    url: str | None
    started_at: str
    runtime: float
    cc: str | None
    asn: int | None
    report: str
    software: str
    claims: tuple[tuple[str, Any], ...]
    queries: tuple[Query, ...]
    connects: tuple[Connect, ...]
    shakes: tuple[Shake, ...]
    fetches: tuple[Fetch, ...]

    @property
    def anomaly(self) -> bool | None:
        """OONI's own word in one: something is blocked; None where it says nothing."""
        told = [value for _, value in self.claims if value is not None]
        return any(v not in (False, "ok") for v in told) if told else None


def theirs(data: object) -> Theirs | None:
    """The measurement in ``data``; None for one of another test. Raises ForeignError."""
    top = Place(data)
    test = _test(top)
    if test is None:
        return None
    keys = top.at("test_keys")
    if keys.value is None:
        raise ForeignError("$.test_keys: is missing; it should be an object")
    started = top.at("measurement_start_time").read(_time, "time like 2026-11-26 10:30:00")
    if started is None:
        raise ForeignError("$.measurement_start_time: is missing; it should be a time")
    software = (top.at("software_name").text(), top.at("software_version").text())
    return Theirs(
        test=test,
        version=top.at("test_version").text() or "",
        url=top.at("input").text() if test == WEB else None,
        started_at=started,
        runtime=top.at("test_runtime").seconds() or 0.0,
        cc=top.at("probe_cc").read(_country, "country code"),
        asn=top.at("probe_asn").read(_asn, "AS number like AS9198"),
        report=top.at("report_id").text() or "",
        software=" ".join(word for word in software if word),
        claims=_claims(keys),
        queries=_those(_query, keys.at("queries")),
        connects=_those(_connect, keys.at("tcp_connect")),
        shakes=_those(_shake, keys.at("tls_handshakes")),
        fetches=_those(_fetch, keys.at("requests")),
    )


def _those(read: Callable[[Place], E | None], place: Place) -> tuple[E, ...]:
    """The entries of a list that ``read`` makes something of."""
    return tuple(one for entry in place.each() if (one := read(entry)) is not None)


def _test(top: Place) -> str | None:
    """Which test it is of, None for one that is not about messengers."""
    data = top.value
    if not isinstance(data, dict) or not isinstance(data.get("test_keys"), dict | None):
        raise ForeignError("this is no OONI measurement: an object with test_name and test_keys")
    test = top.at("test_name").needed()
    return test if test in TESTS or test == WEB else None


def _time(text: str) -> str:
    found = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def _country(text: str) -> str | None:
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise ValueError
    return None if text.upper() == "ZZ" else text.upper()


def _asn(text: str) -> int | None:
    number = int(text.upper().removeprefix("AS")) if len(text) <= 12 else -1
    if not 0 <= number < 1 << 32:
        raise ValueError
    return number or None


def _claims(keys: Place) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, _claim(keys.at(name))) for name in _CLAIMS if keys.at(name).value is not None
    )


def _claim(place: Place) -> Any:
    if not isinstance(place.value, bool | str):
        raise ForeignError(f"{place.path}: should be text, true or false")
    return place.value if isinstance(place.value, bool) else place.text()


def _entry(place: Place, failure: Place | None = None) -> dict[str, Any]:
    end = place.at("t").seconds() or 0.0
    start = place.at("t0").seconds() or 0.0
    return {
        "failure": (failure or place.at("failure")).text(),
        "start": min(start, end),
        "end": end,
        "transaction": place.at("transaction_id").whole(0, 1 << 53) or 0,
    }


def _query(place: Place) -> Query | None:
    """A question; None where another resolver than the system's was asked."""
    if place.at("engine").text() not in (None, "", "system", "getaddrinfo", "unknown", "golang"):
        return None
    return Query(
        **_entry(place),
        name=(place.at("hostname").text() or "").lower().rstrip("."),
        addresses=tuple(a for p in place.at("answers").each() if (a := _answer(p)) is not None),
    )


def _answer(place: Place) -> str | None:
    return place.at("ipv4").read(_address, "address") or place.at("ipv6").read(_address, "address")


def _address(text: str) -> str:
    return str(ip_address(text))


def _connect(place: Place) -> Connect:
    address = place.at("ip").read(_address, "address")
    port = place.at("port").whole(0, 65_535)
    if address is None or port is None:
        raise ForeignError(f"{place.path}: should have ip and port")
    status = place.at("status")
    failure = status.at("failure")
    entry = _entry(place, failure)
    if status.at("success").flag() is False and entry["failure"] is None:
        entry["failure"] = "unknown_failure"
    return Connect(**entry, address=address, port=port)


def _shake(place: Place) -> Shake:
    entry = _entry(place)
    address, port = _endpoint(place.at("address"))
    looked = place.at("no_tls_verify").flag() is not False
    return Shake(
        **entry,
        address=address,
        port=port,
        name=(place.at("server_name").text() or "").lower(),
        believed=entry["failure"] is None and not looked,
        chain=tuple(map(_certificate, place.at("peer_certificates").each())),
        version=place.at("tls_version").text() or None,
        alpn=place.at("negotiated_protocol").text() or None,
    )


def _endpoint(place: Place) -> tuple[str | None, int | None]:
    text = place.text()
    if not text:
        return None, None
    host, _, port = text.rpartition(":")
    try:
        return _address(host.strip("[]")), int(port) if len(port) <= 5 else -1
    except ValueError:
        raise ForeignError(f"{place.path}: {text!r:.60} is no address and port") from None


def _certificate(place: Place) -> bytes:
    """Written as an object with base64, in older files as its text."""
    text = place if isinstance(place.value, str) else place.at("data")
    try:
        return base64.b64decode(text.text(MOST_DER) or "", validate=True)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, ForeignError):
            raise
        raise ForeignError(f"{text.path}: is no base64") from None


def _fetch(place: Place) -> Fetch | None:
    """A request; None where the file does not say of what."""
    request, response = place.at("request"), place.at("response")
    url = request.at("url").text(1 << 16) if request.value is not None else None
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ForeignError(f"{place.path}.request.url: is no URL") from None
    status = response.at("code").whole(0, 999) if response.value is not None else None
    return Fetch(
        **_entry(place),
        host=host,
        path=parts.path or "/",
        tls=parts.scheme == "https",
        status=status or None,
    )
