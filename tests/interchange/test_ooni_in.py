"""OONI's measurements as evidence: no word beyond what they show, and bad ones are refused."""

import base64
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.checks.registry import registry, traits
from msgprobe.interchange.ooni.evidence import evidence
from msgprobe.interchange.ooni.fields import ForeignError
from msgprobe.interchange.ooni.lines import LONGEST, measurements
from msgprobe.interchange.ooni.theirs import TESTS, Theirs, theirs
from msgprobe.model.target import Provenance, Root, Service
from msgprobe.model.verdict import Outcome, ServiceVerdict, State, Verdict
from msgprobe.session import judged
from tests.interchange.ooni_runs import ELSEWHERE, META, OF_SIGNAL, services

TRAITS = traits(registry())
REAL = Path(__file__).parents[3] / "shared" / "data" / "ooni"
"""Real measurements, where they are at hand; they are not part of the project."""

GOOD, WHEN = "149.154.167.99", "2026-01-05 10:30:00"


def measurement(test: str, **keys: Any) -> dict[str, Any]:
    found = {
        "test_name": test,
        "test_version": "1",
        "measurement_start_time": WHEN,
        "probe_cc": "KZ",
        "probe_asn": "AS9198",
        "report_id": "r1",
        "test_runtime": 1.5,
        "test_keys": keys,
    }
    return found | ({"input": keys.pop("url")} if "url" in keys else {})


def query(host: str, *addresses: str, failure: str | None = None) -> dict[str, Any]:
    answers = [{"answer_type": "A", "ipv4": a, "ttl": None} for a in addresses]
    asked = {"hostname": host, "query_type": "A", "engine": "system"}
    return {**asked, "failure": failure, "t": 0.1, "answers": answers}


def dial(ip: str, failure: str | None = None, *, port: int = 443, **more: Any) -> dict[str, Any]:
    status = {"failure": failure, "success": failure is None}
    return {"ip": ip, "port": port, "status": status, "t": 0.2, **more}


def shake(
    host: str,
    ip: str | None,
    failure: str | None = None,
    chain: tuple[bytes, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    shown = [{"format": "base64", "data": base64.b64encode(der).decode()} for der in chain]
    found = {"server_name": host, "address": ip and f"{ip}:443", "failure": failure, "t": 0.3}
    return {**found, "no_tls_verify": False, "peer_certificates": shown, **more}


def fetch(url: str, code: int, failure: str | None = None) -> dict[str, Any]:
    request = {"url": url, "method": "GET"}
    return {"request": request, "response": {"code": code}, "failure": failure, "t": 0.4}


def page(host: str, ip: str = ELSEWHERE, failure: str | None = None, **how: Any) -> dict[str, Any]:
    """The lists of one page of one host."""
    return {
        "queries": [query(host, ip)],
        "tcp_connect": [dial(ip)],
        "tls_handshakes": [shake(host, ip, failure, **how)],
    }


def together(*parts: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        for key, entries in part.items():
            found.setdefault(key, []).extend(entries)
    return found


def read(test: str, **keys: Any) -> Theirs:
    found = theirs(json.loads(json.dumps(measurement(test, **keys))))
    assert found is not None
    return found


def judge(found: Theirs, service: Service | None = None) -> Verdict:
    about = service or services()[TESTS[found.test]]
    return judged(evidence(found, about, TRAITS))[1]


def said(test: str, **keys: Any) -> ServiceVerdict:
    verdict = judge(read(test, **keys))
    assert verdict.connection.state is State.UNKNOWN
    (service,) = verdict.services
    return service


def words(verdict: ServiceVerdict) -> dict[str, Outcome]:
    return {f.function.value: f.outcome for f in verdict.functions}


# --- what they show -----------------------------------------------------------------------------


def test_an_authenticated_page_works() -> None:
    found = said("telegram", **page("web.telegram.org", GOOD))
    assert words(found)["web"] is Outcome.OK
    assert words(found)["text"] is Outcome.NOT_TESTED


def test_an_open_port_earns_nothing() -> None:
    chat = {"queries": [query("e1.whatsapp.net", META)], "tcp_connect": [dial(META)]}
    assert words(said("whatsapp", **chat))["text"] is Outcome.NOT_TESTED


def test_a_plain_answer_earns_nothing() -> None:
    """A login page answers for every data centre, and their test says that the app works."""
    dc = "149.154.167.51"
    plain = {"tcp_connect": [dial(dc)], "requests": [fetch(f"http://{dc}:443/", 501)]}
    assert Outcome.OK not in words(said("telegram", **plain)).values()


def test_a_chain_that_was_not_verified_earns_nothing() -> None:
    found = said("telegram", **page("web.telegram.org", GOOD, no_tls_verify=True))
    assert Outcome.OK not in words(found).values()


# --- what they do not ----------------------------------------------------------------------------

FAILURES = (
    *("generic_timeout_error", "connection_reset", "connection_refused", "eof_error"),
    *("ssl_failed_handshake", "ssl_invalid_hostname", "host_unreachable", "unknown_failure: x"),
    *("android_dns_cache_no_data", "a word of tomorrow"),
)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("stage", ["dns", "tcp", "tls", "http"])
def test_without_a_control_no_failure_accuses(stage: str, failure: str) -> None:
    parts = []
    for n, host in enumerate(OF_SIGNAL):
        part = page(host, f"20.20.{n}.20")
        if stage == "dns":
            part = {"queries": [query(host, failure=failure)]}
        if stage == "tcp":
            part |= {"tcp_connect": [dial(f"20.20.{n}.20", failure)], "tls_handshakes": []}
        if stage == "tls":
            part = page(host, f"20.20.{n}.20", failure)
        if stage == "http":
            part["requests"] = [fetch(f"https://{host}/", 0, failure)]
        parts.append(part)
    found = words(said("signal", **together(*parts)))
    assert set(found.values()) <= {Outcome.INCONCLUSIVE, Outcome.NOT_TESTED, Outcome.OK}
    if stage != "http":
        assert Outcome.OK not in found.values()


def test_a_refusal_without_a_beginning_is_not_called_early() -> None:
    """Older files tell only when something ended."""
    parts = [
        {
            "queries": [query(f"e{n}.whatsapp.net", f"15.197.{n}.1")],
            "tcp_connect": [dial(f"15.197.{n}.1", "connection_refused", t=0.0001)],
        }
        for n in range(1, 5)
    ]
    assert words(said("whatsapp", **together(*parts)))["text"] is Outcome.INCONCLUSIVE


def test_our_own_end_of_something_says_nothing() -> None:
    parts = [page(host, f"20.20.{n}.20", "interrupted") for n, host in enumerate(OF_SIGNAL)]
    found = words(said("signal", **together(*parts)))
    assert set(found.values()) <= {Outcome.INCONCLUSIVE, Outcome.NOT_TESTED}


def test_a_known_block_address_is_interference_whoever_saw_it() -> None:
    """The one thing that licenses the word without a control: what only a censor answers."""
    led = {"queries": [query("web.whatsapp.com", "10.10.34.35")]}
    found = said("whatsapp", **led)
    for function in found.functions:
        if function.outcome is Outcome.BLOCKED:
            assert set(function.rules) <= {"dns.bogon", "dns.block_address", "dns.blockpage"}


# --- certificates ---------------------------------------------------------------------------------


ENCODING = Encoding.DER


def own(ca: trustme.CA) -> Service:
    """Signal with another root."""
    pem = ca.cert_pem.bytes().decode()
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(ENCODING)
    here = Provenance(source="test", date="2026-01-01")
    root = Root(name="test", pem=pem, sha256=hashlib.sha256(der).hexdigest(), provenance=here)
    return replace(services()["signal"], roots=(root,))


def leaf(ca: trustme.CA, host: str) -> bytes:
    pem = ca.issue_cert(host).cert_chain_pems[0].bytes()
    return x509.load_pem_x509_certificate(pem).public_bytes(ENCODING)


def chat(found: Verdict) -> tuple[Outcome, Outcome]:
    """The words for text (pinned) and media (public authorities, too)."""
    said = words(found.services[0])
    return said["text"], said["media"]


def test_a_pinned_name_works_only_under_its_own_root() -> None:
    mine, stranger = trustme.CA(), trustme.CA()
    service = own(mine)

    def with_chains(ca: trustme.CA) -> Verdict:
        hosts = ("chat.signal.org", "storage.signal.org")
        parts = [page(h, f"20.20.{n}.20", chain=(leaf(ca, h),)) for n, h in enumerate(hosts)]
        return judge(read("signal", **together(*parts)), service)

    assert chat(with_chains(mine)) == (Outcome.OK, Outcome.OK)
    # Their probe believes public authorities for these names; the app would not.
    assert chat(with_chains(stranger))[0] in (Outcome.NOT_TESTED, Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("wrong", ["name", "time"])
def test_a_chain_for_another_name_or_time_is_no_proof(wrong: str) -> None:
    ca = trustme.CA()
    host = "chat.signal.org"
    shown = leaf(ca, "other.example" if wrong == "name" else host)
    data = measurement("signal", **page(host, chain=(shown,)))
    data["measurement_start_time"] = "1999-01-01 00:00:00" if wrong == "time" else WHEN
    found = theirs(data)
    assert found is not None
    assert chat(judge(found, own(ca)))[0] in (Outcome.NOT_TESTED, Outcome.INCONCLUSIVE)


def test_a_probe_that_does_not_know_the_services_root_accuses_nobody() -> None:
    """What OONI calls blocked for ssl_unknown_authority after Signal had changed its root."""
    ca = trustme.CA()
    parts = [
        page(h, f"20.20.{n}.20", "ssl_unknown_authority", chain=(leaf(ca, h),))
        for n, h in enumerate(OF_SIGNAL)
    ]
    found = words(judge(read("signal", **together(*parts)), own(ca)).services[0])
    assert set(found.values()) <= {Outcome.INCONCLUSIVE, Outcome.NOT_TESTED}


# --- files ----------------------------------------------------------------------------------------


def lines(data: bytes) -> list[tuple[int, Theirs | None]]:
    return list(measurements(io.BytesIO(data)))


def test_other_tests_are_passed_over() -> None:
    mixed = [measurement("ndt"), measurement("signal"), {"test_name": "x", "test_keys": None}]
    found = lines(b"\n".join(json.dumps(m).encode() for m in mixed) + b"\n\n")
    assert [(n, m and m.test) for n, m in found] == [(1, None), (2, "signal"), (3, None)]


def test_a_single_measurement_may_be_written_over_many_lines() -> None:
    ((number, found),) = lines(json.dumps(measurement("signal"), indent=2).encode())
    assert number == 1 and found is not None and found.test == "signal"


WHOLE = json.dumps(measurement("signal", **page("chat.signal.org"))).encode()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (WHOLE[:-40], "torn"),
        (b"\xff\xfe" + WHOLE, "no JSON"),
        (b'{"test_keys": NaN}', "no JSON"),
        (b"[" * 1_000_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b"x" * (LONGEST + 1), "longer than"),
        (b"9" * 5_000, "no"),
        (b"[1, 2]", "no OONI measurement"),
        (b"null", "no OONI measurement"),
        (b'"text"', "no OONI measurement"),
        (b'{"format_version": 1}', "$.test_name"),
    ],
)
def test_a_bad_line_is_named(line: bytes, why: str) -> None:
    with pytest.raises(ForeignError, match="line 2: ") as caught:
        lines(WHOLE + b"\n" + line + b"\n" + WHOLE)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["measurement_start_time"], "yesterday", "$.measurement_start_time"),
        (["measurement_start_time"], None, "$.measurement_start_time"),
        (["probe_cc"], "Kazakhstan", "$.probe_cc"),
        (["probe_asn"], 9198, "$.probe_asn"),
        (["probe_asn"], "AS" + "9" * 50, "$.probe_asn"),
        (["test_keys"], [], "test_keys"),
        (["test_keys", "queries"], {}, "$.test_keys.queries"),
        (["test_keys", "queries"], [None] * 6_000, "$.test_keys.queries"),
        (["test_keys", "queries", 0], 3, "$.test_keys.queries[0]"),
        (["test_keys", "queries", 0, "hostname"], [], "$.test_keys.queries[0].hostname"),
        (["test_keys", "queries", 0, "hostname"], "x" * 10_000, "$.test_keys.queries[0].hostname"),
        (["test_keys", "queries", 0, "answers", 0, "ipv4"], "1.2.3", "answers[0].ipv4"),
        (["test_keys", "tcp_connect", 0, "port"], "443", "tcp_connect[0].port"),
        (["test_keys", "tcp_connect", 0, "port"], 99_999, "tcp_connect[0].port"),
        (["test_keys", "tcp_connect", 0, "ip"], "localhost", "tcp_connect[0].ip"),
        (["test_keys", "tcp_connect", 0, "status"], True, "tcp_connect[0].status"),
        (["test_keys", "tls_handshakes", 0, "address"], "nowhere", "tls_handshakes[0].address"),
        (["test_keys", "tls_handshakes", 0, "t"], "soon", "tls_handshakes[0].t"),
        (["test_keys", "tls_handshakes", 0, "peer_certificates"], ["%"], "peer_certificates[0]"),
        (["test_keys", "signal_backend_status"], {}, "$.test_keys.signal_backend_status"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(path: list[Any], value: Any, where: str) -> None:
    data = json.loads(WHOLE)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ForeignError) as caught:
        lines(json.dumps(data).encode())
    assert where in str(caught.value)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_put_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """And where it is read, it is judged, without a word that nothing licenses."""
    whole = json.loads(WHOLE)
    place: Any = whole
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JUNK)
            break
        place = place[key]
    try:
        ((_, found),) = lines(json.dumps(whole).encode())
    except ForeignError:
        return
    if found is not None and found.test in TESTS:
        verdict = judge(found)
        outcomes = {f.outcome for s in verdict.services for f in s.functions}
        assert not outcomes & {Outcome.BLOCKED, Outcome.THROTTLED, Outcome.DOWN}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real measurements are not at hand")
def test_real_measurements_get_no_word_beyond_their_evidence() -> None:
    for path in sorted(REAL.glob("*.json")):
        ((_, found),) = lines(path.read_bytes())
        assert found is not None
        outcomes = words(judge(found).services[0])
        assert Outcome.BLOCKED not in outcomes.values(), path.name
        # Without certificates or with some that nobody verified nothing is shown to work.
        if path.name in ("signal_2627.json", "telegram_nourl.json"):
            assert Outcome.OK not in outcomes.values()
        if path.name == "whatsapp.json":
            assert outcomes["web"] is outcomes["signup"] is Outcome.OK
