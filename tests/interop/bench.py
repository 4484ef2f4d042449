"""A running lab with the clients beside it, and one client's run in it."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.hazmat.primitives import serialization

from msgprobe.catalog.loader import load
from tests.interop.install import Clients
from tests.interop.journal import Journal, Reader
from tests.lab import exam
from tests.lab.network import Finished
from tests.lab.scenario import GOOD, Scenario
from tests.lab.world.config import HostPolicy
from tests.lab.world.noise import montgomery
from tests.lab.world.pki import Pki, world_now

LONGEST_S: Final = 60.0
"""Seconds that one client may take."""

Case = Literal["lab", "real", "impostor"]
"""The genuine servers and a client that pins the lab's keys; the same and a client as it was
shipped; a client that pins the lab's keys and servers that have not got them."""

CASES: Final[tuple[Case, ...]] = ("lab", "real", "impostor")

_IMPOSTORS: Final = (
    HostPolicy(names=("pool:telegram/dc",), mtproto="wrong_key"),
    HostPolicy(names=("pool:telegram/media", "pool:telegram/web-dc"), mtproto="unknown_key"),
    HostPolicy(names=("=e1.whatsapp.net",), chat="wrong_static"),
    HostPolicy(
        names=("pool:whatsapp/chat", "pool:whatsapp/web-socket", "pool:messenger/e2ee"),
        chat="other_root",
    ),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One client's run, from both sides. ``said`` is everything that it printed."""

    finished: Finished
    journal: Journal

    @property
    def said(self) -> str:
        """What it printed."""
        return self.finished.stdout + self.finished.stderr

    @property
    def report(self) -> dict[str, Any]:
        """The line of JSON that our drivers print last; empty if there is none."""
        last = self.finished.stdout.strip().rpartition("\n")[2]
        with suppress(ValueError):
            found = json.loads(last)
            if isinstance(found, dict):
                return found
        return {}


@dataclass(slots=True)
class Bench:
    """A lab for one or two cases; enter ``stage.lab`` to use it."""

    clients: Clients
    workdir: Path
    impostors: bool
    stage: exam.Stage = field(init=False)
    _pki: Pki = field(init=False)
    _reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        scenario = Scenario(
            id="interop",
            title="real clients",
            kind="innocent",
            row="-",
            link=GOOD,
            world={"hosts": _IMPOSTORS if self.impostors else ()},
            lab={"world_command": (sys.executable, "-m", "tests.interop.world")},
        )
        self.stage = exam.stage(scenario, 1, self.workdir)
        self._pki = Pki(self.workdir, world_now(0))
        self._reader = Reader(self.workdir / "world.log")
        self.pem.write_bytes(
            self._pki.rsa("telegram")
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
        )

    @property
    def cases(self) -> tuple[Case, ...]:
        """What can be tried here."""
        return ("impostor",) if self.impostors else ("lab", "real")

    @property
    def pem(self) -> Path:
        """The data centres' key, as PKCS#1."""
        return self.workdir / "telegram.pem"

    @property
    def modulus(self) -> str:
        """The data centres' key in hex; its exponent is 65537."""
        return f"{self._pki.rsa('telegram').public_key().public_numbers().n:x}"

    @property
    def root(self) -> bytes:
        """The root of the chat servers' chains."""
        return montgomery(self._pki.chat_root())

    def folder(self, name: str) -> Path:
        """A new folder."""
        made = self.workdir / name
        made.mkdir()
        return made

    def run(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> Seen:
        """Run a client in the lab's client namespace; what it said is kept under ``name``."""
        trust = str(self.stage.lab.trust)  # Go and our own client; Node has its own word
        self._reader.read()
        done = self.stage.lab.run(
            argv,
            {**self.stage.env, "SSL_CERT_FILE": trust, "NODE_EXTRA_CA_CERTS": trust, **env},
            LONGEST_S,
        )
        seen = Seen(done, self._reader.read())
        lines = "\n".join(seen.journal.lines)
        text = f"{done.stdout}\n{done.stderr}\n--- the servers' journal\n{lines}\n"
        (self.workdir / f"{name}.txt").write_text(text, encoding="utf-8")
        return seen


def real_root() -> bytes:
    """WhatsApp's own root key, as the shipped target file pins it."""
    for service in load().services:
        for endpoint in service.endpoints:
            if (found := endpoint.option("root_key")) is not None:
                return bytes.fromhex(found)
    raise LookupError("no target file pins a root_key")
