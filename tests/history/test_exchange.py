"""Histories leave without names of networks and come in beside what is there, each run once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from msgprobe.history.exchange import everything, lines, merge, parsed, take_in
from msgprobe.history.file import HistoryError
from msgprobe.history.reading import recorded
from msgprobe.history.schema import FIRST
from msgprobe.history.store import History
from msgprobe.model.history import Gap, GapReason, Said, SpeedSeen, Tick
from tests.history.ticks import BEGAN, MOBILE, TEXT, home, pulse, tick


def filled(path: Path, *ticks: Tick) -> Path:
    with History(path, create=True) as history:
        for one in ticks:
            history.add(home(history), one)
    return path


def exported(path: Path) -> list[str]:
    with History(path, write=False) as history:
        return list(lines(history))


def taken(path: Path, text: list[str]) -> int:
    with History(path, create=True) as history:
        return take_in(history, parsed(text, "a file"))


def ticks_of(path: Path) -> list[Tick]:
    with History(path, write=False) as history:
        return [item for _, item in everything(history) if isinstance(item, Tick)]


def test_what_is_exported_comes_back_to_the_minute(tmp_path: Path) -> None:
    speed = SpeedSeen(TEXT, "down", 2.5, 100.0, 250.0)
    reset = replace(
        tick(3), words={TEXT: Said("blocked", "likely", True, ("tls.reset",))}, rtt_ms=42.0
    )
    given = [replace(tick(1), speeds=(speed,)), pulse(2), replace(reset, at=BEGAN + 215)]
    path = filled(tmp_path / "a.db", *given)
    with History(path) as history:
        history.add_gap(Gap(BEGAN + 60, BEGAN + 121, GapReason.ASLEEP))
    assert taken(tmp_path / "b.db", exported(path)) == 3
    minutes = [replace(t, at=t.at // 60 * 60) for t in given]
    assert ticks_of(tmp_path / "b.db") == minutes
    with History(tmp_path / "b.db") as history:
        (one,) = history.all_series()
        assert history.gaps(one) == (Gap(BEGAN + 60, BEGAN + 120, GapReason.ASLEEP),)


def test_no_label_and_no_gateway_leaves(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db", tick(1))
    with History(path) as history:
        ((gateway, public),) = history.rows("SELECT gateway, public FROM series")
    text = "\n".join(exported(path))
    assert "home" not in text
    _, named, first = map(json.loads, text.splitlines())
    assert named == {"series": public, "kind": "wifi", "resolver": "private", "vpn": False}
    assert gateway not in [*first.values(), *named.values()]


def test_a_run_is_taken_in_once_wherever_it_comes_from(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db", tick(1), tick(2))
    text = exported(path)
    assert taken(path, text) == 0
    assert taken(tmp_path / "b.db", text) == 2
    assert taken(tmp_path / "b.db", text) == 0
    assert len(ticks_of(tmp_path / "b.db")) == 2


def test_a_later_export_goes_on_with_the_same_series(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db", tick(1))
    taken(tmp_path / "b.db", exported(path))
    filled(path, tick(2, "blocked"))
    assert taken(tmp_path / "b.db", exported(path)) == 1
    with History(tmp_path / "b.db") as history:
        assert len(history.all_series()) == 1


def test_in_whatever_order_it_comes_in_it_is_the_same_history(tmp_path: Path) -> None:
    words = ["ok", "ok", "blocked", "ok", "ok", "blocked", "blocked", "ok"]
    ticks = [tick(n, w) if n % 3 else pulse(n, w) for n, w in enumerate(words, 1)]
    straight = filled(tmp_path / "straight.db", *ticks)
    odd = filled(tmp_path / "odd.db", *ticks[::2])
    even = filled(tmp_path / "even.db", *ticks[1::2])
    with History(even) as history, History(odd, write=False) as other:
        # two devices of one owner on one network, which has one random name
        (mine,), (theirs,) = history.all_series(), other.all_series()
        history.database.execute(
            "UPDATE series SET public = ? WHERE id = ?", (theirs.public, mine.id)
        )
    with History(even) as history:
        assert merge(history, odd) == 4
    assert ticks_of(even) == ticks_of(straight)
    with History(even) as one, History(straight) as two:
        (mine,), (theirs,) = one.all_series(), two.all_series()
        assert recorded(one, mine, 1, FIRST).spans == recorded(two, theirs, 1, FIRST).spans


def test_merging_brings_the_labels_along(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.db", tick(1))
    with History(tmp_path / "b.db", create=True) as history:
        history.add(history.series_of(MOBILE, "phone"), tick(2))
        assert merge(history, path) == 1
        assert merge(history, path) == 0
        assert [s.label for s in history.all_series()] == ["phone", "home"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [], "no exported history"),
        (lambda rows: ["{}", *rows[1:]], "no exported history"),
        (lambda rows: ["[]"], "no exported history"),
        (lambda rows: ['{"format": "msgprobe-history", "version": 99}'], "newer msgprobe"),
        (lambda rows: [*rows[:3], rows[3][:40]], "line 4: is cut off"),
        (lambda rows: [rows[0], *rows[2:]], "line 2: is cut off or damaged"),
        (lambda rows: [*rows[:3], rows[3].replace('"at":', '"at":"x",".":')], "line 4"),
        (lambda rows: [*rows[:3], "[" * 100_000], "line 4"),
    ],
)
def test_a_damaged_export_names_the_line_and_changes_nothing(
    tmp_path: Path, change: object, told: str
) -> None:
    assert callable(change)
    text = change(exported(filled(tmp_path / "a.db", tick(1), tick(2))))
    path = filled(tmp_path / "b.db", tick(9))
    with pytest.raises(HistoryError, match=told) as error:
        taken(path, text)
    assert "a file" in str(error.value)
    assert ticks_of(path) == [tick(9)]
