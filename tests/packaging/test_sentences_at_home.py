"""What people read stands in `msgprobe.report`, faults of target files in the catalogue: elsewhere
sentences are marked for translation, or are the faults that a command tells in one line."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "msgprobe"

HOME = (
    "report",
    "catalog",
    "cli/app.py",  # help of commands and options, translated where it is shown
    "cli/commands",
    "cli/formats.py",
    "cli/option.py",
    "interchange",  # what columns, metrics and keys mean is part of formats that machines read
    "serve/exposition.py",
    "evidence/former_roots.py",  # names of authorities
)

SENTENCE = re.compile(r"^[A-Z{].*\w.*[.!]$", re.DOTALL)
"""A capital letter or a place in front, a full stop at the end; of three words at least."""

MARKS = ("_", "N_", "ngettext", "safely")

FAULT = re.compile(r"(Error|Fault|Wrong|NoStart|Refused|fault|wrong|refuse|say|literal)$")
"""How what tells a fault is called: exceptions, and what prints one line."""

HELP = ("Option", "Argument", "Typer", "command", "callback", "Flag")
"""What the command line's own help is made of: translated where it is shown."""


def modules() -> list[Path]:
    """Every module outside the rooms where sentences are at home."""
    every = sorted(ROOT.rglob("*.py"))
    return [p for p in every if not p.relative_to(ROOT).as_posix().startswith(HOME)]


def test_there_are_modules_to_look_at() -> None:
    assert len(modules()) > 250


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_sentence_away_from_home(path: Path) -> None:
    found = [f"{line}: {text}" for line, text in strays(path.read_text("utf-8"))]
    assert found == []


def test_a_stray_is_seen() -> None:
    assert list(strays('WHY = "It does not work here."\n'))
    assert list(strays('def say_it(n):\n    return f"It has {n} faults in all."\n'))
    assert not list(strays('"""It does not work here."""\n'))
    assert not list(strays('print(_("It does not work here."))\n'))
    assert not list(strays('raise UsageError("It does not work here.")\n'))


def strays(source: str) -> Iterator[tuple[int, str]]:
    """The sentences in the text of a module, with their lines."""
    tree = ast.parse(source)
    left_out = set(_left_out(tree))
    for node in ast.walk(tree):
        text = _text(node)
        if text and id(node) not in left_out and SENTENCE.match(text) and len(text.split()) >= 3:
            yield getattr(node, "lineno", 0), text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _left_out(tree: ast.AST) -> Iterator[int]:
    """Docstrings, parts of f-strings, and all within what is marked, raised or help."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)  # a docstring, of a module, a class, a function or a constant
        elif isinstance(node, ast.JoinedStr):
            yield from (id(v) for v in node.values)
        elif isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _apart(node)):
            yield from (id(inner) for inner in ast.walk(node))


def _apart(call: ast.Call) -> bool:
    name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
    return name in MARKS or name in HELP or bool(FAULT.search(name))
