"""Translations as the program reads them (``.mo``), of those that people write (``.po``)."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = Path("msgprobe", "report", "locale")


class Translations(BuildHookInterface[Any]):
    """Whatever is built or installed has them, an editable checkout too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile all of them beside where they are written."""
        compile_all(Path(self.root))


def compile_all(root: Path) -> list[Path]:
    """Write every language's ``.mo`` in the checkout at ``root``; where they are."""
    # by its path: what is built is not installed yet
    key = runpy.run_path(str(root / LOCALE.parent / "compiled.py"))["key"]
    return [compiled(source, key) for source in sorted((root / LOCALE).glob("*.po"))]


def compiled(source: Path, key: Callable[[str], str]) -> Path:
    """One language's ``.mo``, the same bytes for the same texts, which are stored by their keys.
    Raises ValueError for two texts of one key."""
    import polib

    target = source.with_suffix(".mo")
    catalogue = polib.pofile(str(source), wrapwidth=0)
    for entry in catalogue:
        entry.msgid, entry.msgid_plural = key(entry.msgid), entry.msgid_plural and "s"
    if len({entry.msgid for entry in catalogue}) < len(catalogue):
        raise ValueError(f"{source}: two texts have the same key; KEY_BYTES is too small")
    target.write_bytes(catalogue.to_binary())
    return target
