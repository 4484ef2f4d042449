"""``msgprobe report``: a saved run becomes a page, and no file is lost or told wrongly."""

import hashlib
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.process import Msgprobe


def _told(page: str) -> str:
    return "".join(fromstring(page.removeprefix("<!DOCTYPE html>")).itertext())


def test_a_page_is_written_beside_and_says_which_file_it_is_of(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    done = msgprobe("report", str(saved), "-o", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert f"Page written: {out}" in done.stderr
    told = _told(out.read_text("utf-8"))
    assert hashlib.sha256(saved.read_bytes()).hexdigest() in told
    assert saved.name in told
    assert str(saved.parent) not in told, "folders tell whose device it is"
    assert out.stat().st_mode & 0o077 == 0


def test_standard_output_and_input(msgprobe: Msgprobe, saved: Path) -> None:
    with saved.open() as stream:
        done = msgprobe("report", "-", "-o", "-", stdin=stream)
    assert done.returncode == 0, done.stderr
    assert "standard input" in _told(done.stdout)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("report", "{gone}"), "No such file"),
        (("report", "{page}"), "not JSON"),
        (("report", "{saved}", "{saved}"), "name each run once"),
        (("report", "{saved}", "-o", "{saved}"), "the saved run itself"),
    ],
)
def test_a_fault_is_one_line_that_names_the_file(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    page = tmp_path / "page.txt"
    page.write_text("{no json")
    names = {"gone": tmp_path / "gone.json", "page": page, "saved": saved}
    before = saved.read_bytes()
    done = msgprobe(*(word.format(**names) for word in words), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert saved.read_bytes() == before
