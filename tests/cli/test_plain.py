"""A run in plain words is read as the library of commands reads it, and without it."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from msgprobe.cli import main, measure
from msgprobe.cli.app import app
from msgprobe.cli.option import Flags
from msgprobe.cli.plain import flags

SWITCHES = (
    "--all --evidence --quick --no-quick --throttle --no-throttle -4 --ipv4 -6 --ipv6 --quiet -q "
    "--allow-override --allow-local --allow-private-addresses --allow-mail-ports --no-redact "
    "--coarse-time --json --jsonl --github --nagios --csv -v --verbose"
).split()

VALUED = (
    "-o --output --fail-on --wait --max-time --max-bytes --only --country --asn --label --targets "
    "--via --via-file --compare --history"
).split()

FOR_THE_LIBRARY = (
    "-h --help -- - -ox --seed --seed=-1 --seed=x --seed=+1 --seed=1_0 --seed=\u00b9 -vv -4q "
    "--quick=1 --qui --junit=x --no-such --version --no-json -=x"
).split()


def read(words: list[str], monkeypatch: pytest.MonkeyPatch) -> Flags:
    """As the library of commands reads them."""
    found: list[Flags] = []

    def keep(flags: Flags) -> int:
        found.append(flags)
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(measure, "run", keep)
        app(["run", *words], prog_name="msgprobe", standalone_mode=False)
    (one,) = found
    return one


plain = st.sampled_from(["telegram", "whatsapp", "", "a b", "a=b", "=", "é"])
value = plain | st.sampled_from(["-", "--", "-4", "--quick", "--country=x"])
asked = (
    plain.map(lambda word: [word])
    | st.sampled_from(SWITCHES).map(lambda word: [word])
    | st.tuples(st.sampled_from(VALUED), value).map(list)
    | st.integers(0, 2**32).map(lambda seed: ["--seed", str(seed)])
    | st.tuples(st.sampled_from(VALUED[1:]), value).map(lambda pair: ["=".join(pair)])
)
runs = st.lists(asked).map(lambda parts: [word for part in parts for word in part])


OTHERS = "--seed --junit --prometheus".split()
"""A number, and files."""


def test_every_option_of_a_run_stands_in_one_of_these_lists() -> None:
    command: Any = get_command(app)
    words = [o for p in command.commands["run"].params for o in (*p.opts, *p.secondary_opts)]
    options = {word for word in words if word.startswith("-")}
    assert options == {*SWITCHES, *VALUED, *OTHERS}


@given(runs)
def test_it_is_read_as_the_library_reads_it(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert flags(words) == read(words, patch)


@pytest.mark.parametrize(
    "words", [[w] for w in SWITCHES] + [[w, "x"] for w in VALUED] + [["--seed=007"]]
)
def test_every_simple_option_is_read(words: list[str]) -> None:
    assert flags(words) not in (None, Flags())


@pytest.mark.parametrize("word", [*FOR_THE_LIBRARY, *VALUED])
def test_what_is_wrong_or_special_is_left_to_the_library(word: str) -> None:
    assert flags(["--quick", "telegram", word]) is None
    assert flags([word]) is None


def test_the_command_line_does_what_they_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Flags] = []

    def keep(flags: Flags) -> int:
        found.append(flags)
        return 3

    monkeypatch.setattr(measure, "run", keep)
    with pytest.raises(SystemExit) as end:
        main.main(["run", "--quick", "signal"])
    assert end.value.code == 3
    assert found == [Flags(services=["signal"], quick=True)]


def test_the_history_at_its_usual_place_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Flags] = []
    monkeypatch.setattr(measure, "run", found.append)
    with pytest.raises(SystemExit):
        main.main(["run", "--history", "signal"])
    assert found == [Flags(services=["signal"], history="")]


def test_it_loads_no_library_of_commands() -> None:
    code = (
        "import sys; from msgprobe.cli import main, measure\n"
        "measure.run = lambda flags: print({'typer', 'click'} & {*sys.modules})\n"
        "main.main(['run', '--quick', 'signal'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")
