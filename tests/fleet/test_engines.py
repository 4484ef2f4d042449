"""Engines that are not there, die midway or refuse: clear words, and never a password.

Those of ClickHouse run where `make parity` has put the engine; elsewhere they are skipped.
"""

import shutil
import socket
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from msgprobe.cli.fleet import Question, state
from msgprobe.fleet import queries
from msgprobe.fleet.answers import cells
from msgprobe.fleet.engines import engine
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.pack import pack
from msgprobe.fleet.queries import Scope
from msgprobe.fleet.store import Store
from tests.fleet.test_store import run

clickhouse = pytest.mark.skipif(
    find_spec("chdb") is None or find_spec("clickhouse_connect") is None,
    reason="make parity has the engine",
)


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = tmp_path / "store"
    pack(Store(path, create=True), [run(n, vantage=f"line-{n}") for n in range(5)])
    return str(path)


@pytest.mark.parametrize(
    ("url", "library", "extra"),
    [
        ("clickhouse://h:8123/db", "clickhouse_connect", "msgprobe[clickhouse]"),
        ("local[2]", "pyspark", "msgprobe[spark]"),
        ("chdb:", "chdb", "chdb"),
    ],
)
def test_a_library_that_is_missing_is_named(url: str, library: str, extra: str, store: str) -> None:
    if find_spec(library) is not None:
        pytest.skip("it is here")
    with pytest.raises(FleetError, match="pip install") as told:
        engine(url, store)
    assert extra in str(told.value)


def test_a_database_of_the_users_own_is_asked(store: str, tmp_path: Path) -> None:
    import duckdb

    file = tmp_path / "own.db"
    with duckdb.connect(str(file)) as own:
        for fact in ("word", "run"):
            own.execute(
                f"CREATE TABLE {fact} AS SELECT * FROM read_parquet('{store}/{fact}/*/*/*.parquet',"
                " hive_partitioning = true)"
            )
    with engine("duckdb:", store) as one, engine(f"duckdb://{file}", None) as other:
        assert cells(one, Scope()) == cells(other, Scope())


def test_a_database_that_has_no_such_table_is_told(tmp_path: Path) -> None:
    import duckdb

    file = tmp_path / "own.db"
    duckdb.connect(str(file)).close()
    with pytest.raises(FleetError, match="word"), engine(f"duckdb://{file}", None) as asked:
        cells(asked, Scope())


@pytest.mark.parametrize("text", ["x' OR '1'='1", "a b", "a;b", "a--'"])
def test_no_name_reaches_an_engine_as_anything_else(text: str) -> None:
    with pytest.raises(ValueError, match="plain word"):
        queries.cells("word", Scope(service=text))


@pytest.mark.parametrize("url", ["chdb:", "local[2]", "clickhouse://127.0.0.1:1/db", "sc://h"])
def test_whichever_engine_reads_a_store_its_files_are_checked_first(url: str, store: str) -> None:
    (word,) = Path(store).glob("word/*/*/*.parquet")
    shutil.copy(word, word.with_name("copy.parquet"))
    with pytest.raises(FleetError, match=r"copy\.parquet: is a second file of its day"):
        engine(url, store)


@clickhouse
def test_a_store_without_words_gives_no_rows_everywhere(store: str) -> None:
    shutil.rmtree(Path(store) / "word")
    for url in ("duckdb:", "chdb:"):
        with engine(url, store) as asked:
            assert cells(asked, Scope()) == []


@clickhouse
def test_clickhouse_answers_over_http(store: str) -> None:
    from tests.fleet.clickhouse_port import port

    with port() as number, engine(f"clickhouse://127.0.0.1:{number}", store) as asked:
        found = cells(asked, Scope(service="telegram"))
    with engine("duckdb:", store) as asked:
        assert found == cells(asked, Scope(service="telegram"))


@clickhouse
def test_one_that_is_not_there_is_told_without_the_password(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        where = f"127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(FleetError) as told:
            engine(f"clickhouse://somebody:geheim@{where}/db", store)
    assert where in str(told.value) and "Connection refused" in str(told.value)
    assert "geheim" not in str(told.value) + "".join(capsys.readouterr())


@clickhouse
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"\x00\x01\x02\n", "no such engine"),
        (b"", "no such engine"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n<html>hello", "no such engine"),
        (b"HTTP/1.1 403 No\r\nContent-Length: 19\r\n\r\nwrong: geheim, ha!!", "wrong: ..."),
    ],
)
def test_what_is_no_such_server_is_told_in_one_line(
    store: str, answer: bytes, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def speak() -> None:
        with suppress(OSError):  # until it is closed
            while True:
                peer, _ = server.accept()
                with peer:
                    peer.recv(65536)
                    peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=speak, daemon=True).start()
        with pytest.raises(FleetError, match=r"^clickhouse://127\.0\.0\.1:\d+: ") as told:
            engine(f"clickhouse://somebody:geheim@127.0.0.1:{server.getsockname()[1]}", store)
    assert why in str(told.value) and "\n" not in str(told.value)
    assert "geheim" not in str(told.value) and capfd.readouterr() == ("", "")


@clickhouse
def test_one_that_dies_midway_prints_nothing(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.fleet.clickhouse_port import port

    with port(dies=True) as number:
        url = f"clickhouse://somebody:geheim@127.0.0.1:{number}"
        question = Question.of(url, store, None, None, None, None)
        with pytest.raises(FleetError, match=r"127\.0\.0\.1") as told:
            state(question, national=False, json=True, csv=False)
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "geheim" not in str(told.value) + seen.err


@clickhouse
def test_what_it_refuses_is_told_on_one_line(store: str) -> None:
    from tests.fleet.clickhouse_port import port

    with (
        port() as number,
        pytest.raises(FleetError) as told,
        engine(f"clickhouse://127.0.0.1:{number}", f"{store}-elsewhere") as asked,
    ):
        cells(asked, Scope())
    assert "\n" not in str(told.value) and len(str(told.value)) < 400
