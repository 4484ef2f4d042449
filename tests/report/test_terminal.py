"""The view for people: what works, what does not and why, within 80 columns."""

import re
import time
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from msgprobe.model.message import message
from msgprobe.model.run import Run, Vantage
from msgprobe.model.target import Direction, Function
from msgprobe.model.verdict import CallLoss, Outcome, State, Strength
from msgprobe.report import terminal
from msgprobe.report.view import View
from msgprobe.report.wording import NOTE_WORDS, amount, rate, seconds
from tests.report.sample import HOSTILE, blocked, function, run, service_verdict, speed, throttled

LONG = "Connections that name the service are torn down " * 9
FIVE = tuple(
    function(f, Outcome.BLOCKED, why=LONG, mechanisms=("tls.reset.sni", "tcp.freeze.bytes"))
    for f in Function
)
WIDE = run(
    service_verdict(Outcome.BLOCKED, "A messenger of long name", functions=FIVE, partial=True),
    service_verdict(Outcome.BLOCKED, "日本語のメッセンジャーですから", strength=Strength.LIKELY),
    service_verdict(Outcome.NOT_TESTED, "X", functions=()),
    state=State.CAPTIVE_PORTAL,
    notes=tuple(NOTE_WORDS),
    why=LONG,
    interrupted="SIGINT",
)


def render(run: Run, **view: Any) -> str:
    return terminal.render(run, View(**view))


@pytest.mark.parametrize("width", [120, 80, 50, 40, 30])
@pytest.mark.parametrize("verbose", [0, 1])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(width: int, verbose: int, unicode: bool) -> None:
    text = render(WIDE, width=width, verbose=verbose, unicode=unicode)
    assert max(map(cell_len, text.splitlines())) <= width
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_off_a_terminal_nothing_is_cut_or_wrapped() -> None:
    text = render(WIDE, width=None)
    assert LONG.strip() in text
    assert "..." not in text.replace("A messenger of long name"[:17] + "...", "").replace(
        "日本語のメッセンジャーですから", ""
    )


def test_a_grid_says_what_works_and_a_sentence_why_the_rest_does_not() -> None:
    lines = render(run(blocked())).splitlines()
    head = next(n for n, line in enumerate(lines) if "result" in line)
    assert lines[head].split() == ["result", "text", "web"]
    assert re.fullmatch(r"Telegram +✗ blocked in part +✓ +✗", lines[head + 1])
    for name, sign in (("text", "✓"), ("web", "✗")):
        assert lines[head].index(name) == lines[head + 1].rindex(sign), "under its head"
    assert lines[head + 2] == "✓ works, ✗ blocked"
    told = " ".join(" ".join(lines[head + 3 :]).split())
    assert "Telegram web blocked: Connections that name the service are torn down." in told
    assert "See: msgprobe explain tls.reset.sni" in told
    assert any(line.startswith("Connection: online") for line in lines)


def test_what_to_do_stands_at_the_end_by_numbers() -> None:
    lines = render(run(blocked())).splitlines()
    meaning = lines.index("Your network is blocking Telegram. Your device is fine.")
    steps = lines[meaning + 1 :]
    assert [line[:3] for line in steps] == [f"{n}. " for n in range(1, len(steps) + 1)]
    assert "run this again with -o FILE" in steps[0]


def test_a_saved_run_is_not_to_be_saved_but_to_be_explained_and_handed_on() -> None:
    text = render(run(blocked()), saved="my run.json")
    assert "-o FILE" not in text
    assert "1. Keep the saved file" in text
    assert "msgprobe explain 'my run.json'" in text
    assert "msgprobe report 'my run.json'" in text


def test_when_and_where_it_was_measured_is_told_in_local_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = replace(run(blocked()), vantage=Vantage(asn=9198, label="home"))
    request = replace(made.evidence.request, country="KZ")
    made = replace(made, evidence=replace(made.evidence, request=request))
    monkeypatch.setenv("TZ", "<+05>-5")  # POSIX: five hours before Greenwich's clock
    time.tzset()
    try:
        first = render(made).splitlines()[0]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert first == "Mon 05 Jan 2026, 15:30 (UTC+05:00), KZ, AS9198, home"


def test_lost_packets_do_not_contradict_that_calls_fail() -> None:
    loss = CallLoss(sent=50, lost=0, neutral_sent=75, neutral_lost=0, median_ms=20.0)
    for outcome, told in ((Outcome.BLOCKED, False), (Outcome.OK, True)):
        calls = function(Function.CALLS, outcome, loss=loss)
        text = render(run(service_verdict(outcome, functions=(calls,))), verbose=1)
        assert ("0 of 50 packets lost" in text) is told


def test_time_and_bytes_are_told() -> None:
    text = render(run(blocked()))
    assert "3.25 s" in text
    assert "272 kB" in text


def test_what_works_needs_no_reason_unless_asked() -> None:
    whole = run(service_verdict(Outcome.OK))
    assert "answered" not in render(whole)
    assert "Needs an account." not in render(whole)
    verbose = render(whole, verbose=1)
    assert "1 of 1 endpoints answered" in verbose
    assert "Needs an account." in verbose


def test_likely_is_said_aloud() -> None:
    text = render(run(service_verdict(Outcome.BLOCKED, strength=Strength.LIKELY)))
    assert "probably blocked" in text


def test_the_connection_is_not_blamed_again_for_every_service() -> None:
    why = "This network asks you to log in."
    text = render(
        run(
            service_verdict(
                Outcome.INCONCLUSIVE,
                functions=(function(Function.TEXT, Outcome.INCONCLUSIVE, why=f"{why} So."),),
            ),
            state=State.CAPTIVE_PORTAL,
            why=why,
        ),
        width=None,
    )
    assert text.count(why) == 1


def test_an_online_connection_tells_what_is_amiss_nevertheless() -> None:
    """That sites answer is what the word says; that some names are cut off is not."""
    online = run(state=State.ONLINE, why=(message("connection.online.names"),))
    assert "some neutral names do not pass" in " ".join(render(online, width=80).split())
    assert "neutral names" not in render(online, quiet=True)
    well = run(state=State.ONLINE, why=(message("connection.online"),))
    assert "several networks" not in render(well)
    assert "several networks" in render(well, verbose=1)


def test_quiet_is_verdict_lines_alone() -> None:
    lines = render(run(blocked(), service_verdict(Outcome.OK, "Signal")), quiet=True).splitlines()
    assert len(lines) == 4
    assert lines[3].startswith("Connection: online")


def test_an_interrupted_run_says_so() -> None:
    assert "Ctrl-C" in render(run(blocked(), interrupted="SIGINT"))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("state", list(State))
def test_every_word_can_be_shown_in_ascii(outcome: Outcome, state: State) -> None:
    text = render(run(service_verdict(outcome, "Ж\N{EN DASH}é"), state=state), unicode=False)
    assert text.isascii()


def test_signs_differ_without_colour() -> None:
    for unicode in (True, False):
        heads = {
            render(run(service_verdict(o)), unicode=unicode, quiet=True).splitlines()[1][
                len("Telegram") + 2
            ]
            for o in Outcome
        }
        assert len(heads) == len(Outcome)


def test_colour_only_when_wanted() -> None:
    assert "\x1b" not in render(run(blocked()))
    assert "\x1b[" in render(run(blocked()), color=True)


def _hostile(text: str) -> str:
    bad = function(
        Function.WEB,
        Outcome.BLOCKED,
        why=text,
        mechanisms=(text,),
        rules=(text,),
    )
    return render(
        run(
            service_verdict(Outcome.BLOCKED, text, functions=(bad,)),
            service_verdict(Outcome.DEGRADED, text, functions=()),
            why=text,
            notes=(text,),
            rules=(text,),
            state=State.SHUTDOWN,
        ),
        verbose=1,
    )


def test_hostile_text_is_shown_and_does_nothing() -> None:
    text = _hostile(HOSTILE)
    assert "\\x1b]0;owned" in text
    assert "[red]" in text
    for char in text:
        assert char == "\n" or unicodedata.category(char)[0] in "LMNPSZ"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters()))
def test_no_text_at_all_can_do_anything(text: str) -> None:
    for char in _hostile(text):
        assert char == "\n" or unicodedata.category(char)[0] in "LMNPSZ"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (81_234, "81.2 kB"),
        (999_499, "999 kB"),
        (999_999, "1.00 MB"),
        (5_000_000, "5.00 MB"),
        (2 * 10**12, "2000 GB"),
    ],
)
def test_bytes_in_three_digits(count: int, text: str) -> None:
    assert amount(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.031, "0.03 s"), (12.34, "12.3 s"), (125.0, "2 min 5 s")]
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


# -- speeds --------------------------------------------------------------------------------------

FAST = function(Function.WEB, speeds=(speed(11_000, 14_000, 620, slow=0),))
UPWARDS = function(
    Function.MEDIA,
    speeds=(speed(4_000, 5_000, 900, direction=Direction.UP, moved=32_000, slow=0),),
)
CLEAN = service_verdict(Outcome.OK, "WhatsApp", functions=(FAST, UPWARDS))


def test_speeds_stand_beside_the_neutral_ones() -> None:
    text = render(run(CLEAN, service_verdict(Outcome.OK, "Signal")), verbose=1, width=None)
    line = "WhatsApp  media 4.0 Mbit/s up (neutral 5.0), web 11 Mbit/s down (neutral 14)"
    assert line in text.splitlines()
    assert sum("neutral" in shown for shown in text.splitlines()) == 1
    assert "(neutral" not in render(run(CLEAN)), "what is fine needs no numbers"


def test_the_weakest_floor_is_told_with_what_was_not_tested() -> None:
    text = " ".join(render(run(CLEAN)).split())
    assert (
        "Speed: no throttling below 620 kbit/s down (first 80.0 kB) or 900 kbit/s up (first "
        "32.0 kB) visible on this link. Milder, later or per-connection limits were not tested."
        in text
    )
    assert "not throttled" not in text


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.DEGRADED, Outcome.INCONCLUSIVE])
def test_where_something_is_slow_the_floor_acquits_nothing(outcome: Outcome) -> None:
    slow = function(Function.WEB, outcome, speeds=(speed(),))
    text = render(run(service_verdict(outcome, functions=(slow,)), CLEAN))
    assert "no throttling" not in text
    assert "not throttled" not in text
    assert "throttling below 620 kbit/s" in text


def test_a_throttled_service_shows_its_numbers() -> None:
    text = " ".join(render(run(throttled())).split())
    assert "141 kbit/s against 18 Mbit/s" in text
    assert "web 140 kbit/s down (neutral 18 Mbit/s)" in text
    assert "See: msgprobe explain throttle.sni.policing" in text


def test_a_link_that_shows_nothing_is_not_given_a_floor() -> None:
    unsteady = function(Function.WEB, speeds=(speed(300, 280, 0),))
    text = render(run(service_verdict(Outcome.OK, functions=(unsteady,))), width=None, verbose=1)
    assert "too unsteady to tell" in text
    assert "too slow or too unsteady to show throttling" in text
    assert "below" not in text
    both = render(run(service_verdict(Outcome.OK, functions=(unsteady, FAST))))
    assert "no throttling below 620 kbit/s" in both


def test_without_transfers_nothing_is_said_about_speed() -> None:
    assert "throttling" not in render(run(service_verdict(Outcome.OK)))
    assert "neutral" not in render(run(CLEAN), quiet=True)


@pytest.mark.parametrize("width", [80, 60, 40, 30])
@pytest.mark.parametrize("unicode", [True, False])
def test_speeds_keep_within_the_terminal(width: int, unicode: bool) -> None:
    speeds = tuple(speed(n, 10 * n, n) for n in (0.5, 50, 500, 5000, 500_000))
    wide = tuple(function(f, speeds=speeds) for f in Function)
    named = service_verdict(Outcome.OK, "A messenger of long name", functions=wide)
    text = render(run(named, throttled()), width=width, unicode=unicode)
    assert max(map(cell_len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "\x1b" not in text
    assert text.isascii() or unicode


@pytest.mark.parametrize(
    ("kbit", "text"),
    [
        (0.0, "0 kbit/s"),
        (0.42, "0.42 kbit/s"),
        (8.24, "8.2 kbit/s"),
        (141.3, "140 kbit/s"),
        (994.0, "990 kbit/s"),
        (996.0, "1.0 Mbit/s"),
        (1_900.0, "1.9 Mbit/s"),
        (18_300.0, "18 Mbit/s"),
        (123_000.0, "120 Mbit/s"),
    ],
)
def test_rates_in_two_digits(kbit: float, text: str) -> None:
    assert rate(kbit) == text


LONGER = "A run with --throttle takes some minutes, and may tell."


def test_a_line_too_slow_to_compare_anything_says_so() -> None:
    slow = replace(run(service_verdict(Outcome.OK)))
    verdict = replace(
        slow.verdict, connection=replace(slow.verdict.connection, state=State.BAD_LINK)
    )
    text = " ".join(render(replace(slow, verdict=verdict)).split())
    assert "Speed: this line is too slow to tell throttling from its own slowness." in text
    assert LONGER in text
    request = replace(slow.evidence.request, throttle=True)
    closely = replace(slow, verdict=verdict, evidence=replace(slow.evidence, request=request))
    assert "--throttle" not in render(closely)


def test_a_quick_run_says_what_it_left_out() -> None:
    fast = run(service_verdict(Outcome.OK))
    request = replace(fast.evidence.request, quick=True)
    quick = replace(fast, evidence=replace(fast.evidence, request=request))
    text = " ".join(render(quick).split())
    assert "not looked at (--quick), so throttling would not have been seen" in text
    assert LONGER not in text


def unmeasured(outcome: Outcome, name: str, **more: Any) -> Any:
    """A service of which it is told that the speed of an object is not known."""
    why = (message("speed.unsaid.unmeasured", asset="picture"),)
    functions = (function(Function.TEXT, outcome, why=why, **more),)
    return service_verdict(outcome, name, functions=functions)


def test_what_works_and_was_not_compared_is_named() -> None:
    first, second = (unmeasured(Outcome.OK, name) for name in ("Signal", "Telegram"))
    known = unmeasured(Outcome.OK, "WhatsApp", speeds=(speed(500, 500, 100),))
    dead = unmeasured(Outcome.BLOCKED, "Messenger")
    silent = service_verdict(Outcome.OK, "Viber")
    told = "Speed: not compared for Signal and Telegram, so throttling there would not have been"
    for services in ((first, second), (first, second, known, dead, silent)):
        text = " ".join(render(run(*services)).split())
        assert told in text and LONGER in text
    for one in (known, dead, silent):
        assert "not compared" not in render(run(one))
