"""The house stays one that fits into a head: small modules, functions and questions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgprobe

ROOT = Path(msgprobe.__file__).parent
MODULES = tuple(sorted(ROOT.rglob("*.py")))

MOST_LINES = 400
MOST_OF_A_FUNCTION = 50
MOST_MODULES_OF_A_QUESTION = 7
MOST_BRANCHES = 15
"""Cyclomatic complexity (McCabe 1976), as radon counts it: conditions inside expressions too."""

BRANCHY: dict[str, int] = {
    "evidence/controls.py:_answers_instead": 16,
    "evidence/conversation.py:fold": 17,
    "evidence/transfer_samples.py:usable": 17,
    "hypotheses/calls/plan.py:_trains": 19,
    "hypotheses/second_vantage/facts.py:report_alike": 18,
    "judging/whole.py:joined": 17,
    "report/propose.py:_hints": 16,
    "report/propose.py:_member_now": 16,
    "report/toml_rows.py:member_table": 19,
}
"""Functions that have more, with how many. Entries may shrink and go, never grow or come."""

LONG: dict[str, int] = {}
"""The same for functions that are too long, in lines."""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Functions and methods of a module, each with its lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - first + 1


def branches(path: Path) -> Iterator[tuple[str, int]]:
    """The same with their complexity."""
    from radon.complexity import cc_visit  # type: ignore[import-untyped]
    from radon.visitors import Function  # type: ignore[import-untyped]

    for block in cc_visit(path.read_text("utf-8")):
        if isinstance(block, Function):
            yield f"{path.relative_to(ROOT)}:{block.name}", block.complexity


def test_modules_are_short() -> None:
    long = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in MODULES}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_functions_are_short() -> None:
    every = dict(pair for path in MODULES for pair in functions(path))
    assert {name: n for name, n in every.items() if n > MOST_OF_A_FUNCTION} == LONG


def test_functions_are_simple() -> None:
    every: dict[str, int] = {}
    for path in MODULES:
        for name, count in branches(path):
            every[name] = max(count, every.get(name, 0))
    assert {name: n for name, n in every.items() if n > MOST_BRANCHES} == BRANCHY


def test_classes_are_declared_without_compiling_what_a_start_never_calls() -> None:
    """All but those that import nothing of the model take `msgprobe.model.dataclass`."""
    own = re.compile(r"^from dataclasses import (\([^)]*|.*)\bdataclass\b", re.MULTILINE)
    standard = {str(p.relative_to(ROOT)) for p in MODULES if own.search(p.read_text("utf-8"))}
    standard = {name for name in standard if not name.startswith("sealing/")}
    assert standard == {"model/dataclass.py", "wire/der.py"}


def test_a_question_is_small_and_says_what_it_asks() -> None:
    for folder in sorted(p for p in (ROOT / "hypotheses").iterdir() if p.is_dir()):
        if folder.name == "__pycache__":
            continue
        modules = [p for p in folder.glob("*.py") if p.name != "__init__.py"]
        assert 1 <= len(modules) <= MOST_MODULES_OF_A_QUESTION, folder.name
        said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
        assert said is not None and said.endswith("?"), folder.name
