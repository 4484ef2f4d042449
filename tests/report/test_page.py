"""The page that is handed on: whole, harmless, small, and in no contradiction with itself."""

import re
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe import session
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TlsObservation
from msgprobe.model.run import Run, Vantage
from msgprobe.model.target import Function
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import Outcome, State
from msgprobe.report.page.document import MOST, Given, render
from msgprobe.report.page.mark import Mark, mark
from msgprobe.report.page.proof import CHANGED, Seen, of_connection, spoken, steps
from tests.evidence.story import SITES, Story, certificate
from tests.report import sample
from tests.report.sample import HOSTILE, function, moved, service_verdict, throttled

SHA = "cd" * 32
_RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
_CHAT = "chat.acme.example"


def page(*runs: Run) -> str:
    given_ = [Given(name=f"run{n}.json", sha256=SHA, run=run) for n, run in enumerate(runs)]
    return render(given_, session.rules())


def root(text: str) -> Element:
    """Written so that a parser of XML takes it as well as a browser."""
    return fromstring(text.removeprefix("<!DOCTYPE html>"))


def judged(story: Story) -> Run:
    return session.judge(replace(sample.run(), evidence=story.evidence()), redact=False)


def by_name() -> Run:
    """The service's name is reset wherever it is sent; neutral names pass at the same server."""
    story = Story().good_connection().names().all_targets(**_RESET)
    host = story.services[0].endpoints[0].host
    assert host is not None
    story.elsewhere(host, SITES[0], **_RESET)
    story.flow(
        SITES[0].addresses[0],
        subject=SITES[0].name,
        arm=Arm.NEUTRAL_SNI_ELSEWHERE,
        host=SITES[1].host,
        check="tls",
    )
    return judged(story.controls_again())


def _every() -> list[Run]:
    return [
        by_name(),
        judged(Story().good_connection().names().all_targets()),
        sample.run(throttled(), service_verdict(Outcome.OK, "Signal")),
        sample.run(service_verdict(Outcome.INCONCLUSIVE), state=State.DOMESTIC_ONLY),
        sample.run(),
    ]


@pytest.mark.parametrize("run", _every())
def test_it_stands_alone_and_runs_nothing(run: Run) -> None:
    text = page(run)
    tags = {element.tag for element in root(text).iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    names = {name for element in root(text).iter() for name in element.keys()}
    assert not {n for n in names if n.startswith("on") or n in ("src", "href", "style")}
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text
    assert len(text.encode()) <= MOST


def test_how_it_is_known_goes_from_the_app_over_one_change_to_the_neutral_half() -> None:
    run = by_name()
    (service,) = run.verdict.services
    assert service.outcome is Outcome.BLOCKED, service
    seen = Seen(run)
    told = spoken(service, seen)
    assert told is not None
    one, two, three = steps(told, seen)
    assert (one.mark, two.mark, three.mark) == (Mark.BAD, Mark.BAD, Mark.GOOD)
    assert one.title == "As the app asks"
    assert two.title == CHANGED[Arm.TARGET_SNI_ELSEWHERE]
    assert two.says == one.says, "the name is the same, ..."
    assert two.server == SITES[0].host, "... and the server another one"
    assert three.says == SITES[1].host
    assert all(step.again for step in (one, two, three))


def test_the_commands_of_the_steps_are_in_the_page_whole() -> None:
    run = by_name()
    (service,) = run.verdict.services
    seen = Seen(run)
    told = spoken(service, seen)
    assert told is not None
    shown = ["".join(e.itertext()) for e in root(page(run)).iter("pre")]
    for step in steps(told, seen):
        assert step.again in shown


def test_every_arm_that_a_verdict_may_cite_has_words() -> None:
    own = {Arm.BASE, Arm.REPEAT, Arm.TRANSFER, Arm.TRANSFER_PAGE, Arm.TRAIN}
    assert set(Arm) - own == set(CHANGED)


def test_a_line_that_explains_everything_blames_no_messenger() -> None:
    run = sample.run(
        service_verdict(Outcome.INCONCLUSIVE), state=State.DOMESTIC_ONLY, why="Abroad is cut off."
    )
    told = "".join(root(page(run)).itertext())
    assert "Nothing can be said about Telegram" in told
    assert "How this is known (" not in told
    assert told.index("Abroad is cut off.") < told.index("The messengers")


def test_what_the_file_says_of_place_and_time_is_told_and_nothing_else() -> None:
    run = replace(sample.run(), vantage=Vantage(asn=9198, label="home"))
    told = "".join(root(page(run)).itertext())
    assert "2026-01-05 10:30 UTC" in told
    assert "AS9198" in told and "home" in told
    assert told.count("the file does not say") == 1, "of the country alone"


def test_hash_run_and_versions_are_in_it() -> None:
    told = "".join(root(page(sample.run())).itertext())
    for word in (SHA, "0123456789abcdef", "ab" * 32, "OpenSSL 3.0", "msgprobe judge run0.json"):
        assert word in told


def test_what_todays_rules_say_otherwise_than_the_file_is_told() -> None:
    now = sample.run(service_verdict(Outcome.OK), service_verdict(Outcome.OK, "Signal"))
    then = sample.run(service_verdict(Outcome.BLOCKED), service_verdict(Outcome.OK, "Signal"))
    for before, due in ((then, "the words for Telegram were others then"), (now, "were the same")):
        one = Given(name="a", sha256=SHA, run=now, before=before.verdict)
        told = "".join(root(render((one,), session.rules())).itertext())
        assert due in told


def test_the_newest_run_is_told_in_full_and_all_are_in_the_table() -> None:
    old = replace(sample.run(throttled()), started_at="2025-12-05T10:30:00Z", run_id="old")
    new = sample.run(service_verdict(Outcome.OK))
    told = "".join(root(page(new, old)).itertext())
    assert told.index("Telegram: works") > 0
    assert "Telegram: throttled" not in told
    assert told.index("2025-12-05 10:30 UTC") < told.rindex("2026-01-05 10:30 UTC")
    assert "All runs that were given" in told
    assert "All runs" not in page(new)


def test_a_page_never_grows_beyond_its_size_and_says_what_it_left_out() -> None:
    why = "It is long. " * 300
    many = tuple(
        service_verdict(
            Outcome.OK, f"Messenger{n}", functions=(function(Function.WEB, Outcome.OK, why=why),)
        )
        for n in range(120)
    )
    text = page(sample.run(*many))
    assert len(text.encode()) <= MOST
    assert "Left out, for the page would be too large" in text


def test_a_text_without_end_in_a_strangers_file_is_cut() -> None:
    endless = "endless " * 100_000
    bad = function(Function.WEB, Outcome.BLOCKED, why=endless)
    verdict = service_verdict(Outcome.BLOCKED, functions=(bad,))
    assert len(page(sample.run(verdict, why=endless)).encode()) <= MOST


def test_an_answer_with_a_certificate_that_nobody_vouches_for_is_no_good_answer() -> None:
    story = Story().good_connection()
    story.elsewhere(_CHAT, SITES[0], times=1)
    forged = story.told[-1]
    (tls,) = [o for o in forged.observations if isinstance(o, TlsObservation)]
    leaf = certificate("CN=Somebody", f"CN={_CHAT}", (_CHAT,))
    bad = replace(tls, verified=False, checked=False, chain=(leaf,))
    assert mark(replace(forged, observations=(bad,))) is Mark.ODD
    own = replace(bad, chain=(replace(leaf, names=(SITES[0].host,)),))
    assert mark(replace(forged, observations=(own,))) is Mark.GOOD


def test_a_name_that_leads_to_no_public_address_is_no_good_answer() -> None:
    story = Story()
    for address, expected in (("10.0.0.1", Mark.ODD), ("8.8.4.4", Mark.GOOD)):
        story.dns("neutral.example", ResolverKind.SYSTEM, address)
        assert mark(story.told[-1]) is expected


def test_a_port_that_routers_need_is_told_apart_from_the_sites_that_are_silent() -> None:
    """Both are addresses of neutral sites: one line says none answers, the other that all do."""
    story = Story()
    site = SITES[0]
    address, name = site.addresses[0], site.name
    story.flow(address, subject=name, arm=Arm.CONNECTION, host=site.host, fails="connect")
    story.flow(address, subject=name, arm=Arm.HOLE, check="port", port=179)
    seen = Seen(replace(sample.run(), evidence=story.evidence()))
    cited = [o.transaction for m in story.told for o in m.observations]
    titles = {step.title: step.mark for step in of_connection(cited, seen)}
    assert titles == {"Neutral sites abroad": Mark.BAD, CHANGED[Arm.HOLE]: Mark.GOOD}


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters()) | st.just(HOSTILE))
def test_nothing_that_the_network_or_a_file_says_is_markup(text: str) -> None:
    bad = function(Function.WEB, Outcome.BLOCKED, why=text, mechanisms=(text,), rules=(text,))
    verdict = service_verdict(Outcome.BLOCKED, text, functions=(bad,))
    run = sample.run(
        verdict,
        replace(throttled(), name=text),
        seen=(*sample.measurements(), moved(asset=text, host=text, server_name=text, path=text)),
        why=text,
        notes=(text,),
        state=State.SHUTDOWN,
    )
    run = replace(run, vantage=Vantage(label=text), started_at=text, interrupted=text)
    shown = render([Given(name=text, sha256=SHA, run=run)] * 2, session.rules())
    allowed = (
        "html head meta title style body h1 h2 h3 p ul ol li b br span pre svg line path rect "
        "polyline text details summary div table caption thead tbody tr th td bdi"
    )
    assert {e.tag for e in root(shown).iter()} <= set(allowed.split())
    assert all(c == "\n" or c.isprintable() for c in shown)
    for name in re.findall(r'(?:points|d)="([^"]*)"', shown):
        assert "nan" not in name and "inf" not in name
