"""Commands in texts are those that can be typed here; the program's name stays what it is."""

from collections.abc import Iterator

import pytest
import typer.main

from msgprobe.cli.app import app
from msgprobe.cli.help import commands
from msgprobe.report import called
from msgprobe.report.called import call, typed


@pytest.fixture(autouse=True)
def _as_installed() -> Iterator[None]:
    yield
    call("msgprobe", "msgprobe")


def test_the_installed_program_is_called_by_its_name() -> None:
    call("/usr/bin/msgprobe", "/usr/bin/msgprobe")
    assert typed("See: msgprobe explain x") == "See: msgprobe explain x"


def test_commands_of_one_file_are_python_and_that_file() -> None:
    call("./my stick/msgprobe.pyz", "/media/my stick/msgprobe.pyz")
    assert typed("See: msgprobe explain x") == "See: python3 './my stick/msgprobe.pyz' explain x"
    assert typed("* msgprobe run -q", anywhere=True).startswith(
        "* python3 '/media/my stick/msgprobe.pyz' run"
    )
    assert typed("msgprobe KOMUT --help").startswith("python3 ")
    for said in (
        "msgprobe itself failed",
        "msgprobe: no such file",
        "the msgprobe that runs here",
        "pip install 'msgprobe[via]'",
        "msgprobe.pyz run",
    ):
        assert typed(said) == said


def test_a_path_of_windows_is_taken_as_it_is() -> None:
    call(r"D:\msgprobe.pyz", r"D:\msgprobe.pyz", "python")
    assert typed("msgprobe plan -v") == r'python "D:\msgprobe.pyz" plan -v'


def test_every_command_is_known() -> None:
    names = {one.words[1] for one in commands(typer.main.get_command(app)) if len(one.words) > 1}
    assert names - {"help"} <= set(called._COMMANDS.split())
