"""Segments, brackets, holes, events and notes, told from words whose truth is plain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from msgprobe.history.words import joined
from msgprobe.model.history import (
    CONNECTION,
    KIND_LETTERS,
    Gap,
    GapReason,
    NetworkKind,
    Recorded,
    Said,
    Series,
    SpeedSeen,
    TickKind,
)
from msgprobe.model.timeline import Bracket, Cause, Change, Segment, Story
from msgprobe.timeline.events import events
from msgprobe.timeline.story import tell

TEXT, MEDIA = "telegram.text", "telegram.media"
MINUTE, HOUR, DAY = 60, 3600, 86400
LETTERS = {
    "o": "ok",
    "b": "blocked",
    "d": "down",
    "t": "throttled",
    "?": "inconclusive",
    "O": "online",
    "S": "shutdown",
    ".": "",
}


def line(
    words: Mapping[str, str],
    *,
    times: Sequence[int] | None = None,
    kinds: str | None = None,
    step: int = 10 * MINUTE,
    rules: Sequence[int] | None = None,
    notes: Mapping[int, tuple[str, ...]] | None = None,
) -> Recorded:
    """One letter a tick and subject; a dot is a tick without the subject."""
    count = len(next(iter(words.values())))
    letters = kinds or "r" * count
    by = {letter: kind for kind, letter in KIND_LETTERS.items()}
    versions = rules or [1] * count

    def said(subject: str, n: int, letter: str) -> Said:
        mechanisms: tuple[str, ...] = ("tls.reset.sni",) if letter == "b" else ()
        if subject == CONNECTION:
            mechanisms = (notes or {}).get(n, ())
        return Said(LETTERS[letter], "confirmed", False, mechanisms)

    spans = {
        subject: list(
            joined(
                (n, by[letters[n - 1]], said(subject, n, letter), versions[n - 1])
                for n, letter in enumerate(row, 1)
                if letter != "."
            )
        )
        for subject, row in ({CONNECTION: "O" * count} | dict(words)).items()
    }
    return Recorded(
        series=Series(id=1, public="p", kind=NetworkKind.WIFI),
        first=1,
        times=list(times or [n * step for n in range(count)]),
        kinds=letters,
        spans=spans,
        documents=[(n, f"run-{n}") for n in range(1, count + 1)],
        catalogues=[(1, "c")],
    )


def segments(story: Story, subject: str = TEXT) -> list[Segment]:
    return list(dict(story.segments)[subject])


def test_a_change_is_told_with_its_bracket_mechanism_and_witnesses() -> None:
    story = tell(line({TEXT: "oooooobbbbbb"}), 1)
    good, bad = segments(story)
    assert (good.word, bad.word) == ("ok", "blocked")
    assert bad.onset is not None
    assert (bad.onset.after, bad.onset.until) == (5 * 600, 6 * 600)
    assert bad.mechanisms == ("tls.reset.sni",)
    assert bad.witnesses[:2] == ("run-7", "run-8")
    (event,) = story.events
    assert [(c.before, c.after) for c in event.changes] == [("ok", "blocked")]
    assert event.cause.real


def test_of_two_mechanisms_that_say_the_same_the_more_exact_one_is_told() -> None:
    found = line({TEXT: "oooooobbbb"})
    told = ("quic.sni", "tls.reset", "tls.reset.sni")
    spans = [
        replace(s, said=replace(s.said, mechanisms=told)) if s.said.word == "blocked" else s
        for s in found.spans[TEXT]
    ]
    story = tell(replace(found, spans={**found.spans, TEXT: spans}), 1)
    assert segments(story)[-1].mechanisms == ("quic.sni", "tls.reset.sni")


def test_time_in_which_nobody_looked_is_a_hole_with_its_reason_and_no_event() -> None:
    times = [n * 600 for n in range(6)] + [n * 600 + 5 * HOUR for n in range(6)]
    recorded = replace(
        line({TEXT: "o" * 12}, times=times), gaps=[Gap(3600, 4 * HOUR, GapReason.ASLEEP)]
    )
    story = tell(recorded, 1)
    assert [s.word for s in segments(story)] == ["ok", "not_measured", "ok"]
    assert segments(story)[1].reason == "asleep"
    assert (segments(story)[1].began, segments(story)[1].ended) == (3000, 5 * HOUR)
    assert story.events == ()
    assert segments(tell(replace(recorded, gaps=()), 1))[1].reason == "unknown"


def test_after_the_last_look_nothing_is_known() -> None:
    story = tell(line({TEXT: "oooooo"}), 1, until=DAY)
    assert [s.word for s in segments(story)] == ["ok", "not_measured"]
    assert segments(story)[-1].ended == DAY


def test_a_change_over_a_hole_is_bracketed_by_the_hole() -> None:
    times = [n * 600 for n in range(6)] + [n * 600 + DAY for n in range(6)]
    (event,) = tell(line({TEXT: "oooooobbbbbb"}, times=times), 1).events
    assert (event.bracket.after, event.bracket.until) == (3000, DAY)


def test_time_without_a_clear_word_widens_the_bracket_and_is_no_event() -> None:
    story = tell(line({TEXT: "oooooo??????bbbbbb"}), 1)
    (event,) = story.events
    assert [(c.before, c.after) for c in event.changes] == [("ok", "blocked")]
    assert (event.bracket.after, event.bracket.until) == (5 * 600, 12 * 600)
    assert tell(line({TEXT: "oooooo??????oooooo"}), 1).events == ()


def test_a_single_look_at_the_end_is_shown_and_not_yet_told() -> None:
    story = tell(line({TEXT: "o" * 30 + "b"}, step=6 * HOUR), 1)
    assert story.events == ()
    assert not any(s.word == "blocked" and s.settled for s in segments(story))


def test_the_connection_explains_what_services_did_meanwhile() -> None:
    story = tell(line({CONNECTION: "OOOOOOSSSSSSOOOOOO", TEXT: "oooooo??????oooooo"}), 1)
    assert [s.word for s in segments(story)] == ["ok", "not_measured", "ok"]
    assert segments(story)[1].reason == "connection shutdown"
    assert [[c.subject for c in e.changes] for e in story.events] == [[CONNECTION]] * 2


def test_what_a_service_does_as_the_connection_returns_belongs_to_its_return() -> None:
    story = tell(line({CONNECTION: "OOOOOOSSSSSSOOOOOO", TEXT: "oooooo??????bbbbbb"}), 1)
    gone, back = story.events
    assert gone.absorbed == ()
    assert [c.subject for c in back.changes] == [CONNECTION]
    assert [(c.subject, c.after) for c in back.absorbed] == [(TEXT, "blocked")]


@pytest.mark.parametrize(("until", "alone"), [(450, True), (600, False), (900, False)])
def test_what_works_before_the_return_is_certain_returns_with_the_connection(
    until: int, alone: bool
) -> None:
    def change(subject: str, before: str, after: str, since: int, until: int) -> Change:
        bracket = Bracket(after=since, until=until)
        return Change(subject=subject, before=before, after=after, bracket=bracket)

    back = change(CONNECTION, "shutdown", "online", 500, 900)
    found = events(line({TEXT: "oo"}), [change(TEXT, "blocked", "ok", 100, until), back], 60)
    assert [c.subject for c in found[-1].changes] == [CONNECTION]
    assert [[c.subject for c in e.changes] for e in found[:-1]] == ([[TEXT]] if alone else [])


def test_what_changes_together_is_one_event() -> None:
    story = tell(line({TEXT: "oooooobbbbbb", MEDIA: "ooooooobbbbb"}), 1)
    (event,) = story.events
    assert {c.subject for c in event.changes} == {TEXT, MEDIA}


def test_what_changes_apart_is_two() -> None:
    story = tell(line({TEXT: "oooooobbbbbbbbbbbb", MEDIA: "oooooooooooobbbbbb"}), 1)
    assert [[c.subject for c in e.changes] for e in story.events] == [[TEXT], [MEDIA]]


def test_another_catalogue_is_no_event_of_the_network() -> None:
    recorded = replace(line({TEXT: "oooooobbbbbb"}), catalogues=[(1, "c"), (7, "d")])
    (event,) = tell(recorded, 1).events
    assert event.cause is Cause.CATALOGUE
    later = replace(recorded, catalogues=[(1, "c"), (9, "d")])
    (event,) = tell(later, 1).events
    assert event.cause is Cause.NETWORK


def test_other_rules_are_no_event_of_the_network() -> None:
    recorded = line({TEXT: "oooooobbbbbb"}, rules=[1] * 6 + [2] * 6)
    (event,) = tell(recorded, 2).events
    assert event.cause is Cause.RULES


def test_throttling_is_bracketed_by_looks_that_see_it() -> None:
    kinds = ("t" + "ppp") * 8
    words = "".join("t" if k == "t" and n >= 16 else "o" for n, k in enumerate(kinds))
    story = tell(line({TEXT: words}, kinds=kinds, step=15 * MINUTE), 1)
    (event,) = story.events
    assert (event.changes[0].before, event.changes[0].after) == ("ok", "throttled")
    assert (event.bracket.after, event.bracket.until) == (12 * 900, 16 * 900)


def test_services_that_were_not_asked_for_are_not_measured() -> None:
    story = tell(line({TEXT: "oooooo............oooooo", MEDIA: "o" * 24}), 1)
    assert [(s.word, s.reason) for s in segments(story)] == [
        ("ok", ""),
        ("not_measured", "not_asked"),
        ("ok", ""),
    ]


def test_only_what_is_asked_for_is_told_and_the_connection() -> None:
    story = tell(line({TEXT: "oooo", MEDIA: "oooo"}), 1, wanted=lambda s: s == MEDIA)
    assert [name for name, _ in story.segments] == [CONNECTION, MEDIA]


def test_a_remark_that_begins_is_a_note_and_one_that_was_always_there_is_none() -> None:
    always = dict.fromkeys(range(1, 13), ("lossy",))
    recorded = line(
        {TEXT: "o" * 12}, notes=always | dict.fromkeys(range(8, 13), ("lossy", "quic_blocked"))
    )
    (note,) = tell(recorded, 1).notes
    assert (note.kind, note.at) == ("quic_blocked", 7 * 600)


def _speeds(ratios: Sequence[float]) -> Recorded:
    seen = [(n, SpeedSeen(TEXT, "down", ratio, 1.0, 1.0)) for n, ratio in enumerate(ratios, 1)]
    return replace(line({TEXT: "o" * len(ratios)}, step=HOUR), speeds=seen)


def test_a_speed_out_of_the_usual_is_a_note_once() -> None:
    story = tell(_speeds([1.0, 1.2, 1.1, 1.0, 9.0, 1.0, 4.0, 4.4, 4.2]), 1)
    (note,) = story.notes
    assert (note.kind, note.subject, note.at) == ("slower", TEXT, 6 * HOUR)
    assert 3.5 < note.value < 4.1  # beside a usual one between 1 and 1.1
    assert [p.usual for p in story.speeds][:3] == [None, None, None]


def test_what_is_slow_for_a_week_becomes_the_usual() -> None:
    story = tell(_speeds([1.0] * 10 + [4.0] * (24 * 16)), 1)
    assert story.speeds[-1].usual == pytest.approx(4.0)
    assert len(story.notes) == 1


def test_round_trips_that_grow_are_a_note() -> None:
    recorded = line({TEXT: "o" * 10})
    grown = replace(recorded, rtts=[(n, 40.0 if n < 7 else 200.0) for n in range(1, 11)])
    (note,) = tell(grown, 1).notes
    assert (note.kind, note.at, note.value) == ("round_trips", 6 * 600, 5.0)


def test_a_clock_that_was_set_back_is_a_note() -> None:
    (note,) = tell(replace(line({TEXT: "oooo"}), set_back=[3]), 1).notes
    assert (note.kind, note.at) == ("clock_back", 1200)


@pytest.mark.parametrize("kind", list(TickKind))
def test_one_look_alone_is_a_story(kind: TickKind) -> None:
    story = tell(line({TEXT: "b"}, kinds=KIND_LETTERS[kind]), 1, until=DAY)
    assert story.ticks == 1
    assert story.events == ()
