"""What goes out to OONI's tools: their format, their rules, and our words beside them."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from msgprobe.interchange.ooni.keys import TELEGRAM_DC
from msgprobe.interchange.ooni.out import NoStart
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm
from msgprobe.report import ooni
from msgprobe.report.document import document
from tests.evidence.story import certificate
from tests.interchange.ooni_oracle import anomaly, expected
from tests.interchange.ooni_runs import ELSEWHERE, META, OF_SIGNAL, Told
from tests.lab import ooni_rules

PROVEN = "messenger on an address that is not known"
DEAD = {"fails": "connect"}
TORN = {"fails": "tls", "failure": Failure.CONNECTION_RESET}


def whatsapp() -> Told:
    told = Told(("whatsapp",))
    told.page("whatsapp", "e1.whatsapp.net", check="noise", proof=Proof.CRYPTO)
    return told.page("whatsapp", "web.whatsapp.com").page("whatsapp", "v.whatsapp.net")


def signal() -> Told:
    told = Told(("signal",))
    for host in OF_SIGNAL:
        told.page("signal", host, ELSEWHERE)
    return told


def telegram(**how: Any) -> Told:
    told = Told(("telegram",))
    for address in TELEGRAM_DC[:2]:
        told.to("telegram", "", address, **{"check": "mtproto", "proof": Proof.NONCE, **how})
    return told.page("telegram", "web.telegram.org", "149.154.167.99")


def messenger() -> Told:
    told = Told(("messenger",))
    for host in ("edge-mqtt.facebook.com", "b-graph.facebook.com", "scontent.xx.fbcdn.net"):
        told.page("messenger", host)
    return told.name("messenger", "stun.fbsbx.com", META)


STORIES: dict[str, Callable[[], Told]] = {
    "whatsapp": whatsapp,
    "whatsapp web torn": lambda: whatsapp().page("whatsapp", "mmg.whatsapp.net", **TORN),
    "whatsapp chat dead": lambda: (
        Told(("whatsapp",))
        .page("whatsapp", "e1.whatsapp.net", **DEAD)
        .to("whatsapp", "e1.whatsapp.net", port=5222, arm=Arm.OTHER_PORT, **DEAD)
        .page("whatsapp", "web.whatsapp.com", **TORN)
        .name("whatsapp", "v.whatsapp.net", fails=Failure.DNS_NXDOMAIN)
    ),
    "whatsapp led away": lambda: (
        Told(("whatsapp",))
        .name("whatsapp", "web.whatsapp.com", "10.10.34.35")
        .name("whatsapp", "v.whatsapp.net")
    ),
    "telegram": telegram,
    "telegram dead": lambda: telegram(fails="connect"),
    "telegram mute": lambda: telegram(fails="answer", proof=Proof.CONNECTED),
    "signal": signal,
    "signal torn": lambda: (
        Told(("signal",))
        .page("signal", OF_SIGNAL[0], ELSEWHERE)
        .page("signal", OF_SIGNAL[1], ELSEWHERE, start=2.0, **TORN)
        .page("signal", OF_SIGNAL[2], ELSEWHERE, start=1.0, **DEAD)
    ),
    "messenger": messenger,
    "messenger led away": lambda: (
        messenger()
        .page("messenger", "www.facebook.com", ELSEWHERE)
        .name("messenger", "star.c10r.facebook.com", "10.10.34.35")
    ),
    PROVEN: lambda: Told(("messenger",)).page("messenger", "edge-mqtt.facebook.com", ELSEWHERE),
    "nothing at all": lambda: Told(("signal", "whatsapp")).dead_sites(),
    "all": lambda: Told(("whatsapp", "telegram", "signal", "messenger")),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_keys_are_what_their_rules_make_of_the_entries(name: str) -> None:
    for one in STORIES[name]().exported().values():
        found = json.loads(json.dumps(one))
        want = expected(found)
        assert {key: found["test_keys"][key] for key in want} == want


@pytest.mark.parametrize("name", [name for name in STORIES if name != PROVEN])
def test_the_labs_reading_of_their_rules_comes_to_the_same(name: str) -> None:
    """It reads our own document, the keys are read as their pages read them.

    They differ on purpose where a name leads to an address that nobody listed as Meta's and that
    has Meta's certificate: the lab's reading has every prefix, and an export must not accuse.
    """
    told = STORIES[name]()
    ours = json.loads(json.dumps(document(told.run(), exit_code=0, evidence=True)))
    said = ooni_rules.judge(ours)
    for test, one in told.exported().items():
        service = {"facebook_messenger": "messenger"}.get(test, test)
        found = anomaly(one) if service in said else None
        if found is not None:
            assert said[service] == ("blocked" if found else "ok")


def test_what_works_is_no_anomaly() -> None:
    keys = whatsapp().keys("whatsapp")
    assert keys["whatsapp_endpoints_status"] == "ok"
    assert keys["registration_server_status"] == keys["whatsapp_web_status"] == "ok"
    for name in ("whatsapp", "telegram", "signal"):
        assert anomaly(STORIES[name]().exported()[name]) is False
    assert anomaly(messenger().exported()["facebook_messenger"]) is False


def test_what_was_not_tried_is_null_never_blocked() -> None:
    keys = Told(("whatsapp",)).page("whatsapp", "web.whatsapp.com").keys("whatsapp")
    assert keys["whatsapp_web_status"] == "ok"
    for key in ("whatsapp_endpoints_status", "registration_server_status"):
        assert keys[key] is None
    assert keys["whatsapp_endpoints_blocked"] == []
    keys = messenger().keys("facebook_messenger")
    assert keys["facebook_star_dns_consistent"] is keys["facebook_star_reachable"] is None
    assert keys["facebook_stun_reachable"] is None


def test_their_failures_have_their_words() -> None:
    keys = STORIES["whatsapp chat dead"]().keys("whatsapp")
    assert keys["whatsapp_endpoints_status"] == "blocked"
    assert keys["whatsapp_endpoints_blocked"] == ["e1.whatsapp.net"]
    assert keys["whatsapp_web_failure"] == "connection_reset"
    assert keys["registration_server_failure"] == "dns_nxdomain_error"
    assert STORIES["signal torn"]().keys("signal")["signal_backend_failure"] == "connection_reset"
    keys = STORIES["telegram mute"]().keys("telegram")
    assert (keys["telegram_tcp_blocking"], keys["telegram_http_blocking"]) == (False, True)


def test_one_dead_port_of_two_is_not_a_blocked_host() -> None:
    told = Told(("whatsapp",)).page("whatsapp", "e1.whatsapp.net", **DEAD)
    assert told.keys("whatsapp")["whatsapp_endpoints_blocked"] == []
    assert told.keys("whatsapp")["whatsapp_endpoints_status"] == "blocked"


def test_signals_pages_may_be_signed_by_a_public_authority_where_that_is_shown() -> None:
    theirs = (certificate(subject="CN=leaf"), certificate(subject="CN=Public CA"))
    refused: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_UNKNOWN_AUTHORITY}
    alone = Told(("signal",)).page("signal", OF_SIGNAL[0], ELSEWHERE, chain=theirs, **refused)
    assert alone.keys("signal")["signal_backend_status"] == "blocked"
    both = alone.page("signal", "updates.signal.org", ELSEWHERE, chain=theirs)
    assert both.keys("signal")["signal_backend_status"] == "ok"


def test_an_unknown_address_that_proves_itself_is_not_called_inconsistent() -> None:
    keys = STORIES[PROVEN]().keys("facebook_messenger")
    assert keys["facebook_edge_dns_consistent"] is None
    assert keys["facebook_edge_reachable"] is True
    told = Told(("messenger",)).page("messenger", "edge-mqtt.facebook.com", ELSEWHERE, **TORN)
    assert told.keys("facebook_messenger")["facebook_edge_dns_consistent"] is False
    assert told.keys("facebook_messenger")["facebook_dns_blocking"] is True


def test_a_web_page_has_no_control_of_theirs_and_no_verdict() -> None:
    found = whatsapp().exported()["https://web.whatsapp.com/"]
    keys = found["test_keys"]
    assert found["test_name"] == "web_connectivity"
    for key in ("control", "blocking", "accessible", "dns_consistency"):
        assert keys[key] is None
    (request,) = keys["requests"]
    assert request["response"]["code"] == 200
    assert request["request"]["url"].startswith("https://web.whatsapp.com/")


def test_ours_stands_beside_theirs() -> None:
    dead = Told(("signal", "whatsapp")).dead_sites().page("signal", OF_SIGNAL[0], **DEAD)
    found = dead.exported()["signal"]
    assert found["test_keys"]["signal_backend_status"] == "blocked"
    ours = found["test_keys"]["x_msgprobe"]
    assert ours["connection"]["state"] == "no_internet"
    assert ours["service"]["outcome"] == "inconclusive"
    assert ours["service"]["summary"].startswith("There is no clear result for ")
    for said in (ours["connection"], *ours["service"]["functions"]):
        assert said["why"].endswith(".") and said["why_keys"], "a text, and what it was made of"
    assert len(ours["controls"]["tcp_connect"]) == 4
    assert ours["run_id"] == "0123" and ours["label"] == "home"


def test_the_envelope_is_that_of_df_000() -> None:
    found = list(Told(("whatsapp", "telegram")).page("telegram", "t.me").exported().values())
    assert [one["test_name"] for one in found] == ["telegram", "web_connectivity"]
    for one in found:
        assert one["data_format_version"] == "0.2.0"
        assert (one["probe_asn"], one["probe_cc"]) == ("AS9198", "KZ")
        assert one["report_id"] == ""
        assert one["software_name"] == "msgprobe"
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", one["measurement_start_time"])
        assert all(isinstance(value, str) for value in one["annotations"].values())
        for name in ("queries", "tcp_connect", "tls_handshakes", "requests", "network_events"):
            entries = one["test_keys"][name]
            assert all(isinstance(e["transaction_id"], int) and e["t0"] <= e["t"] for e in entries)
        for dial in one["test_keys"]["tcp_connect"]:
            assert dial["status"]["success"] == (dial["status"]["failure"] is None)
        times = [request["t"] for request in one["test_keys"]["requests"]]
        assert times == sorted(times, reverse=True)


def test_a_run_without_a_start_is_refused() -> None:
    run = replace(telegram().run(), started_at="unknown")
    with pytest.raises(NoStart, match="0123"):
        ooni.write([run], io.BytesIO())


def test_lines_are_one_measurement_each() -> None:
    out = io.BytesIO()
    ooni.write([telegram().run(), whatsapp().run()], out)
    names = [json.loads(line)["test_name"] for line in out.getvalue().splitlines()]
    assert names == ["telegram", "web_connectivity", "whatsapp", "web_connectivity"]
