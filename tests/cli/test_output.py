"""Streams and files: what a terminal can show, and what is left behind after a fault."""

import io
from pathlib import Path

import pytest

from msgprobe.cli.output import check_file, look, write_file
from msgprobe.cli.streams import OutputError


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


class Old(Terminal):
    encoding = "iso8859-1"


def test_a_terminal_gets_colour_and_80_columns_at_most() -> None:
    can = look(Terminal(), {"TERM": "xterm"})
    assert (can.terminal, can.color, can.unicode) == (True, True, True)
    assert can.width is not None
    assert can.width <= 80


def test_a_pipe_gets_neither_colour_nor_wrapping() -> None:
    can = look(Pipe(), {"TERM": "xterm"})
    assert (can.terminal, can.color, can.width) == (False, False, None)


@pytest.mark.parametrize(
    ("stream", "environ", "color"),
    [
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (Pipe(), {"FORCE_COLOR": "1"}, True),
        (Pipe(), {"FORCE_COLOR": "0"}, False),
    ],
)
def test_colour_can_be_forbidden_and_forced(
    stream: Terminal, environ: dict[str, str], color: bool
) -> None:
    assert look(stream, environ).color is color


def test_only_utf8_is_trusted_with_signs() -> None:
    assert not look(Old(), {}).unicode
    assert not look(None, {}).unicode


def test_a_file_appears_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    write_file(path, "new\n")
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_fault_leaves_what_was_there_and_no_rubbish(tmp_path: Path) -> None:
    folder = tmp_path / "run.json"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(OutputError, match=r"run\.json"):
        write_file(folder, "x")
    with pytest.raises(OutputError, match=r"run\.json"):
        check_file(folder)
    assert list(tmp_path.iterdir()) == [folder]
    with pytest.raises(OutputError, match="no folder"):
        check_file(tmp_path / "absent" / "run.json")


def test_a_full_disk_is_said_to_be_full() -> None:
    with pytest.raises(OutputError, match="No space left"):
        write_file(Path("/dev/full"), "x")
