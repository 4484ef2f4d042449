"""Every number of a plan stands in a timetable, and says what it counts and why it is that large.

What one hypothesis alone needs may stand in a timetable of its own."""

import ast
from pathlib import Path

from msgprobe.planning import timetable

ROOT = Path(timetable.__file__).parents[1]
TIMETABLES = (Path(timetable.__file__), *ROOT.glob("hypotheses/*/timetable.py"))
PLANS = (*ROOT.glob("hypotheses/*/plan*.py"), *ROOT.glob("planning/*.py"))


def numbers(path: Path) -> list[tuple[str, bool]]:
    """The names of a module's own numbers, each with whether a text follows it."""
    body = ast.parse(path.read_text("utf-8")).body
    found = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
            continue
        if isinstance(node.value.value, int | float):
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            found += [(t.id, told) for t in node.targets if isinstance(t, ast.Name)]
    return found


def test_every_number_says_why() -> None:
    known = [found for path in TIMETABLES for found in numbers(path)]
    assert len(known) > 50
    assert [name for name, told in known if not told] == []


def test_plans_keep_no_deadlines_and_counts_of_their_own() -> None:
    """Sizes of what is sent (bytes, ports, numbers that tell tasks apart) are no timetable."""
    sizes = {"SMALL_SEGMENTS", "PORT", "FIRST_NUMBER"}
    own = [
        f"{path.parent.name}/{path.name}: {name}"
        for path in PLANS
        if path.name != "timetable.py"
        for name, _ in numbers(path)
        if name not in sizes
    ]
    assert own == []
