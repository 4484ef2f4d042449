"""What is left out of the one file is what the program never asks for."""

import io
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from rich._unicode_data._versions import VERSIONS as TABLES
from rich.cells import get_character_cell_size

from msgprobe.report import console
from tests.packaging import contents
from tests.packaging.conftest import ROOT
from tests.packaging.imports import Archive
from tests.packaging.test_pyz import BARE, run

pytestmark = pytest.mark.timeout(300)

ROWS = (*contents.OWN, *contents.NO_WHEEL, *contents.OF_WHEELS)

EXTRAS = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]
CALLED = {"pynacl": "nacl"}
"""Distributions whose package is called otherwise."""

OPTIONAL = {
    "cryptography",
    *(
        CALLED.get(name, name)
        for extra, wanted in EXTRAS.items()
        if extra != "dev"
        for name in (Requirement(one).name.lower().replace("-", "_") for one in wanted)
    ),
}
"""What may be installed beside the file; each module of ours does without."""

ASKED_BY_NAME = {
    "anyio._backends._asyncio",
    "dns.rdtypes.ANY",
    "dns.rdtypes.IN",
}
"""What is imported by a name that is put together, with all that lies below."""


TOPS = sys.stdlib_module_names | OPTIONAL


@pytest.fixture(scope="module")
def inside(one_file: Path) -> Archive:
    return Archive.read(one_file)


@pytest.fixture(scope="module")
def whole(wheels: Path) -> Archive:
    """All that the wheels have, and what of this checkout may stay out."""
    found = Archive.read(*sorted(wheels.glob("*.whl")))
    own = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "msgprobe").rglob("*.py")}
    return Archive(found.files | {name: path.read_bytes() for name, path in own.items()})


def _row(module: str) -> contents.LeftOut | None:
    """The row of the table that leaves ``module`` out."""
    names = (module.replace(".", "/") + end for end in (".py", "/__init__.py"))
    return next((row for name in names for row in ROWS if row.covers(name)), None)


def test_what_is_left_out_is_asked_for_only_where_the_table_says(
    inside: Archive, whole: Archive
) -> None:
    wrong, asked = [], set()
    for module in inside.modules:
        for one in inside.imports(module):
            row = _row(one.name)
            known = one.name in whole.modules or row in contents.NO_WHEEL
            if row is None or not known or one.name in inside.modules:
                continue
            asked.add((row, module))
            if one.at_once or module not in row.asked_by:
                wrong.append(f"{module} imports {one.name}: {row.why}")
    assert wrong == []
    assert {(row, module) for row in ROWS for module in row.asked_by} == asked


def test_every_row_leaves_something_out(whole: Archive) -> None:
    idle = [
        f"{row.package}/{path}"
        for row in (*contents.OWN, *contents.OF_WHEELS)
        for path in row.paths
        if not any(contents.LeftOut(row.package, (path,), "").covers(n) for n in whole.files)
    ]
    assert idle == []
    alone = {name.partition("/")[0] for name in whole.files}
    assert {row.package for row in contents.NO_WHEEL} & alone == set(), "make lock"


def test_all_that_the_program_reaches_is_there(inside: Archive, whole: Archive) -> None:
    """From every module of ours, and through libraries as far as they import at once."""
    start = {m for m in whole.modules for name in ASKED_BY_NAME if f"{m}.".startswith(f"{name}.")}
    start |= {m for m in inside.modules if m.partition(".")[0] == "msgprobe"}
    reached = inside.reached(start, "msgprobe")
    assert "msgprobe.__main__" in reached and "rich.live" in reached
    missing = [
        f"{module} imports {one.name}"
        for module in reached
        for one in inside.imports(module)
        if (one.at_once or module.startswith("msgprobe."))
        and not _there(one.name, inside, whole)
        and not ((row := _row(one.name)) and module in row.asked_by)
    ]
    assert missing == []
    assert start - reached == set(), "left out, though it is asked for by name"


def _there(name: str, inside: Archive, whole: Archive) -> bool:
    """Whether ``name`` can be imported: a module, or something in one."""
    if name.partition(".")[0] in TOPS:
        return True
    if name in whole.modules:
        return name in inside.modules
    return name.rpartition(".")[0] in inside.modules


def test_a_module_that_is_needed_is_missed(inside: Archive, whole: Archive) -> None:
    """That the test above can fail."""
    less = Archive({n: data for n, data in inside.files.items() if n != "rich/live.py"})
    assert not _there("rich.live", less, whole)
    assert not _there("dns.resolver", inside, whole)
    assert not _there("trio", inside, whole)
    assert _there("rich.live.Live", inside, whole)


def test_all_characters_of_ours_are_as_wide_in_every_version_of_unicode() -> None:
    """So that one table is enough, whatever UNICODE_VERSION says."""
    texts = [p for folder in ("msgprobe", "targets") for p in (ROOT / folder).rglob("*.*")]
    # translations are packed compiled (.mo), and read here as they are written
    read = {*contents.TEXTS, ".po"} - {".mo"}
    own = {c for p in texts if p.suffix in read for c in p.read_text("utf-8")}
    assert {"✓", "─"} < own
    for table in TABLES:
        other = [c for c in own if get_character_cell_size(c, table) != _newest(c)]
        assert other == [], table


def _newest(character: str) -> int:
    return get_character_cell_size(character, "latest")


@pytest.mark.parametrize("asked", ["", "4.1.0", "9.0.0", "17", "99", "latest", "nonsense"])
def test_rich_measures_with_the_table_that_is_there(one_file: Path, asked: str) -> None:
    words = "import sys; sys.path.insert(0, sys.argv[1]); from rich.cells import cell_len; "
    words += "print(cell_len('\\u5fae\\u4fe1 \\u2713'))"
    done = run(*BARE, "-c", words, one_file, env={"UNICODE_VERSION": asked} if asked else {})
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_what_is_installed_can_still_be_asked(one_file: Path) -> None:
    words = "import sys; sys.path.insert(0, sys.argv[1]); from importlib.metadata import version; "
    words += "import dns.name; print(version('idna'), dns.name.have_idna_2008)"
    number = version("idna")
    assert run(*BARE, "-c", words, one_file).stdout == f"{number} True\n"


def test_a_screen_shows_what_others_write_as_it_is() -> None:
    buffer = io.StringIO()
    console.live(buffer, color=False).print("[red]no markup[/red], no :smile:")
    assert buffer.getvalue() == "[red]no markup[/red], no :smile:\n"
