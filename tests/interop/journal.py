"""How far clients came, by the servers' word: lines of the lab's world (see `tests.interop.world`).

::

    mtproto transport intermediate obfuscated
    mtproto respq
    mtproto server_dh_params RSA_PAD
    mtproto dh_gen_ok 32138618e09e21a8
    mtproto encrypted 32138618e09e21a8
    noise server_hello
    noise client_finish 298
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Journal:
    """What the servers wrote while one client ran."""

    lines: tuple[str, ...]

    def told(self, protocol: str, step: str) -> tuple[str, ...]:
        """What stands behind each ``step``, in order; empty strings where nothing does."""
        head = f"{protocol} {step}"
        found = [line for line in self.lines if line == head or line.startswith(head + " ")]
        return tuple(line.removeprefix(head).strip() for line in found)

    def greeted(self, protocol: str) -> bool:
        """The server gave the answer in which it names or shows its key."""
        return bool(self.told(protocol, "respq" if protocol == "mtproto" else "server_hello"))

    def completed(self, protocol: str, agreed: Sequence[str]) -> bool:
        """A client took the server for genuine and went through.

        MTProto: it used the very key that the server agreed on, and that is the one that the client
        itself tells (``agreed``), if it does. Noise: it sent its own static key and its payload
        under keys that only the holder of the certified static key has.
        """
        if protocol == "noise":
            return bool(self.told(protocol, "client_finish"))
        used = set(self.told(protocol, "encrypted")) & set(self.told(protocol, "dh_gen_ok"))
        return bool(used) and set(agreed) <= used

    def began(self, protocol: str) -> bool:
        """A client went beyond what a client that refuses the server's key may send."""
        step = "dh_gen_ok" if protocol == "mtproto" else "client_finish"
        return bool(self.told(protocol, step))


class Reader:
    """The lines that were written since the last look."""

    def __init__(self, path: Path) -> None:
        self._path, self._seen = path, 0

    def read(self) -> Journal:
        """Without the time that stands before each."""
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        new, self._seen = text[self._seen :], len(text)
        # "2026-01-31 10:00:00,123 mtproto respq"
        return Journal(tuple(line.split(" ", 2)[-1] for line in new.splitlines()))
