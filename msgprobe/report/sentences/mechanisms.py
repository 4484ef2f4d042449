"""What mechanisms mean: one sentence each, by the path that verdicts carry."""

from collections.abc import Mapping
from typing import Final

from msgprobe.model.protocol import PROTOCOLS
from msgprobe.report.language import _
from msgprobe.report.sentences import certificates, names, speeds, tls, transport

_ROOMS: Final = (names, transport, certificates, tls, speeds)

MECHANISMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (f"protocol.{name}" for name in PROTOCOLS), "Its own protocol ({protocol}) gets no answer."
    ),
    **{path: text for room in _ROOMS for path, text in room.MECHANISMS.items()},
}
"""The sentence for each path; what refines it has one of its own."""


def means(path: str) -> str | None:
    """What is meant by that mechanism, in the language that is spoken; None where it is unknown."""
    found = MECHANISMS.get(path)
    if found is None:
        return None
    protocol = PROTOCOLS.get(path.removeprefix("protocol."), "")
    return _(found).format(protocol=protocol)
