"""JUnit, plan, checks, explanations: valid, complete, safe to copy."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.catalog.loader import load
from msgprobe.model.contact import Contact
from msgprobe.model.failure import Failure
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import Request
from msgprobe.model.target import Direction, Function
from msgprobe.model.task import Flow, Lookup, Resolver, ResolverKind
from msgprobe.model.verdict import Layer, Outcome, State, Strength
from msgprobe.report import checks, junit, plan
from msgprobe.report.explain import (
    NotInRun,
    UnknownRule,
    explain_rule,
    explain_run,
    render_rules,
)
from msgprobe.report.narrate import FAILURES, came
from msgprobe.report.reproduce import command
from msgprobe.report.say import proves, why
from msgprobe.report.services import render_show
from msgprobe.report.speech import speeches
from msgprobe.report.view import View
from tests.report import sample
from tests.report.sample import HOSTILE, blocked, function, measurement, run, service_verdict

RULE = RuleInfo(
    rule_id="tls.sni.unacked",
    layer=Layer.TLS,
    outcome=Outcome.BLOCKED,
    strength=Strength.CONFIRMED,
    mechanism="tls.reset.sni",
)


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [
        (Outcome.OK, None),
        (Outcome.BLOCKED, "failure"),
        (Outcome.THROTTLED, "failure"),
        (Outcome.INCONCLUSIVE, "error"),
        (Outcome.DEGRADED, "error"),
        (Outcome.DOWN, "error"),
        (Outcome.NOT_TESTED, "skipped"),
    ],
)
def test_junit_has_a_case_per_function(outcome: Outcome, tag: str | None) -> None:
    one = service_verdict(outcome, functions=(function(Function.WEB, outcome),))
    root = fromstring(junit.render(run(one), View()))
    case = root.find("testsuite[@name='telegram']/testcase[@name='web']")
    assert case is not None
    assert [child.tag for child in case] == ([tag] if tag else [])
    # A service of which nothing was tested is an error of its own, for the exit status is 3.
    assert root.get("tests") == ("3" if outcome is Outcome.NOT_TESTED else "2")
    assert root.get("failures") == str(int(tag == "failure"))


def test_junit_tells_of_the_connection() -> None:
    root = fromstring(junit.render(run(state=State.SHUTDOWN), View()))
    assert root.find("testsuite[@name='connection']/testcase/error") is not None


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters()))
def test_junit_is_xml_whatever_the_network_says(text: str) -> None:
    bad = function(Function.WEB, Outcome.BLOCKED, why=text, mechanisms=(text,), rules=(text,))
    one = service_verdict(Outcome.BLOCKED, text, functions=(bad,))
    document = junit.render(run(one, replace(one, functions=())), View())
    fromstring(document.encode())


CHAT = Contact(
    target="g.whatsapp.net",
    port=443,
    transport="tcp",
    round=1,
    subject="whatsapp",
    check="noise",
    reason="chat host",
    max_bytes=4000,
)
LOOKUP = replace(
    CHAT,
    target="8.8.8.8",
    port=53,
    transport="udp",
    round=2,
    subject="google",
    check="resolve",
    condition="when a name fails",
    reason="another resolver",
    asks="g.whatsapp.net",
    max_bytes=1500,
)
CONTACTS = (CHAT, LOOKUP)


@pytest.mark.parametrize("width", [80, None])
def test_the_plan_names_everything(width: int | None) -> None:
    text = plan.render(CONTACTS, Request(), width=width, verbose=1)
    for word in (
        "g.whatsapp.net",
        "443/tcp",
        "8.8.8.8",
        "53/udp",
        "4.00 kB",
        "1.50 kB",
        "chat host",
        "Nothing was sent",
    ):
        assert word and word in text
    assert "always" in text
    if width:
        assert max(map(len, text.splitlines())) <= width
    else:
        assert "when a name fails: another resolver: asks for g.whatsapp.net" in text


@pytest.mark.parametrize("width", [50, 80, 120, None])
def test_the_plan_for_people_has_a_line_for_each_host_with_what_it_is_for(
    width: int | None,
) -> None:
    own = replace(sample.service(), name="acme", title="Acme")
    endpoint = own.endpoint("web")
    host = endpoint.host
    assert host is not None
    again = replace(CONTACTS[0], target=host, subject="acme", port=443, condition="")
    found = (
        again,
        replace(again, port=80, condition="if it fails"),
        replace(again, target="spare.example", condition="if it fails"),
        CONTACTS[1],
    )
    text = plan.render(found, Request(), services=(own,), width=width)
    lines = text.splitlines()
    mine = lines[lines.index("Acme") + 1 :]
    first = " ".join(mine[0].split())
    assert first.startswith(f"{host} tcp 443, 80 web, speed of") or width == 50
    assert "spare.example" in text and "only if needed" in text
    assert sum(host in line for line in lines) == 1, "once, whatever is asked there"
    assert "Resolvers: what addresses do the names have?" in lines
    assert "plan -v" in text
    if width:
        assert max(map(len, lines)) <= width


def test_the_plan_for_scripts_is_the_same() -> None:
    found = json.loads(plan.render_json(CONTACTS, Request(max_bytes=2000)))
    assert [c["target"] for c in found["contacts"]] == ["g.whatsapp.net", "8.8.8.8"]
    assert found["max_bytes"] == 2000


HOSTILE_FILE = (
    """
[service]
name = "own"
title = "Own"
primary = "text"
source = "a test"
date = "2026-01"
[[pool]]
name = "chat"
function = "text"
check = "https"
path = "/evil?x=1"
options = { method = "POST", body = "one\\ntwo\\u001B[2J", content_type = "a/b\\r\\nX-Y: z" }
[[pool.member]]
name = "web"
host = "web.example.org"
[[pool.member]]
name = "talk"
host = "talk.example.org"
check = "dialogue"
[pool.member.options]
protocol = "shell"
script = """
    + """'''
C: rm -rf \u202e / \\n
S done: ok
'''
[[asset]]
name = "big"
function = "text"
host = "web.example.org"
path = "/big"
"""
)


def test_the_plan_shows_what_a_file_makes_this_device_say(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HOSTILE_FILE)
    catalogue = load([path])
    own = catalogue.service("own")
    said = speeches([own], catalogue.controls, Request())
    text = plan.render(CONTACTS, Request(), said=said, width=None)
    for words in (
        "own (https) at web.example.org 443:",
        "    POST /evil?x=1",
        "    body: one\n    body: two\\x1b[2J",
        "    content_type: a/b\n    content_type: X-Y: z",
        "own (dialogue) at talk.example.org 443:",
        "    C: rm -rf \\u202e / \\n\n    S done: ok",
        "    GET /big",
        "wikipedia (https)",
    ):
        assert words in text
    assert "\x1b" not in text and "\u202e" not in text
    wrapped = plan.render(CONTACTS, Request(), said=said)
    assert "rm -rf" in wrapped
    found = json.loads(plan.render_json(CONTACTS, Request(), said=said))["speech"]
    assert {(s["subject"], s["name"]) for s in found} >= {("own", e.name) for e in own.endpoints}
    (shell,) = [s for s in found if s["check"] == "dialogue"]
    assert shell["says"][-2:] == ["C: rm -rf \u202e / \\n", "S done: ok"]


def test_an_empty_plan_says_so() -> None:
    assert "Nothing" in plan.render((), Request())


def test_checks_are_listed_with_their_origin() -> None:
    text = checks.render([("tls", "TLS handshake", "1", "built in"), ("own", "x", "2", "a-plugin")])
    assert "a-plugin" in text
    assert "TLS handshake" in text


def test_the_chain_of_evidence_goes_from_word_to_packet() -> None:
    text = explain_run(run(blocked()), None, [RULE], width=None)
    for words in (
        "web: blocked in part" if blocked().functions[0].partial else "web: blocked",
        f"Rule {RULE.rule_id}: {proves(RULE.rule_id)}",
        "#3 at 1.00 s [base]: https to 192.0.2.80:443, naming web.telegram.example",
        "reset by the server",
        "sent 517 B, received 0 B",
        "#4 at 1.00 s [d6.sni]",
        "naming example.com",
        "TLSv1.3 agreed",
        "$ curl -sv --connect-to web.telegram.example:443:192.0.2.80:443 "
        "https://web.telegram.example:443/",
    ):
        assert words in text


def test_what_was_shown_once_is_named_and_not_shown_again() -> None:
    whole = run(blocked(), replace(blocked(), service="again", name="Again"))
    text = explain_run(whole, None, [RULE], width=None)
    assert text.count("#3 at 1.00 s [base]") == 1
    assert "as above: #3, #4" in text.partition("Again: ")[2]
    every = explain_run(whole, None, [RULE], width=None, verbose=1)
    assert every.count("#3 at 1.00 s [base]") == 2 and "as above" not in every


def test_one_service_can_be_chosen_and_an_absent_one_is_named() -> None:
    whole = run(blocked(), service_verdict(Outcome.OK, "Signal"))
    shown = explain_run(whole, "Telegram", [RULE])
    assert "Telegram: blocked in part" in shown and "Signal: works" not in shown
    with pytest.raises(NotInRun, match="telegram, signal"):
        explain_run(whole, "viber", [RULE])


def test_evidence_that_is_missing_is_said_to_be() -> None:
    text = explain_run(run(blocked(), seen=()), None, [])
    assert "#3: not kept in this file" in text
    assert "does not have" in text


def test_explanations_are_harmless() -> None:
    probe = Flow(address="192.0.2.1", port=443, host=HOSTILE, server_name=HOSTILE, path=HOSTILE)
    seen = replace(sample.measurements()[3].observations[1], transaction=3)
    one = measurement(probe, seen, transaction=3)
    text = explain_run(run(blocked(), seen=(one,), why=HOSTILE), None, [RULE])
    assert all(c == "\n" or c.isprintable() for c in text)


def test_a_rule_explains_itself_and_an_unknown_one_points_to_its_neighbour() -> None:
    text = explain_rule("tls.sni.unacked", [RULE], width=None)
    for word in ("blocked, confirmed", why(RULE.rule_id), proves(RULE.rule_id), "tls.reset.sni"):
        assert word and word in text
    with pytest.raises(UnknownRule, match=r"did you mean tls\.sni\.unacked"):
        explain_rule("tls.sni.unaked", [RULE])
    assert "tls.sni.unacked" in render_rules([RULE])


def test_every_failure_has_words() -> None:
    assert set(FAILURES) == set(Failure)


def _again(probe: Flow | Lookup, check: str = "https") -> str:
    found = command(measurement(probe, check=check).task)
    assert found is not None
    return found


def _resolver(kind: ResolverKind, **changes: object) -> Lookup:
    made = Resolver(kind=kind, name="r", address="8.8.8.8")
    return Lookup(name="web.whatsapp.com", resolver=replace(made, **changes))  # type: ignore[arg-type]


def _spoken(host: str, port: int, **options: str) -> Flow:
    return Flow(
        address="192.0.2.1",
        port=port,
        host=host,
        server_name=host if "transport" in options else None,
        path="/?v=10",
        options=tuple(options.items()),
    )


@pytest.mark.parametrize(
    ("probe", "check", "line"),
    [
        (
            _spoken(
                "xmpp.example", 5222, protocol="xmpp", script="S go: go\nTLS", domain="a.example"
            ),
            "dialogue",
            "openssl s_client -connect 192.0.2.1:5222 -servername a.example -starttls xmpp "
            "-xmpphost a.example",
        ),
        (
            _spoken("mail.example", 993, protocol="imap", transport="tls", alpn="imap"),
            "dialogue",
            "openssl s_client -connect 192.0.2.1:993 -servername mail.example -alpn imap",
        ),
        (
            _spoken("chat.example", 443, protocol="chat", transport="websocket"),
            "dialogue",
            "curl -sv --connect-to chat.example:443:192.0.2.1:443 'https://chat.example:443/?v=10'",
        ),
        (
            _spoken("chat.example", 7000, protocol="chat", script="S hello: hi"),
            "dialogue",
            "nc -v -w 10 192.0.2.1 7000",
        ),
        (
            replace(
                _spoken("id.example", 443, method="POST", body="a=1", content_type="text/x"),
                server_name="id.example",
            ),
            "https",
            "curl -sv --data-raw a=1 -H 'Content-Type: text/x' --connect-to "
            "id.example:443:192.0.2.1:443 'https://id.example:443/?v=10'",
        ),
        (
            _resolver(ResolverKind.UDP),
            "resolve",
            "dig +short @8.8.8.8 web.whatsapp.com A; dig +short @8.8.8.8 web.whatsapp.com AAAA",
        ),
        (
            replace(_resolver(ResolverKind.TCP), families=(4,)),
            "resolve",
            "dig +short +tcp @8.8.8.8 web.whatsapp.com A",
        ),
        (
            replace(_resolver(ResolverKind.DIRECT, address="private"), families=(4,)),
            "resolve",
            "dig +short web.whatsapp.com A",
        ),
        (_resolver(ResolverKind.SYSTEM), "resolve", "getent ahosts web.whatsapp.com"),
        (
            Flow(address="192.0.2.1", port=443, server_name="a.example"),
            "tls",
            "openssl s_client -connect 192.0.2.1:443 -servername a.example </dev/null",
        ),
        (
            Flow(address="2001:db8::1", port=443),
            "tls",
            "openssl s_client -connect '[2001:db8::1]:443' -noservername </dev/null",
        ),
        (Flow(address="192.0.2.1", port=5222), "connect", "nc -vz -w 10 192.0.2.1 5222"),
        (Flow(address="192.0.2.1", port=443), "volley", "nc -vz -w 10 192.0.2.1 443"),
        (
            Flow(address="192.0.2.1", port=443, host="a.example", server_name="a.example"),
            "mqtt",
            "openssl s_client -connect 192.0.2.1:443 -servername a.example </dev/null",
        ),
        (
            Flow(address="192.0.2.1", port=443, host="a.example", server_name="a.example"),
            "http2",
            "curl -sv --http2 --connect-to a.example:443:192.0.2.1:443 https://a.example:443/",
        ),
        (
            Flow(address="192.0.2.1", port=443, server_name="a.example"),
            "quic",
            "openssl s_client -quic -alpn h3 -connect 192.0.2.1:443 -servername a.example "
            "</dev/null",
        ),
        (
            Flow(
                address="192.0.2.1",
                port=443,
                host="a.example",
                server_name="a.example",
                path="/{bytes}.bin",
                options=(("direction", "down"), ("bytes", "1000")),
            ),
            "transfer",
            "curl -gsS -o /dev/null --connect-to a.example:443:192.0.2.1:443 "
            "-w 'status %{http_code}, %{time_total} s' -r 0-999 https://a.example:443/1000.bin",
        ),
        (
            Flow(
                address="2001:db8::1",
                port=443,
                host="a.example",
                server_name="b.example",
                trust=None,
                path="/up",
                options=(("direction", "up"), ("bytes", "1000")),
            ),
            "transfer",
            "head -c 1000 /dev/urandom | curl -gsS -k -o /dev/null "
            "--connect-to 'b.example:443:[2001:db8::1]:443' -H 'Host: a.example' "
            "-w 'status %{http_code}, %{time_total} s' "
            "-H 'Content-Type: application/octet-stream' --data-binary @- "
            "https://b.example:443/up",
        ),
        (
            Flow(address="192.0.2.1", port=80, host="a.example"),
            "page",
            "curl -sv --connect-to a.example:80:192.0.2.1:80 http://a.example:80/",
        ),
    ],
)
def test_how_to_ask_again(probe: Flow | Lookup, check: str, line: str) -> None:
    assert _again(probe, check) == line


@given(st.text(st.characters(), min_size=1))
def test_nothing_in_a_name_reaches_the_shell(text: str) -> None:
    for check in ("https", "tls", "page", "transfer"):
        probe = Flow(address="192.0.2.1", port=443, host=text, server_name=text, path="/" + text)
        line = _again(probe, check)
        words = shlex.split(line.removesuffix(" </dev/null"), posix=True)
        # one word more for every unquoted blank, and none for what the name holds
        assert len(words) == {"https": 5, "tls": 6, "page": 5, "transfer": 11}[check]
        assert "\n" not in line


def test_a_transfer_is_told_in_one_line() -> None:
    assert came(sample.moved().observations[0]) == (
        "downloaded 80.0 kB in 4.54 s: complete, status 206; "
        "3 retransmitted, 12 out of order, shortest round trip 34 ms"
    )
    stopped = sample.transfers()[3].observations[0]
    assert came(stopped) == (
        "downloaded 40.0 kB of 80.0 kB in 10.0 s, naming web.telegram.example: "
        "stopped by us after 10.0 s, status 206; longest pause 8.50 s, after 40.0 kB; "
        "3 retransmitted, 12 out of order, shortest round trip 34 ms"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"failure": Failure.CONNECTION_RESET, "moved": 0, "curve": ()}, ["reset", "0 B of 80.0"]),
        ({"failure": Failure.EOF, "status": 403, "direction": Direction.UP}, ["took no more"]),
        ({"failure": Failure.EOF, "status": None}, ["closed in the middle"]),
        ({"moved": 70_000}, ["complete, the object is no larger"]),
        ({"authenticated": False, "info": None}, ["not authenticated"]),
        ({"server_name": None}, ["naming nobody"]),
        ({"server_name": None, "answers": 300}, ["got 300 answers, 80.0 kB in", "complete"]),
        ({"answers": 9, "moved": 792}, ["got 9 answers,", "the server had enough"]),
    ],
)
def test_how_a_transfer_ended(changes: dict[str, object], words: list[str]) -> None:
    seen = replace(sample.moved().observations[0], **changes)  # type: ignore[arg-type]
    text = came(seen)
    for word in words:
        assert word and word in text
    assert ("round trip" in text) == (seen.info is not None)  # type: ignore[union-attr]


def test_the_object_that_a_page_named_is_asked_for_again() -> None:
    text = explain_run(run(sample.throttled()), None, [], width=None)
    assert "https://web.telegram.example:443/script.js" in text


def _transfer_contact(most: int, condition: str = "") -> Contact:
    return replace(
        CONTACTS[0], check="transfer", max_bytes=most, usual_bytes=most, condition=condition
    )


def test_the_cost_said_beforehand_has_the_transfers_in_it() -> None:
    """A conversation is expected at what an honest server sends, a transfer with its objects."""
    contacts = (
        replace(CONTACTS[0], max_bytes=900_000, usual_bytes=2_500),
        _transfer_contact(1_000_000),
        _transfer_contact(9_000_000, "if it was slow"),
    )
    text = plan.cost(contacts, Request())
    assert "about 1 MB" in text  # 2 addresses of 2.5 kB, and the object
    assert "at most 5 MB and 1 minute" in text
    quick = plan.cost(contacts[:1], Request(quick=True))
    assert "about 2.5 kB" in quick


def test_the_cost_of_a_deep_look() -> None:
    deep = Request(throttle=True, max_time=840, max_bytes=30_000_000)
    assert plan.deep_cost(deep) == (
        "Uses at most 30 MB and 14 minutes; Ctrl-C keeps what was measured."
    )
    short = replace(deep, max_time=60.0, max_bytes=500_000)
    assert "500 kB" in plan.deep_cost(short)
    assert "no time to repeat" in plan.deep_cost(short)


def test_a_service_is_shown_with_what_its_speed_is_measured_by() -> None:
    text = render_show(sample.service())
    assert "web-script  web: download from web.telegram.example/, the object that this" in text
    assert "chat-upload  text: upload to chat.telegram.example/messages, own roots only" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "speed" not in render_show(replace(sample.service(), assets=()))
