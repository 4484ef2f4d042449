"""Who may ask the exporter, and for what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.serve.gate import Asked, Gate, Refused, is_loopback, judge, listen_address

HOST = "127.0.0.1:9716"
GATE = Gate(host=HOST, services=frozenset({"telegram", "signal"}))
FIELDS = {"host": [HOST]}


def status(gate: Gate, method: str, target: str, fields: dict[str, list[str]]) -> int:
    found = judge(gate, method, target, fields)
    return found.status if isinstance(found, Refused) else 200


def test_metrics_and_probes_of_named_services_are_served() -> None:
    assert judge(GATE, "GET", "/metrics", FIELDS) == Asked()
    assert judge(GATE, "GET", "/probe?service=signal", FIELDS) == Asked(service="signal")


@pytest.mark.parametrize(
    ("method", "target", "fields", "expected"),
    [
        ("GET", "/metrics", {}, 421),
        ("GET", "/metrics", {"host": ["localhost:9716"]}, 421),
        ("GET", "/metrics", {"host": ["evil.example:9716"]}, 421),
        ("GET", "/metrics", {"host": ["127.0.0.1"]}, 421),
        ("GET", "/metrics", {"host": [HOST, HOST]}, 421),
        ("GET", "/probe?service=signal", FIELDS | {"origin": ["http://127.0.0.1:9716"]}, 403),
        ("GET", "/probe?service=signal", FIELDS | {"origin": ["null"]}, 403),
        ("GET", "/probe?service=signal", FIELDS | {"sec-fetch-site": ["cross-site"]}, 403),
        ("GET", "/probe?service=signal", FIELDS | {"sec-fetch-site": ["same-site"]}, 403),
        ("GET", "/metrics", FIELDS | {"sec-fetch-site": ["none"]}, 200),
        ("POST", "/probe?service=signal", FIELDS, 405),
        ("OPTIONS", "/metrics", FIELDS, 405),
        ("GET", "/", FIELDS, 404),
        ("GET", "/probe", FIELDS, 400),
        ("GET", "/probe?service=whatsapp", FIELDS, 404),
        ("GET", "/probe?service=signal&service=signal", FIELDS, 400),
        ("GET", "/probe?service=signal&targets=/etc/passwd", FIELDS, 400),
        ("GET", "/probe?" + "&".join("a=b" for _ in range(100)), FIELDS, 400),
        ("GET", "http://127.0.0.1:9716/metrics", FIELDS, 400),
        ("GET", "//evil.example/metrics", FIELDS, 400),
        ("GET", "/metrics?x=1", FIELDS, 404),
        ("GET", "http://[", FIELDS, 400),
    ],
)
def test_everything_else_is_refused(
    method: str, target: str, fields: dict[str, list[str]], expected: int
) -> None:
    assert status(GATE, method, target, fields) == expected


def test_where_there_is_a_token_it_has_to_be_borne() -> None:
    gate = Gate(host=HOST, services=frozenset({"signal"}), token="0123456789abcdef")
    bearer = {"authorization": ["Bearer 0123456789abcdef"]}
    assert status(gate, "GET", "/metrics", FIELDS | bearer) == 200
    right = bearer["authorization"]
    for wrong in ([], ["Bearer 0123456789abcdeF"], ["0123456789abcdef"], right * 2):
        assert status(gate, "GET", "/metrics", FIELDS | {"authorization": wrong}) == 401


@given(st.text(), st.text(), st.dictionaries(st.text(), st.lists(st.text())))
def test_whatever_is_asked_gets_an_answer_that_repeats_nothing(
    method: str, target: str, fields: dict[str, list[str]]
) -> None:
    found = judge(GATE, method, target, fields)
    assert isinstance(found, Refused)
    assert found.why.isascii() and len(found.why) < 80


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:9716", ("127.0.0.1", 9716)),
        ("[::1]:80", ("::1", 80)),
        ("10.0.0.5:65535", ("10.0.0.5", 65_535)),
    ],
)
def test_where_it_may_listen(text: str, expected: tuple[str, int]) -> None:
    assert listen_address(text) == expected
    assert is_loopback(expected[0]) == (expected[0] != "10.0.0.5")


@pytest.mark.parametrize(
    "text",
    [
        *("", "9716", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "localhost:80"),
        *("0.0.0.0:9716", "[::]:9716", "[127.0.0.1]:80", "127.0.0.1:\u0669", "224.0.0.1:80"),
    ],
)
def test_what_is_no_address_of_one_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        listen_address(text)
