"""Translations as the program reads them (``.mo``), of those that people write (``.po``)."""

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
    return [compiled(source) for source in sorted((root / LOCALE).glob("*.po"))]


def compiled(source: Path) -> Path:
    """One language's ``.mo``, the same bytes for the same texts."""
    import polib

    target = source.with_suffix(".mo")
    catalogue = polib.pofile(str(source), wrapwidth=0)
    target.write_bytes(catalogue.to_binary())
    return target
