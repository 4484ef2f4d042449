"""What could tell who measured is gone; what the verdict needs is still there."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe import session
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    Certificate,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Proof,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
    TransferObservation,
)
from msgprobe.model.run import Evidence
from msgprobe.model.task import Flow, Lookup
from msgprobe.redaction.redactor import redacted
from tests.evidence.story import Story
from tests.hypotheses.tls_interception.test_mitm import FOLLOWS, told
from tests.report import sample
from tests.torture.planted import planted

LOCAL, DNS, BROKEN, PAGE = sample.measurements()
HEX = "ab" * 32
WORDS = [
    ("the", "answer", "begins", "[5", "characters;", "HTTP]"),
    ("name-2.invalid", "[party", "3]"),
    ("[party", "2]"),
    ("name-2.invalid",),
    ("3ffe:0:2::7",),
    ("192.168.0.2",),
    ("other",),
    ("[hash", "2]"),
    ("own-network.invalid",),
]
"""What stands for something that was taken out, written by a network itself."""


def of(*measurements: Measurement) -> tuple[Measurement, ...]:
    return redacted(evidence(*measurements)).measurements


def evidence(*measurements: Measurement) -> Evidence:
    return replace(sample.run().evidence, measurements=measurements)


def http(**changes: object) -> HttpObservation:
    seen = PAGE.observations[1]
    assert isinstance(seen, HttpObservation)
    changed = replace(PAGE, observations=(replace(seen, **changes),))  # type: ignore[arg-type]
    (found,) = of(changed)[0].observations
    assert isinstance(found, HttpObservation)
    return found


def tls(**changes: object) -> TlsObservation:
    seen = BROKEN.observations[1]
    changed = replace(BROKEN, observations=(replace(seen, **changes),))  # type: ignore[arg-type]
    (found,) = of(changed)[0].observations
    assert isinstance(found, TlsObservation)
    return found


def detail(text: str) -> str:
    said = ProtocolObservation(
        transaction=3, window=sample.W, failure=None, protocol="p", address="192.0.2.80", port=1,
        stage="s", proof=Proof.BYTES, detail=text,
    )  # fmt: skip
    (found,) = of(replace(BROKEN, observations=(said,)))[0].observations
    assert isinstance(found, ProtocolObservation)
    return found.detail


def test_resolvers_become_classes_but_for_those_that_everybody_may_ask() -> None:
    own = LOCAL.observations[0]
    assert isinstance(own, LocalObservation)
    addresses = (*own.resolvers, "2003:ec:1:2::1", "81.173.194.77", "192.168.7.1")
    (seen,) = of(replace(LOCAL, observations=(replace(own, resolvers=addresses),)))[0].observations
    assert isinstance(seen, LocalObservation)
    assert seen.resolvers == ("private", "loopback", "link-local", "8.8.8.8", "provider")


def test_the_resolver_is_hidden_in_question_answer_and_task() -> None:
    (found,) = of(DNS)
    (seen,) = found.observations
    assert isinstance(seen, DnsObservation)
    assert seen.resolver_address == "private"
    assert seen.answers[0].source == "private"
    assert seen.addresses == ("192.0.2.80",)  # in the target file
    assert isinstance(found.task.probe, Lookup)
    assert found.task.probe.resolver.address == "private"


def test_addresses_of_a_private_network_stay_apart_and_together() -> None:
    """Same address, same network and kind are what rules ask for."""
    seen = DNS.observations[0]
    assert isinstance(seen, DnsObservation)
    addresses = (
        *("192.168.178.1", "192.168.178.20", "192.168.5.1", "10.3.2.1", "192.168.178.1"),
        *("10.10.34.34", "2a00:1450:4001::1", "fd12:3456::7", "64:ff9b::c0a8:b201"),
    )
    (found,) = of(replace(DNS, observations=(replace(seen, addresses=addresses),)))[0].observations
    assert isinstance(found, DnsObservation)
    assert found.addresses == (
        *("192.168.0.1", "192.168.0.2", "192.168.1.1", "10.0.0.1", "192.168.0.1"),
        *("10.10.34.34", "2a00:1450:4001::1", "fc00::1", "64:ff9b::c0a8:1"),
    )


def test_public_addresses_of_the_home_network_are_known_by_its_resolver() -> None:
    own = replace(LOCAL.observations[0], resolvers=("2003:ec:1:2::1",))  # type: ignore[arg-type]
    seen = replace(DNS.observations[0], addresses=("2003:ec:1:9::80", "2003:ec:2::80"))  # type: ignore[arg-type]
    _, dns = of(replace(LOCAL, observations=(own,)), replace(DNS, observations=(seen,)))
    assert dns.observations[0].addresses == ("3ffe::1", "2003:ec:2::80")  # type: ignore[union-attr]


def test_source_ports_are_gone_and_targets_stay() -> None:
    flow = BROKEN.task.probe
    assert isinstance(flow, Flow)
    task = replace(BROKEN.task, probe=replace(flow, source_port=50123))
    (found,) = of(replace(BROKEN, task=task))
    tcp = found.observations[0]
    assert isinstance(tcp, TcpObservation)
    assert (tcp.source_port, tcp.address) == (0, "192.0.2.80")
    assert isinstance(found.task.probe, Flow)
    assert found.task.probe.source_port == 0


def test_an_address_is_hidden_in_the_name_of_its_task_too() -> None:
    flow = replace(BROKEN.task.probe, address="192.168.178.1")  # type: ignore[arg-type]
    task = replace(BROKEN.task, id="b.telegram.web.192.168.178.1#2", probe=flow)
    task = replace(task, attempt_of="b.telegram.web.192.168.178.1")
    (found,) = of(replace(BROKEN, task=task))
    assert (found.task.id, found.task.attempt_of) == (
        "b.telegram.web.192.168.0.1#2",
        "b.telegram.web.192.168.0.1",
    )


def test_a_body_becomes_a_hash_and_known_marks() -> None:
    body = "<html>room 203 <a href=http://warning.or.kr/x>"
    found = http(body=body)
    assert found.body == ""
    assert found.body_sha256 is not None and len(found.body_sha256) == 64
    assert found.marks == ("HTML", "South Korea: warning.or.kr")
    assert http(body=f"{body} ").body_sha256 != found.body_sha256


def test_of_headers_known_names_and_few_values_stay() -> None:
    found = http(
        headers=(
            ("Set-Cookie", "id=person"),
            ("X-Client-203.0.113.9", "1"),
            ("Server", "nginx/1.18.0 (room203)"),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Date", "Thu, 26 Nov 2026 02:08:35 GMT"),
            ("Connection", "Keep-Alive"),
        )
    )
    assert found.headers == (
        ("set-cookie", "[removed]"),
        ("server", "nginx"),
        ("content-type", "text/html"),
        ("date", "[removed]"),
        ("connection", "keep-alive"),
    )


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://web.telegram.example/x?y", "https://web.telegram.example/"),
        ("https://mac-aabbccddeeff.telegram.example/", "https://telegram.example/"),
        ("http://192.168.1.1/login?mac=aa", "http://own-network.invalid/"),
        ("http://[fd00::1]:8080/", "http://own-network.invalid/"),
        ("http://portal.hotel203.example/room", "http://other-site.invalid/"),
        ("http://www.warning.or.kr/i2.html?who=me", "http://www.warning.or.kr/"),
        ("http://me.warning.or.kr/", "http://other-site.invalid/"),
        ("portal://whoever/", "http://other-site.invalid/"),
        ("/login?room=203", "/"),
        ("", "/"),
    ],
)
def test_a_redirect_keeps_scheme_and_kind_of_place(value: str, kept: str) -> None:
    assert http(headers=(("Location", value),)).headers == (("location", kept),)
    assert http(headers=(("location", kept),)).headers == (("location", kept),)


@pytest.mark.parametrize(("offset", "kept"), [
    (None, None), (0.0, 0.0), (-12.5, 0.0), (599.9, 540.0), (600.0, 600.0), (600.5, 660.0),
    (-86_400.5, -86_460.0), (86_400.0, 86_400.0),
])  # fmt: skip
def test_a_wrong_clock_is_told_to_the_minute_and_on_the_same_side_of_each_limit(
    offset: float | None, kept: float | None
) -> None:
    assert http(clock_offset=offset, date="2026-11-26T02:08:35Z").clock_offset == kept
    assert http(clock_offset=offset, date="2026-11-26T02:08:35Z").date is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("3 of 3 answered with error 401, realm hotel203", "3 of 3 answered with error 401, realm"),
        ("certificate 99 by the root key", "certificate 99 by the root key"),
        ("the server closes the WebSocket: 203 Smith", "the server closes the WebSocket"),
        ("mtproto: answer is not resPQ; the answer begins '220 me'",
         "mtproto: answer is not resPQ; the answer begins"),
        ("signal: request GET /room/203", "signal: request"),
        ("310150123456789", ""),
        ("220 mail.home.example ESMTP", "220"),
    ],
)  # fmt: skip
def test_of_a_detail_this_programs_own_words_stay(text: str, kept: str) -> None:
    assert detail(text) == kept
    assert detail(kept) == kept


def test_an_answer_that_is_not_tls_is_told_by_its_length_and_marks() -> None:
    found = tls(
        plain="HTTP/1.1 302 Found\nLocation: http://internetpositif.uzone.id/?ip=203.0.113.9"
    )
    assert found.plain == "[76 characters; HTTP; Indonesia: internetpositif]"
    assert tls(plain=found.plain).plain == found.plain
    assert tls(plain="[5 characters; 203.0.113.9]").plain == "[27 characters]"


def shown(name: str, issuer: str, key: str = HEX) -> Certificate:
    return Certificate(
        subject=f"CN={name}", issuer=issuer, sha256=HEX, spki_sha256=key, names=(name,), der="MIIB",
        not_before="2026-11-26T02:08:35Z", not_after="2036-11-26T02:08:35Z",
    )  # fmt: skip


def test_certificates_keep_hashes_and_days_and_whether_parties_are_the_same() -> None:
    box, other = "CN=FG100E4Q17001234, O=Hotel", "CN=aabb.ccdd.eeff"
    chain = (shown("web.telegram.example", box), shown("router", box), shown("router", other))
    found = tls(chain=chain, failure=Failure.TLS_UNKNOWN_AUTHORITY).chain
    assert [(c.subject, c.issuer, c.names) for c in found] == [
        ("CN=web.telegram.example", "[party 1]", ("web.telegram.example",)),
        ("[party 2]", "[party 1]", ("name-1.invalid",)),
        ("[party 2]", "[party 3]", ("name-1.invalid",)),
    ]
    assert {(c.sha256, c.spki_sha256, c.not_before, c.not_after, c.der) for c in found} == {
        (HEX, HEX, "2026-11-26", "2036-11-26", "")
    }


STATE = "CN=ISCA of room 203, O=Information Security Certification Authority, C=KZ"


@pytest.mark.parametrize(
    ("issuer", "kept"),
    [
        (STATE, "[party 2], O=information security certification authority"),
        ("CN=Sub CA, O=Ministry of room 203, C=DE", "[party 2], C=DE"),
        ("CN=Sub CA, O=Hotel, C=US", "[party 2]"),
        ("CN=box, C=DE of room 203, C=de", "[party 2], C=DE"),
    ],
)
def test_of_an_authority_stays_what_tells_a_states_from_others(issuer: str, kept: str) -> None:
    """Its known name, and a country under whose domain a service has its own."""
    run = sample.run().evidence
    (service, *others) = run.services
    first = replace(service.endpoints[0], host="chat.example.de")
    home = replace(service, endpoints=(first, *service.endpoints[1:]))
    seen = BROKEN.observations[1]
    assert isinstance(seen, TlsObservation)
    broken = replace(BROKEN, observations=(replace(seen, chain=(shown("router", issuer),)),))
    whole = replace(run, services=(home, *others), measurements=(broken,))
    once = redacted(whole)
    (found,) = once.measurements[0].observations
    assert isinstance(found, TlsObservation)
    assert [c.issuer for c in found.chain] == [kept]
    assert redacted(once) == once


def test_a_chain_that_is_cited_as_forged_stays_whole_and_only_that() -> None:
    story: Story = told(*FOLLOWS)
    whole = _with_der(story.evidence())
    kept, verdict = session.judged(whole)
    assert verdict == judge(whole)
    assert "tls.mitm" in verdict.services[0].mechanisms
    cited = {t for f in verdict.services[0].functions for t in f.evidence}
    for before, after in zip(whole.measurements, kept.measurements, strict=True):
        for was, seen in zip(before.observations, after.observations, strict=True):
            if isinstance(was, TlsObservation) and isinstance(seen, TlsObservation):
                proof = was.transaction in cited and was.failure is not None
                assert all(bool(c.der) is proof for c in seen.chain)
                if proof:
                    assert [c.issuer for c in seen.chain] == [c.issuer for c in was.chain]
    assert session.judged(kept) == (kept, verdict)


def _with_der(told_of: Evidence) -> Evidence:
    def one(measurement: Measurement) -> Measurement:
        seen = tuple(
            replace(o, chain=tuple(replace(c, der="MIIB") for c in o.chain))
            if isinstance(o, TlsObservation)
            else o
            for o in measurement.observations
        )
        return replace(measurement, observations=seen)

    return replace(told_of, measurements=tuple(map(one, told_of.measurements)))


def test_a_path_found_in_a_page_is_not_kept_and_numbers_are() -> None:
    whole = sample.moved(path="/file?for=203.0.113.9&part=1")
    (found,) = of(whole)
    (seen,) = found.observations
    assert isinstance(seen, TransferObservation)
    assert seen.path == "/[path]"
    assert seen.curve == whole.observations[0].curve  # type: ignore[union-attr]
    assert (seen.address, seen.moved) == ("192.0.2.80", 80_000)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no time left (max_time)", "no time left (max_time)"),
        ("the check overran its deadline", "the check overran its deadline"),
        ("ValueError: from 10.0.0.2", "ValueError"),
        ("PluginError: from 10.0.0.2", "Exception"),
        ("10.0.0.2", "[removed]"),
        (None, None),
    ],
)
def test_why_a_task_never_ran_stays_and_a_fault_of_ours_is_its_kind(
    text: str | None, kept: str | None
) -> None:
    (found,) = of(replace(BROKEN, status=Status.BUG, detail=text))
    assert found.detail == kept


@given(st.text(max_size=40) | st.sampled_from(WORDS).map(" ".join))
def test_whatever_the_network_writes_twice_is_once(text: str) -> None:
    once = redacted(evidence(*planted(text, 10)))
    assert redacted(once) == once


def test_a_path_of_a_target_file_may_have_one_number_in_it() -> None:
    """With many there would be more ways to read a long number than anybody can try."""
    run = sample.run()
    source = run.evidence.controls.sources[0]
    for path, kept in (("/down/{bytes}", "/down/65536"), ("/{bytes}" + "{bytes}" * 40, "/[path]")):
        controls = replace(run.evidence.controls, sources=(replace(source, path=path),))
        asked = "/down/65536" if "down" in path else "/" + "1" * 400 + "x"
        whole = replace(run.evidence, controls=controls, measurements=(sample.moved(path=asked),))
        (found,) = redacted(whole).measurements[0].observations
        assert isinstance(found, TransferObservation)
        assert found.path == kept


def test_twice_is_once() -> None:
    whole = sample.run(sample.blocked()).evidence
    once = redacted(whole)
    assert once.measurements != whole.measurements
    assert redacted(once) == once
