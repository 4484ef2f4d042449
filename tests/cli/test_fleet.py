"""`msgprobe fleet`: runs of many lines into a store, and what is asked of it."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from msgprobe.history.exchange import lines
from msgprobe.history.store import History
from msgprobe.model.run import Run, Vantage
from msgprobe.model.verdict import Outcome, ServiceVerdict
from msgprobe.report.document import document, dumps
from tests.cli.process import COMMAND, Msgprobe, one_line
from tests.history import ticks
from tests.report import sample

duckdb = pytest.importorskip("duckdb")

pytestmark = pytest.mark.timeout(240)
"""A dozen processes one after the other, on a machine that does other things."""

BEGAN = 1_764_150_300
"""26 November 2025, 09:45 UTC."""
AT = "2025-11-26T09:45:00Z"


def text(run: Run) -> str:
    return dumps(document(run, exit_code=0, evidence=True))


def made(
    line: int, service: ServiceVerdict, *, at: str = AT, asn: int = 9198, run: str = ""
) -> Run:
    found = sample.run(service)
    return replace(
        found,
        run_id=run or f"run-{asn}-{line}-{at}",
        started_at=at,
        vantage=Vantage(asn=asn, label=f"line-{line}"),
        evidence=replace(found.evidence, request=replace(found.evidence.request, country="KZ")),
    )


def four(folder: Path) -> Path:
    """Four lines of one network: on three of them Telegram's web is blocked."""
    folder.mkdir()
    for line in range(4):
        service = sample.blocked() if line else sample.service_verdict(Outcome.OK)
        data = text(made(line, service)).encode()
        if line == 3:
            (folder / "3.json.gz").write_bytes(gzip.compress(data))
        else:
            (folder / f"{line}.json").write_bytes(data)
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The runs of four lines."""
    return four(tmp_path / "runs")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of them, packed once: many look at it."""
    folder = tmp_path_factory.mktemp("four")
    return _pack(four(folder / "runs"), folder / "store")


def _pack(runs: Path, store: Path) -> Path:
    subprocess.run([COMMAND, "fleet", "pack", runs, "-o", store], check=True, timeout=50)
    return store


@pytest.fixture
def its_store(packed: Path, tmp_path: Path) -> Path:
    """A copy of the four lines', to be done with as one likes."""
    return Path(shutil.copytree(packed, tmp_path / "store"))


def words(store: Path, what: str = "*") -> list[tuple[object, ...]]:
    """All rows of the words, without this program."""
    with duckdb.connect() as database:
        found: list[tuple[object, ...]] = database.execute(
            f"SELECT {what} FROM read_parquet('{store}/word/*/*/*.parquet', "
            "hive_partitioning = true) ORDER BY ALL"
        ).fetchall()
        return found


def test_runs_become_words_by_country_and_day(
    msgprobe: Msgprobe, runs: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    done = msgprobe("fleet", "pack", str(runs), "-o", str(store))
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 new runs" in done.stderr
    files = sorted(p.relative_to(store).as_posix() for p in store.rglob("*.parquet"))
    day = "country=KZ/date=2025-11-26/part.parquet"
    assert files == [f"run/{day}", f"word/{day}"]
    hit = words(store, "asn, vantage, began, outcome, mechanisms, vote, schema_version")
    assert (9198, "line-1", BEGAN, "blocked", "tls.reset.sni", True, 1) in hit
    assert {row[0] for row in words(store, "service")} == {"connection", "telegram"}
    if os.name == "posix":
        assert store.stat().st_mode & 0o077 == 0


def test_a_run_goes_in_once_whatever_its_words(
    msgprobe: Msgprobe, runs: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    msgprobe("fleet", "pack", str(runs), "-o", str(store))
    before = words(store)
    again = tmp_path / "again.json"
    again.write_text(text(made(0, sample.blocked())))  # the id of a run that said otherwise
    done = msgprobe("fleet", "pack", str(runs), str(again), str(again), "-o", str(store))
    assert done.returncode == 0 and "0 new runs, 6 were there" in done.stderr
    assert words(store) == before


def test_a_line_has_one_vote_in_a_quarter_of_an_hour(
    msgprobe: Msgprobe, its_store: Path, tmp_path: Path
) -> None:
    """Line 0 comes back with thirty more runs: it is still one of four."""
    store = its_store
    more = tmp_path / "more"
    more.mkdir()
    for n in range(30):
        at = f"2025-11-26T09:{45 + n // 3}:{n % 3:02}Z"
        (more / f"{n}.json").write_text(text(made(0, sample.blocked(), at=at, run=f"extra-{n}")))
    assert msgprobe("fleet", "pack", str(more), "-o", str(store)).returncode == 0
    done = msgprobe("fleet", "state", "telegram.web", "--store", str(store), "--json")
    (cell,) = json.loads(done.stdout)["networks"]
    assert (cell["lines"], cell["can_tell"], cell["blocked"]) == (4, 4, 4)
    votes = [row for row in words(store, "vantage, function, vote") if row[2] and row[1] == "web"]
    assert len(votes) == 4


def test_the_order_of_packing_makes_no_difference(
    msgprobe: Msgprobe, runs: Path, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    files = sorted(map(str, runs.iterdir()))
    msgprobe("fleet", "pack", *files, "-o", str(one))
    for file in reversed(files):
        msgprobe("fleet", "pack", file, "-o", str(other))
    assert words(one) == words(other)


def test_lines_that_do_not_say_who_they_are_count_as_one(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    folder, store = tmp_path / "runs", tmp_path / "store"
    folder.mkdir()
    for n in range(5):
        run = replace(made(n, sample.blocked()), run_id=f"r{n}", vantage=Vantage(asn=9198))
        (folder / f"{n}.json").write_text(text(run))
    msgprobe("fleet", "pack", str(folder), "-o", str(store))
    done = msgprobe("fleet", "state", "telegram.web", "--store", str(store), "--json")
    (cell,) = json.loads(done.stdout)["networks"]
    assert (cell["lines"], cell["state"]) == (1, "insufficient")


def test_other_sources_give_the_same_words(msgprobe: Msgprobe, runs: Path, tmp_path: Path) -> None:
    files = sorted(map(str, runs.iterdir()))
    rows = tmp_path / "rows.jsonl"
    rows.write_text(msgprobe("export", *files, "--format", "jsonl").stdout)
    services = tmp_path / "services.jsonl"
    services.write_text("".join(msgprobe("judge", f, "--jsonl").stdout for f in files))
    stores: list[Path] = []
    for source in (str(runs), str(rows)):
        stores.append(tmp_path / f"store-{len(stores)}")
        done = msgprobe("fleet", "pack", source, "-o", str(stores[-1]))
        assert done.returncode == 0 and "4 new runs" in done.stderr, done.stderr
    assert words(stores[0]) == words(stores[1])
    done = msgprobe("fleet", "pack", str(services), "-o", str(tmp_path / "judged"))
    assert done.returncode == 0 and "4 new runs" in done.stderr, done.stderr


def test_a_history_is_a_line_of_its_own(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with History(path, create=True) as history:
        where = ticks.home(history)
        for n in range(3):
            history.add(where, ticks.tick(n, "blocked", at=BEGAN + 60 * n, document=None))
        exported = tmp_path / "history.jsonl"
        exported.write_text("".join(f"{line}\n" for line in lines(history)))
    store = tmp_path / "store"
    own = ("--country", "kz", "--asn", "AS9198")
    assert msgprobe("fleet", "pack", str(path), "-o", str(store), *own).returncode == 0
    found = words(store, "country, asn, vantage, service, outcome, kind")
    assert ("KZ", 9198, "home", "telegram", "blocked", "run") in found
    done = msgprobe("fleet", "pack", str(exported), "-o", str(store), *own)
    assert "0 new runs, 3 were there" in done.stderr


def test_what_a_lines_own_timeline_tells_is_an_event_once(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    path, store = tmp_path / "history.db", tmp_path / "store"
    with History(path, create=True) as history:
        where = ticks.home(history)
        for n in range(12):
            word = "ok" if n < 6 else "blocked"
            history.add(where, ticks.tick(n, word, at=BEGAN + 600 * n, document=None))
    for _ in range(2):
        assert msgprobe("fleet", "pack", str(path), "-o", str(store)).returncode == 0
        with duckdb.connect() as database:
            found = database.execute(
                "SELECT vantage, service, function, after, began, word_before, outcome FROM "
                f"read_parquet('{store}/event/*/*/*.parquet')"
            ).fetchall()
        assert found == [("home", "telegram", "text", BEGAN + 3000, BEGAN + 3600, "ok", "blocked")]


Spoil = Callable[[Path, bytes], None]


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("bad.json", lambda p, d: p.write_bytes(d[: len(d) // 2]), "cut off"),
        ("bad.json", lambda p, d: p.write_bytes(b'{"test_name": "whatsapp"}'), "no run"),
        ("bad.jsonl", lambda p, d: p.write_bytes(b'{"run_id": "x", "conn'), "bad.jsonl"),
        ("bad.jsonl", lambda p, d: p.write_bytes(b"\xff\xfe\x00"), "bad.jsonl"),
        ("bad.jsonl.gz", lambda p, d: p.write_bytes(gzip.compress(d)[:-9]), "bad.jsonl.gz"),
        ("bad.db", lambda p, d: p.write_bytes(b"SQLite format 3\0" + bytes(99)), "bad.db"),
        ("absent.json", lambda p, d: None, "absent.json"),
        ("late.json", lambda p, d: p.write_bytes(d.replace(b"2025-11", b"2225-11")), "to come"),
        ("old.json", lambda p, d: p.write_bytes(d.replace(b"2025-11", b"1970-11")), "never set"),
        ("when.json", lambda p, d: p.write_bytes(d.replace(AT.encode(), b"unknown")), "when"),
    ],
)
def test_one_bad_source_is_named_and_the_others_go_in(
    msgprobe: Msgprobe, runs: Path, tmp_path: Path, name: str, spoil: Spoil, told: str
) -> None:
    bad, store = tmp_path / name, tmp_path / "store"
    spoil(bad, text(made(9, sample.blocked(), at=AT)).encode())
    done = msgprobe("fleet", "pack", str(bad), str(runs), "-o", str(store))
    assert done.returncode == 3
    refused, packed = done.stderr.splitlines()
    assert str(bad) in refused and told in refused
    assert "4 new runs" in packed


def test_a_folder_of_something_else_is_no_store(
    msgprobe: Msgprobe, runs: Path, tmp_path: Path
) -> None:
    before = sorted(runs.iterdir())
    one_line(msgprobe("fleet", "pack", str(runs), "-o", str(runs)), 2, str(runs), "no store")
    assert sorted(runs.iterdir()) == before
    one_line(msgprobe("fleet", "state", "--store", str(tmp_path / "nowhere")), 2, "nowhere")
    one_line(msgprobe("fleet", "state"), 2, "--store")
    odd = tmp_path / "a[1]"
    one_line(msgprobe("fleet", "pack", str(runs), "-o", str(odd)), 2, "patterns")


def foreign(path: Path, columns: str = "1 AS x", mark: str = "") -> None:
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet{mark})")


def scratched(path: Path) -> None:
    """Its head and foot are whole, what is between is not."""
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(byte ^ 0x5A for byte in data[40:400])
    path.write_bytes(data)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "copy": (lambda p: None, "second file of its day"),
    "torn": (lambda p: p.write_bytes(p.read_bytes()[:-20]), "torn"),
    "empty": (lambda p: p.write_bytes(b""), "torn"),
    "text": (lambda p: p.write_bytes(b"PAR1 is what it says"), "torn"),
    "foreign": (foreign, "not packed by msgprobe"),
    "half": (lambda p: foreign(p, mark=", KV_METADATA {msgprobe_fleet: '1'}"), "not packed"),
    "newer": (lambda p: foreign(p, mark=", KV_METADATA {msgprobe_fleet: '2'}"), "newer"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_parquet_that_is_not_ours_is_named(
    msgprobe: Msgprobe, its_store: Path, tmp_path: Path, fault: str
) -> None:
    store = its_store
    (word,) = (store / "word").rglob("*.parquet")
    bad = word.with_name("other.parquet")
    bad.write_bytes(word.read_bytes())
    spoil, told = FAULTS[fault]
    spoil(bad)
    page = tmp_path / "page.html"
    done = msgprobe("fleet", "report", "--store", str(store), "-o", str(page))
    one_line(done, 2, str(bad), told, "out of the store")
    assert done.stdout == "" and not page.exists()
    before = {p: p.read_bytes() for p in store.rglob("*.parquet")}
    more = tmp_path / "more.json"
    more.write_text(text(made(7, sample.blocked())))
    one_line(msgprobe("fleet", "pack", str(more), "-o", str(store)), 2, str(bad), told)
    assert {p: p.read_bytes() for p in store.rglob("*.parquet")} == before


@pytest.mark.parametrize("fact", ["word", "run"])
def test_a_file_that_is_torn_inside_is_named(
    msgprobe: Msgprobe, its_store: Path, tmp_path: Path, fact: str
) -> None:
    store, more = its_store, tmp_path / "more.json"
    (bad,) = (store / fact).rglob("*.parquet")
    scratched(bad)
    more.write_text(text(made(7, sample.blocked())))
    done = [msgprobe("fleet", "pack", str(more), "-o", str(store))]
    if fact == "word":
        done.append(msgprobe("fleet", "state", "--store", str(store)))
    for one in done:
        one_line(one, 2, str(bad), "torn inside", "pack that day's runs")


def test_a_day_that_was_copied_to_another_is_told(
    msgprobe: Msgprobe, its_store: Path, tmp_path: Path
) -> None:
    store = its_store
    (day,) = (store / "word" / "country=KZ").iterdir()
    shutil.copytree(day, day.with_name("date=2025-11-27"))
    one_line(msgprobe("fleet", "state", "--store", str(store)), 2, "date=2025-11-27", "another day")


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_stopped_while_packing_says_so_and_clears_up(
    environ: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    lines_, store = tmp_path / "endless.jsonl", tmp_path / "store"
    os.mkfifo(lines_)
    words_ = [str(COMMAND), "fleet", "pack", str(lines_), "-o", str(store)]
    with subprocess.Popen(words_, env=environ, stderr=subprocess.PIPE, text=True) as packing:
        while packing.poll() is None and not list(store.glob(".staging-*/word.jsonl")):
            time.sleep(0.02)
        packing.send_signal(number)
        _, told = packing.communicate(timeout=50)
    assert told == f"msgprobe: stopped; nothing is half-written in {store}\n"
    assert packing.returncode == 128 + number
    assert sorted(p.name for p in store.iterdir()) == [".lock", "msgprobe-fleet.json"]


def test_a_store_of_a_newer_msgprobe_is_left_alone(
    msgprobe: Msgprobe, runs: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "msgprobe-fleet.json").write_text('{"format": "msgprobe-fleet", "version": 2}')
    for words in (("pack", str(runs), "-o"), ("state", "--store")):
        one_line(msgprobe("fleet", *words, str(store)), 2, "newer", "update")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_who_is_killed_while_packing_leaves_all_or_nothing(
    environ: dict[str, str], msgprobe: Msgprobe, its_store: Path, tmp_path: Path
) -> None:
    """Killed as soon as something of it is seen in the store: the next one goes on."""
    store = its_store
    before, killed = words(store), 0
    for sign in (".staging-*", ".staging-*/word.jsonl", ".staging-*/word", ".staging-*/run"):
        more = tmp_path / f"more{killed}"
        more.mkdir()
        for line in range(3):
            run = made(line, sample.blocked(), at=f"2025-11-1{killed}T10:00:00Z")
            (more / f"{line}.json").write_text(text(run))
        words_ = [str(COMMAND), "fleet", "pack", str(more), "-o", str(store)]
        packing = subprocess.Popen(words_, env=environ, stderr=subprocess.DEVNULL)
        while packing.poll() is None and not list(store.glob(sign)):
            pass
        packing.send_signal(signal.SIGKILL)
        killed += packing.wait() == -signal.SIGKILL
        assert words(store) == before or list(store.glob(".journal.json"))
    assert killed
    done = msgprobe("fleet", "pack", str(tmp_path), "-o", str(store))
    assert done.returncode == 0, done.stderr
    assert len(words(store)) == len(before) + 3 * 3 * len(list(tmp_path.glob("more*")))
    assert not [p for p in store.iterdir() if p.name.startswith((".staging", ".journal"))]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://somebody:geheim@127.0.0.1/db", "mysql"),
        ("clickhouse://", "host"),
        ("duckdb:///nowhere/at/all.db", "no such database"),
        ("duckdb://somebody:geheim@host/db", "names a host"),
        ("clickhouse://somebody:geheim@127.0.0.1:99999/db", "no URL"),
    ],
)
def test_an_engine_that_is_none_is_told_without_its_password(
    msgprobe: Msgprobe, tmp_path: Path, url: str, told: str
) -> None:
    for how in ({"env": {"MSGPROBE_ENGINE": url}}, {}):
        asked = () if how else ("--engine", url)
        done = msgprobe("fleet", "state", *asked, **how)
        one_line(done, 2, told)
        assert "geheim" not in done.stderr and "somebody" not in done.stderr


def test_without_the_library_the_extra_is_named(
    environ: dict[str, str], runs: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.modules['duckdb'] = None; from msgprobe.__main__ import main; "
        "sys.argv[0] = 'msgprobe'; main()"
    )
    words_ = [sys.executable, "-c", code, "fleet", "pack", str(runs), "-o", str(tmp_path / "store")]
    done = subprocess.run(
        words_, env=environ, capture_output=True, text=True, timeout=50, check=False
    )
    one_line(done, 2, "pip install 'msgprobe[fleet]'")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three lines in each of four networks; three of the networks block from ten o'clock on. Packed
    once: it is looked at by many."""
    folder, found = tmp_path_factory.mktemp("country"), tmp_path_factory.mktemp("packed") / "store"
    for asn in range(101, 105):
        for line in range(3):
            for quarter, hour in enumerate(("09:40", "09:55", "10:00", "10:10")):
                hit = quarter > 1 and asn != 104
                service = sample.blocked() if hit else sample.service_verdict(Outcome.OK)
                run = made(line, service, at=f"2025-11-26T{hour}:0{line}Z", asn=asn)
                (folder / f"{asn}-{line}-{quarter}.json").write_text(text(run))
    return _pack(folder, found)


@pytest.fixture
def store(country: Path, tmp_path: Path) -> Path:
    """A copy of the country's, to be done with as one likes."""
    return Path(shutil.copytree(country, tmp_path / "store"))


def test_the_state_counts_lines(msgprobe: Msgprobe, store: Path) -> None:
    done = msgprobe("fleet", "state", "telegram.web", "--store", str(store), "--json")
    cells = json.loads(done.stdout)["networks"]
    assert [c["state"] for c in cells if c["asn"] == 101] == ["ok", "ok", "blocked"]
    last = [c for c in cells if c["asn"] == 101][-1]
    assert last["bucket_utc"] == "2025-11-26T10:00:00Z"
    assert (last["can_tell"], last["hit_low"], last["hit_high"]) == (3, 0.4385, 1.0)
    text_ = msgprobe("fleet", "state", "telegram.web", "--store", str(store)).stdout
    assert "AS101" in text_ and "3 of 3" in text_ and "blocked" in text_
    csv = msgprobe("fleet", "state", "telegram.web", "--store", str(store), "--csv").stdout
    assert len(csv.splitlines()) == len(cells) + 1
    whole = msgprobe(
        "fleet", "state", "telegram.web", "--national", "--store", str(store), "--json"
    )
    country = json.loads(whole.stdout)["countries"][-1]
    assert (country["networks_blocked"], country["networks_ok"], country["blocked"]) == (3, 1, 9)


def test_what_a_stranger_calls_a_service_is_no_formula_and_no_markup(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    run, rows, store = (tmp_path / name for name in ("run.json", "rows.jsonl", "store"))
    run.write_text(text(made(1, sample.blocked())))
    told = msgprobe("export", str(run), "--format", "jsonl").stdout.splitlines()
    odd = {"service": "=cmd|' /C calc'!A0", "function": "<script>1</script>"}
    rows.write_text("".join(json.dumps(json.loads(line) | odd) + "\n" for line in told))
    assert msgprobe("fleet", "pack", str(rows), "-o", str(store)).returncode == 0
    csv = msgprobe("fleet", "state", "--store", str(store), "--csv").stdout
    assert ",'=cmd|" in csv and ",=" not in csv
    page = tmp_path / "page.html"
    msgprobe("fleet", "report", "--store", str(store), "-o", str(page))
    assert "<script" not in page.read_text()


def test_onsets_are_between_the_last_look_and_the_first(msgprobe: Msgprobe, store: Path) -> None:
    found = json.loads(msgprobe("fleet", "onsets", "--store", str(store), "--json").stdout)
    assert [o["asn"] for o in found["onsets"]] == [101, 102, 103]
    for one in found["onsets"]:
        assert one["change"] == "began" and one["function"] == "web"
        assert one["earliest_utc"] == "2025-11-26T09:55:02Z"
        assert one["latest_utc"] == "2025-11-26T10:00:00Z"
        assert (one["lines_agree"], one["lines_changed"]) == (3, 3)


def test_an_event_is_told_and_drawn(msgprobe: Msgprobe, store: Path, tmp_path: Path) -> None:
    done = msgprobe("fleet", "events", "--store", str(store))
    assert done.returncode == 0
    assert "KZ: telegram web [tls.reset.sni]" in done.stdout and "goes on" in done.stdout
    (record,) = json.loads(msgprobe("fleet", "events", "--store", str(store), "--json").stdout)[
        "events"
    ]
    assert record["asn_scope"] == [101, 102, 103] and record["resolution_latest"] is None
    page = tmp_path / "page.html"
    assert msgprobe("fleet", "report", "--store", str(store), "-o", str(page)).returncode == 0
    html = page.read_text()
    root = ET.fromstring(html.removeprefix("<!DOCTYPE html>"))
    assert not [e for e in root.iter() if e.tag in ("script", "link", "img", "image", "iframe")]
    assert "http://" not in html and "https://" not in html and "url(" not in html
    rows = [e.text for e in root.iter("text") if (e.text or "").startswith("AS")]
    assert rows[:4] == ["AS101", "AS102", "AS103", "AS104"]
    assert "AS101: blocked, 2025-11-26 10:00 to 2025-11-26 10:15" in html


@pytest.mark.parametrize(
    ("words_", "told"),
    [
        (["state", "telegram'; DROP"], "no name"),
        (["state", "--country", "KAZ"], "--country"),
        (["state", "--since", "yesterday"], "--since"),
        (["state", "--json", "--csv"], "exclude"),
        (["report", "-o", "/nowhere/page.html"], "/nowhere"),
    ],
)
def test_what_makes_no_sense_is_told(
    msgprobe: Msgprobe, store: Path, words_: list[str], told: str
) -> None:
    done = msgprobe("fleet", *words_, "--store", str(store))
    one_line(done, 74 if "/nowhere" in told else 2, told)


def test_a_span_is_asked_alone(msgprobe: Msgprobe, store: Path) -> None:
    words_ = ("--since", "2025-11-26T10:00Z", "--until", "2025-11-26T10:05Z", "--json")
    done = msgprobe("fleet", "state", "telegram.web", "--store", str(store), *words_)
    assert {c["bucket_utc"] for c in json.loads(done.stdout)["networks"]} == {
        "2025-11-26T10:00:00Z"
    }
    later = msgprobe("fleet", "state", "--store", str(store), "--since", "2026-01-01", "--json")
    assert (later.returncode, json.loads(later.stdout)["networks"]) == (3, [])
