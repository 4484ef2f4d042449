"""OONI's four messenger tests as rules: the answers are those of the facts, not of our own runs."""

from typing import Any

import pytest

from tests.lab.ooni_rules import BLOCKED, OK, TELEGRAM_DC, judge
from tests.lab_tests.exam_documents import (
    GOOD_DNS,
    answer,
    document,
    flow,
    http,
    lookup,
    tls,
)

HERE = "203.0.114.7"
"""Some public address."""


def said(service: str, *measurements: dict[str, Any]) -> str | None:
    return judge(document({service: "ok"}, *measurements)).get(service)


def fetched(host: str, *observations: dict[str, Any], address: str = HERE) -> list[dict[str, Any]]:
    return [lookup(host, address), flow(host, address, *(observations or (tls(), http())))]


def dead(host: str, address: str = HERE) -> list[dict[str, Any]]:
    return [lookup(host, address), flow(host, address, failure="generic_timeout_error")]


# --- WhatsApp -----------------------------------------------------------------------------------

WEB = fetched("web.whatsapp.com")
REGISTER = fetched("v.whatsapp.net")


def test_one_open_port_of_a_chat_server_is_enough() -> None:
    alive, gone = dead("e1.whatsapp.net"), fetched("e2.whatsapp.net")
    assert said("whatsapp", *alive, *gone, *WEB, *REGISTER) == OK
    assert said("whatsapp", *dead("e1.whatsapp.net"), *WEB, *REGISTER) == BLOCKED
    # The other port counts as well; g.whatsapp.net is none of theirs.
    spare = flow("e1.whatsapp.net", HERE, port=5222, arm="d9.port")
    assert said("whatsapp", *dead("e1.whatsapp.net"), spare, *WEB, *REGISTER) == OK
    assert said("whatsapp", *dead("g.whatsapp.net"), *WEB, *REGISTER) == OK


def test_chat_needs_no_tls_but_the_web_does() -> None:
    torn = tls("connection_reset")
    assert said("whatsapp", *fetched("e1.whatsapp.net", torn), *WEB, *REGISTER) == OK
    assert said("whatsapp", *fetched("web.whatsapp.com", torn), *REGISTER) == BLOCKED
    assert said("whatsapp", *WEB, *fetched("v.whatsapp.net", tls(), http(None))) == BLOCKED


def test_any_status_is_fine() -> None:
    assert said("whatsapp", *fetched("web.whatsapp.com", tls(), http(451)), *REGISTER) == OK


@pytest.mark.parametrize("given", [(), ("10.10.34.35",)])
def test_a_name_without_a_possible_address_is_blocked(given: tuple[str, ...]) -> None:
    failure = None if given else "dns_nxdomain_error"
    gone = lookup("web.whatsapp.com", *given, failure=failure)
    assert said("whatsapp", gone, *REGISTER) == BLOCKED
    # What another resolver's address would have shown does not count.
    other = flow("web.whatsapp.com", HERE, tls(), http(), arm="d5.address")
    assert said("whatsapp", gone, other, *REGISTER) == BLOCKED


def test_the_first_address_that_connects_decides_and_ipv4_comes_first() -> None:
    name = lookup("web.whatsapp.com", "2a03:2880::1", HERE)
    six = flow("web.whatsapp.com", "2a03:2880::1", tls("connection_reset"))
    four = flow("web.whatsapp.com", HERE, tls(), http())
    assert said("whatsapp", name, six, four) == OK
    shut = flow("web.whatsapp.com", HERE, failure="connection_refused")
    assert said("whatsapp", name, six, shut) == BLOCKED


# --- Telegram -----------------------------------------------------------------------------------

TELEGRAM_WEB = fetched("web.telegram.org")


def test_one_data_centre_that_says_anything_is_enough() -> None:
    first, second = TELEGRAM_DC[:2]
    silent = flow(None, first, answer(0), check="mtproto")
    assert said("telegram", silent, *TELEGRAM_WEB) == BLOCKED
    loud = flow(None, second, answer(1), check="mtproto", arm="d14.payload")
    assert said("telegram", silent, loud, *TELEGRAM_WEB) == OK


def test_telegram_is_blocked_when_no_centre_connects_or_the_web_does_not() -> None:
    shut = [flow(None, a, failure="generic_timeout_error") for a in TELEGRAM_DC]
    assert said("telegram", *shut, *TELEGRAM_WEB) == BLOCKED
    loud = flow(None, TELEGRAM_DC[0], answer(9))
    assert said("telegram", loud, *fetched("web.telegram.org", tls("connection_reset"))) == BLOCKED
    # Media servers and what a proxy reaches are not asked.
    media = flow(None, "149.154.167.151", answer(9))
    through = flow(None, TELEGRAM_DC[0], answer(9), arm="d18.via")
    assert said("telegram", *shut, media, through, *TELEGRAM_WEB) == BLOCKED


# --- Signal -------------------------------------------------------------------------------------

SIGNAL = [m for host in ("cdsi", "chat", "storage") for m in fetched(f"{host}.signal.org")]


def test_any_of_signals_four_hosts_accuses() -> None:
    assert said("signal", *SIGNAL, *fetched("sfu.voip.signal.org")) == OK
    assert said("signal", *SIGNAL, *dead("sfu.voip.signal.org")) == BLOCKED
    # The networks of pictures are not asked.
    assert said("signal", *SIGNAL, *dead("cdn.signal.org")) == OK


def test_signals_own_root_counts_and_so_does_any_public_authority() -> None:
    own = fetched("chat.signal.org", tls(pinned=True, issuer="signal-ca"), http())
    assert said("signal", *own) == OK
    stranger = tls("ssl_unknown_authority", issuer="public-ca")
    assert said("signal", *fetched("chat.signal.org", stranger)) == BLOCKED
    # That issuer is a public one: another host of this run has a chain of it that holds.
    public = flow("site.example", HERE, tls(issuer="public-ca"), role="control", arm="gate")
    assert said("signal", *fetched("chat.signal.org", stranger), public) == OK
    private = tls("ssl_unknown_authority", issuer="somebody")
    assert said("signal", *fetched("chat.signal.org", private), public) == BLOCKED


# --- Facebook Messenger -------------------------------------------------------------------------


def test_messenger_is_judged_by_addresses_and_ports_alone() -> None:
    good = fetched("edge-mqtt.facebook.com", tls("connection_reset"), address=GOOD_DNS)
    assert said("messenger", *good) == OK  # nothing is said about TLS
    strange = fetched("edge-mqtt.facebook.com", address=HERE)
    assert said("messenger", *strange) == BLOCKED  # an address that is not of AS32934
    assert said("messenger", *good, *dead("b-graph.facebook.com", GOOD_DNS)) == BLOCKED
    # Relays for calls are a name and no more.
    assert said("messenger", *good, lookup("stun.fbsbx.com", GOOD_DNS)) == OK
    failing = lookup("stun.fbsbx.com", failure="dns_nxdomain_error")
    assert said("messenger", *good, failing) == BLOCKED


# --- without a control --------------------------------------------------------------------------


def test_a_dead_line_is_blocking_to_them() -> None:
    shut = flow("site.example", HERE, failure="generic_timeout_error", role="control", arm="gate")
    words = judge(document({"whatsapp": "inconclusive", "signal": "inconclusive"}, shut))
    assert words == {"whatsapp": BLOCKED, "signal": BLOCKED}


def test_what_was_not_measured_or_not_asked_is_left_out() -> None:
    alive = flow("site.example", HERE, tls(), role="control", arm="gate")
    assert judge(document({"whatsapp": "not_tested", "matrix": "ok"}, alive)) == {}
    assert judge(document({"signal": "ok"}, *WEB)) == {}
