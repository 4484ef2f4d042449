"""What could identify a person is gone, what the verdict needs is still there."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.model import observation
from msgprobe.model.task import Flow, Lookup
from msgprobe.verification.cleaned import address_class, cleaned, without_addresses
from tests.grouped import each
from tests.report import sample

LOCAL, DNS, BROKEN, PAGE = sample.measurements()


def test_resolvers_at_home_become_a_word() -> None:
    (seen,) = cleaned(LOCAL).observations
    assert isinstance(seen, observation.LocalObservation)
    assert seen.resolvers == ("private", "loopback", "link-local", "8.8.8.8")


def test_the_resolver_is_hidden_in_question_answer_and_task() -> None:
    found = cleaned(DNS)
    (seen,) = found.observations
    assert isinstance(seen, observation.DnsObservation)
    assert seen.resolver_address == "private"
    assert seen.answers[0].source == "private"
    assert seen.addresses == ("192.0.2.80",)
    assert isinstance(found.task.probe, Lookup)
    assert found.task.probe.resolver.address == "private"


def test_source_ports_are_gone_and_targets_stay() -> None:
    flow = BROKEN.task.probe
    assert isinstance(flow, Flow)
    task = replace(BROKEN.task, probe=replace(flow, source_port=50123))
    found = cleaned(replace(BROKEN, task=task))
    tcp = found.observations[0]
    assert isinstance(tcp, observation.TcpObservation)
    assert (tcp.source_port, tcp.address) == (0, "192.0.2.80")
    assert isinstance(found.task.probe, Flow)
    assert found.task.probe.source_port == 0


def test_pages_lose_cookies_and_the_visitors_address() -> None:
    http = cleaned(PAGE).observations[1]
    assert isinstance(http, observation.HttpObservation)
    assert "203.0.113.9" not in http.body
    assert "person" not in str(http.headers)
    assert "203.0.113.9" not in str(http.headers)
    assert http.body == "Your address is [address]."


def test_free_text_of_checks_and_plain_answers_is_cleaned() -> None:
    tls = BROKEN.observations[1]
    assert isinstance(tls, observation.TlsObservation)
    tls = replace(tls, plain="for 203.0.113.9")
    own = observation.ProtocolObservation(
        transaction=3,
        window=sample.W,
        failure=None,
        protocol="p",
        address="192.0.2.80",
        port=1,
        stage="s",
        proof=observation.Proof.BYTES,
        detail="you are 2001:db8::7",
    )
    found = cleaned(replace(BROKEN, observations=(tls, own), detail="from 10.0.0.2:5000"))
    first, second = found.observations
    assert isinstance(first, observation.TlsObservation)
    assert isinstance(second, observation.ProtocolObservation)
    assert (first.plain, second.detail) == ("for [address]", "you are [address]")
    assert found.detail == "from [address]:5000"


CLASSES = {
    "private": (
        *("192.168.0.1", "10.1.2.3", "172.31.255.1", "100.64.0.1"),
        *("fd00::1", "::ffff:10.0.0.1"),
    ),
    "loopback": ("127.0.0.53", "::1"),
    "link-local": ("169.254.1.1", "fe80::1%wlan0"),
}


@pytest.mark.parametrize(("word", "text"), each(CLASSES))
def test_classes_of_addresses(word: str, text: str) -> None:
    assert address_class(text) == word


@pytest.mark.parametrize("text", ["9.9.9.9", "2620:fe::fe", "system", ""])
def test_what_everybody_may_know_stays_as_it_is(text: str) -> None:
    assert address_class(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ip=203.0.113.9&x", "ip=[address]&x"),
        ("http://10.0.0.1/login", "http://[address]/login"),
        ("http://[2001:db8::1]:80/", "http://[[address]]:80/"),
        ("Client: 2001:db8:0:0:0:0:0:1.", "Client: [address]."),
        ("at 2001:db8::1: gone", "at [address]: gone"),
        ("fe80::1%eth0", "[address]"),
        ("::ffff:203.0.113.9", "[address]"),
        ("host 203-0-113-9.pool.example.net", "host [address].pool.example.net"),
        ("mac=aa:bb:cc:dd:ee:ff", "mac=[address]"),
        ("ec2-203-0-113-77.compute.example", "ec2-[address].compute.example"),
        ("mac=aabbccddeeff", "mac=[address]"),
        ("mac=00aa11bb22cc&", "mac=[address]&"),
        ("at aabb.ccdd.eeff", "at [address]"),
        ("mac=aa%3Abb%3acc%3Add%3Aee%3Aff", "mac=[address]"),
        ("2001-db8-0-7-1.dyn.example", "[address].dyn.example"),
        ("imsi 310150123456789", "imsi [address]"),
    ],
)
def test_addresses_in_running_text(text: str, clean: str) -> None:
    assert without_addresses(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "sha512: bd5920332d2f73b71cf67e",
        "on 2026-01-05-12",
        "Date: Mon, 05 Jan 2026 10:30:00 GMT",
        "version 1.2.3 of 2026-01-05",
        "a::before { content: '' }",
        "999.1.1.1",
        "max-age=1:2",
    ],
)
def test_what_only_looks_like_an_address_stays(text: str) -> None:
    assert without_addresses(text) == text


@given(st.ip_addresses())
def test_every_address_is_found(address: object) -> None:
    assert str(address) == "::" or str(address) not in without_addresses(f"you: {address} (you)")


@given(st.text("0123456789abcdef.:-% []"))
def test_twice_is_once(text: str) -> None:
    assert without_addresses(without_addresses(text)) == without_addresses(text)


def test_redacting_measurements_twice_is_once() -> None:
    seen = sample.run(sample.blocked()).evidence
    once = tuple(cleaned(m) for m in seen.measurements)
    assert once != seen.measurements
    assert tuple(cleaned(m) for m in once) == once


def test_a_link_from_a_page_loses_the_visitors_address_and_numbers_stay() -> None:
    path = "/file?for=203.0.113.9&part=1"
    whole = sample.moved(path=path)
    (seen,) = cleaned(whole).observations
    assert isinstance(seen, observation.TransferObservation)
    assert seen.path == "/file?for=[address]&part=1"
    assert seen.curve == whole.observations[0].curve  # type: ignore[union-attr]
    assert (seen.address, seen.moved) == ("192.0.2.80", 80_000)
    assert cleaned(cleaned(whole)) == cleaned(whole)
