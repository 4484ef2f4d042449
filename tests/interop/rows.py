"""The rows of the table, in order: how each client is run, and what it says when it refuses."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.interop import patch
from tests.interop.bench import Bench, Case, Seen, real_root

_DRIVERS: Final = Path(__file__).parent / "clients"
_WATCH_S: Final = 8
"""Seconds that a client which never gives up is watched."""

Command = tuple[Sequence[str], Mapping[str, str]]
"""Arguments, and what the environment has besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One client over one transport.

    ``transport`` is as the servers' journal names it. ``stranger`` and ``impostor`` are patterns of
    what the client says about a key that it does not know, and about a peer without the key.
    """

    client: str
    package: str
    protocol: str
    transport: str
    command: Callable[[Bench, Case], Command]
    stranger: str
    impostor: str

    def fault(self, case: Case, seen: Seen) -> str | None:
        """Why this is not what has to come of ``case``; None if it is."""
        journal, agreed = seen.journal, seen.report.get("agreed", [])
        if seen.finished.timed_out:
            return "no end in time"
        if not journal.greeted(self.protocol):
            return "never came to the server's first answer"
        if self.protocol == "mtproto" and set(journal.told("mtproto", "transport")) != {
            self.transport
        }:
            return f"came over {journal.told('mtproto', 'transport')}"
        if case == "lab":
            done = journal.completed(self.protocol, agreed)
            return None if done else "did not complete"
        if journal.began(self.protocol) or agreed:
            return "took a key that it does not know"
        pattern = self.stranger if case == "real" else self.impostor
        return None if re.search(pattern, seen.said) else "gave no reason"

    def words(self, case: Case, seen: Seen) -> str:
        """What came of ``case``, in a few words, when there is no fault."""
        if case != "lab":
            return "refused"
        schemes = sorted(set(seen.journal.told(self.protocol, "server_dh_params")))
        return f"complete ({', '.join(schemes)})" if schemes else "complete"


def _tdlib(bench: Bench, case: Case) -> Command:
    folder = bench.folder(f"tdlib-{case}")
    library = bench.clients.tdlib
    if case != "real":
        library = patch.tdlib(library, bench.pem.read_bytes(), folder)
    driver = str(_DRIVERS / "drive_tdlib.py")
    return [str(bench.clients.python), driver, str(library), str(folder), str(_WATCH_S)], {}


def _telethon(transport: str) -> Callable[[Bench, Case], Command]:
    def command(bench: Bench, case: Case) -> Command:
        keys = [] if case == "real" else [str(bench.pem)]
        driver = str(_DRIVERS / "drive_telethon.py")
        return [str(bench.clients.python), driver, transport, *keys], {}

    return command


def _pyrogram(bench: Bench, case: Case) -> Command:
    keys = [] if case == "real" else [bench.modulus]
    return [str(bench.clients.python), str(_DRIVERS / "drive_pyrogram.py"), *keys], {}


def _neonize(bench: Bench, case: Case) -> Command:
    folder = bench.folder(f"neonize-{case}")
    env = {}
    if case != "real":
        patched = patch.neonize(bench.clients.neonize, real_root(), bench.root, folder)
        env["PYTHONPATH"] = str(patched)
    driver = str(_DRIVERS / "drive_neonize.py")
    return [str(bench.clients.python), driver, str(folder), str(_WATCH_S)], env


def _baileys(bench: Bench, case: Case) -> Command:
    root = "-" if case == "real" else bench.root.hex()
    driver = str(bench.clients.modules / "drive_baileys.mjs")
    return [bench.clients.node, driver, root, str(_WATCH_S)], {}


def _telethon_row(transport: str, name: str) -> Row:
    return Row(
        client="Telethon",
        package="telethon",
        protocol="mtproto",
        transport=transport,
        command=_telethon(name),
        stranger="could not find a valid key for fingerprints",
        # It reads what it decrypted before it looks at the hash.
        impostor="Could not find a matching Constructor ID|Step 3",
    )


def _noise_row(
    client: str, package: str, command: Callable[[Bench, Case], Command], refusal: str
) -> Row:
    """It refuses a key that it does not know and a peer without the key in the same words."""
    return Row(
        client=client,
        package=package,
        protocol="noise",
        transport="WebSocket, TLS",
        command=command,
        stranger=refusal,
        impostor=refusal,
    )


ROWS: Final = (
    Row(
        client="TDLib",
        package="@prebuilt-tdlib/linux-x64-glibc",
        protocol="mtproto",
        transport="intermediate obfuscated",
        command=_tdlib,
        stranger="Unknown Main fingerprints",
        impostor="in state ServerDHParams: ",
    ),
    _telethon_row("full", "ConnectionTcpFull"),
    _telethon_row("abridged", "ConnectionTcpAbridged"),
    _telethon_row("intermediate", "ConnectionTcpIntermediate"),
    _telethon_row("abridged obfuscated", "ConnectionTcpObfuscated"),
    Row(
        client="Pyrogram",
        package="pyrogram",
        protocol="mtproto",
        transport="abridged",
        command=_pyrogram,
        stranger="Public key not found",
        impostor=r"Retrying due to (KeyError|SecurityCheckMismatch)",  # as Telethon
    ),
    _noise_row(
        "whatsmeow (neonize)", "neonize", _neonize, "failed to verify intermediate cert signature"
    ),
    _noise_row("Baileys", "baileys", _baileys, "noise intermediate certificate signature invalid"),
)
