"""What goes in comes out, each run once, and what is deleted is gone for good."""

import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from msgprobe.history.file import HistoryError
from msgprobe.history.reading import first_tick, recorded
from msgprobe.history.schema import FIRST, VERSION
from msgprobe.history.store import History, pack
from msgprobe.model.history import Gap, GapReason, Logged, Said, Span, SpeedSeen
from tests.history.ticks import BEGAN, MOBILE, TEXT, WIFI, home, numbers, pulse, tick

DAY = 86400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own" / "history.db"


def spans(history: History, subject: str = TEXT) -> list[Span]:
    return list(recorded(history, home(history), 1, FIRST).spans.get(subject, ()))


def test_equal_words_are_one_span_and_a_tick_without_the_subject_ends_it(path: Path) -> None:
    without = replace(tick(3), words={"connection": Said("online")})
    with History(path, create=True) as history:
        for one in (tick(1), pulse(2), without, tick(4), tick(5, "blocked"), tick(6, "blocked")):
            assert history.add(home(history), one)
        found = spans(history)
        line = spans(history, "connection")
    assert [(s.first, s.last, s.pulses, s.said.word) for s in found] == [
        (1, 2, 1, "ok"),
        (4, 4, 0, "ok"),
        (5, 6, 0, "blocked"),
    ]
    assert [(s.first, s.last) for s in line] == [(1, 6)]


def test_other_rules_and_other_mechanisms_end_a_span(path: Path) -> None:
    reset = replace(tick(2), words={TEXT: Said("ok", "", False, ("tls.reset",))})
    with History(path, create=True) as history:
        for one in (tick(1), reset, replace(tick(3), rules=2), replace(tick(4), rules=2)):
            history.add(home(history), one)
        assert [(s.first, s.last, s.rules) for s in spans(history)] == [
            (1, 1, 1),
            (2, 2, 1),
            (3, 4, 2),
        ]


def test_a_run_is_remembered_once(path: Path) -> None:
    with History(path, create=True) as history:
        assert history.add(home(history), tick(1))
        assert not history.add(home(history), tick(1))
        assert not history.add(history.series_of(MOBILE), tick(1))
    assert numbers(path) == ["run-000001"]


def test_everything_comes_back_from_the_file(path: Path) -> None:
    speed = SpeedSeen(TEXT, "down", 2.5, 100.0, 250.0)
    with History(path, create=True) as history:
        history.add(home(history), replace(tick(1), speeds=(speed,), rtt_ms=42.0))
        history.add_gap(Gap(BEGAN + 100, BEGAN + 200, GapReason.ASLEEP))
        history.log(Logged(BEGAN, "alarm", '{"a": 1}'))
    with History(path, write=False) as history:
        found = recorded(history, home(history), 1, FIRST)
        assert history.document("run-000001") == '{"evidence":"of a test"}'
        assert history.events() == (Logged(BEGAN, "alarm", '{"a": 1}'),)
    assert list(found.times) == [BEGAN + 60]
    assert found.speeds == [(1, speed)]
    assert found.rtts == [(1, 42.0)]
    assert found.gaps == (Gap(BEGAN + 100, BEGAN + 200, GapReason.ASLEEP),)
    assert found.documents == [(1, "run-000001")]


def test_networks_and_labels_are_series_of_their_own(path: Path) -> None:
    other = replace(WIFI, gateway="02:00:00:00:00:02")
    with History(path, create=True) as history:
        found = [
            history.series_of(*given).id
            for given in (
                (WIFI,),
                (MOBILE,),
                (WIFI, "work"),
                (other,),
                (replace(WIFI, vpn=True),),
                (replace(WIFI, resolver="8.8.8.8"),),
            )
        ]
        assert len(set(found)) == len(found)
        assert history.series_of(WIFI).id == found[0]


def test_what_names_the_gateway_is_sixteen_bits_under_a_salt_of_its_own(tmp_path: Path) -> None:
    seen = set()
    for number in range(8):
        with History(tmp_path / f"{number}.db", create=True) as history:
            home(history)
            ((gateway,),) = history.rows("SELECT gateway FROM series")
        assert isinstance(gateway, int)
        assert 0 <= gateway < 1 << 16
        seen.add(gateway)
        assert b"02:00:00:00:00:01" not in (tmp_path / f"{number}.db").read_bytes()
    assert len(seen) > 1


def test_only_its_owner_can_read_it_and_its_companions(path: Path) -> None:
    with History(path, create=True) as history:
        history.add(home(history), tick(1))
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def _bytes(path: Path) -> bytes:
    return b"".join(p.read_bytes() for p in path.parent.iterdir())


def test_what_is_purged_is_in_no_file_any_more(path: Path) -> None:
    secret = pack("a document that nobody may find again")
    with History(path, create=True) as history:
        history.add(home(history), replace(tick(1), packed=secret))
        history.add(history.series_of(MOBILE, "kept"), tick(2, at=BEGAN + 40 * DAY))
        assert secret in _bytes(path)
        assert history.purge(before=BEGAN + DAY, now=BEGAN + 40 * DAY) == 1
        left = _bytes(path)
        assert path.with_name("history.db-wal").stat().st_size == 0
    for gone in (secret, b"run-000001", b"home"):
        assert gone not in left
    assert b"kept" in left
    assert numbers(path) == ["run-000002"]


def test_purging_everything_leaves_no_word_of_it(path: Path) -> None:
    with History(path, create=True) as history:
        history.add(home(history), tick(1, "blocked"))
        history.add_gap(Gap(BEGAN, BEGAN + 1, GapReason.ASLEEP))
        history.log(Logged(BEGAN, "alarm", "told"))
        history.purge(before=None, now=BEGAN)
        assert history.all_series() == ()
        assert history.events() == ()
        left = _bytes(path)
    for gone in (b"run-000001", b"telegram", b"home", b"told", b"asleep"):
        assert gone not in left


def test_a_span_that_is_cut_keeps_what_is_young_and_its_counts(path: Path) -> None:
    with History(path, create=True) as history:
        for number in range(1, 11):
            history.add(home(history), pulse(number) if number % 2 else tick(number))
        history.purge(before=BEGAN + 60 * 4, now=BEGAN + 600)
        (span,) = spans(history)
        assert (span.first, span.last, span.pulses) == (4, 10, 3)
        assert first_tick(history, home(history), None) == 4


def test_one_series_is_purged_alone(path: Path) -> None:
    with History(path, create=True) as history:
        history.add(home(history), tick(1))
        other = history.series_of(MOBILE)
        history.add(other, tick(2))
        assert history.purge(before=None, now=BEGAN, where=other) == 1
    assert numbers(path) == ["run-000001"]


def test_a_clock_that_was_wrong_for_a_while_deletes_nothing_young(path: Path) -> None:
    now = BEGAN + 60 * 100
    with History(path, create=True) as history:
        history.add(home(history), tick(1))
        history.add(home(history), tick(2, at=0))
        history.add(home(history), tick(3, at=now + 900 * DAY))
        history.add(home(history), tick(4))
        assert history.purge(before=now - 30 * DAY, now=now) == 0
        found = recorded(history, home(history), 1, FIRST)
        assert found.set_back == [2, 4]
        assert sorted(found.times) == list(found.times)
        # and what was stamped with the future goes when its neighbours are old
        assert history.purge(before=now + DAY, now=now + 31 * DAY) == 4


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda p: p.write_bytes(b"no database at all, only text" * 9), "damaged, or no history"),
        (lambda p: p.mkdir(), "folder"),
        (lambda p: os.mkfifo(p), "no plain file"),
        (lambda p: _foreign(p), "another program"),
        (lambda p: _newer(p), "newer msgprobe"),
    ],
)
def test_a_file_that_is_no_history_of_ours_is_left_alone(
    tmp_path: Path, make: object, told: str
) -> None:
    path = tmp_path / "file"
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    for write in (True, False):
        with pytest.raises(HistoryError, match=told) as error:
            History(path, create=True, write=write)
        assert str(path) in str(error.value)
    assert before == (path.read_bytes() if path.is_file() else b"")


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()


def _newer(path: Path) -> None:
    with History(path, create=True) as history:
        history.database.execute(f"PRAGMA user_version = {VERSION + 1}")
        history.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_reading_what_is_not_there_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="msgprobe run --history"):
        History(tmp_path / "none.db", write=False)
    assert not (tmp_path / "none.db").exists()


def test_damage_inside_is_told_and_nothing_is_changed(path: Path) -> None:
    with History(path, create=True) as history:
        for number in range(200):
            history.add(home(history), tick(number))
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = os.urandom(len(data) - 4096 * 2)
    path.write_bytes(data)
    with pytest.raises(HistoryError, match=r"history\.db: is damaged"), History(path) as history:
        recorded(history, home(history), 1, FIRST)
        history.add(home(history), tick(1000))
    assert path.read_bytes() == bytes(data)
