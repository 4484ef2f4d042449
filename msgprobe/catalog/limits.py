"""How much target files may hold, so that planning a run takes a moment whatever they say."""

from msgprobe.catalog.control import Part
from msgprobe.catalog.error import CatalogError
from msgprobe.model.dataclass import dataclass

LARGEST = 256 * 1024
"""Bytes of a target file: ten times the largest shipped one."""
FILES = 200
"""Target files of a folder, seven times the shipped ones."""
POOLS = 20
ENDPOINTS = 200
"""Ways to the members of one service; Telegram, the service with most of them, has 80."""
ASSETS = 10
ALL_ENDPOINTS = 1000
"""Endpoints of all services together, three times the shipped ones."""
CONTROLS = 300
"""Controls of all files together; 100 come with msgprobe."""


@dataclass(slots=True)
class Room:
    """What all the files of a load hold together."""

    endpoints: int = 0
    controls: int = 0

    def take(self, file: str, endpoints: int, part: Part) -> None:
        """Take note of what a file holds. Raises CatalogError where it is too much."""
        self.endpoints += endpoints
        self.controls += len(part.names())
        for what, most, have in (
            ("endpoints", ALL_ENDPOINTS, self.endpoints),
            ("controls", CONTROLS, self.controls),
        ):
            if have > most:
                why = f"with this file the catalogue has {have} {what}, of which {most} fit"
                raise CatalogError(file, why, "name fewer target files, or smaller ones")
