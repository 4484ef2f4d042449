"""The curves of transfers, in characters and as a page: true, readable, harmless."""

import re
from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import Window
from msgprobe.model.run import Run
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Flow
from msgprobe.model.verdict import Outcome
from msgprobe.report import curves, curves_html
from msgprobe.report.explain import explain_run
from msgprobe.report.transfers import Picture, median, pictures
from tests.report import sample
from tests.report.sample import HOSTILE, moved, service_verdict, throttled

RUN = sample.run(throttled())


def _run(*seen: Measurement) -> Run:
    return sample.run(throttled(), seen=seen)


def _only(run: Run) -> Picture:
    (found,) = pictures(run)
    return found


def _area(text: str) -> list[str]:
    """What is drawn, row by row from the top, without the axes."""
    return [line.split("│", 1)[1] for line in text.splitlines() if "│" in line]


def _columns(area: list[str], mark: str) -> list[int]:
    return [n for row in area for n, char in enumerate(row) if char == mark]


# -- what belongs into a picture -----------------------------------------------------------------


def test_an_asset_is_beside_all_that_it_was_compared_with() -> None:
    picture = _only(RUN)
    assert (picture.service, picture.title, picture.asset) == ("telegram", "Telegram", "web-script")
    assert {line.arm for line in picture.lines} == {
        Arm.TRANSFER,
        Arm.TRANSFER_NEUTRAL_SNI,
        Arm.TRANSFER_SOURCE,
        Arm.TRANSFER_TARGET_SNI,
    }


def test_transfers_of_others_stay_out() -> None:
    """The other direction, another asset, a neighbour's contest at the same neutral server."""
    foreign = moved(Arm.TRANSFER_SOURCE, transaction=2, subject="mirror")
    probe = foreign.task.probe
    assert isinstance(probe, Flow)
    probe = replace(probe, options=(*probe.options, ("service", "signal")))
    run = _run(
        moved(transaction=1),
        replace(foreign, task=replace(foreign.task, probe=probe)),
        moved(Arm.TRANSFER_SOURCE, transaction=3, asset=None, direction=Direction.UP),
        moved(Arm.TRANSFER_NEUTRAL_SNI, transaction=4, asset="installer"),
        moved(Arm.TRANSFER_SOURCE, transaction=5, asset=None, subject="mirror"),
    )
    signal = replace(run.evidence.services[0], name="signal")
    services = (*run.evidence.services, signal)
    run = replace(run, evidence=replace(run.evidence, services=services))
    transactions = [n.seen.transaction for n in _only(run).lines if n.seen is not None]
    assert transactions == [1, 5]


def test_only_the_service_that_is_asked_for() -> None:
    assert pictures(RUN, "signal") == ()
    assert len(pictures(RUN, "telegram")) == 1


@pytest.mark.parametrize(
    ("values", "middle"), [([3.0], 3.0), ([1.0, 2.0], 1.5), ([1.0, 2.0, 9.0], 2.0)]
)
def test_the_middle(values: list[float], middle: float) -> None:
    assert median(values) == middle


def test_what_failed_before_a_byte_is_counted() -> None:
    run = _run(
        moved(transaction=1),
        replace(moved(transaction=2), observations=()),
        replace(moved(transaction=3), observations=(), status=Status.SKIPPED),
    )
    assert _only(run).summary(Arm.TRANSFER) == "140 kbit/s (1 transfer); 1 more moved nothing"
    none = _only(_run(replace(moved(transaction=2), observations=())))
    assert none.summary(Arm.TRANSFER) == "nothing moved in 1 transfer"
    assert "│" not in curves.render(none)
    assert "Not a byte" in curves_html.render(_run(replace(moved(), observations=())))


# -- in characters -------------------------------------------------------------------------------


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [40, 60, 76, 200])
def test_a_picture_keeps_its_size(width: int, unicode: bool) -> None:
    text = curves.render(_only(RUN), width=width, unicode=unicode)
    lines = text.splitlines()
    assert max(map(len, lines)) <= min(width, curves.WIDTH)
    assert all(line == line.rstrip() for line in lines)
    assert text.isascii() or unicode
    assert all(c == "\n" or c.isprintable() for c in text)
    wall = "│" if unicode else "|"
    assert sum(wall in line for line in lines) + 2 == curves.ROWS


def test_the_legend_has_words_and_rates() -> None:
    text = curves.render(_only(RUN))
    for words in (
        "Telegram, web-script: kB received, by seconds",
        "● web.telegram.example, as the app asks: 140 kbit/s (1 transfer)",
        "○ same server, neutral name: 18 Mbit/s (1 transfer)",
        "· neutral server: 9.0 Mbit/s (1 transfer)",
        # once it had begun (30 kB at 0.5 s): 10 kB more in the 9.5 s until it was stopped
        "neutral server, Telegram's name: 8.4 kbit/s (1 transfer)",
    ):
        assert words in text


def test_slow_goes_right_and_fast_goes_up() -> None:
    """141 kbit/s fill 80 kB in 4.5 s, 18 Mbit/s in 0.04 s; the axis ends with the slower one."""
    text = curves.render(
        _only(_run(moved(), moved(Arm.TRANSFER_NEUTRAL_SNI, 18_000, transaction=2)))
    )
    area = _area(text)
    assert max(_columns(area, "○")) <= 1
    assert "4.5 s" in text
    own = sorted(set(_columns(area, "●")))
    assert own[-1] >= 60
    heights = {
        column: len(area) - min(n for n, row in enumerate(area) if row[column : column + 1] == "●")
        for column in own
    }
    levels = [heights[column] for column in own]
    assert levels == sorted(levels)
    # half the time, half the bytes: a steady rate is a straight line
    assert abs(heights[own[len(own) // 2]] - len(area) / 2) <= 1


def test_a_stall_lies_flat_until_it_was_given_up() -> None:
    frozen = moved(
        capped=True,
        moved=40_000,
        curve=((0.5, 40_000),),
        window=Window(start=1.0, end=11.0),
    )
    area = _area(curves.render(_only(_run(frozen))))
    assert area[0].count("●") >= 60
    assert sum("●" in row for row in area[1:]) == len(area) - 1  # the rise itself


def test_uploads_are_sent() -> None:
    up = moved(direction=Direction.UP, asset="chat-upload")
    assert "kB sent" in curves.render(_only(_run(up)))


def test_explain_shows_the_picture_within_the_terminal() -> None:
    text = explain_run(RUN, "telegram", [], width=80)
    assert "as the app asks" in text
    assert "Speed of web-script: 140 kbit/s received, neutral 18 Mbit/s" in text
    shown = [line for line in text.splitlines() if not line.lstrip().startswith("$ ")]
    assert max(map(len, shown)) <= 80
    assert explain_run(RUN, None, [], width=80, unicode=False).isascii()


# -- as a page -----------------------------------------------------------------------------------


def _page(run: Run, service: str | None = None) -> Element:
    """Written so that a parser of XML takes it as well as a browser."""
    return fromstring(curves_html.render(run, service).removeprefix("<!DOCTYPE html>"))


def test_the_page_stands_alone_and_runs_nothing() -> None:
    page = _page(RUN)
    tags = {element.tag for element in page.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "a"}
    text = curves_html.render(RUN)
    assert "http:" not in text and "https:" not in text and "url(" not in text
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert page.get("lang") == "en"


def test_the_page_has_a_curve_and_a_row_for_every_transfer() -> None:
    page = _page(RUN)
    drawn = {element.get("class") for element in page.iter("polyline")}
    assert drawn == {"own", "name", "theirs", "source"}
    rows = [[cell.text or "" for cell in row] for row in page.iter("tr")]
    head, *body = rows
    assert len(body) == 4
    stopped = next(r for r in body if "stopped by us after 10.0 s" in r)
    assert dict(zip(head, stopped, strict=True))["longest pause"] == "8.50 s"
    first = dict(zip(head, body[0], strict=True))
    assert first["moved"] == "80.0 kB of 80.0 kB"
    assert (first["rate"], first["retransmitted"]) == ("140 kbit/s", "3")
    assert first["shortest round trip"] == "34 ms"


def test_the_picture_on_the_page_can_be_heard() -> None:
    (svg,) = [e for e in _page(RUN).iter("svg") if e.get("role") == "img"]
    said = svg.get("aria-label") or ""
    assert "as the app asks: 140 kbit/s" in said
    assert "same server, neutral name: 18 Mbit/s" in said


def test_curves_on_the_page_stay_inside_their_axes() -> None:
    page = _page(RUN)
    _, _, width, height = (float(n) for n in "0 0 720 300".split())
    for line in page.iter("polyline"):
        for point in (line.get("points") or "").split():
            x, y = map(float, point.split(","))
            assert 70 <= x <= width - 20
            assert 12 <= y <= height - 36


def test_a_run_without_transfers_has_a_page_that_says_so() -> None:
    run = sample.run(service_verdict(Outcome.OK), seen=())
    assert "No transfers were made" in curves_html.render(run)


def test_a_page_for_one_service() -> None:
    run = sample.run(throttled(), service_verdict(Outcome.OK, "Signal"))
    assert [h.text for h in _page(run, "Signal").iter("h2")] == ["Signal: works"]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters()) | st.just(HOSTILE))
def test_nothing_in_a_name_becomes_markup_or_an_escape(text: str) -> None:
    seen = moved(asset=text, host=text, server_name=text, path=text)
    verdict = replace(throttled(), name=text)
    run = sample.run(verdict, seen=(seen,))
    page = curves_html.render(run)
    root = fromstring(page.removeprefix("<!DOCTYPE html>"))
    assert {e.tag for e in root.iter()} <= set(
        "html head meta title style body h1 h2 h3 p ul li svg line polyline text details summary "
        "div table caption thead tbody tr th td bdi".split()
    )
    shown = curves.render(_only(run)) + page
    assert all(c == "\n" or c.isprintable() for c in shown)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(allow_nan=False), st.integers()), max_size=5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(min_value=0, max_value=10**12),
    st.sampled_from([None, Failure.CONNECTION_RESET]),
)
def test_no_curve_of_a_strangers_file_breaks_a_picture(
    curve: list[tuple[float, int]], end: float, size: int, failure: Failure | None
) -> None:
    seen = moved(curve=tuple(curve), moved=size, failure=failure, window=Window(start=0.0, end=end))
    picture = _only(_run(seen))
    lines = curves.render(picture).splitlines()
    assert max(map(len, lines)) <= curves.WIDTH
    for number in re.findall(r'points="([^"]*)"', curves_html.render(_run(seen))):
        assert "nan" not in number and "inf" not in number
