"""A store is whole, whatever happens to who packs."""

import errno
import os
from pathlib import Path

import pytest

from msgprobe.fleet.engines import engine
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.pack import Packed, Untimely, check_time, pack
from msgprobe.fleet.parquet import connect
from msgprobe.fleet.store import Store
from msgprobe.interchange.facts import Look, Place, RunFacts, facts
from msgprobe.model.history import CONNECTION, Said, SpeedSeen

BEGAN = 1_764_150_300
"""26 November 2025, 09:45 UTC."""


def run(number: int, word: str = "ok", *, began: int = BEGAN, vantage: str = "home") -> RunFacts:
    look = Look(
        run_id=f"run-{number}",
        began=began,
        kind="run",
        rules=13,
        catalogue="c0",
        words={CONNECTION: Said("online"), "telegram.text": Said(word)},
        speeds=(SpeedSeen("telegram.text", "down", 2.5, 100.0, 250.0),),
    )
    return facts(look, Place(country="KZ", asn=9198, vantage=vantage))


def rows(
    store: Path, fact: str = "word", what: str = "run_id, service, outcome"
) -> list[tuple[object, ...]]:
    import duckdb

    with duckdb.connect() as database:
        found: list[tuple[object, ...]] = database.execute(
            f"SELECT {what} FROM read_parquet('{store}/{fact}/*/*/*.parquet') ORDER BY ALL"
        ).fetchall()
        return found


def test_a_move_that_fails_is_made_good_by_the_next_one(tmp_path: Path) -> None:
    """The words are in their place, the runs are not yet: a full disk, a power cut."""
    path = tmp_path / "store"
    store = Store(path, create=True)
    (path / "run").write_text("in the way")
    with pytest.raises(OSError):
        pack(store, [run(1), run(2)])
    (path / "run").unlink()
    assert pack(Store(path), [run(2), run(3)]) == Packed(new=1, known=1)
    assert rows(path, "run", "run_id") == [("run-1",), ("run-2",), ("run-3",)]
    assert len(rows(path)) == 6 and len(rows(path, "speed", "run_id")) == 3
    assert sorted(p.name for p in path.iterdir() if p.name.startswith(".")) == [".lock"]


def test_whoever_asks_finishes_what_was_begun(tmp_path: Path) -> None:
    path = tmp_path / "store"
    store = Store(path, create=True)
    (path / "run").write_text("in the way")
    with pytest.raises(OSError):
        pack(store, [run(1)])
    (path / "run").unlink()
    Store(path).settle()
    assert rows(path, "run", "run_id") == [("run-1",)]


def test_a_source_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store"
    pack(Store(path, create=True), [run(1)])
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}

    def torn() -> object:
        yield run(2)
        raise RuntimeError("the source ends here")

    with pytest.raises(RuntimeError):
        pack(Store(path), torn())  # type: ignore[arg-type]
    assert {p: p.read_bytes() for p in path.rglob("*") if p.is_file()} == before


@pytest.mark.skipif(os.name != "posix", reason="locks of files")
def test_two_do_not_pack_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store"
    store = Store(path, create=True)
    with store.packing(), pytest.raises(FleetError, match="somebody else is packing"):
        pack(Store(path), [run(1)])
    assert pack(Store(path), [run(1)]).new == 1


@pytest.mark.parametrize(
    ("words", "vote"),
    [
        (["ok", "blocked"], "blocked"),
        (["blocked", "ok"], "ok"),
        (["blocked", "inconclusive"], "blocked"),
        (["inconclusive"], "inconclusive"),
    ],
)
def test_the_vote_is_the_last_word_that_says_something(
    tmp_path: Path, words: list[str], vote: str
) -> None:
    path = tmp_path / "store"
    for n, word in enumerate(words):  # one by one: each has to be weighed anew
        pack(Store(path, create=True), [run(n, word, began=BEGAN + n)])
    assert rows(path, what="outcome, service", fact="word")
    votes = [r for r in rows(path, what="vote, outcome, service") if r[0] and r[2] == "telegram"]
    assert [v[1] for v in votes] == [vote]


def test_a_day_begins_at_midnight_utc(tmp_path: Path) -> None:
    path = tmp_path / "store"
    midnight = 1_764_115_200
    pack(Store(path, create=True), [run(1, began=midnight - 1), run(2, began=midnight)])
    days = sorted(p.parent.name for p in path.glob("run/*/*/*.parquet"))
    assert days == ["date=2025-11-25", "date=2025-11-26"]


def test_texts_of_strangers_are_only_texts(tmp_path: Path) -> None:
    path = tmp_path / "store"
    odd = "'; DROP TABLE word; -- \"\\ \u202e\n\x00 ☃"
    pack(Store(path, create=True), [run(1, vantage=odd)])
    assert rows(path, "run", "vantage") == [(odd,)]


@pytest.mark.parametrize("began", [-(10**18), 0, BEGAN + 901, 10**18])
def test_times_that_cannot_be_are_refused(began: int) -> None:
    with pytest.raises(Untimely):
        check_time(began, BEGAN)


@pytest.mark.parametrize("began", [BEGAN, BEGAN + 900, BEGAN - 10**7])
def test_clocks_may_differ_by_minutes(began: int) -> None:
    check_time(began, BEGAN)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_torn_file(tmp_path: Path, number: int) -> None:
    import duckdb

    def full() -> None:
        told = f'Could not write file "part.parquet": {os.strerror(number)}'
        raise duckdb.IOException(f'IO Error: {{"exception_message":"{told}"}}')

    with pytest.raises(OSError, match=os.strerror(number)) as told, connect(tmp_path):
        full()
    assert told.value.errno == number
    path = tmp_path / "store"
    pack(Store(path, create=True), [run(1)])
    with pytest.raises(FleetError, match="DuckDB: ") as said, engine("duckdb:", str(path)):
        full()
    assert "torn" not in str(said.value)
