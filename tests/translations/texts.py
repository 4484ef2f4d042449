"""Every text that people read, once, in the order in which the program has it."""

import ast
import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

MARKS = ("_", "N_", "ngettext")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """``other`` is its plural, where a number decides; ``where`` the file that says it."""

    one: str
    where: str
    other: str | None = None


def texts() -> dict[str, Text]:
    """By their English."""
    found: dict[str, Text] = {}
    for text in _all():
        if text.one:
            found.setdefault(text.one, text)
    return found


def _all() -> Iterator[Text]:
    yield from _tables()
    yield from _marked()
    yield from _questions()
    yield from _catalogue()
    yield from _help()


def _marked() -> Iterator[Text]:
    """What the code marks, within f-strings too."""
    for folder in ("report", "cli"):
        for path in sorted((ROOT / "msgprobe" / folder).rglob("*.py")):
            where = str(path.relative_to(ROOT))
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS:
                    said = [a.value for a in node.args if isinstance(a, ast.Constant)]
                    given = [text for text in said if isinstance(text, str)]
                    if given:
                        yield Text(one=given[0], other=[*given, None][1], where=where)


def _tables() -> Iterator[Text]:
    """What stands by rule and by mechanism, and the steps of a run."""
    from msgprobe.agenda.phases import TITLES
    from msgprobe.report.sentences import mechanisms, table

    where = inspect.getfile(table)
    for place, entries in (
        (where, table.WHY),
        (where, table.PROVES),
        (inspect.getfile(mechanisms), mechanisms.MECHANISMS),
    ):
        for text in entries.values():
            yield Text(one=text, where=str(Path(place).relative_to(ROOT)))
    for title in TITLES:
        yield Text(one=title, where="msgprobe/agenda/phases.py")


def _questions() -> Iterator[Text]:
    """What experiments ask, what they change and when they are made: they stand in the evidence in
    English, and are said where it is shown."""
    rooms = ((ROOT / "msgprobe" / "planning").glob("*.py"), _plans())
    for path in sorted(path for room in rooms for path in room):
        tree = ast.parse(path.read_text("utf-8"))
        docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        inside = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and id(node) not in docs | inside and _is_said(text):
                yield Text(one=text, where=str(path.relative_to(ROOT)))


def _plans() -> Iterator[Path]:
    return (ROOT / "msgprobe" / "hypotheses").glob("*/plan*.py")


def _is_said(text: str) -> bool:
    words = text.split()
    return len(words) >= 3 and "{" not in text and not text.isupper() and text[:1].islower()


def _catalogue() -> Iterator[Text]:
    """Caveats in the target files that are shipped."""
    for path in sorted((ROOT / "targets").glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        where = str(path.relative_to(ROOT))
        for pool in data.get("pool", ()):
            yield Text(one=pool.get("caveat", ""), where=where)


def _help() -> Iterator[Text]:
    """What commands and options say of themselves, the topics, and what target files say."""
    from typer.main import get_command

    from msgprobe.cli.app import app
    from msgprobe.cli.help import texts as said

    for text in said(get_command(app)):
        yield Text(one=text, where="msgprobe/cli")
