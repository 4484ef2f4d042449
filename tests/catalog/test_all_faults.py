"""A file's faults are told all at once, each of them and nothing else."""

import re
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.catalog.error import CatalogError
from msgprobe.catalog.loader import load
from msgprobe.checks.registry import examiner, registry
from tests.catalog.test_bad_files import BAD, EXPECTED

CHECKS = registry()


def pool(name: str, function: str, check: str, *members: str) -> str:
    """A pool in a target file, of members that are written by their lines."""
    rows = "".join(f"  [[pool.member]]\n{indent(lines, '  ')}\n" for lines in members)
    return f'\n[[pool]]\nname = "{name}"\nfunction = "{function}"\ncheck = "{check}"\n{rows}'


GOOD = (
    """
[service]
name = "own"
title = "Own"
primary = "text"
source = "its documents"
date = "2026-01-31"
"""
    + pool(
        "chat",
        "text",
        "tls",
        'name = "one"\nhost = "one.example.org"\nports = [443, 5222]',
        'name = "two"\nhost = "two.example.org"\naddresses = ["203.0.113.7"]',
    )
    + pool("site", "web", "https", 'name = "page"\nhost = "www.example.org"\npath = "/"')
)

# what stands there, what is put in its place, where the fault then is
SPOILT = [
    ('title = "Own"', 'titel = "Own"', "service.titel"),
    ('name = "own"', "name = 7", "service.name"),
    ('source = "its documents"\n', "", "service.source"),
    ('date = "2026-01-31"', 'date = "some day"', "service.date"),
    ('check = "tls"', 'check = "tcp"', "pool[chat].check"),
    ('host = "one.example.org"', 'host = "one example"', "pool[chat].member[one].host"),
    ("ports = [443, 5222]", "ports = [443, 99999]", "pool[chat].member[one].ports[1]"),
    (
        'addresses = ["203.0.113.7"]',
        'adresses = ["203.0.113.7"]',
        "pool[chat].member[two].adresses",
    ),
    ('function = "web"', 'function = "webb"', "pool[site].function"),
    ('name = "page"\n', "", "pool[site].member[0].name"),
    ('path = "/"', 'path = "index"', "pool[site].member[page].path"),
]


TWICE = {"control_without_source": 2, "unknown_member_key": 2}
"""Files with one fault more than what `EXPECTED` looks at: no date either; text for a list."""


def faults(path: Path) -> list[CatalogError]:
    """All that is said of the file."""
    with pytest.raises(CatalogError) as caught:
        load([path], known_checks=list(CHECKS), examine=examiner(CHECKS))
    return [caught.value, *caught.value.more]


def _unlabelled(key: str) -> str:
    """Without what members are called by: an unnamed one is called by its number."""
    return re.sub(r"member\[(\w+)\]", "member", key)


@settings(deadline=None, max_examples=60)
@given(chosen=st.sets(st.sampled_from(SPOILT), min_size=1))
def test_each_fault_is_told_and_nothing_that_only_follows_from_it(
    chosen: set[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = GOOD
    for old, new, _ in chosen:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = tmp_path_factory.mktemp("own") / "own.toml"
    file.write_text(text)
    told = sorted(_unlabelled(f.key) for f in faults(file))
    assert told == sorted(_unlabelled(key) for _, _, key in chosen)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_one_fault_is_told_once(name: str) -> None:
    assert len(faults(BAD / f"{name}.toml")) == TWICE.get(name, 1)


def test_the_word_that_others_use_leads_to_the_check(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(GOOD.replace('check = "tls"', 'check = "tcp"'))
    assert '"connect"' in faults(file)[0].right


def test_a_file_of_nothing_but_faults_ends(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    member = '\n  [[pool.member]]\n  name = "{0} {0}"\n  host = "-"\n  ports = ["x"]\n  zzz = 1\n'
    file.write_text(GOOD + "".join(member.format(n) for n in range(80)))
    assert 1 < len(faults(file)) <= 20


def test_the_command_says_each_on_a_line(tmp_path: Path) -> None:
    # Also what tests/cli shows of one fault: exit 2, nothing on standard output.
    from subprocess import run

    from tests.cli.process import COMMAND

    file = tmp_path / "own.toml"
    file.write_text(
        GOOD.replace('check = "tls"', 'check = "tcp"').replace('path = "/"', 'path = "x"')
    )
    done = run(
        [str(COMMAND), "services", "list", "--targets", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (2, "", 2)
    assert all(line.startswith(f"msgprobe: {file}: pool[") for line in lines)
